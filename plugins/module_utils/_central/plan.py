# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done on each host so that a database becomes one RAFT cluster, from what the hosts said. Pure.

The rules: never a second cluster, never a lost database. A cluster is made only where no host has one, and none can have
one that was not asked. Whatever else has no database joins. What would have to be guessed is refused, with what to do.
"""

from __future__ import annotations

from .._ovsdb.cluster_status import FAILED
from .errors import CentralError

REPLACE = "To give that up, name the host in ovn_central_cluster_replace: %s"
ASIDE = "its file is moved aside, and it joins as a new member."
RECOVER = (
    "Bring back the file of another one, or let a new cluster begin with this by ovn_central_cluster_confirm_recovery."
)
#: With less space in bytes a server can write nothing any more
FULL = 1 << 14
KICK = "the old server is kicked, and it joins as a new member."
ANEW = (
    "%s: it was started without its database, and joined by itself as the new server %s. At its address %s the cluster has the old "
    "server %s, too, which counts for the majority and never comes back. To have it kicked, name the host in ovn_central_cluster_replace."
)
TLS = (
    "The address of a server in its cluster cannot change in place. The playbook virtnet.ovn.tls_enable has one member after the "
    "other leave and join anew, while everybody else works."
)
NO_TLS = "There is no way back from TLS: have ovn_tls_enabled again, or restore a backup into a new cluster."


class Member:
    """A host of the cluster, and what it said of one database. ``facts`` is None for a host that could not be asked."""

    def __init__(self, name, local, database, facts):
        self.name = name
        self.local = local
        self.known = facts is not None
        # Its options name a cluster: it was told of one
        self.told = any("=cid:" in option for option in (facts or {}).get("options", ()))
        self.full = ((facts or {}).get("disk") or {"free": FULL})["free"] < FULL
        facts = (facts or {}).get(database) or {}
        self.file = facts.get("file") or {"exists": False, "model": "", "has_data": False}
        self.server = facts.get("server") or {}
        self.running = bool((facts.get("process") or {}).get("running"))
        cluster = facts.get("cluster") or {"status": FAILED, "servers": []}
        # Its server gave its file up, for it could not write to it, and goes on without
        self.failed = self.server.get("model") == "clustered" and cluster["status"] == FAILED and not self.file["left"]
        self.servers = [] if self.failed else cluster["servers"]
        self.log = self.file.get("log") or {}

    @property
    def clustered(self):
        return self.file["model"] == "clustered"

    @property
    def with_data(self):
        """A standalone database that somebody wrote to: not to be lost."""
        return self.file["model"] == "standalone" and self.file["has_data"]

    @property
    def connected(self):
        """Whether its server is in a cluster that has a leader."""
        return self.server.get("model") == "clustered" and self.server.get("connected", False)

    @property
    def cluster_id(self):
        return self.server.get("cluster_id") or self.file.get("cluster_id", "")

    @property
    def server_id(self):
        return self.server.get("server_id") or self.file.get("server_id", "")

    def is_server(self, server):
        # Some releases tell no more of another server's id than its first four characters
        return bool(self.server_id) and self.server_id.startswith(server["server_id"])


class Plan:
    """``create`` is a host or empty, and its cluster begins with what it has of the cluster ``recover``, if any; ``start``, ``restart``,
    ``join`` and ``aside`` are hosts, ``kick`` servers of the cluster.

    ``replaces`` are the hosts with a new file, where no server may run meanwhile, and ``members`` those whose server runs, or may
    be started, when all this is done.
    ``moves`` are hosts whose server has to leave and join anew, one after the other, for it is to speak TLS to the others;
    ``remotes`` are where the servers of the cluster are now.
    ``refused``: what stands against all of it, and then there is nothing else.
    ``again``: the hosts must be asked again once ``start`` is done, for nobody could say yet who belongs to the cluster.
    """

    def __init__(self, cluster_id="", refused=()):
        self.cluster_id = cluster_id
        self.refused = list(refused)
        self.create = ""
        self.recover = ""
        self.election_timer = None
        self.start = []
        self.restart = []
        self.join = []
        self.aside = []
        self.kick = []
        self.replaces = []
        self.members = []
        self.moves = []
        self.remotes = []
        self.again = False

    def new(self, member):
        """The member joins with a database of its own, new."""
        self.join.append(member.name)
        if member.file["exists"]:
            self.aside.append(member.name)

    def data(self):
        return dict(vars(self))


def plan(database, members, *, replace=(), kick=(), confirm_bootstrap=False, confirm_recovery=False, move=False):
    """The Plan for one database; CentralError with everything that stands against it.

    :param members: Member objects, in the order of the cluster's hosts
    :param replace: names of hosts whose stale file, and stale entry in the cluster, may be given up
    :param kick: addresses (``tcp:HOST:PORT``, or only HOST) of servers that belong to none of the hosts, and may be kicked
    :param confirm_bootstrap: make a cluster although there was one before
    :param confirm_recovery: make a cluster of what is left of one that lost most of its servers for ever
    :param move: servers that speak plain TCP to each other may leave and join anew, to speak TLS
    """
    clusters = _clusters(members, lambda member: member.connected)
    if len(clusters) > 1:
        raise CentralError(
            "%s: several clusters are running: %s. Clients see either of them. Stop the servers of the wrong one; then "
            "name their hosts in ovn_central_cluster_replace, and their files are moved aside."
            % (database, _text(clusters))
        )
    if clusters:
        done, problems = _with_leader(next(iter(clusters)), members, replace, kick, move)
    else:
        done, problems = _without_leader(members, replace, confirm_bootstrap, confirm_recovery)
    problems += [
        "%s: its server could not write to %s, and gave it up. The file system is full: make room first."
        % (m.name, m.file["path"])
        for m in members
        if m.failed and m.full
    ]
    if problems:
        raise CentralError("\n".join("%s: %s" % (database, problem) for problem in problems))
    done.restart = [m.name for m in members if m.failed]
    done.replaces = [m.name for m in members if m.name in {done.create, *done.join}]
    here = {done.create, *done.start, *done.join}
    done.members = [m.name for m in members if m.name in here or m.running]
    return done


def _clusters(members, chosen):
    clusters = {}
    for member in members:
        if chosen(member):
            clusters.setdefault(member.cluster_id, []).append(member.name)
    return clusters


def _text(clusters):
    return " and ".join(
        "%s (%s)" % (cid or "one that is not known yet", ", ".join(names)) for cid, names in sorted(clusters.items())
    )


def _place(address):
    """Where a server is, whatever it speaks."""
    return address.partition(":")[2]


def _speaks_otherwise(member):
    """Whether its file is of a server at this very place that speaks another protocol to the others."""
    return (
        member.clustered
        and member.file["local"] != member.local
        and _place(member.file["local"]) == _place(member.local)
    )


def _stale(member, cluster_id, servers):
    """Why the member's file cannot be used in this cluster; empty if it can, or if there is nothing in it."""
    file = member.file
    if member.with_data:
        return "%s is a standalone database with data, which joining a cluster would lose" % file["path"]
    if not member.clustered:
        return ""
    if file["left"]:
        return "%s is of a server that has left the cluster, or was kicked, and can never come back" % file["path"]
    if member.log.get("damage") and not member.connected:
        return "%s is damaged: %s" % (file["path"], member.log["damage"])
    if member.cluster_id not in (cluster_id, ""):
        return "%s is of another cluster, %s; this one is %s" % (file["path"], member.cluster_id, cluster_id)
    if file["local"] != member.local:
        return "%s is of the server at %s, and this host is to be %s" % (file["path"], file["local"], member.local)
    if file["joining"] or not servers:
        return ""
    if not any(member.is_server(server) for server in servers):
        return "%s is of the server %s, which the cluster does not know any more: it was kicked" % (
            file["path"],
            member.server_id[:4],
        )
    return ""


