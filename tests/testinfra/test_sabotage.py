# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break the one thing that a scenario claims: those checks of it go red that depend on it, and no others.

What breaks it is in sabotage/, written with the commands of OVN, OVS and the kernel.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib

import pytest

from tests.support.lab import ROOT

pytestmark = [pytest.mark.lab, pytest.mark.slow]

SABOTAGE = pathlib.Path(__file__).parent / "sabotage"
LEFT_AS_FOUND = "the network is as it was before"


@dataclasses.dataclass(frozen=True)
class Broken:
    scenario: str
    by: str
    red: frozenset[str]
    undo: tuple[str, str] | None = None
    # A request that is lost takes five seconds
    requests: int = 40


def broken(scenario, by, *red, **options):
    return pytest.param(Broken(scenario, by, frozenset(red), **options), id="%s-%s" % (scenario, by))


BROKEN = [
    broken(
        "web_servers", "web_server_stops",
        "client asks 192.168.100.10:8000", "vm2 asks 192.168.100.10:8000",
        undo=("node2", "systemctl start demo-web-server"),
    ),
    broken(
        "web_servers", "no_way_out_of_vm1",
        "client asks 192.168.100.10:8000",
        undo=("node2", "ip netns exec vm1 ip route add default via 192.168.100.1"),
    ),
    broken(
        "lb_gateway_router", "balancer_off_gw1",
        "it is set on gw1", "both VMs answer the client", "no request is lost",
        requests=4,
    ),
    broken(
        "lb_gateway_router", "one_backend_on_gw1",
        "the balancer is listed", "both VMs answer the client",
    ),
    broken(
        "lb_gateway_router", "vip_outlives_its_balancer",
        "it is set on gw1", "the VIP is dead once the balancer is destroyed", LEFT_AS_FOUND,
        undo=("node1", "ovn-nbctl --wait=hv lb-del intruder"),
    ),
    broken(
        "lb_logical_switch", "balancer_on_the_servers_switch",
        "the balancer is set on ls2", "both VMs answer vm3", "no request is lost",
        requests=4,
    ),
    broken(
        "lb_logical_switch", "vip_stays_on_the_clients_switch",
        "set on the servers' switch ls1 only, vm3 gets no answer", LEFT_AS_FOUND,
        undo=("node1", "ovn-nbctl --wait=hv lb-del intruder"),
    ),
    broken(
        "tracing", "icmp_to_vm1_is_dropped",
        "trace icmp vm3 to vm1", LEFT_AS_FOUND,
        undo=("node1", "ovn-nbctl --wait=hv acl-del ls1"),
    ),
    broken(
        "tracing", "one_bucket",
        "the group's buckets change the destination to the backends", "both buckets count",
    ),
    broken(
        "stale_mac_binding", "the_router_learns",
        "with the stale binding, vm3 cannot ping its gateway", "the router remembers the old MAC",
        "the trace turns the answer to the old MAC in table 66", "the trace ends in a drop",
        "the flow in table 66 is found by what it matches", "without it the fault is back",
    ),
    broken(
        "stale_mac_binding", "mac_bindings_are_not_heard",
        "the right repair, the row of MAC_Binding corrected, mends the ping", "the trace now goes back to vm3",
        undo=("node2", "ovn-appctl -t ovn-controller debug/resume"),
    ),
    broken(
        "health_checks", "the_dead_backend_stays",
        "once the monitor says offline, only vm2 answers", "and no request is lost",
        requests=20,
    ),
    broken(
        "health_checks", "vm1_is_shut_to_the_client",
        "vm1 is back once it is started", LEFT_AS_FOUND,
        requests=20,
        undo=("node1", "ovn-nbctl --wait=hv acl-del ls1"),
    ),
]  # fmt: skip


def network(lab):
    commands = ("show", "lb-list", "acl-list ls1", "lr-lb-list gw1", "lr-route-list gw1", "lr-nat-list gw1")
    return [sorted(lab["node1"].check_output("ovn-nbctl " + command).splitlines()) for command in commands]


@pytest.fixture(scope="module")
def as_it_was(lab):
    lab.play("playbooks/web_servers.yml")
    return network(lab)


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_broken_goes_red(lab, as_it_was, broken, tmp_path):
    report = tmp_path / "site-report.json"
    try:
        said = lab.play(
            "playbooks/scenario_%s.yml" % broken.scenario, fails=True,
            scenario_sabotage=str(SABOTAGE / (broken.by + ".yml")), scenario_report_path=str(report),
            scenario_requests=broken.requests,
            web_servers_run=True,  # so they are not looked after each time
        )  # fmt: skip
    finally:
        if broken.undo:
            host, command = broken.undo
            lab[host].check_output(command)
    checks = json.loads(report.read_text())
    red = {check["check"]: check["observed"] for check in checks if not check["ok"]}
    assert red.keys() == broken.red, red
    assert len(checks) > len(red)
    for check in checks:  # whoever reads the failure is told what, and where to look
        if not check["ok"]:
            assert "%s: %s: expected" % (check["scenario"], check["check"]) in said
            assert check["look_at"] in said
    assert list((tmp_path / "captured").rglob("*.json"))
    assert network(lab) == as_it_was


def test_every_sabotage_is_used():
    assert {path.stem for path in SABOTAGE.glob("*.yml")} == {parameter.values[0].by for parameter in BROKEN}


def test_every_scenario_is_broken_once():
    playbooks = {path.stem.removeprefix("scenario_") for path in (ROOT / "playbooks").glob("scenario_*.yml")}
    assert playbooks == {parameter.values[0].scenario for parameter in BROKEN}


def test_afterwards_every_scenario_is_green(lab, as_it_was, tmp_path):
    """In another order than the site's, each with a report of its own."""
    lab.play(
        *dict.fromkeys("playbooks/scenario_%s.yml" % parameter.values[0].scenario for parameter in reversed(BROKEN)),
        scenario_report_path=str(tmp_path / "site-report.json"),
    )
    assert network(lab) == as_it_was
