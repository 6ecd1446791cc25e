# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane of five hosts, to which somebody writes all the while: two are lost at once, one leaves, one is kicked, all are restarted."""

from __future__ import annotations

import contextlib
import re
import threading
import time

import pytest

from tests.support.central import DEPLOY, STOP, address, cluster, is_one_cluster, leads, plain
from tests.support.lab import unchanged
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/five/inventory"
HOSTS = ("node1", "node2", "node3", "node4", "node5")
NB = "OVN_Northbound"
KILL = "systemctl kill --signal=KILL ovn-ovsdb-server-nb ovn-ovsdb-server-sb ovn-northd; "


@pytest.fixture
def writing(lab):
    """``with writing() as written:`` somebody on the chassis writes one thing after the other, each until it is taken. All of it is there in the end.

    ovn-nbctl asks each server once, and gives up where none of them leads at that moment. What was not taken within a minute is lost.
    """

    @contextlib.contextmanager
    def during():
        remotes = ",".join("tcp:%s:6641" % address(lab, host) for host in HOSTS)
        over, written, longest, name = threading.Event(), [], [0.0], "w%d" % time.time()

        def write(key):
            told = "ovn-nbctl --timeout=20 --db=%s set NB_Global . external_ids:%s=1"
            began = time.monotonic()
            while lab["compute"].run(told, remotes, key).rc and time.monotonic() < began + 60:
                pass
            written.append(key)
            longest[0] = max(longest[0], time.monotonic() - began)

        def write_all():
            while not over.wait(0.2):
                write("%s-%d" % (name, len(written)))

        writer = threading.Thread(target=write_all)
        writer.start()
        try:
            yield written
        finally:
            over.set()
            writer.join()
        there = lab["compute"].check_output("ovn-nbctl --timeout=20 --db=%s get NB_Global . external_ids", remotes)
        lost = set(written) - set(re.findall(r"[\w-]+", there))
        print("%d writes, %d lost, the longest took %.1f s" % (len(written), len(lost), *longest))
        assert not lost and len(written) > 20, sorted(lost)

    return during


def test_it_begins_as_one_cluster(lab):
    is_one_cluster(lab, HOSTS)


def test_two_members_are_lost_at_once(lab, writing):
    """One of them is the leader."""
    leader = next(host for host in HOSTS if leads(lab, host, NB))
    lost = sorted([leader, next(host for host in HOSTS if host != leader)])
    before = cluster(lab, leader, NB)
    with writing() as written:
        for host in lost:
            lab[host].check_output(KILL + STOP + "; rm /var/lib/ovn/*.db")
        begun = len(written)
        until(lambda: len(written) > begun + 20, "the other three take what is written")
        output = plain(lab.play(DEPLOY, fails=True))
        assert all(
            "%s: its address tcp:%s:6643 belongs to the server" % (host, address(lab, host)) in output for host in lost
        )
        lab.play(DEPLOY, ovn_central_cluster_replace=lost)
        is_one_cluster(lab, HOSTS)
    assert cluster(lab, leader, NB) == before
    assert unchanged(lab.play(DEPLOY))


def test_a_member_leaves_and_comes_back(lab, hostvars, writing):
    leaving = hostvars(node5={"ovn_central_cluster_state": "absent"})
    with writing():
        lab.play(DEPLOY, arguments=leaving)
        is_one_cluster(lab, HOSTS[:4])
        assert unchanged(lab.play(DEPLOY, arguments=leaving))
        lab.play(DEPLOY)
        is_one_cluster(lab, HOSTS)


def test_a_member_that_is_gone_for_good_is_kicked(lab, writing):
    """Its host is in the inventory no more."""
    without = {"arguments": ("--limit", "!node5"), "ovn_central_cluster_hosts": HOSTS[:4]}
    with writing():
        lab["node5"].check_output(KILL + STOP)
        output = plain(lab.play(DEPLOY, fails=True, **without))
        assert "at tcp:10.103.0.15:6643, which is none of the hosts" in output and "ovn_central_cluster_kick" in output
        lab.play(DEPLOY, ovn_central_cluster_kick=[address(lab, "node5")], **without)
        is_one_cluster(lab, HOSTS[:4])
        assert unchanged(lab.play(DEPLOY, **without))
        # It is found again, with what it had
        assert "the cluster does not know any more: it was kicked" in plain(lab.play(DEPLOY, fails=True))
        lab.play(DEPLOY, ovn_central_cluster_replace=["node5"])
        is_one_cluster(lab, HOSTS)


def away(lab, host, unit):
    """From when to when its server was down, by the clock that all lab hosts share."""
    told = lab[host].check_output(
        "systemctl show --property=ActiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic %s", unit
    )
    times = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", told)}
    return times["ActiveExitTimestampMonotonic"], times["ActiveEnterTimestampMonotonic"]


def test_all_are_restarted_one_at_a_time(lab, writing):
    units = ("ovn-ovsdb-server-nb", "ovn-ovsdb-server-sb")
    before = {(host, unit): away(lab, host, unit) for host in HOSTS for unit in units}
    with writing():
        lab.play(DEPLOY, ovn_central_ctl_options="--ovn-nb-log=-vfile:warn --ovn-sb-log=-vfile:warn")
    now = {(host, unit): away(lab, host, unit) for host in HOSTS for unit in units}
    assert all(began > before[which][1] and ended > began for which, (began, ended) in now.items()), (
        "not all were restarted"
    )
    for unit in units:
        times = sorted(now[host, unit] for host in HOSTS)
        assert all(one[1] < other[0] for one, other in zip(times, times[1:], strict=False)), "two were down at once"
    is_one_cluster(lab, HOSTS)
