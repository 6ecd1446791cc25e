# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that cannot succeed end in time, say why, and the next good one mends what they did."""

from __future__ import annotations

import time

import pytest

from tests.support.waiting import until

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def mended(lab):
    yield lab
    lab.play("playbooks/deploy.yml", "playbooks/topology.yml")
    until(lambda: lab["vm1"].run("ping -c 1 -W 1 192.168.100.11").rc == 0, "vm1 reaches vm2")


def chassis(lab, **variables):
    """The role for one chassis; what it said, and how long it took."""
    start = time.monotonic()
    said = lab.play(
        "playbooks/deploy.yml", fails=True,
        ovn_central_hosts="no_host", ovn_chassis_hosts="node3", ovn_chassis_wait_timeout=3, **variables,
    )  # fmt: skip
    assert "Traceback" not in said
    return " ".join(said.split()), time.monotonic() - start


@pytest.mark.parametrize(
    ("remote", "reason"),
    [
        ("tcp:10.100.0.99:6642", "tcp:10.100.0.99:6642"),  # nobody has this address
        ("tcp:10.100.0.11:6643", "Connection refused"),  # nobody listens there
    ],
)
def test_a_chassis_with_a_wrong_remote(mended, remote, reason):
    said, seconds = chassis(mended, ovn_chassis_remote=remote)
    assert reason in said
    assert seconds < 30


def test_a_daemon_that_somebody_stopped_is_started_again(mended):
    mended.play("playbooks/deploy.yml")
    mended["node3"].check_output("systemctl stop ovn-controller")
    for changed in (1, 0):
        said = mended.play("playbooks/deploy.yml", ovn_central_hosts="no_host", ovn_chassis_hosts="node3")
        assert " changed=%d " % changed in " ".join(said.split())
        assert mended["node3"].service("ovn-controller").is_running


def test_a_chassis_whose_tunnels_have_no_interface(lab):
    if lab["node3"].check_output("ovs-vsctl get Bridge br-int datapath_type") != "netdev":
        pytest.skip("this machine's kernel has Open vSwitch's datapath")
    said, seconds = chassis(lab, ovn_chassis_underlay_interface=None)
    assert "give its network interface as ovn_chassis_underlay_interface" in said
    assert " changed=0 " in said


@pytest.mark.parametrize("remote", [None, "", []])
def test_a_chassis_without_a_remote(lab, remote):
    said, seconds = chassis(lab, ovn_chassis_remote=remote)
    assert "ovn_chassis_remote and ovn_chassis_encap_ip must be given" in said
    assert " changed=0 " in said


def test_a_vm_on_a_host_without_open_vswitch(lab):
    """The client has the programs, as its image has them, and runs none of them."""
    said = lab.play(
        "playbooks/topology.yml", fails=True,
        ovn_central_hosts="no_host,", ovn_chassis_hosts="client", network_vms={"client": [{"name": "vm9"}]},
    )  # fmt: skip
    assert "Traceback" not in said
    assert "ovsdb-server" in said or "Open vSwitch" in said
    assert lab["client"].check_output("ip netns") == ""


@pytest.mark.parametrize("playbook", ["deploy", "topology", "scenario_web_servers"])
def test_without_a_lab(lab, playbook, tmp_path):
    said = lab.play(
        "playbooks/%s.yml" % playbook, fails=True,
        ovn_lab_name="none", scenario_report_path=str(tmp_path / "report.json"),
    )  # fmt: skip
    assert "is not running (looked in /run/virtnet-lab/none). Start it with `make lab`" in said
    assert "Traceback" not in said
