# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can reach a VIP, who serves it, and what cannot work: a judgement over facts that modules have collected, without any I/O.

The facts are {"vips": what ovn_vip_info returns, "answers": what of_flow_info and ovs_conntrack_info return for each ``item``, a pair of a
chassis and an address of a VIP, or ``skipped``}. What must be so stands in ovn-nb(5), Load_Balancer.
"""

from __future__ import annotations

import re

from .routing import within

_NAT = re.compile(r"nat\(dst=([^)]+)\)")


def explain(facts):
    """{"vips": [...], "warnings": [...], "story": text}"""
    hosts, not_asked = {}, set()
    for answer in facts["answers"]:
        chassis = answer["item"][0]["name"]
        if answer.get("skipped"):
            not_asked.add(chassis)
            continue
        host = hosts.setdefault(chassis, {"flows": [], "groups": [], "connections": []})
        for name in host:
            host[name] += answer.get(name, ())
    judged = [_Explanation(vip, hosts).told() for vip in facts["vips"]]
    return {
        "vips": judged,
        "warnings": [{"vip": told["vip"], "load_balancer": told["name"], **w} for told in judged for w in told["warnings"]],
        "story": "\n\n".join(_story(told, sorted(not_asked)) for told in judged),
    }  # fmt: skip


def _list(names):
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


class _Explanation:
    def __init__(self, vip, hosts):
        self.vip = vip
        self.hosts = hosts
        self.backends = {backend["backend"]: backend for backend in vip["backends"]}
        self.warnings = []

    def told(self):
        vip = self.vip
        flows = self._flows()
        self._where()
        self._answers_arp()
        self._backends()
        self._health()
        self._on_the_chassis(flows)
        return {
            **{name: vip[name] for name in ("name", "_uuid", "vip", "protocol", "backends", "health_check")},
            "switches": [{name: on[name] for name in ("name", "through", "routers")} for on in vip["switches"]],
            "routers": [
                {name: on[name] for name in ("name", "through", "chassis", "gateway_ports", "switches")} for on in vip["routers"]
            ],
            "reachable_from": self._reachable(),
            "flows": flows,
            "chosen": self._chosen(flows),
            "warnings": self.warnings,
        }  # fmt: skip

    def _warn(self, problem, text, remedy):
        self.warnings.append({"problem": problem, "text": text, "remedy": remedy})

    # -- where it is ----------------------------------------------------------------------------------------------------

    def _serving_routers(self):
        """Those that can balance: conntrack needs one place that all packets of a connection pass."""
        return [on for on in self.vip["routers"] if on["chassis"] or on["gateway_ports"]]

    def _servers_switches(self):
        return {port["switch"] for backend in self.vip["backends"] for port in backend["ports"]}

    def _reachable(self):
        """Who can reach it, in words and by name."""
        found = []
        for on in self.vip["switches"]:
            found.append(
                {"on": "switch " + on["name"], "ports": [p["name"] for p in on["ports"]], "outside": on["outside"]}
            )
        for on in self._serving_routers():
            found.append({"on": "router " + on["name"], "switches": on["switches"], "chassis": on["bound_on"]})
        return found

    def _where(self):
        vip = self.vip
        name = vip["name"]
        if not vip["switches"] and not vip["routers"]:
            self._warn(
                "not_attached",
                "%s is on no switch and no router, so that nobody can reach %s" % (name, vip["vip"]),
                "ovn_load_balancer with name: %s and switches: [THE CLIENTS' SWITCH], or routers: [THEIR GATEWAY ROUTER]" % name,
            )  # fmt: skip
            return
        for on in vip["routers"]:
            if on in self._serving_routers():
                continue
            self._warn(
                "router_without_chassis",
                "the router %s has neither options:chassis nor a gateway port, and a load balancer works on one chassis only" % on["name"],
                "ovn_logical_router with name: %s and options: {chassis: CHASSIS}, or gateway_chassis of the port to the clients; or "
                "the balancer on the clients' switch" % on["name"],
            )  # fmt: skip
        for on in self._serving_routers():
            for port in on["gateway_ports"]:
                if port["chassis"] is None:
                    self._warn(
                        "gateway_port_unbound",
                        "the gateway port %s of the router %s is on no chassis" % (port["name"], on["name"]),
                        "ovn_gateway_chassis or ovn_ha_chassis_group with a chassis that is there (ovn_chassis lists them)",
                    )
            if on["chassis"] and not on["bound_on"]:
                self._warn(
                    "gateway_router_unbound",
                    "the gateway router %s asks for the chassis %r, which has not bound it: there is no such chassis, or its ovn-controller "
                    "does not run" % (on["name"], on["chassis"]),
                    "ovn_logical_router with name: %s and options: {chassis: THE NAME OF A CHASSIS}" % on["name"],
                )  # fmt: skip
        servers = self._servers_switches()
        if vip["switches"] and not self._serving_routers() and {on["name"] for on in vip["switches"]} <= servers:
            self._warn(
                "only_on_servers_switch",
                "%s is on the switch of its own backends only (%s): a switch balances what its own ports send, so that clients of other "
                "switches reach a VIP that nobody translates" % (name, _list(sorted(on["name"] for on in vip["switches"]))),
                "ovn_load_balancer with name: %s and switches: [THE CLIENTS' SWITCH]" % name,
            )  # fmt: skip

    def _answers_arp(self):
        """Whether somebody tells the VIP's MAC address to who asks for it on its own network."""
        vip = self.vip
        if vip["ip"] is None:
            return
        responder = vip["options"].get("neighbor_responder", "reachable")
        answering = [on for on in vip["routers"] if responder != "none"]
        for on in vip["routers"]:
            if responder == "none" and within(vip["ip"], on["networks"]):
                self._warn(
                    "no_arp_responder",
                    "%s is within a network of the router %s, and options:neighbor_responder=none keeps the router from answering for it"
                    % (vip["ip"], on["name"]),
                    "ovn_load_balancer with name: %s and options: {neighbor_responder: reachable}" % vip["name"],
                )  # fmt: skip
        for on in vip["switches"]:
            if within(vip["ip"], on["networks"]) and not any(router["name"] in on["routers"] for router in answering):
                self._warn(
                    "no_arp_responder",
                    "%s is within the network of the switch %s (%s): its clients ask for the VIP's MAC address, and nobody answers"
                    % (vip["ip"], on["name"], ", ".join(on["networks"])),
                    "a VIP of another network, for which the clients ask their router; or the balancer on %s, too"
                    % _list(["the router " + router for router in on["routers"]] or ["a router on that switch"]),
                )  # fmt: skip

    # -- who serves it --------------------------------------------------------------------------------------------------

    def _backends(self):
        vip = self.vip
        if not vip["backends"]:
            self._warn(
                "no_backends",
                "%s has no backend%s" % (vip["vip"], "; its packets are rejected" if vip["options"].get("reject") == "true" else ""),
                "ovn_load_balancer with name: %s and vips: [{vip: '%s', backends: [...]}]" % (vip["name"], vip["vip"]),
            )  # fmt: skip
        for backend in vip["backends"]:
            if backend["ip"] is None:
                continue
            if not backend["ports"] and not backend["maybe"]:
                self._warn(
                    "backend_unknown",
                    "no logical port has the address %s of the backend %s" % (backend["ip"], backend["backend"]),
                    "a backend that exists, or ovn_logical_switch_port with its address",
                )
            elif backend["ports"] and not any(port["up"] for port in backend["ports"]):
                names = _list(port["name"] for port in backend["ports"])
                self._warn(
                    "backend_down",
                    "the port %s of the backend %s is not up" % (names, backend["backend"]),
                    "an interface with external_ids:iface-id=%s on a chassis (netns_vm, ovs_port)" % names,
                )

    def _health(self):
        vip = self.vip
        if vip["health_check"] is None:
            return
        if vip["port"] is None:
            self._warn(
                "portless_with_health_check",
                "%s has no port, so that nothing can be checked, and a backend that is not checked is never chosen: all packets are dropped"
                % vip["vip"],
                "a VIP and backends with ports, such as %s:80; or no health check" % vip["vip"],
            )
            return
        for backend in vip["backends"]:
            if backend["ip"] and not backend["mapping"]:
                self._warn(
                    "backend_not_monitored",
                    "ip_port_mappings does not say at which port %s is, so that it is not checked, and never chosen" % backend["backend"],
                    "ovn_load_balancer with name: %s and ip_port_mappings: {'%s': 'PORT:SOURCE_IP'}" % (vip["name"], backend["ip"]),
                )  # fmt: skip
            elif backend["monitor"] and backend["monitor"]["status"] in ("offline", "error"):
                self._warn(
                    "backend_" + backend["monitor"]["status"],
                    "the service monitor of %s says %s; new connections go to the others" % (backend["backend"], backend["monitor"]["status"]),
                    "look whether something listens there, and whether the source address of ip_port_mappings is free",
                )  # fmt: skip

    def _may_be_chosen(self, backend):
        """With a health check ovn-northd leaves out who is not monitored, and takes who is not known to be offline."""
        monitor = backend["monitor"]
        return self.vip["health_check"] is None or bool(monitor and monitor["status"] not in ("offline", "error"))

    # -- what the chassis do --------------------------------------------------------------------------------------------

    def _flows(self):
        """[{chassis, datapath, table, n_packets, group, buckets}]: what chooses a backend for new connections."""
        names = {on["datapath_key"]: "switch " + on["name"] for on in self.vip["switches"]}
        names.update({on["datapath_key"]: "router " + on["name"] for on in self.vip["routers"]})
        found = []
        for chassis, host in sorted(self.hosts.items()):
            groups = {group["group_id"]: group for group in host["groups"]}
            for flow in host["flows"]:
                key = _number(flow["match"].get("metadata"))
                for number in flow["group_ids"] if key in names else ():
                    buckets = [_bucket(bucket) for bucket in groups.get(number, {"buckets": []})["buckets"]]
                    if self._is_mine(flow["match"], buckets):
                        found.append(
                            {
                                "chassis": chassis, "datapath": names[key], "table": flow["table"], "cookie": flow["cookie"],
                                "match": flow["match_text"], "n_packets": flow["n_packets"], "group": number, "buckets": buckets,
                            }
                        )  # fmt: skip
        return found

    def _is_mine(self, match, buckets):
        """Whether a flow is this VIP's. Newer releases have the port in a register, and then the backends tell."""
        address = next(
            (match[name] for name in ("nw_dst", "ipv6_dst", "ct_nw_dst", "ct_ipv6_dst") if name in match), None
        )
        ports = {_number(match[name]) for name in match if re.fullmatch(r"(tp|ct_tp|tcp|udp|sctp)_dst", name)}
        if address != self.vip["ip"]:
            return False
        return ports == {self.vip["port"]} if ports else {bucket["backend"] for bucket in buckets} <= set(self.backends)

    def _chosen(self, flows):
        """How often each backend was chosen, and how many connections it has now."""
        counted = {backend: {"n_packets": 0, "connections": 0} for backend in self.backends}
        groups = {(flow["chassis"], flow["group"]): flow for flow in flows}
        for flow in groups.values():
            for bucket in flow["buckets"]:
                counted.setdefault(bucket["backend"], {"n_packets": 0, "connections": 0})["n_packets"] += (
                    bucket["n_packets"] or 0
                )
        seen = set()
        for host in self.hosts.values():
            for entry in host["connections"]:
                original, reply = entry["original"], entry["reply"]
                if original.get("destination") != self.vip["ip"] or original.get("destination_port") != (
                    self.vip["port"] if self.vip["port"] is not None else original.get("destination_port")
                ):
                    continue
                # The same connection is tracked in several zones, and on both chassis of a tunnel
                key = (entry["protocol"], *sorted((k, str(v)) for k, v in original.items()))
                backend = self._backend_of(reply)
                if backend and key not in seen:
                    seen.add(key)
                    counted[backend]["connections"] += 1
        return counted

    def _backend_of(self, reply):
        for text, backend in self.backends.items():
            if backend["ip"] == reply.get("source") and backend["port"] in (None, reply.get("source_port")):
                return text
        return None

    def _on_the_chassis(self, flows):
        seen = {(flow["chassis"], flow["datapath"]) for flow in flows}
        if self.vip["ip"] is None or not any(map(self._may_be_chosen, self.vip["backends"])):
            return
        for on in self.vip["switches"]:
            needed = {port["chassis"] for port in on["ports"] if port["chassis"] in self.hosts}
            self._flows_missing(needed, "switch " + on["name"], seen)
        for on in self._serving_routers():
            self._flows_missing(set(on["bound_on"]) & set(self.hosts), "router " + on["name"], seen)

    def _flows_missing(self, needed, datapath, seen):
        for chassis in sorted(needed):
            if (chassis, datapath) not in seen:
                self._warn(
                    "flows_missing",
                    "the chassis %s has no flow that balances %s for the %s: its ovn-controller is behind, or does not run"
                    % (chassis, self.vip["vip"], datapath),
                    "look at ovn-controller on %s; ovn_wait with condition: hv says who is behind" % chassis,
                )


