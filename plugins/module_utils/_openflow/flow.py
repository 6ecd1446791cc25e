# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenFlow flows: the text that ovs-ofctl prints and takes, and the same as data."""

from __future__ import annotations

import re

from .text import number, split_fields, statistic

DEFAULT_PRIORITY = 32768

#: Words that stand between the numbers and the match (ovs-ofctl(8), "flags")
FLAGS = frozenset(("send_flow_rem", "check_overlap", "reset_counts", "no_packet_counts", "no_byte_counts"))

# Flags that the switch remembers; the others only steer the command that adds a flow
_LASTING = frozenset(("send_flow_rem", "no_packet_counts", "no_byte_counts"))
_NO_FLAGS = frozenset()  # type: frozenset

# What stands before the match and can come last there if there is no match
_NOT_MATCH = frozenset(
    ("cookie", "table", "duration", "n_packets", "n_bytes", "idle_timeout", "hard_timeout", "importance",
     "idle_age", "hard_age")
)  # fmt: skip

_QUOTED_META = re.compile(r'^(.* )?((?:[^" ]|"(?:[^"\\]|\\.)*")*)$')
_MACS = frozenset(("dl_src", "dl_dst", "arp_sha", "arp_tha", "nd_sll", "nd_tll"))

# What ovs-fields(7) calls the same field; the name that ovs-ofctl prints is on the right
ALIASES = {
    "eth_src": "dl_src",
    "eth_dst": "dl_dst",
    "eth_type": "dl_type",
    "ip_src": "nw_src",
    "ip_dst": "nw_dst",
    "ip_proto": "nw_proto",
    "ip_frag": "nw_frag",
    "ip_ttl": "nw_ttl",
    "ipv4_src": "nw_src",
    "ipv4_dst": "nw_dst",
    "tunnel_id": "tun_id",
    "tcp_src": "tp_src",
    "udp_src": "tp_src",
    "sctp_src": "tp_src",
    "tcp_dst": "tp_dst",
    "udp_dst": "tp_dst",
    "sctp_dst": "tp_dst",
    "icmpv4_type": "icmp_type",
    "icmpv4_code": "icmp_code",
    "icmpv6_type": "icmp_type",
    "icmpv6_code": "icmp_code",
    "arp_op": "arp_op",
    "nd_target": "nd_target",
}

# A protocol keyword says everything that the ones on the right say
_IMPLIES = {
    "tcp": ("ip",),
    "udp": ("ip",),
    "sctp": ("ip",),
    "icmp": ("ip",),
    "igmp": ("ip",),
    "tcp6": ("ipv6",),
    "udp6": ("ipv6",),
    "sctp6": ("ipv6",),
    "icmp6": ("ipv6",),
}


class Flow:
    """One flow. ``match`` and ``actions`` are text; ``attributes`` the rest, as text too."""

    __slots__ = ("attributes", "flags", "priority", "match", "actions", "table", "identity", "line")

    def __init__(self, attributes, flags, priority, match, actions, line=None):
        self.attributes = attributes
        self.flags = flags
        self.priority = priority
        self.match = match
        self.actions = actions
        self.line = line  # as dump-flows --no-stats prints it, where that is known
        table = attributes.get("table", "0")
        self.table = int(table) if table.isdigit() else table
        #: What makes it this flow and no other: a switch holds one flow of each
        self.identity = self.table, priority, match

    @property
    def cookie(self):
        cookie = self.attributes.get("cookie")
        return number(cookie) or 0 if cookie else 0

    @property
    def content(self):
        """What a change may change; statistics are no part of it."""
        get = self.attributes.get
        return (
            self.actions,
            self.cookie,
            (get("idle_timeout", "0"), get("hard_timeout", "0"), get("importance", "0")),
            self.flags & _LASTING,
        )

    def match_fields(self):
        return parse_match(self.match)

    def head(self, **extra):
        """The flow without its actions, as ovs-ofctl takes it."""
        parts = ["%s=%s" % item for item in extra.items()]
        parts.append("table=%s,priority=%d" % (self.table, self.priority))
        if self.match:
            parts.append(self.match)
        return ",".join(parts)

    def text(self):
        """The flow as ovs-ofctl takes it, every number spelled out and nothing of what was counted."""
        if self.line:
            match = "," + self.match if self.match else ""
            return "cookie=0x%x,table=%s,priority=%d%s actions=%s" % (
                self.cookie,
                self.table,
                self.priority,
                match,
                self.actions,
            )
        extra = {"cookie": "0x%x" % self.cookie}
        for name in ("idle_timeout", "hard_timeout", "importance"):
            if self.attributes.get(name, "0") != "0":
                extra[name] = self.attributes[name]
        head = self.head(**extra)
        flags = sorted(self.flags)
        return "%s actions=%s" % (",".join([head] + flags), self.actions)

    def data(self):
        """The flow as a dictionary for people and playbooks."""
        result = {
            "table": self.table,
            "priority": self.priority,
            "cookie": "0x%x" % self.cookie,
            "match": self.match_fields(),
            "match_text": self.match,
            "actions": self.actions,
            "action_list": split_fields(self.actions),
            "flags": sorted(self.flags),
            "text": self.text(),
        }
        for name, value in self.attributes.items():
            if name not in ("table", "cookie"):
                result[name] = statistic(value)
        return result


