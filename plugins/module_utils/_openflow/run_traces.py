# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ovs_trace and ovn_trace do: run the tool that traces, and read what it prints."""

from __future__ import annotations

import re

from .._ovsdb.arguments import OVN_ARGUMENTS, OVS_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import inform
from . import ofproto_trace, ovn_trace
from .bridge import Bridge
from .flow import BadFlow, match_text, parse_match
from .interfaces import Interfaces
from .text import number
from .tool import OpenFlowError, check_timeout, reason, run, warnings

_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "tcp6": 6, "udp6": 17, "sctp6": 132, "icmp6": 58}
_CT_STATE = re.compile(r"[a-z]+(?:[|,][a-z]+)*")
_ORIGINAL = re.compile(r"\bct_(?:nw|ipv6|tp)_\w+=")


def trace_ofproto(options):
    apart = [("in_port", "iface_id", "tunnel_from")]
    inform({**OVS_ARGUMENTS, **options}, lambda params: _OfprotoTask(params).run(), mutually_exclusive=apart)


def _ct_states(params, option):
    states = []
    for index, state in enumerate(params[option] or []):
        state = state.replace(" ", "")
        if not _CT_STATE.fullmatch(state):
            raise OpenFlowError("%s[%d]: %r is no state such as trk,new" % (option, index, state))
        states.append(state)
    return states


class _OfprotoTask:
    def __init__(self, params):
        self.params = params
        self.bridge = Bridge(params["bridge"], params)
        self.states = _ct_states(params, "ct_next")
        self.assumed = {}

    def run(self):
        try:
            flow = match_text(self.params["flow"])
        except BadFlow as error:
            raise OpenFlowError("flow: %s" % str(error).replace("match.", "", 1)) from error
        if "\n" in flow:
            raise OpenFlowError("flow: one line, please: %r" % flow)
        self.bridge.facts()
        flow = self._with_port(flow, self._given_port())
        fields = parse_match(flow)
        if self.params["dp_hash"] is not None:
            if "dp_hash" in fields:
                raise OpenFlowError("dp_hash: the flow has one already")
            flow += ",dp_hash=%d" % self.params["dp_hash"]
        text, result = self._trace(flow)
        while True:
            more = self._missing(result, parse_match(flow))
            if not more:
                break
            self.assumed.update(more)
            flow = ",".join([flow] + ["%s=%s" % item for item in more.items()])
            text, result = self._trace(flow)
        if result["tunnels"]:
            self._say_where_to(result["tunnels"])
        result.update(request=flow, assumed=self.assumed, text=text)
        return result

    def _given_port(self):
        """The port's name, by whichever option gives it."""
        if self.params["iface_id"] is not None:
            with Interfaces(self.params) as interfaces:
                return interfaces.by_iface_id(self.params["iface_id"])
        if self.params["tunnel_from"] is not None:
            with Interfaces(self.params) as interfaces:
                return interfaces.by_other_end(self.params["tunnel_from"])
        return self.params["in_port"]

    def _say_where_to(self, tunnels):
        with Interfaces(self.params) as interfaces:
            ends = interfaces.tunnels({tunnel["port"] for tunnel in tunnels})
        for tunnel in tunnels:
            tunnel.update(ends.get(tunnel["port"], {"remote_ip": None, "chassis": None}))

    def _missing(self, result, fields):
        """What a real packet would carry, that this trace asked for and that nobody gave."""
        if self._asks_for_tuple(result, fields):
            more = _original_tuple(fields)
            if more:
                return more
        if "dp_hash" not in fields and _waits_for_hash(result):
            return {"dp_hash": "1"}
        return {}

    def _asks_for_tuple(self, result, fields):
        wanted = self.params["original_tuple"]
        if wanted is False or self.assumed.get("ct_state") or any(name.startswith("ct_") for name in fields):
            return False
        if wanted:
            if not _original_tuple(fields):
                raise OpenFlowError("original_tuple: the flow needs a protocol, a source and a destination for that")
            return True
        # the megaflow has every field that any table looked at
        return any(_ORIGINAL.search(thread["megaflow"]) for thread in result["threads"])

    def _with_port(self, flow, given):
        fields = parse_match(flow)
        if given is not None and "in_port" in fields:
            raise OpenFlowError("in_port: the flow has one already")
        name = given if given is not None else fields.get("in_port")
        if name is None:
            raise OpenFlowError("in_port: say where the packet comes in, by the port's name or number")
        if number(name) is not None and name not in self.bridge.ports():
            return flow if given is None else "in_port=%s,%s" % (name, flow)
        plain = str(name).strip('"')
        ports = self.bridge.ports()
        if plain in ports:
            port = str(ports[plain])
        elif plain.lower() == "local":
            port = "LOCAL"
        else:
            raise OpenFlowError(
                "in_port: %s has no port %s; there are: %s" % (self.bridge.name, plain, ", ".join(sorted(ports)))
            )
        if given is None:
            rest = [f for f in re.split(r",\s*", flow) if not f.startswith("in_port=")]
            flow = ",".join(rest)
        return "in_port=%s,%s" % (port, flow)

    def _trace(self, flow):
        text = self._run(flow)
        return text, ofproto_trace.parse_trace(text)

    def _run(self, flow):
        argv = ["ovs-appctl", "ofproto/trace", self.bridge.name]
        argv.append("--names" if self.params["names"] else "--no-names")
        for state in self.states:
            argv += ["--ct-next", state]
        done = run(argv + [flow], self.bridge.timeout, env=self.bridge.env)
        if done.rc or not done.stdout.startswith("Flow:"):
            text = reason(done.stderr) or done.stdout.strip()
            if "pidfile" in text or "cannot connect" in text:
                raise OpenFlowError("ovs-vswitchd does not answer; is it running? (%s)" % text)
            raise OpenFlowError("flow: %s" % text.replace("\n", " "), request=flow)
        return done.stdout


