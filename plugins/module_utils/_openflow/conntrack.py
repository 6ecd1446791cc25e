# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tracked connections, as ``ovs-appctl dpctl/dump-conntrack`` prints them: ovs-dpctl(8)."""

from __future__ import annotations

import ipaddress
import os

from .._ovsdb.arguments import OVS_ARGUMENTS
from .._ovsdb.module import inform
from .text import call, number, split_fields
from .tool import OpenFlowError, check_timeout, run

_PORTS = {"src": "source", "dst": "destination", "sport": "source_port", "dport": "destination_port"}


def run_conntrack_info(options):
    inform({**OVS_ARGUMENTS, **options}, _found)


def _found(params):
    connections = _find(params)
    return {"connections": connections, "count": len(connections)}


def _find(params):
    wanted = {}
    for option in ("source", "destination"):
        if params[option] is not None:
            try:
                wanted[option] = str(ipaddress.ip_address(params[option]))
            except ValueError as error:
                raise OpenFlowError("%s: %s" % (option, error)) from error
    for option in ("destination_port", "protocol", "zone"):
        if params[option] is not None:
            wanted[option] = params[option]
    env = {}
    if (params["ovs"] or "").startswith("unix:") and "OVS_RUNDIR" not in os.environ:
        env["OVS_RUNDIR"] = os.path.dirname(params["ovs"][5:])
    argv = ["ovs-appctl", "dpctl/dump-conntrack", *([params["datapath"]] if params["datapath"] else [])]
    done = run(argv, check_timeout(params), env=env)
    if done.rc:
        raise OpenFlowError("ovs-vswitchd does not tell its connections: %s" % done.reason)
    parsed = (parse_connection(line) for line in done.stdout.splitlines())
    return [entry for entry in parsed if entry and all(_value(entry, name) == wanted[name] for name in wanted)]


def _value(entry, name):
    return entry["original"].get(name) if name in _PORTS.values() else entry.get(name)


def parse_connection(line):
    """One line as data; None for what is none."""
    fields = split_fields(line.strip())
    entry = {"protocol": None, "original": {}, "reply": {}, "zone": 0, "text": line.strip()}
    for place, field in enumerate(fields):
        name, equals, value = field.partition("=")
        if not equals:
            if place == 0:
                entry["protocol"] = name
        elif name in ("orig", "reply"):
            entry["original" if name == "orig" else "reply"] = _tuple(value)
        elif name == "protoinfo":
            entry.update(_inner(value))
        else:
            plain = number(value)
            entry[name] = value if plain is None else plain
    return entry if entry["protocol"] and entry["original"] else None


def _tuple(text):
    return {_PORTS.get(name, name): value for name, value in _inner(text).items()}


def _inner(text):
    inner = call("x" + text)[1] or ""
    pairs = (field.partition("=") for field in split_fields(inner))
    found = {}
    for name, equals, value in pairs:
        plain = number(value) if name in ("sport", "dport", "type", "code", "id") else None
        found[name] = (value if plain is None else plain) if equals else True
    return found
