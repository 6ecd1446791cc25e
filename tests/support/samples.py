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
    that the server does not let a standing row's be changed, ``auto`` what a new row has without being told."""

    def __init__(self, old, new, empty="", db=None, fixed=False, auto=None):
        self.old, self.new, self.empty, self.fixed, self.auto = old, new, empty, fixed, auto
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


class H:
    """A Child: the entry that stands, and another one that takes its place."""

    def __init__(self, old, new):
        self.entries = (old, new)


class Sample:
    """
    :param base: the options that say which row is meant, and what else a new one needs
    :param rows: the operations that make the row with further columns; it is called "it"
    :param world: rows that the samples refer to
    :param together: {field: further options without which it is refused}
    :param elsewhere: whether the table's tests cannot try it (test_objects.py does)
    :param inside: (entity, options of the parent, field) where a row can only be described inside its parent
    """

    def __init__(self, base, rows, fields, world=(), inside=None, elsewhere=False, together=None):
        self.elsewhere = elsewhere
        self.together = together or {}
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
DHCP = [
    insert("DHCP_Options", n, cidr=cidr, external_ids={"name": n})
    for cidr, names in (("192.0.2.0/24", ("d1", "d2")), ("2001:db8::/64", ("six1", "six2")))
    for n in names
]
PROTOCOL = V("tcp", "udp")
BOOL = V(True, False)
BOOLEAN = V(True, "no", None, {"no": False})  # of a column that always holds one
NUMBER = V(1, "2", None, {"2": 2})
ACLS = [{"direction": "to-lport", "priority": n, "match": "ip4", "action": "drop"} for n in (1, 2, 3)]
INTS = M({"rate": 1, "burst": 2}, {"rate": 9}, lambda pairs: pairs)


def ports(*names):
    """Operations: switch ports in a switch of their own."""
    made = [insert("Logical_Switch_Port", n, name=n) for n in names]
    return [*made, insert("Logical_Switch", "outer", name="outer", ports=[Ref(n) for n in names])]


SWITCH = Sample(
    base={"name": "it"},
    rows=lambda columns: [
        insert("Logical_Switch_Port", "x", name="x"),
        row("Logical_Switch", name="it", ports=[Ref("x")])(columns),
    ],
    world=[
        *(insert("Load_Balancer", n, name=n) for n in ("lb1", "lb2", "lb3")),
        *(insert("Load_Balancer_Group", n, name=n) for n in ("g1", "g2", "g3")),
        *(insert("DNS", n, external_ids={"name": n}) for n in ("dns1", "dns2", "dns3")),
        *(insert("Copp", n, name=n) for n in ("c1", "c2")),
    ],
    fields={
        "name": V("it", "other", None),
        "ports": C({"name": "p1"}, {"name": "p2"}, {"name": "p3"}),
        "acls": C(*ACLS),
        "qos_rules": C(
            *({"direction": "to-lport", "priority": n, "match": "ip4", "bandwidth": {"rate": 1}} for n in (1, 2, 3))
        ),
        "forwarding_groups": C(*({"name": n, "vip": "192.0.2.1", "vmac": MAC1, "child_port": ["x"]} for n in "abc")),
        "load_balancer": R("lb1", "lb2", "lb3"),
        "load_balancer_group": R("g1", "g2", "g3"),
        "dns_records": R("dns1", "dns2", "dns3"),
        "copp": V("c1", "c2"),
        "other_config": FLAGS,
        "external_ids": TEXT,
    },
    together={"forwarding_groups": {"ports": [{"name": "x"}]}},
)

