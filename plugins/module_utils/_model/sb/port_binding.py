# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-sb(5), Port_Binding. ovn-northd makes these rows; where a port is bound is left to people as to ovn-sbctl(8), lsp-bind."""

from __future__ import annotations

from ..kinds import Entity, Value
from ..syntax import name

PORT_BINDING = Entity(
    table="Port_Binding",
    database="OVN_Southbound",
    identity=("logical_port",),
    made_by="ovn-northd",
    fields=(
        Value("logical_port", of=name, required=True),
        Value("chassis", ref="Chassis"),
    ),
)
