# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-sb(5), Chassis. ovn-controller makes and writes these rows; what is left for people is to delete a stale one."""

from __future__ import annotations

from ..kinds import Entity, Map, Value
from ..syntax import name

CHASSIS = Entity(
    table="Chassis",
    database="OVN_Southbound",
    identity=("name",),
    made_by="ovn-controller",
    along=(("Chassis_Private", "name"),),
    fields=(
        Value("name", of=name, required=True),
        Value("hostname"),
        Map("other_config"),
        Map("external_ids"),
    ),
)
