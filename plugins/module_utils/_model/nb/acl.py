# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), ACL."""

from __future__ import annotations

from ..kinds import Check, Child, Entity, Map, Parent, Value
from ..syntax import name
from .sampling import SAMPLE


def _label_fits(after, changed):
    if after["label"] and after["action"] not in ("allow", "allow-related"):
        yield "label", "only for the actions allow and allow-related"


def _option_fits(after, changed):
    if (after["options"] or {}).get("apply-after-lb") == "true" and after["direction"] == "to-lport":
        yield "options", "apply-after-lb: only for the direction from-lport"


ACL = Entity(
    table="ACL",
    parents=(Parent("switch", "Logical_Switch", "acls"), Parent("port_group", "Port_Group", "acls")),
    identity=("direction", "priority", "match", "tier"),
    fields=(
        Value("direction", required=True),
        Value("priority", required=True),
        Value("match", of=name, required=True),
        Value("tier", since="OVN 23.06", default=0),
        Value("action", needed=True),
        Value("name"),
        Value("log"),
        Value("severity"),
        Value("meter", names="Meter"),
        Value("label"),
        Child("sample_new", SAMPLE, since="OVN 24.09"),
        Child("sample_est", SAMPLE, since="OVN 24.09"),
        Value("network_function_group", ref="Network_Function_Group", since="OVN 26.03"),
        Map("options"),
        Map("external_ids"),
    ),
    checks=(Check(_label_fits, "label", "action"), Check(_option_fits, "options", "direction")),
)
