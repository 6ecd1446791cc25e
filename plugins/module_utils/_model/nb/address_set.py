# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Address_Set."""

from __future__ import annotations

from ..kinds import Check, Entity, Map, Members, Value
from ..syntax import name, set_address, set_name


def _can_be_matched(after, changed):
    if not set_name(after["name"]):
        yield (
            "name",
            "%r: matches can only refer to names of letters, digits, _ and . that begin with no digit" % after["name"],
        )


ADDRESS_SET = Entity(
    table="Address_Set",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Members("addresses", of=set_address),
        Map("external_ids"),
    ),
    checks=(Check(_can_be_matched, "name"),),
)
