# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab is to be: what is refused, what ip is told, and what is done with what is found."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._lab import spec
from ansible_collections.virtnet.ovn.plugins.module_utils._lab.errors import LabError


def host(name="a", **interface):
    return {"name": name, "interfaces": [{"name": "eth0", "network": "wire", **interface}]}


WIRE = [{"name": "wire", "mtu": 1500}]


@pytest.mark.parametrize(
    ("lab", "networks", "hosts", "said"),
    [
        ("Lab", WIRE, [], "name: 'Lab'"),
        ("lab", WIRE + WIRE, [], "networks: 'wire' is given twice"),
        ("lab", [{"name": "a-very-long-name"}], [], "networks: 'a-very-long-name' cannot be the name of a bridge"),
        ("lab", WIRE, [host("A")], "hosts: 'A'"),
        ("lab", WIRE, [host("fabric")], "hosts: 'fabric'"),
        ("lab", WIRE, [host("a"), host("a")], "hosts: 'a' is given twice"),
        ("lab", WIRE, [host("x" * 64)], "at most 63"),
        (
            "lab",
            WIRE,
            [host(name="a", network="nowhere")],
            "hosts.a.interfaces.eth0.network: there is no network 'nowhere'",
        ),
        ("lab", WIRE, [host(mac="01:00:00:00:00:01")], "hosts.a.interfaces.eth0.mac"),
        ("lab", WIRE, [host(addresses=["192.0.2.1"])], "'192.0.2.1' is not an address with its prefix length"),
        ("lab", WIRE, [host(addresses=["192.0.2.300/24"])], "'192.0.2.300/24' is not an address"),
        (
            "lab",
            WIRE,
            [host("a", addresses=["192.0.2.1/24"]), host("b", addresses=["192.0.2.1/16"])],
            "hosts.b.interfaces.eth0.addresses: 192.0.2.1 is given to hosts.a.interfaces.eth0 too",
        ),
        ("lab", WIRE, [host(routes=[{"to": "192.0.2.1/24", "via": "192.0.2.1"}])], "has host bits set"),
        ("lab", WIRE, [host(routes=[{"to": "192.0.2.0/24", "via": "2001:db8::1"}])], "different families"),
        ("lab", WIRE, [{"name": "a", "interfaces": [{"name": "lo", "network": "wire"}]}], "'lo' cannot be the name"),
    ],
)
def test_what_is_wrong_is_named(lab, networks, hosts, said):
    with pytest.raises(LabError) as error:
        spec.check(lab, networks, hosts)
    assert said in str(error.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(LabError) as error:
        spec.check("L", WIRE, [host("B", network="x", mac="zz")])
    assert len(error.value.details["problems"]) == 4


def test_a_right_description_passes():
    routes = [{"to": "default", "via": "192.0.2.254"}, {"to": "2001:db8:1::/64", "via": "2001:db8::1"}]
    spec.check("lab", WIRE, [host(addresses=["192.0.2.1/24", "2001:db8::2/64"], routes=routes), {"name": "b"}])


def test_names_of_ports_fit_and_differ():
    assert spec.port_name("node1", "eth0") == "node1.eth0"
    long = [spec.port_name("a-host-of-a-long-name-%d" % n, "eth%d" % i) for n in range(50) for i in range(4)]
    assert len(set(long)) == len(long)
    assert max(map(len, long)) <= 15


def test_a_mac_stays_and_is_ones_own():
    macs = {
        spec.default_mac(lab, name, interface)
        for lab in ("lab", "other") for name in ("a", "b") for interface in ("eth0", "eth1")
    }  # fmt: skip
    assert len(macs) == 8
    assert all(int(mac[:2], 16) & 3 == 2 for mac in macs), "locally administered, unicast"
    assert spec.default_mac("lab", "a", "eth0") == spec.default_mac("lab", "a", "eth0")


def test_what_ip_is_told():
    given = host(
        mac="02:00:00:00:00:0A",
        addresses=["192.0.2.1/24", "2001:db8::1/64"],
        routes=[{"to": "default", "via": "192.0.2.9"}],
    )
    normal = spec.normalized("lab", given, [{"name": "wire", "mtu": 9000}])
    assert spec.plug_commands("a", normal, "/run/x/netns/a") == [
        "link add name a.eth0 mtu 9000 type veth peer name eth0 mtu 9000 address 02:00:00:00:00:0a netns /run/x/netns/a",
        "link set dev a.eth0 master wire up",
    ]
    assert spec.address_commands(normal) == [
        "link set dev lo up",
        "link set dev eth0 up",
        "address add 192.0.2.1/24 dev eth0",
        "address add 2001:db8::1/64 dev eth0 nodad",
        "route add default via 192.0.2.9 dev eth0",
    ]
    assert "192.0.2.1\ta" in spec.hosts_file({"a": normal})


RECORD = {"image": "i", "host": {"interfaces": []}, "state": "booted"}
SEEN = {"alive": True, "plugged": True, "record": RECORD}


@pytest.mark.parametrize(
    ("seen", "action"),
    [
        (None, "created"),
        (SEEN, "kept"),
        ({**SEEN, "alive": False}, "started"),
        ({**SEEN, "record": {**RECORD, "state": "restarting"}}, "started"),
        ({**SEEN, "plugged": False}, "restarted"),
        ({**SEEN, "record": {**RECORD, "host": {"interfaces": [1]}}}, "restarted"),
        ({**SEEN, "record": {**RECORD, "image": "j"}}, "recreated"),
        ({**SEEN, "record": {**RECORD, "state": "new"}}, "recreated"),
        ({**SEEN, "record": None}, "recreated"),
    ],
)
def test_what_is_done_follows_from_what_is_seen(seen, action):
    observed = {} if seen is None else {"a": seen}
    assert spec.plan({"a": {"interfaces": []}}, "i", observed) == {"a": action}


def test_another_image_takes_the_old_disk_only_where_that_is_asked_for():
    other = {"a": {**SEEN, "record": {**RECORD, "image": "j"}}}
    assert spec.plan({"a": {"interfaces": []}}, "i", other, keep_disks=True) == {"a": "upgraded"}
    never_booted = {"a": {**SEEN, "record": {**RECORD, "image": "j", "state": "new"}}}
    assert spec.plan({"a": {"interfaces": []}}, "i", never_booted, keep_disks=True) == {"a": "recreated"}


def test_hosts_beyond_the_limit_are_not_touched():
    other = {**SEEN, "record": {**RECORD, "image": "j"}}
    desired = {"a": {"interfaces": []}, "b": {"interfaces": []}}
    actions = spec.plan(desired, "i", {"a": other, "b": other, "c": SEEN}, limit=["a"])
    assert actions == {"a": "recreated", "b": "kept", "c": "kept"}
    with pytest.raises(LabError, match="limit: 'c' is none of the hosts"):
        spec.check("lab", [], [{"name": "a"}], ["c"])


def test_a_host_that_is_not_declared_is_removed():
    assert spec.plan({}, "i", {"a": SEEN}) == {"a": "removed"}


def test_networks_follow_the_description():
    links = [
        {"ifname": "old", "mtu": 1500, "linkinfo": {"info_kind": "bridge"}},
        {"ifname": "wire", "mtu": 1500, "linkinfo": {"info_kind": "bridge"}},
        {"ifname": "same", "mtu": 1500, "linkinfo": {"info_kind": "bridge"}},
        {"ifname": "a.eth0", "mtu": 1500, "linkinfo": {"info_kind": "veth"}},
        {"ifname": "lo", "mtu": 65536},
    ]
    wanted = [{"name": "wire", "mtu": 9000}, {"name": "same", "mtu": 1500}, {"name": "new", "mtu": 1400}]
    actions = spec.plan_networks(wanted, links)
    assert actions == {"old": "removed", "wire": "updated", "same": "kept", "new": "created"}
    assert spec.network_commands(wanted, actions) == [
        "link delete dev old",
        "link set dev wire mtu 9000",
        "link add name new mtu 1400 type bridge stp_state 0 mcast_snooping 0",
        "link set dev new up",
    ]
