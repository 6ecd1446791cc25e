# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OpenFlows come from: a row of the southbound database, and the row of the northbound one that ovn-northd made it of.

A cookie holds the first 8 digits of a row's UUID, and traces print as much. No server can be asked for the beginning of a UUID, so the
UUIDs of all rows that belong to the same datapaths are read, and of those that fit the rest. ovn-northd leaves the first 8 digits of the
northbound row in Logical_Flow:external_ids:stage-hint, and it is looked for among what the switch or router has.
"""

from __future__ import annotations

import re

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import inform
from .._ovsdb.rows import each, find, is_uuid

_HEX = re.compile(r"(?:0x)?([0-9a-f]{1,8})\Z")
#: The tables whose rows become OpenFlows, the likeliest first -> (the column of the datapath, what is told of a row)
_SOUTHBOUND = {
    "Logical_Flow": ("logical_datapath", ["pipeline", "table_id", "priority", "match", "actions", "external_ids"]),
    "Port_Binding": ("datapath", ["logical_port"]),
    "MAC_Binding": ("datapath", ["logical_port", "ip", "mac"]),
    "Multicast_Group": ("datapath", ["name"]),
}
#: In Datapath_Binding:external_ids the UUID of -> (its table, what it has: column -> table)
_DATAPATHS = {
    "logical-switch": (
        "Logical_Switch",
        {
            "acls": "ACL",
            "qos_rules": "QoS",
            "load_balancer": "Load_Balancer",
            "ports": "Logical_Switch_Port",
            "forwarding_groups": "Forwarding_Group",
        },
    ),
    "logical-router": (
        "Logical_Router",
        {
            "static_routes": "Logical_Router_Static_Route",
            "policies": "Logical_Router_Policy",
            "nat": "NAT",
            "load_balancer": "Load_Balancer",
            "ports": "Logical_Router_Port",
        },
    ),
}
#: What tells people which row it is
_TELLING = {
    "ACL": ["name", "direction", "priority", "match", "action", "tier"],
    "QoS": ["direction", "priority", "match", "action"],
    "Load_Balancer": ["name", "protocol", "vips"],
    "Logical_Router_Static_Route": ["ip_prefix", "nexthop", "output_port", "policy", "route_table"],
    "Logical_Router_Policy": ["priority", "match", "action", "nexthops"],
    "NAT": ["type", "external_ip", "logical_ip", "logical_port"],
}


def run_origins(options):
    inform({**OVN_ARGUMENTS, **options}, lambda params: {"flows": find_origins(params)})


def _checked(place, flow):
    digits = _HEX.match(str(flow["uuid"]).strip().lower()[:10])
    if not digits:
        raise OvnError("flows[%d].uuid: %r is neither the beginning of a UUID nor a cookie" % (place, flow["uuid"]))
    return {**flow, "uuid": digits.group(1).rjust(8, "0")}


def find_origins(params):
    flows = [_checked(place, flow) for place, flow in enumerate(params["flows"])]
    if not flows:
        return []
    with open_session(params, "OVN_Southbound") as sb:
        datapaths = _datapaths(sb, flows)
        rows = _southbound(sb, flows, datapaths)
    with open_session(params, "OVN_Northbound") as nb:
        origins = _northbound(nb, flows, rows, datapaths)
    return [_shown(flow, row, origin) for flow, row, origin in zip(flows, rows, origins)]


def _shown(flow, row, origin):
    row = row or {"table": None}
    external_ids = row.get("external_ids", {})
    shown = {
        "uuid": flow["uuid"],
        "cookie": "0x%x" % int(flow["uuid"], 16),
        "southbound": None,
        "stage": external_ids.get("stage-name"),
        "source": external_ids.get("source"),
        "northbound": origin,
    }
    if row["table"]:
        shown["southbound"] = {name: value for name, value in row.items() if name != "external_ids"}
    return shown


def _at(flow):
    return flow["datapath"], flow["datapath_key"]


def _datapaths(sb, flows):
    """{(name, key): rows of Datapath_Binding}: names need not be unique, and a UUID does as well."""
    asked = sorted({_at(flow) for flow in flows}, key=str)
    columns = ["external_ids", "nb_uuid", "type"]
    wheres = [
        {"tunnel_key": key} if name is None else {"_uuid": name} if is_uuid(name) else {"external_ids": {"name": name}}
        for name, key in asked
    ]
    return dict(zip(asked, find(sb, *[("Datapath_Binding", columns, where) for where in wheres])))


def _southbound(sb, flows, datapaths):
    """The rows, in the order of ``flows``, with their tables; None for one that is not there any more."""
    missing = {flow["uuid"] for flow in flows}
    ids = sorted({row["_uuid"] for rows in datapaths.values() for row in rows})
    found = {}
    for table, (column, told) in _SOUTHBOUND.items():
        # A logical flow of several datapaths has a group of them, and no datapath
        wheres = [{column: uuid} for uuid in [*ids, *([None] if table == "Logical_Flow" else [])]]
        candidates = [row["_uuid"] for rows in find(sb, *[(table, [], where) for where in wheres]) for row in rows]
        fitting = sorted({uuid for uuid in candidates if uuid[:8] in missing})
        for rows in find(sb, *[(table, told, {"_uuid": uuid}) for uuid in fitting]):
            found.update((row["_uuid"][:8], {"table": table, **row}) for row in rows)
        missing -= set(found)
        if not missing:
            break
    return [found.get(flow["uuid"]) for flow in flows]


def _northbound(nb, flows, rows, datapaths):
    """For each flow {"table", "_uuid", ...telling columns} of the row that it was made of, or None."""
    hints = [(row or {}).get("external_ids", {}).get("stage-hint") for row in rows]
    owned = {}  # a datapath -> [(table, uuid)] that its switch or router has
    for at in {_at(flow) for flow, hint in zip(flows, hints) if hint}:
        owned[at] = [item for row in datapaths[at] for item in _owned(nb, row)]
    found = []
    for flow, hint in zip(flows, hints):
        if not hint:
            found.append(None)
            continue
        match = [item for item in owned[_at(flow)] if item[1].startswith(hint)]
        found.append((match or [item for item in _of_port_groups(nb, flow) if item[1].startswith(hint)] or [None])[0])
    asked = sorted(set(filter(None, found)))
    told = find(nb, *[(table, _TELLING.get(table, ["name"]), {"_uuid": uuid}) for table, uuid in asked])
    by_id = {item: {"table": item[0], **answer[0]} for item, answer in zip(asked, told) if answer}
    return [by_id.get(item) for item in found]


def _owned(nb, datapath):
    external_ids = datapath["external_ids"]
    found = []
    for key, (table, held) in _DATAPATHS.items():
        uuid = external_ids.get(key) or (datapath.get("nb_uuid") if datapath.get("type") == key else None)
        if not uuid:
            continue
        for row in each(nb, table, [*held, "load_balancer_group"], "_uuid", [uuid]):
            found.append((table, row["_uuid"]))
            found += [(of, uuid) for column, of in held.items() if column in row for uuid in row[column]]
            groups = [
                ("Load_Balancer_Group", ["load_balancer"], {"_uuid": g}) for g in row.get("load_balancer_group", ())
            ]
            for members in find(nb, *groups):
                found += [("Load_Balancer", uuid) for member in members for uuid in member["load_balancer"]]
    return found


def _of_port_groups(nb, flow):
    """The ACLs of the groups that the flow's ports are in."""
    ports = [name for name in (flow["inport"], flow["outport"]) if name]
    ids = [
        row["_uuid"]
        for rows in find(nb, *[("Logical_Switch_Port", [], {"name": name}) for name in ports])
        for row in rows
    ]
    groups = find(nb, *[("Port_Group", ["acls"], {"ports": uuid}) for uuid in ids])
    return [("ACL", uuid) for rows in groups for row in rows for uuid in row["acls"]]
