#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one large transaction does to a RAFT cluster of three: is it committed, and do the members keep their leader?

    python benchmarks/cluster.py [PORTS ...]        default: 1000 10000 50000 100000

Each size is a cluster of its own with the election timer that ovsdb-server has by default, and one task that makes so many
ports. Elections are counted by the members' terms and read from their logs. It exits with 1 where a commit is lost.
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
    return (
        max(slow, default=0),
        len(re.findall(r"starting election", logs)),
        len(re.findall(r"lost leadership|leadership transfer", logs)),
    )


def main():
    bench = Bench(1)
    lost = []
    print(
        "%8s %9s %9s %12s %10s %10s %8s %s"
        % ("ports", "task, s", "again, s", "stall, ms", "elections", "term", "leader", "rows")
    )
    for size in [int(arg) for arg in sys.argv[1:]] or [1000, 10000, 50000, 100000]:
        with cluster(3) as nb, source(documents.ports(size)) as src:
            term, leader = status(nb)
            begun = stalls(nb)[1]
            new = bench.task(nb, "topology", 1, src)
            again = bench.task(nb, "topology", 1, src)
            now, place = status(nb)
            stall, elections, _transfers = stalls(nb)
            rows = len(
                nb.transact({"op": "select", "table": "Logical_Switch_Port", "where": [], "columns": ["_uuid"]})[0][
                    "rows"
                ]
            )
            print("%8d %9.2f %9.2f %12d %10d %10s %8s %d" % (
                size, new["s"], again["s"], stall, elections - begun, "%d -> %d" % (term, now),
                "same" if place == leader else "changed", rows), flush=True)  # fmt: skip
            if rows != size:
                lost.append(size)
    if lost:
        raise SystemExit("lost: %s" % lost)


if __name__ == "__main__":
    main()
