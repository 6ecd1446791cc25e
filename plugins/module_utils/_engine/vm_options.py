# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of M(virtnet.ovn.netns_vm), and what a user wrote there as canonical data."""

from __future__ import annotations

import ipaddress
import re

from .._model import syntax
from .._netns.plan import metric
from .._ovsdb.arguments import OVS_ARGUMENTS

OFFLOADS = ("rx", "tx", "sg", "tso", "gso", "gro")

#: What one VM takes, without defaults: an entry of ``objects`` inherits the task's own options.
ENTRY: dict[str, dict[str, object]] = {
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"]},
    "bridge": {"type": "str"},
    "port": {"type": "str"},
    "type": {"type": "str", "choices": ["internal", "veth"]},
    "mac": {"type": "str"},
    "addresses": {"type": "list", "elements": "str"},
    "routes": {
        "type": "list",
        "elements": "dict",
        "options": {
            "dst": {"type": "str", "required": True},
            "via": {"type": "str"},
            "dev": {"type": "str"},
            "metric": {"type": "int"},
        },
    },
    "neighbours": {
        "type": "list",
        "elements": "dict",
        "options": {
            "ip": {"type": "str", "required": True},
            "lladdr": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["permanent"], "default": "permanent"},
        },
    },
    "mtu": {"type": "int"},
    "offloads": {"type": "dict", "options": {name: {"type": "bool"} for name in OFFLOADS}},
    "iface_id": {"type": "str"},
    "adopt": {"type": "bool"},
    "persistent": {"type": "bool"},
}

DEFAULTS: dict[str, object] = {"state": "present", "bridge": "br-int", "type": "internal", "adopt": False}

ARGUMENTS: dict[str, object] = {
    **{name: {**spec, "default": DEFAULTS[name]} if name in DEFAULTS else spec for name, spec in ENTRY.items()},
    "objects": {"type": "list", "elements": "dict", "options": {**ENTRY, "name": {"type": "str", "required": True}}},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 30},
    **OVS_ARGUMENTS,
}

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}\Z")
_LINK = re.compile(r"[^\s/:]{1,15}\Z")


def parse(params):
    """(VMs, problems): a dictionary for each VM, ``path`` says where it was written; problems are (path, message)."""
    problems = []
    entries = params["objects"]
    if entries is None:
        wants = [_vm(params, "", problems)]
    else:
        inherited = {option: params[option] for option in ENTRY}
        wants = [
            _vm({**inherited, **{k: v for k, v in entry.items() if v is not None}}, "objects[%d]." % place, problems)
            for place, entry in enumerate(entries)
        ]
    for option in ("name", "port", "iface_id", "mac"):
        _unique(wants, option, problems)
    if params["wait_timeout"] < 0:
        problems.append(("wait_timeout", "%g is below zero" % params["wait_timeout"]))
    return wants, problems


def _unique(wants, option, problems):
    """Two VMs of one host share neither name, port, logical port nor MAC."""
    seen = {}
    for want in wants:
        value = want[option]
        if value and (want["state"] == "present" or option == "name"):
            if value in seen:
                problems.append((want["path"] + option, "%s is already that of %s" % (value, seen[value])))
            seen.setdefault(value, want["path"].rstrip("."))


def _vm(raw, path, problems):
    want = {option: raw.get(option) for option in ENTRY}
    want["path"] = path

    def parsed(option, parser, value):
        try:
            return parser(value)
        except ValueError as exc:
            problems.append((path + option, str(exc)))
            return None

    want["name"] = parsed("name", _name, want["name"])
    want["given_port"] = want["port"]
    if want["port"] is None:
        want["port"] = want["name"]
    if want["port"] is not None:
        want["port"] = parsed("port" if want["given_port"] else "name", _link, want["port"])
    if want["state"] == "absent":
        return want
    if want["mac"] is not None:
        want["mac"] = parsed("mac", _unicast, want["mac"])
    if want["addresses"] is not None:
        want["addresses"] = [parsed("addresses[%d]" % i, _address, text) for i, text in enumerate(want["addresses"])]
        want["addresses"] = sorted({text for text in want["addresses"] if text})
    if want["routes"] is not None:
        want["routes"] = _routes(want, parsed, problems)
    if want["neighbours"] is not None:
        want["neighbours"] = _neighbours(want, parsed, problems)
    if want["mtu"] is not None and not 68 <= want["mtu"] <= 65535:
        problems.append((path + "mtu", "%d is not between 68 and 65535" % want["mtu"]))
    if want["offloads"] is not None:
        want["offloads"] = {feature: on for feature, on in want["offloads"].items() if on is not None}
    return want


def _name(text):
    if not text or not _NAME.match(text):
        raise ValueError("%r is no name of a network namespace (letters, digits, and . _ - inside)" % text)
    return text


def _link(text):
    if not _LINK.match(text) or text in (".", "..", "lo"):
        raise ValueError("%r is no name of a network device (1 to 15 characters, no space, slash or colon)" % text)
    return text


def _unicast(text):
    mac = syntax.mac(text)
    if int(mac[:2], 16) & 1:
        raise ValueError("%s is a multicast address" % mac)
    if mac == "00:00:00:00:00:00":
        raise ValueError("%s is no address of a device" % mac)
    return mac


def _address(text):
    cidr = syntax.cidr(text)
    address = ipaddress.ip_interface(cidr).ip
    if address.is_multicast or address.is_unspecified:
        raise ValueError("%s is no address of a host" % cidr)
    return cidr


def _routes(want, parsed, problems):
    found, seen = [], {}
    for place, given in enumerate(want["routes"]):
        option = "routes[%d]" % place
        via = parsed(option + ".via", syntax.ip, given["via"]) if given["via"] is not None else None
        if given["dst"] == "default":
            destination = "::/0" if via and ":" in via else "0.0.0.0/0"
        else:
            destination = parsed(option + ".dst", _network, given["dst"])
        if destination is None or (given["via"] is not None and via is None):
            continue
        if via and (":" in via) != (":" in destination):
            problems.append(
                ("%s%s.via" % (want["path"], option), "%s and %s are of different families" % (via, destination))
            )
            continue
        dev = given["dev"] or want["port"]
        if dev not in (want["port"], "lo"):
            problems.append(
                ("%s%s.dev" % (want["path"], option), "the VM has no device %s (only %s and lo)" % (dev, want["port"]))
            )
        if given["metric"] is not None and not 0 <= given["metric"] < 1 << 32:
            problems.append(
                ("%s%s.metric" % (want["path"], option), "%d is not between 0 and 4294967295" % given["metric"])
            )
        route = {"dst": destination, "via": via, "dev": dev, "metric": metric(destination, given["metric"])}
        key = (route["dst"], route["metric"])
        if key in seen:
            problems.append((want["path"] + option, "has the destination and metric of routes[%d]" % seen[key]))
        seen[key] = place
        found.append(route)
    return found


def _network(text):
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError("%r is no network (such as 192.0.2.0/24), nor default" % text) from None


def _neighbours(want, parsed, problems):
    found = {}
    for place, given in enumerate(want["neighbours"]):
        option = "neighbours[%d]" % place
        address = parsed(option + ".ip", syntax.ip, given["ip"])
        lladdr = parsed(option + ".lladdr", _unicast, given["lladdr"])
        if address in found:
            problems.append(("%s%s.ip" % (want["path"], option), "%s is given twice" % address))
        if address and lladdr:
            found[address] = {"ip": address, "lladdr": lladdr, "state": given["state"] or "permanent"}
    return list(found.values())
