# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The leader of the cluster is killed at a random moment of a run of ovn_topology, again and again.

``OVN_STRESS_KILLS`` says how often (``make test-stress``).
"""

from __future__ import annotations

import json
import os
import random
import threading
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.ovsdb import cluster
from tests.support.topology import run

KILLS = int(os.environ.get("OVN_STRESS_KILLS", "4"))
SEED = int(os.environ.get("OVN_STRESS_SEED", "1"))
PORTS = 40


def network(turn):
    """Each turn's document has rows of every turn in it, and differs from the one before in all kinds of ways."""
    return {
        "switches": [
            {
                "name": "ls%d" % n,
                "other_config": {"turn": turn},
                "ports": [
                    {"name": "ls%d-p%d" % (n, p), "addresses": ["02:00:00:00:%02x:%02x 10.%d.%d.%d" % (n, p, turn % 200, n, p + 1)]}
                    for p in range(turn % 3, PORTS)
                ],
                "acls": [{"direction": "to-lport", "priority": 1 + turn % 2, "match": "ip4", "action": "allow"}],
            }
            for n in range(2)
        ],
        "routers": [
            {"name": "lr", "static_routes": [{"ip_prefix": "10.%d.0.0/16" % (turn % 5), "nexthop": "192.0.2.%d" % (1 + turn % 9)}]}
        ],
        "load_balancers": [
            {"name": "lb", "vips": {"192.0.2.%d:80" % (turn % 7 + 1): "10.0.0.%d:80" % (turn % 200 + 1)}, "switches": ["ls%d" % (turn % 2)]}
        ],
    }  # fmt: skip


def seen(nbs):
    """What a client that is not ours finds: all rows of the tables in question, without UUIDs and versions."""
    tables = [
        "Logical_Switch",
        "Logical_Switch_Port",
        "ACL",
        "Logical_Router",
        "Logical_Router_Static_Route",
        "Load_Balancer",
    ]
    results = nbs.transact(*({"op": "select", "table": table, "where": []} for table in tables))
    rows = {table: {row["_uuid"][1]: row for row in result["rows"]} for table, result in zip(tables, results)}
    every = {uuid: row for found in rows.values() for uuid, row in found.items()}

    def show(value):
        if isinstance(value, list) and value and value[0] == "uuid":
            row = every.get(value[1], {})
            return row.get("name") or row.get("match") or row.get("ip_prefix")
        if isinstance(value, list) and value and value[0] in ("set", "map"):
            return sorted((show(item) for item in value[1]), key=str)
        return value

    return {
        table: sorted(
            json.dumps({c: show(v) for c, v in row.items() if c not in ("_uuid", "_version")}, sort_keys=True)
            for row in found.values()
        )
        for table, found in rows.items()
    }  # fmt: skip


def kill(nbs, server, killed):
    nbs.kill(server)
    killed.append(time.monotonic())


@pytest.mark.slow
def test_the_leader_is_killed_in_the_middle_of_a_run():
    rng = random.Random(SEED)
    outcomes = {"done": 0, "failed": 0, "failed and written": 0}
    unsure, moments = 0, []
    with cluster(3) as nbs:
        options = {"state": "overridden", "owner": "me", "max_deletes": -1, "timeout": 30}
        started = time.monotonic()
        run(nbs.remote, network(0), **options)
        usual = time.monotonic() - started
        for turn in range(1, KILLS + 1):
            before = seen(nbs)
            leader = nbs.leader()
            killed = []
            killer = threading.Timer(rng.uniform(0, usual), kill, [nbs, leader, killed])
            failed = None
            killer.start()
            started = time.monotonic()
            try:
                result = run(nbs.remote, network(turn), **options)
            except OvnError as exc:
                failed = exc
            ended = time.monotonic()
            killer.join()
            if killed[0] < ended:
                moments.append(killed[0] - started)
            nbs.leader()
            after = seen(nbs)
            again = run(nbs.remote, network(turn), **options)
            wanted = seen(nbs)
            # All or nothing, and no third state; what was told is what happened
            assert after in (before, wanted), "turn %d: half of it was made" % turn
            assert wanted != before
            if failed is None:
                assert result["changed"] is True
                unsure += "cannot be told" in " ".join(
                    result["warnings"]
                )  # nobody else wrote: what the warning says may be is not so
                assert after == wanted
                assert again["changed"] is False
                outcomes["done"] += 1
            else:
                assert again["changed"] is (after == before), "turn %d: %s" % (turn, failed)
                outcomes["failed" if after == before else "failed and written"] += 1
            assert run(nbs.remote, network(turn), **options)["changed"] is False
            assert seen(nbs) == wanted
            nbs.start(leader)
            nbs.rejoined(leader)
    print(
        "the leader was killed %d times, %d of them in the middle of a run (after %.0f to %.0f ms): %s, %d with a warning"
        " that another may have written"
        % (KILLS, len(moments), 1000 * min(moments), 1000 * max(moments), outcomes, unsure)
    )
    assert len(moments) >= KILLS / 2
    assert outcomes["failed"] + outcomes["failed and written"] == 0
