# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of ovsdbapp that writes, one after the other, and beside each the task that does the same in another database."""

from __future__ import annotations

import ast
import inspect
import pathlib

import pytest
from ovsdbapp.backend.ovs_idl import connection
from ovsdbapp.schema.ovn_northbound import impl_idl

from tests.support.engine import Raw, ensure, entities, task
from tests.support.ovsdb import newest, standalone
from tests.support.topology import rows

NB = "OVN_Northbound"
E = {table: entity for (database, table), entity in entities().items() if database == NB}
MAC = "02:ac:10:ff:00:%02x"
CHECK = {"interval": "2", "timeout": "1"}
#: What only reads
READS = ("_get", "_list", "_find", "_get_up", "_get_tag", "_get_parent")

SWITCH, PORT, ROUTER, RPORT = "Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port"
ROUTE, POLICY, BALANCER = "Logical_Router_Static_Route", "Logical_Router_Policy", "Load_Balancer"


def uuid(api, table, **telling):
    """The one row with these in its columns (or, of maps, among their keys)."""
    found = [
        row.uuid
        for row in api.tables[table].rows.values()
        if all(
            getattr(row, column) in (value, [value]) or value == getattr(row, column)
            for column, value in telling.items()
        )
    ]
    (one,) = found
    return one


def tagged(api, table, name):
    (one,) = [row.uuid for row in api.tables[table].rows.values() if row.external_ids.get("virtnet-id") == name]
    return one


