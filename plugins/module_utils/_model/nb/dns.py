# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), DNS. A row has no telling column: it is meant by ``id`` or ``uuid``."""

from __future__ import annotations

from ..kinds import Entity, Map, MemberOf

DNS = Entity(
    table="DNS",
    fields=(
        Map("records"),
        Map("options", since="OVN 24.03"),
        MemberOf("switches", "Logical_Switch", "dns_records"),
        Map("external_ids"),
    ),
)
