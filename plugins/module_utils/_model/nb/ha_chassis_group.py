# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), HA_Chassis_Group and HA_Chassis."""

from __future__ import annotations

from ..kinds import Children, Entity, Map, Value
from ..syntax import name

HA_CHASSIS = Entity(
    table="HA_Chassis",
    identity=("chassis_name",),
    fields=(
        Value("chassis_name", of=name, required=True),
        Value("priority"),
        Map("external_ids"),
    ),
)

HA_CHASSIS_GROUP = Entity(
    table="HA_Chassis_Group",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Children("ha_chassis", HA_CHASSIS),
        Map("external_ids"),
    ),
)