TO = {"direction": "to-lport"}
#: (a command, the table whose module does the same, its options)
STEPS = [
    # switches and their ports
    (
        lambda api: api.ls_add("s", other_config={"mcast_snoop": "true"}),
        SWITCH,
        {"name": "s", "other_config": {"mcast_snoop": True}},
    ),
    (lambda api: api.ls_add("s2", may_exist=True), SWITCH, {"name": "s2"}),
    (
        lambda api: api.lsp_add("s", "p", addresses=[MAC % 1 + " 10.0.0.1 fd00::1"], port_security=[MAC % 1]),
        PORT,
        {"switch": "s", "name": "p", "addresses": [MAC % 1 + " 10.0.0.1 fd00::1"], "port_security": [MAC % 1]},
    ),
    (
        lambda api: api.lsp_add("s", "nested", parent_name="p", tag=7),
        PORT,
        {"switch": "s", "name": "nested", "parent_name": "p", "tag_request": 7},
    ),
    (lambda api: api.lsp_add("s", "q"), PORT, {"switch": "s", "name": "q"}),
    (
        lambda api: api.lsp_set_addresses("q", [MAC % 2 + " 10.0.0.2"]),
        PORT,
        {"name": "q", "addresses": [MAC % 2 + " 10.0.0.2"]},
    ),
    (
        lambda api: api.lsp_set_port_security("q", [MAC % 2 + " 10.0.0.0/24"]),
        PORT,
        {"name": "q", "port_security": [MAC % 2 + " 10.0.0.0/24"]},
    ),
    (lambda api: api.lsp_set_enabled("q", False), PORT, {"name": "q", "enabled": False}),
    (lambda api: api.lsp_add("s", "out"), PORT, {"switch": "s", "name": "out"}),
    (
        lambda api: api.lsp_set_options("out", network_name="phys"),
        PORT,
        {"name": "out", "options": {"network_name": "phys"}},
    ),
    (lambda api: api.lsp_set_type("out", "localnet"), PORT, {"name": "out", "type": "localnet"}),
    # ACLs and QoS, on switches and port groups
    (
        lambda api: api.acl_add("s", "to-lport", 1000, "ip4", "allow-related", log=True, k="v"),
        "ACL",
        {
            "switch": "s",
            **TO,
            "priority": 1000,
            "match": "ip4",
            "action": "allow-related",
            "log": True,
            "external_ids": {"k": "v"},
        },
    ),
    (
        lambda api: api.acl_add("s", "to-lport", 1000, "ip4", "drop", tier=2),
        "ACL",
        {"switch": "s", **TO, "priority": 1000, "match": "ip4", "action": "drop", "tier": 2, "log": False},
    ),
    (
        lambda api: api.acl_del("s", "to-lport", 1000, "ip4", tier=2),
        "ACL",
        {"switch": "s", **TO, "priority": 1000, "match": "ip4", "tier": 2, "state": "absent"},
    ),
    (lambda api: api.pg_add("pg", external_ids={"k": "v"}), "Port_Group", {"name": "pg", "external_ids": {"k": "v"}}),
    (
        lambda api: api.pg_add_ports("pg", [uuid(api, PORT, name="p"), uuid(api, PORT, name="q")]),
        "Port_Group",
        {"name": "pg", "ports": ["p", "q"]},
    ),
    (
        lambda api: api.pg_del_ports("pg", [uuid(api, PORT, name="q")]),
        "Port_Group",
        {"name": "pg", "ports": [{"name": "q", "state": "absent"}]},
    ),
    (
        lambda api: api.pg_acl_add("pg", "from-lport", 5, "ip6", "reject", severity="info", name="no6"),
        "ACL",
        {
            "port_group": "pg",
            "direction": "from-lport",
            "priority": 5,
            "match": "ip6",
            "action": "reject",
            "severity": "info",
            "name": "no6",
            "log": False,
        },
    ),
    (lambda api: api.pg_acl_del("pg"), "Port_Group", {"name": "pg", "acls": [], "purge": ["acls"]}),
    (
        lambda api: api.qos_add("s", "to-lport", 3, "ip4", rate=100, burst=10, dscp=9, external_ids={"k": "v"}),
        "QoS",
        {
            "switch": "s",
            **TO,
            "priority": 3,
            "match": "ip4",
            "bandwidth": {"rate": 100, "burst": 10},
            "action": {"dscp": 9},
            "external_ids": {"k": "v"},
        },
    ),
    (
        lambda api: api.qos_add("s", "to-lport", 4, "ip4", rate=7),
        "QoS",
        {"switch": "s", **TO, "priority": 4, "match": "ip4", "bandwidth": {"rate": 7}},
    ),
    (
        lambda api: api.qos_del_ext_ids("s", {"k": "v"}),
        "QoS",
        {"switch": "s", **TO, "priority": 3, "match": "ip4", "state": "absent"},
    ),
    (
        lambda api: api.qos_del("s", "to-lport", 4, "ip4"),
        "QoS",
        {"switch": "s", **TO, "priority": 4, "match": "ip4", "state": "absent"},
    ),
    (
        lambda api: api.address_set_add("as", ["10.0.0.1", "2001:db8::/64"]),
        "Address_Set",
        {"name": "as", "addresses": ["10.0.0.1", "2001:db8::/64"]},
    ),
    (
        lambda api: api.address_set_add_addresses("as", ["10.0.0.9"]),
        "Address_Set",
        {"name": "as", "addresses": ["10.0.0.9"]},
    ),
    (
        lambda api: api.address_set_remove_addresses("as", ["10.0.0.1"]),
        "Address_Set",
        {"name": "as", "addresses": [{"name": "10.0.0.1", "state": "absent"}]},
    ),
    # routers and their ports
    (
        lambda api: api.lr_add("r", options={"always_learn_from_arp_request": "false"}),
        ROUTER,
        {"name": "r", "options": {"always_learn_from_arp_request": False}},
    ),
    (
        lambda api: api.lrp_add("r", "rp", MAC % 10, ["192.0.2.1/24"], gateway_chassis=["node1"]),
        RPORT,
        {
            "router": "r",
            "name": "rp",
            "mac": MAC % 10,
            "networks": ["192.0.2.1/24"],
            "gateway_chassis": [{"chassis_name": "node1", "name": "rp_node1", "priority": 1}],
        },
    ),
    (
        lambda api: api.lrp_set_gateway_chassis("rp", "node2", 7),
        "Gateway_Chassis",
        {"router_port": "rp", "chassis_name": "node2", "name": "rp_node2", "priority": 7},
    ),
    (
        lambda api: api.lrp_del_gateway_chassis("rp", "node1"),
        "Gateway_Chassis",
        {"router_port": "rp", "chassis_name": "node1", "state": "absent"},
    ),
    (
        lambda api: api.lrp_add("r", "rp2", MAC % 11, ["198.51.100.1/24"]),
        RPORT,
        {"router": "r", "name": "rp2", "mac": MAC % 11, "networks": ["198.51.100.1/24"]},
    ),
    (
        lambda api: api.lrp_add("r", "rp3", MAC % 12, ["203.0.113.1/24"], peer="rp2"),
        RPORT,
        {"router": "r", "name": "rp3", "mac": MAC % 12, "networks": ["203.0.113.1/24"], "peer": "rp2"},
    ),
    (
        lambda api: api.lrp_add_networks("rp2", ["fd00::1/64"]),
        RPORT,
        {"name": "rp2", "networks": ["198.51.100.1/24", "fd00::1/64"]},
    ),
    (lambda api: api.lrp_del_networks("rp2", ["fd00::1/64"]), RPORT, {"name": "rp2", "networks": ["198.51.100.1/24"]}),
    (lambda api: api.lrp_set_enabled("rp2", True), RPORT, {"name": "rp2", "enabled": True}),
    (
        lambda api: api.lrp_set_options("rp2", gateway_mtu="1400"),
        RPORT,
        {"name": "rp2", "options": {"gateway_mtu": 1400}},
    ),
    (
        lambda api: api.ha_chassis_group_add("hg", external_ids={"k": "v"}),
        "HA_Chassis_Group",
        {"name": "hg", "external_ids": {"k": "v"}},
    ),
    (
        lambda api: api.ha_chassis_group_add_chassis("hg", "node1", 9),
        "HA_Chassis_Group",
        {"name": "hg", "ha_chassis": [{"chassis_name": "node1", "priority": 9}]},
    ),
    (
        lambda api: api.ha_chassis_group_add_chassis("hg", "node2", 8),
        "HA_Chassis_Group",
        {"name": "hg", "ha_chassis": [{"chassis_name": "node2", "priority": 8}]},
    ),
    (
        lambda api: api.ha_chassis_group_add_chassis("hg", "node1", 3),
        "HA_Chassis_Group",
        {"name": "hg", "ha_chassis": [{"chassis_name": "node1", "priority": 3}]},
    ),
    (
        lambda api: api.ha_chassis_group_del_chassis("hg", "node2"),
        "HA_Chassis_Group",
        {"name": "hg", "ha_chassis": [{"chassis_name": "node2", "state": "absent"}]},
    ),
    (lambda api: api.lrp_set_ha_chassis_group("rp3", "hg"), RPORT, {"name": "rp3", "ha_chassis_group": "hg"}),
    (lambda api: api.lrp_del_ha_chassis_group("rp3"), RPORT, {"name": "rp3", "ha_chassis_group": ""}),
    (lambda api: api.ha_chassis_group_del("hg"), "HA_Chassis_Group", {"name": "hg", "state": "absent"}),
    # routes, with BFD, ECMP and IPv6; policies; NAT of each type
    (
        lambda api: api.bfd_add(
            "rp2", "198.51.100.9", min_tx=50, min_rx=60, detect_mult=7, external_ids={"virtnet-id": "b"}
        ),
        "BFD",
        {"id": "b", "logical_port": "rp2", "dst_ip": "198.51.100.9", "min_tx": 50, "min_rx": 60, "detect_mult": 7},
    ),
    (
        lambda api: api.lr_route_add("r", "10.9.0.0/16", "198.51.100.9", port="rp2", bfd=tagged(api, "BFD", "b")),
        ROUTE,
        {"router": "r", "ip_prefix": "10.9.0.0/16", "nexthop": "198.51.100.9", "output_port": "rp2", "bfd": "b"},
    ),
    (
        lambda api: api.lr_route_add("r", "10.8.0.0/16", "198.51.100.8", ecmp=True),
        ROUTE,
        {"router": "r", "ip_prefix": "10.8.0.0/16", "nexthop": "198.51.100.8", "ecmp": True},
    ),
    (
        lambda api: api.lr_route_add("r", "10.8.0.0/16", "198.51.100.7", ecmp=True),
        ROUTE,
        {"router": "r", "ip_prefix": "10.8.0.0/16", "nexthop": "198.51.100.7", "ecmp": True},
    ),
    (
        lambda api: api.lr_route_add("r", "10.7.0.0/16", "198.51.100.7", policy="src-ip", route_table="blue"),
        ROUTE,
        {
            "router": "r",
            "ip_prefix": "10.7.0.0/16",
            "nexthop": "198.51.100.7",
            "policy": "src-ip",
            "route_table": "blue",
        },
    ),
    (
        lambda api: api.lr_route_add("r", "2001:db8:9::/48", "fd00::9"),
        ROUTE,
        {"router": "r", "ip_prefix": "2001:db8:9::/48", "nexthop": "fd00::9"},
    ),
    (
        lambda api: api.lr_route_add("r", "10.6.0.0/16", "discard"),
        ROUTE,
        {"router": "r", "ip_prefix": "10.6.0.0/16", "nexthop": "discard"},
    ),
    (
        lambda api: api.lr_route_del("r", "10.8.0.0/16", nexthop="198.51.100.8"),
        ROUTE,
        {"router": "r", "ip_prefix": "10.8.0.0/16", "nexthop": "198.51.100.8", "ecmp": True, "state": "absent"},
    ),
    (
        lambda api: api.lr_route_del("r", "10.9.0.0/16"),
        ROUTE,
        {"router": "r", "ip_prefix": "10.9.0.0/16", "state": "absent"},
    ),
    (
        lambda api: api.bfd_del(tagged(api, "BFD", "b")),
        "BFD",
        {"id": "b", "logical_port": "rp2", "dst_ip": "198.51.100.9", "state": "absent"},
    ),
    (
        lambda api: api.lr_policy_add(
            "r",
            5,
            "ip4.src == 10.0.0.0/8",
            "reroute",
            nexthops=["198.51.100.7", "198.51.100.8"],
            options={"pkt_mark": "5"},
        ),
        POLICY,
        {
            "router": "r",
            "priority": 5,
            "match": "ip4.src == 10.0.0.0/8",
            "action": "reroute",
            "nexthops": ["198.51.100.7", "198.51.100.8"],
            "options": {"pkt_mark": 5},
        },
    ),
    (
        lambda api: api.lr_policy_add("r", 6, "ip6", "jump", jump_chain="inner"),
        POLICY,
        {"router": "r", "priority": 6, "match": "ip6", "action": "jump", "jump_chain": "inner"},
    ),
    (
        lambda api: api.lr_policy_add("r", 6, "ip6", "drop", chain="inner"),
        POLICY,
        {"router": "r", "priority": 6, "match": "ip6", "action": "drop", "chain": "inner"},
    ),
    (
        lambda api: api.lr_policy_del("r", 6, "ip6"),
        POLICY,
        {"router": "r", "priority": 6, "match": "ip6", "state": "absent"},
    ),
    (
        lambda api: api.lr_nat_add("r", "snat", "192.0.2.9", "10.0.0.0/8"),
        "NAT",
        {"router": "r", "type": "snat", "external_ip": "192.0.2.9", "logical_ip": "10.0.0.0/8"},
    ),
    (
        lambda api: api.lr_nat_add("r", "dnat", "192.0.2.10", "10.0.0.2"),
        "NAT",
        {"router": "r", "type": "dnat", "external_ip": "192.0.2.10", "logical_ip": "10.0.0.2"},
    ),
    (
        lambda api: api.lr_nat_add(
            "r", "dnat_and_snat", "192.0.2.11", "10.0.0.1", logical_port="p", external_mac=MAC % 20
        ),
        "NAT",
        {
            "router": "r",
            "type": "dnat_and_snat",
            "external_ip": "192.0.2.11",
            "logical_ip": "10.0.0.1",
            "logical_port": "p",
            "external_mac": MAC % 20,
        },
    ),
    (
        lambda api: api.lr_nat_add("r", "snat", "2001:db8::9", "fd00::/64"),
        "NAT",
        {"router": "r", "type": "snat", "external_ip": "2001:db8::9", "logical_ip": "fd00::/64"},
    ),
    (
        lambda api: api.lr_nat_del("r", "dnat", "192.0.2.10"),
        "NAT",
        {"router": "r", "type": "dnat", "external_ip": "192.0.2.10", "state": "absent", "logical_ip": "10.0.0.2"},
    ),
    (
        lambda api: api.lr_nat_del("r", "snat", "10.0.0.0/8"),
        "NAT",
        {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "state": "absent", "external_ip": "192.0.2.9"},
    ),
    # load balancers and their health checks
    (
        lambda api: api.lb_add("lb", "192.0.2.100:80", ["10.0.0.1:80", "10.0.0.2:80"], protocol="tcp"),
        BALANCER,
        {"name": "lb", "protocol": "tcp", "vips": {"192.0.2.100:80": ["10.0.0.1:80", "10.0.0.2:80"]}},
    ),
    (
        lambda api: api.lb_add("lb", "[2001:db8::100]:80", ["[fd00::1]:80"], protocol="tcp"),
        BALANCER,
        {"name": "lb", "vips": {"[2001:db8::100]:80": ["[fd00::1]:80"]}},
    ),
    (
        lambda api: api.lb_add_ip_port_mapping("lb", "10.0.0.1", "p", "10.0.0.250"),
        BALANCER,
        {"name": "lb", "ip_port_mappings": {"10.0.0.1": "p:10.0.0.250"}},
    ),
    (
        lambda api: api.lb_add_ip_port_mapping("lb", "10.0.0.2", "q", "10.0.0.250"),
        BALANCER,
        {"name": "lb", "ip_port_mappings": {"10.0.0.2": "q:10.0.0.250"}},
    ),
    (
        lambda api: api.lb_del_ip_port_mapping("lb", "10.0.0.2"),
        BALANCER,
        {"name": "lb", "ip_port_mappings": {"10.0.0.2": None}},
    ),
    (
        lambda api: api.lb_add_health_check("lb", "192.0.2.100:80", **CHECK),
        BALANCER,
        {"name": "lb", "health_check": [{"vip": "192.0.2.100:80", "options": CHECK}]},
    ),
    (
        lambda api: api.health_check_set_options(
            uuid(api, "Load_Balancer_Health_Check", vip="192.0.2.100:80"), interval="9"
        ),
        BALANCER,
        {"name": "lb", "health_check": [{"vip": "192.0.2.100:80", "options": {"interval": 9}, "purge": ["options"]}]},
    ),
    (lambda api: api.ls_lb_add("s", "lb"), BALANCER, {"name": "lb", "switches": ["s"]}),
    (lambda api: api.lr_lb_add("r", "lb"), ROUTER, {"name": "r", "load_balancer": ["lb"]}),
    (lambda api: api.ls_lb_del("s", "lb"), SWITCH, {"name": "s", "load_balancer": [{"name": "lb", "state": "absent"}]}),
    (lambda api: api.lr_lb_del("r", "lb"), BALANCER, {"name": "lb", "routers": [{"name": "r", "state": "absent"}]}),
    (
        lambda api: api.lb_del_health_check("lb", uuid(api, "Load_Balancer_Health_Check", vip="192.0.2.100:80")),
        BALANCER,
        {"name": "lb", "health_check": [{"vip": "192.0.2.100:80", "state": "absent"}]},
    ),
    (
        lambda api: api.lb_del("lb", "[2001:db8::100]:80"),
        BALANCER,
        {"name": "lb", "vips": {"[2001:db8::100]:80": None}},
    ),
    (lambda api: api.lb_del("lb"), BALANCER, {"name": "lb", "state": "absent"}),
    # DHCP and DNS
    (
        lambda api: api.dhcp_options_add("10.0.0.0/24", **{"virtnet-id": "four"}),
        "DHCP_Options",
        {"id": "four", "cidr": "10.0.0.0/24"},
    ),
    (
        lambda api: api.dhcp_options_set_options(
            tagged(api, "DHCP_Options", "four"), router="10.0.0.254", lease_time="60"
        ),
        "DHCP_Options",
        {"id": "four", "cidr": "10.0.0.0/24", "options": {"router": "10.0.0.254", "lease_time": 60}},
    ),
    (
        lambda api: api.lsp_set_dhcpv4_options("p", tagged(api, "DHCP_Options", "four")),
        PORT,
        {"name": "p", "dhcpv4_options": "four"},
    ),
    (
        lambda api: api.dhcp_options_add("2001:db8::/64", **{"virtnet-id": "six"}),
        "DHCP_Options",
        {"id": "six", "cidr": "2001:db8::/64"},
    ),
    (
        lambda api: api.dhcp_options_del(tagged(api, "DHCP_Options", "six")),
        "DHCP_Options",
        {"id": "six", "cidr": "2001:db8::/64", "state": "absent"},
    ),
    (
        lambda api: api.dns_add(records={"a.example": "10.0.0.1"}, external_ids={"virtnet-id": "d"}),
        "DNS",
        {"id": "d", "records": {"a.example": "10.0.0.1"}},
    ),
    (
        lambda api: api.dns_add_record(tagged(api, "DNS", "d"), "b.example", ["10.0.0.2", "fd00::2"]),
        "DNS",
        {"id": "d", "records": {"b.example": "10.0.0.2 fd00::2"}},
    ),
    (
        lambda api: api.dns_remove_record(tagged(api, "DNS", "d"), "a.example"),
        "DNS",
        {"id": "d", "records": {"a.example": None}},
    ),
    (
        lambda api: api.dns_set_records(tagged(api, "DNS", "d"), **{"c.example": "10.0.0.3"}),
        "DNS",
        {"id": "d", "records": {"c.example": "10.0.0.3"}, "purge": ["records"]},
    ),
    (
        lambda api: api.dns_set_external_ids(tagged(api, "DNS", "d"), **{"virtnet-id": "d", "k": "v"}),
        "DNS",
        {"id": "d", "external_ids": {"k": "v"}},
    ),
    (
        lambda api: api.dns_set_options(tagged(api, "DNS", "d"), **{"ovn-owned": "true"}),
        "DNS",
        {"id": "d", "options": {"ovn-owned": True}},
    ),
    (
        lambda api: api.ls_add_dns_record(uuid(api, SWITCH, name="s"), tagged(api, "DNS", "d")),
        SWITCH,
        {"name": "s", "dns_records": ["d"]},
    ),
    (
        lambda api: api.ls_remove_dns_record(uuid(api, SWITCH, name="s"), tagged(api, "DNS", "d")),
        SWITCH,
        {"name": "s", "dns_records": [{"name": "d", "state": "absent"}]},
    ),
    (
        lambda api: api.ls_set_dns_records(uuid(api, SWITCH, name="s"), [tagged(api, "DNS", "d")]),
        "DNS",
        {"id": "d", "switches": ["s"]},
    ),
    (
        lambda api: api.ls_clear_dns_records(uuid(api, SWITCH, name="s")),
        SWITCH,
        {"name": "s", "dns_records": [], "purge": ["dns_records"]},
    ),
    (lambda api: api.dns_del(tagged(api, "DNS", "d")), "DNS", {"id": "d", "state": "absent"}),
    # meters and mirrors
    (
        lambda api: api.meter_add("m", "pktps", rate=100, fair=True, burst_size=9),
        "Meter",
        {"name": "m", "unit": "pktps", "fair": True, "bands": [{"action": "drop", "rate": 100, "burst_size": 9}]},
    ),
    (lambda api: api.meter_del("m"), "Meter", {"name": "m", "state": "absent"}),
    (
        lambda api: api.mirror_add("mg", "gre", 7, "both", "192.0.2.200", external_ids={"k": "v"}),
        "Mirror",
        {"name": "mg", "type": "gre", "index": 7, "filter": "both", "sink": "192.0.2.200", "external_ids": {"k": "v"}},
    ),
    (
        lambda api: api.mirror_add("ml", "lport", 1, "to-lport", "q"),
        "Mirror",
        {"name": "ml", "type": "lport", "index": 1, "filter": "to-lport", "sink": "q"},
    ),
    (
        lambda api: api.mirror_rule_add("ml", 5, "ip4", "mirror"),
        "Mirror",
        {"name": "ml", "mirror_rules": [{"priority": 5, "match": "ip4", "action": "mirror"}]},
    ),
    (
        lambda api: api.mirror_rule_add("ml", 6, "ip6", "skip"),
        "Mirror",
        {"name": "ml", "mirror_rules": [{"priority": 6, "match": "ip6", "action": "skip"}]},
    ),
    (
        lambda api: api.mirror_rule_del("ml", 6, "ip6"),
        "Mirror",
        {"name": "ml", "mirror_rules": [{"priority": 6, "match": "ip6", "state": "absent"}]},
    ),
    (lambda api: api.lsp_attach_mirror("p", "mg"), PORT, {"name": "p", "mirror_rules": ["mg"]}),
    (lambda api: api.lsp_attach_mirror("p", "ml"), "Mirror", {"name": "ml", "ports": ["p"]}),
    (
        lambda api: api.lsp_detach_mirror("p", "mg"),
        PORT,
        {"name": "p", "mirror_rules": [{"name": "mg", "state": "absent"}]},
    ),
    (lambda api: api.mirror_del(uuid(api, "Mirror", name="mg")), "Mirror", {"name": "mg", "state": "absent"}),
    # and all of it goes
    (lambda api: api.address_set_del("as"), "Address_Set", {"name": "as", "state": "absent"}),
    (lambda api: api.pg_del("pg"), "Port_Group", {"name": "pg", "state": "absent"}),
    (lambda api: api.lsp_del("nested"), PORT, {"name": "nested", "state": "absent"}),
    (lambda api: api.lrp_del("rp3"), RPORT, {"name": "rp3", "state": "absent"}),
    (lambda api: api.lr_del("r"), ROUTER, {"name": "r", "state": "absent"}),
    (lambda api: api.ls_del("s"), SWITCH, {"name": "s", "state": "absent"}),
]


