# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.vm_options import ARGUMENTS, ENTRY, parse

BASE = {option: spec.get("default") for option, spec in ARGUMENTS.items()}


def route(dst, via=None, dev=None, metric=None):
    return {"dst": dst, "via": via, "dev": dev, "metric": metric}


def one(**given):
    [want], problems = parse({**BASE, "name": "vm1", **given})
    return want, problems


def test_canonical():
    want, problems = one(
        mac="02:AC:10:FF:00:11",
        addresses=["FD00:0::1/64", "10.0.0.1/24", "fd00::1/64"],
        routes=[
            route("default", "10.0.0.254"),
            route("default", "FD00::FF"),
            route("10.9.1.1/16", metric=7),
            route("default", dev="lo", metric=9),
        ],
        neighbours=[{"ip": "FD00::FF", "lladdr": "02:00:00:00:00:0A", "state": "permanent"}],
    )
    assert problems == []
    assert want["port"] == "vm1"
    assert want["mac"] == "02:ac:10:ff:00:11"
    assert want["addresses"] == ["10.0.0.1/24", "fd00::1/64"]
    assert want["routes"] == [
        {"dst": "0.0.0.0/0", "via": "10.0.0.254", "dev": "vm1", "metric": 0},
        {"dst": "::/0", "via": "fd00::ff", "dev": "vm1", "metric": 1024},
        {"dst": "10.9.0.0/16", "via": None, "dev": "vm1", "metric": 7},
        {"dst": "0.0.0.0/0", "via": None, "dev": "lo", "metric": 9},
    ]
    assert want["neighbours"] == [{"ip": "fd00::ff", "lladdr": "02:00:00:00:00:0a", "state": "permanent"}]


BAD = {
    "name": [{"name": ""}, {"name": "../x"}, {"name": ".."}, {"name": "a-name-longer-than-a-device-may-have"}],
    "port": [{"port": "sixteencharacter"}, {"port": "a b"}, {"port": "lo"}],
    "mac": [{"mac": "02:ac:10:ff:00"}, {"mac": "03:ac:10:ff:00:11"}, {"mac": "00:00:00:00:00:00"}],
    "addresses[1]": [
        {"addresses": ["10.0.0.1/24", bad]} for bad in ("10.0.0.2", "10.0.0.2/33", "x/24", "224.0.0.1/24", "0.0.0.0/0")
    ],
    "routes[0].dst": [{"routes": [route("nowhere")]}, {"routes": [route("10.0.0.0/40")]}],
    "routes[0].via": [{"routes": [route("default", "10.0.0")]}, {"routes": [route("10.0.0.0/8", "fd00::1")]}],
    "routes[0].dev": [{"routes": [route("default", dev="eth0")]}],
    "routes[0].metric": [{"routes": [route("default", metric=-1)]}],
    "routes[1]": [{"routes": [route("default", "10.0.0.1"), route("0.0.0.0/0", "10.0.0.2")]}],
    "neighbours[0].ip": [{"neighbours": [{"ip": "x", "lladdr": "02:00:00:00:00:01", "state": "permanent"}]}],
    "neighbours[0].lladdr": [{"neighbours": [{"ip": "10.0.0.1", "lladdr": "x", "state": "permanent"}]}],
    "neighbours[1].ip": [{"neighbours": [{"ip": "10.0.0.1", "lladdr": "02:00:00:00:00:01", "state": "permanent"}] * 2}],
    "mtu": [{"mtu": 67}, {"mtu": 65536}],
    "wait_timeout": [{"wait_timeout": -1.0}],
}


@pytest.mark.parametrize(("option", "given"), [(option, given) for option, cases in BAD.items() for given in cases])
def test_bad_input_names_the_option(option, given):
    problems = one(**given)[1]
    assert [path for path, message in problems] == [option]


def test_all_problems_at_once():
    problems = one(mac="x", mtu=1, addresses=["y"])[1]
    assert sorted(path for path, message in problems) == ["addresses[0]", "mac", "mtu"]


def entry(**given):
    return {**dict.fromkeys(ENTRY), **given}


def test_objects_inherit_the_tasks_options():
    wants, problems = parse(
        {
            **BASE,
            "mtu": 1400,
            "bridge": "br-x",
            "objects": [entry(name="a"), entry(name="b", mtu=1300, state="absent", type="veth")],
        }
    )
    assert problems == []
    assert [(w["name"], w["mtu"], w["bridge"], w["state"], w["type"]) for w in wants] == [
        ("a", 1400, "br-x", "present", "internal"),
        ("b", 1300, "br-x", "absent", "veth"),
    ]


@pytest.mark.parametrize("option", ["name", "port", "mac", "iface_id"])
def test_two_vms_share_nothing(option):
    shared = {"port": "p", "mac": "02:00:00:00:00:01", "iface_id": "lp", "name": "a"}[option]
    wants, problems = parse(
        {**BASE, "objects": [entry(**{"name": "a", option: shared}), entry(**{"name": "b", option: shared})]}
    )
    assert (f"objects[1].{option}", f"{shared} is already that of objects[0]") in problems


def test_a_bad_entry_is_named_by_its_place():
    problems = parse({**BASE, "objects": [entry(name="a"), entry(name="b", mac="x")]})[1]
    assert [path for path, message in problems] == ["objects[1].mac"]
