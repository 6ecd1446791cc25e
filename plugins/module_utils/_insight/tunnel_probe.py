# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets through a tunnel, and how many it has carried so far. They bear a key that no datapath has, so the other end drops them."""

from __future__ import annotations

import ipaddress
import random
import re

from .._openflow.bridge import Bridge
from .._openflow.interfaces import Interfaces
from .._openflow.tool import OpenFlowError
from .._ovsdb.arguments import OVS_ARGUMENTS
from .._ovsdb.module import inform
from .._probe.packets import ping

#: OVN gives keys of datapaths from 1 on; of the greatest numbers of 24 bits, nobody has one. Each run takes another one: what the
#: other end's datapath has not seen before goes by ovs-vswitchd, which counts it at once
_KEYS = range(0xF00000, 0xFFFFFF)
#: The EtherType that is for experiments (IEEE 802), from an address that is nobody's to another
_PACKET = "02000000000202000000000188b5" + "00" * 46
_COUNTERS = re.compile(r"(rx|tx) pkts=(\d+)")


def run_tunnel_probe(options):
    inform({**OVS_ARGUMENTS, **options}, probe_tunnel)


def probe_tunnel(params):
    if params["count"] < 1:
        raise OpenFlowError("count: a number above zero is expected")
    bridge = Bridge(params["bridge"], params)
    with Interfaces(params) as interfaces:
        name = interfaces.by_other_end(params["peer"], "peer")
        end = {**interfaces.tunnels([name])[name], "type": interfaces.type_of(name)}
    before = _counters(bridge, name)
    actions = "set_field:%#x->tun_id,output:%s" % (random.choice(_KEYS), bridge.ports()[name])
    for _number in range(params["count"]):
        bridge.ask("packet-out", bridge.name, "in_port=controller packet=%s actions=%s" % (_PACKET, actions))
    try:
        answered = ping(ipaddress.ip_address(end["remote_ip"]), 84, 2, 0.5)["answered"]
    except ValueError:  # a name, or an end that each packet chooses
        answered = None
    return {
        "tunnel": name,
        "chassis": end["chassis"],
        "remote_ip": end["remote_ip"],
        "type": end["type"],
        "sent": params["count"],
        "before": before,
        "after": _counters(bridge, name),
        "underlay": answered,
    }


def _counters(bridge, name):
    """As ovs-vswitchd counts now; the database's statistics are some seconds old."""
    said = dict(_COUNTERS.findall(bridge.ask("dump-ports", bridge.name, str(bridge.ports()[name]))))
    return {"rx_packets": int(said.get("rx", 0)), "tx_packets": int(said.get("tx", 0))}
