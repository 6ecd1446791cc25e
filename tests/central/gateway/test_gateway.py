# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router whose outside is on one of two gateways: drained, back, cut off, back, while a client outside asks fifty times a second."""

from __future__ import annotations

import contextlib

import pytest

from tests.support.pings import pinging
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/gateway/inventory"
DRAIN = "playbooks/gateway_drain.yml"
PORT = "cr-router-outside"
INTERVAL = 0.02


def active(lab):
    """The chassis that the gateway is on, as ovn-sbctl tells."""
    uuid = lab["central"].check_output("ovn-sbctl --bare --columns=chassis find Port_Binding logical_port=%s", PORT)
    return uuid and lab["central"].check_output("ovn-sbctl get Chassis %s name", uuid)


def priorities(lab):
    rows = (
        lab["central"]
        .check_output("ovn-nbctl --bare --columns=chassis_name,priority,external_ids list Gateway_Chassis")
        .split("\n\n")
    )
    return {tuple(row.split()) for row in rows}


@contextlib.contextmanager
def asked(lab, what):
    """``lost`` is filled once the client has stopped asking: [how many requests, how many unanswered]"""
    with pinging(lab["client"], "172.18.1.100", INTERVAL) as lost:
        yield lost
    print("%s: %d of %d requests lost, %.2f s" % (what, lost[1], lost[0], lost[1] * INTERVAL))


def reaches(lab):
    return lab["client"].run("ping -c 1 -W 1 172.18.1.100").rc == 0


@pytest.fixture(autouse=True)
def well(lab):
    until(lambda: active(lab) == "gw1" and reaches(lab), "gw1 is the gateway", 60)


WAS = {("gw1", "20"), ("gw2", "10")}


@pytest.mark.parametrize("turn", [1, 2])
def test_drained_and_back(lab, turn):
    """By priorities alone it takes 0.8 s, each way. What can be lost is the one request that is between the gateways when the others turn to the new one:
    its reply comes to a gateway that has not seen it, and so has nothing in its connection tracking to translate it by."""
    assert priorities(lab) == WAS
    with asked(lab, "drained") as lost:
        said = lab.play(DRAIN, ovn_gateway_drain_chassis="gw1")
        assert active(lab) == "gw2" and "changed=1" in said
        until(lambda: reaches(lab), "gw2 answers")
    assert lost[1] <= 1, lost
    assert "changed=0" in lab.play(DRAIN, ovn_gateway_drain_chassis="gw1")
    with asked(lab, "back in service") as lost:
        lab.play(DRAIN, ovn_gateway_drain_chassis="gw1", ovn_gateway_drain_state="in_service")
        assert active(lab) == "gw1"
        until(lambda: reaches(lab), "gw1 answers")
    assert lost[1] <= 1, lost
    assert priorities(lab) == WAS


def test_a_gateway_that_cannot_be_held_is_drained_all_the_same(lab, hostvars):
    nowhere = hostvars(gw1={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1})
    said = lab.play(DRAIN, ovn_gateway_drain_chassis="gw1", arguments=nowhere)
    assert "Connection refused" in said and "changed=1" in said and active(lab) == "gw2"
    until(lambda: reaches(lab), "gw2 answers")
    lab.play(DRAIN, ovn_gateway_drain_chassis="gw1", ovn_gateway_drain_state="in_service")


def process(lab):
    return lab["gw2"].check_output("ps -o stat= -p $(cat /run/ovn/ovn-controller.pid)")[0]


def test_a_hold_has_an_end(lab, module):
    """Of its own, whoever forgets it; and nobody else's is ended."""
    held = module("gw2", "ovn_gateway_hold", state="held")
    assert held["changed"] and held["held"] and process(lab) == "T"
    assert not module("gw2", "ovn_gateway_hold", state="held")["changed"]
    assert module("gw2", "ovn_gateway_hold", state="released")["changed"]
    assert process(lab) == "S" and not module("gw2", "ovn_gateway_hold", state="released")["changed"]
    module("gw2", "ovn_gateway_hold", hold_timeout=1)
    until(lambda: process(lab) == "S", "it goes on by itself", 10)
    lab["gw2"].check_output("kill -STOP $(cat /run/ovn/ovn-controller.pid)")
    try:
        for state in ("held", "released"):
            assert "is stopped, and not by this module" in module("gw2", "ovn_gateway_hold", state=state)["msg"]
    finally:
        lab["gw2"].check_output("kill -CONT $(cat /run/ovn/ovn-controller.pid)")


def test_check_mode(lab):
    said = lab.play(DRAIN, ovn_gateway_drain_chassis="gw1", arguments=["--check", "--diff"])
    assert "changed=1" in said and active(lab) == "gw1" and priorities(lab) == WAS


def test_the_last_gateway_is_not_drained(lab):
    lab.play(DRAIN, ovn_gateway_drain_chassis="gw2")
    said = " ".join(lab.play(DRAIN, ovn_gateway_drain_chassis="gw1", fails=True).split())
    assert "Logical_Router_Port router-outside has only chassis that are drained, too: gw2" in said
    assert active(lab) == "gw1"
    lab.play(DRAIN, ovn_gateway_drain_chassis="gw2", ovn_gateway_drain_state="in_service")


def test_a_drained_gateway_can_be_stopped(lab):
    lab.play(DRAIN, ovn_gateway_drain_chassis="gw1")
    until(lambda: reaches(lab), "gw2 answers")
    with asked(lab, "stopped while it was drained") as lost:
        lab["gw1"].check_output("systemctl stop ovn-controller openvswitch-switch")
        lab["gw1"].check_output("systemctl start openvswitch-switch ovn-controller")
    assert lost[1] <= 2, lost
    until(lambda: "gw1" in lab["central"].check_output("ovn-sbctl show"), "gw1 is registered again", 60)
    lab.play(DRAIN, ovn_gateway_drain_chassis="gw1", ovn_gateway_drain_state="in_service")


def test_a_gateway_that_is_cut_off(lab):
    """BFD finds out, and the other one takes over without anybody: how long it takes is told, and no bound."""
    links = lab["gw1"]
    try:
        with asked(lab, "the gateway is cut off") as lost:
            links.check_output("ip link set eth0 down && ip link set eth1 down")
            until(lambda: reaches(lab), "gw2 answers", 60)
        assert 0 < lost[1] < lost[0], lost
    finally:
        with asked(lab, "it returns") as lost:
            links.check_output("ip link set eth0 up && ip link set eth1 up")
            until(lambda: active(lab) == "gw1", "gw1 takes back", 60)
            until(lambda: reaches(lab), "gw1 answers", 60)
