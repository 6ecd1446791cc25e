# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Load_Balancer_Group."""

from __future__ import annotations

from ..kinds import Entity, MemberOf, Members, Value
from ..syntax import name

LOAD_BALANCER_GROUP = Entity(
    table="Load_Balancer_Group",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Members("load_balancer", ref="Load_Balancer"),
        MemberOf("switches", "Logical_Switch", "load_balancer_group"),
        MemberOf("routers", "Logical_Router", "load_balancer_group"),
    ),
)
