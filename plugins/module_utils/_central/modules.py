# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of central hosts: what is there, and a database file as it is to be."""

from __future__ import annotations

import os
import time

from .._ovsdb.unixctl import Daemon
from . import daemons, files
from .errors import CentralError

RUNDIR = "/var/run/ovn"
DBDIR = "/var/lib/ovn"
_PAUSE = 0.2


def run_info():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(
        argument_spec={
            "dbdir": {"type": "path", "default": DBDIR},
            "rundir": {"type": "path", "default": RUNDIR},
            "environment_file": {"type": "path"},
            "environment_variable": {"type": "str", "default": "OVN_CTL_OPTS"},
            "connected": {
                "type": "list",
                "elements": "str",
                "choices": list(files.DATABASES),
                "default": [],
            },
            "complete": {
                "type": "list",
                "elements": "str",
                "choices": list(files.DATABASES),
                "default": [],
            },
            "wait_timeout": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    options = module.params
    look = [options[name] for name in ("dbdir", "rundir", "environment_file", "environment_variable")]
    deadline = time.monotonic() + options["wait_timeout"]
    try:
        missing = _missing(options)
        while missing and time.monotonic() < deadline and not module.check_mode:
            time.sleep(_PAUSE)  # a server tells nobody when it has found its cluster
            missing = _missing(options)
        found = daemons.look(*look)
    except CentralError as error:
        module.fail_json(msg=str(error))
    if missing and not module.check_mode:
        module.fail_json(msg="not within %g s: %s" % (options["wait_timeout"], "; ".join(missing)), **found)
    module.exit_json(changed=False, **found)


def _missing(options):
    """What the databases lack that must be connected or complete, in words."""
    missing = []
    for database in options["complete"]:
        cluster = daemons.cluster(options["rundir"], database)
        if cluster is None or cluster["leader"] is None:
            missing.append("the server of the %s database knows of no leader" % database)
            continue
        silent = [server["address"] for server in cluster["servers"] if not server["connected"]]
        if silent:
            missing.append(
                "the server of the %s database is not connected with that at %s" % (database, ", ".join(silent))
            )
    for database in options["connected"]:
        server = daemons.server(options["rundir"], files.DATABASES[database])
        if server is None:
            missing.append("the server of the %s database does not answer" % database)
        elif not server["connected"]:
            missing.append(
                "the server of the %s database has not found its cluster, or the cluster has no leader: "
                "more than half of its servers must run and reach each other" % database
            )
    return missing


def run_file():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(
        argument_spec={
            "database": {"type": "str", "required": True, "choices": list(files.DATABASES)},
            "state": {"type": "str", "default": "clustered", "choices": ["clustered", "absent"]},
            "local": {"type": "str"},
            "remotes": {"type": "list", "elements": "str", "default": []},
            "cluster_id": {"type": "str"},
            "recover": {"type": "str"},
            "election_timer": {"type": "int"},
            "aside": {"type": "bool", "default": False},
            "schema": {"type": "path"},
            "dbdir": {"type": "path", "default": DBDIR},
            "rundir": {"type": "path", "default": RUNDIR},
        },
        required_if=[("state", "clustered", ["local"])],
        supports_check_mode=True,
    )
    try:
        result = _ensure(module.params, module.check_mode)
    except (CentralError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def _ensure(options, check_mode):
    database = options["database"]
    known = files.DATABASES[database]
    path = os.path.join(options["dbdir"], known["file"] + ".db")
    before = files.describe(path, database)
    joins = bool(options["remotes"])
    for option, address in [("local", options["local"])] * bool(options["local"]) + [
        ("remotes", a) for a in options["remotes"]
    ]:
        files.check_address(option, address)
    if options["state"] == "absent":
        wrong = before["exists"]
    else:
        wrong = _wrong(before, options, joins)
    result = {
        "changed": bool(wrong),
        "moved_to": "",
        "file": before,
        "diff": {"before": _shown(before), "after": _shown(before)},
    }
    if not wrong:
        return result
    if Daemon(options["rundir"], known["file"]).running:
        raise CentralError("%s: its server is running, and would go on with the old file: stop it first" % path)
    keeps = (before["model"] == "standalone" and not options["aside"]) or _is_given_up(before, options)
    keeps = keeps and not joins and options["state"] == "clustered"
    if before["exists"] and not (options["aside"] or keeps or options["state"] == "absent"):
        raise CentralError("%s: %s. Nothing was done; with aside=true the file is moved aside" % (path, wrong))
    if check_mode:
        result["diff"]["after"] = {
            **_shown(before),
            "exists": options["state"] == "clustered",
            "local": options["local"] or "",
        }
        return result
    if options["state"] == "absent":
        result["moved_to"] = files.move_aside(path)
    else:
        os.makedirs(options["dbdir"], exist_ok=True)
        if joins:
            result["moved_to"] = files.join(
                path, known["name"], options["local"], options["remotes"], options["cluster_id"]
            )
        else:
            result["moved_to"] = files.create(
                path,
                database,
                options["local"],
                begins=before["model"] if keeps else "",
                schema=options["schema"],
                election_timer=options["election_timer"],
            )
    result["file"] = files.describe(path, database)
    result["diff"]["after"] = _shown(result["file"])
    return result


def _wrong(before, options, joins):
    """Why the file is not what is asked for; empty if it is."""
    if not before["exists"]:
        return "there is no file"
    if before["model"] != "clustered":
        if joins and before["has_data"]:
            return "it is a standalone database with data, which joining a cluster would lose"
        return "it is a standalone database"
    if _is_given_up(before, options):
        return "it is of the cluster %s, which is given up" % before["cluster_id"]
    if before["left"]:
        return "its server has left the cluster, or was kicked, and can never come back"
    if before["local"] != options["local"]:
        return "it is of the server at %s, not at %s" % (before["local"], options["local"])
    if options["cluster_id"] and before["cluster_id"] not in ("", options["cluster_id"]):
        return "it is of the cluster %s, not of %s" % (before["cluster_id"], options["cluster_id"])
    return ""


def _is_given_up(before, options):
    """Whether the file is of the cluster that lost its majority for ever, whose rows a new one is to have."""
    return bool(options["recover"]) and before["cluster_id"] == options["recover"]


def _shown(file):
    return {name: file[name] for name in ("exists", "model", "cluster_id", "server_id", "local")}
