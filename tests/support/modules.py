# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module of the collection as Ansible does on a host, in a process of its own, without a playbook.

result = run_module("of_flow", {"bridge": "br0", "flows": [...]}, env=host.env)
run_module("of_flow", {...}, env=host.env, check=True)       # check mode
run_module("of_flow", {...}, env=host.env, fails=True)       # must fail; returns the result with its msg
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

COLLECTIONS = pathlib.Path(__file__).resolve().parents[2] / "collections"


def examples(module: str) -> str:
    """The examples in a module's documentation, as they stand."""
    text = (COLLECTIONS.parent / "plugins" / "modules" / (module + ".py")).read_text()
    return text.partition('EXAMPLES = r"""')[2].partition('"""')[0]


_RUN = """
import runpy, sys
sys.path.insert(0, sys.argv[2])
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.virtnet.ovn.plugins.modules." + sys.argv[1], run_name="__main__")
"""


def run_module(
    name: str, arguments: dict, env: dict | None = None, *, check: bool = False, fails: bool = False
) -> dict:
    """The module's result. A traceback, or a failure that was not expected, fails the test."""
    document = {"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check, "_ansible_diff": True}}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, name, str(COLLECTIONS)],
        input=json.dumps(document), env=env or dict(os.environ), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, f"{name} printed no result: {done.stdout}{done.stderr}"
    result = json.loads(lines[-1])
    assert bool(result.get("failed")) is fails, result.get("msg", result)
    return result
