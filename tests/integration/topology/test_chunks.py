# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large document on a cluster is written in chunks, and comes to the same."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine import runner
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import Raw, Wire
from tests.support.ovsdb import cluster
from tests.support.topology import rows, run, unchanged

DOCUMENT = {
    "switches": [
        {
            "name": "ls%d" % s,
            "load_balancer": ["lb"],
            "other_config": {"subnet": "10.0.%d.0/24" % s},
            "ports": [
                {"name": "p%d-%d" % (s, p), "addresses": ["02:00:00:00:%02x:%02x 10.0.%d.%d" % (s, p, s, p + 1)]}
                for p in range(10)
            ],
            "acls": [
                {"direction": "to-lport", "priority": p, "match": "tcp.dst == %d" % p, "action": "drop"} for p in range(5)
            ],
            "qos_rules": [{"direction": "to-lport", "priority": 1, "match": "ip4", "bandwidth": {"rate": 1000}}],
        }
        for s in range(4)
    ],
    "routers": [
        {
            "name": "lr",
            "load_balancer": ["lb"],
            "ports": [
                {
                    "name": "lrp%d" % n,
                    "mac": "02:00:00:01:00:%02x" % n,
                    "networks": ["192.0.%d.1/24" % n],
                    "gateway_chassis": [{"chassis_name": "hv1", "priority": 1}, {"chassis_name": "hv2", "priority": 2}],
                }
                for n in range(6)
            ],
            "static_routes": [{"ip_prefix": "10.%d.0.0/16" % n, "nexthop": "192.0.0.9"} for n in range(9)],
        }
    ],
    "load_balancers": [
        {"name": "lb", "protocol": "tcp", "vips": {"198.51.100.1:80": ["10.0.0.1:80"]},
         "health_check": [{"vip": "198.51.100.1:80"}]}
    ],
    "port_groups": [{"name": "pg", "ports": ["p0-0", "p3-9"], "acls": [
        {"direction": "to-lport", "priority": 9, "match": "ip4", "action": "allow"}]}],
}  # fmt: skip

#: Ports move, others change, some go, and there are new ones, each in a row that stands
CHANGES = {
    "switches": [
        {"name": "ls0", "ports": [{"name": "p1-%d" % p, "move": True} for p in range(5)]},
        {"name": "ls2", "ports": [{"name": "p2-%d" % p, "state": "absent"} for p in range(5)], "load_balancer": []},
        {"name": "ls3", "ports": [{"name": "p3-%d" % p, "enabled": False} for p in range(10)]
         + [{"name": "new%d" % p} for p in range(10)]},
    ],
    "routers": [{"name": "lr", "ports": [
        {"name": "lrp0", "gateway_chassis": [{"chassis_name": "hv3", "priority": 3}]},
        {"name": "lrp9", "mac": "02:00:00:01:00:99", "networks": ["203.0.113.1/24"],
         "gateway_chassis": [{"chassis_name": "hv1", "priority": 1}]}]}],
}  # fmt: skip


@pytest.fixture(scope="module")
def _member():
    with cluster(1) as server:
        yield Raw(server)


@pytest.fixture
def member(_member):
    """An empty database of a cluster (of one, which is as clustered as any)."""
    _member.wipe()
    return _member


@pytest.mark.parametrize("size", [1, 7, 40])
def test_chunks_come_to_the_same(nb, member, monkeypatch, size):
    whole = [run(nb, DOCUMENT), run(nb, CHANGES)]
    monkeypatch.setattr(runner, "CHUNK", size)
    parts = [run(member, DOCUMENT), run(member, CHANGES)]
    assert rows(member) == rows(nb)
    assert parts[0]["chunks"] >= len(whole[0]["operations"]) // size // 4
    for part, all_at_once in zip(parts, whole):
        assert part["changed"]
        assert part["diff"] == all_at_once["diff"]
        assert "chunks" not in all_at_once
        assert all(each["uuid"] for each in part["objects"])
    unchanged(member, CHANGES)


def test_what_is_small_is_written_at_once(member):
    with Wire(member.server) as wire:
        assert "chunks" not in run(wire.remote, DOCUMENT)
        assert wire.writes == 1


def test_a_connection_that_is_lost_between_chunks(nb, member, monkeypatch):
    monkeypatch.setattr(runner, "CHUNK", 10)
    for cut in ("before", "after"):
        member.wipe()
        with Wire(member.server, lambda n, cut=cut: cut if n == 3 else None) as wire:
            result = run(wire.remote, DOCUMENT)
        nb.wipe()
        assert result["diff"] == run(nb, DOCUMENT)["diff"]
        assert rows(member) == rows(nb)


def test_who_interferes_between_chunks(member, monkeypatch):
    """What was written stays, the error says so, and the task run again does the rest."""
    monkeypatch.setattr(runner, "CHUNK", 10)

    def interfere(number):
        if number == 3:
            member.transact(
                {"op": "insert", "table": "Logical_Switch_Port", "uuid-name": "p", "row": {"name": "p3-9"}},
                {"op": "insert", "table": "Logical_Switch", "row": {"name": "x", "ports": ["named-uuid", "p"]}},
            )

    with Wire(member.server, interfere) as wire, pytest.raises(OvnError, match="p3-9 sits on") as error:
        run(wire.remote, DOCUMENT)
    assert error.value.facts["committed"]
    assert error.value.facts["chunks"] >= 2
    member.transact({"op": "delete", "table": "Logical_Switch", "where": [["name", "==", "x"]]})
    assert run(member, DOCUMENT)["changed"]
    unchanged(member, DOCUMENT)
