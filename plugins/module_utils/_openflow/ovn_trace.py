# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``ovn-trace`` prints (its detailed form), as data."""

from __future__ import annotations

import re

from .flow import BadFlow

_BLOCK = re.compile(r'^(ingress|egress|multicast)\(dp="(.*?)"(?:, inport="(.*?)")?(?:, (outport|mcgroup)="(.*?)")?\)$')
_STEP = re.compile(r"^(\d+)\. (\w+)(?: \(([^)]*)\))?: (.*)$")
_RULE = re.compile(r"^(.*), priority (\d+)(?:, uuid ([0-9a-f-]+))?$")
_OUTPUT = re.compile(r'^/\* output to "(.*)", type "(.*)" \*/$')
_BACKENDS = re.compile(r"^ct_lb\w*\(backends=([^;)]*)")

#: An output that enters another datapath, and is no end of the way
_INNER_TYPES = frozenset(("patch", "l3gateway"))

#: Headings under which the packet itself goes on; under others (arp, icmp4, ...) goes one that a router made
_SAME_PACKET = ("ct_", "clone", "commit_", "next")


def parse_trace(text, lb_dst=None):
    """The trace as {steps, outputs, verdict, ...}; text that is no trace gives a verdict V(unknown)."""
    parser = _Parser()
    lines = text.splitlines()
    for line, following in zip(lines, lines[1:] + [""]):
        parser.line(line.rstrip(), heading=bool(following.strip()) and not following.strip("- "))
    steps = parser.steps
    own = [step for step in steps if not step["generated"]]
    ends = [output for output in parser.outputs if output["type"] not in _INNER_TYPES]
    outputs = [output for output in ends if not output["generated"]]
    if not steps:
        verdict = "unknown"
    elif outputs:
        verdict = "output"
    else:
        verdict = "drop"
    return {
        "microflow": parser.microflow,
        "steps": steps,
        "verdict": verdict,
        "outputs": outputs,
        "generated": [output for output in ends if output["generated"]],
        "path": parser.path,
        "load_balancing": _load_balancing(steps, lb_dst),
        "last_step": own[-1]["step"] if own else None,
        "notes": parser.notes,
    }


