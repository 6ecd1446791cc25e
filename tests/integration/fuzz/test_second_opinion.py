# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same network as a document, and through ovsdbapp's commands into another database: the same rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovsdbapp.backend.ovs_idl import connection
from ovsdbapp.schema.ovn_northbound import impl_idl

from tests.support.engine import Raw
from tests.support.ovsdb import newest, standalone
from tests.support.topology import rows, run
from tests.support.waiting import until

NB = "OVN_Northbound"
MAC = st.integers(0, 255).map(lambda n: "02:00:00:00:00:%02x" % n)
IP = st.integers(1, 254).map(lambda n: "192.0.2.%d" % n)
NET = st.integers(0, 9).map(lambda n: "10.%d.0.0/16" % n)
INSIDE = st.integers(1, 254).map(lambda n: "10.0.0.%d" % n)
IP6 = st.integers(1, 9).map(lambda n: "2001:db8::%d" % n)
NET6 = st.integers(1, 9).map(lambda n: "2001:db8:%d::/48" % n)
SMALL = st.integers(1, 9)
CHASSIS = st.sampled_from(["node1", "node2", "node3"])
MATCH = st.sampled_from(["ip4", "ip6 && tcp", 'ip4.src == 10.0.0.0/8 && inport == "p"'])
TEXTS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "x y"]), max_size=2)
DIRECTION = st.sampled_from(["to-lport", "from-lport"])


def several(entry, *keys, most=3):
    return st.lists(entry, max_size=most, unique_by=lambda each: tuple(str(each[key]) for key in keys))


def named(prefix, count=3):
    return st.integers(1, count).map(lambda number: "%s%d" % (prefix, number))


def some(names):
    return st.lists(st.sampled_from(names), unique=True) if names else st.just([])


def entry(**fields):
    return st.fixed_dictionaries(fields)


