# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network that exists already: as a document it is what is there, on whatever network, and comes back from it."""

from __future__ import annotations

import copy
import json
import re
import tempfile

import pytest

from tests.support.engine import Raw, Ref, Wire, insert
from tests.support.ovsdb import newest, ovn, standalone
from tests.support.topology import gathered, rows, run, unchanged

OWNER = ("virtnet-owner",)


def by_nbctl(nb):
    """As people do by hand, with each of ovn-nbctl's habits."""
    for line in """
        ls-add ls1
        ls-add ls2
        ls-add provider
        set Logical_Switch ls1 other_config:subnet=192.0.2.0/24 other_config:exclude_ips=192.0.2.1..192.0.2.9
        lsp-add ls1 vm1
        lsp-set-addresses vm1 00:00:00:00:0A:01\\ 192.0.2.10
        lsp-set-port-security vm1 00:00:00:00:0A:01\\ 192.0.2.10
        lsp-add ls1 vm2
        lsp-set-addresses vm2 dynamic
        lsp-add ls1 nested vm1 42
        lsp-add ls1 quiet
        lsp-set-enabled quiet disabled
        lsp-add provider ln
        lsp-set-type ln localnet
        lsp-set-addresses ln unknown
        lsp-set-options ln network_name=physnet
        lr-add r1
        lr-add gw
        set Logical_Router gw options:chassis=node
        lrp-add r1 r1-ls1 00:00:00:00:FF:01 192.0.2.1/24 FD00:0:0::1/64
        lrp-add gw gw-out 00:00:00:00:ff:02 198.51.100.1/24
        lsp-add ls1 ls1-r1
        lsp-set-type ls1-r1 router
        lsp-set-addresses ls1-r1 router
        lsp-set-options ls1-r1 router-port=r1-ls1
        lr-route-add gw 10.0.0.0/8 198.51.100.254
        --ecmp lr-route-add gw 203.0.113.0/24 198.51.100.2
        --ecmp lr-route-add gw 203.0.113.0/24 198.51.100.3
        --policy=src-ip lr-route-add gw 10.1.0.0/16 198.51.100.4
        --route-table=blue lr-route-add gw 10.2.0.0/16 198.51.100.4
        lr-route-add gw 10.3.0.0/16 discard
        lr-nat-add gw snat 198.51.100.1 192.0.2.0/24
        lr-nat-add gw dnat_and_snat 198.51.100.10 192.0.2.10
        lr-nat-add gw dnat 198.51.100.11 192.0.2.11
        lb-add web 198.51.100.20:80 192.0.2.10:80,192.0.2.11:80
        lb-add all 198.51.100.21 192.0.2.10
        lb-add six [fd00:0:0::1]:53 [fd00::2]:53 udp
        ls-lb-add ls1 web
        ls-lb-add ls1 all
        lr-lb-add gw web
        static-mac-binding-add gw-out 198.51.100.254 00:00:00:00:00:FE
        set-connection ptcp:16641:127.0.0.1
    """.strip().splitlines():
        nb.server.ctl(*[word.replace("\0", " ") for word in line.strip().replace("\\ ", "\0").split()])
    uuid = nb.named("Load_Balancer", "web")["_uuid"]
    nb.server.ctl(
        "--id=@hc", "create", "Load_Balancer_Health_Check", "vip=198.51.100.20\\:80", "options:interval=5",
        "--", "add", "Load_Balancer", uuid, "health_check", "@hc",
    )  # fmt: skip


def duplicates(nb):
    nb.transact(
        insert("Logical_Switch", name="twin"),
        insert("Logical_Switch", name="twin", other_config={"mcast_snoop": "true"}),
        insert("Logical_Switch"),
        insert("Logical_Router", name="twin"),
        insert("Load_Balancer", "a", name="lb", vips={"192.0.2.1:80": "192.0.2.2:80"}),
        insert("Load_Balancer", "b", name="lb", protocol="udp"),
        insert("Load_Balancer", "c", vips={"192.0.2.3:80": ""}),
        insert("Load_Balancer", "d"),
        insert("Logical_Switch", name="holder", load_balancer=[Ref(name) for name in "abcd"]),
    )


