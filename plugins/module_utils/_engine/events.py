# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of rows as events for event-driven automation: what the event source ``ovn_events`` does.

A thread watches, by ovsdbapp; the coroutine hands on what it saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import threading

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._ovsdb.arguments import OVN_ARGUMENTS, OVS_ARGUMENTS, open_session
from .._ovsdb.changes import CREATE, DELETE, EVENTS, UPDATE, Changes, Complaint, Entry
from .._ovsdb.errors import OvnError, UnreachableError

_DATABASES = {"northbound": "OVN_Northbound", "southbound": "OVN_Southbound", "open_vswitch": "Open_vSwitch"}
_EVENTS = {"type": "list", "elements": "str", "choices": list(EVENTS)}
_ARGUMENTS = {
    **OVS_ARGUMENTS,
    **OVN_ARGUMENTS,
    "database": {"type": "str", "choices": list(_DATABASES), "default": "southbound"},
    "leader_only": {"type": "bool", "default": True},
    "events": {**_EVENTS, "default": [CREATE, UPDATE, DELETE]},
    "tables": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "table": {"type": "str", "required": True},
            "where": {"type": "raw"},
            "columns": {"type": "list", "elements": "str"},
            "events": _EVENTS,
        },
    },
}
#: Seconds between two attempts to reach a server that was never there
_PAUSE = 1.0
_log = logging.getLogger("virtnet.ovn.ovn_events")


async def follow(queue, arguments):
    """Puts the events that ``arguments`` ask for into ``queue`` until it is cancelled; raises OvnError."""
    params = _check(arguments)
    loop, seen, stop = asyncio.get_running_loop(), asyncio.Queue(), threading.Event()

    def hand_on(item):
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(seen.put_nowait, item)

    watcher = threading.Thread(target=_watch, args=(params, hand_on, stop), name="ovn_events", daemon=True)
    watcher.start()
    try:
        while True:
            item = await seen.get()
            if isinstance(item, Exception):
                raise item
            await queue.put(item)
    finally:
        stop.set()
        # It may just be waiting for a server that says nothing: then it ends by itself, later
        await asyncio.to_thread(watcher.join, 2.0)


def _check(arguments):
    arguments = {name: value for name, value in arguments.items() if not name.startswith("eda_")}
    if isinstance(arguments.get("tables"), list):
        arguments["tables"] = [{"table": t} if isinstance(t, str) else t for t in arguments["tables"]]
    result = ArgumentSpecValidator(_ARGUMENTS).validate(arguments)
    if result.error_messages:
        raise OvnError("; ".join(result.error_messages))
    params = result.validated_parameters
    if not params["tables"]:
        raise OvnError("tables: name at least one table")
    if importlib.util.find_spec("ovsdbapp") is None:
        raise OvnError("the Python library ovsdbapp is missing, where ansible-rulebook runs")
    return params


def _watch(params, hand_on, stop):
    complaint = Complaint(_log)
    session = changes = None
    try:
        while session is None:
            try:
                session = open_session(params, _DATABASES[params["database"]], params["leader_only"])
            except UnreachableError as exc:
                complaint.lasts("%s: trying again" % exc)
                if stop.wait(_PAUSE):
                    return
        session.close()  # it was for the schema; ovsdbapp has a connection of its own
        changes = _changes(params, session, hand_on, complaint)
        while not stop.is_set():
            if changes.start(params["timeout"]):
                _log.info("watching the database %s at %s", session.database, params["remotes"])
                stop.wait()
            else:
                complaint.lasts(
                    "the database %s at %s does not answer: trying again" % (session.database, params["remotes"])
                )
    except Exception as exc:
        hand_on(exc)
    finally:
        if changes:
            changes.stop()


def _changes(params, session, hand_on, complaint):
    entries = [
        Entry(session, "tables[%d]" % place, **{**table, "events": table["events"] or params["events"]})
        for place, table in enumerate(params["tables"])
    ]
    params["remotes"] = where = ",".join(remote.text for remote in session.remotes)

    def report(current):
        if current:
            complaint.over("the database %s is watched" % session.database)
        else:
            complaint.lasts("the database %s at %s is lost: trying again" % (session.database, where))

    def tell(event):
        hand_on({"database": params["database"], **event})

    # A server that is asked once whether it is there has as long again to say so
    return Changes(session, entries, tell, report, probe=max(1.0, params["timeout"] / 2))
