# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a row is, which row is meant, and what is never taken along by accident."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.engine import Ref, ensure, entities, insert, refused, task

ENTITIES = entities()
NB = "OVN_Northbound"
SWITCH, PORT, ROUTER, ROUTE, BALANCER, BINDING = (
    ENTITIES[NB, table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Static_Route", "Load_Balancer", "Static_MAC_Binding")
)  # fmt: skip
A = {"virtnet-owner": "a"}


def fails(nb, entity, **raw):
    """The message of a refusal, after which nothing has changed."""
    before = nb.dump()
    message = str(refused(entity, nb.server.remote, **raw))
    assert nb.dump() == before
    return message


# -- whose it is ------------------------------------------------------------------------------------------------------


def test_what_a_task_makes_is_its_owners(nb):
    ensure(SWITCH, nb, name="s", owner="a", ports=[{"name": "p"}])
    assert nb.one("Logical_Switch")["external_ids"] == nb.one("Logical_Switch_Port")["external_ids"] == A


@pytest.mark.parametrize("owner", ["b", None])
@pytest.mark.parametrize(
    "raw", [{"options": {"reject": True}}, {"state": "absent"}, {"vips": {"192.0.2.1": "10.0.0.1"}}], ids=str
)
def test_another_owners_row(nb, raw, owner):
    nb.transact(insert("Load_Balancer", name="lb", external_ids=A))
    more = {"owner": owner} if owner else {}
    said = fails(nb, BALANCER, name="lb", **raw, **more)
    assert said.endswith(
        "load balancer lb belongs to the owner 'a'; this task %s" % ("is 'b'" if owner else "gives no owner")
    )
    said = fails(nb, BALANCER, name="lb", **raw, **more, **({"adopt": True} if owner else {}))
    assert "belongs to the owner 'a'" in said
    assert ensure(BALANCER, nb, name="lb", force=True, **raw, **more)["changed"]


def test_another_owners_row_that_is_as_wanted(nb):
    nb.transact(insert("Load_Balancer", name="lb", external_ids=A, options={"reject": "true"}))
    assert not ensure(BALANCER, nb, name="lb", options={"reject": True}, owner="b")["changed"]


def test_nobodys_row(nb):
    nb.transact(insert("Load_Balancer", name="lb"))
    assert "has no owner; adopt: true lets 'a' change it" in fails(
        nb, BALANCER, name="lb", options={"reject": True}, owner="a"
    )
    assert "has no owner; adopt: true lets 'a' delete it" in fails(nb, BALANCER, name="lb", state="absent", owner="a")
    assert not ensure(BALANCER, nb, name="lb", owner="a")["changed"]
    adopted = ensure(BALANCER, nb, name="lb", owner="a", adopt=True)
    assert adopted["diff"]["after"] == {"load balancer lb": {"external_ids": A}}
    assert ensure(BALANCER, nb, name="lb", options={"reject": True}, owner="a")["changed"]
    assert ensure(BALANCER, nb, name="lb", state="absent", owner="a")["changed"]


def test_a_child_and_a_member_on_another_owners_row(nb):
    task(SWITCH, nb.server.remote, name="s", owner="a")
    assert ensure(PORT, nb, name="p", switch="s", owner="b")["changed"]
    assert ensure(BALANCER, nb, name="lb", switches=["s"], owner="b")["changed"]
    assert "belongs to" in fails(nb, SWITCH, name="s", load_balancer=[{"name": "lb", "state": "absent"}], owner="b")


def test_deleting_would_take_others_along(nb):
    task(SWITCH, nb.server.remote, name="s", owner="a", ports=[{"name": "mine"}])
    task(PORT, nb.server.remote, switch="s", name="theirs", owner="b")
    nb.server.ctl("lsp-add", "s", "nobodys")
    said = fails(nb, SWITCH, name="s", state="absent", owner="a")
    assert said == ("state: deleting logical switch s would delete what is not this owner's: "
                    "Logical_Switch_Port nobodys, Logical_Switch_Port theirs; force: true deletes it all")  # fmt: skip
    assert "theirs" in fails(nb, SWITCH, name="s", state="absent", owner="a", adopt=True)
    task(PORT, nb.server.remote, name="theirs", owner="b", state="absent")
    assert ensure(SWITCH, nb, name="s", state="absent", owner="a", adopt=True)["changed"]


def test_deleting_takes_others_along_when_told(nb):
    task(SWITCH, nb.server.remote, name="s", owner="a")
    task(PORT, nb.server.remote, switch="s", name="theirs", owner="b")
    assert ensure(SWITCH, nb, name="s", state="absent", owner="a", force=True)["changed"]
    assert nb.rows("Logical_Switch_Port") == []


def test_an_ownerless_task_deletes_no_owners_rows(nb):
    nb.server.ctl("ls-add", "s")
    task(PORT, nb.server.remote, switch="s", name="theirs", owner="b")
    assert "Logical_Switch_Port theirs" in fails(nb, SWITCH, name="s", state="absent")


# -- purge ------------------------------------------------------------------------------------------------------------


def ports(nb):
    return sorted(row["name"] for row in nb.rows("Logical_Switch_Port"))


def test_purge_stays_in_scope(nb):
    task(SWITCH, nb.server.remote, name="s", owner="a", ports=[{"name": "a1"}, {"name": "a2"}])
    task(PORT, nb.server.remote, switch="s", name="b1", owner="b")
    nb.server.ctl("lsp-add", "s", "nobodys")
    ensure(SWITCH, nb, name="s", owner="a", ports=[{"name": "a1"}], purge=["ports"])
    assert ports(nb) == ["a1", "b1", "nobodys"]
    ensure(SWITCH, nb, name="s", owner="a", adopt=True, ports=[{"name": "a1"}], purge=["ports"])
    assert ports(nb) == ["a1", "b1"]
    ensure(SWITCH, nb, name="s", owner="a", force=True, ports=[], purge=["ports"])
    assert ports(nb) == []


def test_an_ownerless_purge(nb):
    task(SWITCH, nb.server.remote, name="s", ports=[{"name": "p1"}])
    task(PORT, nb.server.remote, switch="s", name="b1", owner="b")
    ensure(SWITCH, nb, name="s", ports=[], purge=["ports"])
    assert ports(nb) == ["b1"]


def test_purged_members_are_this_owners(nb):
    task(SWITCH, nb.server.remote, name="s", owner="a")
    for owner in "ab":
        task(BALANCER, nb.server.remote, name="lb-" + owner, owner=owner, switches=["s"])
    ensure(SWITCH, nb, name="s", owner="a", load_balancer=[], purge=["load_balancer"])
    assert nb.one("Logical_Switch")["load_balancer"] == [nb.named("Load_Balancer", "lb-b")["_uuid"]]


def test_purged_memberships_are_on_this_owners_rows(nb):
    for owner in "ab":
        task(SWITCH, nb.server.remote, name="s-" + owner, owner=owner)
    task(BALANCER, nb.server.remote, name="lb", owner="a", switches=["s-a", "s-b"])
    ensure(BALANCER, nb, name="lb", owner="a", switches=[], purge=["switches"])
    assert nb.named("Logical_Switch", "s-a")["load_balancer"] == []
    assert nb.named("Logical_Switch", "s-b")["load_balancer"] != []


def test_members_without_external_ids_follow_their_row(nb):
    nb.transact(
        insert("Load_Balancer_Group", "g", name="g"),
        insert("Logical_Switch", name="s", load_balancer_group=[Ref("g")], external_ids=A),
    )
    assert not ensure(SWITCH, nb, name="s", owner="b", load_balancer_group=[], purge=["load_balancer_group"])["changed"]
    ensure(SWITCH, nb, name="s", owner="a", load_balancer_group=[], purge=["load_balancer_group"])
    assert nb.one("Logical_Switch")["load_balancer_group"] == []


def test_a_purge_spares_the_tags(nb):
    ensure(BALANCER, nb, name="lb", owner="a", id="x", external_ids={"k": 1})
    ensure(BALANCER, nb, name="lb", owner="a", id="x", external_ids={}, purge=["external_ids"])
    assert nb.one("Load_Balancer")["external_ids"] == {**A, "virtnet-id": "x"}


def test_max_deletes(nb):
    task(SWITCH, nb.server.remote, name="s", ports=[{"name": "p%d" % n} for n in range(12)])
    said = fails(nb, SWITCH, name="s", ports=[{"name": "p0"}], purge=["ports"])
    assert said.startswith(
        "max_deletes: the purge would take away 11, more than max_deletes=10: logical switch s: logical switch port p"
    )
    assert "p11" in said
    assert ensure(SWITCH, nb, name="s", ports=[{"name": "p0"}], purge=["ports"], max_deletes=11)["changed"]
    task(SWITCH, nb.server.remote, name="s", other_config={"k%d" % n: n for n in range(12)})
    assert "max_deletes" in fails(nb, SWITCH, name="s", other_config={}, purge=["other_config"])
    assert ensure(SWITCH, nb, name="s", other_config={}, purge=["other_config"], max_deletes=-1)["changed"]


def test_expect_plan(nb):
    would = task(SWITCH, nb.server.remote, check=True, name="s", other_config={"a": 1})
    said = fails(nb, SWITCH, name="s", other_config={"a": 2}, expect_plan=would["plan_hash"])
    assert said.startswith("expect_plan: the plan is now ")
    assert task(SWITCH, nb.server.remote, name="s", other_config={"a": 1}, expect_plan=would["plan_hash"])["changed"]
    # It is done: nothing is left of the plan
    assert not task(SWITCH, nb.server.remote, name="s", other_config={"a": 1}, expect_plan=would["plan_hash"])[
        "changed"
    ]


# -- which row is meant -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "table"), [(SWITCH, "Logical_Switch"), (ROUTER, "Logical_Router"), (BALANCER, "Load_Balancer")]
)
def test_two_of_one_name(nb, entity, table):
    uuids = sorted(r["uuid"][1] for r in nb.transact(insert(table, name="x"), insert(table, name="x")))
    for raw in ({}, {"state": "absent"}, {"external_ids": {"a": 1}}):
        said = fails(nb, entity, name="x", **raw)
        assert said == "2 rows are a %s x: %s; say which by uuid" % (entity.label, ", ".join(uuids))
    ensure(entity, nb, uuid=uuids[0], external_ids={"a": 1})
    assert ensure(entity, nb, uuid=uuids[1], state="absent")["changed"]
    assert nb.one(table)["external_ids"] == {"a": "1"}


