# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host of a cluster has to do: never a second cluster, never a lost database, and words where it is refused."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._central.errors import CentralError
from ansible_collections.virtnet.ovn.plugins.module_utils._central.plan import Member, plan, restarts

CID, OTHER = "aaaaaaaa-0000-4000-8000-000000000000", "bbbbbbbb-0000-4000-8000-000000000000"
NAMES = ("a", "b", "c")


def place(name):
    return "tcp:192.0.2.%d:6643" % (NAMES.index(name) + 1)


def sid(name, generation=1):
    return "%s%03d0000-0000-4000-8000-000000000000" % (name, generation)


def facts(file=None, server=None, running=False, servers=(), options=(), reached=()):
    whole = {"path": "/x.db", "exists": bool(file), "model": "", "joining": False, "left": False, "has_data": False}
    return {
        "options": list(options),
        "northbound": {
            "file": {**whole, **(file or {})},
            "server": server,
            "process": {"running": running, "options": []},
            "cluster": {
                "status": "cluster member",
                "servers": [{"server_id": s[:4], "address": a, "connected": a in reached} for s, a in servers],
            },
        },
    }


EMPTY = facts()
FRESH = facts({"model": "standalone"}, running=True)
DATA = facts({"model": "standalone", "has_data": True}, running=True)
ALL = [(sid(name), place(name)) for name in NAMES]


def stopped(name, cluster_id=CID, **more):
    return facts({"model": "clustered", "cluster_id": cluster_id, "server_id": sid(name), "local": place(name), **more})


def member(name, servers=ALL, leader=False, cluster_id=CID, connected=True):
    return facts(
        {"model": "clustered", "cluster_id": cluster_id, "server_id": sid(name), "local": place(name)},
        {"model": "clustered", "connected": connected, "leader": leader, "cluster_id": cluster_id, "server_id": sid(name)},
        running=True, servers=servers,
    )  # fmt: skip


def planned(a, b, c, **consent):
    members = [Member(n, place(n), "northbound", f) for n, f in zip(NAMES, (a, b, c), strict=True)]
    found = plan("northbound", members, **consent).data()
    found["kick"] = [server["server_id"] for server in found["kick"]]
    return {key: value for key, value in found.items() if value and key not in ("members", "replaces", "remotes")}


def refused(a, b, c, **consent):
    with pytest.raises(CentralError) as caught:
        planned(a, b, c, **consent)
    return str(caught.value)


def test_the_first_of_new_hosts_makes_the_cluster():
    assert planned(EMPTY, EMPTY, EMPTY) == {"create": "a", "join": ["b", "c"]}


def test_what_the_packages_started_by_themselves_is_moved_aside():
    assert planned(FRESH, FRESH, EMPTY) == {"create": "a", "join": ["b", "c"], "aside": ["b"]}


def test_a_standalone_database_with_data_becomes_the_cluster():
    assert planned(EMPTY, DATA, EMPTY) == {"create": "b", "join": ["a", "c"]}


def test_two_of_them_are_refused_until_one_is_given_up():
    message = refused(DATA, DATA, EMPTY)
    assert "a and b have a standalone database with data" in message and "ovn_central_cluster_replace" in message
    assert planned(DATA, DATA, EMPTY, replace=["a"]) == {"create": "b", "join": ["a", "c"], "aside": ["a"]}


@pytest.mark.parametrize("others", [(EMPTY, EMPTY), (DATA, EMPTY)])
def test_no_cluster_is_made_while_a_host_is_silent(others):
    assert "not known whether c has one" in refused(*others, None)


def test_no_cluster_is_made_where_there_was_one():
    told = facts(options=["--ovn-northd-nb-db=cid:%s,tcp:192.0.2.1:6641" % CID])
    assert "ovn_central_cluster_confirm_bootstrap" in refused(told, EMPTY, EMPTY)
    assert planned(told, EMPTY, EMPTY, confirm_bootstrap=True) == {"create": "a", "join": ["b", "c"]}


def test_a_cluster_that_runs_is_left_alone():
    assert planned(member("a", leader=True), member("b"), member("c")) == {"cluster_id": CID}


def test_a_silent_member_does_not_matter_to_the_others():
    assert planned(member("a", leader=True), member("b"), None) == {"cluster_id": CID}


def test_a_stopped_member_is_started():
    assert planned(member("a", leader=True), member("b"), stopped("c")) == {"cluster_id": CID, "start": ["c"]}


def test_a_new_host_joins():
    assert planned(member("a", ALL[:2], leader=True), member("b", ALL[:2]), EMPTY) == {"cluster_id": CID, "join": ["c"]}


