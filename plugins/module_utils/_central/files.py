# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database files of ovsdb-server, as ovsdb(5) lays them out: what one is, without loading it, and how one is made.

A file is a log of records, each a line ``OVSDB JSON|CLUSTER LENGTH SHA1`` and LENGTH bytes of JSON. The first record of a
clustered file says to which cluster and server it belongs, and the last one whether that server has left.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from .._ovsdb.endpoint import Remote
from .._ovsdb.errors import ConnectError
from .errors import CentralError

#: What the options call a database -> its name, file and schema, and the table of its one root row
DATABASES = {
    "northbound": {"name": "OVN_Northbound", "file": "ovnnb_db", "schema": "ovn-nb.ovsschema", "root": "NB_Global"},
    "southbound": {"name": "OVN_Southbound", "file": "ovnsb_db", "schema": "ovn-sb.ovsschema", "root": "SB_Global"},
}
#: Tables that the daemons, or who sets up a server, fill by themselves: rows of others are somebody's work.
#: The southbound database is made from the northbound one, but for these.
OWN_TABLES = {"NB_Global", "SB_Global", "Connection", "SSL"}
SOUTHBOUND_DATA = ("Chassis", "Datapath_Binding")

_RECORD = re.compile(rb"OVSDB (JSON|CLUSTER) (\d+) ([0-9a-f]{40})\n")
_TAIL = 1 << 16
_TIMEOUT = 120
#: What entries of a cluster's log may tell, and the header (there "prev_term" and so on) of those that were compacted
_LOG = ("index", "term", "servers", "election_timer")


def _first_record(stream, path):
    """(``JSON`` or ``CLUSTER``, the record)"""
    line = stream.readline(128)
    match = _RECORD.match(line)
    if not match:
        raise CentralError(
            "%s is no database of ovsdb-server: it begins with %r" % (path, line[:40].decode("ascii", "replace"))
        )
    try:
        return match.group(1).decode(), json.loads(stream.read(int(match.group(2))))
    except ValueError as error:
        raise CentralError("%s is damaged: its first record cannot be read (%s)" % (path, error)) from None


def records(stream):
    """(where it ends, its text) of each record from here on that is whole; what follows one that is not is none, either."""
    while True:
        match = _RECORD.match(stream.readline(128))
        text = stream.read(int(match.group(2))) if match else b""
        if not match or hashlib.sha1(text).hexdigest() != match.group(3).decode():
            return
        yield stream.tell(), text


def _log(path):
    """What the log in the file of a cluster's server comes to, by the names of ``_LOG``, and the parts of the file that count.

    An entry takes the place of all that had its index, or a later one, before it: those were never agreed upon.
    """
    counting, begin, last, damage = [], 0, 0, ""
    with open(path, "rb") as stream:
        for end, text in records(stream):
            record = json.loads(text)
            said = {name: record.get(name, record.get("prev_" + name)) for name in _LOG}
            index = said["index"] or 0
            # A server that could not write an entry, on a full disk, may yet have written what comes after it
            if counting and index > last + 1:
                damage = damage or "the entry %d follows upon %d" % (index, last)
            if (record.get("commit_index") or 0) > last:
                damage = damage or "the entry %d was agreed upon, and the last one is %d" % (
                    record["commit_index"],
                    last,
                )
            if 0 < index <= last:
                counting = [part for part in counting if (part[0]["index"] or 0) < index]
            last = index or last
            counting.append((said, begin, end))
            begin = end
    found = {**dict.fromkeys(_LOG), "damage": damage}
    for said, _begin, _end in counting:
        if said["index"]:
            found.update((name, value) for name, value in said.items() if value is not None)
    return found, [part[1:] for part in counting]


def to_standalone(path, target):
    """A standalone file with what a cluster's server had agreed upon, or was about to.

    ovsdb-tool would take what was replaced in the log, too: it is not given that.
    """
    clustered = target + ".clustered"
    with open(path, "rb") as source, open(clustered, "wb") as copy:
        for begin, end in _log(path)[1]:
            source.seek(begin)
            copy.write(source.read(end - begin))
    tool("cluster-to-standalone", target, clustered)


