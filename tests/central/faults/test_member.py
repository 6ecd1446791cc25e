# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One member, the leader, is cut off, or its disk is full: others go on, tasks too, and it comes back."""

from __future__ import annotations

import contextlib
import os
import time

import pytest

from tests.support.central import DEPLOY, FILES, STOP, address, is_one_cluster, lead, leads, plain, status
from tests.support.lab import unchanged
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/cluster/inventory"
NB = "OVN_Northbound"


@contextlib.contextmanager
def interface_down(host):
    host.check_output("ip link set eth0 down")
    try:
        yield
    finally:
        host.check_output("ip link set eth0 up")


def ask_first(remotes, host_address):
    """The same remotes, this one first: a task asks it before the others."""
    return ",".join(sorted(remotes["nb"].split(","), key=lambda remote: ":%s:" % host_address not in remote))


@pytest.fixture
def leader(lab, central):
    return until(lambda: next((h for h in central if leads(lab, h, NB)), None), "a leader", 30)


def is_back(lab, host):
    for database in FILES:
        until(lambda: "Status: cluster member" in status(lab, host, database), "%s is back" % host, 30)  # noqa: B023


def make(module, remotes, name, **more):
    made = module("compute", "ovn_logical_switch", nb=remotes, timeout=20, name=name, **more)
    assert made.get("changed"), made


@pytest.mark.parametrize("how", ["members only", "interface down"])
def test_the_leader_is_cut_off(lab, module, central, remotes, leader, talking, switches, cut_off, how):
    """Where only members do not hear each other, it still takes a change, and can never carry it out."""
    others = [host for host in central if host != leader]
    name = "%s-%d" % (how.replace(" ", "-"), os.getpid())
    with talking() as said:
        with cut_off(leader) if how == "members only" else interface_down(lab[leader]):
            started = time.monotonic()
            make(module, ask_first(remotes, address(lab, leader)), name)
            took = time.monotonic() - started
            until(lambda: all(name in switches(host) for host in others), "the others have it")
            assert any(leads(lab, host, NB) for host in others)
            make(module, ask_first(remotes, address(lab, leader)), name + "-hv", wait="hv", wait_timeout=60)
        until(lambda: {name, name + "-hv"} <= switches(leader), "it has what it missed", 30)
        is_back(lab, leader)
        is_one_cluster(lab, central)
        found = lab[others[0]].check_output(
            "ovn-nbctl --no-leader-only --bare --columns=name find Logical_Switch name=%s", name
        )
        assert found.split() == [name], "it was made twice"
        assert unchanged(lab.play(DEPLOY))
    print("%s: made after %.1f s; %d of %d pings lost" % (how, took, said[1], said[0]))
    assert said[1] == 0


@contextlib.contextmanager
def small_disk(host):
    """Its databases are on a file system of 2 MB."""
    move = (
        STOP + "; mkdir -p /root/small; mount -t tmpfs -o size=2m small /root/small; cp /var/lib/ovn/*.db /root/small"
    )
    host.check_output(move + "; mount --bind /root/small /var/lib/ovn; systemctl start ovn-central")
    try:
        yield
    finally:
        host.check_output(
            STOP
            + "; umount /var/lib/ovn; cp /root/small/*.db /var/lib/ovn; umount /root/small; systemctl reset-failed; systemctl start ovn-central"
        )


def test_the_disk_of_the_leader_is_full(lab, module, central, remotes, leader, talking, switches):
    host = lab[leader]
    others = [name for name in central if name != leader]
    name = "full-%d" % os.getpid()
    with talking() as said, small_disk(host):
        is_back(lab, leader)
        lead(lab, central, [leader], NB)
        host.run("dd if=/dev/zero of=/var/lib/ovn/ballast bs=4k")
        assert host.check_output("df --output=avail /var/lib/ovn | tail -1").strip() == "0"
        # Long enough to fill what is left of the last page
        for number in range(4):
            make(module, remotes["nb"], "%s-%d" % (name, number), external_ids={"fill": "x" * 3000})
        assert all("%s-3" % name in switches(other) for other in others)
        until(lambda: "Status: failed" in status(lab, leader, NB), "its server gives its file up", 30)
        assert host.service("ovn-ovsdb-server-nb").is_running, "nothing but that tells of it"
        assert "The file system is full: make room first" in plain(lab.play(DEPLOY, fails=True))
        make(module, remotes["nb"], name + "-still", wait="hv", wait_timeout=60)

        host.check_output("rm /var/lib/ovn/ballast")
        said_no = ""
        try:
            lab.play(DEPLOY)
        except AssertionError as refused:  # it depends on what it could write when
            said_no = plain(str(refused))
        if said_no:
            assert "db is damaged: the entry" in said_no
            lab.play(DEPLOY, ovn_central_cluster_replace=[leader])
        is_one_cluster(lab, central)
        until(lambda: name + "-still" in switches(leader), "it has what it missed", 30)
        assert unchanged(lab.play(DEPLOY))
    print("%d of %d pings lost" % (said[1], said[0]))
    assert said[1] == 0
    # It was restarted with the files of that disk, and one that was written to when it was full may be of no use any more
    lab.play(DEPLOY, ovn_central_cluster_replace=[leader])
    is_one_cluster(lab, central)
