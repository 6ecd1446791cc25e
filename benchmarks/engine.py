#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module of a database object costs by itself, without what Ansible spends on any task.

    python benchmarks/engine.py [PORTS ...]        default: 100 10000 100000

Each figure is a process of its own: the interpreter starts, imports the engine, connects to a real ovsdb-server with so
many logical switch ports (50 to a switch, a balancer of 5 VIPs for every 10), and does one task. Medians of several runs;
look at the ratios, machines differ.
"""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.session import Session
from tests.support.ovsdb import standalone

CHILD = """
import sys, time
begin = time.perf_counter()
sys.path.insert(0, %r)
import importlib, json
package = "ansible_collections.virtnet.ovn.plugins.module_utils."
task = json.loads(sys.stdin.read())
entity = getattr(importlib.import_module(package + task["module"]), task["entity"])
apply = importlib.import_module(package + "_engine.runner").apply
count = task.pop("ports", 0)
if count:
    task["params"]["objects"] = [
        {"name": "p%%d" %% n, "switch": "ls%%d" %% (n // 50),
         "addresses": ["02:00:00:%%02x:%%02x:%%02x 10.%%d.%%d.%%d" %% ((n >> 16, n >> 8 & 255, n & 255) * 2)]}
        for n in range(count)]
    begin = time.perf_counter()
result = apply(entity, task["params"])
spent = time.perf_counter() - begin
peak = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0]
print(json.dumps({"ms": spent * 1000, "MB": int(peak) / 1024, "changed": result["changed"]}))
""" % str(ROOT / "collections")

BALANCER = {
    "module": "_model.nb.load_balancer",
    "entity": "LOAD_BALANCER",
    "params": {"name": "lb7", "vips": {"10.0.0.7:1": ["10.1.1.1:80"]}, "switches": ["ls1"]},
}
PORT = {
    "module": "_model.nb.logical_switch_port",
    "entity": "LOGICAL_SWITCH_PORT",
    "params": {"name": "p77", "switch": "ls1", "addresses": ["02:00:00:00:00:4d 10.0.0.77"]},
}


def ports(count):
    return {**PORT, "params": {}, "ports": count}


def fill(nb, count):
    """The database, by transactions of 20,000 ports."""
    with Session(nb.remote, nb.database, timeout=60) as session:
        for first in range(0, count, 20000):
            operations = []
            for switch in range(first // 50, min(first + 20000, count) // 50):
                names = []
                for n in range(switch * 50, switch * 50 + 50):
                    names.append(["named-uuid", "u%d" % n])
                    address = "02:00:00:%02x:%02x:%02x 10.%d.%d.%d" % ((n >> 16, n >> 8 & 255, n & 255) * 2)
                    operations.append(
                        {
                            "op": "insert",
                            "table": "Logical_Switch_Port",
                            "uuid-name": "u%d" % n,
                            "row": {"name": "p%d" % n, "addresses": address},
                        }
                    )
                operations.append(
                    {
                        "op": "insert",
                        "table": "Logical_Switch",
                        "row": {"name": "ls%d" % switch, "ports": ["set", names]},
                    }
                )
            for n in range(first // 10, min(first + 20000, count) // 10):
                vips = [["10.0.%d.%d:%d" % (n >> 8, n & 255, port), "10.1.1.1:80"] for port in range(1, 6)]
                operations.append(
                    {"op": "insert", "table": "Load_Balancer", "row": {"name": "lb%d" % n, "vips": ["map", vips]}}
                )
            session.transact(operations)


def measure(nb, task, runs=7):
    task = {**task, "params": {**task["params"], "nb": nb.remote, "timeout": 60}}
    found = []
    for _run in range(runs + 1):
        done = subprocess.run(
            [sys.executable, "-I", "-c", CHILD], input=json.dumps(task), capture_output=True, text=True, check=True
        )
        found.append(json.loads(done.stdout))
    found = found[1:]
    return {key: statistics.median(f[key] for f in found) for key in ("ms", "MB")}


def main():
    sizes = [int(arg) for arg in sys.argv[1:]] or [100, 10000, 100000]
    base = {}
    print("%-34s %10s %9s %7s %9s" % ("task", "database", "ms", "MB", "ratio"))
    for size in sizes:
        with standalone() as nb:
            fill(nb, size)
            tasks = {
                "a balancer ensured": (BALANCER, 7),
                "a port ensured": (PORT, 7),
                "%d ports, nothing to change" % min(size, 1000): (ports(min(size, 1000)), 3),
            }
            if size > 1000:
                tasks["%d ports, nothing to change" % size] = (ports(size), 3)
            for name, (task, runs) in tasks.items():
                figures = measure(nb, task, runs)
                first = base.setdefault(name, figures["ms"])
                print(
                    "%-34s %10d %9.1f %7.1f %9.2f" % (name, size, figures["ms"], figures["MB"], figures["ms"] / first),
                    flush=True,
                )


if __name__ == "__main__":
    main()
