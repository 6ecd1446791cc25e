# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane of three hosts and two relays that speaks plain TCP, and begins to speak TLS: what it costs a client of a VIP, and one of the databases."""

from __future__ import annotations

import re
import threading
import time

import pytest

from tests.support.central import peers
from tests.support.lab import unchanged

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/tls_enable/inventory"
DEPLOY, ENABLE = "playbooks/deploy.yml", "playbooks/tls_enable.yml"
PLAIN, TLS = {"ovn_tls_enabled": False}, {"ovn_tls_enabled": True}
CENTRAL = ["10.104.0.1%d" % number for number in (1, 2, 3)]
NODES = ("node1", "node2", "node3")
RELAYS = {"relay1": "10.104.0.31:6642", "relay2": "10.104.0.32:6652"}
FILES = {"OVN_Northbound": "ovnnb_db", "OVN_Southbound": "ovnsb_db"}
KEYS = "-p {0}key.pem -c {0}cert.pem -C {0}ca.pem".format("/etc/ovn/tls/central/")
# What ovn-nbctl on node1 has to be told
NBCTL = "ovn-nbctl --db=" + ",".join("tcp:%s:6641" % address for address in CENTRAL)


def remotes(port, *protocols):
    return ",".join("%s:%s:%d" % (protocol, address, port) for protocol in protocols for address in CENTRAL)


def status(lab, host, database):
    return lab[host].check_output("ovn-appctl -t /run/ovn/%s.ctl cluster/status %s", FILES[database], database)


def clusters(lab):
    """{database: (its id, {what its servers speak to each other})}, the same from all members"""
    found = {}
    for database in FILES:
        told = [status(lab, host, database) for host in NODES]
        assert all("Status: cluster member" in text and len(re.findall(r" at \w+:", text)) == 3 for text in told)
        (identity,) = {re.search(r"(?m)^Cluster ID: .*\((.*)\)$", text).group(1) for text in told}
        found[database] = identity, {protocol for text in told for protocol in re.findall(r" at (\w+):", text)}
    return found


def listeners(lab, tool):
    listed = lab["node1"].check_output("ovn-%sctl --no-leader-only --bare --columns=target list Connection", tool)
    return sorted(target.split(":0.0.0.0")[0] for target in listed.split())


def with_whom(lab, chassis):
    """Where ovn-controller is connected, of what it was told."""
    told = lab[chassis].check_output("ovs-vsctl get Open_vSwitch . external_ids:ovn-remote").strip('"').split(",")
    (place,) = peers(lab, chassis)
    return next(remote for remote in told if remote.endswith(":" + place)), told


def relayed(protocol):
    return [protocol + ":" + place for place in RELAYS.values()]


class Writer(threading.Thread):
    """A client of the northbound database that is told both ways, and writes one value after the other.

    ovn-nbctl tries each remote once and no more. In the moment when the listeners change it may find none, and tries ``again``.
    """

    def __init__(self, lab):
        super().__init__()
        self.lab, self.over = lab, threading.Event()
        self.failed, self.again, self.took = [], [], []

    def write(self):
        command = "ovn-nbctl --timeout=30 --db=%s %s set NB_Global . external_ids:written=n%d"
        return self.lab["node2"].run(command % (remotes(6641, "ssl", "tcp"), KEYS, len(self.took)))

    def run(self):
        while not self.over.is_set():
            begun = time.monotonic()
            done = self.write()
            if done.rc:
                self.again.append(done.stderr)
                done = self.write()
            self.took.append(time.monotonic() - begun)
            if done.rc:
                self.failed.append(done.stderr)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exc):
        self.over.set()
        self.join()


