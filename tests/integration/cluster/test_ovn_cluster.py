# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_cluster and ovn_cluster_info against real clusters; ovs-appctl is the second opinion."""

from __future__ import annotations

import contextlib
import json
import re
import threading

import pytest

from tests.support.ovsdb import ROOTS, cluster, run, standalone
from tests.support.raftlog import records
from tests.support.waiting import until
from tests.support.zygote import Zygote


@pytest.fixture(scope="module")
def zygote():
    zygote = Zygote()
    yield zygote
    zygote.close()


class Members:
    """The modules' view of a cluster's servers."""

    def __init__(self, zygote, servers):
        self.zygote, self.servers = zygote, servers
        self.database = {"OVN_Northbound": "northbound", "OVN_Southbound": "southbound"}[servers.database]

    def info(self, i=0, **more):
        options = {"database": self.database, "ctl": str(self.servers.control(i))}
        result = self.zygote.run("ovn_cluster_info", options, **more)
        return result if more else result["cluster"]

    def run(self, i=0, check=False, fails=False, **options):
        options = {"database": self.database, "ctl": str(self.servers.control(i)), "wait_timeout": 20, **options}
        return self.zygote.run("ovn_cluster", options, check=check, fails=fails)

    def ensure(self, i=0, **options):
        """Check mode foretells and changes nothing; a second run changes nothing."""
        before = self.facts(i)
        would = self.run(i, check=True, **options)
        assert self.facts(i) == before, "check mode changed something"
        did = self.run(i, **options)
        assert (would["changed"], would["diff"]) == (did["changed"], did["diff"])
        again = self.run(i, **options)
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
        assert again["cluster"]["status"] == did["cluster"]["status"]
        return did

    def refused(self, i=0, **options):
        """It fails in check mode as for real, in the same words, and changes nothing."""
        before = self.facts(i)
        would = self.run(i, check=True, fails=True, **options)
        did = self.run(i, fails=True, **options)
        assert re.sub(r"\d+ s", "", would["msg"]) == re.sub(r"\d+ s", "", did["msg"])
        assert self.facts(i) == before
        return did["msg"]

    def facts(self, i):
        """Of the text of ovs-appctl, what stays where nothing happens."""
        text = run("ovs-appctl", "-t", self.servers.control(i), "cluster/status", self.servers.database)
        return re.findall(r"(?m)^(?:Status|Election timer|    .* at [^)]*).*?(?=\)|$| \(| next)", text)

    def id(self, i):
        return run("ovsdb-tool", "db-sid", self.servers.db(i)).strip()

    def address(self, i):
        return "unix:%s/%d.raft" % (self.servers.folder, i)


@pytest.fixture(scope="module", params=["OVN_Northbound", "OVN_Southbound"])
def three(request, zygote):
    """A cluster that these tests leave as it was."""
    with cluster(3, request.param) as servers:
        yield Members(zygote, servers)


def test_info(three):
    leader = three.servers.leader()
    for i in range(3):
        found = three.info(i)
        assert found["clustered"]
        assert found["status"] == "cluster member"
        assert found["cluster_id"] == three.servers.cid
        assert found["server_id"] == three.id(i)
        assert found["address"] == three.address(i)
        assert found["role"] == ("leader" if i == leader else "follower")
        assert found["leader"] == three.id(leader)[:4]
        assert [(server["address"], server["server_id"]) for server in found["servers"]] == [
            (three.address(n), three.id(n)[:4]) for n in range(3)
        ]
        assert [server["self"] for server in found["servers"]] == [n == i for n in range(3)]
    until(lambda: all(server["lag"] == 0 for server in three.info(leader)["servers"]), "nobody is behind")


def test_one_falls_behind(three):
    leader, (one, _two) = three.servers.leader(), three.servers.followers()
    root = ROOTS[three.servers.database]
    bump = [three.servers.database, {"op": "mutate", "table": root, "where": [], "mutations": [["nb_cfg", "+=", 1]]}]
    three.servers.pause(one)
    try:
        for _turn in range(3):
            run("ovsdb-client", "transact", three.servers.remotes[leader], json.dumps(bump))
        lag = {server["address"]: server["lag"] for server in three.info(leader)["servers"]}
        assert lag[three.address(one)] == 3
        assert lag[three.address(leader)] == 0
    finally:
        three.servers.resume(one)
    until(lambda: all(server["lag"] == 0 for server in three.info(leader)["servers"]), "it has caught up")


def test_present(three):
    for i in range(3):
        assert three.ensure(i)["changed"] is False


def test_the_election_timer_goes_up_in_steps_and_down_at_once(three):
    leader, (one, _two) = three.servers.leader(), three.servers.followers()
    term = three.info(leader)["term"]
    done = three.ensure(leader, election_timer=9000)
    assert done["changed"]
    assert done["diff"] == {"before": {"election_timer": 1000}, "after": {"election_timer": 9000}}
    assert done["cluster"]["election_timer"] == 9000
    log = list(records(three.servers.db(leader)))
    assert [record["election_timer"] for record in log if "election_timer" in record][-4:] == [2000, 4000, 8000, 9000]
    until(lambda: three.info(one)["election_timer"] == 9000, "the others have it")
    assert three.ensure(leader, election_timer=1000)["changed"]
    assert three.info(leader)["term"] == term


