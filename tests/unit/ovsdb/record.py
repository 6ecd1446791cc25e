# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the golden files: what real servers say of their cluster.

python -m tests.unit.ovsdb.record tests/unit/ovsdb/golden/23.03
"""

from __future__ import annotations

import pathlib
import sys

from tests.support.ovsdb import cluster, run
from tests.support.waiting import until

NB = "OVN_Northbound"


def main(directory: pathlib.Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)

    def save(name: str, text: str) -> None:
        (directory / f"{name}.status").write_text(text)

    with cluster(3) as nbs:
        leader = nbs.leader()
        one, two = nbs.followers()
        save("leader", nbs.status(leader))
        save("follower", nbs.status(one))
        nbs.kill(two)
        until(lambda: "(->" in nbs.status(leader), "the leader misses a server")
        save("one_is_dead", nbs.status(leader))
        nbs.pause(one)
        nbs.appctl("cluster/change-election-timer", NB, "2000", i=leader)
        save("timer_is_changing", nbs.status(leader))
        nbs.resume(one)
        nbs.kill(one)
        until(lambda: "disconnected" in nbs.status(leader), "the leader has lost its majority", 30)
        save("no_majority", nbs.status(leader))
        nbs.appctl("cluster/leave", NB, i=leader)
        save("leaving", nbs.status(leader))
    with cluster(3) as nbs:
        leader = nbs.leader()
        one, two = nbs.followers()
        nbs.kill(two)
        nbs.appctl("cluster/kick", NB, run("ovsdb-tool", "db-sid", nbs.db(two)).strip(), i=leader)
        until(lambda: nbs.status(leader).count(".raft)") == 2, "it is kicked")
        nbs.start(two)
        until(lambda: "disconnected" in nbs.appctl("cluster/status", NB, i=two), "the kicked one is alone", 30)
        save("kicked_and_back", nbs.status(two))
        nbs.kill(two)
        nbs.db(two).unlink()
        nowhere = ["unix:%s/nowhere.raft" % nbs.folder, "unix:%s/nobody.raft" % nbs.folder]
        run("ovsdb-tool", "join-cluster", nbs.db(two), NB, "unix:%s/2.raft" % nbs.folder, *nowhere)
        nbs.start(two)
        save("joining", until(lambda: nbs.status(two), "it answers"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
