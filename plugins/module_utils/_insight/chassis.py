# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a chassis says of itself: its daemons, its settings in the local database, and whether the host has what they name."""

from __future__ import annotations

import glob
import os
import socket
import time

from .._ovsdb.arguments import OVS_ARGUMENTS, open_session
from .._ovsdb.endpoint import Tls
from .._ovsdb.errors import OvnError
from .._ovsdb.module import inform
from .._ovsdb.rows import find
from .._ovsdb.session import Session
from .._ovsdb.unixctl import Daemon
from .._tls import openssl
from .._tls.modules import ISSUERS

_PAUSE = 0.2
_DAEMONS = {"ovsdb-server": "ovs", "ovs-vswitchd": "ovs", "ovn-controller": "ovn"}


def run_chassis_info():
    options = {
        **OVS_ARGUMENTS,
        "ovs_rundir": {"type": "path", "default": "/var/run/openvswitch"},
        "ovn_rundir": {"type": "path", "default": "/var/run/ovn"},
        "certificates": {"type": "list", "elements": "str", "default": []},
        "connected": {"type": "bool", "default": False},
        "wait_timeout": {"type": "float", "default": 30},
    }
    inform(options, look_at_chassis)


def look_at_chassis(params):
    deadline = time.monotonic() + params["wait_timeout"]
    while params["connected"] and not _is_connected(params["ovn_rundir"]) and time.monotonic() < deadline:
        time.sleep(_PAUSE)  # ovn-controller tells nobody when it has found the database
    found = _look(params)
    controller = found["daemons"]["ovn-controller"]
    if params["connected"] and controller["connection"] != "connected":
        if not controller["running"]:
            reason = "it does not run"
        elif controller["connection"] is None:
            reason = "it does not answer"
        else:  # or it takes what it finds for stale, as after a cluster was made anew
            reason = controller.get("why") or "this module reaches it, so the log of ovn-controller has to say why"
        raise OvnError(
            "connected: ovn-controller has not found the southbound database within %g s: %s"
            % (params["wait_timeout"], reason),
            **found,
        )
    return found


def _is_connected(rundir):
    return Daemon(rundir, "ovn-controller").ask("connection-status") == "connected"


def _look(params):
    rundirs = {"ovs": params["ovs_rundir"], "ovn": params["ovn_rundir"]}
    daemons = {name: Daemon(rundirs[kind], name) for name, kind in _DAEMONS.items()}
    result = {
        "daemons": {name: _told(daemon) for name, daemon in daemons.items()},
        "certificates": certificates(params["certificates"]),
        "database": None,
    }
    if result["daemons"]["ovsdb-server"]["running"]:
        with open_session(params, "Open_vSwitch") as session:
            result["database"] = _settings(session)
    controller, remote = result["daemons"]["ovn-controller"], (result["database"] or {}).get("remote")
    if remote and controller["connection"] == "not connected":
        controller["why"] = _why_not(remote, daemons["ovn-controller"].options)
    return result


def _told(daemon):
    return {
        **{name: getattr(daemon, name) for name in ("running", "replaced", "answers", "version")},
        "connection": daemon.ask("connection-status") if daemon.name == "ovn-controller" else None,
    }


def _why_not(remote, options):
    """What becomes of our own attempt to reach the southbound database with the files of ovn-controller; empty where it succeeds."""
    tls = Tls(options.get("private-key"), options.get("certificate"), options.get("ca-cert"))
    try:
        Session(remote, "OVN_Southbound", timeout=3, leader_only=False, tls=tls).close()
    except OvnError as exc:
        return str(exc)
    return ""


def certificates(patterns):
    """What the certificates say that these files (or patterns of names) hold, and of each how long it is valid."""
    found = []
    for path in sorted({path for pattern in patterns for path in glob.glob(pattern)}):
        try:
            with open(path, encoding="ascii", errors="replace") as stream:
                pems = openssl.certificates(stream.read())
            issuers = openssl.read(os.path.join(os.path.dirname(path), ISSUERS))
            for pem in pems:
                distrust = openssl.distrust(pem, issuers) if issuers else ""
                found.append({"path": path, **openssl.describe(pem), "distrust": distrust})
        except (OSError, openssl.TlsError) as exc:
            found.append({"path": path, "error": str(exc)})
    return found


def _settings(session):
    """What stands in Open_vSwitch:external_ids, and whether bridges and addresses that it names are there."""
    ((world,), bridges, ports) = find(
        session,
        ("Open_vSwitch", ["external_ids", "other_config"], None),
        ("Bridge", ["name", "datapath_type"], None),
        ("Interface", ["name", "type", "options", "error", "external_ids"], None),
    )
    ids = world["external_ids"]
    names = {row["name"] for row in bridges}
    mappings = []
    for pair in filter(None, (part.strip() for part in ids.get("ovn-bridge-mappings", "").split(","))):
        network, _colon, bridge = pair.partition(":")
        mappings.append({"network": network, "bridge": bridge, "exists": bridge in names})
    encaps = [part.strip() for part in ids.get("ovn-encap-ip", "").split(",") if part.strip()]
    return {
        "system_id": ids.get("system-id"),
        "remote": ids.get("ovn-remote"),
        "wait_before_clear": ids.get("ovn-ofctrl-wait-before-clear"),
        "match_northd_version": ids.get("ovn-match-northd-version") == "true",
        "encaps": [{"ip": address, "here": _is_here(address)} for address in encaps],
        "integration_bridge": ids.get("ovn-bridge", "br-int"),
        "bridges": sorted(names),
        "mappings": mappings,
        "errors": sorted("%s: %s" % (row["name"], row["error"]) for row in ports if row["error"]),
    }


def _is_here(address):
    """Whether this host has an address: nobody can bind another's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((address, 0))
    except OSError:
        return False
    return True
