# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ovn_health on the lab: nothing to find while all is well, and each thing that is broken for real is named, and no other."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from tests.support.waiting import until

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def health(lab, tmp_path_factory):
    """health() -> {(check, subject): observed} of all that is not ok."""
    path = tmp_path_factory.mktemp("health") / "health.json"

    def look(**variables):
        path.unlink(missing_ok=True)
        said = lab.play("playbooks/health.yml", ovn_health_json=str(path), ovn_health_fail=False, **variables)
        assert "Traceback" not in said
        found = json.loads(path.read_text())
        assert all(each["remedy"] for each in found if each["status"] != "ok")
        return {(each["check"], each["subject"]): each["observed"] for each in found if each["status"] != "ok"}

    return look


@contextlib.contextmanager
def broken(lab, host, command, mend):
    lab[host].check_output(command)
    try:
        yield
    finally:
        lab[host].check_output(mend)


def well(lab, health):
    until(lambda: health() == {}, "all is well again", 60)


def test_a_healthy_lab(health):
    assert health() == {}


def test_it_says_so_to_a_person_and_changes_nothing(lab):
    said = lab.play("playbooks/health.yml")
    assert "0 failed, 0 warnings" in said
    assert "changed=1" not in said


OLD_CONTROLLER = """
cp -p /usr/bin/ovn-controller /root/kept && version=$(ovn-controller --version | head -1 | cut -d' ' -f2) &&
sed "s/$version/22.${version#*.}/g" /root/kept >/root/old && chmod 755 /root/old && mv /root/old /usr/bin/ovn-controller"""
RESTARTED = "systemctl restart ovn-controller"
CONVERTED = "ovsdb-client convert unix:/run/ovn/ovnnb_db.sock /usr/share/ovn/ovn-nb.ovsschema"

ALIVE = "kill -CONT $(cat /run/ovn/ovn-controller.pid)"


@pytest.mark.parametrize(
    ("host", "command", "mend", "expected"),
    [
        (
            "node3",
            "systemctl stop ovn-controller",
            "systemctl start ovn-controller",
            {("ovn-controller", "node3"): "it does not run", ("registered", "node3"): "no chassis is called node3"},
        ),
        (
            "node2",
            "kill -STOP $(cat /run/ovn/ovn-controller.pid)",
            ALIVE,
            {("ovn-controller", "node2"): "it runs and does not answer", ("chassis current", "node2"): ""},
        ),
        (
            "node3",
            "ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=extra:br-none",
            "ovs-vsctl remove Open_vSwitch . external_ids ovn-bridge-mappings",
            {("bridge mapping", "node3 extra"): "bridge br-none is not there"},
        ),
        (
            "node1",
            "ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=other:br-eth1",
            "ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=phyNet:br-eth1",
            {("physical network", "phyNet"): "mapped on no chassis"},
        ),
        (
            "node1",
            "ovn-nbctl --wait=hv set Logical_Switch_Port ls2-vm4 options:requested-chassis=node3",
            "ovn-nbctl --wait=hv remove Logical_Switch_Port ls2-vm4 options requested-chassis",
            {("port bound", "ls2-vm4"): "on no chassis, node3 is asked for"},
        ),
        (
            "node1",
            "ovn-nbctl --wait=sb set Logical_Router gw1 options:chassis=node9",
            "ovn-nbctl --wait=hv set Logical_Router gw1 options:chassis=node1",
            {("gateway bound", port): "node9 is asked for" for port in ("gw1-join", "gw1-outside", "join-gw1", "outside-gw1")},
        ),
        (
            "node1",
            "ovn-sbctl chassis-add ghost vxlan 10.100.0.12",
            "ovn-sbctl chassis-del ghost",
            {
                ("stale chassis", "ghost"): "it is registered, and no host of the inventory is it",
                ("tunnel endpoints", "10.100.0.12"): "of ghost and node2",
                ("chassis current", "ghost"): "",
            },
        ),
        (
            "node1",
            "kill -STOP $(cat /run/ovn/ovn-northd.pid)",
            "kill -CONT $(cat /run/ovn/ovn-northd.pid)",
            {
                ("ovn-northd", "node1"): "it does not answer",
                ("active ovn-northd", "all"): "active on no host",
                ("northbound carried out", "ovn-northd"): "",
            },
        ),
        (
            "node2",
            "mkdir -p /etc/ovn/tls/chassis && openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -days 3 -subj /CN=node2 "
            "-out /etc/ovn/tls/chassis/cert.pem 2>/dev/null",
            "rm -r /etc/ovn/tls",
            {("certificate", "node2 /etc/ovn/tls/chassis/cert.pem"): ""},
        ),
        # The very daemon, but for what it says that it is
        (
            "node3",
            OLD_CONTROLLER + " && " + RESTARTED,
            "mv /root/kept /usr/bin/ovn-controller && " + RESTARTED,
            {("release", "node3"): "ovn-controller 22."},
        ),
        (
            "node1",
            "sed 's/^\\( *\"version\": \"\\)[0-9]*/\\16/' /usr/share/ovn/ovn-nb.ovsschema >/root/old.ovsschema && "
            "ovsdb-client convert unix:/run/ovn/ovnnb_db.sock /root/old.ovsschema",
            "rm /root/old.ovsschema && " + CONVERTED,
            {("schema version", "node1 northbound"): "6."},
        ),
        (
            "node3",
            "ovs-vsctl add-port br-int nothing",
            "ovs-vsctl del-port br-int nothing",
            {("interfaces", "node3"): ""},
        ),
    ],
    ids=["stopped", "frozen", "no-bridge", "no-mapping", "unbound", "no-gateway", "stale", "northd", "certificate", "release", "schema", "interface"],
)  # fmt: skip
def test_what_is_broken_is_named(lab, health, host, command, mend, expected):
    with broken(lab, host, command, mend):
        end = time.monotonic() + 30
        while (found := health()).keys() != expected.keys():
            assert time.monotonic() < end, found
    assert all(expected[key] in found[key] for key in expected), found
    well(lab, health)


def test_a_host_that_cannot_be_reached(health):
    found = health(ovn_health_chassis_hosts=["node1", "node2", "node3", "node9"])
    assert found == {("host", "node9"): "it cannot be reached, or its look failed"}


def test_metrics_for_a_collector(lab):
    lab.play("playbooks/health.yml", ovn_health_metrics="/tmp/ovn.prom")
    text = lab["node1"].check_output("cat /tmp/ovn.prom && rm /tmp/ovn.prom")
    assert "ovn_health 0\n" in text
    assert 'ovn_health_check{check="ovn-controller",subject="node3"} 0' in text


def test_a_failed_check_fails_the_play(lab):
    with broken(lab, "node3", "systemctl stop ovn-controller", "systemctl start ovn-controller"):
        said = lab.play("playbooks/health.yml", fails=True)
    assert "FAILED: ovn-controller (node3): it does not run" in said
