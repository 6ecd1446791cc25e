# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs many modules quickly: a process that has Ansible's code imported forks for each, and the fork runs the module's file.

What a module prints, and how it exits, is what a process of its own would; only Python's start is saved.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.modules import COLLECTIONS

_SERVE = """
import json, os, runpy, sys
sys.path.insert(0, sys.argv[1])
from ansible.module_utils import basic
basic._ANSIBLE_PROFILE = "legacy"
for line in sys.stdin:
    job = json.loads(line)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.close(read)
        os.environ.update(job["env"])
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": job["args"]}).encode()
        try:
            runpy.run_module("ansible_collections.virtnet.ovn.plugins.modules." + job["name"], run_name="__main__")
        except SystemExit:
            pass
        except BaseException:
            import traceback
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as out:
        text = out.read()
    os.waitpid(child, 0)
    print(json.dumps(text), flush=True)
"""


class Zygote:
    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(COLLECTIONS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, name: str, arguments: dict, env: dict | None = None, *, check: bool = False, fails: bool = False
    ) -> dict:
        """As ``modules.run_module``."""
        arguments = {**arguments, "_ansible_check_mode": check, "_ansible_diff": True}
        self._process.stdin.write(json.dumps({"name": name, "args": arguments, "env": env or {}}) + "\n")
        self._process.stdin.flush()
        text = json.loads(self._process.stdout.readline())
        assert "Traceback" not in text, text
        lines = [line for line in text.splitlines() if line.startswith("{")]
        assert lines, f"{name} printed no result: {text}"
        result = json.loads(lines[-1])
        assert bool(result.get("failed")) is fails, result.get("msg", result)
        return result

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
