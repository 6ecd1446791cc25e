# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both databases tell of a deployment's health: who has caught up, who is registered, what is bound where.

Whether a chassis is frozen can only be told by asking it for something: NB_Global:nb_cfg is raised by one, as ``ovn-nbctl sync`` does.
"""

from __future__ import annotations

import time

from ansible.module_utils.basic import AnsibleModule

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import find

_GLOBAL = ["nb_cfg", "sb_cfg", "hv_cfg", "options"]
_BINDING = ["logical_port", "type", "chassis", "up", "options", "requested_chassis"]


def run_health_info():
    module = AnsibleModule(
        argument_spec={
            **OVN_ARGUMENTS,
            "sync": {"type": "bool", "default": True},
            "wait_timeout": {"type": "float", "default": 3},
        },
        supports_check_mode=True,
    )
    conclude(module, lambda: _look(module.params, module.check_mode))


def _look(params, check_mode):
    # Any member will do: a central host is asked at its own sockets, and seldom leads both clusters. What is written is forwarded
    with open_session(params, "OVN_Northbound", False) as nb, open_session(params, "OVN_Southbound", False) as sb:
        return _read(nb, sb, params["sync"] and not check_mode, params["wait_timeout"])


def _read(nb, sb, sync, patience):
    if sync:
        nb.transact([{"op": "mutate", "table": "NB_Global", "where": [], "mutations": [["nb_cfg", "+=", 1]]}])
    ((world,),) = (find(nb, ("NB_Global", _GLOBAL, None))[0] or [None],)
    if world is None:
        raise OvnError("the table NB_Global is empty: the database is not initialised (ovn-nbctl init)")
    deadline = time.monotonic() + patience
    northd = nb.wait_until("NB_Global", [["sb_cfg", ">=", world["nb_cfg"]]], patience)
    if northd:
        nb.wait_until("NB_Global", [["hv_cfg", ">=", world["nb_cfg"]]], max(0.0, deadline - time.monotonic()))
    chassis, private, encaps, bindings = find(
        sb,
        ("Chassis", ["name", "hostname", "encaps", "other_config", "external_ids"], None),
        ("Chassis_Private", ["name", "nb_cfg"], None),
        ("Encap", ["type", "ip", "chassis_name"], None),
        ("Port_Binding", _BINDING, None),
    )
    names = {row["_uuid"]: row["name"] for row in chassis}
    reached = {row["name"]: row["nb_cfg"] for row in private}
    endpoints = {row["_uuid"]: "%s %s" % (row["type"], row["ip"]) for row in encaps}
    (localnets,) = find(nb, ("Logical_Switch_Port", ["name", "options"], {"type": "localnet"}))
    return {
        "nb_cfg": world["nb_cfg"],
        "northd": {"caught_up": northd, "version": world["options"].get("northd_internal_version")},
        "chassis": sorted(
            (
                {
                    "name": row["name"],
                    "hostname": row["hostname"],
                    "nb_cfg": reached.get(row["name"]),
                    "encaps": sorted({endpoints[uuid] for uuid in row["encaps"]}),
                    "mappings": _mappings(row),
                }
                for row in chassis
            ),
            key=lambda row: row["name"],
        ),
        "ports": [found for found in (_port(row, names) for row in bindings) if found],
        "physical_networks": sorted({row["options"].get("network_name", "") for row in localnets} - {""}),
    }


def _mappings(row):
    text = row["other_config"].get("ovn-bridge-mappings") or row["external_ids"].get("ovn-bridge-mappings") or ""
    return sorted(pair.partition(":")[0].strip() for pair in text.split(",") if pair.strip())


def _port(row, names):
    """A port that somebody asked a chassis for, or that is on one; None of others: nobody has started them."""
    asked = row["options"].get("requested-chassis") or None
    gateway = row["type"] in ("l3gateway", "chassisredirect")
    if row["type"] == "l3gateway":
        asked = row["options"].get("l3gateway-chassis") or asked
    here = names.get(row["chassis"])
    if not (asked or gateway or here) or row["type"] in ("patch", "l2gateway", "localnet", "vtep"):
        return None
    return {
        "name": row["logical_port"],
        "type": row["type"],
        "requested_chassis": asked.split(",") if asked else [],
        "chassis": here,
        "up": row["up"] if gateway or row["up"] is not None else None,
    }
