# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection or the server dies between send and reply: the next run converges, and ``changed`` was right."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import OPTION, Raw, Wire, entities, insert, task
from tests.support.ovsdb import cluster, standalone, until

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
                    until(lambda: "Status: cluster member" in nbs.status(leader), "rejoined", 30)  # noqa: B023
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
