# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Load_Balancer and Load_Balancer_Health_Check."""

from __future__ import annotations

from ..kinds import Around, Check, Children, Entity, Map, MemberOf, Value
from ..syntax import backends, endpoint_parts, family, ip, is_template, mapping, mapping_source, name, text, vip


def _addresses_fit(after, changed):
    for virtual, targets in (changed.get("vips") or {}).items():
        address, port = endpoint_parts(virtual)
        for target in (targets or "").split(","):
            if not target or is_template(virtual) or is_template(target):
                continue
            backend, backend_port = endpoint_parts(target)
            if family(backend) != family(address):
                yield "vips", "%s: the backend %s is of another address family" % (virtual, target)
            elif (port is None) != (backend_port is None):
                yield (
                    "vips",
                    "%s: the backend %s %s, unlike the VIP"
                    % (virtual, target, "has a port" if port is None else "has no port"),
                )


def _portless_has_no_protocol(after, changed):
    vips = after["vips"] or {}
    if changed.get("protocol") and vips and all(endpoint_parts(virtual)[1] is None for virtual in vips):
        yield "protocol", "a VIP without a port balances all protocols: leave protocol out"


def _template_is_said(after, changed):
    """Of a template's VIPs, northd makes nothing unless it is told that it is one."""
    if (after["options"] or {}).get("template") == "true":
        return
    for virtual, targets in (after["vips"] or {}).items():
        if any(is_template(each) for each in (virtual, *(targets or "").split(","))):
            yield "options", "template: true is missing, and %s is that of a template" % virtual
            return


def _options_fit(after, changed):
    options = after["options"] or {}
    if options.get("reject") == "true" and options.get("event") == "true":
        yield "options", "reject and event exclude each other"


def _mappings_fit(after, changed):
    for backend, value in (changed.get("ip_port_mappings") or {}).items():
        source = value and mapping_source(value)
        if source and family(source) != family(backend):
            yield "ip_port_mappings", "%s: the source %s is of another address family" % (backend, source)


def _checked_vip(value):
    value = vip(value)
    if endpoint_parts(value)[1] is None:
        raise ValueError("%r has no port, and only a VIP with a port can be health-checked" % value)
    return value


def _vip_is_one(after, changed, balancers):
    for balancer in balancers:
        if after["vip"] not in [_canonical(virtual) for virtual in balancer["vips"] or ()]:
            yield "vip", "%s is no VIP of this balancer" % after["vip"]


def _canonical(virtual):
    try:
        return vip(virtual)
    except ValueError:
        return virtual


def _mapped_ip(value):
    value = text(value).strip("[]")
    value = ip(value)
    return "[%s]" % value if ":" in value else value


LOAD_BALANCER_HEALTH_CHECK = Entity(
    table="Load_Balancer_Health_Check",
    identity=("vip",),
    fields=(
        Value("vip", of=_checked_vip, required=True),
        Map("options"),
        Map("external_ids"),
    ),
    checks=(Check(_vip_is_one, "vip", around=Around(None, "vips"), harmless=True, lacking=True),),
)

LOAD_BALANCER = Entity(
    table="Load_Balancer",
    identity=("name",),  # the schema has no index: duplicates are refused, never guessed
    fields=(
        Value("name", of=name, required=True),
        Map("vips", key=vip, of=backends, entries=("vip", "backends")),
        Value("protocol"),
        Map("options"),
        Value("selection_fields", many=True),
        Children("health_check", LOAD_BALANCER_HEALTH_CHECK),
        Map("ip_port_mappings", key=_mapped_ip, of=mapping),
        MemberOf("switches", "Logical_Switch", "load_balancer"),
        MemberOf("routers", "Logical_Router", "load_balancer"),
        Map("external_ids"),
    ),
    checks=(
        Check(_addresses_fit, "vips"),
        Check(_portless_has_no_protocol, "vips", "protocol", harmless=True),
        Check(_template_is_said, "vips", "options"),
        Check(_options_fit, "options"),
        Check(_mappings_fit, "ip_port_mappings"),
    ),
)
