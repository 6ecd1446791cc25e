# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report's page is told: from facts of any shape, never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.module_utils._insight import report
from ansible_collections.virtnet.ovn.plugins.module_utils._insight.graph import graph
from tests.support.picture import example

ROWS = [
    {"scenario": "one", "check": "a", "expected": [1], "observed": [1], "ok": True},
    {"scenario": "two", "check": "b", "expected": "x", "observed": "y", "ok": False, "look_at": "there"},
    {"scenario": "one", "check": "c", "expected": None, "observed": 2, "ok": True},
]


def test_checks_are_sorted_by_scenario():
    one, two = report.scenarios(ROWS, {})
    assert (one["name"], [check["check"] for check in one["checks"]], one["failed"]) == ("one", ["a", "c"], 0)
    assert (two["name"], two["failed"], two["checks"][0]["look_at"]) == ("two", 1, "there")
    assert [check["expected"] for check in one["checks"]] == ["[1]", "null"]


def test_what_was_captured_is_told_by_what_it_is():
    captured = {
        "probe_of_it": {"by_answer": {"b": 3, "a": 1}, "lost": 0},
        "traces": [{"steps": [], "verdict": "drop", "item": {"name": "icmp"}}, {"steps": [], "verdict": "output"}],
        "rows": [1],
    }
    found = report.scenarios(ROWS, {"one": captured})[0]
    (probe,) = found["probes"]
    assert (probe["name"], probe["text"]) == ("probe of it", "4 requests: a 1, b 3")
    assert [(each["answer"], each["share"]) for each in probe["bars"]] == [("a", 25.0), ("b", 75.0)]
    assert [(trace["name"], trace["verdict"]) for trace in found["traces"]] == [("icmp", "drop"), ("traces", "output")]
    assert [other["name"] for other in found["others"]] == ["rows"]


def test_nothing_was_asked():
    assert report.distribution("x", {"by_answer": {}})["text"] == "0 requests: none"
    assert report.distribution("x", {"by_answer": {}, "lost": 2})["bars"][0]["share"] == 100.0


def test_steps_of_both_traces():
    found = report.trace(
        "x",
        {
            "verdict": "output",
            "outputs": [{"port": "vm1"}],
            "path": ["ls1"],
            "steps": [
                {"bridge": "br-int", "table": 66, "match_text": "reg0=1", "priority": 100, "actions": ["drop"]},
                {"datapath": "ls1", "pipeline": "ingress", "stage": "ls_in_lb", "match": "ip4", "actions": []},
                {"bridge": "br-int", "table": 8, "matched": False},
            ],
        },
    )
    assert found["verdict"] == "output to vm1"
    assert [step["title"] for step in found["steps"]] == ["br-int table 66", "ls1 ingress ls_in_lb", "br-int table 8"]
    assert [step["matched"] for step in found["steps"]] == [True, True, False]


def test_health():
    found = report.health([graph(view, example(300)) for view in ("logical", "physical")])
    assert [(one["name"], one["ports"], one["gateways"]) for one in found["chassis"]] == [
        ("node1", 0, ["gw1"]),
        ("node2", 151, []),
        ("node3", 150, []),
    ]
    assert found["chassis"][0]["mappings"] == ["phyNet to br-eth1"]
    assert found["chassis"][1]["tunnels"] == ["geneve 10.0.0.2"]
    assert [port["name"] for port in found["unbound"]] == ["ls2-vm4"]


def test_what_is_long_is_cut():
    (found,) = report.scenarios(ROWS[:1], {"one": {"x": "y" * 10000}})[0]["others"]
    assert len(found["text"]) < 6100 and found["text"].endswith("characters more")


@pytest.mark.parametrize(("name", "file"), [("a trace/of it", "a_trace_of_it"), ("../..", "unnamed"), ("", "unnamed")])
def test_names_of_files(name, file):
    assert report.file_name(name) == file


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.sampled_from(
    ["by_answer", "lost", "verdict", "steps", "outputs", "path", "item", "name", "actions", "table", "match", "port"]
)
NEAR = st.dictionaries(PARTS, JSON | st.lists(st.dictionaries(PARTS, JSON, max_size=4), max_size=2), max_size=8)


@settings(max_examples=150)
@given(NEAR | JSON | st.lists(NEAR, max_size=2))
def test_garbage_is_shown_and_never_an_error(what):
    assert report.scenarios(ROWS, {"one": {"x": what}})[0]["checks"]
