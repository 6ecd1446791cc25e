# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of packets in the document's network, from facts that were recorded there (record.py)."""

from __future__ import annotations

import copy
import json
import pathlib
import re

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.virtnet.ovn.plugins.filter.insight import FilterModule
from ansible_collections.virtnet.ovn.plugins.module_utils._insight import packet_trace, path

FACTS = sorted((pathlib.Path(__file__).parent / "facts").rglob("*.json"))
RELEASES = sorted({file.parent.name for file in FACTS})
STALE, VM3 = "02:ac:10:ff:00:13", "02:ac:10:ff:00:33"


def facts(release, name):
    return json.loads((pathlib.Path(__file__).parent / "facts" / release / f"{name}.json").read_text())


@pytest.mark.parametrize("release", RELEASES)
class TestJudgement:
    @pytest.mark.parametrize(
        ("name", "verdict", "reached", "port", "cause"),
        [
            ("gateway", "answered", True, "ls2-vm3", None),
            ("vm1", "delivered", True, "ls1-vm1", None),
            ("tunnel", "delivered", True, "ls1-vm2", None),
            ("switch", "delivered", True, "ls1-vm2", None),
            ("vip", "delivered", True, "ls1-vm2", None),
            ("static_route", "delivered", True, "ls1-vm1", None),
            ("localnet", "sent_out", True, "outside-localnet", None),
            ("acl_drop", "dropped", False, None, "acl"),
            ("port_group", "dropped", False, None, "acl"),
            ("port_security", "dropped", False, None, "port_sec"),
            ("no_route", "dropped", False, None, "ip_routing"),
            ("stale", "dropped", False, None, "stale_mac_binding"),
            ("policy", "dropped", False, None, "policy"),
            ("reject", "rejected", False, None, "acl"),
            ("allow", "delivered", True, "ls1-vm2", None),
            ("unbound", "dropped", False, None, "port_unbound"),
            ("unknown_mac", "unresolved", False, None, "mac_unknown"),
        ],
    )
    def test_the_verdict(self, release, name, verdict, reached, port, cause):
        judged = packet_trace.judge(facts(release, name))
        assert (judged["verdict"], judged["reached"], judged["port"], judged["cause"]) == (
            verdict,
            reached,
            port,
            cause,
        )
        assert judged["warnings"] == []
        assert judged["story"].splitlines()[-1].endswith(judged["reason"])

    def test_the_acl_that_dropped_it(self, release):
        judged = packet_trace.judge(facts(release, "acl_drop"))
        row = judged["northbound"]
        assert (row["table"], row["direction"], row["match"]) == ("ACL", "to-lport", "ip4.dst == 192.168.100.10")
        assert judged["datapath"] == "ls1"
        assert "the ACL to-lport 1000 `ip4.dst == 192.168.100.10` drops it" in judged["reason"]
        assert packet_trace.judge(facts(release, "port_group"))["northbound"]["match"] == "outport == @pg1 && icmp4"

        assert (
            "the ACL from-lport 1000 `ip4` lets it pass (allow-related)"
            in packet_trace.judge(facts(release, "allow"))["story"]
        )
        assert (
            "the policy 100 `ip4.dst == 192.168.100.10` drops it"
            in packet_trace.judge(facts(release, "policy"))["reason"]
        )

    def test_an_acl_whose_verdict_the_next_table_carries_out(self, release):
        """As in recent releases: the table of the ACLs notes what it found, and ls_out_acl_action drops."""
        recorded = facts(release, "acl_drop")
        trace = recorded["physical"][-1]["trace"]
        last = trace["steps"][trace["last_step"]]
        assert last["step"] == len(trace["steps"]) - 1
        trace["steps"].append({**last, "step": last["step"] + 1, "cookie": "0xabcdef01"})
        trace["last_step"] += 1
        recorded["origins"].append(
            {
                "uuid": "abcdef01",
                "cookie": "0xabcdef01",
                "stage": "ls_out_acl_action",
                "source": None,
                "southbound": {"table": "Logical_Flow"},
                "northbound": None,
            }
        )
        judged = packet_trace.judge(recorded)
        assert (judged["cause"], judged["northbound"]["match"]) == ("acl", "ip4.dst == 192.168.100.10")

    def test_the_backend(self, release):
        chosen = packet_trace.judge(facts(release, "vip"))["load_balancing"]
        assert chosen == {
            "load_balancer": "lb1", "vip": "10.254.10.10", "backends": ["192.168.100.10", "192.168.100.11"],
            "backend": "192.168.100.11", "datapath": "ls2",
        }  # fmt: skip

    def test_the_stale_row(self, release):
        judged = packet_trace.judge(facts(release, "stale"))
        assert judged["flow"]["table"] == "MAC_Binding"
        assert "remembers 192.168.101.10 at %s" % STALE in judged["reason"]
        assert VM3 in judged["reason"]

    @pytest.mark.parametrize("name", ["gateway", "tunnel", "vip", "stale", "acl_drop"])
    def test_every_openflow_of_ovn_is_tied_to_its_row(self, release, name):
        steps = packet_trace.judge(facts(release, name))["steps"]
        # ovn-controller's own flows, which are no row's, have the cookie 0
        made = [step for step in steps if step["cookie"] not in (None, "0x0")]
        assert len(made) > 50
        loose = [step for step in made if step["southbound"] is None]
        assert loose == []
        assert {step["datapath"] for step in made} <= {"ls1", "ls2", "router1"}
        assert {"Logical_Flow", "Port_Binding", "MAC_Binding"} >= {step["southbound"]["table"] for step in made}

    def test_both_sides_of_a_tunnel(self, release):
        judged = packet_trace.judge(facts(release, "tunnel"))
        assert [step["chassis"] for step in judged["steps"]][:: len(judged["steps"]) - 1] == ["hv1", "hv2"]
        assert "by the tunnel ovn-hv2-0 to hv2 (10.200.0.2)" in judged["story"]

    def test_without_hosts_the_logical_network_tells(self, release):
        for name, verdict in (
            ("vm1", "delivered"), ("gateway", "answered"), ("acl_drop", "dropped"), ("vip", "delivered"), ("unknown_mac", "unresolved")
        ):  # fmt: skip
            judged = packet_trace.judge({**facts(release, name), "physical": []})
            assert judged["verdict"] == verdict, name
            assert "Only the logical network was asked" in judged["warnings"][0]
        assert packet_trace.judge({**facts(release, "vip"), "physical": []})["load_balancing"]["load_balancer"] == "lb1"

    def test_hosts_that_differ_from_the_databases(self, release):
        """As when the flows of a host were changed by hand: there it is dropped, and should not be."""
        broken = {**facts(release, "acl_drop"), "logical": facts(release, "vm1")["logical"]}
        assert "the flows of the chassis drop it" in packet_trace.judge(broken)["warnings"][0]
        broken = {**facts(release, "vm1"), "logical": facts(release, "acl_drop")["logical"]}
        assert "the logical network drops it" in packet_trace.judge(broken)["warnings"][0]

    def test_a_way_that_goes_where_nobody_can_be_asked(self, release):
        recorded = facts(release, "tunnel")
        judged = packet_trace.judge({**recorded, "physical": recorded["physical"][:1], "not_followed": "hv2"})
        assert (judged["verdict"], judged["reached"]) == ("not_followed", False)
        assert "hv2" in judged["reason"]

    def test_a_way_with_more_tunnels_than_are_followed(self, release):
        recorded = facts(release, "tunnel")
        judged = packet_trace.judge({**recorded, "physical": recorded["physical"][:1]})
        assert (judged["verdict"], judged["reached"]) == ("not_followed", False)
        assert "to 10.200.0.2" in judged["reason"]

    def test_another_port_than_the_one_that_was_meant(self, release):
        recorded = facts(release, "vm1")
        recorded["path"]["destination"]["name"] = "ls1-other"
        assert packet_trace.judge(recorded)["reached"] is False

    def test_no_origins_are_no_failure(self, release):
        """Rows may go away between the trace and the look."""
        for file in (file for file in FACTS if file.parent.name == release):
            recorded = {**json.loads(file.read_text()), "origins": []}
            assert packet_trace.judge(recorded)["story"]

    def test_each_flow_is_looked_up_once(self, release):
        wanted = packet_trace.flows_to_look_up(facts(release, "vip"))
        digits = [packet_trace._digits(flow["uuid"]) for flow in wanted]
        assert len(digits) == len(set(digits)) > 50
        assert all(("datapath" in flow) != ("datapath_key" in flow) for flow in wanted), wanted


