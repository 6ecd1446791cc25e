# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""of_flow against a real ovs-vswitchd; what is on the switch is read with ovs-ofctl alone."""

from __future__ import annotations

import signal
import time

import pytest

FLOWS = [
    "table=1,priority=100,ip,nw_dst=192.0.2.0/24,actions=mod_dl_dst:02:00:00:00:00:01,output:1",
    {"table": 1, "priority": 90, "match": {"tcp": True, "tcp_dst": 80}, "actions": ["dec_ttl", "output:vm2"]},
    "table=2,arp,in_port=vm1 actions=NORMAL",
]


def dump(host, *what):
    lines = host.ofctl("-O", "OpenFlow15", "--no-stats", "--no-names", "dump-flows", "br0", *what).splitlines()
    # flows that were added by OpenFlow 1.0 show how that was done
    return sorted(line.strip().replace(" reset_counts", "") for line in lines if "actions=" in line)


STANDING = [
    "table=1, priority=100,ip,nw_dst=192.0.2.0/24 actions=set_field:02:00:00:00:00:01->eth_dst,output:1",
    "table=1, priority=90,tcp,tp_dst=80 actions=dec_ttl,output:2",
    "table=2, arp,in_port=1 actions=NORMAL",
]


def test_the_life_of_flows(host, play):
    """Create, again, change, again, delete, again; each under check mode first, with the same diff."""

    def twice(**arguments):
        before = dump(host)
        would = play("of_flow", check=True, bridge="br0", **arguments)
        assert dump(host) == before
        did = play("of_flow", bridge="br0", **arguments)
        for key in ("changed", "diff", "operations", "plan_hash", "objects"):
            assert would[key] == did[key]
        again = play("of_flow", bridge="br0", **arguments)
        assert not again["changed"]
        assert again["operations"] == []
        assert again["diff"]["before"] == again["diff"]["after"] == ""
        return did

    created = twice(flows=FLOWS)
    assert created["changed"]
    assert dump(host) == STANDING
    assert [o["changed"] for o in created["objects"]] == [True, True, True]
    assert created["diff"]["before"] == ""
    assert created["diff"]["after"].count("\n") == 3

    changed = twice(flows=[*FLOWS[:2], {"table": 2, "match": "arp,in_port=1", "actions": "drop"}])
    assert [o["changed"] for o in changed["objects"]] == [False, False, True]
    assert changed["diff"]["before"].endswith("arp,in_port=1 actions=NORMAL\n")
    assert changed["diff"]["after"].endswith("arp,in_port=1 actions=drop\n")

    deleted = twice(state="absent", flows=[{"table": 2, "match": "arp,in_port=1"}, "table=1,priority=90,tcp,tp_dst=80"])
    assert deleted["changed"]
    assert dump(host) == STANDING[:1]
    assert deleted["diff"]["after"] == ""


def test_a_flow_that_is_there_keeps_its_counters_and_age(host, play):
    play("of_flow", bridge="br0", flows=["ip,actions=drop"])
    host.appctl("netdev-dummy/receive", "vm1", "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"
                "eth_type(0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)")  # fmt: skip
    host.appctl("revalidator/wait")
    [flow] = play("of_flow_info", bridge="br0")["flows"]
    assert flow["n_packets"] == 1
    result = play(
        "of_flow", bridge="br0", purge=True, scope={"table": 0}, flows=["ip,actions=drop", "arp,actions=drop"]
    )
    assert [o["changed"] for o in result["objects"]] == [False, True]
    [after] = play("of_flow_info", bridge="br0", match="ip")["flows"]
    assert after["n_packets"] == 1
    assert after["duration"] > flow["duration"]


