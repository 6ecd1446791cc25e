# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovs_trace and ovn_trace in the document's network (its scenarios 4 and 5) and against daemons that fail."""

from __future__ import annotations

import signal
import time

import pytest

from tests.support import network
from tests.support.modules import run_module

ETHERNET = {
    "dl_src": network.MAC["vm3"],
    "dl_dst": network.MAC["router1-ls2"],
    "nw_src": network.IP["vm3"],
    "nw_ttl": 64,
}
PING = {"icmp": True, "icmp_type": 8, **ETHERNET}
LOGICAL = {
    "inport": "ls2-vm3",
    "eth.src": network.MAC["vm3"],
    "eth.dst": network.MAC["router1-ls2"],
    "ip4.src": network.IP["vm3"],
    "ip.ttl": 64,
}


@pytest.fixture
def trace(cloud):
    return lambda fails=False, **arguments: run_module("ovs_trace", arguments, cloud.chassis[0].env, fails=fails)


@pytest.fixture
def logical(cloud):
    return lambda fails=False, **arguments: run_module("ovn_trace", arguments, cloud.env, fails=fails)


def ports(result):
    return [output["port"] for output in result["outputs"]]


@pytest.mark.parametrize(
    ("flow", "port"),
    [
        ({**PING, "nw_dst": "192.168.101.1"}, "vm3"),
        ({"ip": True, **ETHERNET, "nw_dst": network.IP["vm1"], "nw_ttl": 32}, "vm1"),
        ({**PING, "nw_dst": network.IP["vm1"]}, "vm1"),
        ({**PING, "nw_dst": network.IP["vm2"]}, "ovn-hv2-0"),
    ],
)
def test_the_document_s_traces(trace, flow, port):
    result = trace(in_port="vm3", flow=flow)
    assert (result["verdict"], ports(result)) == ("output", [port])
    assert "dp_hash" not in result["assumed"]
    text = ",".join(name if value is True else f"{name}={value}" for name, value in flow.items())
    same = trace(flow=f"in_port=vm3,{text}")
    assert [s["table"] for s in same["steps"]] == [s["table"] for s in result["steps"]]


def test_the_balancer_needs_a_hash_and_gets_one(trace):
    vip = {"tcp": True, **ETHERNET, "nw_dst": network.VIP, "tcp_src": 40000, "tcp_dst": 8000}
    result = trace(in_port="vm3", flow=vip)
    assert result["verdict"] == "output"
    assert result["assumed"]["dp_hash"] == "1"
    reached = {ports(trace(in_port="vm3", flow=vip, dp_hash=number))[0] for number in range(1, 16)}
    assert reached == {"vm1", "ovn-hv2-0"}
    [step] = [s for s in result["steps"] if "bucket" in s]
    assert step["match"]["nw_dst"] == network.VIP
    told = trace(in_port="vm3", flow=vip, original_tuple=True)
    assert told["verdict"] == "output"
    assert told["assumed"] == {"ct_state": "trk|new", "ct_nw_src": network.IP["vm3"], "ct_nw_dst": network.VIP,
                               "ct_nw_proto": "6", "ct_tp_src": "40000", "ct_tp_dst": "8000", "dp_hash": "1"}  # fmt: skip
    assert trace(in_port="vm3", flow=vip, ct_next=["trk,est"])["verdict"] == "drop"


def test_a_vip_with_a_port_is_reached_whatever_the_release_matches(cloud, trace):
    """Newer ones look at what conntrack saw first, which a trace has to be told."""
    cloud.nbctl("lb-add", "lb2", "10.254.10.20:80", f"{network.IP['vm1']}:8000", "--", "ls-lb-add", "ls2", "lb2")
    cloud.sync()
    try:
        vip = {"tcp": True, **ETHERNET, "nw_dst": "10.254.10.20", "tcp_src": 40000, "tcp_dst": 80}
        result = trace(in_port="vm3", flow=vip)
        assert ports(result) == ["vm1"]
        assert result["threads"][-1]["final_fields"]["tp_dst"] == "8000"
    finally:
        cloud.nbctl("lb-del", "lb2")
        cloud.sync()


