# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the physical network where a gateway is, the moment the southbound database says that it is here.

The frame is a gratuitous ARP request (RFC 5227, 3), as ovn-controller sends it about a second later. It enters the bridge of the physical network
where packets of OVN's do, so that the bridge, too, learns where the router's MAC address is.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import threading
import time

from .._model import syntax
from .._openflow.bridge import Bridge
from .._ovsdb.arguments import OVN_ARGUMENTS, OVS_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import each, find, parse_where
from .._ovsdb.watch import Need, watch

#: One frame may be lost
_TIMES = 3

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
    from ansible.module_utils.basic import AnsibleModule, missing_required_lib

    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if not module.check_mode and importlib.util.find_spec("ovsdbapp") is None:
        module.fail_json(msg=missing_required_lib("ovsdbapp"))
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
    here = _Here(ids.get("system-id", ""), frames, params["ready_file"])
    params = {**params, "sb": params["sb"] or ids.get("ovn-remote")}
    with open_session(params, "OVN_Southbound", leader_only=False) as sb:
        if not each(sb, "Chassis", [], "name", [here.chassis]):
            raise OvnError("no chassis is called %r, this host's system-id" % here.chassis)
        wheres = [parse_where(sb, "Port_Binding", {"logical_port": "cr-" + port}) for port in sorted(frames)]
    needs = [Need(sb.database, "Port_Binding", ["logical_port", "chassis"], where) for where in wheres]
    needs.append(Need(sb.database, "Chassis", ["name"]))
    if frames and not check_mode:
        try:
            deadline = time.monotonic() + params["wait_timeout"]
            if watch([sb], needs, here.all_have_come, deadline, threading.Event()) is None:
                raise OvnError(
                    "%s: no view of the southbound database within %g s" % (params["sb"], params["wait_timeout"])
                )
        finally:
            here.stop()
    return {"changed": False, "announced": here.announced}


class _Here:
    """Announces what comes to this chassis, until every port has gone somewhere. One that is here already is announced, too."""

    def __init__(self, chassis, frames, ready_file):
        self.chassis = chassis
        self.announced = []
        self._frames = frames  # port: [(Bridge, OpenFlow port, gateway)], none on a host that is not on its network
        self._ready_file = ready_file
        self._began = {}

    def all_have_come(self, view):
        rows = {table: rows for (_database, table), rows in view.items()}
        for row in rows["Port_Binding"].values():
            port, chassis = row["logical_port"][len("cr-") :], rows["Chassis"].get(row["chassis"], {}).get("name")
            if port not in self._frames:
                continue
            if chassis == self.chassis:
                frames = self._frames.pop(port)
                for bridge, number, gateway in frames:
                    _say(bridge, number, gateway)
                self.announced += [port] if frames else []
            elif chassis not in (None, self._began.setdefault(port, chassis)):
                del self._frames[port]
        if self._ready_file and self._frames:
            with open(self._ready_file, "a", encoding="ascii"):
                pass
        return not self._frames

    def stop(self):
        if self._ready_file and os.path.exists(self._ready_file):
            os.unlink(self._ready_file)


def _way(name, bridges, ports, interfaces, params):
    """(Bridge, OpenFlow port) where packets of a localnet port come out; None where this host has no mapping for it."""
    for interface in interfaces:
        if interface["name"] == name and interface["ofport"] is not None:
            port = next(row["_uuid"] for row in ports if interface["_uuid"] in row["interfaces"])
            bridge = Bridge(next(row["name"] for row in bridges if port in row["ports"]), params)
            bridge.facts()  # asked now: there is no time later
            return bridge, interface["ofport"]
    return None


def _say(bridge, port, gateway):
    actions = ",".join(["normal"] * _TIMES)
    packet = frame(gateway["mac"], gateway["ip"], gateway["tag"])
    bridge.ask("packet-out", bridge.name, "in_port=%d,packet=%s,actions=%s" % (port, packet, actions))