@st.composite
def networks(draw):
    acl = entry(
        direction=DIRECTION, priority=st.integers(0, 32767), match=MATCH, log=st.booleans(),
        action=st.sampled_from(["allow", "allow-related", "drop", "reject", "allow-stateless"]),
    )  # fmt: skip
    qos = entry(direction=DIRECTION, priority=st.integers(0, 32767), match=MATCH, bandwidth=entry(rate=st.integers(1, 9), burst=st.integers(1, 9)),
                action=entry(dscp=st.integers(0, 63)))  # fmt: skip
    route = st.one_of(
        entry(ip_prefix=NET, nexthop=st.one_of(IP, st.just("discard")), route_table=st.sampled_from(["", "blue"])),
        entry(ip_prefix=NET6, nexthop=IP6, route_table=st.just("")),
    )
    ecmp = entry(
        ip_prefix=st.sampled_from(["172.16.0.0/16", "172.17.0.0/16"]),
        nexthop=IP,
        ecmp=st.just(True),
        route_table=st.just(""),
    )
    nat = st.one_of(
        entry(type=st.just("snat"), external_ip=IP, logical_ip=NET),
        entry(type=st.just("snat"), external_ip=IP6, logical_ip=NET6),
        entry(type=st.sampled_from(["dnat", "dnat_and_snat"]), external_ip=IP, logical_ip=INSIDE),
    )
    policy = entry(
        priority=st.integers(0, 32767),
        match=MATCH,
        action=st.sampled_from(["allow", "drop"]),
        chain=st.sampled_from(["", "inner"]),
    )
    turn = entry(
        priority=st.integers(0, 32767),
        match=MATCH,
        action=st.just("reroute"),
        chain=st.just(""),
        nexthops=st.lists(IP, min_size=1, max_size=2, unique=True),
    )
    switch = entry(name=named("s"), other_config=TEXTS, acls=several(acl, "direction", "priority"),
                   qos_rules=several(qos, "direction", "priority"))  # fmt: skip
    router = entry(
        name=named("r"), options=TEXTS, static_routes=several(route, "ip_prefix"), ecmp=several(ecmp, "ip_prefix", "nexthop"),
        nat=several(nat, "type", "logical_ip", most=5).filter(lambda nats: len({(n["type"], n["external_ip"]) for n in nats}) == len(nats)),
        policies=several(st.one_of(policy, turn), "priority"),
    )  # fmt: skip
    backends = st.lists(IP.map(lambda ip: ip + ":8080"), min_size=1, max_size=3)
    document = draw(
        entry(
            switches=several(switch, "name"),
            routers=several(router, "name"),
            load_balancers=several(
                entry(
                    name=named("lb"), protocol=st.sampled_from(["tcp", "udp", "sctp"]),
                    vips=st.dictionaries(IP.map(lambda ip: ip + ":80"), backends, min_size=1, max_size=1),
                ), "name"),
            address_sets=several(entry(name=named("as"), addresses=st.lists(IP, max_size=3, unique=True)), "name"),
            dhcp_options=several(entry(cidr=NET, id=named("d"), external_ids=TEXTS, options=TEXTS), "cidr").filter(
                lambda them: len({each["id"] for each in them}) == len(them)
            ),
            dns=several(entry(id=named("dns"), records=TEXTS), "id"),
            bfd=several(entry(id=named("bfd"), logical_port=named("r-0-"), dst_ip=IP, min_tx=SMALL, min_rx=SMALL, detect_mult=SMALL), "id").filter(
                lambda them: len({(each["logical_port"], each["dst_ip"]) for each in them}) == len(them)),
            ha_chassis_groups=several(
                entry(name=named("ha"), ha_chassis=several(entry(chassis_name=CHASSIS, priority=SMALL), "chassis_name")), "name"),
            meters=several(
                entry(name=named("m"), unit=st.sampled_from(["kbps", "pktps"]), fair=st.booleans(),
                      bands=entry(action=st.just("drop"), rate=SMALL, burst_size=SMALL).map(lambda band: [band])), "name"),
            mirrors=several(
                entry(name=named("mirror"), type=st.sampled_from(["gre", "erspan"]), index=SMALL, sink=IP,
                      filter=st.sampled_from(["to-lport", "from-lport"])), "name"),
        )
    )  # fmt: skip
    for option, holder, field in (("ports", "switches", "switches"), ("ports", "routers", "routers")):
        for place, each in enumerate(document[holder]):
            one = {
                "name": st.integers(1, 3).map(lambda n, place=place, holder=holder: "%s-%d-%d" % (holder[0], place, n))
            }
            if field == "switches":
                one |= {"addresses": st.lists(MAC, max_size=2, unique=True), "port_security": st.lists(MAC, max_size=1)}
            else:
                one |= {
                    "mac": MAC,
                    "networks": st.lists(IP.map(lambda ip: ip + "/24"), min_size=1, max_size=2, unique=True),
                }
            each[option] = draw(several(entry(**one), "name"))
    for each in document["routers"]:
        each["static_routes"] += each.pop("ecmp")
        for port in each["ports"]:
            port["gateway_chassis"] = draw(several(entry(chassis_name=CHASSIS, priority=SMALL), "chassis_name", most=2))
            for gate in port["gateway_chassis"]:
                gate["name"] = "%s_%s" % (port["name"], gate["chassis_name"])  # as ovsdbapp calls it
    for each in document["switches"]:
        each["dns_records"] = draw(some([dns["id"] for dns in document["dns"]]))
        for port in each["ports"]:
            port["mirror_rules"] = draw(some([mirror["name"] for mirror in document["mirrors"]]))
            port["enabled"] = draw(st.booleans())
            if document["dhcp_options"]:
                port["dhcpv4_options"] = draw(st.sampled_from([dhcp["id"] for dhcp in document["dhcp_options"]]))
    for each in document["load_balancers"]:
        (vip,) = each["vips"]
        each["health_check"] = draw(st.sampled_from([[], [{"vip": vip, "options": {"interval": "5"}}]]))
        each["ip_port_mappings"] = draw(st.dictionaries(INSIDE, IP.map(lambda ip: "p:" + ip), max_size=2))
    balancers = [each["name"] for each in document["load_balancers"]]
    if balancers:
        for each in (*document["switches"], *document["routers"]):
            each["load_balancer"] = draw(st.lists(st.sampled_from(balancers), unique=True))
    ports = [port["name"] for each in document["switches"] for port in each["ports"]]
    group = entry(name=named("pg"), external_ids=TEXTS, acls=several(acl, "direction", "priority"),
                  ports=st.lists(st.sampled_from(ports), unique=True) if ports else st.just([]))  # fmt: skip
    document["port_groups"] = draw(several(group, "name"))
    return document