def _is_old(member, server, new):
    """Whether the server's entry in the cluster is a left-over of this host, once it is there anew."""
    if member.is_server(server):
        return new
    return _place(server["address"]) == _place(member.local)


def _may_move(members, servers, moving):
    """What stands against having ``moving`` leave and join anew, one after the other."""
    problems = []
    for member in members:
        if not member.known:
            problems.append(
                "%s cannot be asked, and all members must take part when they begin to speak TLS" % member.name
            )
        elif member.clustered and not member.file["left"] and not member.connected:
            problems.append(
                "%s is not connected with the cluster, and all members must be when they begin to speak TLS: bring it back first"
                % member.name
            )
    if len(servers) < 2 and not any(member.known and not member.clustered for member in members):
        problems.append(
            "%s is the only server of its cluster, so it cannot leave and join anew to speak TLS. Add a second host to "
            "ovn_central_cluster_hosts first; it may leave again when all of this is done." % moving[0].name
        )
    return problems


def _with_leader(cluster_id, members, replace, kick, move):
    done, problems = Plan(cluster_id), []
    # The leader knows best who belongs to the cluster
    servers = min((m for m in members if m.connected), key=lambda m: not m.server.get("leader")).servers
    # The leader goes last: each time that one goes, there is an election
    moving = sorted(
        (m for m in members if _speaks_otherwise(m) and m.cluster_id == cluster_id),
        key=lambda m: m.server.get("leader", False),
    )
    staying = [m for m in moving if not m.file["left"]]
    if staying and move:
        problems += _may_move(members, servers, staying)
        done.moves = [m.name for m in staying]
    elif staying:
        way = TLS if staying[0].local.startswith("ssl:") else NO_TLS
        problems += ["%s: %s. %s" % (m.name, _stale(m, cluster_id, servers), way) for m in staying]
    for member in members:
        if member in staying:
            continue
        stale = member.known and _stale(member, cluster_id, servers)
        new = member.known and bool(stale or not member.clustered)
        old = [s for s in servers if member.known and _is_old(member, s, new)]
        # One that has left to speak TLS goes on where a run ended
        if member.name not in replace and not (move and member in moving):
            if stale:
                problems.append("%s: %s. %s" % (member.name, stale, REPLACE % ASIDE))
                continue
            if old:
                ids = ", ".join(s["server_id"] for s in old)
                problems.append(
                    "%s: its address %s belongs to the server %s of the cluster, whose database is not on this host any more. %s"
                    % (member.name, member.local, ids, REPLACE % KICK)
                    if new
                    else ANEW % (member.name, member.server_id[:4], member.local, ids)
                )
                continue
        done.kick += old
        if new:
            done.new(member)
        elif member.known and not member.running:
            done.start.append(member.name)
    places = {_place(member.local) for member in members}
    for server in servers:
        if _place(server["address"]) in places or any(member.is_server(server) for member in members):
            continue
        if server["address"] in kick or server["address"].split(":", 1)[1].rpartition(":")[0].strip("[]") in kick:
            done.kick.append(server)
        else:
            problems.append(
                "the cluster has the server %s at %s, which is none of the hosts. Add its host, have it leave "
                "(ovn_central_cluster_state=absent), or name its address in ovn_central_cluster_kick."
                % (server["server_id"], server["address"])
            )
    done.remotes = [server["address"] for server in servers if server not in done.kick]
    return done, problems


