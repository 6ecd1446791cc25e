# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a packet, and why: a judgement over facts that modules have collected, without any I/O.

The facts are {"path": what ovn_path_info returns, "logical": what ovn_trace returns or None, "physical": [{"chassis": name, "trace": what
ovs_trace returns}, ...] in the order of the packet's way, "origins": the flows that ovn_flow_origin_info returns, "not_followed": the
chassis where the way goes on and no host of the inventory is known for, or None}.
"""

from __future__ import annotations

import re

_NAT_TO = re.compile(r"nat\(dst=([^)]*?)\)")
_OUTPORT = re.compile(r'outport = "([^"]*)"')
_ECHO_REPLY = ("icmp4.type = 0;", "icmp6.type = 129;")
_ERRORS = ("icmp4 {", "icmp4_error {", "icmp6_error {", "reject {", "tcp_reset {")

#: What it means when a logical table drops a packet
_STAGES = {
    "port_sec": "the port security of the logical port does not allow its addresses",
    "l2_unknown": "no port of the switch has its MAC address",
    "l2_lkup": "no port of the switch has its MAC address",
    "ip_routing": "the router has no route to its address",
    "admission": "the router has no port with its MAC address",
    "ip_input": "the router takes no such packet for itself",
    "lb": "the load balancer has no backend",
    "dnat": "the load balancer has no backend",
    "policy": "a policy of the router drops it",
    "acl": "an ACL drops it",
    "arp_resolve": "the router does not find the MAC address of the next hop",
}  # fmt: skip


def flows_to_look_up(facts):
    """The flows of both traces, each once, as the option ``flows`` of ovn_flow_origin_info."""
    found = {}
    for step in (facts.get("logical") or {}).get("steps", ()):
        if step["uuid"]:
            at = {name: step[name] for name in ("datapath", "inport", "outport") if step[name]}
            found.setdefault(_digits(step["uuid"]), {"uuid": step["uuid"], **at})
    for hop in facts.get("physical") or ():
        for step in hop["trace"]["steps"]:
            key, digits = _metadata(step), _digits(step["cookie"])
            if digits and key:
                found.setdefault(digits, {"uuid": step["cookie"], "datapath_key": key})
    return list(found.values())


def judge(facts):
    """{"verdict", "reached", "reason", "cause", "load_balancing", "steps", "events", "story", "warnings", "way"}"""
    judgement = _Judgement(facts)
    told = judgement.judge()
    return {**told, "way": judgement.way(told["port"])}


def _digits(cookie):
    """The 8 digits that a cookie or the beginning of a UUID stands for; empty for none and for 0, which is nobody's."""
    try:
        value = int(str(cookie), 16) if cookie else 0
    except ValueError:
        return ""
    return "%08x" % (value & 0xFFFFFFFF) if value else ""


def _in_a_row(names):
    """Without what has no name, and without what stands twice in a row."""
    found = []
    for name in names:
        if isinstance(name, str) and found[-1:] != [name]:
            found.append(name)
    return found


def _metadata(step):
    """The tunnel key of the datapath that an OpenFlow belongs to, 0 for none."""
    value = step["match"].get("metadata") or step["set_fields"].get("metadata") or "0"
    try:
        return int(str(value).partition("/")[0], 0)
    except ValueError:
        return 0


