# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._netns import plan

WANT = {
    "name": "vm1", "state": "present", "bridge": "br-int", "port": "vm1", "type": "internal", "mac": None, "addresses": None,
    "routes": None, "neighbours": None, "mtu": None, "offloads": None, "iface_id": None, "adopt": False,
}  # fmt: skip
DEFAULT = {"dst": "0.0.0.0/0", "via": "10.0.0.254", "dev": "vm1", "metric": 0}
NOW = {
    "name": "vm1", "state": "present", "bridge": "br-int", "port": "vm1", "type": "internal", "iface_id": "ls1-vm1",
    "mac": "02:00:00:00:00:01", "mtu": 1500, "mtu_request": None, "addresses": ["10.0.0.1/24", "fd00::1/64"],
    "routes": [DEFAULT], "neighbours": [{"ip": "10.0.0.254", "lladdr": "02:00:00:00:00:09", "state": "permanent"}], "offloads": {},
}  # fmt: skip
ABSENT = {"name": "vm1", "state": "absent"}

# field: (given, what it is then); omitted and null are the same in a module's arguments
GIVEN = {
    "mac": ("02:00:00:00:00:02", "02:00:00:00:00:02"),
    "addresses": (["10.0.0.2/24"], ["10.0.0.2/24"]),
    "routes": ([{**DEFAULT, "via": "10.0.0.253"}], [{**DEFAULT, "via": "10.0.0.253"}]),
    "neighbours": ([], []),
    "mtu": (1400, 1400),
    "iface_id": ("other", "other"),
}


@pytest.mark.parametrize("field", GIVEN)
def test_a_value_is_exactly_as_given(field):
    given, then = GIVEN[field]
    assert plan.after({**WANT, field: given}, NOW)[field] == then


def test_what_is_omitted_is_untouched():
    assert plan.after(WANT, NOW) == NOW
    assert plan.changes(NOW, plan.after(WANT, NOW)) == []


@pytest.mark.parametrize("field", ["addresses", "routes", "neighbours"])
def test_empty_empties(field):
    assert plan.after({**WANT, field: []}, NOW)[field] == []


def test_the_empty_logical_port_is_none():
    assert plan.after({**WANT, "iface_id": ""}, NOW)["iface_id"] is None


def test_a_new_vm():
    then = plan.after({**WANT, "mtu": 1400}, ABSENT)
    assert (then["state"], then["mtu"], then["mtu_request"], then["addresses"], then["mac"]) == (
        "present",
        1400,
        1400,
        [],
        None,
    )


def test_absent():
    assert plan.after({**WANT, "state": "absent"}, NOW) == ABSENT


def test_order_is_no_difference():
    want = {**WANT, "addresses": list(reversed(NOW["addresses"]))}
    assert plan.changes(NOW, plan.after(want, NOW)) == []


@pytest.mark.parametrize(
    ("kind", "netdev", "given", "offloads"),
    [
        ("veth", True, None, {"tx": False}),
        ("veth", True, {"tx": True, "gro": False}, {"tx": True, "gro": False}),
        ("veth", False, None, {}),
        ("internal", True, None, {}),
        ("internal", True, {"gro": True}, {"gro": True}),
    ],
)
def test_checksum_offload_of_veths_in_user_space(kind, netdev, given, offloads):
    assert plan.after({**WANT, "type": kind, "offloads": given}, ABSENT, netdev)["offloads"] == offloads


@pytest.mark.parametrize(
    ("before", "addresses", "stays"),
    [
        (["10.0.0.1/24"], ["10.0.0.2/24"], True),  # dropped by the kernel, and put back
        (["10.0.0.1/24"], ["10.1.0.1/24"], False),
        (["10.0.0.1/24", "10.1.0.1/24"], ["10.1.0.1/24"], True),  # the kernel keeps it while an address stays
        ([], ["10.1.0.1/24"], True),
    ],
)
def test_routes_that_survive_a_change_of_addresses(before, addresses, stays):
    assert plan.surviving([DEFAULT], before, addresses) == ([DEFAULT] if stays else [])


@pytest.mark.parametrize(
    ("via", "routes", "yes"),
    [
        (None, [], True),
        ("10.0.0.254", [], True),
        ("10.0.1.254", [], False),
        ("fe80::1", [], True),
        ("fd00::ff", [], True),
        ("fd01::ff", [], False),
        ("169.254.1.1", [{"dst": "169.254.1.1/32", "via": None}], True),
        ("169.254.1.1", [{"dst": "0.0.0.0/0", "via": None}], False),
        ("multipath", [], True),
    ],
)
def test_reachable(via, routes, yes):
    assert plan.reachable({"dst": "x", "via": via}, NOW["addresses"], routes) is yes


def test_problems_are_of_what_is_given_only():
    lost = {**DEFAULT, "via": "10.9.9.9"}
    assert list(plan.problems(WANT, {**NOW, "routes": [lost]})) == []
    assert list(plan.problems({**WANT, "routes": [lost]}, NOW)) == [
        ("routes", "the gateway 10.9.9.9 of 0.0.0.0/0 is on none of the VM's networks (10.0.0.1/24, fd00::1/64)")
    ]


def test_ipv6_needs_an_mtu():
    assert list(plan.problems(WANT, {**NOW, "mtu": 1279})) == [
        ("mtu", "IPv6 needs at least 1280, and the VM has IPv6 addresses")
    ]
    assert list(plan.problems(WANT, {**NOW, "mtu": 1279, "addresses": ["10.0.0.1/24"]})) == []


def test_difference():
    def key(item):
        return item["k"]

    have = [{"k": 1, "v": 1}, {"k": 2, "v": 1}, {"k": 3, "v": 1}]
    want = [{"k": 1, "v": 1}, {"k": 2, "v": 2}, {"k": 4, "v": 1}]
    assert plan.difference(have, want, key) == ([{"k": 3, "v": 1}], [{"k": 2, "v": 2}, {"k": 4, "v": 1}])


def test_link_local_addresses_are_the_kernels_unless_asked_for():
    have = ["fe80::1/64", "fd00::1/64"]
    assert plan.visible(have, None) == ["fd00::1/64"]
    assert plan.visible(have, ["fe80::1/64"]) == have
