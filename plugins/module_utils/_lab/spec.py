# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab is to be, checked and put into words that ip and systemd-nspawn understand. No I/O."""

from __future__ import annotations

import hashlib
import ipaddress
import re

from .errors import LabError

FABRIC = "fabric"
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
LINK_NAME = re.compile(r"[^\s/:\0]{1,15}$")
MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}$", re.IGNORECASE)


def port_name(host, interface):
    """The fabric's end of a host's interface: readable where 15 characters are enough, unique in any case."""
    name = "%s.%s" % (host, interface)
    if len(name) <= 15:
        return name
    return "%s.%s" % (name[:8], hashlib.sha1(name.encode()).hexdigest()[:6])


def default_mac(lab, host, interface):
    """The same at every start, so that nobody's neighbour tables go stale when a host is started again."""
    digest = hashlib.sha1(("%s/%s/%s" % (lab, host, interface)).encode()).digest()
    return "06:" + ":".join("%02x" % byte for byte in digest[:5])


def _address(value):
    # A prefix length must be given: a lone address would quietly become a /32
    return ipaddress.ip_interface(value) if "/" in value else None


def _check_interface(where, interface, networks, taken, problems):
    name = interface["name"]
    if not LINK_NAME.match(name) or name in (".", "..", "lo", "all", "default"):
        problems.append("%s.name: %r cannot be the name of an interface (1 to 15 characters)" % (where, name))
    if interface["network"] not in networks:
        problems.append("%s.network: there is no network %r" % (where, interface["network"]))
    mac = interface.get("mac")
    if mac and (not MAC.match(mac) or int(mac[:2], 16) & 1):
        problems.append("%s.mac: %r is not the MAC address of an interface" % (where, mac))
    for value in interface.get("addresses") or []:
        try:
            address = _address(value)
        except ValueError:
            address = None
        if address is None:
            problems.append("%s.addresses: %r is not an address with its prefix length" % (where, value))
        elif taken.setdefault((interface["network"], address.ip), where) != where:
            problems.append(
                "%s.addresses: %s is given to %s too" % (where, address.ip, taken[(interface["network"], address.ip)])
            )
    for route in interface.get("routes") or []:
        try:
            destination = ipaddress.ip_network("0.0.0.0/0" if route["to"] == "default" else route["to"])
            gateway = ipaddress.ip_address(route["via"])
            if route["to"] != "default" and destination.version != gateway.version:
                raise ValueError("%s and %s are of different families" % (destination, gateway))
        except ValueError as error:
            problems.append("%s.routes: %s" % (where, error))


def check(lab, networks, hosts, limit=()):
    """Every fault of a description at once."""
    problems = [
        "limit: %r is none of the hosts" % name for name in limit if name not in [host["name"] for host in hosts]
    ]
    if not HOST_NAME.match(lab):
        problems.append("name: %r must consist of lower-case letters, digits and hyphens" % lab)
    names = [network["name"] for network in networks]
    for name in names:
        if not LINK_NAME.match(name) or name in (".", "..", "lo", "all", "default") or "." in name:
            problems.append("networks: %r cannot be the name of a bridge (1 to 15 characters, no dot)" % name)
        if names.count(name) > 1:
            problems.append("networks: %r is given twice" % name)
    host_names = [host["name"] for host in hosts]
    taken = {}
    for host in hosts:
        name = host["name"]
        if not HOST_NAME.match(name) or len(lab) + 1 + len(name) > 63:
            problems.append(
                "hosts: %r must consist of at most 63 lower-case letters, digits and hyphens (with the lab's name)"
                % name
            )
        if name == FABRIC:
            problems.append("hosts: %r is the name of the namespace that joins the hosts" % name)
        if host_names.count(name) > 1:
            problems.append("hosts: %r is given twice" % name)
        interfaces = [interface["name"] for interface in host.get("interfaces") or []]
        for interface in host.get("interfaces") or []:
            where = "hosts.%s.interfaces.%s" % (name, interface["name"])
            if interfaces.count(interface["name"]) > 1:
                problems.append("%s: given twice" % where)
            _check_interface(where, interface, names, taken, problems)
    if problems:
        raise LabError("; ".join(sorted(set(problems))), problems=sorted(set(problems)))


