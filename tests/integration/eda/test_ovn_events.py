# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source, as ansible-rulebook runs it: no change lost and none told twice, whatever becomes of the servers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pathlib
import queue
import runpy
import threading

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.ovsdb import ROOTS, cluster, standalone
from tests.support.waiting import until

PATH = pathlib.Path(__file__).resolve().parents[3] / (
    "collections/ansible_collections/virtnet/ovn/extensions/eda/plugins/event_source/ovn_events.py"
)
NB = {"database": "northbound", "timeout": 2}
SWITCHES = {"table": "Logical_Switch", "columns": ["name", "external_ids"]}


class Source:
    """``main`` of the event source, in an event loop and a thread of its own."""

    def __init__(self, args):
        self.args = args
        self.got = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._running = threading.Event()
        self.error = None

    def _run(self):
        main = runpy.run_path(str(PATH))["main"]
        events = self

        class Queue:
            async def put(self, event):
                events.got.put(event)

        self._task = self._loop.create_task(main(Queue(), self.args))
        self._loop.call_soon(self._running.set)
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except Exception as exc:
            self.error = exc
            self.got.put(exc)
        finally:
            self._loop.close()

    def __enter__(self):
        self._thread.start()
        assert self._running.wait(10)
        return self

    def __exit__(self, *exc):
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)
        assert not self._thread.is_alive(), "it was not cancelled"

    def next(self, seconds=10):
        event = self.got.get(timeout=seconds)
        if isinstance(event, Exception):
            raise event
        return event

    def nothing(self, seconds=0.3):
        """That nothing comes cannot be waited for otherwise."""
        with pytest.raises(queue.Empty):
            self.got.get(timeout=seconds)


@contextlib.contextmanager
def source(server, *tables, ready=True, **more):
    """A source that watches already, unless ``ready`` is false."""
    option = {"OVN_Northbound": "nb", "OVN_Southbound": "sb", "Open_vSwitch": "ovs"}[server.database]
    tables = list(tables)
    if ready:
        tables.append({"table": ROOTS[server.database], "events": ["initial"], "columns": ["external_ids"]})
    with Source({option: server.remote, **NB, "tables": tables, **more}) as events:
        if ready:
            assert events.next(20)["event"] == "initial"
        yield events


def brief(event):
    return event["event"], event["row"]["name"]


@pytest.fixture
def nb():
    with standalone() as server:
        yield server


def test_create_update_and_delete(nb):
    with source(nb, SWITCHES) as events:
        nb.ctl("ls-add", "a")
        first = events.next()
        uuid = nb.ctl("get", "Logical_Switch", "a", "_uuid").strip()
        assert first == {
            "database": "northbound", "table": "Logical_Switch", "event": "create", "uuid": uuid,
            "row": {"name": "a", "external_ids": {}}, "old": {},
        }  # fmt: skip
        nb.ctl("set", "Logical_Switch", "a", "external_ids:x=1")
        event = events.next()
        assert (event["event"], event["uuid"]) == ("update", uuid)
        assert event["row"] == {"name": "a", "external_ids": {"x": "1"}}
        assert event["old"] == {"external_ids": {}}
        nb.ctl("set", "Logical_Switch", "a", "other_config:x=1")  # no column that was asked for
        nb.ctl("ls-del", "a")
        event = events.next()
        assert (event["event"], event["uuid"], event["old"]) == ("delete", uuid, {})
        assert event["row"] == {"name": "a", "external_ids": {"x": "1"}}
        events.nothing()


def test_what_is_there_at_the_start(nb):
    nb.ctl("ls-add", "a", "--", "ls-add", "b")
    with source(nb, SWITCHES) as events:
        events.nothing()
    with source(nb, SWITCHES, ready=False, events=["initial", "update"]) as events:
        assert sorted(brief(events.next()) for dummy in "ab") == [("initial", "a"), ("initial", "b")]
        nb.ctl("ls-add", "c")
        nb.ctl("set", "Logical_Switch", "a", "external_ids:x=1")
        assert brief(events.next()) == ("update", "a")


