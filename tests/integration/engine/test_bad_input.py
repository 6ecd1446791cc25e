# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be done is told: the option, the reason, within the timeout, and nothing is written."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import entities, insert, refused, task
from tests.support.faults import listener
from tests.support.ovsdb import SCHEMAS, cluster, standalone

ENTITIES = entities()
NB, SB, OVS = "OVN_Northbound", "OVN_Southbound", "Open_vSwitch"
SWITCH, PORT, ROUTER, RPORT, ROUTE, NAT, BALANCER, BINDING = (
    ENTITIES[NB, table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port", "Logical_Router_Static_Route", "NAT",
                  "Load_Balancer", "Static_MAC_Binding")
)  # fmt: skip
LEARNED, BRIDGE, OVSPORT = ENTITIES[SB, "MAC_Binding"], ENTITIES[OVS, "Bridge"], ENTITIES[OVS, "Port"]
MAC = "02:ac:10:ff:00:01"

#: (entity, options, the whole message)
BAD = [
    # backends and VIPs
    (BALANCER, {"name": "lb", "vips": {"192.0.2.1:80": ["10.0.0.300:80"]}},
     "vips[192.0.2.1:80]: '10.0.0.300:80' is no IP address and no IP:PORT"),
    (BALANCER, {"name": "lb", "vips": [{"vip": "192.0.2.1:80", "backends": ["fd00::1"]}]},
     "vips: 192.0.2.1:80: the backend fd00::1 is of another address family"),
    (BALANCER, {"name": "lb", "vips": [{"vip": "192.0.2.1:80", "backends": ["10.0.0.1"]}]},
     "vips: 192.0.2.1:80: the backend 10.0.0.1 has no port, unlike the VIP"),
    (BALANCER, {"name": "lb", "vips": [{"vip": "192.0.2.1", "backends": ["10.0.0.1:80"]}]},
     "vips: 192.0.2.1: the backend 10.0.0.1:80 has a port, unlike the VIP"),
    (BALANCER, {"name": "lb", "vips": [{"vip": "192.0.2.1", "backends": ["10.0.0.1"]}], "protocol": "tcp"},
     "protocol: a VIP without a port balances all protocols: leave protocol out"),
    (BALANCER, {"name": "lb", "vips": {"192.0.2.1:0": ["10.0.0.1:80"]}},
     "vips[192.0.2.1:0]: '192.0.2.1:0': expected ADDRESS:PORT with a port from 1 to 65535"),
    (BALANCER, {"name": "lb", "vips": {"fd00::1:80000": ["10.0.0.1:80"]}},
     "vips[fd00::1:80000]: 'fd00::1:80000' is no IP address and no IP:PORT; an IPv6 address with a port is written in brackets, "
     "and quoted in YAML: '[fd00::1]:80'"),
    # what YAML makes of  vip: [fd00::1]:80  and of  - [fd00::1]:80
    (BALANCER, {"name": "lb", "vips": [{"vip": ["fd00::1"], "backends": []}]},
     "vips[0]: was read as a YAML list: quote an IPv6 address with a port, as in '[fd00::1]:80'"),
    (BALANCER, {"name": "lb", "vips": [{"[fd00::1]:80": ["[fd00::2]:80"]}]},
     "vips[0]: expected a dictionary with vip and backends (was an IPv6 address with a port left unquoted? write it as '[fd00::1]:80')"),
    (BALANCER, {"name": "lb", "vips": [{"vip": "192.0.2.1:80", "backends": ["10.0.0.1:80"], "backend": 1}]},
     "vips[0].backend: unknown; an entry has vip, backends and state"),
    (BALANCER, {"name": "lb", "vips": [{"vip": "192.0.2.1:80"}]}, "vips[0]: backends is missing"),
    (BALANCER, {"name": "lb", "vips": [{"vip": "FD00::1", "backends": []}, {"vip": "fd00:0::1", "backends": []}]}, "vips[1]: 'fd00::1' is given twice"),
    (BALANCER, {"name": "lb", "vips": "192.0.2.1"}, "vips: expected a dictionary or a list of entries, not a str"),
    (BALANCER, {"name": "lb", "protocol": "icmp"}, "protocol: 'icmp' is none of 'sctp', 'tcp', 'udp'"),
    (BALANCER, {"name": "lb", "health_check": [{"vip": "192.0.2.1"}]},
     "health_check[0].vip: '192.0.2.1' has no port, and only a VIP with a port can be health-checked"),
    (BALANCER, {"name": "lb", "options": {"x": {"y": 1}}}, "options[x]: expected text, not a dictionary"),
    (BALANCER, {"name": "lb", "ip_port_mappings": {"vm1": "p:10.0.0.1"}}, "ip_port_mappings[vm1]: 'vm1' is no IP address"),
    # addresses
    (PORT, {"switch": "s", "name": "p", "addresses": ["02:ac:10:ff:00"]},
     "addresses[0]: '02:ac:10:ff:00' is no MAC address (six pairs of hexadecimal digits, 02:ac:10:ff:00:11)"),
    (
        PORT,
        {"switch": "s", "name": "p", "addresses": [MAC + " 10.0.0.1/33"]},
        "addresses[0]: '10.0.0.1/33' is no address with a prefix length (such as 192.0.2.1/24)",
    ),
    (PORT, {"switch": "s", "name": "p", "port_security": ["10.0.0.1"]},
     "port_security[0]: '10.0.0.1' is no MAC address (six pairs of hexadecimal digits, 02:ac:10:ff:00:11)"),
    (PORT, {"switch": "s", "name": "p", "type": "trunk"},
     "type: 'trunk' is none of '', 'router', 'localnet', 'localport', 'l2gateway', 'vtep', 'external', 'virtual', 'remote', 'switch'"),
    (PORT, {"switch": "s", "name": "p", "type": "localnet"}, "options: a port of the type localnet needs network_name"),
    (PORT, {"switch": "s", "name": "p", "tag_request": 4096}, "tag_request: 4096 is not from 0 to 4095"),
    (PORT, {"switch": "s", "name": "p", "tag_request": "x"}, "tag_request: 'x' is no whole number"),
    (PORT, {"switch": "s", "name": "p", "enabled": "maybe"}, "enabled: 'maybe' is neither true nor false"),
    (RPORT, {"router": "r", "name": "rp", "mac": MAC}, "networks: is missing: a new logical router port cannot be without it"),
    (RPORT, {"router": "r", "name": "rp", "mac": MAC, "networks": ["10.0.0.1"]},
     "networks[0]: '10.0.0.1' is no address with a prefix length (such as 192.0.2.1/24)"),
    (RPORT, {"router": "r", "name": "rp", "mac": MAC, "networks": []}, "networks: at least 1 must be given"),
    (RPORT, {"router": "r", "name": "rp", "networks": ["10.0.0.1/8"], "mac": "x"},
     "mac: 'x' is no MAC address (six pairs of hexadecimal digits, 02:ac:10:ff:00:11)"),
    (ROUTE, {"router": "r", "ip_prefix": "10.0.0.0/40", "nexthop": "192.0.2.1"}, "ip_prefix: '10.0.0.0/40' is no network (such as 192.0.2.0/24)"),
    (ROUTE, {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "fd00::1"}, "nexthop: fd00::1 is of another address family than 10.0.0.0/8"),
    (ROUTE, {"router": "r", "ip_prefix": "10.0.0.0/8"}, "nexthop: is missing: a new logical router static route cannot be without it"),
    (NAT, {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.0/24"}, "external_ip: '192.0.2.0/24' is no IP address"),
    (NAT, {"router": "r", "type": "dnat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1"}, "logical_ip: 10.0.0.0/8: a network is for snat only"),
    (NAT, {"router": "r", "type": "nat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1"}, "type: 'nat' is none of 'dnat', 'dnat_and_snat', 'snat'"),
    (NAT, {"router": "r", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1"}, "type: is missing: it says which NAT is meant"),
    (BINDING, {"logical_port": "lp", "ip": "192.0.2.1/24", "mac": MAC}, "ip: '192.0.2.1/24' is no IP address"),
    # shapes
    (SWITCH, {"name": ""}, "name: must not be empty"),
    (SWITCH, {}, "name: is missing: it says which logical switch is meant"),
    (SWITCH, {"name": "a\0b"}, "name: a NUL character cannot be stored"),
    (SWITCH, {"name": ["a"]}, "name: expected one value, not a list"),
    (SWITCH, {"name": "s1", "ports": [{"name": "p", "adresses": []}]}, "ports[0].adresses: unknown; did you mean addresses?"),
    (SWITCH, {"name": "s1", "ports": [{"name": "p", "up": True}]}, "ports[0].up: cannot be set: OVN's daemons write it"),
    (SWITCH, {"name": "s1", "ports": [{"name": "p", "tag": 5}]}, "ports[0].tag: cannot be set: OVN's daemons write it; did you mean tag_request?"),
    (SWITCH, {"name": "s1", "ports": [{"addresses": [MAC]}]}, "ports[0].name: is missing: it says which logical switch port is meant"),
    (SWITCH, {"name": "s1", "ports": [{"name": "p"}, {"name": "p"}]}, "ports[1]: is the same logical switch port p as ports[0]"),
    (SWITCH, {"objects": [{"name": "a", "state": "gone"}]}, "objects[0].state: 'gone' is neither present nor absent"),
    (SWITCH, {"name": "s1", "ports": [{"name": "p", "move": "perhaps"}]}, "ports[0].move: 'perhaps' is neither true nor false"),
    (SWITCH, {"name": "s1", "load_balancer": [{"nmae": "x"}]}, "load_balancer[0]: expected a name, or a dictionary with name and state (present or absent)"),
    (SWITCH, {"name": "s1", "load_balancer": ["x", {"name": "x", "state": "absent"}]}, "load_balancer[1]: 'x' is given as present and as absent"),
    (
        SWITCH,
        {"name": "s1", "purge": ["port"]},
        "purge[0]: 'port' is none of ports, acls, qos_rules, forwarding_groups, load_balancer, load_balancer_group, "
        "dns_records, other_config, external_ids",
    ),
    (SWITCH, {"name": "s1", "purge": ["ports"]}, "purge[0]: ports is not given: say ports: [] to mean that nothing shall be left"),
    (ROUTE, {"router": "r", "objects": [{"ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1", "ecmp": "so"}]}, "objects[0].ecmp: 'so' is neither true nor false"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entity", "raw", "message"), BAD, ids=lambda item: item.table if hasattr(item, "table") else ""
)
def test_bad_input(nb, entity, raw, message):
    nb.transact(insert("Logical_Switch", name="s"), insert("Logical_Router", name="r"))
    before = nb.dump()
    assert str(refused(entity, nb.server.remote, **raw)) == message
    assert nb.dump() == before


def test_all_that_is_wrong_is_told_at_once(nb):
    error = refused(
        SWITCH, nb.server.remote,
        objects=[{"name": ""}, {"name": "a", "ports": [{"name": "p", "addresses": ["x"]}, {"name": "q", "tag_request": -1}]}, {"name": "b", "color": 1}],
    )  # fmt: skip
    assert [path for path, _message in error.problems] == [
        "objects[0].name",
        "objects[1].ports[0].addresses[0]",
        "objects[1].ports[1].tag_request",
        "objects[2].color",
    ]
    assert nb.rows("Logical_Switch") == []


def test_what_the_plan_finds_is_told_at_once(nb):
    error = refused(BALANCER, nb.server.remote, objects=[
        {"name": "a", "vips": {"192.0.2.1": ["fd00::1"]}}, {"name": "b", "vips": {"192.0.2.1:80": ["10.0.0.1"]}}])  # fmt: skip
    assert [path for path, _message in error.problems] == ["objects[0].vips", "objects[1].vips"]


def test_a_parent_that_does_not_exist(nb):
    for entity, raw, message in (
        (PORT, {"switch": "none", "name": "p"}, "switch: there is no logical switch none"),
        (
            ROUTE,
            {"router": "none", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"},
            "router: there is no logical router none",
        ),
        (BALANCER, {"name": "lb", "routers": ["none"]}, "routers: there is no logical router none"),
        (PORT, {"name": "p"}, "switch: is missing: there is no logical switch port p yet, and a new one needs it"),
    ):
        with pytest.raises(OvnError) as caught:
            task(entity, nb.server.remote, **raw)
        assert str(caught.value) == message
    assert nb.dump().keys() == {"NB_Global"}


def test_learned_bindings(sb):
    said = str(refused(LEARNED, sb.server.remote, logical_port="p", ip="192.0.2.1", mac=MAC))
    assert said == "datapath: is missing: a new MAC binding cannot be without it"


def test_the_last_interface(ovs):
    task(BRIDGE, ovs.server.remote, name="br", ports=[{"name": "p"}])
    assert (
        str(refused(OVSPORT, ovs.server.remote, name="new", bridge="br", interfaces=[]))
        == "interfaces: at least one must be left"
    )
    said = str(refused(OVSPORT, ovs.server.remote, name="p", interfaces=[{"name": "p", "state": "absent"}]))
    assert said == "interfaces: at least one must be left"
    assert task(OVSPORT, ovs.server.remote, name="p", interfaces=[{"name": "p", "state": "absent"}, {"name": "q"}])[
        "changed"
    ]


# -- what stands is not judged ----------------------------------------------------------------------------------------


def test_what_stands_is_not_judged(nb):
    """ovn-nbctl stores a protocol beside a portless VIP; another tool may store worse."""
    nb.server.ctl("lb-add", "x", "172.18.1.254", "192.168.100.10,192.168.100.11")
    assert nb.one("Load_Balancer")["protocol"] == "tcp"
    same = {"name": "x", "vips": {"172.18.1.254": ["192.168.100.10", "192.168.100.11"]}, "protocol": "tcp"}
    assert not task(BALANCER, nb.server.remote, **same)["changed"]
    assert task(BALANCER, nb.server.remote, name="x", options={"reject": True})["changed"]
    nb.transact(
        {
            "op": "update",
            "table": "Load_Balancer",
            "where": [],
            "row": {"vips": ["map", [["nonsense", "fd00::1"], ["10.0.0.1", "10.0.0.2"]]]},
        }
    )
    assert task(BALANCER, nb.server.remote, name="x", vips={"10.0.0.1": ["10.0.0.3"]})["changed"]
    assert nb.one("Load_Balancer")["vips"] == {"nonsense": "fd00::1", "10.0.0.1": "10.0.0.3"}


# -- servers ----------------------------------------------------------------------------------------------------------


def quick(remote, entity=SWITCH, **raw):
    """The error of a task that must end within its timeout."""
    start = time.monotonic()
    with pytest.raises(OvnError) as caught:
        task(entity, remote, timeout=0.5, **(raw or {"name": "s"}))
    assert time.monotonic() - start < 1.5
    return str(caught.value)


def test_a_server_that_is_down():
    assert quick("unix:/nonexistent/nb.sock").endswith(
        "/nonexistent/nb.sock: there is no such socket (is the server running?)"
    )


def test_a_server_that_hangs(nb):
    nb.server.pause()
    try:
        assert "no answer in time" in quick(nb.server.remote)
    finally:
        nb.server.resume()
    with listener(lambda _sock, stop: stop.wait()) as remote:
        assert "no answer in time" in quick(remote)


def test_a_server_of_another_database(nb, sb):
    assert "serves the database OVN_Southbound, not OVN_Northbound" in quick(sb.server.remote)
    assert "serves the database OVN_Northbound, not Open_vSwitch" in quick(nb.server.remote, BRIDGE)


def test_a_follower_without_a_leader():
    with cluster(3) as nbs:
        nbs.kill(nbs.leader())
        nbs.kill(nbs.leader())
        (left,) = nbs.alive()
        assert "cannot use the database OVN_Northbound" in quick(nbs.remotes[left])


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """An OVN that lacks a table, and columns."""
    schema = json.loads(open(SCHEMAS[NB]).read())
    del schema["tables"]["Static_MAC_Binding"]
    del schema["tables"]["NAT"]["columns"]["gateway_port"]
    del schema["tables"]["Logical_Switch_Port"]["columns"]["mirror_rules"]
    schema["version"] = "5.0.0"
    path = tmp_path_factory.mktemp("older") / "nb.ovsschema"
    path.write_text(json.dumps(schema))
    with standalone(schema=path) as server:
        yield server


def test_a_server_that_lacks_a_table(older):
    assert quick(older.remote, BINDING, logical_port="p", ip="192.0.2.1", mac=MAC) == (
        "this server's schema (OVN_Northbound 5.0.0) lacks the table Static_MAC_Binding, which came with OVN 22.03")  # fmt: skip


def test_a_server_that_lacks_a_column(older):
    assert quick(older.remote, PORT, name="p", switch="s", mirror_rules=["m"]) == (
        "mirror_rules: this server's schema (OVN_Northbound 5.0.0) lacks the column Logical_Switch_Port:mirror_rules, which came with OVN 22.12")  # fmt: skip
    task(ROUTER, older.remote, name="r")
    raw = {"router": "r", "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1"}
    assert task(NAT, older.remote, **raw)["changed"]
    assert not task(NAT, older.remote, **raw)["changed"]


def test_a_database_that_is_not_initialised():
    with standalone(OVS, init=False) as server:
        assert (
            quick(server.remote, BRIDGE, name="br")
            == "the table Open_vSwitch is empty: the database is not initialised"
        )
