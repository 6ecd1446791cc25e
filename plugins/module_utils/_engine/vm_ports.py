# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Open vSwitch side of VMs: their ports, whose they are, and whether ovs-vswitchd and ovn-controller took them up."""

from __future__ import annotations

import os
import time

from .._ovsdb.errors import DeadlineError, OvnError

#: In Port:external_ids: the namespace for which this port was made
TAG = "virtnet-netns"

#: Interface:type by the module's option; the type that ovs-vswitchd opens nothing for, and what it means for a VM
_TYPES = {"internal": "internal", "veth": ""}
_UNPLUGGED = "null"
_KINDS = {"internal": "internal", "": "veth", "system": "veth", _UNPLUGGED: None}

_INSTALLED = ("ovn-installed", "ovn-installed-ts")


def _map(wire):
    return dict(wire[1])


def _optional(wire):
    return None if isinstance(wire, list) else wire


def _uuids(wire):
    return [wire[1]] if wire[0] == "uuid" else [item[1] for item in wire[1]]


class Switch:
    """What the host's Open_vSwitch database holds: a host has few rows, so one request reads what matters of all."""

    def __init__(self, session):
        self.session = session
        self.read()

    def read(self):
        root, bridges, ports, interfaces = (
            result["rows"]
            for result in self.session.transact(
                [
                    {"op": "select", "table": table, "where": [], "columns": ["_uuid", *columns]}
                    for table, columns in (
                        ("Open_vSwitch", ["external_ids"]),
                        ("Bridge", ["name", "ports", "datapath_type"]),
                        ("Port", ["name", "interfaces", "external_ids"]),
                        ("Interface", ["name", "type", "ofport", "error", "external_ids", "mtu_request"]),
                    )
                ]
            )
        )
        self.external_ids = _map(root[0]["external_ids"])
        self.bridges = {
            row["name"]: {"uuid": row["_uuid"][1], "datapath_type": row["datapath_type"]} for row in bridges
        }
        holder = {port: row["name"] for row in bridges for port in _uuids(row["ports"])}
        self.interfaces = {
            row["_uuid"][1]: {
                "uuid": row["_uuid"][1],
                "name": row["name"],
                "type": _KINDS.get(row["type"], row["type"]),
                "ofport": _optional(row["ofport"]),
                "error": _optional(row["error"]),
                "external_ids": _map(row["external_ids"]),
                "mtu_request": _optional(row["mtu_request"]),
            }
            for row in interfaces
        }
        self.ports = {}
        for row in ports:
            named = [self.interfaces[uuid] for uuid in _uuids(row["interfaces"]) if uuid in self.interfaces]
            self.ports[row["name"]] = {
                "uuid": row["_uuid"][1],
                "name": row["name"],
                "bridge": holder.get(row["_uuid"][1]),
                "tag": _map(row["external_ids"]).get(TAG),
                "interface": named[0] if len(named) == 1 else None,
            }

    def port_of(self, name):
        """The port that was made for the namespace ``name``."""
        found = [port for port in self.ports.values() if port["tag"] == name]
        if len(found) > 1:
            raise OvnError("the namespace %s has more than one port: %s" % (name, ", ".join(p["name"] for p in found)))
        return found[0] if found else None

    def installed(self, port):
        interface = self.ports[port]["interface"] if port in self.ports else None
        return bool(interface) and interface["external_ids"].get("ovn-installed") == "true"

    # -- changing -------------------------------------------------------------------------------------------------

    def write(self, operations):
        """Writes, and returns the configuration's number."""
        results = self.session.transact(
            [
                *operations,
                {"op": "mutate", "table": "Open_vSwitch", "where": [], "mutations": [["next_cfg", "+=", 1]]},
                {"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]},
            ]
        )
        return results[-1]["rows"][0]["next_cfg"]

    def commit(self, operations):
        """Writes, and waits until ovs-vswitchd has acted on it (as ovs-vsctl does, by next_cfg and cur_cfg)."""
        number = self.write(operations)
        if not self.session.wait_until("Open_vSwitch", [["cur_cfg", ">=", number]], self.session.timeout):
            raise DeadlineError(
                "ovs-vswitchd did not take up the change within %g s (is it running?)" % self.session.timeout
            )

    def insert(self, want, number):
        """The operations that plug a new port into its bridge."""
        bridge = self.bridges[want["bridge"]]["uuid"]
        port, interface = "port%d" % number, "interface%d" % number
        row = {"name": want["port"], "type": _TYPES[want["type"]]}
        if want["iface_id"]:
            row["external_ids"] = ["map", [["iface-id", want["iface_id"]]]]
        if want["mtu"]:
            row["mtu_request"] = want["mtu"]
        return [
            _same("Bridge", bridge),
            {"op": "insert", "table": "Interface", "row": row, "uuid-name": interface},
            {
                "op": "insert",
                "table": "Port",
                "uuid-name": port,
                "row": {
                    "name": want["port"],
                    "interfaces": ["named-uuid", interface],
                    "external_ids": ["map", [[TAG, want["name"]]]],
                },
            },
            {
                "op": "mutate",
                "table": "Bridge",
                "where": [["_uuid", "==", ["uuid", bridge]]],
                "mutations": [["ports", "insert", ["named-uuid", port]]],
            },
        ]

    def update(self, want, port, fields):
        """The operations that bring a port that stands to what is wanted; keys of others are left alone."""
        interface = port["interface"]["uuid"]
        operations = [_same("Port", port["uuid"]), _same("Interface", interface)]
        if port["tag"] != want["name"]:
            operations.append(_set_keys("Port", port["uuid"], {TAG: want["name"]}))
        if "iface_id" in fields:
            # A new logical port is not yet installed, and what ovn-controller said of the old one must not be taken for it
            operations.append(
                _set_keys("Interface", interface, {"iface-id": want["iface_id"] or None, **dict.fromkeys(_INSTALLED)})
            )
        if "mtu_request" in fields:
            operations.append(
                {
                    "op": "update",
                    "table": "Interface",
                    "where": [["_uuid", "==", ["uuid", interface]]],
                    "row": {"mtu_request": want["mtu"]},
                }
            )
        return operations

    def delete(self, port):
        """The operations that take a port off its bridge: its rows go with it."""
        bridge = self.bridges[port["bridge"]]["uuid"]
        return [
            {
                "op": "mutate",
                "table": "Bridge",
                "where": [["_uuid", "==", ["uuid", bridge]]],
                "mutations": [["ports", "delete", ["uuid", port["uuid"]]]],
            }
        ]

    def replug(self, wants):
        """Has ovs-vswitchd let go of devices that are gone and open new ones; the rows, and others' keys, stay.

        It keeps the file of a tap whose namespace was removed, and the index of a veth that was made again. An
        interface of another type is closed; then its own type opens it again.
        """
        interfaces = [(self.ports[want["port"]]["interface"]["uuid"], want) for want in wants]
        self.commit(
            [
                op
                for uuid, want in interfaces
                for op in (_set_type(uuid, _UNPLUGGED), _set_keys("Interface", uuid, dict.fromkeys(_INSTALLED)))
            ]
        )
        self.commit([_set_type(uuid, _TYPES[want["type"]]) for uuid, want in interfaces])

    # -- waiting --------------------------------------------------------------------------------------------------

    def wait_installed(self, wants, timeout):
        """Waits until ovn-controller has the flows of these VMs in place; raises with what was missing."""
        deadline = time.monotonic() + timeout
        missing = [
            want
            for want in wants
            if not self.session.wait_until(
                "Interface",
                [["name", "==", want["port"]], ["external_ids", "includes", ["map", [["ovn-installed", "true"]]]]],
                max(0.0, deadline - time.monotonic()),
            )
        ]
        if missing:
            self.read()
            raise DeadlineError(
                "\n".join(
                    "%s: ovn-controller did not install the port %s (iface_id %s) within %g s: %s"
                    % (want["name"], want["port"], want["iface_id"], timeout, self._why(want))
                    for want in missing
                )
            )

    def _why(self, want):
        port = self.ports.get(want["port"])
        if not port or not port["interface"]:
            return "the port is no longer there"
        interface = port["interface"]
        if interface["error"] or interface["ofport"] in (None, -1):
            return "ovs-vswitchd has no such port open: %s" % (interface["error"] or "it has no OpenFlow port number")
        if interface["external_ids"].get("iface-id") != want["iface_id"]:
            return "its external_ids:iface-id is now %s" % interface["external_ids"].get("iface-id")
        integration = self.external_ids.get("ovn-bridge", "br-int")
        if port["bridge"] != integration:
            return "it is on the bridge %s, and ovn-controller manages %s" % (port["bridge"], integration)
        if "ovn-remote" not in self.external_ids:
            return "this host is no chassis: external_ids:ovn-remote is not set in the table Open_vSwitch"
        if not _controller_runs():
            return "ovn-controller does not run on this host"
        return (
            "ovn-controller did not bind it: is there a logical switch port %s in the northbound database, bound on no other "
            "host, and does ovn-controller reach %s?" % (want["iface_id"], self.external_ids["ovn-remote"])
        )


def _controller_runs():
    """By its pid file; True where that cannot be told."""
    path = os.path.join(os.environ.get("OVN_RUNDIR") or "/var/run/ovn", "ovn-controller.pid")
    try:
        with open(path) as pidfile:
            return os.path.isdir("/proc/%d" % int(pidfile.read()))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True


def _same(table, uuid):
    """Guards a row: a mutation that meets no row would be a success that does nothing."""
    return {
        "op": "wait",
        "table": table,
        "where": [["_uuid", "==", ["uuid", uuid]]],
        "columns": ["_uuid"],
        "until": "==",
        "rows": [{"_uuid": ["uuid", uuid]}],
        "timeout": 0,
    }


def _set_keys(table, uuid, keys):
    mutations = [["external_ids", "delete", ["set", list(keys)]]]
    values = [[key, value] for key, value in keys.items() if value is not None]
    if values:
        mutations.append(["external_ids", "insert", ["map", values]])
    return {"op": "mutate", "table": table, "where": [["_uuid", "==", ["uuid", uuid]]], "mutations": mutations}


def _set_type(uuid, kind):
    return {"op": "update", "table": "Interface", "where": [["_uuid", "==", ["uuid", uuid]]], "row": {"type": kind}}
