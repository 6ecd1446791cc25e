# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two writers at once. A proxy holds the first one's transaction back until the second one is done."""

from __future__ import annotations

import multiprocessing
import random

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import Wire, entities, insert, task

ENTITIES = entities()
NB = "OVN_Northbound"
SWITCH, PORT, ROUTER, ROUTE, NAT, BALANCER, BINDING = (
    ENTITIES[NB, table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Static_Route", "NAT", "Load_Balancer", "Static_MAC_Binding")
)  # fmt: skip
MAC = "02:ac:10:ff:00:01"


def overtaken(nb, other, entity, **raw):
    """What a task returns when ``other()`` runs after it has read and before it writes."""
    done = []

    def before_write(number):
        if number == 1:
            done.append(other())

    with Wire(nb.server, before_write) as wire:
        result = task(entity, wire.remote, **raw)
    assert len(done) == 1, "the task wrote nothing"
    return result, done[0]


def fails_when_overtaken(nb, other, entity, **raw):
    with pytest.raises(OvnError) as caught:
        overtaken(nb, other, entity, **raw)
    return str(caught.value)


def own(nb, entity, **raw):
    return lambda: task(entity, nb.server.remote, **raw)


# -- both make the same row -------------------------------------------------------------------------------------------

BOTH = [
    (SWITCH, {"name": "ls1"}),
    (SWITCH, {"objects": [{"name": "ls%d" % n} for n in range(20)]}),
    (SWITCH, {"name": "ls1", "ports": [{"name": "p1"}]}),
    (PORT, {"name": "new", "switch": "s"}),
    (ROUTE, {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"}),
    (ROUTE, {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1", "ecmp": True}),
    (ROUTE, {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1", "id": "mine"}),
    (NAT, {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1"}),
    (BALANCER, {"name": "lb", "vips": {"192.0.2.1": "10.0.0.1"}, "switches": ["s"], "routers": ["r"]}),
    (
        BALANCER,
        {"name": "standing", "vips": {"192.0.2.1:80": "10.0.0.1:80"}, "health_check": [{"vip": "192.0.2.1:80"}]},
    ),
    (BINDING, {"logical_port": "lp", "ip": "192.0.2.1", "mac": MAC}),
]


@pytest.mark.parametrize(
    ("entity", "raw"), BOTH, ids=lambda item: item.table if hasattr(item, "table") else "-".join(item)
)
def test_both_make_the_same(nb, entity, raw):
    nb.transact(
        insert("Logical_Switch", name="s"), insert("Logical_Router", name="r"), insert("Load_Balancer", name="standing")
    )
    first, second = overtaken(nb, own(nb, entity, **raw), entity, **raw)
    assert (second["changed"], first["changed"]) == (True, False)
    assert [o["uuid"] for o in first["objects"]] == [o["uuid"] for o in second["objects"]]
    alone = nb.dump()
    nb.wipe()
    nb.transact(
        insert("Logical_Switch", name="s"), insert("Logical_Router", name="r"), insert("Load_Balancer", name="standing")
    )
    task(entity, nb.server.remote, **raw)
    assert {t: len(rows) for t, rows in alone.items()} == {t: len(rows) for t, rows in nb.dump().items()}


def test_another_tool_makes_the_same_switch(nb):
    first, _unused = overtaken(nb, lambda: nb.server.ctl("ls-add", "ls1"), SWITCH, name="ls1", other_config={"a": 1})
    assert first["changed"]
    assert nb.named("Logical_Switch", "ls1")["other_config"] == {"a": "1"}


def test_both_make_the_same_port_with_other_addresses(nb):
    """The later one wins, as it would had it come later altogether; nothing is doubled."""
    nb.transact(insert("Logical_Switch", name="s"))
    first, second = overtaken(
        nb, own(nb, PORT, name="p", switch="s", addresses=["unknown"]), PORT, name="p", switch="s", addresses=[MAC]
    )
    assert (first["changed"], second["changed"]) == (True, True)
    assert first["objects"][0]["before"] == {"addresses": ["unknown"]}
    assert nb.one("Logical_Switch_Port")["addresses"] == [MAC]


# -- one takes away what the other builds on --------------------------------------------------------------------------


def test_the_parent_goes(nb):
    nb.transact(insert("Logical_Switch", name="s"))
    said = fails_when_overtaken(nb, own(nb, SWITCH, name="s", state="absent"), PORT, name="p", switch="s")
    assert said == "switch: there is no logical switch s"
    assert nb.rows("Logical_Switch_Port") == []


def test_the_parent_is_made_anew(nb):
    nb.transact(insert("Logical_Switch", name="s"))

    def other():
        nb.transact({"op": "delete", "table": "Logical_Switch", "where": []})
        nb.transact(insert("Logical_Switch", name="s"))

    first, _unused = overtaken(nb, other, PORT, name="p", switch="s")
    assert first["changed"]
    assert nb.named("Logical_Switch", "s")["ports"] == [nb.one("Logical_Switch_Port")["_uuid"]]


def test_the_row_goes(nb):
    nb.transact(insert("Load_Balancer", name="lb", vips={"192.0.2.1": "10.0.0.1"}))
    first, _unused = overtaken(
        nb, own(nb, BALANCER, name="lb", state="absent"), BALANCER, name="lb", options={"reject": True}
    )
    assert first["changed"]
    assert first["objects"][0]["action"] == "created"
    row = nb.one("Load_Balancer")
    assert (row["options"], row["vips"]) == ({"reject": "true"}, {})


def test_the_member_goes(nb):
    nb.transact(insert("Load_Balancer", name="lb"), insert("Logical_Switch", name="s"))
    said = fails_when_overtaken(
        nb, own(nb, BALANCER, name="lb", state="absent"), SWITCH, name="s", load_balancer=["lb"]
    )
    assert said == "load_balancer: there is no load balancer lb"


def test_the_holder_goes(nb):
    nb.transact(insert("Load_Balancer", name="lb"), insert("Logical_Switch", name="s"))
    said = fails_when_overtaken(nb, own(nb, SWITCH, name="s", state="absent"), BALANCER, name="lb", switches=["s"])
    assert said == "switches: there is no logical switch s"


def test_both_delete(nb):
    nb.transact(insert("Logical_Switch", name="s"))
    first, second = overtaken(nb, own(nb, SWITCH, name="s", state="absent"), SWITCH, name="s", state="absent")
    assert (second["changed"], first["changed"]) == (True, False)


def test_a_child_comes_while_the_parent_is_deleted(nb):
    """A port of another owner that arrives at the last moment is seen."""
    task(SWITCH, nb.server.remote, name="s", owner="a")
    said = fails_when_overtaken(
        nb, own(nb, PORT, name="p", switch="s", owner="b"), SWITCH, name="s", state="absent", owner="a"
    )
    assert "would delete what is not this owner's: Logical_Switch_Port p" in said
    assert nb.rows("Logical_Switch_Port")


def test_a_row_gets_another_owner(nb):
    nb.transact(insert("Load_Balancer", name="lb", external_ids={"virtnet-owner": "a"}))

    def other():
        row = {"external_ids": ["map", [["virtnet-owner", "b"]]]}
        nb.transact({"op": "update", "table": "Load_Balancer", "where": [], "row": row})

    said = fails_when_overtaken(nb, other, BALANCER, name="lb", options={"reject": True}, owner="a")
    assert "belongs to the owner 'b'" in said


class Between(Wire):
    """``other()`` runs between the first and the second round of a task's reading."""

    def __init__(self, server, other):
        super().__init__(server)
        self._other, self._rounds = other, 0

    def _seen(self, message):
        if message["method"] == "transact" and message["params"][0] == NB:
            self._rounds += 1
            if self._rounds == 2:
                self._other()
        return super()._seen(message)


def test_a_child_goes_between_two_rounds_of_reading(nb):
    """The parent still names it, and it is not there any more: it is nobody's child, and no reason to fail."""
    nb.transact(insert("Logical_Router", name="r"))
    for prefix in ("10.1.0.0/16", "10.2.0.0/16"):
        task(ROUTE, nb.server.remote, router="r", ip_prefix=prefix, nexthop="192.0.2.1")
    gone = own(nb, ROUTE, router="r", ip_prefix="10.1.0.0/16", state="absent")
    with Between(nb.server, gone) as wire:
        result = task(ROUTE, wire.remote, router="r", ip_prefix="10.1.0.0/16", nexthop="192.0.2.2")
    assert result["objects"][0]["action"] == "created"
    assert sorted((r["ip_prefix"], r["nexthop"]) for r in nb.rows("Logical_Router_Static_Route")) == [
        ("10.1.0.0/16", "192.0.2.2"),
        ("10.2.0.0/16", "192.0.2.1"),
    ]


def test_a_child_goes_between_two_rounds_of_reading_for_a_purge(nb):
    for name in ("p1", "p2"):
        port = {"name": name, "mac": MAC, "networks": ["192.0.2.1/24"], "gateway_chassis": [{"chassis_name": "hv1"}]}
        task(ROUTER, nb.server.remote, name="r", ports=[port])
    gone = own(nb, ENTITIES[NB, "Logical_Router_Port"], name="p2", state="absent")
    with Between(nb.server, gone) as wire:
        result = task(ROUTER, wire.remote, name="r", ports=[{"name": "p1"}], purge=["ports"])
    assert result["changed"] is False
    assert [row["name"] for row in nb.rows("Logical_Router_Port")] == ["p1"]


# -- both edit --------------------------------------------------------------------------------------------------------


def test_two_keys_of_one_map(nb):
    nb.transact(insert("Load_Balancer", name="lb", options={"old": "1"}))
    first, second = overtaken(
        nb, own(nb, BALANCER, name="lb", options={"a": 1}), BALANCER, name="lb", options={"b": 2, "old": None}
    )
    assert first["changed"]
    assert second["changed"]
    assert nb.one("Load_Balancer")["options"] == {"a": "1", "b": "2"}


def test_one_key_of_one_map(nb):
    """The plan was made for another value: it is made again, and the diff tells what really stood."""
    nb.transact(insert("Load_Balancer", name="lb", options={"a": "0"}))
    first, _unused = overtaken(
        nb, own(nb, BALANCER, name="lb", options={"a": 1}), BALANCER, name="lb", options={"a": 2}
    )
    assert first["objects"][0]["before"] == {"options": {"a": "1"}}
    assert nb.one("Load_Balancer")["options"] == {"a": "2"}


@pytest.mark.parametrize("field", ["options", "name"])
def test_the_same_value(nb, field):
    raw = {"name": "lb", "options": {"a": 1}} if field == "options" else {"name": "lb", "protocol": "udp"}
    nb.transact(insert("Load_Balancer", name="lb", options={"a": "0"}))
    first, second = overtaken(nb, own(nb, BALANCER, **raw), BALANCER, **raw)
    assert (second["changed"], first["changed"]) == (True, False)
    assert first["diff"] == {"before": {}, "after": {}}


def test_two_members(nb):
    nb.transact(*(insert("Load_Balancer", name="lb%d" % n) for n in range(3)), insert("Logical_Switch", name="s"))
    task(SWITCH, nb.server.remote, name="s", load_balancer=["lb0"])
    first, _unused = overtaken(
        nb,
        own(nb, SWITCH, name="s", load_balancer=["lb1"]),
        SWITCH,
        name="s",
        load_balancer=["lb2", {"name": "lb0", "state": "absent"}],
    )
    assert first["changed"]
    names = {row["_uuid"]: row["name"] for row in nb.rows("Load_Balancer")}
    assert sorted(names[u] for u in nb.one("Logical_Switch")["load_balancer"]) == ["lb1", "lb2"]


def test_the_same_member(nb):
    nb.transact(insert("Load_Balancer", name="lb"), insert("Logical_Switch", name="s"))
    for entity, raw in (
        (SWITCH, {"name": "s", "load_balancer": ["lb"]}),
        (BALANCER, {"name": "lb", "switches": ["s"]}),
    ):
        first, second = overtaken(nb, own(nb, entity, **raw), entity, **raw)
        assert (second["changed"], first["changed"]) == (True, False)
        task(BALANCER, nb.server.remote, name="lb", switches=[{"name": "s", "state": "absent"}])


def test_a_child_comes_while_another_is_purged(nb):
    task(SWITCH, nb.server.remote, name="s", ports=[{"name": "p1"}, {"name": "p2"}])
    first, _unused = overtaken(
        nb, own(nb, PORT, name="p3", switch="s"), SWITCH, name="s", ports=[{"name": "p1"}], purge=["ports"]
    )
    assert first["changed"]
    assert [row["name"] for row in nb.rows("Logical_Switch_Port")] in (["p1"], ["p1", "p3"], ["p3", "p1"])


def test_both_rename_to_one_name(nb):
    nb.transact(insert("Logical_Switch", name="a"), insert("Logical_Switch", name="b"))
    a, b = (nb.named("Logical_Switch", name)["_uuid"] for name in "ab")
    said = fails_when_overtaken(nb, own(nb, SWITCH, uuid=b, name="c"), SWITCH, uuid=a, name="c")
    assert said == "there is another logical switch c: %s" % b
    assert sorted(row["name"] for row in nb.rows("Logical_Switch")) == ["a", "c"]


def test_a_moving_row_is_moved_by_somebody_else(nb):
    for name in "abc":
        task(SWITCH, nb.server.remote, name=name, ports=[{"name": "p"}] if name == "a" else [])
    first, _unused = overtaken(
        nb, own(nb, PORT, name="p", switch="b", move=True), PORT, name="p", switch="c", move=True
    )
    assert first["changed"]
    held = {row["name"]: len(row["ports"]) for row in nb.rows("Logical_Switch")}
    assert held == {"a": 0, "b": 0, "c": 1}


def test_somebody_who_never_stops(nb):
    nb.transact(insert("Load_Balancer", name="lb", options={"a": "0"}))

    def before_write(number):
        nb.transact(
            {
                "op": "update",
                "table": "Load_Balancer",
                "where": [],
                "row": {"options": ["map", [["a", "by %d" % number]]]},
            }
        )

    with Wire(nb.server, before_write) as wire, pytest.raises(OvnError) as caught:
        task(BALANCER, wire.remote, name="lb", options={"a": 1}, timeout=0.5)
    assert "others keep changing what this task is about; given up after" in str(caught.value)
    assert nb.one("Load_Balancer")["options"]["a"].startswith("by ")


# -- eight processes --------------------------------------------------------------------------------------------------


def _hammer(remote, seed, rounds, queue):
    rng = random.Random(seed)
    made, changes = [], 0
    try:
        for number in range(rounds):
            mine = "w%d-%d" % (seed, number)
            what = rng.choice(["port", "vip", "key", "shared", "member"])
            if what == "port":
                changes += task(PORT, remote, switch="s", name=mine)["changed"]
                made.append(["port", mine])
            elif what == "vip":
                changes += task(
                    BALANCER, remote, name="lb", vips={"192.0.2.%d:%d" % (seed + 1, number + 1): "10.0.0.1:80"}
                )["changed"]
                made.append(["vip", "192.0.2.%d:%d" % (seed + 1, number + 1)])
            elif what == "key":
                changes += task(SWITCH, remote, name="s", external_ids={mine: 1})["changed"]
                made.append(["key", mine])
            elif what == "member":
                changes += task(BALANCER, remote, name=mine, switches=["s"])["changed"]
                made.append(["member", mine])
            else:  # all of them want the same
                name = "shared%d" % (number % 7)
                shared = [
                    task(SWITCH, remote, name=name)["changed"],
                    task(ROUTE, remote, router="r", ip_prefix="10.%d.0.0/16" % (number % 7), nexthop="192.0.2.1")[
                        "changed"
                    ],
                ]
                made.append(["shared", name, *shared])
                changes += sum(shared)
        queue.put([made, changes, None])
    except BaseException as exc:
        queue.put([made, changes, repr(exc)])


@pytest.mark.slow
def test_eight_writers(nb):
    nb.transact(
        insert("Logical_Switch", name="s"), insert("Load_Balancer", name="lb"), insert("Logical_Router", name="r")
    )
    rounds = 50
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [context.Process(target=_hammer, args=(nb.server.remote, seed, rounds, queue)) for seed in range(8)]
    for worker in workers:
        worker.start()
    reports = [queue.get(timeout=120) for _unused in workers]
    for worker in workers:
        worker.join(10)
    assert [error for _made, _changes, error in reports if error] == []
    made = [entry for report in reports for entry in report[0]]
    assert len(made) == 8 * rounds
    switch = nb.named("Logical_Switch", "s")
    ports = {row["_uuid"]: row["name"] for row in nb.rows("Logical_Switch_Port")}
    assert (
        sorted(ports[u] for u in switch["ports"])
        == sorted(ports.values())
        == sorted(m[1] for m in made if m[0] == "port")
    )
    assert sorted(nb.named("Load_Balancer", "lb")["vips"]) == sorted(m[1] for m in made if m[0] == "vip")
    assert sorted(switch["external_ids"]) == sorted(m[1] for m in made if m[0] == "key")
    balancers = {row["_uuid"]: row["name"] for row in nb.rows("Load_Balancer")}
    assert sorted(balancers[u] for u in switch["load_balancer"]) == sorted(m[1] for m in made if m[0] == "member")
    shared = sorted({m[1] for m in made if m[0] == "shared"})
    assert sorted(row["name"] for row in nb.rows("Logical_Switch") if row["name"] != "s") == shared
    routes = sorted(row["ip_prefix"] for row in nb.rows("Logical_Router_Static_Route"))
    assert routes == sorted(set(routes))
    # Of those who wanted the same, exactly one says that it made it
    assert sum(m[2] for m in made if m[0] == "shared") == len(shared)
    assert sum(m[3] for m in made if m[0] == "shared") == len(routes)
    assert sum(changes for _made, changes, _error in reports) == len(made) - sum(m[0] == "shared" for m in made) + len(
        shared
    ) + len(routes)


def test_without_guards_there_are_two(nb):
    """That the races above are races: the same operations without their guards make two switches."""
    would = task(SWITCH, nb.server.remote, check=True, name="ls1")
    task(SWITCH, nb.server.remote, name="ls1")
    nb.transact(*would["operations"])
    assert len(nb.rows("Logical_Switch")) == 2
