# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that the southbound database knows: chassis, and the virtual machines that they have bound.

``read`` asks the database and returns plain data, which may be kept; ``build`` makes hosts of it and does no I/O.
"""

from __future__ import annotations

from collections import Counter

from .._model.syntax import ips_in, mac
from .._ovsdb.arguments import open_session
from .._ovsdb.rows import Clause, look, parse_where

_SB = "OVN_Southbound"
#: What other releases lack is left out, ovn-sb(5)
_CHASSIS = ("name", "hostname", "encaps", "external_ids", "other_config", "transport_zones")
_PORT = ("logical_port", "chassis", "datapath", "mac", "port_security", "parent_port", "tag", "up", "external_ids")
#: Of the map that ovn-cms-options are, ovn-controller(8); what a CMS takes for a gateway, and for a zone
_GATEWAY, _ZONES = "enable-chassis-as-gw", "availability-zones="


def read(params):
    """``{"chassis": [row, ...], "ports": [row, ...]}`` of the southbound database, in a fixed order; raises OvnError."""
    with open_session(params, _SB, params["leader_only"]) as session:
        schema = session.schema

        def columns(table, names):
            return [name for name in names if schema.has(table, name)]

        wanted = [
            ("Chassis", columns("Chassis", _CHASSIS), parse_where(session, "Chassis", params["where"], "where")),
            ("Encap", columns("Encap", ("type", "ip", "options")), []),
        ]
        if params["port_bindings"]:
            bound = [
                Clause(schema.column("Port_Binding", "type"), "type", "==", ""),
                Clause(schema.column("Port_Binding", "chassis"), "chassis", "!=", None),
            ]
            chosen = parse_where(session, "Port_Binding", params["port_where"], "port_where")
            wanted += [
                ("Port_Binding", columns("Port_Binding", _PORT), bound + chosen),
                ("Datapath_Binding", ["external_ids"], []),
            ]
        chassis, encaps, ports, datapaths = (look(session, wanted) + [{}, {}])[:4]
    for row in chassis.values():
        row["encaps"] = sorted((encaps[uuid] for uuid in row["encaps"] if uuid in encaps), key=_encap_order)
    kept = []
    for row in ports.values():
        row["chassis"] = chassis.get(row["chassis"], {}).get("name")
        datapath = datapaths.get(row["datapath"], {"external_ids": {}})
        row["datapath"] = datapath["external_ids"].get("name")
        if row["chassis"] is not None:
            kept.append(row)
    return {
        "chassis": sorted(chassis.values(), key=lambda row: row["name"]),
        "ports": sorted(kept, key=lambda row: row["logical_port"]),
    }


def _encap_order(row):
    return row["type"], row["ip"]


class Host:
    """``groups`` are names as OVN has them: not every one of them is one that Ansible takes."""

    __slots__ = ("name", "groups", "variables")

    def __init__(self, name, groups, variables):
        self.name, self.groups, self.variables = name, groups, variables


def build(data, options):
    """([Host, ...], [warning, ...]) of what ``read`` returned."""
    warnings = []
    rows = data["chassis"]
    names = _unique([(row[options["hostname"]], row["name"]) for row in rows])
    shared = _twice(row["hostname"] for row in rows if row["hostname"])
    for hostname in sorted(shared):
        same = sorted(row["name"] for row in rows if row["hostname"] == hostname)
        warnings.append(
            "the chassis %s have the same hostname, %s: it is used for none of them" % (" and ".join(same), hostname)
        )
    hosts, of_chassis = [], {}
    for row, name in zip(rows, names):
        if row.get("other_config", {}).get("is-remote") == "true" and not options["remote"]:
            continue
        if not name:
            warnings.append("a chassis without a name and hostname is left out")
            continue
        host = _chassis(row, name, options["ansible_host"], row["hostname"] not in shared)
        hosts.append(host)
        of_chassis[row["name"]] = host
    taken = set(names)
    ports = [row for row in data["ports"] if row["chassis"] in of_chassis]
    names = _unique([(_port_name(row, options), row["logical_port"]) for row in ports])
    for row, name in zip(ports, names):
        if not name or name in taken:
            warnings.append(
                "the logical port %r is left out, for %r is the name of a chassis" % (row["logical_port"], name)
            )
            continue
        hosts.append(_port(row, name, of_chassis[row["chassis"]], options))
    return hosts, warnings


def _unique(candidates):
    """A name for each pair of a preferred name and one that nobody else has: the preferred one where it is one's own."""
    names = [preferred or own for preferred, own in candidates]
    while True:
        twice = _twice(names)
        if not twice:
            return names
        names = [own if name in twice else name for name, (_preferred, own) in zip(names, candidates)]