def by_ovsdbapp(api, document):
    """Several transactions, for a command looks up what it refers to."""
    with api.transaction(check_error=True) as txn:
        for each in document["switches"]:
            txn.add(api.ls_add(each["name"], other_config=each["other_config"]))
        for each in document["routers"]:
            txn.add(api.lr_add(each["name"], options=each["options"]))
        for each in document["load_balancers"]:
            ((vip, backends),) = each["vips"].items()
            txn.add(api.lb_add(each["name"], vip, backends, each["protocol"]))
        for each in document["address_sets"]:
            txn.add(api.address_set_add(each["name"], each["addresses"]))
        for each in document["dhcp_options"]:
            txn.add(api.dhcp_options_add(each["cidr"], **each["external_ids"], **{"virtnet-id": each["id"]}))
        for each in document["dns"]:
            txn.add(api.dns_add(records=each["records"], external_ids={"virtnet-id": each["id"]}))
        for each in document["bfd"]:
            said = {name: each[name] for name in ("min_tx", "min_rx", "detect_mult")}
            txn.add(api.bfd_add(each["logical_port"], each["dst_ip"], external_ids={"virtnet-id": each["id"]}, **said))
        for each in document["ha_chassis_groups"]:
            txn.add(api.ha_chassis_group_add(each["name"]))
        for each in document["meters"]:
            (band,) = each["bands"]
            txn.add(api.meter_add(each["name"], each["unit"], band["rate"], each["fair"], band["burst_size"]))
        for each in document["mirrors"]:
            txn.add(api.mirror_add(each["name"], each["type"], each["index"], each["filter"], each["sink"]))
        for each in document["port_groups"]:
            txn.add(api.pg_add(each["name"], external_ids=each["external_ids"]))
    with api.transaction(check_error=True) as txn:
        for each in document["switches"]:
            for port in each["ports"]:
                columns = {name: port[name] for name in ("addresses", "port_security")}
                txn.add(api.lsp_add(each["name"], port["name"], **columns))
            for acl in each["acls"]:
                txn.add(
                    api.acl_add(each["name"], *(acl[n] for n in ("direction", "priority", "match", "action", "log")))
                )
            for qos in each["qos_rules"]:
                said = {**qos["bandwidth"], **qos["action"]}
                txn.add(api.qos_add(each["name"], qos["direction"], qos["priority"], qos["match"], **said))
        for each in document["routers"]:
            for port in each["ports"]:
                txn.add(api.lrp_add(each["name"], port["name"], port["mac"], port["networks"]))
            for policy in each["policies"]:
                said = {name: policy[name] for name in ("chain", "nexthops") if name in policy}
                txn.add(api.lr_policy_add(each["name"], policy["priority"], policy["match"], policy["action"], **said))
            for nat in each["nat"]:
                txn.add(api.lr_nat_add(each["name"], nat["type"], nat["external_ip"], nat["logical_ip"]))
    for each in document["routers"]:
        for route in each["static_routes"]:  # it cannot make two of one prefix in one transaction
            said = {"ecmp": route.get("ecmp", False), "route_table": route["route_table"]}
            api.lr_route_add(each["name"], route["ip_prefix"], route["nexthop"], **said).execute(check_error=True)
    tagged = {
        (table, row.external_ids.get("virtnet-id")): row.uuid
        for table in ("DHCP_Options", "DNS")
        for row in api.tables[table].rows.values()
    }
    with api.transaction(check_error=True) as txn:
        for each in document["dhcp_options"]:
            if each["options"]:
                txn.add(api.dhcp_options_set_options(tagged["DHCP_Options", each["id"]], **each["options"]))
        for each in document["ha_chassis_groups"]:
            for chassis in each["ha_chassis"]:
                txn.add(api.ha_chassis_group_add_chassis(each["name"], chassis["chassis_name"], chassis["priority"]))
        for each in document["load_balancers"]:
            for check in each["health_check"]:
                txn.add(api.lb_add_health_check(each["name"], check["vip"], **check["options"]))
            for backend, value in each["ip_port_mappings"].items():
                txn.add(api.lb_add_ip_port_mapping(each["name"], backend, *value.split(":")))
        for each in document["routers"]:
            for port in each["ports"]:
                for gate in port["gateway_chassis"]:
                    txn.add(api.lrp_set_gateway_chassis(port["name"], gate["chassis_name"], gate["priority"]))
        for each in document["switches"]:
            for name in each["dns_records"]:
                txn.add(api.ls_add_dns_record(api.lookup("Logical_Switch", each["name"]).uuid, tagged["DNS", name]))
            for port in each["ports"]:
                txn.add(api.lsp_set_enabled(port["name"], port["enabled"]))
                if "dhcpv4_options" in port:
                    txn.add(api.lsp_set_dhcpv4_options(port["name"], tagged["DHCP_Options", port["dhcpv4_options"]]))
                for name in port["mirror_rules"]:
                    txn.add(api.lsp_attach_mirror(port["name"], name))
            for name in each.get("load_balancer", ()):
                txn.add(api.ls_lb_add(each["name"], name))
        for each in document["routers"]:
            for name in each.get("load_balancer", ()):
                txn.add(api.lr_lb_add(each["name"], name))
        for each in document["port_groups"]:
            for acl in each["acls"]:
                said = [acl[n] for n in ("direction", "priority", "match", "action", "log")]
                txn.add(api.pg_acl_add(each["name"], *said))
            if each["ports"]:  # names it would pass over in silence
                uuids = [api.lookup("Logical_Switch_Port", name).uuid for name in each["ports"]]
                txn.add(api.pg_add_ports(each["name"], uuids))