def test_a_cluster_that_is_down_is_started_before_anybody_joins():
    found = planned(stopped("a"), stopped("b"), EMPTY)
    assert found == {"cluster_id": CID, "start": ["a", "b"], "again": True}


def test_a_run_that_was_killed_after_the_first_file_goes_on():
    joining = stopped("b", joining=True)
    assert planned(stopped("a"), joining, EMPTY) == {"cluster_id": CID, "start": ["a", "b"], "again": True}


def test_servers_without_a_leader_are_waited_for_and_nothing_is_made():
    for others in ((None, None), (stopped("b"), EMPTY)):
        found = planned(member("a", connected=False), *others)
        found.pop("start", None)
        assert found == {"cluster_id": CID, "again": True}


def alone(name, term=3, index=9, reached=(), servers=ALL):
    """A server without a leader, and how far its log goes."""
    log = {"term": term, "index": index, "servers": dict(servers), "election_timer": 2000, "damage": ""}
    found = member(name, servers, connected=False)
    for server in found["northbound"]["cluster"]["servers"]:
        server["connected"] = server["address"] in (place(name), *reached)
    found["northbound"]["file"]["log"] = log
    return found


RECOVERY = {"recover": CID, "election_timer": 2000}


def test_a_lost_majority_is_told_and_nothing_is_made():
    said = refused(alone("a"), EMPTY, EMPTY)
    assert "lost its majority: of its 3 servers, only tcp:192.0.2.1:6643 can be there" in said
    assert "ovn_central_cluster_confirm_recovery" in said
    said = refused(alone("a"), alone("b"), EMPTY, replace=["b"])
    assert "b has a file, too: leave it out of ovn_central_cluster_replace" in said and "confirm" not in said
    # It is not known to be lost while a host is silent, or while one of the inventory's others is reached
    assert (
        planned(alone("a"), EMPTY, None)["again"] and planned(alone("a", reached=[place("b")]), EMPTY, EMPTY)["again"]
    )


def test_a_server_that_gave_its_file_up_is_started_again():
    failed = {name: member(name, connected=False) for name in NAMES}
    failed["b"]["northbound"]["cluster"]["status"] = "failed"  # a leader says so
    for name in ("a", "c"):
        failed[name]["northbound"]["cluster"] = None  # and a follower nothing
    for name in ("b", "c"):
        others = {other: member(other, leader=other == "a") for other in NAMES}
        found = planned(*{**others, name: failed[name]}.values())
        assert found["restart"] == [name] and "kick" not in found
    found = planned(*failed.values())
    assert found == {"cluster_id": CID, "restart": ["a", "b", "c"], "again": True}
    failed["b"]["disk"] = {"total": 1 << 21, "free": 0}
    assert "b: its server could not write to /x.db, and gave it up. The file system is full" in refused(
        *failed.values()
    )


def test_a_damaged_file_is_refused_until_it_is_given_up():
    a, b = member("a", leader=True), member("b")
    c = stopped("c", log={"damage": "the entry 39 was agreed upon, and the last one is 38"})
    said = refused(a, b, c)
    assert "/x.db is damaged: the entry 39 was agreed upon" in said and "ovn_central_cluster_replace" in said
    found = planned(a, b, c, replace=["c"])
    assert (found["join"], found["aside"], found["kick"]) == (["c"], ["c"], ["c001"])
    assert planned(stopped("a"), stopped("b"), c)["start"] == ["a", "b"], "the others come first"


def test_what_is_left_of_a_lost_majority_becomes_a_cluster():
    found = planned(alone("a"), EMPTY, EMPTY, confirm_recovery=True)
    assert found == {"create": "a", "join": ["b", "c"], **RECOVERY}
    assert planned(None, None, alone("c"), confirm_recovery=True) == {"create": "c", **RECOVERY}


def test_of_two_that_are_left_the_longest_log_counts():
    five = [*ALL, ("d0010000-0000-4000-8000-000000000000", "x"), ("e0010000-0000-4000-8000-000000000000", "y")]
    for b in ({"term": 3, "index": 10}, {"term": 4, "index": 2}):
        left = alone("a", servers=five), alone("b", servers=five, **b), EMPTY
        found = planned(*left, confirm_recovery=True)
        assert found == {"create": "b", "join": ["a", "c"], "aside": ["a"], **RECOVERY}


def test_a_majority_that_is_there_is_not_given_up():
    said = refused(alone("a"), alone("b"), None, confirm_recovery=True)
    assert "has not lost its majority: a, b have the files of 2 of its 3 servers" in said
    assert planned(alone("a"), alone("b"), None, confirm_recovery=True, replace=["b"])["create"] == "a"
    whole = member("a", leader=True), member("b"), None
    assert planned(*whole, confirm_recovery=True) == {"cluster_id": CID}


