# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Logical_Router_Static_Route."""

from __future__ import annotations

from ..kinds import Around, Check, Entity, Map, Parent, Value
from ..syntax import family, ip, prefix


def nexthop(value):
    return value if value == "discard" else ip(value)


def _families_fit(after, changed):
    route, hop = after["ip_prefix"], after["nexthop"]
    if route and hop and hop != "discard" and family(route) != family(hop):
        yield "nexthop", "%s is of another address family than %s" % (hop, route)


def _discard_goes_nowhere(after, changed):
    for option in ("output_port", "bfd") if after["nexthop"] == "discard" else ():
        if after[option]:
            yield option, "not for a route that discards"


def _discards_alone(after, changed, others):
    for other in others:
        if "discard" in (after["nexthop"], other["nexthop"]):
            yield (
                "nexthop",
                "a route that discards is the only one of its prefix, and this one has another, by %s"
                % other["nexthop"],
            )
            return


STATIC_ROUTE = Entity(
    table="Logical_Router_Static_Route",
    parent=Parent("router", "Logical_Router", "static_routes"),
    identity={
        "ecmp": {
            False: ("ip_prefix", "policy", "route_table"),
            True: ("ip_prefix", "policy", "route_table", "nexthop", "output_port"),
        }
    },
    flag="ecmp",
    fields=(
        Value("ip_prefix", of=prefix, required=True),
        Value("nexthop", of=nexthop, needed=True),
        Value("output_port", names="Logical_Router_Port"),
        Value("policy", default="dst-ip"),
        Value("route_table", default=""),
        Value("bfd", ref="BFD"),
        Value("selection_fields", many=True, since="OVN 25.03"),
        Map("options"),
        Map("external_ids"),
    ),
    checks=(
        Check(_families_fit, "ip_prefix", "nexthop"),
        Check(_discard_goes_nowhere, "nexthop", "output_port", "bfd"),
        Check(
            _discards_alone,
            "ip_prefix",
            "policy",
            "route_table",
            "nexthop",
            around=Around("static_routes", "nexthop", alike=("ip_prefix", "policy", "route_table")),
        ),
    ),
)