def test_two_parents_of_one_name(nb):
    uuids = sorted(
        r["uuid"][1] for r in nb.transact(insert("Logical_Switch", name="x"), insert("Logical_Switch", name="x"))
    )
    assert fails(nb, PORT, name="p", switch="x") == (
        "switch: 2 rows of Logical_Switch are named 'x': %s; name one by its UUID" % ", ".join(uuids))  # fmt: skip
    assert ensure(PORT, nb, name="p", switch=uuids[1])["changed"]


def test_two_members_of_one_name(nb):
    nb.transact(
        insert("Load_Balancer", name="x"), insert("Load_Balancer", name="x"), insert("Logical_Switch", name="s")
    )
    assert "2 rows of Load_Balancer are named 'x'" in fails(nb, SWITCH, name="s", load_balancer=["x"])


def test_rename(nb):
    uuid = task(SWITCH, nb.server.remote, name="old", ports=[{"name": "p"}])["objects"][0]["uuid"]
    renamed = ensure(SWITCH, nb, uuid=uuid, name="new")
    assert renamed["objects"][0]["before"] == {"name": "old"}
    assert nb.one("Logical_Switch")["_uuid"] == uuid
    task(SWITCH, nb.server.remote, name="other")
    assert "there is another logical switch other" in fails(nb, SWITCH, uuid=uuid, name="other")


