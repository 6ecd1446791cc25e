# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5) and ovn-sb(5), Connection: where the database's server listens."""

from __future__ import annotations

from ..kinds import Entity, Map, Parent, Value
from ..syntax import connection_target


def _connection(database, holder, *more):
    return Entity(
        table="Connection",
        database=database,
        identity=("target",),
        parent=Parent("", holder, "connections", singleton=True),
        fields=(
            Value("target", of=connection_target, required=True),
            Value("inactivity_probe"),
            Value("max_backoff"),
            *more,
            Map("other_config"),
            Map("external_ids"),
        ),
    )


NB_CONNECTION = _connection("OVN_Northbound", "NB_Global")
SB_CONNECTION = _connection("OVN_Southbound", "SB_Global", Value("role"), Value("read_only"))
