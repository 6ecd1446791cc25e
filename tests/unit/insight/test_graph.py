# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows to graphs, and graphs to text: without a database, and without Graphviz."""

from __future__ import annotations

import html.parser
import re

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.draw import describe, dot, mermaid
from ansible_collections.virtnet.ovn.plugins.module_utils._insight.graph import VIEWS, graph, natural, shorten
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support.picture import EVIL, Rows, example, joined


def node(made, key):
    return next(node for node in made["nodes"] if node["id"] == key)


def ends(made, kind):
    return [(edge["from"], edge["to"], edge["label"]) for edge in made["edges"] if edge["kind"] == kind]


def test_the_logical_network():
    made = graph("logical", example())
    assert node(made, "port:ls1-vm1")["lines"] == ["02:ac:10:ff:00:01 192.168.100.1", "on node2"]
    assert (node(made, "port:ls2-vm4")["lines"][-1], node(made, "port:ls2-vm4")["state"]) == ("not bound", "down")
    assert node(made, "router:gw1")["lines"] == ["on node1", "snat 192.168.100.0/24 to 172.18.1.2"]
    assert node(made, "external:outside-localnet")["lines"] == ["localnet", "phyNet"]
    assert node(made, "balancer:web")["lines"] == ["10.254.10.10 to 192.168.100.10, 192.168.100.11"]
    assert ("switch:ls1", "router:router1", "192.168.100.1/24") in ends(made, "router")
    assert ("port:ls1-vm1", "switch:ls1", "") in ends(made, "port")
    assert ends(made, "balancer") == [
        ("balancer:web", "switch:ls2", ""),
        ("router:gw1", "balancer:web-gateway", ""),
    ]
    assert describe(made) == "The logical network: 2 balancers, 1 other port, 4 ports, 2 routers, 4 switches."


def test_the_physical_network():
    made = graph("physical", example())
    assert ends(made, "tunnel") == [("chassis:node%d" % n, "tunnel:geneve", "10.0.0.%d" % n) for n in (1, 2, 3)]
    assert node(made, "tunnel:geneve")["lines"] == ["3 tunnels"]
    assert ends(made, "mapping") == [("chassis:node1", "network:phyNet", "br-eth1")]
    assert ("port:ls1-vm2", "chassis:node3", "") in ends(made, "port")
    assert ("gateway:gw1", "chassis:node1", "") in ends(made, "port")
    assert not [edge for edge in made["edges"] if "ls2-vm4" in edge["from"]]


def test_tunnels_are_within_a_transport_zone():
    rows = example()["Chassis"]
    made = example()
    for row, zones in zip(made["Chassis"].values(), (["a"], ["a", "b"], ["b"])):
        row["transport_zones"] = zones
    assert len(rows) == 3
    assert [(start, end) for start, end, _label in ends(graph("physical", made), "tunnel")] == [
        ("chassis:node1", "tunnel:geneve a"),
        ("chassis:node2", "tunnel:geneve a"),
        ("chassis:node2", "tunnel:geneve b"),
        ("chassis:node3", "tunnel:geneve b"),
    ]


def test_what_neutron_calls_by_uuids_is_told_by_its_name():
    made = Rows()
    made.switch("neutron-1", external_ids={"neutron:network_name": "private"})
    assert node(graph("logical", made.rows), "switch:neutron-1")["lines"] == ["private"]


def test_two_switches_of_one_name_are_two():
    made = Rows()
    made.switch("s", [{"name": "a"}])
    made.switch("s", [{"name": "b"}])
    ids = [one["id"] for one in graph("logical", made.rows)["nodes"] if one["kind"] == "switch"]
    assert len(set(ids)) == 2
    with pytest.raises(OvnError, match=r"highlight\[0\]: 's' is the name of switch:s and switch:s:"):
        graph("logical", made.rows, highlight=["s"])


def test_balancers_of_a_group_and_of_nobody():
    made = Rows()
    grouped = made.add("Load_Balancer", name="grouped", vips={})
    made.add("Load_Balancer", name="alone", vips={"10.0.0.1:80": ""})
    group = made.add("Load_Balancer_Group", load_balancer=[grouped])
    made.switch("s", load_balancer_group=[group])
    found = graph("logical", made.rows)
    assert ends(found, "balancer") == [("balancer:grouped", "switch:s", "")]
    assert node(found, "balancer:alone")["lines"] == ["10.0.0.1:80 to nothing", "on no switch and no router"]


