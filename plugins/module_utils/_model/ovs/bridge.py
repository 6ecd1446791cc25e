# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovs-vswitchd.conf.db(5), Bridge."""

from __future__ import annotations

from ..kinds import Children, Entity, Map, Parent, Value
from ..syntax import name
from .port import PORT


def _local_port(values):
    """What every bridge has: a port of its own name (as ovs-vsctl add-br makes it)."""
    own = values.get("name")
    return {"ports": [{"name": own, "interfaces": [{"name": own, "type": "internal"}]}]}


BRIDGE = Entity(
    table="Bridge",
    database="Open_vSwitch",
    identity=("name",),
    parent=Parent("", "Open_vSwitch", "bridges", singleton=True),
    creates=_local_port,
    always=True,
    fields=(
        Value("name", of=name, required=True),
        Children("ports", PORT),
        Value("datapath_type"),
        Value("fail_mode"),
        Value("protocols", many=True),
        Value("stp_enable"),
        Value("rstp_enable"),
        Value("mcast_snooping_enable"),
        Map("other_config"),
        Map("external_ids"),
    ),
)
