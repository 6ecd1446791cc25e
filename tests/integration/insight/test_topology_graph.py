# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_topology_graph: what ovn-nbctl made and ovn-northd bound, drawn by the real Graphviz."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
from xml.etree import ElementTree

import pytest
import yaml

from tests.support.modules import run_module
from tests.support.picture import EVIL

ROOT = pathlib.Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return ["".join(item.itertext()) for item in ElementTree.fromstring(svg).iter(SVG + "text")]


def test_both_networks_as_data(network):
    done = run_module("ovn_topology_graph", {**network, "views": ["logical", "physical"], "formats": []})
    logical, physical = (picture["graph"] for picture in done["pictures"])
    assert done["changed"] is False
    assert {(edge["from"], edge["to"]) for edge in logical["edges"]} == {
        ("port:vm1", "switch:ls1"),
        ("port:vm2", "switch:ls2"),
        ("port:" + EVIL, "switch:ls1"),
        ("switch:ls1", "router:r"),
        ("switch:ls2", "router:r"),
        ("balancer:web", "switch:ls2"),
    }
    nodes = {node["id"]: node for node in logical["nodes"]}
    assert nodes["port:vm1"]["lines"][0] == "02:00:00:00:00:01 10.0.1.1"
    assert nodes["port:vm1"]["lines"][-1].startswith("on ")
    assert nodes["port:" + EVIL]["lines"] == ["not bound"]
    assert {(edge["from"], edge["to"], edge["label"]) for edge in physical["edges"]} == {
        ("chassis:c1", "tunnel:geneve", "192.0.2.11"),
        ("chassis:c2", "tunnel:geneve", "192.0.2.12"),
        ("chassis:c1", "network:phys", "br-ex"),
        ("port:vm1", "chassis:c1", ""),
        ("port:vm2", "chassis:c2", ""),
    }


def test_the_pictures(network):
    done = run_module(
        "ovn_topology_graph",
        {**network, "views": ["logical", "physical"], "formats": ["svg", "dot", "mermaid"]},
    )
    for picture in done["pictures"]:
        assert EVIL in texts(picture["svg"])
        root = ElementTree.fromstring(picture["svg"])
        assert root.get("role") == "img"
        assert root.find(SVG + "title").text == picture["description"]
        assert not [item for item in root.iter() if item.tag.endswith("script")]
        assert "<script" not in picture["svg"] + picture["dot"] + picture["mermaid"]
        assert not [item for item in root.iter() if item.get("id")], "two pictures on a page would share an id"
        drawn = subprocess.run(["dot", "-Tpng"], input=picture["dot"].encode(), capture_output=True, check=False)
        assert drawn.stdout.startswith(b"\x89PNG") and not drawn.stderr


def test_a_way(network):
    done = run_module("ovn_topology_graph", {**network, "highlight": ["vm2", "vm1"]})
    assert done["pictures"][0]["graph"]["path"] == ["vm2", "ls2", "r", "ls1", "vm1"]
    failed = run_module("ovn_topology_graph", {**network, "highlight": ["vm2", "nobody"]}, fails=True)
    assert failed["msg"] == "highlight[1]: 'nobody' is not in the picture"


def test_a_file(network, tmp_path):
    path = tmp_path / "network.svg"
    task = {**network, "path": str(path), "mode": "0640"}
    would = run_module("ovn_topology_graph", task, check=True)
    assert would["changed"] and not path.exists()
    assert would["diff"]["before"] == "" and would["diff"]["after"].startswith("<svg")
    assert run_module("ovn_topology_graph", task)["changed"]
    assert ElementTree.fromstring(path.read_text()).tag == SVG + "svg"
    assert path.stat().st_mode & 0o777 == 0o640
    again = run_module("ovn_topology_graph", task)
    assert not again["changed"] and again["diff"] == {}
    path.chmod(0o600)
    assert run_module("ovn_topology_graph", task)["changed"]
    assert path.stat().st_mode & 0o777 == 0o640
    other = run_module("ovn_topology_graph", {**task, "formats": ["mermaid"]}, check=True)
    assert other["changed"] and path.read_text().startswith("<svg")


