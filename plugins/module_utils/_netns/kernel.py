# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces and what is in them, by netlink (pyroute2 0.7 and later).

Whoever imports this file looks at ``PYROUTE2_ERROR`` first. A netlink socket belongs to the namespace in which it was opened: so this process
steps into a namespace, opens its sockets and steps back, which needs no child process, and works alike in all releases.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import stat
import struct
import traceback

try:
    from pyroute2 import IPRoute
    from pyroute2 import netns as nslib
    from pyroute2.netlink.exceptions import NetlinkError

    PYROUTE2_ERROR = None
except ImportError:
    PYROUTE2_ERROR = traceback.format_exc()

from .errors import NetnsError

#: The alias of ``lo`` in the namespaces that are ours: it lives and dies with the namespace, and ``ip link`` shows it.
MARK = "virtnet.ovn"

RUN_DIR = "/var/run/netns"
_CLONE_NEWNET = 0x40000000
_MAIN_TABLE = 254
_UNICAST = 1
_SCOPE_LINK = 253
# Routes that nobody asked for: made by the kernel with an address, by ICMP redirects, by router advertisements
KERNEL_ROUTES = (1, 2, 9)
IFA_F_NODAD = 0x02
IFA_F_PERMANENT = 0x80
_NUD_PERMANENT = 0x80
_IFF_UP = 1

_SIOCETHTOOL = 0x8946
#: Offload: the get command of ethtool's ioctl; the set command follows it (linux/ethtool.h)
OFFLOADS = {"rx": 0x14, "tx": 0x16, "sg": 0x18, "tso": 0x1E, "gso": 0x23, "gro": 0x2B}


@contextlib.contextmanager
def told(what, option=None):
    """A refusal of the kernel becomes a NetnsError that says what was tried."""
    try:
        yield
    except NetlinkError as exc:
        reason = os.strerror(exc.code) if exc.code else str(exc)
        raise NetnsError("%s: %s" % (what, reason), option) from None
    except PermissionError:
        raise NetnsError("%s: permission denied (become root)" % what, option) from None
    except OSError as exc:
        raise NetnsError("%s: %s" % (what, exc.strerror or exc), option) from None


def _path(name):
    return os.path.join(RUN_DIR, name)


def namespace_state(name):
    """``present``, ``absent``, or ``broken``: a file without a namespace, left by a creation that was cut off."""
    try:
        found = os.stat(_path(name))
        parent = os.stat(RUN_DIR)
    except FileNotFoundError:
        return "absent"
    if found.st_dev != parent.st_dev:
        return "present"
    return "broken" if stat.S_ISREG(found.st_mode) and found.st_size == 0 else "present"


def processes_in(name):
    """``pid (command)`` of the processes that run in the namespace."""
    found = []
    try:
        space = os.stat(_path(name))
    except OSError:
        return found
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            at = os.stat("/proc/%s/ns/net" % pid)
            if (at.st_dev, at.st_ino) == (space.st_dev, space.st_ino):
                with open("/proc/%s/comm" % pid) as comm:
                    found.append("%s (%s)" % (pid, comm.read().strip()))
        except OSError:
            continue  # it ended while we looked
    return found


