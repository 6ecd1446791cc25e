#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole site, from no lab to the last scenario, against a shell script that does the same by hand; then the lab, the deployment and
the network once more, where nothing is to change.

    python benchmarks/site.py [--rounds 3] [--release bookworm]

As root, in the project's environment, with no lab needed and none left. The image is made first if it is not there, and not measured.
The two sides take turns. Their times are medians; each side's own are listed below the table.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = ROOT / "benchmarks/site_by_shell.sh"
PLAYBOOKS = ROOT / "playbooks"
LAB = "benchmark"
RUN_DIR = "/run/virtnet-benchmark"
BY_SHELL = "/run/virtnet-by-shell"
BOUNDS = {"site.yml": 35.0, "again": 12.0}


class Cost:
    """What a command cost: seconds on the clock, and of the processors (its own and those of all that it waited for)."""

    def __init__(self, argv, log, environment):
        with open(log, "a", encoding="utf-8") as stream:
            used, begin = _used(), time.monotonic()
            code = subprocess.run(
                argv, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, env=environment, cwd=ROOT, check=False
            ).returncode
            self.wall, self.cpu = time.monotonic() - begin, _used() - used
        if code:
            print(pathlib.Path(log).read_text(encoding="utf-8")[-4000:], file=sys.stderr)
            sys.exit("%s ended with %d; what it said last is above" % (" ".join(map(str, argv)), code))


def _used():
    """Seconds of the processors so far: of all that was waited for, and of the Pythons that stay on lab hosts with their modules."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cmdline").read_bytes() == b"/usr/bin/python3\0":
                ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return usage.ru_utime + usage.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


class Benchmark:
    def __init__(self, release, scratch):
        self.release = release
        self.scratch = pathlib.Path(scratch)
        self.environment = dict(os.environ, ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"), ANSIBLE_NOCOLOR="1")
        self.variables = [
            "-e",
            "ovn_lab_name=" + LAB,
            "-e",
            "ovn_lab_run_dir=" + RUN_DIR,
            "-e",
            "ovn_lab_release=" + release,
        ]
        self.variables += ["-e", "scenario_report_path=%s" % (self.scratch / "report.json")]

    def run(self, argv, log):
        return Cost([str(arg) for arg in argv], self.scratch / log, self.environment)

    def play(self, *names, log="playbook.log"):
        return self.run(["ansible-playbook", *[PLAYBOOKS / (name + ".yml") for name in names], *self.variables], log)

    def again(self):
        """lab_up, deploy and topology on what is there."""
        log = self.scratch / "again.log"
        log.unlink(missing_ok=True)
        cost = self.play("lab_up", "deploy", "topology", log=log.name)
        recap = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+) ", log.read_text(encoding="utf-8"), re.MULTILINE)
        changed = ["%s: %s" % (host, count) for host, count in recap if count != "0"]
        if changed or not recap:
            sys.exit(
                "lab_up, deploy and topology again had to change nothing, and did: %s"
                % (", ".join(changed) or "no recap")
            )
        return cost

    def image(self):
        """Where the image lies, made if it was not there."""
        self.play("lab_up")
        lines = (pathlib.Path(RUN_DIR) / LAB / "hosts/node1/record.json").read_text(encoding="utf-8")
        self.play("lab_down")
        return re.search(r'"image": "([^"]+)"', lines).group(1)

    def down(self):
        self.play("lab_down", log="down.log")
        self.run([PEER, "down", BY_SHELL], "down.log")


def measure(release, rounds):
    sides = {"site.yml": [], "shell": [], "again": []}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch, contextlib.ExitStack() as stack:
        benchmark = Benchmark(release, scratch)
        stack.callback(benchmark.down)
        image = benchmark.image()
        for number in range(rounds):
            print("round %d of %d" % (number + 1, rounds), file=sys.stderr, flush=True)
            sides["shell"].append(benchmark.run([PEER, "up", BY_SHELL, image], "shell.log"))
            benchmark.down()
            sides["site.yml"].append(benchmark.play("site"))
            sides["again"].append(benchmark.again())
            benchmark.down()
    return sides


def heading(release):
    cpu = "an unnamed processor"
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as stream:
        memory = int(stream.readline().split()[1]) / 2**20
    ansible = subprocess.run(["ansible", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[
        0
    ]
    return "%d x %s, %.0f GB, Linux %s, %s, Python %s; hosts: Debian %s; load average before: %.1f" % (
        len(os.sched_getaffinity(0)), cpu, memory, platform.release(), ansible, platform.python_version(), release, os.getloadavg()[0],
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--release", default="bookworm")
    args = parser.parse_args()
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    if os.geteuid() != 0:
        sys.exit("Lab hosts need root: run this as root.")
    if not shutil.which("ansible-playbook"):
        sys.exit("There is no ansible-playbook beside this Python: run this in the project's environment.")
    print(heading(args.release), flush=True)
    sides = measure(args.release, args.rounds)
    shell = statistics.median(cost.wall for cost in sides["shell"])
    shell_cpu = statistics.median(cost.cpu for cost in sides["shell"])
    print("\n%-40s %8s %7s %8s %7s %8s" % ("", "wall, s", "ratio", "CPU, s", "ratio", "bound, s"))
    for side, what in (
        ("shell", "shell script, from no lab"),
        ("site.yml", "site.yml, from no lab"),
        ("again", "lab_up, deploy, topology again"),
    ):
        wall = statistics.median(cost.wall for cost in sides[side])
        cpu = statistics.median(cost.cpu for cost in sides[side])
        bound = "%8.0f" % BOUNDS[side] if side in BOUNDS else ""
        print("%-40s %8.1f %7.2f %8.1f %7.2f %s" % (what, wall, wall / shell, cpu, cpu / shell_cpu, bound))
    print()
    for side, costs in sides.items():
        print("%-10s %s" % (side, "  ".join("%.1f (%.1f)" % (cost.wall, cost.cpu) for cost in costs)))
    late = [side for side, bound in BOUNDS.items() if statistics.median(cost.wall for cost in sides[side]) > bound]
    if late:
        sys.exit("slower than it has to be on an idle machine with 2 cores: %s" % ", ".join(late))


if __name__ == "__main__":
    main()
