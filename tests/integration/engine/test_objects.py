# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about single objects of OVN; and that none of the schemas' tables and columns is forgotten."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.runner import argument_spec
from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import Children, MemberOf
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.option_keys import KEYS
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.rows import VOLATILE
from tests.support import topology
from tests.support.engine import Ref, ensure, entities, insert, lacking, refused, task
from tests.support.ovsdb import newest

NB, SB = "OVN_Northbound", "OVN_Southbound"
E = {table: entity for (database, table), entity in entities().items() if database == NB}
SOUTH = {table: entity for (database, table), entity in entities().items() if database == SB}
ACL = {"direction": "to-lport", "match": "ip4", "action": "drop"}
MAC = "02:ac:10:ff:00:01"

# -- nothing is forgotten ----------------------------------------------------------------------------------------------

#: Columns that no entity sets, with the reason
NOT_SET = {
    ("NB_Global", "connections"): "ovn_connection declares its rows",
    ("NB_Global", "ssl"): "ovn_ssl declares its row",
}


def forgotten(tables, known):
    """Tables and columns of a schema that no entity covers."""
    found = []
    for table, spec in tables.items():
        entity = known.get(table)
        if entity is None:
            found.append(table)
            continue
        covered = {field.column for field in entity.fields.values() if not isinstance(field, MemberOf)}
        written = VOLATILE.get(table, {})
        for column in spec["columns"]:
            daemons = column in written and written[column] is None
            if column not in covered and not daemons and (table, column) not in NOT_SET:
                found.append("%s:%s" % (table, column))
    return found


def test_nothing_of_the_northbound_schema_is_forgotten():
    assert forgotten(json.loads(newest(NB).read_text())["tables"], E) == []


def test_what_is_forgotten_is_told():
    tables = {"ACL": {"columns": {"match": 1, "mood": 1}}, "Weather": {"columns": {}}}
    assert forgotten(tables, E) == ["ACL:mood", "Weather"]


def test_the_list_of_what_is_not_set_is_not_out_of_date():
    for table, column in NOT_SET:
        assert column not in {f.column for f in E[table].fields.values() if not isinstance(f, MemberOf)}


def test_every_root_table_has_children_where_the_schema_has_them():
    """A table that is no root lives in another row: some entity says in which."""
    tables = json.loads(newest(NB).read_text())["tables"]
    inside = {f.entity.table for entity in E.values() for f in entity.fields.values() if isinstance(f, Children)}
    placed = {table for table, entity in E.items() if entity.parents} | inside
    assert {table for table, spec in tables.items() if not spec.get("isRoot")} <= placed


# -- names of one's own ------------------------------------------------------------------------------------------------


def test_a_row_without_a_name_needs_an_id(nb):
    said = str(refused(E["DNS"], nb.server.remote, records={"a.example": "192.0.2.1"}))
    assert said == "id: is missing: id or uuid says which DNS is meant, for nothing else does"


def test_two_with_one_id_are_refused(nb):
    said = str(refused(E["DNS"], nb.server.remote, objects=[{"id": "x"}, {"id": "x"}]))
    assert "objects[1]: is the same DNS x as objects[0]" in said


def test_references_by_id(nb):
    ensure(E["DHCP_Options"], nb, id="mine", cidr="192.0.2.0/24")
    ensure(E["DHCP_Options"], nb, id="other", cidr="192.0.2.0/24")
    ensure(E["DNS"], nb, id="names")
    ensure(E["Logical_Switch"], nb, name="s", dns_records=["names"], ports=[{"name": "p", "dhcpv4_options": "mine"}])
    mine = [row["_uuid"] for row in nb.rows("DHCP_Options") if row["external_ids"]["virtnet-id"] == "mine"]
    assert [nb.one("Logical_Switch_Port")["dhcpv4_options"]] == mine
    assert nb.one("Logical_Switch")["dns_records"] == [nb.one("DNS")["_uuid"]]
    did = ensure(E["Logical_Switch_Port"], nb, name="p", dhcpv4_options="other")
    assert did["diff"]["before"]["logical switch port p"] == {"dhcpv4_options": "mine"}
    said = str(refused_for_real(E["Logical_Switch_Port"], nb, name="p", dhcpv4_options="none"))
    assert said.startswith("dhcpv4_options: there is no DHCP options none (they have no name")
    said = str(refused(E["DHCP_Options"], nb.server.remote, cidr="192.0.2.0/24", options={"router": "192.0.2.1"}))
    assert "2 rows are a DHCP options 192.0.2.0/24" in said


