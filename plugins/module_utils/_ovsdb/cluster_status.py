# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server of a RAFT cluster says of it, as data: the text of ``cluster/status``, ovsdb-server(1). Pure."""

from __future__ import annotations

import re

MEMBER, LEFT, STANDALONE, FAILED = "cluster member", "left cluster", "standalone", "failed"

_LINE = re.compile(r"(?m)^([A-Z][A-Za-z ]*): *(.*)$")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"\d+")
#: ``    1 (07d3 at tcp:192.0.2.1:6643) (self) next_index=6 match_index=5 last msg 20 ms ago``
_SERVER = re.compile(r"(?m)^ +(\S+) \(([0-9a-f]{4}) at (\S+)\)(.*)$")
_STRANGER = "0000"
_CONNECTION = re.compile(r"(\()?(?:->|<-)([^\s()]+)")


def nothing(status, clustered):
    """The data of a server that has no cluster to tell of."""
    return {
        "clustered": clustered, "status": status, "reason": None, "cluster_id": None, "server_id": None,
        "address": None, "role": None, "term": None, "leader": None, "election_timer": None, "log": None,
        "entries_not_committed": None, "entries_not_applied": None, "disconnections": None, "remotes": [],
        "servers": [],
    }  # fmt: skip


def parse_status(text):
    """The data of one ``cluster/status``. What is not said, or not understood, is None or empty.

    Servers are named by the first four digits of their id, as the text does, all but the one that speaks.
    """
    said = dict(_LINE.findall(text))
    found = nothing(None, True)
    status, _paren, reason = said.get("Status", "").partition(" (")
    found.update(
        status=status or None,
        reason=reason.rstrip(")") or None,
        cluster_id=_uuid(said.get("Cluster ID", "")),
        server_id=_uuid(said.get("Server ID", "")),
        address=said.get("Address") or None,
        role=said.get("Role") or None,
        term=_number(said.get("Term", "")),
        election_timer=_number(said.get("Election timer", "")),
        entries_not_committed=_number(said.get("Entries not yet committed", "")),
        entries_not_applied=_number(said.get("Entries not yet applied", "")),
        disconnections=_number(said.get("Disconnections", "")),
        remotes=said.get("Remotes for joining", "").split(),
    )
    ends = _NUMBER.findall(said.get("Log", ""))
    if len(ends) == 2:
        found["log"] = {"first": int(ends[0]), "next": int(ends[1])}
    up = {nick for lost, nick in _CONNECTION.findall(said.get("Connections", "")) if not lost}
    nicks = {}
    for nick, short, address, rest in _SERVER.findall(text.partition("\nServers:")[2]):
        myself = "(self)" in rest
        last = _after("last msg ", rest)
        # The server that let it join is a stranger to it until they connect anew: then it is connected if it was heard
        if _STRANGER in up and last is not None and last < (found["election_timer"] or 0):
            up.add(nick)
        server = {
            "server_id": short,
            "address": address,
            "self": myself,
            "connected": myself or nick in up,
            "next_index": _after("next_index=", rest),
            "match_index": _after("match_index=", rest),
            "last_message": last,
            "lag": None,
        }
        if found["log"] and server["match_index"] is not None:
            server["lag"] = max(0, found["log"]["next"] - 1 - server["match_index"])
        nicks[nick] = short
        if myself:
            nicks["self"] = short
        found["servers"].append(server)
    found["servers"].sort(key=lambda server: (server["address"], server["server_id"]))
    found["leader"] = nicks.get(said.get("Leader", ""))
    return found


def _uuid(text):
    match = _UUID.search(text)
    return match.group() if match else None


def _number(text):
    match = _NUMBER.match(text)
    return int(match.group()) if match else None


def _after(mark, text):
    place = text.find(mark)
    return _number(text[place + len(mark) :]) if place >= 0 else None


def timer_steps(current, wanted):
    """The values that an election timer goes through, each at most twice the one before (ovsdb-server(1))."""
    steps = []
    while current != wanted:
        current = min(wanted, current * 2)
        steps.append(current)
    return steps


def find_servers(status, text):
    """The servers that ``text`` means: an address, or the beginning of a server id."""
    text = text.strip().lower() if ":" not in text else text.strip()
    return [
        server
        for server in status["servers"]
        if text == server["address"]
        or (
            ":" not in text
            and len(text) >= 4
            and ((status["server_id"] or "").startswith(text) if server["self"] else text[:4] == server["server_id"])
        )
    ]


def has_majority(status, without=()):
    """Whether more than half of the servers can be reached from the one that speaks, once some are gone."""
    rest = [server for server in status["servers"] if server["server_id"] not in without]
    return 2 * sum(server["connected"] for server in rest) > len(rest)
