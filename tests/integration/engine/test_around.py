# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ovn-nbctl refuses because of other rows is refused here: of what a task changes, and for what is there once it is done."""

from __future__ import annotations

import pytest

from tests.support.engine import Ref, ensure, entities, insert, lacking, refused, task
from tests.support.topology import run

NB = "OVN_Northbound"
E = {table: entity for (database, table), entity in entities().items() if database == NB}
SWITCH, ROUTER, NAT, ROUTE = (E[t] for t in ("Logical_Switch", "Logical_Router", "NAT", "Logical_Router_Static_Route"))
GROUP, ACL, POLICY, BALANCER = E["Forwarding_Group"], E["ACL"], E["Logical_Router_Policy"], E["Load_Balancer"]
MAC = "02:ac:10:ff:00:0"
NETWORK = """
ls-add s -- lsp-add s p1 -- lsp-add s p2
ls-add other -- lsp-add other elsewhere
lr-add r -- lrp-add r inside 02:ac:10:ff:00:01 10.0.0.1/8 -- lrp-add r gate1 02:ac:10:ff:00:02 192.0.2.1/24
lrp-add r gate2 02:ac:10:ff:00:03 198.51.100.1/24
lr-add far -- lrp-add far gate3 02:ac:10:ff:00:04 203.0.113.1/24
lrp-set-gateway-chassis gate1 node1 -- lrp-set-gateway-chassis gate3 node1
"""


@pytest.fixture
def net(nb):
    for line in NETWORK.strip().splitlines():
        nb.server.ctl(*line.split())
    return nb


def ctl_refuses(nb, command, message):
    with pytest.raises(AssertionError, match=message):
        nb.server.ctl(*command.split())


def nat(kind, external, logical, **more):
    return {"router": "r", "type": kind, "external_ip": external, "logical_ip": logical, **more}


def route(hop, **more):
    return {"router": "r", "ip_prefix": "10.9.0.0/16", "nexthop": hop, **more}


# -- a NAT's gateway port --------------------------------------------------------------------------------------------


def test_a_gateway_port_is_one_of_the_same_router(net):
    ctl_refuses(
        net, "--gateway-port=gate3 lr-nat-add r snat 192.0.2.9 10.0.0.0/8", "is not a router port of logical router"
    )
    raw = nat("snat", "192.0.2.9", "10.0.0.0/8", gateway_port="gate3")
    assert str(refused(NAT, net.server.remote, **raw)) == "gateway_port: gate3 is no port of this router"
    inside = {key: value for key, value in raw.items() if key != "router"}
    said = str(refused(ROUTER, net.server.remote, name="r", nat=[inside]))
    assert said == "nat[0].gateway_port: gate3 is no port of this router"
    ensure(NAT, net, **{**raw, "gateway_port": "gate1"})
    assert (
        str(refused(NAT, net.server.remote, **raw, uuid=net.one("NAT")["_uuid"]))
        == "gateway_port: gate3 is no port of this router"
    )


def test_a_gateway_port_may_be_made_with_its_nat(nb):
    port = {"name": "g", "mac": MAC + "1", "networks": ["192.0.2.1/24"], "gateway_chassis": [{"chassis_name": "node1"}]}
    inside = {"type": "snat", "external_ip": "192.0.2.9", "logical_ip": "10.0.0.0/8", "gateway_port": "g"}
    ensure(ROUTER, nb, name="r", ports=[port], nat=[inside])
    nb.wipe()
    del port["gateway_chassis"]
    lacking(
        ROUTER, nb, {"name": "r", "ports": [port], "nat": [inside]},
        "nat[0].gateway_port: g is no distributed gateway port (it has neither gateway_chassis nor an ha_chassis_group)",
    )  # fmt: skip


def test_of_several_gateway_ports_one_must_be_meant(net):
    net.server.ctl("lrp-set-gateway-chassis", "gate2", "node1")
    ctl_refuses(net, "lr-nat-add r snat 203.0.113.9 10.0.0.0/8", "gateway_port can not be determined")
    raw = nat("snat", "203.0.113.9", "10.0.0.0/8")
    said = str(refused(NAT, net.server.remote, **raw))
    assert said == (
        "gateway_port: is missing: the router has several distributed gateway ports (gate1, gate2), and 203.0.113.9 is in the networks of none"
    )
    # What OVN's own tools make in another order may be in a document
    found = run(net, {"routers": [{"name": "r", "nat": [{key: raw[key] for key in raw if key != "router"}]}]})
    assert "routers[0].nat[0].gateway_port: is missing" in "".join(found["warnings"])
    task(NAT, net.server.remote, **raw, state="absent")
    ensure(NAT, net, **nat("snat", "198.51.100.9", "10.0.0.0/8"))
    ensure(NAT, net, **nat("snat", "203.0.113.9", "10.1.0.0/16", gateway_port="gate2"))