class _Parser:
    def __init__(self):
        self.microflow = ""
        self.steps = []
        self.outputs = []
        self.path = []
        self.notes = []
        self._blocks = []  # (column, what every step below it shares), outermost first
        self._last = []  # (column of its actions, step), outermost first
        self._generated = []  # (from which column on, heading)

    def line(self, line, heading):
        text = line.strip()
        if not text.strip("-"):
            return
        if text.startswith("# ") and not self.steps:
            self.microflow = text[2:]
            return
        column = len(line) - len(line.lstrip(" "))
        found = None if heading else _STEP.match(text)
        if found and len(found.group(1)) == 1:
            column -= 1  # the number is printed two wide
        while self._generated and column < self._generated[-1][0]:
            self._generated.pop()
        if heading:
            self._heading(column, text)
        elif found:
            self._step(column, found)
        else:
            self._action(column, text)

    def _maker(self):
        """The heading under which a router makes a packet of its own, if we are under one."""
        return self._generated[-1][1] if self._generated else ""

    def _context(self):
        return self._blocks[-1][1] if self._blocks else {}

    def _close(self, column):
        """A heading or step in this column ends everything that stands right of it."""
        while self._blocks and self._blocks[-1][0] > column:
            self._blocks.pop()
        while self._last and self._last[-1][0] > column:
            self._last.pop()

    def _heading(self, column, text):
        """A pipeline begins, or one goes on: after conntrack, in a clone, with what the router itself sends."""
        self._close(column)
        found = _BLOCK.match(text)
        if not found:
            context = dict(self._context(), resumed=text)
            if not text.startswith(_SAME_PACKET):
                # all that follows from here on, if it is the last thing that happens; else what stands further right
                self._generated.append((column if column % 8 == 0 else column + 1, text.partition(" ")[0]))
            self._blocks.append((column, context))
            return
        while self._blocks and self._blocks[-1][0] >= column:
            self._blocks.pop()
        pipeline, datapath, inport, kind, port = found.groups()
        context = {"pipeline": pipeline, "datapath": datapath, "inport": inport, "outport": None, "resumed": ""}
        if kind:
            context[kind] = port
        self._blocks.append((column, context))
        if not self._maker() and (not self.path or self.path[-1] != datapath):
            self.path.append(datapath)

    def _step(self, column, found):
        table, stage, source, rest = found.groups()
        self._close(column)
        context = self._context()
        step = {
            "step": len(self.steps),
            "depth": (column + 4) // 8,
            "pipeline": context.get("pipeline"),
            "datapath": context.get("datapath"),
            "inport": context.get("inport"),
            "outport": context.get("outport"),
            "resumed": context.get("resumed", ""),
            "generated": self._maker(),
            "table": int(table),
            "stage": stage,
            "source": source or "",
            "match": "",
            "priority": None,
            "uuid": None,
            "matched": False,
            "actions": [],
            "comments": [],
        }
        rule = _RULE.match(rest)
        if rule:
            step.update(match=rule.group(1), priority=int(rule.group(2)), uuid=rule.group(3), matched=True)
        else:
            step["comments"].append(rest)
        self.steps.append(step)
        self._last.append((column + 4, step))

    def _action(self, column, text):
        while self._last and self._last[-1][0] > column:
            self._last.pop()
        # what stands alone below a heading is what the last step began
        step = self._last[-1][1] if self._last else (self.steps[-1] if self.steps else None)
        output = _OUTPUT.match(text)
        if output:
            self.outputs.append(
                {
                    "port": output.group(1),
                    "type": output.group(2),
                    "datapath": self._context().get("datapath"),
                    "step": step["step"] if step else None,
                    "generated": self._maker(),
                }
            )
        if step is None:
            self.notes.append(text)
        elif text.startswith("/*"):
            step["comments"].append(text[2:].rstrip("/").strip("* "))
        else:
            step["actions"].append(text)


def _load_balancing(steps, lb_dst):
    """Where a balancer chose, from which backends; which one, if there was no choice or it was given."""
    choices = []
    for step in steps:
        for action in step["actions"]:
            found = _BACKENDS.match(action)
            if not found:
                continue
            backends = [backend.strip() for backend in found.group(1).split(",") if backend.strip()]
            given = [b for b in backends if lb_dst and (_host(b) == _host(lb_dst))]
            chosen = given or (backends if len(backends) == 1 else [])
            choices.append({"step": step["step"], "backends": backends, "backend": chosen[0] if chosen else None})
    return choices


def _host(backend):
    """The address of ``10.0.0.1:80``, ``[fd00::1]:80`` or of an address alone."""
    if backend.startswith("["):
        return backend[1:].partition("]")[0]
    return backend.partition(":")[0] if backend.count(":") == 1 else backend


_PORTS = ("inport", "outport")


def microflow_text(microflow):
    """A microflow, text or a dictionary, as the expression that ovn-trace takes; raises BadFlow."""
    if not isinstance(microflow, dict):
        text = str(microflow or "").strip()
        if not text:
            raise BadFlow('an empty microflow; it names at least the inport, as in inport == "sw0-port1"')
        return text
    terms = []
    for name, value in microflow.items():
        if value is True or value is None:
            terms.append(str(name))
        elif value is False:
            terms.append("!%s" % name)
        elif isinstance(value, (dict, list)):
            raise BadFlow("%s: expected one value, not %s" % (name, value))
        elif name in ("eth.src", "eth.dst", "arp.sha", "arp.tha") and isinstance(value, int):
            raise BadFlow("%s: %d is no MAC address; YAML read it as a number, so quote it" % (name, value))
        elif name in _PORTS:
            terms.append('%s == "%s"' % (name, str(value).replace("\\", "\\\\").replace('"', '\\"')))
        else:
            terms.append("%s == %s" % (name, value))
    if not terms:
        raise BadFlow("an empty microflow; it names at least the inport")
    return " && ".join(terms)
