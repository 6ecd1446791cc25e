# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Most members are lost for ever, and what is left becomes a cluster again: what was lost is counted, in rows and in packets."""

from __future__ import annotations

import os
import time

import pytest

from tests.support.central import DEPLOY, STOP, cluster, is_one_cluster, lead, plain
from tests.support.lab import unchanged
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/cluster/inventory"
RECOVER = {"ovn_central_cluster_confirm_recovery": True}
#: The switches that are made before the members are lost, and while the one that is left does not hear of it
EARLY = "early-%d" % os.getpid()
LATE = {"late-%d-%d" % (os.getpid(), number) for number in range(10)}


def lose(lab, hosts):
    """Their disks are somewhere else, from where they may come back."""
    for host in hosts:
        lab[host].check_output(STOP + "; rm -rf /root/lost; mkdir /root/lost; mv /var/lib/ovn/*.db /root/lost")


def test_what_is_left_goes_on(lab, module, central, remotes, talking, switches, cut_off):
    """Of three, the one that is left was cut off before; of five, there is one more that was not."""
    left, lost = central[: (len(central) - 1) // 2], central[(len(central) - 1) // 2 :]
    gone = LATE if len(left) == 1 else set()
    old = cluster(lab, left[0], "OVN_Northbound")[0]

    def write(names):
        done = module(lost[0], "ovn_logical_switch", nb=remotes["nb"], timeout=30, objects=[{"name": n} for n in names])
        assert done["changed"], done

    with talking() as said:
        write([EARLY])
        until(lambda: all(EARLY in switches(host) for host in central), "every member has it")
        # A leader that is cut off has in its log what was asked of it, though nobody agreed
        lead(lab, central, lost, "OVN_Northbound")
        with cut_off(left[0]):
            write(sorted(LATE))
            lose(lab, lost)
        for name, there in ((EARLY, True), (min(LATE), left[1:] != [])):
            assert any(lab[host].run("grep -q %s /var/lib/ovn/ovnnb_db.db", name).succeeded for host in left) is there

        # Nothing is made, and it is told why
        output = plain(lab.play(DEPLOY, fails=True))
        assert "has lost its majority: of its %d servers" % len(central) in output
        assert "ovn_central_cluster_confirm_recovery" in output
        assert cluster(lab, left[0], "OVN_Northbound")[0] == old

        # Those that are lost cannot be reached either
        started = time.monotonic()
        lab.play(DEPLOY, arguments=("--limit", ",".join([*left, "compute"])), **RECOVER)
        took = time.monotonic() - started
        is_one_cluster(lab, left)
        new = cluster(lab, left[0], "OVN_Northbound")[0]
        assert new != old
        known = switches(left[-1])
        assert EARLY in known and LATE - known == gone
        made = module(
            "compute",
            "ovn_logical_switch",
            nb=remotes["nb"],
            name="again-%d" % os.getpid(),
            wait="hv",
            wait_timeout=60,
            timeout=30,
        )
        assert made.get("changed"), made

        # They come back with what they had: together they are the old cluster, and clients could see either
        for host in lost:
            lab[host].check_output("cp /root/lost/*.db /var/lib/ovn; systemctl start ovn-central")
        until(lambda: cluster(lab, lost[0], "OVN_Northbound")[0] == old, "the old cluster is there", 60)
        for confirmed in ({}, RECOVER):
            assert "several clusters are running" in plain(lab.play(DEPLOY, fails=True, **confirmed))
        for host in lost:
            lab[host].check_output(STOP)
        lab.play(DEPLOY, ovn_central_cluster_replace=lost)
        is_one_cluster(lab, central)
        assert cluster(lab, lost[0], "OVN_Northbound")[0] == new
        assert all(lab[host].check_output("ls /var/lib/ovn/ovnnb_db.db.aside-*") for host in central), "it was not kept"
        assert switches(lost[0]) == known | {"again-%d" % os.getpid()}
        assert unchanged(lab.play(DEPLOY, **RECOVER))
    print(
        "%d of %d members lost: back after %.0f s with %d of %d switches, and %d of %d pings lost"
        % (len(lost), len(central), took, len(known), len(known | LATE), said[1], said[0])
    )
    assert said[0] > 300 and said[1] == 0


def test_hosts_that_were_installed_anew_join_at_once(lab, central, talking, switches):
    """The other way: all hosts are there, most of them empty."""
    left, lost = central[len(central) // 2 + 1 :], central[: len(central) // 2 + 1]
    before = switches(left[0])
    with talking() as said:
        lose(lab, lost)
        lab.play(DEPLOY, **RECOVER)
        is_one_cluster(lab, central)
        assert all(switches(host) == before for host in central)
        assert unchanged(lab.play(DEPLOY, **RECOVER))
    print("%d switches, none lost, and %d of %d pings" % (len(before), said[1], said[0]))
    assert said[1] == 0
