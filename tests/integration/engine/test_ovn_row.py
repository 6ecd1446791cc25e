# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_row: any row of any table of the three databases, with the guarantees of every other module."""

from __future__ import annotations

import threading

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.any_row import DATABASES, apply, argument_spec
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import OPTION, Ref, insert, life, refusal

WORDS = {name: word for word, name in DATABASES.items()}


def task(raw, check=False, **options):
    options = {OPTION[raw.database]: raw.server.remote, "database": WORDS[raw.database], "timeout": 5, **options}
    found = ArgumentSpecValidator(argument_spec()).validate(options)
    assert not found.error_messages, found.error_messages
    return apply(found.validated_parameters, check)


def ensure(raw, **options):
    return life(raw, lambda check: task(raw, check, **options))


def refused(raw, **options):
    before = raw.dump()
    error = refusal(lambda check: task(raw, check, **options))
    assert raw.dump() == before
    return str(error)


# -- any table, any column ----------------------------------------------------------------------------------------------

ATOMS = {"string": ("a", "b"), "integer": (1, 2), "boolean": (True, False), "real": (1.5, 2.5)}


def atoms(base):
    """Two values of a base type."""
    enum = base.get("enum")
    if enum:
        values = enum[1] if isinstance(enum, list) else [enum]
        return values[0], values[-1]
    if base["type"] == "integer" and "minInteger" in base:
        return max(base["minInteger"], 1), max(base["minInteger"], 1) + 1
    return ATOMS[base["type"]]


def base_of(kind):
    return {"type": kind} if isinstance(kind, str) else kind


def values_of(spec):
    """What a column may hold, in two versions; None for a reference."""
    kind = spec["type"]
    kind = kind if isinstance(kind, dict) else {"key": kind}
    key, value = base_of(kind["key"]), kind.get("value")
    if key["type"] == "uuid" or (value and base_of(value)["type"] == "uuid"):
        return None
    one, two = atoms(key)
    if value:
        first, second = atoms(base_of(value))
        return {one: first}, {one: second}
    if kind.get("max", 1) == 1:
        return one, two
    return [one], [two]


def tables(servers):
    for database, raw in servers.items():
        for table, spec in raw.schema["tables"].items():
            yield database, raw, table, spec


def test_every_table_and_column(newer):
    """Each column of each table that stands by itself: set, changed, and told from what it was; then the row deleted."""
    tried = 0
    for _database, raw, table, spec in tables(newer):
        if not spec.get("isRoot") or spec.get("maxRows") == 1 or table == "Flow_Sample_Collector_Set":
            continue
        columns = {name: values_of(column) for name, column in spec["columns"].items()}
        if any(
            values is None
            and not (isinstance(spec["columns"][name]["type"], dict) and spec["columns"][name]["type"].get("min") == 0)
            for name, values in columns.items()
        ):
            continue  # it needs another row
        raw.wipe()
        plain = {name: values for name, values in columns.items() if values is not None}
        task(raw, table=table, where={name: values[0] for name, values in plain.items()})
        (made,) = raw.rows(table)
        for name, (first, second) in plain.items():
            assert made[name] in (first, [first]), (table, name)
            if spec["columns"][name].get("mutable", True) is False:
                assert "cannot be changed" in refused(raw, table=table, uuid=made["_uuid"], columns={name: second})
                continue
            did = ensure(raw, table=table, uuid=made["_uuid"], columns={name: second})
            assert did["changed"] is (first != second), (table, name)
            assert raw.one(table)[name] in (second, [second]), (table, name)
            tried += 1
        ensure(raw, table=table, uuid=made["_uuid"], state="absent")
        assert raw.rows(table) == []
    assert tried > 100


def test_a_table_of_one_row(servers):
    for table, raw in (
        ("NB_Global", servers["OVN_Northbound"]),
        ("SB_Global", servers["OVN_Southbound"]),
        ("Open_vSwitch", servers["Open_vSwitch"]),
    ):
        raw.wipe()
        assert ensure(raw, table=table, columns={"external_ids": {"a": "1"}})["changed"]
        assert raw.one(table)["external_ids"] == {"a": "1"}
        assert ensure(raw, table=table, columns={"external_ids": {"a": None}})["changed"]
        assert (
            refused(raw, table=table, where={"external_ids": {"a": "1"}})
            == "where: %s has one row, which needs no telling" % table
        )
        assert "this row always exists" in refused(raw, table=table, state="absent")


