# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_gateway_drain and what it writes. Chassis whose tunnels carry nothing, as these, claim no gateway: that they move is seen on lab hosts,
tests/central/gateway."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import re
import shutil
import signal

import pytest

from tests.support.daemons import ovn
from tests.support.modules import run_module
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(not shutil.which("ovs-vswitchd"), reason="needs openvswitch-switch and ovn-host")


@pytest.fixture(scope="module")
def cloud():
    with ovn(chassis=2) as central:
        for host in central.chassis:
            host.vsctl(
                "add-br", "br-phy", "--", "set", "Bridge", "br-phy", "datapath_type=dummy",
                "--", "set", "Open_vSwitch", ".", "external_ids:ovn-bridge-mappings=phyNet:br-phy",
            )  # fmt: skip
        central.nbctl(
            "lr-add", "r", "--", "ls-add", "outside", "--", "ls-add", "beyond",
            "--", "lrp-add", "r", "r-outside", "02:00:00:00:00:01", "192.0.2.1/24",
            "--", "lrp-add", "r", "r-beyond", "02:00:00:00:00:02", "198.51.100.1/24",
            *(
                word
                for switch in ("outside", "beyond")
                for word in (
                    "--", "lsp-add", switch, switch + "-r", "--", "lsp-set-type", switch + "-r", "router",
                    "--", "lsp-set-addresses", switch + "-r", "router", "--", "lsp-set-options", switch + "-r", f"router-port=r-{switch}",
                    "--", "lsp-add", switch, switch + "-localnet", "--", "lsp-set-type", switch + "-localnet", "localnet",
                    "--", "lsp-set-addresses", switch + "-localnet", "unknown", "--", "lsp-set-options", switch + "-localnet", "network_name=phyNet",
                )
            ),
            "--", "lrp-set-gateway-chassis", "r-outside", "hv1", "20", "--", "lrp-set-gateway-chassis", "r-outside", "hv2", "10",
            "--", "ha-chassis-group-add", "group", "--", "ha-chassis-group-add-chassis", "group", "hv1", "30",
            "--", "ha-chassis-group-add-chassis", "group", "hv2", "25",
        )  # fmt: skip
        group = central.nbctl("--bare", "--columns=_uuid", "find", "HA_Chassis_Group", "name=group").strip()
        central.nbctl("set", "Logical_Router_Port", "r-beyond", f"ha_chassis_group={group}")
        central.sync()
        yield central


@pytest.fixture
def drain(cloud):
    def run(chassis="hv1", state="drained", **more):
        return run_module(
            "ovn_gateway_drain",
            {"chassis": chassis, "state": state, "wait": False, **more.pop("options", {})},
            cloud.env,
            **more,
        )

    yield run
    for chassis in ("hv1", "hv2"):
        run(chassis, "in_service")


def priorities(cloud):
    found = {}
    for table in ("Gateway_Chassis", "HA_Chassis"):
        for row in cloud.rows("--columns=chassis_name,priority,external_ids", "list", table, database="nb"):
            found[table, row["chassis_name"]] = (row["priority"], dict(row["external_ids"][1]))
    return found


WAS = {
    ("Gateway_Chassis", "hv1"): (20, {}),
    ("Gateway_Chassis", "hv2"): (10, {}),
    ("HA_Chassis", "hv1"): (30, {}),
    ("HA_Chassis", "hv2"): (25, {}),
}


def test_there_and_back(cloud, drain):
    would = drain(check=True)
    assert would["changed"] and priorities(cloud) == WAS
    done = drain()
    assert done["changed"]
    assert done["diff"] == would["diff"] == {
        "before": {"HA_Chassis_Group group": 30, "Logical_Router_Port r-outside": 20},
        "after": {"HA_Chassis_Group group": 0, "Logical_Router_Port r-outside": 0},
    }  # fmt: skip
    assert [(each["name"], each["kind"], each["priority"]) for each in done["gateways"]] == [
        ("group", "group", 0),
        ("r-outside", "port", 0),
    ]
    assert not drain()["changed"]
    back = drain(state="in_service")
    assert back["changed"] and priorities(cloud) == WAS
    assert not drain(state="in_service")["changed"]


