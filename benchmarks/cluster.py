#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one large task does to a RAFT cluster of three: in one transaction, and in the chunks in which it is written.

    python benchmarks/cluster.py [PORTS ...]        default: 1000 10000 50000

Each line is a cluster of its own with the election timer that ovsdb-server has by default (1000 ms), and one task that makes so
many ports. Elections are counted by the members' terms and read from their logs. It exits with 1 where a commit is lost.
"""

from __future__ import annotations

import re
import sys

from engine import Bench, documents, source

from tests.support.ovsdb import Cluster, cluster


def status(members: Cluster):
    """(the highest term, the leader's place)"""
    leader = members.leader()
    terms = [int(re.search(r"^Term: (\d+)", members.status(i), re.M).group(1)) for i in members.alive()]
    return max(terms), leader


def stalls(members: Cluster):
    """What the members log of their own slowness, and of elections that it caused."""
    logs = "\n".join(members.log(i) for i in members.alive())
    slow = [int(ms) for ms in re.findall(r"Unreasonably long (\d+)ms poll interval", logs)]
    return max(slow, default=0), len(re.findall(r"starting election", logs))


def measure(bench, size, chunk):
    with cluster(3) as nb, source(documents.ports(size)) as src:
        term, leader = status(nb)
        begun = stalls(nb)[1]
        try:
            new = "%.2f" % bench.task(nb, "topology", 1, src, chunk=chunk, timeout=60)["s"]
        except SystemExit as exc:
            new = "failed: " + str(exc).strip().splitlines()[-1]
        now, place = status(nb)
        stall, elections = stalls(nb)
        count = {"op": "select", "table": "Logical_Switch_Port", "where": [], "columns": ["_uuid"]}
        rows = len(nb.transact(count)[0]["rows"])
        figures = size, chunk, new, stall, elections - begun, "%d -> %d" % (term, now)
        print(
            "%8d %8d %9s %10d %10d %10s %8s %8d" % (*figures, "same" if place == leader else "changed", rows),
            flush=True,
        )
        return rows == size


def main():
    bench = Bench(1)
    names = ("ports", "chunk", "task, s", "stall, ms", "elections", "term", "leader", "rows")
    print("%8s %8s %9s %10s %10s %10s %8s %8s" % names, flush=True)
    lost = []
    for size in [int(arg) for arg in sys.argv[1:]] or [1000, 10000, 50000]:
        for chunk in (2000, 10**9):
            if not measure(bench, size, chunk) and chunk == 2000:
                lost.append(size)
    if lost:
        raise SystemExit("lost: %s" % lost)


if __name__ == "__main__":
    main()