def test_nested_ports_peers_and_distributed_gateways():
    made = Rows()
    at = made.chassis("node1", "10.0.0.1")
    made.switch("s", [{"name": "vm"}, {"name": "pod", "parent_name": "vm", "tag": 7}])
    first = made.router("a", [("a-b", ["10.0.0.1/24"])])
    second = made.router("b", [("b-a", ["10.0.0.2/24"])])
    rows = made.rows["Logical_Router_Port"]
    for uuid, peer in ((made.rows["Logical_Router"][first]["ports"][0], "b-a"),):
        rows[uuid]["peer"] = peer
    rows[made.rows["Logical_Router"][second]["ports"][0]]["peer"] = "a-b"
    made.port("cr-a-b", at, kind="chassisredirect", datapath="a")
    found = graph("logical", made.rows)
    assert ends(found, "parent") == [("port:pod", "port:vm", "VLAN 7")]
    assert ends(found, "router") == [("router:a", "router:b", "10.0.0.1/24 - 10.0.0.2/24")]
    assert node(found, "router:a")["lines"] == ["a-b through node1"]
    assert node(graph("physical", made.rows), "gateway:a")["lines"] == ["gateway port", "cr-a-b"]


# -- what repeats


def test_ten_ports_are_drawn_and_three_hundred_are_folded():
    assert len([one for one in graph("logical", example(10))["nodes"] if one["kind"] == "port"]) == 12
    made = graph("logical", example(300))
    folded = node(made, "port:297 ports")
    assert folded["lines"] == ["ls1-vm4 ... ls1-vm300", "149 on node3", "148 on node2"]
    assert folded["count"] == 297
    assert ("port:297 ports", "switch:ls1", "") in ends(made, "port")
    assert len(made["nodes"]) == 15
    assert len(graph("logical", example(300), fold=0)["nodes"]) == 311


def test_three_hundred_ports_of_two_chassis():
    made = graph("physical", example(300))
    # vm2, vm4, ... are on node3; the one of ls2 is among node2's
    assert [one["name"] for one in made["nodes"] if one["count"] > 1] == ["147 ports", "148 ports"]


def test_switches_and_balancers_that_are_alike_are_folded():
    made = Rows()
    balancers = [made.add("Load_Balancer", name="lb%d" % n, vips={}) for n in range(40)]
    for n in range(50):
        made.switch("s%d" % n, [{"name": "s%d-p%d" % (n, p)} for p in range(2)] + [joined("s%d-r" % n, "r-s%d" % n)])
    made.router("r", [("r-s%d" % n, ["10.%d.0.1/24" % n]) for n in range(50)], load_balancer=balancers)
    found = graph("logical", made.rows)
    assert node(found, "switch:47 switches")["lines"] == ["s3 ... s49", "with 94 ports"]
    assert node(found, "balancer:37 balancers")["lines"] == ["lb3 ... lb39"]
    assert len(found["nodes"]) == 1 + 4 + 4 + 6
    known = {one["id"] for one in found["nodes"]}
    assert all({edge["from"], edge["to"]} <= known for edge in found["edges"])


def test_gateway_routers_that_are_alike_are_folded_with_their_switches():
    """One for each chassis, between a switch that all share and one of its own, as ovn-kubernetes makes them."""
    made = Rows()
    made.switch("join", [joined("j%d" % n, "gr%d-j" % n) for n in range(60)])
    for n in range(60):
        made.router("gr%d" % n, [("gr%d-j" % n, ["100.64.0.%d/16" % n]), ("gr%d-e" % n, ["172.18.0.%d/16" % n])])
        made.switch("ext%d" % n, [joined("e%d" % n, "gr%d-e" % n), {"name": "local%d" % n, "type": "localnet"}])
    found = graph("logical", made.rows)
    assert node(found, "router:57 routers")["lines"] == ["gr3 ... gr59", "with 57 switches"]
    assert ("switch:join", "router:gr0", "100.64.0.0/16") in ends(found, "router")
    assert ("router:57 routers", "switch:join", "") in ends(found, "router")
    assert len(found["nodes"]) == 1 + 4 + 3 + 3
    known = {one["id"] for one in found["nodes"]}
    assert all({edge["from"], edge["to"]} <= known for edge in found["edges"])
    way = graph("logical", made.rows, highlight=["local30", "join"])
    assert way["path"] == ["local30", "ext30", "gr30", "join"]
    assert node(way, "router:56 routers")


