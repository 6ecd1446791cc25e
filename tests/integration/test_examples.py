# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the modules' documentation: each is a task that its module takes. Nearly all are run, with what they need.

Those of the modules of database objects are run by engine/test_modules.py, of ovn_topology by topology/test_module.py, of ovn_info here; the
others by the files in ``ELSEWHERE``, with daemons, in a sandbox or in the lab.
"""

from __future__ import annotations

import ast
import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from tests.support.modules import COLLECTIONS, run_module
from tests.support.ovsdb import standalone

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREFIX = "virtnet.ovn."
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
#: Tests that run the examples of the modules in their EXAMPLES_RUN
ELSEWHERE = [
    *("tests/integration/openflow/test_examples.py", "tests/integration/netns/test_examples.py"),
    *("tests/integration/lab/test_nspawn_hosts.py", "tests/testinfra/test_examples.py"),
]
_CLUSTER = "it is about a cluster of several hosts, at addresses that are examples; the module has tests of its own, on such a cluster"
_GATEWAYS = "it is about gateways that are examples; engine/test_gateway_drain.py runs the module on gateways"
#: Modules whose examples are not run, and why
ONLY_VALIDATED = {
    **dict.fromkeys(
        ("central_compact", "central_database_file", "central_info", "central_restore", "relay_info"), _CLUSTER
    ),
    **dict.fromkeys(("ovn_cluster", "ovn_cluster_info", "ovn_schema", "tls_authority", "tls_certificate"), _CLUSTER),
    **dict.fromkeys(("ovn_gateway_announce", "ovn_gateway_drain"), _GATEWAYS),
    "http_probe": "between its steps the network has to change, as it does in the scenarios",
    "nspawn_image": "it makes an image of another release of Debian; nspawn_image has tests of its own",
}
#: What any task may have beside its module
KEYWORDS = {
    *(
        "become",
        "delegate_to",
        "environment",
        "failed_when",
        "changed_when",
        "loop",
        "loop_control",
        "name",
        "register",
    ),
    *(
        "run_once",
        "tags",
        "until",
        "vars",
        "when",
        "with_items",
        "check_mode",
        "diff",
        "notify",
        "no_log",
        "retries",
        "delay",
    ),
}


@pytest.fixture(scope="module")
def documented():
    """{module: what ansible-doc says of it}"""
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).with_name("ansible-doc")), "-j", *(PREFIX + name for name in MODULES)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return {name[len(PREFIX) :]: said for name, said in json.loads(done.stdout).items()}


def wrong(given, options, at=""):
    """What a task gives that its module does not take."""
    for option, value in given.items():
        spec = options.get(option)
        if spec is None:
            aliases = [name for name, other in options.items() if option in (other.get("aliases") or ())]
            if not aliases:
                yield "%s%s: unknown" % (at, option)
            continue
        choices = spec.get("choices")
        templated = isinstance(value, str) and "{{" in value
        if choices and not templated and not set(value if isinstance(value, list) else [value]) <= set(choices):
            yield "%s%s: %r is none of %s" % (at, option, value, choices)
        inner = spec.get("suboptions")
        for entry in value if isinstance(value, list) else [value]:
            if inner and isinstance(entry, dict):
                yield from wrong(entry, inner, "%s%s." % (at, option))
    for option, spec in options.items():
        if spec.get("required") and option not in given:
            yield "%s%s: is missing" % (at, option)


@pytest.mark.parametrize("name", MODULES)
def test_each_example_is_a_task(documented, name):
    tasks = yaml.safe_load(documented[name]["examples"])
    assert any(PREFIX + name in task for task in tasks)
    for task in tasks:
        assert task["name"]
        for key, given in task.items():
            if key.startswith(PREFIX) and isinstance(given, dict) and key[len(PREFIX) :] in documented:
                assert list(wrong(given, documented[key[len(PREFIX) :]]["doc"]["options"])) == [], task["name"]
            else:
                assert key in KEYWORDS or "." in key, key


def run_elsewhere():
    for path in ELSEWHERE:
        for node in ast.parse((ROOT / path).read_text()).body:
            if isinstance(node, ast.Assign) and node.targets[0].id == "EXAMPLES_RUN":
                yield from eval(compile(ast.Expression(node.value), path, "eval"))


def test_examples_are_run_or_it_is_said_why_not():
    engine = {
        path.stem
        for path in (ROOT / "plugins" / "modules").glob("*.py")
        if "module_utils._model." in path.read_text() and "_engine.runner import run" in path.read_text()
    }
    run = {*engine, *run_elsewhere(), "ovn_info", "ovn_row", "ovn_topology"}
    assert run & set(ONLY_VALIDATED) == set()
    assert run | set(ONLY_VALIDATED) == set(MODULES)


def test_a_bad_example_is_found():
    options = {"a": {"choices": ["x"], "required": True}, "b": {"suboptions": {"c": {}}}}
    assert list(wrong({"a": "y", "b": {"d": 1}, "e": 1}, options)) == [
        "a: 'y' is none of ['x']",
        "b.d: unknown",
        "e: unknown",
    ]
    assert list(wrong({}, options)) == ["a: is missing"]


def test_the_examples_of_ovn_info_run(documented):
    with standalone() as nb, standalone("OVN_Southbound") as sb:
        nb.ctl("lr-add", "gw1", "--", "ls-add", "ls1", "--", "lb-add", "web", "192.0.2.1:80", "192.0.2.2:80")
        nb.ctl("lr-lb-add", "gw1", "web", "--", "ls-lb-add", "ls1", "web")
        nb.ctl("lsp-add", "ls1", "p", "--", "lsp-set-addresses", "p", "02:ac:10:ff:00:01 192.0.2.7")
        results = {}
        for task in yaml.safe_load(documented["ovn_info"]["examples"]):
            options = {**task[PREFIX + "ovn_info"], "nb": nb.remote, "sb": sb.remote}
            results[task["name"]] = run_module("ovn_info", options)
            assert not results[task["name"]]["changed"]
    assert results["Find the gateway router's load balancers by name"]["result"] == ["web"]
    assert results["List the switches that a load balancer is on"]["result"] == ["ls1"]
    assert results["Find the ports of a subnet"]["result"] == ["p"]
