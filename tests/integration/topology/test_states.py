# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each state of a document does, and what it must not do."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.topology import RELEASES
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.snapshots import SNAPSHOTS
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import Raw, Ref, Wire, insert
from tests.support.ovsdb import standalone
from tests.support.topology import ensure, gathered, refused, rows, run, unchanged

A, B = {"virtnet-owner": "a"}, {"virtnet-owner": "b"}

NETWORK = {
    "switches": [
        {
            "name": "s1",
            "other_config": {"subnet": "192.0.2.0/24"},
            "load_balancer": ["web"],
            "ports": [
                {"name": "vm1", "addresses": ["00:00:00:00:00:01 192.0.2.10"], "enabled": True},
                {"name": "s1-r1", "type": "router", "addresses": ["router"], "options": {"router-port": "r1-s1"}},
            ],
        },
        {"name": "s2", "ports": [{"name": "vm2", "addresses": ["unknown"]}]},
    ],
    "routers": [
        {
            "name": "r1",
            "options": {"chassis": "hv1"},
            "ports": [{"name": "r1-s1", "mac": "00:00:00:00:ff:01", "networks": ["192.0.2.1/24"]}],
            "static_routes": [{"ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.254", "output_port": "r1-s1"}],
            "nat": [{"type": "snat", "logical_ip": "192.0.2.0/24", "external_ip": "198.51.100.1"}],
        }
    ],
    "load_balancers": [
        {"name": "web", "vips": {"198.51.100.20:80": "192.0.2.10:80"}, "protocol": "tcp", "routers": ["r1"]}
    ],
    "static_mac_bindings": [{"logical_port": "r1-s1", "ip": "192.0.2.254", "mac": "00:00:00:00:00:fe"}],
}


def names(nb, table):
    return sorted(row["name"] for row in nb.rows(table))


def lose_ownership(nb, table, name):
    nb.transact({"op": "update", "table": table, "where": [["name", "==", name]], "row": {"external_ids": ["map", []]}})


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_a_network_from_nothing(nb, state):
    more = {"owner": "a"} if state == "overridden" else {}
    did = ensure(nb, NETWORK, state=state, **more)
    assert [(o["table"], o["action"]) for o in did["objects"]] == [
        ("Logical_Switch", "created"),
        ("Logical_Switch", "created"),
        ("Logical_Router", "created"),
        ("Load_Balancer", "created"),
        ("Static_MAC_Binding", "created"),
    ]
    balancer = nb.one("Load_Balancer")["_uuid"]
    assert nb.named("Logical_Switch", "s1")["load_balancer"] == [balancer]
    assert nb.one("Logical_Router")["load_balancer"] == [balancer]
    assert not did["warnings"]


def test_a_new_network_is_the_same_however_it_is_asked_for(nb):
    assert run(nb, NETWORK, check=True)["plan_hash"] == run(nb, NETWORK, check=True, state="replaced")["plan_hash"]


@pytest.mark.parametrize("release", sorted(SNAPSHOTS))
def test_on_every_releases_schema(tmp_path, release):
    schema = tmp_path / "nb.ovsschema"
    schema.write_text(SNAPSHOTS[release])
    with standalone(schema=schema) as server:
        raw = Raw(server)
        ensure(raw, NETWORK, state="overridden", owner="a")
        for state in ("merged", "replaced"):
            unchanged(raw, gathered(raw), state=state)
        unchanged(raw, gathered(raw, owner="a"), state="overridden", owner="a")
        ensure(raw, {}, state="overridden", owner="a", max_deletes=-1)
        assert sorted(raw.dump()) == ["NB_Global", "Static_MAC_Binding"]


def test_one_transaction_for_any_size(nb):
    big = {
        "switches": [
            {
                "name": "s%d" % s,
                "load_balancer": ["lb%d" % s],
                "ports": [{"name": "p%d-%d" % (s, p)} for p in range(20)],
            }
            for s in range(30)
        ],
        "load_balancers": [{"name": "lb%d" % s, "vips": {"192.0.2.1:80": "10.0.0.1:80"}} for s in range(30)],
    }
    with Wire(nb.server) as wire:
        run(wire.remote, big)
        assert wire.writes == 1
        requests = wire.requests
        for state in ("merged", "replaced"):
            assert not run(wire.remote, big, state=state)["changed"]
        assert not run(wire.remote, big, state="overridden", owner="a")["changed"]
        assert wire.writes == 1
        assert wire.requests - requests < 60
    assert len(nb.rows("Logical_Switch_Port")) == 600
    assert all(len(row["load_balancer"]) == 1 for row in nb.rows("Logical_Switch"))


