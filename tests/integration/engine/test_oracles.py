# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Others build the document's network and read ours: ovn-nbctl and ovsdbapp agree with the engine, row by row."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import Raw, ensure, entities, insert, task
from tests.support.ovsdb import ovn, run, standalone
from tests.support.waiting import until

ENTITIES = entities()
NB = "OVN_Northbound"
SWITCH, PORT, ROUTER, RPORT, ROUTE, NAT, BALANCER = (
    ENTITIES[NB, table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port", "Logical_Router_Static_Route", "NAT", "Load_Balancer")
)  # fmt: skip

BY_HAND = """
ls-add ls1
lsp-add ls1 ls1-vm1 -- lsp-set-addresses ls1-vm1 02:ac:10:ff:00:11 -- lsp-set-port-security ls1-vm1 02:ac:10:ff:00:11
lsp-add ls1 ls1-vm2 -- lsp-set-addresses ls1-vm2 02:ac:10:ff:00:22 -- lsp-set-port-security ls1-vm2 02:ac:10:ff:00:22
lr-add router1
lrp-add router1 router1-ls1 02:ac:10:ff:00:01 192.168.100.1/24
lsp-add ls1 ls1-router1 -- lsp-set-type ls1-router1 router -- lsp-set-addresses ls1-router1 02:ac:10:ff:00:01
lsp-set-options ls1-router1 router-port=router1-ls1
ls-add join
lr-add gw1 -- set Logical_Router gw1 options:chassis=node1
lrp-add gw1 gw1-join 02:ac:10:ff:ff:01 192.168.255.1/24
lsp-add join join-gw1 -- lsp-set-type join-gw1 router -- lsp-set-addresses join-gw1 02:ac:10:ff:ff:01
lsp-set-options join-gw1 router-port=gw1-join
lrp-add router1 router1-join 02:ac:10:ff:ff:02 192.168.255.2/24
lsp-add join join-router1 -- lsp-set-type join-router1 router -- lsp-set-addresses join-router1 02:ac:10:ff:ff:02
lsp-set-options join-router1 router-port=router1-join
lr-route-add gw1 192.168.100.0/24 192.168.255.2
lr-route-add gw1 192.168.101.0/24 192.168.255.2
lr-route-add router1 0.0.0.0/0 192.168.255.1
lrp-add gw1 gw1-outside 02:0a:7f:18:01:02 172.18.1.2/16
ls-add outside
lsp-add outside outside-gw1 -- lsp-set-type outside-gw1 router -- lsp-set-addresses outside-gw1 02:0a:7f:18:01:02
lsp-set-options outside-gw1 router-port=gw1-outside
lsp-add outside outside-localnet -- lsp-set-type outside-localnet localnet -- lsp-set-addresses outside-localnet unknown
lsp-set-options outside-localnet network_name=phyNet
lr-nat-add gw1 snat 172.18.1.2 192.168.100.0/24
lb-add lb0 172.18.1.254:8000 192.168.100.10:8000,192.168.100.11:8000 tcp
lr-lb-add gw1 lb0
ls-lb-add ls1 lb0
"""


def vm(name, mac):
    return {"name": name, "addresses": [mac], "port_security": [mac]}


def leg(name, mac, port):
    return {"name": name, "type": "router", "addresses": [mac], "options": {"router-port": port}}


TASKS = [
    (SWITCH, {"objects": [
        {
            "name": "ls1",
            "ports": [
                vm("ls1-vm1", "02:AC:10:FF:00:11"),
                vm("ls1-vm2", "02:ac:10:ff:00:22"),
                leg("ls1-router1", "02:ac:10:ff:00:01", "router1-ls1"),
            ],
        },
        {"name": "join", "ports": [leg("join-gw1", "02:ac:10:ff:ff:01", "gw1-join"), leg("join-router1", "02:ac:10:ff:ff:02", "router1-join")]},
        {"name": "outside", "ports": [leg("outside-gw1", "02:0a:7f:18:01:02", "gw1-outside"),
                                      {"name": "outside-localnet", "type": "localnet", "addresses": ["unknown"], "options": {"network_name": "phyNet"}}]},
    ]}),
    (ROUTER, {"objects": [
        {"name": "router1",
         "ports": [{"name": "router1-ls1", "mac": "02:ac:10:ff:00:01", "networks": ["192.168.100.1/24"]},
                   {"name": "router1-join", "mac": "02:ac:10:ff:ff:02", "networks": ["192.168.255.2/24"]}],
         "static_routes": [{"ip_prefix": "0.0.0.0/0", "nexthop": "192.168.255.1"}]},
        {"name": "gw1", "options": {"chassis": "node1"},
         "ports": [{"name": "gw1-join", "mac": "02:ac:10:ff:ff:01", "networks": ["192.168.255.1/24"]},
                   {"name": "gw1-outside", "mac": "02:0a:7f:18:01:02", "networks": ["172.18.1.2/16"]}],
         "static_routes": [{"ip_prefix": "192.168.%d.0/24" % n, "nexthop": "192.168.255.2"} for n in (100, 101)],
         "nat": [{"type": "snat", "external_ip": "172.18.1.2", "logical_ip": "192.168.100.0/24"}]},
    ]}),
    (BALANCER, {"name": "lb0", "protocol": "tcp", "vips": [{"vip": "172.18.1.254:8000", "backends": ["192.168.100.10:8000", "192.168.100.11:8000"]}],
                "switches": ["ls1"], "routers": ["gw1"]}),
]  # fmt: skip

#: The same, every child by its own module
ONE_BY_ONE = [
    *((SWITCH, {"name": each["name"]}) for each in TASKS[0][1]["objects"]),
    *((PORT, {"switch": each["name"], **port}) for each in TASKS[0][1]["objects"] for port in each["ports"]),
    *((ROUTER, {"name": each["name"], "options": each.get("options", {})}) for each in TASKS[1][1]["objects"]),
    *(
        (entity, {"router": each["name"], **child})
        for entity, field in ((RPORT, "ports"), (ROUTE, "static_routes"), (NAT, "nat"))
        for each in TASKS[1][1]["objects"]
        for child in each.get(field, [])
    ),
    TASKS[2],
]


def shape(raw):
    """The database without its UUIDs: every row with what it refers to in full, in an order of their own."""
    dump = {table: rows for table, rows in raw.dump().items() if table != "NB_Global"}
    # What ovn-nbctl and ovsdbapp write unasked, and means the same as nothing
    for row in dump.get("NAT", {}).values():
        if row["options"].get("stateless") == "false":
            del row["options"]["stateless"]
    for row in dump.get("Logical_Router_Static_Route", {}).values():
        if row["policy"] == "dst-ip":
            row["policy"] = []
    rows = {uuid: (table, row) for table, some in dump.items() for uuid, row in some.items()}

    def told(value, depth=0):
        if isinstance(value, str) and value in rows:
            table, row = rows[value]
            return [table, row.get("name") or {k: told(v, depth + 1) for k, v in row.items() if k != "_version"}]
        if isinstance(value, list):
            return sorted((told(item, depth) for item in value), key=json.dumps)
        return value

    return {
        table: sorted(
            ([{k: told(v) for k, v in row.items() if k != "_version"} for row in some.values()]),
            key=lambda r: json.dumps(r, sort_keys=True),
        )
        for table, some in dump.items()
    }


def by_hand(server):
    for line in BY_HAND.strip().splitlines():
        server.ctl(*line.split())


@pytest.fixture(scope="module")
def handmade():
    with standalone() as server:
        by_hand(server)
        yield Raw(server)


@pytest.mark.parametrize("tasks", [TASKS, ONE_BY_ONE], ids=["nested", "one-by-one"])
def test_what_ovn_nbctl_made_is_left_as_it_is(handmade, tasks):
    for entity, raw in tasks:
        assert task(entity, handmade.server.remote, **raw)["operations"] == []


@pytest.mark.parametrize("tasks", [TASKS, ONE_BY_ONE], ids=["nested", "one-by-one"])
def test_what_we_make_is_what_ovn_nbctl_makes(handmade, nb, tasks):
    for entity, raw in tasks:
        assert ensure(entity, nb, **raw)["changed"]
    assert shape(nb) == shape(handmade)


def test_ovn_nbctl_takes_up_where_we_left(nb):
    """Its own checks see our rows: what is there already is refused, or accepted as there."""
    for entity, raw in TASKS:
        task(entity, nb.server.remote, **raw)
    before = shape(nb)
    nb.server.ctl("--may-exist", "lr-route-add", "gw1", "192.168.100.0/24", "192.168.255.2")
    nb.server.ctl("--may-exist", "lr-nat-add", "gw1", "snat", "172.18.1.2", "192.168.100.0/24")
    nb.server.ctl("--may-exist", "lsp-add", "ls1", "ls1-vm1")
    nb.server.ctl("--may-exist", "lr-lb-add", "gw1", "lb0")
    assert shape(nb) == before
    assert "172.18.1.254:8000" in nb.server.ctl("lr-lb-list", "gw1")
    assert "192.168.100.0/24" in nb.server.ctl("lr-route-list", "gw1")


def test_ovsdbapp_reads_the_same_and_makes_the_same(nb):
    from ovsdbapp.backend.ovs_idl import connection
    from ovsdbapp.schema.ovn_northbound import impl_idl

    with standalone() as server:
        idl = connection.OvsdbIdl.from_server(server.remote, NB)
        api = type("Api", (impl_idl.OvnNbApiIdlImpl,), {"_ovsdb_connection": None})(connection.Connection(idl, 10))
        with api.transaction(check_error=True) as txn:
            for name in ("ls1", "join"):
                txn.add(api.ls_add(name))
            txn.add(api.lr_add("gw1", options={"chassis": "node1"}))
        with api.transaction(check_error=True) as txn:
            txn.add(
                api.lsp_add("ls1", "p1", addresses=["02:ac:10:ff:00:11 192.0.2.1"], port_security=["02:ac:10:ff:00:11"])
            )
            txn.add(api.lrp_add("gw1", "rp", "02:ac:10:ff:00:01", ["192.0.2.1/24"]))
            txn.add(api.lb_add("lb", "192.0.2.9:80", ["10.0.0.1:80", "10.0.0.2:80"], "udp"))
        with api.transaction(check_error=True) as txn:
            txn.add(api.lr_route_add("gw1", "10.0.0.0/8", "192.0.2.7"))
            txn.add(api.lr_nat_add("gw1", "snat", "192.0.2.1", "10.0.0.0/8"))
            txn.add(api.ls_lb_add("ls1", "lb"))
            txn.add(api.lr_lb_add("gw1", "lb"))
        tasks = [
            (SWITCH, {"name": "ls1", "ports": [{"name": "p1", "addresses": ["02:ac:10:ff:00:11 192.0.2.1"], "port_security": ["02:ac:10:ff:00:11"]}]}),
            (SWITCH, {"name": "join"}),
            (ROUTER, {"name": "gw1", "options": {"chassis": "node1"}, "ports": [{"name": "rp", "mac": "02:ac:10:ff:00:01", "networks": ["192.0.2.1/24"]}],
                      "static_routes": [{"ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.7"}],
                      "nat": [{"type": "snat", "external_ip": "192.0.2.1", "logical_ip": "10.0.0.0/8"}]}),
            (BALANCER, {"name": "lb", "protocol": "udp", "vips": {"192.0.2.9:80": ["10.0.0.1:80", "10.0.0.2:80"]}, "switches": ["ls1"], "routers": ["gw1"]}),
        ]  # fmt: skip
        theirs = Raw(server)
        for entity, raw in tasks:
            assert task(entity, server.remote, **raw)["operations"] == []
            assert task(entity, nb.server.remote, **raw)["changed"]
        assert shape(nb) == shape(theirs)
        # Its live view follows what we write
        task(PORT, server.remote, switch="ls1", name="p2", addresses=["unknown"])
        until(lambda: [p.name for p in api.lsp_list("ls1").execute() if p.name == "p2"], "ovsdbapp sees p2")
        assert api.lsp_get_addresses("p2").execute(check_error=True) == ["unknown"]
        api.ovsdb_connection.stop()


# -- ovn-northd follows -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cloud():
    """(northbound, southbound) with a real ovn-northd between them."""
    with ovn() as (north, south):
        yield Raw(north), Raw(south)


@pytest.fixture
def north_south(cloud):
    cloud[0].wipe()
    return cloud


def remotes(north, south):
    return {"nb": north.server.remote, "sb": south.server.remote}


def sbrows(south, table, **ids):
    return [row for row in south.rows(table) if all(row["external_ids"].get(k) == v for k, v in ids.items())]


def test_wait_sb(north_south):
    north, south = north_south
    raw = {"name": "s", "ports": [{"name": "p"}], "wait": "sb"}
    assert task(SWITCH, remotes(north, south), **raw)["changed"]
    assert [row["logical_port"] for row in south.rows("Port_Binding")] == ["p"]
    counter = north.one("NB_Global")["nb_cfg"]
    assert not task(SWITCH, remotes(north, south), **raw)["changed"]
    assert north.one("NB_Global")["nb_cfg"] == counter, "an unchanged task counted up"
    assert task(SWITCH, remotes(north, south), check=True, name="other", wait="sb")["changed"]
    assert north.one("NB_Global")["nb_cfg"] == counter


def test_wait_sb_without_northd(nb):
    start = time.monotonic()
    with pytest.raises(OvnError) as caught:
        task(SWITCH, nb.server.remote, name="s", wait="sb", wait_timeout=0.3)
    assert str(caught.value) == "wait: after 0.3 s ovn-northd has not caught up (is it running?)"
    assert caught.value.facts == {"committed": True}
    assert time.monotonic() - start < 2
    with pytest.raises(OvnError) as caught:
        task(SWITCH, nb.server.remote, name="s", wait="sb", wait_timeout=0.3)
    assert caught.value.facts == {"committed": False}
    assert nb.rows("Logical_Switch")


def test_wait_hv_names_who_lags(north_south):
    north, south = north_south
    south.transact(
        *(
            operation
            for number, name in enumerate(("quick", "slow"))
            for operation in (
                insert("Encap", "e" + name, type="geneve", ip="192.0.2.%d" % number, chassis_name=name),
                {"op": "insert", "table": "Chassis", "uuid-name": "c" + name, "row": {"name": name, "hostname": name, "encaps": ["named-uuid", "e" + name]}},
                {"op": "insert", "table": "Chassis_Private", "row": {"name": name, "chassis": ["named-uuid", "c" + name]}},
            )
        )
    )  # fmt: skip
    try:
        with pytest.raises(OvnError) as caught:
            task(SWITCH, remotes(north, south), name="s", wait="hv", wait_timeout=0.5)
        assert caught.value.facts == {"committed": True}
        assert "these chassis have not reached nb_cfg" in str(caught.value)
        assert "quick (at 0), slow (at 0)" in str(caught.value)

        def caught_up(name):
            south.transact(
                {
                    "op": "update",
                    "table": "Chassis_Private",
                    "where": [["name", "==", name]],
                    "row": {"nb_cfg": 1_000_000},
                }
            )

        caught_up("quick")
        with pytest.raises(OvnError) as caught:
            task(SWITCH, remotes(north, south), name="s2", wait="hv", wait_timeout=0.5)
        assert "slow (at 0)" in str(caught.value)
        assert "quick" not in str(caught.value)
        # one sick chassis does not hold up who waits for another
        assert task(SWITCH, remotes(north, south), name="s3", wait="hv", wait_chassis=["quick"], wait_timeout=5)[
            "changed"
        ]
        with pytest.raises(OvnError) as caught:
            task(SWITCH, remotes(north, south), name="s4", wait="hv", wait_chassis=["slow"], wait_timeout=0.3)
        assert str(caught.value).startswith("wait_chassis: after 0.3 s these chassis have not reached nb_cfg")
        caught_up("slow")
        assert task(SWITCH, remotes(north, south), name="s5", wait="hv", wait_timeout=10)["changed"]
    finally:
        south.transact(
            {"op": "delete", "table": "Chassis_Private", "where": []}, {"op": "delete", "table": "Chassis", "where": []}
        )


def test_wait_hv_where_the_southbound_is_not_known(nb):
    with pytest.raises(OvnError) as caught:
        task(SWITCH, {"nb": nb.server.remote, "sb": "unix:/nonexistent/sb"}, name="s", wait="hv", wait_timeout=0.3)
    assert "which ones is not known" in str(caught.value)
    assert caught.value.facts == {"committed": True}


def flows(south, text):
    return [row for row in south.rows("Logical_Flow") if text in row["match"] or text in row["actions"]]


def test_northd_follows_a_uuid_that_comes_back(north_south):
    """Rows with a UUID of our choosing: deleted and made again, and renamed and made again, one after the other."""
    north, south = north_south
    where = remotes(north, south)
    task(
        ROUTER,
        where,
        name="r",
        ports=[{"name": "rp", "mac": "02:ac:10:ff:00:01", "networks": ["192.0.2.1/24"]}],
        wait="sb",
    )
    raw = {"router": "r", "ip_prefix": "10.77.0.0/16", "wait": "sb"}
    first = task(ROUTE, where, **raw, nexthop="192.0.2.7")["objects"][0]["uuid"]
    assert flows(south, "192.0.2.7")
    task(ROUTE, where, **raw, state="absent")
    assert not flows(south, "10.77.0.0/16")
    again = task(ROUTE, where, **raw, nexthop="192.0.2.8")["objects"][0]["uuid"]
    assert again == first
    assert flows(south, "192.0.2.8")
    assert not flows(south, "192.0.2.7")
    # gone and back with northd seeing both at once
    north.server.ctl("lr-route-del", "r")
    task(ROUTE, where, **raw, nexthop="192.0.2.9")
    assert flows(south, "192.0.2.9")
    assert not flows(south, "192.0.2.8")
    # edited away by its UUID, and the old one made again
    task(ROUTE, where, router="r", uuid=first, ip_prefix="10.78.0.0/16", wait="sb")
    task(ROUTE, where, **raw, nexthop="192.0.2.6")
    assert flows(south, "10.77.0.0/16")
    assert flows(south, "10.78.0.0/16")
    assert len(north.rows("Logical_Router_Static_Route")) == 2


def test_northd_follows_switches_that_come_back(north_south):
    north, south = north_south
    where = remotes(north, south)
    objects = [{"name": "s%d" % n, "ports": [{"name": "p%d" % n}]} for n in range(12)]
    first = task(SWITCH, where, objects=objects, wait="sb")["objects"]
    assert len(south.rows("Datapath_Binding")) == len(south.rows("Port_Binding")) == 12
    task(SWITCH, where, uuid=first[0]["uuid"], name="renamed", wait="sb")
    assert sbrows(south, "Datapath_Binding", name="renamed")
    task(SWITCH, where, name="renamed", state="absent", wait="sb")
    assert len(south.rows("Datapath_Binding")) == 11
    task(SWITCH, where, objects=[{"name": "s%d" % n} for n in range(12)], state="absent", wait="sb")
    assert south.rows("Datapath_Binding") == south.rows("Port_Binding") == []
    second = task(SWITCH, where, objects=objects, wait="sb")["objects"]
    assert [o["uuid"] for o in second] == [o["uuid"] for o in first]
    until(lambda: len(south.rows("Port_Binding")) == 12, "the ports are bound again")
    datapaths = {row["_uuid"] for row in south.rows("Datapath_Binding")}
    assert len(datapaths) == 12
    assert {row["datapath"] for row in south.rows("Port_Binding")} == datapaths
    assert run("ovn-appctl", "-t", north.server.folder / "northd.ctl", "status").strip() == "Status: active"
