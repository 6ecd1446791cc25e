# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's place in the RAFT cluster of its database: ovsdb(7), Clustered Database Service Model; ovsdb-server(1)."""

from __future__ import annotations

import os
import time

from .._ovsdb.arguments import OVN_ARGUMENTS
from .._ovsdb.cluster_status import (
    LEFT,
    MEMBER,
    STANDALONE,
    find_servers,
    has_majority,
    nothing,
    parse_status,
    timer_steps,
)
from .._ovsdb.errors import DeadlineError, OvnError
from .._ovsdb.module import conclude, inform
from .._ovsdb.unixctl import CommandError, command

DATABASES = {"northbound": ("OVN_Northbound", "ovnnb_db.ctl"), "southbound": ("OVN_Southbound", "ovnsb_db.ctl")}
#: The server's own bounds, in milliseconds
TIMER = (100, 600000)
_PAUSE = 0.05

INFO_ARGUMENTS = {
    **OVN_ARGUMENTS,
    "database": {"type": "str", "choices": list(DATABASES), "required": True},
    "ctl": {"type": "path"},
}
ARGUMENTS = {
    **INFO_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "left", "kicked"], "default": "present"},
    "election_timer": {"type": "int"},
    "server": {"type": "str"},
    "confirm": {"type": "bool", "default": False},
    "wait_timeout": {"type": "float", "default": 30},
}


def run_cluster():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(
        argument_spec=ARGUMENTS, required_if=[("state", "kicked", ("server",))], supports_check_mode=True
    )
    conclude(module, lambda: apply(module.params, module.check_mode))


def run_cluster_info():
    inform(INFO_ARGUMENTS, lambda params: {"cluster": Server(params).status()})


class Server:
    """The server whose control socket a task names."""

    def __init__(self, params):
        self.database, socket = DATABASES[params["database"]]
        self._path = params["ctl"] or os.path.join(os.environ.get("OVN_RUNDIR") or "/var/run/ovn", socket)
        self._timeout = params["timeout"]

    def command(self, name, *arguments):
        return command(self._path, name, *arguments, timeout=self._timeout)

    def status(self):
        """What it says of its cluster, see ``cluster_status``."""
        try:
            return parse_status(self.command("cluster/status", self.database))
        except CommandError as exc:
            # A server without any clustered database does not even know the command
            found = nothing(LEFT, True) if "unknown cluster" in str(exc) else nothing(STANDALONE, False)
            served = [name for name in self.command("ovsdb-server/list-dbs").split() if name != "_Server"]
            if self.database not in served and (served or found["status"] == STANDALONE):
                raise OvnError(
                    "%s: this server has the database %s, not %s"
                    % (self._path, ", ".join(served) or "none", self.database)
                ) from None
            return found

    def wait(self, reached, seconds):
        """The first status that is ``reached``, or the last one when the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.status()
            if reached(status) or time.monotonic() > deadline:
                return status
            time.sleep(_PAUSE)  # nothing tells that the cluster has agreed


def apply(params, check_mode=False):
    """The module's result; raises OvnError."""
    server = Server(params)
    state, timer = params["state"], params["election_timer"]
    if timer is not None and state != "present":
        raise OvnError("election_timer: goes with state: present only")
    if timer is not None and not TIMER[0] <= timer <= TIMER[1]:
        raise OvnError("election_timer: %d is not from %d to %d milliseconds" % (timer, *TIMER))
    if params["server"] is not None and state != "kicked":
        raise OvnError("server: goes with state: kicked only")
    status = server.status()
    if status["status"] == STANDALONE:
        raise OvnError("the database %s of this server is standalone: it is in no cluster" % server.database)
    act = {"present": _be_member, "left": _leave, "kicked": _kick}[state]
    changed, before, after, status = act(server, status, params, check_mode)
    return {"changed": changed, "diff": {"before": before, "after": after}, "cluster": status}


def _settled(status):
    return status["status"] == MEMBER and status["leader"] is not None


def _trouble(status):
    """Why a server is no member of a working cluster, and the way out."""
    text = "the server's status is %r" % status["status"]
    if status["reason"]:
        text += " (%s)" % status["reason"]
    if status["status"] == LEFT:
        return text + ": its database file can never return; move it aside, and let the server join anew"
    if status["status"] == "joining cluster":
        return text + ": none of %s has let it in" % (", ".join(status["remotes"]) or "its remotes")
    silent = [server["address"] for server in status["servers"] if not server["connected"]]
    return "%s, the leader is %s, and %s%s" % (
        text,
        status["leader"] or "unknown",
        "it does not reach %s" % ", ".join(silent) if silent else "it reaches all others",
        "; a server that was kicked stays so for ever" if (status["status"] or "").startswith("disconnected") else "",
    )