SWITCH_PORT = Sample(
    base={"name": "it", "switch": "p"},
    rows=parent("Logical_Switch", "ports")(row("Logical_Switch_Port", name="it", addresses=[MAC1 + " 192.0.2.1"])),
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
        "peer": V("outer1", "outer2"),
        "health_checks": C(
            *({"protocol": "tcp", "address": "192.0.2.1", "port": n, "src_ip": "192.0.2.9"} for n in (1, 2, 3))
        ),
        "dhcpv4_options": V("d1", "d2"),
        "dhcpv6_options": V("six1", "six2"),
        "ha_chassis_group": V("h1", "h2"),
        "mirror_rules": R("m1", "m2", "m3"),
        "external_ids": TEXT,
    },
    together={
        "parent_name": {"tag_request": 5},
        "peer": {"type": "switch"},
        "health_checks": {"addresses": [MAC1 + " 192.0.2.1"]},
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
        "policies": C(*({"priority": n, "match": "ip4", "action": "drop"} for n in (1, 2, 3))),
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
        *(insert("DHCP_Relay", n, name=n) for n in ("dr1", "dr2")),
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
        "gateway_chassis": C(*({"chassis_name": n, "name": "it-" + n} for n in ("ch1", "ch2", "ch3"))),
        "dhcp_relay": V("dr1", "dr2"),
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
        "selection_fields": V(["ip_src"], ["ip_dst", "tp_src"], []),
        "bfd": V("b1", "b2"),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

NAT = Sample(
    base={"router": "p", "type": "dnat_and_snat", "external_ip": "192.0.2.9", "logical_ip": "10.0.0.9"},
    rows=parent("Logical_Router", "nat", ports=[Ref("gp1"), Ref("gp2")])(
        row("NAT", type="dnat_and_snat", external_ip="192.0.2.9", logical_ip="10.0.0.9")
    ),
    world=[
        *(insert("Address_Set", n, name=n) for n in ("as1", "as2")),
        *(insert("Gateway_Chassis", "on" + n, name=n, chassis_name="ch") for n in ("gp1", "gp2")),
        *(
            insert(
                "Logical_Router_Port",
                n,
                name=n,
                mac=MAC2,
                networks=["192.0.2.1/24"],
                gateway_chassis=[Ref("on" + n)],
            )
            for n in ("gp1", "gp2")
        ),
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
        "priority": V(1, "2", None, db={"2": 2}),
        "options": FLAGS,
        "external_ids": TEXT,
    },
    together={
        "external_mac": {"logical_port": "lp1"},
        "logical_port": {"external_mac": MAC1},
        "priority": {"match": "ip4"},
    },
)

VIPS = {"192.0.2.%d:80" % n: "10.0.0.1:80" for n in (1, 2, 3)}
BALANCER = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Load_Balancer", name="it", vips=VIPS)(columns)],
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
    together={"health_check": {"vips": VIPS}},
)