def test_one_that_is_not_active_stays_so(cloud, drain):
    assert drain("hv2")["changed"]
    assert drain("hv2", "in_service")["changed"] and priorities(cloud) == WAS


def test_the_last_one_is_not_drained(cloud, drain):
    drain("hv2")
    before = priorities(cloud)
    refused = drain("hv1", fails=True)
    assert [error["message"] for error in refused["errors"]] == [
        "HA_Chassis_Group group has only chassis that are drained, too: hv2",
        "Logical_Router_Port r-outside has only chassis that are drained, too: hv2",
    ]
    assert priorities(cloud) == before
    cloud.nbctl("lrp-del-gateway-chassis", "r-outside", "hv2")
    try:
        assert "Logical_Router_Port r-outside is on no other chassis" in drain("hv1", fails=True)["msg"]
    finally:
        cloud.nbctl("lrp-set-gateway-chassis", "r-outside", "hv2", "10")


def test_what_nobody_drained_is_left_alone(cloud, drain):
    drain()
    # Somebody else gives hv1 a priority of their own in the group
    row = cloud.nbctl("--bare", "--columns=_uuid", "find", "HA_Chassis", "chassis_name=hv1").strip()
    cloud.nbctl(
        "set",
        "HA_Chassis",
        row,
        "priority=7",
        "--",
        "remove",
        "HA_Chassis",
        row,
        "external_ids",
        "virtnet-drained-priority",
    )
    try:
        drain(state="in_service")
        assert priorities(cloud)["HA_Chassis", "hv1"] == (7, {})
        assert priorities(cloud)["Gateway_Chassis", "hv1"] == (20, {})
    finally:
        cloud.nbctl("set", "HA_Chassis", row, "priority=30")


def test_nobody_lower_than_nobody(cloud, drain):
    row = cloud.nbctl("--bare", "--columns=_uuid", "find", "HA_Chassis", "chassis_name=hv2").strip()
    cloud.nbctl("set", "HA_Chassis", row, "priority=0")
    try:
        assert "the others have the priority 0" in drain(fails=True)["msg"]
    finally:
        cloud.nbctl("set", "HA_Chassis", row, "priority=25")


def test_an_unknown_chassis_and_a_pinned_router(cloud, drain):
    assert "names the chassis 'hv9'" in drain("hv9", fails=True)["msg"]
    cloud.nbctl("lr-add", "pinned", "--", "set", "Logical_Router", "pinned", "options:chassis=hv1")
    try:
        done = drain()
        assert done["pinned"] == ["pinned"] and "pinned to hv1" in str(done["warnings"][0])
    finally:
        cloud.nbctl("lr-del", "pinned")


def test_one_who_does_not_take_over_is_told(drain):
    late = drain(fails=True, options={"wait": True, "wait_timeout": 0.5})
    assert (
        late["committed"] and "after 0.5 s hv1 is not drained: HA_Chassis_Group group is on no chassis" in late["msg"]
    )
    assert not drain()["changed"]


@pytest.fixture
def claim(cloud):
    """Binds the gateway ports to a chassis, or to none. Nobody claims them here, see above: as if ovn-controller had."""
    ids = {row["name"]: row["_uuid"][1] for row in cloud.rows("--columns=_uuid,name", "list", "Chassis")}
    ports = {
        row["logical_port"]: row["_uuid"][1]
        for row in cloud.rows("--columns=_uuid,logical_port", "list", "Port_Binding")
    }

    def bind(chassis, *names):
        for name in names or ("r-outside", "r-beyond"):
            value = f"chassis={ids[chassis]}" if chassis else "chassis=[]"
            cloud.sbctl("set", "Port_Binding", ports["cr-" + name], value)

    for host in cloud.chassis:
        host.signal("ovn-controller", signal.SIGSTOP)
    try:
        yield bind
    finally:
        bind(None)
        for host in cloud.chassis:
            host.signal("ovn-controller", signal.SIGCONT)


