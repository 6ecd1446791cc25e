# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools of each release really printed for the document's network (record.py), and what is read in it."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow import (
    flow,
    group,
    ofproto_trace,
    ovn_trace,
    run_traces,
)

GOLDEN = pathlib.Path(__file__).parent / "golden"
RELEASES = sorted(path.name for path in GOLDEN.iterdir())
STALE, VM3 = "02:ac:10:ff:00:13", "02:ac:10:ff:00:33"


def text(release, name):
    return (GOLDEN / release / name).read_text()


def trace(release, name):
    return ofproto_trace.parse_trace(text(release, name + ".ofproto"))


def logical(release, name, **options):
    return ovn_trace.parse_trace(text(release, name + ".ovntrace"), **options)


def ports(result):
    return [output["port"] for output in result["outputs"]]


def last(result):
    return result["steps"][result["last_step"]]


@pytest.mark.parametrize("release", RELEASES)
class TestOfproto:
    @pytest.mark.parametrize(
        "last",
        [
            "ovn-hv2-0",
            "set(tunnel(tun_id=0x3,dst=10.0.0.2,ttl=64,tp_dst=6081,flags(df|csum|key))),genev_sys_6081",
            "clone(tnl_push(tnl_port(genev_sys_6081),header(size=58,type=5,eth(dst=02:00:00:00:00:02,src=02:00:00:00:00:01,"
            "dl_type=0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=0x4000),udp(src=0,dst=6081,csum=0xffff),"
            "geneve(crit,vni=0x3)),out_port(br-eth)),3)",
        ],
        ids=["dummy", "kernel", "userspace"],
    )
    def test_what_the_other_end_of_a_tunnel_gets(self, release, last):
        recorded = text(release, "tunnel.ofproto")
        assert recorded.rstrip().endswith(",ovn-hv2-0")
        [tunnel] = ofproto_trace.parse_trace(recorded.rstrip()[: -len("ovn-hv2-0")] + last)["tunnels"]
        flow = tunnel["flow"]
        assert tunnel["port"] == "ovn-hv2-0"
        # as it is on the wire: routed
        assert (flow["dl_src"], flow["dl_dst"], flow["nw_ttl"]) == ("02:ac:10:ff:00:01", "02:ac:10:ff:00:22", "63")
        assert (flow["icmp"], flow["nw_dst"]) == (True, "192.168.100.11")
        # the key is the datapath's, and the option has the ports': in << 16 | out
        assert int(flow["tun_metadata0"], 16) >> 16 and int(flow["tun_metadata0"], 16) & 0xFFFF
        assert f"{flow['tun_id']}/0xffffff->tun_id" in recorded
        assert not {"in_port", "reg14", "metadata", "recirc_id", "ct_state"} & set(flow)

    def test_what_stays_on_the_host_goes_through_no_tunnel(self, release):
        assert trace(release, "vm1")["tunnels"] == []
        assert trace(release, "vip_bucket")["tunnels"][0]["flow"]["nw_dst"] == "192.168.100.11"

    @pytest.mark.parametrize(
        ("name", "verdict", "outputs"),
        [
            ("gateway", "output", ["vm3"]),
            ("vm1", "output", ["vm1"]),
            ("tunnel", "output", ["ovn-hv2-0"]),
            ("vip_bucket", "output", ["ovn-hv2-0"]),
            ("vip_no_hash", "recirculated", []),
            ("vip_established", "drop", []),
            ("port_security", "drop", []),
            ("acl_drop", "drop", []),
            ("stale", "drop", []),
            ("unknown_mac", "controller", []),
        ],
    )
    def test_the_verdict(self, release, name, verdict, outputs):
        result = trace(release, name)
        assert (result["verdict"], ports(result)) == (verdict, outputs)

    def test_a_physical_network_is_a_second_bridge(self, release):
        result = trace(release, "localnet")
        assert result["verdict"] == "output"
        assert set(ports(result)) == {"eth1", "br-phy"}
        assert [s["bridge"] for s in result["steps"]][:: len(result["steps"]) - 1] == ["br-int", "br-phy"]
        assert result["steps"][-1]["actions"] == ["NORMAL"]
        assert result["steps"][result["steps"][-1]["parent"]]["table"] == 65

    def test_every_line_has_its_place(self, release):
        """Nothing is lost: every line of a trace that is an action is some step's."""
        for file in sorted((GOLDEN / release).glob("*.ofproto")):
            result = ofproto_trace.parse_trace(file.read_text())
            resubmits = file.read_text().count(" resubmit(")
            assert sum(len(s["resubmits"]) for s in result["steps"]) == resubmits
            # each call is answered by one step, each thread begins with one
            assert len(result["steps"]) == resubmits + sum(1 for s in result["steps"] if s["parent"] is None) + sum(
                1 for s in result["steps"] if s["parent"] is not None and s["bridge"] != parent(result, s)["bridge"]
            )

    def test_a_step_is_called_by_the_one_that_says_so(self, release):
        for file in sorted((GOLDEN / release).glob("*.ofproto")):
            result = ofproto_trace.parse_trace(file.read_text())
            for step in result["steps"]:
                if step["parent"] is not None and step["bridge"] == parent(result, step)["bridge"]:
                    assert step["table"] in parent(result, step)["resubmits"]
                    assert step["depth"] == parent(result, step)["depth"] + step["returns"]

    def test_the_stale_address_is_set_in_the_table_of_mac_bindings(self, release):
        result = trace(release, "stale")
        [binding] = [s for s in result["steps"] if s["table"] == 66 and s["matched"]]
        assert binding["set_fields"]["eth_dst"] == STALE
        assert binding["match"]["reg0"] == "0xc0a8650a"
        assert binding["returns"]
        assert parent(result, binding)["set_fields"]["eth_dst"] == "00:00:00:00:00:00"
        assert last(result)["match"]["reg15"] == "0"
        assert last(result)["actions"] == ["drop"]
        [healthy] = [s for s in trace(release, "gateway")["steps"] if s["table"] == 66 and s["matched"]]
        assert healthy["set_fields"]["eth_dst"] == VM3

    def test_what_decided_is_no_look_up_that_found_nothing(self, release):
        assert last(trace(release, "acl_drop"))["table"] > last(trace(release, "port_security"))["table"] == 9
        assert last(trace(release, "vm1"))["actions"][-1] == "output:vm1"
        assert last(trace(release, "unknown_mac"))["actions"][-1].startswith("controller(")

    def test_the_balancer_chooses_a_bucket(self, release):
        result = trace(release, "vip_bucket")
        [step] = [s for s in result["steps"] if "group" in s]
        assert step["match"]["nw_dst"] == "10.254.10.10"
        assert step["match"]["ct_state"] == "+new+trk"
        assert step["bucket"] in (0, 1)
        assert any("nat(dst=192.168.100.11)" in action for action in step["actions"])
        [nat] = [t["nat"] for t in result["threads"] if "nat" in t]
        assert (nat["initial"]["nw_dst"], nat["modified"]["nw_dst"]) == ("10.254.10.10", "192.168.100.11")
        assert run_traces._waits_for_hash(trace(release, "vip_no_hash"))
        assert not run_traces._waits_for_hash(result)

    def test_threads_follow_conntrack(self, release):
        threads = trace(release, "vip_bucket")["threads"]
        assert len(threads) == 3
        assert threads[0]["recirc_id"] is None
        assert [t["recirculated"] for t in threads[:2]] == [[t["recirc_id"]] for t in threads[1:]]
        assert "ct_state=trk|new" in threads[1]["reason"]
        assert threads[2]["final_fields"]["nw_dst"] == "192.168.100.11"