def test_another_than_the_leader_waits_for_the_timer(three):
    leader, (one, two) = three.servers.leader(), three.servers.followers()
    assert three.run(one, check=True, election_timer=4000)["changed"] is False
    msg = three.run(one, fails=True, election_timer=4000, wait_timeout=0.2)["msg"]
    assert "only the leader can change it, and that is %s" % three.address(leader) in msg
    thread = threading.Thread(
        target=run,
        args=("ovs-appctl", "-t", three.servers.control(leader), "cluster/change-election-timer", three.servers.database, "2000"),
    )  # fmt: skip
    thread.start()
    assert three.run(two, election_timer=2000)["changed"] is False
    thread.join()
    three.run(leader, election_timer=1000)
    three.run(two, election_timer=1000)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"election_timer": 99}, "election_timer: 99 is not from 100 to 600000 milliseconds"),
        ({"election_timer": 600001}, "election_timer: 600001 is not from 100 to 600000 milliseconds"),
        ({"state": "left", "election_timer": 2000}, "election_timer: goes with state: present only"),
        ({"server": "abcd"}, "server: goes with state: kicked only"),
        ({"state": "kicked"}, "state is kicked but all of the following are missing: server"),
        ({"state": "kicked", "server": "abc", "confirm": True}, "neither an address nor four digits of a server id"),
    ],
)
def test_bad_input(three, options, said):
    assert said in three.refused(three.servers.leader(), **options)


def test_kicking_needs_to_be_confirmed(three):
    leader, (one, _two) = three.servers.leader(), three.servers.followers()
    msg = three.refused(leader, state="kicked", server=three.address(one))
    assert msg.startswith("confirm: is needed to kick %s (%s)" % (three.address(one), three.id(one)[:4]))
    msg = three.refused(leader, state="kicked", server=three.id(leader), confirm=True)
    assert "is this server itself: state: left lets it go" in msg


def test_kicking_who_is_no_member_changes_nothing(three):
    leader = three.servers.leader()
    assert three.ensure(leader, state="kicked", server="unix:/nowhere")["changed"] is False
    assert three.ensure(leader, state="kicked", server="0000ffff")["changed"] is False


def test_the_leader_changes(three):
    leader = three.servers.leader()
    term = three.info(leader)["term"]
    three.servers.kill(leader)
    new = three.servers.leader()
    found = three.info(new)
    assert found["term"] > term
    assert found["leader"] == three.id(new)[:4]
    (gone,) = [server["address"] for server in found["servers"] if not server["connected"]]
    assert gone == three.address(leader)
    three.servers.start(leader)
    done = three.run(leader)  # present: it waits until this one is a member again
    assert done["changed"] is False
    assert done["cluster"]["status"] == "cluster member"


# -- clusters that are not the same afterwards --------------------------------------------------------------------------


def test_members_leave(zygote):
    """A follower, the leader, and then nobody is left who could let the last but one go."""
    with cluster(3) as servers:
        three = Members(zygote, servers)
        leader, (one, two) = servers.leader(), servers.followers()
        assert three.run(one, check=True, state="left")["changed"]
        assert three.info(one)["status"] == "cluster member"
        done = three.run(one, state="left")
        assert done["diff"] == {"before": {"status": "cluster member"}, "after": {"status": "left cluster"}}
        assert done["cluster"]["status"] == "left cluster"
        again = three.run(one, state="left")
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
        assert three.info(one)["status"] == "left cluster"
        assert "its database file can never return" in three.run(one, fails=True)["msg"]
        assert len(three.info(leader)["servers"]) == 2
        assert three.run(leader, state="left")["changed"]
        assert servers.status(two)
        until(lambda: "Role: leader" in servers.status(two), "the last one leads", 20)
        assert "this is the only server of the cluster" in three.refused(two, state="left")
        assert servers.ctl("show") == ""


def test_nobody_leaves_or_kicks_what_would_cost_the_majority(zygote):
    with cluster(3) as servers:
        three = Members(zygote, servers)
        leader, (one, two) = servers.leader(), servers.followers()
        servers.kill(two)
        until(lambda: not all(s["connected"] for s in three.info(leader)["servers"]), "the leader misses it")
        until(lambda: not all(s["connected"] for s in three.info(one)["servers"]), "the follower misses it")
        for i in (leader, one):
            msg = three.refused(i, state="left")
            assert "the servers that stay would have no majority, for nobody reaches %s" % three.address(two) in msg
        msg = three.refused(leader, state="kicked", server=three.address(one), confirm=True)
        assert "the servers that stay would have no majority" in msg
        # No leader at all: leaving would never end
        servers.kill(one)
        until(lambda: three.info(leader)["leader"] is None, "no leader", 30)
        msg = three.run(leader, state="left", fails=True)["msg"]
        assert "only a cluster with a leader can let a server go" in msg
        msg = three.run(leader, state="kicked", server=three.address(one), confirm=True, fails=True)["msg"]
        assert "only a cluster with a leader can kick a server" in msg
        assert three.info(leader)["status"] != "leaving cluster"
        msg = three.run(leader, wait_timeout=0.2, fails=True)["msg"]
        assert "the leader is unknown, and it does not reach" in msg and three.address(one) in msg


