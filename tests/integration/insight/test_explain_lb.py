# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Balancers that work and balancers that cannot, in the document's network, each explained from what the daemons say."""

from __future__ import annotations

import shutil
import signal

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.explain_lb import explain
from tests.support import network
from tests.support.modules import run_module
from tests.support.roles import RolePlayer
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(not shutil.which("ovs-vswitchd"), reason="needs openvswitch-switch and ovn-host")
VM1, VM2, VIP = network.IP["vm1"], network.IP["vm2"], network.VIP


@pytest.fixture
def explained(cloud):
    """explained(VIP, ovn-nbctl commands...) -> the explanation once these are carried out; they are undone at the end."""

    def told(vip, *commands, sync=True):
        cloud.nbctl("init", *(word for command in commands for word in ["--", *command.split()]))
        if sync:
            cloud.sync()
        found = run_module("ovn_vip_info", {"vip": vip}, cloud.env)
        answers = []
        for number, chassis in enumerate(cloud.chassis, 1):
            for ip in sorted({vip["ip"] for vip in found["vips"]}):
                asked = {"item": [{"name": "hv%d" % number}, ip]}
                answers.append(
                    {**run_module("of_flow_info", {"bridge": "br-int", "match": {"nw_dst": ip}}, chassis.env), **asked}
                )
                answers.append({**run_module("ovs_conntrack_info", {"destination": ip}, chassis.env), **asked})
        return explain({"vips": found["vips"], "answers": answers})

    yield told
    for name in cloud.nbctl("--bare", "--columns=name", "list", "Load_Balancer").split():
        if name != "lb1":
            cloud.nbctl("lb-del", name)
    for kind, on in (("lr", "router1"), ("ls", "ls1")):
        cloud.nbctl(f"{kind}-lb-del", on)
    cloud.nbctl(
        "--may-exist",
        "ls-lb-add",
        "ls2",
        "lb1",
        "--",
        "--if-exists",
        "remove",
        "Logical_Router",
        "router1",
        "options",
        "chassis",
    )
    cloud.nbctl("clear", "Logical_Router_Port", "router1-ls2", "gateway_chassis")
    cloud.sync()


def problems(explanation):
    return [warning["problem"] for warning in explanation["warnings"]]


def test_one_that_works(explained):
    found = explained(VIP)
    [vip] = found["vips"]
    assert found["warnings"] == []
    assert vip["reachable_from"] == [{"on": "switch ls2", "ports": ["ls2-vm3"], "outside": []}]
    assert [(b["ip"], b["ports"][0]["name"], b["ports"][0]["known_by"]) for b in vip["backends"]] == [
        (VM1, "ls1-vm1", "MAC_Binding"),
        (VM2, "ls1-vm2", "MAC_Binding"),
    ]
    here = next(flow for flow in vip["flows"] if flow["chassis"] == "hv1")
    assert (here["datapath"], [bucket["backend"] for bucket in here["buckets"]]) == ("switch ls2", [VM1, VM2])
    assert vip["chosen"] == {VM1: {"n_packets": 0, "connections": 0}, VM2: {"n_packets": 0, "connections": 0}}
    assert "the ports of the switch ls2: ls2-vm3" in found["story"]


def test_who_was_chosen_how_often(cloud, explained):
    """Packets of new connections from vm3, as the switch sees them."""
    for port in range(40000, 40040):
        cloud.chassis[0].appctl(
            "netdev-dummy/receive", "vm3",
            f"in_port(1),eth(src={network.MAC['vm3']},dst={network.MAC['router1-ls2']}),eth_type(0x0800),"
            f"ipv4(src={network.IP['vm3']},dst={VIP},proto=6,tos=0,ttl=64,frag=no),tcp(src={port},dst=8000),tcp_flags(syn)",
        )  # fmt: skip

    def chosen():
        return explained(VIP)["vips"][0]["chosen"]

    # The switch counts a while after the packets
    until(lambda: sum(count["n_packets"] for count in chosen().values()) == 40, "all are counted")
    counts = chosen()
    assert sum(count["connections"] for count in counts.values()) == 40
    assert all(count["n_packets"] and count["n_packets"] == count["connections"] for count in counts.values()), counts