def _original_tuple(fields):
    """The fields that conntrack would remember of this packet; nothing if it says too little."""
    six = "ipv6_dst" in fields
    names = ("ipv6_src", "ipv6_dst") if six else ("nw_src", "nw_dst")
    protocol = next((_PROTOCOLS[name] for name in _PROTOCOLS if name in fields), number(fields.get("nw_proto")))
    source, destination = (fields.get(name) for name in names)
    if protocol is None or source is None or destination is None:
        return {}
    prefix = "ct_ipv6" if six else "ct_nw"
    result = {
        "ct_state": "trk|new",
        prefix + "_src": source,
        prefix + "_dst": destination,
        "ct_nw_proto": protocol,
    }
    for end in ("src", "dst"):
        port = next((fields[kind + end] for kind in ("tp_", "tcp_", "udp_", "sctp_") if kind + end in fields), None)
        if port is not None:
            result["ct_tp_" + end] = port
    return {name: str(value) for name, value in result.items()}


def _waits_for_hash(result):
    """Did it end before a select group, for want of the hash that the datapath would compute?"""
    return any(
        "hash(" in thread["datapath_actions"] and set(thread["recirculated"]) & set(result["not_followed"])
        for thread in result["threads"]
    )


def trace_ovn(options):
    inform({**OVN_ARGUMENTS, **options}, _trace_ovn)


def _trace_ovn(params):
    timeout = check_timeout(params)
    argv = ["ovn-trace", "--detailed"]
    for option, flag in (
        ("sb", "--db"),
        ("private_key", "--private-key"),
        ("certificate", "--certificate"),
        ("ca_cert", "--ca-cert"),
        ("lb_dst", "--lb-dst"),
        ("select_id", "--select-id"),
    ):
        if params[option] is not None:
            argv.append("%s=%s" % (flag, params[option]))
    argv += ["--ct=" + state for state in _ct_states(params, "ct")]
    try:
        microflow = ovn_trace.microflow_text(params["microflow"])
    except BadFlow as error:
        raise OpenFlowError("microflow: %s" % error) from error
    argv.append("--")
    if params["datapath"]:
        argv.append(params["datapath"])
    argv.append(microflow)
    try:
        done = run(argv, timeout)
    except OpenFlowError as error:
        try:
            open_session(params, "OVN_Southbound").close()
        except OvnError as why:
            raise OpenFlowError("%s; sb: %s" % (error, why), request=microflow) from None
        raise
    unknown = [text for text in warnings(done.stderr) if "unknown logical port" in text]
    if unknown:  # ovn-trace goes on without the port, or aborts
        raise OpenFlowError("microflow: %s" % unknown[0], request=microflow)
    if done.rc:
        raise OpenFlowError(_explain(done), request=microflow)
    result = ovn_trace.parse_trace(done.stdout, lb_dst=params["lb_dst"])
    if result["verdict"] == "unknown":
        text = reason(done.stderr) or done.stdout.strip() or "ovn-trace printed no trace"
        option = "datapath" if "unknown datapath" in text else "microflow"
        raise OpenFlowError("%s: %s" % (option, text), request=microflow)
    result.update(request=microflow, text=done.stdout)
    return result


def _explain(done):
    text = done.reason.replace("\n", " ")
    if "database connection failed" in text:
        return "sb: the southbound database does not answer: %s" % text
    if "connection tracking state" in text:
        return "ct: %s" % text
    return "microflow: %s" % text