def _twice(values):
    return {value for value, count in Counter(values).items() if count > 1}


def _chassis(row, name, address, alone):
    # Before other_config had it, ovn-controller wrote its configuration to external_ids
    config = {**row["external_ids"], **row.get("other_config", {})}
    options = _words(config.get("ovn-cms-options", ""))
    zones = [zone for word in options if word.startswith(_ZONES) for zone in word[len(_ZONES) :].split(":") if zone]
    mappings = dict(word.split(":", 1) for word in _words(config.get("ovn-bridge-mappings", "")) if ":" in word)
    types = sorted({encap["type"] for encap in row["encaps"]})
    variables = {
        "ovn_name": row["name"],
        "ovn_hostname": row["hostname"],
        "ovn_encaps": row["encaps"],
        "ovn_external_ids": row["external_ids"],
        "ovn_other_config": row.get("other_config", {}),
        "ovn_transport_zones": sorted(row.get("transport_zones", [])),
        "ovn_bridge_mappings": mappings,
        "ovn_cms_options": options,
        "ovn_availability_zones": zones,
        "ovn_gateway": _GATEWAY in options,
    }
    if address == "hostname" and alone and row["hostname"] and row["hostname"] != name:
        variables["ansible_host"] = row["hostname"]
    elif address == "encap_ip" and row["encaps"]:
        variables["ansible_host"] = row["encaps"][0]["ip"]
    groups = ["ovn_chassis", *(["ovn_gateway"] if variables["ovn_gateway"] else [])]
    groups += ["ovn_encap_" + kind for kind in types]
    groups += ["ovn_bridge_mapping_" + network for network in mappings]
    groups += ["ovn_availability_zone_" + zone for zone in zones]
    groups += ["ovn_transport_zone_" + zone for zone in variables["ovn_transport_zones"]]
    return Host(name, groups, variables)


def _words(text):
    return [word.strip() for word in text.split(",") if word.strip()]


def _port_name(row, options):
    netns = row["external_ids"].get(options["netns_external_id"])
    return netns if options["port_hostname"] == "netns" and netns else row["logical_port"]


def _port(row, name, chassis, options):
    variables = {
        "ovn_logical_port": row["logical_port"],
        "ovn_chassis": chassis.name,
        "ovn_datapath": row["datapath"],
        "ovn_mac": next(filter(None, map(_mac, row["mac"])), None),
        "ovn_addresses": [address for entry in row["mac"] for address in ips_in(entry)],
        "ovn_port_security": sorted(row["port_security"]),
        "ovn_parent_port": row["parent_port"],
        "ovn_tag": row["tag"],
        "ovn_up": bool(row.get("up")),
        "ovn_external_ids": row["external_ids"],
    }
    netns = row["external_ids"].get(options["netns_external_id"])
    if netns:
        variables.update(
            ansible_host=chassis.variables.get("ansible_host", chassis.name),
            ansible_become=True,
            ansible_become_method="virtnet.ovn.netns",
            ansible_netns=netns,
        )
    return Host(name, ["ovn_ports", *(["ovn_datapath_" + row["datapath"]] if row["datapath"] else [])], variables)


def _mac(entry):
    """The MAC address in an element of Port_Binding:mac, if it has one."""
    try:
        return mac(entry.partition(" ")[0])
    except ValueError:
        return None
