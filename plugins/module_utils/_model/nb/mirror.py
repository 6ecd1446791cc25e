# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Mirror and Mirror_Rule."""

from __future__ import annotations

from ..kinds import Check, Children, Entity, Map, MemberOf, Value
from ..syntax import ip, name


def _sink_fits(after, changed):
    if after["type"] in ("gre", "erspan") and after["sink"]:
        try:
            ip(after["sink"])
        except ValueError as exc:
            yield "sink", str(exc)


MIRROR_RULE = Entity(
    table="Mirror_Rule",
    identity=("priority", "match"),
    since="OVN 25.09",
    fields=(
        Value("priority", required=True),
        Value("match", of=name, required=True),
        Value("action", needed=True),
    ),
)


MIRROR = Entity(
    table="Mirror",
    identity=("name",),
    since="OVN 22.12",
    fields=(
        Value("name", of=name, required=True),
        Value("type", needed=True),
        Value("filter", needed=True),
        Value("sink", of=name, needed=True),
        Value("index"),
        Children("mirror_rules", MIRROR_RULE, since="OVN 25.09"),
        MemberOf("ports", "Logical_Switch_Port", "mirror_rules"),
        Map("external_ids"),
    ),
    checks=(Check(_sink_fits, "type", "sink"),),
)
