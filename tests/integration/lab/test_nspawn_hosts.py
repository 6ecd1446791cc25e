# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs that run: each test ends one and sees that nothing of it is left."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest
import yaml

from tests.support.machine import the_machines_own_network
from tests.support.modules import examples, run_module
from tests.support.waiting import until

from .conftest import NETWORKS, LabUnderTest, module_within, two_hosts

pytestmark = pytest.mark.lab


def test_up_and_again_and_down(lab):
    before = the_machines_own_network()
    assert lab.down()["changed"] is False

    foreseen = lab.up(check=True)
    assert foreseen["changed"] is True
    assert not os.path.exists(lab.root)
    first = lab.up()
    assert first["changed"] is True
    assert lab.actions(first) == lab.actions(foreseen) == {"alpha": "created", "beta": "created"}
    assert first["diff"] == foreseen["diff"]
    assert first["diff"]["before"]["hosts"] == []
    assert first["networks"] == {"wire": "created", "jumbo": "created"}
    assert {host["state"] for host in first["hosts"].values()} == {"running"}

    assert lab.up(check=True)["changed"] is False
    second = lab.up()
    assert second["changed"] is False
    assert second["diff"]["before"] == second["diff"]["after"]
    assert second["hosts"]["alpha"]["leader"] == first["hosts"]["alpha"]["leader"]
    assert the_machines_own_network() == before

    foreseen = lab.down(check=True)
    assert foreseen["changed"] is True
    assert lab.leader("alpha")
    assert lab.down()["diff"] == foreseen["diff"]
    assert lab.traces() == []
    assert lab.down()["changed"] is False
    assert the_machines_own_network() == before


def test_hosts_are_joined_by_their_networks(lab):
    lab.up()
    lab.run("alpha", "ping -c 1 -W 2 192.0.2.2 && ping -c 1 -W 2 2001:db8::2 && ping -c 1 -W 2 beta")
    lab.run("alpha", "ping -c 1 -W 2 -M do -s 8972 198.51.100.2")
    assert not lab.run("alpha", "ping -c 1 -W 1 -M do -s 1473 192.0.2.2 2>/dev/null | grep ttl", check=False)
    for host in ("alpha", "beta"):
        assert "tx-checksumming: off" in lab.run(host, "ethtool -k eth0")
        assert lab.run(host, "hostname; sudo -n hostname 2>&1") == "%s\n%s\n" % (host, host)
    fabric = "--net=%s/netns/fabric" % lab.root
    for port in ("alpha.eth0", "beta.eth1"):
        shown = subprocess.run(
            ["nsenter", fabric, "ethtool", "-k", port], capture_output=True, text=True, check=True
        ).stdout
        assert "tx-checksumming: off" in shown


def test_nothing_runs_that_was_not_enabled(lab):
    lab.up()
    units = lab.run("alpha", "systemctl list-units --plain --no-legend --type=service --state=running")
    assert {line.split()[0] for line in units.splitlines()} == {"dbus.service", "systemd-journald.service"}
    lab.run("alpha", "systemctl enable --now openvswitch-switch ssh && systemctl is-active ovs-vswitchd ssh")


def test_a_host_that_died_is_started_with_its_disk(lab):
    kept = lab.up()["hosts"]["beta"]["leader"]
    lab.run("alpha", "echo written > /root/file; sync")
    os.kill(lab.leader("alpha"), signal.SIGKILL)
    until(lambda: not lab.leader("alpha"), "alpha has ended")

    assert lab.actions(lab.up(check=True)) == {"alpha": "started", "beta": "kept"}
    again = lab.up()
    assert lab.actions(again) == {"alpha": "started", "beta": "kept"}
    assert again["hosts"]["beta"]["leader"] == kept
    assert lab.run("alpha", "cat /root/file") == "written\n"
    lab.run("beta", "ping -c 1 -W 2 192.0.2.1")
    assert lab.up()["changed"] is False


def test_the_container_manager_of_a_host_died(lab):
    lab.up()
    os.kill(int(pathlib.Path(lab.root, "hosts/alpha/pid").read_text()), signal.SIGKILL)
    until(lambda: not lab.leader("alpha"), "alpha has ended")
    assert lab.actions(lab.up())["alpha"] == "started"
    lab.run("beta", "ping -c 1 -W 2 192.0.2.1")