def test_a_server_that_answers_and_a_database_with_data_are_not_passed_over():
    said = refused(alone("a", reached=[place("b")]), None, None, confirm_recovery=True)
    assert "the servers at tcp:192.0.2.2:6643 are there, and their hosts could not be asked" in said
    assert "standalone database with data" in refused(alone("a"), DATA, EMPTY, confirm_recovery=True)
    found = planned(alone("a"), DATA, EMPTY, confirm_recovery=True, replace=["b"])
    assert found == {"create": "a", "join": ["b", "c"], "aside": ["b"], **RECOVERY}


def test_a_server_that_never_joined_has_nothing_to_begin_with():
    joining = stopped("a", joining=True, log={"term": None, "index": None, "servers": None, "election_timer": None})
    assert "about to join" in refused(joining, EMPTY, EMPTY, confirm_recovery=True)


def test_a_member_that_lost_its_database_is_kicked_first_if_that_is_allowed():
    a, b = member("a", leader=True), member("b")
    message = refused(a, b, EMPTY)
    assert "c: its address tcp:192.0.2.3:6643 belongs to the server c001" in message
    assert "ovn_central_cluster_replace" in message
    assert planned(a, b, EMPTY, replace=["c"]) == {"cluster_id": CID, "join": ["c"], "kick": ["c001"]}


def test_a_member_that_joined_again_without_that_is_there_twice():
    twice = [*ALL[:2], (sid("c", 2), place("c")), ALL[2]]
    a, b, c = member("a", twice, leader=True), member("b", twice), member("c", twice)
    message = refused(a, b, c)
    assert "c: it was started without its database, and joined by itself as the new server c001" in message
    assert "the old server c002, too" in message
    assert planned(a, b, c, replace=["c"]) == {"cluster_id": CID, "kick": ["c002"]}


@pytest.mark.parametrize(
    ("stale", "reason"),
    [
        (DATA, "standalone database with data"),
        (stopped("c", left=True), "has left the cluster, or was kicked"),
        (stopped("c", cluster_id=OTHER), "is of another cluster, " + OTHER),
    ],
)
def test_a_stale_file_is_refused_until_it_is_given_up(stale, reason):
    two = ALL[:2]
    a, b = member("a", two, leader=True), member("b", two)
    message = refused(a, b, stale)
    assert message.startswith("northbound: c: /x.db ") and reason in message and "moved aside" in message
    assert planned(a, b, stale, replace=["c"]) == {"cluster_id": CID, "join": ["c"], "aside": ["c"]}


def test_a_member_that_was_kicked_while_it_was_down_is_refused():
    two = ALL[:2]
    assert "does not know any more" in refused(member("a", two, leader=True), member("b", two), stopped("c"))


def test_a_member_at_another_address_is_refused_or_joins_anew():
    moved = [*ALL[:2], (sid("c"), "tcp:192.0.2.77:6643")]
    a, b, c = member("a", moved, leader=True), member("b", moved), member("c", moved)
    c["northbound"]["file"]["local"] = "tcp:192.0.2.77:6643"
    assert "of the server at tcp:192.0.2.77:6643, and this host is to be tcp:192.0.2.3:6643" in refused(a, b, c)
    assert planned(a, b, c, replace=["c"]) == {"cluster_id": CID, "join": ["c"], "aside": ["c"], "kick": ["c001"]}


def test_a_healthy_member_is_never_replaced():
    a, b, c = member("a", leader=True), member("b"), member("c")
    assert planned(a, b, c, replace=list(NAMES)) == {"cluster_id": CID}


def test_two_clusters_that_run_are_refused_whatever_is_allowed():
    other = member("c", [ALL[2]], leader=True, cluster_id=OTHER)
    message = refused(member("a", ALL[:2], leader=True), member("b", ALL[:2]), other, replace=list(NAMES))
    assert "several clusters are running" in message and "%s (c)" % OTHER in message


def test_two_clusters_that_are_down_are_refused():
    message = refused(stopped("a"), stopped("b", cluster_id=OTHER), EMPTY)
    assert CID in message and OTHER in message
    assert planned(stopped("a"), stopped("b", cluster_id=OTHER), EMPTY, replace=["b"])["start"] == ["a"]


