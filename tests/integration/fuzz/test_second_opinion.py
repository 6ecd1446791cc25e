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
from tests.support.ovsdb import standalone, until
from tests.support.topology import rows, run

NB = "OVN_Northbound"
MAC = st.integers(0, 255).map(lambda n: "02:00:00:00:00:%02x" % n)
IP = st.integers(1, 254).map(lambda n: "192.0.2.%d" % n)
NET = st.integers(0, 9).map(lambda n: "10.%d.0.0/16" % n)
MATCH = st.sampled_from(["ip4", "ip6 && tcp", 'ip4.src == 10.0.0.0/8 && inport == "p"'])
TEXTS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "x y"]), max_size=2)
DIRECTION = st.sampled_from(["to-lport", "from-lport"])


def several(entry, *keys, most=3):
    return st.lists(entry, max_size=most, unique_by=lambda each: tuple(str(each[key]) for key in keys))


def named(prefix, count=3):
    return st.integers(1, count).map(lambda number: "%s%d" % (prefix, number))


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
    route = entry(ip_prefix=NET, nexthop=IP)
    nat = entry(type=st.just("snat"), external_ip=IP, logical_ip=NET)
    switch = entry(name=named("s"), other_config=TEXTS, acls=several(acl, "direction", "priority"),
                   qos_rules=several(qos, "direction", "priority"))  # fmt: skip
    router = entry(
        name=named("r"), options=TEXTS, static_routes=several(route, "ip_prefix"), nat=several(nat, "logical_ip")
    )
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
            dhcp_options=several(entry(cidr=NET, external_ids=TEXTS), "cidr"),
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
    """Three transactions, for a command looks up what it refers to."""
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
            txn.add(api.dhcp_options_add(each["cidr"], **each["external_ids"]))
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
            for route in each["static_routes"]:
                txn.add(api.lr_route_add(each["name"], route["ip_prefix"], route["nexthop"]))
            for nat in each["nat"]:
                txn.add(api.lr_nat_add(each["name"], nat["type"], nat["external_ip"], nat["logical_ip"]))
    with api.transaction(check_error=True) as txn:
        for each in document["switches"]:
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
    with standalone() as ours, standalone() as theirs:
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
