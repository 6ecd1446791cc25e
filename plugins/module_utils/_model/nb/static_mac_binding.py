# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Static_MAC_Binding."""

from __future__ import annotations

from ..kinds import Entity, Value
from ..syntax import ip, mac, name

STATIC_MAC_BINDING = Entity(
    table="Static_MAC_Binding",
    identity=("logical_port", "ip"),
    since="OVN 22.03",
    fields=(
        Value("logical_port", of=name, required=True, names="Logical_Router_Port"),
        Value("ip", of=ip, required=True),
        Value("mac", of=mac, needed=True),
        Value("override_dynamic_mac"),
    ),
)