def _be_member(server, status, params, check_mode):
    if status["status"] == LEFT:
        raise OvnError(_trouble(status))
    if not _settled(status):
        if check_mode:
            return False, {}, {}, status
        status = server.wait(_settled, params["wait_timeout"])
        if not _settled(status):
            raise DeadlineError("not within %g s: %s" % (params["wait_timeout"], _trouble(status)))
    was, wanted = status["election_timer"], params["election_timer"]
    if wanted in (None, was):
        return False, {}, {}, status
    if status["role"] != "leader":
        return False, {}, {}, status if check_mode else _await_timer(server, wanted, params["wait_timeout"])
    before, after = {"election_timer": was}, {"election_timer": wanted}
    if check_mode:
        return True, before, after, status
    now = was
    for step in timer_steps(was, wanted):
        try:
            server.command("cluster/change-election-timer", server.database, str(step))
        except CommandError as exc:
            raise OvnError(
                "election_timer: at %d, on the way to %d: %s" % (now, wanted, exc), committed=now != was
            ) from None
        status = server.wait(lambda found: found["election_timer"] == step, params["wait_timeout"])  # noqa: B023
        if status["election_timer"] != step:
            raise DeadlineError(
                "election_timer: the cluster has not agreed on %d within %g s: %s"
                % (step, params["wait_timeout"], _trouble(status)),
                committed=now != was,
            )
        now = step
    return True, before, after, status


def _await_timer(server, wanted, seconds):
    """Only the leader can change the timer: where a task runs on all members, the others wait for it."""
    status = server.wait(lambda found: found["election_timer"] == wanted, seconds)
    if status["election_timer"] != wanted:
        leader = [each["address"] for each in status["servers"] if each["server_id"] == status["leader"]]
        raise DeadlineError(
            "election_timer: it is still %s after %g s; only the leader can change it, and that is %s: run this task there"
            % (status["election_timer"], seconds, leader[0] if leader else "not known")
        )
    return status


def _leave(server, status, params, check_mode):
    before, after = {"status": status["status"]}, {"status": LEFT}
    if status["status"] == LEFT:
        return False, {}, {}, status
    leaving = status["status"] == "leaving cluster"  # by somebody else's request, or by a run that was broken off
    if leaving:
        before = after = {}
    me = [each["server_id"] for each in status["servers"] if each["self"]]
    if not leaving and not _settled(status):
        # Without a leader it would neither leave nor be of any use any more
        raise OvnError("state: left: only a cluster with a leader can let a server go, but %s" % _trouble(status))
    if not leaving and len(status["servers"]) < 2:
        raise OvnError("state: left: this is the only server of the cluster, and its database would be gone with it")
    if not leaving and not has_majority(status, me):
        raise OvnError(
            "state: left: the servers that stay would have no majority, for %s: kick first those that are gone for good"
            % _silent(status)
        )
    if check_mode:
        return not leaving, before, after, status
    if not leaving:
        server.command("cluster/leave", server.database)
    status = server.wait(lambda found: found["status"] == LEFT, params["wait_timeout"])
    if status["status"] != LEFT:
        raise DeadlineError(
            "state: left: not within %g s: %s" % (params["wait_timeout"], _trouble(status)), committed=True
        )
    return not leaving, before, after, status


def _silent(status):
    return "nobody reaches %s" % ", ".join(each["address"] for each in status["servers"] if not each["connected"])


def _kick(server, status, params, check_mode):
    if status["status"] == LEFT:
        raise OvnError("state: kicked: %s" % _trouble(status))
    found = find_servers(status, params["server"])
    if not found:
        if ":" not in params["server"] and len(params["server"].strip()) < 4:
            raise OvnError("server: %r is neither an address nor four digits of a server id" % params["server"])
        return False, {}, {}, status
    if len(found) > 1:
        raise OvnError(
            "server: %d servers are %s: %s; say which by its server id"
            % (len(found), params["server"], ", ".join(each["server_id"] for each in found))
        )
    (target,) = found
    if target["self"]:
        raise OvnError("server: %s is this server itself: state: left lets it go" % params["server"])
    if not _settled(status):
        raise OvnError("state: kicked: only a cluster with a leader can kick a server, but %s" % _trouble(status))
    if not has_majority(status, [target["server_id"]]):
        raise OvnError("state: kicked: the servers that stay would have no majority, for %s" % _silent(status))
    what = "%s (%s)" % (target["address"], target["server_id"])
    if not params["confirm"]:
        raise OvnError(
            "confirm: is needed to kick %s: what it has of the database can never return to this cluster" % what
        )
    before, after = {"servers": [what]}, {"servers": []}
    if check_mode:
        return True, before, after, status
    try:
        # A longer id is the server's to compare: of the others, this one's status tells four digits only
        ident = params["server"].strip().lower() if ":" not in params["server"] else target["server_id"]
        server.command("cluster/kick", server.database, ident)
    except CommandError as exc:
        raise OvnError("state: kicked: %s: %s" % (what, exc)) from None

    def gone(now):
        return all(each["server_id"] != target["server_id"] for each in now["servers"])

    status = server.wait(gone, params["wait_timeout"])
    if not gone(status):
        raise DeadlineError(
            "state: kicked: %s is still a server of the cluster after %g s: %s"
            % (what, params["wait_timeout"], _trouble(status)),
            committed=True,
        )
    return True, before, after, status
