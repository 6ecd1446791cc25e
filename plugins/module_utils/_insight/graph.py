# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the databases as a graph: the logical network, or the physical one. Pure: no I/O.

``rows`` is ``{table: {uuid: row}}`` with the columns of ``COLUMNS``; what a server or a row lacks is taken for empty.
A graph is ``{"view", "path", "nodes", "edges"}``, plain data; ``draw`` makes text of it.
"""

from __future__ import annotations

import re

from .._ovsdb.errors import OvnError

#: database -> table -> the columns that a view is made of, ovn-nb(5) and ovn-sb(5)
NORTHBOUND = {
    "Logical_Switch": ("name", "ports", "load_balancer", "load_balancer_group", "external_ids"),
    "Logical_Switch_Port": ("name", "type", "addresses", "options", "parent_name", "tag", "peer", "external_ids"),
    "Logical_Router": ("name", "ports", "nat", "load_balancer", "load_balancer_group", "options", "external_ids"),
    "Logical_Router_Port": ("name", "networks", "peer"),
    "NAT": ("type", "external_ip", "logical_ip", "logical_port"),
    "Load_Balancer": ("name", "protocol", "vips"),
    "Load_Balancer_Group": ("load_balancer",),
}
SOUTHBOUND = {
    "Chassis": ("name", "hostname", "encaps", "external_ids", "other_config", "transport_zones"),
    "Encap": ("type", "ip"),
    "Port_Binding": ("logical_port", "type", "chassis", "datapath", "up"),
    "Datapath_Binding": ("external_ids",),
}
#: view -> the databases that it shows
VIEWS = {"logical": ("OVN_Northbound", "OVN_Southbound"), "physical": ("OVN_Southbound",)}
COLUMNS = {"OVN_Northbound": NORTHBOUND, "OVN_Southbound": SOUTHBOUND}

#: Of what is folded, so many are shown each by itself
_SHOWN = 3
#: Lines of one kind in a node: VIPs, backends, NAT rules
_LINES = 4
_LONGEST = 44
#: What Neutron calls the rows whose names are UUIDs
_ALIASES = ("neutron:network_name", "neutron:router_name", "neutron:port_name")
_LEAVES = ("port", "external", "gateway", "balancer")


def graph(view, rows, fold=10, highlight=()):
    """The graph of ``view``; raises OvnError where a name to highlight is not in it.

    :param fold: of more alike nodes than this only some are shown, and the others as one; 0 never folds
    :param highlight: names that a way goes along; between two that are not neighbours it is the shortest one
    """
    made = {"logical": _logical, "physical": _physical}[view](rows)
    made.mark(list(highlight))
    if fold:
        made.fold(fold)
    return {"view": view, "path": made.path, "nodes": made.shown_nodes(), "edges": made.shown_edges()}


def natural(text):
    """Sorts vm9 before vm10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"[0-9]+|[^0-9]+", text)]


def shorten(text, longest=_LONGEST):
    """A name of any length as one that a picture has room for, beginning and end kept."""
    text = "".join(c if c.isprintable() else " " for c in str(text))
    half = (longest - 3) // 2
    return text if len(text) <= longest else text[: longest - 3 - half] + "..." + text[-half:]


