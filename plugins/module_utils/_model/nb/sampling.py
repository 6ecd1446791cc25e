# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5), Sample_Collector, Sample and Sampling_App."""

from __future__ import annotations

from ..kinds import Entity, Map, Members, Value
from ..syntax import name

SAMPLE_COLLECTOR = Entity(
    table="Sample_Collector",
    identity=("name",),
    since="OVN 24.09",
    fields=(
        Value("name", of=name, required=True),
        Value("collector_id", column="id", needed=True),
        Value("probability"),
        Value("set_id", needed=True),
        Map("external_ids"),
    ),
)

SAMPLE = Entity(
    table="Sample",
    identity=("metadata",),
    shared=True,
    since="OVN 24.09",
    fields=(
        Value("metadata", required=True),
        Members("collectors", ref="Sample_Collector"),
    ),
)


SAMPLING_APP = Entity(
    table="Sampling_App",
    identity=("type",),
    since="OVN 24.09",
    fields=(
        Value("type", required=True),
        Value("app_id", column="id", needed=True),
        Map("external_ids"),
    ),
)
