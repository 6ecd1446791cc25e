# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_topology as Ansible runs it: its examples, its messages, its file."""

from __future__ import annotations

import ast
import json
import pathlib

import yaml

from tests.support.modules import run_module

MODULE = pathlib.Path(__file__).resolve().parents[3] / "plugins" / "modules" / "ovn_topology.py"


def examples():
    for node in ast.parse(MODULE.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "EXAMPLES":
            return [task["virtnet.ovn.ovn_topology"] for task in yaml.safe_load(node.value.value)]
    raise AssertionError("no EXAMPLES")


def test_the_examples_run(nb):
    gathered = None
    for options in examples():
        if str(options.get("topology", "")).startswith("{{"):
            options["topology"] = gathered
        options["nb"] = nb.server.remote
        would = run_module("ovn_topology", options, check=True)
        did = run_module("ovn_topology", options)
        if options.get("state") in ("gathered", "rendered"):
            gathered = did.get("topology")
            assert not did["changed"]
            continue
        assert did["changed"]
        assert did["plan_hash"] == would["plan_hash"]
        assert not run_module("ovn_topology", options)["changed"]
    assert [row["name"] for row in nb.rows("Logical_Switch")] == ["web"]
    assert nb.rows("Logical_Switch_Port") == nb.rows("Logical_Router") == []


def test_a_file_and_messages(nb, tmp_path):
    path = tmp_path / "network.json"
    path.write_text(json.dumps({"switches": [{"name": "s", "ports": [{"name": "p", "addresses": ["x"]}]}]}))
    options = {"nb": nb.server.remote, "src": str(path)}
    failed = run_module("ovn_topology", options, fails=True)
    assert [error["path"] for error in failed["errors"]] == ["switches[0].ports[0].addresses[0]"]
    path.write_text(json.dumps({"switches": [{"name": "s"}]}))
    assert run_module("ovn_topology", options)["changed"]
    assert "owner" in run_module("ovn_topology", {**options, "state": "overridden"}, fails=True)["msg"]
    assert "src" in run_module("ovn_topology", {"nb": nb.server.remote}, fails=True)["msg"]
    assert "mutually exclusive" in run_module("ovn_topology", {**options, "topology": {}}, fails=True)["msg"]


def test_without_pyyaml(nb, tmp_path):
    hidden = tmp_path / "yaml.py"
    hidden.write_text("raise ImportError('hidden')\n")
    path = tmp_path / "network.yml"
    path.write_text("switches: []\n")
    env = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    failed = run_module("ovn_topology", {"nb": nb.server.remote, "src": str(path)}, env=env, fails=True)
    assert "PyYAML" in failed["msg"]
