# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Forwarding_Group."""

from __future__ import annotations

from ..kinds import Around, Check, Entity, Map, Parent, Value
from ..syntax import ip, mac, name


def _children_are_here(after, changed, ports):
    here = {port["name"] for port in ports}
    for port in after["child_port"] or ():
        if port not in here:
            yield "child_port", "%s is no port of this switch" % port


FORWARDING_GROUP = Entity(
    table="Forwarding_Group",
    parent=Parent("switch", "Logical_Switch", "forwarding_groups"),
    identity=("name",),
    fields=(
        Value("name", of=name, required=True, unique=True),
        Value("vip", of=ip, needed=True),
        Value("vmac", of=mac, needed=True),
        Value("liveness"),
        Value("child_port", of=name, many=True, needed=True, names="Logical_Switch_Port"),
        Map("external_ids"),
    ),
    checks=(Check(_children_are_here, "child_port", around=Around("ports", "name"), harmless=True, lacking=True),),
)
