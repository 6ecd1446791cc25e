# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_info against real databases, with ovn-northd between them where the southbound is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.modules import run_module
from tests.support.ovsdb import cluster, ovn, standalone

STEPS = [
    ["ls-add", "ls1"],
    ["lsp-add", "ls1", "vm2", "--", "lsp-set-addresses", "vm2", "02:ac:10:ff:00:22"],
    ["lsp-add", "ls1", "vm1", "--", "lsp-set-addresses", "vm1", "02:ac:10:ff:00:11"],
    ["acl-add", "ls1", "to-lport", "1000", "ip4", "allow-related"],
    ["acl-add", "ls1", "to-lport", "1001", "ip6", "drop"],
    ["ls-add", "ls2"],
    ["lb-add", "lb1", "10.0.0.1:80", "10.0.0.2:80,10.0.0.3:80"],
    ["lb-add", "lb2", "10.0.0.9:80", "10.0.0.2:80"],
    ["ls-lb-add", "ls1", "lb1"],
    ["ls-lb-add", "ls1", "lb2"],
    ["ls-lb-add", "ls2", "lb2"],
    ["lr-add", "gw1", "--", "set", "Logical_Router", "gw1", "external_ids:owner=web", "options:chassis=node1"],
    ["lrp-add", "gw1", "gw1-ls1", "02:ac:10:ff:ff:01", "192.168.255.1/24"],
    ["lr-nat-add", "gw1", "snat", "172.18.1.2", "192.168.100.0/24"],
]


def build(nb):
    for step in STEPS:
        nb.ctl(*step)


@pytest.fixture(scope="module")
def nb():
    with standalone() as server:
        build(server)
        yield server


@pytest.fixture(scope="module")
def info(nb):
    def play(**arguments):
        fails = arguments.pop("fails", False)
        return run_module("ovn_info", {"nb": nb.remote, **arguments}, fails=fails)

    return play


def names(result):
    return [row["name"] for row in result["rows"]]


class TestRows:
    def test_references_are_names_and_all_is_in_order(self, info, nb):
        result = info(table="Logical_Switch", columns=["name", "ports", "load_balancer"])
        assert result["changed"] is False
        assert result["count"] == 2
        ls1 = result["rows"][0]
        assert ls1.pop("_uuid") == nb.ctl("get", "Logical_Switch", "ls1", "_uuid").strip()
        assert ls1 == {"name": "ls1", "ports": ["vm1", "vm2"], "load_balancer": ["lb1", "lb2"]}
        assert names(result) == ["ls1", "ls2"]

    def test_references_without_a_name_are_uuids(self, info, nb):
        (ls1,) = info(table="Logical_Switch", where={"name": "ls1"}, columns=["acls"])["rows"]
        assert sorted(ls1["acls"]) == sorted(nb.ctl("--bare", "--columns=_uuid", "list", "ACL").split())

    def test_references_as_uuids_and_as_both(self, info, nb):
        uuid = nb.ctl("get", "Load_Balancer", "lb2", "_uuid").strip()
        (as_uuid,) = info(table="Logical_Switch", where={"name": "ls2"}, columns=["load_balancer"], references="uuid")[
            "rows"
        ]
        (as_both,) = info(table="Logical_Switch", where={"name": "ls2"}, columns=["load_balancer"], references="both")[
            "rows"
        ]
        assert as_uuid["load_balancer"] == [uuid]
        assert as_both["load_balancer"] == [{"_uuid": uuid, "name": "lb2"}]

    def test_every_column_unless_chosen(self, info):
        (row,) = info(table="Load_Balancer", where={"name": "lb1"})["rows"]
        assert row["vips"] == {"10.0.0.1:80": "10.0.0.2:80,10.0.0.3:80"}
        assert row["protocol"] == "tcp"
        assert row["health_check"] == []
        assert {"external_ids", "ip_port_mappings", "name", "options", "selection_fields"} <= set(row)

    def test_an_empty_table(self, info):
        assert info(table="Meter") == {**info(table="Meter"), "rows": [], "count": 0}

    def test_many_references(self):
        with standalone() as server:
            ports = [
                {"op": "insert", "table": "Logical_Switch_Port", "uuid-name": "p%d" % i, "row": {"name": "p%04d" % i}}
                for i in range(600)
            ]
            switch = {
                "op": "insert",
                "table": "Logical_Switch",
                "row": {"name": "big", "ports": ["set", [["named-uuid", "p%d" % i] for i in range(600)]]},
            }
            server.transact(*ports, switch)
            (row,) = run_module("ovn_info", {"nb": server.remote, "table": "Logical_Switch"})["rows"]
            assert row["ports"] == ["p%04d" % i for i in range(600)]


