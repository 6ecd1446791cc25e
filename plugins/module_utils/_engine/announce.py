# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the physical network that a gateway is here, or keeps this host from telling it for a moment where it is not.

The frame is a gratuitous ARP request (RFC 5227, 3), as ovn-controller sends it about a second after it has come. It enters the bridge of the physical network
where packets of OVN's do, so that the bridge, too, learns where the router's MAC address is.
"""

from __future__ import annotations

import ipaddress

from .._model import syntax
from .._openflow.bridge import Bridge
from .._ovsdb.arguments import OVN_ARGUMENTS, OVS_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import each, find

#: One frame may be lost
_TIMES = 3
#: Seconds in which an ovn-controller that has been held finds out what is no longer here
_SILENCE = 5

ARGUMENTS = {
    **OVN_ARGUMENTS,
    **OVS_ARGUMENTS,
    "state": {"type": "str", "choices": ["announced", "silenced"], "default": "announced"},
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
}  # fmt: skip


def run_announce():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    conclude(module, lambda: apply(module.params, module.check_mode))


def frame(mac, ip, tag=None):
    """A gratuitous ARP request as hexadecimal digits; of a router without an IPv4 address, one for 0.0.0.0, which tells its MAC address as well."""
    hardware = mac.replace(":", "")
    address = "%08x" % int(ipaddress.IPv4Address(ip or "0.0.0.0"))
    vlan = "8100%04x" % tag if tag else ""
    return "f" * 12 + hardware + vlan + "0806" + "0001080006040001" + hardware + address + "0" * 12 + address


def apply(params, check_mode=False):
    """The module's result; raises OvnError."""
    for place, gateway in enumerate(params["gateways"]):
        try:
            syntax.mac(gateway["mac"])
        except ValueError as exc:
            raise OvnError("gateways[%d].mac: %s" % (place, exc)) from None
    with open_session(params, "Open_vSwitch") as ovs:
        (world,), bridges, ports, interfaces = find(
            ovs,
            ("Open_vSwitch", ["external_ids"], None),
            ("Bridge", ["name", "ports"], None),
            ("Port", ["interfaces"], None),
            ("Interface", ["name", "ofport"], None),
        )
    ids = world["external_ids"]
    frames = {}
    for gateway in params["gateways"]:
        name = "patch-%s-to-%s" % (gateway["localnet_port"], ids.get("ovn-bridge", "br-int"))
        way = _way(name, bridges, ports, interfaces, params)
        frames.setdefault(gateway["port"], []).extend([] if way is None else [(*way, gateway)])
    params = {**params, "sb": params["sb"] or ids.get("ovn-remote")}
    with open_session(params, "OVN_Southbound", leader_only=False) as sb:
        chassis = [row["_uuid"] for row in each(sb, "Chassis", [], "name", [ids.get("system-id", "")])]
        if not chassis:
            raise OvnError("no chassis is called %r, this host's system-id" % ids.get("system-id", ""))
        bound = each(sb, "Port_Binding", ["logical_port", "chassis"], "logical_port", {"cr-" + port for port in frames})
    wanted = params["state"] == "announced"
    here = {row["logical_port"][len("cr-") :] for row in bound if row["chassis"] in chassis}
    ports = sorted(port for port in frames if frames[port] and (port in here) == wanted)
    for port in [] if check_mode else ports:
        for bridge, number, gateway in frames[port]:
            (_say if wanted else _silence)(bridge, number, gateway)
    return {"changed": False, params["state"]: ports}


def _way(name, bridges, ports, interfaces, params):
    """(Bridge, OpenFlow port) where packets of a localnet port come out; None where this host has no mapping for it."""
    for interface in interfaces:
        if interface["name"] == name and interface["ofport"] is not None:
            port = next(row["_uuid"] for row in ports if interface["_uuid"] in row["interfaces"])
            return Bridge(next(row["name"] for row in bridges if port in row["ports"]), params), interface["ofport"]
    return None


def _say(bridge, port, gateway):
    bridge.ask("del-flows", "--strict", bridge.name, "priority=65535," + _arp(port, gateway))
    actions = ",".join(["normal"] * _TIMES)
    packet = frame(gateway["mac"], gateway["ip"], gateway["tag"])
    bridge.ask("packet-out", bridge.name, "in_port=%d,packet=%s,actions=%s" % (port, packet, actions))


def _silence(bridge, port, gateway):
    flow = "hard_timeout=%d,priority=65535,%s,actions=drop" % (_SILENCE, _arp(port, gateway))
    bridge.ask("add-flow", bridge.name, flow)


def _arp(port, gateway):
    return "arp,in_port=%d,dl_src=%s" % (port, gateway["mac"])