def test_a_stale_mac_binding_is_seen(cloud, trace, logical):
    """Scenario 5: the ping to the gateway is dropped, table 66 gives the old address; mended, it is not."""
    flow = {**PING, "nw_dst": "192.168.101.1"}

    def given(result):
        return [s["set_fields"]["eth_dst"] for s in result["steps"] if s["table"] == 66 and s["matched"]]

    [row] = cloud.rows("--columns=_uuid", "find", "MAC_Binding", f"ip={network.IP['vm3']}")
    network.make_stale(cloud)
    try:
        broken = trace(in_port="vm3", flow=flow)
        assert broken["verdict"] == "drop"
        assert given(broken) == [network.STALE_MAC]
        [binding] = [s for s in broken["steps"] if s["table"] == 66 and s["matched"]]
        assert int(binding["cookie"], 16) == int(row["_uuid"][1][:8], 16)
        assert not broken["threads"][-1]["datapath_actions"].startswith("drop")  # so the last line alone would mislead
        assert logical(microflow={**LOGICAL, "ip4.dst": "192.168.101.1", "icmp4.type": 8})["verdict"] == "drop"
    finally:
        cloud.sbctl("set", "MAC_Binding", row["_uuid"][1], f'mac="{network.MAC["vm3"]}"')
        cloud.sync()
    mended = trace(in_port="vm3", flow=flow)
    assert (mended["verdict"], given(mended)) == ("output", [network.MAC["vm3"]])


def test_the_document_s_repair_by_flows(cloud, trace):
    """Delete the flow of table 66 and add it again with the right address, on OVN's own bridge."""
    env = cloud.chassis[0].env
    network.make_stale(cloud)
    [row] = cloud.rows("--columns=_uuid", "find", "MAC_Binding", f"ip={network.IP['vm3']}")
    try:
        [old] = run_module("of_flow_info", {"bridge": "br-int", "table": 66, "match": {"reg0": "0xc0a8650a"}}, env)[
            "flows"
        ]
        repair = {"bridge": "br-int", "flows": [{
            "table": 66, "priority": old["priority"], "cookie": old["cookie"], "match": old["match"],
            "actions": old["actions"].replace(network.STALE_MAC, network.MAC["vm3"]),
        }]}  # fmt: skip
        assert "allow_ovn_bridge" in run_module("of_flow", repair, env, fails=True)["msg"]
        assert run_module("of_flow", {**repair, "allow_ovn_bridge": True}, env)["changed"]
        assert ports(trace(in_port="vm3", flow={**PING, "nw_dst": "192.168.101.1"})) == ["vm3"]
    finally:
        cloud.sbctl("set", "MAC_Binding", row["_uuid"][1], f'mac="{network.MAC["vm3"]}"')
        cloud.sync()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"flow": PING}, "in_port: say where the packet comes in"),
        ({"flow": PING, "in_port": "vm9"}, "in_port: br-int has no port vm9; there are: br-int, "),
        ({"flow": "in_port=1,icmp", "in_port": "vm3"}, "in_port: the flow has one already"),
        ({"flow": "foo=1", "in_port": "vm3"}, "foo"),
        ({"flow": {"dl_src": 7620}, "in_port": "vm3"}, "flow: dl_src: 7620 is no MAC address"),
        ({"flow": PING, "in_port": "vm3", "bridge": "br9"}, "bridge: br9 does not exist"),
        ({"flow": PING, "in_port": "vm3", "ct_next": ["--x"]}, "ct_next[0]"),
        ({"flow": PING, "in_port": "vm3", "ct_next": ["bogus"]}, "bogus"),
        ({"flow": "arp", "in_port": "vm3", "original_tuple": True}, "original_tuple: the flow needs"),
        ({"flow": "arp\n", "in_port": "vm3\n"}, "in_port"),
    ],
)
def test_bad_input_of_ovs_trace(trace, arguments, message):
    assert message in trace(fails=True, **arguments)["msg"]


