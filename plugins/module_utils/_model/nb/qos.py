# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), QoS."""

from __future__ import annotations

from ..kinds import Check, Entity, Map, Parent, Value
from ..syntax import name


def _does_something(after, changed):
    if not after["action"] and not after["bandwidth"]:
        yield "action", "is missing: action (dscp, mark) or bandwidth (rate, burst) must be given"
    elif not 0 <= (after["action"] or {}).get("dscp", 0) < 64:
        yield "action", "dscp: %d is not from 0 to 63" % after["action"]["dscp"]
    elif "burst" in (after["bandwidth"] or {}) and "rate" not in after["bandwidth"]:
        yield "bandwidth", "burst needs rate"


QOS = Entity(
    table="QoS",
    parent=Parent("switch", "Logical_Switch", "qos_rules"),
    identity=("direction", "priority", "match"),
    fields=(
        Value("direction", required=True),
        Value("priority", required=True),
        Value("match", of=name, required=True),
        Map("action"),
        Map("bandwidth"),
        Map("external_ids"),
    ),
    checks=(Check(_does_something, "action", "bandwidth", "priority"),),
)
