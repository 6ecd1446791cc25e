# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample values for every field of every entity, from which the tests of docs/semantics.md are generated.

A new entity, or a new field, needs its sample here; without one its tests fail.
"""

from __future__ import annotations

from tests.support.engine import Ref, insert


class V:
    """A Value: ``old`` is what stands, ``new`` is asked for, each as a task writes it; ``db`` maps these to what is stored
    where that differs. ``empty`` says how it is emptied (the option's value), None where that is refused. ``fixed`` tells
    that the server does not let a standing row's be changed."""

    def __init__(self, old, new, empty="", db=None, fixed=False):
        self.old, self.new, self.empty, self.fixed = old, new, empty, fixed
        self._db = db or {}

    def db(self, value):
        if isinstance(value, list):
            return [self.db(item) for item in value]
        return self._db.get(value, value)


class M:
    """A Map: two keys stand, one of them is asked for with another value, beside a third one."""

    def __init__(self, old, new, db=None):
        self.old, self.new = old, new
        self.db = db or (lambda pairs: {k: v if isinstance(v, str) else str(v).lower() for k, v in pairs.items()})


class R:
    """Members: of the ``names`` the first two stand, the second and the third are asked for."""

    def __init__(self, *names):
        self.names = names


class C:
    """Children: three entries that are told apart; the first two stand."""

    def __init__(self, *entries):
        self.entries = entries


class Sample:
    """
    :param base: the options that say which row is meant, and what else a new one needs
    :param rows: the operations that make the row with further columns; it is called "it"
    :param world: rows that the samples refer to
    :param inside: (entity, options of the parent, field) where a row can only be described inside its parent
    """

    def __init__(self, base, rows, fields, world=(), inside=None):
        self.base, self.rows, self.fields, self.world, self.inside = base, rows, fields, world, inside


def parent(table, column, /, **more):
    """Operations: a parent named p, the row in it."""
    return lambda child: lambda columns: [child(columns), insert(table, "p", name="p", **more, **{column: [Ref("it")]})]


def row(table, /, **base):
    return lambda columns: insert(table, "it", **{**base, **columns})


TEXT = M({"a": "1", "b": "2"}, {"b": "9", "c": 3})
FLAGS = M({"a": "true", "b": "2"}, {"b": True, "c": "x y"})
MAC1, MAC2 = "02:ac:10:ff:00:01", "02:ac:10:ff:00:02"
HOSTS = [insert("HA_Chassis_Group", n, name=n) for n in ("h1", "h2")]
DHCP = [insert("DHCP_Options", n, cidr="192.0.2.0/24", external_ids={"name": n}) for n in ("d1", "d2")]
PROTOCOL = V("tcp", "udp")
BOOL = V(True, False)

SWITCH = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Logical_Switch", name="it")(columns)],
    world=[
        *(insert("Load_Balancer", n, name=n) for n in ("lb1", "lb2", "lb3")),
        *(insert("Load_Balancer_Group", n, name=n) for n in ("g1", "g2", "g3")),
        *(insert("DNS", n, external_ids={"name": n}) for n in ("dns1", "dns2", "dns3")),
        *(insert("Copp", n, name=n) for n in ("c1", "c2")),
    ],
    fields={
        "name": V("it", "other", None),
        "ports": C({"name": "p1"}, {"name": "p2"}, {"name": "p3"}),
        "load_balancer": R("lb1", "lb2", "lb3"),
        "load_balancer_group": R("g1", "g2", "g3"),
        "dns_records": R("dns1", "dns2", "dns3"),
        "copp": V("c1", "c2"),
        "other_config": FLAGS,
        "external_ids": TEXT,
    },
)

SWITCH_PORT = Sample(
    base={"name": "it", "switch": "p"},
    rows=parent("Logical_Switch", "ports")(row("Logical_Switch_Port", name="it")),
    world=[
        *HOSTS,
        *DHCP,
        *(insert("Mirror", n, name=n, filter="to-lport", type="gre", sink="192.0.2.1") for n in ("m1", "m2", "m3")),
        insert("Logical_Switch_Port", "outer1", name="outer1"),
        insert("Logical_Switch_Port", "outer2", name="outer2"),
        insert("Logical_Switch", "outer", name="outer", ports=[Ref("outer1"), Ref("outer2")]),
    ],
    fields={
        "name": V("it", "other", None),
        "type": V("localport", "external"),
        "addresses": V(
            [MAC1],
            ["02:AC:10:FF:00:02 192.0.2.7 2001:DB8:0::7", "unknown"],
            [],
            {"02:AC:10:FF:00:02 192.0.2.7 2001:DB8:0::7": "02:ac:10:ff:00:02 192.0.2.7 2001:db8::7"},
        ),
        "port_security": V(
            [MAC1],
            ["02:AC:10:FF:00:02 192.0.2.0/24"],
            [],
            {"02:AC:10:FF:00:02 192.0.2.0/24": "02:ac:10:ff:00:02 192.0.2.0/24"},
        ),
        "options": FLAGS,
        "enabled": BOOL,
        "parent_name": V("outer1", "outer2"),
        "tag_request": V(5, "7", db={"7": 7}),
        "dhcpv4_options": V("d1", "d2"),
        "dhcpv6_options": V("d1", "d2"),
        "ha_chassis_group": V("h1", "h2"),
        "mirror_rules": R("m1", "m2", "m3"),
        "external_ids": TEXT,
    },
)

