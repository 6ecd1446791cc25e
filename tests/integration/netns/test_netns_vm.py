# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netns_vm against a real Open vSwitch and the kernel; ``ip``, ``ethtool`` and ``ovs-vsctl`` say what it did."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from tests.support.waiting import until

VM1 = {
    "name": "vm1",
    "mac": "02:AC:10:FF:00:11",
    "addresses": ["192.168.100.10/24", "fd00:100::10/64"],
    "routes": [
        {"dst": "default", "via": "192.168.100.1"},
        {"dst": "default", "via": "FD00:100::1"},
        {"dst": "10.0.0.7/8", "via": "192.168.100.2", "metric": 50},
    ],
    "neighbours": [{"ip": "192.168.100.1", "lladdr": "02:00:00:00:00:01"}],
    "mtu": 1400,
    "iface_id": "ls1-vm1",
    "wait": False,
}
TYPES = ["internal", "veth"]


def inside(host, name="vm1", link=None):
    """What iproute2 sees in the namespace."""
    link = link or name
    [device] = host.ip("-n", name, "addr", "show", "dev", link)
    routes = host.ip("-n", name, "-4", "route") + host.ip("-n", name, "-6", "route")
    neighbours = host.ip("-n", name, "neigh", "show", "nud", "permanent")
    return {
        "mac": device["address"],
        "mtu": device["mtu"],
        "up": "UP" in device["flags"],
        "addresses": sorted(f"{a['local']}/{a['prefixlen']}" for a in device["addr_info"] if a["scope"] == "global"),
        "tentative": [a["local"] for a in device["addr_info"] if a["scope"] == "global" and a.get("tentative")],
        "routes": sorted(
            f"{r['dst']} {r.get('gateway')} {r.get('metric', 0)}" for r in routes if r.get("protocol") != "kernel"
        ),
        "neighbours": sorted(f"{n['dst']} {n['lladdr']}" for n in neighbours),
    }


AS_WANTED = {
    "mac": "02:ac:10:ff:00:11",
    "mtu": 1400,
    "up": True,
    "addresses": ["192.168.100.10/24", "fd00:100::10/64"],
    "tentative": [],
    "routes": ["10.0.0.0/8 192.168.100.2 50", "default 192.168.100.1 0", "default fd00:100::1 1024"],
    "neighbours": ["192.168.100.1 02:00:00:00:00:01"],
}


def both(host, **arguments):
    """Check mode, the run, and the run again: the first two agree, the last changes nothing."""
    planned = host.module("netns_vm", check=True, **arguments)
    done = host.module("netns_vm", **arguments)
    assert planned["changed"] is done["changed"]
    assert planned["diff"] == done["diff"]
    again = host.module("netns_vm", **arguments)
    assert again["changed"] is False
    assert again["diff"] == {"before": {}, "after": {}}
    return done


@pytest.mark.parametrize("kind", TYPES)
def test_create_change_remove(host, kind):
    host.module("netns_vm", check=True, **VM1, type=kind)
    assert host.namespaces() == []
    assert host.vsctl("list-ports", "br-int") == ""

    done = both(host, **VM1, type=kind)
    assert done["changed"]
    assert inside(host) == AS_WANTED
    assert host.get("vm1", "external_ids:iface-id") == "ls1-vm1"
    assert host.get("vm1", "type") == ("internal" if kind == "internal" else '""')
    assert host.ip("-n", "vm1", "link", "show", "lo")[0]["flags"][1] == "UP"
    assert host.links() == ([] if kind == "internal" else ["vm1"])
    [vm] = done["objects"]
    assert vm["ofport"] == int(host.get("vm1", "ofport"))
    assert {key: value for key, value in vm.items() if key not in ("changed", "ofport")} == done["diff"]["after"]["vm1"]

    done = both(host, name="vm1", type=kind, wait=False, addresses=["192.168.100.12/24"], mtu=1450, iface_id="ls1-vm9")
    assert done["changed"]
    assert done["diff"]["before"]["vm1"]["mtu"] == 1400
    now = inside(host)
    assert (now["addresses"], now["mtu"]) == (["192.168.100.12/24"], 1450)
    for untouched in ("mac", "neighbours", "routes"):
        assert now[untouched] == AS_WANTED[untouched]
    assert host.get("vm1", "external_ids:iface-id") == "ls1-vm9"

    done = both(host, name="vm1", type=kind, wait=False, addresses=[], routes=[], neighbours=[], iface_id="")
    assert inside(host)["addresses"] == inside(host)["routes"] == inside(host)["neighbours"] == []
    assert host.get("vm1", "external_ids") == "{}"

    done = both(host, name="vm1", state="absent")
    assert done["changed"]
    assert host.namespaces() == []
    assert host.vsctl("list-ports", "br-int") == ""
    assert host.links() == []


