# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chassis are behind: asked of the southbound database only when a wait was not enough."""

from __future__ import annotations

import time

from .._ovsdb.arguments import open_session
from .._ovsdb.errors import OvnError


def chassis_behind(session, cfg):
    """{name: the nb_cfg that it has reached} of the chassis that are behind ``cfg``."""
    rows = session.transact(
        [
            {
                "op": "select",
                "table": "Chassis_Private",
                "where": [["nb_cfg", "<", cfg]],
                "columns": ["_uuid", "name", "nb_cfg"],
            }
        ]
    )[0]["rows"]
    return {row["name"]: row["nb_cfg"] for row in rows}


def _behind(session, cfg):
    return sorted("%s (at %d)" % found for found in chassis_behind(session, cfg).items())


def describe_laggards(params, cfg):
    """A sentence that names the chassis that are behind ``cfg``, as far as the southbound database can be asked."""
    try:
        with open_session(params, "OVN_Southbound") as session:
            behind = _behind(session, cfg)
    except OvnError as exc:
        return "not every chassis has reached nb_cfg %d; which ones is not known: %s" % (cfg, exc)
    if not behind:
        return "ovn-northd has not reported that the chassis reached nb_cfg %d (is it running?)" % cfg
    return "these chassis have not reached nb_cfg %d: %s" % (cfg, ", ".join(behind))


def await_chassis(session, names, cfg, deadline):
    """Waits until just these chassis have caught up. Returns a sentence that names those that have not; it is empty where all have."""
    missing = [
        name
        for name in names
        if not session.wait_until(
            "Chassis_Private", [["name", "==", name], ["nb_cfg", ">=", cfg]], max(0.0, deadline - time.monotonic())
        )
    ]
    if not missing:
        return ""
    behind = ", ".join(_behind(session, cfg)) or "none that is registered"
    return "these chassis have not reached nb_cfg %d: %s; behind are: %s" % (cfg, ", ".join(missing), behind)
