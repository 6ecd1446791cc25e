# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which route a packet takes, of a machine's table as iproute2 prints it, and of a logical router's. Pure."""

from __future__ import annotations

import ipaddress

#: Among the addresses of a switch: somebody on it may have others
ANYBODY = "unknown"


def network(text):
    """An IP network, of either family; None for what is none. ``default`` is IPv4's, unless ``via`` tells otherwise."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def within(address, networks):
    """Whether an address is in one of the networks, which are given as text."""
    return any(found and ipaddress.ip_address(address) in found for found in map(network, networks))


def machine_route(machine, address):
    """The machine's route to an address: {"dst", "via", ...}; None where it has none, or one that refuses."""
    address = ipaddress.ip_address(address)
    best, length = None, -1
    for route in machine["routes"] or ():
        dst = route["dst"]
        if dst == "default":
            six = ":" in (route["via"] or "") or (route["via"] is None and address.version == 6)
            dst = "::/0" if six else "0.0.0.0/0"
        found = network(dst)
        if found is not None and found.version == address.version and address in found and found.prefixlen > length:
            best, length = route, found.prefixlen
    return best if best is not None and best["type"] in ("unicast", "local") else None


def router_route(router, destination, source=None):
    """A logical router's route: {"prefix", "nexthop", "port"}; ``nexthop`` is None on a network of its own. None where it has none."""
    candidates = []
    for port in router["ports"]:
        for text in port["networks"]:
            candidates.append((text, None, port["name"], destination))
    for route in router["static_routes"]:
        of = source if route["policy"] == "src-ip" else destination
        candidates.append((route["ip_prefix"], route["nexthop"], route["output_port"], of))
    best, key = None, (-1, -1)
    for text, nexthop, port, of in candidates:
        found = network(text)
        if found is None or of is None:
            continue
        address = ipaddress.ip_address(of)
        if found.version == address.version and address in found and (found.prefixlen, nexthop is None) > key:
            best, key = {"prefix": str(found), "nexthop": nexthop, "port": port}, (found.prefixlen, nexthop is None)
    return best