# -- a stateless NAT ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (nat("dnat_and_snat", "192.0.2.7", "10.0.0.7", options={"stateless": True}), nat("snat", "192.0.2.7", "10.1.0.0/16")),
        (nat("snat", "192.0.2.7", "10.1.0.0/16"), nat("dnat_and_snat", "192.0.2.7", "10.0.0.7", options={"stateless": True})),
    ],
    ids=["stateful-second", "stateless-second"],
)  # fmt: skip
def test_a_stateless_nat_shares_no_address(net, first, second):
    theirs = [["--stateless"] if "options" in each else [] for each in (first, second)]
    commands = [
        [*more, "lr-nat-add", "r", *(each[k] for k in ("type", "external_ip", "logical_ip"))]
        for more, each in zip(theirs, (first, second))
    ]
    net.server.ctl(*commands[0])
    ctl_refuses(net, " ".join(commands[1]), "External ip cannot be shared across stateless and stateful NATs")
    said = "external_ip: 192.0.2.7 is that of another rule (%s) already, and one of them is stateless: these share no address"
    assert str(refused(NAT, net.server.remote, **second)) == said % first["type"]
    # another address; and then the very one, by what says which row is meant
    ensure(NAT, net, **{**second, "external_ip": "192.0.2.8"})
    (other,) = [row["_uuid"] for row in net.rows("NAT") if row["external_ip"] == "192.0.2.8"]
    assert said % first["type"] == str(refused(NAT, net.server.remote, **second, uuid=other))
    # Where the other one gives it up in the same task, or goes, the address is free
    mine = next(row["_uuid"] for row in net.rows("NAT") if row["_uuid"] != other)
    ensure(NAT, net, objects=[{**first, "uuid": mine, "external_ip": "192.0.2.6"}, {**second, "uuid": other}])
    ensure(
        NAT,
        net,
        objects=[{**first, "uuid": mine, "state": "absent"}, {**second, "uuid": other, "external_ip": "192.0.2.6"}],
    )
    # ... or is purged
    ensure(NAT, net, **{**first, "external_ip": "192.0.2.5"})
    inside = {key: value for key, value in second.items() if key != "router"}
    ensure(ROUTER, net, name="r", nat=[{**inside, "external_ip": "192.0.2.5", "uuid": other}], purge=["nat"])


def test_what_stands_beside_a_stateless_nat_is_not_judged(net):
    net.transact(
        insert(
            "NAT",
            "a",
            type="dnat_and_snat",
            external_ip="192.0.2.7",
            logical_ip="10.0.0.7",
            options={"stateless": "true"},
        ),
        insert("NAT", "b", type="snat", external_ip="192.0.2.7", logical_ip="10.1.0.0/16"),
        {
            "op": "mutate",
            "table": "Logical_Router",
            "where": [["name", "==", "r"]],
            "mutations": [["nat", "insert", ["set", [["named-uuid", "a"], ["named-uuid", "b"]]]]],
        },
    )
    assert not ensure(NAT, net, **nat("snat", "192.0.2.7", "10.1.0.0/16"))["changed"]
    ensure(NAT, net, **nat("snat", "192.0.2.7", "10.1.0.0/16", external_ids={"a": "b"}))


def test_very_many_rules_with_one_address_are_not_compared_with_each_other(net, monkeypatch):
    """Each is one of thousands that say the same: it is asked about that once."""
    (check,) = [check for check in NAT.checks if check.around and check.around.column == "nat"]
    seen, judge = [], check.function
    monkeypatch.setattr(check, "function", lambda *said: (seen.append(len(said[2])), judge(*said))[1])
    rules = [
        {"type": "snat", "external_ip": "192.0.2.9", "logical_ip": "10.%d.0.0/16" % number} for number in range(200)
    ]
    ensure(ROUTER, net, name="r", nat=rules)
    assert len(seen) == 400, "each rule, in check mode and for real"
    assert max(seen) == 1


# -- routes that discard -----------------------------------------------------------------------------------------------


