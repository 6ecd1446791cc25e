# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traps that other clients of OVSDB step into, each shown to be one, and not to be ours."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError, TransactError
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.session import Session
from tests.support.engine import Raw, Ref, Wire, ensure, entities, insert, refused, task
from tests.support.modules import COLLECTIONS
from tests.support.ovsdb import standalone

ENTITIES = entities()
NB = "OVN_Northbound"
SWITCH, PORT, ROUTER, ROUTE, NAT, BALANCER = (
    ENTITIES[NB, table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Static_Route", "NAT", "Load_Balancer")
)  # fmt: skip
MAC = "02:ac:10:ff:00:0"


def test_1_a_set_that_was_read_in_part_is_never_written_back(nb):
    """Ten ports, of which a task knows one: nine stay, whatever it does, and sets are changed by mutations alone."""
    ports = [insert("Logical_Switch_Port", "p%d" % n, name="p%d" % n) for n in range(10)]
    nb.transact(*ports, insert("Logical_Switch", name="s", ports=[Ref("p%d" % n) for n in range(10)]))
    for raw in (
        {"ports": [{"name": "p3", "addresses": ["unknown"]}]},
        {"ports": [{"name": "new"}]},
        {"ports": [{"name": "p3", "state": "absent"}]},
    ):
        result = ensure(SWITCH, nb, name="s", **raw)
        assert all("ports" not in op.get("row", {}) for op in result["operations"])
    ensure(PORT, nb, switch="s", name="newer")
    ensure(PORT, nb, name="p4", state="absent")
    names = {row["_uuid"]: row["name"] for row in nb.rows("Logical_Switch_Port")}
    assert sorted(names[u] for u in nb.one("Logical_Switch")["ports"]) == [
        "new",
        "newer",
        "p0",
        "p1",
        "p2",
        "p5",
        "p6",
        "p7",
        "p8",
        "p9",
    ]


def test_2_names_are_not_unique(nb):
    """The schema lets a second ls1 in; our transaction does not (see test_races), and refuses where there are two already."""
    guards = []

    class Seen(Wire):
        def _seen(self, message):
            if message["method"] == "transact":
                guards.extend(op for op in message["params"][1:] if op["op"] == "wait")
            return super()._seen(message)

    with Seen(nb.server) as wire:
        task(SWITCH, wire.remote, name="ls1")
    assert guards == [{"op": "wait", "table": "Logical_Switch", "where": [["name", "==", "ls1"]], "columns": ["_uuid"], "until": "==",
                       "rows": [], "timeout": 0}]  # fmt: skip
    nb.transact(insert("Logical_Switch", name="ls1"))
    assert "2 rows are a logical switch ls1" in str(refused(SWITCH, nb.server.remote, name="ls1"))


def test_3_select_returns_distinct_rows(nb):
    """Two balancers that are equal in all that is looked at are two."""
    nb.transact(insert("Load_Balancer", name="x"), insert("Load_Balancer", name="x"))
    seen = []

    class Seen(Wire):
        def _seen(self, message):
            if message["method"] == "transact" and message["params"][0] == NB:
                seen.extend(op for op in message["params"][1:] if op["op"] == "select")
            return super()._seen(message)

    with Seen(nb.server) as wire, pytest.raises(OvnError) as caught:
        task(BALANCER, wire.remote, name="x")
    assert "2 rows" in str(caught.value)
    assert seen
    assert all("_uuid" in op["columns"] for op in seen)


def test_4_to_write_the_same_value_is_a_success_and_no_change(nb):
    nb.transact(insert("Load_Balancer", name="x", protocol="udp"))
    update = {"op": "update", "table": "Load_Balancer", "where": [], "row": {"protocol": "udp"}}
    assert nb.transact(update) == [{"count": 1}]
    assert not task(BALANCER, nb.server.remote, name="x", protocol="udp")["changed"]


def test_5_a_commit_time_error_is_an_extra_element(nb):
    """A strong reference to nothing is found at the commit: after the results of all operations."""
    row = {"name": "g", "load_balancer": ["uuid", "00000000-0000-0000-0000-000000000001"]}
    with Session(nb.server.remote, NB) as session:
        with pytest.raises(TransactError) as caught:
            session.transact(
                [{"op": "insert", "table": "Logical_Switch", "row": {"name": "s", "ports": row["load_balancer"]}}]
            )
        assert caught.value.index is None
        assert caught.value.code == "referential integrity violation"
        with pytest.raises(TransactError) as caught:
            session.transact(
                [{"op": "insert", "table": "Logical_Switch", "row": {"name": 1}}, {"op": "comment", "comment": "x"}]
            )
        assert caught.value.index == 0
    assert nb.rows("Logical_Switch") == []


def test_6_two_servers_in_one_process(nb):
    """Each session is its own: the second server's row is not looked for on the first."""
    with standalone() as other:
        assert task(SWITCH, nb.server.remote, name="here")["changed"]
        assert task(SWITCH, other.remote, name="here")["changed"]
        assert [row["name"] for row in Raw(other).rows("Logical_Switch")] == ["here"]
        other.kill()
        other.start()
        assert not task(SWITCH, other.remote, name="here")["changed"]


class TestSeven:
    """What ovn-nbctl refuses although the schema allows it."""

    def test_a_duplicate_address_on_a_switch(self, nb):
        nb.server.ctl(
            "--", "ls-add", "s", "--", "lsp-add", "s", "p1", "--", "lsp-set-addresses", "p1", MAC + "1 10.0.0.1 fd00::1"
        )
        nb.server.ctl("lsp-add", "s", "p2")
        with pytest.raises(AssertionError, match="duplicate IPv4 address"):
            nb.server.ctl("lsp-set-addresses", "p2", MAC + "2 10.0.0.1")
        for address in ("10.0.0.1", "FD00:0::1"):
            said = str(refused(PORT, nb.server.remote, switch="s", name="p2", addresses=[MAC + "2 " + address]))
            assert (
                said
                == "addresses: %s is the address of the port p1 of the same switch already"
                % address.lower().replace(":0:", ":")
            )
        assert "is the address of the port p1" in str(
            refused(PORT, nb.server.remote, switch="s", name="new", addresses=[MAC + "2 10.0.0.1"])
        )
        assert "ports[0].addresses: " in str(
            refused(SWITCH, nb.server.remote, name="s", ports=[{"name": "p2", "addresses": [MAC + "2 10.0.0.1"]}])
        )

    def test_in_one_task(self, nb):
        said = str(refused(SWITCH, nb.server.remote, name="new", ports=[
            {"name": "p1", "addresses": [MAC + "1 10.0.0.1"]}, {"name": "p2", "addresses": [MAC + "2 10.0.0.1"]}]))  # fmt: skip
        assert said == "ports[1].addresses: 10.0.0.1 is the address of the port p1 of the same switch already"

    def test_addresses_may_change_hands_in_one_task(self, nb):
        task(
            SWITCH,
            nb.server.remote,
            name="s",
            ports=[
                {"name": "p1", "addresses": [MAC + "1 10.0.0.1"]},
                {"name": "p2", "addresses": [MAC + "2 10.0.0.2"]},
            ],
        )
        swapped = [{"name": "p1", "addresses": [MAC + "1 10.0.0.2"]}, {"name": "p2", "addresses": [MAC + "2 10.0.0.1"]}]
        assert ensure(SWITCH, nb, name="s", ports=swapped)["changed"]

    def test_other_switches_are_other_networks(self, nb):
        for name in ("s1", "s2"):
            ensure(SWITCH, nb, name=name, ports=[{"name": "p" + name, "addresses": [MAC + "1 10.0.0.1"]}])

    def test_what_stands_is_not_judged(self, nb):
        nb.transact(*(insert("Logical_Switch_Port", n, name=n, addresses=[MAC + "1 10.0.0.1"]) for n in ("p1", "p2")),
                    insert("Logical_Switch", name="s", ports=[Ref("p1"), Ref("p2")]))  # fmt: skip
        assert not ensure(PORT, nb, switch="s", name="p1", addresses=[MAC + "1 10.0.0.1"])["changed"]
        assert ensure(PORT, nb, switch="s", name="p1", enabled=True)["changed"]

    def test_a_backend_of_another_family(self, nb):
        with pytest.raises(AssertionError):
            nb.server.ctl("lb-add", "x", "192.0.2.1:80", "[fd00::1]:80")
        assert "another address family" in str(
            refused(BALANCER, nb.server.remote, name="x", vips={"192.0.2.1:80": ["[fd00::1]:80"]})
        )

    def test_vips_of_both_families(self, nb):
        assert ensure(BALANCER, nb, name="x", vips={"192.0.2.1:80": ["10.0.0.1:80"], "[fd00::1]:80": ["[fd00::2]:80"]})[
            "changed"
        ]

    def test_a_second_snat_for_one_network(self, nb):
        """It is the same one, with another external address: edited, where ovn-nbctl refuses and ovsdbapp makes a second."""
        nb.server.ctl("--", "lr-add", "r", "--", "lr-nat-add", "r", "snat", "192.0.2.1", "10.0.0.0/8")
        with pytest.raises(AssertionError):
            nb.server.ctl("lr-nat-add", "r", "snat", "192.0.2.2", "10.0.0.0/8")
        ensure(NAT, nb, router="r", type="snat", logical_ip="10.0.0.0/8", external_ip="192.0.2.2")
        assert nb.one("NAT")["external_ip"] == "192.0.2.2"

    def test_two_dnats(self, nb):
        nb.server.ctl("lr-add", "r")
        ensure(
            NAT,
            nb,
            router="r",
            objects=[{"type": "dnat", "logical_ip": "10.0.0.1", "external_ip": "192.0.2.%d" % n} for n in (1, 2)],
        )
        assert len(nb.rows("NAT")) == 2


class TestEight:
    """What ovsdbapp's commands leave as it is, and say OK."""

    def test_other_addresses(self, nb):
        nb.server.ctl("--", "ls-add", "s", "--", "lsp-add", "s", "p", "--", "lsp-set-addresses", "p", "unknown")
        assert ensure(PORT, nb, switch="s", name="p", addresses=[MAC + "1"])["changed"]
        assert nb.one("Logical_Switch_Port")["addresses"] == [MAC + "1"]

    def test_a_portless_vip_gets_no_protocol(self, nb):
        ensure(BALANCER, nb, name="x", vips={"192.0.2.1": ["10.0.0.1"]})
        assert nb.one("Load_Balancer")["protocol"] == []

    def test_numbers_in_options(self, nb):
        ensure(
            BALANCER,
            nb,
            name="x",
            vips={"192.0.2.1:80": ["10.0.0.1:80"]},
            health_check=[{"vip": "192.0.2.1:80", "options": {"interval": 2, "timeout": 1.5}}],
        )
        assert nb.one("Load_Balancer_Health_Check")["options"] == {"interval": "2", "timeout": "1.5"}


def test_9_a_relative_socket(nb):
    said = str(refused(SWITCH, "unix:nb.sock", name="s"))
    assert "a unix socket needs an absolute path" in said


@pytest.mark.slow
def test_10_a_very_large_transaction(nb):
    """Ten thousand ports in one task, and again."""
    objects = [
        {
            "name": "s%d" % s,
            "ports": [
                {"name": "p%d-%d" % (s, p), "addresses": ["%s0 10.%d.%d.%d" % (MAC, s // 200, s % 200, p)]}
                for p in range(50)
            ],
        }
        for s in range(200)
    ]
    with Wire(nb.server) as wire:
        assert task(SWITCH, wire.remote, objects=objects, timeout=30)["changed"]
        assert not task(SWITCH, wire.remote, objects=objects, timeout=30)["changed"]
        assert wire.writes == 1
    assert len(nb.rows("Logical_Switch_Port")) == 10_000


def test_11_after_a_leader_change_nothing_is_there_twice():
    """See test_kills: TestLeader kills the leader in the middle; here that the retry of a create finds its own row."""
    with standalone() as server:
        with Wire(server, lambda number: "after" if number == 1 else None) as wire:
            assert task(SWITCH, wire.remote, name="s")["changed"]
        assert len(Raw(server).rows("Logical_Switch")) == 1


def test_12_and_13_nothing_but_python_is_needed(nb):
    """Neither the ovs nor the ovsdbapp package is imported by a module of the engine."""
    code = "\n".join([
        "import json, sys",
        "sys.path.insert(0, sys.argv[1])",
        "from ansible_collections.virtnet.ovn.plugins.module_utils._engine.runner import apply",
        "from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.logical_switch import LOGICAL_SWITCH",
        "apply(LOGICAL_SWITCH, {'nb': sys.argv[2], 'timeout': 5, 'name': 'bare'})",
        "print(json.dumps(sorted(name for name in sys.modules if name.split('.')[0] in ('ovs', 'ovsdbapp', 'ansible', 'pyroute2'))))",
    ])  # fmt: skip
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(COLLECTIONS), nb.server.remote],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    assert json.loads(done.stdout) == []
    assert nb.one("Logical_Switch")["name"] == "bare"
    assert pathlib.Path(COLLECTIONS).is_dir()
