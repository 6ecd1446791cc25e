# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for states of OVN: what ``ovn_wait`` does.

It looks once by plain requests, for often there is nothing to wait for; watches by ovsdbapp while there is; and when the
time is over it looks once more, so that the error is about the databases and not about a view that lost its connection.
"""

from __future__ import annotations

import importlib.util
import threading
import time

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import look
from .._ovsdb.watch import merge, watch
from .conditions import DATABASES, NB, CaughtUp, make
from .laggards import describe_laggards

_BACKEND = {
    "ip": {"type": "str", "required": True},
    "port": {"type": "int"},
    "protocol": {"type": "str", "choices": ["tcp", "udp"]},
    "logical_port": {"type": "str"},
    "status": {"type": "str", "choices": ["online", "offline", "error"], "default": "online"},
}
_ROW = {
    "database": {"type": "str", "choices": list(DATABASES), "default": "northbound"},
    "table": {"type": "str", "required": True},
    "where": {"type": "raw"},
    "columns": {"type": "dict"},
}
_KINDS = ["port", "chassis", "backend", "caught_up", "row"]
_FOR = {
    "type": "list",
    "elements": "dict",
    "options": {
        "port": {"type": "str"},
        "bound_to": {"type": "str"},
        "chassis": {"type": "str"},
        "backend": {"type": "dict", "options": _BACKEND},
        "caught_up": {"type": "str", "choices": ["sb", "hv"]},
        "row": {"type": "dict", "options": _ROW},
        "absent": {"type": "bool", "default": False},
    },
    "mutually_exclusive": [_KINDS],
    "required_one_of": [_KINDS],
    "required_by": {"bound_to": ["port"]},
}


def run_wait():
    module = AnsibleModule(
        argument_spec={
            **OVN_ARGUMENTS,
            "for": _FOR,
            "sync": {"type": "str", "choices": ["none", "sb", "hv"], "default": "none"},
            "wait_timeout": {"type": "float", "default": 30},
            "leader_only": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    if not module.check_mode and importlib.util.find_spec("ovsdbapp") is None:
        module.fail_json(msg=missing_required_lib("ovsdbapp"))
    conclude(module, lambda: Waiter(module.params, module.check_mode).run())


class Waiter:
    def __init__(self, params, check_mode=False):
        self._params = params
        self._check_mode = check_mode
        self._start = time.monotonic()
        self._sync = None
        if params["wait_timeout"] <= 0:
            raise OvnError("wait_timeout: %g is not a number of seconds above zero" % params["wait_timeout"])
        self._conditions = []
        for place, entry in enumerate(params["for"] or ()):
            try:
                if entry["caught_up"] and entry["absent"]:
                    raise OvnError("absent: caught_up cannot be absent")
                self._conditions.append(make(entry))
            except OvnError as exc:
                raise OvnError("for[%d].%s" % (place, exc)) from None
        if params["sync"] != "none":
            self._sync = CaughtUp(params["sync"])
            self._conditions.append(self._sync)
        if not self._conditions:
            raise OvnError("nothing to wait for: give for, sync or both")

    def run(self):
        deadline = self._start + self._params["wait_timeout"]
        names = sorted({name for condition in self._conditions for name in condition.databases})
        sessions = {}
        try:
            for name in names:
                # A server may only just be starting: so for as long as is waited at all, but not for an instant only
                patience = min(self._params["timeout"], max(deadline - time.monotonic(), 1))
                sessions[name] = open_session(
                    {**self._params, "timeout": patience}, name, self._params["leader_only"], again=not self._check_mode
                )
                sessions[name].timeout = self._params["timeout"]
            for place, condition in enumerate(self._conditions):
                try:
                    condition.prepare(sessions)
                except OvnError as exc:
                    raise OvnError("for[%d].%s" % (place, exc)) from None
            if self._sync and not self._check_mode:
                self._sync.target = _next_nb_cfg(sessions[NB])
            verdicts = self._look(sessions)
            if self._check_mode:
                missing = [verdict.missing for verdict in verdicts if verdict.missing]
                return self._result(verdicts, warnings=["would wait: %s" % text for text in missing])
            if not any(verdict.missing for verdict in verdicts):
                return self._result(verdicts)
            for session in sessions.values():
                session.close()  # ovsdbapp has its own connections, and nobody would answer the probes of these
            needs = [need for condition in self._conditions for need in condition.needs]
            view = watch(list(sessions.values()), needs, self._met, deadline, threading.Event())
            if view is not None:
                verdicts = self._judge(view)
                if not any(verdict.missing for verdict in verdicts):
                    return self._result(verdicts)
            return self._last_look(sessions, verdicts)
        finally:
            for session in sessions.values():
                session.close()

    def _judge(self, view):
        return [condition.judge(view) for condition in self._conditions]

    def _met(self, view):
        return not any(verdict.missing for verdict in self._judge(view))

    def _look(self, sessions):
        view = {}
        for name, session in sessions.items():
            needs = [need for condition in self._conditions for need in condition.needs if need.database == name]
            columns = merge(needs)
            for need, rows in zip(
                needs, look(session, [(n.table, columns[name, n.table][0], n.clauses) for n in needs])
            ):
                table = view.setdefault((name, need.table), {})
                for uuid, row in rows.items():
                    table.setdefault(uuid, {}).update(row)
        return self._judge(view)

    def _last_look(self, sessions, verdicts):
        lost = ""
        try:
            for session in sessions.values():
                session.timeout = min(session.timeout, 2.0)
                session.connect()
            verdicts = self._look(sessions)
        except OvnError as exc:
            lost = "; at the end %s" % exc
        result = self._result(verdicts)
        missing = result.pop("missing")
        if not missing and not lost:
            return self._result(verdicts)
        for condition, verdict in zip(self._conditions, verdicts):
            if isinstance(condition, CaughtUp) and condition.level == "hv" and "hv_cfg" in verdict.missing:
                missing[missing.index(verdict.missing)] += ": " + describe_laggards(self._params, condition.target)
        text = "; ".join(missing) or "what was seen before could not be confirmed"
        raise OvnError("after %g s: %s%s" % (self._params["wait_timeout"], text, lost), missing=missing, **result)

    def _result(self, verdicts, **more):
        return {
            "elapsed": round(time.monotonic() - self._start, 3),
            "conditions": [
                {"met": not verdict.missing, "seen": verdict.seen, "missing": verdict.missing} for verdict in verdicts
            ],
            "missing": [verdict.missing for verdict in verdicts if verdict.missing],
            **more,
        }


def _next_nb_cfg(session):
    """Increments nb_cfg, which makes ovn-northd and the chassis report when they got so far; returns the new value."""
    mutate = {"op": "mutate", "table": "NB_Global", "where": [], "mutations": [["nb_cfg", "+=", 1]]}
    select = {"op": "select", "table": "NB_Global", "where": [], "columns": ["_uuid", "nb_cfg"]}
    rows = session.transact([mutate, select])[1]["rows"]
    if not rows:
        raise OvnError("sync: the northbound database is not initialized: it has no NB_Global (is ovn-northd running?)")
    return rows[0]["nb_cfg"]