def test_a_row_of_nothing_but_defaults(nb):
    """ovs' replica says nothing of it."""
    nb.ctl("ls-add", "a")
    with source(nb, {"table": "Logical_Switch", "columns": ["external_ids"]}) as events:
        nb.ctl("ls-add", "b")
        first = events.next()
        assert (first["event"], first["row"]) == ("create", {"external_ids": {}})
        nb.ctl("ls-add", "c", "--", "ls-add", "d")
        assert {events.next()["event"] for dummy in "cd"} == {"create"}
        nb.ctl("ls-del", "b")
        assert events.next() == {**first, "event": "delete"}
        events.nothing()


def test_every_step_in_its_order(nb):
    """Each transaction is one that the server reports by itself, for the source keeps up with them."""
    with source(nb, SWITCHES) as events:
        nb.ctl("ls-add", "a")
        events.next()
        for number in range(100):
            nb.ctl("set", "Logical_Switch", "a", "external_ids:n=%d" % number)
            assert events.next()["row"]["external_ids"] == {"n": str(number)}


def test_names_in_place_of_references(nb):
    tables = [{"table": "Logical_Switch", "columns": ["name", "ports", "load_balancer"]}, "Load_Balancer"]
    with source(nb, *tables) as events:
        nb.ctl(
            "ls-add",
            "a",
            "--",
            "lsp-add",
            "a",
            "p2",
            "--",
            "lsp-add",
            "a",
            "p1",
            "--",
            "lb-add",
            "lb",
            "10.0.0.1:80",
            "10.0.0.2:80",
        )
        seen = [events.next() for dummy in "ab"]
        (switch,) = (event for event in seen if event["table"] == "Logical_Switch")
        assert switch["row"] == {"name": "a", "ports": ["p1", "p2"], "load_balancer": []}
        nb.ctl("ls-lb-add", "a", "lb")
        assert events.next()["row"]["load_balancer"] == ["lb"]
        nb.ctl("lsp-del", "p1", "--", "ls-lb-del", "a", "lb", "--", "lb-del", "lb")
        seen = [events.next() for dummy in "ab"]
        (switch,) = (event for event in seen if event["table"] == "Logical_Switch")
        assert switch["row"] == {"name": "a", "ports": ["p2"], "load_balancer": []}
        assert switch["old"] == {"ports": ["p1", "p2"], "load_balancer": ["lb"]}
        (balancer,) = (event for event in seen if event["table"] == "Load_Balancer")
        assert brief(balancer) == ("delete", "lb")
        events.nothing()


def test_where(nb):
    where = [{"external_ids": {"owner": "me"}}, ["name", "!=", "not-this"]]
    with source(nb, {**SWITCHES, "where": where}) as events:
        nb.ctl(
            "ls-add", "other", "--", "ls-add", "mine", "--", "set", "Logical_Switch", "mine", "external_ids:owner=me",
            "--", "ls-add", "not-this", "--", "set", "Logical_Switch", "not-this", "external_ids:owner=me",
        )  # fmt: skip
        assert brief(events.next()) == ("create", "mine")
        nb.ctl("set", "Logical_Switch", "other", "external_ids:owner=me")
        assert brief(events.next()) == ("create", "other")
        nb.ctl("remove", "Logical_Switch", "mine", "external_ids", "owner")
        assert brief(events.next()) == ("delete", "mine")
        events.nothing()


def test_where_by_a_name_that_comes_later():
    """A chassis that comes back has another UUID and the same name."""
    with standalone("OVN_Southbound") as sb:
        table = {"table": "HA_Chassis_Group", "columns": ["name"], "where": {"ref_chassis": "hv1"}}
        with source(sb, table, "Encap", database="southbound") as events:
            for number in (1, 2):
                sb.ctl("chassis-add", "hv1", "geneve", "192.0.2.%d" % number)
                assert events.next()["table"] == "Encap"
                chassis = sb.ctl("get", "Chassis", "hv1", "_uuid").strip()
                group = {"name": "g%d" % number, "ref_chassis": ["uuid", chassis]}
                sb.transact({"op": "insert", "table": "HA_Chassis_Group", "row": group})
                assert brief(events.next()) == ("create", "g%d" % number)
                sb.ctl("chassis-del", "hv1")
                seen = [events.next() for dummy in "ab"]
                assert {(event["event"], event["table"]) for event in seen} == {
                    ("delete", "Encap"), ("delete", "HA_Chassis_Group"),
                }  # fmt: skip