def test_a_uuid_of_nothing(nb):
    nothing = "00000000-0000-0000-0000-000000000001"
    assert fails(nb, SWITCH, uuid=nothing, name="x") == "uuid: there is no logical switch %s" % nothing
    assert not ensure(SWITCH, nb, uuid=nothing, state="absent")["changed"]
    assert fails(nb, SWITCH, uuid="nonsense", name="x").startswith("uuid: 'nonsense' is no UUID")


def test_a_row_with_an_id(nb):
    nb.server.ctl("lr-add", "r")
    ensure(ROUTE, nb, router="r", id="main", ip_prefix="10.0.0.0/8", nexthop="192.0.2.1")
    uuid = nb.one("Logical_Router_Static_Route")["_uuid"]
    edited = ensure(ROUTE, nb, router="r", id="main", ip_prefix="10.0.0.0/9", nexthop="192.0.2.2")
    assert edited["objects"][0]["before"] == {"ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"}
    assert nb.one("Logical_Router_Static_Route")["_uuid"] == uuid
    ensure(ROUTE, nb, router="r", ip_prefix="10.0.0.0/8", nexthop="192.0.2.1")
    assert "there is another" in fails(nb, ROUTE, router="r", id="main", ip_prefix="10.0.0.0/8")
    assert "is missing" in fails(nb, ROUTE, router="r", id="second", nexthop="192.0.2.1")
    assert ensure(ROUTE, nb, router="r", id="main", state="absent")["changed"]


