# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), DHCP_Options."""

from __future__ import annotations

from ..kinds import Entity, Map, Value
from ..syntax import prefix

DHCP_OPTIONS = Entity(
    table="DHCP_Options",
    identity=("cidr",),
    loose=True,
    fields=(
        Value("cidr", of=prefix, required=True),
        Map("options"),
        Map("external_ids"),
    ),
)
