# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a chassis can say about a fault: its daemons, bridges and tunnels, the underlay, and machines that are network namespaces.

Nothing here judges. What cannot be found out is None, so that nobody takes it for a fault.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess

from .._openflow.interfaces import TUNNELS
from .._ovsdb.arguments import OVS_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import inform
from .._ovsdb.rows import look
from .._ovsdb.unixctl import Daemon, read_file

NETNS = "/var/run/netns"
#: Port:external_ids: the namespace that netns_vm made a port for
_TAG = "virtnet-netns"
_LOG_TAIL = 1 << 18
#: A port that two chassis take from each other is taken every second
_RECENTLY = 60
_MOVED = re.compile(r"(?m)^(\S+Z)\|.*Changing chassis for lport (\S+) from (\S+) to (\S+?)\.?$")
_SETTINGS = (
    "system-id",
    "ovn-remote",
    "ovn-encap-ip",
    "ovn-encap-type",
    "ovn-bridge-mappings",
    "ovn-bridge",
    "hostname",
)


def run_host(options):
    inform({**OVS_ARGUMENTS, **options}, lambda params: Host(params).facts())


def rundir(program):
    """Where the daemons of ``ovs`` or ``ovn`` have their sockets."""
    default = "/var/run/openvswitch" if program == "ovs" else "/var/run/ovn"
    return os.environ.get("%s_RUNDIR" % program.upper()) or default


def facts_of(daemon):
    """``running`` is None where the host has no place for it."""
    return {
        "running": daemon.running if daemon.here else None,
        "answers": daemon.answers if daemon.here else None,
        "stopped": daemon.stopped,
        "pid": daemon.pid or None,
    }