class TestWhere:
    @pytest.mark.parametrize(
        ("where", "found"),
        [
            ({"name": "ls1"}, ["ls1"]),
            ({"name": "LS1"}, []),
            ([["name", "==", "ls1"]], ["ls1"]),
            ([["name", "!=", "ls1"]], ["ls2"]),
            ([{"name": "ls1"}, ["load_balancer", "includes", "lb2"]], ["ls1"]),
            ({"load_balancer": "lb2"}, ["ls1", "ls2"]),
            ({"load_balancer": ["lb1", "lb2"]}, ["ls1"]),
            ({"load_balancer": "lb1", "name": "ls2"}, []),
            ([["load_balancer", "excludes", "lb1"]], ["ls2"]),
            ([["load_balancer", "==", ["lb2"]]], ["ls2"]),
            ({"ports": "vm1"}, ["ls1"]),
            ({"load_balancer": "no-such"}, []),
            ([["load_balancer", "excludes", "no-such"]], ["ls1", "ls2"]),
            ({"copp": None, "name": "ls1"}, ["ls1"]),
            ({}, ["ls1", "ls2"]),
            ([], ["ls1", "ls2"]),
        ],
    )
    def test_switches(self, info, where, found):
        assert names(info(table="Logical_Switch", where=where, columns=["name"])) == found

    def test_uuid(self, info, nb):
        uuid = nb.ctl("get", "Logical_Switch", "ls2", "_uuid").strip()
        assert names(info(table="Logical_Switch", where={"_uuid": uuid})) == ["ls2"]

    @pytest.mark.parametrize(("op", "found"), [(">", [1001]), (">=", [1000, 1001]), ("<", []), ("<=", [1000])])
    @pytest.mark.parametrize("number", [1000, "1000"])
    def test_numbers(self, info, op, number, found):
        rows = info(table="ACL", where=[["priority", op, number]], columns=["priority"])["rows"]
        assert [row["priority"] for row in rows] == found

    @pytest.mark.parametrize("value", [False, "false", "False"])
    def test_booleans(self, info, value):
        assert info(table="ACL", where={"log": value})["count"] == 2

    def test_maps(self, info):
        assert names(info(table="Logical_Router", where={"options": {"chassis": "node1"}})) == ["gw1"]
        assert names(info(table="Logical_Router", where={"options": {"chassis": "node2"}})) == []
        assert names(info(table="Logical_Router", external_ids={"owner": "web"})) == ["gw1"]
        assert names(info(table="Logical_Router", external_ids={"owner": "db"})) == []

    def test_a_number_in_a_map_of_text(self, info, nb):
        nb.ctl("set", "Logical_Switch", "ls2", "external_ids:vlan=7")
        assert names(info(table="Logical_Switch", external_ids={"vlan": 7})) == ["ls2"]
        nb.ctl("remove", "Logical_Switch", "ls2", "external_ids", "vlan")

    def test_a_name_that_several_have(self, nb, info):
        nb.ctl("--add-duplicate", "lb-add", "lb1", "10.0.0.1:80", "10.0.0.5:80")
        said = info(table="Logical_Switch", where={"load_balancer": "lb1"}, fails=True)["msg"]
        nb.ctl(
            "lb-del",
            nb.ctl("--bare", "--columns=_uuid", "find", "Load_Balancer", "vips:10.0.0.1\\:80=10.0.0.5\\:80").strip(),
        )
        assert "where.load_balancer: 'lb1' is the name of several rows of Load_Balancer" in said


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ({"table": "logical_switch"}, "table: 'logical_switch' is no table of OVN_Northbound"),
            ({"table": "logical_switch"}, "did you mean Logical_Switch or"),
            ({"table": "LoadBalancer"}, "did you mean Load_Balancer"),
            ({"table": "zzz"}, "which has ACL, "),
            ({"table": "Port_Binding"}, "is no table of OVN_Northbound"),
            ({"tables": ["ACL", "Acls"]}, "tables: 'Acls' is no table"),
            (
                {"table": "ACL", "columns": ["prioritty"]},
                "columns: 'prioritty' is no column of the table ACL; did you mean priority?",
            ),
            (
                {"table": "ACL", "where": {"Match": "x"}},
                "where.Match: 'Match' is no column of the table ACL; did you mean match?",
            ),
            ({"table": "ACL", "where": [["match", "=", "x"]]}, "where[0]: '=' is no operator: expected one of ==, !=,"),
            ({"table": "ACL", "where": [["match", "x"]]}, "where[0]: expected [column, operator, value]"),
            ({"table": "ACL", "where": "match"}, "where: expected"),
            ({"table": "ACL", "where": {"priority": "high"}}, "where.priority: 'high' is no integer"),
            ({"table": "ACL", "where": {"priority": True}}, "where.priority: True is no integer"),
            ({"table": "ACL", "where": {"log": "maybe"}}, "where.log: 'maybe' is no boolean"),
            ({"table": "ACL", "where": {"match": ["a"]}}, "where.match: one value is expected"),
            ({"table": "ACL", "where": {"options": "a"}}, "where.options: a dictionary is expected"),
            ({"table": "ACL", "where": [["match", "<", "x"]]}, "compares numbers"),
            (
                {"table": "Logical_Router", "where": {"nat": "x"}},
                "where.nat: rows of NAT have no name: expected a UUID, not 'x'",
            ),
            ({"table": "ACL", "where": {"_uuid": "x"}}, "compared by == or != with a UUID"),
            (
                {"table": "Static_MAC_Binding", "external_ids": {"a": "b"}},
                "is no column of the table Static_MAC_Binding",
            ),
            ({"table": "ACL", "query": "rows[?"}, "query: "),
            ({"table": "ACL", "query": "sum(count)"}, "query: "),
            ({"table": "ACL", "references": "uuid", "uuids": False}, "references: uuid shows UUIDs"),
            ({}, "one of the following is required: table, tables"),
            ({"table": "ACL", "tables": ["ACL"]}, "mutually exclusive"),
            ({"tables": ["ACL"], "where": {"log": True}}, "mutually exclusive"),
            ({"table": "ACL", "nb": "unix:/nonexistent"}, "there is no such socket"),
            ({"table": "ACL", "nb": "tcp:x"}, "'tcp:x' is no remote"),
            ({"table": "ACL", "timeout": 0}, "timeout: 0"),
        ],
    )
    def test_each(self, info, arguments, says):
        assert says in info(**arguments, fails=True)["msg"]

    def test_the_database_is_another(self, info, nb):
        said = info(table="ACL", database="southbound", sb=nb.remote, fails=True)["msg"]
        assert "serves the database OVN_Northbound, not OVN_Southbound" in said


