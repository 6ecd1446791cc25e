# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection or the server dies between send and reply: the next run converges, and ``changed`` was right."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import OPTION, Raw, Wire, entities, insert, task
from tests.support.ovsdb import cluster, standalone
from tests.support.waiting import until

ENTITIES = entities()
NB = "OVN_Northbound"
SWITCH, PORT, ROUTE, BALANCER = (
    ENTITIES[NB, t] for t in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router_Static_Route", "Load_Balancer")
)


def steps(turn):
    """Tasks of every kind of change; each changes something when run once after the one before."""
    return [
        (SWITCH, {"name": "s%d" % turn, "ports": [{"name": "p%d" % turn}]}),
        (PORT, {"switch": "s%d" % turn, "name": "q%d" % turn, "addresses": ["unknown"]}),
        (ROUTE, {"router": "r", "ip_prefix": "10.%d.0.0/16" % turn, "nexthop": "192.0.2.1"}),
        (ROUTE, {"router": "r", "ip_prefix": "10.%d.0.0/16" % turn, "nexthop": "192.0.2.2"}),
        (BALANCER, {"name": "lb", "vips": {"192.0.2.%d:80" % turn: "10.0.0.1:80"}, "switches": ["s%d" % turn]}),
        (BALANCER, {"name": "lb", "options": {"k": "v%d" % turn}}),
        (BALANCER, {"name": "lb", "switches": [{"name": "s%d" % turn, "state": "absent"}]}),
        (PORT, {"name": "q%d" % turn, "state": "absent"}),
        (SWITCH, {"name": "s%d" % turn, "state": "absent"}),
        (ROUTE, {"router": "r", "ip_prefix": "10.%d.0.0/16" % turn, "state": "absent"}),
    ]


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_connection_is_cut(nb, where):
    """Fifty times each: the first writing transaction is (not) passed on, and then the connection ends."""
    nb.transact(insert("Logical_Router", name="r"), insert("Load_Balancer", name="lb"))
    for turn in range(5):
        for entity, raw in steps(turn):
            before = nb.dump()
            with Wire(nb.server, lambda number: where if number == 1 else None) as wire:
                result = task(entity, wire.remote, **raw)
            assert result["changed"] is True
            assert nb.dump() != before
            # What was passed on is not written again
            assert wire.writes == (1 if where == "after" else 2)
            assert [o["uuid"] is None for o in result["objects"]] == [False for _unused in result["objects"]]
            assert task(entity, nb.server.remote, **raw)["changed"] is False
    assert nb.rows("Logical_Switch") == nb.rows("Logical_Switch_Port") == nb.rows("Logical_Router_Static_Route") == []


def test_it_was_unchanged_and_the_connection_is_cut_while_reading(nb):
    nb.transact(insert("Load_Balancer", name="lb", options={"k": "v"}))
    cuts = []

    class Cut(Wire):
        def _seen(self, message):
            super()._seen(message)
            if message["method"] == "transact" and message["params"][0] == NB and not cuts:
                cuts.append(message)
                return "after"
            return None

    with Cut(nb.server) as wire:
        assert task(BALANCER, wire.remote, name="lb", options={"k": "v"})["changed"] is False
    assert cuts


def test_somebody_else_wrote_it_after_a_refusal(nb):
    """Refused for a race, and then the connection is lost while reading again: what stands is the other's work."""
    seen = []

    class Cut(Wire):
        def _seen(self, message):
            reading = message["method"] == "transact" and message["params"][0] == NB
            if self.writes == 1 and reading and not seen:
                seen.append(message)
                return "after"
            return super()._seen(message)

    def other(number):
        if number == 1:
            assert task(SWITCH, nb.server.remote, name="s")["changed"]

    with Cut(nb.server, other) as wire:
        result = task(SWITCH, wire.remote, name="s")
    assert seen
    assert result["changed"] is False


# -- and another writer does the same meanwhile ------------------------------------------------------------------------


def overtaken_and_cut(nb, entity, raw, where="before"):
    """What a task is told whose transaction does not arrive, and somebody else writes the same before it reads again."""
    done = []

    def before_write(number):
        if number == 1:
            done.append(task(entity, nb.server.remote, **raw))
            return where
        return None

    with Wire(nb.server, before_write) as wire:
        result = task(entity, wire.remote, **raw)
    assert done[0]["changed"] is True
    return result


CHECKED = {"vips": {"192.0.2.1:80": "10.0.0.1:80"}, "health_check": [{"vip": "192.0.2.1:80"}]}


@pytest.mark.parametrize(
    ("entity", "raw"),
    [
        (SWITCH, {"name": "s"}),
        (SWITCH, {"name": "s", "ports": [{"name": "p"}]}),
        (PORT, {"name": "p", "switch": "standing"}),
        (BALANCER, {"name": "new", "switches": ["standing"], **CHECKED}),
        # The health check's UUID is one that both choose, the new balancer's is not
        (BALANCER, {"objects": [{"name": "lb", **CHECKED}, {"name": "new"}]}),
    ],
    ids=["switch", "switch with a port", "port", "balancer", "a standing one and a new one"],
)
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_new_row_tells_whose_it_is(nb, entity, raw, where):
    """Its UUID is our choice: where the row that is there has another, our transaction was not written."""
    nb.transact(insert("Logical_Switch", name="standing"), insert("Load_Balancer", name="lb"))
    result = overtaken_and_cut(nb, entity, raw, where)
    assert (result["changed"], result["warnings"]) == (False, [])
    assert result["diff"] == {"before": {}, "after": {}}