def test_many_of_one_table_by_id(nb):
    """More than are looked up one by one."""
    ids = ["n%d" % n for n in range(30)]
    ensure(E["DNS"], nb, objects=[{"id": name} for name in ids])
    ensure(E["DNS"], nb, objects=[{"id": name, "records": {"a": "192.0.2.1"}} for name in ids])
    ensure(E["Logical_Switch"], nb, name="s", dns_records=ids)
    assert len(nb.one("Logical_Switch")["dns_records"]) == len(nb.rows("DNS")) == 30


def refused_for_real(entity, raw, **options):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its text is what is looked at
        task(entity, raw.server.remote, **options)
    return caught.value


def test_options_of_one_network_in_another_spelling(nb):
    nb.transact(insert("DHCP_Options", cidr="2001:DB8:0::/64"))
    assert not ensure(E["DHCP_Options"], nb, cidr="2001:db8::/64")["changed"]


# -- one in one place --------------------------------------------------------------------------------------------------


def test_a_child_in_a_column_of_one(newer):
    raw = newer[NB]
    raw.wipe()
    if "Sample" not in raw.schema["tables"]:
        pytest.skip("no schema on this machine has samples")
    ensure(E["Sample_Collector"], raw, name="c", collector_id=1, set_id=1)
    acl = {"switch": "s", **ACL}
    ensure(E["Logical_Switch"], raw, name="s")
    sample = {"metadata": 7, "collectors": ["c"]}
    ensure(E["ACL"], raw, **acl, priority=1, sample_new=sample)
    # Another ACL shares it, and the first one keeps it
    ensure(E["ACL"], raw, **acl, priority=2, sample_new={"metadata": 7}, sample_est={"metadata": 8})
    first, second = (raw.one("ACL", ["priority", "==", n]) for n in (1, 2))
    assert first["sample_new"] == second["sample_new"] != second["sample_est"]
    # Another one takes its place; the one that nobody has is gone
    did = ensure(E["ACL"], raw, **acl, priority=2, sample_est={"metadata": 9})
    assert did["diff"]["before"]["ACL to-lport 2 ip4 0"] == {"sample_est": "8"}
    assert sorted(row["metadata"] for row in raw.rows("Sample")) == [7, 9]
    ensure(E["ACL"], raw, **acl, priority=2, sample_est={})
    ensure(E["ACL"], raw, **acl, priority=2, sample_new={"metadata": 7, "state": "absent"})
    assert [row["metadata"] for row in raw.rows("Sample")] == [7]
    assert raw.one("ACL", ["priority", "==", 1])["sample_new"]


def test_a_new_row_that_several_share(newer):
    raw = newer[NB]
    raw.wipe()
    if "Sample" not in raw.schema["tables"]:
        pytest.skip("no schema on this machine has samples")
    ensure(E["Logical_Switch"], raw, name="s")
    both = [{"priority": n, "sample_new": {"metadata": 7}, "sample_est": {"metadata": 7}} for n in (1, 2)]
    ensure(E["ACL"], raw, switch="s", **ACL, objects=both)
    sample = raw.one("Sample")["_uuid"]
    assert {row[column] for row in raw.rows("ACL") for column in ("sample_new", "sample_est")} == {sample}
    ensure(E["Sample_Collector"], raw, name="c", collector_id=1, set_id=1)
    both[0] = {
        "priority": 3,
        "sample_new": {"metadata": 8, "collectors": ["c"]},
        "sample_est": {"metadata": 8, "collectors": ["d"]},
    }
    ensure(E["Sample_Collector"], raw, name="d", collector_id=2, set_id=2)
    said = str(refused(E["ACL"], raw.server.remote, switch="s", **ACL, objects=both[:1]))
    assert said == "objects[0].sample_est: is the same sample 8 as objects[0].sample_new, which says otherwise"


