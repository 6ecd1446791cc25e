# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ovn_packet_trace and its modules in the document's network, whose hosts are all on this machine."""

from __future__ import annotations

import functools
import shutil

import pytest

from tests.support import network
from tests.support.modules import run_module
from tests.support.roles import RolePlayer

pytestmark = pytest.mark.skipif(not shutil.which("ovs-vswitchd"), reason="needs openvswitch-switch and ovn-host")


@pytest.fixture(scope="module")
def path(cloud):
    return lambda fails=False, **arguments: run_module("ovn_path_info", arguments, cloud.env, fails=fails)


@pytest.mark.parametrize(
    ("arguments", "destination", "hop"),
    [
        ({"destination": "ls1-vm2"}, ("port", "ls1-vm2", network.IP["vm2"]), "router1-ls2"),
        ({"destination": "192.168.101.1"}, ("router_port", "router1-ls2", "192.168.101.1"), "router1-ls2"),
        ({"destination": "ls2-router1"}, ("router_port", "router1-ls2", "192.168.101.1"), "router1-ls2"),
        ({"destination": "router1-ls1"}, ("router_port", "router1-ls1", "192.168.100.1"), "router1-ls2"),
        ({"destination": network.VIP, "port": 8000}, ("vip", network.VIP, network.VIP), "router1-ls2"),
        ({"destination": "lb1", "port": 8000}, ("vip", "lb1", network.VIP), "router1-ls2"),
        ({"destination": "198.51.100.1"}, ("address", "198.51.100.1", "198.51.100.1"), "router1-ls2"),
        ({"source": "ls1-vm1", "destination": "ls1-vm2"}, ("port", "ls1-vm2", network.IP["vm2"]), "ls1-vm2"),
        ({"source": "me", "names": {"me": "ls2-vm3"}, "destination": "ls1-vm2"}, ("port", "ls1-vm2", network.IP["vm2"]), "router1-ls2"),
    ],
)  # fmt: skip
def test_who_is_meant(path, arguments, destination, hop):
    found = path(**{"source": "ls2-vm3", **arguments})
    assert tuple(found["destination"][name] for name in ("kind", "name", "ip")) == destination
    assert found["next_hop"]["name"] == hop
    assert found["source"]["chassis"] == {"name": "hv1", "hostname": "hv1", "encap_ips": ["10.200.0.1"]}
    assert not found["changed"]