def test_a_server_that_is_none_of_the_hosts_is_refused_or_kicked():
    more = [*ALL, ("dddd0000-0000-4000-8000-000000000000", "tcp:192.0.2.9:6643")]
    hosts = member("a", more, leader=True), member("b", more), member("c", more)
    assert "dddd at tcp:192.0.2.9:6643, which is none of the hosts" in refused(*hosts)
    for named in ("192.0.2.9", "tcp:192.0.2.9:6643"):
        assert planned(*hosts, kick=[named]) == {"cluster_id": CID, "kick": ["dddd"]}


def test_the_leader_is_believed_and_not_who_lags_behind():
    behind = member("a", ALL[:2])
    assert planned(behind, member("b", leader=True), member("c")) == {"cluster_id": CID}


def running(*options):
    return {"process": {"running": True, "options": list(options)}}


def test_only_what_runs_with_other_options_is_restarted():
    options = ["--db-nb-cluster-local-addr=a", "--db-sb-cluster-local-addr=a", "--ovn-northd-nb-db=x", "--ovn-user=u"]
    daemons = {part: running(*options) for part in ("northbound", "southbound", "northd")}
    assert restarts(options, daemons) == []
    assert restarts([*options[:2], "--ovn-northd-nb-db=y", options[3]], daemons) == ["northd"]
    assert restarts([*options, "--ovn-nb-db-ssl-key=k"], daemons) == ["northbound"]
    assert restarts([*options, "--ovn-sb-db-ssl-key=k"], daemons) == ["southbound"]
    assert restarts(options[:3], daemons) == ["northbound", "southbound", "northd"]


def test_what_counts_only_for_a_new_database_restarts_nothing():
    daemons = {part: running() for part in ("northbound", "southbound", "northd")}
    assert restarts(["--db-nb-cluster-remote-addr=b", "--db-sb-election-timer=4000"], daemons) == []


def test_what_does_not_run_is_not_restarted():
    idle = {"process": {"running": False, "options": []}}
    assert restarts(["--ovn-user=u"], {"northbound": idle, "southbound": idle, "northd": idle}) == []


def tls(name):
    return place(name).replace("tcp:", "ssl:")


def moving(a, b, c, move=True, **consent):
    """The plan of members that are to speak TLS."""
    members = [Member(n, tls(n), "northbound", f) for n, f in zip(NAMES, (a, b, c), strict=True)]
    return plan("northbound", members, move=move, **consent).data()


def at_tls(known):
    """The facts of a member that speaks TLS already."""
    known["northbound"]["file"]["local"] = known["northbound"]["file"]["local"].replace("tcp:", "ssl:")
    return known


def test_members_move_to_tls_one_after_the_other_and_the_leader_last():
    found = moving(member("a", leader=True), member("b"), member("c"))
    assert found["moves"] == ["b", "c", "a"]
    assert found["remotes"] == [place(name) for name in NAMES]
    assert not (found["join"] or found["kick"] or found["aside"])


def test_a_move_goes_on_where_it_ended():
    servers = [(sid("a"), place("a")), (sid("b", 2), tls("b")), (sid("c"), place("c"))]
    b = at_tls(member("b", servers))
    b["northbound"]["file"]["server_id"] = b["northbound"]["server"]["server_id"] = sid("b", 2)
    assert moving(member("a", servers, leader=True), b, member("c", servers))["moves"] == ["c", "a"]
    # It has left, and no more
    for b in (stopped("b", left=True), EMPTY):
        found = moving(member("a", [servers[0], servers[2]], leader=True), b, member("c", [servers[0], servers[2]]))
        assert found["join"] == ["b"] and found["moves"] == ["c", "a"]
        assert found["remotes"] == [place("a"), place("c")]


def test_without_being_asked_for_no_member_moves_whoever_is_given_up():
    whole = member("a", leader=True), member("b"), member("c")
    for consent in ({}, {"replace": list(NAMES)}):
        with pytest.raises(CentralError, match=r"cannot change in place\. The playbook virtnet\.ovn\.tls_enable"):
            moving(*whole, move=False, **consent)
    with pytest.raises(CentralError, match="There is no way back from TLS"):
        planned(*map(at_tls, whole))


def test_all_must_be_there_when_members_move():
    with pytest.raises(CentralError, match="c cannot be asked, and all members must take part"):
        moving(member("a", leader=True), member("b"), None)
    with pytest.raises(CentralError, match="c is not connected with the cluster"):
        moving(member("a", leader=True), member("b"), stopped("c"))


def test_the_only_server_cannot_move():
    alone = [Member("a", tls("a"), "northbound", member("a", ALL[:1], leader=True))]
    with pytest.raises(CentralError, match="a is the only server of its cluster"):
        plan("northbound", alone, move=True)
    assert plan("northbound", [*alone, Member("b", tls("b"), "northbound", EMPTY)], move=True).join == ["b"]
