# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Logical_Router_Port."""

from __future__ import annotations

from ..kinds import Check, Children, Entity, Map, Parent, Value
from ..syntax import cidr, mac, name
from .gateway_chassis import GATEWAY_CHASSIS


def _redirect_type_is_known(after, changed):
    kind = (after["options"] or {}).get("redirect-type")
    if kind not in (None, "overlay", "bridged"):
        yield "options", "redirect-type: %r is neither 'overlay' nor 'bridged'" % kind


LOGICAL_ROUTER_PORT = Entity(
    table="Logical_Router_Port",
    identity=("name",),
    parent=Parent("router", "Logical_Router", "ports"),
    fields=(
        Value("name", of=name, required=True),
        Value("mac", of=mac, needed=True),
        Value("networks", of=cidr, many=True, needed=True),
        Value("peer", names="Logical_Router_Port"),
        Value("enabled"),
        Value("ipv6_prefix", many=True),
        Map("ipv6_ra_configs"),
        Children("gateway_chassis", GATEWAY_CHASSIS),
        Value("ha_chassis_group", ref="HA_Chassis_Group"),
        Value("dhcp_relay", ref="DHCP_Relay", since="OVN 24.09"),
        Map("options"),
        Map("external_ids"),
    ),
    checks=(Check(_redirect_type_is_known, "options"),),
)