# -- kinds --------------------------------------------------------------------------------------------------------------


def test_sets_and_maps(nb):
    found = {"table": "Address_Set", "where": {"name": "s"}}
    ensure(nb, **found, columns={"addresses": ["b", "a"], "external_ids": {"x": 1}})
    ensure(nb, **found, columns={"addresses": {"insert": ["c"], "delete": ["a", "z"]}, "external_ids": {"y": True}})
    row = nb.one("Address_Set")
    assert (row["addresses"], row["external_ids"]) == (["b", "c"], {"x": "1", "y": "true"})
    assert not ensure(nb, **found, columns={"addresses": ["c", "b"]})["changed"]
    did = ensure(nb, **found, columns={"addresses": [], "external_ids": {"y": None}}, purge=["external_ids"])
    assert did["diff"]["before"] == {
        "address set name=s": {"columns.addresses": ["b", "c"], "columns.external_ids": {"x": "1", "y": "true"}}
    }
    assert nb.one("Address_Set")["addresses"] == []
    assert "purge[0]: 'columns.addresses' is none of" in refused(
        nb, **found, columns={"addresses": []}, purge=["addresses"]
    )


def test_numbers_in_any_order(ovs):
    ensure(ovs, table="QoS", where={"type": "x"}, columns={"external_ids": {"a": "b"}})
    queue = ovs.transact(insert("Queue", dscp=5))[0]["uuid"][1]
    ensure(ovs, table="QoS", where={"type": "x"}, columns={"queues": {2: queue, "1": queue}})
    assert not ensure(ovs, table="QoS", where={"type": "x"}, columns={"queues": {1: queue}})["changed"]
    assert "columns.queues[3]: 'q' is no UUID" in refused(
        ovs, table="QoS", where={"type": "x"}, columns={"queues": {3: "q"}}
    )
    bridge = {
        "database": "open_vswitch",
        "table": "Bridge",
        "where": {"name": "br"},
        "columns": {"flood_vlans": [7, 3]},
    }
    ensure(ovs, **bridge)
    assert not ensure(ovs, **{**bridge, "columns": {"flood_vlans": [3, "7"]}})["changed"]
    ensure(ovs, **{**bridge, "columns": {"flood_vlans": {"insert": [3, 9], "delete": [7]}}})
    assert ovs.one("Bridge")["flood_vlans"] == [3, 9]
    assert ovs.one("Open_vSwitch")["bridges"] == [ovs.one("Bridge")["_uuid"]]


def test_references(nb):
    nb.server.ctl("ls-add", "s", "--", "lb-add", "b", "192.0.2.1:80", "192.0.2.2:80")
    found = {"table": "Logical_Switch", "where": {"name": "s"}}
    ensure(nb, **found, columns={"load_balancer": {"insert": ["b"]}})
    assert nb.one("Logical_Switch")["load_balancer"] == [nb.one("Load_Balancer")["_uuid"]]
    assert not ensure(nb, **found, columns={"load_balancer": [nb.one("Load_Balancer")["_uuid"]]})["changed"]
    with pytest.raises(OvnError, match=r"^columns\.load_balancer: there is no load balancer none$"):
        task(nb, **found, columns={"load_balancer": ["none"]})
    assert (
        task(nb, check=True, **found, columns={"load_balancer": ["none"]})["unresolved"][0]["path"]
        == "columns.load_balancer"
    )
    assert not ensure(nb, table="Logical_Switch", where={"load_balancer": "b"}, columns={"name": "s"})["changed"]
    ensure(nb, **found, columns={"load_balancer": {"delete": ["b"]}})
    assert nb.one("Logical_Switch")["load_balancer"] == []