@pytest.fixture
def meanwhile():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        yield pool.submit


def test_it_is_over_when_all_ports_are_where_they_shall_be_and_the_flows_are_there(
    cloud, drain, claim, meanwhile, reached
):
    claim("hv1")
    wait = {"wait": True, "wait_timeout": 60}
    for state, old, new in (("drained", "hv1", "hv2"), ("in_service", "hv2", "hv1")):
        done = meanwhile(drain, state=state, options=wait)
        cloud.nbctl(
            "wait-until", "Gateway_Chassis", gateway_of(cloud, "hv1"), "priority=%d" % (0 if new == "hv2" else 20)
        )
        claim(None)
        claim(new, "r-outside")
        assert not done.done()
        claim(new, "r-beyond")
        with pytest.raises(concurrent.futures.TimeoutError):
            done.result(0.5)  # the new one has no flows yet
        reached(new)
        result = done.result(30)  # the old one, which is held, is not waited for
        assert [place["active"] for place in result["gateways"]] == [[new], [new]]
        assert (result["handing_over"], result["taking_over"]) == ([old], [new])


def test_one_without_flows_is_told_and_one_that_only_sends_is_a_warning(cloud, drain, claim, meanwhile, reached):
    def moves(**more):
        claim("hv1")
        done = meanwhile(drain, options={"wait": True, "wait_timeout": 3}, **more)
        cloud.nbctl("wait-until", "Gateway_Chassis", gateway_of(cloud, "hv1"), "priority=0")
        claim("hv2")
        return done

    late = moves(fails=True).result(30)
    assert late["committed"] and "after 3 s these chassis have not reached nb_cfg" in late["msg"]
    assert re.search(r"nb_cfg \d+: hv2; behind are: hv1 \(at \d+\), hv2 \(at \d+\)", late["msg"])
    drain(state="in_service")
    cloud.sbctl("create", "Chassis_Private", "name=lost")
    try:
        done = moves()
        reached("hv2")
        (warning,) = done.result(30)["warnings"]
    finally:
        cloud.sbctl("destroy", "Chassis_Private", "lost")
    assert re.search(r"after 3 s these chassis have not reached nb_cfg \d+: lost; behind are: hv1", str(warning))


def test_nobody_is_held_where_nothing_moves(drain, claim):
    claim("hv1")
    assert (drain("hv2")["handing_over"], drain("hv2", "in_service")["handing_over"]) == ([], [])
    assert drain("hv1", check=True)["handing_over"] == ["hv1"]


@pytest.fixture
def reached(cloud):
    """Has a chassis tell that its flows are there. Their ovn-controllers are stopped, see above."""

    def tell(chassis):
        cloud.sbctl(
            "set", "Chassis_Private", chassis, "nb_cfg=" + cloud.nbctl("get", "NB_Global", ".", "nb_cfg").strip()
        )

    return tell


def gateway_of(cloud, chassis):
    return cloud.nbctl("--bare", "--columns=_uuid", "find", "Gateway_Chassis", f"chassis_name={chassis}").strip()


GATEWAY = {"port": "r-outside", "mac": "02:00:00:00:00:01", "ip": "192.0.2.1", "localnet_port": "outside-localnet"}


def frames(host):
    """How many frames the bridge of the physical network has sent to its host."""
    return int(re.search(r"tx pkts=(\d+)", host.ofctl("dump-ports", "br-phy", "LOCAL")).group(1))


def announce(host, **more):
    return run_module("ovn_gateway_announce", {"gateways": [GATEWAY]}, host.env, **more)


