# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``ovn-nbctl show``, ``lb-list``, ``lr-lb-list``, ``ls-lb-list`` and ``ovn-sbctl show`` print, as data."""

from __future__ import annotations

from .._model.syntax import endpoint_parts
from .._ovsdb.errors import OvnError
from .._ovsdb.rows import Clause, Reader, is_uuid, look, parse_where

#: report -> the databases that have it
REPORTS = {
    "show": ("northbound", "southbound"),
    "lb-list": ("northbound",),
    "lr-lb-list": ("northbound",),
    "ls-lb-list": ("northbound",),
}
#: What narrows a report -> (its table, the reports that it narrows)
NARROWED = {
    "switch": ("Logical_Switch", ("show", "ls-lb-list")),
    "router": ("Logical_Router", ("show", "lr-lb-list")),
    "load_balancer": ("Load_Balancer", ("lb-list", "lr-lb-list", "ls-lb-list")),
    "chassis": ("Chassis", ("show",)),
}


def check_report(params):
    """Raises OvnError where options do not go together."""
    report, database = params["report"], params["database"]
    if report is None:
        for option in NARROWED:
            if params[option] is not None:
                raise OvnError("%s: narrows a report, and none is asked for" % option)
        return
    if database not in REPORTS[report]:
        raise OvnError("report: %s is a report of the northbound database" % report)
    for option, (_table, reports) in NARROWED.items():
        of_this = report in reports and (report != "show" or (option == "chassis") == (database == "southbound"))
        if params[option] is not None and not of_this:
            raise OvnError("%s: does not narrow the report %s of the %s database" % (option, report, database))
    for option, default in (("references", "name"), ("volatile", True)):
        if params[option] != default:
            raise OvnError("%s: is for rows, not for a report" % option)


def read_report(session, params):
    """The report, and of how many rows it is."""
    rows = _Rows(session, params["uuids"])
    if params["report"] != "show":
        return _balancers(rows, params)
    if params["database"] == "southbound":
        return _show_southbound(rows, params)
    return _show_northbound(rows, params)


class _Rows:
    """Rows by their UUIDs, with those that they hold."""

    def __init__(self, session, uuids):
        self.session = session
        self._uuids = uuids

    def named(self, table, columns, name, option):
        """{uuid: row} of the rows of this name, or of the one with this UUID; all without a name."""
        clauses = []
        if name is not None:
            clauses = parse_where(self.session, table, {"_uuid": name} if is_uuid(name) else {"name": name}, option)
        (found,) = look(self.session, [(table, columns, clauses)])
        if name is None:
            return found
        if not found:
            raise OvnError("%s: there is no %s %r" % (option, table, name))
        if len(found) > 1:
            raise OvnError(
                "%s: %r is the name of several rows of %s: give one of the UUIDs %s"
                % (option, name, table, ", ".join(sorted(found)))
            )
        return found

    def by_id(self, wanted):
        """``wanted`` is [(table, columns, ids or None for all)]: [{uuid: row}], all of one moment."""
        requests, places = [], []
        for place, (table, columns, ids) in enumerate(wanted):
            whole = ids is None or len(ids) > Reader.MANY
            for clauses in [[]] if whole else [[Clause(None, "_uuid", "==", uuid)] for uuid in sorted(ids)]:
                requests.append((table, columns, clauses))
                places.append(place)
        found = [{} for _each in wanted]
        for place, rows in zip(places, look(self.session, requests)):
            ids = wanted[place][2]
            found[place].update((uuid, row) for uuid, row in rows.items() if ids is None or uuid in ids)
        return found

    def show(self, uuid, **values):
        return {"_uuid": uuid, **values} if self._uuids else values


def _members(rows, column):
    return {uuid for row in rows.values() for uuid in row[column]}


def _inside(parents, column, narrowed):
    """The ids to read of what these rows hold: all, unless the report is narrowed."""
    return _members(parents, column) if narrowed else None


def _by_name(rows):
    return sorted(rows.items(), key=lambda item: (item[1]["name"], item[0]))


# -- the load balancers -------------------------------------------------------------------------------------------------


def _balancers(rows, params):
    columns = ["name", "protocol", "vips"]
    chosen = rows.named("Load_Balancer", columns, params["load_balancer"], "load_balancer")
    if params["report"] == "lb-list":
        found = _vips(rows, chosen)
        return found, len(found)
    option = "switch" if params["report"] == "ls-lb-list" else "router"
    held = ["load_balancer"]
    if rows.session.schema.has(NARROWED[option][0], "load_balancer_group"):
        held.append("load_balancer_group")
    holders = rows.named(NARROWED[option][0], ["name", *held], params[option], option)
    groups = {}
    if len(held) > 1:
        (groups,) = rows.by_id([("Load_Balancer_Group", ["load_balancer"], _members(holders, held[1]))])
    found = []
    for _uuid, holder in _by_name(holders):
        ids = set(holder["load_balancer"])
        for group in holder.get("load_balancer_group", ()):
            ids.update(groups[group]["load_balancer"] if group in groups else ())
        mine = {uuid: chosen[uuid] for uuid in ids if uuid in chosen}
        found += [{option: holder["name"], **entry} for entry in _vips(rows, mine)]
    return found, len(found)