def test_the_same_rows_make_the_same_text_in_any_order():
    rows = example(30)
    turned = {table: dict(reversed(list(found.items()))) for table, found in rows.items()}
    for view in VIEWS:
        assert dot(graph(view, rows)) == dot(graph(view, turned))


def test_numbers_sort_as_numbers():
    assert sorted(["vm10", "vm9", "a", "10", "9b"], key=natural) == ["9b", "10", "a", "vm9", "vm10"]
    assert shorten("x" * 100) == "x" * 21 + "..." + "x" * 20
    assert shorten("a\nb\x00") == "a b "


# -- a way


def test_a_way_is_the_shortest_one_and_never_through_a_balancer():
    made = graph("logical", example(), highlight=["ls2-vm3", "ls1-vm1"])
    assert made["path"] == ["ls2-vm3", "ls2", "router1", "ls1", "ls1-vm1"]
    assert [(e["from"], e["to"], e["backwards"]) for e in made["edges"] if e["on_path"]] == [
        ("port:ls1-vm1", "switch:ls1", True),
        ("port:ls2-vm3", "switch:ls2", False),
        ("switch:ls1", "router:router1", True),
        ("switch:ls2", "router:router1", False),
    ]


def test_a_way_by_the_names_that_a_trace_has():
    names = ["ls2-vm3", "ls2-router1", "router1-ls2", "router1-ls1", "ls1-router1", "ls1-vm1"]
    assert graph("logical", example(), highlight=names)["path"] == ["ls2-vm3", "ls2", "router1", "ls1", "ls1-vm1"]
    assert graph("logical", example(), highlight=["ls2", "10.254.10.10"])["path"] == ["ls2", "web"]


def test_what_is_on_the_way_is_not_folded():
    made = graph("physical", example(300), highlight=["ls1-vm250", "node1"])
    assert made["path"] == ["ls1-vm250", "node3", "geneve", "node1"]
    assert node(made, "port:ls1-vm250")["on_path"]


def test_a_name_that_is_not_there():
    with pytest.raises(OvnError, match=r"highlight\[1\]: 'vm9' is not in the picture"):
        graph("logical", example(), highlight=["ls1", "vm9"])


# -- text


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.texts.append(data)


NASTY = [
    EVIL,
    '"]; x -> y [label="',
    "a\\nb\\N",
    "<B>",
    "&amp;",
    "]] --> x",
    "`**x**`",
    "#quot;",
    "\x00\x1b[31m",
    "%%{init: {}}%%",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_never_markup(name):
    made = Rows()
    chassis = made.chassis(name, name, **{"ovn-bridge-mappings": "%s:%s" % (name, name)})
    balancer = made.add("Load_Balancer", name=name, protocol="tcp", vips={name: name})
    made.switch(name, [{"name": name, "addresses": [name]}, joined("x", name)], load_balancer=[balancer])
    made.router(name, [(name, [name])], [{"type": "snat", "logical_ip": name, "external_ip": name}])
    made.port(name, chassis, datapath=name)
    plain = name.replace("\x00", " ").replace("\x1b", " ")
    for view in VIEWS:
        found = graph(view, made.rows)
        text = dot(found)
        labels = re.findall(r"label=<(.*?)>, [a-z]+=\"", text)
        assert len(labels) >= len(found["nodes"])
        for label in labels:
            tags = Tags(label)
            assert tags.tags <= {"b", "br", "font"}
        assert plain in Tags(labels[0]).texts
        assert all(char.isprintable() or char == "\n" for char in text + mermaid(found))
        for line in mermaid(found).splitlines():
            inside = re.findall(r'"([^"]*)"', line)
            assert not re.search(r"[<>\"`\[\]{}|&%]", "".join(inside).replace("<br/>", ""))


def test_mermaid_of_a_way():
    text = mermaid(graph("logical", example(), highlight=["ls2", "ls1"]))
    assert text.startswith("flowchart LR\n")
    assert '["ls1"]:::switch' in text
    assert "linkStyle" in text and "-->" in text