@pytest.mark.parametrize("kind", TYPES)
def test_new_mac_on_a_running_vm(host, kind):
    """The kernel forgets all neighbours: what the task does not mention must survive."""
    host.module("netns_vm", **VM1, type=kind)
    index = host.ip("-n", "vm1", "link", "show", "vm1")[0]["ifindex"]
    done = both(host, name="vm1", type=kind, mac="02:ac:10:ff:00:13", wait=False)
    assert done["changed"]
    assert inside(host) == {**AS_WANTED, "mac": "02:ac:10:ff:00:13"}
    assert host.ip("-n", "vm1", "link", "show", "vm1")[0]["ifindex"] == index

    both(
        host,
        name="vm1",
        type=kind,
        mac="02:ac:10:ff:00:11",
        wait=False,
        neighbours=[
            {"ip": "192.168.100.1", "lladdr": "02:00:00:00:00:02"},
            {"ip": "fd00:100::1", "lladdr": "02:00:00:00:00:02"},
        ],
    )
    assert inside(host)["neighbours"] == ["192.168.100.1 02:00:00:00:00:02", "fd00:100::1 02:00:00:00:00:02"]


@pytest.mark.parametrize("kind", TYPES)
def test_a_name_alone_asks_in_check_mode(host, kind):
    """As the role ovn_packet_trace does: which logical port, which addresses?"""
    host.module("netns_vm", **VM1, type=kind)
    asked = host.module("netns_vm", name="vm1", type=kind, check=True)
    [vm] = asked["objects"]
    assert (vm["iface_id"], sorted(vm["addresses"])) == ("ls1-vm1", VM1["addresses"])


def test_secondary_addresses_survive_their_first(host):
    """The kernel removes a network's other addresses with its first one."""
    host.module("netns_vm", name="vm1", addresses=["10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24"])
    both(host, name="vm1", addresses=["10.0.0.2/24", "10.0.0.3/24"])
    assert inside(host)["addresses"] == ["10.0.0.2/24", "10.0.0.3/24"]


def test_routes_that_go_with_the_last_address(host):
    """The kernel drops all of a device's IPv4 routes with it: those that are still possible are put back."""
    host.module("netns_vm", **VM1)
    both(host, name="vm1", addresses=["10.7.0.1/24"], wait=False)
    assert inside(host)["routes"] == ["default fd00:100::1 1024"]
    host.module(
        "netns_vm", name="vm1", routes=[{"dst": "10.99.0.0/16"}, {"dst": "default", "via": "10.7.0.254"}], wait=False
    )
    both(host, name="vm1", addresses=["10.7.0.2/24"], wait=False)
    assert inside(host)["routes"] == ["10.99.0.0/16 None 0", "default 10.7.0.254 0"]


def test_a_route_is_edited_in_place_and_others_are_removed(host):
    host.module("netns_vm", **VM1)
    host.run("ip", "-n", "vm1", "route", "add", "10.9.0.0/16", "via", "192.168.100.7")
    host.run(
        "ip",
        "-n",
        "vm1",
        "route",
        "add",
        "10.8.0.0/16",
        "nexthop",
        "via",
        "192.168.100.7",
        "nexthop",
        "via",
        "192.168.100.8",
    )
    both(host, name="vm1", wait=False, routes=[{"dst": "default", "via": "192.168.100.254"}])
    assert inside(host)["routes"] == ["default 192.168.100.254 0"]


def test_routes_through_a_network_on_the_link(host):
    both(
        host,
        name="vm1",
        addresses=["10.0.0.1/32"],
        routes=[{"dst": "default", "via": "169.254.1.1"}, {"dst": "169.254.1.1/32"}],
    )
    assert inside(host)["routes"] == ["169.254.1.1 None 0", "default 169.254.1.1 0"]


