# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows as text and as data, scopes and plans; and that no text at all is more than these parsers can take."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow import (
    bridge,
    flow,
    group,
    ofproto_trace,
    ovn_trace,
    plan,
    run_traces,
    text,
    tool,
)

GOLDEN = pathlib.Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("drop", ["drop"]),
        ("ct(commit,nat(dst=1.2.3.4)),resubmit(,4)", ["ct(commit,nat(dst=1.2.3.4))", "resubmit(,4)"]),
        ('output:"a,b",drop', ['output:"a,b"', "drop"]),
        ("move:NXM[0..3]->X[],drop", ["move:NXM[0..3]->X[]", "drop"]),
        ("))((,,a", ["))((", "a"]),
        ("", []),
    ],
)
def test_fields_are_split_outside_of_brackets(line, fields):
    assert text.split_fields(line) == fields


@pytest.mark.parametrize(
    ("line", "identity", "actions", "rest"),
    [
        (" cookie=0x5, duration=1.5s, table=3, n_packets=7, n_bytes=9, idle_age=1, priority=9,ip,nw_dst=1.2.3.4 actions=drop",
         (3, 9, "ip,nw_dst=1.2.3.4"), "drop", {"cookie": "0x5", "n_packets": 7, "duration": 1.5}),
        (" actions=drop", (0, 32768, ""), "drop", {}),
        (" table=3, actions=drop", (3, 32768, ""), "drop", {}),
        (" cookie=0x7, send_flow_rem actions=drop", (0, 32768, ""), "drop", {"flags": ["send_flow_rem"]}),
        (" table=1, send_flow_rem importance=4, tcp actions=output:1", (1, 32768, "tcp"), "output:1", {"importance": 4}),
        (' table=1, priority=5,in_port="my port" actions=output:"p,1"', (1, 5, 'in_port="my port"'), 'output:"p,1"', {}),
        (" table=classifier, reset_counts ip actions=drop", ("classifier", 32768, "ip"), "drop", {"flags": []}),
    ],
)  # fmt: skip
def test_a_line_of_a_dump(line, identity, actions, rest):
    found = flow.parse_flow(line)
    assert (found.identity, found.actions) == (identity, actions)
    data = found.data()
    assert {name: data[name] for name in rest} == rest


@pytest.mark.parametrize("line", ["NXST_FLOW reply (xid=0x4):", "", "actions=", "priority=x,ip actions=drop"])
def test_what_is_no_flow(line):
    assert flow.parse_flow(line) is None


def test_what_would_be_sent_and_what_is_dumped_are_the_same_flow():
    sent = flow.parse_flow_mod(
        "OFPT_FLOW_MOD (OF1.5) (xid=0x2): ADD table:1 priority=90,tcp,tp_dst=80 cookie:0x5 idle:30 importance:4 "
        "send_flow_rem actions=output:1"
    )
    there = flow.parse_flow(
        " cookie=0x5, table=1, idle_timeout=30, send_flow_rem importance=4, priority=90,tcp,tp_dst=80 actions=output:1"
    )
    assert (sent.identity, sent.content) == (there.identity, there.content)
    assert sent.text() == there.text()
    assert sent.text() == (
        "cookie=0x5,idle_timeout=30,importance=4,table=1,priority=90,tcp,tp_dst=80,send_flow_rem actions=output:1"
    )


@pytest.mark.parametrize(
    ("sent", "there"),
    [
        ("ADD table:1 priority=90,tcp,tp_dst=80 cookie:0x5 actions=output:1",
         " cookie=0x5, table=1, priority=90,tcp,tp_dst=80 actions=output:1"),
        ("ADD priority=7 actions=drop", " priority=7 actions=drop"),
    ],
)  # fmt: skip
def test_a_plain_flow_is_known_as_the_line_of_a_dump(sent, there):
    found, dumped = flow.parse_flow_mod("OFPT_FLOW_MOD (OF1.5) (xid=0x2): " + sent), flow.parse_flow(there)
    assert found.line == there
    assert (found.identity, found.content, found.text()) == (dumped.identity, dumped.content, dumped.text())
    assert flow.parse_flow_mod("OFPT_FLOW_MOD (OF1.5) (xid=0x2): ADD ip idle:30 actions=drop").line is None