ROUTER = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Logical_Router", name="it")(columns)],
    world=[
        *(insert("Load_Balancer", n, name=n) for n in ("lb1", "lb2", "lb3")),
        *(insert("Load_Balancer_Group", n, name=n) for n in ("g1", "g2", "g3")),
        *(insert("Copp", n, name=n) for n in ("c1", "c2")),
    ],
    fields={
        "name": V("it", "other", None),
        "ports": C(*({"name": "rp%d" % n, "mac": MAC1, "networks": ["192.0.%d.1/24" % n]} for n in (1, 2, 3))),
        "static_routes": C(*({"ip_prefix": "10.%d.0.0/16" % n, "nexthop": "192.0.2.1"} for n in (1, 2, 3))),
        "nat": C(*({"type": "snat", "logical_ip": "10.%d.0.0/16" % n, "external_ip": "192.0.2.1"} for n in (1, 2, 3))),
        "load_balancer": R("lb1", "lb2", "lb3"),
        "load_balancer_group": R("g1", "g2", "g3"),
        "enabled": BOOL,
        "copp": V("c1", "c2"),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

ROUTER_PORT = Sample(
    base={"name": "it", "router": "p", "mac": MAC1, "networks": ["192.0.2.1/24"]},
    rows=parent("Logical_Router", "ports")(row("Logical_Router_Port", name="it", mac=MAC1, networks=["192.0.2.1/24"])),
    world=[
        *HOSTS,
        *(insert("Logical_Router_Port", n, name=n, mac=MAC2, networks=["198.51.100.1/24"]) for n in ("peer1", "peer2")),
        insert("Logical_Router", "outer", name="outer", ports=[Ref("peer1"), Ref("peer2")]),
    ],
    fields={
        "name": V("it", "other", None),
        "mac": V(MAC1, MAC2.upper(), None, {MAC2.upper(): MAC2}),
        "networks": V(["192.0.2.1/24"], ["192.0.2.9/24", "2001:DB8::1/64"], None, {"2001:DB8::1/64": "2001:db8::1/64"}),
        "peer": V("peer1", "peer2"),
        "enabled": BOOL,
        "ipv6_prefix": V(["2001:db8::/64"], ["2001:db8:1::/64"], []),
        "ipv6_ra_configs": FLAGS,
        "ha_chassis_group": V("h1", "h2"),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

ROUTE = Sample(
    base={"router": "p", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"},
    rows=parent("Logical_Router", "static_routes")(
        row("Logical_Router_Static_Route", ip_prefix="10.0.0.0/8", nexthop="192.0.2.1")
    ),
    world=[
        *(insert("BFD", n, logical_port=n, dst_ip="192.0.2.1", external_ids={"name": n}) for n in ("b1", "b2")),
        *(insert("Logical_Router_Port", n, name=n, mac=MAC2, networks=["198.51.100.1/24"]) for n in ("out1", "out2")),
        insert("Logical_Router", "outer", name="outer", ports=[Ref("out1"), Ref("out2")]),
    ],
    fields={
        "ip_prefix": V("10.0.0.0/8", "172.16.5.9/12", None, {"172.16.5.9/12": "172.16.0.0/12"}),
        "nexthop": V("192.0.2.1", "192.0.2.2", None),
        "output_port": V("out1", "out2"),
        "policy": V("src-ip", "dst-ip"),
        "route_table": V("blue", "red"),
        "bfd": V("b1", "b2"),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

NAT = Sample(
    base={"router": "p", "type": "dnat_and_snat", "external_ip": "192.0.2.9", "logical_ip": "10.0.0.9"},
    rows=parent("Logical_Router", "nat")(
        row("NAT", type="dnat_and_snat", external_ip="192.0.2.9", logical_ip="10.0.0.9")
    ),
    world=[
        *(insert("Address_Set", n, name=n) for n in ("as1", "as2")),
        *(insert("Logical_Router_Port", n, name=n, mac=MAC2, networks=["198.51.100.1/24"]) for n in ("gp1", "gp2")),
        insert("Logical_Router", "outer", name="outer", ports=[Ref("gp1"), Ref("gp2")]),
    ],
    fields={
        "type": V("dnat_and_snat", "dnat", None),
        "external_ip": V("192.0.2.9", "192.0.2.10", None),
        "logical_ip": V("10.0.0.9", "10.0.0.10", None),
        # given together or not at all: changed here, set and emptied in the tests of NAT's checks
        "external_mac": V(MAC1, MAC2, None),
        "logical_port": V("lp1", "lp2", None),
        "external_port_range": V("1-5", "6-9"),
        "gateway_port": V("gp1", "gp2"),
        "allowed_ext_ips": V("as1", "as2"),
        "exempted_ext_ips": V("as1", "as2"),
        "match": V("ip4", "tcp"),
        "priority": V(1, "2", db={"2": 2}),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)
NAT_TOGETHER = {"external_mac": {"logical_port": "lp1"}, "logical_port": {"external_mac": MAC1}}

BALANCER = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Load_Balancer", name="it")(columns)],
    world=[
        *(insert("Logical_Switch", n, name=n) for n in ("s1", "s2", "s3")),
        *(insert("Logical_Router", n, name=n) for n in ("r1", "r2", "r3")),
    ],
    fields={
        "name": V("it", "other", None),
        "vips": M(
            {"192.0.2.1:80": ["10.0.0.1:8000"], "[fd00::1]:80": ["[fd00::2]:80"]},
            {"[FD00:0::1]:80": ["[fd00::3]:80", "[fd00::2]:80"], "192.0.2.3:80": "10.0.0.1:8000"},
            lambda pairs: {
                k.replace("FD00:0:", "fd00:"): v if isinstance(v, str) else ",".join(v) for k, v in pairs.items()
            },
        ),
        "protocol": PROTOCOL,
        "options": FLAGS,
        "selection_fields": V(["ip_src"], ["ip_dst", "tp_src"], []),
        "health_check": C(*({"vip": "192.0.2.%d:80" % n} for n in (1, 2, 3))),
        "ip_port_mappings": M(
            {"10.0.0.1": "p1:10.0.0.9", "10.0.0.2": "p2:10.0.0.9"},
            {"10.0.0.2": "p3:10.0.0.9", "10.0.0.3": "p4:10.0.0.9"},
        ),
        "switches": R("s1", "s2", "s3"),
        "routers": R("r1", "r2", "r3"),
        "external_ids": TEXT,
    },
)

HEALTH_CHECK = Sample(
    base={"vip": "192.0.2.1:80"},
    rows=parent("Load_Balancer", "health_check")(row("Load_Balancer_Health_Check", vip="192.0.2.1:80")),
    inside=("Load_Balancer", {"name": "p"}, "health_check"),
    fields={"vip": V("192.0.2.1:80", "192.0.2.2:80", None), "options": FLAGS, "external_ids": TEXT},
)

STATIC_MAC_BINDING = Sample(
    base={"logical_port": "lp", "ip": "192.0.2.1", "mac": MAC1},
    rows=lambda columns: [row("Static_MAC_Binding", logical_port="lp", ip="192.0.2.1", mac=MAC1)(columns)],
    fields={
        "logical_port": V("lp", "other", None),
        "ip": V("192.0.2.1", "2001:DB8::1", None, {"2001:DB8::1": "2001:db8::1"}),
        "mac": V(MAC1, MAC2.upper(), None, {MAC2.upper(): MAC2}),
        "override_dynamic_mac": V(True, "no", None, {"no": False}),
    },
)


def connection(table):
    def rows(columns):
        return [
            row("Connection", target="ptcp:6641")(columns),
            {"op": "update", "table": table, "where": [], "row": {"connections": ["set", [["named-uuid", "it"]]]}},
        ]

    return rows


CONNECTION_FIELDS = {
    # the one field of an index that a listener has: the server itself opens it, so nothing real is asked for
    "target": V("ptcp:6641", "punix:/nonexistent/x", None),
    "inactivity_probe": V(5000, "0", db={"0": 0}),
    "max_backoff": V(1000, 2000),
    "other_config": FLAGS,
    "external_ids": TEXT,
}
NB_CONNECTION = Sample({"target": "ptcp:6641"}, connection("NB_Global"), CONNECTION_FIELDS)
SB_CONNECTION = Sample(
    {"target": "ptcp:6641"},
    connection("SB_Global"),
    {**CONNECTION_FIELDS, "role": V("ovn-controller", "other"), "read_only": V(True, "no", None, {"no": False})},
)

MAC_BINDING = Sample(
    base={"logical_port": "lp", "ip": "192.0.2.1", "mac": MAC1, "datapath": "dp1"},
    rows=lambda columns: [
        row("MAC_Binding", logical_port="lp", ip="192.0.2.1", mac=MAC1, datapath=Ref("dp1"))(columns)
    ],
    world=[insert("Datapath_Binding", n, tunnel_key=k, external_ids={"name": n}) for k, n in ((1, "dp1"), (2, "dp2"))],
    fields={
        "logical_port": V("lp", "other", None),
        "ip": V("192.0.2.1", "2001:DB8::1", None, {"2001:DB8::1": "2001:db8::1"}),
        "mac": V(MAC1, MAC2.upper(), None, {MAC2.upper(): MAC2}),
        "datapath": V("dp1", "dp2", None),
    },
)


def bridged(*operations):
    return [
        *operations,
        {"op": "update", "table": "Open_vSwitch", "where": [], "row": {"bridges": ["set", [["named-uuid", "br"]]]}},
    ]


BRIDGE = Sample(
    base={"name": "it"},
    rows=lambda columns: [
        row("Bridge", name="it")(columns),
        {"op": "update", "table": "Open_vSwitch", "where": [], "row": {"bridges": ["set", [["named-uuid", "it"]]]}},
    ],
    fields={
        "name": V("it", "other", None, fixed=True),
        "ports": C({"name": "p1"}, {"name": "p2"}, {"name": "p3"}),
        "datapath_type": V("netdev", "system"),
        "fail_mode": V("secure", "standalone"),
        "protocols": V(["OpenFlow13"], ["OpenFlow15", "OpenFlow14"], []),
        "stp_enable": V(True, "no", None, {"no": False}),
        "rstp_enable": V(True, False, None),
        "mcast_snooping_enable": V(True, False, None),
        "other_config": FLAGS,
        "external_ids": TEXT,
    },
)

PORT = Sample(
    base={"name": "it", "bridge": "p"},
    rows=lambda columns: bridged(
        insert("Bridge", "br", name="p", ports=[Ref("it")]),
        *([] if "interfaces" in columns else [insert("Interface", "its", name="it")]),
        row("Port", name="it", interfaces=[Ref("its")])(columns),
    ),
    fields={
        "name": V("it", "other", None, fixed=True),
        "interfaces": C({"name": "i1"}, {"name": "i2"}, {"name": "i3"}),
        "tag": V(5, "7", db={"7": 7}),
        "trunks": V([1, 2], ["3"], [], {"3": 3}),
        "vlan_mode": V("access", "trunk"),
        "bond_mode": V("active-backup", "balance-slb"),
        "lacp": V("active", "off"),
        "other_config": FLAGS,
        "external_ids": TEXT,
    },
)

INTERFACE = Sample(
    base={"name": "it"},
    rows=lambda columns: bridged(
        insert("Bridge", "br", name="br", ports=[Ref("p")]),
        insert("Port", "p", name="p", interfaces=[Ref("it"), Ref("i2")]),
        row("Interface", name="it")(columns),
        insert("Interface", "i2", name="i2"),
    ),
    inside=("Port", {"name": "p", "bridge": "br"}, "interfaces"),
    fields={
        "name": V("it", "other", None, fixed=True),
        "type": V("internal", "patch"),
        "mac": V(MAC1, MAC2.upper(), "", {MAC2.upper(): MAC2}),
        "mtu_request": V(1400, "9000", db={"9000": 9000}),
        "ofport_request": V(5, 6),
        "options": FLAGS,
        "other_config": FLAGS,
        "external_ids": TEXT,
    },
)

OPEN_VSWITCH = Sample(
    base={},
    rows=lambda columns: [
        {"op": "update", "table": "Open_vSwitch", "where": [], "row": insert("Open_vSwitch", **columns)["row"]}
    ],
    fields={"external_ids": TEXT, "other_config": FLAGS},
)

NB, SB, OVS = "OVN_Northbound", "OVN_Southbound", "Open_vSwitch"
SAMPLES = {
    (NB, "Connection"): NB_CONNECTION,
    (NB, "Load_Balancer"): BALANCER,
    (NB, "Load_Balancer_Health_Check"): HEALTH_CHECK,
    (NB, "Logical_Router"): ROUTER,
    (NB, "Logical_Router_Port"): ROUTER_PORT,
    (NB, "Logical_Router_Static_Route"): ROUTE,
    (NB, "Logical_Switch"): SWITCH,
    (NB, "Logical_Switch_Port"): SWITCH_PORT,
    (NB, "NAT"): NAT,
    (NB, "Static_MAC_Binding"): STATIC_MAC_BINDING,
    (OVS, "Bridge"): BRIDGE,
    (OVS, "Interface"): INTERFACE,
    (OVS, "Open_vSwitch"): OPEN_VSWITCH,
    (OVS, "Port"): PORT,
    (SB, "Connection"): SB_CONNECTION,
    (SB, "MAC_Binding"): MAC_BINDING,
}