def test_the_logical_trace(logical):
    gateway = logical(microflow={**LOGICAL, "ip4.dst": "192.168.101.1", "icmp4.type": 8})
    assert (gateway["verdict"], ports(gateway), gateway["path"]) == ("output", ["ls2-vm3"], ["ls2", "router1", "ls2"])
    vip = {**LOGICAL, "ip4.dst": network.VIP, "tcp.dst": 8000}
    assert logical(microflow=vip)["verdict"] == "drop"  # established is the default, which is never balanced
    for backend, port in ((network.IP["vm1"], "ls1-vm1"), (network.IP["vm2"], "ls1-vm2")):
        result = logical(datapath="ls2", microflow=vip, ct=["new", "new"], lb_dst=backend)
        assert ports(result) == [port]
    free = logical(microflow=vip, ct=["new", "new"])
    assert free["load_balancing"][0]["backends"] == [network.IP["vm1"], network.IP["vm2"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"microflow": {"inport": "bogus"}, "datapath": "ls2"}, "microflow: bogus: unknown logical port"),
        ({"microflow": LOGICAL, "datapath": "nope"}, 'datapath: unknown datapath "nope"'),
        ({"microflow": 'inport == "ls2-vm3" && foo'}, "microflow: error parsing flow: Syntax error at `foo'"),
        ({"microflow": "ip4"}, "microflow: error parsing flow: flow match expression does not match on inport"),
        ({"microflow": ""}, "microflow: an empty microflow"),
        ({"microflow": "--help"}, "microflow: "),
        ({"microflow": {"inport": "x", "eth.src": 5}}, "microflow: eth.src: 5 is no MAC address"),
        ({"microflow": LOGICAL, "ct": ["bogus"]}, "ct: bogus"),
        ({"microflow": LOGICAL, "sb": "unix:/nope"}, "sb: the southbound database does not answer"),
        ({"microflow": LOGICAL, "sb": "tcp:127.0.0.1:9"}, "sb: the southbound database does not answer"),
        ({"microflow": LOGICAL, "timeout": -1}, "timeout"),
    ],
)
def test_bad_input_of_ovn_trace(logical, arguments, message):
    assert message in logical(fails=True, **arguments)["msg"]


def test_daemons_that_hang_or_are_not_there(cloud, trace, logical):
    cloud.signal("ovnsb", signal.SIGSTOP)
    try:
        start = time.monotonic()
        assert "no answer within 1 s" in logical(fails=True, microflow=LOGICAL, timeout=1)["msg"]
        assert time.monotonic() - start < 4
    finally:
        cloud.signal("ovnsb", signal.SIGCONT)
    host = cloud.chassis[0]
    host.signal("ovs-vswitchd", signal.SIGSTOP)
    try:
        assert "no answer within 1 s" in trace(fails=True, in_port="vm3", flow=PING, timeout=1)["msg"]
    finally:
        host.signal("ovs-vswitchd", signal.SIGCONT)
    for name, arguments in (("ovs_trace", {"flow": "in_port=1,ip"}), ("ovn_trace", {"microflow": LOGICAL})):
        result = run_module(name, arguments, {**host.env, "PATH": "/nonexistent"}, fails=True)
        assert "is not installed on this host" in result["msg"]


def test_a_switch_that_is_down(host, play):
    flow = {"flow": "in_port=1,ip", "bridge": "br0"}
    assert play("ovs_trace", **flow)["verdict"] == "drop"
    host.stop("ovs-vswitchd")
    assert "ovs-vswitchd" in play("ovs_trace", fails=True, **flow)["msg"]
    assert "is it running?" in play("ovs_trace", fails=True, **flow)["msg"]