def _ip(*words):
    """What iproute2 says as data; None where it cannot."""
    try:
        done = subprocess.run(
            ["ip", "-j", *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False,
            env={**os.environ, "PATH": "/usr/sbin:/sbin:/usr/bin:/bin:" + os.environ.get("PATH", ""), "LC_ALL": "C"},
        )  # fmt: skip
        return json.loads(done.stdout or b"[]") if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


class Host:
    def __init__(self, params):
        self.params = params

    def facts(self):
        vswitchd = Daemon(rundir("ovs"), "ovs-vswitchd")
        controller = Daemon(rundir("ovn"), "ovn-controller")
        try:
            self._look()
        except OvnError as exc:
            if not os.path.isdir(rundir("ovs")):
                raise
            self.settings, self.bridges, self.ports, self.interfaces = {}, {}, {}, {}
            database: str | None = str(exc)
        else:
            database = None
        machines = self._machines()
        links = _ip("-d", "addr") or []
        own = {
            link["ifname"]: [a["local"] for a in link.get("addr_info", ()) if a.get("scope") == "global"]
            for link in links
        }
        return {
            "database_error": database,
            "chassis": self.settings.get("system-id"),
            "settings": {name: self.settings[name] for name in _SETTINGS if name in self.settings},
            "vswitchd": facts_of(vswitchd),
            "controller": {
                **facts_of(controller),
                "connection": controller.ask("connection-status"),
                "paused": {"paused": True, "running": False}.get(controller.ask("debug/status") or ""),
            },
            "bridges": {
                name: {**self._bridge(row), "addresses": own.get(name, [])} for name, row in self.bridges.items()
            },
            "machines": machines,
            "moves": self._moves({machine["iface_id"] for machine in machines if machine["iface_id"]}),
            "tunnels": self._tunnels(),
            "addresses": sorted(
                address["local"]
                for link in links
                for address in link.get("addr_info", ())
                if address.get("scope") != "host"
            ),
            "underlay": {peer: self._underlay(peer, links) for peer in self.params["peers"]},
            "conntrack": self._conntrack(vswitchd),
        }

    # -- Open vSwitch ---------------------------------------------------------------------------------------------------

    def _look(self):
        with open_session(self.params, "Open_vSwitch") as session:
            wanted = [
                ("Open_vSwitch", ["external_ids"], ()),
                ("Bridge", ["name", "ports", "datapath_type"], ()),
                ("Port", ["name", "interfaces", "external_ids"], ()),
                (
                    "Interface",
                    ["name", "type", "ofport", "error", "external_ids", "mtu", "link_state", "options", "bfd_status"],
                    (),
                ),
            ]
            found = look(session, wanted)
        self.settings = {key: value for row in found[0].values() for key, value in row["external_ids"].items()}
        # A setting may be given for one of several chassis of a host by the suffix -NAME
        mine = "-%s" % self.settings.get("system-id")
        self.settings = {**self.settings, **{k[: -len(mine)]: v for k, v in self.settings.items() if k.endswith(mine)}}
        self.bridges = {row["name"]: row for row in found[1].values()}
        self.ports, self.interfaces = found[2], found[3]

    def _members(self, bridge):
        ports = [self.ports[uuid] for uuid in bridge["ports"] if uuid in self.ports]
        return [
            (port, self.interfaces[uuid]) for port in ports for uuid in port["interfaces"] if uuid in self.interfaces
        ]

    def _bridge(self, row):
        """The bridge's links to the outside: neither tunnels nor ports of machines."""
        uplinks = [
            {"name": interface["name"], "up": interface["link_state"] == "up", "mtu": interface["mtu"], "error": interface["error"]}
            for _port, interface in self._members(row)
            if interface["type"] in ("", "system", "dpdk") and "iface-id" not in interface["external_ids"]
        ]  # fmt: skip
        patches = [i["name"] for _port, i in self._members(row) if i["type"] == "patch"]
        return {"datapath_type": row["datapath_type"], "uplinks": uplinks, "patches": sorted(patches)}

    def _tunnels(self):
        chassis = {}
        for port in self.ports.values():
            for uuid in port["interfaces"]:
                chassis[uuid] = port["external_ids"].get("ovn-chassis-id", "").partition("@")[0] or None
        return sorted(
            (
                {
                    "name": row["name"],
                    "type": row["type"],
                    "remote_ip": row["options"].get("remote_ip"),
                    "chassis": chassis.get(uuid),
                    "ofport": row["ofport"],
                    "error": row["error"],
                    "bfd": row["bfd_status"].get("state"),
                    "bfd_diagnostic": row["bfd_status"].get("diagnostic"),
                }
                for uuid, row in self.interfaces.items()
                if row["type"] in TUNNELS
            ),
            key=lambda tunnel: tunnel["name"],
        )

    @staticmethod
    def _conntrack(vswitchd):
        """How many connections are tracked, and how many may be."""
        counts = [vswitchd.ask("dpctl/ct-get-nconns"), vswitchd.ask("dpctl/ct-get-maxconns")]
        if not all(text and text.isdigit() for text in counts):
            counts = [read_file("/proc/sys/net/netfilter/nf_conntrack_%s" % name) for name in ("count", "max")]
        if not all(text and text.strip().isdigit() for text in counts):
            return None
        return {"count": int(counts[0]), "limit": int(counts[1])}

    # -- the underlay ---------------------------------------------------------------------------------------------------

    def _underlay(self, peer, links):
        """How packets leave to another chassis: the device, and the least MTU on the way out of this host."""
        route = (_ip("route", "get", peer) or [{}])[0]
        device = route.get("dev")
        of = {link["ifname"]: link for link in links}
        mtus = [of[device]["mtu"]] if device in of else []
        uplinks = self._bridge(self.bridges[device])["uplinks"] if device in self.bridges else []
        mtus += [of[uplink["name"]]["mtu"] for uplink in uplinks if uplink["name"] in of]
        names = [device, *(uplink["name"] for uplink in uplinks)]
        down = [
            name
            for name in names
            if name in of and ("UP" not in of[name]["flags"] or "NO-CARRIER" in of[name]["flags"])
        ]
        return {"device": device, "source": route.get("prefsrc"), "mtu": min(mtus) if mtus else None, "down": down}

    # -- machines -------------------------------------------------------------------------------------------------------

    def _machines(self):
        """The interfaces that were asked for, by iface-id or by namespace, with what is in the namespace."""
        found = []
        asked = [name for name in self.params["namespaces"] if name]
        for port in self.ports.values():
            for uuid in port["interfaces"]:
                row = self.interfaces.get(uuid)
                if row is None or row["type"] in (*TUNNELS, "patch"):
                    continue
                space, owned = port["external_ids"].get(_TAG), _TAG in port["external_ids"]
                iface_id = row["external_ids"].get("iface-id")
                if (iface_id and iface_id in self.params["ports"]) or (space or row["name"]) in asked:
                    machine = self._machine(row, iface_id, space or self._space_of(row["name"]))
                    found.append({**machine, "owned": owned})
        missing = [name for name in asked if name not in [machine["namespace"] for machine in found]]
        return sorted(found, key=lambda m: m["interface"]) + [
            self._machine(None, None, name) for name in sorted(missing)
        ]

    @staticmethod
    def _space_of(device):
        """The namespace that has a device of this name, if just one has."""
        try:
            names = os.listdir(NETNS)
        except OSError:
            return None
        found = [name for name in names[:256] if _ip("-n", name, "link", "show", "dev", device)]
        return found[0] if len(found) == 1 else None

    def _machine(self, row, iface_id, space):
        bridge = next(
            (
                name
                for name, b in self.bridges.items()
                if row and row["name"] in [i["name"] for _p, i in self._members(b)]
            ),
            None,
        )
        machine = {
            "interface": row and row["name"], "iface_id": iface_id, "type": row and row["type"],
            "ofport": row and row["ofport"], "error": row and row["error"], "bridge": bridge,
            "datapath_type": bridge and self.bridges[bridge]["datapath_type"],
            "namespace": space, "owned": False, "device": None, "mac": None, "mtu": None, "up": None, "carrier": None, "addresses": None,
            "routes": None, "neighbours": None, "tx_checksum": None,
        }  # fmt: skip
        links = _ip("-n", space, "-d", "addr") if space else None
        if not links:
            return machine
        others = [link for link in links if link["link_type"] != "loopback"]
        named = [link for link in others if row and link["ifname"] == row["name"]]
        if not (named or len(others) == 1):
            return machine
        link = (named or others)[0]
        return {**machine, **self._inside(space, link)}

    def _inside(self, space, link):
        device = link["ifname"]
        routes = [route for family in ("-4", "-6") for route in _ip("-n", space, family, "route") or ()]
        neighbours = [entry for family in ("-4", "-6") for entry in _ip("-n", space, family, "neigh") or ()]
        kind = link.get("linkinfo", {}).get("info_kind")
        return {
            "device": device,
            "mac": link["address"],
            "mtu": link["mtu"],
            "up": "UP" in link["flags"],
            "carrier": "NO-CARRIER" not in link["flags"],
            "addresses": [
                "%s/%d" % (a["local"], a["prefixlen"])
                for a in link["addr_info"]
                if a.get("scope") not in ("link", "host")
            ],
            "routes": [
                {"dst": r["dst"], "via": r.get("gateway"), "dev": r.get("dev"), "type": r.get("type", "unicast")}
                for r in routes
                if not r["dst"].startswith("fe80:") and not r["dst"].startswith("ff00:")
            ],
            "neighbours": [
                {"ip": n["dst"], "lladdr": n.get("lladdr"), "state": n.get("state", [])}
                for n in neighbours
                if n.get("dev") == device and not n["dst"].startswith("ff")
            ],
            "tx_checksum": self._tx_checksum(space, device) if kind == "veth" else None,
        }

    @staticmethod
    def _tx_checksum(space, device):
        """Whether the device leaves checksums to a later one; None where nobody can ask."""
        from .._netns import kernel
        from .._netns.errors import NetnsError

        if kernel.PYROUTE2_ERROR:
            return None
        try:
            inside = kernel.Namespace(space)
        except NetnsError:
            return None
        try:
            return inside.offload(device, "tx")
        finally:
            inside.close()

    # -- what ovn-controller wrote --------------------------------------------------------------------------------------

    def _moves(self, ports):
        """{port: chassis that it was taken from}, as ovn-controller's log has it."""
        ports = ports | set(self.params["ports"])
        directory = os.environ.get("OVN_LOGDIR") or "/var/log/ovn"
        try:
            with open(os.path.join(directory, "ovn-controller.log"), "rb") as stream:
                stream.seek(max(0, stream.seek(0, os.SEEK_END) - _LOG_TAIL))
                text = stream.read().decode("utf-8", "replace")
        except OSError:
            return {}
        found = {}
        since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=_RECENTLY)
        for when, port, before, _after in _MOVED.findall(text):
            if port in ports and when >= since.strftime("%Y-%m-%dT%H:%M:%S"):
                found.setdefault(port, set()).add(before)
        return {port: sorted(chassis) for port, chassis in found.items()}