def test_exactly_these_of_a_cookie_and_no_others(host, play):
    host.ofctl("add-flow", "br0", "cookie=0x5,table=1,ip,nw_src=192.0.2.1,actions=drop")
    play("of_flow", bridge="br0", scope={"cookie": "0xbeef"}, purge=True,
         flows=["table=1,ip,nw_src=192.0.2.7,actions=drop", "table=1,ip,nw_src=192.0.2.8,actions=drop"])  # fmt: skip
    assert len(dump(host)) == 3
    result = play("of_flow", bridge="br0", scope={"cookie": "0xbeef"}, purge=True,
                  flows=["table=1,ip,nw_src=192.0.2.8,actions=drop"])  # fmt: skip
    assert result["operations"] == ["delete_strict cookie=0xbeef/-1,table=1,priority=32768,ip,nw_src=192.0.2.7"]
    assert dump(host) == [
        "cookie=0x5, table=1, ip,nw_src=192.0.2.1 actions=drop",
        "cookie=0xbeef, table=1, ip,nw_src=192.0.2.8 actions=drop",
    ]
    result = play("of_flow", fails=True, bridge="br0", scope={"cookie": "0xbeef"},
                  flows=["table=1,ip,nw_src=192.0.2.1,actions=NORMAL"])  # fmt: skip
    assert "flows[0]: would replace a flow outside of the scope" in result["msg"]
    result = play("of_flow", fails=True, bridge="br0", scope={"cookie": "0xb0/0xf0"}, flows=["cookie=0x3,actions=drop"])
    assert "flows[0]: outside of the scope (cookie=0xb0/0xf0)" in result["msg"]
    assert play("of_flow", bridge="br0", scope={"cookie": "0xbeef"}, purge=True)["changed"]
    assert dump(host) == ["cookie=0x5, table=1, ip,nw_src=192.0.2.1 actions=drop"]


def test_exactly_these_of_a_table(host, play):
    host.ofctl("add-flow", "br0", "table=3,priority=7,udp,actions=drop")
    host.ofctl("add-flow", "br0", "table=4,priority=7,udp,actions=drop")
    result = play("of_flow", bridge="br0", scope={"table": 3}, purge=True, flows=["tcp,actions=drop"])
    assert dump(host) == ["table=3, tcp actions=drop", "table=4, priority=7,udp actions=drop"]
    assert result["changed"]
    assert not play("of_flow", bridge="br0", scope={"table": 3}, purge=True, flows=["tcp,actions=drop"])["changed"]


def test_deleting_loosely_takes_every_priority(host, play):
    for flow in ("table=66,priority=100,reg0=1,reg15=3", "table=66,priority=50,reg0=1,reg15=3", "table=66,reg0=2"):
        host.ofctl("add-flow", "br0", flow + ",actions=drop")
    result = play("of_flow", bridge="br0", state="absent", strict=False, flows=["table=66,reg0=1"])
    assert result["changed"]
    assert len(result["operations"]) == 2
    assert dump(host) == ["table=66, reg0=0x2 actions=drop"]
    assert not play("of_flow", bridge="br0", state="absent", strict=False, flows=["table=66,reg0=1"])["changed"]


def test_a_large_purge_is_stopped(host, play):
    host.ofctl("add-flows", "br0", "-", stdin="".join(f"table=9,priority={n},actions=drop\n" for n in range(1, 13)))
    result = play("of_flow", fails=True, bridge="br0", scope={"table": 9}, purge=True)
    assert "max_deletes" in result["msg"]
    assert len(result["operations"]) == 12
    assert len(dump(host)) == 12
    assert play("of_flow", bridge="br0", scope={"table": 9}, purge=True, max_deletes=-1)["changed"]
    assert dump(host) == []


def test_the_plan_that_was_reviewed_or_nothing(host, play):
    reviewed = play("of_flow", check=True, bridge="br0", flows=["ip,actions=drop"])["plan_hash"]
    result = play("of_flow", fails=True, bridge="br0", flows=["ip,actions=NORMAL"], expect_plan=reviewed)
    assert "expect_plan" in result["msg"]
    assert dump(host) == []
    assert play("of_flow", bridge="br0", flows=["ip,actions=drop"], expect_plan=reviewed)["changed"]
    assert not play("of_flow", bridge="br0", flows=["ip,actions=drop"], expect_plan=reviewed)["changed"]