def test_the_guide_shows_what_is_said():
    text = (pathlib.Path(__file__).resolve().parents[3] / "docs/guides/packet_trace.md").read_text()
    shown = re.findall(r"<!-- (\w+) -->\n\n```text\n(.*?)\n```", text, re.S)
    assert len(shown) == text.count("```text") == 6
    for name, story in shown:
        assert packet_trace.judge(facts("23.03", name))["story"] == story


def test_facts_that_are_none():
    for name in ("packet_trace_flows", "packet_trace_verdict"):
        with pytest.raises(AnsibleFilterError, match="not the facts that the role collects"):
            FilterModule().filters()[name]([1])


def test_judging_changes_nothing():
    recorded = json.loads(FACTS[0].read_text())
    before = copy.deepcopy(recorded)
    packet_trace.judge(recorded)
    assert recorded == before


@pytest.mark.parametrize(
    ("changes", "microflow", "flow"),
    [
        ({}, {"icmp4.type": 8}, {"icmp": True, "icmp_type": 8}),
        ({"reply": True}, {"icmp4.type": 0}, {"icmp": True, "icmp_type": 0}),
        ({"protocol": "tcp"}, {"tcp.src": 1, "tcp.dst": 2}, {"tcp": True, "tp_src": 1, "tp_dst": 2}),
        ({"protocol": "udp"}, {"udp.src": 1, "udp.dst": 2}, {"udp": True, "udp_src": 1, "udp_dst": 2}),
        ({"protocol": "ip"}, {}, {"ip": True}),
    ],
)
def test_the_packet(changes, microflow, flow):
    packet = {"protocol": "icmp", "ipv6": False, "eth_src": "a", "eth_dst": "b", "ip_src": "c", "ip_dst": "d", "src_port": 1,
              "dst_port": 2, "reply": False, **changes}  # fmt: skip
    four = {"inport": "p", "eth.src": "a", "eth.dst": "b", "ip4.src": "c", "ip4.dst": "d", "ip.ttl": 64}
    assert path.microflow(packet, "p") == {**four, **microflow}
    assert path.flow(packet) == {"dl_src": "a", "dl_dst": "b", "nw_src": "c", "nw_dst": "d", "nw_ttl": 64, **flow}
    six = path.flow({**packet, "ipv6": True})
    assert (six["ipv6_src"], six["ipv6_dst"]) == ("c", "d")
    assert ("icmpv6_type" in six) == (packet["protocol"] == "icmp")
    assert "icmp_type" not in six
    assert path.microflow({**packet, "ipv6": True}, "p")["ip6.dst"] == "d"


def test_what_a_port_says_of_its_addresses():
    row = {"addresses": ["02:AC:10:ff:00:01 192.0.2.1 2001:DB8::1", "unknown"], "dynamic_addresses": "02:ac:10:ff:00:02 192.0.2.2",
           "port_security": ["02:ac:10:ff:00:01 192.0.2.0/24"]}  # fmt: skip
    assert path.macs_of(row) == ["02:ac:10:ff:00:01", "02:ac:10:ff:00:02"]
    assert path.ips_of(row) == ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.0"]
