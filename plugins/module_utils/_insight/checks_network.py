# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the logical network, and where it meets the physical one: routers, balancers, gateways, mappings.

A check takes the case, and returns what it saw to be well, or None where it does not apply; it raises Finding or Unknown.
"""

from __future__ import annotations

import difflib
import ipaddress

from .finding import Finding, Unknown
from .routing import ANYBODY, network, router_route


def check_router_port(case):
    links = [link for link in case.network["links"] if link["on_path"]] or case.network["links"]
    for link in case.network["links"]:
        if link["mac"] is None and not _goes_on(case):
            free = difflib.get_close_matches(
                link["router_port"] or "", link.get("free_router_ports", ()), 1, 0.3
            ) or link.get("free_router_ports", ())
            raise Finding(
                "router_port_missing", "The port %s of the switch %s belongs to no router." % (link["switch_port"], link["switch"]),
                ["options:router-port of %s is %s, and no router port has this name" % (link["switch_port"], link["router_port"] or "not set"),
                 *("the router port %s has no port on a switch" % name for name in free[:1])],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": link["switch_port"], "options": {"router-port": free[0]}, "wait": "hv"}} if free else None,
                advice="Name the router port",
            )  # fmt: skip
    for link in links:
        if link["mac"] is None:
            continue
        words = [word.lower() for text in link["addresses"] for word in text.split()]
        if "router" not in words and link["mac"] not in words:
            raise Finding(
                "router_port_mac_mismatch", "The switch %s looks for its router at another MAC address than the router port %s has."
                % (link["switch"], link["router_port"]),
                ["addresses of %s is %s" % (link["switch_port"], ", ".join(link["addresses"]) or "empty"),
                 "mac of %s is %s" % (link["router_port"], link["mac"])],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": link["switch_port"], "addresses": [link["mac"]], "wait": "hv"}},
                advice="Give the switch's port the router port's MAC address",
            )  # fmt: skip
        if not link["switch_port_enabled"]:
            raise Finding(
                "port_disabled", "The logical port %s is disabled." % link["switch_port"], ["Logical_Switch_Port:enabled of %s is false" % link["switch_port"]],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": link["switch_port"], "enabled": True, "wait": "hv"}}, advice="Enable the port",
            )  # fmt: skip
        if not link["router_port_enabled"]:
            raise Finding(
                "router_port_disabled", "The router port %s is disabled." % link["router_port"],
                ["Logical_Router_Port:enabled of %s is false" % link["router_port"]],
                {"virtnet.ovn.ovn_logical_router_port": {"name": link["router_port"], "enabled": True, "wait": "hv"}}, advice="Enable the port",
            )  # fmt: skip
    for router in case.network["routers"]:
        if not router["enabled"]:
            raise Finding(
                "router_disabled", "The router %s is disabled." % router["name"], ["Logical_Router:enabled of %s is false" % router["name"]],
                {"virtnet.ovn.ovn_logical_router": {"name": router["name"], "enabled": True, "wait": "hv"}}, advice="Enable the router",
            )  # fmt: skip
    return ", ".join(link["router_port"] for link in links)


def _goes_on(case):
    """Whether a way to the destination was found among switches and routers."""
    return bool(case.path) and case.network["complete"]


def check_routes(case):
    """Each router of the way knows where the destination is, and where the source is."""
    routers = {router["name"]: router for router in case.network["routers"]}
    hops = [(number, hop) for number, hop in enumerate(case.path) if hop["kind"] == "router"]
    if not hops or not case.source["ip"]:
        return None
    forth = case.destination["ip"] if case.destination["kind"] != "vip" else None
    for target, of, step in ((forth, case.source["ip"], 1), (case.source["ip"], forth, -1)):
        for number, hop in hops[::step] if target else ():
            router = routers[hop["name"]]
            link, after = _link_after(case, number, step)
            where = "to" if step == 1 else "back to"
            if target in [text.partition("/")[0] for port in router["ports"] for text in port["networks"]]:
                continue
            route = router_route(router, target, of)
            table = ["%s via %s" % (r["ip_prefix"], r["nexthop"]) for r in router["static_routes"]]
            evidence = ["its networks are %s" % ", ".join(text for port in router["ports"] for text in port["networks"]),
                        "its static routes are %s" % (", ".join(table) or "none")]  # fmt: skip
            prefix = _prefix_of(case, target)
            task = (
                {
                    "virtnet.ovn.ovn_static_route": {
                        "router": hop["name"],
                        "ip_prefix": prefix,
                        "nexthop": after,
                        "wait": "hv",
                    }
                }
                if after
                else None
            )
            if route is None:
                raise Finding(
                    "route_missing",
                    "The router %s has no route %s %s." % (hop["name"], where, target),
                    evidence,
                    task,
                    advice="Give it a route",
                )
            inside = link and not any(localnet["switch"] == link for localnet in case.network["localnets"])
            known = case.network["switch_addresses"].get(link, ())
            if route["nexthop"] and after and inside and not {route["nexthop"], ANYBODY} & set(known):
                raise Finding(
                    "route_wrong_nexthop", "The router %s sends what goes %s %s to %s, which nobody on the switch %s has."
                    % (hop["name"], where, target, route["nexthop"], link),
                    [*evidence, "the next router there has %s" % after], {"virtnet.ovn.ovn_static_route": {
                        "router": hop["name"], "ip_prefix": route["prefix"], "nexthop": after, "wait": "hv"}}, advice="Name the next router",
                )  # fmt: skip
    return "by way of %s" % ", ".join(hop["name"] for _number, hop in hops)


def _link_after(case, number, step):
    """(the switch behind this router, the next router's address on it), forth or back; None for what is not there."""
    beyond = case.path[number + step] if 0 <= number + step < len(case.path) else None
    if not beyond or beyond["kind"] != "switch":
        return None, None
    at = number + 2 * step
    if not 0 <= at < len(case.path):
        return beyond["name"], None
    # the port by which the way enters the next router (forth), or leaves it towards this one (back)
    by = case.path[at]["by"] if step == 1 else case.path[at + 1]["by"]
    port = next((p for r in case.network["routers"] for p in r["ports"] if p["name"] == by["router_port"]), None)
    return beyond["name"], port["networks"][0].partition("/")[0] if port and port["networks"] else None


def _prefix_of(case, address):
    """The network that an address is on, as a router on the way has it; the address itself where none has."""
    address = ipaddress.ip_address(address)
    for router in case.network["routers"]:
        for port in router["ports"]:
            for text in port["networks"]:
                found = network(text)
                if found and found.version == address.version and address in found:
                    return str(found)
    return "%s/%d" % (address, address.max_prefixlen)


def check_balancer(case):
    if case.destination["kind"] != "vip":
        return None
    balancers = case.destination["balancers"]
    names = ", ".join(balancer["name"] for balancer in balancers)
    here = case.source["switch"]
    near = [b for b in balancers if here in b["switches"] or b["routers"]]
    mend = {"virtnet.ovn.ovn_load_balancer": {"name": balancers[0]["name"], "switches": [here], "wait": "hv"}}
    if not near:
        on = sorted({switch for balancer in balancers for switch in balancer["switches"]})
        if not on:
            raise Finding(
                "balancer_unattached", "The load balancer %s is on no switch and on no router." % names,
                ["no Logical_Switch and no Logical_Router has it"], mend, advice="Set it on the client's switch",
            )  # fmt: skip
        raise Finding(
            "balancer_on_wrong_switch", "The load balancer %s is not on %s, the switch of %s: a balancer belongs on the client's switch."
            % (names, here, case.source["given"]),
            ["it is on %s" % ", ".join(on)], mend, advice="Set it on the client's switch",
        )  # fmt: skip
    if not any(b["backends"] for b in near):
        raise Finding(
            "balancer_without_backend", "The load balancer %s has no backend for %s."
            % (names, near[0]["vip"]), ["vips of it has %s without backends" % near[0]["vip"]],
            advice="Give it backends by virtnet.ovn.ovn_load_balancer",
        )  # fmt: skip
    for balancer in near:
        states = {"%s:%s" % (s["ip"], s["port"]): s["status"] for s in balancer["services"]}
        if (
            states
            and len(states) >= len(balancer["backends"])
            and not any(state == "online" or state is None for state in states.values())
        ):
            raise Finding(
                "backends_offline", "All backends of the load balancer %s are offline, as its health checks say." % balancer["name"],
                ["Service_Monitor of %s: %s" % item for item in sorted(states.items())], advice="Start the servers of the backends",
            )  # fmt: skip
    return "%s on %s" % (names, ", ".join(sorted({on for b in near for on in (*b["switches"], *b["routers"])})))


def check_gateway(case):
    for router in case.network["routers"]:
        wanted = router["chassis_option"]
        if wanted and wanted not in case.network["chassis"]:
            networks = {localnet["network_name"] for localnet in case.network["localnets"]}
            able = [row["name"] for row in case.network["chassis"].values() if networks <= set(_pairs(row["mappings"]))]
            near = able if len(able) == 1 else difflib.get_close_matches(wanted, able, 1, 0.9)
            raise Finding(
                "gateway_chassis_unknown", "The gateway router %s is to be on the chassis %s, which does not exist." % (router["name"], wanted),
                ["options:chassis of %s is %s" % (router["name"], wanted), "there are the chassis %s" % ", ".join(sorted(case.network["chassis"])),
                 "its ports have no chassis in the southbound database"],
                {"virtnet.ovn.ovn_logical_router": {"name": router["name"], "options": {"chassis": near[0]}, "wait": "hv"}} if near else None,
                advice="Name the chassis" if near else "Name an existing chassis by virtnet.ovn.ovn_logical_router, options: chassis",
            )  # fmt: skip
    gateway = case.gateway()
    if gateway:
        router, port, chassis = gateway
        if chassis is None:
            raise Finding(
                "gateway_unbound", "No chassis has the gateway port %s of the router %s." % (port["name"], router["name"]),
                ["Port_Binding:chassis of it is empty"], advice="Look whether one of its gateway chassis runs",
            )  # fmt: skip
        return "%s on %s" % (router["name"], chassis)
    localnet, router = _way_out(case)
    here = case.chassis_of(case.source)
    _name, host = case.host_of(here)
    if not localnet or not router or not host or localnet["network_name"] in _mappings(host):
        return None
    able = sorted(
        row["name"] for row in case.network["chassis"].values() if localnet["network_name"] in _pairs(row["mappings"])
    )
    raise Finding(
        "gateway_router_without_chassis", "The router %s leads to the physical network %s, and is on no chassis; %s, where %s is, does not have that network."
        % (router, localnet["network_name"], here, case.source["given"]),
        ["options:chassis of %s is not set, and no port of it on the way has a gateway chassis" % router, "ovn-bridge-mappings of %s is %s" % (
            here, host["settings"].get("ovn-bridge-mappings") or "not set"), "%s is mapped on %s"
            % (localnet["network_name"], ", ".join(able) or "no chassis")],
        {"virtnet.ovn.ovn_logical_router": {"name": router, "options": {"chassis": able[0]}, "wait": "hv"}} if able else None,
        advice="Put the router on a chassis that has the network",
    )  # fmt: skip


def _way_out(case):
    """(the localnet port by which the way leaves OVN, the router before it); None where it does not leave."""
    if case.destination["kind"] != "address" or not case.path or case.path[-1]["kind"] != "switch":
        return None, None
    localnet = next((row for row in case.network["localnets"] if row["switch"] == case.path[-1]["name"]), None)
    return localnet, case.path[-2]["name"] if len(case.path) > 1 else None


def _pairs(text):
    """``network:bridge,network:bridge``"""
    return dict(item.strip().partition(":")[::2] for item in (text or "").split(",") if item.strip())


def _mappings(host):
    return _pairs(host["settings"].get("ovn-bridge-mappings"))


def check_mapping(case):
    localnet, _router = _way_out(case)
    if not localnet:
        return None
    gateway = case.gateway()
    chassis = gateway[2] if gateway else case.chassis_of(case.source)
    name, host = case.host_of(chassis)
    if not host:
        raise Unknown("the chassis %s was not asked" % chassis)
    mappings, wanted = _mappings(host), localnet["network_name"]
    said = "external_ids:ovn-bridge-mappings of %s is %s" % (
        name,
        host["settings"].get("ovn-bridge-mappings") or "not set",
    )
    if wanted not in mappings:
        near = difflib.get_close_matches(wanted or "", mappings, 1, 0.5)
        raise Finding(
            "bridge_mapping_missing", "The chassis %s has no bridge for the physical network %s." % (chassis, wanted),
            [said, "options:network_name of the localnet port %s is %s" % (localnet["port"], wanted)],
            {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-bridge-mappings": "%s:%s" % (wanted, mappings[near[0]])}}}
            if near and len(mappings) == 1 else None,
            name, "Map the network to its bridge" if near else "Map the network by virtnet.ovn.ovs_config or the role ovn_chassis",
        )  # fmt: skip
    bridge = mappings[wanted]
    if bridge not in host["bridges"]:
        near = difflib.get_close_matches(bridge, [b for b in host["bridges"] if b != "br-int"], 1, 0.3)
        raise Finding(
            "mapped_bridge_missing", "On %s, the bridge %s of the physical network %s does not exist." % (name, bridge, wanted),
            [said, "there are the bridges %s" % ", ".join(sorted(host["bridges"]))],
            {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-bridge-mappings": "%s:%s" % (wanted, near[0])}}} if near and len(mappings) == 1 else None,
            name, "Name the bridge that is there" if near else "Make the bridge by virtnet.ovn.ovs_uplink",
        )  # fmt: skip
    uplinks, patches = host["bridges"][bridge]["uplinks"], host["bridges"][bridge]["patches"]
    onwards = [
        patch for patch in patches if not patch.endswith("-to-" + (host["settings"].get("ovn-bridge") or "br-int"))
    ]
    bad = [uplink for uplink in uplinks if uplink["error"] or not uplink["up"]]
    if uplinks and len(bad) == len(uplinks):
        raise Finding(
            "uplink_down", "The interface %s of the bridge %s on %s is down: the physical network %s is cut off." % (bad[0]["name"], bridge, name, wanted),
            ["Interface:link_state of %s is %s" % (bad[0]["name"], "up" if bad[0]["up"] else "down"), *([str(bad[0]["error"])] if bad[0]["error"] else [])],
            advice="Start the interface %s on %s" % (bad[0]["name"], name),
        )  # fmt: skip
    if not uplinks and (onwards or host["bridges"][bridge]["addresses"]):
        return "%s: %s, by %s" % (name, bridge, ", ".join(onwards) or "the host itself")
    if not uplinks:
        raise Finding(
            "bridge_without_uplink", "The bridge %s on %s has no interface of the host: the physical network %s is cut off." % (bridge, name, wanted),
            [said, "%s has the ports %s" % (bridge, ", ".join(host["bridges"][bridge]["patches"]) or "none")],
            advice="Put the host's interface on the bridge by virtnet.ovn.ovs_uplink",
        )  # fmt: skip
    return "%s: %s, by %s" % (name, bridge, ", ".join(uplink["name"] for uplink in uplinks))