def odd(nb):
    """What no task could write, but stands."""
    nb.transact(
        insert("Logical_Switch_Port", "p", name="p", type="strange", addresses=["no address", "router"]),
        insert("Logical_Switch", name="s", ports=[Ref("p")]),
        insert("Load_Balancer", name="x", vips={"rubbish": "more", "[fd00::1]:80": "", "[fd00:0::1]:80": ""}),
        insert("Logical_Router_Static_Route", "r1", ip_prefix="10.0.0.0/8", nexthop="192.0.2.1"),
        insert("Logical_Router_Static_Route", "r2", ip_prefix="10.0.0.0/8", nexthop="192.0.2.1"),
        insert("Logical_Router_Static_Route", "r3", ip_prefix="10.1.2.3/8", nexthop="192.0.2.2"),
        insert("Logical_Router_Static_Route", "r4", ip_prefix="nonsense", nexthop="192.0.2.2"),
        insert("NAT", "n1", type="snat", external_ip="192.0.2.1", logical_ip="10.0.0.0/8"),
        insert("NAT", "n2", type="snat", external_ip="192.0.2.2", logical_ip="10.0.0.0/8"),
        insert("Logical_Router", name="r", static_routes=[Ref("r%d" % n) for n in (1, 2, 3, 4)],
               nat=[Ref("n1"), Ref("n2")]),
    )  # fmt: skip


def shared(nb):
    """Rows that live in two parents."""
    nb.transact(
        insert("NAT", "n", type="snat", external_ip="192.0.2.1", logical_ip="10.0.0.0/8"),
        insert("Logical_Router_Static_Route", "r", ip_prefix="10.0.0.0/8", nexthop="192.0.2.1"),
        insert("Logical_Router", name="r1", nat=[Ref("n")], static_routes=[Ref("r")]),
        insert("Logical_Router", name="r2", nat=[Ref("n")], static_routes=[Ref("r")]),
    )


def as_neutron(nb):
    net = "neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11"
    nb.transact(
        insert("DHCP_Options", "d", cidr="10.0.0.0/24", options={"router": "10.0.0.1"},
               external_ids={"subnet_id": "c5d3", "neutron:revision_number": "0"}),
        insert("HA_Chassis", "h", chassis_name="gw1", priority=32767),
        insert("HA_Chassis_Group", "g", name=net, ha_chassis=[Ref("h")], external_ids={"neutron:availability_zone_hints": ""}),
        insert("Logical_Switch_Port", "p1", name="0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a",
               addresses=["fa:16:3e:aa:bb:cc 10.0.0.5"], port_security=["fa:16:3e:aa:bb:cc 10.0.0.5"],
               dhcpv4_options=Ref("d"), enabled=True, options={"requested-chassis": "compute-1", "mcast_flood_reports": "true"},
               external_ids={"neutron:cidrs": "10.0.0.5/24", "neutron:device_id": "", "neutron:revision_number": "4",
                             "neutron:security_group_ids": "a b", "neutron:port_name": ""}),
        insert("Logical_Switch_Port", "p2", name="provnet-1", type="localnet", addresses=["unknown"], tag_request=100,
               options={"network_name": "physnet1", "localnet_learn_fdb": "false"}),
        insert("Logical_Switch_Port", "p3", name="baremetal", type="external", addresses=["fa:16:3e:00:00:01 10.0.0.9"],
               ha_chassis_group=Ref("g")),
        insert("Load_Balancer", "lb", name="3f6b9e60-0a4e-4d0b-a9f8-3f5f5f1d2c3b", protocol="tcp", vips={"10.0.0.7:80": "10.0.0.5:80"},
               external_ids={"enabled": "True", "lr_ref": "neutron-r", "ls_refs": '{"%s": 1}' % net}),
        insert("Logical_Switch", load_balancer=[Ref("lb")], name=net, ports=[Ref("p1"), Ref("p2"), Ref("p3")],
               other_config={"mcast_snoop": "false", "vlan-passthru": "false"},
               external_ids={"neutron:network_name": "private", "neutron:mtu": "1442", "neutron:revision_number": "2"}),
        insert("Logical_Router_Port", "rp", name="lrp-0d1f", mac="fa:16:3e:11:22:33", networks=["10.0.0.1/24"],
               ha_chassis_group=Ref("g"), options={"gateway_mtu": "1500"}, external_ids={"neutron:is_ext_gw": "False"}),
        insert("NAT", "n", type="dnat_and_snat", external_ip="172.24.4.9", logical_ip="10.0.0.5",
               external_mac="fa:16:3e:44:55:66", logical_port="0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a",
               external_ids={"neutron:fip_id": "x"}),
        insert("Logical_Router", name="neutron-r", ports=[Ref("rp")], nat=[Ref("n")], enabled=True,
               options={"always_learn_from_arp_request": "false", "dynamic_neigh_routers": "true"}),
    )  # fmt: skip