def test_a_restart_of_the_server(nb, caplog):
    """What went, came and changed meanwhile makes one event each, and what stayed makes none."""
    nb.ctl("ls-add", "stays", "--", "ls-add", "goes", "--", "ls-add", "changes", "--", "ls-add", "returns")
    nb.ctl("set", "Logical_Switch", "returns", "external_ids:x=1")
    with source(
        nb, SWITCHES, {"table": "Logical_Switch", "columns": ["external_ids"], "where": {"name": "returns"}}
    ) as events:
        before = nb.db().read_bytes()
        nb.kill()
        until(lambda: "is lost: trying again" in caplog.text, "the log tells of it")
        # A database that went on without us: the server's history does not know what we saw last
        with standalone() as other:
            other.kill()
            other.db().write_bytes(before)
            other.start()
            other.ctl(
                "ls-del", "goes", "--", "ls-add", "comes", "--", "set", "Logical_Switch", "changes", "external_ids:x=1"
            )
            other.ctl("clear", "Logical_Switch", "returns", "external_ids")
            other.kill()
            nb.db().write_bytes(other.db().read_bytes())
        nb.start()
        seen = sorted((event["event"], event["row"].get("name", "")) for event in (events.next() for dummy in "abcde"))
        assert seen == [
            ("create", "comes"),
            ("delete", "goes"),
            ("update", ""),
            ("update", "changes"),
            ("update", "returns"),
        ]
        events.nothing()
        until(lambda: "is watched (after" in caplog.text, "the log tells that it is over")
        nb.ctl("ls-add", "later")
        assert brief(events.next()) == ("create", "later")


def test_a_server_that_is_not_there_yet(nb, caplog):
    nb.kill()
    with source(nb, SWITCHES, ready=False, events=["initial", "create"]) as events:
        until(lambda: "no such socket" in caplog.text or "refused" in caplog.text, "the log tells of it")
        assert caplog.text.count("trying again") == 1
        nb.start()
        nb.ctl("ls-add", "a")
        assert events.next()["row"]["name"] == "a"
        until(lambda: "is watched (after" in caplog.text, "the log tells that it is over")


def test_a_server_that_hangs(nb, caplog):
    """It is given up and connected to anew until it answers."""
    with source(nb, SWITCHES) as events:
        nb.pause()
        until(lambda: "is lost: trying again" in caplog.text, "the log tells of it", 20)
        nb.resume()
        nb.ctl("ls-add", "a")
        assert brief(events.next(20)) == ("create", "a")
        events.nothing()


def test_it_is_cancelled_while_the_server_hangs(nb):
    with source(nb, SWITCHES):
        nb.pause()
    nb.resume()
    nb.pause()
    with source(nb, SWITCHES, ready=False):
        pass
    nb.resume()
    until(lambda: not [t for t in threading.enumerate() if t.name == "ovn_events"], "its thread ended")


