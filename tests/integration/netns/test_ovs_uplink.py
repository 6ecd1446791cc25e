# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovs_uplink and host_info on a host of its own, joined to a neighbour by a cable: ``ip`` and ``ovs-vsctl`` say what they did."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys

import pytest

UPLINK = {"bridge": "br-ex", "interface": "eth0", "physical_network": "physnet1", "datapath_type": "netdev"}
ADDRESSES = ["10.9.0.1/24", "10.9.0.5/24", "fd00:9::1/64"]


def give(host):
    for address in ADDRESSES:
        host.run("ip", "addr", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else ["brd", "+"]))


@pytest.fixture
def nic(host):
    """A NIC as an installer leaves it: addresses, routes; and a neighbour who can be reached by it."""
    host.run("ip", "netns", "add", "neighbour")
    host.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far", "netns", "neighbour")
    host.run("ip", "link", "set", "eth0", "up", "address", "02:00:00:00:09:01")
    for command in (
        ["link", "set", "far", "up"], ["link", "set", "lo", "up"], ["addr", "add", "10.9.0.2/24", "dev", "far"],
        ["addr", "add", "fd00:9::2/64", "dev", "far", "nodad"],
    ):  # fmt: skip
        host.run("ip", "-n", "neighbour", *command)
    host.run("ip", "netns", "exec", "neighbour", "ethtool", "-K", "far", "tx", "off")
    give(host)
    host.run(
        "ip",
        "route",
        "add",
        "default",
        "via",
        "10.9.0.2",
        "dev",
        "eth0",
        "metric",
        "50",
        "mtu",
        "1400",
        "src",
        "10.9.0.5",
    )
    host.run("ip", "route", "add", "10.77.0.0/16", "via", "10.9.0.2", "dev", "eth0", "table", "77")
    host.run("ip", "-6", "route", "add", "default", "via", "fd00:9::2", "dev", "eth0")
    return host


def addresses(host, device):
    [found] = host.ip("addr", "show", "dev", device)
    return sorted(f"{a['local']}/{a['prefixlen']}" for a in found["addr_info"] if a["scope"] == "global")


def routes(host):
    found = host.ip("route", "show", "table", "all")
    return sorted(
        (r["dst"], r.get("gateway"), r["dev"], r.get("metric"), r.get("prefsrc"), r.get("table"), str(r.get("metrics")))
        for r in found
        if r.get("protocol") != "kernel" and r.get("type", "unicast") == "unicast"
    )


def by(device, found):
    return sorted((r[0], r[1], device, *r[3:]) for r in found)


def both(host, **arguments):
    """Check mode says the same as the run, and changes nothing; a second run has nothing to do."""
    seen = (addresses(host, "eth0"), routes(host), host.vsctl("list-br"))
    planned = host.module("ovs_uplink", check=True, **arguments)
    assert (addresses(host, "eth0"), routes(host), host.vsctl("list-br")) == seen
    done = host.module("ovs_uplink", **arguments)
    assert planned["changed"] is done["changed"]
    assert planned["diff"] == done["diff"]
    assert planned["objects"] == done["objects"]
    assert planned["bridge_mappings"] == done["bridge_mappings"]
    again = host.module("ovs_uplink", **arguments)
    assert again["changed"] is False
    assert again["diff"] == {"before": {}, "after": {}}
    return done


# What the neighbour sends is answered by a server on the host, so a packet that the host gets twice comes back twice
_SERVER = """
import socket
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.bind(("::", 7))
print("ready", flush=True)
while True:
    data, client = server.recvfrom(100)
    server.sendto(data, client)
"""
_CLIENT = """
import json, select, socket, sys, time
target, count, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
client = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
client.connect((target, 7))
got = []
def take(until):
    while (left := until - time.monotonic()) > 0:
        if select.select([client], [], [], left)[0]:
            try:
                got.append(int(client.recv(100)))
            except OSError:
                pass  # unreachable for a moment
print("started", flush=True)
for number in range(count):
    try:
        client.send(b"%d" % number)
    except OSError:
        pass
    take(time.monotonic() + pause)
take(time.monotonic() + 0.3)
print(json.dumps({"lost": count - len(set(got)), "twice": len(got) - len(set(got))}))
"""


class Echo:
    def __init__(self, host):
        self.host = host
        self.server = self._python(_SERVER)
        assert self.server.stdout.readline() == "ready\n"

    def _python(self, code, *arguments, within=()):
        return subprocess.Popen(
            self.host.argv(*within, sys.executable, "-c", code, *arguments),
            stdout=subprocess.PIPE,
            text=True,
            env=self.host.env,
        )

    def start(self, target, count, pause):
        client = self._python(_CLIENT, target, str(count), str(pause), within=("ip", "netns", "exec", "neighbour"))
        assert client.stdout.readline() == "started\n"
        return lambda: json.loads(client.communicate(timeout=30)[0])

    def __call__(self, target="10.9.0.1"):
        return self.start(target, 10, 0.02)()


