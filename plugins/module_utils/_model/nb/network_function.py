# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Network_Function, Network_Function_Group and Network_Function_Health_Check."""

from __future__ import annotations

from ..kinds import Child, Entity, Map, Members, Value
from ..syntax import name

NETWORK_FUNCTION_HEALTH_CHECK = Entity(
    table="Network_Function_Health_Check",
    identity=("name",),
    since="OVN 26.03",
    fields=(
        Value("name", of=name, required=True),
        Map("options"),
        Map("external_ids"),
    ),
)


NETWORK_FUNCTION = Entity(
    table="Network_Function",
    identity=("name",),
    since="OVN 26.03",
    fields=(
        Value("name", of=name, required=True),
        Value("function_id", column="id", needed=True),
        Value("inport", ref="Logical_Switch_Port", needed=True),
        Value("outport", ref="Logical_Switch_Port", needed=True),
        Child("health_check", NETWORK_FUNCTION_HEALTH_CHECK),
        Map("external_ids"),
    ),
)

NETWORK_FUNCTION_GROUP = Entity(
    table="Network_Function_Group",
    identity=("name",),
    since="OVN 26.03",
    fields=(
        Value("name", of=name, required=True),
        Value("group_id", column="id", needed=True),
        Value("mode", needed=True),
        Value("fallback"),
        Members("network_function", ref="Network_Function"),
        Map("external_ids"),
    ),
)
