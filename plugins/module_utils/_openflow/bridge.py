# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge of the running ovs-vswitchd: what it is, its flows, and changes to them."""

from __future__ import annotations

import json
import os
import re
import threading

from .flow import parse_flow_mod, parse_flows
from .text import number, split_fields, unquote
from .tool import OpenFlowError, check_timeout, run

# Bundles need 1.3, and the newer the version the fewer the spellings of an action
_VERSIONS = ("OpenFlow15", "OpenFlow14", "OpenFlow13")
_LINE_ERROR = re.compile(r"^-:(\d+): (.*)$", re.S)
_PORT = re.compile(r"^ (\d+|LOCAL)\((.*)\): addr:", re.M)
_PORT_ERROR = re.compile(r"unknown port")
_BUNDLE_ERROR = re.compile(r"^Error (\w+) for: (.*)$", re.M)
_NORMALIZED = "normalization changed ofp_match"
_MAX_ERRORS = 20
_LOCAL = 65534

# Where a port's name can stand in a match and within an action; a bare name is an action too
_MATCH_PORT = re.compile(r'((?:^|[,\s])in_port=)("(?:[^"\\]|\\.)+"|[^,\s"]+)')
_ACTION_PORT = re.compile(
    r"((?:\boutput:|\boutput\(port=|\benqueue[:(]|\bresubmit[:(]|\bset_field:))"
    r'("(?:[^"\\]|\\.)+"|[^,():\s"]+?)(?=$|[,:)]|->in_port)'
)
_RESERVED = frozenset(
    ("in_port", "table", "normal", "flood", "all", "controller", "local", "none", "any", "drop", "ct", "ct_clear",
     "unset", "strip_vlan", "pop_vlan", "dec_ttl", "clear_actions")
)  # fmt: skip