def test_a_membership_said_on_both_sides(nb):
    both = {
        "switches": [{"name": "s", "load_balancer": ["lb"]}],
        "load_balancers": [{"name": "lb", "switches": ["s"]}],
    }
    for state in ("merged", "replaced"):
        nb.wipe()
        ensure(nb, both, state=state)
        assert len(nb.one("Logical_Switch")["load_balancer"]) == 1
    nb.wipe()
    run(nb, {"switches": [{"name": "s"}], "load_balancers": [{"name": "lb"}]})
    ensure(nb, both)


# -- merged -----------------------------------------------------------------------------------------------------------


def test_merged_leaves_the_rest(nb):
    run(nb, NETWORK)
    before = gathered(nb)
    did = ensure(nb, {"switches": [{"name": "s1", "ports": [{"name": "vm1", "enabled": False}, {"name": "new"}]}]})
    assert did["diff"] == {
        "before": {"logical switch s1: logical switch port vm1": {"enabled": True}},
        "after": {
            "logical switch s1: logical switch port vm1": {"enabled": False},
            "logical switch s1: logical switch port new": {"name": "new"},
        },
    }
    before["switches"][0]["ports"].insert(0, {"name": "new"})
    next(p for p in before["switches"][0]["ports"] if p["name"] == "vm1")["enabled"] = False
    assert gathered(nb) == before


def test_merged_takes_out_what_is_said_to_be_absent(nb):
    run(nb, NETWORK)
    ensure(
        nb,
        {
            "switches": [
                {"name": "s1", "ports": [{"name": "vm1", "state": "absent"}]},
                {"name": "s2", "state": "absent"},
            ],
            "load_balancers": [{"name": "web", "state": "absent"}],
        },
    )
    assert names(nb, "Logical_Switch") == ["s1"]
    assert names(nb, "Logical_Switch_Port") == ["s1-r1"]
    assert nb.rows("Load_Balancer") == []


# -- replaced ---------------------------------------------------------------------------------------------------------


def test_replaced_makes_each_named_object_exactly_so(nb):
    run(nb, NETWORK)
    nb.server.ctl("lsp-add", "s1", "extra", "--", "set", "Logical_Switch", "s1", "external_ids:x=y")
    ensure(
        nb,
        {
            "switches": [{"name": "s1", "ports": [{"name": "vm1"}]}],
            "routers": [{"name": "r1", "static_routes": [{"ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.254"}]}],
        },
        state="replaced",
    )
    switch = nb.named("Logical_Switch", "s1")
    assert (switch["other_config"], switch["external_ids"], switch["load_balancer"]) == ({}, {}, [])
    assert names(nb, "Logical_Switch_Port") == ["vm1", "vm2"]
    port = nb.named("Logical_Switch_Port", "vm1")
    assert (port["addresses"], port["enabled"], port["type"]) == ([], [], "")
    assert nb.one("Logical_Router")["options"] == {}
    assert nb.rows("NAT") == nb.rows("Logical_Router_Port") == []
    assert nb.one("Logical_Router_Static_Route")["output_port"] == []
    # what is not named is untouched
    assert nb.one("Load_Balancer")["vips"] == {"198.51.100.20:80": "192.0.2.10:80"}
    assert len(nb.rows("Static_MAC_Binding")) == 1


def test_replaced_counts_memberships_of_either_side(nb):
    run(nb, NETWORK)
    unchanged(nb, NETWORK, state="replaced")
    less = json.loads(json.dumps(NETWORK))
    del less["switches"][0]["load_balancer"], less["load_balancers"][0]["routers"]
    ensure(nb, less, state="replaced")
    assert nb.named("Logical_Switch", "s1")["load_balancer"] == nb.one("Logical_Router")["load_balancer"] == []


