# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ovn_chassis sets and takes back, as ovs-vsctl tells; and a chassis that is taken out of service for good, and nothing else with it."""

from __future__ import annotations

import re

import pytest

from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "inventories/lab"
DEPLOY = "playbooks/deploy.yml"
DECOMMISSION = "playbooks/chassis_decommission.yml"
CONVERGE = "extensions/molecule/reboot/converge.yml"
MORE = {
    "ovn_chassis_settings": {
        "ovn-monitor-all": True,
        "ovn-cms-options": ["enable-chassis-as-gw", "availability-zones=az1"],
        "ovn-remote-probe-interval": 30000,
        "ovn-transport-zones": ["zone1"],
    },
    "ovn_chassis_bridge_mappings": {"second": "br-underlay"},
    "ovn_chassis_other_config": {"max-idle": 20000},
}


def ids(lab, host, column="external_ids"):
    told = lab[host].check_output("ovs-vsctl get Open_vSwitch . %s", column)
    return dict(re.findall(r'([\w-]+)="?([^"{}]*?)"?(?:, |})', told))


def changes(output):
    return {host: int(number) for host, number in re.findall(r"(?m)^(\S+) +: ok=\d+ +changed=(\d+)", output)}


def plain(output):
    return re.sub(r"\s+", " ", output)


def chassis(lab):
    return sorted(lab["node1"].check_output("ovn-sbctl --bare --columns=name list Chassis").split())


def private(lab):
    return sorted(lab["node1"].check_output("ovn-sbctl --bare --columns=name list Chassis_Private").split())


# -- settings ----------------------------------------------------------------------------------------------------------


def test_settings_come_and_go(lab):
    lab["node2"].check_output("ovs-vsctl set Open_vSwitch . external_ids:somebody=else")
    before, other = ids(lab, "node2"), ids(lab, "node2", "other_config")
    limit = ("--limit", "node1,node2")
    assert changes(lab.play(DEPLOY, arguments=limit, **MORE))["node2"] == 1
    now = ids(lab, "node2")
    assert now["ovn-monitor-all"] == "true" and now["ovn-cms-options"] == "enable-chassis-as-gw,availability-zones=az1"
    assert (
        now["ovn-bridge-mappings"] == "second:br-underlay" and ids(lab, "node2", "other_config")["max-idle"] == "20000"
    )
    assert ids(lab, "node1")["ovn-bridge-mappings"] == "phyNet:br-eth1,second:br-underlay"
    until(
        lambda: "availability-zones=az1" in lab["node1"].check_output("ovn-sbctl get Chassis node2 other_config"),
        "ovn-controller has told the southbound database",
    )
    assert changes(lab.play(DEPLOY, arguments=limit, **MORE)) == {"node1": 0, "node2": 0}
    assert changes(lab.play(DEPLOY, arguments=limit))["node2"] == 1
    assert ids(lab, "node2") == before and ids(lab, "node2", "other_config") == other
    assert ids(lab, "node1")["ovn-bridge-mappings"] == "phyNet:br-eth1"
    assert changes(lab.play(DEPLOY, arguments=limit)) == {"node1": 0, "node2": 0}
    lab["node2"].check_output("ovs-vsctl remove Open_vSwitch . external_ids somebody")


def test_names_that_nobody_knows(lab):
    before = ids(lab, "node2")
    said = plain(
        lab.play(DEPLOY, arguments=("--limit", "node2"), fails=True, ovn_chassis_settings={"ovn-monitor-al": True})
    )
    assert "ovn_chassis_settings.ovn-monitor-al" in said and "ovn-monitor-all" in said
    assert ids(lab, "node2") == before


def test_names_of_another_release(lab):
    """One of these two is not known to any release that has the other."""
    both = {"ovn-cleanup-on-exit": False, "ovn-openflow-probe-interval": 5}
    said = plain(lab.play(DEPLOY, arguments=("--limit", "node2"), ovn_chassis_settings=both))
    version = lab["node2"].check_output("ovn-controller --version | head -1").split()[1]
    assert "this host's ovn-controller is %s, which ignores it" % version in said
    lab.play(DEPLOY, arguments=("--limit", "node2"))