def test_flows_of_a_file_and_names_of_ports(host, play, tmp_path):
    file = tmp_path / "flows"
    file.write_text('# ours\n\ntable=5,in_port="my port",actions=output:vm1,vm2,"my port"  # all\n')
    result = play("of_flow", bridge="br0", src=str(file))
    assert result["changed"]
    assert dump(host) == ["table=5, in_port=3 actions=output:1,output:2,output:3"]
    assert not play("of_flow", bridge="br0", src=str(file))["changed"]
    file.write_text("table=5,actions=drop\ntable=5,nonsense=1,actions=drop\n")
    assert "src, line 2: unknown keyword nonsense" in play("of_flow", fails=True, bridge="br0", src=str(file))["msg"]


def test_what_a_flow_has_besides_match_and_actions(host, play):
    flow = {"cookie": "0x7", "table": 8, "idle_timeout": 300, "importance": 4, "flags": "send_flow_rem",
            "match": {"ip": None, "dl_dst": "02:00:00:00:00:0A"}, "actions": []}  # fmt: skip
    assert play("of_flow", bridge="br0", flows=[flow])["changed"]
    assert not play("of_flow", bridge="br0", flows=[flow])["changed"]
    assert dump(host) == [
        "cookie=0x7, table=8, idle_timeout=300, send_flow_rem importance=4, ip,dl_dst=02:00:00:00:00:0a actions=drop"
    ]
    assert play("of_flow", bridge="br0", flows=[{**flow, "idle_timeout": 301}])["changed"]
    assert not play("of_flow", bridge="br0", state="absent", flows=[{**flow, "cookie": 8}])["changed"]
    assert play("of_flow", bridge="br0", state="absent", flows=[flow])["changed"]


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        (["ip,actions=drop", "foo=1,actions=drop", "ip,actions=bar"],
         "flows[1]: unknown keyword foo; flows[2]: unknown action bar"),
        (["nw_dst=192.0.2.1,actions=drop"], "flows[0]: a part of its match has no effect"),
        (["ip,actions=drop", "table=0,ip,actions=NORMAL"], "flows[1]: the same table, priority and match as flows[0]"),
        (["table=255,actions=drop"], "flows[0]: table 255 means every table"),
        (["in_port=vm9,actions=drop"], "flows[0]: vm9: invalid or unknown port for in_port"),
        (["ip"], "flows[0]: must specify an action"),
        ([""], "flows[0]: an empty flow"),
        (["ip,actions=drop\ntcp,actions=drop"], "flows[0]: a flow is one line"),
        (["delete table=0,actions=drop"], "flows[0]: field delete"),
        ([{"prioritiy": 1}], "flows[0]: prioritiy: no part of a flow; its parts are table, priority"),
        ([{"match": {"dl_dst": 7620}, "actions": "drop"}], "quote it"),
        ([{"priority": "high", "actions": "drop"}], "flows[0]: priority: 'high' is not a number"),
        (["ip,actions=drop", "tcp,actions=group:77"], "flows[1]: the switch refuses it (OFPBAC_BAD_OUT_GROUP)"),
    ],
)  # fmt: skip
def test_a_bad_flow_is_named_and_nothing_is_written(host, play, flows, message):
    assert message in play("of_flow", fails=True, bridge="br0", flows=flows)["msg"]
    assert dump(host) == []