def test_an_id_for_a_row_that_stands(nb):
    nb.server.ctl("--", "lr-add", "r", "--", "lr-route-add", "r", "10.0.0.0/8", "192.0.2.1")
    uuid = nb.one("Logical_Router_Static_Route")["_uuid"]
    said = fails(nb, ROUTE, router="r", id="main", ip_prefix="10.0.0.0/8", nexthop="192.0.2.1")
    assert said.endswith("; say uuid: %s to give it this id" % uuid)
    ensure(ROUTE, nb, router="r", uuid=uuid, id="main", ip_prefix="10.0.0.0/8")
    assert nb.one("Logical_Router_Static_Route")["external_ids"] == {"virtnet-id": "main"}


def test_routes_of_one_prefix(nb):
    nb.server.ctl("--", "lr-add", "r", "--", "--ecmp", "lr-route-add", "r", "10.0.0.0/8", "192.0.2.1",
                  "--", "--ecmp", "lr-route-add", "r", "10.0.0.0/8", "192.0.2.2")  # fmt: skip
    assert "2 rows are a logical router static route 10.0.0.0/8" in fails(
        nb, ROUTE, router="r", ip_prefix="10.0.0.0/8", nexthop="192.0.2.3"
    )
    ensure(ROUTE, nb, router="r", ip_prefix="10.0.0.0/8", nexthop="192.0.2.2", ecmp=True, state="absent")
    ensure(ROUTE, nb, router="r", ip_prefix="10.0.0.0/8", nexthop="192.0.2.3")
    assert nb.one("Logical_Router_Static_Route")["nexthop"] == "192.0.2.3"


def test_health_checks_of_one_vip_on_two_balancers(nb):
    """A child is told apart within its parent alone."""
    for name in ("lb1", "lb2"):
        ensure(
            BALANCER,
            nb,
            name=name,
            vips={"192.0.2.1:80": "10.0.0.1:80"},
            health_check=[{"vip": "192.0.2.1:80", "options": {"interval": 5}}],
        )
    ensure(BALANCER, nb, name="lb2", health_check=[{"vip": "192.0.2.1:80", "options": {"interval": 9}}])
    assert sorted(row["options"]["interval"] for row in nb.rows("Load_Balancer_Health_Check")) == ["5", "9"]


