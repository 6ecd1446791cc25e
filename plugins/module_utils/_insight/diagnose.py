# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why one end cannot reach the other: a judgement over facts that modules have collected, without any I/O.

The facts are {"network": what ovn_diagnosis_info returns, "hosts": {host of the inventory: what ovs_diagnosis_info returns there}, "machines":
{name of an end: host}, "probe": what packet_probe returns or None, "tunnels": [{"host", "peers": what ovs_tunnel_probe returns}, ...] in
the order of sending, "trace": what the role ovn_packet_trace found or None}.

The checks are made in the order in which somebody who knows OVN would make them. The first that fails names the cause; what comes after it
is not looked at, since it may follow from the first. What is not known never fails a check.
"""

from __future__ import annotations

import difflib
import ipaddress
import json

from .path import _words
from .routing import ANYBODY, machine_route, network, router_route

#: What a tunnel adds to a packet: inner Ethernet, Geneve with OVN's option, UDP, and IP
_OVERHEAD = {4: 58, 6: 78}
_TUNNELS = {"geneve", "vxlan", "stt"}

OK, FAILED, SKIPPED, UNKNOWN, NOT_APPLICABLE = "ok", "failed", "skipped", "unknown", "not applicable"


class Finding(Exception):
    """A check fails. ``task`` is what mends it, or several with their hosts; ``host`` where it is to run, if not where the databases are."""

    def __init__(self, cause, sentence, evidence, task=None, host=None, advice=None):
        super().__init__(sentence)
        self.cause, self.sentence, self.evidence, self.task, self.host, self.advice = (
            cause,
            sentence,
            evidence,
            task,
            host,
            advice,
        )


class Unknown(Exception):
    """A check cannot be made, and why."""


def diagnose(facts):
    """{"cause", "reached", "sentence", "evidence", "repair", "checks", "open", "story"}; ``cause`` is None where nothing was found."""
    case = _Case(facts)
    reached = case.reached()
    checks, finding = [], None
    for name, question, check in _CHECKS:
        result = {"check": name, "question": question, "result": SKIPPED, "detail": ""}
        checks.append(result)
        if finding:
            continue
        try:
            said = check(case)
            result.update(result=OK if said else NOT_APPLICABLE, detail=said or "")
        except Unknown as exc:
            result.update(result=UNKNOWN, detail=str(exc))
        except Finding as exc:
            if reached and name not in _STANDING:
                result.update(result=OK, detail="it works, however it does")
                continue
            finding = exc
            result.update(result=FAILED, detail=exc.sentence)
    if finding is None and reached is False:
        finding = Finding("unknown", case.nothing_found(), case.symptoms())
    cause, unknown = (finding.cause, finding.cause == "unknown") if finding else (None, False)
    if finding:
        sentence = finding.sentence
    elif reached:
        sentence = "%s reaches %s: nothing is wrong between the two." % (
            case.source["given"],
            case.destination["given"],
        )
    else:
        sentence = "Nothing is wrong between %s and %s as far as can be seen; no packet was sent." % (
            case.source["given"], case.destination["given"],
        )  # fmt: skip
    told = [*finding.evidence, *(line for line in case.lost() if line not in finding.evidence)] if finding else []
    judged: dict = {
        "cause": cause,
        "reached": reached,
        "sentence": sentence,
        "evidence": told,
        "repair": _repair(finding) if finding else "",
        "checks": checks,
        "open": case.open(finding is not None and not unknown),
    }
    return {**judged, "story": _story(case, judged)}


def _repair(finding):
    given = finding.task if isinstance(finding.task, list) else [(finding.task, finding.host)]
    given = [(task, host) for task, host in given if task]
    if not given:
        return "# %s\n" % finding.advice if finding.advice else ""
    import yaml

    tasks = [
        {"name": finding.advice or "Mend it", **task, **({"delegate_to": host} if host else {})} for task, host in given
    ]
    # Plain types, whatever the facts came as
    return yaml.safe_dump(json.loads(json.dumps(tasks)), sort_keys=False, default_flow_style=False, width=120)


def _story(case, result):
    marks = {OK: "ok", FAILED: "FAILED", SKIPPED: "-", UNKNOWN: "?", NOT_APPLICABLE: "-"}
    lines = [
        "From %s to %s: %s" % (case.source["given"], case.destination["given"], result["cause"] or "no finding"),
        "",
        result["sentence"],
    ]
    lines += ["  - %s" % line for line in result["evidence"]]
    made = [check for check in result["checks"] if check["result"] in (OK, FAILED, UNKNOWN)]
    lines += ["", "What was looked at:"]
    lines += [
        "  %-6s %s"
        % (marks[c["result"]], c["question"] + (": %s" % c["detail"] if c["result"] != FAILED and c["detail"] else ""))
        for c in made
    ]
    if result["repair"]:
        lines += ["", "What mends it:", *("  %s" % line for line in result["repair"].splitlines())]
    return "\n".join(lines)


class _Case:
    def __init__(self, facts):
        self.facts = facts
        self.network = facts["network"]
        self.hosts = {name: host for name, host in (facts.get("hosts") or {}).items() if host}
        self.source, self.destination = self.network["source"], self.network["destination"]
        self.ends = [end for end in (self.source, self.destination) if end["kind"] == "port"]
        self.probe = facts.get("probe") or None
        self.trace = facts.get("trace") or None
        self.path = self.network["path"]

    # -- who is where ---------------------------------------------------------------------------------------------------

    def host_of(self, chassis):
        """(host of the inventory, its facts) of a chassis; (None, None) where it could not be asked."""
        for name, host in sorted(self.hosts.items()):
            if chassis and host["chassis"] == chassis:
                return name, host
        named = {row["hostname"]: row["name"] for row in self.network["chassis"].values()}
        for name, host in sorted(self.hosts.items()):
            if chassis and host["chassis"] is None and chassis in (name, named.get(name)):
                return name, host
        return None, None

    def interfaces(self, end):
        """[(host, its interface)] that say by their iface-id that they are the end's port."""
        wanted = (end["row"] or {}).get("parent_name") or end["name"]
        return [
            (name, machine)
            for name, host in sorted(self.hosts.items())
            for machine in host["machines"]
            if wanted and machine["iface_id"] == wanted and machine["interface"]
        ]

    def machine(self, end):
        """(host, what is known of the end's virtual machine); (None, None) where nothing is, as of a container within one."""
        if (end["row"] or {}).get("parent_name"):
            return None, None
        for name, machine in self.interfaces(end):
            if machine["device"]:
                return name, machine
        if end["machine"] and end["machine"].get("device"):
            return self.facts.get("machines", {}).get(end["given"]), end["machine"]
        return None, None

    def chassis_of(self, end):
        return (end["binding"] or {}).get("chassis")

    def gateway(self):
        """The gateway on the way outside: (router, port, chassis, why); None where the way stays inside."""
        for number, hop in enumerate(self.path):
            if hop["kind"] != "router":
                continue
            router = next(r for r in self.network["routers"] if r["name"] == hop["name"])
            out = self.path[number + 1]["by"]["router_port"] if number + 1 < len(self.path) else None
            for port in router["ports"]:
                binding = port["binding"] or {}
                if router["chassis_option"] or (port["name"] == out and port["gateway"]):
                    return router, port, binding.get("chassis")
        return None

    def pairs(self):
        """The chassis between which packets go by tunnel: [(chassis, chassis)]."""
        here = self.chassis_of(self.source)
        others = [self.chassis_of(self.destination)] + [b.get("chassis") for b in self.destination.get("backends", ())]
        gateway = self.gateway()
        others.append(gateway[2] if gateway else None)
        return [(here, other) for other in dict.fromkeys(others) if here and other and other != here]

    # -- what really happens --------------------------------------------------------------------------------------------

    def small_and_large(self):
        """Whether short packets are answered, and long ones; None where none were sent."""
        pings = (self.probe or {}).get("pings") or []
        return [pings[at]["answered"] if len(pings) > at and pings[at]["sent"] else None for at in (0, 1)]

    def reached(self):
        """Whether the destination is reached, as packets or else the trace tell; None where neither does."""
        if self.probe:
            small, large = self.small_and_large()
            answered = self.probe["tcp"]["connected"] if self.probe.get("tcp") else bool(small)
            return bool(answered and not (small and large is False))
        if self.trace:
            answer = self.trace.get("answer")
            if self.trace["verdict"] in ("unresolved", "not_followed", "unknown", "to_controller"):
                return None
            return bool(self.trace["reached"] and (answer is None or answer["reached"]))
        return None

    def open(self, found):
        """What else there is to ask, before a cause can be named."""
        nothing = {"tunnels": [], "trace": False}
        if found or (self.probe and self.reached()):
            return nothing
        sending = []
        if not self.facts.get("tunnels"):
            for here, there in self.pairs():
                ends = [self.host_of(chassis)[0] for chassis in (here, there)]
                if all(ends):
                    sending += [{"host": host, "peer": peer} for host, peer in ((ends[1], here), (ends[0], there)) * 2]
        return {"tunnels": sending, "trace": self.trace is None and self.network["trace"]["possible"]}

    def nothing_found(self):
        return "%s does not reach %s, and every check that could be made passes: the cause is not known." % (
            self.source["given"], self.destination["given"],
        )  # fmt: skip

    def lost(self):
        """What became of the packets, where not all came through."""
        found = []
        if self.reached():
            return found
        for ping in (self.probe or {}).get("pings") or ():
            if ping["sent"]:
                error = " (%s)" % ping["error"] if ping["error"] else ""
                found.append(
                    "a ping of %d bytes to %s is %sanswered%s"
                    % (ping["size"], self.network["probe"]["address"], "" if ping["answered"] else "not ", error)
                )
        tcp = (self.probe or {}).get("tcp")
        if tcp:
            found.append("TCP to port %d: %s" % (tcp["port"], "connected" if tcp["connected"] else tcp["error"]))
        return found

    def symptoms(self):
        found = self.lost()
        if self.trace:
            found.append("the trace says: %s" % self.trace["reason"])
            if self.trace.get("answer"):
                found.append("the trace of the answer says: %s" % self.trace["answer"]["reason"])
        elif not self.network["trace"]["possible"]:
            found.append("it could not be traced: %s" % self.network["trace"]["why_not"])
        return found