def parse_flow(line):
    """One line of ``ovs-ofctl dump-flows`` as a Flow, or None if it is none."""
    head, found, actions = line.partition(" actions=")
    if not found:
        return None
    head = head.strip()
    if '"' in head:
        parts = _QUOTED_META.match(head)
        meta, match = (parts.group(1) or "", parts.group(2)) if parts else (head, "")
    else:
        meta, _space, match = head.rpartition(" ")
    if match.endswith(",") or match in FLAGS:
        meta, match = head, ""
    attributes, flags = {}, set()
    for item in meta.split():
        name, equals, value = item.partition("=")
        if equals:
            attributes[name] = value.rstrip(",")
        elif name in _LASTING:
            flags.add(name)
    priority = DEFAULT_PRIORITY
    if match.startswith("priority="):
        text, _comma, match = match[9:].partition(",")
        if not text.isdigit():
            return None
        priority = int(text)
    elif "=" in match and match.partition("=")[0] in _NOT_MATCH:
        # nothing but numbers, and no comma after the last
        name, _equals, attributes[name] = match.partition("=")
        match = ""
    return Flow(attributes, frozenset(flags), priority, match, actions)


def parse_flows(text):
    """Every flow of a dump; lines that are none (headings) are left out."""
    return [flow for flow in map(parse_flow, text.splitlines()) if flow is not None]


def read_flow(text):
    """A flow in any spelling that ovs-ofctl(8) prints or takes, as a Flow; raises BadFlow.

    Slower than parse_flow, which knows dumps only, and for a flow that a person wrote.
    """
    head, found, actions = str(text).partition("actions=")
    if not found or not actions.strip():
        raise BadFlow("%r is no flow: it has no actions=" % (text,))
    attributes, flags, match = {}, set(), []
    for word in (word for field in split_fields(head) for word in field.split()):
        name, equals, value = word.partition("=")
        if word in FLAGS:
            flags.add(word)
        elif equals and (name in _NOT_MATCH or name == "priority"):
            attributes[name] = value
        else:
            match.append(word)
    priority = number(attributes.pop("priority", DEFAULT_PRIORITY))
    if priority is None:
        raise BadFlow("%r: the priority is no number" % (text,))
    return Flow(attributes, frozenset(flags), priority, ",".join(match), actions.strip())


# ``NXT_FLOW_MOD (xid=0x2): ADD table:66 priority=100,ip cookie:0x5 idle:30 send_flow_rem actions=drop``
_FLOW_MOD = re.compile(r"^[A-Z]+_FLOW_MOD (?:\([^)]*\) ?)*: (?:ADD|DEL(?:_STRICT)?|MOD(?:_STRICT)?) ?(.*)$")
# What most of them are. A switch prints such a flow in the same words, in another order.
_PLAIN_MOD = re.compile(
    r"[A-Z]+_FLOW_MOD (?:\([^)]*\) ?)*: ADD (?:table:(\d+) )?priority=(\d+)(?:,([^\" ]+))?(?: cookie:(0x[0-9a-f]+))?"
    r" actions=(.*)"
)
_MOD_NAMES = {
    "table": "table",
    "cookie": "cookie",
    "idle": "idle_timeout",
    "hard": "hard_timeout",
    "importance": "importance",
}


def parse_flow_mod(line):
    """A line of ``ovs-ofctl parse-flows`` (a message that would be sent) as a Flow, or None."""
    plain = _PLAIN_MOD.match(line)
    if plain and plain.group(1) != "255":
        return _plain_flow(*plain.groups())
    message = _FLOW_MOD.match(line)
    if not message:
        return None
    head, found, actions = (" " + message.group(1)).partition(" actions=")
    if not found:
        return None
    attributes, flags, match = {}, set(), ""
    for item in head.split():
        name, colon, value = item.partition(":")
        if item in FLAGS:
            flags.add(item)
        elif colon and name in _MOD_NAMES:
            attributes[_MOD_NAMES[name]] = value
        elif colon and name in ("buf", "out_port", "out_group"):
            continue
        else:
            match = item
    if attributes.get("table") == "255":  # what a message without a table says in old protocols
        del attributes["table"]
    priority = DEFAULT_PRIORITY
    if match.startswith("priority="):
        text, _comma, match = match[9:].partition(",")
        priority = int(text)
    return Flow(attributes, frozenset(flags), priority, match, actions)


