# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), DHCP_Relay."""

from __future__ import annotations

from ..kinds import Entity, Map, Value
from ..syntax import ip, name

DHCP_RELAY = Entity(
    table="DHCP_Relay",
    identity=("name",),
    since="OVN 24.09",
    fields=(
        Value("name", of=name, required=True),
        Value("servers", of=ip),
        Map("options"),
        Map("external_ids"),
    ),
)