def test_it_is_refused_in_one_run_before_anything_is_done(lab):
    before = clusters(lab)
    assert all(protocols == {"tcp"} for _id, protocols in before.values())
    output = " ".join(lab.play(DEPLOY, fails=True, **TLS).split())
    assert "is of the server at tcp:10.104.0.11:6643, and this host is to be ssl:10.104.0.11:6643" in output
    assert "The playbook virtnet.ovn.tls_enable has one member after the other leave and join anew" in output
    assert clusters(lab) == before
    assert lab["node1"].run("nft list table inet virtnet_ovn_central").rc != 0
    assert not lab["node1"].file("/etc/ovn/tls").exists
    output = " ".join(lab.play(ENABLE, fails=True, **PLAIN).split())
    assert "Put ovn_tls_enabled: true into the inventory first" in output


def test_everybody_begins_to_speak_tls_while_vms_and_clients_work(lab, asked, vip):
    before = clusters(lab)
    assert with_whom(lab, "compute1")[1] == relayed("tcp")
    with asked(vip), Writer(lab) as writer:
        # Somebody ends it when the first member has left its cluster and not joined again
        lab.play_until(["TASK [virtnet.ovn.ovn_central : Stop its server]"], ENABLE, **TLS)
        lab.play(ENABLE, **TLS)
    print(
        "%d writes, %d of them tried again, the slowest took %.1f s"
        % (len(writer.took), len(writer.again), max(writer.took))
    )
    assert not writer.failed and len(writer.took) > 20, writer.failed
    assert len(writer.again) < 5, writer.again
    after = clusters(lab)
    assert {name: identity for name, (identity, _p) in after.items()} == {n: i for n, (i, _p) in before.items()}
    assert all(protocols == {"ssl"} for _id, protocols in after.values())
    assert listeners(lab, "nb") == ["pssl:6641"] and listeners(lab, "sb") == ["pssl:16642", "pssl:6642"]
    for host in ("compute1", "compute2"):
        assert "tcp:" not in lab[host].check_output("ovs-vsctl get Open_vSwitch . external_ids:ovn-remote")
        assert lab[host].check_output("ovn-appctl -t ovn-controller connection-status") == "connected"
        remote, told = with_whom(lab, host)
        assert (told == relayed("ssl")) == (host == "compute1") and remote.startswith("ssl:")
        # The one that was started with its keys was told to keep the flows until it had its own, and is so no more
        log = lab[host].check_output("cat /var/log/ovn/ovn-controller.log")
        assert "ovn-ofctrl-wait-before-clear" not in lab[host].check_output("ovs-vsctl get Open_vSwitch . external_ids")
        # From 25.09 on it does so by itself
        version = lab[host].check_output("ovn-controller --version").split()[1]
        assert "ofctrl-wait-before-clear is now 8000 ms" in log or version >= "25.09"
    for relay, place in RELAYS.items():
        assert lab[relay].check_output("ss -tlnH").split()[3] == place
        assert len(re.findall(r"(?m):16642\s*$", lab[relay].check_output("ss -tn"))) == 1
    for host in NODES:
        assert "tcp:" not in lab[host].check_output("tr '\\0' ' ' < /proc/$(cat /run/ovn/ovn-northd.pid)/cmdline")
    lab["node1"].check_output("ovn-nbctl --timeout=60 --db=%s %s --wait=hv sync" % (remotes(6641, "ssl"), KEYS))
    assert unchanged(lab.play(DEPLOY, **TLS))
    assert unchanged(lab.play(ENABLE, **TLS)), "again, it finds nothing to do"


def test_plaintext_is_no_way_in_any_more_and_there_is_none_back(lab):
    for port, tool in ((6641, "nb"), (6642, "sb"), (16642, "sb")):
        done = lab["node2"].run("ovn-%sctl --timeout=5 --db=%s show" % (tool, remotes(port, "tcp")))
        assert done.rc != 0
    for place in RELAYS.values():
        assert lab["compute1"].run("ovn-sbctl --timeout=5 --no-leader-only --db=tcp:%s show" % place).rc != 0
    output = " ".join(lab.play(DEPLOY, fails=True, **PLAIN).split())
    assert "There is no way back from TLS" in output
    assert unchanged(lab.play(DEPLOY, **TLS))