def _number(text):
    try:
        return int(str(text).partition("/")[0], 0)
    except ValueError:
        return None


def _bucket(bucket):
    found = _NAT.search(bucket["actions"])
    return {
        "backend": found.group(1) if found else None,
        "weight": bucket.get("weight"),
        "n_packets": bucket.get("n_packets"),
    }


# -- the text -----------------------------------------------------------------------------------------------------------


def _story(told, not_asked):
    lines = ["%s of the load balancer %s (%s)" % (told["vip"], told["name"], told["protocol"] or "every protocol")]
    for on in told["switches"]:
        lines.append("  is on the switch %s%s" % (on["name"], _through(on)))
    for on in told["routers"]:
        place = on["chassis"] and "a gateway router on %s" % on["chassis"]
        place = place or _list(
            "gateway port %s on %s" % (p["name"], p["chassis"] or "no chassis") for p in on["gateway_ports"]
        )
        lines.append("  is on the router %s%s%s" % (on["name"], _through(on), ", " + place if place else ""))
    lines.append("Who can reach it:")
    lines += ["  " + _who(item) for item in told["reachable_from"]] or ["  nobody"]
    lines.append("Backends:")
    for backend in told["backends"]:
        lines.append("  %s%s" % (backend["backend"], _backend_line(backend, told["chosen"].get(backend["backend"]))))
    for flow in told["flows"]:
        lines.append(
            "On %s, %s: a flow of table %s counts %s new packets, group %d chooses %s"
            % (flow["chassis"], flow["datapath"], flow["table"], flow["n_packets"], flow["group"],
               ", ".join("%s (%s times)" % (b["backend"], b["n_packets"]) for b in flow["buckets"]) or "nobody")
        )  # fmt: skip
    if not_asked:
        lines.append("Not asked, as no hosts of the inventory or too many: %s" % ", ".join(not_asked))
    for warning in told["warnings"]:
        lines += ["Warning: %s" % warning["text"], "  Way out: %s" % warning["remedy"]]
    return "\n".join(lines)