def test_a_switch_has_one_policy(nb):
    ensure(E["Logical_Switch"], nb, name="s")
    ensure(E["Copp"], nb, name="a", switches=["s"])
    ensure(E["Copp"], nb, name="b", switches=["s"])
    assert nb.one("Logical_Switch")["copp"] == nb.named("Copp", "b")["_uuid"]
    assert not ensure(E["Copp"], nb, name="a", switches=[{"name": "s", "state": "absent"}])["changed"]
    assert nb.one("Logical_Switch")["copp"]
    ensure(E["Logical_Switch"], nb, name="t", owner="theirs", copp="a")
    said = str(refused(E["Copp"], nb.server.remote, name="b", switches=["t"]))
    assert said == "switches: Logical_Switch t belongs to the owner 'theirs', and has another one"


def test_bands_of_a_meter(nb):
    ensure(E["Meter"], nb, name="m", unit="kbps", bands=[{"action": "drop", "rate": 1}])
    ensure(E["Meter"], nb, name="m", bands=[{"action": "drop", "rate": 2, "burst_size": 5}])
    band = nb.one("Meter_Band")
    assert (band["rate"], band["burst_size"]) == (2, 5)
    for bands in ([{"action": "drop", "state": "absent"}],):
        assert "bands: at least one must be left" in str(refused(E["Meter"], nb.server.remote, name="m", bands=bands))
    said = str(refused(E["Meter"], nb.server.remote, name="n", unit="kbps", bands=[]))
    assert said == "bands: at least one must be left"
    said = str(refused(E["Meter"], nb.server.remote, name="n", unit="kbps", bands=[{"action": "drop"}]))
    assert said.startswith("bands[0].rate: is missing")
    assert "rate: 0 is not from 1" in str(
        refused(E["Meter"], nb.server.remote, name="n", unit="kbps", bands=[{"action": "drop", "rate": 0}])
    )


def test_gateway_chassis_inside_their_port(nb):
    port = {"name": "rp", "mac": MAC, "networks": ["192.0.2.1/24"]}
    hosts = [{"chassis_name": "a", "priority": 2}, {"chassis_name": "b"}]
    ensure(E["Logical_Router"], nb, name="r", ports=[{**port, "gateway_chassis": hosts}])
    assert sorted(row["name"] for row in nb.rows("Gateway_Chassis")) == ["rp-a", "rp-b"]
    nb.server.ctl("lrp-set-gateway-chassis", "rp", "c", "7")
    assert not ensure(E["Gateway_Chassis"], nb, router_port="rp", chassis_name="c", priority=7)["changed"]


def test_the_same_acl_on_a_switch_and_a_group(nb):
    for holder, table in (("switch", "Logical_Switch"), ("port_group", "Port_Group")):
        ensure(E[table], nb, name="x")
        ensure(E["ACL"], nb, **{holder: "x"}, **ACL, priority=5)
    assert len(nb.rows("ACL")) == 2
    said = str(refused(E["ACL"], nb.server.remote, switch="x", port_group="x", **ACL, priority=5))
    assert said == "port_group: cannot be given together with switch"


# -- southbound --------------------------------------------------------------------------------------------------------


def test_a_stale_chassis_goes_with_all_that_is_its_own(sb):
    for name, address in (("old", "192.0.2.1"), ("new", "192.0.2.2")):
        sb.transact(
            insert("Encap", "e", type="geneve", ip=address, chassis_name=name),
            insert("Chassis", "c", name=name, encaps=[Ref("e")]),
            insert("Chassis_Private", name=name, chassis=[Ref("c")]),
        )
    ensure(SOUTH["Chassis"], sb, name="old", state="absent")
    assert [row["name"] for row in sb.rows("Chassis") + sb.rows("Chassis_Private")] == ["new", "new"]
    assert len(sb.rows("Encap")) == 1
    said = str(refused(SOUTH["Chassis"], sb.server.remote, name="none"))
    assert said == "there is no chassis none: ovn-controller makes it, no task can"