class TestQuery:
    def test_its_value(self, info):
        result = info(table="Logical_Switch", query="rows[?contains(load_balancer, 'lb1')].name | [0]")
        assert result["result"] == "ls1"
        assert result["count"] == 2

    def test_of_several_tables(self, info):
        result = info(tables=["Logical_Switch", "Logical_Router"], query="tables.*[].name")
        assert sorted(result["result"]) == ["gw1", "ls1", "ls2"]

    @pytest.mark.parametrize(("query", "fails"), [("rows", True), (None, False)])
    def test_jmespath_is_imported_only_then(self, nb, tmp_path, query, fails):
        (tmp_path / "jmespath.py").write_text("raise ImportError('hidden')", encoding="utf-8")
        env = {**os.environ, "PYTHONPATH": str(tmp_path)}
        result = run_module("ovn_info", {"nb": nb.remote, "table": "ACL", "query": query}, env=env, fails=fails)
        if fails:
            assert "Failed to import the required Python library (jmespath)" in result["msg"]


class TestWhole:
    def whole(self, nb, **more):
        return run_module("ovn_info", {"nb": nb.remote, "tables": ["all"], "uuids": False, "volatile": False, **more})

    def test_two_databases_made_by_the_same_steps_are_equal(self, nb):
        with standalone() as other:
            for step in STEPS:
                other.ctl(*step)
            first, second = self.whole(nb), self.whole(other)
            assert first["tables"] == second["tables"]
            (ls1,) = [row for row in first["tables"]["Logical_Switch"] if row["name"] == "ls1"]
            assert [acl["match"] for acl in ls1["acls"]] == ["ip4", "ip6"]
            assert "_uuid" not in json.dumps(first)
            other.ctl(
                "set", "ACL", other.ctl("--bare", "--columns=_uuid", "find", "ACL", "match=ip6").strip(), "action=allow"
            )
            assert first["tables"] != self.whole(other)["tables"]

    def test_what_the_daemons_write_makes_no_difference(self):
        with standalone() as quiet, ovn() as (nb, _sb):
            build(quiet)
            build(nb)
            for server in (nb, quiet):
                server.ctl(
                    "lsp-add", "ls1", "dyn", "--", "lsp-set-addresses", "dyn", "dynamic",
                    "--", "set", "Logical_Switch", "ls1", "other_config:subnet=10.1.0.0/24",
                )  # fmt: skip
            nb.ctl("--wait=sb", "sync")
            assert nb.ctl("get", "Logical_Switch_Port", "dyn", "dynamic_addresses").strip() != "[]"
            assert self.whole(nb)["tables"] == self.whole(quiet)["tables"]
            assert self.whole(nb, volatile=True)["tables"] != self.whole(quiet, volatile=True)["tables"]

    def test_several_tables_by_owner(self, info):
        result = info(tables=["Logical_Switch", "Logical_Router", "Static_MAC_Binding"], external_ids={"owner": "web"})
        assert result["tables"]["Logical_Switch"] == result["tables"]["Static_MAC_Binding"] == []
        assert [row["name"] for row in result["tables"]["Logical_Router"]] == ["gw1"]
        assert result["count"] == 1