# -- the checks, in their order -----------------------------------------------------------------------------------------


def _unit(name, state):
    return {"ansible.builtin.systemd_service": {"name": name, "state": state}}


def _command(*words):
    return {"ansible.builtin.command": " ".join(words), "changed_when": True}


def _go_on(daemon, unit):
    """What wakes a daemon that hangs, and what is said of it."""
    if daemon["stopped"]:
        return _command("kill -CONT", daemon["pid"]), "is stopped by a signal"
    return _unit(unit, "restarted"), "does not answer on its control socket"


def _northd(case):
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
            _command("ovn-appctl -t ovn-northd resume"), advice="Let ovn-northd go on",
        )  # fmt: skip
    if behind or missing:
        evidence = [numbers] + ["the logical port %s has no Port_Binding" % name for name in missing]
        if northd["running"] is False:
            raise Finding(
                "northd_stopped", "ovn-northd does not run: %s." % lost, ["no ovn-northd answers on the host of the databases", *evidence],
                _unit("ovn-northd.service", "started"), advice="Start ovn-northd",
            )  # fmt: skip
        raise Finding(
            "northd_behind", "ovn-northd is behind: %s." % lost, evidence, advice="Look at ovn-northd: its log, and whether it reaches both databases"
        )  # fmt: skip
    if northd["running"]:
        return "ovn-northd is %s" % (northd["status"] or "running")
    return "the southbound database has what the northbound one asks for"


