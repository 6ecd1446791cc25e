# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the databases know of two ends and of the way between them: the rows that a diagnosis looks at, and which chassis it has to ask.

Nothing here judges. The ports of switches and routers are read whole, as the way is searched among them; of the rest only what the two
ends have to do with.
"""

from __future__ import annotations

import os
import time

from .._model.syntax import address_and_port
from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import inform
from .._ovsdb.rows import each, find
from .._ovsdb.unixctl import Daemon
from .diagnosis_host import facts_of, rundir
from .path import find_path, ips_of, macs_of
from .routing import ANYBODY, machine_route, within

#: So many backends' chassis are asked
_BACKENDS = 4
_NB = {
    "NB_Global": ["nb_cfg"],
    "Logical_Switch": ["name", "ports", "load_balancer", "load_balancer_group"],
    "Logical_Switch_Port": [
        "name", "type", "addresses", "dynamic_addresses", "port_security", "enabled", "options", "parent_name", "tag", "external_ids",
    ],
    "Logical_Router": ["name", "ports", "static_routes", "options", "enabled", "load_balancer", "load_balancer_group"],
    "Logical_Router_Port": ["name", "mac", "networks", "enabled", "peer", "gateway_chassis", "ha_chassis_group"],
    "Logical_Router_Static_Route": ["ip_prefix", "nexthop", "output_port", "policy", "route_table"],
    "Load_Balancer": ["name", "vips", "protocol", "ip_port_mappings", "health_check"],
    "Load_Balancer_Group": ["name", "load_balancer"],
}  # fmt: skip
_BINDING = ["logical_port", "type", "chassis", "requested_chassis", "up", "options", "mac"]


def run_network(options):
    inform({**OVN_ARGUMENTS, **options}, look_at_network)


def look_at_network(params):
    with open_session(params, "OVN_Northbound") as nb, open_session(params, "OVN_Southbound") as sb:
        facts = _Network(nb, sb, params).facts()
    facts["trace"] = _trace(params, facts)
    return facts


def _trace(params, facts):
    """What the role ovn_packet_trace can be asked, and why it cannot where that is so."""
    source, destination = facts["source"], facts["destination"]
    machine = source["machine"] or {}
    port = destination["kind"] == "port"
    asked = {
        "source": source["name"] or "", "destination": (destination["name"] or "") if port else destination["ip"] or "",
        "source_ip": source["ip"], "destination_ip": destination["ip"] if port else None, "source_mac": machine.get("mac"),
        "destination_mac": None, "next_hop": None, "protocol": facts["probe"]["protocol"], "port": facts["probe"]["port"],
    }  # fmt: skip
    if not asked["source"] or not asked["destination"]:
        unknown = source if not asked["source"] else destination
        return {**asked, "possible": False, "why_not": "of %s, no logical port or address is known" % unknown["given"]}
    route = machine_route(machine, destination["ip"]) if machine.get("routes") and destination["ip"] else None
    near = [
        text.partition("/")[0]
        for link in facts["links"]
        if link["switch"] == source["switch"]
        for text in link["networks"]
    ]
    if route and route["via"] in near:
        asked["next_hop"] = route["via"]
    if port and destination["switch"] == source["switch"] and destination["macs"]:
        asked["destination_mac"] = destination["macs"][0]
    try:
        find_path({**params, **asked, "names": None, "reply": False, "source_port": 40000})
    except OvnError as exc:
        return {**asked, "possible": False, "why_not": str(exc)}
    return {**asked, "possible": True, "why_not": None}


def _probe(params, source, destination):
    """Which packets show whether the destination is reached, and what the trace is about."""
    protocol, port = params["protocol"], params["port"] if params["port"] is not None else destination["port"]
    vips = [address_and_port(b["vip"])[1] for b in destination["balancers"]]
    if port is None and len(set(vips)) == 1:
        port = vips[0]
    if protocol is None:
        by_balancer = [b["protocol"] for b in destination["balancers"] if b["protocol"]]
        protocol = (by_balancer[0] if by_balancer else "tcp") if port is not None else "icmp"
    if protocol != "icmp" and port is None:
        raise OvnError("port: a packet of %s goes to a port; say which" % protocol)
    mtu = (source["machine"] or {}).get("mtu") or 1500
    # A VIP with a port answers on that port only
    sizes = [] if any(port is not None for port in vips) else [84, mtu]
    return {
        "address": destination["ip"],
        "protocol": protocol,
        "port": port if protocol != "icmp" else None,
        "sizes": sizes,
    }


class _Network:
    def __init__(self, nb, sb, params):
        self.nb, self.sb, self.params = nb, sb, params
        self.machines = params["machines"] or {}

    # -- reading --------------------------------------------------------------------------------------------------------

    def facts(self):
        tables = dict(zip(_NB, find(self.nb, *((table, columns, None) for table, columns in _NB.items()))))
        self.rows = {row["_uuid"]: row for rows in tables.values() for row in rows}
        self.tables = tables
        self.port_names = {row["name"]: row for row in tables["Logical_Switch_Port"]}
        self.router_port_names = {row["name"]: row for row in tables["Logical_Router_Port"]}
        self.switch_of = {uuid: row for row in tables["Logical_Switch"] for uuid in row["ports"]}
        self.router_of = {uuid: row for row in tables["Logical_Router"] for uuid in row["ports"]}
        self._read_chassis()
        source = self._end("source")
        destination = self._end("destination")
        destination.setdefault("backends", [])
        if source["kind"] != "port":
            raise OvnError(
                "source: %s is no port of a virtual machine; give the logical port that cannot reach" % source["given"]
            )
        self._addresses(source, destination)
        path = self._path(source, destination)
        for end in (source, destination):
            self._neighbours_on_switch(end)
        routers, links, localnets = self._routers(path), self._links(path, source), self._localnets(path)
        self._bind([source, destination], routers, localnets)
        needed = self._needed(source, destination, routers)
        return {
            "source": source,
            "destination": destination,
            "path": path,
            "complete": self.complete,
            "links": links,
            "switch_addresses": self._switch_addresses(path, source, destination),
            "routers": routers,
            "localnets": localnets,
            "mac_bindings": self._learned(source, destination),
            "probe": _probe(self.params, source, destination),
            "central": self._central(needed),
            "chassis": {row["name"]: row for row in self.chassis},
            "needed": [{"name": n, "hostname": self._chassis_row(n).get("hostname", "")} for n in needed],
            "ports": [
                e["row"]["parent_name"] or e["name"] for e in (source, destination) if e["kind"] == "port" and e["name"]
            ],
            "peers": sorted({encap["ip"] for name in needed for encap in self._chassis_row(name).get("encaps", ())}),
        }

    def _read_chassis(self):
        chassis, private, encaps = find(
            self.sb,
            ("Chassis", ["name", "hostname", "encaps", "other_config"], None),
            ("Chassis_Private", ["name", "nb_cfg"], None),
            ("Encap", ["ip", "type", "chassis_name"], None),
        )
        cfg = {row["name"]: row["nb_cfg"] for row in private}
        by_id = {row["_uuid"]: row for row in encaps}
        self.chassis_names = {row["_uuid"]: row["name"] for row in chassis}
        self.chassis = [
            {
                "name": row["name"],
                "hostname": row["hostname"],
                "encaps": sorted(
                    ({"type": by_id[e]["type"], "ip": by_id[e]["ip"]} for e in row["encaps"] if e in by_id),
                    key=lambda encap: (encap["ip"], encap["type"]),
                ),
                "mappings": row["other_config"].get("ovn-bridge-mappings", ""),
                "nb_cfg": cfg.get(row["name"]),
            }
            for row in sorted(chassis, key=lambda row: row["name"])
        ]

    def _chassis_row(self, name):
        return next((row for row in self.chassis if row["name"] == name), {})

    def _central(self, needed):
        """How far ovn-northd and the chassis are. Who is just at it is given a moment."""
        wanted = next((row["nb_cfg"] for row in self.tables["NB_Global"]), 0)
        deadline = time.monotonic() + self.params["patience"]
        self.sb.wait_until("SB_Global", [["nb_cfg", ">=", wanted]], self.params["patience"])
        (rows,) = find(self.sb, ("SB_Global", ["nb_cfg"], None))
        reached = next((row["nb_cfg"] for row in rows), 0)
        for row in self.chassis:
            if row["name"] in needed and row["nb_cfg"] is not None and row["nb_cfg"] < reached:
                where = [["name", "==", row["name"]], ["nb_cfg", ">=", reached]]
                self.sb.wait_until("Chassis_Private", where, max(0.0, deadline - time.monotonic()))
        self._read_chassis()
        northd = Daemon(rundir("ovn"), "ovn-northd")
        return {
            "nb_cfg": wanted,
            "sb_nb_cfg": reached,
            # Where there is such a unit, stopping ovn-northd's own stops the databases, too
            "unit": "ovn-central.service" if _has_unit("ovn-central.service") else "ovn-northd.service",
            "northd": {
                **facts_of(northd),
                "status": (northd.ask("status") or "").partition("Status:")[2].strip() or None,
            },
        }

    # -- the ends -------------------------------------------------------------------------------------------------------

    def _end(self, option):
        given = str(self.params[option])
        name = str((self.params["names"] or {}).get(given, given))
        end = {
            "given": given,
            "kind": "port",
            "name": None,
            "ip": None,
            "ips": [],
            "macs": [],
            "machine": None,
            "candidates": [],
        }
        end.update(switch=None, row=None, binding=None, balancers=[], router=None, port=None)
        machine = self.machines.get(given)
        if machine is not None and name not in self.port_names:
            end["machine"] = machine
            name = machine.get("iface_id") or ""
            if name not in self.port_names:
                return {**end, "candidates": self._with_mac(machine.get("mac"))}
            return self._port(end, self.port_names[name])
        address = address_and_port(name)
        if address:
            return self._of_address(end, *address)
        aliases = [
            row for row in self.tables["Logical_Switch_Port"] if row["external_ids"].get("neutron:port_name") == name
        ]
        row = self.port_names.get(name) or (aliases[0] if len(aliases) == 1 else self.rows.get(name))
        if row is not None and "port_security" in row:
            if row["type"] != "router":
                return self._port(end, row)
            name = row["options"].get("router-port", "")
        if name in self.router_port_names:
            return self._router_port(end, self.router_port_names[name])
        balancers = [row for row in self.tables["Load_Balancer"] if row["name"] == name]
        vips = sorted({address_and_port(vip)[0] for row in balancers for vip in row["vips"] if address_and_port(vip)})
        if len(vips) == 1:
            return self._of_address(end, vips[0], None)
        raise OvnError(
            "%s: there is no logical port, router port or load balancer %r%s"
            % (option, given, "; it has the VIPs %s" % ", ".join(vips) if vips else self._meant(name)),
            unknown=given,
        )

    def _meant(self, name):
        import difflib

        names = sorted({*self.port_names, *self.router_port_names})
        near = [n for n in names if name.lower() in n.lower()] or difflib.get_close_matches(name, names, 3, 0.6)
        return "; did you mean %s?" % " or ".join(near[:3]) if near else ""

    def _port(self, end, row):
        switch = self.switch_of.get(row["_uuid"])
        return {
            **end, "kind": "port", "name": row["name"], "row": row, "switch": switch and switch["name"],
            "machine": end.get("machine") or self.machines.get(row["parent_name"] or row["name"]),
            "macs": macs_of(_declared(row)) or macs_of(row), "ips": ips_of(_declared(row)),
        }  # fmt: skip

    def _router_port(self, end, row, address=None):
        router = self.router_of.get(row["_uuid"])
        ips = [network.partition("/")[0] for network in row["networks"]]
        return {
            **end, "kind": "router_port", "name": row["name"], "ips": ips, "ip": address, "macs": [row["mac"].lower()],
            "router": router and router["name"],
        }  # fmt: skip

    def _of_address(self, end, address, port):
        """A VIP, a router's address, a port's address, or one that is outside."""
        end = {**end, "kind": "address", "ip": address, "ips": [address], "port": port, "name": address}
        wanted = port or self.params["port"]
        balancers = [found for row in self.tables["Load_Balancer"] for found in self._vips(row, address, wanted)]
        if balancers:
            return {**end, "kind": "vip", "balancers": balancers}
        for row in self.tables["Logical_Router_Port"]:
            if address in [network.partition("/")[0] for network in row["networks"]]:
                return self._router_port(end, row, address)
        for row in self.tables["Logical_Switch_Port"]:
            if row["type"] == "" and address in ips_of(row):
                return self._port(end, row)
        learned = {row["mac"].lower() for row in each(self.sb, "MAC_Binding", ["mac"], "ip", {address})}
        found = [name for mac in sorted(learned) for name in self._with_mac(mac)]
        return self._port(end, self.port_names[found[0]]) if len(found) == 1 else end

    def _vips(self, row, address, port):
        for vip, backends in sorted(row["vips"].items()):
            parts = address_and_port(vip)
            if parts and parts[0] == address and (port is None or parts[1] in (None, port)):
                on = {"switches": [], "routers": []}
                for kind, table in (("switches", "Logical_Switch"), ("routers", "Logical_Router")):
                    for holder in self.tables[table]:
                        groups = [self.rows[g] for g in holder.get("load_balancer_group", ()) if g in self.rows]
                        held = [*holder["load_balancer"], *(b for group in groups for b in group["load_balancer"])]
                        if row["_uuid"] in held:
                            on[kind].append(holder["name"])
                yield {
                    "name": row["name"], "protocol": row["protocol"], "vip": vip,
                    "backends": [b for b in backends.split(",") if b], "checked": bool(row["health_check"]),
                    **{kind: sorted(names) for kind, names in on.items()}, "services": self._services(row, backends),
                }  # fmt: skip

    def _services(self, row, backends):
        """What the monitors of the backends say, if they are checked."""
        if not row["health_check"]:
            return []
        addresses = {address_and_port(b)[0] for b in backends.split(",") if address_and_port(b)}
        rows = each(self.sb, "Service_Monitor", ["ip", "port", "status", "logical_port"], "ip", addresses)
        return sorted(({**r, "_uuid": None} for r in rows), key=lambda r: (r["ip"], r["port"]))

    def _with_mac(self, mac):
        if not mac:
            return []
        return sorted(
            row["name"]
            for row in self.tables["Logical_Switch_Port"]
            if row["type"] == "" and mac.lower() in macs_of(row)
        )

    def _addresses(self, source, destination):
        """The addresses that packets go by: what a machine has comes before what the database says."""
        wanted = self.params["destination_ip"] or destination["ip"]
        six = ":" in wanted if wanted else None
        for end, option in ((destination, "destination_ip"), (source, "source_ip")):
            own = [a.partition("/")[0] for a in (end["machine"] or {}).get("addresses") or ()]
            known = [self.params[option] or end["ip"], *own, *end["ips"], *(ips_of(end["row"]) if end["row"] else ())]
            if end["macs"] and end["kind"] == "port":
                known += sorted(row["ip"] for row in each(self.sb, "MAC_Binding", ["ip"], "mac", set(end["macs"])))
            if end["kind"] == "router_port" and source["switch"] and not end["ip"]:
                known = [end["ip"], *self._near(end, source)]
            fits = [a for a in known if a and (six is None or (":" in a) == six)]
            end["ip"] = fits[0] if fits else None
            six = (":" in end["ip"]) if six is None and end["ip"] else six

    @staticmethod
    def _near(end, source):
        mine = {
            ":" in a
            for a in source["ips"] or [x.partition("/")[0] for x in (source["machine"] or {}).get("addresses") or ()]
        }
        return sorted(end["ips"], key=lambda a: (":" in a) not in mine)

    def _neighbours_on_switch(self, end):
        """Who else on the end's switch has its MAC address or its IP address."""
        end["same_mac"], end["same_ip"] = [], []
        if end["kind"] != "port" or not end["switch"]:
            return
        switch = self.switch_of[end["row"]["_uuid"]]
        macs = set(end["macs"])
        for row in (self.rows[uuid] for uuid in switch["ports"] if uuid in self.rows):
            if row["name"] == end["name"]:
                continue
            peer = self.router_port_names.get(row["options"].get("router-port")) if row["type"] == "router" else None
            if macs & ({peer["mac"].lower()} if peer else set(macs_of(_declared(row)))):
                end["same_mac"].append(row["name"])
            addresses = [n.partition("/")[0] for n in peer["networks"]] if peer else ips_of(_declared(row))
            if end["ip"] and end["ip"] in addresses:
                end["same_ip"].append(row["name"])

    # -- the way --------------------------------------------------------------------------------------------------------

    def _edges(self):
        """{node: [(node, switch port or None, router port)]}; nodes are UUIDs of switches and routers."""
        edges = {}
        for lsp in self.tables["Logical_Switch_Port"]:
            lrp = self.router_port_names.get(lsp["options"].get("router-port")) if lsp["type"] == "router" else None
            switch, router = self.switch_of.get(lsp["_uuid"]), lrp and self.router_of.get(lrp["_uuid"])
            if switch and router:
                edges.setdefault(switch["_uuid"], []).append((router["_uuid"], lsp, lrp))
                edges.setdefault(router["_uuid"], []).append((switch["_uuid"], lsp, lrp))
        for lrp in self.tables["Logical_Router_Port"]:
            peer = self.router_port_names.get(lrp["peer"])
            here, there = self.router_of.get(lrp["_uuid"]), peer and self.router_of.get(peer["_uuid"])
            if here and there:
                edges.setdefault(here["_uuid"], []).append((there["_uuid"], None, lrp))
        return edges

    def _targets(self, destination):
        if destination["kind"] == "port":
            return (
                {self.switch_of[destination["row"]["_uuid"]]["_uuid"]}
                if destination["row"] and destination["switch"]
                else set()
            )
        if destination["kind"] == "router_port":
            row = self.router_port_names[destination["name"]]
            return {self.router_of[row["_uuid"]]["_uuid"]} if row["_uuid"] in self.router_of else set()
        if destination["kind"] == "vip":
            backends = [address_and_port(b) for balancer in destination["balancers"] for b in balancer["backends"]]
            ends = [self._of_address({}, b[0], None) for b in backends if b]
            destination["backends"] = [{"ip": e["ip"], "port": e["name"]} for e in ends if e["kind"] == "port"]
            return {self.switch_of[e["row"]["_uuid"]]["_uuid"] for e in ends if e["kind"] == "port" and e["switch"]}
        return self._outside(destination["ip"])

    def _outside(self, address):
        """The switches on whose network the address is, else all that have a physical network."""
        near, far = set(), set()
        for lsp in self.tables["Logical_Switch_Port"]:
            switch = self.switch_of.get(lsp["_uuid"])
            if not switch:
                continue
            if lsp["type"] == "localnet":
                far.add(switch["_uuid"])
            elif lsp["type"] == "router":
                lrp = self.router_port_names.get(lsp["options"].get("router-port"))
                if lrp and within(address, lrp["networks"]):
                    near.add(switch["_uuid"])
        return near or far

    def _path(self, source, destination):
        """The shortest way, as the switches and routers with the ports between them."""
        targets, self.complete = self._targets(destination), False
        if not source["switch"]:
            return []
        begin = self.switch_of[source["row"]["_uuid"]]["_uuid"]
        came: dict = {begin: None}
        queue, edges = [begin], self._edges()
        while queue:
            node = queue.pop(0)
            if node in targets:
                self.complete = True
                return self._way_to(node, came)
            for other, lsp, lrp in sorted(edges.get(node, ()), key=lambda edge: edge[2]["name"]):
                if other not in came:
                    came[other] = (node, lsp, lrp)
                    queue.append(other)
        return self._way_to(begin, came)

    def _way_to(self, node, came):
        way = []
        while node:
            step = came[node]
            row = self.rows[node]
            way.append(
                {
                    "kind": "router" if "static_routes" in row else "switch",
                    "name": row["name"],
                    "by": step and {"switch_port": step[1] and step[1]["name"], "router_port": step[2]["name"]},
                }
            )
            node = step and step[0]
        return way[::-1]

    def _links(self, path, source):
        """Where the switches of the path meet routers: the way itself, and every router on the source's own switch."""
        on_way = [hop["by"]["switch_port"] for hop in path if hop["by"]]
        found = []
        for lsp in self.tables["Logical_Switch_Port"]:
            switch = self.switch_of.get(lsp["_uuid"])
            if lsp["type"] != "router" or not switch:
                continue
            if lsp["name"] in on_way or switch["name"] == source["switch"]:
                name = lsp["options"].get("router-port")
                lrp = self.router_port_names.get(name)
                router = lrp and self.router_of.get(lrp["_uuid"])
                found.append(
                    {
                        "switch": switch["name"], "switch_port": lsp["name"], "addresses": lsp["addresses"],
                        "switch_port_enabled": lsp["enabled"] is not False, "router_port": name, "router": router and router["name"],
                        "mac": lrp and lrp["mac"].lower(), "networks": lrp["networks"] if lrp else [],
                        "router_port_enabled": lrp is None or lrp["enabled"] is not False, "on_path": lsp["name"] in on_way,
                    }
                )  # fmt: skip
        near = sorted(name for name, row in self.router_port_names.items() if row["_uuid"] in self.router_of)
        taken = {lsp["options"].get("router-port") for lsp in self.tables["Logical_Switch_Port"]}
        for link in found:
            if link["mac"] is None:  # what its name was meant to be
                link["free_router_ports"] = [
                    name for name in near if name not in taken and not self.router_port_names[name]["peer"]
                ]
        return sorted(found, key=lambda link: link["switch_port"])

    def _switch_addresses(self, path, *ends):
        """{switch: all addresses that somebody on it is known to have}, of the way's switches and the ends' own."""
        wanted = {hop["name"] for hop in path if hop["kind"] == "switch"} | {
            end["switch"] for end in ends if end["switch"]
        }
        found = {}
        for switch in self.tables["Logical_Switch"]:
            if switch["name"] not in wanted:
                continue
            addresses = found.setdefault(switch["name"], set())
            for row in (self.rows[uuid] for uuid in switch["ports"] if uuid in self.rows):
                peer = (
                    self.router_port_names.get(row["options"].get("router-port")) if row["type"] == "router" else None
                )
                addresses.update(n.partition("/")[0] for n in (peer["networks"] if peer else ()))
                addresses.update(ips_of(row))
                if row["type"] != "localnet" and ANYBODY in " ".join(row["addresses"]).split():
                    addresses.add(ANYBODY)
                if peer:
                    addresses.update(
                        r["ip"] for r in each(self.sb, "MAC_Binding", ["ip"], "logical_port", {peer["name"]})
                    )
        return {name: sorted(addresses) for name, addresses in sorted(found.items())}

    def _routers(self, path):
        found = []
        for hop in path:
            if hop["kind"] != "router":
                continue
            row = next(r for r in self.tables["Logical_Router"] if r["name"] == hop["name"])
            ports = [self.rows[uuid] for uuid in row["ports"] if uuid in self.rows]
            found.append(
                {
                    "name": row["name"],
                    "enabled": row["enabled"] is not False,
                    "chassis_option": row["options"].get("chassis"),
                    "ports": [
                        {
                            "name": port["name"],
                            "mac": port["mac"].lower(),
                            "networks": port["networks"],
                            "gateway": bool(port["gateway_chassis"] or port["ha_chassis_group"]),
                            "binding": None,
                        }
                        for port in sorted(ports, key=lambda port: port["name"])
                    ],
                    "static_routes": sorted(
                        (
                            {k: v for k, v in self.rows[uuid].items() if k != "_uuid"}
                            for uuid in row["static_routes"]
                            if uuid in self.rows
                        ),
                        key=lambda route: (route["ip_prefix"], route["nexthop"]),
                    ),
                }
            )
        return found

    def _localnets(self, path):
        switches = {hop["name"] for hop in path if hop["kind"] == "switch"}
        return sorted(
            (
                {
                    "switch": self.switch_of[row["_uuid"]]["name"],
                    "port": row["name"],
                    "network_name": row["options"].get("network_name"),
                    "enabled": row["enabled"] is not False,
                }
                for row in self.tables["Logical_Switch_Port"]
                if row["type"] == "localnet"
                and row["_uuid"] in self.switch_of
                and self.switch_of[row["_uuid"]]["name"] in switches
            ),
            key=lambda localnet: localnet["port"],
        )

    def _bind(self, ends, routers, localnets):
        """Adds where the southbound database has the ports."""
        names = {end["name"] for end in ends if end["kind"] == "port" and end["name"]}
        names |= {end["row"]["parent_name"] for end in ends if end["row"] and end["row"].get("parent_name")}
        names |= {b["port"] for end in ends for b in end.get("backends", ())}
        names |= {prefix + port["name"] for router in routers for port in router["ports"] for prefix in ("", "cr-")}
        rows = each(self.sb, "Port_Binding", [*_BINDING, "additional_chassis"], "logical_port", names)
        found = {
            row["logical_port"]: {
                "type": row["type"],
                "chassis": self.chassis_names.get(row["chassis"]),
                "requested": self.chassis_names.get(row.get("requested_chassis"))
                or row["options"].get("requested-chassis"),
                "additional": sorted(
                    self.chassis_names.get(uuid, uuid) for uuid in row.get("additional_chassis") or ()
                ),
                "up": row["up"],
            }
            for row in rows
        }
        for end in ends:
            if end["kind"] == "port" and end["name"]:
                end["binding"] = found.get(end["row"]["parent_name"] or end["name"])
            for backend in end.get("backends", ()):
                backend["chassis"] = (found.get(backend["port"]) or {}).get("chassis")
        for router in routers:
            for port in router["ports"]:
                port["binding"] = found.get("cr-" + port["name"]) or found.get(port["name"])

    def _needed(self, source, destination, routers):
        """The chassis that a packet between the two can come by."""
        names = [(end["binding"] or {}).get("chassis") for end in (source, destination)]
        names += [b.get("chassis") for b in destination.get("backends", ())][:_BACKENDS]
        names += [port["binding"]["chassis"] for router in routers for port in router["ports"] if port["binding"]]
        return list(dict.fromkeys(name for name in names if name))

    def _learned(self, source, destination):
        """What routers learned of the ends' addresses."""
        rows = each(
            self.sb,
            "MAC_Binding",
            ["ip", "mac", "logical_port"],
            "ip",
            {end["ip"] for end in (source, destination) if end["ip"]},
        )
        return sorted(rows, key=lambda row: (row["ip"], row["logical_port"]))


def _has_unit(name):
    return any(os.path.exists("%s/systemd/system/%s" % (top, name)) for top in ("/etc", "/usr/lib", "/lib"))


def _declared(row):
    """A port without what its port security allows."""
    return {name: row.get(name) or () for name in ("addresses", "dynamic_addresses")}