def test_read_in_one_place_and_drawn_in_another(network):
    read = run_module("ovn_topology_graph", {**network, "formats": []})["pictures"][0]
    there = run_module("ovn_topology_graph", {"nb": "unix:/nowhere", "graphs": [read["graph"]]})["pictures"][0]
    assert there == run_module("ovn_topology_graph", network)["pictures"][0]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"fold": -1}, "fold: -1 is no number of nodes"),
        ({"path": "/nowhere/x.svg"}, "path: there is no folder /nowhere"),
        ({"path": "/tmp"}, "path: /tmp is a folder"),
        ({"path": "/tmp/x", "formats": ["svg", "dot"]}, "path: one file holds one picture, and formats asks for 2"),
        ({"path": "/tmp/x", "formats": []}, "and formats asks for 0"),
        ({"path": "/tmp/x", "views": ["logical", "physical"]}, "and views asks for 2"),
        ({"timeout": 0}, "timeout: 0.0 is not a number of seconds above zero"),
        ({"nb": "unix:/nowhere"}, "there is no such socket"),
        ({"graphs": [{}]}, "graphs[0]: view is None, expected logical or physical"),
        ({"graphs": [{"view": "logical", "nodes": [{}], "edges": []}]}, "graphs[0]: nodes[0] has no id"),
        ({"graphs": [{"view": "logical", "nodes": [3], "edges": []}]}, "graphs[0]: nodes[0] has no id"),
        ({"graphs": [{"view": "logical", "nodes": []}]}, "graphs[0]: edges is no list"),
    ],
)
def test_a_clear_error(network, task, message):
    failed = run_module("ovn_topology_graph", {**network, **task}, fails=True)
    assert message in failed["msg"]


NODE = {"id": "a", "kind": "port", "name": "a", "lines": [], "count": 1, "on_path": False}
EDGE = {"from": "a", "to": "a", "kind": "port", "label": "", "on_path": False}


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ([{**NODE, "kind": 'x"'}], [], "nodes[0].kind is 'x\"'"),
        ([NODE], [{**EDGE, "to": "b"}], "edges[0] joins nodes that are not there"),
        ([NODE], [{**EDGE, "kind": 'x"]'}], "edges[0].kind is 'x\"]'"),
    ],
)
def test_a_graph_of_another_shape(nodes, edges, message):
    failed = run_module(
        "ovn_topology_graph", {"graphs": [{"view": "logical", "nodes": nodes, "edges": edges}]}, fails=True
    )
    assert message in failed["msg"]


def _with_dot(folder, text):
    (folder / "dot").write_text(text)
    (folder / "dot").chmod(0o755)
    return {**os.environ, "PATH": str(folder)}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "install the package graphviz"),
        ("#!/bin/sh\nexec /bin/cat /dev/zero >/dev/null\n", "did not lay out"),
        ("#!/bin/sh\necho no fonts >&2; exit 3\n", "Graphviz refused the graph: no fonts"),
        ("#!/nowhere\n", "formats: "),
        ("#!/bin/sh\necho hello\n", "formats: Graphviz did not answer with a picture"),
    ],
)
def test_graphviz_that_is_not_there_or_hangs_or_fails(network, tmp_path, script, message):
    env = {**os.environ, "PATH": str(tmp_path)} if script is None else _with_dot(tmp_path, script)
    path = tmp_path / "x.svg"
    failed = run_module("ovn_topology_graph", {**network, "timeout": 2, "path": str(path)}, env=env, fails=True)
    assert message in failed["msg"]
    assert not path.exists()
    text = run_module("ovn_topology_graph", {**network, "formats": ["dot", "mermaid"]}, env=env)
    assert text["pictures"][0]["mermaid"].startswith("flowchart")


def test_the_guide(network, tmp_path):
    """Its tasks, each as it stands but for the folder that it writes to."""
    guide = (ROOT / "docs/guides/report.md").read_text()
    tasks = [task for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) for task in yaml.safe_load(block)]
    mine = [task["virtnet.ovn.ovn_topology_graph"] for task in tasks if "virtnet.ovn.ovn_topology_graph" in task]
    assert len(mine) == 6
    read: dict = {}
    for options in mine:
        options = {**network, **options}
        if "graphs" in options:
            options["graphs"] = [picture["graph"] for picture in read["pictures"]]
        if "path" in options:
            options["path"] = options["path"].replace("/tmp", str(tmp_path))
        if "highlight" in options:
            options["highlight"] = ["vm2", "vm1"]
        read = run_module("ovn_topology_graph", options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chassis.svg", "network.mmd", "network.svg", "way.svg"]
