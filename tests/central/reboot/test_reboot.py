# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is rebooted, and one whose daemons are restarted or killed, works again without anybody, while vm1 pings vm2 twenty times a second."""

from __future__ import annotations

import contextlib
import re

import pytest

from tests.support.pings import pinging
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "inventories/lab"
INTERVAL = 0.05
VM2 = "192.168.100.11"
UNITS = "virtnet-ovn-uplinks.service virtnet-ovn-vms.service"


@contextlib.contextmanager
def asked(lab, what):
    """``lost`` is filled once vm1 has stopped asking: [how many requests, how many unanswered]"""
    with pinging(lab["vm1"], VM2, INTERVAL) as lost:
        yield lost
    print("%s: %d of %d requests lost, %.2f s" % (what, lost[1], lost[0], lost[1] * INTERVAL))


def reaches(lab):
    return lab["vm1"].run("ping -c 1 -W 1 %s", VM2).rc == 0


def installed(lab):
    """When ovn-controller last said that it has put vm2's flows in place; None while it does not say so."""
    ids = lab["node3"].run("ovs-vsctl get Interface vm2 external_ids").stdout
    when = re.search(r'ovn-installed="true", ovn-installed-ts="(\d+)"', ids)
    return int(when[1]) if when and "iface-id=ls1-vm2" in ids else None


def boot(lab):
    """When the host's first process began; None while the host is going down or not there."""
    try:
        done = lab["node3"].run("stat -c %Y /proc/1 && test -e /run/systemd/system")
    except AssertionError:  # it has no process at all
        return None
    return done.stdout.strip() if done.rc == 0 else None


@pytest.fixture(autouse=True)
def well(lab):
    until(lambda: reaches(lab), "vm1 reaches vm2", 60)


def state(lab):
    """What vm2 and the host's own network are, but for what the kernel makes up."""
    node3, vm2 = lab["node3"], lab["vm2"]
    return [
        vm2.check_output(
            "cat /sys/class/net/vm2/address; ip -o -4 address show | tr -s ' ' | cut -d' ' -f2,4; ip route"
        ),
        node3.check_output("ip -o -4 address show | tr -s ' ' | cut -d' ' -f2,4; ip -4 route"),
        node3.check_output("cat /proc/sys/net/ipv4/conf/eth0/rp_filter; ovs-vsctl list-br"),
    ]


def test_rebooted(lab):
    node3, before, since, was = lab["node3"], boot(lab), installed(lab), state(lab)
    with asked(lab, "rebooted") as lost:
        node3.run("systemctl reboot")
        until(lambda: boot(lab) not in (None, before), "node3 is there again", 60)
        until(lambda: (installed(lab) or 0) > since, "ovn-controller has put vm2's flows in place anew", 60)
        until(lambda: reaches(lab), "vm2 answers", 60)
    assert 0 < lost[1] * INTERVAL < 30, lost
    assert state(lab) == was
    assert node3.check_output("systemctl is-active %s", UNITS.split()[0]) == "active"
    assert "node3" in lab["node1"].check_output("ovn-sbctl --bare --columns=name list Chassis").split()


def test_nothing_is_left_to_do(lab):
    said = lab.play("extensions/molecule/reboot/converge.yml")
    assert re.findall(r"(?m)^(\S+) +: ok=\d+ +changed=(\d+)", said) and not re.findall(r"changed=[1-9]", said), said


@pytest.mark.parametrize(
    "how",
    [
        "systemctl restart openvswitch-switch",
        "systemctl reload openvswitch-switch",
        "kill -KILL $(pidof ovs-vswitchd)",
    ],
)
def test_open_vswitch_begins_anew(lab, how):
    was, before = state(lab), lab["node3"].check_output("pidof ovs-vswitchd")
    with asked(lab, how) as lost:
        lab["node3"].check_output(how)
        until(lambda: lab["node3"].run("pidof ovs-vswitchd").stdout.strip() not in ("", before), "it runs", 60)
        until(lambda: reaches(lab), "vm2 answers", 60)
    assert lost[1] * INTERVAL < 20, lost
    until(lambda: state(lab) == was, "everything is as it was", 20)


def test_what_the_distribution_gave_the_interface_by_then_is_right(lab):
    """A host's own network configuration gives the interface its address at boot: that one goes to the bridge, and no second one."""
    node3, was = lab["node3"], state(lab)
    node3.check_output("systemctl stop openvswitch-switch ovs-vswitchd")
    node3.check_output("ip address add 10.100.0.13/24 dev eth0; ip route add 203.0.113.0/24 via 10.100.0.1 dev eth0")
    assert not reaches(lab)
    node3.check_output("systemctl start openvswitch-switch")
    until(lambda: reaches(lab), "vm2 answers", 60)
    assert node3.check_output("ip -4 -o address show dev eth0") == ""
    assert "203.0.113.0/24 via 10.100.0.1 dev br-underlay" in node3.check_output("ip route")
    node3.check_output("ip route delete 203.0.113.0/24")
    assert state(lab) == was


@pytest.mark.parametrize("signal", ["KILL", "SEGV"])
def test_ovn_controller_is_killed(lab, signal):
    """Flows stay as they are while it is away, and the next one finds them."""
    before = lab["node3"].check_output("pidof ovn-controller")
    with asked(lab, "ovn-controller killed by %s" % signal) as lost:
        lab["node3"].check_output("kill -%s %s", signal, before)
        until(lambda: lab["node3"].run("pidof ovn-controller").stdout.strip() not in ("", before), "it runs", 60)
        until(
            lambda: "connected" == lab["node3"].run("ovn-appctl -t ovn-controller connection-status").stdout.strip(),
            "it is connected", 60,
        )  # fmt: skip
        lab.play("playbooks/health.yml")
    assert lost[1] <= 5, lost


def test_a_machine_that_is_not_persistent_any_more_stays_away(lab, module):
    assert module("node3", "netns_vm", objects=[{"name": "vm2", "persistent": False}])["changed"]
    assert lab["node3"].run("test -e /etc/systemd/system/virtnet-ovn-vms.service").rc == 1
    with asked(lab, "not persistent") as lost:
        lab["node3"].check_output("systemctl restart openvswitch-switch")
        until(
            lambda: lab["node3"].run("systemctl is-active virtnet-ovn-uplinks").stdout.strip() == "active",
            "the uplink",
            60,
        )
        assert not reaches(lab)
    assert lost[1]
    assert module("node3", "netns_vm", objects=[{"name": "vm2", "persistent": True}])["changed"]
    until(lambda: reaches(lab), "vm2 is back by hand", 60)