@pytest.mark.parametrize(
    ("entity", "raw"),
    [
        (BALANCER, {"name": "lb", "options": {"k": "v"}}),
        (SWITCH, {"name": "standing", "load_balancer": ["lb"]}),
        (ROUTE, {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"}),
    ],
    ids=["key", "member", "route"],
)
def test_what_cannot_be_told_from_anothers_work_is_said(nb, entity, raw):
    nb.transact(
        insert("Logical_Switch", name="standing"),
        insert("Load_Balancer", name="lb"),
        insert("Logical_Router", name="r"),
    )
    result = overtaken_and_cut(nb, entity, raw)
    assert result["changed"] is True
    assert "its work cannot be told from that of another writer" in " ".join(result["warnings"])


def test_lost_on_its_way_twice(nb):
    """Neither the first transaction nor the second arrives, and the third is too late."""

    def before_write(number):
        if number == 3:
            task(SWITCH, nb.server.remote, name="s")
        return "before" if number < 3 else None

    with Wire(nb.server, before_write) as wire:
        assert task(SWITCH, wire.remote, name="s")["changed"] is False
    assert wire.writes == 3


def test_the_first_arrives_late(nb):
    """The connection ends, the task reads before its own transaction is written, and sends it once more."""
    late = []

    class Late(Wire):
        def _seen(self, message):
            what = super()._seen(message)
            if self.writes == 1 and what == "before":
                late.append(message)
            elif self.writes == 2 and late:
                nb.transact(*late.pop()["params"][1:])
            return what

    with Late(nb.server, {1: "before", 2: "after"}.get) as wire:
        result = task(SWITCH, wire.remote, name="s")
    assert wire.writes == 2
    assert (result["changed"], result["warnings"]) == (True, [])
    assert len(nb.rows("Logical_Switch")) == 1


def test_never_comes_through(nb):
    """A path that dies every time: an error, not an endless loop."""
    start = time.monotonic()
    with Wire(nb.server, lambda number: "before") as wire, pytest.raises(OvnError) as caught:
        task(SWITCH, wire.remote, name="s", timeout=0.3)
    assert "given up after" in str(caught.value)
    assert time.monotonic() - start < 3


def test_the_reply_never_comes(nb):
    start = time.monotonic()
    with Wire(nb.server, lambda number: "silent") as wire, pytest.raises(OvnError) as caught:
        task(SWITCH, wire.remote, name="s", timeout=0.3)
    assert "whether the change was made is unknown" in str(caught.value)
    assert time.monotonic() - start < 2
    assert task(SWITCH, nb.server.remote, name="s")["changed"] is False


def test_the_server_is_killed_and_comes_back():
    with standalone() as server:
        nb = Raw(server)
        nb.transact(insert("Logical_Router", name="r"), insert("Load_Balancer", name="lb"))

        def restart(number):
            if number == 1:
                server.kill()
                threading.Thread(target=server.start).start()

        for entity, raw in steps(1):
            with Wire(server, restart) as wire:
                # the proxy's own way to the server died with it
                assert task(entity, wire.remote, **raw)["changed"] is True
            until(lambda: server._listens(0), "the server is back")
            assert task(entity, server.remote, **raw)["changed"] is False


def test_the_server_is_gone_for_good(nb):
    with standalone() as server:
        start = time.monotonic()
        with Wire(server, lambda number: server.kill()) as wire, pytest.raises(OvnError) as caught:
            task(SWITCH, wire.remote, name="s", timeout=0.5)
        assert "cannot use the database OVN_Northbound" in str(caught.value)
        assert str(caught.value).endswith("; whether the change was made is unknown")
        assert time.monotonic() - start < 2.5


@pytest.mark.slow
def test_the_leader_changes_in_the_middle():
    """Killed while tasks run: nothing fails, nothing is doubled, ``changed`` adds up."""
    with cluster(3) as nbs:
        errors, leaders, made = [], [], []

        def unrest():
            try:
                for _unused in range(3):
                    seen = len(made)
                    until(lambda: len(made) > seen + 1, "tasks go on", 30)  # noqa: B023
                    leader = nbs.leader()
                    nbs.kill(leader)
                    leaders.append((leader, nbs.leader()))
                    nbs.start(leader)
                    nbs.rejoined(leader)
            except BaseException as exc:
                errors.append(exc)

        thread = threading.Thread(target=unrest)
        thread.start()
        try:
            while thread.is_alive():
                number = len(made)
                assert task(SWITCH, {OPTION[NB]: nbs.remote}, name="s%d" % number)["changed"] is True
                assert (
                    task(SWITCH, {OPTION[NB]: nbs.remote}, name="s%d" % number, other_config={"a": 1})["changed"]
                    is True
                )
                assert task(SWITCH, {OPTION[NB]: nbs.remote}, name="s%d" % number)["changed"] is False
                made.append("s%d" % number)
        finally:
            thread.join()
        assert errors == []
        assert all(old != new for old, new in leaders)
        names = sorted(nbs.ctl("--bare", "--columns=name", "list", "Logical_Switch").split())
        assert names == sorted(made)
