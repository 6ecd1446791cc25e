# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From where to where a packet goes: two names become ports, addresses, a next hop, chassis, and the packet itself.

Only rows that have to do with the two ends are read. What the databases know of a port's IP addresses stands in several places; the
first that has any is taken: Logical_Switch_Port:addresses and :dynamic_addresses, :port_security, and what routers learned.
"""

from __future__ import annotations

from .._model.syntax import address_and_port, ip, mac
from .._openflow.ofproto_trace import readable
from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import inform
from .._ovsdb.rows import each, find, is_uuid

#: protocol -> its name in flows of IPv4 and of IPv6, and in OVN's expressions
_PROTOCOLS = {"icmp": ("icmp", "icmp6"), "tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6"), "sctp": ("sctp", "sctp6")}
_PORT = [
    "name",
    "type",
    "addresses",
    "dynamic_addresses",
    "port_security",
    "options",
    "parent_name",
    "tag",
    "external_ids",
]
_ROUTER_PORT = ["name", "mac", "networks"]
_BALANCER = ["name", "vips", "protocol"]
#: Where a switch or router has its balancers
_LISTS = ["load_balancer", "load_balancer_group"]
_BINDING = ["logical_port", "tunnel_key", "datapath", "chassis", "type", "options", "parent_port", "tag"]
_TTL = 64


def run_path_info(options):
    inform({**OVN_ARGUMENTS, **options}, find_path)


def find_path(params):
    with open_session(params, "OVN_Northbound") as nb, open_session(params, "OVN_Southbound") as sb:
        return _Path(nb, sb, params).find()


class _Path:
    def __init__(self, nb, sb, params):
        self.nb = nb
        self.sb = sb
        self.params = params

    # -- who is meant ---------------------------------------------------------------------------------------------------

    def _named(self, option):
        """What a name means: {"kind": "port" | "router_port" | "balancer" | "address", ...}."""
        name = str((self.params["names"] or {}).get(self.params[option], self.params[option]))
        address = address_and_port(name)
        if address:
            return {"kind": "address", "name": name, "ip": address[0], "port": address[1]}
        ports, aliases, router_ports, balancers = find(
            self.nb,
            ("Logical_Switch_Port", _PORT, {"_uuid": name} if is_uuid(name) else {"name": name}),
            ("Logical_Switch_Port", _PORT, {"external_ids": {"neutron:port_name": name}}),
            ("Logical_Router_Port", _ROUTER_PORT, {"_uuid": name} if is_uuid(name) else {"name": name}),
            ("Load_Balancer", _BALANCER, {"_uuid": name} if is_uuid(name) else {"name": name}),
        )
        for kind, rows in (("port", ports), ("port", aliases), ("router_port", router_ports), ("balancer", balancers)):
            if len(rows) > 1:
                uuids = ", ".join(sorted(row["_uuid"] for row in rows))
                raise OvnError("%s: %r is the name of several rows: give one of the UUIDs %s" % (option, name, uuids))
            if rows:
                return {"kind": kind, "name": rows[0]["name"], "row": rows[0]}
        raise OvnError(
            "%s: there is no logical port, router port or load balancer %r%s" % (option, name, self._meant(name)),
            unknown=name,
        )

    def _meant(self, name):
        import difflib

        tables = ("Logical_Switch_Port", "Logical_Router_Port", "Load_Balancer")
        names = sorted({row["name"] for rows in find(self.nb, *((t, ["name"], None) for t in tables)) for row in rows})
        near = [n for n in names if name.lower() in n.lower()] or difflib.get_close_matches(name, names, 3, 0.6)
        return "; did you mean %s?" % " or ".join(near[:3]) if near else ""

    def find(self):
        protocol = self.params["protocol"]
        source, destination = self._named("source"), self._named("destination")
        if source["kind"] != "port":
            raise OvnError(
                "source: %s is no port of a switch; give the logical port where the packet begins" % source["name"]
            )
        if source["row"]["type"] not in ("", "virtual"):
            raise OvnError(
                "source: %s is a port of type %s; a packet begins at the port of a virtual machine"
                % (source["name"], source["row"]["type"])
            )
        self._bind(source, destination)
        self._neighbourhood(source)
        self._target(source, destination)
        six = ":" in destination["ip"]
        self._addresses(source, six)
        port = self.params["port"] if self.params["port"] is not None else destination.get("port")
        balancer = destination.get("load_balancer")
        if protocol is None:
            by_port = "tcp" if port is not None else "icmp"
            protocol = balancer["protocol"] if balancer and balancer["protocol"] and port is not None else by_port
        if protocol not in ("icmp", "ip") and port is None:
            raise OvnError("port: a packet of %s goes to a port; say which" % protocol)
        destination["port"] = port if protocol not in ("icmp", "ip") else None
        hop = self._next_hop(source, destination)
        packet = {
            "protocol": protocol, "ipv6": six, "eth_src": source["mac"], "eth_dst": hop["mac"], "ip_src": source["ip"],
            "ip_dst": destination["ip"], "src_port": self.params["source_port"], "dst_port": destination["port"],
            "reply": self.params["reply"],
        }  # fmt: skip
        return {
            "source": _public(source),
            "destination": _public(destination),
            "next_hop": hop,
            "protocol": protocol,
            "reply": self.params["reply"],
            "microflow": microflow(packet, source["name"]),
            "flow": {**flow(packet), **({"dl_vlan": source["vlan"]} if source["vlan"] is not None else {})},
            "mac_bindings": self._learned(source, destination),
        }

    def _bind(self, *ends):
        """Adds datapath, chassis and keys, as the southbound database has them."""
        bound = [end for end in ends if end["kind"] == "port"]
        found = find(self.sb, *(("Port_Binding", _BINDING, {"logical_port": end["name"]}) for end in bound))
        for end, rows in zip(bound, found):
            option = "source" if end is ends[0] else "destination"
            if not rows:
                raise OvnError(
                    "%s: %s is not in the southbound database; is ovn-northd running?" % (option, end["name"])
                )
            end["binding"] = rows[0]
        self._name_datapaths([end for end in bound if "binding" in end])
        for end in bound:
            row, lsp = end["binding"], end["row"]
            end.update(
                type=lsp["type"], up=row["chassis"] is not None, tunnel_key=row["tunnel_key"],
                iface_id=lsp["parent_name"] or end["name"], vlan=lsp["tag"] if lsp["parent_name"] else None,
                macs=macs_of(lsp), mac=(macs_of(lsp) or [None])[0],
            )  # fmt: skip
        source = ends[0]
        if not source["up"] and not source["row"]["parent_name"]:
            raise OvnError(
                "source: %s is bound to no chassis: on the host of its virtual machine, an interface of the integration bridge must "
                "have external_ids:iface-id=%s, and ovn-controller must run" % (source["name"], source["name"])
            )
        if self.params["source_mac"]:
            source["mac"] = _checked(mac, self.params["source_mac"], "source_mac")
        if source["mac"] is None:
            raise OvnError("source_mac: %s has no MAC address in the database; give it" % source["name"])

    def _name_datapaths(self, ends):
        datapaths = {end["binding"]["datapath"] for end in ends}
        chassis = {end["binding"]["chassis"] for end in ends} - {None}
        named = each(self.sb, "Datapath_Binding", ["external_ids", "tunnel_key"], "_uuid", datapaths)
        hosts = each(self.sb, "Chassis", ["name", "hostname", "encaps"], "_uuid", chassis)
        encaps = each(self.sb, "Encap", ["ip"], "_uuid", {uuid for row in hosts for uuid in row["encaps"]})
        ips = {row["_uuid"]: row["ip"] for row in encaps}
        by_id = {row["_uuid"]: row for row in [*named, *hosts]}
        for end in ends:
            datapath = by_id.get(end["binding"]["datapath"], {"external_ids": {}, "tunnel_key": None})
            host = by_id.get(end["binding"]["chassis"])
            end["datapath"] = datapath["external_ids"].get("name", end["binding"]["datapath"])
            end["datapath_key"] = datapath["tunnel_key"]
            end["chassis"] = host and {
                "name": host["name"],
                "hostname": host["hostname"],
                "encap_ips": sorted({ips[uuid] for uuid in host["encaps"] if uuid in ips}),
            }

    def _neighbourhood(self, source):
        """The source's switch, the routers on it, and the balancers of all of them."""
        datapath = source["binding"]["datapath"]
        (switches,) = find(self.nb, ("Logical_Switch", ["name", *_LISTS], {"ports": source["row"]["_uuid"]}))
        if not switches:
            raise OvnError("source: %s is on no switch" % source["name"])
        patches = find(
            self.sb,
            *(("Port_Binding", _BINDING, {"datapath": datapath, "type": kind}) for kind in ("patch", "l3gateway")),
        )
        patches = [row for rows in patches for row in rows]
        peers = {row["options"]["peer"] for row in patches if row["options"].get("peer")}
        self.router_ports = each(self.nb, "Logical_Router_Port", _ROUTER_PORT, "name", peers)
        routers = find(
            self.nb,
            *(("Logical_Router", ["name", *_LISTS], {"ports": row["_uuid"]}) for row in self.router_ports),
        )
        for row, on in zip(self.router_ports, routers):
            row["router"] = on[0]["name"] if on else None
        source["switch"] = switches[0]["name"]
        holders = [("switch", row) for row in switches] + [("router", row) for rows in routers for row in rows]
        self.balancers = self._balancers(holders)

    def _balancers(self, holders):
        """The balancers that may see the packet first, each with what it is on."""
        groups = {uuid for _kind, row in holders for uuid in row.get("load_balancer_group", ())}
        members = {
            row["_uuid"]: row["load_balancer"]
            for row in (each(self.nb, "Load_Balancer_Group", ["load_balancer"], "_uuid", groups) if groups else ())
        }
        on = {}
        for kind, row in holders:
            held = set(row["load_balancer"]).union(*(members.get(g, ()) for g in row.get("load_balancer_group", ())))
            for uuid in held:
                on.setdefault(uuid, set()).add("%s %s" % (kind, row["name"]))
        rows = each(self.nb, "Load_Balancer", _BALANCER, "_uuid", set(on))
        return [{**row, "on": sorted(on[row["_uuid"]])} for row in rows]

    # -- the destination ------------------------------------------------------------------------------------------------

    def _target(self, source, destination):
        kind = destination["kind"]
        if kind == "port":
            destination["switch"] = self._switch_of(destination)
            if destination["type"] == "router":
                peer = destination["row"]["options"].get("router-port")
                rows = each(self.nb, "Logical_Router_Port", _ROUTER_PORT, "name", {peer} if peer else ())
                if not rows:
                    raise OvnError("destination: %s is the port of a router that is not there" % destination["name"])
                destination.update(kind="router_port", name=rows[0]["name"], row=rows[0])
            else:
                self._addresses(destination, None, "destination")
                return
        if destination["kind"] == "router_port":
            networks = destination["row"]["networks"]
            destination["ip"] = self._of_family([n.partition("/")[0] for n in networks], source) or _none(
                "destination", destination["name"]
            )
            destination["mac"] = destination["row"]["mac"]
        elif kind == "balancer":
            self._choose_vip(destination)
        else:
            self._recognise(destination)

    def _switch_of(self, end):
        if end["row"]["_uuid"] is None:
            return None
        (rows,) = find(self.nb, ("Logical_Switch", ["name"], {"ports": end["row"]["_uuid"]}))
        return rows[0]["name"] if rows else None

    def _of_family(self, ips, other):
        """The one of these addresses that goes with the other end's; the first where that has none."""
        wanted = {":" in address for address in ips_of(other["row"])} if "row" in other else set()
        wanted |= {":" in self.params["source_ip"]} if self.params["source_ip"] else set()
        return next((a for a in ips if (":" in a) in wanted), ips[0] if ips else None)

    def _choose_vip(self, destination):
        vips = destination["row"]["vips"]
        port = self.params["port"]
        found = sorted(vip for vip in vips if port is None or address_and_port(vip)[1] in (None, port))
        if len(found) != 1:
            raise OvnError(
                "destination: the load balancer %s has %s; give the VIP itself"
                % (destination["name"], "the VIPs " + ", ".join(sorted(vips)) if vips else "no VIP")
            )
        self._is_vip(destination, {**destination["row"], "on": self._on(destination["row"]["_uuid"])}, found[0])

    def _on(self, uuid):
        return next((row["on"] for row in self.balancers if row["_uuid"] == uuid), [])

    def _is_vip(self, destination, row, vip):
        address, port = address_and_port(vip)
        destination.update(
            kind="vip", ip=address, port=destination.get("port") or port,
            load_balancer={
                "name": row["name"], "_uuid": row["_uuid"], "vip": vip, "protocol": (row["protocol"] or "tcp") if port else None,
                "backends": [backend for backend in row["vips"][vip].split(",") if backend], "on": row["on"],
            },
        )  # fmt: skip

    def _recognise(self, destination):
        """Of an address: whether a balancer near the source, or a router there, answers for it."""
        wanted = (destination["ip"], destination["port"] or self.params["port"])
        for row in sorted(self.balancers, key=lambda row: row["name"]):
            for vip in sorted(row["vips"]):
                parts = address_and_port(vip)
                if parts and parts[0] == wanted[0] and (parts[1] is None or parts[1] == wanted[1]):
                    self._is_vip(destination, row, vip)
                    return
        for row in self.router_ports:
            if destination["ip"] in [network.partition("/")[0] for network in row["networks"]]:
                destination.update(kind="router_port", name=row["name"], mac=row["mac"])

    # -- addresses ------------------------------------------------------------------------------------------------------

    def _addresses(self, end, six, option="source"):
        """Adds ``ips`` and ``ip``; ``six`` is whether it must be one of IPv6, None for any."""
        known, where = ips_of(end["row"]), "addresses or port_security"
        if not known and end.get("macs"):
            learned = each(self.sb, "MAC_Binding", ["ip"], "mac", set(end["macs"]))
            known, where = sorted({row["ip"] for row in learned}), "MAC_Binding"
        given = self.params[option + "_ip"]
        if given:
            given = _checked(ip, given, option + "_ip")
            if six is not None and (":" in given) != six:
                raise OvnError("source_ip: %s and the destination are of different IP versions" % given)
            end.update(ip=given, ips=known, ip_from=option + "_ip")
            return
        fits = [a for a in known if six is None or (":" in a) == six]
        if not fits:
            raise OvnError(
                "%s: the database knows no %s address of the port %s; give %s_ip"
                % (option, "IP" if six is None else "IPv6" if six else "IPv4", end["name"], option)
            )
        end.update(ip=fits[0], ips=known, ip_from=where)

    def _next_hop(self, source, destination):
        """To whom the source sends it: the router on its switch, or the destination itself."""
        import ipaddress

        given = self.params["next_hop"]
        address = ipaddress.ip_address(destination["ip"])
        if self.params["destination_mac"]:
            given_mac = _checked(mac, self.params["destination_mac"], "destination_mac")
            return {"kind": "given", "name": None, "ip": given, "mac": given_mac, "router": None}
        hops, near = [], False
        for row in self.router_ports:
            for network in row["networks"]:
                try:
                    interface = ipaddress.ip_interface(network)
                except ValueError:
                    continue
                hop = {
                    "kind": "router",
                    "name": row["name"],
                    "ip": str(interface.ip),
                    "mac": row["mac"],
                    "router": row["router"],
                }
                if address == interface.ip:
                    return hop
                if address in interface.network and not interface.network.prefixlen == interface.network.max_prefixlen:
                    near = True
                if interface.version == address.version:
                    hops.append((ipaddress.ip_address(source["ip"]) in interface.network, hop))
        if given:
            found = [hop for _mine, hop in hops if given in (hop["ip"], hop["name"])]
            if not found:
                known = ", ".join(sorted(hop["ip"] for _mine, hop in hops)) or "none"
                raise OvnError("next_hop: no router on %s has %s; there are: %s" % (source["switch"], given, known))
            return found[0]
        if (near or not hops) and not (destination["kind"] == "vip" and hops):
            return self._direct(source, destination)
        mine = [hop for in_network, hop in hops if in_network] or [hop for _in_network, hop in hops]
        if len({hop["name"] for hop in mine}) > 1:
            known = ", ".join(sorted("%s (%s)" % (hop["ip"], hop["name"]) for hop in mine))
            raise OvnError("next_hop: there are several routers on %s; say which: %s" % (source["switch"], known))
        return mine[0]

    def _direct(self, source, destination):
        found = destination.get("mac")
        if found is None:
            learned = each(self.sb, "MAC_Binding", ["mac"], "ip", {destination["ip"]})
            found = min((row["mac"] for row in learned), default=None)
        if found is None:
            raise OvnError(
                "destination_mac: %s is reached on %s without a router, and the database does not know its MAC address; give it, or "
                "name the port" % (destination["ip"], source["switch"])
            )
        return {"kind": "direct", "name": destination["name"], "ip": destination["ip"], "mac": found, "router": None}

    def _learned(self, source, destination):
        """What routers learned of the addresses that the packet and its answer go to."""
        wanted = {source["ip"], destination["ip"]}
        for backend in destination.get("load_balancer", {}).get("backends", ()):
            parts = address_and_port(backend)
            wanted.add(parts[0] if parts else destination["ip"])
        rows = each(self.sb, "MAC_Binding", ["ip", "mac", "logical_port"], "ip", wanted)
        return sorted(rows, key=lambda row: (row["ip"], row["logical_port"]))