def test_replaced_takes_an_owners_only(nb):
    run(nb, NETWORK, owner="a")
    nb.server.ctl("lsp-add", "s1", "nobodys")
    run(nb, {"switches": [{"name": "s1", "ports": [{"name": "theirs"}]}]}, owner="b")
    ensure(nb, {"switches": [{"name": "s1"}]}, state="replaced", owner="a")
    assert names(nb, "Logical_Switch_Port") == ["nobodys", "theirs", "vm2"]
    assert nb.named("Logical_Switch", "s1")["external_ids"] == A


def test_replaced_stops_at_max_deletes(nb):
    run(nb, {"switches": [{"name": "s", "ports": [{"name": "p%d" % n} for n in range(11)]}]})
    said = str(refused(nb, {"switches": [{"name": "s"}]}, state="replaced"))
    assert said.startswith("max_deletes: the purge would take away 11")
    ensure(nb, {"switches": [{"name": "s"}]}, state="replaced", max_deletes=11)


def test_replaced_spares_what_daemons_write(nb):
    nb.transact(
        insert("Logical_Router_Port", "p", name="p", mac="00:00:00:00:00:01", networks=["192.0.2.1/24"], ipv6_prefix=["fd00::/64"]),
        insert("Logical_Router", name="r", ports=[Ref("p")]),
    )  # fmt: skip
    document = {
        "routers": [{"name": "r", "ports": [{"name": "p", "mac": "00:00:00:00:00:01", "networks": ["192.0.2.1/24"]}]}]
    }
    unchanged(nb, document, state="replaced")
    assert gathered(nb) == document


# -- overridden -------------------------------------------------------------------------------------------------------


def test_overridden_needs_an_owner(nb):
    for more in ({}, {"owner": ""}):
        assert "owner: must not be empty" in str(refused(nb, {}, state="overridden", **more))


@pytest.mark.parametrize("document", [{}, {"switches": []}, {"switches": [{"name": "mine"}]}], ids=str)
def test_overridden_by_an_owner_of_nothing_deletes_nothing(nb, document):
    run(nb, NETWORK)
    run(nb, {"switches": [{"name": "theirs", "ports": [{"name": "p"}]}]}, owner="b")
    before = {t: set(rows) for t, rows in nb.dump().items()}
    did = run(nb, document, state="overridden", owner="a", adopt=True)
    assert [o["op"] for o in did["operations"]] == ["insert"] * len(document.get("switches", ()))
    after = {t: set(rows) for t, rows in nb.dump().items()}
    assert all(after[t] >= before[t] for t in before)


def test_overridden_leaves_nothing_else_of_this_owner(nb):
    run(nb, NETWORK, owner="a")
    run(nb, {"switches": [{"name": "theirs"}], "routers": [{"name": "their-r"}]}, owner="b")
    run(nb, {"switches": [{"name": "theirs", "ports": [{"name": "guest"}]}]}, owner="a")
    nb.transact(
        insert("DHCP_Options", cidr="10.0.0.0/8", external_ids=A),
        insert("DHCP_Options", cidr="10.0.0.0/8", external_ids=B),
    )
    did = ensure(nb, {"switches": [{"name": "s2", "ports": [{"name": "vm2"}]}]}, state="overridden", owner="a")
    assert sorted(o["table"] for o in did["objects"] if o["action"] == "deleted") == [
        "DHCP_Options", "Load_Balancer", "Logical_Router", "Logical_Router_Port", "Logical_Router_Static_Route", "Logical_Switch",
        "Logical_Switch_Port", "Logical_Switch_Port", "Logical_Switch_Port", "NAT",
    ]  # fmt: skip
    assert names(nb, "Logical_Switch") == ["s2", "theirs"]
    assert names(nb, "Logical_Switch_Port") == ["vm2"]
    assert names(nb, "Logical_Router") == ["their-r"]
    assert nb.one("DHCP_Options")["external_ids"] == B
    assert nb.named("Logical_Switch_Port", "vm2")["addresses"] == []


def test_overridden_stops_at_max_deletes(nb):
    run(nb, {"switches": [{"name": "s%d" % n} for n in range(11)]}, owner="a")
    error = refused(nb, {}, state="overridden", owner="a")
    assert "would take away 11, more than max_deletes=10" in str(error)
    assert "logical switch s3" in str(error)
    ensure(nb, {}, state="overridden", owner="a", max_deletes=-1)
    assert nb.rows("Logical_Switch") == []