def test_the_southbound():
    with ovn() as (nb, sb):
        build(nb)
        sb.ctl("chassis-add", "node1", "geneve", "127.0.0.1")
        nb.ctl("--wait=sb", "sync")
        sb.ctl("lsp-bind", "vm1", "node1")
        where = {"database": "southbound", "sb": sb.remote}
        (row,) = run_module("ovn_info", {**where, "table": "Port_Binding", "where": {"chassis": "node1"}})["rows"]
        assert (row["logical_port"], row["chassis"], row["datapath"]) == ("vm1", "node1", "ls1")
        rows = run_module("ovn_info", {**where, "table": "Port_Binding", "where": {"datapath": "ls1"}})["rows"]
        assert [row["logical_port"] for row in rows] == ["vm1", "vm2"]
        result = run_module("ovn_info", {**where, "tables": ["all"], "uuids": False, "volatile": False})
        (node1,) = result["tables"]["Chassis"]
        assert [encap["ip"] for encap in node1["encaps"]] == ["127.0.0.1"]
        assert result["tables"]["Logical_Flow"]


def test_a_follower_is_good_enough_when_told():
    with cluster(2) as nbs:
        follower = nbs.remotes[nbs.followers()[0]]
        said = run_module("ovn_info", {"nb": follower, "timeout": 1, "table": "NB_Global"}, fails=True)["msg"]
        assert "is a follower of the cluster, not its leader" in said
        assert run_module("ovn_info", {"nb": follower, "leader_only": False, "table": "NB_Global"})["count"] == 1


def test_only_what_is_needed_is_asked_for(nb):
    """By the server's own account: one look at the row, one at the names of its two balancers, no other column."""
    code = """
import json, sys
sys.path.insert(0, "collections")
from ansible_collections.virtnet.ovn.plugins.module_utils._engine.info import gather
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.session import Session
asked = []
plain = Session.transact
Session.transact = lambda self, operations, extra=0.0: asked.append(operations) or plain(self, operations, extra)
gather({"database": "northbound", "nb": sys.argv[1], "timeout": 5, "leader_only": True, "references": "name", "uuids": True,
        "volatile": True, "table": "Logical_Switch", "where": {"name": "ls1"}, "columns": ["load_balancer"], "external_ids": None})
print(json.dumps(asked))
"""
    done = subprocess.run([sys.executable, "-c", code, nb.remote], capture_output=True, text=True, check=True)
    first, second = json.loads(done.stdout)
    assert first == [
        {
            "op": "select",
            "table": "Logical_Switch",
            "columns": ["_uuid", "load_balancer"],
            "where": [["name", "==", "ls1"]],
        }
    ]
    assert [(op["table"], op["columns"], len(op["where"])) for op in second] == [
        ("Load_Balancer", ["_uuid", "name"], 1)
    ] * 2
