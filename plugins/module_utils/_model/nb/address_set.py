# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Address_Set."""

from __future__ import annotations

from ..kinds import Entity, Map, Members, Value
from ..syntax import name, set_address

ADDRESS_SET = Entity(
    table="Address_Set",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Members("addresses", of=set_address),
        Map("external_ids"),
    ),
)