def test_a_host_that_reboots_is_found_again(lab):
    before = lab.up()["hosts"]["alpha"]["leader"]
    lab.run("alpha", "echo written > /root/file; systemctl reboot", check=False)
    until(lambda: lab.leader("alpha") not in (None, before), "alpha has begun again")
    until(lambda: lab.run("alpha", "systemctl is-system-running", check=False) == "running\n", "alpha runs")
    assert lab.run("alpha", "cat /root/file") == "written\n"
    lab.run("alpha", "ping -c 1 -W 2 192.0.2.2")
    assert lab.up()["changed"] is False


@pytest.mark.parametrize("seconds", [0.3, 0.4, 0.5, 0.6, 0.8, 1.0])
def test_killed_in_the_middle_the_next_run_mends(lab, seconds):
    process = lab.starting()
    time.sleep(seconds)
    process.kill()
    process.wait()
    lab.up()
    lab.run("alpha", "ping -c 1 -W 2 192.0.2.2")
    assert lab.up()["changed"] is False


@pytest.mark.parametrize("seconds", [0.35, 0.55, 0.9])
def test_killed_in_the_middle_down_leaves_nothing(lab, seconds):
    process = lab.starting()
    time.sleep(seconds)
    process.kill()
    process.wait()
    lab.down()
    assert lab.traces() == []


def test_what_somebody_runs_in_the_networks_ends_with_them(lab):
    lab.up()
    watcher = subprocess.Popen(["nsenter", "--net=%s/netns/fabric" % lab.root, "sleep", "1000"])
    namespace = os.stat("%s/netns/fabric" % lab.root).st_ino
    until(lambda: os.stat("/proc/%d/ns/net" % watcher.pid).st_ino == namespace, "the watcher has entered")
    lab.down()
    assert watcher.wait(timeout=5) == -signal.SIGKILL


def test_the_lab_follows_its_description(lab):
    lab.up()
    lab.run("alpha", "echo written > /root/file")
    alpha, beta = two_hosts()
    beta["interfaces"].pop()
    gamma = {"name": "gamma", "interfaces": [{"name": "eth0", "network": "wire", "addresses": ["192.0.2.3/24"]}]}

    options = {"hosts": [alpha, beta, gamma], "networks": [*NETWORKS, {"name": "third"}]}
    foreseen = lab.up(check=True, **options)
    result = lab.up(**options)
    assert lab.actions(result) == lab.actions(foreseen) == {"alpha": "kept", "beta": "restarted", "gamma": "created"}
    assert result["networks"] == {"wire": "kept", "jumbo": "kept", "third": "created"}
    assert "eth1" not in lab.run("beta", "ip -brief link")
    lab.run("gamma", "ping -c 1 -W 2 192.0.2.1 && ping -c 1 -W 2 192.0.2.2")

    beta["interfaces"][0].update(mac="02:00:00:00:00:99", routes=[{"to": "203.0.113.0/24", "via": "192.0.2.1"}])
    alpha["interfaces"].pop()
    result = lab.up(hosts=[alpha, beta], networks=[{"name": "wire", "mtu": 1400}])
    assert lab.actions(result) == {"alpha": "restarted", "beta": "restarted", "gamma": "removed"}
    assert result["networks"] == {"wire": "updated", "jumbo": "removed", "third": "removed"}
    assert lab.run("alpha", "cat /root/file") == "written\n"
    assert "02:00:00:00:00:99" in lab.run("beta", "ip -brief link")
    assert "203.0.113.0/24 via 192.0.2.1" in lab.run("beta", "ip route")
    assert "mtu 1400" in lab.run("beta", "ip link show eth0")
    assert lab.up(hosts=[alpha, beta], networks=[{"name": "wire", "mtu": 1400}])["changed"] is False


def test_a_cable_that_was_cut_is_mended(lab):
    lab.up()
    subprocess.run(["nsenter", "--net=%s/netns/fabric" % lab.root, "ip", "link", "delete", "alpha.eth0"], check=True)
    assert lab.actions(lab.up()) == {"alpha": "restarted", "beta": "kept"}
    lab.run("alpha", "ping -c 1 -W 2 192.0.2.2")