def test_the_keys_of_others_stay(host):
    host.module("netns_vm", **VM1)
    host.vsctl(
        "set",
        "Interface",
        "vm1",
        "external_ids:note=theirs",
        "--",
        "set",
        "Port",
        "vm1",
        "external_ids:note=theirs",
        "tag=7",
    )
    both(host, name="vm1", iface_id="other", wait=False)
    assert host.get("vm1", "external_ids") == "{iface-id=other, note=theirs}"
    assert host.vsctl("get", "Port", "vm1", "external_ids:note") == "theirs"
    assert host.vsctl("get", "Port", "vm1", "tag") == "7"


def test_checksum_offload(host):
    """In user space, OVS drops what a veth end leaves to the device: it is off unless the task says on."""
    host.module("netns_vm", name="vm1", type="veth")

    def tx():
        return "tx-checksumming: on" in host.run("ip", "netns", "exec", "vm1", "ethtool", "-k", "vm1")

    assert not tx()
    both(host, name="vm1", type="veth", offloads={"tx": True, "gro": True})
    assert tx()
    both(host, name="vm1", type="veth")
    assert not tx()


def test_an_offload_that_the_device_refuses(host):
    failed = host.module("netns_vm", name="vm1", offloads={"tx": True}, fails=True)
    assert failed["msg"].startswith("offloads.tx: vm1: the device ")


def test_many_at_once(host):
    objects = [
        {"name": f"vm{n}", "mac": f"02:00:00:00:01:{n:02x}", "addresses": [f"10.1.0.{n}/24"], "iface_id": f"p{n}"}
        for n in range(1, 9)
    ]
    objects[3]["type"] = "veth"
    done = both(host, objects=objects, mtu=1420, wait=False)
    assert [vm["changed"] for vm in done["objects"]] == [True] * 8
    assert all(inside(host, f"vm{n}")["mtu"] == 1420 for n in range(1, 9))
    assert host.vsctl("get", "Interface", "vm4", "type") == '""'

    objects[0]["mac"] = "02:00:00:00:02:01"
    objects[7]["state"] = "absent"
    done = both(host, objects=objects, mtu=1420, wait=False)
    assert [vm["changed"] for vm in done["objects"]] == [True, *[False] * 6, True]
    assert sorted(done["diff"]["before"]) == ["vm1", "vm8"]
    assert "vm8" not in host.namespaces()

    both(host, state="absent", objects=[{"name": vm["name"]} for vm in objects])
    assert host.namespaces() == []
    assert host.links() == []


def test_port_with_a_name_of_its_own(host):
    both(host, name="vm1", port="tap-one", addresses=["10.0.0.1/24"])
    assert inside(host, link="tap-one")["addresses"] == ["10.0.0.1/24"]
    failed = host.module("netns_vm", name="vm1", fails=True)
    assert failed["msg"] == "port: the VM has the port tap-one already; a port is not renamed"
    both(host, name="vm1", state="absent")  # the port is found by its tag
    assert host.vsctl("list-ports", "br-int") == ""


# -- half-made ---------------------------------------------------------------------------------------------------------


def break_port_outside(host, kind):
    """Killed before the device got into the namespace, or, for a tap, ovs-vswitchd was started again."""
    if kind == "internal":
        host.stop("ovs-vswitchd")
        host.start_vswitchd()
        until(lambda: "vm1" in host.links(), "the tap is back, outside")
    else:
        host.run("ip", "-n", "vm1", "link", "del", "vm1")


def break_port_dead(host, kind):
    """ovs-vswitchd was started again, and is not yet done."""
    if kind == "internal":
        host.stop("ovs-vswitchd")
        host.daemons["ovs-vswitchd"] = subprocess.Popen(
            host.argv(
                "sh",
                "-c",
                f"sleep 1; exec ovs-vswitchd unix:{host.directory}/db.sock --pidfile --no-chdir -vconsole:off",
            ),
            env=host.env,
        )
    else:
        host.run("ip", "link", "set", "vm1", "down")


def break_namespace_gone(host, kind):
    host.run("ip", "netns", "del", "vm1")
    until(lambda: kind == "internal" or "vm1" not in host.links(), "the pair is gone")


def break_placeholder(host, kind):
    """Killed between making the file and binding the namespace to it."""
    break_namespace_gone(host, kind)
    host.run("touch", "/run/netns/vm1")


def break_no_port(host, kind):
    host.vsctl("del-port", "vm1")


def break_unplugged(host, kind):
    """Killed while ovs-vswitchd was to open the device anew."""
    host.vsctl("set", "Interface", "vm1", "type=null")


