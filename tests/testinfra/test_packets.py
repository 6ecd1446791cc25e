# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the base network carries, seen with the kernel's own tools."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import time

import pytest

from tests.support.waiting import until

pytestmark = pytest.mark.lab

VM1, VM2, CLIENT = "192.168.100.10", "192.168.100.11", "172.18.1.10"
PATHS = [("vm1", VM2), ("vm2", VM1), ("client", VM1), ("client", VM2), ("vm1", CLIENT), ("vm2", CLIENT)]


def answers(host, address, size=56):
    """Whether each of five packets comes back, none of them in fragments, once the addresses are learned."""
    until(lambda: host.run("ping -c 1 -W 1 %s", address).rc == 0, "%s answers" % address)
    return host.run("ping -c 5 -i 0.05 -W 1 -M do -s %s %s", str(size), address).rc == 0


@contextlib.contextmanager
def listener(host, command, port):
    """A server in a host or VM, for as long as the block runs; gives the process, whose output is its standard output."""

    def listens():
        return host.run("ss -Hltn sport = :%s" % port).stdout.strip()

    with subprocess.Popen(
        host.backend.command(command), shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            until(listens, "port %s listens" % port)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("source", "address"), PATHS)
def test_packets_come_back(lab, source, address):
    assert answers(lab[source], address)


@pytest.mark.parametrize(("source", "address"), PATHS)
def test_so_do_those_that_are_as_long_as_the_interface_takes(lab, source, address):
    assert answers(lab[source], address, 1500 - 28)


@pytest.mark.parametrize("source", ["vm1", "client"])
def test_longer_ones_are_refused_by_their_own_kernel(lab, source):
    said = lab[source].run("ping -c 1 -W 1 -M do -s 1473 %s 2>&1", VM2)
    assert "message too long" in said.stdout.lower()


@pytest.mark.parametrize(
    ("source", "server", "address"), [("vm1", "vm2", VM2), ("client", "vm1", VM1), ("vm2", "client", CLIENT)]
)
def test_much_data_arrives_as_it_was_sent(lab, source, server, address):
    """Checksums that nobody computes, and packets too long for a tunnel, show here first."""
    size = 30_000_000
    with listener(lab[server], "timeout 60 nc -l -p 9999 | sha256sum", 9999) as process:
        start = time.monotonic()
        lab[source].check_output("head -c %d /dev/zero | timeout 50 nc -N %s 9999" % (size, address))
        assert process.stdout.read().split()[0] == hashlib.sha256(bytes(size)).hexdigest()
        assert time.monotonic() - start < 30, "it takes less than a second on a machine that does nothing else"


@pytest.mark.parametrize(("source", "node", "packets"), [("vm1", "node2", True), ("client", "node2", False)])
def test_between_chassis_packets_go_through_the_tunnel(lab, source, node, packets):
    """vm1 and vm2 are on different hosts; the client reaches node1, and vm2's host, and node2 sees nothing of it."""
    assert answers(lab[source], VM2)
    count = "tcpdump -l -n -i eth0 -c 6 'udp port 6081 and greater 1300 and less 1400'"
    capture = subprocess.Popen(
        lab[node].backend.command("timeout 4 %s 2>&1" % count), shell=True, stdout=subprocess.PIPE, text=True
    )
    assert "listening" in capture.stdout.readline() + capture.stdout.readline()
    lab[source].check_output("ping -c 5 -i 0.05 -s 1234 %s", VM2)
    seen = capture.communicate()[0]
    assert ("Geneve" in seen) is packets, seen


@pytest.mark.parametrize("vm", ["vm1", "vm2"])
def test_vms_go_out_under_the_address_of_the_gateway(lab, vm):
    answers(lab[vm], CLIENT)
    program = "import socket; s = socket.create_server(('', 9998)); print(s.accept()[1][0])"
    with listener(lab["client"], 'timeout 20 python3 -c "%s"' % program, 9998) as process:
        lab[vm].check_output("nc -z -w 5 %s 9998", CLIENT)
        assert process.stdout.read().strip() == "172.18.1.2"


def test_a_vm_cannot_speak_as_another(lab):
    """Port security: what comes from vm1's port with another source is dropped."""
    assert answers(lab["vm1"], VM2)
    program = (
        "import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('vm1', 0)); "
        "mac = bytes.fromhex; arp = mac('0001080006040001') + mac('%s') + bytes([192, 168, 100, 77]) + bytes(6) "
        "+ bytes([192, 168, 100, 11]); s.send(mac('ffffffffffff') + mac('%s') + mac('0806') + arp)"
    )
    capture = "timeout 3 tcpdump -l -n -e -i vm2 -c 1 'arp and ether src %s' 2>&1"
    for mac, heard in (("02:ac:10:ff:00:11", True), ("02:ac:10:ff:00:99", False)):
        process = subprocess.Popen(
            lab["vm2"].backend.command(capture % mac), shell=True, stdout=subprocess.PIPE, text=True
        )
        assert "listening" in process.stdout.readline() + process.stdout.readline()
        lab["vm1"].check_output('python3 -c "%s"' % (program % ((mac.replace(":", ""),) * 2)))
        assert ("192.168.100.77" in process.communicate()[0]) is heard