HEALTH_CHECK = Sample(
    base={"vip": "192.0.2.1:80"},
    rows=parent("Load_Balancer", "health_check", vips=VIPS)(row("Load_Balancer_Health_Check", vip="192.0.2.1:80")),
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


ACL_BASE = {"switch": "p", **{"direction": "to-lport", "priority": 1000, "match": "ip4", "action": "allow-related"}}
ACL = Sample(
    base=ACL_BASE,
    rows=parent("Logical_Switch", "acls")(row("ACL", **{k: v for k, v in ACL_BASE.items() if k != "switch"})),
    world=[
        *(insert("Meter_Band", "of_" + n, action="drop", rate=1) for n in ("mt1", "mt2")),
        *(insert("Meter", n, name=n, unit="kbps", bands=[Ref("of_" + n)]) for n in ("mt1", "mt2")),
        *(insert("Network_Function_Group", "n%d" % k, name="n%d" % k, id=k, mode="inline") for k in (1, 2)),
    ],
    fields={
        "direction": V("to-lport", "from-lport", None),
        "priority": V(1000, "7", None, {"7": 7}),
        "match": V("ip4", "ip6", None),
        "tier": NUMBER,
        "action": V("allow-related", "allow", None),
        "name": V("a", "b"),
        "log": BOOLEAN,
        "severity": V("info", "alert"),
        "meter": V("mt1", "mt2"),
        "label": NUMBER,
        "sample_new": H({"metadata": 1}, {"metadata": 2}),
        "sample_est": H({"metadata": 1}, {"metadata": 2}),
        "network_function_group": V("n1", "n2"),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

SAMPLE = Sample(
    base={"metadata": 1},
    rows=lambda columns: [
        row("Sample", metadata=1)(columns),
        insert("ACL", "a", direction="to-lport", priority=1, match="ip4", action="drop", sample_new=[Ref("it")]),
        insert("Logical_Switch", "p", name="p", acls=[Ref("a")]),
    ],
    inside=("ACL", {"switch": "p", **ACLS[0]}, "sample_new"),
    world=[insert("Sample_Collector", "c%d" % n, name="c%d" % n, id=n, set_id=n) for n in (1, 2, 3)],
    fields={"metadata": V(1, "2", None, {"2": 2}), "collectors": R("c1", "c2", "c3")},
)

SAMPLE_COLLECTOR = Sample(
    base={"name": "it", "collector_id": 1, "set_id": 1},
    rows=lambda columns: [row("Sample_Collector", name="it", id=1, set_id=1)(columns)],
    fields={
        "name": V("it", "other", None),
        "collector_id": NUMBER,
        "probability": NUMBER,
        "set_id": NUMBER,
        "external_ids": TEXT,
    },
)

SAMPLING_APP = Sample(
    base={"type": "drop", "app_id": 1},
    rows=lambda columns: [row("Sampling_App", type="drop", id=1)(columns)],
    fields={"type": V("drop", "acl-new", None), "app_id": NUMBER, "external_ids": TEXT},
)

ADDRESS_SET = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Address_Set", name="it")(columns)],
    fields={
        "name": V("it", "other", None),
        "addresses": R("192.0.2.1", "198.51.100.0/24", "2001:db8::1"),
        "external_ids": TEXT,
    },
)

PORT_GROUP = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Port_Group", name="it")(columns)],
    world=ports("p1", "p2", "p3"),
    fields={
        "name": V("it", "other", None),
        "ports": R("p1", "p2", "p3"),
        "acls": C(*ACLS),
        "external_ids": TEXT,
    },
)

BFD = Sample(
    base={"logical_port": "rp", "dst_ip": "192.0.2.1"},
    rows=lambda columns: [row("BFD", logical_port="rp", dst_ip="192.0.2.1")(columns)],
    fields={
        "logical_port": V("rp", "other", None),
        "dst_ip": V("192.0.2.1", "2001:DB8::1", None, {"2001:DB8::1": "2001:db8::1"}),
        "min_tx": V(100, 200),
        "min_rx": V(100, 200),
        "detect_mult": V(3, 5),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

TEMPLATE_VAR = Sample(
    base={"chassis": "it"},
    rows=lambda columns: [row("Chassis_Template_Var", chassis="it")(columns)],
    fields={"chassis": V("it", "other", None), "variables": TEXT, "external_ids": TEXT},
)

TWO_SIDES = [
    *(insert("Logical_Switch", n, name=n) for n in ("s1", "s2", "s3")),
    *(insert("Logical_Router", n, name=n) for n in ("r1", "r2", "r3")),
]
COPP = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Copp", name="it")(columns)],
    world=TWO_SIDES,
    fields={
        "name": V("it", "other", None),
        "meters": M({"arp": "m1", "dns": "m2"}, {"dns": "m3", "bfd": "m4"}),
        "switches": R("s1", "s2", "s3"),
        "routers": R("r1", "r2", "r3"),
        "external_ids": TEXT,
    },
)

DHCP_OPTIONS = Sample(
    base={"cidr": "192.0.2.0/24"},
    rows=lambda columns: [row("DHCP_Options", cidr="192.0.2.0/24")(columns)],
    fields={
        "cidr": V("192.0.2.0/24", "2001:DB8::/64", None, {"2001:DB8::/64": "2001:db8::/64"}),
        "options": TEXT,
        "external_ids": TEXT,
    },
)

DHCP_RELAY = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("DHCP_Relay", name="it")(columns)],
    fields={
        "name": V("it", "other", None),
        "servers": V("192.0.2.1", "192.0.2.2"),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

DNS = Sample(
    base={"id": "it"},
    rows=lambda columns: [row("DNS")(columns)],
    world=TWO_SIDES,
    fields={
        "records": M({"a.example": "192.0.2.1", "b.example": "192.0.2.2"}, {"b.example": "x", "c.example": "y"}),
        "options": FLAGS,
        "switches": R("s1", "s2", "s3"),
        "external_ids": TEXT,
    },
)

FORWARDING_BASE = {"name": "it", "vip": "192.0.2.1", "vmac": MAC1, "child_port": ["x"]}
FORWARDING_GROUP = Sample(
    base={"switch": "p", **FORWARDING_BASE},
    rows=parent("Logical_Switch", "forwarding_groups", ports=[Ref(n) for n in "xyz"])(
        row("Forwarding_Group", **FORWARDING_BASE)
    ),
    world=[insert("Logical_Switch_Port", n, name=n) for n in "xyz"],
    fields={
        "name": V("it", "other", None),
        "vip": V("192.0.2.1", "192.0.2.2", None),
        "vmac": V(MAC1, MAC2.upper(), None, {MAC2.upper(): MAC2}),
        "liveness": BOOLEAN,
        "child_port": V(["x"], ["y", "z"], None),
        "external_ids": TEXT,
    },
)

IN_ROUTER_PORT = {"mac": MAC1, "networks": ["192.0.2.1/24"]}
GATEWAY_CHASSIS = Sample(
    base={"router_port": "p", "chassis_name": "ch"},
    rows=lambda columns: [
        row("Gateway_Chassis", name="p-ch", chassis_name="ch")(columns),
        insert("Logical_Router_Port", "p", name="p", **IN_ROUTER_PORT, gateway_chassis=[Ref("it")]),
        insert("Logical_Router", "r", name="r", ports=[Ref("p")]),
    ],
    fields={
        "chassis_name": V("ch", "other", None),
        "name": V("p-ch", "other", None, auto="p-ch"),
        "priority": NUMBER,
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

HA_CHASSIS = Sample(
    base={"chassis_name": "ch"},
    rows=parent("HA_Chassis_Group", "ha_chassis")(row("HA_Chassis", chassis_name="ch")),
    inside=("HA_Chassis_Group", {"name": "p"}, "ha_chassis"),
    fields={"chassis_name": V("ch", "other", None), "priority": NUMBER, "external_ids": TEXT},
)

HA_CHASSIS_GROUP = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("HA_Chassis_Group", name="it")(columns)],
    fields={
        "name": V("it", "other", None),
        "ha_chassis": C(*({"chassis_name": n} for n in ("ch1", "ch2", "ch3"))),
        "external_ids": TEXT,
    },
)

BALANCER_GROUP = Sample(
    base={"name": "it"},
    rows=lambda columns: [row("Load_Balancer_Group", name="it")(columns)],
    world=[*TWO_SIDES, *(insert("Load_Balancer", n, name=n) for n in ("lb1", "lb2", "lb3"))],
    fields={
        "name": V("it", "other", None),
        "load_balancer": R("lb1", "lb2", "lb3"),
        "switches": R("s1", "s2", "s3"),
        "routers": R("r1", "r2", "r3"),
    },
)

POLICY = Sample(
    base={"router": "p", "priority": 1, "match": "ip4", "action": "reroute", "nexthops": ["192.0.2.1"]},
    rows=parent("Logical_Router", "policies")(
        row("Logical_Router_Policy", priority=1, match="ip4", action="reroute", nexthops=["192.0.2.1"])
    ),
    world=[
        *(insert("BFD", n, logical_port=n, dst_ip="192.0.2.1", external_ids={"name": n}) for n in ("b1", "b2", "b3")),
        *(insert("Logical_Router_Port", n, name=n, mac=MAC2, networks=["198.51.100.1/24"]) for n in ("out1", "out2")),
        insert("Logical_Router", "outer", name="outer", ports=[Ref("out1"), Ref("out2")]),
    ],
    fields={
        "priority": NUMBER,
        "match": V("ip4", "ip6", None),
        "chain": V("a", "b"),
        "action": V("reroute", "drop", None),
        "nexthop": V("192.0.2.1", "192.0.2.2"),
        "nexthops": V(["192.0.2.1"], ["192.0.2.2", "192.0.2.3"], None),
        "jump_chain": V("a", "b"),
        "output_port": V("out1", "out2"),
        "bfd_sessions": R("b1", "b2", "b3"),
        "options": FLAGS,
        "external_ids": TEXT,
    },
)

BAND = {"action": "drop", "rate": 1}
METER = Sample(
    base={"name": "it", "unit": "kbps", "bands": [BAND]},
    rows=lambda columns: [
        *([] if "bands" in columns else [insert("Meter_Band", "its", **BAND)]),
        row("Meter", name="it", unit="kbps", bands=[Ref("its")])(columns),
    ],
    fields={
        "name": V("it", "other", None),
        "unit": V("kbps", "pktps", None),
        "fair": BOOL,
        "bands": C(BAND),  # there is but one action: test_objects.py tries what the table's tests cannot
        "external_ids": TEXT,
    },
)

METER_BAND = Sample(
    base=BAND,
    rows=parent("Meter", "bands", unit="kbps")(row("Meter_Band", **BAND)),
    elsewhere=True,  # a meter is never without one
    fields={
        "action": V("drop", "drop", None),
        "rate": NUMBER,
        "burst_size": NUMBER,
        "external_ids": TEXT,
    },
)

MIRROR_BASE = {"name": "it", "type": "gre", "filter": "to-lport", "sink": "192.0.2.1"}
RULES = [{"priority": n, "match": "ip4", "action": "mirror"} for n in (1, 2, 3)]
MIRROR = Sample(
    base=MIRROR_BASE,
    rows=lambda columns: [row("Mirror", **MIRROR_BASE)(columns)],
    world=ports("p1", "p2", "p3"),
    fields={
        "name": V("it", "other", None),
        "type": V("gre", "erspan", None),
        "filter": V("to-lport", "from-lport", None),
        "sink": V("192.0.2.1", "192.0.2.2", None),
        "index": NUMBER,
        "mirror_rules": C(*RULES),
        "ports": R("p1", "p2", "p3"),
        "external_ids": TEXT,
    },
)

MIRROR_RULE = Sample(
    base=RULES[0],
    rows=parent("Mirror", "mirror_rules", type="gre", filter="to-lport", sink="192.0.2.1")(
        row("Mirror_Rule", **RULES[0])
    ),
    inside=("Mirror", {**MIRROR_BASE, "name": "p"}, "mirror_rules"),
    fields={"priority": NUMBER, "match": V("ip4", "ip6", None), "action": V("mirror", "skip", None)},
)

NB_GLOBAL = Sample(
    base={},
    rows=lambda columns: [
        {"op": "update", "table": "NB_Global", "where": [], "row": insert("NB_Global", **columns)["row"]}
    ],
    fields={"name": V("a", "b"), "ipsec": BOOLEAN, "options": TEXT, "external_ids": TEXT},
)

NETWORK_FUNCTION = Sample(
    base={"name": "it", "function_id": 1, "inport": "p1", "outport": "p2"},
    rows=lambda columns: [row("Network_Function", name="it", id=1, inport=Ref("p1"), outport=Ref("p2"))(columns)],
    world=ports("p1", "p2", "p3"),
    fields={
        "name": V("it", "other", None),
        "function_id": NUMBER,
        "inport": V("p1", "p3", None),
        "outport": V("p2", "p3", None),
        "health_check": H({"name": "h1"}, {"name": "h2"}),
        "external_ids": TEXT,
    },
)

NETWORK_FUNCTION_HEALTH_CHECK = Sample(
    base={"name": "it"},
    rows=lambda columns: [
        row("Network_Function_Health_Check", name="it")(columns),
        insert("Network_Function", "f", name="f", id=1, inport=Ref("p1"), outport=Ref("p2"), health_check=[Ref("it")]),
    ],
    world=ports("p1", "p2"),
    inside=("Network_Function", {"name": "f", "function_id": 1, "inport": "p1", "outport": "p2"}, "health_check"),
    fields={"name": V("it", "other", None), "options": FLAGS, "external_ids": TEXT},
)

NETWORK_FUNCTION_GROUP = Sample(
    base={"name": "it", "group_id": 1, "mode": "inline"},
    rows=lambda columns: [row("Network_Function_Group", name="it", id=1, mode="inline")(columns)],
    world=[
        *ports("p1", "p2"),
        *(
            insert("Network_Function", "f%d" % n, name="f%d" % n, id=n, inport=Ref("p1"), outport=Ref("p2"))
            for n in (1, 2, 3)
        ),
    ],
    fields={
        "name": V("it", "other", None),
        "group_id": NUMBER,
        "mode": V("inline", "inline", None),
        "fallback": V("fail-open", "fail-close"),
        "network_function": R("f1", "f2", "f3"),
        "external_ids": TEXT,
    },
)

QOS_BASE = {"direction": "to-lport", "priority": 1, "match": "ip4", "action": {"dscp": 1}, "bandwidth": {"rate": 1}}
QOS = Sample(
    base={"switch": "p", **QOS_BASE},
    rows=parent("Logical_Switch", "qos_rules")(row("QoS", **QOS_BASE)),
    fields={
        "direction": V("to-lport", "from-lport", None),
        "priority": NUMBER,
        "match": V("ip4", "ip6", None),
        "action": M({"dscp": 1}, {"dscp": 9}, lambda pairs: pairs),
        "bandwidth": INTS,
        "external_ids": TEXT,
    },
)

PORT_HEALTH_CHECK = Sample(
    base={"protocol": "tcp", "address": "192.0.2.1", "port": 1, "src_ip": "192.0.2.9"},
    rows=lambda columns: [
        row("Logical_Switch_Port_Health_Check", protocol="tcp", address="192.0.2.1", port=1, src_ip="192.0.2.9")(
            columns
        ),
        insert(
            "Logical_Switch_Port", "p", name="p", addresses=[MAC1 + " 192.0.2.1 192.0.2.2"], health_checks=[Ref("it")]
        ),
        insert("Logical_Switch", "s", name="s", ports=[Ref("p")]),
    ],
    inside=("Logical_Switch_Port", {"switch": "s", "name": "p"}, "health_checks"),
    fields={
        "protocol": V("tcp", "udp", None),
        "address": V("192.0.2.1", "192.0.2.2", None),
        "port": NUMBER,
        "src_ip": V("192.0.2.9", "192.0.2.8", None),
        "options": FLAGS,
    },
)

FDB = Sample(
    base={"mac": MAC1, "dp_key": 1, "port_key": 1},
    rows=lambda columns: [row("FDB", mac=MAC1, dp_key=1, port_key=1)(columns)],
    fields={"mac": V(MAC1, MAC2.upper(), None, {MAC2.upper(): MAC2}), "dp_key": NUMBER, "port_key": NUMBER},
)

CHASSIS = Sample(
    base={"name": "it"},
    rows=lambda columns: [
        insert("Encap", "e", type="geneve", ip="192.0.2.1", chassis_name="it"),
        row("Chassis", name="it", encaps=[Ref("e")])(columns),
    ],
    fields={
        "name": V("it", "other", None),
        "hostname": V("a", "b"),
        "other_config": FLAGS,
        "external_ids": TEXT,
    },
)

FILES = {"private_key": "/k", "certificate": "/c", "ca_cert": "/ca"}


def ssl(table):
    return Sample(
        base=FILES,
        rows=lambda columns: [
            row("SSL", **FILES)(columns),
            {"op": "update", "table": table, "where": [], "row": {"ssl": ["set", [["named-uuid", "it"]]]}},
        ],
        fields={
            **{name: V(path, path + "2", None) for name, path in FILES.items()},
            "bootstrap_ca_cert": BOOLEAN,
            "ssl_protocols": V("TLSv1.2", "TLSv1.3"),
            "ssl_ciphers": V("a", "b"),
            "ssl_ciphersuites": V("a", "b"),
            "external_ids": TEXT,
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


CHASSIS_HOSTS = [
    operation
    for n, name in ((1, "ch1"), (2, "ch2"))
    for operation in (
        insert("Encap", "e%d" % n, type="geneve", ip="192.0.2.%d" % n, chassis_name=name),
        insert("Chassis", name, name=name, encaps=[Ref("e%d" % n)]),
    )
]
PORT_BINDING = Sample(
    base={"logical_port": "lp"},
    rows=lambda columns: [row("Port_Binding", logical_port="lp", datapath=Ref("dp"), tunnel_key=1)(columns)],
    world=[*CHASSIS_HOSTS, insert("Datapath_Binding", "dp", tunnel_key=1)],
    fields={"logical_port": V("lp", "other", None), "chassis": V("ch1", "ch2")},
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
    (NB, "ACL"): ACL,
    (NB, "Address_Set"): ADDRESS_SET,
    (NB, "BFD"): BFD,
    (NB, "Chassis_Template_Var"): TEMPLATE_VAR,
    (NB, "Connection"): NB_CONNECTION,
    (NB, "Copp"): COPP,
    (NB, "DHCP_Options"): DHCP_OPTIONS,
    (NB, "DHCP_Relay"): DHCP_RELAY,
    (NB, "DNS"): DNS,
    (NB, "Forwarding_Group"): FORWARDING_GROUP,
    (NB, "Gateway_Chassis"): GATEWAY_CHASSIS,
    (NB, "HA_Chassis"): HA_CHASSIS,
    (NB, "HA_Chassis_Group"): HA_CHASSIS_GROUP,
    (NB, "Load_Balancer_Group"): BALANCER_GROUP,
    (NB, "Logical_Router_Policy"): POLICY,
    (NB, "Logical_Switch_Port_Health_Check"): PORT_HEALTH_CHECK,
    (NB, "Meter"): METER,
    (NB, "Meter_Band"): METER_BAND,
    (NB, "Mirror"): MIRROR,
    (NB, "Mirror_Rule"): MIRROR_RULE,
    (NB, "NB_Global"): NB_GLOBAL,
    (NB, "Network_Function"): NETWORK_FUNCTION,
    (NB, "Network_Function_Group"): NETWORK_FUNCTION_GROUP,
    (NB, "Network_Function_Health_Check"): NETWORK_FUNCTION_HEALTH_CHECK,
    (NB, "Port_Group"): PORT_GROUP,
    (NB, "QoS"): QOS,
    (NB, "Sample"): SAMPLE,
    (NB, "Sample_Collector"): SAMPLE_COLLECTOR,
    (NB, "Sampling_App"): SAMPLING_APP,
    (NB, "SSL"): ssl("NB_Global"),
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
    (SB, "Chassis"): CHASSIS,
    (SB, "Connection"): SB_CONNECTION,
    (SB, "FDB"): FDB,
    (SB, "SSL"): ssl("SB_Global"),
    (SB, "MAC_Binding"): MAC_BINDING,
    (SB, "Port_Binding"): PORT_BINDING,
}
