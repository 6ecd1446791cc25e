# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database files of ovsdb-server, as ovsdb(5) lays them out: what one is, without loading it, and how one is made.

A file is a log of records, each a line ``OVSDB JSON|CLUSTER LENGTH SHA1`` and LENGTH bytes of JSON. The first record of a
clustered file says to which cluster and server it belongs, and the last one whether that server has left.
"""

from __future__ import annotations

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

_RECORD = re.compile(rb"OVSDB (JSON|CLUSTER) (\d+) [0-9a-f]{40}\n")
_TAIL = 1 << 16
_TIMEOUT = 120


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


def describe(path, database):
    """What the file is: see the RETURN of central_info."""
    found = {
        "path": path, "exists": False, "model": "", "name": "", "cluster_id": "", "server_id": "", "local": "",
        "joining": False, "left": False, "has_data": False,
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


def create(path, database, local, *, standalone=None, schema=None, election_timer=None):
    """A cluster of one server, that begins with the rows of the file ``standalone``, or with none but the root of all rows.

    Without that root (``ovn-nbctl init``) nobody could say where the servers listen, and so ovn-northd never reach them.
    """
    timer = ["--election-timer=%d" % election_timer] if election_timer else []
    known = DATABASES[database]

    def make(target):
        contents = standalone
        if not contents:
            contents = target + ".empty"
            root = {"op": "insert", "table": known["root"], "row": {}}
            tool("create", contents, schema or os.path.join("/usr/share/ovn", known["schema"]))
            tool("transact", contents, json.dumps([known["name"], root]))
        tool(*timer, "create-cluster", target, contents, local)

    _whole(path, make)


def join(path, name, local, remotes, cluster_id):
    """A server that joins the cluster ``cluster_id``, and no other, when it is started."""
    pinned = ["--cid=%s" % cluster_id] if cluster_id else []
    _whole(path, lambda target: tool(*pinned, "join-cluster", target, name, local, *remotes))


def _whole(path, make):
    """A file that is there whole, or not at all, and without ovsdb-tool's lock beside it."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=os.path.dirname(path)) as scratch:
        target = os.path.join(scratch, os.path.basename(path))
        make(target)
        os.rename(target, path)