@pytest.mark.parametrize("by", ["address", "id", "short id"])
def test_a_dead_server_of_five_is_kicked_by_a_follower(zygote, by):
    with cluster(5, init=False) as servers:
        five = Members(zygote, servers)
        dead, asked = servers.followers()[:2]
        name = {"address": five.address(dead), "id": five.id(dead), "short id": five.id(dead)[:4].upper()}[by]
        servers.kill(dead)
        done = five.ensure(asked, state="kicked", server=name, confirm=True)
        assert done["changed"]
        assert done["diff"] == {
            "before": {"servers": ["%s (%s)" % (five.address(dead), five.id(dead)[:4])]},
            "after": {"servers": []},
        }
        assert len(done["cluster"]["servers"]) == 4
        assert "Status: cluster member" in servers.status(servers.leader())
        if by == "id":  # it comes back with its file, and is let in by nobody
            servers.start(dead)
            until(lambda: five.info(dead)["status"] == "disconnected from the cluster", "it is alone", 30)
            msg = five.run(dead, wait_timeout=0.2, fails=True)["msg"]
            assert "a server that was kicked stays so for ever" in msg


def test_two_servers_of_one_address(zygote):
    """A dead server's successor joined before the old one was kicked."""
    with cluster(3) as servers:
        three = Members(zygote, servers)
        leader, (dead, _two) = servers.leader(), servers.followers()
        old = three.id(dead)
        servers.kill(dead)
        servers.db(dead).unlink()
        with contextlib.suppress(FileNotFoundError):
            (servers.folder / (".%d.db.~lock~" % dead)).unlink()
        run(
            "ovsdb-tool", "join-cluster", servers.db(dead), servers.database, three.address(dead), three.address(leader)
        )
        servers.start(dead)
        three.run(dead)
        msg = three.refused(leader, state="kicked", server=three.address(dead), confirm=True)
        assert "server: 2 servers are %s" % three.address(dead) in msg and old[:4] in msg
        assert three.ensure(leader, state="kicked", server=old[:4], confirm=True)["changed"]
        assert [s["server_id"] for s in three.info(leader)["servers"] if s["address"] == three.address(dead)] == [
            three.id(dead)[:4]
        ]


def test_a_server_that_nobody_lets_in(zygote):
    with cluster(1) as servers:
        one = Members(zygote, servers)
        servers.kill(0)
        servers.db(0).unlink()
        run("ovsdb-tool", "join-cluster", servers.db(0), servers.database, one.address(0), "unix:/nowhere")
        servers.start(0)
        assert one.info()["status"] == "joining cluster"
        msg = one.run(wait_timeout=0.2, fails=True)["msg"]
        assert msg == "not within 0.2 s: the server's status is 'joining cluster': none of unix:/nowhere has let it in"
        assert "but the server's status is 'joining cluster'" in one.run(state="left", fails=True)["msg"]


# -- servers of another kind ------------------------------------------------------------------------------------------


def test_standalone(zygote):
    with standalone() as server:
        alone = Members(zygote, server)
        assert alone.info()["clustered"] is False
        assert alone.info()["status"] == "standalone"
        said = alone.run(fails=True)["msg"]
        assert said == "the database OVN_Northbound of this server is standalone: it is in no cluster"
        alone.database = "southbound"
        assert "this server has the database OVN_Northbound, not OVN_Southbound" in alone.run(fails=True)["msg"]


def test_another_database(zygote, three):
    other = Members(zygote, three.servers)
    other.database = {"northbound": "southbound", "southbound": "northbound"}[three.database]
    assert "this server has the database %s, not" % three.servers.database in other.run(state="left", fails=True)["msg"]


def test_nobody_listens(zygote, tmp_path):
    for name in ("ovn_cluster", "ovn_cluster_info"):
        options = {"database": "northbound", "ctl": str(tmp_path / "no.ctl")}
        msg = zygote.run(name, options, fails=True)["msg"]
        assert "there is no such socket (is the server running?)" in msg
        msg = zygote.run(name, {"database": "southbound"}, {"OVN_RUNDIR": str(tmp_path)}, fails=True)["msg"]
        assert "%s/ovnsb_db.ctl" % tmp_path in msg


def test_a_server_that_hangs(zygote):
    with cluster(1) as servers:
        servers.pause()
        options = {"database": "northbound", "ctl": str(servers.control()), "timeout": 0.3}
        assert "no answer in time" in zygote.run("ovn_cluster_info", options, fails=True)["msg"]
        assert "no answer in time" in zygote.run("ovn_cluster", options, fails=True)["msg"]
        servers.resume()
