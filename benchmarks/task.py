# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task, as Ansible's start would leave it to a module: reads {"run": ..., "params": ...}, prints what it cost.

The clock starts before the module's code is imported. What Ansible itself imports and does is not in the figures.
"""

import json
import sys
import time

task = json.loads(sys.stdin.read())
wall, cpu = time.perf_counter(), time.process_time()
sys.path.insert(0, task["path"])
import importlib

package = "ansible_collections.virtnet.ovn.plugins.module_utils."
if task["run"] == "topology":
    apply = importlib.import_module(package + "_engine.topology").apply
    entity = importlib.import_module(package + "_model.nb.topology").TOPOLOGY
else:
    apply = importlib.import_module(package + "_engine.runner").apply
    module, name = task["run"]
    entity = getattr(importlib.import_module(package + "_model.nb." + module), name)
result = apply(entity, task["params"])
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
with open("/proc/self/status", encoding="ascii") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps({"s": wall, "cpu": cpu, "MB": peak / 1024, "changed": result["changed"]}))