def test_options_that_do_not_fit(play):
    def error(**arguments):
        return play("of_flow", fails=True, bridge="br0", **arguments)["msg"]

    assert "scope: purge needs" in error(purge=True)
    assert "purge: goes with state=present" in error(purge=True, state="absent", scope={"table": 1})
    assert "scope: x is no cookie" in error(scope={"cookie": "x"}, purge=True)
    assert "scope: table 300" in error(scope={"table": 300}, purge=True)
    assert "priority goes with strict=true" in error(state="absent", strict=False, flows=["priority=1"])
    assert "timeout" in error(timeout=0)
    assert "bridge: 'tcp:192.0.2.1'" in play("of_flow", fails=True, bridge="tcp:192.0.2.1")["msg"]


def test_no_such_bridge(play):
    assert "bridge: br9 does not exist; there are: br0" in play("of_flow", fails=True, bridge="br9")["msg"]


def test_the_bridge_of_an_ovn_controller_is_refused(host, play):
    host.vsctl("add-br", "br-int", "--", "set", "Open_vSwitch", ".", "external_ids:ovn-remote=unix:/x")
    flows = ["table=99,actions=drop"]
    assert "ovn-controller" in play("of_flow", fails=True, bridge="br-int", flows=flows)["msg"]
    assert play("of_flow", bridge="br-int", flows=flows, allow_ovn_bridge=True)["changed"]
    assert play("of_flow", bridge="br0", flows=flows)["changed"]
    host.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-bridge=br0")
    assert "ovn-controller" in play("of_flow", fails=True, bridge="br0", flows=flows)["msg"]
    assert not play("of_flow", bridge="br-int", flows=flows)["changed"]


def test_a_bridge_that_speaks_only_openflow_10(host, play):
    host.vsctl("set", "Bridge", "br0", "protocols=OpenFlow10")
    assert "speaks only OpenFlow10" in play("of_flow", fails=True, bridge="br0")["msg"]
    host.vsctl("set", "Bridge", "br0", "protocols=OpenFlow10,OpenFlow13")
    assert play("of_flow", bridge="br0", flows=FLOWS)["changed"]
    assert not play("of_flow", bridge="br0", flows=FLOWS)["changed"]


def test_daemons_that_are_down_or_hang(host, play):
    host.signal("ovs-vswitchd", signal.SIGSTOP)
    start = time.monotonic()
    assert "no answer within 1 s" in play("of_flow", fails=True, bridge="br0", flows=FLOWS, timeout=1)["msg"]
    assert time.monotonic() - start < 4
    host.signal("ovs-vswitchd", signal.SIGCONT)
    host.stop("ovs-vswitchd")
    assert "is it running?" in play("of_flow", fails=True, bridge="br0", flows=FLOWS)["msg"]
    host.stop("ovsdb-server")
    assert "the Open vSwitch database does not answer" in play("of_flow", fails=True, bridge="br0", flows=FLOWS)["msg"]


def test_a_host_without_open_vswitch(host, play):
    host.env["PATH"] = "/nonexistent"
    assert "ovs-vsctl is not installed on this host" in play("of_flow", fails=True, bridge="br0")["msg"]


def test_the_endpoint_leads_to_the_switch(host, play):
    del host.env["OVS_RUNDIR"]
    assert play("of_flow", bridge="br0", flows=FLOWS, ovs=host.db)["changed"]
    host.env["OVS_RUNDIR"] = str(host.rundir)
    assert dump(host) == STANDING


def test_ten_thousand_flows(host, play, tmp_path):
    file = tmp_path / "flows"
    file.write_text(
        "".join(f"table=1,ip,nw_dst=10.{n >> 16}.{n >> 8 & 255}.{n & 255},actions=drop\n" for n in range(10_000))
    )
    assert play("of_flow", bridge="br0", src=str(file), scope={"table": 1}, purge=True)["changed"]
    host.ofctl("--strict", "del-flows", "br0", "table=1,ip,nw_dst=10.0.0.7")
    start = time.monotonic()
    result = play("of_flow", bridge="br0", src=str(file), scope={"table": 1}, purge=True)
    assert len(result["operations"]) == 1
    assert time.monotonic() - start < 5
