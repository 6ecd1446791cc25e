# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Years of a control plane in minutes: members that are lost, replaced, restarted, leave and come back.

What the clusters are is told by their own servers, in the words of ovn-appctl.
"""

from __future__ import annotations

import re
import threading

import pytest

from tests.support.central import DEPLOY, FILES, STOP, cluster, is_one_cluster, leads, plain, status
from tests.support.lab import unchanged
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/cluster/inventory"
HOSTS = ("node1", "node2", "node3")
REPLACE = {"ovn_central_cluster_replace": ["node3"]}


def pids(lab, host):
    return lab[host].check_output("cat /run/ovn/ovnnb_db.pid /run/ovn/ovnsb_db.pid").split()


def test_it_begins_as_one_cluster(lab):
    is_one_cluster(lab, HOSTS)


def test_a_member_that_lost_its_disk_is_refused_and_then_replaced(lab):
    lab[HOSTS[2]].check_output(STOP + "; mkdir /root/lost; mv /var/lib/ovn/*.db /root/lost")
    output = plain(lab.play(DEPLOY, fails=True))
    assert "node3: its address tcp:10.103.0.13:6643 belongs to the server" in output
    assert "name the host in ovn_central_cluster_replace" in output
    assert lab["node3"].check_output("ls /var/lib/ovn") == "", "it joined all the same"
    is_one_cluster_of_three = cluster(lab, "node1", "OVN_Northbound")
    assert len(is_one_cluster_of_three[1]) == 3, "somebody was kicked all the same"
    lab.play(DEPLOY, **REPLACE)
    is_one_cluster(lab, HOSTS)
    assert unchanged(lab.play(DEPLOY, **REPLACE))


def test_what_the_old_member_kept_can_not_come_back(lab):
    lab["node3"].check_output(
        STOP + "; mkdir /root/good; mv /var/lib/ovn/*.db /root/good; cp /root/lost/* /var/lib/ovn"
    )
    output = plain(lab.play(DEPLOY, fails=True))
    assert "the cluster does not know any more: it was kicked" in output
    lab["node3"].check_output("mv /root/good/* /var/lib/ovn")
    lab.play(DEPLOY)
    is_one_cluster(lab, HOSTS)


def test_a_member_that_was_started_without_its_database_is_told_and_mended(lab):
    """It joins by itself, and its address stands twice: what it was before counts for the majority."""
    before = cluster(lab, "node1", "OVN_Northbound")
    lab["node3"].check_output(STOP + "; rm /var/lib/ovn/*.db; systemctl start ovn-central")
    for database in FILES:
        until(lambda: "Status: cluster member" in status(lab, "node3", database), "it joined", 60)  # noqa: B023
    assert len(cluster(lab, "node1", "OVN_Northbound")[1]) == 4
    well = plain(lab.play("playbooks/health.yml", ovn_health_fail=False))
    for database in ("northbound", "southbound"):
        assert "WARNING: members (%s): 4 servers for 3 central hosts; at tcp:10.103.0.13:" % database in well
    assert "whose file is lost, beside the server that runs there" in well and "0 failed, 2 warnings" in well
    for what in ({}, {"arguments": ("--check",)}):
        output = plain(lab.play(DEPLOY, fails=True, **what))
        for database in ("northbound", "southbound"):
            assert database + ": node3: it was started without its database, and joined by itself as the new" in output
        assert "template" not in output.lower()
    assert len(cluster(lab, "node1", "OVN_Northbound")[1]) == 4
    lab.play(DEPLOY, **REPLACE)
    is_one_cluster(lab, HOSTS)
    assert cluster(lab, "node1", "OVN_Northbound") == before
    assert unchanged(lab.play(DEPLOY))


def test_the_database_of_another_cluster_is_refused_and_then_moved_aside(lab):
    before = cluster(lab, "node1", "OVN_Northbound")
    lab["node3"].check_output(
        STOP + "; rm /var/lib/ovn/ovnnb_db.db;"
        " ovsdb-tool create-cluster /var/lib/ovn/ovnnb_db.db /usr/share/ovn/ovn-nb.ovsschema tcp:10.103.0.13:6643"
    )
    output = plain(lab.play(DEPLOY, fails=True))
    assert "is of another cluster" in output and before[0] in output
    assert not lab["node3"].service("ovn-ovsdb-server-nb").is_running
    lab.play(DEPLOY, **REPLACE)
    is_one_cluster(lab, HOSTS)
    assert cluster(lab, "node1", "OVN_Northbound")[0] == before[0]
    assert lab["node3"].check_output("ls /var/lib/ovn/ovnnb_db.db.aside-*"), "it was not kept"


def test_a_member_leaves_and_comes_back(lab, hostvars):
    leaving = hostvars(node3={"ovn_central_cluster_state": "absent"})
    lab.play(DEPLOY, arguments=leaving)
    is_one_cluster(lab, HOSTS[:2])
    assert not lab["node3"].service("ovn-ovsdb-server-nb").is_running
    assert not lab["node3"].service("ovn-central").is_enabled
    assert lab["node3"].check_output("ls /var/lib/ovn/ovnsb_db.db.aside-*")
    assert "10.103.0.13" not in lab["compute"].check_output("ovs-vsctl get Open_vSwitch . external_ids:ovn-remote")
    assert "10.103.0.13" not in lab["node1"].check_output("cat /etc/default/ovn-central")
    assert unchanged(lab.play(DEPLOY, arguments=leaving))
    lab.play(DEPLOY)
    is_one_cluster(lab, HOSTS)


def test_only_ovn_northd_is_restarted_for_its_options(lab):
    before = [pids(lab, host) for host in HOSTS]
    lab.play(DEPLOY, ovn_central_ctl_options="--ovn-northd-n-threads=2")
    assert "--n-threads=2" in lab["node1"].check_output("tr '\\0' ' ' < /proc/$(cat /run/ovn/ovn-northd.pid)/cmdline")
    assert [pids(lab, host) for host in HOSTS] == before


def test_a_restart_of_every_server_costs_no_write(lab):
    before = [pids(lab, host) for host in HOSTS]
    remotes = ",".join("tcp:10.103.0.1%d:6641" % number for number in (1, 2, 3))
    over, failed, again, written = threading.Event(), [], [], []

    def write():
        command = "ovn-nbctl --timeout=20 --db=%s set NB_Global . external_ids:%s"
        while not over.is_set():
            value = "written=n%d" % len(written)
            done = lab["node1"].run(command, remotes, value)
            if done.rc:
                # ovn-nbctl asks each member once and no more. In the moment when one hands its lead over, it may find none that leads
                again.append(done.stderr)
                done = lab["node1"].run(command, remotes, value)
            (failed if done.rc else written).append(done.stderr)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        lab.play(DEPLOY, ovn_central_ctl_options="--ovn-nb-log=-vfile:warn --ovn-sb-log=-vfile:warn")
    finally:
        over.set()
        writer.join()
    print("%d writes, %d of them tried again" % (len(written), len(again)))
    assert not failed and len(written) > 20, failed
    assert len(again) <= len(HOSTS), again
    assert not {pid for host in before for pid in host} & {pid for host in HOSTS for pid in pids(lab, host)}
    is_one_cluster(lab, HOSTS)


def test_a_control_plane_that_was_down_comes_up_as_it_was(lab):
    before = cluster(lab, "node1", "OVN_Northbound")
    for host in HOSTS:
        lab[host].check_output(STOP)
    lab.play(DEPLOY, ovn_central_ctl_options="--ovn-nb-log=-vfile:warn --ovn-sb-log=-vfile:warn")
    is_one_cluster(lab, HOSTS)
    assert cluster(lab, "node1", "OVN_Northbound") == before


def given_up(lab):
    """How often the leader gives up the connection to a member that takes nothing, while 12 MB are written. Servers do not tell what they were told."""
    leader = until(lambda: next((host for host in HOSTS if leads(lab, host, "OVN_Northbound")), None), "a leader")
    other = lab[next(host for host in HOSTS if host != leader)]
    count = "grep -c 'sending backlog exceeded maximum' /var/log/ovn/ovsdb-server-nb.log || true"
    before = int(lab[leader].check_output(count))
    other.check_output("kill -STOP $(cat /run/ovn/ovnnb_db.pid)")
    try:
        lab[leader].check_output(
            "for n in $(seq 120); do"
            " ovn-nbctl --timeout=20 set NB_Global . external_ids:fill=$(head -c 100000 /dev/zero | tr '\\0' $((n % 10))) || exit 1; done"
        )
        return int(lab[leader].check_output(count)) - before
    finally:
        other.check_output("kill -CONT $(cat /run/ovn/ovnnb_db.pid)")
        lab[leader].run("ovn-nbctl --timeout=20 remove NB_Global . external_ids fill")
        until(lambda: all(cluster_has_leader(lab, host) for host in HOSTS), "all are back", 60)


def cluster_has_leader(lab, host):
    return re.search("(?s)Status: cluster member.*Leader: (?!unknown)", status(lab, host, "OVN_Northbound"))


def restart_servers(lab):
    for host in HOSTS:
        lab[host].check_output("systemctl restart ovn-ovsdb-server-nb")
        until(lambda host=host: cluster_has_leader(lab, host), "%s is back" % host, 60)


def test_a_backlog_threshold_is_told_whenever_a_server_starts(lab):
    # With the timer, no election is held while much is written on a slow machine
    patient = {"ovn_central_nb_election_timer": 8000}
    told = {"ovn_central_backlog_threshold": {"messages": 60, "bytes": 1000000}, **patient}
    lab.play(DEPLOY, **told)
    assert unchanged(lab.play(DEPLOY, **told))
    assert all("Election timer: 8000" in status(lab, host, "OVN_Northbound") for host in HOSTS)
    assert given_up(lab) > 0
    restart_servers(lab)
    assert given_up(lab) > 0
    lab.play(DEPLOY, **patient)
    assert unchanged(lab.play(DEPLOY, **patient))
    for host in HOSTS:
        assert lab[host].check_output("ls /etc/systemd/system | grep -c ovn-tuned- || true") == "0"
    restart_servers(lab)
    assert given_up(lab) == 0


def test_the_chassis_is_there_and_everything_reaches_it(lab):
    lab["node1"].check_output(
        "ovn-nbctl --no-leader-only --timeout=60 --wait=hv sync || ovn-nbctl --timeout=60 --db=%s --wait=hv sync",
        ",".join("tcp:10.103.0.1%d:6641" % n for n in (1, 2, 3)),
    )
    until(
        lambda: lab["node1"].check_output("ovn-sbctl --no-leader-only --bare --columns=name list Chassis") == "compute",
        "the chassis",
    )