def break_down(host, kind):
    host.run("ip", "-n", "vm1", "link", "set", "vm1", "down")
    host.run("ip", "-n", "vm1", "link", "set", "lo", "down")
    if kind == "veth":
        host.run("ip", "link", "set", "vm1", "down")


BREAKS = [
    break_port_outside,
    break_port_dead,
    break_namespace_gone,
    break_placeholder,
    break_no_port,
    break_unplugged,
    break_down,
]


def passes_frames(host):
    """Whether the bridge sees what the VM sends: the one proof that ovs-vswitchd has the right device open."""
    host.run("ovs-ofctl", "add-flow", "br-int", "in_port=vm1,actions=drop")

    def received():
        host.run("ip", "netns", "exec", "vm1", "bash", "-c", "echo > /dev/udp/192.168.100.1/9", check=False)
        return "n_packets=0," not in host.run("ovs-ofctl", "dump-flows", "br-int", "in_port=vm1")

    return until(received, "the bridge receives what the VM sends", 10)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("damage", BREAKS)
def test_a_half_made_vm_is_finished(host, kind, damage):
    host.module("netns_vm", **VM1, type=kind)
    if damage is not break_no_port:
        host.vsctl("set", "Interface", "vm1", "external_ids:note=theirs")
    damage(host, kind)
    done = both(host, **VM1, type=kind)
    assert done["changed"]
    assert inside(host) == AS_WANTED
    assert host.links() == ([] if kind == "internal" else ["vm1"])
    assert passes_frames(host)
    if damage is not break_no_port:
        assert host.get("vm1", "external_ids:note") == "theirs"


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("damage", BREAKS)
def test_a_half_made_vm_is_removed(host, kind, damage):
    host.module("netns_vm", **VM1, type=kind)
    damage(host, kind)
    assert both(host, name="vm1", state="absent")["changed"]
    assert host.namespaces() == []
    assert host.vsctl("list-ports", "br-int") == ""
    assert until(lambda: host.links() == [], "no device is left")