def test_a_port_that_sits_elsewhere(nb):
    task(SWITCH, nb.server.remote, name="s1", ports=[{"name": "p"}])
    task(SWITCH, nb.server.remote, name="s2")
    assert (
        fails(nb, PORT, name="p", switch="s2")
        == "switch: logical switch port p sits on logical switch s1; move: true moves it"
    )
    assert (
        fails(nb, SWITCH, name="s2", ports=[{"name": "p"}])
        == "ports[0]: logical switch port p sits on logical switch s1; move: true moves it"
    )
    assert fails(nb, SWITCH, name="new", ports=[{"name": "p"}]).startswith(
        "ports[0]: logical switch port p sits on logical switch s1"
    )
    assert not ensure(PORT, nb, name="p", switch="s2", state="absent")["changed"]
    moved = ensure(PORT, nb, name="p", switch="s2", move=True)
    assert moved["objects"][0]["before"] == {"parent": "logical switch s1"}
    ensure(SWITCH, nb, name="s1", ports=[{"name": "p", "move": True}])
    assert [len(row["ports"]) for row in sorted(nb.rows("Logical_Switch"), key=lambda r: r["name"])] == [1, 0]


def test_a_row_under_two_parents(nb):
    """Legal in the schema: a port that two switches hold is left there, and taken out of the named one only."""
    nb.transact(
        insert("Logical_Switch_Port", "p", name="p"),
        *(insert("Logical_Switch", name=n, ports=[Ref("p")]) for n in ("s1", "s2")),
    )
    assert not ensure(PORT, nb, name="p", switch="s1")["changed"]
    assert ensure(PORT, nb, name="p", switch="s1", state="absent")["changed"]
    assert [r["name"] for r in nb.rows("Logical_Switch") if r["ports"]] == ["s2"]


