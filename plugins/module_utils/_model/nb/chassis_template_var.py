# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Chassis_Template_Var."""

from __future__ import annotations

from ..kinds import Entity, Map, Value
from ..syntax import name

CHASSIS_TEMPLATE_VAR = Entity(
    table="Chassis_Template_Var",
    identity=("chassis",),
    since="OVN 22.12",
    fields=(
        Value("chassis", of=name, required=True),
        Map("variables"),
        Map("external_ids"),
    ),
)