def _vswitchd(case):
    for name, host in sorted(case.hosts.items()):
        if host["database_error"]:
            raise Finding(
                "ovs_database_down", "The database of Open vSwitch does not answer on %s." % name, [host["database_error"]],
                _unit("ovsdb-server.service", "started"), name, "Start the database",
            )  # fmt: skip
        daemon = host["vswitchd"]
        if daemon["running"] is False:
            raise Finding(
                "vswitchd_stopped", "ovs-vswitchd does not run on %s: nothing is forwarded there." % name,
                ["no ovs-vswitchd answers on its control socket on %s" % name], _unit("ovs-vswitchd.service", "started"), name, "Start Open vSwitch",
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


def _controller(case):
    for name, host in sorted(case.hosts.items()):
        daemon, chassis = host["controller"], host["chassis"]
        row = case.network["chassis"].get(chassis)
        cfg = "Chassis_Private:nb_cfg of %s is %s, SB_Global:nb_cfg is %s" % (
            chassis, row["nb_cfg"] if row else "gone, as its row is", case.network["central"]["sb_nb_cfg"],
        )  # fmt: skip
        if daemon["running"] is False:
            raise Finding(
                "controller_stopped", "ovn-controller does not run on %s: its flows are old, or gone." % name,
                ["no ovn-controller answers on its control socket on %s" % name, cfg], _unit("ovn-controller.service", "started"), name,
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
                _command("ovn-appctl -t ovn-controller debug/resume"), name, "Let ovn-controller go on",
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


def _named(case):
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


def _bound(case):
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


def _link(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        for name, interface in case.interfaces(end):
            if interface["error"] or interface["ofport"] == -1:
                raise Finding(
                    "interface_error", "Open vSwitch on %s cannot use the interface %s of %s." % (name, interface["interface"], end["given"]),
                    ["Interface:error is %s, ofport is %s" % (interface["error"], interface["ofport"])],
                    advice="Make the device again, or plug the machine in again",
                )  # fmt: skip
        if machine is None:
            continue
        said.append("%s in %s" % (machine["device"], machine["namespace"]))
        if not machine["up"]:
            raise Finding(
                "machine_link_down", "The device %s of %s is down." % (machine["device"], end["given"]),
                ["ip link in the namespace %s on %s: not UP" % (machine["namespace"], host)], *_netns(machine, host), advice="Start the machine's device",
            )  # fmt: skip
    return ", ".join(said)


def _netns(machine, host, **fields) -> tuple[dict | None, str | None]:
    """The task of netns_vm for a machine that is that module's, and the host."""
    if not machine["owned"]:
        return None, None
    kind = "veth" if machine["type"] in ("", "system") else "internal"
    name = machine["namespace"]
    port = {"port": machine["interface"]} if machine["interface"] != name else {}
    return {"virtnet.ovn.netns_vm": {"name": name, **port, "type": kind, **fields}}, host


def _mac(case):
    said = []
    for end in case.ends:
        row, declared = end["row"], [word.lower() for word in end["macs"]]
        if row["type"] != "" or not declared:
            continue
        host, machine = case.machine(end)
        takes_any = any("unknown" in words for words in (address.split() for address in row["addresses"]))
        if machine and machine["mac"].lower() not in declared and not takes_any:
            raise Finding(
                "mac_mismatch", "%s has another MAC address than its logical port %s." % (end["given"], end["name"]),
                ["the device %s in %s on %s has %s" % (machine["device"], machine["namespace"], host, machine["mac"]),
                 "Logical_Switch_Port:addresses of %s is %s" % (end["name"], ", ".join(row["addresses"]))],
                *_netns(machine, host, mac=declared[0]), advice="Give the machine the declared MAC address (or declare its own)",
            )  # fmt: skip
        if end["same_mac"]:
            raise Finding(
                "duplicate_mac", "On the switch %s, %s and %s have the same MAC address." % (end["switch"], end["name"], ", ".join(end["same_mac"])),
                ["%s of each of them has %s" % ("addresses", ", ".join(declared))],
                advice="Give each port a MAC address of its own by virtnet.ovn.ovn_logical_switch_port, here %s" % ", ".join(end["same_mac"]),
            )  # fmt: skip
        said.append("%s has %s" % (end["name"], ", ".join(declared)))
    return "; ".join(said)


def _ip_address(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        if machine:
            own = [text.partition("/")[0] for text in machine["addresses"] or ()]
            if not own:
                raise Finding(
                    "machine_without_address", "%s has no IP address." % end["given"],
                    ["ip addr in the namespace %s on %s: none" % (machine["namespace"], host)],
                    *(_netns(machine, host, addresses=_prefixed(case, end, machine)) if end["ips"] else (None, None)),
                    advice="Give it its address" if end["ips"] else "Give it an address by virtnet.ovn.netns_vm",
                )  # fmt: skip
            other = [
                ip
                for ip in own
                if end["ips"] and (":" in ip) in {":" in i for i in end["ips"]} and ip not in end["ips"]
            ]
            if other and not set(own) & set(end["ips"]):
                raise Finding(
                    "ip_mismatch", "%s has another IP address than its logical port %s." % (end["given"], end["name"]),
                    ["ip addr in the namespace %s on %s: %s" % (machine["namespace"], host, ", ".join(machine["addresses"])),
                     "Logical_Switch_Port has %s" % ", ".join(end["ips"])],
                    *_netns(machine, host, addresses=_prefixed(case, end, machine)), advice="Give the machine the declared address (or declare its own)",
                )  # fmt: skip
            said.append("%s has %s" % (end["given"], ", ".join(own)))
        if end["same_ip"]:
            raise Finding(
                "duplicate_ip", "On the switch %s, %s and %s have the same IP address." % (end["switch"], end["name"], ", ".join(end["same_ip"])),
                ["both have %s" % end["ip"]], advice="Give each port an address of its own by virtnet.ovn.ovn_logical_switch_port, here %s"
                % ", ".join(end["same_ip"]),
            )  # fmt: skip
    return "; ".join(said)


def _prefixed(case, end, machine):
    """The declared addresses, with the length of the prefix that a router on the switch has; those of another IP version stay."""
    networks = [
        network(text) for link in case.network["links"] if link["switch"] == end["switch"] for text in link["networks"]
    ]
    found = []
    for text in end["ips"]:
        address = ipaddress.ip_address(text)
        on = [n for n in networks if n and n.version == address.version and address in n]
        found.append("%s/%d" % (text, on[0].prefixlen if on else address.max_prefixlen))
    six = {":" in text for text in found}
    return [text for text in machine["addresses"] or () if (":" in text) not in six] + found


def _port_security(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        entries = [words for words in _words({"port_security": (end["row"] or {}).get("port_security", ())}) if words]
        if not machine or not entries or not end["ip"]:
            continue
        mine = machine["mac"].lower()
        mac_fits = [words for words in entries if words[0].lower() == mine]
        own = [text.partition("/")[0] for text in machine["addresses"] or ()]
        ip_fits = [words for words in mac_fits if _allowed(words[1:], end["ip"])]
        if not ip_fits:
            what = "the MAC address %s" % mine if not mac_fits else "the IP address %s" % end["ip"]
            allowed = "%s %s" % (mine, end["ip"]) if any(len(words) > 1 for words in entries) else mine
            raise Finding(
                "port_security", "The port security of %s does not allow %s of %s." % (end["name"], what, end["given"]),
                ["Logical_Switch_Port:port_security of %s is %s" % (end["name"], ", ".join(" ".join(words) for words in entries)),
                 "%s has %s, %s" % (end["given"], machine["mac"], ", ".join(own))],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": end["name"], "port_security": [allowed], "wait": "hv"}},
                advice="Allow what the machine has (if it is right)",
            )  # fmt: skip
        said.append("%s may send" % end["name"])
    return ", ".join(said)


def _allowed(words, address):
    """Whether an entry of port security allows an IP address: one without any of that family allows all where it has none at all."""
    nets = [n for n in map(network, words) if n is not None]
    of_family = [n for n in nets if n.version == ipaddress.ip_address(address).version]
    return not nets or any(ipaddress.ip_address(address) in n for n in of_family)


def _machine_route(case):
    said = []
    for end, other in ((case.source, case.destination), (case.destination, case.source)):
        host, machine = case.machine(end) if end["kind"] == "port" else (None, None)
        target = other["ip"]
        if not machine or machine["routes"] is None or not target or not end["switch"]:
            continue
        if end is case.destination and case.destination["kind"] != "port":
            continue
        routers = [link for link in case.network["links"] if link["switch"] == end["switch"] and link["mac"]]
        gateways = sorted(
            {
                text.partition("/")[0]
                for link in routers
                for text in link["networks"]
                if (":" in text) == (":" in target)
            }
        )
        where = "ip route in the namespace %s on %s" % (machine["namespace"], host)
        table = "%s: %s" % (where, "; ".join(_route_text(route) for route in machine["routes"]) or "empty")
        route = machine_route(machine, target)
        if route is None:
            mend = _netns(machine, host, routes=_with_default(machine, gateways[0])) if gateways else (None, None)
            raise Finding(
                "machine_no_route",
                "%s has no route to %s." % (end["given"], target),
                [table],
                *mend,
                advice="Give it a default route",
            )
        if route["via"]:
            if gateways and route["via"] not in gateways and not _may_be_there(case, end, route["via"]):
                raise Finding(
                    "machine_wrong_gateway", "%s sends what is for %s to %s, which nobody on the switch %s has."
                    % (end["given"], target, route["via"], end["switch"]),
                    [table, "the routers on %s have %s" % (end["switch"], ", ".join(gateways)), *_unresolved(machine, route["via"])],
                    *_netns(machine, host, routes=_with_default(machine, gateways[0])), advice="Give it the router on its switch as gateway",
                )  # fmt: skip
            said.append("%s by %s" % (end["given"], route["via"]))
            continue
        if other["kind"] == "port" and other["switch"] and other["switch"] != end["switch"]:
            raise Finding(
                "machine_wrong_prefix", "%s takes %s for a neighbour on its own network, and it is on another switch (%s)."
                % (end["given"], target, other["switch"]),
                [table, "ip addr: %s" % ", ".join(machine["addresses"]), *_unresolved(machine, target)],
                *_netns(machine, host, addresses=_with_prefix(machine, routers)), advice="Give its address the length of the router's network",
            )  # fmt: skip
        said.append("%s on its own network" % end["given"])
    return "; ".join(said)


def _route_text(route):
    return "%s%s" % (route["dst"], " via %s" % route["via"] if route["via"] else " dev %s" % route["dev"])


def _with_default(machine, gateway):
    """The routes that were given to it, with another default route of the gateway's IP version."""
    others = [
        r
        for r in machine["routes"]
        if r["via"] and not (r["dst"] == "default" and (":" in r["via"]) == (":" in gateway))
    ]
    return [{"dst": r["dst"], "via": r["via"]} for r in others] + [{"dst": "default", "via": gateway}]


def _with_prefix(machine, routers):
    lengths = {network(text) for link in routers for text in link["networks"]}
    found = []
    for text in machine["addresses"]:
        address = ipaddress.ip_address(text.partition("/")[0])
        on = [n.prefixlen for n in lengths if n and n.version == address.version and address in n]
        found.append("%s/%d" % (address, on[0]) if on else text)
    return found


def _may_be_there(case, end, address):
    """Whether an address may be on the end's switch without the databases knowing: on a physical network, or by an address of its own."""
    if any(localnet["switch"] == end["switch"] for localnet in case.network["localnets"]):
        return True
    known = case.network["switch_addresses"].get(end["switch"], ())
    return address in known or ANYBODY in known


def _unresolved(machine, address):
    states = [entry["state"] for entry in machine["neighbours"] or () if entry["ip"] == address]
    return [
        "its neighbour %s is %s" % (address, ", ".join(state))
        for state in states
        if {"FAILED", "INCOMPLETE"} & set(state)
    ]


def _neighbour(case):
    said = []
    for end, other in ((case.source, case.destination), (case.destination, case.source)):
        host, machine = case.machine(end) if end["kind"] == "port" else (None, None)
        if not machine or not other["ip"] or not end["switch"]:
            continue
        route = machine_route(machine, other["ip"])
        hop = (route["via"] or other["ip"]) if route else None
        expected = _mac_on_switch(case, end, hop, other)
        entry = next((e for e in machine["neighbours"] or () if e["ip"] == hop and e["lladdr"]), None)
        if not expected or not entry:
            continue
        if entry["lladdr"].lower() not in expected:
            raise Finding(
                "machine_stale_neighbour", "%s takes %s to be at %s, and it is at %s." % (end["given"], hop, entry["lladdr"], ", ".join(sorted(expected))),
                ["ip neigh in the namespace %s on %s: %s lladdr %s %s" % (machine["namespace"], host, hop, entry["lladdr"], " ".join(entry["state"]))],
                *_netns(machine, host, neighbours=_permanent(machine, hop)), advice="Let it ask again",
            )  # fmt: skip
        said.append("%s knows %s at %s" % (end["given"], hop, entry["lladdr"]))
    return "; ".join(said)


def _permanent(machine, but):
    """The neighbours that were given to it, less one."""
    given = [entry for entry in machine["neighbours"] if "PERMANENT" in entry["state"] and entry["ip"] != but]
    return [{"ip": entry["ip"], "lladdr": entry["lladdr"]} for entry in given]


def _mac_on_switch(case, end, address, other):
    for link in case.network["links"]:
        if (
            link["switch"] == end["switch"]
            and link["mac"]
            and address in [n.partition("/")[0] for n in link["networks"]]
        ):
            return {link["mac"]}
    if (
        other["kind"] == "port"
        and other["switch"] == end["switch"]
        and address == other["ip"]
        and other["row"]["type"] == ""
    ):
        _host, machine = case.machine(other)
        return {machine["mac"].lower()} if machine else set(other["macs"])
    return set()


def _router_port(case):
    links = [link for link in case.network["links"] if link["on_path"]] or case.network["links"]
    for link in case.network["links"]:
        if link["mac"] is None and not _goes_on(case):
            free = difflib.get_close_matches(
                link["router_port"] or "", link.get("free_router_ports", ()), 1, 0.3
            ) or link.get("free_router_ports", ())
            raise Finding(
                "router_port_missing", "The port %s of the switch %s belongs to no router." % (link["switch_port"], link["switch"]),
                ["options:router-port of %s is %s, and no router port has this name" % (link["switch_port"], link["router_port"] or "not set"),
                 *("the router port %s has no port on a switch" % name for name in free[:1])],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": link["switch_port"], "options": {"router-port": free[0]}, "wait": "hv"}} if free else None,
                advice="Name the router port",
            )  # fmt: skip
    for link in links:
        if link["mac"] is None:
            continue
        words = [word.lower() for text in link["addresses"] for word in text.split()]
        if "router" not in words and link["mac"] not in words:
            raise Finding(
                "router_port_mac_mismatch", "The switch %s looks for its router at another MAC address than the router port %s has."
                % (link["switch"], link["router_port"]),
                ["addresses of %s is %s" % (link["switch_port"], ", ".join(link["addresses"]) or "empty"),
                 "mac of %s is %s" % (link["router_port"], link["mac"])],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": link["switch_port"], "addresses": [link["mac"]], "wait": "hv"}},
                advice="Give the switch's port the router port's MAC address",
            )  # fmt: skip
        if not link["switch_port_enabled"]:
            raise Finding(
                "port_disabled", "The logical port %s is disabled." % link["switch_port"], ["Logical_Switch_Port:enabled of %s is false" % link["switch_port"]],
                {"virtnet.ovn.ovn_logical_switch_port": {"name": link["switch_port"], "enabled": True, "wait": "hv"}}, advice="Enable the port",
            )  # fmt: skip
        if not link["router_port_enabled"]:
            raise Finding(
                "router_port_disabled", "The router port %s is disabled." % link["router_port"],
                ["Logical_Router_Port:enabled of %s is false" % link["router_port"]],
                {"virtnet.ovn.ovn_logical_router_port": {"name": link["router_port"], "enabled": True, "wait": "hv"}}, advice="Enable the port",
            )  # fmt: skip
    for router in case.network["routers"]:
        if not router["enabled"]:
            raise Finding(
                "router_disabled", "The router %s is disabled." % router["name"], ["Logical_Router:enabled of %s is false" % router["name"]],
                {"virtnet.ovn.ovn_logical_router": {"name": router["name"], "enabled": True, "wait": "hv"}}, advice="Enable the router",
            )  # fmt: skip
    return ", ".join(link["router_port"] for link in links)


def _goes_on(case):
    """Whether a way to the destination was found among switches and routers."""
    return bool(case.path) and case.network["complete"]


def _routes(case):
    """Each router of the way knows where the destination is, and where the source is."""
    routers = {router["name"]: router for router in case.network["routers"]}
    hops = [(number, hop) for number, hop in enumerate(case.path) if hop["kind"] == "router"]
    if not hops or not case.source["ip"]:
        return None
    forth = case.destination["ip"] if case.destination["kind"] != "vip" else None
    for target, of, step in ((forth, case.source["ip"], 1), (case.source["ip"], forth, -1)):
        for number, hop in hops[::step] if target else ():
            router = routers[hop["name"]]
            link, after = _link_after(case, number, step)
            where = "to" if step == 1 else "back to"
            if target in [text.partition("/")[0] for port in router["ports"] for text in port["networks"]]:
                continue
            route = router_route(router, target, of)
            table = ["%s via %s" % (r["ip_prefix"], r["nexthop"]) for r in router["static_routes"]]
            evidence = ["its networks are %s" % ", ".join(text for port in router["ports"] for text in port["networks"]),
                        "its static routes are %s" % (", ".join(table) or "none")]  # fmt: skip
            prefix = _prefix_of(case, target)
            task = (
                {
                    "virtnet.ovn.ovn_static_route": {
                        "router": hop["name"],
                        "ip_prefix": prefix,
                        "nexthop": after,
                        "wait": "hv",
                    }
                }
                if after
                else None
            )
            if route is None:
                raise Finding(
                    "route_missing",
                    "The router %s has no route %s %s." % (hop["name"], where, target),
                    evidence,
                    task,
                    advice="Give it a route",
                )
            inside = link and not any(localnet["switch"] == link for localnet in case.network["localnets"])
            known = case.network["switch_addresses"].get(link, ())
            if route["nexthop"] and after and inside and not {route["nexthop"], ANYBODY} & set(known):
                raise Finding(
                    "route_wrong_nexthop", "The router %s sends what goes %s %s to %s, which nobody on the switch %s has."
                    % (hop["name"], where, target, route["nexthop"], link),
                    [*evidence, "the next router there has %s" % after], {"virtnet.ovn.ovn_static_route": {
                        "router": hop["name"], "ip_prefix": route["prefix"], "nexthop": after, "wait": "hv"}}, advice="Name the next router",
                )  # fmt: skip
    return "by way of %s" % ", ".join(hop["name"] for _number, hop in hops)


def _link_after(case, number, step):
    """(the switch behind this router, the next router's address on it), forth or back; None for what is not there."""
    beyond = case.path[number + step] if 0 <= number + step < len(case.path) else None
    if not beyond or beyond["kind"] != "switch":
        return None, None
    at = number + 2 * step
    if not 0 <= at < len(case.path):
        return beyond["name"], None
    # the port by which the way enters the next router (forth), or leaves it towards this one (back)
    by = case.path[at]["by"] if step == 1 else case.path[at + 1]["by"]
    port = next((p for r in case.network["routers"] for p in r["ports"] if p["name"] == by["router_port"]), None)
    return beyond["name"], port["networks"][0].partition("/")[0] if port and port["networks"] else None


def _prefix_of(case, address):
    """The network that an address is on, as a router on the way has it; the address itself where none has."""
    address = ipaddress.ip_address(address)
    for router in case.network["routers"]:
        for port in router["ports"]:
            for text in port["networks"]:
                found = network(text)
                if found and found.version == address.version and address in found:
                    return str(found)
    return "%s/%d" % (address, address.max_prefixlen)


def _balancer(case):
    if case.destination["kind"] != "vip":
        return None
    balancers = case.destination["balancers"]
    names = ", ".join(balancer["name"] for balancer in balancers)
    here = case.source["switch"]
    near = [b for b in balancers if here in b["switches"] or b["routers"]]
    mend = {"virtnet.ovn.ovn_load_balancer": {"name": balancers[0]["name"], "switches": [here], "wait": "hv"}}
    if not near:
        on = sorted({switch for balancer in balancers for switch in balancer["switches"]})
        if not on:
            raise Finding(
                "balancer_unattached", "The load balancer %s is on no switch and on no router." % names,
                ["no Logical_Switch and no Logical_Router has it"], mend, advice="Set it on the client's switch",
            )  # fmt: skip
        raise Finding(
            "balancer_on_wrong_switch", "The load balancer %s is not on %s, the switch of %s: a balancer belongs on the client's switch."
            % (names, here, case.source["given"]),
            ["it is on %s" % ", ".join(on)], mend, advice="Set it on the client's switch",
        )  # fmt: skip
    if not any(b["backends"] for b in near):
        raise Finding(
            "balancer_without_backend", "The load balancer %s has no backend for %s."
            % (names, near[0]["vip"]), ["vips of it has %s without backends" % near[0]["vip"]],
            advice="Give it backends by virtnet.ovn.ovn_load_balancer",
        )  # fmt: skip
    for balancer in near:
        states = {"%s:%s" % (s["ip"], s["port"]): s["status"] for s in balancer["services"]}
        if (
            states
            and len(states) >= len(balancer["backends"])
            and not any(state == "online" or state is None for state in states.values())
        ):
            raise Finding(
                "backends_offline", "All backends of the load balancer %s are offline, as its health checks say." % balancer["name"],
                ["Service_Monitor of %s: %s" % item for item in sorted(states.items())], advice="Start the servers of the backends",
            )  # fmt: skip
    return "%s on %s" % (names, ", ".join(sorted({on for b in near for on in (*b["switches"], *b["routers"])})))


def _gateway(case):
    for router in case.network["routers"]:
        wanted = router["chassis_option"]
        if wanted and wanted not in case.network["chassis"]:
            networks = {localnet["network_name"] for localnet in case.network["localnets"]}
            able = [row["name"] for row in case.network["chassis"].values() if networks <= set(_pairs(row["mappings"]))]
            near = able if len(able) == 1 else difflib.get_close_matches(wanted, able, 1, 0.9)
            raise Finding(
                "gateway_chassis_unknown", "The gateway router %s is to be on the chassis %s, which does not exist." % (router["name"], wanted),
                ["options:chassis of %s is %s" % (router["name"], wanted), "there are the chassis %s" % ", ".join(sorted(case.network["chassis"])),
                 "its ports have no chassis in the southbound database"],
                {"virtnet.ovn.ovn_logical_router": {"name": router["name"], "options": {"chassis": near[0]}, "wait": "hv"}} if near else None,
                advice="Name the chassis" if near else "Name an existing chassis by virtnet.ovn.ovn_logical_router, options: chassis",
            )  # fmt: skip
    gateway = case.gateway()
    if gateway:
        router, port, chassis = gateway
        if chassis is None:
            raise Finding(
                "gateway_unbound", "No chassis has the gateway port %s of the router %s." % (port["name"], router["name"]),
                ["Port_Binding:chassis of it is empty"], advice="Look whether one of its gateway chassis runs",
            )  # fmt: skip
        return "%s on %s" % (router["name"], chassis)
    localnet, router = _way_out(case)
    here = case.chassis_of(case.source)
    _name, host = case.host_of(here)
    if not localnet or not router or not host or localnet["network_name"] in _mappings(host):
        return None
    able = sorted(
        row["name"] for row in case.network["chassis"].values() if localnet["network_name"] in _pairs(row["mappings"])
    )
    raise Finding(
        "gateway_router_without_chassis", "The router %s leads to the physical network %s, and is on no chassis; %s, where %s is, does not have that network."
        % (router, localnet["network_name"], here, case.source["given"]),
        ["options:chassis of %s is not set, and no port of it on the way has a gateway chassis" % router, "ovn-bridge-mappings of %s is %s" % (
            here, host["settings"].get("ovn-bridge-mappings") or "not set"), "%s is mapped on %s"
            % (localnet["network_name"], ", ".join(able) or "no chassis")],
        {"virtnet.ovn.ovn_logical_router": {"name": router, "options": {"chassis": able[0]}, "wait": "hv"}} if able else None,
        advice="Put the router on a chassis that has the network",
    )  # fmt: skip


def _way_out(case):
    """(the localnet port by which the way leaves OVN, the router before it); None where it does not leave."""
    if case.destination["kind"] != "address" or not case.path or case.path[-1]["kind"] != "switch":
        return None, None
    localnet = next((row for row in case.network["localnets"] if row["switch"] == case.path[-1]["name"]), None)
    return localnet, case.path[-2]["name"] if len(case.path) > 1 else None


def _pairs(text):
    """``network:bridge,network:bridge``"""
    return dict(item.strip().partition(":")[::2] for item in (text or "").split(",") if item.strip())


def _mappings(host):
    return _pairs(host["settings"].get("ovn-bridge-mappings"))


def _mapping(case):
    localnet, _router = _way_out(case)
    if not localnet:
        return None
    gateway = case.gateway()
    chassis = gateway[2] if gateway else case.chassis_of(case.source)
    name, host = case.host_of(chassis)
    if not host:
        raise Unknown("the chassis %s was not asked" % chassis)
    mappings, wanted = _mappings(host), localnet["network_name"]
    said = "external_ids:ovn-bridge-mappings of %s is %s" % (
        name,
        host["settings"].get("ovn-bridge-mappings") or "not set",
    )
    if wanted not in mappings:
        near = difflib.get_close_matches(wanted or "", mappings, 1, 0.5)
        raise Finding(
            "bridge_mapping_missing", "The chassis %s has no bridge for the physical network %s." % (chassis, wanted),
            [said, "options:network_name of the localnet port %s is %s" % (localnet["port"], wanted)],
            {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-bridge-mappings": "%s:%s" % (wanted, mappings[near[0]])}}}
            if near and len(mappings) == 1 else None,
            name, "Map the network to its bridge" if near else "Map the network by virtnet.ovn.ovs_config or the role ovn_chassis",
        )  # fmt: skip
    bridge = mappings[wanted]
    if bridge not in host["bridges"]:
        near = difflib.get_close_matches(bridge, [b for b in host["bridges"] if b != "br-int"], 1, 0.3)
        raise Finding(
            "mapped_bridge_missing", "On %s, the bridge %s of the physical network %s does not exist." % (name, bridge, wanted),
            [said, "there are the bridges %s" % ", ".join(sorted(host["bridges"]))],
            {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-bridge-mappings": "%s:%s" % (wanted, near[0])}}} if near and len(mappings) == 1 else None,
            name, "Name the bridge that is there" if near else "Make the bridge by virtnet.ovn.ovs_uplink",
        )  # fmt: skip
    uplinks, patches = host["bridges"][bridge]["uplinks"], host["bridges"][bridge]["patches"]
    onwards = [
        patch for patch in patches if not patch.endswith("-to-" + (host["settings"].get("ovn-bridge") or "br-int"))
    ]
    bad = [uplink for uplink in uplinks if uplink["error"] or not uplink["up"]]
    if uplinks and len(bad) == len(uplinks):
        raise Finding(
            "uplink_down", "The interface %s of the bridge %s on %s is down: the physical network %s is cut off." % (bad[0]["name"], bridge, name, wanted),
            ["Interface:link_state of %s is %s" % (bad[0]["name"], "up" if bad[0]["up"] else "down"), *([str(bad[0]["error"])] if bad[0]["error"] else [])],
            advice="Start the interface %s on %s" % (bad[0]["name"], name),
        )  # fmt: skip
    if not uplinks and (onwards or host["bridges"][bridge]["addresses"]):
        return "%s: %s, by %s" % (name, bridge, ", ".join(onwards) or "the host itself")
    if not uplinks:
        raise Finding(
            "bridge_without_uplink", "The bridge %s on %s has no interface of the host: the physical network %s is cut off." % (bridge, name, wanted),
            [said, "%s has the ports %s" % (bridge, ", ".join(host["bridges"][bridge]["patches"]) or "none")],
            advice="Put the host's interface on the bridge by virtnet.ovn.ovs_uplink",
        )  # fmt: skip
    return "%s: %s, by %s" % (name, bridge, ", ".join(uplink["name"] for uplink in uplinks))


def _tunnel(case):
    said = []
    for pair in case.pairs():
        for chassis in pair:
            name, host = case.host_of(chassis)
            if host:
                _encap(name, host)
        types = [{encap["type"] for encap in case.network["chassis"].get(c, {}).get("encaps", ())} for c in pair]
        if all(types) and not types[0] & types[1]:
            hosts = [case.host_of(c)[0] for c in pair]
            raise Finding(
                "encap_type_mismatch", "The chassis %s and %s have no type of tunnel in common." % pair,
                ["%s has %s" % (c, ", ".join(sorted(t))) for c, t in zip(pair, types)],
                {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-encap-type": sorted(types[1])[0]}}} if "geneve" in types[1] else
                {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-encap-type": sorted(types[0])[0]}}},
                hosts[0] if "geneve" in types[1] else hosts[1], "Give both the same type",
            )  # fmt: skip
        for chassis, other in (pair, pair[::-1]):
            name, host = case.host_of(chassis)
            if host:
                _tunnel_to(case, name, host, other)
        _through(case, pair)
        said.append("%s to %s" % pair)
    return ", ".join(said)


def _encap(name, host):
    for ip in (host["settings"].get("ovn-encap-ip") or "").split(","):
        if ip and ip not in host["addresses"]:
            mine = sorted({u["source"] for u in host["underlay"].values() if u["source"]})
            raise Finding(
                "encap_ip_wrong", "%s tells the others to send their tunnels to %s, which is no address of it." % (name, ip),
                ["external_ids:ovn-encap-ip of %s is %s" % (name, ip), "its addresses are %s" % ", ".join(host["addresses"])],
                {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-encap-ip": mine[0]}}} if len(mine) == 1 else None, name,
                "Give it an address that it has",
            )  # fmt: skip


def _tunnel_to(case, name, host, other):
    ips = [encap["ip"] for encap in case.network["chassis"].get(other, {}).get("encaps", ())]
    mine = [t for t in host["tunnels"] if t["chassis"] == other or t["remote_ip"] in ips]
    if not mine:
        raise Finding(
            "tunnel_missing", "%s has no tunnel to the chassis %s." % (name, other),
            ["its tunnels lead to %s" % (", ".join(sorted(t["chassis"] or str(t["remote_ip"]) for t in host["tunnels"])) or "nobody")],
            advice="Look at ovn-controller's log on %s" % name,
        )  # fmt: skip
    broken = [t for t in mine if t["error"] or t["ofport"] == -1]
    if broken:
        raise Finding(
            "tunnel_error", "Open vSwitch on %s cannot make the tunnel to %s." % (name, other),
            ["Interface:error of %s: %s" % (t["name"], t["error"]) for t in broken],
            advice="Look at ovs-vswitchd's log on %s" % name,
        )  # fmt: skip
    for ip in ips:
        underlay = host["underlay"].get(ip)
        if underlay and underlay["device"] is None:
            raise Finding(
                "underlay_no_route", "%s has no route to %s, the tunnel's other end on %s." % (name, ip, other), ["ip route get %s: unreachable" % ip],
                advice="Give %s a route to it" % name,
            )  # fmt: skip
        if underlay and underlay["down"]:
            raise Finding(
                "underlay_down", "The interface %s of %s is down, and with it the tunnel to %s." % (underlay["down"][0], name, other),
                ["ip link: %s is not up" % ", ".join(underlay["down"])], advice="Start the interface %s on %s" % (underlay["down"][0], name),
            )  # fmt: skip


def _through(case, pair):
    """What was sent through the tunnel has arrived: both hosts have counted and sent, in turns, twice."""
    hosts = [case.host_of(chassis)[0] for chassis in pair]
    runs = [run for run in case.facts.get("tunnels") or () if run["host"] in hosts and run["peer"] in pair]
    if len(runs) < 4:
        return
    (there_1, first, there_2, second) = runs[:4]
    there = there_2["before"]["rx_packets"] > there_1["after"]["rx_packets"]
    back = second["before"]["rx_packets"] > first["after"]["rx_packets"]
    if there and back:
        return
    lost = [text for good, text in ((there, "%s to %s" % pair), (back, "%s to %s" % pair[::-1])) if not good]
    underlay = first["underlay"]
    evidence = ["of %d packets sent through the tunnel from %s, none arrived" % (first["sent"], text) for text in lost]
    evidence += ["BFD of %s on %s: %s" % (t["name"], n, t["bfd_diagnostic"]) for n in hosts for t in case.hosts[n]["tunnels"]
                 if t["chassis"] in pair and t["bfd"] == "down"]  # fmt: skip
    if underlay is False:
        raise Finding(
            "underlay_unreachable", "%s and %s do not reach each other on the underlay." % tuple(hosts),
            [*evidence, "a ping from %s to %s is not answered, either" % (hosts[0], first["remote_ip"])],
            advice="Look at the network between %s and %s" % tuple(hosts),
        )  # fmt: skip
    ports = {"geneve": 6081, "vxlan": 4789, "stt": 7471}
    raise Finding(
        "tunnel_blocked",
        "What %s and %s send each other through the tunnel does not arrive, though they reach each other: something between them drops UDP port %d."
        % (*hosts, ports.get(first["type"], 6081)),
        [*evidence, *(["a ping from %s to %s is answered" % (hosts[0], first["remote_ip"])] if underlay else [])],
        advice="Let UDP port %d through between %s and %s, in both directions" % (ports.get(first["type"], 6081), *hosts),
    )  # fmt: skip


def _mtu(case):
    said = []
    mtus = [(end, *case.machine(end)) for end in case.ends]
    for here, there in case.pairs():
        for chassis, other in ((here, there), (there, here)):
            name, host = case.host_of(chassis)
            ips = [encap["ip"] for encap in case.network["chassis"].get(other, {}).get("encaps", ())]
            for ip in ips if host else ():
                underlay = host["underlay"].get(ip) or {}
                if not underlay.get("mtu"):
                    continue
                room = underlay["mtu"] - _OVERHEAD[ipaddress.ip_address(ip).version]
                for end, at, machine in mtus:
                    if machine and machine["mtu"] and machine["mtu"] > room:
                        raise Finding(
                            "mtu", "Full packets of %s do not fit into the tunnel from %s: they are lost, and nobody is told." % (end["given"], name),
                            ["the MTU of %s in %s on %s is %d" % (machine["device"], machine["namespace"], at, machine["mtu"]),
                             "the MTU towards %s is %d on %s; a tunnel leaves %d of it" % (ip, underlay["mtu"], name, room), *_sizes(case)],
                            [_netns(m, h, mtu=room) for _end, h, m in mtus if m and m["mtu"] and m["mtu"] > room], None,
                            "Send shorter packets, or raise the underlay's MTU to %d" % (machine["mtu"] + underlay["mtu"] - room),
                        )  # fmt: skip
                said.append("%d from %s to %s" % (room, name, other))
    small, large = case.small_and_large()
    if small and large is False:
        raise Finding(
            "mtu", "Short packets come through between %s and %s, and long ones do not." % (case.source["given"], case.destination["given"]), _sizes(case),
            advice="Find the link with the least MTU between them, or send shorter packets",
        )  # fmt: skip
    return ", ".join(said)


def _sizes(case):
    return [text for text in case.symptoms() if text.startswith("a ping of")]


def _checksum(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        if not machine or machine["tx_checksum"] is None or machine["datapath_type"] != "netdev":
            continue
        if machine["tx_checksum"]:
            raise Finding(
                "tx_checksum_offload", "%s leaves its checksums to a device that never computes them: ping works, and TCP and UDP do not." % end["given"],
                ["ethtool -k %s in the namespace %s on %s: tx-checksumming is on" % (machine["device"], machine["namespace"], host),
                 "the datapath of %s is in user space (netdev)" % machine["bridge"]],
                *_netns(machine, host, offloads={"tx": False}), advice="Let the machine compute its checksums",
            )  # fmt: skip
        said.append("%s computes its own" % end["given"])
    return ", ".join(said)


def _conntrack(case):
    said = []
    for name, host in sorted(case.hosts.items()):
        table = host["conntrack"]
        if table is None or not table["limit"]:
            continue
        if table["count"] >= table["limit"]:
            raise Finding(
                "conntrack_full", "On %s, conntrack is full: no new connection is tracked." % name,
                ["%d connections are tracked, and no more than %d may be" % (table["count"], table["limit"])],
                advice="Raise the limit on %s by `ovs-appctl dpctl/ct-set-maxconns`, or net.netfilter.nf_conntrack_max" % name,
            )  # fmt: skip
        said.append("%d of %d on %s" % (table["count"], table["limit"], name))
    return ", ".join(said)


def _legs(case):
    """The trace there, and that of the answer."""
    if case.trace:
        yield "the packet", case.trace
        if case.trace.get("answer"):
            yield "the answer", case.trace["answer"]


#: The cause that the trace gives -> ours
_TRACED = {
    "ip_routing": "route_missing",
    "policy": "router_policy",
    "port_sec": "port_security",
    "port_unbound": "port_not_bound",
}


def _traced(*causes):
    def check(case):
        found = False
        for what, leg in _legs(case):
            found = True
            if leg["verdict"] in ("dropped", "rejected") and leg["cause"] in causes and not _disagrees(leg):
                raise Finding(
                    _TRACED.get(leg["cause"], leg["cause"]),
                    leg["reason"],
                    _trace_evidence(what, leg),
                    *_trace_task(case, leg),
                )
        return "nothing of the kind stops it" if found else None

    return check


def _disagrees(leg):
    return any("The logical network delivers" in warning for warning in leg["warnings"])


def _trace_evidence(what, leg):
    """The last lines of the story but for its end, and the flows that matter."""
    lines = ["traced, %s: %s" % (what, text.partition(". ")[2]) for text in leg["story"].splitlines()]
    remembered = [
        "table %s of %s on %s: `%s` sends it to %s" % (s["table"], s["bridge"], s["chassis"], s["match"], s["set_fields"]["eth_dst"])
        for s in leg["steps"]
        if leg["cause"] == "stale_mac_binding" and (s["southbound"] or {}).get("table") == "MAC_Binding" and s["set_fields"].get("eth_dst")
    ]  # fmt: skip
    return [
        *lines[-4:-1],
        *remembered,
        *(["the flow `%s`" % (leg["flow"] or {}).get("match")] if (leg["flow"] or {}).get("match") else []),
    ]


def _trace_task(case, leg):
    row, cause = leg["northbound"] or {}, leg["cause"]
    if cause == "acl" and row.get("table") == "ACL":
        task = {
            "uuid": row["_uuid"],
            "state": "absent",
            "direction": row["direction"],
            "priority": row["priority"],
            "match": row["match"],
            "wait": "hv",
        }
        return {"virtnet.ovn.ovn_acl": task}, None, "Delete the ACL (or narrow its match)"
    if cause == "policy" and row.get("table") == "Logical_Router_Policy":
        task = {
            "router": leg["datapath"],
            "priority": row["priority"],
            "match": row["match"],
            "state": "absent",
            "wait": "hv",
        }
        return {"virtnet.ovn.ovn_logical_router_policy": task}, None, "Delete the policy (or narrow its match)"
    if cause == "stale_mac_binding":
        flow = leg["flow"] or {}
        task = {"logical_port": flow.get("logical_port"), "ip": flow.get("ip"), "state": "absent"}
        return {"virtnet.ovn.ovn_mac_binding": task}, None, "Let the router forget it, and ask again"
    return None, None, None


def _flows(case):
    for what, leg in _legs(case):
        if not _disagrees(leg):
            continue
        last = [step for step in leg["steps"] if step["chassis"]][-1:]
        chassis = last[0]["chassis"] if last else case.chassis_of(case.source)
        name = case.host_of(chassis)[0]
        restart = _unit("ovn-controller.service", "restarted")
        # What no flow takes is dropped by one of priority 0
        foreign = [s for s in last if s["southbound"] is None and s["priority"] and s["bridge"]]
        if foreign:
            step = foreign[0]
            cookie = "0x%x" % int(str(step["cookie"] or "0"), 16)
            flow = "table=%s,priority=%s,%s" % (step["table"], step["priority"], step["match"])
            raise Finding(
                "foreign_flow", "On %s, a flow that is not OVN's drops %s." % (chassis, what),
                ["table %s, priority %s, cookie %s: `%s`" % (step["table"], step["priority"], cookie, step["match"]), "the logical network delivers it"],
                {"virtnet.ovn.of_flow": {"bridge": step["bridge"], "state": "absent", "flows": [flow.rstrip(",")], "allow_ovn_bridge": True}}, name,
                "Take the flow away",
            )  # fmt: skip
        raise Finding(
            "flows_missing", "On %s, flows are missing: the logical network delivers %s, and the flows there drop it." % (chassis, what),
            [leg["reason"], *leg["warnings"]], restart, name, "Let ovn-controller write its flows again",
        )  # fmt: skip
    return "they do" if case.trace else None


def _delivery(case):
    for what, leg in _legs(case):
        if leg["verdict"] in ("dropped", "rejected"):
            raise Finding(
                (leg["cause"] and _TRACED.get(leg["cause"], leg["cause"])) or "unknown", leg["reason"], _trace_evidence(what, leg), *_trace_task(case, leg)
            )  # fmt: skip
    return "traced from end to end" if case.trace and case.trace["reached"] else None


def _service(case):
    tcp = (case.probe or {}).get("tcp")
    if not tcp or tcp["error"] != "refused":
        return "it answers" if tcp and tcp["connected"] else None
    if case.trace is None and case.network["trace"]["possible"]:
        raise Unknown("TCP is refused, by whom is not known yet")
    raise Finding(
        "nothing_listens", "The packets come through, and nobody listens on port %d of %s." % (tcp["port"], case.network["probe"]["address"]),
        ["TCP to port %d: refused" % tcp["port"]], advice="Start the server",
    )  # fmt: skip


def _answers(case):
    if not case.probe:
        raise Unknown("no packet was sent from %s, as it is no host of the inventory" % case.source["given"])
    if case.reached():
        return "%s is answered" % case.network["probe"]["address"]
    raise Unknown("it is not")


#: What is a fault even where packets come through: they may not be the packets that suffer, or it may be a matter of time
_STANDING = (
    "northd", "vswitchd", "controller", "iface_id", "binding", "link", "mac", "ip", "port_security", "checksum", "conntrack",
)  # fmt: skip

_CHECKS = (
    ("northd", "Does ovn-northd keep up?", _northd),
    ("vswitchd", "Does Open vSwitch run?", _vswitchd),
    ("controller", "Does ovn-controller run, connected and up to date?", _controller),
    ("iface_id", "Does the iface-id name a logical port?", _named),
    ("binding", "Is the port bound, to one chassis, and up?", _bound),
    ("link", "Is the machine's device up?", _link),
    ("mac", "Is the MAC address as declared, and nobody else's?", _mac),
    ("ip", "Is the IP address as declared, and nobody else's?", _ip_address),
    ("port_security", "Does port security allow both?", _port_security),
    ("machine_route", "Does the machine have the right route?", _machine_route),
    ("neighbour", "Does it know the next hop's MAC address?", _neighbour),
    ("router_port", "Are switch and router joined?", _router_port),
    ("routes", "Do the routers know the way, there and back?", _routes),
    ("gateway", "Has the gateway a chassis?", _gateway),
    ("mapping", "Has the gateway the physical network?", _mapping),
    ("balancer", "Is the load balancer where the client is, with backends?", _balancer),
    ("tunnel", "Does the tunnel carry packets, both ways?", _tunnel),
    ("mtu", "Do full packets fit?", _mtu),
    ("checksum", "Are checksums computed?", _checksum),
    ("conntrack", "Has conntrack room?", _conntrack),
    ("flows", "Do the flows do what the databases ask for?", _flows),
    ("mac_binding", "Do the routers remember the right MAC addresses?", _traced("stale_mac_binding")),
    ("acl", "Do ACLs and policies let it pass?", _traced("acl", "policy")),
    ("delivery", "Is it delivered, and the answer, too?", _delivery),
    ("service", "Does anybody listen?", _service),
    ("answer", "Is it answered?", _answers),
)