def test_a_failed_unit_is_told(lab):
    lab.up()
    unit = "[Service]\\nType=oneshot\\nExecStart=/bin/false\\n"
    lab.run("alpha", "printf '%s' > /etc/systemd/system/broken.service; systemctl start broken" % unit, check=False)
    result = lab.up()
    assert result["changed"] is False
    assert result["hosts"]["alpha"]["state"] == "degraded"
    assert result["hosts"]["alpha"]["failed_units"] == ["broken.service"]
    assert any("alpha is degraded: broken.service" in str(warning) for warning in result["warnings"])


def test_two_labs_side_by_side(lab, image):
    other = LabUnderTest(image)
    try:
        lab.up()
        other.up()
        assert other.down()["changed"] is True
        assert other.traces() == []
        lab.run("alpha", "ping -c 1 -W 2 192.0.2.2")
        assert lab.up()["changed"] is False
    finally:
        other.down()


def test_two_runs_at_once_make_one_lab(lab):
    first, second = lab.starting(), lab.starting()
    results = [json.loads(process.communicate(timeout=60)[0]) for process in (first, second)]
    assert sorted(result["changed"] for result in results) == [False, True]


def test_another_image_is_another_disk(lab, tmp_path):
    """An image that cannot boot also shows what is said then, and that the next run mends it."""
    lab.up()
    lab.run("alpha", "echo written > /root/file")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=broken\n")
    (tmp_path / "usr").mkdir()
    failed = lab.up(image=str(tmp_path), fails=True)
    assert "ended while it was starting" in failed["msg"]
    assert any(lines for lines in failed["consoles"].values())

    assert set(lab.actions(lab.up()).values()) == {"recreated"}
    assert lab.run("alpha", "ls /root") == ""


def test_hosts_that_do_not_boot_in_time_are_named(lab):
    failed = lab.up(fails=True, timeout=0)
    assert failed["msg"] == "Not booted within 0 s: alpha, beta"
    assert lab.up()["changed"] is True
    lab.run("alpha", "ping -c 1 -W 2 192.0.2.2")


def test_bad_input_changes_nothing(lab):
    failed = lab.up(fails=True, networks=[{"name": "wire"}])
    assert "hosts.alpha.interfaces.eth1.network: there is no network 'jumbo'" in failed["msg"]
    failed = lab.up(fails=True, image="/nowhere")
    assert "There is no image /nowhere" in failed["msg"]
    assert lab.traces() == []


# An ordinary user, but one who can read the sources wherever they are. Ansible asks access(2), which takes no notice of capabilities without that bit
NOBODY = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--securebits=+no_setuid_fixup",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
]


def without(tool):
    """Where this program is not."""
    return ["unshare", "--mount", "--", "sh", "-c", 'mount --bind /dev/null "$0" && exec "$@"', shutil.which(tool)]


def test_without_root_it_says_so(lab):
    for state in ("present", "absent"):
        failed = module_within(NOBODY, "nspawn_hosts", lab.options(state=state))
        assert "needs root on the controller: run this as root, or with sudo" in failed["msg"]


@pytest.mark.parametrize(
    ("tool", "package"), [("systemd-nspawn", "systemd-container"), ("ip", "iproute2"), ("nsenter", "util-linux")]
)
def test_a_missing_program_is_named_with_its_package(lab, tool, package):
    failed = module_within(without(tool), "nspawn_hosts", lab.options())
    assert failed["msg"] == "There is no %s on the controller: install the package %s." % (tool, package)
    assert lab.traces() == []


EXAMPLES_RUN = ("nspawn_hosts",)


def test_the_examples_run(lab, image, tmp_path):
    """In their order, in a lab of a name of its own; the other release is the same image by another name."""
    text = examples("nspawn_hosts")
    (tmp_path / "other").symlink_to(image)
    text = text.replace("/var/cache/virtnet-lab/bookworm-0123456789ab", image)
    text = text.replace("/var/cache/virtnet-lab/trixie-0123456789ab", str(tmp_path / "other"))
    for task in yaml.safe_load(text):
        options = {"name": lab.name, **task["virtnet.ovn.nspawn_hosts"]}
        assert run_module("nspawn_hosts", options, check=True)["changed"], task["name"]
        assert run_module("nspawn_hosts", options)["changed"], task["name"]
        assert not run_module("nspawn_hosts", options)["changed"], task["name"]
        if options.get("state") != "absent":
            lab.run("node1", "ping -c 1 -W 5 192.0.2.12")
    assert lab.traces() == []
