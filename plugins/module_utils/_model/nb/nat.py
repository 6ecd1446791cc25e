# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), NAT."""

from __future__ import annotations

from ..kinds import Around, Check, Entity, Map, Parent, Value
from ..syntax import family, ip, mac, port_range, prefix, within


def _fits(after, changed):
    if after["external_ip"] and after["logical_ip"] and family(after["external_ip"]) != family(after["logical_ip"]):
        yield "logical_ip", "%s is of another address family than %s" % (after["logical_ip"], after["external_ip"])
    if after["type"] != "snat" and "/" in (after["logical_ip"] or ""):
        yield "logical_ip", "%s: a network is for snat only" % after["logical_ip"]


def _distributed(after, changed):
    if after["type"] != "dnat_and_snat":  # an snat may name the port alone, as ovn-kubernetes' egress addresses do
        if after["external_mac"] is not None:
            yield "external_mac", "only for the type dnat_and_snat"
    elif (after["external_mac"] is None) != (after["logical_port"] is None):
        yield "external_mac", "external_mac and logical_port are given together or not at all"


def _options_fit(after, changed):
    options = after["options"] or {}
    if options.get("stateless") == "true" and after["type"] != "dnat_and_snat":
        yield "options", "stateless: only for the type dnat_and_snat"
    if options.get("add_route") == "true" and after["type"] == "snat":
        yield "options", "add_route: not for the type snat"


def _priority_has_a_match(after, changed):
    if after["priority"] and not after["match"]:
        yield "priority", "only with a match"


def _one_set_of_addresses(after, changed):
    if after["allowed_ext_ips"] and after["exempted_ext_ips"]:
        yield (
            "exempted_ext_ips",
            "allowed_ext_ips and exempted_ext_ips exclude each other: OVN leaves out a NAT with both",
        )


def _gateway_port_is_here(after, changed, ports):
    held = after["gateway_port"]
    if held and all(port["_uuid"] != held for port in ports):
        yield "gateway_port", "%s is no port of this router" % changed.get("gateway_port", held)


def _is_distributed(port):
    return port["gateway_chassis"] or port["ha_chassis_group"]


def _gateway_port_is_distributed(after, changed, ports):
    for port in ports:
        if port["_uuid"] == after["gateway_port"] and not _is_distributed(port):
            yield (
                "gateway_port",
                "%s is no distributed gateway port (it has neither gateway_chassis nor an ha_chassis_group)"
                % port["name"],
            )


def _gateway_port_is_clear(after, changed, ports):
    """northd finds it by the networks of the ports, or not at all."""
    gates = [port for port in ports if _is_distributed(port)]
    networks = [network for port in gates for network in port["networks"] or ()]
    if (
        len(gates) > 1
        and not after["gateway_port"]
        and not any(within(after["external_ip"], network) for network in networks)
    ):
        yield (
            "gateway_port",
            "is missing: the router has several distributed gateway ports (%s), and %s is in the networks of none"
            % (", ".join(sorted(port["name"] for port in gates)), after["external_ip"]),
        )


def _address_is_not_shared(after, changed, others):
    for other in others:
        both = after, other
        if any(each["type"] == "dnat_and_snat" for each in both) and any(
            (each["options"] or {}).get("stateless") == "true" for each in both
        ):
            yield (
                "external_ip",
                "%s is that of another rule (%s) already, and one of them is stateless: these share no address"
                % (after["external_ip"], other["type"]),
            )
            return


_PORTS = Around("ports", "name", "networks", "gateway_chassis", "ha_chassis_group")

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
        Check(_options_fit, "type", "options"),
        Check(_priority_has_a_match, "priority", "match"),
        Check(_one_set_of_addresses, "allowed_ext_ips", "exempted_ext_ips"),
        Check(_gateway_port_is_here, "gateway_port", around=_PORTS),
        Check(_gateway_port_is_distributed, "gateway_port", around=_PORTS, lacking=True),
        Check(_gateway_port_is_clear, "gateway_port", "external_ip", around=_PORTS, harmless=True),
        Check(
            _address_is_not_shared,
            "type",
            "external_ip",
            "options",
            around=Around("nat", "type", "options", alike=("external_ip",)),
        ),
    ),
)