def _without_leader(members, replace, confirm_bootstrap, confirm_recovery):
    """Nobody is in a cluster that has a leader: it is down, or there never was one."""
    done, problems = Plan(), []
    usable = [m for m in members if m.clustered and not m.file["left"] and m.name not in replace]
    if not confirm_recovery:
        usable = [m for m in usable if not m.log.get("damage")]
    clusters = _clusters(usable, lambda member: True)
    clusters.pop("", None)  # files that only join
    if len(clusters) > 1:
        return done, [
            "no cluster is running, and the hosts have files of several: %s. Name the hosts of the wrong ones in "
            "ovn_central_cluster_replace, and their files are moved aside." % _text(clusters)
        ]
    if usable and confirm_recovery:
        return _recover(next(iter(clusters), ""), [m for m in usable if m.log.get("index")], members, replace)
    if usable:
        left = _left(usable, members)
        if left:
            return done, ["the cluster %s has lost its majority: %s" % (next(iter(clusters), ""), left)]
        done.cluster_id = next(iter(clusters), "")
        done.start = [m.name for m in usable if not m.running]
        done.again = True
        return done, problems
    unknown = [m.name for m in members if not m.known]
    if unknown:
        problems.append(
            "no cluster is running, and it is not known whether %s has one. A new one is only made when every host was asked."
            % ", ".join(unknown)
        )
    lost = [m.name for m in members if m.told and not confirm_bootstrap]
    if lost:
        problems.append(
            "the options of %s name a cluster, but no host has its database any more. Bring back the file of one of them, or set "
            "ovn_central_cluster_confirm_bootstrap to begin with an empty one." % ", ".join(lost)
        )
    for member in members:
        if member.clustered and member.name not in replace:
            problems.append("%s: %s. %s" % (member.name, _stale(member, "", []), REPLACE % ASIDE))
    full = [m for m in members if m.with_data and m.name not in replace]
    if len(full) > 1:
        problems.append(
            "%s have a standalone database with data each, and a cluster begins with one. Name all but one of them in "
            "ovn_central_cluster_replace, and their files are moved aside." % " and ".join(m.name for m in full)
        )
    if problems:
        return done, problems
    first = (full or members)[0]
    done.create = first.name
    for member in members:
        if member is not first:
            done.new(member)
        elif member.clustered or (member.with_data and member.name in replace):
            done.aside.append(member.name)
    return done, problems