def test_a_route_that_discards_has_none_beside_it(net):
    net.server.ctl("lr-route-add", "r", "10.9.0.0/16", "discard")
    ctl_refuses(net, "--ecmp lr-route-add r 10.9.0.0/16 192.0.2.7", "discard nexthop for the same ECMP route exists")
    said = "nexthop: a route that discards is the only one of its prefix, and this one has another, by "
    assert str(refused(ROUTE, net.server.remote, **route("192.0.2.7", ecmp=True))) == said + "discard"
    # another table's and another policy's are others
    ensure(ROUTE, net, **route("192.0.2.7", ecmp=True, route_table="blue"))
    ensure(ROUTE, net, **route("192.0.2.7", ecmp=True, policy="src-ip"))
    # in place of it
    ensure(ROUTE, net, **route("192.0.2.7"))
    ctl_refuses(net, "--ecmp lr-route-add r 10.9.0.0/16 discard", "ecmp is not valid for discard routes")
    assert str(refused(ROUTE, net.server.remote, **route("discard", ecmp=True))) == said + "192.0.2.7"
    both = [
        {key: value for key, value in route(hop, ecmp=True).items() if key != "router"}
        for hop in ("192.0.2.7", "discard")
    ]
    for one in both:
        one["ip_prefix"] = "10.8.0.0/16"
    message = str(refused(ROUTER, net.server.remote, name="r", static_routes=both))
    assert "static_routes[0].nexthop: a route that discards" in message
    assert "static_routes[1].nexthop: a route that discards" in message


# -- forwarding groups -------------------------------------------------------------------------------------------------


def group(*ports, **more):
    return {"switch": "s", "name": "g", "vip": "10.0.0.9", "vmac": MAC + "9", "child_port": list(ports), **more}


def test_a_forwarding_groups_ports_are_the_switchs(net):
    ctl_refuses(
        net,
        "fwd-group-add g s 10.0.0.9 %s p1 elsewhere" % (MAC + "9"),
        "port already exists but in logical switch other",
    )
    ctl_refuses(net, "fwd-group-add g s 10.0.0.9 %s p1 nowhere" % (MAC + "9"), "logical switch port does not exist")
    for port in ("elsewhere", "nowhere"):
        lacking(GROUP, net, group("p1", port), "child_port: %s is no port of this switch" % port)
    ensure(GROUP, net, **group("p1", "p2"))
    lacking(GROUP, net, group("p1", "nowhere"), "child_port: nowhere is no port of this switch")
    # a port that is made, or taken away, by the same task
    inside = {key: value for key, value in group("p3").items() if key != "switch"}
    ensure(SWITCH, net, name="s", ports=[{"name": "p3"}], forwarding_groups=[inside])
    inside["child_port"] = ["p1", "p2"]
    lacking(
        SWITCH,
        net,
        {"name": "s", "ports": [{"name": "p1", "state": "absent"}], "forwarding_groups": [inside]},
        "forwarding_groups[0].child_port: p1 is no port of this switch",
    )
    # A document may describe what is so: its ports went later
    net.server.ctl("lsp-del", "p3")
    assert not ensure(GROUP, net, **group("p3"))["changed"]
    inside["child_port"] = ["gone"]
    found = run(net, {"switches": [{"name": "s", "forwarding_groups": [inside]}]})
    assert any("child_port: gone is no port of this switch" in warning for warning in found["warnings"])


def test_a_forwarding_groups_name_is_its_own(net):
    ensure(GROUP, net, **group("p1"))
    ctl_refuses(
        net,
        "fwd-group-add g other 10.0.0.9 %s elsewhere" % (MAC + "9"),
        "a forwarding group by this name already exists",
    )
    raw = group("elsewhere", switch="other")
    assert str(refused(GROUP, net.server.remote, **raw)) == "name: g is that of the forwarding group g already"
    ensure(GROUP, net, **{**raw, "name": "h"})
    # What stands is not judged
    net.transact({"op": "update", "table": "Forwarding_Group", "where": [["name", "==", "h"]], "row": {"name": "g"}})
    ensure(GROUP, net, **raw, liveness=True)


# -- health checks -----------------------------------------------------------------------------------------------------


def test_a_health_check_is_of_a_vip_of_its_balancer(nb):
    raw = {"name": "b", "vips": {"192.0.2.1:80": ["10.0.0.1:80"]}, "health_check": [{"vip": "192.0.2.1:80"}]}
    ensure(BALANCER, nb, **raw)
    lacking(
        BALANCER,
        nb,
        {"name": "b", "health_check": [{"vip": "192.0.2.2:80"}]},
        "health_check[0].vip: 192.0.2.2:80 is no VIP of this balancer",
    )
    ensure(BALANCER, nb, name="b", vips={"192.0.2.2:80": ["10.0.0.1:80"]}, health_check=[{"vip": "192.0.2.2:80"}])
    # A VIP that is spelled otherwise, and one that went later
    nb.transact(
        {
            "op": "update",
            "table": "Load_Balancer",
            "where": [],
            "row": {"vips": ["map", [["[2001:DB8:0::1]:80", "[fd00::1]:80"]]]},
        }
    )
    ensure(
        BALANCER,
        nb,
        name="b",
        health_check=[{"vip": "192.0.2.2:80", "options": {"timeout": 5}}, {"vip": "[2001:db8::1]:80"}],
    )