def test_overridden_takes_nothing_of_others_along(nb):
    run(nb, {"switches": [{"name": "s"}]}, owner="a")
    run(nb, {"switches": [{"name": "s", "ports": [{"name": "theirs"}]}]}, owner="b")
    assert "Logical_Switch_Port theirs" in str(refused(nb, {}, state="overridden", owner="a"))
    ensure(nb, {}, state="overridden", owner="a", force=True)
    assert nb.rows("Logical_Switch_Port") == []


def test_overridden_deletes_nothing_that_the_document_refers_to(nb):
    run(nb, {"load_balancers": [{"name": "lb"}], "switches": [{"name": "s"}]}, owner="a")
    said = str(refused(nb, {"switches": [{"name": "s", "load_balancer": ["lb"]}]}, state="overridden", owner="a"))
    assert said.endswith("it is not described; but switches[0].load_balancer refers to it")
    ensure(nb, {"switches": [{"name": "s", "load_balancer": []}]}, state="overridden", owner="a")
    assert nb.rows("Load_Balancer") == []


def test_overridden_spares_the_databases_settings(nb):
    nb.transact(
        {"op": "update", "table": "NB_Global", "where": [], "row": {"external_ids": ["map", [["virtnet-owner", "a"]]]}}
    )
    unchanged(nb, {}, state="overridden", owner="a")


def group_in_use(nb, holder):
    nb.transact(
        insert("HA_Chassis", "h", chassis_name="c", priority=1, external_ids=A),
        insert("HA_Chassis_Group", "g", name="g", ha_chassis=[Ref("h")], external_ids=A),
        insert("Logical_Switch_Port", "p", name="p", type="external", ha_chassis_group=Ref("g"), external_ids=A),
        insert("Logical_Switch", name="s", ports=[Ref("p")], external_ids=holder),
        insert("Load_Balancer_Group", "lg", name="lg"),
        insert("Logical_Switch", name="t", load_balancer_group=[Ref("lg")], external_ids=A),
    )  # fmt: skip


@pytest.mark.parametrize("holder", [A, B], ids=["own-switch", "other-switch"])
def test_rows_that_refer_to_each_other_go_together(nb, holder):
    """The server counts the references of rows that it collects, too."""
    group_in_use(nb, holder)
    ensure(nb, {}, state="overridden", owner="a")
    assert nb.rows("HA_Chassis_Group") == nb.rows("HA_Chassis") == nb.rows("Logical_Switch_Port") == []


def test_what_stays_keeps_what_it_refers_to(nb):
    group_in_use(nb, B)
    lose_ownership(nb, "Logical_Switch_Port", "p")
    assert "HA chassis group g is in use by logical switch port p" in str(
        refused(nb, {}, state="overridden", owner="a")
    )


def test_what_lets_go_in_the_same_document(nb):
    group_in_use(nb, A)
    ensure(
        nb,
        {"switches": [{"name": "s", "ports": [{"name": "p", "type": "external"}]}, {"name": "t"}]},
        state="overridden",
        owner="a",
    )
    assert nb.rows("HA_Chassis_Group") == []
    assert names(nb, "Logical_Switch_Port") == ["p"]


# -- deleted ----------------------------------------------------------------------------------------------------------


def test_deleted_children(nb):
    run(nb, NETWORK)
    ensure(
        nb,
        {
            "switches": [{"name": "s1", "other_config": {"subnet": "x"}, "ports": [{"name": "vm1", "addresses": ["router"]}]},
                         {"name": "unknown", "ports": [{"name": "vm2"}]}, {"name": "s2", "ports": []}],
            "routers": [{"name": "r1", "nat": [{"type": "snat", "logical_ip": "192.0.2.0/24", "external_ip": "192.0.2.77"}]}],
        },
        state="deleted",
    )  # fmt: skip
    assert names(nb, "Logical_Switch") == ["s1", "s2"]
    assert names(nb, "Logical_Switch_Port") == ["s1-r1", "vm2"]
    assert nb.named("Logical_Switch", "s1")["other_config"] == {"subnet": "192.0.2.0/24"}
    assert nb.rows("NAT") == []
    assert len(nb.rows("Logical_Router_Static_Route")) == 1


