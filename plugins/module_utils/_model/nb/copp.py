# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Copp: control plane protection."""

from __future__ import annotations

from ..kinds import Entity, Map, MemberOf, Value
from ..syntax import Choice, name
from .option_keys import KEYS

#: ovn-nb(5): whose packets a meter holds back
_PROTOCOLS = Choice(*sorted(" ".join(KEYS["Copp:meters"].values()).split()))

COPP = Entity(
    table="Copp",
    identity=("name",),
    fields=(
        Value("name", of=name, required=True),
        Map("meters", key=_PROTOCOLS),
        MemberOf("switches", "Logical_Switch", "copp"),
        MemberOf("routers", "Logical_Router", "copp"),
        Map("external_ids"),
    ),
)