class _Graph:
    def __init__(self):
        self.nodes = {}  # id: node
        self.edges = []
        self.path = []  # the names of the nodes that a way goes through
        self.names = {}  # a name: [id, ...], also of what is drawn as a part of a node or as an edge

    def node(self, kind, name, lines=(), uuid="", **more):
        """Adds a node and returns its id, which tells what it is; with the UUID where names are not unique."""
        key = "%s:%s" % (kind, name)
        if key in self.nodes:
            key = "%s:%s" % (key, uuid)
        self.nodes[key] = {
            "id": key,
            "kind": kind,
            "name": name,
            "lines": [line for line in lines if line],
            "count": 1,
            "on_path": False,
            **more,
        }
        self.name(name, key)
        return key

    def name(self, name, key):
        if name and key not in self.names.setdefault(name, []):
            self.names[name].append(key)

    def edge(self, kind, start, end, label=""):
        self.edges.append({"kind": kind, "from": start, "to": end, "label": label, "on_path": False})

    def neighbours(self):
        found = {key: [] for key in self.nodes}
        for edge in self.edges:
            found[edge["from"]].append((edge["to"], edge))
            found[edge["to"]].append((edge["from"], edge))
        return found

    # -- a way

    def mark(self, names):
        stops = []
        for place, name in enumerate(names):
            found = self.names.get(name, [])
            if len(found) != 1:
                why = "is the name of %s" % " and ".join(sorted(found)) if found else "is not in the picture"
                raise OvnError("highlight[%d]: %r %s" % (place, name, why))
            if stops[-1:] != found:
                stops += found
        near = self.neighbours() if stops else {}
        gone = stops[:1]
        for start, end in zip(stops, stops[1:]):
            for edge, backwards in self._way(near, start, end):
                edge["on_path"] = True
                edge["backwards"] = backwards
                gone.append(edge["from" if backwards else "to"])
            if gone[-1] != end:  # there is no way
                gone.append(end)
        for key in gone:
            self.nodes[key]["on_path"] = True
        self.path = [self.nodes[key]["name"] for key in gone]

    @staticmethod
    def _way(near, start, end):
        """[(edge, whether it is gone from its end to its start)] of the shortest way. Packets go through no balancer."""
        came: dict = {start: None}
        front = [start]
        while front and end not in came:
            following = []
            for here in front:
                for there, edge in near[here]:
                    if there not in came and (edge["kind"] != "balancer" or end == there or start == here):
                        came[there] = (here, edge)
                        following.append(there)
            front = following
        way = []
        while came.get(end):
            here, edge = came[end]
            way.append((edge, edge["from"] != here))
            end = here
        return way[::-1]

    # -- what repeats

    def fold(self, limit):
        self._fold(limit, _LEAVES)
        self._fold(limit, ("switch", "chassis"))
        self._fold(limit, ("router",))

    def _fold(self, limit, kinds):
        near = self.neighbours()
        alike = {}
        for key, node in self.nodes.items():
            if node["kind"] in kinds and not node["on_path"] and node["count"] == 1:
                around = frozenset(
                    (edge["kind"], other) for other, edge in near[key] if not self._own(near, other, key)
                )
                alike.setdefault((node["kind"], around), []).append(key)
        for (kind, around), keys in alike.items():
            if len(keys) <= limit or (kind in _LEAVES and kind != "balancer" and len(around) != 1):
                continue
            keys.sort(key=lambda key: natural(self.nodes[key]["name"]))
            self._replace(kind, around, keys[min(_SHOWN, limit) :], near)

    def _own(self, near, inner, owner):
        """Whether a node hangs on this one and on nothing else, and goes with it: a leaf, or a router's switch with its leaves."""
        node = self.nodes[inner]
        others = {other for other, _edge in near[inner]} - {owner}
        if node["on_path"] or node["kind"] in _LEAVES:
            return not node["on_path"] and not others
        pair = (node["kind"], self.nodes[owner]["kind"])
        return pair == ("switch", "router") and all(self._own(near, other, inner) for other in others)

    def _inside(self, near, owner):
        for inner in {other for other, _edge in near[owner]}:
            if self._own(near, inner, owner):
                yield inner
                yield from (other for other, _edge in near[inner] if other != owner)

    def _replace(self, kind, around, keys, near):
        within = [] if kind in _LEAVES else [inner for key in keys for inner in self._inside(near, key)]
        gone = [self.nodes.pop(key) for key in keys]
        inside = [self.nodes.pop(key) for key in dict.fromkeys(within)]
        lost = {node["id"] for node in gone + inside}
        self.edges = [edge for edge in self.edges if edge["from"] not in lost and edge["to"] not in lost]
        lines = ["%s ... %s" % (shorten(gone[0]["name"], 30), shorten(gone[-1]["name"], 30))]
        for held in ("switch", "port"):
            number = sum(node["count"] for node in inside if node["kind"] == held)
            lines += ["with %s" % _count(number, held)] if number else []
        lines += _where(gone)
        key = self.node(kind, _count(len(gone), kind), lines, gone[0]["id"])
        self.nodes[key]["count"] = len(gone)
        self.nodes[key]["state"] = "folded"
        for edge_kind, other in sorted(around):
            self.edge(edge_kind, key, other)

    # -- the outcome

    def shown_nodes(self):
        return sorted(self.nodes.values(), key=lambda node: (node["kind"], node["count"] > 1, natural(node["id"])))

    def shown_edges(self):
        place = {node["id"]: number for number, node in enumerate(self.shown_nodes())}
        return sorted(self.edges, key=lambda edge: (place[edge["from"]], place[edge["to"]], edge["label"]))