def as_ovn_kubernetes(nb):
    nb.transact(
        insert("Load_Balancer", "a", name="Service_default/kubernetes_TCP_cluster", protocol="tcp",
               vips={"10.96.0.1:443": "172.18.0.2:6443", "[fd00:10:96::1]:443": "[fc00:f853::2]:6443"},
               options={"event": "false", "hairpin_snat_ip": "169.254.0.5 fd69::5", "reject": "true", "skip_snat": "false"},
               external_ids={"k8s.ovn.org/kind": "Service", "k8s.ovn.org/owner": "default/kubernetes"}),
        insert("Load_Balancer", "b", name="Service_default/kubernetes_TCP_node_switch", protocol="tcp",
               vips={"10.96.0.1:443": ""}, options={"reject": "true"}),
        insert("Load_Balancer_Group", "g", name="clusterLBGroup", load_balancer=[Ref("a"), Ref("b")]),
        insert("Logical_Switch_Port", "p", name="default_pod", addresses=["0a:58:0a:f4:00:05 10.244.0.5"],
               options={"iface-id-ver": "x", "requested-chassis": "node"}, external_ids={"namespace": "default", "pod": "true"}),
        insert("Logical_Switch_Port", "s", name="stor-node", type="router", addresses=["router"], options={"router-port": "rtos-node"}),
        insert("Logical_Switch", name="node", ports=[Ref("p"), Ref("s")], load_balancer_group=[Ref("g")],
               other_config={"subnet": "10.244.0.0/24", "exclude_ips": "10.244.0.2"}),
        insert("Logical_Router_Static_Route", "r", ip_prefix="10.244.0.0/24", nexthop="10.244.0.2", policy="src-ip", external_ids={"a": "b"}),
        insert("Logical_Router_Port", "rp", name="rtos-node", mac="0a:58:0a:f4:00:01", networks=["10.244.0.1/24"]),
        insert("Logical_Router", name="ovn_cluster_router", ports=[Ref("rp")], static_routes=[Ref("r")], load_balancer_group=[Ref("g")],
               options={"mcast_relay": "true"}, external_ids={"k8s-cluster-router": "yes"}),
    )  # fmt: skip


NETWORKS = [by_nbctl, duplicates, odd, shared, as_neutron, as_ovn_kubernetes]
#: Those of which the document tells all
WHOLE = [by_nbctl, duplicates, shared]


@pytest.fixture(params=NETWORKS, ids=lambda build: build.__name__)
def network(request, nb):
    request.param(nb)
    return nb


def test_what_is_gathered_changes_nothing(network):
    document = gathered(network)
    for state in ("merged", "replaced"):
        unchanged(network, document, state=state)
        unchanged(network, document, state=state, strict=True)
    assert gathered(network) == document
    # nor does an owner who adopts nothing
    unchanged(network, document, owner="a")


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_what_is_gathered_beside_northd_changes_nothing(build):
    with ovn() as (server, _sb):
        nb = Raw(server)
        build(nb)
        server.ctl("--wait=sb", "sync")
        for state in ("merged", "replaced"):
            did = run(nb, gathered(nb), state=state)
            assert did["operations"] == []


def test_what_a_document_has_no_place_for_is_told(nb):
    """Settings that other modules declare; and of a release that nobody here has heard of, its tables and columns."""
    schema = json.loads(newest("OVN_Northbound").read_text())
    tables = schema["tables"]
    tables["Weather"] = {"columns": {"mood": {"type": "string"}}, "isRoot": True}
    tables["Logical_Switch"]["columns"].update(colour={"type": "string"}, size={"type": "integer"})
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(json.dumps(schema))
        file.flush()
        with standalone("OVN_Northbound", schema=file.name) as server:
            newer = Raw(server)
            newer.transact(insert("Logical_Switch", name="s"), insert("Logical_Switch", name="t", colour="red"))
            newer.transact(insert("Weather", mood="fair"), insert("Weather", mood="foul"))
            did = run(newer, state="gathered")
            assert did["warnings"] == [
                "the document leaves out Logical_Switch:colour: this collection does not know it",
                "the document leaves out the rows of Weather (2): this collection does not know it",
            ]
            unchanged(newer, did["topology"])
    assert run(nb, state="gathered")["warnings"] == []
    nb.server.ctl("set", "NB_Global", ".", "options:mac_prefix=0a:00:00")  # northd's
    nb.server.ctl("set-connection", "ptcp:6641:127.0.0.1")
    assert run(nb, state="gathered")["warnings"] == []
    nb.server.ctl("set", "NB_Global", ".", "options:use_logical_dp_groups=true", "external_ids:k=v")
    nb.server.ctl("set-ssl", "/k", "/c", "/ca")
    assert run(nb, state="gathered")["warnings"] == [
        "the document leaves out NB_Global:external_ids (k): ovn_nb_global declares it",
        "the document leaves out NB_Global:options (use_logical_dp_groups): ovn_nb_global declares it",
        "the document leaves out the rows of SSL (1): ovn_ssl declares it",
    ]