@pytest.mark.slow
def test_leaders_are_killed(caplog):
    """Each change is told once, in a cluster that loses its leader again and again while somebody writes."""
    caplog.set_level(logging.INFO)
    rounds, each = 4, 15
    with cluster(3) as nb, source(nb, SWITCHES) as events:

        def ask(*args):
            return nb.ctl("--db=" + nb.remotes[nb.leader()], *args)

        wanted = []
        for turn in range(rounds):
            leader = nb.leader()
            nb.kill(leader)
            for number in range(each):
                name = "s%d-%d" % (turn, number)
                ask("ls-add", name)
                wanted.append(("create", name))
                if number % 3 == 0:
                    ask("set", "Logical_Switch", name, "external_ids:x=1")
                if number % 3 == 1:
                    ask("ls-del", name)
            nb.start(leader)
            nb.rejoined(leader)
        ask("ls-add", "last")
        names = sorted(ask("--bare", "--columns=name", "list", "Logical_Switch").split())
        state = {}
        # What happened while nobody was connected is told in no particular order
        while sorted(row["name"] for row in state.values()) != names:
            event = events.next(30)
            if event["event"] == "create":
                assert event["uuid"] not in state, "told twice: %s" % event
            else:
                # What was told before is what it was before
                assert {**state[event["uuid"]], **event["old"]} == state[event["uuid"]]
            if event["event"] == "update":
                assert event["old"], event
            if event["event"] == "delete":
                assert state.pop(event["uuid"]) == event["row"]
            else:
                state[event["uuid"]] = event["row"]
        changed = {row["name"] for row in state.values() if row["external_ids"]}
        assert changed == {name for _event, name in wanted if int(name.split("-")[1]) % 3 == 0}
        events.nothing()


@pytest.mark.slow
def test_a_leader_that_hangs():
    """The others elect another one, and it is found."""
    with cluster(3) as nb, source(nb, SWITCHES) as events:
        leader = nb.leader()
        nb.pause(leader)
        others = [remote for place, remote in enumerate(nb.remotes) if place != leader]

        def write():
            with contextlib.suppress(AssertionError):
                nb.ctl("--db=" + ",".join(others), "--timeout=5", "ls-add", "a")
                return True

        until(write, "the others have a leader", 30)
        assert brief(events.next(30)) == ("create", "a")
        nb.resume(leader)
        nb.ctl("--timeout=30", "ls-add", "b")
        assert brief(events.next(30)) == ("create", "b")
        events.nothing()


def test_tls_and_other_databases(tmp_path):
    with standalone("Open_vSwitch", listen=("ssl",)) as server:
        key, certificate = server.pki.issue("rulebook")
        tables = [{"table": "Open_vSwitch", "columns": ["external_ids"]}]
        args = {
            "ovs": server.ssl, "database": "open_vswitch", "timeout": 2, "tables": tables, "events": ["initial", "update"],
            "private_key": key, "certificate": certificate, "ca_cert": server.pki.ca_cert,
        }  # fmt: skip
        with Source(args) as events:
            assert events.next()["event"] == "initial"
            server.ctl("--no-wait", "set", "Open_vSwitch", ".", "external_ids:system-id=x")
            assert events.next()["row"] == {"external_ids": {"system-id": "x"}}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "missing required arguments: tables"),
        ({"tables": []}, "tables: name at least one table"),
        ({"tables": ["Logical_Swich"]}, "tables[0].table: 'Logical_Swich' is no table of OVN_Northbound"),
        ({"tables": [{"table": "ACL", "columns": ["mach"]}]}, "did you mean match?"),
        (
            {"tables": [{"table": "ACL", "where": {"priority": "high"}}]},
            "tables[0].where.priority: 'high' is no integer",
        ),
        ({"tables": [{"table": "ACL", "event": ["create"]}]}, "event. Supported parameters"),
        (
            {"tables": ["ACL"], "events": ["insert"]},
            "value of events must be one or more of: initial, create, update, delete",
        ),
        ({"tables": ["ACL"], "timeout": 0}, "timeout: 0.0 is not a number of seconds above zero"),
        ({"tables": ["ACL"], "nb": "nowhere"}, "'nowhere' is no remote"),
        ({"tables": ["ACL"], "nb": "ssl:127.0.0.1:1"}, "private_key is missing"),
        ({"tables": ["Chassis"], "database": "southbound"}, "serves the database OVN_Northbound, not OVN_Southbound"),
    ],
)
def test_bad_arguments(nb, args, said):
    with Source({"nb": nb.remote, "sb": nb.remote, **NB, **args}) as events, pytest.raises(OvnError) as error:
        events.next()
    assert said in str(error.value)
