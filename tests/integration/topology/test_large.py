# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of so many objects that of each row only what tells it apart is held, once it is as it is wanted."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.state import CLAUSES
from ansible_collections.virtnet.ovn.plugins.module_utils._engine.topology import SHOWN
from tests.support.modules import run_module
from tests.support.topology import ensure, refused, run, unchanged

PER_SWITCH = 50


def port(number):
    address = "02:00:00:00:%02x:%02x 10.0.%d.%d" % (number >> 8, number & 255, number >> 8, number & 255)
    return {"name": "p%d" % number, "addresses": [address], "port_security": [address]}


@pytest.fixture
def document():
    count = CLAUSES // PER_SWITCH + 1
    return {
        "switches": [
            {"name": "s%d" % s, "ports": [port(s * PER_SWITCH + p) for p in range(PER_SWITCH)]} for s in range(count)
        ]
    }


@pytest.fixture
def large(nb, document):
    run(nb, document)
    return document


def test_some_of_many_differ(nb, large):
    unchanged(nb, large)
    changed = copy.deepcopy(large)
    changed["switches"][0]["ports"][3]["addresses"] = ["unknown"]
    changed["switches"][2]["ports"].append({"name": "new", "addresses": ["dynamic"]})
    did = ensure(nb, changed)
    assert [o["changed"] for o in did["objects"][:4]] == [True, False, True, False]
    assert len(did["operations"]) == 3


def test_an_owner_of_nothing_adopts_all_of_many(nb, large):
    did = ensure(nb, large, owner="a", adopt=True)
    assert len(did["operations"]) == len(large["switches"]) * (PER_SWITCH + 1)


def test_what_stands_among_many_keeps_its_address(nb, large):
    large["switches"][1]["ports"][0]["addresses"] = large["switches"][1]["ports"][1]["addresses"]
    assert "10.0.0.51" in str(refused(nb, large))


@pytest.mark.parametrize("there", [True, False])
def test_one_of_many_on_another_switch(nb, large, there):
    moved = large["switches"][0]["ports"].pop(0)
    target = {"name": "elsewhere", "ports": [{**moved, "move": True}]}
    if there:
        large["switches"][1]["ports"].append(target["ports"][0])
    else:
        large["switches"].append(target)
    did = ensure(nb, large)
    assert did["changed"]
    target["ports"][0].pop("move")
    unchanged(nb, large)


def test_a_file_gives_what_a_task_would(nb, large, tmp_path):
    file = tmp_path / "document.json"
    file.write_text(json.dumps(large))
    unchanged(nb, None, src=str(file))


def test_the_result_of_a_large_plan(nb, document):
    arguments = {"nb": nb.server.remote, "topology": document}
    would = run_module("ovn_topology", arguments, check=True)
    did = run_module("ovn_topology", arguments)
    assert len(would["operations"]) == did["operations_left_out"] > SHOWN
    assert would["diff"] == did["diff"]  # these tests run as with --diff
    assert would["plan_hash"] == did["plan_hash"]
    assert "operations" not in did
    assert "operations_left_out" not in would


def test_many_are_rendered(document):
    did = run("unix:/nonexistent", document, state="rendered")
    assert len(did["operations"]) == len(document["switches"]) * (PER_SWITCH + 1)


def test_many_of_two_kinds(nb, large):
    large["address_sets"] = [{"name": "a%d" % number, "addresses": ["10.1.0.1"]} for number in range(CLAUSES + 10)]
    ensure(nb, large)
    large["address_sets"][7]["addresses"].append("10.1.0.2")
    assert len(ensure(nb, large)["operations"]) == 1


def test_many_go_of_which_more_must_be_read_than_is_said(nb, large):
    for switch in large["switches"]:
        switch["ports"] = [{"name": port["name"], "state": "absent"} for port in switch["ports"]]
    did = ensure(nb, large)
    assert did["diff"]["before"]["logical switch s0: logical switch port p1"]["addresses"] == port(1)["addresses"]
    assert nb.transact({"op": "select", "table": "Logical_Switch_Port", "where": []})[0]["rows"] == []