def test_delete_and_make_again(nb):
    """Rows that no index protects come back with the UUID they had."""
    nb.server.ctl("lr-add", "r")
    raw = {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"}
    first = ensure(ROUTE, nb, **raw)["objects"][0]["uuid"]
    ensure(ROUTE, nb, **raw, state="absent")
    assert ensure(ROUTE, nb, **raw)["objects"][0]["uuid"] == first


def test_rename_and_make_the_old_one_again(nb):
    objects = [{"name": "s%d" % n} for n in range(20)]
    made = task(SWITCH, nb.server.remote, objects=objects)["objects"]
    ensure(SWITCH, nb, uuid=made[0]["uuid"], name="renamed")
    again = ensure(SWITCH, nb, objects=objects)
    assert [o["action"] for o in again["objects"]] == ["created"] + ["unchanged"] * 19
    assert len(nb.rows("Logical_Switch")) == 21


def test_the_same_object_twice(nb):
    said = fails(nb, SWITCH, objects=[{"name": "s"}, {"name": "t"}, {"name": "s"}])
    assert said == "objects[2]: is the same logical switch s as objects[0]"


def test_defaults_of_objects(nb):
    ensure(
        SWITCH,
        nb,
        external_ids={"team": "x"},
        objects=[{"name": "a"}, {"name": "b", "external_ids": {"team": "y"}}, {"name": "c", "external_ids": None}],
    )
    assert {r["name"]: r["external_ids"]["team"] for r in nb.rows("Logical_Switch")} == {"a": "x", "b": "y", "c": "x"}


def test_what_lives_in_a_parent_needs_it_named(nb):
    nb.server.ctl("--", "lr-add", "r", "--", "lr-route-add", "r", "10.0.0.0/8", "192.0.2.1")
    for state in ("present", "absent"):
        assert (
            fails(nb, ROUTE, ip_prefix="10.0.0.0/8", state=state)
            == "router: is missing: it says where the logical router static route is"
        )
    assert not ensure(ROUTE, nb, router="none", ip_prefix="10.0.0.0/8", state="absent")["changed"]


def test_what_the_server_would_refuse_is_told(nb):
    group = ENTITIES[NB, "Logical_Switch_Port"]
    nb.transact(insert("HA_Chassis_Group", name="g"), insert("Logical_Switch", name="s"))
    ensure(group, nb, switch="s", name="p", ha_chassis_group="g")
    assert "there is no HA chassis group none" in fails_real(nb, group, switch="s", name="p", ha_chassis_group="none")


def fails_real(nb, entity, **raw):
    with pytest.raises(OvnError) as caught:
        task(entity, nb.server.remote, **raw)
    return str(caught.value)


# -- check mode of what depends on what is not there yet --------------------------------------------------------------


def test_unresolved(nb):
    would = task(PORT, nb.server.remote, check=True, switch="s", name="p")
    assert would["changed"]
    assert would["unresolved"] == [{"path": "switch", "message": "there is no logical switch s"}]
    assert would["warnings"] == ["switch: there is no logical switch s; a real run would fail unless it is made before"]
    assert fails_real(nb, PORT, switch="s", name="p") == "switch: there is no logical switch s"
    would = task(BALANCER, nb.server.remote, check=True, name="lb", switches=["s1"], routers=["r1"])
    assert [u["path"] for u in would["unresolved"]] == ["switches", "routers"]
    would = task(SWITCH, nb.server.remote, check=True, objects=[{"name": "x", "load_balancer": ["lb"], "copp": "c"}])
    assert sorted(u["path"] for u in would["unresolved"]) == ["objects[0].copp", "objects[0].load_balancer"]
    assert nb.dump().keys() == {"NB_Global"}


# -- names that OVN keeps as text -------------------------------------------------------------------------------------

RPORT, NAT = ENTITIES[NB, "Logical_Router_Port"], ENTITIES[NB, "NAT"]
TEXTS = [
    (
        PORT,
        {"switch": "s", "name": "p", "type": "router", "options": {"router-port": "rp"}},
        "options",
        "logical router port rp",
    ),
    (
        PORT,
        {"switch": "s", "name": "p", "parent_name": "sp", "tag_request": 0},
        "parent_name",
        "logical switch port sp",
    ),
    (
        RPORT,
        {"router": "r", "name": "p", "mac": "02:00:00:00:00:01", "networks": ["10.0.0.1/8"], "peer": "rp"},
        "peer",
        "logical router port rp",
    ),
    (
        ROUTE,
        {"router": "r", "ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1", "output_port": "rp"},
        "output_port",
        "logical router port rp",
    ),
    (
        BINDING,
        {"logical_port": "rp", "ip": "192.0.2.1", "mac": "02:00:00:00:00:01"},
        "logical_port",
        "logical router port rp",
    ),
]


@pytest.mark.parametrize(
    ("entity", "raw", "option", "what"), TEXTS, ids=lambda item: item if isinstance(item, str) else ""
)
def test_a_name_of_nothing_is_told(nb, entity, raw, option, what):
    nb.server.ctl("--", "ls-add", "s", "--", "lr-add", "r")
    assert fails(nb, entity, **raw, strict=True) == "%s: there is no %s" % (option, what)
    assert ensure(entity, nb, **raw)["warnings"] == ["%s: there is no %s yet" % (option, what)]
    # What stands is not judged
    assert not ensure(entity, nb, **raw, strict=True)["changed"]
    nb.wipe()
    nb.server.ctl(
        "--",
        "ls-add",
        "s",
        "--",
        "lr-add",
        "r",
        "--",
        "lrp-add",
        "r",
        "rp",
        "02:00:00:00:00:02",
        "192.0.2.1/24",
        "--",
        "lsp-add",
        "s",
        "sp",
    )
    assert ensure(entity, nb, **raw, strict=True)["warnings"] == []


def test_a_name_of_what_the_same_task_makes(nb):
    both = [{"name": "a", "mac": "02:00:00:00:00:01", "networks": ["10.0.0.1/8"], "peer": "b"},
            {"name": "b", "mac": "02:00:00:00:00:02", "networks": ["10.0.0.2/8"], "peer": "a"}]  # fmt: skip
    assert ensure(ROUTER, nb, name="r", ports=both, strict=True)["warnings"] == []