@pytest.mark.parametrize(
    ("vip", "commands", "expected", "says"),
    [
        ("lb1", ["ls-lb-del ls2 lb1"], "not_attached", "nobody can reach"),
        ("lb1", ["ls-lb-del ls2 lb1", "ls-lb-add ls1 lb1"], "only_on_servers_switch", "its own backends only (ls1)"),
        ("lb1", ["ls-lb-del ls2 lb1", "lr-lb-add router1 lb1"], "router_without_chassis", "router1 has neither"),
        (
            "lb1",
            ["ls-lb-del ls2 lb1", "lr-lb-add router1 lb1", "set Logical_Router router1 options:chassis=hv9"],
            "gateway_router_unbound",
            "asks for the chassis 'hv9'",
        ),
        (
            "lb1",
            ["ls-lb-del ls2 lb1", "lr-lb-add router1 lb1", "lrp-set-gateway-chassis router1-ls2 hv9 10"],
            "gateway_port_unbound",
            "router1-ls2 of the router router1 is on no chassis",
        ),
        ("near", [f"lb-add near 192.168.101.77 {VM1}", "ls-lb-add ls2 near"], "no_arp_responder", "nobody answers"),
        (
            "mute",
            [
                f"lb-add mute 192.168.101.78 {VM1}",
                "set Load_Balancer mute options:neighbor_responder=none",
                "lr-lb-add router1 mute",
                "set Logical_Router router1 options:chassis=hv1",
            ],
            "no_arp_responder",
            "keeps the router from answering",
        ),
        ("far", ["lb-add far 10.9.9.9 10.77.0.1", "ls-lb-add ls2 far"], "backend_unknown", "address 10.77.0.1"),
        (
            "idle",
            ["lb-add idle 10.9.9.9 10.77.0.1", "ls-lb-add ls2 idle", "set Load_Balancer idle vips:10.9.9.9=\"\""],
            "no_backends",
            "10.9.9.9 has no backend",
        ),
        (
            "lb1",
            ["--id=@check create Load_Balancer_Health_Check vip=10.254.10.10", "add Load_Balancer lb1 health_check @check"],
            "portless_with_health_check",
            "all packets are dropped",
        ),
        (
            "checked",
            [
                f"lb-add checked 10.9.9.9:80 {VM1}:80",
                "ls-lb-add ls2 checked",
                "--id=@check create Load_Balancer_Health_Check vip=\"10.9.9.9:80\"",
                "add Load_Balancer checked health_check @check",
            ],
            "backend_not_monitored",
            "never chosen",
        ),
    ],
)  # fmt: skip
def test_what_cannot_work(explained, cloud, vip, commands, expected, says):
    try:
        found = explained(vip, *commands)
        assert problems(found) == [expected]
        assert says in found["warnings"][0]["text"]
        assert "Way out: " + found["warnings"][0]["remedy"] in found["story"]
    finally:
        cloud.nbctl("clear", "Load_Balancer", "lb1", "health_check")


def test_a_chassis_that_is_behind(cloud, explained):
    cloud.chassis[0].signal("ovn-controller", signal.SIGSTOP)
    try:
        cloud.nbctl("--wait=sb", "ls-lb-del", "ls2", "lb1", "--", "ls-lb-add", "ls1", "lb1")
        found = explained(VIP, sync=False)
    finally:
        cloud.chassis[0].signal("ovn-controller", signal.SIGCONT)
    assert [w["text"] for w in found["warnings"] if w["problem"] == "flows_missing"] == [
        "the chassis hv1 has no flow that balances 10.254.10.10 for the switch ls1: its ovn-controller is behind, or does not run"
    ]


def test_a_gateway_port_that_works(explained):
    found = explained("lb1", "ls-lb-del ls2 lb1", "lr-lb-add router1 lb1", "lrp-set-gateway-chassis router1-ls2 hv1 10")
    assert found["warnings"] == []
    [reachable] = found["vips"][0]["reachable_from"]
    assert (reachable["on"], reachable["chassis"]) == ("router router1", ["hv1"])


def test_one_that_a_switch_has_by_its_group(cloud, explained):
    group = (
        "--id=@group create Load_Balancer_Group name=everywhere",
        "add Load_Balancer_Group everywhere load_balancer %s"
        % cloud.nbctl("--bare", "--columns=_uuid", "find", "Load_Balancer", "name=lb1").strip(),
    )
    try:
        found = explained("lb1", "ls-lb-del ls2 lb1", *group, "add Logical_Switch ls2 load_balancer_group @group")
        assert found["warnings"] == []
        [vip] = found["vips"]
        assert [(on["name"], on["through"]) for on in vip["switches"]] == [("ls2", "everywhere")]
        assert [on["on"] for on in vip["reachable_from"]] == ["switch ls2"]
        assert "is on the switch ls2 (by the group everywhere)" in found["story"]
    finally:
        cloud.nbctl(
            "clear", "Logical_Switch", "ls2", "load_balancer_group", "--", "--all", "destroy", "Load_Balancer_Group"
        )


def test_several_vips_and_a_name_of_nobody(explained, cloud):
    add = f"lb-add two 10.9.9.9:80 {VM1}:80", f"lb-add two 10.9.9.9:443 {VM2}:443", "ls-lb-add ls2 two"
    assert [vip["vip"] for vip in explained("10.9.9.9", *add)["vips"]] == ["10.9.9.9:443", "10.9.9.9:80"]
    assert [vip["vip"] for vip in explained("10.9.9.9:80")["vips"]] == ["10.9.9.9:80"]
    for asked, message in (
        ("nobody", "vip: no load balancer is called nobody; there are: lb1, two"),
        ("10.1.1.1", "vip: no load balancer has the VIP 10.1.1.1; there are: 10.254.10.10, 10.9.9.9:443, 10.9.9.9:80"),
    ):
        assert run_module("ovn_vip_info", {"vip": asked}, cloud.env, fails=True)["msg"] == message


def test_the_role(cloud, tmp_path):
    player = RolePlayer(cloud, tmp_path)
    found = player.play("ovn_explain_lb", "ovn_explain_lb_result", ovn_explain_lb_vip=VIP)
    assert found["warnings"] == []
    assert {flow["chassis"] for flow in found["vips"][0]["flows"]} == {"hv1"}
    found = player.play("ovn_explain_lb", "ovn_explain_lb_result", knows=["hv2"], ovn_explain_lb_vip="lb1")
    assert "Not asked, as no hosts of the inventory or too many: hv1" in found["story"]
    player.play("ovn_explain_lb", "-", fails="no load balancer is called nobody", ovn_explain_lb_vip="nobody")
    for name in ("vip", "ovn_explain_lb_vip"):
        assert player.playbook("explain_lb", "ovn_explain_lb_result", **{name: "lb1"})["vips"][0]["vip"] == VIP
