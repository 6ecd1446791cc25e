# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of_flow does: read, plan, and one bundle."""

from __future__ import annotations

import re

from ansible.module_utils.basic import AnsibleModule

from .._ovsdb.arguments import OVS_ARGUMENTS
from .._ovsdb.module import conclude
from . import plan as planning
from .bridge import Bridge, BundleError, ovn_bridges
from .flow import BadFlow, flow_text, parse_flow
from .tool import OpenFlowError

_HAS_TABLE = re.compile(r"(?:^|[,\s])table=")
_ONE_TABLE = re.compile(r"(?:^|.*[,\s])table=(0|[1-9]\d*)(?![^,\s])")
_HAS_COOKIE = re.compile(r"(?:^|[,\s])cookie=")
_EVERY_TABLE = re.compile(r"(?:^|[,\s])table=(?:255|0x[fF][fF])\b")
_HAS_ACTIONS = re.compile(r"(?:^|[,\s])actions=")
_MAX_TABLE_DUMPS = 4


def ensure_flows(options):
    module = AnsibleModule({**OVS_ARGUMENTS, **options}, supports_check_mode=True)
    conclude(module, lambda: _Task(module.params, module.check_mode).run())


class _Task:
    def __init__(self, params, check_mode):
        self.params = params
        self.check_mode = check_mode
        self.state = params["state"]
        self.bridge = Bridge(params["bridge"], params)
        self.paths = []

    def run(self):
        scope = self._scope()
        texts = self._texts(scope)
        self._refuse_ovn(self.bridge.facts())
        if self.state == "absent" and not self.params["strict"]:
            plan, objects = self._delete_loosely(texts, scope)
        else:
            plan, objects = self._change(texts, scope)
        self._limit(plan)
        digest = plan.digest(self.bridge.name)
        expected = self.params["expect_plan"]
        if expected and plan.operations and expected != digest:
            raise OpenFlowError(
                "expect_plan: the plan is now %s, not %s; nothing was changed" % (digest, expected),
                operations=plan.operations,
                plan_hash=digest,
            )
        if plan.operations and not self.check_mode:
            self._apply(plan, objects)
        return {
            "changed": bool(plan.operations),
            "objects": [{"flow": o["flow"].text(), "changed": o["changed"]} for o in objects],
            "operations": plan.operations,
            "plan_hash": digest,
            "diff": {
                "before_header": self.bridge.name,
                "after_header": self.bridge.name,
                "before": "".join(line + "\n" for line in sorted(plan.before)),
                "after": "".join(line + "\n" for line in sorted(plan.after)),
            },
        }

    def _scope(self):
        given = {k: v for k, v in (self.params["scope"] or {}).items() if v is not None}
        if self.params["purge"]:
            if not given:
                raise OpenFlowError("scope: purge needs a table or a cookie to stay within")
            if self.state == "absent":
                raise OpenFlowError(
                    "purge: goes with state=present; to empty a scope, give state=present and an empty list of flows"
                )
        if not given:
            return None
        try:
            return planning.Scope(**given)
        except ValueError as error:
            raise OpenFlowError("scope: %s" % error) from error

    def _texts(self, scope):
        """The given flows as text, with what the scope says about each of them; fills self.paths."""
        texts, errors = [], []
        for index, flow in enumerate(self.params["flows"] or []):
            path = "flows[%d]" % index
            try:
                texts.append(self._complete(flow_text(flow), scope))
                self.paths.append(path)
            except BadFlow as error:
                errors.append("%s: %s" % (path, error))
        for line_number, line in self._source():
            texts.append(self._complete(line, scope))
            self.paths.append("src, line %d" % line_number)
        if errors:
            raise OpenFlowError("; ".join(errors))
        return texts

    def _source(self):
        path = self.params["src"]
        if not path:
            return
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise OpenFlowError("src: %s cannot be read: %s" % (path, error)) from error
        for line_number, line in enumerate(lines, 1):
            line = line.partition("#")[0].strip()
            if line:
                yield line_number, line

    def _complete(self, text, scope):
        if self.state == "absent" and not _HAS_ACTIONS.search(text):
            text += (" " if text else "") + "actions=drop"  # parse-flows wants some
        if scope is None:
            return text
        head = text.partition("actions=")[0]
        if scope.table is not None and not _HAS_TABLE.search(head):
            text = "table=%d,%s" % (scope.table, text)
        if scope.exact_cookie is not None and not _HAS_COOKIE.search(head):
            text = "cookie=0x%x,%s" % (scope.exact_cookie, text)
        return text

    def _refuse_ovn(self, external_ids):
        if self.bridge.name in ovn_bridges(external_ids) and not self.params["allow_ovn_bridge"]:
            raise OpenFlowError(
                "bridge: ovn-controller writes the flows of %s and would undo or be misled by changes; change the "
                "northbound database instead, or set allow_ovn_bridge=true for an experiment" % self.bridge.name
            )

    def _canonical(self, texts, scope):
        flows, errors = self.bridge.canonical(texts) if texts else ([], {})
        messages = ["%s: %s" % (self.paths[index], text) for index, text in sorted(errors.items())]
        if not messages:
            messages = self._contradictions(flows, texts, scope)
        if messages:
            raise OpenFlowError("; ".join(messages))
        return flows

    def _contradictions(self, flows, texts, scope):
        seen, messages = {}, []
        for path, flow, text in zip(self.paths, flows, texts):
            if _EVERY_TABLE.search(text.partition("actions=")[0]):
                messages.append("%s: table 255 means every table; expected 0 to 254" % path)
            elif scope is not None and flow not in scope:
                messages.append("%s: outside of the scope (%s): %s" % (path, scope, flow.text()))
            elif flow.identity in seen:
                messages.append("%s: the same table, priority and match as %s" % (path, seen[flow.identity]))
            seen.setdefault(flow.identity, path)
        return messages

    def _current(self, flows):
        return [flow for what in _asked({flow.table for flow in flows}) for flow in self.bridge.dump(what)]

    def _change(self, texts, scope):
        # The tables that the flows seem to be in are dumped while ovs-ofctl reads the flows
        tables = {_table(text) for text in texts}
        asked = [str(scope)] if self.params["purge"] else _asked(tables)
        dumping = self.bridge.dump_beside(asked)
        try:
            flows = self._canonical(texts, scope)
        finally:
            dumping.join()
        lines = dumping.lines()
        if asked != [""] and not self.params["purge"] and not {flow.table for flow in flows} <= tables:
            lines = self.bridge.dump_beside([""]).lines()
        # What stands word for word need not be looked at
        standing = set(lines)
        same = {flow.line for flow in flows if flow.line in standing} if self.state == "present" else ()
        current = [flow for line in lines if line not in same for flow in (parse_flow(line),) if flow is not None]
        if self.state == "absent":
            plan = planning.absent(flows, current)
            gone = {operation.partition("/-1,")[2] for operation in plan.operations}
            return plan, [{"flow": flow, "changed": flow.head() in gone} for flow in flows]
        differing = [flow for flow in flows if flow.line not in same]
        plan = planning.present(differing, current, scope if self.params["purge"] else None)
        if scope is not None and scope.cookie is not None and plan.added:
            self._refuse_foreign(plan, flows, scope)
        added = {flow.identity for flow in plan.added}
        return plan, [{"flow": flow, "changed": flow.identity in added} for flow in flows]

    def _refuse_foreign(self, plan, flows, scope):
        """A flow of the same match with another cookie is somebody else's; adding ours would replace it."""
        standing = {flow.identity: flow for flow in self._current(plan.added)}
        messages = []
        added = {flow.identity for flow in plan.added}
        for path, flow in zip(self.paths, flows):
            found = standing.get(flow.identity) if flow.identity in added else None
            if found is not None and found not in scope:
                messages.append("%s: would replace a flow outside of the scope (%s): %s" % (path, scope, found.text()))
        if messages:
            raise OpenFlowError("; ".join(messages))

    def _delete_loosely(self, texts, scope):
        messages, found, objects = [], {}, []
        flows = self._canonical(texts, None)
        for path, text, flow in zip(self.paths, texts, flows):
            if re.search(r"(?:^|[,\s])priority=", text.partition("actions=")[0]):
                messages.append("%s: priority goes with strict=true only" % path)
                continue
            what = [] if not _HAS_TABLE.search(text) else ["table=%s" % flow.table]
            if "cookie" in flow.attributes:
                what.append("cookie=0x%x/-1" % flow.cookie)
            if flow.match:
                what.append(flow.match)
            matching = [f for f in self.bridge.dump(",".join(what)) if scope is None or f in scope]
            objects.append({"flow": flow, "changed": bool(matching)})
            for one in matching:
                found[one.identity] = one
        if messages:
            raise OpenFlowError("; ".join(messages))
        return planning.absent_all(found.values()), objects

    def _limit(self, plan):
        limit = self.params["max_deletes"]
        if limit is not None and 0 <= limit < len(plan.deleted):
            raise OpenFlowError(
                "max_deletes: this would delete %d flows, more than %d; nothing was changed"
                % (len(plan.deleted), limit),
                operations=plan.operations,
                plan_hash=plan.digest(self.bridge.name),
            )

    def _apply(self, plan, objects):
        try:
            self.bridge.apply(plan.operations)
        except BundleError as error:
            path = "flows"
            for place, entry in zip(self.paths, objects):
                if error.flow is not None and entry["flow"].identity == error.flow.identity:
                    path = place
            text = error.flow.text() if error.flow is not None else "a flow"
            raise OpenFlowError(
                "%s: the switch refuses it (%s): %s; nothing was changed" % (path, error.code, text)
            ) from error


def _table(text):
    """The table that a flow is in, as far as its text shows."""
    found = _ONE_TABLE.match(text.partition("actions=")[0])
    return int(found.group(1)) if found else 0


def _asked(tables):
    """What to dump for all flows of these tables."""
    return [""] if len(tables) > _MAX_TABLE_DUMPS else ["table=%s" % table for table in sorted(tables, key=str)]
