# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of real faults, from facts that were recorded in the lab.

``diagnosis/RELEASE/FAULT.json`` is what the role ovn_diagnose collected of a fault of tests/diagnosis/faults.py, or of a way that is well:

OVN_RECORD_FACTS=tests/unit/insight/diagnosis/23.03 python -m pytest tests/diagnosis
"""

from __future__ import annotations

import contextlib
import copy
import json
import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.filter.diagnosis import FilterModule
from ansible_collections.virtnet.ovn.plugins.module_utils._insight.diagnose import diagnose
from ansible_collections.virtnet.ovn.plugins.module_utils._insight.routing import machine_route, router_route
from tests.diagnosis.faults import FAULTS, HEALTHY

ROOT = pathlib.Path(__file__).resolve().parents[3]
RECORDED = sorted((pathlib.Path(__file__).parent / "diagnosis").rglob("*.json"))
CAUSES = {fault.name: fault.cause for fault in FAULTS} | {"well_" + name: None for name in HEALTHY}
#: What comes through on some releases all the same: then nothing is to be said
MAY_WORK = {fault.name for fault in FAULTS if fault.may_work}
RELEASES = sorted({path.parent.name for path in RECORDED})
FILTERS = FilterModule().filters()


def facts(name, release=None):
    return json.loads((RECORDED[0].parent.parent / (release or RELEASES[0]) / f"{name}.json").read_text())


@pytest.fixture(scope="module", params=RECORDED, ids=lambda path: "%s-%s" % (path.parent.name, path.stem))
def recorded(request):
    name, seen = request.param.stem, json.loads(request.param.read_text())
    return name, seen


def test_the_cause(recorded):
    name, seen = recorded
    found = diagnose(seen)
    cause = None if name in MAY_WORK and found["reached"] else CAUSES[name]
    assert found["cause"] == cause, found["story"]
    results = [check["result"] for check in found["checks"]]
    if cause in (None, "unknown"):
        assert "failed" not in results
    else:
        at = results.index("failed")
        assert set(results[at + 1 :]) <= {"skipped"}
        assert "skipped" not in results[:at]
        assert found["evidence"]
        assert found["sentence"].endswith(".")


# What else is true of a fault, and seen once nobody can say the rest
SAME = {
    "iface_id_wrong": ("port_not_bound",),
    "requested_chassis_wrong": ("port_not_bound",),
    "controller_stopped": ("port_not_bound",),
}


def test_the_cause_is_the_same_or_unknown_where_less_is_known(recorded):
    """A host that was not asked, packets that were not sent, a trace that was not made: never another cause."""
    name, seen = recorded
    cause = CAUSES[name]
    for missing in [*seen["hosts"], None]:
        less = copy.deepcopy(seen)
        for name in list(less["hosts"]) if missing is None else [missing]:
            del less["hosts"][name]
        assert diagnose(less)["cause"] in (cause, None, "unknown", *SAME.get(cause, ()))
    for unknown in ("probe", "trace", "tunnels"):
        assert diagnose({**seen, unknown: None})["cause"] in (cause, None, "unknown")


def test_the_repair_is_a_task(recorded):
    _name, seen = recorded
    repair = diagnose(seen)["repair"]
    if not repair.startswith("-"):
        assert repair == "" or repair.startswith("# ")
        return
    for task in yaml.safe_load(repair):
        [used] = [name for name in task if "." in name]
        assert task["name"]
        if used.startswith("virtnet.ovn."):
            known = (ROOT / "plugins/modules" / f"{used.rpartition('.')[2]}.py").read_text()
            for option in task[used]:
                assert (
                    f"  {option}:" in known or f'"{option}"' in known or option in ("wait", "state", "uuid", "name")
                ), (used, option)
        else:
            assert used in ("ansible.builtin.systemd_service", "ansible.builtin.command")


def test_every_fault_was_recorded():
    for release in RELEASES:
        assert {path.stem for path in RECORDED if path.parent.name == release} == set(CAUSES)


def test_packets_come_before_traces():
    well = diagnose(facts("well_through_the_tunnel"))
    assert (well["reached"], well["open"]) == (True, {"tunnels": [], "trace": False})
    silent = facts("well_through_the_tunnel")
    silent["probe"]["pings"] = [{**ping, "answered": False} for ping in silent["probe"]["pings"][:1]]
    found = diagnose(silent)
    assert (found["cause"], found["reached"]) == ("unknown", False)
    assert found["open"]["trace"] is True
    assert [end["host"] for end in found["open"]["tunnels"]] == ["node3", "node2"] * 2
    unsent = diagnose({**facts("well_through_the_tunnel"), "probe": None})
    assert (unsent["cause"], unsent["reached"], unsent["open"]["trace"]) == (None, None, True)


def test_long_packets_that_are_lost():
    seen = facts("well_through_the_tunnel")
    seen["probe"]["pings"][1]["answered"] = False
    assert diagnose(seen)["cause"] == "mtu"


def test_no_port_of_the_name():
    seen = facts("wrong_iface_id")
    found = diagnose(seen)
    assert "02:ac:10:ff:00:33" in " ".join(found["evidence"])
    [task] = yaml.safe_load(found["repair"])
    assert task["virtnet.ovn.ovs_port"]["interfaces"][0]["external_ids"] == {"iface-id": "ls2-vm3"}
    assert task["delegate_to"] == "node2"
    seen["network"]["source"]["candidates"] = []
    assert diagnose(seen)["repair"].startswith("# ")


MACHINE = {
    "routes": [
        {"dst": "default", "via": "192.0.2.1", "dev": "eth0", "type": "unicast"},
        {"dst": "192.0.2.0/24", "via": None, "dev": "eth0", "type": "unicast"},
        {"dst": "198.51.100.0/24", "via": None, "dev": "eth0", "type": "blackhole"},
        {"dst": "default", "via": "2001:db8::1", "dev": "eth0", "type": "unicast"},
    ]
}


@pytest.mark.parametrize(
    ("address", "via"),
    [("192.0.2.9", None), ("203.0.113.9", "192.0.2.1"), ("198.51.100.1", "nothing"), ("2001:db8:1::2", "2001:db8::1")],
)
def test_the_route_of_a_machine(address, via):
    route = machine_route(MACHINE, address)
    assert (route["via"] if route else "nothing") == via


def router(*routes):
    return {
        "ports": [{"name": "p", "networks": ["192.0.2.1/24", "fe80::1/64"]}],
        "static_routes": [
            {"ip_prefix": prefix, "nexthop": nexthop, "output_port": None, "policy": policy, "route_table": ""}
            for prefix, nexthop, policy in routes
        ],
    }


@pytest.mark.parametrize(
    ("routes", "address", "nexthop"),
    [
        ([], "192.0.2.7", None),
        ([], "203.0.113.1", "nothing"),
        ([("0.0.0.0/0", "192.0.2.9", None)], "203.0.113.1", "192.0.2.9"),
        ([("0.0.0.0/0", "192.0.2.9", None), ("203.0.113.0/24", "192.0.2.8", "dst-ip")], "203.0.113.1", "192.0.2.8"),
        ([("10.0.0.0/8", "192.0.2.7", "src-ip")], "203.0.113.1", "192.0.2.7"),
        ([("nonsense", "192.0.2.7", None)], "203.0.113.1", "nothing"),
    ],
)
def test_the_route_of_a_router(routes, address, nexthop):
    route = router_route(router(*routes), address, "10.1.1.1")
    assert (route["nexthop"] if route else "nothing") == nexthop


JUNK = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=5), c),
)


@given(JUNK, st.sampled_from(["network", "hosts", "probe", "trace", "tunnels"]))
def test_what_is_no_fact_is_refused(junk, name):
    seen = facts("stale_mac_binding")
    for given_ in (junk, {**seen, name: junk}):
        with contextlib.suppress(AnsibleFilterError):  # and nothing else
            FILTERS["diagnosis"](given_)


def test_the_hosts_of_chassis():
    chassis = [
        {"name": "c1", "hostname": "h1"},
        {"name": "c2", "hostname": "h2"},
        {"name": "c3", "hostname": "h3"},
        {"name": "h1", "hostname": ""},
    ]
    assert FILTERS["diagnosis_hosts"](chassis, ["c1", "h1", "h2", "other"], {"c3": "other"}) == [
        "c1",
        "h2",
        "other",
        "h1",
    ]
    assert FILTERS["diagnosis_hosts"](chassis, []) == []
    with pytest.raises(AnsibleFilterError, match="a list of chassis"):
        FILTERS["diagnosis_hosts"]("c1", [])
