# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters and the test that playbooks use, called as templates call them."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.filter import central_plan, openflow, vip
from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.encoding import from_register, to_register
from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.flow import (
    BadFlow,
    flow_text,
    parse_flow,
    read_flow,
)
from ansible_collections.virtnet.ovn.plugins.test import ovn_bound

CALLS = {**openflow.FilterModule().filters(), **vip.FilterModule().filters(), **ovn_bound.TestModule().tests()}


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("to_register", ["192.168.101.10"], "0xc0a8650a"),
        ("to_register", ["02:AC:10:ff:00:33"], "0x2ac10ff0033"),
        ("to_register", ["fd00::1"], "0xfd000000000000000000000000000001"),
        ("from_register", ["0xc0a8650a"], "192.168.101.10"),
        ("from_register", [3232261386], "192.168.101.10"),
        ("from_register", ["0x2ac10ff0033"], "02:ac:10:ff:00:33"),
        ("from_register", ["0xfd000000000000000000000000000001"], "fd00::1"),
        ("from_register", ["0x1", "ipv6"], "::1"),
        ("to_flow", [{"table": 3, "match": {"ip": True}, "actions": ["drop"]}], "table=3,ip,actions=drop"),
        ("vip", ["[fd00::1]:80"], {"ip": "fd00::1", "port": 80, "family": 6}),
        ("vip", ["10.0.0.1"], {"ip": "10.0.0.1", "port": None, "family": 4}),
        ("ovn_bound", [{"chassis": "node1", "up": True}], True),
        ("ovn_bound", [{"chassis": "node1", "up": None}], True),
        ("ovn_bound", [{"chassis": "node1", "up": False}], False),
        ("ovn_bound", [{"chassis": None, "up": True}], False),
        ("ovn_bound", [{"up": True}], True),
        ("ovn_bound", [{"up": None}], False),
    ],
)
def test_values(name, arguments, value):
    assert CALLS[name](*arguments) == value


def test_what_stands_against_a_plan_is_a_part_of_it():
    """For a task that says it: an error of a filter would be told as one of its template."""
    planned = central_plan.FilterModule().filters()["central_plan"]
    assert planned({"a": "tcp:192.0.2.1:6643"}, "northbound", {"a": {}})["refused"] == []
    (told,) = planned({"a": "tcp:192.0.2.1:6643"}, "northbound", {"a": {"options": ["--ovn-northd-nb-db=cid:x"]}})[
        "refused"
    ]
    assert told.startswith("northbound: the options of a name a cluster, but no host has its database any more.")


def test_a_flow_is_data():
    assert CALLS["from_flow"]("table=3,ip,nw_dst=10.0.0.1,actions=drop")["match"] == {"ip": True, "nw_dst": "10.0.0.1"}


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("to_register", ["10.0.0.256"], "to_register: '10.0.0.256' is neither an IP nor an Ethernet address"),
        ("from_register", ["nonsense"], "from_register: 'nonsense' is no number"),
        ("from_register", [-1], "no number"),
        ("from_register", ["0x1ffffffff", "ipv4"], "more than the 32 bits"),
        ("from_register", [1, "ipx"], "kind: 'ipx' is none of ipv4, mac, ipv6"),
        ("from_flow", ["ip"], "from_flow: 'ip' is no flow"),
        ("to_flow", [{"tables": 3}], "to_flow: tables: no part of a flow"),
        ("vip", ["fd00::1:80:x"], "vip: "),
        ("ovn_bound", [{}], "ovn_bound: expected a row"),
    ],
)
def test_what_is_refused_names_filter_and_reason(name, arguments, reason):
    with pytest.raises(AnsibleFilterError, match=reason):
        CALLS[name](*arguments)


@given(st.ip_addresses(v=4))
def test_every_ipv4_address_comes_back(address):
    assert from_register(to_register(address)) == str(address)


@given(st.ip_addresses(v=6))
def test_every_ipv6_address_comes_back(address):
    assert from_register(to_register(address), "ipv6") == str(address)


@pytest.mark.parametrize(
    "line",
    [
        " cookie=0x5, duration=1s, table=66, n_packets=3, n_bytes=9, idle_age=1, priority=100,reg0=0xc0a8650a actions=drop",
        " cookie=0x0, duration=1.5s, table=0, n_packets=0, n_bytes=0, send_flow_rem priority=5,ip,nw_src=10.0.0.0/8"
        " actions=ct(commit,nat(dst=1.2.3.4)),resubmit(,4)",
        " cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, actions=NORMAL",
    ],
)
def test_a_dump_is_read_as_the_dump_parser_does(line):
    assert read_flow(line).data() == parse_flow(line).data()


@given(st.text())
def test_any_text_is_a_flow_or_refused(text):
    try:
        read_flow(text).data()
    except BadFlow:
        pass


def test_what_a_playbook_writes_is_read_back():
    given_flow = {"table": 7, "priority": 9, "match": {"tcp": True, "tp_dst": 80}, "actions": ["ct(commit)", "drop"]}
    found = read_flow(flow_text(given_flow)).data()
    assert {key: found[key] for key in ("table", "priority", "match", "action_list")} == {
        "table": 7,
        "priority": 9,
        "match": {"tcp": True, "tp_dst": "80"},
        "action_list": ["ct(commit)", "drop"],
    }