def test_a_ports_health_check_is_of_its_address(newer):
    nb = newer[NB]
    nb.wipe()
    nb.transact(insert("Logical_Switch", name="s"))
    port = {
        "switch": "s", "name": "p", "addresses": [MAC + "1 10.0.0.7"],
        "health_checks": [{"protocol": "icmp", "address": "10.0.0.8", "src_ip": "10.0.0.1"}],
    }  # fmt: skip
    PORT = E["Logical_Switch_Port"]
    lacking(PORT, nb, port, "health_checks[0].address: 10.0.0.8 is no address of this port")
    port["health_checks"][0]["address"] = "10.0.0.7"
    port["type"] = "localport"
    said = str(refused(PORT, nb.server.remote, **port))
    assert said == (
        "health_checks[0].protocol: a port of the type localport is not checked: only that of a VM or container is"
    )
    del port["type"]
    ensure(PORT, nb, **port)
    nb.wipe()
    nb.transact(
        insert("Logical_Switch_Port", "p", name="p", addresses=["dynamic"], dynamic_addresses=MAC + "1 10.0.0.7"),
        insert("Logical_Switch", name="s", ports=[Ref("p")]),
    )
    del port["addresses"]
    ensure(PORT, nb, **port)


# -- two that are the same ---------------------------------------------------------------------------------------------

RULE = {"switch": "s", "direction": "to-lport", "priority": 5, "match": "ip4", "action": "drop"}
TURN = {"router": "r", "priority": 5, "match": "ip4", "action": "drop"}


@pytest.mark.parametrize(
    ("entity", "raw", "same", "command", "message"),
    [
        (ACL, RULE, {"action": "allow"}, "acl-add s to-lport 5 ip4 allow", "Same ACL already existed"),
        (POLICY, TURN, {"action": "allow"}, "lr-policy-add r 5 ip4 allow", "Same routing policy already existed"),
        (ROUTE, route("192.0.2.7"), {"nexthop": "192.0.2.8"}, "lr-route-add r 10.9.0.0/16 192.0.2.8", "duplicate prefix"),
        (E["QoS"], {**RULE, "action": {"dscp": 1}}, {"action": {"dscp": 2}}, "qos-add s to-lport 5 ip4 dscp=2", "Same qos already existed"),
        (NAT, nat("snat", "192.0.2.9", "10.0.0.0/8"), {"external_ip": "192.0.2.8"}, "lr-nat-add r snat 192.0.2.8 10.0.0.0/8", "already exists"),
    ],
    ids=lambda item: getattr(item, "table", ""),
)  # fmt: skip
def test_an_id_makes_no_second_one_of_the_same(net, entity, raw, same, command, message):
    label = entity.label
    said = str(refused(entity, net.server.remote, objects=[{**raw, "id": "a"}, {**raw, **same, "id": "b"}]))
    assert said.startswith("objects[1]: is the same %s " % label)
    assert said.endswith(" as objects[0]")
    ensure(entity, net, **raw, id="a")
    ctl_refuses(net, command, message)
    assert "there is another %s" % label in str(refused(entity, net.server.remote, **{**raw, **same}, id="b"))
    # ... nor what is edited into it
    told = "priority" if "priority" in raw else "ip_prefix" if "ip_prefix" in raw else "logical_ip"
    other = {**raw, told: 6 if told == "priority" else "10.7.0.0/16"}
    ensure(entity, net, **other, id="b")
    assert "there is another %s" % label in str(refused(entity, net.server.remote, **raw, id="b"))
    third = {**raw, told: 7 if told == "priority" else "10.6.0.0/16"}
    said = str(refused(entity, net.server.remote, objects=[{**third, "id": "a"}, {**third, **same, "id": "b"}]))
    assert "objects[1]: is the same %s " % label in said
    # What stands is not judged
    column = entity.fields[told].column
    net.transact({"op": "update", "table": entity.table, "where": [], "row": {column: raw[told]}})
    objects = [{**raw, "id": "a"}, {**raw, "id": "b", "external_ids": {"k": "v"}}]
    ensure(entity, net, objects=objects)