class _Judgement:
    def __init__(self, facts):
        self.path = facts["path"]
        self.logical = facts.get("logical")
        self.physical = facts.get("physical") or []
        self.not_followed = facts.get("not_followed")
        self.origins = {origin["uuid"]: origin for origin in facts.get("origins") or ()}
        self.source, self.destination = self.path["source"], self.path["destination"]
        self.names = self._names()
        self.steps = self._physical_steps() if self.physical else self._logical_steps()
        self.events = []
        self.warnings = []
        self.balanced = None
        self.answered = None
        self.stale = None

    def way(self, port):
        """The names along the way, for a picture of each network: {"logical": [...], "physical": [...]}."""
        ends = [self.source["name"]], [port] if port else []
        return {
            "logical": _in_a_row([*ends[0], *(step["datapath"] for step in self.steps), *ends[1]]),
            "physical": _in_a_row([*ends[0], *(step["chassis"] for step in self.steps), *ends[1]]),
        }

    # -- what is known of each step -------------------------------------------------------------------------------------

    def _names(self):
        """{tunnel key: datapath's name}: the ends say theirs, and a flow that is in one datapath only says whose it is."""
        names, by_flow = {}, {}
        for step in (self.logical or {}).get("steps", ()):
            by_flow.setdefault(_digits(step["uuid"]), set()).add(step["datapath"])
        for hop in self.physical:
            for step in hop["trace"]["steps"]:
                of = by_flow.get(_digits(step["cookie"]), ())
                if len(of) == 1:
                    names[_metadata(step)] = next(iter(of))
        for end in (self.destination, self.source):
            if end.get("datapath_key"):
                names[end["datapath_key"]] = end["datapath"]
        return names

    def _physical_steps(self):
        steps = []
        for number, hop in enumerate(self.physical):
            for step in hop["trace"]["steps"]:
                origin = self.origins.get(_digits(step["cookie"]), {})
                key = _metadata(step)
                steps.append(
                    {
                        "hop": number,
                        "chassis": hop["chassis"],
                        "bridge": step["bridge"],
                        "step": step["step"],
                        "table": step["table"],
                        "priority": step["priority"],
                        "match": step["match_text"],
                        "actions": step["actions"],
                        "set_fields": step["set_fields"],
                        "returns": step["returns"],
                        "cookie": step["cookie"],
                        "datapath": self.names.get(key, key or None),
                        "stage": origin.get("stage"),
                        "source": origin.get("source"),
                        "southbound": origin.get("southbound"),
                        "northbound": origin.get("northbound"),
                    }
                )
        return steps

    def _logical_steps(self):
        """The same of the logical trace, where no host could be asked."""
        steps = []
        for step in (self.logical or {}).get("steps", ()):
            if step["generated"]:
                continue
            origin = self.origins.get(_digits(step["uuid"]), {})
            steps.append(
                {
                    "hop": 0,
                    "chassis": None,
                    "bridge": None,
                    "step": step["step"],
                    "table": step["table"],
                    "priority": step["priority"],
                    "match": step["match"],
                    "actions": step["actions"],
                    "set_fields": {},
                    "returns": False,
                    "cookie": "0x%s" % step["uuid"] if step["uuid"] else None,
                    "datapath": step["datapath"],
                    "stage": step["stage"],
                    "source": step["source"],
                    "southbound": origin.get("southbound"),
                    "northbound": origin.get("northbound"),
                }
            )
        return steps

    # -- the story ------------------------------------------------------------------------------------------------------

    def judge(self):
        self._begin()
        hop = 0
        for step in self.steps:
            if step["hop"] != hop:
                self._crossed(hop)
                hop = step["hop"]
            self._tell(step)
        verdict = self._verdict()
        if verdict["cause"] in ("acl", "policy") and self.events[-1]["northbound"] == verdict["northbound"]:
            self.events.pop()  # the end says the same
        self._say(None, verdict["text"])
        if verdict["cause"] != "port_unbound":  # of which the logical network knows nothing
            self._compare(verdict["verdict"])
        text = verdict.pop("text")
        return {
            **verdict,
            "reason": text,
            "load_balancing": self.balanced,
            "steps": self.steps,
            "events": self.events,
            "story": "\n".join("%d. %s" % (number, event["text"]) for number, event in enumerate(self.events, 1)),
            "warnings": self.warnings,
        }

    def _say(self, step, text):
        step = step or {}
        told = {name: step.get(name) for name in ("chassis", "datapath", "stage", "cookie", "northbound")}
        self.events.append({"text": text, **told, "step": self.steps.index(step) if step else None})

    def _begin(self):
        source, destination, hop = self.source, self.destination, self.path["next_hop"]
        what = {"icmp": "A ping", "ip": "A packet"}.get(self.path["protocol"]) or "A new connection by %s" % self.path[
            "protocol"
        ]
        if self.path.get("reply"):
            what = "The answer"
        to = destination["ip"]
        if destination.get("port") is not None:
            to = "[%s]:%s" % (to, destination["port"]) if ":" in to else "%s:%s" % (to, destination["port"])
        meant = "" if destination["name"] in (destination["ip"], to) else " (%s)" % destination["name"]
        if hop["kind"] == "router":
            by = "by way of the router %s, at its port %s" % (hop["router"], hop["name"])
        else:
            by = "on the switch itself" if hop["kind"] == "direct" else "to the given MAC address"
        self._say(
            None,
            "%s from %s (%s, %s) to %s%s goes to %s, %s."
            % (what, source["name"], source["ip"], source["mac"], to, meant, hop["mac"], by),
        )
        if source.get("chassis"):
            self._say(
                None, "It enters the switch %s on the chassis %s." % (source["switch"], source["chassis"]["name"])
            )

    def _crossed(self, hop):
        here = self.physical[hop]
        tunnels = here["trace"]["tunnels"]
        there = self.physical[hop + 1]["chassis"] if hop + 1 < len(self.physical) else None
        tunnel = next((t for t in tunnels if t["chassis"] == there), tunnels[0] if tunnels else {})
        self._say(
            None,
            "It leaves %s by the tunnel %s to %s (%s), as key %s."
            % (
                here["chassis"],
                tunnel.get("port"),
                there,
                tunnel.get("remote_ip"),
                tunnel.get("flow", {}).get("tun_id"),
            ),
        )

    def _tell(self, step):
        """What this step does that a reader wants to know; most only pass the packet on."""
        northbound, southbound = step["northbound"] or {}, step["southbound"] or {}
        stage, made_of = step["stage"] or "", northbound.get("table")
        does = southbound.get("actions") or " ".join(step["actions"])
        where = _where(step)
        if southbound.get("table") == "MAC_Binding":
            self._learned(step, southbound)
        elif made_of == "ACL":
            self._say(step, "%s, %s." % (where, _acl(northbound)))
        elif made_of == "Load_Balancer" and self._balance(step, northbound, does):
            pass
        elif stage.endswith("_in_ip_routing") and _OUTPORT.search(does):
            self._say(
                step,
                "%s, %s, out of the port %s." % (where, _route(northbound, southbound), _OUTPORT.findall(does)[-1]),
            )
        elif made_of == "Logical_Router_Policy":
            self._say(step, "%s, %s." % (where, _policy(northbound)))
        elif made_of == "NAT" and ("nat" in does):
            self._say(
                step,
                "%s, the NAT rule %s (%s, %s) is applied."
                % (where, northbound["type"], northbound["external_ip"], northbound["logical_ip"]),
            )
        elif made_of == "QoS":
            self._say(
                step, "%s, the QoS rule %s `%s` is applied." % (where, northbound["priority"], northbound["match"])
            )
        elif stage.endswith("_in_l2_lkup") and _OUTPORT.search(does):
            self._say(step, "%s, its MAC address leads to the port %s." % (where, _OUTPORT.findall(does)[-1]))
        elif stage.startswith("lr_") and any(word in does for word in _ECHO_REPLY):
            self.answered = step
            self._say(step, "%s, the router answers it." % where)
        elif any(word in does for word in _ERRORS):
            self._say(step, "%s, it is refused with an error (%s)." % (where, stage))

    def _learned(self, step, row):
        mac = step["set_fields"].get("eth_dst")
        if not mac:  # a look-up on the way in, which compares
            return
        row = {**row, "mac": mac}
        where = "On the router port %s" % row["logical_port"]
        for end in (self.source, self.destination):
            if end["kind"] == "port" and end["ip"] == row["ip"] and end["mac"] and end["mac"].lower() != mac.lower():
                self.stale = {"row": row, "end": end, "step": step}
                self._say(
                    step,
                    "%s, %s is remembered at %s (MAC_Binding). But that address has %s, which is at %s."
                    % (where, row["ip"], mac, end["name"], end["mac"]),
                )
                return
        self._say(step, "%s, %s is remembered at %s (MAC_Binding)." % (where, row["ip"], mac))

    def _balance(self, step, row, does):
        """Whether this is where a backend is chosen, and not what only prepares it."""
        text = " ".join(step["actions"])
        found = _NAT_TO.search(text)
        choices = [
            c for c in (self.logical or {}).get("load_balancing", ()) if not self.physical and c["step"] == step["step"]
        ]
        if not found and not choices:
            return False
        balancer = self.destination.get("load_balancer") or {}
        vip = balancer.get("vip") or self.destination["ip"]
        backends = balancer.get("backends") or [b for b in row["vips"].get(vip, "").split(",") if b]
        backends = backends or [b for c in choices for b in c["backends"]]
        chosen = found.group(1) if found else choices[0]["backend"]
        self.balanced = {
            "load_balancer": row["name"],
            "vip": vip,
            "backends": backends,
            "backend": chosen,
            "datapath": step["datapath"],
        }
        if len(backends) == 1:
            how = "its only backend"
        else:
            how = "one of its %d backends" % len(backends)
        to = "%s, %s" % (chosen, how) if chosen else how + ": " + ", ".join(backends)
        self._say(step, "%s, the load balancer %s sends what is for %s to %s." % (_where(step), row["name"], vip, to))
        return True

    # -- the end --------------------------------------------------------------------------------------------------------

    def _verdict(self):
        if self.not_followed:
            text = (
                "It goes on to the chassis %s, for which no host of the inventory is known; the trace ends here."
                % self.not_followed
            )
            return self._end("not_followed", text)
        if not self.physical:
            return self._logical_verdict()
        trace = self.physical[-1]["trace"]
        verdict = trace["verdict"]
        if trace["tunnels"]:
            tunnel = trace["tunnels"][0]
            text = "It goes on by the tunnel %s to %s; the trace ends here." % (tunnel["port"], tunnel["remote_ip"])
            return self._end("not_followed", text)
        if verdict == "output":
            return self._delivered(trace)
        decisive = self._decisive(trace)
        if verdict == "controller":
            return self._to_controller(decisive)
        if verdict == "drop":
            return self._dropped(decisive)
        return self._end("unknown", "The trace does not say what becomes of it (%s)." % verdict, step=decisive)

    def _end(self, verdict, text, step=None, reached=False, cause=None, **more):
        return {
            "verdict": verdict,
            "reached": reached,
            "text": text,
            "port": more.get("port"),
            "chassis": more.get("chassis"),
            "stage": step["stage"] if step else None,
            "datapath": step["datapath"] if step else None,
            "flow": step["southbound"] if step else None,
            "northbound": step["northbound"] if step else None,
            "cause": cause,
        }

    def _last_hop(self):
        return [step for step in self.steps if step["hop"] == len(self.physical) - 1]

    def _decisive(self, trace):
        steps = self._last_hop()
        last = trace["last_step"]
        if last is None:
            return None
        decisive = steps[last]
        if "acl" in (decisive["stage"] or ""):
            # Of recent releases, the table of the ACLs notes the verdict, and the next one carries it out
            for step in reversed(steps[: last + 1]):
                row = step["northbound"] or {}
                if step["datapath"] == decisive["datapath"] and row.get("table") == "ACL":
                    return step
        return decisive

    def _delivered(self, trace):
        steps = self._last_hop()
        outputs = [output["port"] for output in trace["outputs"]]
        chassis = self.physical[-1]["chassis"]
        ends = [step for step in steps if any(action.startswith("output") for action in step["actions"])]
        ports = [
            s["southbound"]["logical_port"] for s in ends if (s["southbound"] or {}).get("table") == "Port_Binding"
        ]
        port = ports[-1] if ports else None
        if steps and steps[-1]["bridge"] != steps[0]["bridge"]:
            text = "It leaves OVN on the chassis %s, by the bridge %s (%s)." % (
                chassis,
                steps[-1]["bridge"],
                ", ".join(outputs),
            )
            expected = self.destination["kind"] == "address"
            return self._end(
                "sent_out", text, step=ends[-1] if ends else None, reached=expected, port=port, chassis=chassis
            )
        what = "The answer" if self.answered else "It"
        text = "%s is delivered to %s, by the interface %s of the chassis %s." % (
            what,
            port,
            ", ".join(outputs),
            chassis,
        )
        if self.answered:
            reached = self.destination["kind"] != "port" and port == self.source["name"]
            return self._end("answered", text, step=self.answered, reached=reached, port=port, chassis=chassis)
        reached = self.destination["kind"] != "port" or port == self.destination["name"]
        if self.destination["kind"] == "vip" and not self.balanced:
            reached = False
        return self._end(
            "delivered", text, step=ends[-1] if ends else None, reached=reached, port=port, chassis=chassis
        )

    def _to_controller(self, step):
        stage = (step["stage"] if step else None) or ""
        if "arp_request" in stage or "arp_resolve" in stage:
            text = (
                "%s, the MAC address of the next hop is not known. The router asks for it; until there is an answer, nothing arrives."
                % _where(step)
            )
            return self._end("unresolved", text, step=step, cause="mac_unknown")
        row = (step["northbound"] if step else None) or {}
        if row.get("table") == "ACL":
            return self._end("rejected", "It is refused. %s, %s." % (_where(step), _acl(row)), step=step, cause="acl")
        reply = " as an answer to it" if self.answered else ""
        text = "It goes to ovn-controller%s (%s)." % (reply, stage or "a flow that is not OVN's")
        return self._end("to_controller", text, step=step)

    def _dropped(self, step):
        if self.stale:
            row, end = self.stale["row"], self.stale["end"]
            text = "It is dropped: the router port %s remembers %s at %s, where nobody is (a stale row of MAC_Binding); %s is at %s." % (
                row["logical_port"], row["ip"], row["mac"], end["name"], end["mac"],
            )  # fmt: skip
            told = {**(step or self.stale["step"]), "southbound": self.stale["step"]["southbound"]}
            return self._end("dropped", text, step=told, cause="stale_mac_binding")
        if step is None:
            return self._end("dropped", "It is dropped before any table.")
        row = step["northbound"] or {}
        stage = step["stage"] or ""
        if row.get("table") == "ACL":
            return self._end("dropped", "It is dropped. %s, %s." % (_where(step), _acl(row)), step=step, cause="acl")
        if row.get("table") == "Logical_Router_Policy":
            return self._end(
                "dropped", "It is dropped. %s, %s." % (_where(step), _policy(row)), step=step, cause="policy"
            )
        if not stage and self.destination["kind"] == "port" and not self.destination["up"]:
            text = "It is dropped on %s: the port %s is bound to no chassis." % (
                step["chassis"],
                self.destination["name"],
            )
            return self._end("dropped", text, step=step, cause="port_unbound")
        if not stage:
            flow = "table %s, priority %s, cookie %s" % (step["table"], step["priority"], step["cookie"])
            of = (step["southbound"] or {}).get("logical_port")
            what = "a flow of the port %s" % of if of else "a flow that is no logical flow's"
            return self._end("dropped", "It is dropped on %s by %s (%s)." % (step["chassis"], what, flow), step=step)
        cause = next((part for part in _STAGES if part in stage), None)
        why = _STAGES[cause] if cause else "so says the flow `%s`" % step["match"]
        if self.destination["kind"] == "address" and cause == "ip_routing":
            why += ", %s" % self.destination["ip"]
        return self._end("dropped", "It is dropped. %s, %s (%s)." % (_where(step), why, stage), step=step, cause=cause)

    def _logical_verdict(self):
        if not self.logical:
            return self._end("unknown", "There is no trace.")
        self.warnings.append(
            "Only the logical network was asked: no host of the inventory is known for the source's chassis."
        )
        outputs = self.logical["outputs"] or ()
        if outputs:
            port = outputs[-1]["port"]
            what = "The answer" if self.answered else "It"
            reached = port in (self.destination["name"], self.source["name"]) or self.destination["kind"] in (
                "vip",
                "address",
            )
            return self._end(
                "answered" if self.answered else "delivered", "%s is delivered to %s." % (what, port),
                step=self.answered, reached=reached, port=port,
            )  # fmt: skip
        if self.logical["generated"]:
            # Of newer releases the packet itself goes on with no MAC address once the router has asked, and gets nowhere
            asking = [step for step in self.steps if "arp_request" in (step["stage"] or "")]
            return self._to_controller((asking or self.steps or [None])[-1])
        return self._dropped(self.steps[-1] if self.steps else None)

    def _compare(self, verdict):
        """Both traces should agree; where they do not, the host's flows are not what the databases ask for."""
        if not self.logical or not self.physical or self.not_followed:
            return
        arrives = self.logical["verdict"] == "output"
        if verdict == "dropped" and arrives:
            self.warnings.append(
                "The logical network delivers the packet, and the flows of the chassis drop it. Is ovn-controller behind, or were flows changed by hand?"
            )
        elif verdict in ("delivered", "answered") and self.logical["verdict"] == "drop":
            self.warnings.append(
                "The flows of the chassis deliver the packet, and the logical network drops it. Is ovn-controller behind, or were flows changed by hand?"
            )


def _where(step):
    kind = "router" if (step["stage"] or "").startswith("lr_") else "switch"
    return "On the %s %s" % (kind, step["datapath"])


def _acl(row):
    name = "%s " % row["name"] if row.get("name") else ""
    verb = {"drop": "drops it", "reject": "rejects it"}.get(row["action"], "lets it pass (%s)" % row["action"])
    return "the ACL %s%s %s `%s` %s" % (name, row["direction"], row["priority"], row["match"], verb)


def _policy(row):
    verb = {"drop": "drops it", "allow": "lets it pass"}.get(
        row["action"], "sends it on to %s" % ", ".join(row["nexthops"])
    )
    return "the policy %s `%s` %s" % (row["priority"], row["match"], verb)


def _route(northbound, southbound):
    if northbound.get("table") == "Logical_Router_Static_Route":
        return "the static route %s via %s leads on" % (northbound["ip_prefix"], northbound["nexthop"])
    return "the route `%s` leads on" % southbound.get("match", "")
