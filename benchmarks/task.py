# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task's work as a process of its own: reads {"run": ..., "params": ...}, prints what it cost.

``run`` is ``topology``, ``flows``, or the model's file and name of an entity. The clock starts before the module's own code is
imported; what Ansible itself imports and does with any task is not in the figures.
"""

import importlib
import json
import sys
import time

FLOWS = {"flows": [], "state": "present", "strict": True, "scope": None, "purge": False, "max_deletes": 10,
         "allow_ovn_bridge": False, "expect_plan": None, "timeout": 60}  # fmt: skip
PACKAGE = "ansible_collections.virtnet.ovn.plugins.module_utils."


def work(run, params):
    if run == "flows":
        flows = importlib.import_module(PACKAGE + "_openflow.ensure_flows")
        return flows._Task({**FLOWS, **params}, False).run()
    if run == "topology":
        chunk = params.pop("chunk", None)
        if chunk:
            importlib.import_module(PACKAGE + "_engine.runner").CHUNK = chunk
        params.setdefault("status", False)
        entity = importlib.import_module(PACKAGE + "_model.nb.topology").TOPOLOGY
        return importlib.import_module(PACKAGE + "_engine.topology").apply(entity, params)
    module, name = run
    entity = getattr(importlib.import_module(PACKAGE + "_model.nb." + module), name)
    return importlib.import_module(PACKAGE + "_engine.runner").apply(entity, params)


def main():
    task = json.loads(sys.stdin.read())
    sys.path.insert(0, task["path"])
    if task["run"] == "flows":
        importlib.import_module("ansible.module_utils.basic")
    wall, cpu = time.perf_counter(), time.process_time()
    result = work(task["run"], task["params"])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with open("/proc/self/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps({"s": wall, "cpu": cpu, "MB": peak / 1024, "changed": result["changed"]}))


main()
