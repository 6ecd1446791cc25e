# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), NB_Global: the one row of the database's settings."""

from __future__ import annotations

from ..kinds import Entity, Map, Value

NB_GLOBAL = Entity(
    table="NB_Global",
    singleton=True,
    fields=(
        Value("name"),
        Value("ipsec"),
        Map("options"),
        Map("external_ids"),
    ),
)