def test_a_table_without_names(newer):
    raw = newer["OVN_Southbound"]
    raw.wipe()
    (made,) = raw.transact(insert("Logical_DP_Group", "g"), insert("Datapath_Binding", "d", tunnel_key=1))[1:]
    said = refused(raw, table="IP_Multicast", where={"datapath": made["uuid"][1]}, columns={"colour": 1})
    assert "'colour' is no column of the table IP_Multicast" in said
    ensure(raw, table="IP_Multicast", where={"datapath": made["uuid"][1]}, columns={"enabled": True})
    said = refused(raw, table="Logical_Flow", where={"match": "1"}, columns={"logical_dp_group": "g"})
    assert said == "columns.logical_dp_group: rows of Logical_DP_Group have no name: expected a UUID, not 'g'"


# -- which row ----------------------------------------------------------------------------------------------------------


def test_by_conditions(nb):
    nb.transact(*(insert("DHCP_Options", cidr="192.0.2.0/24", external_ids={"n": str(n)}) for n in range(3)))
    ensure(
        nb,
        table="DHCP_Options",
        where={"cidr": "192.0.2.0/24", "external_ids": {"n": 1}},
        columns={"options": {"mtu": 1400}},
    )
    assert [row["options"] for row in nb.rows("DHCP_Options") if row["external_ids"]["n"] == "1"] == [{"mtu": "1400"}]
    said = refused(nb, table="DHCP_Options", where={"cidr": "192.0.2.0/24"}, columns={"options": {"mtu": 1}})
    assert said.startswith("3 rows are a DHCP options cidr=192.0.2.0/24: ")
    assert said.endswith("; say which by uuid")
    # One that is not there is made with what it was looked for by
    ensure(
        nb,
        table="DHCP_Options",
        where=[{"external_ids": {"n": 9}}, ["cidr", "==", "198.51.100.0/24"]],
        columns={"external_ids": {"m": 1}},
    )
    (row,) = nb.rows("DHCP_Options", ["cidr", "==", "198.51.100.0/24"])
    assert row["external_ids"] == {"n": "9", "m": "1"}
    ensure(nb, table="DHCP_Options", where=[["external_ids", "includes", {"n": 9}]], state="absent")
    assert len(nb.rows("DHCP_Options")) == 3


def test_what_is_looked_for_is_not_changed(nb):
    nb.server.ctl("ls-add", "s")
    for where, columns in (
        ({"name": "s"}, {"name": "t"}),
        ({"name": "s", "external_ids": {"a": "1"}}, {"external_ids": {"a": "2"}}),
        ({"external_ids": {"a": "1"}}, {"external_ids": {"a": None}}),
    ):
        (column,) = columns
        said = refused(nb, table="Logical_Switch", where=where, columns=columns)
        assert (
            said
            == "columns.%s: where looks for another value, and would not find the row again; uuid finds it whatever %s is"
            % (column, column)
        )
    ensure(nb, table="Logical_Switch", uuid=nb.one("Logical_Switch")["_uuid"], columns={"name": "t"})
    assert nb.one("Logical_Switch")["name"] == "t"
    assert "columns.uuid" not in refused(
        nb, table="Logical_Switch", uuid="6f0c4f0e-55a5-4f5e-9d3f-0d6c2a1f9b11", columns={"name": "t"}
    )


def test_a_set_that_is_looked_for(nb):
    where = {"addresses": "192.0.2.1", "name": "a"}
    ensure(nb, table="Address_Set", where=where, columns={"addresses": {"insert": ["192.0.2.2"]}})
    assert nb.one("Address_Set")["addresses"] == ["192.0.2.1", "192.0.2.2"]
    assert not ensure(nb, table="Address_Set", where=where)["changed"]
    for change in (["192.0.2.2"], {"delete": ["192.0.2.1"]}):
        assert "where looks for another value" in refused(
            nb, table="Address_Set", where=where, columns={"addresses": change}
        )


# -- rows in rows -------------------------------------------------------------------------------------------------------