def test_deleted_objects(nb):
    run(nb, NETWORK)
    names_only = {
        "switches": [{"name": "s1"}, {"name": "s2"}],
        "routers": [{"name": "r1"}],
        "load_balancers": [{"name": "web"}],
        "static_mac_bindings": [{"logical_port": "r1-s1", "ip": "192.0.2.254"}],
    }
    did = ensure(nb, names_only, state="deleted")
    assert {o["action"] for o in did["objects"]} == {"deleted"}
    assert list(nb.dump()) == ["NB_Global"]


def test_deleted_another_owners(nb):
    run(nb, NETWORK, owner="a")
    assert "belongs to the owner 'a'" in str(refused(nb, {"switches": [{"name": "s1"}]}, state="deleted", owner="b"))


# -- plans, files, mistakes -------------------------------------------------------------------------------------------


def test_review_then_apply(nb):
    plan = run(nb, NETWORK, check=True)["plan_hash"]
    assert "expect_plan" in str(refused_once(nb, NETWORK, expect_plan="0" * 64))
    did = run(nb, NETWORK, expect_plan=plan)
    assert did["changed"]
    assert did["plan_hash"] == plan
    assert not run(nb, NETWORK, expect_plan=plan)["changed"]
    nb.server.ctl("lsp-del", "vm1")
    assert "expect_plan" in str(refused_once(nb, NETWORK, expect_plan=plan))


def refused_once(nb, *args, **raw):
    before = nb.dump()
    with pytest.raises(OvnError) as caught:
        run(nb, *args, **raw)
    assert nb.dump() == before
    return caught.value


def test_check_mode_on_an_empty_database(nb):
    more = {**NETWORK, "switches": [*NETWORK["switches"], {"name": "s3", "load_balancer_group": ["none"]}]}
    did = run(nb, more, check=True)
    assert did["changed"]
    assert did["unresolved"] == [
        {"path": "switches[2].load_balancer_group", "message": "there is no load balancer group none"}
    ]
    assert "switches[2].load_balancer_group: there is no load balancer group none" in str(refused_once(nb, more))


def test_all_that_is_wrong_is_told_at_once(nb):
    run(nb, {"switches": [{"name": "old", "ports": [{"name": "p"}]}]})
    error = refused(
        nb,
        {
            "switches": [
                {"name": "s", "ports": [{"name": "a"}, {"name": "b", "addresses": ["x"]}, {"name": "c", "tag_request": 5000}]},
                {"name": "s"},
                {"name": "old", "ports": [{"name": "p", "addresses": ["unknown", "y"]}], "colour": 1},
            ],
            "load_balancers": [{"vips": {}}, 7],
        },
    )  # fmt: skip
    assert sorted(path for path, _message in error.problems) == [
        "load_balancers[0].name",
        "load_balancers[1]",
        "switches[0].ports[1].addresses[0]",
        "switches[0].ports[2].tag_request",
        "switches[1]",
        "switches[2].colour",
        "switches[2].ports[0].addresses[1]",
    ]
    error = refused(nb, {"switch": [], "routers": {}})
    assert error.problems == [
        ("switch", "unknown; did you mean switches?"),
        ("routers", "expected a list of dictionaries"),
    ]


def test_all_that_checks_find_is_told_at_once(nb):
    """Rules that only the plan can judge: of each object, with its path, beside references that mean nothing."""
    error = refused_once(
        nb,
        {
            "switches": [
                {
                    "name": "s",
                    "ports": [
                        {"name": "a", "type": "localnet"},
                        {"name": "b", "parent_name": "a"},
                        {"name": "c", "addresses": ["02:ac:10:ff:00:01 192.0.2.1"]},
                        {"name": "d", "addresses": ["02:ac:10:ff:00:02 192.0.2.1"]},
                    ],
                    "load_balancer": ["none"],
                }
            ],
            "routers": [
                {
                    "name": "r",
                    "static_routes": [{"ip_prefix": "10.0.0.0/8", "nexthop": "fd00::1"}],
                    "policies": [{"priority": 1, "match": "ip4", "action": "reroute"}],
                }
            ],
            "load_balancers": [{"name": "lb", "vips": {"192.0.2.1:80": ["fd00::1"]}}],
            "address_sets": [{"name": "not-so"}],
        },
    )
    assert sorted(path for path, _message in error.problems) == [
        "address_sets[0].name",
        "load_balancers[0].vips",
        "routers[0].policies[0].nexthops",
        "routers[0].static_routes[0].nexthop",
        "switches[0].load_balancer",
        "switches[0].ports[0].options",
        "switches[0].ports[1].tag_request",
        "switches[0].ports[3].addresses",
    ]


