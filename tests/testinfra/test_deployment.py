# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles have made of the lab's hosts, seen with the commands of the kernel, systemd, OVS and OVN."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.lab

CENTRAL = "10.100.0.11"
CHASSIS = {"node1": CENTRAL, "node2": "10.100.0.12", "node3": "10.100.0.13"}


@pytest.fixture(scope="module")
def netdev(lab):
    """Skips what only the datapath in user space needs, where the kernel has the module."""
    if lab["node1"].check_output("ovs-vsctl get Bridge br-int datapath_type") != "netdev":
        pytest.skip("this machine's kernel has Open vSwitch's datapath")


def listening(host, *protocol):
    return {line.split()[3] for line in host.check_output("ss -Hln %s" % " ".join(protocol)).splitlines()}


@pytest.mark.parametrize("unit", ["ovn-central", "ovn-ovsdb-server-nb", "ovn-ovsdb-server-sb", "ovn-northd"])
def test_the_central_runs_now_and_after_a_reboot(lab, unit):
    assert lab["node1"].service(unit).is_running
    # Those that another unit pulls in are static
    assert lab["node1"].check_output("systemctl is-enabled %s || true", unit) in ("enabled", "static")
    assert lab["node1"].service("ovn-central").is_enabled


@pytest.mark.parametrize("unit", ["openvswitch-switch", "ovs-vswitchd", "ovsdb-server", "ovn-host", "ovn-controller"])
@pytest.mark.parametrize("name", CHASSIS)
def test_a_chassis_runs_now_and_after_a_reboot(lab, name, unit):
    assert lab[name].service(unit).is_running
    assert lab[name].check_output("systemctl is-enabled %s || true", unit) in ("enabled", "static")
    assert lab[name].service("openvswitch-switch").is_enabled
    assert lab[name].service("ovn-host").is_enabled


@pytest.mark.parametrize(("name", "kind"), [("node2", "northd|ovsdb-server-[ns]b"), ("client", "ov[ns]")])
def test_hosts_run_nothing_that_is_not_their_part(lab, name, kind):
    units = lab[name].check_output("systemctl list-units --type=service --state=running --plain --no-legend")
    assert not re.search(kind, units), units


def test_the_northbound_database_listens_on_its_unix_socket_only(lab):
    node1 = lab["node1"]
    assert node1.check_output("ovn-nbctl get-connection") == ""
    assert not {address for address in listening(node1, "-t") if address.endswith(":6641")}
    assert any(address.endswith("/ovnnb_db.sock") for address in {
        line.split()[4] for line in node1.check_output("ss -Hlx").splitlines()
    })  # fmt: skip
    assert lab["node2"].run("timeout 2 ovn-nbctl --db=tcp:%s:6641 show", CENTRAL).rc != 0


def test_the_southbound_database_listens_on_the_underlay_and_nowhere_else(lab):
    assert listening(lab["node1"], "-t") == {CENTRAL + ":6642"}
    assert lab["node1"].check_output("ovn-sbctl get-connection") == 'read-write role="" ptcp:6642:%s' % CENTRAL


@pytest.mark.parametrize("name", ["node2", "node3", "client"])
def test_the_others_listen_to_nobody(lab, name):
    assert listening(lab[name], "-t") == set()


@pytest.mark.parametrize("name", CHASSIS)
def test_a_chassis_is_set_up(lab, name):
    def get(key):
        return lab[name].check_output("ovs-vsctl get Open_vSwitch . external_ids:%s", key).strip('"')

    assert get("system-id") == name
    assert get("hostname") == name
    assert get("ovn-remote") == "tcp:%s:6642" % CENTRAL
    assert get("ovn-encap-type") == "geneve"
    assert get("ovn-encap-ip") == CHASSIS[name]
    mappings = lab[name].check_output("ovs-vsctl --if-exists get Open_vSwitch . external_ids:ovn-bridge-mappings")
    assert mappings.strip('"') == ("phyNet:br-eth1" if name == "node1" else "")


@pytest.mark.parametrize("name", CHASSIS)
def test_the_southbound_database_knows_it_and_each_has_a_tunnel_to_each(lab, name):
    encap = lab["node1"].check_output(
        "ovn-sbctl --bare --columns=ip,type find Encap chassis_name=%s", name
    )  # fmt: skip
    assert encap.split() == [CHASSIS[name], "geneve"]
    remotes = lab[name].check_output("ovs-vsctl --bare --columns=options find Interface type=geneve")
    ends = set(re.findall(r"remote_ip=\"?([0-9.]+)", remotes))
    assert ends == set(CHASSIS.values()) - {CHASSIS[name]}


@pytest.mark.parametrize("name", CHASSIS)
def test_in_user_space_the_tunnels_end_is_on_a_bridge(lab, netdev, name):
    host = lab[name]
    assert host.interface("br-underlay").addresses[0] == CHASSIS[name]
    assert not [address for address in host.interface("eth0").addresses if "." in address]
    assert host.check_output("ovs-vsctl port-to-br eth0") == "br-underlay"
    assert "dev br-underlay" in host.check_output("ip route get 10.100.0.99")
    bridges = host.check_output("ovs-vsctl list-br").split()
    assert set(bridges) == {"br-int", "br-underlay"} | ({"br-eth1"} if name == "node1" else set())
    for bridge in bridges:
        assert host.check_output("ovs-vsctl get Bridge %s datapath_type", bridge) == "netdev"


@pytest.mark.parametrize(
    ("name", "interface"),
    [("node1", "eth0"), ("node1", "eth1"), ("node2", "eth0"), ("node3", "eth0"), ("client", "eth1")],
)
def test_in_user_space_nobody_else_computes_checksums(lab, netdev, name, interface):
    """The VMs' devices are Open vSwitch's own: newer releases of it compute what is asked of them, older ones let nothing be asked."""
    assert "tx-checksumming: off" in lab[name].check_output("ethtool --show-offload %s", interface)


@pytest.mark.parametrize(
    ("name", "mac", "address"),
    [("vm1", "02:ac:10:ff:00:11", "192.168.100.10"), ("vm2", "02:ac:10:ff:00:22", "192.168.100.11")],
)
def test_a_vm_is_plugged_in(lab, name, mac, address):
    vm = lab[name]
    assert vm.check_output("cat /sys/class/net/%s/address" % name) == mac
    assert address in vm.interface(name).addresses
    assert "default via 192.168.100.1 dev %s" % name in vm.check_output("ip route")
    host = lab[vm.backend.machine]
    assert host.check_output("ovs-vsctl get Interface %s external_ids:iface-id", name).strip('"') == "ls1-%s" % name
    assert lab["node1"].check_output("ovn-nbctl get Logical_Switch_Port ls1-%s up" % name) == "true"


@pytest.mark.parametrize("check", [False, True], ids=["", "check"])
def test_all_of_it_again_changes_nothing(lab, check):
    said = lab.play(
        "playbooks/lab_up.yml", "playbooks/deploy.yml", "playbooks/topology.yml", arguments=["--check"] * check
    )
    recaps = re.findall(r"^(\S+) +: ok=.* changed=(\d+) +unreachable=0 +failed=0", said, re.MULTILINE)
    assert {host for host, changed in recaps} == {"localhost", *CHASSIS}
    assert {changed for host, changed in recaps} == {"0"}, said