def in_our_spelling(text):
    text = re.sub(r"(?i)\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", lambda mac: mac.group().lower(), text)
    return text.replace("FD00:0:0::", "fd00::").replace("fd00:0:0::", "fd00::")


@pytest.mark.parametrize("build", WHOLE, ids=lambda build: build.__name__)
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_it_comes_back_in_an_empty_database(nb, other, build, state):
    build(nb)
    more = {"owner": "a"} if state == "overridden" else {}
    with Wire(other.server) as wire:
        did = run(wire.remote, gathered(nb), state=state, **more)
    assert did["changed"]
    assert wire.writes == 1
    # ... spelled as we spell it
    assert str(rows(other, ignore=OWNER)) == in_our_spelling(str(rows(nb)))
    unchanged(other, gathered(nb), state=state, **more)
    unchanged(other, gathered(other, **more), state=state, **more)


def test_uuids_are_kept(nb, other):
    duplicates(nb)
    run(other, gathered(nb))
    assert {r["_uuid"] for r in other.rows("Load_Balancer")} == {r["_uuid"] for r in nb.rows("Load_Balancer")}


def test_what_was_deleted_comes_back_under_its_uuid(nb):
    duplicates(nb)
    document = gathered(nb)
    before = rows(nb)
    uuid = next(row["_uuid"] for row in nb.rows("Load_Balancer") if row["protocol"] == "udp")
    nb.server.ctl("lb-del", uuid)
    run(nb, document)
    assert rows(nb) == before
    assert nb.one("Load_Balancer", ["_uuid", "==", ["uuid", uuid]])["protocol"] == "udp"


def leaves(value, path=()):
    """Every value in a document that can be edited."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path


def test_one_edit_is_one_change(nb):
    by_nbctl(nb)
    document = gathered(nb)
    edits = 0
    for path in leaves(document):
        *way, last = path
        edited = copy.deepcopy(document)
        here = edited
        for step in way:
            here = here[step]
        if len(way) < 3 or way[-1] not in ("options", "external_ids", "other_config"):
            continue
        here[last] = "99" if last != "router-port" else "vm1"
        did = run(nb, edited, check=True)
        assert len(did["operations"]) == 1, did["operations"]
        assert len(did["diff"]["after"]) == 1
        ((_label, after),) = did["diff"]["after"].items()
        assert after == {way[-1]: {last: here[last]}}
        edits += 1
    for entry, name, value in [("vm1", "addresses", ["unknown"]), ("vm2", "enabled", False), ("ln", "tag_request", 7)]:
        edited = copy.deepcopy(document)
        (port,) = [p for s in edited["switches"] for p in s.get("ports", ()) if p["name"] == entry]
        port[name] = value
        did = run(nb, edited, check=True)
        assert [op["op"] for op in did["operations"]] == ["update"]
        assert list(did["diff"]["after"].values()) == [{name: value}]
        edits += 1
    assert edits > 6


def test_only_an_owners(nb):
    run(nb, {"switches": [{"name": "theirs"}]}, owner="b")
    mine = {
        "switches": [{"name": "mine", "ports": [{"name": "p"}]}],
        "load_balancers": [{"name": "lb", "switches": ["mine", "theirs"]}],
    }
    run(nb, mine, owner="a")
    document = gathered(nb, owner="a")
    assert document == {
        "switches": [{"name": "mine", "ports": [{"name": "p"}], "load_balancer": ["lb"]}],
        "load_balancers": [{"name": "lb", "switches": ["theirs"]}],
    }
    for state in ("merged", "replaced", "overridden"):
        unchanged(nb, document, state=state, owner="a")
    assert gathered(nb, owner="nobody") == {}


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_adopting_a_network_tags_its_rows_and_changes_nothing_else(nb, build):
    build(nb)
    before, document = rows(nb), gathered(nb)
    did = run(nb, document, owner="a", adopt=True)
    assert {op["op"] for op in did["operations"]} == {"mutate"}
    assert rows(nb, ignore=OWNER) == before
    assert gathered(nb) == document
    unchanged(nb, document, owner="a", state="overridden")
    mine = {
        table
        for table, found in nb.dump().items()
        for row in found.values()
        if row.get("external_ids", {}).get("virtnet-owner") == "a"
    }
    assert mine >= {table for table in before if table.startswith(("Logical_", "Load_Balancer", "NAT"))} - {
        "Load_Balancer_Group"
    }