@pytest.mark.parametrize(
    ("given_", "written"),
    [
        ({"match": {"ip": True, "nw_dst": "1.2.3.4"}, "actions": ["dec_ttl", "output:1"]},
         "ip,nw_dst=1.2.3.4,actions=dec_ttl,output:1"),
        ({"table": 1, "cookie": "0x5", "priority": 7, "match": "arp", "actions": []},
         "table=1,priority=7,cookie=0x5,arp,actions=drop"),
        ({"match": None, "actions": "drop"}, "actions=drop"),
        ({"match": {"ip": None, "tcp": False}}, "ip"),
    ],
)  # fmt: skip
def test_a_dictionary_as_text(given_, written):
    assert flow.flow_text(given_) == written


@pytest.mark.parametrize(
    "given_",
    ["", "a\nb", "drop # x", {"tabel": 1}, {"table": "x"}, {"flags": ["x"]}, {"match": {"eth_src": 1}}, {"match": {"ip": []}},
     {"match": "ip", "actions": "drop\nadd"}, {"priority": True}],
)  # fmt: skip
def test_what_no_flow_is_written_from(given_):
    with pytest.raises(flow.BadFlow):
        flow.flow_text(given_)


@pytest.mark.parametrize(
    ("wanted", "match", "same"),
    [
        ({"nw_dst": "10.254.10.10"}, "ip,nw_dst=10.254.10.10", True),
        ({"ip_dst": "10.254.10.10/32"}, "ip,nw_dst=10.254.10.10", True),
        ({"nw_dst": "10.254.10.1"}, "ip,nw_dst=10.254.10.10", False),
        ({"ip": True}, "tcp", True),
        ({"ip": True}, "tcp6", False),
        ({"tcp": True}, "ip", False),
        ({"ct_state": "+trk+new"}, "ct_state=+new+trk,ip", True),
        ({"ct_state": "+trk"}, "ct_state=+new+trk,ip", False),
        ({"reg0": 10}, "reg0=0xa", True),
        ({"reg0": "0x2/0x2002"}, "reg0=0x2/0x2002", True),
        ({"reg0": "0x2"}, "reg0=0x2/0x2002", False),
        ({"dl_dst": "02:AC:10:FF:00:33"}, "dl_dst=02:ac:10:ff:00:33", True),
        ({"in_port": "my port"}, 'in_port="my port"', True),
        ({"metadata": 0}, "ip", False),
    ],
)
def test_a_flow_is_found_by_what_it_matches(wanted, match, same):
    assert flow.matches(wanted, flow.parse_match(match)) is same


def test_a_field_comes_after_those_that_it_builds_upon():
    match = {
        "tp_dst": 80,
        "nw_dst": "1.2.3.4",
        "ct_nw_proto": 6,
        "ip_proto": 6,
        "eth_type": 2048,
        "ct_state": "trk",
        "ip": None,
    }
    assert flow.match_text(match) == "ip,eth_type=2048,ct_state=trk,ip_proto=6,ct_nw_proto=6,tp_dst=80,nw_dst=1.2.3.4"


def test_a_look_up_that_finds_nothing_decides_nothing():
    result = ofproto_trace.parse_trace(
        'Flow: ip\n\nbridge("br0")\n-------------\n 0. ip, priority 1\n    resubmit(,73)\n    73. No match.\n'
        "            drop\n    set_field:0->reg1\n\nFinal flow: unchanged\nMegaflow: ip\nDatapath actions: drop\n"
    )
    assert [step["actions"] for step in result["steps"]] == [["resubmit(,73)", "set_field:0->reg1"], ["drop"]]
    assert (result["verdict"], result["last_step"]) == ("drop", 0)


def flows(*lines):
    return [flow.parse_flow(" " + line) for line in lines]


def test_a_scope():
    scope = plan.Scope(table=3, cookie="0xb0/0xf0")
    inside, other_table, other_cookie = flows(
        "cookie=0xb7, table=3, ip actions=drop", "cookie=0xb7, table=4, ip actions=drop", "table=3, ip actions=drop"
    )
    assert inside in scope
    assert other_table not in scope
    assert other_cookie not in scope
    assert str(scope) == "table=3,cookie=0xb0/0xf0"
    assert scope.exact_cookie is None
    assert plan.Scope(cookie="7").exact_cookie == 7
    for wrong in ({"cookie": "x"}, {"cookie": "1/y"}, {"cookie": "-1"}, {"table": 255}):
        with pytest.raises(ValueError, match=r"cookie|table"):
            plan.Scope(**wrong)


