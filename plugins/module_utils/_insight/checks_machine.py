# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a virtual machine: its device, addresses, routes and neighbours.

A check takes the case, and returns what it saw to be well, or None where it does not apply; it raises Finding or Unknown.
"""

from __future__ import annotations

import ipaddress

from .finding import Finding
from .path import words_of
from .routing import ANYBODY, machine_route, network


def check_link(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        for name, interface in case.interfaces(end):
            if interface["error"] or interface["ofport"] == -1:
                raise Finding(
                    "interface_error", "Open vSwitch on %s cannot use the interface %s of %s." % (name, interface["interface"], end["given"]),
                    ["Interface:error is %s, ofport is %s" % (interface["error"], interface["ofport"])],
                    advice="Make the device again, or plug the machine in again",
                )  # fmt: skip
        if machine is None:
            continue
        said.append("%s in %s" % (machine["device"], machine["namespace"]))
        if not machine["up"]:
            raise Finding(
                "machine_link_down", "The device %s of %s is down." % (machine["device"], end["given"]),
                ["ip link in the namespace %s on %s: not UP" % (machine["namespace"], host)], *netns(machine, host), advice="Start the machine's device",
            )  # fmt: skip
    return ", ".join(said)


def netns(machine, host, **fields) -> tuple[dict | None, str | None]:
    """The task of netns_vm for a machine that is that module's, and the host."""
    if not machine["owned"]:
        return None, None
    kind = "veth" if machine["type"] in ("", "system") else "internal"
    name = machine["namespace"]
    port = {"port": machine["interface"]} if machine["interface"] != name else {}
    return {"virtnet.ovn.netns_vm": {"name": name, **port, "type": kind, **fields}}, host


def check_mac(case):
    said = []
    for end in case.ends:
        row, declared = end["row"], [word.lower() for word in end["macs"]]
        if row["type"] != "" or not declared:
            continue
        host, machine = case.machine(end)
        takes_any = any("unknown" in words for words in (address.split() for address in row["addresses"]))
        if machine and machine["mac"].lower() not in declared and not takes_any:
            raise Finding(
                "mac_mismatch", "%s has another MAC address than its logical port %s." % (end["given"], end["name"]),
                ["the device %s in %s on %s has %s" % (machine["device"], machine["namespace"], host, machine["mac"]),
                 "Logical_Switch_Port:addresses of %s is %s" % (end["name"], ", ".join(row["addresses"]))],
                *netns(machine, host, mac=declared[0]), advice="Give the machine the declared MAC address (or declare its own)",
            )  # fmt: skip
        if end["same_mac"]:
            raise Finding(
                "duplicate_mac", "On the switch %s, %s and %s have the same MAC address." % (end["switch"], end["name"], ", ".join(end["same_mac"])),
                ["%s of each of them has %s" % ("addresses", ", ".join(declared))],
                advice="Give each port a MAC address of its own by virtnet.ovn.ovn_logical_switch_port, here %s" % ", ".join(end["same_mac"]),
            )  # fmt: skip
        said.append("%s has %s" % (end["name"], ", ".join(declared)))
    return "; ".join(said)