def _through(on):
    return " (by the group %s)" % on["through"] if on["through"] else ""


def _who(item):
    if "ports" in item:
        names = item["ports"][:8] + (["%d more" % (len(item["ports"]) - 8)] if len(item["ports"]) > 8 else [])
        outside = "; who comes by %s" % _list(item["outside"]) if item["outside"] else ""
        return "the ports of the %s: %s%s" % (item["on"], ", ".join(names) or "there is none", outside)
    at = " on %s" % _list(item["chassis"]) if item["chassis"] else ""
    return "who is routed by the %s%s, which connects %s" % (item["on"], at, _list(item["switches"]) or "nothing")


def _backend_line(backend, chosen):
    parts = []
    for port in backend["ports"]:
        parts.append("port %s of %s on %s" % (port["name"], port["switch"], port["chassis"] or "no chassis"))
    if backend["maybe"]:
        parts.append("on %s perhaps: there are ports whose addresses nobody knows yet" % _list(backend["maybe"]))
    if backend["monitor"]:
        parts.append("monitored: %s" % (backend["monitor"]["status"] or "not yet known"))
    if chosen:
        parts.append("chosen %d times, %d connections now" % (chosen["n_packets"], chosen["connections"]))
    return "".join("; " + part if place else ": " + part for place, part in enumerate(parts))