# -- what ovn-nbctl checks ---------------------------------------------------------------------------------------------

BAD = [
    ("ACL", {"switch": "s", **ACL, "priority": 1, "label": 5}, "label: only for the actions allow and allow-related"),
    ("ACL", {"switch": "s", **ACL, "priority": 1, "options": {"apply-after-lb": True}},
     "options: apply-after-lb: only for the direction from-lport"),
    ("ACL", {"switch": "s", **ACL, "priority": 40000}, "priority: 40000 is not from 0 to 32767"),
    ("ACL", {"switch": "s", **ACL, "priority": 1, "name": "x" * 64}, "is longer than 63 characters"),
    ("ACL", {**ACL, "priority": 1}, "switch or port_group: is missing: it says where the ACL is"),
    ("Address_Set", {"name": "a", "addresses": ["192.0.2.300"]}, "is no MAC address, no IP address and no network"),
    ("Copp", {"name": "c", "meters": {"telnet": "m"}}, "meters[telnet]: 'telnet' is none of 'arp'"),
    ("Meter", {"name": "__m", "unit": "kbps", "bands": [{"action": "drop", "rate": 1}]}, "names that begin with __ are OVN's own"),
    ("Mirror", {"name": "m", "type": "gre", "filter": "to-lport", "sink": "x"}, "sink: 'x' is no IP address"),
    ("Logical_Router_Policy", {"router": "r", "priority": 1, "match": "ip4", "action": "reroute"}, "nexthops: reroute needs at least one next hop"),
    ("Logical_Router_Policy", {"router": "r", "priority": 1, "match": "ip", "action": "reroute", "nexthops": ["192.0.2.1", "fd00::1"]},
     "nexthops: are of two address families"),
    ("QoS", {"switch": "s", "direction": "to-lport", "priority": 1, "match": "ip4"}, "action: is missing: action (dscp, mark) or bandwidth"),
    ("QoS", {"switch": "s", "direction": "to-lport", "priority": 1, "match": "ip4", "action": {"dscp": 64}}, "64 is not from 0 to 63"),
    ("QoS", {"switch": "s", "direction": "to-lport", "priority": 1, "match": "ip4", "action": {"dscp": 1}, "bandwidth": {"burst": 1}},
     "bandwidth: burst needs rate"),
    ("QoS", {"switch": "s", "direction": "to-lport", "priority": 1, "match": "ip4", "action": {"colour": 1}}, "action[colour]: 'colour' is none of"),
    ("Forwarding_Group", {"switch": "s", "name": "g", "vip": "x", "vmac": MAC, "child_port": ["p"]}, "vip: 'x' is no IP address"),
    ("DHCP_Options", {"cidr": "192.0.2.0/33"}, "cidr: '192.0.2.0/33' is no network"),
    ("Logical_Switch_Port", {"switch": "s", "name": "p", "parent_name": "q"}, "tag_request: is missing: a port within another one"),
    ("Logical_Router_Policy", {"router": "r", "priority": 1, "match": "ip4", "action": "drop"} | {"priority": 40000},
     "priority: 40000 is not from 0 to 32767"),
    ("Logical_Router_Port", {"router": "r", "name": "p", "mac": MAC, "networks": ["192.0.2.1/24"], "options": {"redirect-type": "x"}},
     "options: redirect-type: 'x' is neither 'overlay' nor 'bridged'"),
    ("Logical_Router_Static_Route", {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "discard", "output_port": "p"},
     "output_port: not for a route that discards"),
    ("NAT", {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1", "options": {"stateless": True}},
     "options: stateless: only for the type dnat_and_snat"),
    ("NAT", {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1", "options": {"add_route": True}},
     "options: add_route: not for the type snat"),
    ("Load_Balancer", {"name": "b", "options": {"reject": True, "event": True}}, "options: reject and event exclude each other"),
    ("Load_Balancer", {"name": "b", "vips": {"^V:80": "^B"}}, "options: template: true is missing, and ^V:80 is that of a template"),
    ("Load_Balancer", {"name": "b", "options": {"template": True}, "vips": {"^V:0": "^B"}}, "vips[^V:0]: '^V:0' is no template"),
    ("Load_Balancer", {"name": "b", "ip_port_mappings": {"10.0.0.1": "p:x"}}, "'p:x' is no PORT:SOURCE_IP"),
    ("Load_Balancer", {"name": "b", "ip_port_mappings": {"10.0.0.1": "p:[fd00::1]"}},
     "ip_port_mappings: 10.0.0.1: the source fd00::1 is of another address family"),
    ("Address_Set", {"name": "a-b"}, "name: 'a-b': matches can only refer to names of letters, digits, _ and . that begin with no digit"),
    ("Port_Group", {"name": "1a"}, "name: '1a': matches can only refer to names"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "raw", "message"), BAD, ids=lambda item: item if isinstance(item, str) else "")
def test_what_is_refused(nb, table, raw, message):
    nb.transact(insert("Logical_Switch", name="s"), insert("Logical_Router", name="r"))
    before = nb.dump()
    assert message in str(refused(E[table], nb.server.remote, **raw))
    assert nb.dump() == before


#: The same, of columns that only newer releases have
BAD_OF_NEWER = [
    ("Logical_Switch_Port", {"switch": "s", "name": "p", "peer": "q"}, "peer: only for the type switch"),
    ("NAT", {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1", "priority": 5}, "priority: only with a match"),
    ("Logical_Router_Policy", {"router": "r", "priority": 1, "match": "ip4", "action": "reroute", "nexthops": ["192.0.2.1", "192.0.2.2"], "output_port": "rp"},
     "output_port: only with a single next hop"),
    ("Logical_Router_Policy", {"router": "r", "priority": 1, "match": "ip4", "action": "drop", "bfd_sessions": ["b"]},
     "bfd_sessions: only for the action reroute"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "raw", "message"), BAD_OF_NEWER, ids=lambda i: i if isinstance(i, str) else "")
def test_what_newer_releases_refuse(newer, table, raw, message):
    nb = newer[NB]
    nb.wipe()
    nb.transact(
        insert("BFD", logical_port="rp", dst_ip="192.0.2.9", external_ids={"virtnet-id": "b"}),
        insert("Logical_Router_Port", "rp", name="rp", mac=MAC, networks=["192.0.2.1/24"]),
        insert("Logical_Switch", name="s"),
        insert("Logical_Router", name="r", ports=[Ref("rp")]),
    )
    before = nb.dump()
    assert message in str(refused(E[table], nb.server.remote, **raw))
    assert nb.dump() == before


def test_options_are_of_the_family(nb):
    ensure(
        E["DHCP_Options"], nb, objects=[{"id": "four", "cidr": "192.0.2.0/24"}, {"id": "six", "cidr": "2001:db8::/64"}]
    )
    nb.server.ctl("ls-add", "s")
    for option, wrong, says in (
        ("dhcpv4_options", "six", "six is for IPv6 (its cidr is 2001:db8::/64)"),
        ("dhcpv6_options", "four", "four is for IPv4 (its cidr is 192.0.2.0/24)"),
    ):
        said = str(refused(E["Logical_Switch_Port"], nb.server.remote, switch="s", name="p", **{option: wrong}))
        assert said == "%s: %s" % (option, says)
    ensure(E["Logical_Switch_Port"], nb, switch="s", name="p", dhcpv4_options="four", dhcpv6_options="six")
    # What stands is not judged
    nb.transact(
        {
            "op": "update",
            "table": "DHCP_Options",
            "where": [["cidr", "==", "192.0.2.0/24"]],
            "row": {"cidr": "fd00::/64"},
        }
    )
    assert not ensure(E["Logical_Switch_Port"], nb, name="p", dhcpv4_options="four")["changed"]


def test_a_nats_gateway_port_is_one(nb):
    nb.server.ctl("lr-add", "r", "--", "lrp-add", "r", "rp", MAC, "192.0.2.1/24")
    nat = {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1", "gateway_port": "rp"}
    lacking(
        E["NAT"],
        nb,
        nat,
        "gateway_port: rp is no distributed gateway port (it has neither gateway_chassis nor an ha_chassis_group)",
    )
    nb.server.ctl("lrp-set-gateway-chassis", "rp", "node1")
    ensure(E["NAT"], nb, **nat)


def test_a_nats_gateway_port_of_the_same_document(nb):
    port = {"name": "rp", "mac": MAC, "networks": ["192.0.2.1/24"], "gateway_chassis": [{"chassis_name": "node1"}]}
    nat = {"type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1", "gateway_port": "rp"}
    nb.server.ctl("lr-add", "r", "--", "lrp-add", "r", "rp", MAC, "192.0.2.1/24")
    topology.ensure(nb, {"routers": [{"name": "r", "ports": [port], "nat": [nat]}]})


def test_sets_of_addresses_of_a_nat(nb):
    nb.transact(*(insert("Address_Set", name=name) for name in "ab"), insert("Logical_Router", name="r"))
    nat = {
        "router": "r",
        "type": "snat",
        "logical_ip": "10.0.0.0/8",
        "external_ip": "192.0.2.1",
        "allowed_ext_ips": "a",
    }
    said = str(refused(E["NAT"], nb.server.remote, **nat, exempted_ext_ips="b"))
    assert said.startswith("exempted_ext_ips: allowed_ext_ips and exempted_ext_ips exclude each other")
    ensure(E["NAT"], nb, **nat)


def test_a_balancer_of_a_template(nb):
    balancer = {"name": "b", "protocol": "tcp", "options": {"template": True, "address-family": "ipv4"}}
    vips = {"^VIP:^PORT": "^BACKENDS", "^VIP:80": ["^B1:^P1", "^B2:8080"]}
    ensure(E["Load_Balancer"], nb, **balancer, vips=vips)
    assert nb.one("Load_Balancer")["vips"] == {"^VIP:^PORT": "^BACKENDS", "^VIP:80": "^B1:^P1,^B2:8080"}
    ensure(E["Load_Balancer"], nb, name="b", vips={"^VIP:80": None})


def test_mappings_of_ports(nb):
    said = {"10.0.0.1": "p", "10.0.0.2": "p:10.0.0.9:az1", "fd00::1": "a:b:[FD00:0::9]:az1"}
    ensure(E["Load_Balancer"], nb, name="b", ip_port_mappings=said)
    stored = {"10.0.0.1": "p", "10.0.0.2": "p:10.0.0.9:az1", "[fd00::1]": "a:b:[fd00::9]:az1"}
    assert nb.one("Load_Balancer")["ip_port_mappings"] == stored


# -- options, of which no schema knows ---------------------------------------------------------------------------------


def warnings(raw, table, **options):
    return ensure(E[table], raw, **options)["warnings"]


def test_an_unknown_option_is_told(nb):
    assert warnings(nb, "Logical_Switch", name="s", other_config={"mcast_snop": True, "mcast_querier": True}) == [
        "other_config[mcast_snop]: OVN documents no such key; did you mean mcast_snoop?"
    ]
    # What stands is not judged, nor what is taken away
    assert warnings(nb, "Logical_Switch", name="s", other_config={"mcast_querier": False}) == []
    assert warnings(nb, "Logical_Switch", name="s", other_config={"mcast_snop": None}) == []
    assert warnings(nb, "Logical_Switch", name="s", external_ids={"whatever": 1}) == []


def test_an_unknown_option_is_refused_if_asked_to(nb):
    """Each of them, in each place; what stands is not judged, nor what is taken away."""
    said = {"name": "s", "other_config": {"mcast_snop": True}, "ports": [{"name": "p", "options": {"mood": "good"}}]}
    assert str(refused(E["Logical_Switch"], nb.server.remote, **said, strict=True)) == (
        "other_config[mcast_snop]: OVN documents no such key; did you mean mcast_snoop?\n"
        "ports[0].options[mood]: OVN documents no such key"
    )
    assert len(warnings(nb, "Logical_Switch", **said)) == 2
    assert warnings(nb, "Logical_Switch", **said, strict=True) == []
    said = {"name": "s", "other_config": {"mcast_snop": False, "mcast_snoop": True}}
    assert warnings(nb, "Logical_Switch", **said, strict=True) == []
    assert warnings(nb, "Logical_Switch", name="s", other_config={"mcast_snop": None}, strict=True) == []
    newer_key = {"name": "r", "options": {"ct-commit-all": True}}
    assert "options[ct-commit-all]: OVN documents this key since 25.03" in str(
        refused(E["Logical_Router"], nb.server.remote, **newer_key, strict=True)
    )


def test_every_table_with_documented_options_can_be_strict():
    tables = {place.partition(":")[0] for place in KEYS}
    lacking_it = {table for table in tables if "strict" not in argument_spec(E[table])}
    assert lacking_it == set()


def test_one_option_is_told_once(nb):
    ports = [{"name": "p%d" % n, "options": {"mood": "good"}} for n in range(20)]
    assert warnings(nb, "Logical_Switch", name="s", ports=ports) == [
        "ports[0].options[mood]: OVN documents no such key"
    ]


def test_an_option_that_is_newer_than_the_server_is_told(nb, newer):
    raw = newer[NB]
    raw.wipe()
    asked = {"name": "r", "options": {"ct-commit-all": True, "disable_garp_rarp": True}}
    assert warnings(raw, "Logical_Router", **asked) == []
    version = nb.schema["version"]
    if version != "7.0.0":
        pytest.skip("this machine's OVN is not 23.03")
    said = "OVN documents this key since %s; this server's schema (7.0.0) is that of an older one, which may ignore it"
    assert warnings(nb, "Logical_Router", **asked) == [
        "options[ct-commit-all]: " + said % "25.03",
        "options[disable_garp_rarp]: " + said % "26.03",
    ]


# -- whole documents ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_a_document_with_all_children(newer, state):
    """What is gathered of a network with every kind of child changes nothing when it is applied, and is the same again."""
    raw = newer[NB]
    raw.wipe()
    if "Logical_Switch_Port_Health_Check" not in raw.schema["tables"]:
        pytest.skip("no schema on this machine has such health checks")
    task(E["Sample_Collector"], raw.server.remote, name="c", collector_id=1, set_id=1)
    check = {"protocol": "tcp", "address": "192.0.2.1", "port": 80, "src_ip": "192.0.2.9"}
    rule = {"direction": "to-lport", "priority": 1, "match": "ip4"}
    document = {
        "switches": [
            {
                "name": "s",
                "ports": [{"name": "p", "health_checks": [check]}],
                "acls": [
                    {**rule, "action": "drop", "sample_new": {"metadata": 7, "collectors": ["c"]}},
                    {**rule, "priority": 2, "action": "drop", "sample_new": {"metadata": 8}},
                ],
                "qos_rules": [{**rule, "bandwidth": {"rate": 10}}],
                "forwarding_groups": [{"name": "g", "vip": "192.0.2.1", "vmac": MAC, "child_port": ["p"]}],
            }
        ],
        "routers": [
            {
                "name": "r",
                "ports": [
                    {"name": "rp", "mac": MAC, "networks": ["192.0.2.1/24"], "gateway_chassis": [{"chassis_name": "h"}]}
                ],
                "policies": [{"priority": 1, "match": "ip4", "action": "drop"}],
            }
        ],
    }
    topology.ensure(raw, document, owner="me")
    found = topology.gathered(raw)
    assert found["switches"][0]["acls"][0]["sample_new"]["metadata"] == 7
    before = raw.dump()
    assert not topology.run(raw, found, state=state, owner="me")["changed"]
    assert raw.dump() == before
    assert topology.gathered(raw) == found