def _checked(canonical, value, option):
    try:
        return canonical(value)
    except ValueError as exc:
        raise OvnError("%s: %s" % (option, exc)) from exc


def _none(option, name):
    raise OvnError("%s: %s has no IP address" % (option, name))


def words_of(row):
    """The words of a port's addresses, and of its port security where those say less."""
    columns = [
        row.get("addresses", ()),
        [row["dynamic_addresses"]] if row.get("dynamic_addresses") else (),
        row.get("port_security", ()),
    ]
    return [element.split() for elements in columns for element in elements]


def macs_of(row):
    return list(dict.fromkeys(word.lower() for words in words_of(row) for word in words if _is(mac, word)))


def ips_of(row):
    found = (word.partition("/")[0] for words in words_of(row) for word in words)
    return list(dict.fromkeys(ip(word) for word in found if _is(ip, word)))


def _is(canonical, word):
    try:
        return bool(canonical(word))
    except ValueError:
        return False


def _public(end):
    return {name: value for name, value in end.items() if name not in ("row", "binding", "macs")}


def _echo(packet):
    """The type of an echo request or its reply, RFC 792 and RFC 4443."""
    request, reply = (128, 129) if packet["ipv6"] else (8, 0)
    return reply if packet["reply"] else request


def microflow(packet, inport):
    """The packet for ovn-trace(8)."""
    version = "ip6" if packet["ipv6"] else "ip4"
    fields = {
        "inport": inport, "eth.src": packet["eth_src"], "eth.dst": packet["eth_dst"],
        version + ".src": packet["ip_src"], version + ".dst": packet["ip_dst"], "ip.ttl": _TTL,
    }  # fmt: skip
    if packet["protocol"] == "icmp":
        fields["icmp6.type" if packet["ipv6"] else "icmp4.type"] = _echo(packet)
    elif packet["protocol"] != "ip":
        fields[packet["protocol"] + ".src"] = packet["src_port"]
        fields[packet["protocol"] + ".dst"] = packet["dst_port"]
    return fields


def flow(packet):
    """The same for ``ofproto/trace``."""
    six = packet["ipv6"]
    name = "ipv6" if six else "ip"
    if packet["protocol"] != "ip":
        name = _PROTOCOLS[packet["protocol"]][six]
    fields = {name: True, "dl_src": packet["eth_src"], "dl_dst": packet["eth_dst"]}
    fields["ipv6_src" if six else "nw_src"] = packet["ip_src"]
    fields["ipv6_dst" if six else "nw_dst"] = packet["ip_dst"]
    fields["nw_ttl"] = _TTL
    if packet["protocol"] == "icmp":
        fields["icmp_type"] = _echo(packet)
    elif packet["protocol"] != "ip":
        fields.update(tp_src=packet["src_port"], tp_dst=packet["dst_port"])
    return readable(fields)
