# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Logical_Router_Policy."""

from __future__ import annotations

from ..kinds import Check, Entity, Map, Members, Parent, Value
from ..syntax import family, ip, name


def _complete(after, changed):
    action = after["action"]
    if action == "reroute" and not after["nexthops"] and not after["nexthop"]:
        yield "nexthops", "reroute needs at least one next hop"
    elif action == "jump" and not after["jump_chain"]:
        yield "jump_chain", "jump needs the chain to go to"
    elif action != "reroute" and after["output_port"]:
        yield "output_port", "only for the action reroute"
    elif after["output_port"] and len(after["nexthops"] or ()) > 1:
        yield "output_port", "only with a single next hop"
    elif action != "reroute" and any((after["bfd_sessions"] or {}).values()):
        yield "bfd_sessions", "only for the action reroute"


def _families_fit(after, changed):
    if len({family(hop) for hop in after["nexthops"] or ()}) > 1:
        yield "nexthops", "are of two address families"


LOGICAL_ROUTER_POLICY = Entity(
    table="Logical_Router_Policy",
    parent=Parent("router", "Logical_Router", "policies"),
    identity=("priority", "match", "chain"),
    fields=(
        Value("priority", required=True),
        Value("match", of=name, required=True),
        Value("chain", since="OVN 25.03", default=""),
        Value("action", needed=True),
        Value("nexthop", of=ip),
        Value("nexthops", of=ip, many=True),
        Value("jump_chain", since="OVN 25.03"),
        Value("output_port", ref="Logical_Router_Port", since="OVN 26.03"),
        Members("bfd_sessions", ref="BFD", since="OVN 24.03"),
        Map("options"),
        Map("external_ids"),
    ),
    checks=(
        Check(_complete, "action", "nexthop", "nexthops", "jump_chain", "output_port", "bfd_sessions"),
        Check(_families_fit, "nexthops"),
    ),
)
