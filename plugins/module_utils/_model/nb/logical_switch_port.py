# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Logical_Switch_Port."""

from __future__ import annotations

from ..kinds import Around, Check, Children, Distinct, Entity, Fits, Map, Members, Parent, Value
from ..syntax import Choice, family, ip, ips_in, lsp_address, name, port_security

TYPES = Choice("", "router", "localnet", "localport", "l2gateway", "vtep", "external", "virtual", "remote", "switch")

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


def _nested_has_a_tag(after, changed):
    if after["parent_name"] and after["tag_request"] is None:
        yield "tag_request", "is missing: a port within another one (parent_name) has a VLAN tag; 0 lets OVN choose one"


def _peer_fits(after, changed):
    if after["peer"] and after["type"] != "switch":
        yield "peer", "only for the type switch"


def _of_family(wanted):
    def fits(row):
        try:
            held = family(row["cidr"])
        except TypeError:
            return None
        return None if held == wanted else "is for IPv%d (its cidr is %s)" % (held, row["cidr"])

    return Fits(fits, "cidr")


def _port_fits(after, changed):
    if after["protocol"] in ("tcp", "udp") and not after["port"]:
        yield "port", "is missing: a %s check needs it" % after["protocol"]
    elif after["protocol"] == "icmp" and after["port"]:
        yield "port", "an icmp check has none"


def _address_is_the_ports(after, changed, ports):
    for port in ports:
        held = [*(port["addresses"] or ()), port["dynamic_addresses"] or ""]
        if any("dynamic" in address for address in held) and not held[-1]:
            continue  # OVN has not chosen yet
        if after["address"] not in [ip_ for address in held for ip_ in ips_in(address)]:
            yield "address", "%s is no address of this port" % after["address"]


def _port_can_be_checked(after, changed, ports):
    for port in ports:
        if port["type"]:
            yield "protocol", "a port of the type %s is not checked: only that of a VM or container is" % port["type"]


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
    checks=(
        Check(_port_fits, "protocol", "port"),
        Check(_port_can_be_checked, "protocol", around=Around(None, "type")),
        Check(
            _address_is_the_ports,
            "address",
            around=Around(None, "addresses", "dynamic_addresses"),
            harmless=True,
            lacking=True,
        ),
    ),
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
        Value("dhcpv4_options", ref="DHCP_Options", fits=_of_family(4)),
        Value("dhcpv6_options", ref="DHCP_Options", fits=_of_family(6)),
        Value("ha_chassis_group", ref="HA_Chassis_Group"),
        Members("mirror_rules", ref="Mirror", since="OVN 22.12"),
        Children("health_checks", LOGICAL_SWITCH_PORT_HEALTH_CHECK, since="OVN 26.03"),
        Map("external_ids"),
    ),
    checks=(
        Check(_type_has_its_options, "type", "options"),
        Check(_nested_has_a_tag, "parent_name", "tag_request"),
        Check(_peer_fits, "type", "peer"),
    ),
    distinct=(
        Distinct(
            "addresses", ips_in, "%s is the address of the port %s of the same switch already", also="dynamic_addresses"
        ),
    ),
)