def test_all_tunnel_addresses_are_waited_for(lab):
    """ovn-controller is connected and does nothing, and the second address is not registered: that one is named."""
    node2, limit = lab["node2"], ("--limit", "node2")
    both = {"ovn_chassis_encap_ip": ["10.100.0.12", "10.100.0.112"]}
    encaps = "ovn-sbctl --bare --columns=ip find Encap chassis_name=node2"
    node2.check_output("ip address add 10.100.0.112/24 dev br-underlay; ovn-appctl -t ovn-controller debug/pause")
    try:
        said = plain(lab.play(DEPLOY, arguments=limit, fails=True, ovn_chassis_wait_timeout=3, **both))
        assert "no row of Encap has the values" in said and "'10.100.0.112'" in said
        node2.check_output("ovn-appctl -t ovn-controller debug/resume")
        assert changes(lab.play(DEPLOY, arguments=limit, **both)) == {"node2": 0}
        assert sorted(lab["node1"].check_output(encaps).split()) == ["10.100.0.112", "10.100.0.12"]
    finally:
        node2.check_output(
            "ovn-appctl -t ovn-controller debug/resume; ip address delete 10.100.0.112/24 dev br-underlay"
        )
        lab.play(DEPLOY, arguments=limit)
    assert lab["node1"].check_output(encaps) == "10.100.0.12"


def test_a_second_run_is_short(lab):
    said = lab.play(DEPLOY, arguments=("--limit", "node2,node3"))
    done = dict(re.findall(r"(?m)^(\S+) +: ok=(\d+)", said))
    assert done.keys() == {"node2", "node3"} and max(map(int, done.values())) <= 8, done


TUNING = {
    "ovn_central_northd_threads": 2,
    "ovn_central_northd_options": {"northd_probe_interval": 20000, "northd_trim_timeout": 60000},
    "ovn_central_sb_inactivity_probe": 60000,
    "ovn_central_memory_trim": True,
}
TRIM = "memory trimming after compaction enabled"


def test_the_central_host_is_tuned(lab):
    """What a server is told by its control socket is told again when it starts anew."""
    node1, limit = lab["node1"], ("--limit", "node1")
    lab.play(DEPLOY, arguments=limit, **TUNING)
    assert changes(lab.play(DEPLOY, arguments=limit, **TUNING)) == {"node1": 0}
    assert "--n-threads=2" in node1.check_output("tr '\\0' ' ' </proc/$(cat /run/ovn/ovn-northd.pid)/cmdline")
    told = node1.check_output("ovn-nbctl get NB_Global . options")
    assert 'northd_probe_interval="20000"' in told and 'northd_trim_timeout="60000"' in told
    assert "60000" in node1.check_output("ovn-sbctl --bare --columns=inactivity_probe list Connection")
    for unit in ("nb", "sb"):
        node1.check_output("systemctl restart ovn-ovsdb-server-%s", unit)
        server = node1.check_output("systemctl show --property=MainPID --value ovn-ovsdb-server-%s", unit)
        until(
            lambda server=server: TRIM in node1.check_output("journalctl --no-pager _PID=%s", server), "it was told", 30
        )
    lab.play(
        DEPLOY,
        arguments=limit,
        ovn_central_ctl_options="",
        ovn_central_northd_options=dict.fromkeys(TUNING["ovn_central_northd_options"]),
    )
    assert node1.run("ls /etc/systemd/system/ovn-tuned-northbound.service").rc != 0
    assert "northd_probe_interval" not in node1.check_output("ovn-nbctl get NB_Global . options")
    assert changes(lab.play(DEPLOY, arguments=limit, ovn_central_ctl_options="")) == {"node1": 0}


# -- the end of a chassis ----------------------------------------------------------------------------------------------


def dump(lab):
    """All that the northbound database holds, and what the other hosts are told."""
    told = lab["node1"].check_output("ovsdb-client --no-headings dump unix:/run/ovn/ovnnb_db.sock OVN_Northbound")
    lines = {" ".join(line.split()) for line in told.splitlines() if not line.startswith("-")}
    # What ovn-northd writes is no part of it: the row of NB_Global, which counts, and where newer releases say a router port is
    network = {re.sub(r"hosting-chassis=\S+", "", line) for line in lines if "northd_internal_version" not in line}
    return network, ids(lab, "node1"), ids(lab, "node2")