@pytest.fixture
def echo(nic):
    echo = Echo(nic)
    yield echo
    echo.server.kill()
    echo.server.wait()
    echo.server.stdout.close()


FINE = {"lost": 0, "twice": 0}


def test_a_bridge_takes_over_and_gives_back(nic, echo):
    host, before = nic, routes(nic)
    assert len(before) == 3
    done = both(host, **UPLINK)
    assert done["changed"] is True
    assert done["objects"] == [
        {"bridge": "br-ex", "interface": "eth0", "state": "present", "changed": True, "addresses": ADDRESSES}
    ]
    assert addresses(host, "br-ex") == ADDRESSES
    assert addresses(host, "eth0") == []
    assert routes(host) == by("br-ex", before)
    [bridge] = host.ip("link", "show", "dev", "br-ex")
    assert bridge["address"] == "02:00:00:00:09:01"
    assert "UP" in bridge["flags"]
    assert host.vsctl("list-ports", "br-ex") == "eth0"
    assert host.vsctl("get", "Bridge", "br-ex", "datapath_type") == "netdev"
    assert host.vsctl("get", "Open_vSwitch", ".", "external_ids:ovn-bridge-mappings").strip('"') == "physnet1:br-ex"
    assert "tx-checksumming: off" in host.run("ethtool", "-k", "eth0")
    assert echo() == FINE
    assert echo("fd00:9::1") == FINE

    done = both(host, bridge="br-ex", state="absent")
    assert done["changed"] is True
    assert addresses(host, "eth0") == ADDRESSES
    assert routes(host) == before
    assert "br-ex" not in host.vsctl("list-br").split()
    assert "ovn-bridge-mappings" not in host.vsctl("get", "Open_vSwitch", ".", "external_ids")
    assert echo() == FINE


def test_a_connection_lives_on(nic, echo):
    """50 packets a second while it moves: what an SSH session of that moment would lose."""
    lost = echo.start("10.9.0.1", 150, 0.02)
    nic.module("ovs_uplink", **UPLINK)
    assert addresses(nic, "br-ex") == ADDRESSES
    lost = lost()["lost"]
    assert lost < 50, "less than a second"


def test_cut_off_in_the_middle_is_finished(nic):
    """The bridge has one of the addresses already, and a route: as a run that was killed leaves it."""
    before = routes(nic)
    nic.module("ovs_uplink", bridge="br-ex", datapath_type="netdev")
    nic.vsctl("add-port", "br-ex", "eth0")
    nic.run("ip", "link", "set", "br-ex", "up")
    nic.run("ip", "addr", "add", "10.9.0.1/24", "brd", "+", "dev", "br-ex")
    assert both(nic, **UPLINK)["changed"] is True
    assert addresses(nic, "br-ex") == ADDRESSES
    assert addresses(nic, "eth0") == []
    assert routes(nic) == by("br-ex", before)


def test_after_a_restart_of_the_host_it_is_done_again(nic, echo):
    """Open vSwitch remembers; the kernel has the addresses where the distribution gave them."""
    nic.module("ovs_uplink", **UPLINK)
    nic.stop("ovs-vswitchd")
    nic.run("ip", "link", "del", "br-ex", check=False)
    nic.start_vswitchd()
    nic.run("sh", "-c", "cd /proc/sys/net; echo 0 > ipv4/conf/eth0/rp_filter; echo 0 > ipv6/conf/eth0/disable_ipv6")
    give(nic)
    assert both(nic, **UPLINK)["changed"] is True
    assert addresses(nic, "br-ex") == ADDRESSES
    assert echo() == FINE


def test_other_mappings_stay(nic):
    nic.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-bridge-mappings=physnet0:br-0,physnet1:br-old")
    done = both(nic, **UPLINK)
    assert done["bridge_mappings"] == {"physnet0": "br-0", "physnet1": "br-ex"}
    assert both(nic, bridge="br-ex", state="absent")["bridge_mappings"] == {"physnet0": "br-0"}