def _count(number, kind):
    plural = kind if kind == "chassis" or number == 1 else kind + ("es" if kind.endswith("ch") else "s")
    return "%s %s" % (number, plural.replace("_", " "))


def _where(nodes):
    """Where folded ports are bound, most first."""
    on = {}
    for node in nodes:
        if "on" in node:
            on[node["on"]] = on.get(node["on"], 0) + 1
    places = sorted(on.items(), key=lambda item: (-item[1], natural(item[0] or "")))
    lines = ["%d %s" % (number, "on " + shorten(name, 24) if name else "not bound") for name, number in places]
    return lines if len(lines) <= _LINES else lines[: _LINES - 1] + ["and on %d more" % (len(lines) - _LINES + 1)]


def _some(lines, what):
    return lines if len(lines) <= _LINES else lines[: _LINES - 1] + ["and %d more %s" % (len(lines) - _LINES + 1, what)]


def _table(rows, table):
    """(uuid, row) in an order that does not depend on UUIDs where names do."""
    items = rows.get(table, {}).items()
    return sorted(items, key=lambda item: (natural(item[1].get("name") or ""), item[0]))


def _also(row):
    ids = row.get("external_ids") or {}
    return next((shorten(ids[key]) for key in _ALIASES if ids.get(key)), "")


def _host_name(row):
    return row.get("hostname") or row.get("name") or ""


# -- the logical network


def _logical(rows):
    made = _Graph()
    bound = _bound(rows)
    ports, router_ports = rows.get("Logical_Switch_Port", {}), rows.get("Logical_Router_Port", {})
    owners = {}  # a router port's name: its router's node
    networks = {row.get("name"): row.get("networks") or [] for row in router_ports.values()}
    holders = []  # (node, row): what may have load balancers
    for uuid, row in _table(rows, "Logical_Router"):
        lines = [_also(row)]
        pinned = (row.get("options") or {}).get("chassis")
        lines.append("on %s" % shorten(pinned) if pinned else "")
        mine = [router_ports[port]["name"] for port in row.get("ports") or () if port in router_ports]
        for name in sorted(mine, key=natural):
            at = bound.get("cr-" + name, {}).get("on")
            lines.append("%s through %s" % (shorten(name, 24), shorten(at, 24)) if at else "")
        rules = [rows["NAT"][nat] for nat in row.get("nat") or () if nat in rows.get("NAT", {})]
        lines += _some(sorted(_nat(rule) for rule in rules), "NAT rules")
        key = made.node("router", row.get("name") or uuid, lines, uuid)
        holders.append((key, row))
        for name in mine:
            owners[name] = key
            made.name(name, key)
    _peers(made, rows, owners, networks)
    for uuid, row in _table(rows, "Logical_Switch"):
        key = made.node("switch", row.get("name") or uuid, [_also(row)], uuid)
        holders.append((key, row))
        for port_uuid in row.get("ports") or ():
            if port_uuid in ports:
                _switch_port(made, key, port_uuid, ports[port_uuid], owners, networks, bound)
    _nested(made, ports)
    _balancers(made, rows, holders)
    return made