@pytest.fixture
def network(lab, module):
    """node3 without virtual machines, and a gateway that is on it rather than on node1."""
    module("node3", "netns_vm", objects=[{"name": "vm2", "state": "absent"}])
    lab["node1"].check_output(
        "ovn-nbctl lr-add end -- lrp-add end end-outside 02:00:00:00:02:01 198.51.100.1/24 -- ls-add end-net "
        "-- lsp-add end-net end-port -- lsp-set-type end-port router -- lsp-set-addresses end-port router "
        "-- lsp-set-options end-port router-port=end-outside "
        "-- lrp-set-gateway-chassis end-outside node3 20 -- lrp-set-gateway-chassis end-outside node1 10"
    )
    until(lambda: active(lab) == "node3", "the gateway is on node3", 60)
    yield
    lab["node1"].check_output("ovn-nbctl --if-exists lr-del end -- --if-exists ls-del end-net")
    lab.play(CONVERGE)
    assert chassis(lab) == ["node1", "node2", "node3"]


def active(lab):
    uuid = lab["node1"].check_output("ovn-sbctl --bare --columns=chassis find Port_Binding logical_port=cr-end-outside")
    return uuid and lab["node1"].check_output("ovn-sbctl get Chassis %s name", uuid)


def test_a_chassis_with_machines_on_it_stays(lab):
    until(lambda: chassis(lab) == ["node1", "node2", "node3"], "all are there")
    said = plain(lab.play(DECOMMISSION, fails=True, ovn_chassis_decommission="node3"))
    assert "node3 cannot be taken out of service yet. Bound to it: ls1-vm2." in said
    said = plain(lab.play(DECOMMISSION, fails=True, ovn_chassis_decommission="node1"))
    assert "pinned to it by options:chassis: gw1" in said
    assert chassis(lab) == ["node1", "node2", "node3"]


def test_taken_out_of_service(lab, network):
    before = dump(lab)
    said = lab.play(DECOMMISSION, ovn_chassis_decommission="node3")
    assert chassis(lab) == private(lab) == ["node1", "node2"] and active(lab) == "node1"
    assert "The network still names it in 1 gateway chassis" in plain(said)
    node3 = lab["node3"]
    assert node3.run("pidof ovn-controller").rc == 1
    assert node3.run("systemctl is-enabled ovn-host").stdout.strip() == "disabled"
    kept = ids(lab, "node3")
    assert "ovn-remote" not in kept and "virtnet-keys-ovn_chassis" not in kept and "hostname" in kept
    # and nothing else: its bridges, its address, the network, the other chassis
    assert "br-underlay" in node3.check_output("ovs-vsctl list-br").split()
    assert "10.100.0.13/24" in node3.check_output("ip address show dev br-underlay")
    assert lab["vm1"].run("ping -c 2 -W 2 192.168.101.10").rc == 0
    after = dump(lab)
    assert after[1:] == before[1:]
    changed = before[0] ^ after[0]
    assert all("node3" in line for line in changed), changed  # its row has the lowest priority now, and what it had
    again = lab.play(DECOMMISSION, ovn_chassis_decommission="node3")
    assert set(changes(again).values()) == {0}, again


def test_a_host_that_is_lost(lab, network):
    """Its rows are all that is left of it, and nobody asks the host."""
    lab["node3"].check_output("systemctl mask --runtime ovn-controller; systemctl kill --signal=KILL ovn-controller")
    try:
        settings = ids(lab, "node3")
        assert "node3" in chassis(lab)
        lab.play(DECOMMISSION, ovn_chassis_decommission="node3", ovn_chassis_decommission_lost=True)
        assert chassis(lab) == private(lab) == ["node1", "node2"]
        assert ids(lab, "node3") == settings
        again = lab.play(DECOMMISSION, ovn_chassis_decommission="node3", ovn_chassis_decommission_lost=True)
        assert set(changes(again).values()) == {0}, again
    finally:
        lab["node3"].check_output(
            "systemctl unmask --runtime ovn-controller; systemctl reset-failed ovn-controller; systemctl start ovn-controller"
        )
