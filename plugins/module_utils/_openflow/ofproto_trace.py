# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``ovs-appctl ofproto/trace`` prints, as data.

The text is a tree by indentation. A table that is called in the middle of a list of
actions, and comes back, stands 4 columns right of a multiple of 8, and its own actions 8
columns further; a table that is called last stands on a multiple of 8, and its actions
4 columns further. So the column alone says who called whom, and whether the call returns.
"""

from __future__ import annotations

import re

from .flow import parse_match
from .text import call, number, split_fields, unquote

_TABLE = re.compile(r"^( *)(\d+)\. (.*)$")
_RULE = re.compile(r"^(?:(.*), |)priority (\d+)(?:, cookie (0x[0-9a-f]+|0))?(.*)$")
_BRIDGE = re.compile(r'^bridge\("(.*)"\)$')
_BUCKET = re.compile(r"^bucket (\d+)$")
_RECIRC = re.compile(r"^recirc\((0x[0-9a-f]+)\)(?: - (.*))?$")
_SET = re.compile(r"^set_field:(.+)->(\w+)$|^mod_(\w+):(.+)$")
_SECTIONS = {
    "Flow: ": "flow",
    "Final flow: ": "final_flow",
    "Megaflow: ": "megaflow",
    "Datapath actions: ": "datapath_actions",
}
_NAT = {"Initial flow:": "initial", "Modified flow:": "modified"}

#: Datapath actions without a bracket that are no port
_BARE_ACTIONS = frozenset(("ct", "ct_clear", "drop", "pop_vlan", "pop_eth", "pop_nsh", "pop_mpls", "push_eth"))
#: What a flow says beside the packet itself
_NOT_OF_THE_PACKET = frozenset(
    ("recirc_id", "dp_hash", "skb_priority", "pkt_mark", "in_port", "metadata", "eth", "actset_output")
)
#: A field of a header in the datapath's action set, as a flow calls it
_HEADERS = {
    ("eth", "src"): "dl_src",
    ("eth", "dst"): "dl_dst",
    ("ipv4", "src"): "nw_src",
    ("ipv4", "dst"): "nw_dst",
    ("ipv4", "ttl"): "nw_ttl",
    ("ipv6", "src"): "ipv6_src",
    ("ipv6", "dst"): "ipv6_dst",
    ("ipv6", "hlimit"): "nw_ttl",
}
_HEADERS.update(((kind, end), "tp_" + end) for kind in ("tcp", "udp", "sctp") for end in ("src", "dst"))
#: What is printed by the names of TCP and ICMP -> what is read
_READ_AS = {
    **{kind: {"tp_src": "udp_src", "tp_dst": "udp_dst"} for kind in ("udp", "udp6")},
    **{kind: {"tp_src": "sctp_src", "tp_dst": "sctp_dst"} for kind in ("sctp", "sctp6")},
    "icmp6": {"icmp_type": "icmpv6_type", "icmp_code": "icmpv6_code"},
}
_NOW = re.compile(r"^NXM_NX_TUN_METADATA0\[(\d{1,3})\.\.\d+\] is now (0x[0-9a-f]{1,32}|0)$")
_CONTROLLER = ("controller(", "CONTROLLER:", "controller:")
_MOD_NAMES = {"dl_src": "eth_src", "dl_dst": "eth_dst"}


def parse_trace(text):
    """The trace as {threads, steps, verdict, ...}; text that is no trace gives a verdict V(unknown)."""
    parser = _Parser()
    for line in text.splitlines():
        parser.line(line.rstrip())
    threads, steps = parser.threads, parser.steps
    for thread in threads:
        thread.update(_fates(thread["datapath_actions"], _packet(thread["flow"])))
        final = thread["final_flow"]
        thread["final_fields"] = parse_match(thread["flow"] if final == "unchanged" else final)
    for step in steps:
        # newer releases leave this out of the datapath's actions
        if any(action.startswith(_CONTROLLER) for action in step["actions"]):
            threads[step["thread"]]["controller"] = True
    result = {"threads": threads, "steps": steps}
    result.update(_verdict(threads))
    result["tunnels"] = _tunnels(steps, threads)
    result["last_step"] = _last_step(steps, result["verdict"])
    return result


def _new_thread(number_):
    return {
        "thread": number_,
        "recirc_id": None,
        "reason": "",
        "flow": "",
        "final_flow": "",
        "megaflow": "",
        "datapath_actions": "",
        "notes": [],
    }


class _Parser:
    """One pass over the lines, with the stack of calls that are still open."""

    def __init__(self):
        self.threads = []
        self.steps = []
        self._open = []  # (column of its actions, index of the step or None), outermost first
        self._bridges = []  # (column of its tables, name)
        self._in_notes = True

    @property
    def _thread(self):
        if not self.threads:
            self.threads.append(_new_thread(0))
        return self.threads[-1]

    def line(self, line):
        stripped = line.strip()
        if not stripped or set(stripped) <= {"-"} or set(stripped) == {"="}:
            return
        if line == stripped or not self._open:
            found = _RECIRC.match(stripped)
            if found:
                self.threads.append(_new_thread(len(self.threads)))
                self._thread["recirc_id"], self._thread["reason"] = found.group(1), found.group(2) or ""
                self._open, self._in_notes = [], True
                return
            if self._section(line):
                return
        column = len(line) - len(line.lstrip(" "))
        found = _BRIDGE.match(stripped)
        if found:
            self._in_notes = False
            last = column % 8 == 0
            self._close(column, last)
            caller = self._open[-1][1] if self._open else None
            self._open.append((column + (4 if last else 8), caller))
            self._bridges = [b for b in self._bridges if b[0] < self._open[-1][0]]
            self._bridges.append((self._open[-1][0], found.group(1)))
            return
        found = None if self._in_notes else _TABLE.match(line)
        if found:
            self._table(found)
        elif self._in_notes:
            self._note(stripped)
        else:
            self._action(column, stripped)

    def _section(self, line):
        for start, name in _SECTIONS.items():
            if line.startswith(start):
                if name == "flow" and self._thread["flow"]:
                    self.threads.append(_new_thread(len(self.threads)))
                self._thread[name] = line[len(start) :]
                self._open, self._bridges, self._in_notes = [], [], True
                return True
        return False

    def _note(self, text):
        for start, name in _NAT.items():
            if text.startswith(start):
                value = text[len(start) :].strip()
                if value:
                    self._thread.setdefault("nat", {})[name] = parse_match(value)
                return
        if not text.startswith("Replacing src/dst IP/ports"):
            self._thread["notes"].append(text)

    def _close(self, column, last=False):
        """Forget the calls that have ended when something stands in this column."""
        limit = column + 4 if last else column
        while self._open and self._open[-1][0] > limit:
            self._open.pop()

    def _table(self, found):
        indent, table, rest = found.groups()
        # the number is printed at least two wide
        column = len(indent) + len(table) - max(2, len(table))
        last = column % 8 == 0
        self._close(column, last)
        parent = self._open[-1][1] if self._open else None
        actions_at = column + (4 if last else 8)
        step = {
            "step": len(self.steps),
            "thread": self._thread["thread"],
            "bridge": self._bridge(actions_at),
            "depth": (actions_at - 4) // 8,
            "parent": parent,
            "returns": not last,
            "table": int(table),
            "match": {},
            "match_text": "",
            "priority": None,
            "cookie": None,
            "matched": not rest.startswith("No match"),
            "actions": [],
            "details": [],
            "resubmits": [],
            "set_fields": {},
        }
        rule = _RULE.match(rest)
        if rule:
            step["match_text"] = rule.group(1) or ""
            step["match"] = parse_match(step["match_text"])
            step["priority"] = int(rule.group(2))
            step["cookie"] = rule.group(3) or "0x0"
            if rule.group(4):
                step["details"].append(rule.group(4).strip(" ,"))
        elif rest != "No match.":
            step["details"].append(rest)
        self.steps.append(step)
        self._open.append((actions_at, step["step"]))

    def _bridge(self, column):
        while len(self._bridges) > 1 and self._bridges[-1][0] > column:
            self._bridges.pop()
        return self._bridges[-1][1] if self._bridges else None

    def _action(self, column, text):
        bucket = _BUCKET.match(text)
        detail = text.startswith(("-> ", ">> ", ">>>> "))
        self._close(column - 1 if detail else column, bool(bucket) and column % 8 == 0)
        step = self._open[-1][1] if self._open else None
        if bucket:
            self._open.append((column + (4 if column % 8 == 0 else 8), step))
        if step is None:
            if text != "thaw" and not text.startswith("Resuming from "):
                self._thread["notes"].append(text)
            return
        step = self.steps[step]
        if detail:
            step["details"].append(text.lstrip("-> ").rstrip("< "))
            return
        if bucket:
            step["bucket"] = int(bucket.group(1))
            return
        step["actions"].append(text)
        name, argument = call(text)
        if name == "resubmit":
            table = number((argument or "").rpartition(",")[2])
            if table is not None:
                step["resubmits"].append(table)
        elif text.startswith("group:"):
            step["group"] = number(text[6:])
        found = _SET.match(text)
        if found:
            value, field, short, short_value = found.groups()
            if field:
                step["set_fields"][field] = value
            else:
                step["set_fields"][_MOD_NAMES.get(short, short)] = short_value


def _packet(flow):
    """Of a flow at the beginning of a thread, what a wire would carry of it."""
    fields = parse_match(flow)
    return {
        name: value
        for name, value in fields.items()
        if name not in _NOT_OF_THE_PACKET and not name.startswith(("reg", "xreg", "xxreg", "ct_", "tun_"))
    }


def _fates(text, packet):
    """What one list of datapath actions does with the packet in the end."""
    fates = {"outputs": [], "controller": False, "recirculated": []}
    _follow(text, fates, {}, dict(packet))
    return fates


def _follow(text, fates, tunnel, packet):
    for action in split_fields(text):
        action = action.strip()
        name, argument = call(action)
        if argument is None:
            if name not in _BARE_ACTIONS:
                fates["outputs"].append(dict(tunnel, port=unquote(name), packet=dict(packet)))
        elif name in ("clone", "check_pkt_len", "gt", "le", "sample", "actions"):
            _follow(_nested(name, argument), fates, tunnel, dict(packet))
        elif name == "tnl_push":
            fates["outputs"].append(dict(_tunnel_push(argument), packet=dict(packet)))
        elif name == "tnl_pop":
            fates["recirculated"].append("tunnel")
        elif name == "recirc":
            fates["recirculated"].append(argument)
        elif name == "userspace" and ("controller" in argument):
            fates["controller"] = True
        elif name == "set" and argument.startswith("tunnel("):
            tunnel = _tunnel_set(argument)
        elif name == "set":
            packet.update(_changes(argument))


def _changes(argument):
    """``eth(src=02:..,dst=02:..)``, the argument of the datapath's action ``set``, as fields of a flow."""
    header, values = call(argument)
    changed = {}
    for part in split_fields(values or ""):
        name, _equals, value = part.partition("=")
        field = _HEADERS.get((header, name))
        if field:
            changed[field] = value.partition("/")[0]
    return changed