class Namespace:
    """Sockets into one namespace; ``name`` is None for the one this process is in."""

    def __init__(self, name=None):
        self.name = name
        with told("namespace %s" % name):
            if name is None:
                self._open()
                return
            home = os.open("/proc/self/ns/net", os.O_RDONLY)
            try:
                nslib.setns(_path(name), 0)
                try:
                    self._open()
                finally:
                    nslib.setns(home)
            finally:
                os.close(home)

    def _open(self):
        self._route = IPRoute()
        self._ioctl = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    @classmethod
    def create(cls, name):
        """A new namespace, ``lo`` up. It gets its name once it bears the mark: no half-made one is ever visible."""
        libc = ctypes.CDLL(None, use_errno=True)
        if namespace_state(name) == "broken":
            cls.remove_broken(name)
        self = cls.__new__(cls)
        self.name = name
        with told("creating the namespace %s" % name):
            home = os.open("/proc/self/ns/net", os.O_RDONLY)
            try:
                if libc.unshare(_CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                try:
                    self._open()
                    self.adopt()
                    self._route.link("set", index=1, state="up")
                    nslib.attach(name, os.getpid())
                finally:
                    nslib.setns(home)
            finally:
                os.close(home)
        return self

    @staticmethod
    def remove_broken(name):
        with told("removing the rest of the namespace %s" % name):
            os.unlink(_path(name))

    def remove(self):
        self.close()
        with told("removing the namespace %s" % self.name):
            nslib.remove(self.name)

    def close(self):
        self._route.close()
        self._ioctl.close()

    # -- reading --------------------------------------------------------------------------------------------------

    def links(self):
        """{name: {index, mac, mtu, up, carrier, alias, kind, peer}}"""
        found = {}
        with told("reading the links"):
            for link in list(self._route.get_links()):
                info = link.get_attr("IFLA_LINKINFO")
                found[link.get_attr("IFLA_IFNAME")] = {
                    "index": link["index"],
                    "mac": link.get_attr("IFLA_ADDRESS"),
                    "mtu": link.get_attr("IFLA_MTU"),
                    "up": bool(link["flags"] & _IFF_UP),
                    "carrier": bool(link.get_attr("IFLA_CARRIER")),
                    "alias": link.get_attr("IFLA_IFALIAS"),
                    "kind": info.get_attr("IFLA_INFO_KIND") if info else None,
                    "peer": link.get_attr("IFLA_LINK"),
                }
        return found

    def addresses(self, index):
        """The permanent addresses: none from router advertisements."""
        found = []
        with told("reading the addresses"):
            for address in list(self._route.get_addr(index=index)):
                text = (address.get_attr("IFA_LOCAL") or address.get_attr("IFA_ADDRESS")).lower()
                flags = address.get_attr("IFA_FLAGS") or address["flags"]
                if flags & IFA_F_PERMANENT:
                    found.append("%s/%d" % (text, address["prefixlen"]))
        return found

    def routes(self, names):
        """The main table's unicast routes, but for those that the kernel makes; ``names`` is {index: name}."""
        found = []
        with told("reading the routes"):
            for route in list(self._route.get_routes(table=_MAIN_TABLE)):
                if route["type"] != _UNICAST or route["proto"] in KERNEL_ROUTES:
                    continue
                any_address = "::" if route["family"] == socket.AF_INET6 else "0.0.0.0"
                destination = route.get_attr("RTA_DST") or any_address
                via = route.get_attr("RTA_GATEWAY") or (route.get_attr("RTA_MULTIPATH") and "multipath")
                found.append(
                    {
                        "dst": "%s/%d" % (destination, route["dst_len"]),
                        "via": via or None,
                        "dev": names.get(route.get_attr("RTA_OIF")),
                        "metric": route.get_attr("RTA_PRIORITY") or 0,
                    }
                )
        return found

    def neighbours(self, index):
        """The permanent ones: the others come and go by themselves."""
        found = []
        with told("reading the neighbours"):
            for family in (socket.AF_INET, socket.AF_INET6):
                for entry in list(self._route.get_neighbours(family=family, ifindex=index)):
                    if entry["state"] & _NUD_PERMANENT and entry["ifindex"] == index:
                        found.append(
                            {
                                "ip": entry.get_attr("NDA_DST"),
                                "lladdr": entry.get_attr("NDA_LLADDR"),
                                "state": "permanent",
                            }
                        )
        return found

    def offload(self, link, feature, on=None):
        """Whether an offload is on (None where the device does not know it), or switches it."""
        command = OFFLOADS[feature] + (0 if on is None else 1)
        value = ctypes.create_string_buffer(struct.pack("II", command, int(bool(on))), 8)
        request = struct.pack("16sP16x", link.encode(), ctypes.addressof(value))
        try:
            fcntl.ioctl(self._ioctl, _SIOCETHTOOL, request)
        except OSError as exc:
            if on is None:
                return None
            raise NetnsError(
                "the device refuses to switch %s %s: %s" % (feature, "on" if on else "off", exc.strerror),
                "offloads.%s" % feature,
            ) from None
        if on is not None and self.offload(link, feature) is not bool(on):
            raise NetnsError(
                "the device does not switch %s %s (fixed)" % (feature, "on" if on else "off"), "offloads.%s" % feature
            )
        return bool(struct.unpack("II", value.raw)[1])

    # -- changing -------------------------------------------------------------------------------------------------

    def adopt(self):
        with told("marking the namespace %s" % self.name):
            self._route.link("set", index=1, ifalias=MARK)

    def add_veth(self, link, inside):
        """A pair: one end here, the other under the same name in ``inside``. Neither is ever elsewhere."""
        with told("creating the veth pair %s" % link, "port"):
            space = os.open(_path(inside), os.O_RDONLY)
            try:
                self._route.link("add", ifname=link, kind="veth", peer={"ifname": link, "net_ns_fd": space})
            finally:
                os.close(space)

    def move(self, index, to):
        with told("moving the port into the namespace %s" % to):
            space = os.open(_path(to), os.O_RDONLY)
            try:
                self._route.link("set", index=index, net_ns_fd=space)
            finally:
                os.close(space)

    def delete_link(self, index):
        with told("removing the link"):
            self._route.link("del", index=index)

    def set_link(self, index, option, **attributes):
        with told("setting %s" % ", ".join("%s to %s" % item for item in attributes.items()), option):
            self._route.link("set", index=index, **attributes)

    def set_link_up(self, name):
        link = self.links().get(name)
        if link is None:
            raise NetnsError("the device %s has just gone" % name, "port")
        if not link["up"]:
            self.set_link(link["index"], None, state="up")

    def address(self, command, index, cidr):
        address, slash, length = cidr.partition("/")
        # Without duplicate detection, which would keep an IPv6 address tentative for a second: OVN answers for its own
        more = {"flags": IFA_F_NODAD} if command == "add" and ":" in address else {}
        with told("%s %s" % (command, cidr), "addresses"):
            self._route.addr(command, index=index, address=address, prefixlen=int(length), **more)

    def route(self, command, route, indexes):
        text = "%s route %s%s" % (command, route["dst"], " via %s" % route["via"] if route["via"] else "")
        message = {"dst": route["dst"], "table": _MAIN_TABLE}
        if route["via"] and route["via"] != "multipath":
            message["gateway"] = route["via"]
        if route["dev"]:
            message["oif"] = indexes[route["dev"]]
        if route["metric"]:
            message["priority"] = route["metric"]
        if ":" in route["dst"]:
            message["family"] = socket.AF_INET6
        elif not route["via"]:
            message["scope"] = _SCOPE_LINK  # only such a route makes gateways reachable
        with told(text, "routes"):
            self._route.route(command, **message)

    def neighbour(self, command, index, entry):
        message = {"dst": entry["ip"], "ifindex": index}
        if command == "replace":
            message.update(lladdr=entry["lladdr"], state="permanent")
        if ":" in entry["ip"]:
            message["family"] = socket.AF_INET6
        with told("%s neighbour %s" % (command, entry["ip"]), "neighbours"):
            self._route.neigh(command, **message)
