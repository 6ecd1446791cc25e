# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VIP as the databases have it: its balancers, what they are on, and where the backends are.

OVSDB cannot search within the keys of a map, so a VIP that is given by its address is looked for among the VIPs of all balancers. Of
everything else only rows that have to do with it are read. A backend is looked for on the switches whose routers have a network
with its address, and on those without a router that have the balancer.
"""

from __future__ import annotations

from .._model.syntax import address_and_port
from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import inform
from .._ovsdb.rows import each, find, is_uuid
from .routing import within

_BALANCER = ["name", "vips", "protocol", "options", "health_check", "ip_port_mappings"]
_BINDING = ["logical_port", "type", "mac", "chassis", "up", "options", "datapath"]
#: Ports at which somebody is, who can ask or answer
_MACHINES = ("", "virtual", "container", "external")
_OUTSIDE = ("localnet", "l2gateway", "vtep")


def run_vip_info():
    inform({**OVN_ARGUMENTS, "vip": {"type": "str", "required": True}}, find_vip)


def find_vip(params):
    with open_session(params, "OVN_Northbound") as nb, open_session(params, "OVN_Southbound") as sb:
        return _Vip(nb, sb, params["vip"].strip()).found()


class _Vip:
    def __init__(self, nb, sb, asked):
        self.nb = nb
        self.sb = sb
        self.asked = asked
        self.chassis = {}
        self.bindings = {}

    def found(self):
        chosen = self._meant()
        self.networks = self._networks()
        vips = [self._vip(row, vip) for row, vip in chosen]
        needed = {port["chassis"] for vip in vips for on in vip["switches"] for port in on["ports"]}
        needed.update(name for vip in vips for on in vip["routers"] for name in on["bound_on"])
        return {"vips": vips, "balanced_on": [self.chassis[name] for name in sorted(needed - {None})]}

    # -- which ----------------------------------------------------------------------------------------------------------

    def _meant(self):
        asked = address_and_port(self.asked)
        if asked:
            (rows,) = find(self.nb, ("Load_Balancer", _BALANCER, None))
        else:
            where = {"_uuid": self.asked} if is_uuid(self.asked) else {"name": self.asked}
            (rows,) = find(self.nb, ("Load_Balancer", _BALANCER, where))
        chosen = [
            (row, vip)
            for row in sorted(rows, key=lambda row: (row["name"], row["_uuid"]))
            for vip in sorted(row["vips"])
            if not asked or self._is(address_and_port(vip), asked)
        ]
        if chosen:
            return chosen
        if rows and not asked:
            raise OvnError("vip: the load balancer %s has no VIP" % self.asked)
        if asked:
            known = sorted({vip for row in rows for vip in row["vips"]})
        else:
            known = sorted({row["name"] for row in find(self.nb, ("Load_Balancer", ["name"], None))[0]})
        raise OvnError(
            "vip: no load balancer %s %s; there are: %s%s"
            % (
                "has the VIP" if asked else "is called",
                self.asked,
                ", ".join(known[:20]) or "none",
                ", ..." if len(known) > 20 else "",
            ),
            unknown=self.asked,
        )

    @staticmethod
    def _is(parts, asked):
        return parts is not None and parts[0] == asked[0] and asked[1] in (None, parts[1])

    # -- what it is on --------------------------------------------------------------------------------------------------

    def _vip(self, row, vip):
        address, port = address_and_port(vip) or (None, None)
        switches = [self._switch(on, through) for on, through in self._holders("Logical_Switch", row["_uuid"])]
        routers = [self._router(on, through) for on, through in self._holders("Logical_Router", row["_uuid"])]
        checks = each(self.nb, "Load_Balancer_Health_Check", ["vip", "options"], "_uuid", set(row["health_check"]))
        return {
            "name": row["name"], "_uuid": row["_uuid"], "vip": vip, "ip": address, "port": port,
            "protocol": (row["protocol"] or "tcp") if port is not None else None, "options": row["options"],
            "health_check": next(({"options": check["options"]} for check in checks if check["vip"] == vip), None),
            "backends": self._backends(row, vip, switches), "switches": switches, "routers": routers,
        }  # fmt: skip

    def _holders(self, table, balancer):
        """[(row, the group that it has the balancer by, or None)], by name."""
        groups = []
        if "Load_Balancer_Group" in self.nb.schema.tables:
            (groups,) = find(self.nb, ("Load_Balancer_Group", ["name"], {"load_balancer": balancer}))
        columns = ["name"] if table == "Logical_Switch" else ["name", "options", "ports"]
        asked = [({"load_balancer": balancer}, None)]
        asked += [({"load_balancer_group": group["_uuid"]}, group["name"]) for group in groups]
        found = find(self.nb, *((table, columns, where) for where, _through in asked))
        on = {}
        for rows, (_where, through) in zip(found, asked):
            for row in rows:
                on.setdefault(row["_uuid"], (row, through))
        return sorted(on.values(), key=lambda pair: (pair[0]["name"], pair[0]["_uuid"]))

    def _datapath(self, kind, uuid):
        """The row of the southbound database that is this switch or router; None if northd has not made it."""
        asked = [("Datapath_Binding", ["tunnel_key"], {"external_ids": {kind: uuid}})]
        if self.sb.schema.has("Datapath_Binding", "nb_uuid"):
            asked.append(("Datapath_Binding", ["tunnel_key"], {"nb_uuid": uuid}))
        return next((row for rows in find(self.sb, *asked) for row in rows), None)

    def _switch(self, row, through):
        datapath = self._datapath("logical-switch", row["_uuid"])
        bindings = self._bound(datapath["_uuid"]) if datapath else []
        peers = {binding["options"]["peer"] for binding in bindings if binding["options"].get("peer")}
        return {
            "name": row["name"], "through": through, "datapath": datapath and datapath["_uuid"], "datapath_key": datapath and datapath["tunnel_key"],
            "networks": sorted({network for port in self.networks if port["port"] in peers for network in port["networks"]}),
            "routers": sorted({port["router"] for port in self.networks if port["port"] in peers} - {None}),
            "ports": [
                {"name": binding["logical_port"], "chassis": binding["chassis"], "up": bool(binding["up"])}
                for binding in bindings if binding["type"] in _MACHINES
            ],
            "outside": [binding["logical_port"] for binding in bindings if binding["type"] in _OUTSIDE],
        }  # fmt: skip

    def _router(self, row, through):
        datapath = self._datapath("logical-router", row["_uuid"])
        ports = [port for port in self.networks if port["_uuid"] in row["ports"]]
        bindings = self._bound(datapath["_uuid"]) if datapath else []
        gateways = [
            {"name": binding["options"].get("distributed-port", binding["logical_port"]), "chassis": binding["chassis"]}
            for binding in bindings
            if binding["type"] == "chassisredirect"
        ]
        return {
            "name": row["name"], "through": through, "datapath_key": datapath and datapath["tunnel_key"],
            "chassis": row["options"].get("chassis"), "gateway_ports": gateways,
            "bound_on": sorted({b["chassis"] for b in bindings if b["type"] in ("l3gateway", "chassisredirect") and b["chassis"]}),
            "networks": sorted({network for port in ports for network in port["networks"]}),
            "switches": self._beyond(bindings),
        }  # fmt: skip

    def _beyond(self, bindings):
        """The switches, by name, that the ports of a router lead to."""
        peers = {binding["options"]["peer"] for binding in bindings if binding["options"].get("peer")}
        sides = each(self.sb, "Port_Binding", ["datapath"], "logical_port", peers)
        columns = ["external_ids"]
        datapaths = each(self.sb, "Datapath_Binding", columns, "_uuid", {side["datapath"] for side in sides})
        return sorted({row["external_ids"].get("name", row["_uuid"]) for row in datapaths})

    # -- the southbound side --------------------------------------------------------------------------------------------

    def _bound(self, datapath):
        """The bindings of a datapath, by name; chassis by name, too."""
        if datapath not in self.bindings:
            (rows,) = find(self.sb, ("Port_Binding", _BINDING, {"datapath": datapath}))
            names = self._name_chassis({row["chassis"] for row in rows} - {None})
            for row in rows:
                row["chassis"] = names.get(row["chassis"])
            self.bindings[datapath] = sorted(rows, key=lambda row: row["logical_port"])
        return self.bindings[datapath]

    def _name_chassis(self, uuids):
        rows = each(self.sb, "Chassis", ["name", "hostname"], "_uuid", uuids)
        self.chassis.update({row["name"]: {"name": row["name"], "hostname": row["hostname"]} for row in rows})
        return {row["_uuid"]: row["name"] for row in rows}

    def _networks(self):
        """The ports of all routers, with their networks and their router."""
        ports, routers = find(
            self.nb,
            ("Logical_Router_Port", ["name", "networks"], None),
            ("Logical_Router", ["name", "ports"], None),
        )
        owner = {uuid: router["name"] for router in routers for uuid in router["ports"]}
        return [
            {"_uuid": port["_uuid"], "port": port["name"], "networks": port["networks"], "router": owner.get(port["_uuid"])}
            for port in ports
        ]  # fmt: skip

    # -- backends -------------------------------------------------------------------------------------------------------

    def _backends(self, row, vip, switches):
        backends = [_backend(text, row["ip_port_mappings"]) for text in row["vips"][vip].split(",") if text]
        ips = {backend["ip"] for backend in backends} - {None}
        if not ips:
            return backends
        monitors = each(self.sb, "Service_Monitor", ["ip", "port", "protocol", "logical_port", "status"], "ip", ips)
        learned = each(self.sb, "MAC_Binding", ["ip", "mac"], "ip", ips)
        datapaths = self._candidates(ips, switches)
        for backend in backends:
            if backend["ip"] is None:
                continue
            backend["monitor"] = next(
                (
                    {name: monitor[name] for name in ("status", "logical_port", "protocol", "port")}
                    for monitor in monitors
                    if (monitor["ip"], monitor["port"]) == (backend["ip"], backend["port"])
                ),
                None,
            )
            self._locate(backend, datapaths, {entry["mac"] for entry in learned if entry["ip"] == backend["ip"]})
        return backends

    def _candidates(self, ips, switches):
        """{switch: bindings} where these addresses may be."""
        ports = {port["port"] for port in self.networks if any(within(address, port["networks"]) for address in ips)}
        sides = each(self.sb, "Port_Binding", ["options"], "logical_port", ports)
        peers = {side["options"]["peer"] for side in sides if side["options"].get("peer")}
        datapaths = {side["datapath"] for side in each(self.sb, "Port_Binding", ["datapath"], "logical_port", peers)}
        rows = each(self.sb, "Datapath_Binding", ["external_ids"], "_uuid", datapaths)
        found = {row["external_ids"].get("name", row["_uuid"]): self._bound(row["_uuid"]) for row in rows}
        bridged = {on["name"]: self._bound(on["datapath"]) for on in switches if on["datapath"] and not on["networks"]}
        return {**found, **bridged}

    @staticmethod
    def _locate(backend, datapaths, macs):
        """Adds ``ports``, and ``maybe``, switches where a port may have the address without the database knowing."""
        known, learned, maybe = [], [], set()
        for switch, bindings in sorted(datapaths.items()):
            for binding in bindings:
                if binding["type"] not in _MACHINES and binding["type"] not in _OUTSIDE:
                    continue
                words = [element.split() for element in binding["mac"]]
                at = {
                    "name": binding["logical_port"],
                    "switch": switch,
                    "chassis": binding["chassis"],
                    "up": bool(binding["up"]),
                }
                if any(backend["ip"] in element[1:] for element in words):
                    known.append({**at, "known_by": "addresses"})
                elif any(element and element[0].lower() in macs for element in words):
                    learned.append({**at, "known_by": "MAC_Binding"})
                elif binding["type"] in _OUTSIDE or not words or any(len(element) == 1 for element in words):
                    maybe.add(switch)
        backend["ports"] = known or learned
        backend["maybe"] = [] if backend["ports"] else sorted(maybe)


def _backend(text, mappings):
    address, port = address_and_port(text) or (None, None)
    mapping = mappings.get("[%s]" % address if ":" in (address or "") else address) or mappings.get(address)
    return {"backend": text, "ip": address, "port": port, "mapping": mapping, "monitor": None, "ports": [], "maybe": []}
