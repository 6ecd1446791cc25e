# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The central daemons of a host: whether they run, the options they were started with, what their servers say of themselves."""

from __future__ import annotations

import json
import os
import time

from .._ovsdb.cluster_status import parse_status
from .._ovsdb.endpoint import Remote
from .._ovsdb.errors import OvsdbError
from .._ovsdb.session import Connection
from .._ovsdb.unixctl import CommandError, Daemon, command, read_file
from .files import DATABASES, describe

#: What a server says of each of its databases: ovsdb-server(5)
_COLUMNS = ["model", "connected", "leader", "cid", "sid"]
_TIMEOUT = 5
#: Where the packages put the schemas of their release
SCHEMAS = "/usr/share/ovn"


def process(daemon, variable):
    """What a daemon is, with the options that ``variable`` had in the environment of its start."""
    environ = read_file("/proc/%s/environ" % daemon.pid).split("\0") if daemon.running else ()
    options = [value for name, _equals, value in (entry.partition("=") for entry in environ) if name == variable]
    return {"running": daemon.running, "options": " ".join(options).split(), "replaced": daemon.replaced}


def server(rundir, known):
    """The row of a database, one of ``DATABASES``, in its server's own database ``_Server``, or None if nobody answers."""
    deadline = time.monotonic() + _TIMEOUT
    select = {"op": "select", "table": "Database", "where": [["name", "==", known["name"]]], "columns": _COLUMNS}
    try:
        connection = Connection(Remote("unix:%s/%s.sock" % (rundir, known["file"])), None, deadline)
        try:
            reply = connection.reply(connection.send("transact", ["_Server", select], deadline), deadline)
            # _Server has the one of the server's start; a server that has yet to join has none
            schema = connection.reply(connection.send("get_schema", [known["name"]], deadline), deadline).get("result")
        finally:
            connection.close()
    except OvsdbError:
        return None
    rows = reply["result"][0].get("rows") or [{}]
    row = dict((name, rows[0].get(name)) for name in _COLUMNS)
    return {
        "model": row["model"] or "",
        "connected": bool(row["connected"]),
        "leader": bool(row["leader"]),
        "cluster_id": _uuid(row["cid"]),
        "server_id": _uuid(row["sid"]),
        "schema_version": (schema or {}).get("version"),
    }


def cluster(rundir, database):
    """What the server says of its cluster, or None where it is in none or does not answer."""
    known = DATABASES[database]
    try:
        return parse_status(
            command("%s/%s.ctl" % (rundir, known["file"]), "cluster/status", known["name"], timeout=_TIMEOUT)
        )
    except (CommandError, OvsdbError):
        return None


def _version(text):
    """Of a schema; None where there is none."""
    try:
        return json.loads(text)["version"]
    except (ValueError, TypeError, LookupError):
        return None


def _uuid(value):
    """An optional UUID, as OVSDB writes one (RFC 7047, 5.1)"""
    return value[1] if value and value[0] == "uuid" else ""


def pinned(path, variable):
    """The options in a file of environment variables, as they will be at the next start."""
    for line in read_file(path).splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == variable:
            return value.strip().strip("\"'").split()
    return []


def look(dbdir, rundir, environment_file, environment_variable):
    """Everything that central_info returns."""
    found = {"options": pinned(environment_file, environment_variable) if environment_file else []}
    for database, known in DATABASES.items():
        said = server(rundir, known)
        found[database] = {
            # All of the file where nobody has read it, or where it is what is left
            "file": describe(
                os.path.join(dbdir, known["file"] + ".db"), database, log=not (said and said["connected"])
            ),
            "process": process(Daemon(rundir, known["file"]), environment_variable),
            "server": said,
            "cluster": cluster(rundir, database),
            "installed_schema": _version(read_file(os.path.join(SCHEMAS, known["schema"]))),
        }
    northd = Daemon(rundir, "ovn-northd", _TIMEOUT)
    found["northd"] = {
        "process": process(northd, environment_variable),
        # ``active``, ``standby`` or ``paused``: ovn-northd(8)
        "status": (northd.ask("status") or "").partition(": ")[2] or None,
        "version": northd.version,
    }
    found["disk"] = disk(dbdir)
    return found


def disk(dbdir):
    """The file system of the databases, in bytes; None where there is no such directory."""
    try:
        found = os.statvfs(dbdir)
    except OSError:
        return None
    return {"total": found.f_blocks * found.f_frsize, "free": found.f_bavail * found.f_frsize}