def test_several_and_one_without_an_interface(nic):
    done = both(
        nic,
        datapath_type="netdev",
        objects=[{"bridge": "br-ex", "interface": "eth0"}, {"bridge": "br-1", "physical_network": "p1"}],
    )
    assert [found["changed"] for found in done["objects"]] == [True, True]
    assert addresses(nic, "br-ex") == ADDRESSES
    assert done["bridge_mappings"] == {"p1": "br-1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({**UPLINK, "interface": "eth9"}, "interface: this host has no network interface 'eth9'"),
        ({**UPLINK, "interface": "br-ex"}, "interface: 'br-ex' is the bridge itself"),
        ({**UPLINK, "physical_network": "a:b"}, "physical_network: 'a:b' has a comma or a colon in it"),
        ({"objects": [UPLINK, {**UPLINK, "bridge": "br-2", "physical_network": "x"}]}, "objects[1].interface: 'eth0' is given twice"),
        ({"objects": [{"interface": "eth0"}]}, "objects[0].bridge: is missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_done(nic, arguments, message):
    assert message in nic.module("ovs_uplink", fails=True, **arguments)["msg"]
    assert nic.vsctl("list-br") == "br-int"
    assert addresses(nic, "eth0") == ADDRESSES


def test_an_interface_of_another_bridge_is_refused(nic):
    nic.vsctl("add-br", "br-0", "--", "add-port", "br-0", "eth0")
    assert "br-0" in nic.module("ovs_uplink", fails=True, **UPLINK)["msg"]
    assert addresses(nic, "eth0") == ADDRESSES


def test_without_open_vswitch(nic):
    found = nic.module("ovs_uplink", fails=True, **UPLINK, env={"OVS_RUNDIR": "/nonexistent"})
    assert "/nonexistent/db.sock" in found["msg"]


def test_host_info(host):
    found = host.module("host_info")
    assert found["changed"] is False
    # What ovs-vswitchd was able to open says the same
    host.vsctl("--no-wait", "add-br", "br-sys", "--", "set", "Bridge", "br-sys", "datapath_type=system")
    host.run("ovs-appctl", "-t", "ovs-vswitchd", "vlog/list")
    host.vsctl("wait-until", "Open_vSwitch", ".", "cur_cfg>=0")
    works = "br-sys" in {link["ifname"] for link in host.ip("link")}
    assert found["datapath_type"] == ("system" if works else "netdev")
    assert found["os_family"] == "Debian"


_MOVABLE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.virtnet.ovn.plugins.module_utils._netns import uplink
print(json.dumps(uplink.Host().movable(sys.argv[2])))
"""


@pytest.mark.parametrize("given", ["by nobody", "by the distribution"])
def test_what_a_unit_brings_about_again(nic, again, given):
    """A tap is gone with ovs-vswitchd, and the addresses with it. What the interface has by then is right, and else what the bridge had."""
    nic.module("ovs_uplink", bridge="br-ext", interface="eth0", datapath_type="netdev")
    had, ways = addresses(nic, "br-ext"), routes(nic)
    path = str(pathlib.Path(__file__).resolve().parents[3] / "collections")
    kept = dict(
        zip(("addresses", "routes"), json.loads(nic.run(sys.executable, "-c", _MOVABLE, path, "br-ext")), strict=True)
    )
    nic.stop("ovs-vswitchd", signal.SIGKILL)
    nic.run("ip", "link", "delete", "br-ext")
    nic.start_vswitchd()
    nic.vsctl("set", "Bridge", "br-ext", "external_ids:seen=true")  # returns once ovs-vswitchd has made its devices
    assert addresses(nic, "br-ext") == [] and had
    if given == "by the distribution":
        nic.run("ip", "addr", "add", "10.9.0.77/24", "dev", "eth0")
    declared = {"br-ext": {"interface": "eth0", "datapath_type": "netdev", **kept}}
    for _turn in range(2):
        again("uplink", declared)
        if given == "by nobody":
            assert (addresses(nic, "br-ext"), routes(nic)) == (had, ways)
        else:
            assert addresses(nic, "br-ext") == ["10.9.0.77/24"]
        assert addresses(nic, "eth0") == []


@pytest.mark.parametrize("told_by", ["ovn-controller", "another"])
@pytest.mark.parametrize("given", [["10.9.0.5/24"], []], ids=["with addresses", "without"])
def test_what_waits_for_ovn_controller_forwards_where_that_waits_for_the_bridge(nic, again, told_by, given):
    nic.module("ovs_uplink", bridge="br-ext", interface="eth0", datapath_type="netdev")
    nic.vsctl("set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true")
    if told_by == "ovn-controller":
        nic.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-managed-flow-restore-wait=true")
    addresses = [{"family": 2, "address": given[0]}] if given else []
    for _turn in range(2):
        again(
            "uplink", {"br-ext": {"interface": "eth0", "datapath_type": "netdev", "addresses": addresses, "routes": []}}
        )
        left = nic.vsctl("--if-exists", "get", "Open_vSwitch", ".", "other_config:flow-restore-wait")
        assert left == ("" if told_by == "ovn-controller" and given else '"true"')