def _nat(rule):
    if rule.get("type") == "snat":
        return "snat %s to %s" % (rule.get("logical_ip"), rule.get("external_ip"))
    return "%s %s to %s" % (rule.get("type"), rule.get("external_ip"), rule.get("logical_ip"))


def _peers(made, rows, owners, networks):
    """Routers that are joined without a switch."""
    for _uuid, row in _table(rows, "Logical_Router_Port"):
        name, peer = row.get("name"), row.get("peer")
        if peer in owners and name in owners and name < peer:
            label = " - ".join(", ".join(networks.get(end, ())) for end in (name, peer))
            made.edge("router", owners[name], owners[peer], label)


def _switch_port(made, switch, uuid, row, owners, networks, bound):
    name, kind = row.get("name") or uuid, row.get("type") or ""
    options = row.get("options") or {}
    if kind == "router" and options.get("router-port") in owners:
        router_port = options["router-port"]
        made.edge("router", switch, owners[router_port], ", ".join(networks[router_port][:2]))
        made.name(name, switch)
        return
    if kind in ("", "virtual"):
        here = bound.get(name, {})
        addresses = [" ".join(str(one).split()[:2]) for one in row.get("addresses") or ()]
        more = " and %d more" % (len(addresses) - 1) if len(addresses) > 1 else ""
        state = "up" if here.get("up") else "down"
        at = here.get("on")
        lines = [_also(row), kind, shorten(addresses[0]) + more if addresses else ""]
        lines.append("on %s%s" % (shorten(at), "" if here.get("up") else ", down") if at else "not bound")
        key = made.node("port", name, lines, uuid, state=state, on=at)
    else:
        told = [options[option] for option in ("network_name", "router-port", "peer") if options.get(option)]
        key = made.node("external", name, [kind, *map(shorten, told)], uuid)
    made.edge("port", key, switch)


def _nested(made, ports):
    """Ports of containers inside a virtual machine, ovn-architecture(7): drawn by the port that carries them."""
    for _uuid, row in sorted(ports.items()):
        inner, outer = (made.names.get(row.get(column) or "", []) for column in ("name", "parent_name"))
        if len(inner) == 1 and len(outer) == 1:
            made.edge("parent", inner[0], outer[0], "VLAN %s" % row["tag"] if row.get("tag") else "")


def _balancers(made, rows, holders):
    groups = rows.get("Load_Balancer_Group", {})
    on = {}
    for key, row in holders:
        held = list(row.get("load_balancer") or ())
        for group in row.get("load_balancer_group") or ():
            held += groups.get(group, {}).get("load_balancer") or ()
        for uuid in dict.fromkeys(held):
            on.setdefault(uuid, []).append(key)
    for uuid, row in _table(rows, "Load_Balancer"):
        vips = row.get("vips") or {}
        lines = _some([_vip(row, vip, vips[vip]) for vip in sorted(vips, key=natural)], "VIPs")
        if uuid not in on:
            lines.append("on no switch and no router")
        key = made.node("balancer", row.get("name") or uuid, lines, uuid, state="up" if uuid in on else "down")
        for vip in vips:
            made.name(vip, key)
        for holder in on.get(uuid, ()):
            # So that those of routers stand beside the routers, and those of switches beside the switches' ports
            ends = (holder, key) if holder.startswith("router:") else (key, holder)
            made.edge("balancer", *ends)


def _vip(row, vip, backends):
    backends = [backend for backend in str(backends).split(",") if backend]
    told = ", ".join(backends) if len(backends) <= 2 else "%d backends" % len(backends)
    return "%s%s to %s" % (
        row["protocol"] + " " if row.get("protocol") else "",
        shorten(vip),
        shorten(told, 60) or "nothing",
    )


