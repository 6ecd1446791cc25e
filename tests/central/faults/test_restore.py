# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup and its way back on a cluster: whoever leads, and where no member has a database any more."""

from __future__ import annotations

import time

import pytest

from tests.support.central import DEPLOY, STOP, cluster, is_one_cluster, lead, plain
from tests.support.lab import unchanged
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/cluster/inventory"
BACKUP, RESTORE = "playbooks/backup.yml", "playbooks/restore.yml"
CONFIRMED = {"ovn_backup_confirm": True}


def backups(lab, hosts):
    """Which hosts have some."""
    return [host for host in hosts if "ovnnb_db-" in lab[host].run("ls /var/backups/ovn").stdout]


@pytest.fixture
def network(lab, module, remotes, vms):
    """The network as a document."""

    def look():
        found = module("compute", "ovn_topology", nb=remotes["nb"], timeout=30, state="gathered")
        assert "topology" in found, found
        return found["topology"]

    return look


def test_a_backup_is_restored_by_the_leader_whoever_made_it(lab, module, central, remotes, network, talking):
    """The switch is taken away while another host leads than the one that has the backup."""
    for host in central:
        lab[host].check_output("rm -rf /var/backups/ovn")
    assert "no backup of the northbound database" in plain(lab.play(RESTORE, fails=True, **CONFIRMED))
    made = module(
        "compute", "ovn_logical_switch", nb=remotes["nb"], timeout=30, name="dear", ports=[{"name": "dear-1"}]
    )
    assert "msg" not in made, made
    before = network()
    lab.play(BACKUP)
    assert backups(lab, central) == central[:1]
    lead(lab, central, central[1:], "OVN_Northbound")
    gone = module(
        "compute",
        "ovn_logical_switch",
        nb=remotes["nb"],
        timeout=30,
        name="dear",
        state="absent",
        wait="hv",
        wait_timeout=60,
    )
    assert gone.get("changed"), gone
    assert network() != before
    with talking() as said:
        assert "confirm: must be true" in plain(lab.play(RESTORE, fails=True))
        lab.play(RESTORE, **CONFIRMED)
        assert network() == before
        assert unchanged(lab.play(RESTORE, **CONFIRMED))
    print("%d of %d pings lost" % (said[1], said[0]))
    assert said[1] == 0
    is_one_cluster(lab, central)
    assert backups(lab, central) == central[:1], "what was brought was left"
    assert all(lab[host].check_output("ls /tmp | grep -c '[.]db$' || true") == "0" for host in central)


def test_all_databases_are_lost(lab, central, network, tmp_path):
    """A new cluster, the backup, and packets."""
    before = network()
    old = cluster(lab, central[0], "OVN_Northbound")[0]
    lab.play(BACKUP, ovn_backup_fetch=str(tmp_path))
    for host in central:
        lab[host].check_output(STOP + "; rm -f /var/lib/ovn/*.db")
    started = time.monotonic()
    assert "no host has its database any more" in plain(lab.play(DEPLOY, fails=True))
    assert not lab[central[0]].run("ls /var/lib/ovn/*.db").stdout
    lab.play(DEPLOY, ovn_central_cluster_confirm_bootstrap=True)
    is_one_cluster(lab, central)
    assert cluster(lab, central[0], "OVN_Northbound")[0] != old
    backup = sorted(tmp_path.glob("ovnnb_db-*"))[-1]
    lab.play(RESTORE, ovn_backup_restore_src=str(backup), **CONFIRMED)
    until(lambda: not lab["compute"].run("ip netns exec vm1 ping -c 1 -W 1 192.0.2.2").rc, "vm1 reaches vm2 again", 60)
    print("from no database to packets: %.0f s" % (time.monotonic() - started))
    assert network() == before
    assert unchanged(lab.play(DEPLOY))
