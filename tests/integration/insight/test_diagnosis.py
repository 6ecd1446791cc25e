# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of the role ovn_diagnose see, of real databases and daemons without packets; and packets between namespaces of their own."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import threading
import uuid

import pytest

from tests.support import network
from tests.support.modules import run_module
from tests.support.waiting import until


@pytest.fixture(scope="module")
def look(cloud):
    return lambda fails=False, **arguments: run_module("ovn_diagnosis_info", arguments, cloud.env, fails=fails)


def way(found):
    return [hop["name"] for hop in found["path"]]


@pytest.mark.parametrize(
    ("destination", "kind", "ip", "path", "needed"),
    [
        ("ls1-vm2", "port", network.IP["vm2"], ["ls2", "router1", "ls1"], ["hv1", "hv2"]),
        ("192.168.101.1", "router_port", "192.168.101.1", ["ls2", "router1"], ["hv1"]),
        ("ls2-router1", "router_port", "192.168.101.1", ["ls2", "router1"], ["hv1"]),
        ("router1-ls1", "router_port", "192.168.100.1", ["ls2", "router1"], ["hv1"]),
        (network.IP["vm1"], "port", network.IP["vm1"], ["ls2", "router1", "ls1"], ["hv1"]),
        (network.VIP, "vip", network.VIP, ["ls2", "router1", "ls1"], ["hv1", "hv2"]),
        ("lb1", "vip", network.VIP, ["ls2", "router1", "ls1"], ["hv1", "hv2"]),
    ],
)  # fmt: skip
def test_the_two_ends_and_the_way(look, destination, kind, ip, path, needed):
    found = look(source="ls2-vm3", destination=destination)
    assert (found["destination"]["kind"], found["destination"]["ip"]) == (kind, ip)
    assert (way(found), found["complete"]) == (path, True)
    assert [row["name"] for row in found["needed"]] == needed
    assert found["source"]["binding"]["chassis"] == "hv1"
    assert found["trace"]["possible"], found["trace"]["why_not"]
    assert not found["changed"]


def test_a_balancer_and_its_port(look):
    found = look(source="ls2-vm3", destination=network.VIP, port=8000)
    [balancer] = found["destination"]["balancers"]
    assert (balancer["name"], balancer["switches"], balancer["routers"]) == ("lb1", ["ls2"], [])
    assert {backend["chassis"] for backend in found["destination"]["backends"]} == {"hv1", "hv2"}
    assert (found["probe"]["protocol"], found["probe"]["port"]) == ("tcp", 8000)


def test_a_machine_is_asked_for_its_addresses(look):
    machine = {
        "iface_id": "ls2-vm3",
        "mac": network.MAC["vm3"],
        "addresses": ["192.168.101.77/24"],
        "routes": [],
        "device": "vm3",
        "mtu": 1400,
    }
    found = look(source="me", destination="ls1-vm2", machines={"me": machine})
    assert (found["source"]["name"], found["source"]["ip"]) == ("ls2-vm3", "192.168.101.77")
    assert found["probe"]["sizes"] == [84, 1400]
    lost = look(source="me", destination="ls1-vm2", machines={"me": {**machine, "iface_id": "nobody"}})
    assert (lost["source"]["name"], lost["source"]["candidates"]) == (None, ["ls2-vm3"])
    assert not lost["trace"]["possible"]


def test_a_way_that_ends(cloud, look):
    cloud.nbctl("lsp-set-options", "ls2-router1", "router-port=elsewhere")
    try:
        found = look(source="ls2-vm3", destination="ls1-vm2")
    finally:
        cloud.nbctl("lsp-set-options", "ls2-router1", "router-port=router1-ls2")
        cloud.sync()
    assert (way(found), found["complete"]) == (["ls2"], False)
    [link] = [link for link in found["links"] if link["switch"] == "ls2"]
    assert (link["router_port"], link["mac"], link["free_router_ports"]) == ("elsewhere", None, ["router1-ls2"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"source": "vm3"},
            "source: there is no logical port, router port or load balancer 'vm3'; did you mean ls2-vm3?",
        ),
        ({"source": "router1-ls2"}, "source: router1-ls2 is no port of a virtual machine"),
        ({"destination": "nonsense"}, "destination: there is no logical port"),
        ({"protocol": "udp"}, "port: a packet of udp goes to a port; say which"),
        ({"sb": "unix:/nope"}, "cannot use the database OVN_Southbound"),
    ],
)
def test_what_cannot_be_looked_up(look, arguments, message):
    assert message in look(fails=True, **{"source": "ls2-vm3", "destination": "ls1-vm2", **arguments})["msg"]