def _bound(rows):
    """{logical port: {"on": the chassis' host name, "up": whether its flows are there}}"""
    chassis = rows.get("Chassis", {})
    found = {}
    for row in rows.get("Port_Binding", {}).values():
        if row.get("chassis") in chassis:
            up = row.get("up")
            # Servers before 20.12 do not tell: a port that is bound was up
            found[row["logical_port"]] = {"on": _host_name(chassis[row["chassis"]]), "up": up is not False and up != []}
    return found


# -- the physical network


def _physical(rows):
    made = _Graph()
    encaps, hosts = rows.get("Encap", {}), {}
    members = {}  # (type, zone): [(chassis' node, ip)]
    mapped = {}  # a physical network: [(chassis' node, bridge)]
    for uuid, row in _table(rows, "Chassis"):
        settings = {**(row.get("external_ids") or {}), **(row.get("other_config") or {})}
        host = _host_name(row)
        lines = [shorten(row.get("name")) if row.get("name") != host else ""]
        lines.append("gateway" if "enable-chassis-as-gw" in (settings.get("ovn-cms-options") or "") else "")
        lines.append("of another zone" if settings.get("is-remote") == "true" else "")
        hosts[uuid] = made.node("chassis", host or uuid, lines, uuid)
        made.name(row.get("name"), hosts[uuid])
        for encap in row.get("encaps") or ():
            for zone in row.get("transport_zones") or [""]:
                if encap in encaps:
                    members.setdefault((encaps[encap].get("type"), zone), {}).setdefault(hosts[uuid], []).append(
                        encaps[encap].get("ip") or ""
                    )
        for mapping in (settings.get("ovn-bridge-mappings") or "").split(","):
            network, colon, bridge = mapping.strip().partition(":")
            if colon:
                mapped.setdefault(network, []).append((hosts[uuid], bridge))
    for (kind, zone), ends in sorted(members.items(), key=str):
        # Every chassis has a tunnel to every other one: drawn as what joins them all
        pairs = len(ends) * (len(ends) - 1) // 2
        lines = ["transport zone %s" % shorten(zone) if zone else "", _count(pairs, "tunnel")]
        key = made.node("tunnel", "%s %s" % (kind, zone) if zone else str(kind), lines)
        for host, addresses in ends.items():
            made.edge("tunnel", host, key, ", ".join(sorted(addresses)))
    for network, ends in sorted(mapped.items()):
        key = made.node("network", network, ["physical network"])
        for host, bridge in ends:
            made.edge("mapping", host, key, bridge)
    datapaths = rows.get("Datapath_Binding", {})
    gateways = {}
    for uuid, row in sorted(rows.get("Port_Binding", {}).items(), key=lambda item: natural(item[1]["logical_port"])):
        kind, name = row.get("type") or "", row["logical_port"]
        ids = (datapaths.get(row.get("datapath")) or {}).get("external_ids") or {}
        datapath = ids.get("name2") or ids.get("name") or ""
        host = hosts.get(row.get("chassis"))
        if kind in ("l3gateway", "chassisredirect") and host:
            gateways.setdefault((host, datapath), []).append((uuid, name, kind))
        elif kind in ("", "virtual", "external", "l2gateway", "vtep") and (host or not kind):
            down = row.get("up") is False or row.get("up") == []
            lines = [kind, shorten(datapath), "" if host else "not bound", "down" if host and down else ""]
            key = made.node("port", name, lines, uuid, state="down" if down or not host else "up")
            if host:
                made.edge("port", key, host)
    for (host, datapath), held in sorted(gateways.items()):
        lines = [shorten(name) for _uuid, name, kind in held if kind == "chassisredirect"]
        key = made.node("gateway", datapath or held[0][1], ["router" if not lines else "gateway port", *lines], host)
        for _uuid, name, _kind in held:
            made.name(name, key)
        made.edge("port", key, host)
    return made