def test_it_is_announced_where_it_is(cloud, claim):
    """The frames enter br-phy by OVN's patch port, so that the bridge learns the router's MAC address there."""
    host, other = cloud.chassis
    claim("hv1")
    sent = frames(host), frames(other)
    assert announce(host, check=True)["announced"] == ["r-outside"]
    assert announce(other)["announced"] == []
    assert (frames(host), frames(other)) == sent
    done = announce(host)
    assert done["announced"] == ["r-outside"] and not done["changed"]
    number = host.ofport("patch-outside-localnet-to-br-int")
    assert any(
        line.split()[0] == str(number) and GATEWAY["mac"] in line
        for line in host.appctl("fdb/show", "br-phy").splitlines()[1:]
    )
    assert frames(host) == sent[0] + 3  # one may be lost
    quiet = {"gateways": [GATEWAY], "state": "silenced"}
    assert run_module("ovn_gateway_announce", quiet, host.env)["silenced"] == []
    drop = f"priority=65535,arp,in_port={other.ofport('patch-outside-localnet-to-br-int')},dl_src={GATEWAY['mac']} actions=drop"
    assert run_module("ovn_gateway_announce", quiet, other.env, check=True)["silenced"] == ["r-outside"]
    assert drop not in other.ofctl("--no-names", "dump-flows", "br-phy")
    assert run_module("ovn_gateway_announce", quiet, other.env)["silenced"] == ["r-outside"]
    there = other.ofctl("--no-names", "dump-flows", "br-phy")
    assert drop in there and "hard_timeout=5," in there
    claim("hv2")
    assert announce(other)["announced"] == ["r-outside"]  # which ends the silence
    assert drop not in other.ofctl("--no-names", "dump-flows", "br-phy")
    assert run_module("ovn_gateway_announce", {"gateways": []}, host.env)["announced"] == []
    wrong = run_module("ovn_gateway_announce", {"gateways": [{**GATEWAY, "mac": "router"}]}, host.env, fails=True)
    assert wrong["msg"].startswith("gateways[0].mac: 'router' is no MAC address")


def test_nothing_is_held_that_would_not_be_let_go(cloud, tmp_path):
    """Without a timer ovn-controller is not stopped; in check mode neither. On lab hosts, with a systemd: tests/central/gateway."""
    host = cloud.chassis[0]
    for name, does in (("systemd-run", "echo no bus >&2; exit 1"), ("systemctl", "exit 3")):
        (tmp_path / name).write_text("#!/bin/sh\n%s\n" % does)
        (tmp_path / name).chmod(0o755)
    env = {**host.env, "PATH": "%s:%s" % (tmp_path, os.environ["PATH"])}
    here = {"ovn_rundir": str(host.rundir)}

    def state():
        pid = (host.rundir / "ovn-controller.pid").read_text().strip()
        return pathlib.Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]

    would = run_module("ovn_gateway_hold", here, env, check=True)
    assert would["changed"] and would["diff"] == {"before": {"held": False}, "after": {"held": True}}
    refused = run_module("ovn_gateway_hold", here, env, fails=True)
    assert refused["msg"] == "no timer that is to end it, so it was not begun: no bus" and state() != "T"
    assert not run_module("ovn_gateway_hold", {**here, "state": "released"}, env)["changed"]
    assert "hold_timeout: 0" in run_module("ovn_gateway_hold", {**here, "hold_timeout": 0}, env, fails=True)["msg"]
    nobody = {"ovn_rundir": str(tmp_path)}
    assert run_module("ovn_gateway_hold", nobody, env, fails=True)["msg"] == "ovn-controller does not run on this host"
    assert not run_module("ovn_gateway_hold", {**nobody, "state": "released"}, env)["held"]
    host.signal("ovn-controller", signal.SIGSTOP)
    try:
        until(lambda: state() == "T", "it is stopped")
        for wanted in ("held", "released"):
            other = run_module("ovn_gateway_hold", {**here, "state": wanted}, env, fails=True)
            assert other["msg"].startswith("ovn-controller is stopped, and not by this module: kill -CONT")
            assert state() == "T"
    finally:
        host.signal("ovn-controller", signal.SIGCONT)