@pytest.mark.parametrize("form", ["json", "yaml", "flow"])
def test_a_file(nb, tmp_path, form):
    import yaml

    path = tmp_path / "network"
    text = {
        "json": json.dumps,
        "yaml": yaml.safe_dump,
        "flow": lambda data: yaml.safe_dump(data, default_flow_style=True),
    }[form](NETWORK)
    path.write_text(text)
    assert run(nb, src=str(path))["changed"]
    unchanged(nb, NETWORK)


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "cannot be read: No such file"), ("{", "neither JSON nor YAML"), ("- a", "topology: expected a dictionary"), ("a: [", "neither"),
     ("7", "expected a dictionary")],
)  # fmt: skip
def test_a_file_that_is_none(nb, tmp_path, text, said):
    path = tmp_path / "network"
    if text is not None:
        path.write_text(text)
    assert said in str(refused(nb, None, src=str(path)))


def test_an_empty_file_describes_nothing(nb, tmp_path):
    path = tmp_path / "network"
    path.write_text("---\n")
    assert not run(nb, src=str(path))["changed"]


# -- rows in several parents ------------------------------------------------------------------------------------------


def test_a_row_in_two_parents(nb):
    uuid = "6f0c4f0e-55a5-4f5e-9d3f-0d6c2a1f9b11"
    nat = {"uuid": uuid, "type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1"}
    document = {"routers": [{"name": "r1", "nat": [nat]}, {"name": "r2", "nat": [dict(nat)]}]}
    ensure(nb, document)
    assert nb.one("NAT")["_uuid"] == uuid
    assert [row["nat"] for row in nb.rows("Logical_Router")] == [[uuid], [uuid]]
    assert gathered(nb) == document
    nb.transact(
        {"op": "update", "table": "Logical_Router", "where": [["name", "==", "r1"]], "row": {"nat": ["set", []]}}
    )
    ensure(nb, document)
    assert [row["nat"] for row in nb.rows("Logical_Router")] == [[uuid], [uuid]]
    document["routers"][1]["nat"][0]["external_ip"] = "192.0.2.2"
    assert "routers[1].nat[0]: is the same row as routers[0].nat[0], which says otherwise" in str(refused(nb, document))
    document["routers"][0]["nat"][0]["external_ip"] = "192.0.2.2"
    did = ensure(nb, document)
    assert len(did["operations"]) == 1


def test_a_uuid_makes_no_second_row_of_a_name(nb):
    nb.server.ctl("ls-add", "s")
    error = refused(nb, {"switches": [{"name": "s", "uuid": "6f0c4f0e-55a5-4f5e-9d3f-0d6c2a1f9b11"}]})
    assert "there is another logical switch s" in str(error)


# -- rendered ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["23.03", "25.03", "26.03"])
def test_rendered_asks_no_server(release):
    did = run("unix:/nonexistent", NETWORK, state="rendered", release=release)
    assert not did["changed"]
    assert len(did["operations"]) == len(did["objects"]) + 6
    assert {operation["op"] for operation in did["operations"]} == {"insert"}


def test_what_is_rendered_makes_the_network(nb, other):
    document = {**NETWORK, "connections": [{"target": "ptcp:16642:127.0.0.1"}]}
    nb.transact(*run("unix:/nonexistent", document, state="rendered", release="23.03")["operations"])
    run(other, document)
    assert rows(nb) == rows(other)
    unchanged(nb, document, state="replaced")


def test_rendered_knows_what_a_release_lacks():
    document = {
        "routers": [
            {
                "name": "r",
                "nat": [{"type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1", "match": "ip4"}],
            }
        ]
    }
    assert run("unix:/nonexistent", document, state="rendered", release="25.03")["operations"]
    with pytest.raises(OvnError, match=r"lacks the column NAT:match, which came with OVN 24\.09"):
        run("unix:/nonexistent", document, state="rendered", release="23.03")


def test_releases_are_those_of_the_snapshots():
    assert tuple(SNAPSHOTS) == RELEASES
    assert {json.loads(text)["name"] for text in SNAPSHOTS.values()} == {"OVN_Northbound"}
