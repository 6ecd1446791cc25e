# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Logical_Router."""

from __future__ import annotations

from ..kinds import Children, Entity, Map, Members, Value
from ..syntax import name
from .logical_router_policy import LOGICAL_ROUTER_POLICY
from .logical_router_port import LOGICAL_ROUTER_PORT
from .nat import NAT
from .static_route import STATIC_ROUTE

LOGICAL_ROUTER = Entity(
    table="Logical_Router",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Children("ports", LOGICAL_ROUTER_PORT),
        Children("static_routes", STATIC_ROUTE),
        Children("policies", LOGICAL_ROUTER_POLICY),
        Children("nat", NAT),
        Members("load_balancer", ref="Load_Balancer"),
        Members("load_balancer_group", ref="Load_Balancer_Group"),
        Value("enabled"),
        Value("copp", ref="Copp"),
        Map("options"),
        Map("external_ids"),
    ),
)
