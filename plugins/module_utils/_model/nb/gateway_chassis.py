# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Gateway_Chassis."""

from __future__ import annotations

from ..kinds import Entity, Map, Parent, Value
from ..syntax import name

GATEWAY_CHASSIS = Entity(
    table="Gateway_Chassis",
    parent=Parent("router_port", "Logical_Router_Port", "gateway_chassis"),
    identity=("chassis_name",),
    fields=(
        Value("chassis_name", of=name, required=True),
        Value("name", of=name, auto="{parent}-{chassis_name}"),  # unique in the database; as ovn-nbctl makes it
        Value("priority"),
        Map("options"),
        Map("external_ids"),
    ),
)
