# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), NAT."""

from __future__ import annotations

from ..kinds import Check, Entity, Map, Parent, Value
from ..syntax import family, ip, mac, port_range, prefix


def _fits(after, changed):
    if after["external_ip"] and after["logical_ip"] and family(after["external_ip"]) != family(after["logical_ip"]):
        yield "logical_ip", "%s is of another address family than %s" % (after["logical_ip"], after["external_ip"])
    if after["type"] != "snat" and "/" in (after["logical_ip"] or ""):
        yield "logical_ip", "%s: a network is for snat only" % after["logical_ip"]


def _distributed(after, changed):
    if (after["external_mac"] is None) != (after["logical_port"] is None):
        yield "external_mac", "external_mac and logical_port are given together or not at all"
    elif after["external_mac"] is not None and after["type"] != "dnat_and_snat":
        yield "external_mac", "only for the type dnat_and_snat"


NAT = Entity(
    table="NAT",
    parent=Parent("router", "Logical_Router", "nat"),
    identity={
        "type": {
            "snat": ("type", "logical_ip", "match", "gateway_port"),
            "dnat": ("type", "external_ip", "external_port_range", "match", "gateway_port"),
            "dnat_and_snat": ("type", "external_ip", "external_port_range", "match", "gateway_port"),
        }
    },
    fields=(
        Value("type", required=True),
        Value("external_ip", of=ip, required=True),
        Value("logical_ip", of=prefix, required=True),
        Value("external_mac", of=mac),
        Value("logical_port", names="Logical_Switch_Port"),
        Value("external_port_range", of=port_range, default=""),
        Value("gateway_port", ref="Logical_Router_Port", since="OVN 22.12"),
        Value("allowed_ext_ips", ref="Address_Set"),
        Value("exempted_ext_ips", ref="Address_Set"),
        Value("match", since="OVN 24.09", default=""),
        Value("priority", since="OVN 24.09"),
        Map("options"),
        Map("external_ids"),
    ),
    checks=(
        Check(_fits, "type", "external_ip", "logical_ip"),
        Check(_distributed, "type", "external_mac", "logical_port"),
    ),
)