class Bridge:
    """``name`` as in the Open_vSwitch database. Everything it does ends within ``timeout`` seconds."""

    def __init__(self, name, params):
        if not name or "/" in name or ":" in name or name.startswith("-"):
            raise OpenFlowError("bridge: %r is no name of a bridge" % name)
        self.name = name
        self.timeout = check_timeout(params)
        self.endpoint = params.get("ovs")
        self.env = {}
        if self.endpoint and self.endpoint.startswith("unix:") and "OVS_RUNDIR" not in os.environ:
            # the bridge's management socket lies beside the database's
            self.env["OVS_RUNDIR"] = os.path.dirname(self.endpoint[5:])
        self._version = None
        self._ports = None

    def facts(self):
        """Look the bridge up in the database; returns Open_vSwitch's external_ids."""
        argv = ["ovs-vsctl", "--no-wait", "--format=json"]
        if self.endpoint:
            argv.append("--db=" + self.endpoint)
        argv += ["--columns=external_ids", "list", "Open_vSwitch", "."]
        argv += ["--", "--columns=name,protocols", "list", "Bridge"]
        done = run(argv, self.timeout, env=self.env)
        if done.rc:
            raise OpenFlowError("the Open vSwitch database does not answer: %s" % done.reason)
        try:
            settings, bridges = [json.loads(line)["data"] for line in done.stdout.splitlines() if line]
            external_ids = dict(settings[0][0][1])
            protocols = {row[0]: row[1] for row in bridges}
        except (ValueError, LookupError, TypeError) as error:
            raise OpenFlowError("ovs-vsctl printed what is no list of bridges: %r" % done.stdout[:200]) from error
        if self.name not in protocols:
            known = ", ".join(sorted(protocols)) or "none"
            raise OpenFlowError("bridge: %s does not exist; there are: %s" % (self.name, known))
        self._version = self._choose(protocols[self.name])
        return external_ids

    def _choose(self, protocols):
        allowed = protocols[1] if isinstance(protocols, list) else [protocols]
        for version in _VERSIONS:
            if not allowed or version in allowed:
                return version
        raise OpenFlowError(
            "bridge: %s speaks only %s; its column protocols must allow one of %s"
            % (self.name, ", ".join(allowed), ", ".join(reversed(_VERSIONS)))
        )

    @property
    def version(self):
        if self._version is None:
            self.facts()
        return self._version

    def ofctl(self, *argv, stdin=None):
        """Run ovs-ofctl, with the OpenFlow version that the bridge and we have in common."""
        return run(["ovs-ofctl", "-O", self.version] + list(argv), self.timeout, stdin=stdin, env=self.env)

    def ask(self, *argv):
        """The same, for what must succeed."""
        done = self.ofctl(*argv)
        if done.rc:
            raise self.failed(done)
        return done.stdout

    def failed(self, done):
        reason_ = done.reason
        if "is not a bridge or a socket" in reason_ or "failed to connect to socket" in reason_:
            return OpenFlowError(
                "bridge: %s is in the database, but ovs-vswitchd does not serve it; is it running? (%s)"
                % (self.name, reason_)
            )
        return OpenFlowError("bridge: %s: %s" % (self.name, reason_))

    def dump(self, what="", names=False, statistics=False):
        """The flows that ovs-ofctl finds for ``what`` (a table, a cookie and mask, a match)."""
        return parse_flows(self._dump(what, names, statistics))

    def _dump(self, what, names=False, statistics=False):
        argv = ["--names" if names else "--no-names"]
        if not statistics:
            argv.append("--no-stats")
        argv += ["dump-flows", self.name]
        return self.ask(*(argv + ([what] if what else [])))

    def dump_beside(self, asked):
        """Begins to dump what each of ``asked`` means, while the caller does something else."""
        return _Dumping(lambda: [line for what in asked for line in self._dump(what).splitlines()])

    def ports(self):
        """The bridge's ports as {name: OpenFlow port number}."""
        if self._ports is None:
            found = _PORT.findall(self.ask("dump-ports-desc", self.name))
            self._ports = {name: _LOCAL if port == "LOCAL" else int(port) for port, name in found}
        return self._ports

    def canonical(self, lines):
        """Flows as ovs-ofctl understands them, in order; errors as {index: reason}."""
        flows, errors = self._parse(lines)
        if any(_PORT_ERROR.search(text) for text in errors.values()):
            lines = [self.number_ports(line) for line in lines]
            flows, errors = self._parse(lines)
        return flows, errors

    def _parse(self, lines):
        lines, errors = list(lines), {}
        while True:
            done = self.ofctl("parse-flows", "-", stdin="".join(line + "\n" for line in lines))
            found = _LINE_ERROR.match(done.reason) if done.rc else None
            if not found:
                break
            index = int(found.group(1)) - 1
            errors[index] = found.group(2).replace("\n", " ")
            lines[index] = "#"
            if len(errors) == _MAX_ERRORS:
                return [], errors
        if done.rc:
            raise OpenFlowError("flows: ovs-ofctl: %s" % done.reason)
        if _NORMALIZED in done.stderr:
            for index in self._normalized(list(range(len(lines))), lines):
                errors[index] = (
                    "a part of its match has no effect without what it builds upon (such as nw_dst without ip), "
                    "and ovs-ofctl would leave it out: %s" % lines[index]
                )
        flows = [flow for flow in map(parse_flow_mod, done.stdout.splitlines()) if flow]
        if not errors and len(flows) != len(lines):
            raise OpenFlowError("flows: ovs-ofctl read %d flows as %d" % (len(lines), len(flows)))
        return flows, errors

    def _normalized(self, indexes, lines):
        """Which flows ovs-ofctl would silently widen; it does not say, so halve until found."""
        done = self.ofctl("parse-flows", "-", stdin="".join(lines[index] + "\n" for index in indexes))
        if _NORMALIZED not in done.stderr:
            return []
        if len(indexes) == 1:
            return indexes
        middle = len(indexes) // 2
        return self._normalized(indexes[:middle], lines) + self._normalized(indexes[middle:], lines)

    def number_ports(self, text):
        """The flow's text with each name of a port of this bridge replaced by its number."""
        head, found, actions = text.partition("actions=")
        head = _MATCH_PORT.sub(lambda m: m.group(1) + self._port(m.group(2)), head)
        fields = [
            _ACTION_PORT.sub(lambda m: m.group(1) + self._port(m.group(2)), self._port(field.strip()))
            for field in split_fields(actions)
        ]
        return head + found + ",".join(fields)

    def _port(self, name):
        plain = unquote(name)
        port = self.ports().get(plain)
        if port is None or plain.lower() in _RESERVED or number(plain) is not None:
            return name
        return "LOCAL" if port == _LOCAL else str(port)

    def apply(self, lines):
        """Commit a bundle: all of the lines or none."""
        done = self.ofctl("--bundle", "add-flows", self.name, "-", stdin="".join(line + "\n" for line in lines))
        if not done.rc:
            return
        found = _BUNDLE_ERROR.search(done.stderr)
        if found:
            raise BundleError(found.group(1), parse_flow_mod(found.group(2)))
        raise self.failed(done)


class _Dumping(threading.Thread):
    """Its ``lines()`` are those of the dump: waits for them, and raises what went wrong with it."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self._work = work
        self._lines, self._error = [], None
        self.start()

    def run(self):
        try:
            self._lines = self._work()
        except OpenFlowError as error:
            self._error = error

    def lines(self):
        self.join()
        if self._error is not None:
            raise self._error
        return self._lines


class BundleError(Exception):
    """The switch refused a flow; nothing was changed."""

    def __init__(self, code, flow):
        super().__init__(code)
        self.code = code
        self.flow = flow


def ovn_bridges(external_ids):
    """The bridges whose flows an ovn-controller of this host writes: ovn-controller(8), Configuration."""
    named = [value for key, value in external_ids.items() if key == "ovn-bridge" or key.startswith("ovn-bridge-")]
    if "ovn-bridge" not in external_ids and any(
        key == "ovn-remote" or key.startswith("ovn-remote-") for key in external_ids
    ):
        named.append("br-int")
    return named
