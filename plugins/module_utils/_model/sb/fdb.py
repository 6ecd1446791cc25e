# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-sb(5), FDB: what switches have learned."""

from __future__ import annotations

from ..kinds import Entity, Value
from ..syntax import mac

FDB = Entity(
    table="FDB",
    database="OVN_Southbound",
    identity=("mac", "dp_key"),
    fields=(
        Value("mac", of=mac, required=True),
        Value("dp_key", required=True),
        Value("port_key", needed=True),
    ),
)