def test_children(nb):
    nb.server.ctl("ls-add", "s", "--", "ls-add", "t", "--", "pg-add", "g")
    port = {"table": "Logical_Switch_Port", "where": {"name": "p"}}
    assert refused(nb, **port) == (
        "parent (table: Logical_Switch, column: ports): is missing: there is no logical switch port name=p yet, and a new one needs it"
    )
    ensure(nb, **port, parent={"table": "Logical_Switch", "row": "s"}, columns={"type": "localport"})
    assert nb.named("Logical_Switch", "s")["ports"] == [nb.one("Logical_Switch_Port")["_uuid"]]
    assert "sits on logical switch s; move: true moves it" in refused(
        nb, **port, parent={"table": "Logical_Switch", "row": "t"}
    )
    ensure(nb, **port, parent={"table": "Logical_Switch", "row": "t"}, move=True)
    assert not ensure(nb, **port, parent={"table": "Logical_Switch", "row": "s"}, state="absent")["changed"]
    ensure(nb, **port, state="absent")
    assert nb.rows("Logical_Switch_Port") == []
    acl = {
        "table": "ACL",
        "where": {"priority": 1, "direction": "to-lport", "match": "ip4"},
        "columns": {"action": "drop"},
    }
    ensure(nb, **acl, parent={"table": "Port_Group", "row": "g"})
    assert nb.one("Port_Group")["acls"] == [nb.one("ACL")["_uuid"]]
    with pytest.raises(OvnError, match=r"^parent\.row: there is no logical switch none$"):
        task(nb, **{**acl, "where": {**acl["where"], "priority": 2}}, parent={"table": "Logical_Switch", "row": "none"})
    assert (
        refused(nb, **acl, parent={"table": "Logical_Router", "row": "r"})
        == "parent: rows of ACL live in Logical_Switch:acls, Port_Group:acls"
    )
    assert (
        refused(nb, table="Meter", where={"name": "m"}, parent={"table": "Logical_Switch", "row": "s"})
        == "parent: rows of Meter stand by themselves"
    )


def test_what_a_row_cannot_be_without(nb):
    nb.server.ctl("lr-add", "r")
    said = refused(nb, table="Logical_Router_Port", where={"name": "p"}, parent={"table": "Logical_Router", "row": "r"})
    assert said == "columns.networks: is missing: a new logical router port cannot be without it"
    assert "columns.type: is missing" in refused(
        nb, table="Mirror", where={"name": "m"}, columns={"filter": "to-lport"}
    )


# -- whose it is, and plans -----------------------------------------------------------------------------------------------


def test_owners(nb):
    found = {"table": "Logical_Switch", "where": {"name": "s"}}
    ensure(nb, **found, owner="a")
    assert nb.one("Logical_Switch")["external_ids"] == {"virtnet-owner": "a"}
    assert "belongs to the owner 'a'" in refused(nb, **found, owner="b", columns={"other_config": {"x": 1}})
    assert "belongs to the owner 'a'" in refused(nb, **found, state="absent")
    ensure(nb, **found, owner="b", columns={"other_config": {"x": 1}}, force=True)
    nb.server.ctl("ls-add", "t")
    mine = {"table": "Logical_Switch", "where": {"name": "t"}, "owner": "a"}
    assert "adopt: true lets 'a' change it" in refused(nb, **mine, columns={"other_config": {"x": 1}})
    ensure(nb, **mine, adopt=True)


def test_what_is_in_use_is_not_deleted(nb):
    nb.transact(
        insert("HA_Chassis_Group", "g", name="g"),
        insert("Logical_Switch_Port", "p", name="p", ha_chassis_group=Ref("g")),
        insert("Logical_Switch", name="s", ports=[Ref("p")]),
    )
    assert "is in use by logical switch port p" in refused(
        nb, table="HA_Chassis_Group", where={"name": "g"}, state="absent"
    )


def test_a_reviewed_plan(nb):
    found = {"table": "Logical_Switch", "where": {"name": "s"}}
    plan = task(nb, check=True, **found)["plan_hash"]
    assert "expect_plan" in str(refused_once(nb, **found, expect_plan="0" * 64))
    assert task(nb, **found, expect_plan=plan)["changed"]


