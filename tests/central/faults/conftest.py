# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two VMs of one chassis that talk, whatever becomes of the control plane."""

from __future__ import annotations

import contextlib
import re

import pytest

from tests.support.central import DEPLOY, address, is_one_cluster
from tests.support.waiting import until

VMS = ("vm1", "vm2")
PLACE = {name: {"mac": "02:00:00:00:00:%02d" % n, "ip": "192.0.2.%d" % n} for n, name in enumerate(VMS, 1)}


@pytest.fixture
def central(lab):
    """The hosts of the control plane, which is whole before each test, whatever the one before left."""
    hosts = sorted(lab.groups["ovn_central"]["hosts"])
    try:
        is_one_cluster(lab, hosts)
    except AssertionError:
        lab.play(DEPLOY, ovn_central_cluster_replace=hosts)  # those that are well are not touched
        is_one_cluster(lab, hosts)
    return hosts


@pytest.fixture
def remotes(lab, central):
    return {
        name: ",".join("tcp:%s:%d" % (address(lab, host), port) for host in central)
        for name, port in (("nb", 6641), ("sb", 6642))
    }


@pytest.fixture
def vms(lab, module, remotes):
    """They are there, and reach each other."""
    made = module(
        "compute", "ovn_logical_switch", nb=remotes["nb"], timeout=30, name="talk",
        ports=[{"name": name, "addresses": ["%(mac)s %(ip)s" % PLACE[name]]} for name in VMS],
    )  # fmt: skip
    assert "objects" in made, made
    made = module(
        "compute", "netns_vm",
        objects=[{"name": n, "iface_id": n, "mac": PLACE[n]["mac"], "addresses": [PLACE[n]["ip"] + "/24"]} for n in VMS],
    )  # fmt: skip
    assert "failed" not in made, made
    until(lambda: not ping(lab, 1).rc, "vm1 reaches vm2", 60)


def ping(lab, count):
    return lab["compute"].run("ip netns exec vm1 ping -c %s -W 1 %s", str(count), PLACE["vm2"]["ip"])


@pytest.fixture
def talking(pings, vms):
    """``with talking() as said:`` vm1 pings vm2 ten times a second; then ``said`` has (how many, how many lost)."""
    return lambda: pings("compute", PLACE["vm2"]["ip"], "ip netns exec vm1 ")


@pytest.fixture
def switches(lab):
    """The names of the switches that a host's northbound database has, whether it has a leader or not."""

    def find(host):
        found = lab[host].check_output(
            "ovsdb-client --no-leader-only --timeout=10 query unix:/run/ovn/ovnnb_db.sock %s",
            '["OVN_Northbound", {"op": "select", "table": "Logical_Switch", "where": [], "columns": ["name"]}]',
        )
        return set(re.findall(r'"name":"([^"]+)"', found))

    return find


@pytest.fixture
def cut_off(lab):
    """``with cut_off(host):`` a member, and the others, do not hear of each other."""

    @contextlib.contextmanager
    def during(host):
        rules = "table inet cut { chain %s { type filter hook %s priority 0; tcp dport {6643, 6644} drop; tcp sport {6643, 6644} drop; }; };"
        lab[host].check_output("nft %s", "".join(rules % (hook, hook) for hook in ("input", "output")))
        try:
            yield
        finally:
            lab[host].check_output("nft delete table inet cut")

    return during
