# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""of_flow_info against a real switch, and against OVN's own flows."""

from __future__ import annotations

import os

import pytest

from tests.support import network
from tests.support.modules import run_module

PACKET = (
    "in_port({port}),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),"
    "ipv4(src=192.0.2.1,dst=198.51.100.{host},proto=17,tos=0,ttl=64,frag=no),udp(src={source},dst=53)"
)


def test_flows_and_groups_with_what_they_counted(host, play):
    host.ofctl(
        "-O", "OpenFlow15", "add-group", "br0",
        "group_id=7,type=select,selection_method=hash,fields(udp_src),"
        "bucket=bucket_id:1,weight:1,actions=output:1,bucket=bucket_id:2,weight:1,actions=output:2",
    )  # fmt: skip
    host.ofctl("-O", "OpenFlow15", "add-group", "br0", "group_id=8,type=indirect,bucket=actions=output:2")
    host.ofctl("add-flow", "br0", "cookie=0xabc,table=0,priority=5,udp,nw_dst=198.51.100.9,actions=group:7")
    host.ofctl("add-flow", "br0", "table=0,priority=4,ip,in_port=vm2,actions=drop")
    for source in range(1000, 1040):
        host.appctl("netdev-dummy/receive", "vm1", PACKET.format(port=1, host=9, source=source))
    host.appctl("revalidator/purge")

    everything = play("of_flow_info", bridge="br0")
    assert len(everything["flows"]) == 2
    assert [g["group_id"] for g in everything["groups"]] == [7, 8]

    found = play("of_flow_info", bridge="br0", match={"ip_dst": "198.51.100.9", "ip": True}, actions=["group:"])
    [flow] = found["flows"]
    assert (flow["n_packets"], flow["group_ids"], flow["cookie"], flow["priority"]) == (40, [7], "0xabc", 5)
    [group] = found["groups"]
    assert group["selection_method"] == "hash"
    assert group["n_packets"] == 40
    packets = [bucket["n_packets"] for bucket in group["buckets"]]
    assert sum(packets) == 40
    assert all(packets)
    assert [bucket["action_list"] for bucket in group["buckets"]] == [["output:vm1"], ["output:vm2"]]

    [named] = play("of_flow_info", bridge="br0", match="in_port=vm2", groups=False)["flows"]
    assert named["match"] == {"ip": True, "in_port": "vm2"}
    [numbered] = play("of_flow_info", bridge="br0", match="in_port=2", names=False)["flows"]
    assert numbered["match_text"] == "ip,in_port=2"


def test_which_flows(host, play):
    host.ofctl("add-flows", "br0", "-", stdin="cookie=0xb1,table=1,priority=1,ip,actions=drop\n"
               "cookie=0xb2,table=1,priority=2,ip,actions=drop\ncookie=0xc1,table=2,priority=1,ip,actions=drop\n")  # fmt: skip

    def cookies(**arguments):
        return [flow["cookie"] for flow in play("of_flow_info", bridge="br0", **arguments)["flows"]]

    assert cookies(table=1) == ["0xb1", "0xb2"]
    assert cookies(cookie="0xb0/0xf0") == ["0xb1", "0xb2"]
    assert cookies(priority=1) == ["0xb1", "0xc1"]
    assert cookies(cookie="0xb1") == ["0xb1"]
    assert cookies(table=9) == []
    assert play("of_flow_info", bridge="br0", table=9)["groups"] == []
    texts = [flow["text"] for flow in play("of_flow_info", bridge="br0")["flows"]]
    assert not play("of_flow", bridge="br0", flows=texts)["changed"]


def test_a_query(host, play):
    host.ofctl("add-flow", "br0", "table=1,priority=7,arp,actions=drop")
    query = "flows[].{match: match_text, priority: priority}"
    assert play("of_flow_info", bridge="br0", query=query)["result"] == [{"match": "arp", "priority": 7}]
    assert "query: " in play("of_flow_info", fails=True, bridge="br0", query="flows[")["msg"]


def test_jmespath_is_wanted_for_a_query_alone(host, play, tmp_path):
    (tmp_path / "jmespath.py").write_text("raise ImportError('no jmespath here')\n")
    host.env["PYTHONPATH"] = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    assert play("of_flow_info", bridge="br0")["flows"] == []
    assert "jmespath" in play("of_flow_info", fails=True, bridge="br0", query="flows")["msg"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bridge": "br9"}, "bridge: br9 does not exist"),
        ({"bridge": "br0", "cookie": "x"}, "cookie: x is no cookie"),
        ({"bridge": "br0", "table": 255}, "table 255"),
        ({"bridge": "br0", "match": {"dl_dst": 5}}, "match.dl_dst: 5 is no MAC address"),
    ],
)
def test_bad_input(play, arguments, message):
    assert message in play("of_flow_info", fails=True, **arguments)["msg"]


def test_the_document_s_balancer(cloud):
    """Scenario 4: the flow of new connections to the VIP, its group, and a bucket for each backend."""
    chassis = cloud.chassis[0]
    found = run_module(
        "of_flow_info", {"bridge": "br-int", "match": {"ct_state": "+new+trk", "nw_dst": network.VIP}}, chassis.env
    )
    [flow] = found["flows"]
    assert flow["actions"].endswith("group:%d" % flow["group_ids"][0])
    [group] = found["groups"]
    assert [
        [ip for ip in network.IP.values() if f"nat(dst={ip})" in bucket["actions"]] for bucket in group["buckets"]
    ] == [[network.IP["vm1"]], [network.IP["vm2"]]]
    assert all(isinstance(bucket["n_packets"], int) for bucket in group["buckets"])