def refused_once(raw, **options):
    with pytest.raises(OvnError) as caught:
        task(raw, **options)
    return caught.value


@pytest.mark.parametrize("many", [1, 12])
def test_writers_at_once_make_one_row(nb, many):
    results, start = [], threading.Barrier(4)

    def work():
        start.wait()
        objects = [
            {"where": {"external_ids": {"mine": str(n)}}, "columns": {"cidr": "192.0.2.0/24"}} for n in range(many)
        ]
        results.append(task(nb, table="DHCP_Options", objects=objects)["changed"])

    threads = [threading.Thread(target=work) for dummy in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert len(nb.rows("DHCP_Options")) == many


# -- what is wrong ------------------------------------------------------------------------------------------------------

BAD = [
    ({"where": {"name": "s"}}, "table: is missing: it says of which table the row is"),
    ({"table": "Logical_Swich", "where": {"name": "s"}}, "table: 'Logical_Swich' is no table of OVN_Northbound"),
    ({"table": "Logical_Switch"}, "where: just one of where and uuid must say which row of Logical_Switch is meant"),
    ({"table": "Logical_Switch", "where": {"nam": "s"}}, "where.nam: 'nam' is no column of the table Logical_Switch; did you mean name?"),
    ({"table": "Logical_Switch", "where": {"_uuid": "6f0c4f0e-55a5-4f5e-9d3f-0d6c2a1f9b11"}}, "where: _uuid is the option uuid"),
    ({"table": "Logical_Switch", "where": {"name": "s"}, "uuid": "6f0c4f0e-55a5-4f5e-9d3f-0d6c2a1f9b11"}, "where: just one of where and uuid"),
    ({"table": "Logical_Switch", "uuid": "x", "columns": {"name": "s"}}, "uuid: 'x' is no UUID"),
    ({"table": "Logical_Switch", "where": {"name": "s"}, "columns": {"other_config": 5}}, "columns.other_config: expected a dictionary"),
    ({"table": "Logical_Switch", "where": {"name": "s"}, "columns": {"load_balancer": {"add": ["x"]}}},
     "columns.load_balancer.add: unknown; a set is changed by insert and delete"),
    ({"table": "ACL", "where": {"match": "m", "priority": 99999}}, "columns.priority: 99999 is not from 0 to 32767"),
    ({"table": "ACL", "where": {"match": "m", "priority": "high"}}, "where.priority: 'high' is no integer"),
    ({"table": "BFD", "where": {"logical_port": "p"}, "columns": {"min_tx": [1, 2]}}, "columns.min_tx: expected one value, not a list"),
    ({"table": "Logical_Switch", "objects": [{"where": {"name": "s"}, "colour": 1}]}, "objects[0].colour: unknown; did you mean columns?"),
    (
        {"table": "Logical_Switch", "objects": [{"where": {"name": "s"}}, {"where": {"name": "s"}}]},
        "objects[1]: is the same logical switch name=s as objects[0]",
    ),
    ({"table": "Logical_Switch", "where": {"name": "s"}, "parent": {"table": "x", "row": "y"}}, "parent: rows of Logical_Switch stand by themselves"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), BAD, ids=lambda item: item if isinstance(item, str) else "")
def test_what_is_refused(nb, options, message):
    assert message in refused(nb, **options)


def test_all_that_is_wrong_is_told_at_once(nb):
    said = refused(
        nb, table="ACL", objects=[{"where": {"match": 1, "priority": -1}}, {"uuid": "x"}, {"where": {"moch": 1}}]
    )
    assert [line.split(":")[0] for line in said.splitlines()] == ["objects[2].where.moch"]
    said = refused(nb, table="ACL", objects=[{"where": {"match": 1, "priority": -1}}, {"uuid": "x"}])
    assert [line.split(":")[0] for line in said.splitlines()] == ["objects[0].columns.priority", "objects[1].uuid"]


def test_waiting_is_for_the_northbound(sb):
    assert (
        refused(sb, table="SB_Global", wait="sb") == "wait: only for the northbound database: nb_cfg is counted there"
    )
