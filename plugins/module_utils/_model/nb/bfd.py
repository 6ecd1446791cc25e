# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), BFD."""

from __future__ import annotations

from ..kinds import Entity, Map, Value
from ..syntax import ip, name

BFD = Entity(
    table="BFD",
    identity=("logical_port", "dst_ip"),
    fields=(
        Value("logical_port", of=name, required=True, names="Logical_Router_Port"),
        Value("dst_ip", of=ip, required=True),
        Value("min_tx"),
        Value("min_rx"),
        Value("detect_mult"),
        Map("options"),
        Map("external_ids"),
    ),
)