def _plain_flow(table, priority, match, cookie, actions):
    attributes, line = {}, ""
    if cookie is not None:
        attributes["cookie"] = cookie
        line = " cookie=%s," % cookie
    if table is not None:
        attributes["table"] = table
        line += " table=%s," % table
    line += " priority=%s%s actions=%s" % (priority, "," + match if match else "", actions)
    return Flow(attributes, _NO_FLAGS, int(priority), match or "", actions, line)


def parse_match(text):
    """``tcp,nw_dst=10.0.0.1`` as {"tcp": True, "nw_dst": "10.0.0.1"}."""
    match = {}
    for field in split_fields(text):
        name, equals, value = field.partition("=")
        match[name] = value if equals else True
    return match


class BadFlow(ValueError):
    """A flow that cannot be written as text; the message names the key."""


def match_text(match):
    """The inverse of parse_match, from what a playbook gives; raises BadFlow."""
    if match is None:
        return ""
    if not isinstance(match, dict):
        return str(match).strip().strip(",")
    fields = []
    for name, value in sorted(((str(name), value) for name, value in match.items()), key=_rank):
        if value is True or value is None:
            fields.append(name)
        elif value is False:
            continue
        elif isinstance(value, (dict, list)):
            raise BadFlow("match.%s: expected one value, not %s" % (name, value))
        elif isinstance(value, int) and ALIASES.get(name, name) in _MACS:
            raise BadFlow("match.%s: %d is no MAC address; YAML read it as a number, so quote it" % (name, value))
        else:
            fields.append("%s=%s" % (name, value))
    return ",".join(fields)


# A field comes after those that it builds upon, or ovs-vswitchd refuses it
_FIRST = ("dl_type", "ct_state", "nw_proto", "ct_nw_proto", "icmp_type")


def _rank(item):
    name, value = item
    if value is True or value is None:
        return -1
    name = ALIASES.get(name, name)
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


_TEXT_KEYS = ("table", "priority", "cookie", "idle_timeout", "hard_timeout", "importance")
KEYS = _TEXT_KEYS + ("match", "actions", "flags")


def flow_text(flow):
    """A flow as a playbook gives it, text or a dictionary, as ovs-ofctl's text; raises BadFlow."""
    if not isinstance(flow, dict):
        text = str(flow).strip()
        if not text:
            raise BadFlow("an empty flow; to match everything, write its actions, such as priority=0,actions=drop")
        if "\n" in text or "#" in text:
            raise BadFlow("a flow is one line without a comment: %r" % text)
        return text
    unknown = [str(key) for key in flow if key not in KEYS]
    if unknown:
        raise BadFlow("%s: no part of a flow; its parts are %s" % (", ".join(sorted(unknown)), ", ".join(KEYS)))
    parts = []
    for name in _TEXT_KEYS:
        value = flow.get(name)
        if value is None:
            continue
        if number(value) is None:
            raise BadFlow("%s: %r is not a number" % (name, value))
        parts.append("%s=%s" % (name, value))
    flags = flow.get("flags") or []
    flags = [flags] if isinstance(flags, str) else flags
    for flag in flags:
        if flag not in FLAGS:
            raise BadFlow("flags: %r is none of %s" % (flag, ", ".join(sorted(FLAGS))))
    text = match_text(flow.get("match"))
    parts.extend(flags)
    if text:
        parts.append(text)
    actions = flow.get("actions")
    if isinstance(actions, (list, tuple)):
        actions = ",".join(str(action) for action in actions) or "drop"
    line = ",".join(parts)
    if actions is not None:
        line += ("," if line else "") + "actions=%s" % actions
    if "\n" in line or "#" in line:
        raise BadFlow("a flow has no line break and no #: %r" % line)
    return line


def same_value(wanted, found):
    """Do two spellings of one field's value mean the same?"""
    if wanted is True or wanted is None or found is True:
        return found is True and wanted is not False
    wanted, found = str(wanted).lower(), str(found).lower()
    if wanted == found:
        return True
    if wanted.partition("/")[::2] == (found, "32") or found.partition("/")[::2] == (wanted, "32"):
        return True
    if wanted.strip('"') == found.strip('"'):
        return True
    if wanted[:1] in "+-" and found[:1] in "+-":  # conntrack and TCP flags have no order
        return sorted(re.findall(r"[+-]\w+", wanted)) == sorted(re.findall(r"[+-]\w+", found))
    wanted, found = wanted.split("/"), found.split("/")
    if len(wanted) != len(found):
        return False
    return all(number(a) is not None and number(a) == number(b) for a, b in zip(wanted, found))


def matches(wanted, fields):
    """Does a flow's match have each of the ``wanted`` fields with that value?"""
    for name, value in wanted.items():
        name = ALIASES.get(name, name)
        if name in fields:
            if not same_value(value, fields[name]):
                return False
        elif value is not True or not any(name in _IMPLIES.get(field, ()) for field in fields):
            return False
    return True