def test_a_plan_touches_only_what_differs():
    current = flows("table=1, ip actions=drop", "table=1, arp actions=drop", "table=2, ip actions=drop")
    wanted = flows("table=1, ip actions=drop", "table=1, tcp actions=drop")
    assert plan.present(wanted, current).operations == ["add cookie=0x0,table=1,priority=32768,tcp actions=drop"]
    exact = plan.present(wanted, current, plan.Scope(table=1))
    assert exact.operations[1:] == ["delete_strict cookie=0x0/-1,table=1,priority=32768,arp"]
    assert [f.match for f in exact.deleted] == ["arp"]
    assert plan.present(current, current, plan.Scope(table=1)).operations == []
    assert plan.absent(wanted, current).operations == ["delete_strict cookie=0x0/-1,table=1,priority=32768,ip"]


def test_names_of_ports_become_numbers_where_ports_are_meant():
    switch = bridge.Bridge("br0", {"timeout": 1})
    switch._ports = {"vm1": 1, "my port": 2, "ip": 3, "normal": 4, "br0": 65534, "7": 8}
    for given_, numbered in (
        ("ip,in_port=vm1,actions=output:vm1", "ip,in_port=1,actions=output:1"),
        ('in_port="my port",actions="my port",vm1,ip', "in_port=2,actions=2,1,3"),
        ("tcp,actions=resubmit(vm1,3),enqueue:vm1:2,set_field:vm1->in_port,normal",
         "tcp,actions=resubmit(1,3),enqueue:1:2,set_field:1->in_port,normal"),
        ("actions=clone(output:br0),output:7,set_field:vm1x->reg0", "actions=clone(output:LOCAL),output:7,set_field:vm1x->reg0"),
    ):  # fmt: skip
        assert switch.number_ports(given_) == numbered


@pytest.mark.parametrize(
    ("settings_", "bridges"),
    [
        ({}, []),
        ({"ovn-remote": "unix:/x"}, ["br-int"]),
        ({"ovn-remote": "unix:/x", "ovn-bridge": "br-ovn"}, ["br-ovn"]),
        ({"ovn-remote-hv2": "unix:/x"}, ["br-int"]),
        ({"ovn-bridge": "br-ovn", "ovn-bridge-hv2": "br-two"}, ["br-ovn", "br-two"]),
    ],
)
def test_which_bridges_ovn_controller_writes(settings_, bridges):
    assert bridge.ovn_bridges(settings_) == bridges


@pytest.mark.parametrize(
    ("actions", "verdict", "ports", "pending"),
    [
        ("drop", "drop", [], []),
        ("ct(commit,zone=1)", "drop", [], []),
        ("vm1", "output", ["vm1"], []),
        ("ct_clear,3,4", "output", ["3", "4"], []),
        ('"my port",vm1', "output", ["my port", "vm1"], []),
        ("ct(zone=1,nat),recirc(0x5)", "recirculated", [], ["0x5"]),
        ("clone(ct(commit),2),recirc(0x5)", "output", ["2"], ["0x5"]),
        ("check_pkt_len(size=1500,gt(userspace(pid=0,controller(reason=1))),le(7))", "output", ["7"], []),
        ("userspace(pid=0,controller(reason=1,userdata=00))", "controller", [], []),
        ("sample(sample=50.0%,actions(userspace(pid=1,sFlow(vid=0)))),9", "output", ["9"], []),
        ("tnl_pop(genev_sys_6081)", "recirculated", [], ["tunnel"]),
        ("set(tunnel(tun_id=0x3,dst=10.0.0.2,ttl=64,tp_dst=6081,flags(df))),genev_sys_6081", "output", ["genev_sys_6081"], []),
        ("clone(tnl_push(tnl_port(genev_sys_6081),header(size=58,type=5,eth(dst=02:00:00:00:00:02,src=02:00:00:00:00:01,"
         "dl_type=0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=0x4000),udp(src=0,dst=6081,csum=0xffff),"
         "geneve(crit,vni=0x3,options({class=0x102,type=0x80,len=4,0x10001}))),out_port(eth0)),2)", "output", ["genev_sys_6081", "2"], []),
        ("", "unknown", [], []),
        ("((((", "drop", [], []),
    ],
)  # fmt: skip
def test_what_datapath_actions_do_with_the_packet(actions, verdict, ports, pending):
    result = ofproto_trace.parse_trace(f"Flow: ip\n\nDatapath actions: {actions}\n")
    assert (result["verdict"], [o["port"] for o in result["outputs"]]) == (verdict, ports)
    assert result["not_followed"] == pending
    for output in result["outputs"]:
        if output["port"] == "genev_sys_6081":
            assert (output["remote_ip"], output["tun_id"]) == ("10.0.0.2", "0x3")