def _has_left(stream):
    """Whether the last record is the note of a server that left its cluster, or was kicked."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read()
    records = list(_RECORD.finditer(tail))
    if not records:
        return False
    try:
        return json.loads(tail[records[-1].end() :]).get("note") == "left"
    except (ValueError, AttributeError):
        return False


def _has_data(path, database, schema):
    """Whether a standalone file holds rows that somebody made."""
    if database == "southbound":
        tables = [name for name in SOUTHBOUND_DATA if name in schema["tables"]]
    else:
        tables = sorted(set(schema["tables"]) - OWN_TABLES)
    selects = [{"op": "select", "table": name, "where": [], "columns": ["_uuid"]} for name in tables]
    text = tool("query", path, json.dumps([schema["name"], *selects]))
    return any(result.get("rows") for result in json.loads(text))


def describe(path, database, log=False):
    """What the file is: see the RETURN of central_info. ``log`` reads all of a cluster's."""
    found = {
        "path": path, "exists": False, "model": "", "name": "", "cluster_id": "", "server_id": "", "local": "",
        "joining": False, "left": False, "has_data": False, "log": None,
    }  # fmt: skip
    try:
        with open(path, "rb") as stream:
            found["exists"] = True
            kind, record = _first_record(stream, path)
            found["name"] = record.get("name", "")
            if kind == "CLUSTER":
                found.update(
                    model="clustered",
                    cluster_id=record.get("cluster_id", ""),
                    server_id=record.get("server_id", ""),
                    local=record.get("local_address", ""),
                    joining="remote_addresses" in record,
                    left=_has_left(stream),
                    log=_log(path)[0] if log else None,
                )
            else:
                found["model"] = "standalone"
    except FileNotFoundError:
        return found
    except OSError as error:
        raise CentralError("%s: %s" % (path, error.strerror)) from None
    if found["name"] != DATABASES[database]["name"]:
        raise CentralError("%s holds the database %s, not %s" % (path, found["name"], DATABASES[database]["name"]))
    if found["model"] == "standalone":
        found["has_data"] = _has_data(path, database, record)
    return found


def tool(*arguments):
    """Runs ovsdb-tool and returns what it printed."""
    program = shutil.which("ovsdb-tool", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if not program:
        raise CentralError("there is no ovsdb-tool on this host: install OVN's central packages first")
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise CentralError("ovsdb-tool: not done within %d s" % _TIMEOUT) from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it ended with %d" % done.returncode]
        raise CentralError("ovsdb-tool: %s" % said[-1])
    return done.stdout


def move_aside(path):
    """Moves a file out of the way. It stands beside its old place from then on, and is never deleted."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target, number = "%s.aside-%s" % (path, stamp), 1
    while os.path.exists(target):
        number += 1
        target = "%s.aside-%s-%d" % (path, stamp, number)
    os.rename(path, target)
    return target


def check_address(option, address):
    """A server's address in a cluster. A name would be looked up, and the cluster be as good as that."""
    try:
        remote = Remote(address)
        if remote.kind == "unix":
            raise ConnectError("a server of a cluster is at tcp:IP:PORT or ssl:IP:PORT")
        ipaddress.ip_address(remote.host or "")
    except (ConnectError, ValueError) as error:
        raise CentralError("%s: %r: %s" % (option, address, error)) from None


def create(path, database, local, *, begins="", schema=None, election_timer=None):
    """A cluster of one server. Returns where the file is now that was there.

    :param begins: with which rows: of what the file is that is there, ``standalone`` or ``clustered``. Otherwise with none but the
        root of all rows: without it (``ovn-nbctl init``) nobody could say where the servers listen, and so ovn-northd never reach them.
    """
    timer = ["--election-timer=%d" % election_timer] if election_timer else []
    known = DATABASES[database]

    def make(target):
        contents = path if begins == "standalone" else target + ".contents"
        if begins == "clustered":
            to_standalone(path, contents)
        elif not begins:
            root = {"op": "insert", "table": known["root"], "row": {}}
            tool("create", contents, schema or os.path.join("/usr/share/ovn", known["schema"]))
            tool("transact", contents, json.dumps([known["name"], root]))
        tool(*timer, "create-cluster", target, contents, local)

    return _whole(path, make)


def join(path, name, local, remotes, cluster_id):
    """A server that joins the cluster ``cluster_id``, and no other, when it is started. Returns where the file is now that was there."""
    pinned = ["--cid=%s" % cluster_id] if cluster_id else []
    return _whole(path, lambda target: tool(*pinned, "join-cluster", target, name, local, *remotes))


def _whole(path, make):
    """A file that is there whole, or not at all, and without ovsdb-tool's lock beside it. Until it is, the old one stays in its place."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=os.path.dirname(path)) as scratch:
        target = os.path.join(scratch, os.path.basename(path))
        make(target)
        moved = move_aside(path) if os.path.exists(path) else ""
        os.rename(target, path)
    return moved
