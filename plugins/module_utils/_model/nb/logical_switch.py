# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Logical_Switch."""

from __future__ import annotations

from ..kinds import Children, Entity, Map, Members, Value
from ..syntax import name
from .acl import ACL
from .forwarding_group import FORWARDING_GROUP
from .logical_switch_port import LOGICAL_SWITCH_PORT
from .qos import QOS

LOGICAL_SWITCH = Entity(
    table="Logical_Switch",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Children("ports", LOGICAL_SWITCH_PORT),
        Children("acls", ACL),
        Children("qos_rules", QOS),
        Children("forwarding_groups", FORWARDING_GROUP),
        Members("load_balancer", ref="Load_Balancer"),
        Members("load_balancer_group", ref="Load_Balancer_Group"),
        Members("dns_records", ref="DNS"),
        Value("copp", ref="Copp"),
        Map("other_config"),
        Map("external_ids"),
    ),
)