def test_the_packet_to_a_vip(path):
    found = path(source="ls2-vm3", destination=f"{network.VIP}:8000")
    balancer = found["destination"]["load_balancer"]
    assert (balancer["name"], balancer["on"], balancer["backends"]) == (
        "lb1",
        ["switch ls2"],
        [network.IP["vm1"], network.IP["vm2"]],
    )
    assert found["flow"] == {
        "tcp": True, "dl_src": network.MAC["vm3"], "dl_dst": network.MAC["router1-ls2"], "nw_src": network.IP["vm3"],
        "nw_dst": network.VIP, "nw_ttl": 64, "tp_src": 40000, "tp_dst": 8000,
    }  # fmt: skip
    assert found["microflow"]["inport"] == "ls2-vm3"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"source": "vm3"},
            "source: there is no logical port, router port or load balancer 'vm3'; did you mean ls2-vm3?",
        ),
        ({"destination": "nonsense"}, "destination: there is no logical port"),
        ({"source": "ls2-router1"}, "source: ls2-router1 is a port of type router"),
        ({"source": "lb1"}, "source: lb1 is no port of a switch"),
        (
            {"source": "outside-vm5"},
            "source: the database knows no IPv4 address of the port outside-vm5; give source_ip",
        ),
        ({"destination": "192.168.101.77"}, "destination_mac: 192.168.101.77 is reached on ls2 without a router"),
        ({"source_ip": "::1"}, "source_ip: ::1 and the destination are of different IP versions"),
        ({"source_ip": "nonsense"}, "source_ip: 'nonsense' is no IP address"),
        ({"source_mac": "nonsense"}, "source_mac: "),
        ({"protocol": "tcp"}, "port: a packet of tcp goes to a port; say which"),
        ({"next_hop": "192.0.2.1"}, "next_hop: no router on ls2 has 192.0.2.1; there are: 192.168.101.1"),
        ({"sb": "unix:/nope"}, "cannot use the database OVN_Southbound"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_what_cannot_be_traced(path, arguments, message):
    assert message in path(fails=True, **{"source": "ls2-vm3", "destination": "ls1-vm2", **arguments})["msg"]


def test_a_port_that_is_nowhere(cloud, path):
    cloud.nbctl("lsp-add", "ls1", "idle", "--", "lsp-set-addresses", "idle", "02:00:00:00:00:07 192.168.100.7")
    cloud.nbctl("--wait=sb", "sync")
    try:
        assert "is bound to no chassis" in path(fails=True, source="idle", destination="ls1-vm2")["msg"]
        assert path(source="ls2-vm3", destination="idle")["destination"]["up"] is False
    finally:
        cloud.nbctl("lsp-del", "idle")
        cloud.sync()


@pytest.mark.parametrize("made_by", ["switch", "port group"])
def test_the_acl_that_a_flow_was_made_of(cloud, made_by):
    acl = ("to-lport", "1000", f"ip4.dst == {network.IP['vm1']}", "drop")
    if made_by == "switch":
        cloud.nbctl("acl-add", "ls1", *acl)
    else:
        cloud.nbctl("pg-add", "pg1", "ls1-vm1", "--", "acl-add", "pg1", *acl)
    cloud.sync()
    try:
        flow = run_module("ovn_path_info", {"source": "ls2-vm3", "destination": "ls1-vm1"}, cloud.env)["microflow"]
        trace = run_module("ovn_trace", {"microflow": flow, "ct": ["new"] * 8}, cloud.env)
        flows = [
            {k: s[k] for k in ("uuid", "datapath", "inport", "outport") if s[k]} for s in trace["steps"] if s["uuid"]
        ]
        found = run_module("ovn_flow_origin_info", {"flows": flows}, cloud.env)
    finally:
        cloud.nbctl(*(["acl-del", "ls1"] if made_by == "switch" else ["pg-del", "pg1"]))
        cloud.sync()
    assert all(flow["southbound"]["table"] == "Logical_Flow" for flow in found["flows"])
    [row] = [flow["northbound"] for flow in found["flows"] if (flow["northbound"] or {}).get("table") == "ACL"]
    assert (row["direction"], row["priority"], row["action"]) == ("to-lport", 1000, "drop")


def test_flows_that_are_nobodys(cloud):
    unknown = [{"uuid": "0x1", "datapath_key": 1}, {"uuid": "00000001", "datapath": "nowhere"}]
    found = run_module("ovn_flow_origin_info", {"flows": unknown}, cloud.env)
    assert [(flow["southbound"], flow["northbound"]) for flow in found["flows"]] == [(None, None)] * 2
    assert run_module("ovn_flow_origin_info", {"flows": []}, cloud.env)["flows"] == []
    for flow, message in (({"uuid": "zz", "datapath": "ls1"}, "flows[0].uuid"), ({"uuid": "1"}, "datapath")):
        assert message in run_module("ovn_flow_origin_info", {"flows": [flow]}, cloud.env, fails=True)["msg"]


def test_from_the_tunnel_as_from_a_port(cloud):
    """ovs_trace goes on where a trace left another host, and says who is unknown."""
    here, there = (host.env for host in cloud.chassis)
    flow = run_module("ovn_path_info", {"source": "ls2-vm3", "destination": "ls1-vm2"}, cloud.env)["flow"]
    left = run_module("ovs_trace", {"iface_id": "ls2-vm3", "flow": flow}, here)
    [tunnel] = left["tunnels"]
    assert (tunnel["chassis"], tunnel["remote_ip"], tunnel["flow"]["nw_ttl"]) == ("hv2", "10.200.0.2", "63")
    for end in ("hv1", "10.200.0.1"):
        arrived = run_module("ovs_trace", {"tunnel_from": end, "flow": tunnel["flow"]}, there)
        assert [output["port"] for output in arrived["outputs"]] == ["vm2"]
    wrong = run_module("ovs_trace", {"tunnel_from": "hv9", "flow": tunnel["flow"]}, there, fails=True)
    assert "tunnel_from: this host has no tunnel to hv9; there are: hv1" in wrong["msg"]
    wrong = run_module("ovs_trace", {"iface_id": "nobody", "flow": flow}, here, fails=True)
    assert "iface_id: no interface of this host has external_ids:iface-id=nobody" in wrong["msg"]


@pytest.fixture(scope="module")
def player(cloud, tmp_path_factory):
    return RolePlayer(cloud, tmp_path_factory.mktemp("role"))


@pytest.fixture(scope="module")
def role(player):
    """role(variables) -> the result; ``knows`` are the chassis that the inventory has."""
    return functools.partial(player.play, "ovn_packet_trace", "ovn_packet_trace_result")


@pytest.mark.parametrize("prefix", ["", "ovn_packet_trace_"])
def test_the_playbook_takes_short_names_and_the_roles(player, prefix):
    def trace(**more):
        variables = {"from": "ls2-vm3", "to": network.VIP, **more}
        named = {prefix + name: value for name, value in variables.items()}
        path = player.playbook("packet_trace", "ovn_packet_trace_result", **named)["path"]
        return path["protocol"], path["destination"]["port"]

    assert trace() == ("icmp", None)
    assert trace(port=8000) == ("tcp", 8000)
    assert trace(port=53, protocol="udp") == ("udp", 53)


def test_over_the_tunnel_and_back(role):
    result = role(ovn_packet_trace_from="vm3", ovn_packet_trace_to="ls1-vm2", ovn_packet_trace_reply=True,
                  ovn_packet_trace_names={"vm3": "ls2-vm3"})  # fmt: skip
    assert (result["verdict"], result["reached"], result["port"], result["chassis"]) == (
        "delivered",
        True,
        "ls1-vm2",
        "hv2",
    )
    assert {step["chassis"] for step in result["steps"]} == {"hv1", "hv2"}
    assert result["warnings"] == []
    answer = result["answer"]
    assert (answer["verdict"], answer["reached"], answer["port"], answer["chassis"]) == (
        "delivered",
        True,
        "ls2-vm3",
        "hv1",
    )
    assert answer["path"]["flow"]["icmp_type"] == 0


def test_a_balancer(role):
    def backend(number):
        variables = {
            "ovn_packet_trace_to": network.VIP,
            "ovn_packet_trace_port": 8000,
            "ovn_packet_trace_dp_hash": number,
        }
        result = role(ovn_packet_trace_from="ls2-vm3", **variables)
        assert (result["verdict"], result["reached"]) == ("delivered", True)
        return result["load_balancing"]["backend"]

    first = backend(1)
    assert any(backend(number) != first for number in range(2, 16))


def test_a_chassis_that_the_inventory_does_not_know(role):
    result = role(knows=["hv1"], ovn_packet_trace_from="ls2-vm3", ovn_packet_trace_to="ls1-vm2")
    assert (result["verdict"], result["reached"]) == ("not_followed", False)
    assert "hv2" in result["reason"]
    result = role(knows=[], ovn_packet_trace_from="ls2-vm3", ovn_packet_trace_to="ls1-vm2")
    assert (result["verdict"], result["port"]) == ("delivered", "ls1-vm2")
    assert "Only the logical network was asked" in result["warnings"][0]
    mapped = role(
        knows=["hv1"],
        ovn_packet_trace_from="ls2-vm3",
        ovn_packet_trace_to="ls1-vm1",
        ovn_packet_trace_hosts={"hv1": "hv1"},
    )
    assert (mapped["verdict"], mapped["reached"]) == ("delivered", True)


def test_a_name_that_is_unknown(role):
    role(ovn_packet_trace_from="vm3", ovn_packet_trace_to="ls1-vm2", fails="did you mean ls2-vm3?")
    # A virtual machine of the inventory that its host does not have
    role(
        ovn_packet_trace_from="ls2-vm3",
        ovn_packet_trace_to="web",
        fails="there is no logical port, router port or load balancer 'web'",
    )
