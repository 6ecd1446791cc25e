# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cases made at random found, each in its smallest form."""

from __future__ import annotations

import datetime

import pytest

from tests.integration.fuzz.conftest import fresh
from tests.support import topology
from tests.support.engine import OvnError, Ref, ensure, entities, insert, refused, task
from tests.support.modules import run_module

ENTITIES = entities()
NB = "OVN_Northbound"
SWITCH, PORT, CONNECTION, COLLECTOR, GATEWAY = (
    ENTITIES[NB, table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Connection", "Sample_Collector", "Gateway_Chassis")
)
HALF = "\ud800"


@pytest.fixture
def nb(databases):
    return fresh(databases[NB])


def test_two_entries_that_mean_one_row(nb):
    nb.transact(insert("Logical_Switch", name="a"))
    uuid = nb.named("Logical_Switch", "a")["_uuid"]
    for entries in (
        [{"name": "b", "uuid": uuid}, {"name": "a"}],
        [{"name": "a", "uuid": uuid}, {"name": "a", "other_config": {"x": "y"}}],
        [{"uuid": uuid}, {"uuid": uuid}],
        [{"uuid": uuid, "state": "absent"}, {"name": "a"}],
        [{"name": "c", "id": "x"}, {"name": "c"}],
        [{"name": "c", "id": "x"}, {"name": "d", "id": "x", "uuid": uuid}],
        [{"name": "c"}, {"name": "c", "uuid": uuid}],
    ):
        said = str(refused(SWITCH, nb.server.remote, objects=entries))
        assert said.startswith("objects[1]: is the same logical switch ")
    # one that comes and one that goes are two
    assert ensure(SWITCH, nb, objects=[{"uuid": uuid, "name": "z"}, {"name": "b"}])["changed"]


def test_two_entries_that_would_make_one_row(nb):
    nb.transact(insert("Logical_Switch", name="a"), insert("Logical_Switch", name="b"))
    entries = [{"name": "p", "switch": "a"}, {"name": "p", "switch": "b"}]
    assert str(refused(PORT, nb.server.remote, objects=entries)) == (
        "objects[1]: is the same logical switch port p as objects[0]"
    )
    # but it may be absent from one switch, and present in another
    task(PORT, nb.server.remote, **entries[0])
    move = [{**entries[0], "state": "absent"}, {**entries[1], "move": True}]
    assert ensure(PORT, nb, objects=move)["changed"]


def test_what_the_server_keeps_unique_beside_the_identity(nb):
    ensure(COLLECTOR, nb, objects=[{"name": n, "collector_id": k, "set_id": 1} for n, k in (("a", 1), ("b", 2))])
    said = str(refused(COLLECTOR, nb.server.remote, name="c", collector_id=1, set_id=1))
    assert said == "collector_id: 1 is that of the sample collector a already"
    assert str(refused(COLLECTOR, nb.server.remote, name="b", collector_id=1)) == said
    said = str(
        refused(COLLECTOR, nb.server.remote, objects=[{"name": n, "collector_id": 7, "set_id": 1} for n in "cd"])
    )
    assert said == "objects[1].collector_id: 7 is that of objects[0] already"
    # what is let go is free
    swapped = [{"name": "a", "collector_id": 2}, {"name": "b", "collector_id": 1}]
    assert ensure(COLLECTOR, nb, objects=swapped)["changed"]
    gone = [{"name": "a", "state": "absent"}, {"name": "c", "collector_id": 2, "set_id": 1}]
    assert ensure(COLLECTOR, nb, objects=gone)["changed"]
    # what is not said, but would be written
    port = {"mac": "02:ac:10:ff:00:01", "networks": ["192.0.2.1/24"]}
    nb.transact(
        insert("Gateway_Chassis", "g", name="p-ch", chassis_name="other"),
        insert("Logical_Router_Port", "q", name="q", gateway_chassis=[Ref("g")], **port),
        insert("Logical_Router_Port", "p", name="p", **port),
        insert("Logical_Router", name="r", ports=[Ref("p"), Ref("q")]),
    )
    said = str(refused(GATEWAY, nb.server.remote, router_port="p", chassis_name="ch"))
    assert said == "name: p-ch is that of the gateway chassis other already"


def test_numbers_in_another_order(databases):
    ovs = fresh(databases["Open_vSwitch"])
    task(ENTITIES["Open_vSwitch", "Bridge"], ovs.server.remote, name="br", ports=[{"name": "p", "trunks": [3, 1, 2]}])
    assert not task(ENTITIES["Open_vSwitch", "Port"], ovs.server.remote, name="p", trunks=[2, 3, 1])["changed"]


def test_what_cannot_be_stored(nb):
    """... nor sent: the server ends the connection of whom it cannot understand."""
    for raw, path in (
        ({"name": HALF}, "name"),
        ({"name": "s", "id": HALF}, "id"),
        ({"name": "s", "owner": HALF}, "owner"),
        ({"name": "s", "external_ids": {"a": HALF}}, "external_ids[a]"),
        ({"name": "s", "load_balancer": [HALF]}, "load_balancer[0]"),
    ):
        assert str(refused(SWITCH, nb.server.remote, **raw)) == path + ": '\\ud800' is no valid Unicode"
    said = str(refused(PORT, nb.server.remote, name="p", switch=HALF))
    assert said == "switch: '\\ud800' is no valid Unicode"
    said = str(refused(ENTITIES[NB, "BFD"], nb.server.remote, logical_port="p", dst_ip="192.0.2.1", min_tx=2**63))
    assert said == "min_tx: 9223372036854775808 does not fit into 64 bits"


def test_what_only_yaml_can_say(nb):
    day = datetime.date(2026, 1, 2)
    said = str(topology.refused(nb, {"dns": [{"id": day}], "switches": [{"name": "s", day: 1}]}))
    assert "dns[0].id: expected text, not a date" in said
    assert "switches[0].2026-01-02: unknown" in said
    assert topology.run(nb, {"dns": [{"id": 7}]})["changed"]


def test_shapes_that_lists_of_words_do_not_have(nb):
    said = str(topology.refused(nb, {"switches": [{"name": "s", "ports": [], "purge": [{"ports": 1}]}]}))
    assert said.startswith("switches[0].purge[0]: {'ports': 1} is none of ports, ")


def test_deleting_what_must_not_be_empty(nb):
    document = {"meters": [{"name": "m", "unit": "kbps", "bands": [{"action": "drop", "rate": 1}]}]}
    topology.run(nb, document)
    said = str(topology.refused(nb, document, state="deleted"))
    assert said == "meters[0].bands: at least one must be left"


def test_a_new_row_without_the_children_it_needs(nb):
    said = str(refused(ENTITIES[NB, "Meter"], nb.server.remote, name="m", unit="kbps"))
    assert said == "bands: is missing: a new meter cannot be without it"


def test_two_in_one_place(nb):
    """A router has one control plane policy, whoever says which."""
    topology.run(nb, {"copps": [{"name": "a"}, {"name": "b"}], "routers": [{"name": "r", "copp": "a"}]})
    for document in (
        {"copps": [{"name": "b", "routers": ["r"]}], "routers": [{"name": "r", "copp": "a"}]},
        {"copps": [{"name": "b", "routers": ["r"]}, {"name": "a", "routers": ["r"]}]},
        {"copps": [{"name": "b", "routers": ["n"]}], "routers": [{"name": "n", "copp": "a"}]},
    ):
        assert "says that another one has this place" in str(topology.refused(nb, document))
    agreed = {"copps": [{"name": "b", "routers": ["r"]}], "routers": [{"name": "r", "copp": "b"}]}
    assert topology.ensure(nb, agreed)["changed"]


def test_a_document_that_is_null(nb):
    failed = run_module("ovn_topology", {"nb": nb.server.remote, "topology": None}, fails=True)
    assert failed["msg"] == "topology: is missing: topology or src says what there is to be"
    with pytest.raises(OvnError):
        topology.run(nb, None, state="replaced")
