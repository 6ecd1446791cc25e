#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules cost by themselves, without what Ansible spends on any task.

    python benchmarks/engine.py [--runs N] [PART ...]       parts: one many growth play flows; default: all of them

Each figure is a process of its own (``task.py``), against a real ovsdb-server. The medians of N runs are compared within one
run of the benchmark, since machines differ and so does their load. It exits with 1 where a bound is passed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import documents

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]

from tests.support.daemons import ovs
from tests.support.ovsdb import standalone

LOAD_BALANCER = ("load_balancer", "LOAD_BALANCER")
PORT = ("logical_switch_port", "LOGICAL_SWITCH_PORT")
#: How many objects a task has, from small to large: growth is judged between the last two
SIZES = (1000, 10000, 100000)
GROWTH = (
    documents.ports,
    documents.ports_on_one_switch,
    documents.acls_on_one_switch,
    documents.acls_of_one_port_group,
    documents.members_of_one_port_group,
    documents.address_sets,
    documents.addresses_of_one_set,
    documents.balancers,
    documents.vips_of_one_balancer,
    documents.routes_of_one_router,
    documents.nat_of_one_router,
)
EMPTY_PLAY = "- hosts: localhost\n  gather_facts: false\n  tasks: []\n"
PLAY = """- hosts: localhost
  gather_facts: false
  tasks:
    - virtnet.ovn.ovn_topology:
        src: %s
        nb: %s
        timeout: 60
"""


class Bench:
    """Takes figures, prints them as they come, and remembers which bounds were passed."""

    def __init__(self, runs):
        self.runs = runs
        self.passed = []

    def task(self, nb, run, runs=None, src=None, **params):
        """The median cost of one task: seconds on the clock, of the processor, and the peak of its memory.

        ``best`` is the least time on the clock, for bounds in seconds: a machine with other load adds to all but a few runs.
        """
        task = {"path": str(ROOT / "collections"), "run": run, "params": {"nb": nb.remote, "timeout": 300, **params}}
        if run == "topology":
            task["params"] = {"state": "merged", "topology": None, "src": src, **task["params"]}
        found = [
            json.loads(_run([sys.executable, "-I", str(ROOT / "benchmarks/task.py")], input=json.dumps(task)).stdout)
            for _round in range(runs or self.runs)
        ]
        return {**medians(found), "best": min(each["s"] for each in found)}

    def command(self, *argv, runs=None, **more):
        """The median of a command's seconds on the clock and of the processors."""
        walls, cpus = [], []
        for _round in range(runs or self.runs):
            begin, used = time.perf_counter(), _children()
            _run(argv, **more)
            walls.append(time.perf_counter() - begin)
            cpus.append(_children() - used)
        return {"s": statistics.median(walls), "cpu": statistics.median(cpus)}

    def show(self, what, figure):
        more = "".join("%9.1f %s" % (figure[key], key) for key in ("MB",) if key in figure)
        print("    %-58s %9.3f s %9.3f s CPU%s" % (what, figure["s"], figure["cpu"], more), flush=True)

    def bound(self, what, value, limit, unit="x"):
        kept = value <= limit
        print("%s %-60s %9.3f %s, at most %g" % (" " if kept else "!", what, value, unit, limit), flush=True)
        if not kept:
            self.passed.append("%s: %.3f %s, at most %g" % (what, value, unit, limit))


def medians(found):
    return {key: statistics.median(each[key] for each in found) for key in found[0]}