def check_ip_address(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        if machine:
            own = [text.partition("/")[0] for text in machine["addresses"] or ()]
            if not own:
                raise Finding(
                    "machine_without_address", "%s has no IP address." % end["given"],
                    ["ip addr in the namespace %s on %s: none" % (machine["namespace"], host)],
                    *(netns(machine, host, addresses=_prefixed(case, end, machine)) if end["ips"] else (None, None)),
                    advice="Give it its address" if end["ips"] else "Give it an address by virtnet.ovn.netns_vm",
                )  # fmt: skip
            other = [
                ip
                for ip in own
                if end["ips"] and (":" in ip) in {":" in i for i in end["ips"]} and ip not in end["ips"]
            ]
            if other and not set(own) & set(end["ips"]):
                raise Finding(
                    "ip_mismatch", "%s has another IP address than its logical port %s." % (end["given"], end["name"]),
                    ["ip addr in the namespace %s on %s: %s" % (machine["namespace"], host, ", ".join(machine["addresses"])),
                     "Logical_Switch_Port has %s" % ", ".join(end["ips"])],
                    *netns(machine, host, addresses=_prefixed(case, end, machine)), advice="Give the machine the declared address (or declare its own)",
                )  # fmt: skip
            said.append("%s has %s" % (end["given"], ", ".join(own)))
        if end["same_ip"]:
            raise Finding(
                "duplicate_ip", "On the switch %s, %s and %s have the same IP address." % (end["switch"], end["name"], ", ".join(end["same_ip"])),
                ["both have %s" % end["ip"]], advice="Give each port an address of its own by virtnet.ovn.ovn_logical_switch_port, here %s"
                % ", ".join(end["same_ip"]),
            )  # fmt: skip
    return "; ".join(said)


def _prefixed(case, end, machine):
    """The declared addresses, with the length of the prefix that a router on the switch has; those of another IP version stay."""
    networks = [
        network(text) for link in case.network["links"] if link["switch"] == end["switch"] for text in link["networks"]
    ]
    found = []
    for text in end["ips"]:
        address = ipaddress.ip_address(text)
        on = [n for n in networks if n and n.version == address.version and address in n]
        found.append("%s/%d" % (text, on[0].prefixlen if on else address.max_prefixlen))
    six = {":" in text for text in found}
    return [text for text in machine["addresses"] or () if (":" in text) not in six] + found


def check_port_security(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        entries = [words for words in words_of({"port_security": (end["row"] or {}).get("port_security", ())}) if words]
        if not machine or not entries or not end["ip"]:
            continue
        mine = machine["mac"].lower()
        mac_fits = [words for words in entries if words[0].lower() == mine]
        own = [text.partition("/")[0] for text in machine["addresses"] or ()]
        ip_fits = [words for words in mac_fits if _allowed(words[1:], end["ip"])]
        if not ip_fits:
            what = "the MAC address %s" % mine if not mac_fits else "the IP address %s" % end["ip"]
            allowed = "%s %s" % (mine, end["ip"]) if any(len(words) > 1 for words in entries) else mine
            raise Finding(
                "port_security", "The port security of %s does not allow %s of %s." % (end["name"], what, end["given"]),
                ["Logical_Switch_Port:port_security of %s is %s" % (end["name"], ", ".join(" ".join(words) for words in entries)),
                 "%s has %s, %s" % (end["given"], machine["mac"], ", ".join(own))],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": end["name"], "port_security": [allowed], "wait": "hv"}},
                advice="Allow what the machine has (if it is right)",
            )  # fmt: skip
        said.append("%s may send" % end["name"])
    return ", ".join(said)


def _allowed(words, address):
    """Whether an entry of port security allows an IP address: one without any of that family allows all where it has none at all."""
    nets = [n for n in map(network, words) if n is not None]
    of_family = [n for n in nets if n.version == ipaddress.ip_address(address).version]
    return not nets or any(ipaddress.ip_address(address) in n for n in of_family)


def check_machine_route(case):
    said = []
    for end, other in ((case.source, case.destination), (case.destination, case.source)):
        host, machine = case.machine(end) if end["kind"] == "port" else (None, None)
        target = other["ip"]
        if not machine or machine["routes"] is None or not target or not end["switch"]:
            continue
        if end is case.destination and case.destination["kind"] != "port":
            continue
        routers = [link for link in case.network["links"] if link["switch"] == end["switch"] and link["mac"]]
        gateways = sorted(
            {
                text.partition("/")[0]
                for link in routers
                for text in link["networks"]
                if (":" in text) == (":" in target)
            }
        )
        where = "ip route in the namespace %s on %s" % (machine["namespace"], host)
        table = "%s: %s" % (where, "; ".join(_route_text(route) for route in machine["routes"]) or "empty")
        route = machine_route(machine, target)
        if route is None:
            mend = netns(machine, host, routes=_with_default(machine, gateways[0])) if gateways else (None, None)
            raise Finding(
                "machine_no_route",
                "%s has no route to %s." % (end["given"], target),
                [table],
                *mend,
                advice="Give it a default route",
            )
        if route["via"]:
            if gateways and route["via"] not in gateways and not _may_be_there(case, end, route["via"]):
                raise Finding(
                    "machine_wrong_gateway", "%s sends what is for %s to %s, which nobody on the switch %s has."
                    % (end["given"], target, route["via"], end["switch"]),
                    [table, "the routers on %s have %s" % (end["switch"], ", ".join(gateways)), *_unresolved(machine, route["via"])],
                    *netns(machine, host, routes=_with_default(machine, gateways[0])), advice="Give it the router on its switch as gateway",
                )  # fmt: skip
            said.append("%s by %s" % (end["given"], route["via"]))
            continue
        if other["kind"] == "port" and other["switch"] and other["switch"] != end["switch"]:
            raise Finding(
                "machine_wrong_prefix", "%s takes %s for a neighbour on its own network, and it is on another switch (%s)."
                % (end["given"], target, other["switch"]),
                [table, "ip addr: %s" % ", ".join(machine["addresses"]), *_unresolved(machine, target)],
                *netns(machine, host, addresses=_with_prefix(machine, routers)), advice="Give its address the length of the router's network",
            )  # fmt: skip
        said.append("%s on its own network" % end["given"])
    return "; ".join(said)


def _route_text(route):
    return "%s%s" % (route["dst"], " via %s" % route["via"] if route["via"] else " dev %s" % route["dev"])


def _with_default(machine, gateway):
    """The routes that were given to it, with another default route of the gateway's IP version."""
    others = [
        r
        for r in machine["routes"]
        if r["via"] and not (r["dst"] == "default" and (":" in r["via"]) == (":" in gateway))
    ]
    return [{"dst": r["dst"], "via": r["via"]} for r in others] + [{"dst": "default", "via": gateway}]


def _with_prefix(machine, routers):
    lengths = {network(text) for link in routers for text in link["networks"]}
    found = []
    for text in machine["addresses"]:
        address = ipaddress.ip_address(text.partition("/")[0])
        on = [n.prefixlen for n in lengths if n and n.version == address.version and address in n]
        found.append("%s/%d" % (address, on[0]) if on else text)
    return found


def _may_be_there(case, end, address):
    """Whether an address may be on the end's switch without the databases knowing: on a physical network, or by an address of its own."""
    if any(localnet["switch"] == end["switch"] for localnet in case.network["localnets"]):
        return True
    known = case.network["switch_addresses"].get(end["switch"], ())
    return address in known or ANYBODY in known


def _unresolved(machine, address):
    states = [entry["state"] for entry in machine["neighbours"] or () if entry["ip"] == address]
    return [
        "its neighbour %s is %s" % (address, ", ".join(state))
        for state in states
        if {"FAILED", "INCOMPLETE"} & set(state)
    ]


def check_neighbour(case):
    said = []
    for end, other in ((case.source, case.destination), (case.destination, case.source)):
        host, machine = case.machine(end) if end["kind"] == "port" else (None, None)
        if not machine or not other["ip"] or not end["switch"]:
            continue
        route = machine_route(machine, other["ip"])
        hop = (route["via"] or other["ip"]) if route else None
        expected = _mac_on_switch(case, end, hop, other)
        entry = next((e for e in machine["neighbours"] or () if e["ip"] == hop and e["lladdr"]), None)
        if not expected or not entry:
            continue
        if entry["lladdr"].lower() not in expected:
            raise Finding(
                "machine_stale_neighbour", "%s takes %s to be at %s, and it is at %s." % (end["given"], hop, entry["lladdr"], ", ".join(sorted(expected))),
                ["ip neigh in the namespace %s on %s: %s lladdr %s %s" % (machine["namespace"], host, hop, entry["lladdr"], " ".join(entry["state"]))],
                *netns(machine, host, neighbours=_permanent(machine, hop)), advice="Let it ask again",
            )  # fmt: skip
        said.append("%s knows %s at %s" % (end["given"], hop, entry["lladdr"]))
    return "; ".join(said)


def _permanent(machine, but):
    """The neighbours that were given to it, less one."""
    given = [entry for entry in machine["neighbours"] if "PERMANENT" in entry["state"] and entry["ip"] != but]
    return [{"ip": entry["ip"], "lladdr": entry["lladdr"]} for entry in given]


def _mac_on_switch(case, end, address, other):
    for link in case.network["links"]:
        if (
            link["switch"] == end["switch"]
            and link["mac"]
            and address in [n.partition("/")[0] for n in link["networks"]]
        ):
            return {link["mac"]}
    if (
        other["kind"] == "port"
        and other["switch"] == end["switch"]
        and address == other["ip"]
        and other["row"]["type"] == ""
    ):
        _host, machine = case.machine(other)
        return {machine["mac"].lower()} if machine else set(other["macs"])
    return set()
