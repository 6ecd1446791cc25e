# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Meter and Meter_Band."""

from __future__ import annotations

from ..kinds import Children, Entity, Map, Value
from ..syntax import name


def _meter_name(value):
    value = name(value)
    if value.startswith("__"):
        raise ValueError("%r: names that begin with __ are OVN's own" % value)
    return value


METER_BAND = Entity(
    table="Meter_Band",
    identity=("action",),
    fields=(
        Value("action", required=True),
        Value("rate", needed=True),
        Value("burst_size"),
        Map("external_ids"),
    ),
)


METER = Entity(
    table="Meter",
    identity=("name",),
    fields=(
        Value("name", of=_meter_name, required=True),
        Value("unit", needed=True),
        Value("fair"),
        Children("bands", METER_BAND),
        Map("external_ids"),
    ),
)