def alike(raw):
    """The rows, where what ovsdbapp writes unasked, and means the same as nothing, is nothing."""
    raw.transact(
        {"op": "update", "table": ROUTE, "where": [["policy", "==", "dst-ip"]], "row": {"policy": ["set", []]}}
    )
    return rows(raw)


def told(command):
    """How an ovsdbapp command is written here, for messages."""
    return inspect.getsource(command).strip().partition("api: ")[2][:100]


@pytest.fixture(scope="module")
def two():
    schema = newest(NB)
    with standalone(NB, schema=schema) as ours, standalone(NB, schema=schema) as theirs:
        idl = connection.OvsdbIdl.from_server(theirs.remote, NB)
        api = type("Api", (impl_idl.OvnNbApiIdlImpl,), {"_ovsdb_connection": None})(connection.Connection(idl, 10))
        yield Raw(ours), Raw(theirs), api
        api.ovsdb_connection.stop()


def test_each_command_and_its_task_leave_the_same_rows(two):
    ours, theirs, api = two
    for command, table, raw in STEPS:
        command(api).execute(check_error=True)
        assert ensure(E[table], ours, **raw)["changed"], told(command)
        assert alike(ours) == alike(theirs), told(command)
        # ... and what ovsdbapp made is what the task says
        assert not task(E[table], theirs.server.remote, **raw)["operations"], told(command)


def test_no_command_is_forgotten():
    tree = ast.parse(pathlib.Path(__file__).read_text(encoding="utf-8"))
    used = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and getattr(node.func.value, "id", "") == "api"
    }
    there = {
        name
        for name, value in vars(impl_idl.OvnNbApiIdlImpl).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    reading = {name for name in there if name.endswith(READS) or "_get_" in name}
    assert there - reading - used == set()
    assert used <= there
