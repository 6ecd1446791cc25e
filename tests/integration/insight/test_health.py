# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""chassis_info and ovn_health_info against real daemons; the role's judgement is tested on the lab, tests/testinfra/test_health.py."""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading

import pytest

from tests.support.modules import run_module
from tests.support.ovsdb import cluster, standalone
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(not shutil.which("ovs-vswitchd"), reason="needs openvswitch-switch and ovn-host")


def here(cloud, number=0, fails=False, **options):
    host = cloud.chassis[number]
    directory = str(host.directory)
    options = {"ovs_rundir": directory, "ovn_rundir": directory, **options}
    return run_module("chassis_info", options, host.env, fails=fails)


def test_a_chassis(cloud):
    found = here(cloud)
    assert {name: (daemon["running"], daemon["answers"]) for name, daemon in found["daemons"].items()} == dict.fromkeys(
        ("ovsdb-server", "ovs-vswitchd", "ovn-controller"), (True, True)
    )
    assert found["daemons"]["ovn-controller"]["connection"] == "connected"
    assert found["daemons"]["ovn-controller"]["version"] in cloud.run("ovn-controller", "--version")
    database = found["database"]
    assert (database["system_id"], database["remote"], database["integration_bridge"]) == ("hv1", cloud.sb, "br-int")
    assert database["mappings"] == [{"network": "phyNet", "bridge": "br-phy", "exists": True}]
    # The tunnel's address is a sandbox's, and no address of this host
    assert database["encaps"] == [{"ip": "10.200.0.1", "here": False}]
    assert not found["changed"]


def test_a_daemon_that_hangs_and_one_that_is_not_there(cloud):
    host = cloud.chassis[1]
    host.signal("ovn-controller", signal.SIGSTOP)
    try:
        daemon = here(cloud, 1)["daemons"]["ovn-controller"]
    finally:
        host.signal("ovn-controller", signal.SIGCONT)
    assert (daemon["running"], daemon["answers"], daemon["version"]) == (True, False, None)
    nowhere = run_module("chassis_info", {"ovs_rundir": "/nonexistent", "ovn_rundir": "/nonexistent"}, host.env)
    assert nowhere["database"] is None
    assert not any(daemon["running"] for daemon in nowhere["daemons"].values())


def test_a_connection_is_waited_for(cloud):
    host = cloud.chassis[1]
    host.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-remote=unix:/nonexistent")
    try:
        until(
            lambda: here(cloud, 1)["daemons"]["ovn-controller"]["connection"] == "not connected", "it has heard of it"
        )
        failed = here(cloud, 1, fails=True, connected=True, wait_timeout=0.5)
        assert (
            "has not found the southbound database within 0.5 s: cannot use the database OVN_Southbound: unix:/nonexistent"
            in failed["msg"]
        )
        assert failed["database"]["remote"] == "unix:/nonexistent"
        threading.Timer(1, host.vsctl, ("set", "Open_vSwitch", ".", "external_ids:ovn-remote=" + cloud.sb)).start()
        found = here(cloud, 1, connected=True)
    finally:
        host.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-remote=" + cloud.sb)
    assert found["daemons"]["ovn-controller"]["connection"] == "connected"


def test_certificates(cloud, tmp_path):
    request = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -days 3 -subj /CN=hv1 -out".split()
    subprocess.run([*request, tmp_path / "cert.pem"], check=True, capture_output=True)
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    broken, good = here(cloud, certificates=[str(tmp_path / "*.pem")])["certificates"]
    assert (good["common_name"], good["seconds_left"] // 86400) == ("hv1", 2)
    assert broken["error"]


def test_what_the_databases_tell(cloud):
    before = int(cloud.nbctl("get", "NB_Global", ".", "nb_cfg"))
    found = run_module("ovn_health_info", {}, cloud.env)
    assert found["nb_cfg"] == before + 1
    assert found["northd"]["caught_up"] and not found["changed"]
    assert [(row["name"], row["nb_cfg"], row["encaps"]) for row in found["chassis"]] == [
        ("hv1", before + 1, ["geneve 10.200.0.1"]),
        ("hv2", before + 1, ["geneve 10.200.0.2"]),
    ]
    assert found["chassis"][0]["mappings"] == ["phyNet"]
    assert found["physical_networks"] == ["phyNet"]
    assert {(port["name"], port["chassis"], port["up"]) for port in found["ports"]} >= {
        ("ls1-vm1", "hv1", True),
        ("ls1-vm2", "hv2", True),
    }
    again = run_module("ovn_health_info", {}, cloud.env, check=True)
    assert again["nb_cfg"] == before + 1


def test_who_is_behind(cloud):
    cloud.chassis[1].signal("ovn-controller", signal.SIGSTOP)
    try:
        found = run_module("ovn_health_info", {"wait_timeout": 0.5}, cloud.env)
    finally:
        cloud.chassis[1].signal("ovn-controller", signal.SIGCONT)
    reached = {row["name"]: row["nb_cfg"] for row in found["chassis"]}
    assert reached == {"hv1": found["nb_cfg"], "hv2": found["nb_cfg"] - 1}
    cloud.signal("ovn-northd", signal.SIGSTOP)
    try:
        found = run_module("ovn_health_info", {"wait_timeout": 0.2}, cloud.env)
    finally:
        cloud.signal("ovn-northd", signal.SIGCONT)
    assert not found["northd"]["caught_up"]


def test_a_member_that_does_not_lead_is_asked():
    with cluster() as nb, standalone("OVN_Southbound") as sb:
        follower = nb.remotes[nb.followers()[0]]
        looks = [
            run_module("ovn_health_info", {"nb": follower, "sb": sb.remote, "wait_timeout": 0.1}) for _again in "12"
        ]
    assert [look["nb_cfg"] for look in looks] == [1, 2]
