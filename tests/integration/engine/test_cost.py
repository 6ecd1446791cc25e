# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task asks of the server: one writing transaction, few round trips, and only the rows that it needs."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import Raw, Ref, Wire, entities, insert, task
from tests.support.ovsdb import standalone

ENTITIES = entities()
NB = "OVN_Northbound"
SWITCH, PORT, ROUTER, ROUTE, BALANCER, BINDING = (
    ENTITIES[NB, table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Static_Route", "Load_Balancer", "Static_MAC_Binding")
)  # fmt: skip


def switches(count, ports):
    return [
        {
            "name": "ls%d" % n,
            "external_ids": {"n": n},
            "ports": [{"name": "ls%d-p%d" % (n, p), "addresses": ["unknown"]} for p in range(ports)],
        }
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("entity", "raw"),
    [
        (SWITCH, {"name": "one"}),
        (SWITCH, {"objects": switches(20, 20)}),
        (PORT, {"switch": "s", "objects": [{"name": "p%d" % n} for n in range(500)]}),
        (
            ROUTE,
            {"router": "r", "objects": [{"ip_prefix": "10.%d.0.0/16" % n, "nexthop": "192.0.2.1"} for n in range(200)]},
        ),
        (
            ROUTER,
            {
                "name": "r2",
                "static_routes": [{"ip_prefix": "10.%d.0.0/16" % n, "nexthop": "192.0.2.1"} for n in range(200)],
            },
        ),
        (BALANCER, {"objects": [{"name": "lb%d" % n, "switches": ["s"], "routers": ["r"]} for n in range(100)]}),
        (
            BINDING,
            {
                "objects": [
                    {"logical_port": "p", "ip": "10.0.0.%d" % n, "mac": "02:00:00:00:00:01"} for n in range(1, 50)
                ]
            },
        ),
    ],
    ids=lambda item: item.table if hasattr(item, "table") else "",
)
def test_one_transaction_writes(nb, entity, raw):
    nb.transact(insert("Logical_Switch", name="s"), insert("Logical_Router", name="r"))
    with Wire(nb.server) as wire:
        assert task(entity, wire.remote, **raw)["changed"]
        assert wire.writes == 1
        task(entity, wire.remote, check=True, **raw)
        assert not task(entity, wire.remote, **raw)["changed"]
        assert wire.writes == 1
        absent = {**raw, "state": "absent"}
        for each in absent.get("objects", []):
            each.pop("ports", None)
        assert task(entity, wire.remote, **absent)["changed"]
        assert wire.writes == 2


def test_a_second_router_with_the_same_routes_costs_no_more(nb):
    """What lives in a new router cannot collide with what lives in another one."""
    for number in range(5):
        with Wire(nb.server) as wire:
            task(
                ROUTER,
                wire.remote,
                name="r%d" % number,
                static_routes=[{"ip_prefix": "0.0.0.0/0", "nexthop": "192.0.2.1"}],
            )
        assert wire.writes == 1
    assert len(nb.rows("Logical_Router_Static_Route")) == 5


@pytest.fixture(scope="module")
def sizes():
    """A database of 100 ports, and one of 10,000 (50 to a switch; a balancer and a route for every ten)."""
    with standalone() as small, standalone() as large:
        found = {100: Raw(small), 10_000: Raw(large)}
        for ports, raw in found.items():
            crowd = ["c%d" % p for p in range(ports // 2)]
            raw.transact(
                *(insert("Logical_Switch_Port", name, name=name) for name in crowd),
                insert("Logical_Switch", name="crowd", ports=[Ref(name) for name in crowd]),
            )
            raw.transact(
                *(
                    operation
                    for s in range(ports // 50)
                    for operation in (
                        *(
                            insert("Logical_Switch_Port", "p%d_%d" % (s, p), name="ls%d-p%d" % (s, p), addresses=["02:00:00:00:%02x:%02x" % (s, p)])
                            for p in range(50)
                        ),
                        {"op": "insert", "table": "Logical_Switch", "row": {
                            "name": "ls%d" % s, "ports": ["set", [["named-uuid", "p%d_%d" % (s, p)] for p in range(50)]]}},
                        insert("Logical_Router", name="lr%d" % s),
                        *(insert("Load_Balancer", name="lb%d-%d" % (s, b), vips={"192.0.2.1:80": "10.0.0.1:80"}) for b in range(5)),
                    )
                )
            )  # fmt: skip
        yield found


TASKS = {
    "a port": (PORT, {"switch": "ls1", "name": "ls1-p7", "addresses": ["02:00:00:00:01:07"]}),
    "a new port": (PORT, {"switch": "ls1", "name": "new", "addresses": ["02:00:00:00:01:99"]}),
    "a new port with an address": (
        PORT,
        {"switch": "ls1", "name": "new", "addresses": ["02:00:00:00:01:99 10.0.0.99"]},
    ),
    "a port on a crowded switch": (PORT, {"switch": "crowd", "name": "c7", "enabled": False}),
    "a new port on a crowded switch": (PORT, {"switch": "crowd", "name": "new", "addresses": ["unknown"]}),
    "a crowded switch": (SWITCH, {"name": "crowd", "other_config": {"a": 1}}),
    "a port in a crowded switch": (SWITCH, {"name": "crowd", "ports": [{"name": "new"}]}),
    "a balancer on a switch": (
        BALANCER,
        {"name": "lb1-2", "vips": {"192.0.2.1:80": "10.0.0.1:80"}, "switches": ["ls1"]},
    ),
    "a switch": (SWITCH, {"name": "ls1", "other_config": {"a": 1}}),
    "a route": (ROUTE, {"router": "lr1", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"}),
    "a port goes": (PORT, {"name": "ls1-p9", "state": "absent"}),
    "a port moves": (PORT, {"name": "ls1-p9", "switch": "ls0", "move": True}),
}


@pytest.mark.parametrize("what", TASKS)
def test_a_large_database_costs_no_more(sizes, what):
    entity, raw = TASKS[what]
    costs = {}
    for size, client in sizes.items():
        with Wire(client.server) as wire:
            schema = len(str(client.schema))
            task(entity, wire.remote, check=True, **raw)
            costs[size] = (wire.requests, wire.replied - schema)
    assert costs[100][0] == costs[10_000][0] <= 8
    assert costs[10_000][1] < costs[100][1] + 500


def searches(wire, table):
    """How often the server had to go through a table: what it is asked by anything but a UUID."""
    return [
        operation
        for message in wire.messages
        if message.get("method") == "transact"
        for operation in message["params"][1:]
        if operation.get("table") == table and operation["op"] == "select" and operation["where"][0][0] != "_uuid"
    ]


def test_a_port_is_looked_for_in_its_switch_and_only_then_elsewhere(sizes):
    """ovsdb-server goes through the whole table for a name, though the column is indexed."""
    new = {"name": "near", "addresses": ["02:00:00:00:01:99 10.0.0.99"]}
    server = sizes[10_000].server
    try:
        for changed in (True, False):
            with Wire(server) as wire:
                assert task(PORT, wire.remote, switch="ls1", **new)["changed"] is changed
            assert not searches(wire, "Logical_Switch_Port")
        for switch, searched in (("ls2", 1), ("crowd", 1), ("nowhere", 1)):
            with Wire(server) as wire, pytest.raises(OvnError) as refused:
                task(PORT, wire.remote, switch=switch, **new)
            assert len(searches(wire, "Logical_Switch_Port")) == searched
            told = "there is no" if switch == "nowhere" else "logical switch port near sits on logical switch ls1"
            assert told in str(refused.value)
    finally:
        task(PORT, server.remotes[0], name="near", state="absent")


def test_a_whole_tables_worth_is_read_whole(sizes):
    """The other end: thousands in one task are read in few requests."""
    objects = [{"name": "ls%d-p%d" % (s, p), "switch": "ls%d" % s} for s in range(200) for p in range(50)]
    with Wire(sizes[10_000].server) as wire:
        assert not task(PORT, wire.remote, objects=objects)["changed"]
        assert wire.requests <= 8
