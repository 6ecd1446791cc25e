# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-sb(5), MAC_Binding: what routers have learned."""

from __future__ import annotations

from ..kinds import Entity, Value
from ..syntax import ip, mac, name

MAC_BINDING = Entity(
    table="MAC_Binding",
    database="OVN_Southbound",
    identity=("logical_port", "ip"),
    fields=(
        Value("logical_port", of=name, required=True),
        Value("ip", of=ip, required=True),
        Value("mac", of=mac, needed=True),
        Value("datapath", ref="Datapath_Binding"),
    ),
)