def normalized(lab, host, networks):
    """A host with everything that was left out: what is compared with the host that runs."""
    mtu = dict((network["name"], network.get("mtu") or 1500) for network in networks)
    return {
        "interfaces": [
            {
                "name": interface["name"],
                "network": interface["network"],
                "mac": (interface.get("mac") or default_mac(lab, host["name"], interface["name"])).lower(),
                "mtu": mtu[interface["network"]],
                "addresses": [str(_address(value)) for value in interface.get("addresses") or []],
                "routes": [{"to": route["to"], "via": route["via"]} for route in interface.get("routes") or []],
            }
            for interface in host.get("interfaces") or []
        ]
    }


def plug_commands(host, spec, netns):
    """Run in the fabric: a cable from a bridge into the host's namespace."""
    commands = []
    for interface in spec["interfaces"]:
        port = port_name(host, interface["name"])
        commands.append(
            "link add name %s mtu %d type veth peer name %s mtu %d address %s netns %s"
            % (port, interface["mtu"], interface["name"], interface["mtu"], interface["mac"], netns)
        )
        commands.append("link set dev %s master %s up" % (port, interface["network"]))
    return commands


def address_commands(spec):
    """Run in the host's namespace: what a real host is given by its installer or by DHCP."""
    commands = ["link set dev lo up"]
    for interface in spec["interfaces"]:
        commands.append("link set dev %s up" % interface["name"])
        for address in interface["addresses"]:
            commands.append(
                "address add %s dev %s%s" % (address, interface["name"], " nodad" if ":" in address else "")
            )
        for route in interface["routes"]:
            commands.append("route add %s via %s dev %s" % (route["to"], route["via"], interface["name"]))
    return commands


def hosts_file(hosts):
    """/etc/hosts of every host: each by its first address. A host knows its own name even without any."""
    lines = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    for name in sorted(hosts):
        addresses = [address for interface in hosts[name]["interfaces"] for address in interface["addresses"]]
        if addresses:
            lines.append("%s\t%s" % (addresses[0].partition("/")[0], name))
    return lines


def plan(desired, image, observed, limit=(), keep_disks=False):
    """What to do with each host: name -> action. Pure.

    ``desired`` is name -> normalized host, ``observed`` name -> {alive, plugged, record}. The record is what was written before
    the host was started, with its state: new, restarting (it has booted before), booted. Only hosts of ``limit`` are touched, if there are
    any in it; ``keep_disks`` boots a host of another image with what it wrote.
    """
    actions = {}
    for name in sorted(set(desired) | set(observed)):
        seen = observed.get(name)
        record = seen["record"] if seen else None
        if limit and name not in limit:
            actions[name] = "kept"
        elif name not in desired:
            actions[name] = "removed"
        elif seen is None:
            actions[name] = "created"
        elif record is None or record["state"] == "new" or (record["image"] != image and not keep_disks):
            # Never booted, or booted from another disk: nothing of it is worth keeping
            actions[name] = "recreated"
        elif record["image"] != image:
            actions[name] = "upgraded"
        elif record["host"] != desired[name] or not seen["plugged"]:
            actions[name] = "restarted"
        elif record["state"] == "restarting" or not seen["alive"]:
            actions[name] = "started"
        else:
            actions[name] = "kept"
    return actions


def plan_networks(networks, links):
    """name -> action, from the links of the fabric as ``ip -json -details link`` shows them. Pure."""
    desired = dict((network["name"], network.get("mtu") or 1500) for network in networks)
    there = dict(
        (link["ifname"], link["mtu"]) for link in links if link.get("linkinfo", {}).get("info_kind") == "bridge"
    )
    actions = {}
    for name in sorted(set(desired) | set(there)):
        if name not in desired:
            actions[name] = "removed"
        elif name not in there:
            actions[name] = "created"
        else:
            actions[name] = "kept" if there[name] == desired[name] else "updated"
    return actions


def network_commands(networks, actions):
    commands = ["link delete dev %s" % name for name in sorted(actions) if actions[name] == "removed"]
    for network in networks:
        name, mtu = network["name"], network.get("mtu") or 1500
        if actions[name] == "created":
            commands.append("link add name %s mtu %d type bridge stp_state 0 mcast_snooping 0" % (name, mtu))
            commands.append("link set dev %s up" % name)
        elif actions[name] == "updated":
            commands.append("link set dev %s mtu %d" % (name, mtu))
    return commands
