# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a database that is in use: ovsdb-client(1), backup; and the way back.

A copy is a standalone file of one moment, whatever the database is. It counts once ovsdb-tool has loaded all of it. On the way back a
row that is as it was is left alone, and one that is gone gets the UUID that it had: for OVN a row of another UUID is another object,
which it takes out of the network before it puts it in again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import time

from .._ovsdb.errors import OvnError, OvsdbError
from .._ovsdb.rows import VOLATILE
from .._ovsdb.schema import Schema
from .._ovsdb.session import Session
from .._ovsdb.unixctl import CommandError, command
from .errors import CentralError
from .files import DATABASES, describe, records, tool

#: When it was made, in UTC; a number where two are made within a second
_NAME = "%s-%s%s.db"
_MADE = re.compile(r"-(\d{8}T\d{6}Z)(?:-(\d+))?\.db\Z")


def _client(timeout, *arguments, stdout):
    program = shutil.which("ovsdb-client", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if not program:
        raise CentralError("there is no ovsdb-client on this host: install Open vSwitch's programs first")
    try:
        done = subprocess.run(
            [program, "--timeout=%d" % max(1, round(timeout)), *arguments],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, timeout=timeout + 5, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CentralError("ovsdb-client: not done within %g s" % timeout) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it ended with %d" % done.returncode]
        raise CentralError("ovsdb-client: %s" % said[-1].replace("ovsdb-client: ", ""))


def _socket(rundir, database):
    path = "%s/%s.sock" % (rundir, DATABASES[database]["file"])
    if not os.path.exists(path):
        raise CentralError("the server of the %s database does not run: there is no %s" % (database, path))
    return "unix:" + path


def inspect(path, database):
    return _inspect(path, database, ["_uuid"])[0]


def _inspect(path, database, columns=None):
    """What a copy holds: {"path", "size", "schema_version", "rows": {table: how many}, "sha256"}; its schema; and {table: rows},
    of all columns unless it is told which. Raises CentralError for one that is none.

    ovsdb-tool loads all of it.
    """
    try:
        with open(path, "rb") as stream:
            whole = stream.read()
    except FileNotFoundError:
        raise CentralError("there is no file %s" % path) from None
    # A server would cut a damaged end off, and go on with what is before it
    if whole.startswith(b"OVSDB ") and [end for end, _text in records(io.BytesIO(whole))][-1:] != [len(whole)]:
        raise CentralError("%s is damaged: it ends in the middle, or its checksums are wrong" % path)
    if describe(path, database)["model"] != "standalone":
        raise CentralError("%s is the file of a cluster's server, and no backup" % path)
    header, _newline, rest = whole.partition(b"\n")
    schema = Schema(json.loads(rest[: int(header.split()[2])]))
    selects = _selects(schema, columns)
    results = json.loads(tool("query", path, json.dumps([schema.name, *selects])))
    rows = {select["table"]: result.get("rows", []) for select, result in zip(selects, results)}
    return (
        {
            "path": path,
            "size": len(whole),
            "schema_version": schema.version,
            "rows": {table: len(found) for table, found in rows.items() if found},
            "sha256": hashlib.sha256(whole).hexdigest(),
        },
        schema,
        rows,
    )


def _selects(schema, columns=None):
    """All tables, with all columns but those that a server keeps in memory alone."""
    return [
        {"op": "select", "table": table, "where": [], "columns": columns or ["_uuid", *_kept(schema, table)]}
        for table in sorted(schema.tables)
    ]


def _kept(schema, table):
    return [name for name in schema.column_names(table) if not schema.column(table, name).ephemeral]


def made(directory, database):
    """The backups of this database in a directory, the oldest first."""
    stem = DATABASES[database]["file"]
    names = os.listdir(directory) if os.path.isdir(directory) else []
    found = [
        (match.group(1), int(match.group(2) or 1), name)
        for name in names
        if name.startswith(stem + "-") and (match := _MADE.search(name))
    ]
    return [os.path.join(directory, name) for _when, _number, name in sorted(found)]


def backup(options, check_mode):
    database, directory = options["database"], options["directory"]
    if options["keep"] is not None and options["keep"] < 1:
        raise CentralError("keep: %d would leave no backup" % options["keep"])
    socket = _socket(options["rundir"], database)
    known = DATABASES[database]
    standing = made(directory, database)
    keep = options["keep"]
    removed = standing[: max(0, len(standing) + 1 - keep)] if keep else []
    if check_mode:
        return {
            "changed": True,
            "backup": None,
            "removed": removed,
            "kept": [path for path in standing if path not in removed],
        }
    os.makedirs(directory, mode=0o700, exist_ok=True)
    stamp, number = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), 1
    while os.path.exists(
        path := os.path.join(directory, _NAME % (known["file"], stamp, "-%d" % number if number > 1 else ""))
    ):
        number += 1
    new = path + ".new"
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            _client(options["timeout"], "--no-leader-only", "backup", socket, known["name"], stdout=stream)
            stream.flush()
            os.fsync(stream.fileno())
        inspected = inspect(new, database)
        os.rename(new, path)
    finally:
        if os.path.exists(new):
            os.unlink(new)
    for old in removed:
        os.unlink(old)
    return {
        "changed": True,
        "backup": {**inspected, "path": path},
        "removed": removed,
        "kept": made(directory, database),
    }


def restore(options, check_mode):
    """Makes a database hold what a backup holds, in one transaction: clients see the one or the other."""
    database = options["database"]
    found, schema, wanted = _inspect(options["src"], database)
    with Session(_socket(options["rundir"], database), schema.name, timeout=options["timeout"]) as session:
        if session.schema.raw()["tables"] != schema.raw()["tables"]:
            raise CentralError(
                "src: %s has the schema %s, and the server %s: convert a copy of it first (ovsdb-tool convert)"
                % (options["src"], schema.version, session.schema.version)
            )
        if not options["confirm"]:
            raise CentralError(
                "confirm: must be true: everything that the %s database holds would be replaced by what %s holds"
                % (database, options["src"])
            )
        selects = _selects(schema)
        there = {s["table"]: result["rows"] for s, result in zip(selects, session.transact(selects))}
        operations = [op for table in wanted for op in _changes(schema, table, there[table], wanted[table])]
        if operations and not check_mode:
            session.transact(operations)
    changes = {}
    for operation in operations:
        counts = changes.setdefault(operation["table"], {"insert": 0, "update": 0, "delete": 0})
        counts[operation["op"]] += 1
    return {
        "changed": bool(operations),
        "backup": found,
        "changes": changes,
        "diff": {
            "before": {table: len(there[table]) for table in changes},
            "after": {table: len(wanted[table]) for table in changes},
        },
    }


def _changes(schema, table, there, wanted):
    """The operations that make the rows of a table those that are wanted. What daemons write stays as they wrote it, for they rely on
    it: a smaller ``nb_cfg`` would say that chassis are ahead."""
    standing, kept = {row["_uuid"][1]: row for row in there}, _kept(schema, table)
    theirs = [name for name, keys in VOLATILE.get(table, {}).items() if keys is None]
    for row in wanted:
        uuid = row["_uuid"][1]
        if schema.is_single(table) and there:
            uuid = there[0]["_uuid"][1]
        was = standing.pop(uuid, None)
        if was is None:
            yield {"op": "insert", "table": table, "uuid": uuid, "row": {name: row[name] for name in kept}}
            continue
        new = {name: row[name] for name in kept if name not in theirs and _sorted(row[name]) != _sorted(was[name])}
        if new:
            yield {"op": "update", "table": table, "where": [["_uuid", "==", ["uuid", uuid]]], "row": new}
    for uuid in standing:
        yield {"op": "delete", "table": table, "where": [["_uuid", "==", ["uuid", uuid]]]}


def _sorted(value):
    """A set's and a map's members have no order."""
    return [value[0], sorted(value[1])] if isinstance(value, list) and value[0] != "uuid" else value


def compact(options, check_mode):
    """Lets the server write its file anew, without what rows were before."""
    known = DATABASES[options["database"]]
    path = os.path.join(options["dbdir"], known["file"] + ".db")
    before = _size(path)
    if check_mode:
        return {"changed": before > options["above"], "size": before, "size_before": before}
    if before > options["above"]:
        try:
            command(
                "%s/%s.ctl" % (options["rundir"], known["file"]),
                "ovsdb-server/compact",
                known["name"],
                timeout=options["timeout"],
            )
        except CommandError as error:
            raise CentralError("the server of the %s database: %s" % (options["database"], error)) from None
        except OvsdbError as error:
            raise CentralError(
                "the server of the %s database does not answer: %s" % (options["database"], error)
            ) from None
    size = _size(path)
    return {"changed": size != before, "size": size, "size_before": before}


def _size(path):
    try:
        return os.path.getsize(path)
    except OSError as error:
        raise CentralError("%s: %s" % (path, error.strerror)) from None


def run(work, options):
    from ansible.module_utils.basic import AnsibleModule

    from .modules import DBDIR, RUNDIR

    module = AnsibleModule(
        argument_spec={
            "database": {"type": "str", "required": True, "choices": list(DATABASES)},
            "timeout": {"type": "float", "default": 60},
            "rundir": {"type": "path", "default": RUNDIR},
            "dbdir": {"type": "path", "default": DBDIR},
            **options,
        },
        supports_check_mode=True,
    )
    try:
        result = work(module.params, module.check_mode)
    except OvnError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="%s: %s" % (error.filename, error.strerror))
    module.exit_json(**result)
