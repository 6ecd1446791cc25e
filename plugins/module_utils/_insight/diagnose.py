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

import json

from .checks_daemons import check_bound, check_controller, check_named, check_northd, check_vswitchd
from .checks_machine import (
    check_ip_address,
    check_link,
    check_mac,
    check_machine_route,
    check_neighbour,
    check_port_security,
)
from .checks_network import check_balancer, check_gateway, check_mapping, check_router_port, check_routes
from .checks_packets import (
    check_answers,
    check_checksum,
    check_conntrack,
    check_delivery,
    check_flows,
    check_mtu,
    check_service,
    check_traced,
    check_tunnel,
)
from .finding import Finding, Unknown

OK, FAILED, SKIPPED, UNKNOWN, NOT_APPLICABLE = "ok", "failed", "skipped", "unknown", "not applicable"

#: What is a fault even where packets come through: they may not be the packets that suffer, or it may be a matter of time
_STANDING = (
    "northd", "vswitchd", "controller", "iface_id", "binding", "link", "mac", "ip", "port_security", "checksum", "conntrack",
)  # fmt: skip

_CHECKS = (
    ("northd", "Does ovn-northd keep up?", check_northd),
    ("vswitchd", "Does Open vSwitch run?", check_vswitchd),
    ("controller", "Does ovn-controller run, connected and up to date?", check_controller),
    ("iface_id", "Does the iface-id name a logical port?", check_named),
    ("binding", "Is the port bound, to one chassis, and up?", check_bound),
    ("link", "Is the machine's device up?", check_link),
    ("mac", "Is the MAC address as declared, and nobody else's?", check_mac),
    ("ip", "Is the IP address as declared, and nobody else's?", check_ip_address),
    ("port_security", "Does port security allow both?", check_port_security),
    ("machine_route", "Does the machine have the right route?", check_machine_route),
    ("neighbour", "Does it know the next hop's MAC address?", check_neighbour),
    ("router_port", "Are switch and router joined?", check_router_port),
    ("routes", "Do the routers know the way, there and back?", check_routes),
    ("gateway", "Has the gateway a chassis?", check_gateway),
    ("mapping", "Has the gateway the physical network?", check_mapping),
    ("balancer", "Is the load balancer where the client is, with backends?", check_balancer),
    ("tunnel", "Does the tunnel carry packets, both ways?", check_tunnel),
    ("mtu", "Do full packets fit?", check_mtu),
    ("checksum", "Are checksums computed?", check_checksum),
    ("conntrack", "Has conntrack room?", check_conntrack),
    ("flows", "Do the flows do what the databases ask for?", check_flows),
    ("mac_binding", "Do the routers remember the right MAC addresses?", check_traced("stale_mac_binding")),
    ("acl", "Do ACLs and policies let it pass?", check_traced("acl", "policy")),
    ("delivery", "Is it delivered, and the answer, too?", check_delivery),
    ("service", "Does anybody listen?", check_service),
    ("answer", "Is it answered?", check_answers),
)


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