def test_killed_at_any_moment(host):
    """Each next run, whatever the one before has left, ends with the VM as wanted, or with nothing."""
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**VM1, "_ansible_remote_tmp": host.directory, "objects": None}})
    started = time.monotonic()
    host.module("netns_vm", **VM1)
    whole = time.monotonic() - started
    for step in range(12):
        host.module("netns_vm", name="vm1", state="absent")
        process = subprocess.Popen(
            host.command("netns_vm"), env=host.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        process.stdin.write(arguments.encode())
        process.stdin.close()
        time.sleep(
            whole * (0.55 + step * 0.04)
        )  # the moment is the point: from before the first change to after the last
        process.kill()
        process.wait()
        if step % 3:
            host.module("netns_vm", **VM1)
            assert inside(host) == AS_WANTED
    host.module("netns_vm", name="vm1", state="absent")
    assert (host.namespaces(), host.links(), host.vsctl("list-ports", "br-int")) == ([], [], "")


# -- whose it is ---------------------------------------------------------------------------------------------------------


def test_a_namespace_of_somebody_else(host):
    host.run("ip", "netns", "add", "vm1")
    for state in ("present", "absent"):
        failed = host.module("netns_vm", name="vm1", state=state, fails=True)
        assert (
            failed["msg"] == "name: the namespace vm1 exists and was not made by this module; adopt: true takes it over"
        )
    assert host.namespaces() == ["vm1"]
    both(host, name="vm1", adopt=True)
    both(host, name="vm1", state="absent")
    assert host.namespaces() == []


def test_a_port_of_somebody_else(host):
    host.vsctl("add-port", "br-int", "vm1", "--", "set", "Interface", "vm1", "type=internal")
    for state in ("present", "absent"):
        failed = host.module("netns_vm", name="vm1", state=state, fails=True)
        assert "the port vm1 exists on the bridge br-int and was not made by this module" in failed["msg"]
    assert host.namespaces() == []
    assert host.vsctl("list-ports", "br-int") == "vm1"


def test_a_vm_made_by_hand_is_adopted_as_it_is(host):
    host.vsctl(
        "add-port", "br-int", "vm1", "--", "set", "Interface", "vm1", "type=internal", "external_ids:iface-id=ls1-vm1"
    )
    host.run("ip", "netns", "add", "vm1")
    host.run("ip", "link", "set", "vm1", "netns", "vm1")
    host.run("ip", "-n", "vm1", "link", "set", "vm1", "up", "address", "02:ac:10:ff:00:11", "mtu", "1400")
    host.run("ip", "-n", "vm1", "addr", "add", "192.168.100.10/24", "dev", "vm1")
    index = host.ip("-n", "vm1", "link", "show", "vm1")[0]["ifindex"]
    both(host, **VM1, adopt=True)
    assert inside(host) == AS_WANTED
    assert host.ip("-n", "vm1", "link", "show", "vm1")[0]["ifindex"] == index


def test_a_port_of_another_vm(host):
    host.module("netns_vm", name="vm1")
    failed = host.module("netns_vm", name="vm2", port="vm1", adopt=True, fails=True)
    assert failed["msg"] == "port: vm1 belongs to the VM vm1"
    assert host.namespaces() == ["vm1"]


def test_a_device_of_the_host(host):
    host.run("ip", "link", "add", "vm1", "type", "veth", "peer", "vm1p")
    failed = host.module("netns_vm", name="vm1", fails=True)
    assert failed["msg"] == "port: a network device vm1 exists already, and is not a port of Open vSwitch"
    assert (host.namespaces(), host.links()) == ([], ["vm1", "vm1p"])


def test_a_logical_port_that_is_taken(host):
    host.module("netns_vm", **VM1)
    failed = host.module("netns_vm", name="vm2", iface_id="ls1-vm1", fails=True)
    assert failed["msg"] == "iface_id: ls1-vm1 is already that of the interface vm1 on this host"


def test_what_is_not_changed_on_a_vm(host):
    host.vsctl("add-br", "br-two", "--", "set", "Bridge", "br-two", "datapath_type=netdev")
    host.module("netns_vm", name="vm1")
    failed = host.module("netns_vm", name="vm1", bridge="br-two", type="veth", fails=True)
    assert failed["msg"].splitlines() == [
        "bridge: the port is on the bridge br-int; a VM is not moved: remove it first",
        "type: the port is of type internal; it is not changed on a VM: remove it first",
    ]


# -- bad input, faults ------------------------------------------------------------------------------------------------


def test_no_bridge(host):
    failed = host.module("netns_vm", name="vm1", bridge="br-none", fails=True)
    assert failed["msg"] == "bridge: there is no bridge br-none on this host"
    planned = host.module("netns_vm", name="vm1", bridge="br-none", check=True)
    assert planned["changed"]
    assert planned["unresolved"] == ["bridge br-none"]
    assert planned["warnings"] == ["bridge: there is no bridge br-none on this host"]
    assert host.namespaces() == []


def test_a_gateway_out_of_reach_writes_nothing(host):
    failed = host.module(
        "netns_vm", name="vm1", addresses=["10.0.0.1/24"], routes=[{"dst": "default", "via": "10.0.1.1"}], fails=True
    )
    assert failed["msg"] == "routes: the gateway 10.0.1.1 of 0.0.0.0/0 is on none of the VM's networks (10.0.0.1/24)"
    assert host.namespaces() == []


def test_no_open_vswitch(host):
    failed = host.module("netns_vm", name="vm1", fails=True, env={"OVS_RUNDIR": "/nowhere"})
    assert failed["msg"].startswith(
        "a VM needs Open vSwitch on its host: cannot use the database Open_vSwitch: unix:/nowhere/db.sock: "
    )
    assert host.namespaces() == []


@pytest.mark.parametrize("kind", TYPES)
def test_a_vswitchd_that_hangs(host, kind):
    """The time is kept, and what was begun is taken back."""
    host.daemons["ovs-vswitchd"].send_signal(signal.SIGSTOP)
    started = time.monotonic()
    try:
        failed = host.module("netns_vm", **VM1, type=kind, timeout=1.5, fails=True)
    finally:
        host.daemons["ovs-vswitchd"].send_signal(signal.SIGCONT)
    assert time.monotonic() - started < 5
    assert failed["msg"] == "ovs-vswitchd did not take up the change within 1.5 s (is it running?)"
    assert host.namespaces() == []
    assert host.vsctl("list-ports", "br-int") == ""
    until(lambda: host.links() == [], "nothing is left outside")
    both(host, **VM1, type=kind)


def test_vswitchd_refuses_the_port(host):
    """A datapath of an unknown type: the bridge's row is there, and no device will ever be."""
    host.vsctl("--no-wait", "add-br", "br-bad", "--", "set", "Bridge", "br-bad", "datapath_type=nonsense")
    failed = host.module("netns_vm", name="vm1", bridge="br-bad", fails=True)
    assert failed["msg"].startswith("port: vm1: ovs-vswitchd did not make the device vm1: ")
    assert (host.namespaces(), host.links(), host.vsctl("list-ports", "br-bad")) == ([], [], "")


def test_without_pyroute2(host, tmp_path):
    (tmp_path / "pyroute2.py").write_text("raise ImportError('no')\n")
    failed = host.module("netns_vm", name="vm1", fails=True, env={"PYTHONPATH": str(tmp_path)})
    assert "Failed to import the required Python library (pyroute2)" in failed["msg"]


def test_processes_in_a_removed_namespace_are_told(host):
    host.module("netns_vm", name="vm1")
    process = subprocess.Popen(host.argv("ip", "netns", "exec", "vm1", "sleep", "60"))
    try:
        until(lambda: pathlib.Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n", "it runs there")
        done = host.module("netns_vm", name="vm1", state="absent")
        assert done["warnings"] == [
            f"vm1: processes still run in its namespace, now without a network: {process.pid} (sleep)"
        ]
    finally:
        process.kill()
        process.wait()


# -- waiting ------------------------------------------------------------------------------------------------------------


def test_waits_for_ovn_installed(host):
    process = subprocess.Popen(host.command("netns_vm"), env=host.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(
        json.dumps({"ANSIBLE_MODULE_ARGS": {**VM1, "wait": True, "_ansible_remote_tmp": host.directory}}).encode()
    )
    process.stdin.close()
    until(lambda: host.namespaces() and "vm1" in host.vsctl("list-ports", "br-int"), "the port is there")
    time.sleep(0.5)
    assert process.poll() is None  # it waits
    host.vsctl("set", "Interface", "vm1", "external_ids:ovn-installed=true")
    assert json.loads(process.stdout.read())["changed"] is True
    process.wait()
    process.stdout.close()
    # Nothing to change and nothing to wait for
    started = time.monotonic()
    assert host.module("netns_vm", **{**VM1, "wait": True})["changed"] is False
    assert time.monotonic() - started < 3


WHY = {
    "this host is no chassis": [],
    "ovn-controller does not run on this host": [
        "set",
        "Open_vSwitch",
        ".",
        "external_ids:ovn-remote=tcp:192.0.2.1:6642",
    ],
    "it is on the bridge br-int, and ovn-controller manages br-ovn": [
        "set",
        "Open_vSwitch",
        ".",
        "external_ids:ovn-bridge=br-ovn",
    ],
}


@pytest.mark.parametrize("reason", WHY)
def test_waiting_in_vain_says_what_was_missing(host, reason):
    if WHY[reason]:
        host.vsctl(*WHY[reason])
    failed = host.module("netns_vm", **{**VM1, "wait": True}, wait_timeout=0.3, fails=True)
    assert failed["msg"].startswith(
        f"vm1: ovn-controller did not install the port vm1 (iface_id ls1-vm1) within 0.3 s: {reason}"
    )
    assert failed["committed"] is True
    assert failed["changed"] is True
    assert inside(host) == AS_WANTED


def test_a_controller_that_runs_and_does_not_bind(host):
    host.vsctl("set", "Open_vSwitch", ".", "external_ids:ovn-remote=tcp:192.0.2.1:6642")
    pidfile = pathlib.Path(host.directory, "ovn-controller.pid")
    pidfile.write_text(str(os.getpid()))
    try:
        failed = host.module("netns_vm", **{**VM1, "wait": True}, wait_timeout=0, fails=True)
    finally:
        pidfile.unlink()
    assert "is there a logical switch port ls1-vm1 in the northbound database" in failed["msg"]


def test_a_new_logical_port_is_waited_for_anew(host):
    """What ovn-controller said of the old one must not be taken for the new one."""
    host.module("netns_vm", **VM1)
    host.vsctl("set", "Interface", "vm1", "external_ids:ovn-installed=true")
    failed = host.module("netns_vm", name="vm1", iface_id="ls1-vm2", wait_timeout=0.2, fails=True)
    assert "did not install the port vm1 (iface_id ls1-vm2)" in failed["msg"]