def _nested(name, argument):
    if name in ("check_pkt_len", "sample"):
        # size=1500,gt(...),le(...) and sample=50.0%,actions(...): only what has a bracket is an action
        return ",".join(part for part in split_fields(argument) if "(" in part)
    return argument


def _tunnel_push(argument):
    output = {}
    for part in split_fields(argument):
        name, value = call(part)
        if name == "tnl_port" and value is not None:
            output["port"] = unquote(value)
        elif name == "out_port" and value is not None:
            output["underlay_port"] = unquote(value)
        elif name == "header" and value is not None:
            remote = re.search(r"ipv[46]\(.*?\bdst=([^,)]+)", value)
            key = re.search(r"\bvni=(0x[0-9a-f]+)", value)
            if remote:
                output["remote_ip"] = remote.group(1)
            if key:
                output["tun_id"] = key.group(1)
    output.setdefault("port", None)
    return output


def _tunnel_set(argument):
    tunnel = {}
    remote = re.search(r"\b(?:ipv6_)?dst=([^,)]+)", argument)
    key = re.search(r"\btun_id=(0x[0-9a-f]+)", argument)
    if remote:
        tunnel["remote_ip"] = remote.group(1)
    if key:
        tunnel["tun_id"] = key.group(1)
    return tunnel