def _children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise SystemExit("%s: %d\n%s%s" % (argv[0], done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
    return done


@contextlib.contextmanager
def source(document):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file)
        file.flush()
        yield file.name


@contextlib.contextmanager
def filled(bench, count, document=documents.crowd):
    """A server with so many ports, and a file that describes all that is in it."""
    with standalone() as nb, source(document(count)) as src:
        bench.task(nb, "topology", 1, src)
        yield nb, src


# -- the parts --------------------------------------------------------------------------------------------------------------


def one(bench):
    """One object ensured, as the database grows; a thousand, and all that there are."""
    figures = {}
    thousand = [{**documents.port(n), "switch": "ls%d" % (n // 50)} for n in range(1000)]
    for size in (100, 1000, 100000):
        with filled(bench, size) as (nb, src):
            tasks = {
                "one balancer ensured": (LOAD_BALANCER, {**documents.balancer(7), "switches": ["ls1"]}),
                "one port ensured": (PORT, {**documents.port(77), "switch": "ls1"}),
                "one new port": (PORT, {**documents.port(size), "name": "new", "switch": "ls1", "state": "present"}),
            }
            bench.task(nb, LOAD_BALANCER, 1, **tasks["one balancer ensured"][1])
            for what, (run, params) in tasks.items():
                if what == "one new port":  # made and taken away in turns
                    found = []
                    for _round in range(bench.runs * 2):
                        found.append(bench.task(nb, run, 1, **params))
                        bench.task(nb, run, 1, name="new", state="absent")
                    figures[what, size] = {**medians(found), "best": min(each["s"] for each in found)}
                else:
                    figures[what, size] = bench.task(nb, run, bench.runs * 3, **params)
                bench.show("%s, database of %d ports" % (what, size), figures[what, size])
            if size >= 1000:
                figures["1000", size] = bench.task(nb, PORT, objects=thousand)
                bench.show("1000 ports, nothing to change, database of %d ports" % size, figures["1000", size])
    for what, limit in (("one balancer ensured", 1.2), ("one port ensured", 2), ("one new port", 2)):
        small, large = figures[what, 100], figures[what, 100000]
        bench.bound("%s, database of 100k against 100: time" % what, large["s"] / small["s"], limit)
        bench.bound("%s, database of 100k against 100: memory" % what, large["MB"] / small["MB"], 1.05)
        bench.bound("%s, database of 100k" % what, large["best"] * 1000, 40, "ms")
        bench.bound("%s, database of 100k" % what, large["MB"], 16, "MB")
    bench.bound(
        "1000 ports, database of 100k against 1k", figures["1000", 100000]["s"] / figures["1000", 1000]["s"], 10
    )


def many(bench):
    """A document of 10,000 ports against one ovn-nbctl, and one of 100,000."""
    document = documents.ports(10000)
    figures = {"new": [], "again": [], "nbctl": [], "nbctl again": []}
    with source(document) as src:
        for _round in range(bench.runs):  # the two sides take turns
            with standalone() as nb:
                figures["new"].append(bench.task(nb, "topology", 1, src))
                figures["again"].append(bench.task(nb, "topology", 1, src))
            with standalone() as nb:
                figures["nbctl"].append(bench.command(*_nbctl(nb, document), runs=1, preexec_fn=_long_commands))
                figures["nbctl again"].append(bench.command(*_nbctl(nb, document), runs=1, preexec_fn=_long_commands))
    found = {}
    for what, runs in figures.items():
        found[what] = medians(runs)
        bench.show("10000 ports, %s" % what, found[what])
    bench.bound("10k ports from empty against one ovn-nbctl", found["new"]["s"] / found["nbctl"]["s"], 0.08)
    bench.bound("10k ports again against the same", found["again"]["s"] / found["nbctl again"]["s"], 0.035)
    with filled(bench, 100000, documents.ports) as (nb, src):
        again = bench.task(nb, "topology", src=src)
    bench.show("100000 ports, nothing to change", again)
    bench.bound("100k ports, nothing to change", again["best"], 3, "s")
    bench.bound("100k ports, nothing to change", again["MB"], 200, "MB")


def _nbctl(nb, document):
    argv = ["ovn-nbctl", "--db=" + nb.remote]
    for switch in document["switches"]:
        argv += ["--", "--may-exist", "ls-add", switch["name"]]
        for port in switch["ports"]:
            argv += ["--", "--may-exist", "lsp-add", switch["name"], port["name"]]
            argv += ["--", "lsp-set-addresses", port["name"], *port["addresses"]]
            argv += ["--", "lsp-set-port-security", port["name"], *port["port_security"]]
    return argv


def _long_commands():
    """Arguments may take a quarter of the stack, execve(2)."""
    resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def growth(bench):
    """Ten times the objects cost about ten times as much (the processor's seconds: they are steadier)."""
    for document in GROWTH:
        what = document.__name__.replace("_", " ")
        costs = []
        for size in SIZES:
            with standalone() as nb, source(document(size)) as src:
                new, again = bench.task(nb, "topology", 1, src), bench.task(nb, "topology", 1, src)
            bench.show("%d %s, new" % (size, what), new)
            bench.show("%d %s, again" % (size, what), again)
            costs.append((new, again))
        for place, which in enumerate(("new", "again")):
            (small, large) = (each[place]["cpu"] for each in costs[-2:])
            bench.bound("ten times the %s, %s" % (what, which), large / small, 15)


def play(bench):
    """A whole ansible-playbook, against one that has no task."""
    env = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    with source(documents.ports(10000)) as src, tempfile.TemporaryDirectory() as folder:
        empty, full = pathlib.Path(folder, "empty.yml"), pathlib.Path(folder, "full.yml")
        empty.write_text(EMPTY_PLAY, encoding="utf-8")
        argv = [
            "ansible-playbook",
            "-i",
            "localhost,",
            "-c",
            "local",
            "-e",
            "ansible_python_interpreter=" + sys.executable,
        ]
        found = {"empty": [], "new": [], "again": []}
        for _round in range(bench.runs):
            with standalone() as nb:
                full.write_text(PLAY % (src, nb.remote), encoding="utf-8")
                for what, book in (("empty", empty), ("new", full), ("again", full)):
                    found[what].append(bench.command(*argv, str(book), runs=1, env=env, cwd=ROOT))
    figures = {}
    for what, runs in found.items():
        figures[what] = medians(runs)
        bench.show("play of 10000 ports by src, %s" % what, figures[what])
    for what in ("new", "again"):
        bench.bound(
            "play of 10k ports by src against an empty one, %s" % what, figures[what]["s"] / figures["empty"]["s"], 1.8
        )


def flows(bench):
    """10,000 flows of which 10 differ, against adding all of them in one bundle."""

    def lines(changed):
        return "".join(
            "table=10,priority=%d,ip,nw_dst=10.%d.%d.%d,actions=%s\n"
            % (100 + n % 50, n >> 16, n >> 8 & 255, n & 255, "drop" if n < changed else "NORMAL")
            for n in range(10000)
        )

    with ovs() as host, tempfile.TemporaryDirectory() as folder:
        host.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "fail_mode=secure")
        files = []
        for changed in (0, 10):
            files.append(pathlib.Path(folder, str(changed)))
            files[-1].write_text(lines(changed), encoding="utf-8")
        _run(["ovs-ofctl", "--bundle", "add-flows", "br0", str(files[0])], env=host.env)
        before = _durations(host)
        ours, theirs = [], []
        for _round in range(bench.runs):
            for file in reversed(files):  # each run changes ten flows
                task = {
                    "path": str(ROOT / "collections"),
                    "run": "flows",
                    "params": {"src": str(file), "bridge": "br0", "ovs": host.db},
                }
                done = _run(
                    [sys.executable, "-I", str(ROOT / "benchmarks/task.py")], input=json.dumps(task), env=host.env
                )
                ours.append(json.loads(done.stdout))
        kept = sum(1 for flow, born in _durations(host).items() if abs(born - before.get(flow, 0)) < 0.5)
        for _round in range(bench.runs):
            for file in reversed(files):
                theirs.append(
                    bench.command("ovs-ofctl", "--bundle", "add-flows", "br0", str(file), runs=1, env=host.env)
                )
    ours, theirs = medians(ours), medians(theirs)
    bench.show("10000 flows, 10 differ", ours)
    bench.show("ovs-ofctl --bundle add-flows of all", theirs)
    bench.bound("10k flows of which 10 differ against a bundle of all", ours["s"] / theirs["s"], 1.5)
    bench.bound("flows that were not to change and began anew", 9990 - kept, 0, "flows")
    bench.bound("10k flows of a dump parsed", _parsing(), 0.1, "s CPU")


def _parsing():
    """Seconds of the processor for a real dump, at best."""
    lines = (ROOT / "tests/unit/openflow/golden/25.03/balancer.flows").read_text(encoding="utf-8").splitlines()
    dump = "\n".join((lines * (10000 // len(lines) + 1))[:10000])
    code = (
        "import sys, time; sys.path.insert(0, %r)\n"
        "from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.flow import parse_flows\n"
        "begin = time.process_time(); dump = sys.stdin.read(); parse_flows(dump); print(time.process_time() - begin)"
    ) % str(ROOT / "collections")
    return min(float(_run([sys.executable, "-c", code], input=dump).stdout) for _round in range(5))


def _durations(host):
    """When each flow was added, on the clock."""
    text, now = host.ofctl("dump-flows", "br0"), time.time()
    return {match: now - float(age) for age, match in re.findall(r"duration=([\d.]+)s.*? (priority=\S+)", text)}


PARTS = {each.__name__: each for each in (one, many, growth, play, flows)}


def main():
    parser = argparse.ArgumentParser(description="What the modules cost by themselves.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    begin = time.process_time()
    total = 0
    for number in range(10**7):
        total += number
    print(
        "this machine: %d CPUs, load %.1f; ten million additions in Python take %.2f s of the processor"
        % (os.cpu_count() or 0, os.getloadavg()[0], time.process_time() - begin),
        flush=True,
    )
    bench = Bench(options.runs)
    for name in options.parts or PARTS:
        print("\n%s: %s" % (name, PARTS[name].__doc__), flush=True)
        PARTS[name](bench)
    if bench.passed:
        raise SystemExit("\nbounds that were passed:\n  " + "\n  ".join(bench.passed))


if __name__ == "__main__":
    main()