@pytest.mark.parametrize(
    ("microflow", "expression"),
    [
        ({"inport": "p 1", "eth.src": "02:00:00:00:00:01", "ip4": True, "tcp": False, "ip.ttl": 64},
         'inport == "p 1" && eth.src == 02:00:00:00:00:01 && ip4 && !tcp && ip.ttl == 64'),
        ({"inport": 'a"b'}, 'inport == "a\\"b"'),
        (' inport == "x" ', 'inport == "x"'),
    ],
)  # fmt: skip
def test_a_microflow_as_an_expression(microflow, expression):
    assert ovn_trace.microflow_text(microflow) == expression


@pytest.mark.parametrize("microflow", ["", None, {}, {"eth.src": 5}, {"inport": ["a"]}])
def test_what_is_no_microflow(microflow):
    with pytest.raises(flow.BadFlow):
        ovn_trace.microflow_text(microflow)


def test_states_of_conntrack():
    assert run_traces._ct_states({"ct": ["new", "trk, est"]}, "ct") == ["new", "trk,est"]
    with pytest.raises(tool.OpenFlowError, match=r"ct\[1\]"):
        run_traces._ct_states({"ct": ["new", "--all"]}, "ct")


def test_a_tool_that_is_missing_hangs_or_complains():
    with pytest.raises(tool.OpenFlowError, match="is not installed on this host"):
        tool.run(["no-such-tool-at-all"], 1)
    with pytest.raises(tool.OpenFlowError, match=r"no answer within 0\.1 s"):
        tool.run(["sleep", "5"], 0.1)
    stderr = (
        "2026-01-01T00:00:00Z|00001|vconn|WARN|x\novs-appctl: ovs-vswitchd: server returned an error\novs-ofctl: y\n"
    )
    assert tool.Done(1, "", stderr).reason == "y"
    assert tool.Done(2, "", "").reason == "it ended with status 2 and said nothing"


# ---------------------------------------------------------------- garbage

PARSERS = [
    flow.parse_flows,
    flow.parse_match,
    flow.parse_flow_mod,
    group.parse_groups,
    lambda garbage: group.add_statistics(group.parse_groups(garbage), garbage),
    text.split_fields,
    ofproto_trace.parse_trace,
    ovn_trace.parse_trace,
]
LINES = sorted({line for file in GOLDEN.rglob("*") if file.is_file() for line in file.read_text().splitlines()})[::7]
PIECES = st.sampled_from(["(", ")", ",", '"', "[", "]", "=", ":", "\n", " ", "    ", "actions=", "recirc(0x1)", "bucket 1",
                          "group_id=1,", "priority=", "8. ", "->", "Flow: ", "Datapath actions: ", "bridge(\"x\")", "----",
                          'ingress(dp="x", inport="y")', "OFPT_FLOW_MOD (x): ADD ", "٣", "²"])  # fmt: skip
GARBAGE = st.one_of(
    st.text(),
    st.lists(PIECES, max_size=40).map("".join),
    # real lines with other indentation, out of order, cut off
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(LINES), st.integers(0, 200)).map(
            lambda drawn: " " * drawn[0] + drawn[1][: drawn[2]]
        ),
        max_size=30,
    ).map("\n".join),
)


@settings(deadline=None, max_examples=300)
@given(GARBAGE)
def test_no_garbage_makes_a_parser_fail(garbage):
    for parser in PARSERS:
        parser(garbage)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(sorted(GOLDEN.rglob("*.ofproto"))), st.integers(0, 20000))
def test_no_trace_that_is_cut_and_mended_badly_makes_it_fail(noise, file, where):
    whole = file.read_text()
    broken = whole[:where] + noise.decode("utf-8", "replace") + whole[where + 30 :]
    assert ofproto_trace.parse_trace(broken)["verdict"] in ("output", "drop", "controller", "recirculated", "unknown")


def test_no_flow_of_a_long_dump_is_lost():
    lines = (GOLDEN / "25.03/balancer.flows").read_text().splitlines()
    assert len(flow.parse_flows("\n".join(lines * 100))) == 100 * len(flow.parse_flows("\n".join(lines)))