def _verdict(threads):
    outputs = [dict(output, thread=t["thread"]) for t in threads for output in t["outputs"]]
    controller = any(thread["controller"] for thread in threads)
    followed = {thread["recirc_id"] for thread in threads}
    pending = [r for thread in threads for r in thread["recirculated"] if r not in followed]
    if not any(thread["datapath_actions"] for thread in threads):
        verdict = "unknown"
    elif outputs:
        verdict = "output"
    elif controller:
        verdict = "controller"
    elif pending:
        verdict = "recirculated"
    else:
        verdict = "drop"
    return {"verdict": verdict, "outputs": outputs, "controller": controller, "not_followed": pending}


def readable(flow):
    """The flow with the names that ovs-ofctl reads for what it prints by another one."""
    for protocol, names in _READ_AS.items():
        if flow.get(protocol):
            return {names.get(name, name): value for name, value in flow.items()}
    return flow


def _tunnels(steps, threads):
    """Where the packet goes to another host: what a flow must say there for the trace to go on (ovn-architecture(7))."""
    found, left = [], {}
    for step in steps:
        ports = [unquote(call_[7:]) for call_ in step["actions"] if call_.startswith("output:")]
        key = number(step["set_fields"].get("tun_id", "").partition("/")[0])
        if key is None or not ports:
            continue
        metadata = number(step["set_fields"].get("tun_metadata0", "0").partition("/")[0]) or 0
        for detail in step["details"]:
            moved = _NOW.match(detail)
            if moved:
                metadata |= int(moved.group(2), 16) << int(moved.group(1))
        thread = step["thread"]
        outputs = left.setdefault(thread, list(threads[thread]["outputs"]))
        for port in ports:
            output = next((o for o in outputs if o["port"] == port or "tun_id" in o), None)
            if output is None:
                continue  # dropped before it left
            outputs.remove(output)
            flow = readable(dict(output["packet"], tun_id=hex(key), tun_metadata0=hex(metadata)))
            found.append({"step": step["step"], "thread": thread, "port": port, "flow": flow})
    return found


def _last_step(steps, verdict):
    """The step that decided. A look-up that finds nothing says drop too, and the packet goes on after it."""
    candidates = [s for s in steps if s["matched"] or not s["returns"]]
    words = {"output": ("output", "bundle", "NORMAL", "FLOOD", "ALL"), "controller": _CONTROLLER}.get(verdict)
    if words:
        candidates = [s for s in candidates if any(a.startswith(words) for a in s["actions"])] or candidates
    return candidates[-1]["step"] if candidates else None