def plain(raw):
    """The rows, without what ovsdbapp writes unasked and means the same as nothing."""
    for table, column, value, instead in (
        ("NAT", "options", ["map", [["stateless", "false"]]], ["map", []]),
        ("Logical_Router_Static_Route", "policy", "dst-ip", ["set", []]),
    ):
        raw.transact({"op": "update", "table": table, "where": [[column, "==", value]], "row": {column: instead}})
    found = rows(raw)
    found.pop("NB_Global")
    return found


@pytest.fixture(scope="module")
def two():
    with standalone(schema=newest(NB)) as ours, standalone(schema=newest(NB)) as theirs:
        idl = connection.OvsdbIdl.from_server(theirs.remote, NB)
        api = type("Api", (impl_idl.OvnNbApiIdlImpl,), {"_ovsdb_connection": None})(connection.Connection(idl, 10))
        yield Raw(ours), Raw(theirs), api
        api.ovsdb_connection.stop()


def test_ovsdbapp_makes_the_same_rows(two, tally):
    ours, theirs, api = two

    @given(networks())
    def cases(document):
        ours.wipe()
        theirs.wipe()
        held = [table for name, table in api.tables.items() if name != "NB_Global"]
        until(lambda: not any(table.rows for table in held), "ovsdbapp sees an empty database")
        by_ovsdbapp(api, document)
        run(ours, document)
        assert plain(ours) == plain(theirs)
        # ... and what they made is left as it is
        assert not run(theirs, document)["operations"]
        tally["the same as ovsdbapp's"] = tally.get("the same as ovsdbapp's", 0) + 1

    cases()
