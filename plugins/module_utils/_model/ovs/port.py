# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovs-vswitchd.conf.db(5), Port and Interface."""

from __future__ import annotations

from ..kinds import Children, Entity, Map, Parent, Value
from ..syntax import mac, name

INTERFACE = Entity(
    table="Interface",
    database="Open_vSwitch",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Value("type"),
        Value("mac", of=mac),
        Value("mtu_request"),
        Value("ofport_request"),
        Map("options"),
        Map("other_config"),
        Map("external_ids"),
    ),
)

PORT = Entity(
    table="Port",
    database="Open_vSwitch",
    identity=("name",),
    parent=Parent("bridge", "Bridge", "ports"),
    creates=lambda values: {"interfaces": [{"name": values.get("name")}]},  # as ovs-vsctl add-port does
    fields=(
        Value("name", of=name, required=True),
        Children("interfaces", INTERFACE),
        Value("tag"),
        Value("trunks", many=True),
        Value("vlan_mode"),
        Value("bond_mode"),
        Value("lacp"),
        Map("other_config"),
        Map("external_ids"),
    ),
)
