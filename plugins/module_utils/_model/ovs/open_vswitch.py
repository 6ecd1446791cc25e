# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovs-vswitchd.conf.db(5), Open_vSwitch: the one row of a host's settings."""

from __future__ import annotations

from ..kinds import Entity
from .settings import Settings

OPEN_VSWITCH = Entity(
    table="Open_vSwitch",
    database="Open_vSwitch",
    singleton=True,
    keys_owned=True,
    fields=(Settings("external_ids"), Settings("other_config")),
)