def _vips(rows, balancers):
    """An entry for each VIP, as the lines that ovn-nbctl prints."""
    return [
        rows.show(
            uuid,
            load_balancer=row["name"],
            # As ovn-nbctl: a VIP without a port balances every protocol, whatever the row says
            protocol=(row["protocol"] or "tcp") if _has_port(vip) else None,
            vip=vip,
            backends=[backend for backend in row["vips"][vip].split(",") if backend],
        )
        for uuid, row in _by_name(balancers)
        for vip in sorted(row["vips"])
    ]


def _has_port(vip):
    if "^" in vip:  # a template, whose variable may hold a port
        return True
    try:
        return endpoint_parts(vip)[1] is not None
    except ValueError:  # what somebody wrote past every check
        return False


# -- show ---------------------------------------------------------------------------------------------------------------


def _show_northbound(rows, params):
    switches, routers = {}, {}
    narrowed = params["switch"] is not None or params["router"] is not None
    if params["switch"] is not None or not narrowed:
        switches = rows.named("Logical_Switch", ["name", "external_ids", "ports"], params["switch"], "switch")
    if params["router"] is not None or not narrowed:
        routers = rows.named("Logical_Router", ["name", "external_ids", "ports", "nat"], params["router"], "router")
    port_columns = ["name", "external_ids", "type", "addresses", "parent_name", "tag", "options"]
    router_port_columns = ["name", "mac", "networks", "gateway_chassis"]
    nat_columns = ["type", "external_ip", "external_port_range", "logical_ip", "gateway_port"]
    ports, router_ports, nats = rows.by_id(
        [
            ("Logical_Switch_Port", port_columns, _inside(switches, "ports", narrowed)),
            ("Logical_Router_Port", router_port_columns, _inside(routers, "ports", narrowed)),
            ("NAT", nat_columns, _inside(routers, "nat", narrowed)),
        ]
    )
    gateways = {row["gateway_port"] for row in nats.values()} - {None} - router_ports.keys()
    chassis, others = rows.by_id(
        [
            (
                "Gateway_Chassis",
                ["chassis_name", "priority"],
                _inside(router_ports, "gateway_chassis", narrowed),
            ),
            ("Logical_Router_Port", ["name"], gateways),
        ]
    )
    names = {uuid: row["name"] for uuid, row in [*router_ports.items(), *others.items()]}
    report = {
        "switches": [
            rows.show(
                uuid,
                name=row["name"],
                aka=row["external_ids"].get("neutron:network_name"),
                ports=[
                    rows.show(
                        port,
                        name=held["name"],
                        aka=held["external_ids"].get("neutron:port_name"),
                        type=held["type"],
                        addresses=sorted(held["addresses"]),
                        parent_name=held["parent_name"],
                        tag=held["tag"],
                        router_port=held["options"].get("router-port"),
                    )
                    for port, held in _by_name(_held(ports, row["ports"]))
                ],
            )
            for uuid, row in _by_name(switches)
        ],
        "routers": [
            rows.show(
                uuid,
                name=row["name"],
                aka=row["external_ids"].get("neutron:router_name"),
                ports=[
                    rows.show(
                        port,
                        name=held["name"],
                        mac=held["mac"],
                        networks=sorted(held["networks"]),
                        gateway_chassis=_gateway_chassis(_held(chassis, held["gateway_chassis"])),
                    )
                    for port, held in _by_name(_held(router_ports, row["ports"]))
                ],
                nat=[
                    rows.show(
                        nat,
                        **{column: held[column] for column in nat_columns[:-1]},
                        gateway_port=names.get(held["gateway_port"]),
                    )
                    for nat, held in sorted(
                        _held(nats, row["nat"]).items(),
                        key=lambda item: ([item[1][column] for column in nat_columns[:-1]], item[0]),
                    )
                ],
            )
            for uuid, row in _by_name(routers)
        ],
    }
    return report, len(switches) + len(routers)


def _held(rows, ids):
    return {uuid: rows[uuid] for uuid in ids if uuid in rows}


def _gateway_chassis(rows):
    """Their names, the one of the highest priority first."""
    ordered = sorted(rows.values(), key=lambda row: (-row["priority"], row["chassis_name"]))
    return [row["chassis_name"] for row in ordered]


def _show_southbound(rows, params):
    narrowed = params["chassis"] is not None
    chassis = rows.named("Chassis", ["name", "hostname", "encaps"], params["chassis"], "chassis")
    (encaps,) = rows.by_id([("Encap", ["type", "ip", "options"], _inside(chassis, "encaps", narrowed))])
    bound = []
    for uuid in chassis if narrowed else [None]:
        clauses = [Clause(rows.session.schema.column("Port_Binding", "chassis"), "chassis", "==", uuid)]
        bound += look(rows.session, [("Port_Binding", ["logical_port", "chassis"], clauses if uuid else [])])
    report = {
        "chassis": [
            rows.show(
                uuid,
                name=row["name"],
                hostname=row["hostname"],
                encaps=sorted(_held(encaps, row["encaps"]).values(), key=lambda encap: (encap["type"], encap["ip"])),
                port_bindings=sorted(
                    binding["logical_port"]
                    for found in bound
                    for binding in found.values()
                    if binding["chassis"] == uuid
                ),
            )
            for uuid, row in _by_name(chassis)
        ]
    }
    return report, len(chassis)
