# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib
import random

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.cluster_status import (
    find_servers,
    has_majority,
    parse_status,
    timer_steps,
)

GOLDEN = pathlib.Path(__file__).parent / "golden"
RELEASES = sorted(path.name for path in GOLDEN.iterdir())


def parsed(release, name):
    return parse_status((GOLDEN / release / (name + ".status")).read_text())


@pytest.fixture(params=RELEASES)
def release(request):
    return request.param


def test_the_leader(release):
    found = parsed(release, "leader")
    assert (found["status"], found["reason"], found["role"], found["term"]) == ("cluster member", None, "leader", 1)
    assert found["server_id"].startswith(found["leader"])
    assert len(found["cluster_id"]) == len(found["server_id"]) == 36
    assert found["election_timer"] == 1000
    assert found["log"] == {"first": 2, "next": 6}
    assert [server["self"] for server in found["servers"]].count(True) == 1
    assert [server["address"] for server in found["servers"]] == sorted(s["address"] for s in found["servers"])
    for server in found["servers"]:
        assert server["connected"]
        assert server["lag"] == 0
        assert (server["last_message"] is None) is server["self"]
    assert (found["entries_not_committed"], found["entries_not_applied"], found["disconnections"]) == (0, 0, 0)


def test_a_follower(release):
    found = parsed(release, "follower")
    assert found["role"] == "follower"
    assert found["leader"] in [server["server_id"] for server in found["servers"] if not server["self"]]
    assert [server["lag"] for server in found["servers"]] == [None] * 3


def test_one_is_dead(release):
    found = parsed(release, "one_is_dead")
    assert sorted(server["connected"] for server in found["servers"]) == [False, True, True]
    assert found["disconnections"] == 1
    (dead,) = [server["server_id"] for server in found["servers"] if not server["connected"]]
    (alive,) = [server["server_id"] for server in found["servers"] if server["connected"] and not server["self"]]
    assert has_majority(found)
    assert has_majority(found, [dead])
    assert not has_majority(found, [alive])


@pytest.mark.parametrize(("heard", "connected"), [("111", True), ("16578", False)])
def test_a_server_that_joined_does_not_know_whom_it_speaks_to(heard, connected):
    """As a server of 23.03 told it."""
    found = parse_status(
        "9745\nName: OVN_Northbound\nServer ID: 9745 (97450191-52a5-4833-99a0-a3006d94e39a)\nAddress: tcp:10.103.0.13:6643\n"
        "Status: cluster member\nRole: follower\nLeader: 7f4a\nElection timer: 1000\nConnections: ->0000 ->9c18 <-0000 <-0000\n"
        "Servers:\n    7f4a (7f4a at tcp:10.103.0.11:6643) last msg %s ms ago\n    9c18 (9c18 at tcp:10.103.0.12:6643) last msg 5472 ms ago\n"
        "    9745 (9745 at tcp:10.103.0.13:6643) (self)\n    8e65 (8e65 at tcp:10.103.0.13:6643)\n" % heard
    )
    there = {server["server_id"]: server["connected"] for server in found["servers"]}
    assert there == {"7f4a": connected, "9c18": True, "9745": True, "8e65": False}


def test_behind_while_the_timer_changes(release):
    found = parsed(release, "timer_is_changing")
    assert found["election_timer"] == 1000
    assert found["entries_not_committed"] == 1
    assert sorted(server["lag"] for server in found["servers"]) == [0, 1, 1]


def test_no_majority(release):
    found = parsed(release, "no_majority")
    assert (found["status"], found["reason"]) == ("disconnected from the cluster", "election timeout")
    assert (found["role"], found["leader"]) == ("candidate", None)
    assert not has_majority(found)


def test_leaving(release):
    assert parsed(release, "leaving")["status"] == "leaving cluster"


def test_kicked_and_back(release):
    found = parsed(release, "kicked_and_back")
    assert found["status"] == "disconnected from the cluster"
    assert found["leader"] is None


def test_joining(release):
    found = parsed(release, "joining")
    assert (found["status"], found["cluster_id"], found["servers"]) == ("joining cluster", None, [])
    assert [remote.rpartition("/")[2] for remote in found["remotes"]] == ["nowhere.raft", "nobody.raft"]


def test_addresses_of_every_kind():
    text = """1
Connections: ->0 (->2)
Leader: 0
Servers:
    0 (07d3 at ssl:[2001:db8::1]:6643) last msg 20 ms ago
    1 (85aa at tcp:192.0.2.1:6643) (self)
    2 (75cd at tcp:192.0.2.2:6643)
"""
    found = parse_status(text)
    assert {server["address"]: server["connected"] for server in found["servers"]} == {
        "ssl:[2001:db8::1]:6643": True,
        "tcp:192.0.2.1:6643": True,
        "tcp:192.0.2.2:6643": False,
    }
    assert found["leader"] == "07d3"


def test_whatever_it_is_told(release):
    rng = random.Random(1)
    texts = [path.read_text() for path in sorted((GOLDEN / release).iterdir())]
    for _turn in range(2000):
        text = list(rng.choice(texts))
        for _cut in range(rng.randrange(1, 5)):
            place = rng.randrange(len(text))
            text[place : place + rng.randrange(30)] = rng.choice(["", "\n", "(", ")", ":", " 9", "ü"])
        parse_status("".join(text))
    assert parse_status("")["status"] is None


@pytest.mark.parametrize(
    ("current", "wanted", "steps"),
    [
        (1000, 1000, []),
        (1000, 2000, [2000]),
        (1000, 2001, [2000, 2001]),
        (1000, 16000, [2000, 4000, 8000, 16000]),
        (16000, 1000, [1000]),
    ],
)
def test_timer_steps(current, wanted, steps):
    assert timer_steps(current, wanted) == steps


def test_servers_are_found_by_address_and_id(release):
    found = parsed(release, "leader")
    for server in found["servers"]:
        assert find_servers(found, server["address"]) == [server]
        assert find_servers(found, server["server_id"].upper()) == [server]
    assert find_servers(found, found["server_id"])[0]["self"]
    assert find_servers(found, found["server_id"][:4] + "0000-" if found["server_id"][4:8] != "0000" else "ffff0") == []
    assert find_servers(found, "unix:/nowhere") == []
    assert find_servers(found, found["server_id"][:3]) == []
