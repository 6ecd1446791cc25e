# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VM will be, from what it is and what is wanted of it. Pure: check mode, diff and the change itself rest on it."""

from __future__ import annotations

import ipaddress

#: What the kernel uses where an IPv6 route has no metric, or 0
IPV6_METRIC = 1024

#: The fields that are exactly as given, and untouched where they are not
_VALUES = ("mac", "mtu", "addresses", "routes", "neighbours", "iface_id")


#: A VM's fields, in the order in which they are shown
FIELDS = (
    "name",
    "state",
    "bridge",
    "port",
    "type",
    "iface_id",
    "mac",
    "mtu",
    "mtu_request",
    "addresses",
    "routes",
    "neighbours",
    "offloads",
)


def settle(state):
    """The lists of a VM are sets: in one order, whoever made them."""
    for field, key in (("addresses", str), ("routes", _route_key), ("neighbours", lambda entry: entry["ip"])):
        if state.get(field):
            state[field] = sorted(state[field], key=key)
    return {field: state[field] for field in FIELDS if field in state}


def _route_key(route):
    return (":" in route["dst"], route["dst"], route["metric"], route["via"] or "")


def metric(destination, given):
    return given or (IPV6_METRIC if ":" in destination else 0)


def visible(addresses, wanted):
    """Without the link-local addresses that the kernel gives, unless somebody asks for them."""
    return [address for address in addresses if not address.startswith("fe80:") or address in (wanted or ())]


def reachable(route, addresses, routes):
    """Whether the kernel will take a route's gateway: it must be on a network that the VM is connected to."""
    if not route["via"] or route["via"].startswith("fe80:"):
        return True
    try:
        via = ipaddress.ip_address(route["via"])
    except ValueError:
        return True  # several gateways, of a route that stands
    on_link = [item["dst"] for item in routes if not item["via"] and not item["dst"].endswith("/0")]
    return any(via in ipaddress.ip_interface(text).network for text in [*addresses, *on_link])


def surviving(routes, before, addresses):
    """Routes that the user does not mention, once the addresses are others.

    With a device's last IPv4 address the kernel drops all its IPv4 routes; they are put back as far as it takes them.
    """
    old = {address for address in before if ":" not in address}
    if not old or old & set(addresses):
        return routes
    return [route for route in routes if ":" in route["dst"] or reachable(route, addresses, routes)]


def after(want, now, netdev=False):
    """The VM once ``want`` is done; ``netdev`` tells that its bridge is of the userspace datapath."""
    if want["state"] == "absent":
        return {"name": want["name"], "state": "absent"}
    state = {
        "mac": None,
        "mtu": None,
        "mtu_request": None,
        "addresses": [],
        "routes": [],
        "neighbours": [],
        "offloads": {},
        "iface_id": None,
        **now,
        "name": want["name"],
        "state": "present",
        "bridge": want["bridge"],
        "port": want["port"],
        "type": want["type"],
    }
    for field in _VALUES:
        if want[field] is not None:
            state[field] = want[field]
    if want["mtu"] is not None:
        state["mtu_request"] = want["mtu"]
    if not state["iface_id"]:
        state["iface_id"] = None
    if want["routes"] is None:
        state["routes"] = surviving(state["routes"], now.get("addresses", ()), state["addresses"])
    offloads = dict(want["offloads"] or {})
    if netdev and want["type"] == "veth":
        # OVS in user space gets packets whose checksum is still to be made, and drops them: TCP stalls, ping works
        offloads.setdefault("tx", False)
    state["offloads"] = {**state["offloads"], **offloads}
    return settle(state)


def problems(want, state):
    """What the kernel would refuse: (field, message)."""
    for route in want["routes"] or ():
        if not reachable(route, state["addresses"], state["routes"]):
            yield (
                "routes",
                "the gateway %s of %s is on none of the VM's networks (%s)"
                % (route["via"], route["dst"], ", ".join(state["addresses"]) or "it has no address"),
            )
    if state["mtu"] and state["mtu"] < 1280 and any(":" in address for address in state["addresses"]):
        yield "mtu", "IPv6 needs at least 1280, and the VM has IPv6 addresses"


def changes(now, then):
    """The fields that differ."""
    return [field for field in then if now.get(field) != then[field]]


def difference(have, want, key):
    """(to remove, to add) that make ``have`` exactly ``want``; an entry whose key stays is only added: it is replaced in place."""
    wanted = {key(item) for item in want}
    gone = [item for item in have if key(item) not in wanted]
    return gone, [item for item in want if item not in have]