def parent(result, step):
    return result["steps"][step["parent"]]


@pytest.mark.parametrize("release", RELEASES)
class TestOvn:
    @pytest.mark.parametrize(
        ("name", "verdict", "outputs", "path"),
        [
            ("gateway", "output", ["ls2-vm3"], ["ls2", "router1", "ls2"]),
            ("arp", "output", ["ls2-vm3"], ["ls2", "router1", "ls2"]),
            ("vip_backend", "output", ["ls1-vm2"], ["ls2", "router1", "ls1"]),
            ("vip_established", "drop", [], ["ls2", "router1"]),
            ("port_security", "drop", [], ["ls2"]),
            ("stale", "drop", [], ["ls2", "router1", "ls2"]),
            ("acl_drop", "drop", [], ["ls2", "router1", "ls1"]),
            ("ttl_exceeded", "drop", [], ["ls2", "router1"]),
        ],
    )
    def test_the_verdict(self, release, name, verdict, outputs, path):
        result = logical(release, name)
        assert (result["verdict"], ports(result), result["path"]) == (verdict, outputs, path)

    def test_a_new_connection_is_balanced(self, release):
        result = logical(release, "vip_new")
        assert result["verdict"] == "output"
        assert ports(result)[0] in ("ls1-vm1", "ls1-vm2")
        [choice] = result["load_balancing"]
        assert choice["backends"] == ["192.168.100.10", "192.168.100.11"]
        assert choice["backend"] is None
        assert result["steps"][choice["step"]]["stage"] == "ls_in_lb"
        [given] = logical(release, "vip_new", lb_dst="192.168.100.11:80")["load_balancing"]
        assert given["backend"] == "192.168.100.11"
        assert logical(release, "vip_established")["load_balancing"] == []

    def test_what_decided(self, release):
        assert last(logical(release, "vip_established"))["stage"] == "lr_in_ip_routing"
        assert last(logical(release, "port_security"))["stage"] == "ls_in_apply_port_sec"
        assert last(logical(release, "stale"))["stage"] == "ls_in_l2_unknown"
        assert last(logical(release, "acl_drop"))["stage"].startswith("ls_out_acl")

    def test_what_a_router_makes_itself_is_not_the_packet(self, release):
        result = logical(release, "unknown_mac")
        assert result["verdict"] == "drop"
        assert result["outputs"] == []
        assert {(o["port"], o["generated"]) for o in result["generated"]} == {("ls1-vm1", "arp"), ("ls1-vm2", "arp")}
        error = logical(release, "ttl_exceeded")
        assert [(o["port"], o["generated"]) for o in error["generated"]] == [("ls2-vm3", "icmp4")]
        assert last(error)["stage"] == "lr_in_ip_input"

    def test_the_address_that_was_found(self, release):
        [step] = [s for s in logical(release, "stale")["steps"] if s["stage"] == "lr_in_arp_resolve"]
        assert step["comments"] == [f"MAC binding to {STALE}."]

    def test_every_step_is_read(self, release):
        for file in sorted((GOLDEN / release).glob("*.ovntrace")):
            result = ovn_trace.parse_trace(file.read_text())
            assert result["notes"] == []
            assert result["microflow"]
            for step in result["steps"]:
                assert all(step[name] for name in ("matched", "actions", "uuid", "pipeline")), step


@pytest.mark.parametrize("release", RELEASES)
def test_the_balancer_is_found_by_what_it_matches(release):
    flows = flow.parse_flows(text(release, "balancer.flows"))
    wanted = {"ct_state": "+trk+new", "ip": True, "nw_dst": "10.254.10.10"}
    [found] = [f for f in flows if flow.matches(wanted, f.match_fields())]
    [number] = group.group_ids(found.actions)
    groups = group.parse_groups(text(release, "balancer.groups"))
    group.add_statistics(groups, text(release, "balancer.group-stats"))
    buckets = groups[number]["buckets"]
    assert groups[number]["type"] == "select"
    assert [("nat(dst=192.168.100.1%d)" % n) in b["actions"] for n, b in enumerate(buckets)] == [True, True]
    assert [b["n_packets"] for b in buckets] == [0, 0]
    assert found.data()["n_packets"] == 0
    assert isinstance(found.data()["duration"], float)