def chassis(host, **arguments):
    return run_module("ovs_diagnosis_info", arguments, host.env)


def test_a_chassis(cloud):
    found = chassis(cloud.chassis[0], ports=["ls2-vm3"], peers=["10.200.0.2"])
    assert (found["chassis"], found["database_error"]) == ("hv1", None)
    assert found["vswitchd"]["answers"] and found["controller"]["answers"]
    assert (found["controller"]["connection"], found["controller"]["paused"]) == ("connected", False)
    [machine] = found["machines"]
    assert (machine["interface"], machine["iface_id"], machine["bridge"], machine["device"]) == (
        "vm3",
        "ls2-vm3",
        "br-int",
        None,
    )
    assert [(tunnel["chassis"], tunnel["remote_ip"]) for tunnel in found["tunnels"]] == [("hv2", "10.200.0.2")]
    assert found["settings"]["ovn-bridge-mappings"] == "phyNet:br-phy"
    assert [uplink["name"] for uplink in found["bridges"]["br-phy"]["uplinks"]] == ["eth1"]
    assert set(found["underlay"]) == {"10.200.0.2"}


def test_a_chassis_whose_controller_hangs(cloud):
    host = cloud.chassis[0]
    host.signal("ovn-controller", signal.SIGSTOP)
    try:
        found = chassis(host)["controller"]
    finally:
        host.signal("ovn-controller", signal.SIGCONT)
    assert (found["running"], found["answers"], found["stopped"]) == (True, False, True)


@pytest.mark.parametrize("daemon", ["ovn-northd", "ovn-controller"])
def test_who_is_behind_is_given_a_moment(cloud, look, daemon):
    host = cloud if daemon == "ovn-northd" else cloud.chassis[0]

    def behind(patience):
        found = look(source="ls2-vm3", destination="ls1-vm2", patience=patience)
        central, hv1 = found["central"], found["chassis"]["hv1"]
        return central["sb_nb_cfg"] < central["nb_cfg"] or hv1["nb_cfg"] < central["sb_nb_cfg"]

    cloud.sync()
    assert not behind(0)
    host.signal(daemon, signal.SIGSTOP)
    try:
        cloud.nbctl("set", "NB_Global", ".", f"nb_cfg={int(cloud.nbctl('get', 'NB_Global', '.', 'nb_cfg')) + 1}")
        assert behind(0.5)
        thaw = threading.Timer(1, host.signal, (daemon, signal.SIGCONT))
        thaw.start()
        assert not behind(60)
        thaw.join()
    finally:
        host.signal(daemon, signal.SIGCONT)


def test_a_namespace_that_is_not_there(cloud):
    [machine] = chassis(cloud.chassis[0], namespaces=["nowhere"])["machines"]
    assert (machine["namespace"], machine["interface"], machine["device"]) == ("nowhere", None, None)


def test_packets_leave_by_the_tunnel(cloud):
    host = cloud.chassis[0]
    found = run_module("ovs_tunnel_probe", {"peer": "hv2", "count": 2}, host.env)
    assert (found["chassis"], found["remote_ip"], found["type"], found["sent"]) == ("hv2", "10.200.0.2", "geneve", 2)
    assert found["after"]["rx_packets"] == found["before"]["rx_packets"]
    assert (
        "peer: this host has no tunnel to hv9"
        in run_module("ovs_tunnel_probe", {"peer": "hv9"}, host.env, fails=True)["msg"]
    )
    assert "count: " in run_module("ovs_tunnel_probe", {"peer": "hv2", "count": 0}, host.env, fails=True)["msg"]


