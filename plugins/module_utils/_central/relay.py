# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay of the southbound database on a host, ovsdb(7): whether it runs, and whether the cluster answers through it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

from .._ovsdb.errors import ConnectionLost, OvnError
from .._ovsdb.module import inform
from .._ovsdb.session import Session
from .._ovsdb.unixctl import Daemon, command
from .daemons import server
from .errors import CentralError

#: Its database, and its files as ovn-ctl(8) names them
_RELAY = {"name": "OVN_Southbound", "file": "ovnsb_relay_db"}
_PATIENCE = 5.0
#: A relay calls itself connected for half a minute after it was, and reads are its own: only what may change something is forwarded.
#: No row has this UUID.
_ASK = {
    "op": "delete",
    "table": "SB_Global",
    "where": [["_uuid", "==", ["uuid", "00000000-0000-0000-0000-000000000000"]]],
}


def run_relay_info():
    options = {
        "rundir": {"type": "path", "default": "/var/run/ovn"},
        "live": {"type": "bool", "default": False},
        "wait_timeout": {"type": "float", "default": 30},
    }
    inform(options, look_at_relay)


def look_at_relay(params):
    rundir, waits = params["rundir"], params["live"]
    remote = "unix:%s/%s.sock" % (rundir, _RELAY["file"])
    daemon = Daemon(rundir, _RELAY["file"])
    why = "" if daemon.running or waits else "there is no relay"
    if not why:
        why = _why_not_live(remote, params["wait_timeout"] if waits else _PATIENCE)
        daemon = Daemon(rundir, _RELAY["file"])
    found = {
        "process": {"running": daemon.running, "replaced": daemon.replaced},
        "version": _version("%s/%s.ctl" % (rundir, _RELAY["file"])) if daemon.running else None,
        "release": _release(),
        "server": server(rundir, _RELAY) if daemon.running else None,
        "listens": sorted(_column(remote, "Local_Config", "Connection", "target")) if daemon.running else [],
        "nb_cfg": next(iter(_column(remote, _RELAY["name"], "SB_Global", "nb_cfg")), None) if daemon.running else None,
        "live": not why,
        "why": why,
    }
    if waits and why:
        raise CentralError("live: not within %g s: %s" % (params["wait_timeout"], why), **found)
    return found


def _why_not_live(remote, seconds):
    """Why the cluster has not answered through the relay; empty if it has."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            left = max(0.1, deadline - time.monotonic())
            with Session(remote, _RELAY["name"], timeout=left, leader_only=False, again=True) as session:
                session.transact([_ASK])
            return ""
        except ConnectionLost as exc:  # with the cluster, or with the member that it was connected with
            if time.monotonic() > deadline:
                return str(exc)
        except OvnError as exc:
            return str(exc)


def _column(remote, database, table, column):
    """What a column holds; none where nobody tells."""
    select = {"op": "select", "table": table, "where": [], "columns": [column]}
    try:
        with Session(remote, database, timeout=_PATIENCE, leader_only=False) as session:
            return [row[column] for row in session.transact([select])[0]["rows"]]
    except OvnError:
        return []


def _release():
    """That of OVN, as it is installed."""
    program = shutil.which("ovn-appctl", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if not program:
        return None
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
    return (done.stdout.split() + [None, None])[1]


def _version(control):
    try:
        return command(control, "version", timeout=_PATIENCE).split()[-1]
    except (OvnError, IndexError):
        return None