def _left(usable, members):
    """What is left of a cluster that cannot have a leader any more, and the way out, in words; empty if it may have one, or if no
    server can tell."""
    servers = max((member.servers for member in usable), key=len)
    silent = {member.local for member in members if not member.known}
    able = [s for s in servers if s["connected"] or s["address"] in silent or any(m.is_server(s) for m in usable)]
    if not servers or 2 * len(able) > len(servers):
        return ""
    others = [m.name for m in members if m not in usable and not m.file["left"] and any(map(m.is_server, servers))]
    way = (
        "%s has a file, too: leave it out of ovn_central_cluster_replace." % " and ".join(others) if others else RECOVER
    )
    return "of its %d servers, only %s can be there. %s" % (len(servers), ", ".join(s["address"] for s in able), way)


def _recover(cluster_id, holders, members, replace):
    """A new cluster of what is left of one that lost most of its servers: it begins with the longest log."""
    done, problems = Plan(), []
    if not holders:
        return done, [
            "no host has more of the cluster %s than the file of a server that was about to join it." % cluster_id
        ]
    first = max(holders, key=lambda member: (not member.log["damage"], member.log["term"], member.log["index"]))
    servers = first.log["servers"]
    here = [member for member in holders if member.server_id in servers]
    if 2 * len(here) > len(servers):
        return done, [
            "the cluster %s has not lost its majority: %s have the files of %d of its %d servers. Without "
            "ovn_central_cluster_confirm_recovery they are started. Where one cannot be used, name its host in ovn_central_cluster_replace."
            % (cluster_id, ", ".join(member.name for member in here), len(here), len(servers))
        ]
    places = {member.local for member in members if member.known}
    strangers = {s["address"] for m in holders for s in m.servers if s["connected"] and s["address"] not in places}
    if strangers:
        problems.append(
            "the servers at %s are there, and their hosts could not be asked. They may have more than the others: run this for them, too."
            % ", ".join(sorted(strangers))
        )
    done.create, done.recover, done.election_timer = first.name, cluster_id, first.log["election_timer"]
    for member in members:
        if member is first or not member.known:
            continue
        if member.with_data and member.name not in replace:
            problems.append("%s: %s. %s" % (member.name, _stale(member, "", []), REPLACE % ASIDE))
        done.new(member)
    return done, problems


#: Options that only count while a database is made or joins: nothing is to be restarted for them
_AT_CREATION = ("cluster-remote-", "election-timer")
_PREFIXES = {
    "northbound": ("--db-nb-", "--ovn-nb-"),
    "southbound": ("--db-sb-", "--ovn-sb-"),
    "northd": ("--ovn-northd-",),
}


def restarts(wanted, facts):
    """Which of ``northbound``, ``southbound`` and ``northd`` run with other options than those ``wanted``."""
    found = []
    for part in _PREFIXES:
        process = facts[part]["process"]
        if process["running"] and _counts(part, process["options"]) != _counts(part, wanted):
            found.append(part)
    return found


def _counts(part, options):
    others = [prefix for other, prefixes in _PREFIXES.items() if other != part for prefix in prefixes]
    return {
        option
        for option in options
        if not option.startswith(tuple(others)) and not any(word in option for word in _AT_CREATION)
    }
