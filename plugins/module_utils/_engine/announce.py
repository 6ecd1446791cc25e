# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the physical network where a gateway is, the moment the southbound database says that it is here.

The frame is a gratuitous ARP request (RFC 5227, 3), as ovn-controller sends it about a second later. It enters the bridge of the physical network
where packets of OVN's do, so that the bridge, too, learns where the router's MAC address is.
"""

from __future__ import annotations

import ipaddress
import os
import time

from .._openflow.bridge import Bridge
from .._openflow.tool import OpenFlowError
from .._ovsdb.arguments import OVN_ARGUMENTS, OVS_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError

_TIMES, _PAUSE = 3, 0.02

ARGUMENTS = {
    **OVN_ARGUMENTS,
    **OVS_ARGUMENTS,
    "gateways": {
        "type": "list", "elements": "dict", "required": True,
        "options": {
            "port": {"type": "str", "required": True},
            "mac": {"type": "str", "required": True},
            "ip": {"type": "str"},
            "localnet_port": {"type": "str", "required": True},
            "tag": {"type": "int"},
        },
    },
    "wait_timeout": {"type": "float", "default": 30},
    "ready_file": {"type": "path"},
}  # fmt: skip


def run_announce():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = apply(module.params, module.check_mode)
    except OvnError as exc:
        module.fail_json(msg=str(exc), **exc.facts)
    except OpenFlowError as exc:
        module.fail_json(msg=str(exc), **exc.details)
    module.exit_json(**result)


def frame(mac, ip, tag=None):
    """A gratuitous ARP request as hexadecimal digits; of a router without an IPv4 address, one for 0.0.0.0, which tells its MAC address as well."""
    hardware = mac.replace(":", "")
    address = "%08x" % int(ipaddress.IPv4Address(ip or "0.0.0.0"))
    vlan = "8100%04x" % tag if tag else ""
    return "f" * 12 + hardware + vlan + "0806" + "0001080006040001" + hardware + address + "0" * 12 + address


def apply(params, check_mode=False):
    """The module's result; raises OvnError or OpenFlowError."""
    for place, gateway in enumerate(params["gateways"]):
        if not _is_mac(gateway["mac"]):
            raise OvnError("gateways[%d].mac: %r is no MAC address" % (place, gateway["mac"]))
    with open_session(params, "Open_vSwitch") as ovs:
        ids, bridges, ports, interfaces = _local(ovs)
    ways = {}
    for gateway in params["gateways"]:
        name = "patch-%s-to-%s" % (gateway["localnet_port"], ids.get("ovn-bridge", "br-int"))
        ways[gateway["port"], gateway["localnet_port"]] = _way(name, bridges, ports, interfaces, params)
    params = {**params, "sb": params["sb"] or ids.get("ovn-remote")}
    with open_session(params, "OVN_Southbound", leader_only=False) as sb:
        where = [["name", "==", ids.get("system-id", "")]]
        rows = sb.transact([{"op": "select", "table": "Chassis", "where": where, "columns": ["_uuid"]}])[0]["rows"]
        if not rows:
            raise OvnError("no chassis is called %r, this host's system-id" % ids.get("system-id"))
        announced = [] if check_mode else _watch(sb, rows[0]["_uuid"], params, ways)
    return {"changed": False, "announced": announced}


def _watch(sb, me, params, ways):
    """Announces what comes here, until every port has gone somewhere. One that is here already is announced, too."""
    gateways = {gateway["port"]: gateway for gateway in params["gateways"]}
    began, announced = {}, []
    deadline = time.monotonic() + params["wait_timeout"]
    try:
        while gateways and time.monotonic() < deadline:
            for port, chassis in _where(sb, gateways).items():
                if chassis == me:
                    gateway = gateways.pop(port)
                    way = ways[port, gateway["localnet_port"]]
                    if way is not None:  # else this host is not on that network
                        bridge, number = way
                        _say(bridge, number, gateway)
                        announced.append(port)
                elif began.setdefault(port, chassis) != chassis and chassis != _NOWHERE:
                    del gateways[port]
            if params["ready_file"] and gateways and not os.path.exists(params["ready_file"]):
                with open(params["ready_file"], "w", encoding="ascii"):
                    pass
            time.sleep(_PAUSE / 4)
    finally:
        if params["ready_file"] and os.path.exists(params["ready_file"]):
            os.unlink(params["ready_file"])
    return announced


_NOWHERE = ["set", []]


def _where(sb, ports):
    select = [
        {
            "op": "select",
            "table": "Port_Binding",
            "where": [["logical_port", "==", "cr-" + port]],
            "columns": ["_uuid", "chassis"],
        }
        for port in ports
    ]
    return {
        port: result["rows"][0]["chassis"] for port, result in zip(list(ports), sb.transact(select)) if result["rows"]
    }


def _is_mac(text):
    parts = text.split(":")
    return len(parts) == 6 and all(len(part) == 2 and part.strip("0123456789abcdefABCDEF") == "" for part in parts)


def _local(session):
    asked = (
        ("Open_vSwitch", ["external_ids"]),
        ("Bridge", ["name", "ports"]),
        ("Port", ["interfaces"]),
        ("Interface", ["name", "ofport"]),
    )
    results = session.transact(
        [{"op": "select", "table": table, "where": [], "columns": ["_uuid", *columns]} for table, columns in asked]
    )
    world, bridges, ports, interfaces = [result["rows"] for result in results]
    return dict(world[0]["external_ids"][1]), bridges, ports, interfaces


def _way(name, bridges, ports, interfaces, params):
    """(Bridge, OpenFlow port) where packets of a localnet port come out; None where this host has no mapping for it."""
    for interface in interfaces:
        if interface["name"] == name and isinstance(interface["ofport"], int):
            port = next(row["_uuid"] for row in ports if interface["_uuid"] in _set(row["interfaces"]))
            bridge = Bridge(next(row["name"] for row in bridges if port in _set(row["ports"])), params)
            bridge.facts()  # asked now: there is no time later
            return bridge, interface["ofport"]
    return None


def _set(value):
    return value[1] if value[0] == "set" else [value]


def _say(bridge, port, gateway):
    packet = "in_port=%d,packet=%s,actions=normal" % (port, frame(gateway["mac"], gateway["ip"], gateway["tag"]))
    for turn in range(_TIMES):
        bridge.ask("packet-out", bridge.name, packet)
        if turn + 1 < _TIMES:
            deadline = time.monotonic() + _PAUSE  # one frame may be lost
            while time.monotonic() < deadline:
                time.sleep(_PAUSE / 4)
