# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Logical_Switch_Port."""

from __future__ import annotations

from ..kinds import Check, Children, Distinct, Entity, Map, Members, Parent, Value
from ..syntax import choice, ip, ips_in, lsp_address, name, port_security

TYPES = choice("", "router", "localnet", "localport", "l2gateway", "vtep", "external", "virtual", "remote", "switch")

#: ovn-nb(5): options without which a port of this type does nothing
_NEEDS = {
    "router": ("router-port",),
    "localnet": ("network_name",),
    "l2gateway": ("network_name", "l2gateway-chassis"),
    "vtep": ("vtep-physical-switch", "vtep-logical-switch"),
    "virtual": ("virtual-ip", "virtual-parents"),
}


def _type_has_its_options(after, changed):
    for option in _NEEDS.get(after["type"] or "", ()):
        if option not in (after["options"] or {}):
            yield "options", "a port of the type %s needs %s" % (after["type"], option)


def _port_fits(after, changed):
    if after["protocol"] in ("tcp", "udp") and not after["port"]:
        yield "port", "is missing: a %s check needs it" % after["protocol"]
    elif after["protocol"] == "icmp" and after["port"]:
        yield "port", "an icmp check has none"


LOGICAL_SWITCH_PORT_HEALTH_CHECK = Entity(
    table="Logical_Switch_Port_Health_Check",
    identity=("protocol", "address", "port"),
    since="OVN 26.03",
    fields=(
        Value("protocol", required=True),
        Value("address", of=ip, required=True),
        Value("port", default=0),
        Value("src_ip", of=ip, needed=True),
        Map("options"),
    ),
    checks=(Check(_port_fits, "protocol", "port"),),
)

LOGICAL_SWITCH_PORT = Entity(
    table="Logical_Switch_Port",
    identity=("name",),
    parent=Parent("switch", "Logical_Switch", "ports"),
    fields=(
        Value("name", of=name, required=True),
        Value("type", of=TYPES),
        Value("addresses", of=lsp_address, many=True),
        Value("port_security", of=port_security, many=True),
        Map("options", names={"router-port": "Logical_Router_Port"}),
        Value("enabled"),
        Value("parent_name", names="Logical_Switch_Port"),
        Value("tag_request"),
        Value("peer", names="Logical_Switch_Port", since="OVN 25.03"),
        Value("dhcpv4_options", ref="DHCP_Options"),
        Value("dhcpv6_options", ref="DHCP_Options"),
        Value("ha_chassis_group", ref="HA_Chassis_Group"),
        Members("mirror_rules", ref="Mirror", since="OVN 22.12"),
        Children("health_checks", LOGICAL_SWITCH_PORT_HEALTH_CHECK, since="OVN 26.03"),
        Map("external_ids"),
    ),
    checks=(Check(_type_has_its_options, "type", "options"),),
    distinct=(
        Distinct(
            "addresses", ips_in, "%s is the address of the port %s of the same switch already", also="dynamic_addresses"
        ),
    ),
)
