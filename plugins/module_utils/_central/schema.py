# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of a database that runs, and the one that the host's release brings: ovsdb(7), "Upgrading or Downgrading a Database"."""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
import time

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import ConnectionLost
from .._ovsdb.module import conclude
from .errors import CentralError
from .files import DATABASES, describe, tool
from .modules import DBDIR

_PAUSE = 0.2


def run_schema():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(
        argument_spec={
            **OVN_ARGUMENTS,
            "database": {"type": "str", "required": True, "choices": list(DATABASES)},
            "schema": {"type": "path"},
            "dbdir": {"type": "path", "default": DBDIR},
            "timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    conclude(module, lambda: _ensure(module.params, module.check_mode))


def _ensure(options, check_mode):
    known = DATABASES[options["database"]]
    source = options["schema"] or os.path.join("/usr/share/ovn", known["schema"])
    schema = read(source, known["name"])
    wanted = schema["version"]
    path = os.path.join(options["dbdir"], known["file"] + ".db")
    # Only the leader's answer to a conversion says that the cluster has it
    with open_session(options, known["name"], leader_only=not check_mode, again=True) as session:
        before = session.schema.version
        if is_newer(before, wanted):
            raise CentralError(
                "the %s database has the schema %s, and %s is the older %s: a database is not taken back, its backup of before is restored"
                % (options["database"], before, source, wanted)
            )
        if before != wanted:
            # A cluster's server that cannot carry out what it has agreed to is stuck, or ends, and so are all the others
            rehearse(path, options["database"], source)
            if not check_mode:
                _convert(session, known["name"], persistent(schema) if session.clustered else schema)
    if before != wanted and not check_mode:
        _wait_for(wanted, options, known["name"])
    return {
        "changed": before != wanted,
        "version": before if check_mode else wanted,
        "schema_version": wanted,
        "bytes": os.path.getsize(path) if os.path.exists(path) else 0,
        "diff": {"before": {"version": before}, "after": {"version": wanted}},
    }


def _convert(session, name, schema):
    try:
        session.call("convert", [name, schema])
    except ConnectionLost:
        pass  # a server sends its clients away when a schema changes, some before they have their answer: the schema itself tells


def _wait_for(version, options, name):
    """Until the leader has the schema of that version."""
    deadline = time.monotonic() + options["timeout"]
    while True:
        with open_session(options, name, again=True) as session:
            found = session.schema.version
        if found == version:
            return
        if time.monotonic() > deadline:
            raise CentralError(
                "the %s database was to have the schema %s, and after %g s still has %s: the log of its servers says why"
                % (options["database"], version, options["timeout"], found)
            )
        time.sleep(_PAUSE)  # nobody tells when a cluster has it


def read(path, name):
    """The schema in a file, which must be that of the database."""
    try:
        with open(path, encoding="utf-8") as stream:
            schema = json.load(stream)
        if schema["name"] == name:
            numbers(schema["version"])
            return schema
        reason = "it is the schema of %s, not of %s" % (schema["name"], name)
    except OSError as error:
        reason = error.strerror or str(error)
    except (ValueError, LookupError, TypeError, AttributeError):
        reason = "it is no schema of a database"
    raise CentralError("schema: %s: %s" % (path, reason))


def persistent(schema):
    """The schema with no column ephemeral: a clustered database can have none, and a server that is given one is stuck."""
    schema = copy.deepcopy(schema)
    for table in schema["tables"].values():
        for column in table["columns"].values():
            column.pop("ephemeral", None)
    return schema


def numbers(version):
    """A schema's version, <x>.<y>.<z>, to be compared."""
    return tuple(int(part) for part in version.split("."))


def is_newer(version, other):
    return bool(version) and numbers(version) > numbers(other)


def rehearse(path, database, schema):
    """Converts a copy of the database's file, beside it, and throws it away. Raises CentralError with what the server would say."""
    found = describe(path, database)
    if not found["exists"]:
        raise CentralError("%s is not there, so that converting it cannot be tried" % path)
    size, free = os.path.getsize(path), shutil.disk_usage(os.path.dirname(path)).free
    if free < 2 * size:
        raise CentralError(
            "%s: %d bytes are free beside it, and trying its conversion needs %d" % (path, free, 2 * size)
        )
    with tempfile.TemporaryDirectory(prefix=".try-", dir=os.path.dirname(path)) as scratch:
        trial = os.path.join(scratch, "trial.db")
        if found["model"] == "clustered":
            tool("cluster-to-standalone", trial, path)
        else:
            shutil.copyfile(path, trial)
        try:
            tool("convert", trial, schema)
        except CentralError as error:
            raise CentralError("%s cannot be converted to %s: %s" % (path, schema, error)) from None
