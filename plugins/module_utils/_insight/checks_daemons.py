# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of what must run and be registered before any packet can go: OVN's daemons, the binding of ports.

A check takes the case, and returns what it saw to be well, or None where it does not apply; it raises Finding or Unknown.
"""

from __future__ import annotations

from .finding import Finding, command, unit


def _go_on(daemon, unit):
    """What wakes a daemon that hangs, and what is said of it."""
    if daemon["stopped"]:
        return command("kill -CONT", daemon["pid"]), "is stopped by a signal"
    return unit(unit, "restarted"), "does not answer on its control socket"


def check_northd(case):
    central = case.network["central"]
    northd = central["northd"]
    behind = (
        central["nb_cfg"] is not None and central["sb_nb_cfg"] is not None and central["sb_nb_cfg"] < central["nb_cfg"]
    )
    numbers = "NB_Global:nb_cfg is %s, SB_Global:nb_cfg is %s" % (central["nb_cfg"], central["sb_nb_cfg"])
    missing = [end["name"] for end in case.ends if end["name"] and end["binding"] is None]
    lost = "what is declared in the northbound database does not reach the southbound one"
    if northd["running"] and not northd["answers"]:
        task, state = _go_on(northd, central["unit"])
        raise Finding(
            "northd_frozen",
            "ovn-northd hangs: %s." % lost,
            ["ovn-northd %s" % state, numbers],
            task,
            advice="Let ovn-northd go on",
        )
    if northd["status"] == "paused":
        raise Finding(
            "northd_paused", "ovn-northd is paused: %s." % lost, ["ovn-appctl -t ovn-northd status: paused", numbers],
            command("ovn-appctl -t ovn-northd resume"), advice="Let ovn-northd go on",
        )  # fmt: skip
    if behind or missing:
        evidence = [numbers] + ["the logical port %s has no Port_Binding" % name for name in missing]
        if northd["running"] is False:
            raise Finding(
                "northd_stopped", "ovn-northd does not run: %s." % lost, ["no ovn-northd answers on the host of the databases", *evidence],
                unit("ovn-northd.service", "started"), advice="Start ovn-northd",
            )  # fmt: skip
        raise Finding(
            "northd_behind", "ovn-northd is behind: %s." % lost, evidence, advice="Look at ovn-northd: its log, and whether it reaches both databases"
        )  # fmt: skip
    if northd["running"]:
        return "ovn-northd is %s" % (northd["status"] or "running")
    return "the southbound database has what the northbound one asks for"


def check_vswitchd(case):
    for name, host in sorted(case.hosts.items()):
        if host["database_error"]:
            raise Finding(
                "ovs_database_down", "The database of Open vSwitch does not answer on %s." % name, [host["database_error"]],
                unit("ovsdb-server.service", "started"), name, "Start the database",
            )  # fmt: skip
        daemon = host["vswitchd"]
        if daemon["running"] is False:
            raise Finding(
                "vswitchd_stopped", "ovs-vswitchd does not run on %s: nothing is forwarded there." % name,
                ["no ovs-vswitchd answers on its control socket on %s" % name], unit("ovs-vswitchd.service", "started"), name, "Start Open vSwitch",
            )  # fmt: skip
        if daemon["running"] and not daemon["answers"]:
            task, state = _go_on(daemon, "ovs-vswitchd.service")
            raise Finding(
                "vswitchd_frozen",
                "ovs-vswitchd hangs on %s." % name,
                ["ovs-vswitchd on %s %s" % (name, state)],
                task,
                name,
                "Let Open vSwitch go on",
            )
    return "on %s" % ", ".join(sorted(case.hosts)) if case.hosts else None


def check_controller(case):
    for name, host in sorted(case.hosts.items()):
        daemon, chassis = host["controller"], host["chassis"]
        row = case.network["chassis"].get(chassis)
        cfg = "Chassis_Private:nb_cfg of %s is %s, SB_Global:nb_cfg is %s" % (
            chassis, row["nb_cfg"] if row else "gone, as its row is", case.network["central"]["sb_nb_cfg"],
        )  # fmt: skip
        if daemon["running"] is False:
            raise Finding(
                "controller_stopped", "ovn-controller does not run on %s: its flows are old, or gone." % name,
                ["no ovn-controller answers on its control socket on %s" % name, cfg], unit("ovn-controller.service", "started"), name,
                "Start ovn-controller",
            )  # fmt: skip
        still = "its flows stay as they are, whatever changes"
        if daemon["running"] and not daemon["answers"]:
            task, state = _go_on(daemon, "ovn-controller.service")
            raise Finding(
                "controller_frozen", "ovn-controller hangs on %s: %s." % (name, still), ["ovn-controller on %s %s" % (name, state), cfg], task, name,
                "Let ovn-controller go on",
            )  # fmt: skip
        if daemon["paused"]:
            raise Finding(
                "controller_paused", "ovn-controller is paused on %s: %s." % (name, still),
                ["ovn-appctl -t ovn-controller debug/status on %s: paused" % name, cfg],
                command("ovn-appctl -t ovn-controller debug/resume"), name, "Let ovn-controller go on",
            )  # fmt: skip
        if daemon["connection"] and daemon["connection"] != "connected":
            _not_connected(case, name, host, cfg)
        behind = row and row["nb_cfg"] is not None and row["nb_cfg"] < (case.network["central"]["sb_nb_cfg"] or 0)
        if behind and daemon["running"]:
            raise Finding(
                "controller_behind", "ovn-controller on %s is behind: its flows are not yet what the databases ask for." % name, [cfg],
                advice="Wait for it by virtnet.ovn.ovn_wait with sync: hv; if it stays behind, look at its log on %s" % name,
            )  # fmt: skip
    return "on %s" % ", ".join(sorted(case.hosts)) if case.hosts else None


def _not_connected(case, name, host, cfg):
    down = sorted({device for underlay in host["underlay"].values() for device in underlay["down"]})
    if down:
        raise Finding(
            "underlay_down", "The interface %s of %s is down, and with it the southbound database and all tunnels." % (down[0], name),
            ["ip link on %s: %s is not up" % (name, ", ".join(down)), "ovn-controller is %s" % host["controller"]["connection"]],
            advice="Start the interface %s on %s" % (down[0], name),
        )  # fmt: skip
    remote = host["settings"].get("ovn-remote", "")
    others = sorted({
        h["settings"].get("ovn-remote", "") for n, h in case.hosts.items() if n != name and h["controller"]["connection"] == "connected"
    } - {remote})  # fmt: skip
    raise Finding(
        "controller_not_connected", "ovn-controller on %s does not reach the southbound database." % name,
        ["ovn-appctl -t ovn-controller connection-status: %s" % host["controller"]["connection"],
         "external_ids:ovn-remote is %s" % (remote or "not set"), *("of others, which are connected, it is %s" % other for other in others), cfg],
        {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-remote": others[0]}}} if others else None, name,
        "Give it the southbound database's remote" if others else "Look whether external_ids:ovn-remote on %s is right, and answers" % name,
    )  # fmt: skip


def check_named(case):
    """Each end that a machine is known of has a logical port."""
    for end in case.ends:
        if end["name"]:
            continue
        machine, host = end["machine"] or {}, case.facts.get("machines", {}).get(end["given"])
        space = machine.get("namespace")
        if not machine.get("interface"):
            raise Finding(
                "interface_missing", "No interface of Open vSwitch on %s belongs to %s." % (host, end["given"]),
                ["on %s, no port is tagged for the namespace %s or has its name" % (host, space)],
                advice="Start the virtual machine again by virtnet.ovn.netns_vm",
            )  # fmt: skip
        meant = end["candidates"][0] if len(end["candidates"]) == 1 else None
        evidence = [
            "external_ids:iface-id of the interface %s on %s is %s"
            % (machine["interface"], host, machine["iface_id"] or "not set")
        ]
        if machine.get("mac"):
            of = (
                "that of the logical port %s" % ", ".join(end["candidates"])
                if end["candidates"]
                else "that of no logical port"
            )
            evidence.append("its MAC address %s is %s" % (machine["mac"], of))
        said = "names no logical port" if machine["iface_id"] else "is not set"
        raise Finding(
            "iface_id_wrong", "The iface-id of %s's interface %s." % (end["given"], said), evidence,
            _iface_id(machine, meant) if meant else None, host, "Give the interface the logical port's name" if meant else
            "Set external_ids:iface-id of the interface to the logical port's name",
        )  # fmt: skip
    return ", ".join(end["name"] for end in case.ends)


def _iface_id(machine, port):
    interface = {"name": machine["interface"], "external_ids": {"iface-id": port}}
    return {
        "virtnet.ovn.ovs_port": {
            "bridge": machine["bridge"] or "br-int",
            "name": machine["interface"],
            "interfaces": [interface],
        }
    }


def check_bound(case):
    for end in case.ends:
        row, binding, port = end["row"], end["binding"], end["name"]
        if row["type"] not in ("", "virtual") or binding is None:
            continue
        if row["enabled"] is False:
            raise Finding(
                "port_disabled", "The logical port %s is disabled." % port, ["Logical_Switch_Port:enabled of %s is false" % port],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": port, "enabled": True, "wait": "hv"}}, advice="Enable the port",
            )  # fmt: skip
        on = case.interfaces(end)
        hosts = sorted({name for name, _machine in on})
        migrating = binding["additional"] or "," in (binding["requested"] or "")
        if len(hosts) > 1 and not migrating:
            own = case.facts.get("machines", {}).get(end["given"])
            wrong = next(((name, m) for name, m in on if name != own), on[0])
            raise Finding(
                "iface_id_on_two_chassis", "Interfaces on %s all say that they are the port %s: their chassis take it from each other."
                % (" and ".join(hosts), port),
                ["external_ids:iface-id of %s on %s is %s" % (m["interface"], name, port) for name, m in on]
                + ["the southbound database has it on %s" % binding["chassis"]],
                {"virtnet.ovn.ovs_port": {"bridge": wrong[1]["bridge"] or "br-int", "name": wrong[1]["interface"],
                 "interfaces": [{"name": wrong[1]["interface"], "external_ids": {"iface-id": None}}]}} if own else None,
                wrong[0] if own else None, "Take the iface-id off the interface that is not the machine's",
            )  # fmt: skip
        requested = binding["requested"]
        if requested and not migrating and on and case.hosts[hosts[0]]["chassis"] != requested:
            names = [requested, *(r["hostname"] for r in case.network["chassis"].values() if r["name"] == requested)]
            if hosts[0] not in names:
                raise Finding(
                    "requested_chassis_wrong", "The port %s is to be on the chassis %s only, and its interface is on %s." % (port, requested, hosts[0]),
                    ["options:requested-chassis of %s is %s" % (port, requested),
                     "external_ids:iface-id of %s on %s is %s" % (on[0][1]["interface"], hosts[0], port)],
                    {"virtnet.ovn.ovn_logical_switch_port": {"name": port, "options": {"requested-chassis": case.hosts[hosts[0]]["chassis"]}, "wait": "hv"}},
                    advice="Let the port be where its interface is",
                )  # fmt: skip
        if binding["chassis"] is None:
            _why_unbound(case, end, on)
        if binding["up"] is False:
            raise Finding(
                "port_not_up", "The port %s is bound to %s, but not up: its flows are not all installed." % (port, binding["chassis"]),
                ["Port_Binding:up of %s is false" % port], advice="Look at ovn-controller's log on %s" % binding["chassis"],
            )  # fmt: skip
    return (
        ", ".join("%s on %s" % (end["name"], case.chassis_of(end)) for end in case.ends if case.chassis_of(end)) or None
    )


def _why_unbound(case, end, on):
    port = end["name"]
    evidence = ["Port_Binding:chassis of %s is empty" % port]
    for name, machine in on:
        if machine["error"] or machine["ofport"] in (None, -1):
            raise Finding(
                "interface_error", "Open vSwitch on %s cannot use the interface %s of the port %s." % (name, machine["interface"], port),
                [*evidence, "Interface:error is %s, ofport is %s" % (machine["error"], machine["ofport"])],
                advice="Make the device again, or plug the machine in again",
            )  # fmt: skip
        if machine["bridge"] != (case.hosts[name]["settings"].get("ovn-bridge") or "br-int"):
            raise Finding(
                "interface_on_wrong_bridge", "The interface %s of the port %s is on the bridge %s, where OVN does not look."
                % (machine["interface"], port, machine["bridge"]),
                evidence, advice="Plug the machine into the integration bridge",
            )  # fmt: skip
        evidence.append("but on %s the interface %s has its iface-id" % (name, machine["interface"]))
    if not on:
        asked = ", ".join(sorted(case.hosts))
        evidence.append(
            "no interface has external_ids:iface-id=%s%s"
            % (port, " on %s" % asked if asked else ", as far as was asked")
        )
    raise Finding(
        "port_not_bound", "No chassis has bound the logical port %s." % port, evidence,
        advice="On the host of its virtual machine, set external_ids:iface-id=%s of the interface on the integration bridge" % port,
    )  # fmt: skip
