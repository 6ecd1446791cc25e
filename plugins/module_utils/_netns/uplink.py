# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and routes that move from one device of the host to another."""

from __future__ import annotations

import os
import socket

from .kernel import IFA_F_NODAD, IFA_F_PERMANENT, KERNEL_ROUTES, Namespace, told

_LINK_SCOPE = 253
_LOCAL_TABLE = 255
_RTM_F_CLONED = 0x200
_ANY = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}


class Host(Namespace):
    """The host's own network."""

    def __init__(self):
        super().__init__()
        self.devices = self.links()

    def refresh(self):
        self.devices = self.links()

    def movable(self, device):
        """What a device has been given: (addresses, routes) as they can be added to another device."""
        if device not in self.devices:
            return [], []
        index = self.devices[device]["index"]
        with told("reading the addresses of %s" % device):
            addresses = [found for found in map(_address, self._route.get_addr(index=index)) if found]
        with told("reading the routes of %s" % device):
            routes = [found for found in map(_route, self._route.get_routes()) if found and found["oif"] == index]
        return addresses, routes

    def transfer(self, source, target):
        """All addresses and routes of ``source`` to ``target``: first added there, then taken away here."""
        addresses, routes = self.movable(source)
        self.give(target, addresses, routes)
        # The kernel takes the others of a network away with its first
        for address in reversed(addresses):
            with told("removing %s from %s" % (_key(address), source)):
                self._route.addr("del", index=self.devices[source]["index"], **address)

    def give(self, target, addresses, routes):
        have = shown(self.movable(target)[0])
        index = self.devices[target]["index"]
        for address in addresses:
            if _key(address) not in have:
                more = {"flags": IFA_F_NODAD} if address["family"] == socket.AF_INET6 else {}
                with told("adding %s to %s" % (_key(address), target)):
                    self._route.addr("add", index=index, **address, **more)
        # Networks before the gateways that are on them
        for route in sorted(routes, key=lambda route: "gateway" in route):
            with told("moving the route %s to %s" % (route["dst"], target)):
                self._route.route("replace", **{**route, "oif": index})

    def up(self, device):
        self.set_link(self.devices[device]["index"], None, state="up")


def _address(message):
    """An address that somebody gave the device, as pyroute2 takes it."""
    flags = message.get_attr("IFA_FLAGS") or message["flags"]
    if message["scope"] == _LINK_SCOPE:
        return None
    if message["family"] == socket.AF_INET6 and not flags & IFA_F_PERMANENT:
        return None  # by router advertisements: the other device gets its own
    found = {
        "family": message["family"],
        "address": message.get_attr("IFA_ADDRESS"),
        "prefixlen": message["prefixlen"],
    }
    if message["family"] == socket.AF_INET:
        found["local"] = message.get_attr("IFA_LOCAL")
        if message.get_attr("IFA_BROADCAST"):
            found["broadcast"] = message.get_attr("IFA_BROADCAST")
    return found


def _key(address):
    return "%s/%d" % (address.get("local") or address["address"], address["prefixlen"])


def _route(message):
    """A route that somebody made, as pyroute2 takes it."""
    table = message.get_attr("RTA_TABLE") or message["table"]
    if (
        table == _LOCAL_TABLE
        or message["proto"] in KERNEL_ROUTES
        or message["family"] not in _ANY
        or message["flags"] & _RTM_F_CLONED
    ):
        return None
    found = {name: message[name] for name in ("family", "tos", "proto", "scope", "type")}
    found["table"] = table
    found["dst"] = "%s/%d" % (message.get_attr("RTA_DST") or _ANY[message["family"]], message["dst_len"])
    found["oif"] = message.get_attr("RTA_OIF")
    for name in ("gateway", "prefsrc", "priority"):
        value = message.get_attr("RTA_" + name.upper())
        if value is not None:
            found[name] = value
    metrics = message.get_attr("RTA_METRICS")
    if metrics:
        found["metrics"] = {name[len("RTAX_") :].lower(): value for name, value in metrics["attrs"]}
    return found


def shown(addresses):
    return sorted(_key(address) for address in addresses)


# -- what the kernel's own stack does with packets that are Open vSwitch's -----------------------------------------------


def _setting(family, device, name):
    # A device's name may have a dot
    return "/proc/sys/net/%s/conf/%s/%s" % (family, device, name)


#: The userspace datapath reads a device beside the kernel, whose stack would answer each packet a second time: strict reverse
#: path filtering drops what comes in by a device that no route leads out of.
_DEAF = (("ipv4", "rp_filter", "1"), ("ipv6", "disable_ipv6", "1"))


def is_deaf(device):
    return all(_read(_setting(family, device, name)) in (value, None) for family, name, value in _DEAF)


def make_deaf(device, deaf=True):
    for family, name, value in _DEAF:
        path = _setting(family, device, name)
        wanted = value if deaf else _read(_setting(family, "default", name))
        if _read(path) not in (wanted, None):
            with told("writing %s" % path), open(path, "w", encoding="ascii") as stream:
                stream.write(wanted)


def _read(path):
    """None where there is nothing to set: no IPv6, or a container that is not let near it."""
    if not os.access(path, os.W_OK):
        return None
    with open(path, encoding="ascii") as stream:
        return stream.read().strip()