# ---------------------------------------------------------------- packets


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@pytest.fixture(scope="module")
def pair():
    """Two namespaces with a link of 1400 bytes between them; there, the far one's device takes no more than 1300."""
    names = ["probe-%s-%s" % (uuid.uuid4().hex[:6], end) for end in "ab"]
    try:
        for name in names:
            ip("netns", "add", name)
        ip(
            "-n",
            names[0],
            "link",
            "add",
            "eth0",
            "mtu",
            "1400",
            "type",
            "veth",
            "peer",
            "eth0",
            "netns",
            names[1],
            "mtu",
            "1300",
        )
        for number, name in enumerate(names, 1):
            ip("-n", name, "address", "add", "192.0.2.%d/24" % number, "dev", "eth0")
            ip("-n", name, "address", "add", "2001:db8::%d/64" % number, "dev", "eth0", "nodad")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def probe(netns, fails=False, **arguments):
    return run_module("packet_probe", {"netns": netns, "timeout": 0.3, "count": 2, **arguments}, fails=fails)


@pytest.mark.parametrize("address", ["192.0.2.2", "2001:db8::2"])
def test_who_is_there_answers(pair, address):
    until(lambda: probe(pair[0], address=address)["answered"], "the link is up")
    found = probe(pair[0], address=address, sizes=[84, 1200])
    assert (found["answered"], [ping["answered"] for ping in found["pings"]], found["tcp"]) == (
        True,
        [True, True],
        None,
    )
    assert found["pings"][0] == {"size": 84, "sent": 1, "answered": True, "error": None}
    assert not found["changed"]


def test_long_ones_are_lost_and_longer_ones_refused(pair):
    found = probe(pair[0], address="192.0.2.2", sizes=[84, 1500, 1350, 1400])
    assert [ping["answered"] for ping in found["pings"]] == [True, False, False, False]
    assert found["pings"][3]["sent"] == 0  # what is longer than one that is lost is not sent
    assert found["pings"][1]["error"] == "message too long"
    assert found["answered"] is False


def test_who_is_not_there_does_not_answer(pair):
    found = probe(pair[0], address="192.0.2.9")
    assert (found["answered"], found["pings"][0]["answered"], found["pings"][0]["sent"]) == (False, False, 2)
    assert probe(pair[0], address="198.51.100.1")["pings"][0]["error"] == "network unreachable"


def test_tcp(pair):
    listening = threading.Event()

    def serve():
        space = os.open("/var/run/netns/" + pair[1], os.O_RDONLY)
        assert ctypes.CDLL(None).setns(space, 0) == 0  # of this thread alone
        os.close(space)
        with socket.create_server(("192.0.2.2", 8000)) as server:
            listening.set()
            server.accept()[0].close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert listening.wait(5)
    assert probe(pair[0], address="192.0.2.2", protocol="tcp", port=8000, sizes=[])["answered"]
    thread.join(5)
    refused = probe(pair[0], address="192.0.2.2", protocol="tcp", port=8001)
    assert (refused["answered"], refused["tcp"], refused["pings"][0]["answered"]) == (
        False, {"port": 8001, "connected": False, "error": "refused"}, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"address": "nonsense"}, "address: 'nonsense' is no IP address"),
        ({"sizes": [20]}, "sizes: 20 is no length"),
        ({"timeout": 0}, "timeout"),
        ({"count": 0}, "count"),
        ({"protocol": "tcp"}, "port"),
        ({"protocol": "tcp", "port": 70000}, "port: 70000 is no port"),
        ({"netns": "nowhere"}, "netns: there is no network namespace nowhere"),
        ({"netns": "../x"}, "netns: '../x' is no name"),
    ],
)
def test_what_cannot_be_sent(pair, arguments, message):
    assert message in probe(fails=True, **{"netns": pair[0], "address": "192.0.2.2", **arguments})["msg"]
