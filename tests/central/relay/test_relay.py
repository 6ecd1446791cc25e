# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Relays between the southbound database's cluster and the chassis: who reaches what, and what is lost when one of them dies."""

from __future__ import annotations

import contextlib
import itertools
import json
import re

import pytest

from tests.support.central import DEPLOY, address, leads, peers, plain, status
from tests.support.lab import RESTART, unchanged
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/relay/inventory"
CENTRAL = ("node1", "node2", "node3")
RELAYS = {"relay1": 6642, "relay2": 6652}
CHASSIS = ("compute1", "compute2")
UNIT = "virtnet-ovn-relay"
TLS = "/etc/ovn/tls/"
FILES = "-p {0}/key.pem -c {0}/cert.pem -C {0}/ca.pem"
SB = "OVN_Southbound"
SPARE = {"compute1": 3, "compute2": 1}
MAC = "02:00:00:00:09:%02x"
numbers = itertools.count(20)


def place(lab, relay):
    return "%s:%d" % (address(lab, relay), RELAYS[relay])


def remotes(lab, port, hosts=CENTRAL):
    return ",".join("ssl:%s:%d" % (address(lab, host), port) for host in hosts)


def is_connected_with(lab, host, relays):
    found = peers(lab, host)
    return len(found) == 1 and found <= {place(lab, relay) for relay in relays}


def used_by(lab, chassis):
    (found,) = peers(lab, chassis)
    return next(relay for relay in RELAYS if place(lab, relay) == found)


@pytest.fixture(autouse=True)
def whole(lab):
    """Before each test."""
    for host in CENTRAL:
        until(lambda: "Status: cluster member" in lab[host].run("ovn-appctl -t /run/ovn/ovnsb_db.ctl cluster/status " + SB).stdout, host, 30)  # noqa: B023  # fmt: skip
    for relay in RELAYS:
        assert lab[relay].service(UNIT).is_running
    for chassis in CHASSIS:
        until(lambda: is_connected_with(lab, chassis, RELAYS), "%s is connected with a relay" % chassis, 30)  # noqa: B023


@pytest.fixture
def binds(lab, module):
    """``binds("compute1")``: a new port is bound there, from the northbound database and back, and its VM reaches the others.

    Its VM waits there already, for its network device would have Open vSwitch read the host's routes anew, and the datapath in user space may take a
    packet of a tunnel for one of the host meanwhile. That is not what relays are to be blamed for.
    """
    spare = {chassis: list(itertools.islice(numbers, count)) for chassis, count in SPARE.items()}
    vms = {
        chassis: [{"name": "new%d" % n, "mac": MAC % n, "addresses": ["198.51.100.%d/24" % n]} for n in found]
        for chassis, found in spare.items()
    }

    def bind(chassis):
        number = spare[chassis].pop(0)
        name = "new%d" % number
        nb = {"nb": remotes(lab, 6641), "timeout": 30, **{key: TLS + "central/" + file for key, file in KEYS.items()}}
        for host, task, options in (
            ("node1", "ovn_logical_switch_port", {"switch": "web", "name": name, "addresses": ["%s 198.51.100.%d" % (MAC % number, number)], **nb}),
            (chassis, "netns_vm", {"name": name, "iface_id": name}),
            ("node1", "ovn_wait", {"for": [{"port": name, "bound_to": chassis}], "sb": remotes(lab, 16642), "wait_timeout": 60, **nb}),
        ):  # fmt: skip
            done = module(host, task, **options)
            assert "msg" not in done, done
        until(lambda: not lab[chassis].run("ip netns exec %s ping -c1 -W1 198.51.100.2", name).rc, "%s talks" % name)

    try:
        for chassis, found in vms.items():
            done = module(chassis, "netns_vm", objects=found)
            assert "msg" not in done, done
        yield bind
    finally:
        for chassis, found in vms.items():
            module(chassis, "netns_vm", objects=[{"name": vm["name"]} for vm in found], state="absent")


KEYS = {"private_key": "key.pem", "certificate": "cert.pem", "ca_cert": "ca.pem"}


@pytest.fixture
def talking(pings):
    """``with talking():`` the VM on one chassis pings that on the other, and nothing may be lost."""

    @contextlib.contextmanager
    def during():
        with pings("vm1", "198.51.100.2") as said:
            yield
        print("%d pings, %d lost" % tuple(said))
        assert said[1] == 0 and said[0] > 20

    return during


def health(lab, tmp_path):
    """The findings that are not ok: {(check, subject): observed}"""
    path, book = tmp_path / "findings.json", tmp_path / "health.json"
    where = {
        "nb": remotes(lab, 6641),
        "sb": remotes(lab, 16642),
        **{key: TLS + "central/" + file for key, file in KEYS.items()},
    }
    play = {"hosts": "ovn_central:ovn_chassis:ovn_relay", "gather_facts": False, "roles": ["virtnet.ovn.ovn_health"],
            "module_defaults": {"group/virtnet.ovn.ovn": where}}  # fmt: skip
    book.write_text(json.dumps([play]))
    lab.play(str(book), ovn_health_json=str(path), ovn_health_fail=False, ovn_health_show=False)
    findings = json.loads(path.read_text())
    assert {found["subject"] for found in findings if found["check"] == "relay"} == set(RELAYS)
    return {(found["check"], found["subject"]): found["observed"] for found in findings if found["status"] != "ok"}


# -- who reaches whom ---------------------------------------------------------------------------------------------------


def test_chassis_are_connected_with_relays_and_relays_with_the_cluster(lab, binds):
    wanted = '"%s"' % ",".join("ssl:" + place(lab, relay) for relay in RELAYS)
    for chassis in CHASSIS:
        assert lab[chassis].check_output("ovs-vsctl get Open_vSwitch . external_ids:ovn-remote") == wanted
    for relay in RELAYS:
        sources = lab[relay].check_output("ss -tn")
        assert len(re.findall(r":16642\s*$", sources, re.MULTILINE)) == 1
        assert lab[relay].check_output("stat -c '%%a %%U' %srelay/key.pem", TLS) == "600 root"
        assert lab[relay].check_output("ss -tlnH").split()[3] == place(lab, relay), "it listens somewhere else, too"
    binds("compute1")


def test_relays_reach_one_port_of_the_members_that_chassis_do_not(lab):
    for host, wanted in (("relay1", {6642, 16642}), ("compute1", {6642})):
        reached = {
            port for port in (6641, 6642, 6643, 6644, 16642)
            if lab[host].run("nc -z -w 2 %s %d" % (address(lab, "node1"), port)).rc == 0
        }  # fmt: skip
        assert reached == wanted, host


def sbctl(lab, host, relay, files, command):
    return lab[host].run(
        "ovn-sbctl --timeout=10 --no-leader-only --db=ssl:%s %s %s"
        % (place(lab, relay), FILES.format(TLS + files), command)
    )


@pytest.mark.parametrize("relay", RELAYS)
def test_a_relay_lets_a_chassis_write_its_own_rows_only(lab, relay):
    """Each is refused by the relay itself, before the cluster hears of it: there, it would be the relay who asks, who may."""
    assert sbctl(lab, "compute1", relay, "chassis", "set Chassis compute1 external_ids:mine=yes").rc == 0
    until(
        lambda: "yes" in lab["node1"].check_output("ovn-sbctl --no-leader-only get Chassis compute1 external_ids"),
        "all have it",
    )
    for command in (
        "set Chassis compute2 external_ids:mine=no",
        "chassis-del compute2",
        "set SB_Global . nb_cfg=99999",
    ):
        done = sbctl(lab, "compute1", relay, "chassis", command)
        assert done.rc != 0 and 'RBAC rules for client "compute1" role "ovn-controller" prohibit' in done.stderr.replace("\\", ""), command  # fmt: skip
    assert sbctl(lab, "compute1", relay, "chassis", "remove Chassis compute1 external_ids mine").rc == 0


def test_a_relay_takes_no_plain_tcp_and_no_stranger(lab, module):
    tcp = "tcp:" + place(lab, "relay1")
    done = module("compute1", "ovn_info", database="southbound", table="Chassis", timeout=5, leader_only=False, sb=tcp)
    assert "is it an ssl: listener?" in done.get("msg", "")
    key = (
        "-subj /CN=compute1 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /tmp/x.key -out /tmp/x.pem"
    )
    lab["compute1"].check_output("openssl req -x509 %s 2>/dev/null" % key)
    command = "ovn-sbctl --timeout=10 --no-leader-only --db=ssl:%s -p /tmp/x.key -c /tmp/x.pem -C %schassis/ca.pem show"
    assert lab["compute1"].run(command % (place(lab, "relay1"), TLS)).rc != 0


def test_modules_that_ask_for_the_leader_are_told_what_a_relay_is(lab, module):
    options = {key: TLS + "chassis/" + file for key, file in KEYS.items()}
    ask = {"database": "southbound", "table": "Chassis", "timeout": 5, "sb": "ssl:" + place(lab, "relay1"), **options}
    assert "is a relay, which never leads: name the members of the cluster" in module("compute1", "ovn_info", **ask)["msg"]  # fmt: skip
    assert module("compute1", "ovn_info", leader_only=False, **ask)["count"] == 2


def test_at_the_port_for_chassis_a_relay_would_be_taken_for_one(lab):
    """Why relays need a port without a role: what they forward is theirs to the cluster, whoever asked them."""
    output = lab.play(DEPLOY, fails=True, ovn_relay_remotes=remotes(lab, 6642), ovn_relay_wait_timeout=5)
    assert "prohibit row deletion from table" in plain(output) and 'role "ovn-controller"' in plain(output).replace("\\", "")  # fmt: skip
    lab.play(DEPLOY)


# -- deaths -------------------------------------------------------------------------------------------------------------


def test_the_leader_is_killed_while_vms_talk(lab, talking, binds):
    leader = until(lambda: next((host for host in CENTRAL if leads(lab, host, SB)), None), "a leader", 30)
    with talking():
        lab[leader].check_output("systemctl kill --signal=KILL ovn-ovsdb-server-sb")
        for chassis in CHASSIS:
            binds(chassis)


def test_a_member_is_gone_with_whom_a_relay_was_connected(lab, talking, binds, tmp_path):
    """It goes to another one by itself."""
    (source,) = re.findall(r"(\S+):16642\s*$", lab["relay1"].check_output("ss -tn"), re.MULTILINE)
    member = next(host for host in CENTRAL if address(lab, host) == source)
    with talking():
        lab[member].check_output("systemctl stop ovn-ovsdb-server-sb")
        try:
            for chassis in CHASSIS:
                binds(chassis)
            assert ("relay", "relay1") not in health(lab, tmp_path)
        finally:
            lab[member].check_output("systemctl start ovn-ovsdb-server-sb")


def test_a_relay_is_killed_while_vms_talk(lab, talking, binds):
    """systemd starts it again."""
    relay = used_by(lab, "compute1")
    before = lab[relay].check_output("cat /run/ovn/ovnsb_relay_db.pid")
    with talking():
        lab[relay].check_output("systemctl kill --signal=KILL %s", UNIT)
        for chassis in CHASSIS:
            binds(chassis)
    until(lambda: lab[relay].run("cat /run/ovn/ovnsb_relay_db.pid").stdout.strip() not in ("", before), "it runs again")


@pytest.mark.parametrize("how", ["systemctl stop", "ip link set eth0 down"])
def test_a_relay_is_gone_while_vms_talk(lab, talking, binds, tmp_path, how):
    """Chassis are connected with the other one, and health says which is not there."""
    relay = used_by(lab, "compute1")
    other = next(name for name in RELAYS if name != relay)
    with talking():
        lab[relay].check_output(how + (" %s" % UNIT if how.startswith("systemctl") else ""))
        try:
            for chassis in CHASSIS:
                until(lambda: is_connected_with(lab, chassis, [other]), "%s goes to the other" % chassis, 60)  # noqa: B023
                binds(chassis)
            found = health(lab, tmp_path)
            assert set(found) == {("relay", relay)}, found
            wanted = "it does not run" if how.startswith("systemctl") else "the cluster does not answer through it"
            assert found["relay", relay].startswith(wanted)
        finally:
            lab[relay].check_output("ip link set eth0 up; systemctl start %s", UNIT)
    assert not health(lab, tmp_path)


def test_relays_that_are_cut_off_from_the_cluster_are_named_at_once(lab, tmp_path):
    """For half a minute they call themselves connected, and what they say is old."""
    for relay in RELAYS:
        lab[relay].check_output("nft 'table inet cut { chain out { type filter hook output priority 0; tcp dport 16642 drop; }; }'")  # fmt: skip
    try:
        found = health(lab, tmp_path)
        assert all("does not answer through it" in found["relay", relay] for relay in RELAYS), found
    finally:
        for relay in RELAYS:
            lab[relay].check_output("nft delete table inet cut")


# -- care ---------------------------------------------------------------------------------------------------------------


def test_new_options_restart_one_after_the_other_while_vms_talk(lab, talking, binds):
    with talking():
        lab.play(DEPLOY, ovn_relay_inactivity_probe=60000)
        assert unchanged(lab.play(DEPLOY, ovn_relay_inactivity_probe=60000))
        binds("compute1")
    for relay in RELAYS:
        shown = lab[relay].check_output("ovsdb-client dump unix:/run/ovn/ovnsb_relay_db.sock Local_Config Connection inactivity_probe")  # fmt: skip
        assert "60000" in shown
    lab.play(DEPLOY)


def test_new_software_restarts_one_after_the_other_while_vms_talk(lab, talking, tmp_path):
    """As a package leaves it: another program in the place of the one that runs."""
    tasks = tmp_path / "software.yml"
    tasks.write_text("""
- name: Replace the program
  ansible.builtin.shell: cp /usr/sbin/ovsdb-server /root/new && mv /root/new /usr/sbin/ovsdb-server

- name: Restart what runs from files that were replaced
  ansible.builtin.include_role:
    name: virtnet.ovn.ovn_relay
    tasks_from: restart
""")
    before = {relay: lab[relay].check_output("cat /run/ovn/ovnsb_relay_db.pid") for relay in RELAYS}
    with talking():
        lab.play("playbooks/upgrade.yml", arguments=("--limit", "ovn_relay"), ovn_upgrade_tasks=str(tasks), ovn_upgrade_version="99")  # fmt: skip
    assert all(lab[relay].check_output("cat /run/ovn/ovnsb_relay_db.pid") != before[relay] for relay in RELAYS)


def test_a_new_authority_while_vms_talk(lab, talking, binds):
    old = {relay: lab[relay].check_output("openssl x509 -noout -issuer -in %srelay/cert.pem", TLS) for relay in RELAYS}
    with talking():
        lab.play("playbooks/tls_rotate.yml")
        for chassis in CHASSIS:
            lab[chassis].check_output(RESTART)
            binds(chassis)
        for relay in RELAYS:
            lab[relay].check_output("systemctl restart %s", UNIT)
            binds("compute1")
    for relay in RELAYS:
        assert lab[relay].check_output("openssl x509 -noout -issuer -in %srelay/cert.pem", TLS) != old[relay]
        assert lab[relay].check_output("grep -c BEGIN %srelay/ca.pem", TLS) == "1"
    assert unchanged(lab.play(DEPLOY))


def test_a_relay_goes_and_comes_back(lab, hostvars, talking, binds):
    gone = hostvars(relay2={"ovn_relay_state": "absent"})
    with talking():
        lab.play(DEPLOY, arguments=gone)
        assert not lab["relay2"].file("/etc/systemd/system/%s.service" % UNIT).exists
        assert not lab["relay2"].file(TLS + "relay").exists
        for chassis in CHASSIS:
            assert is_connected_with(lab, chassis, ["relay1"])
            binds(chassis)
        assert unchanged(lab.play(DEPLOY, arguments=gone))
        lab.play(DEPLOY)


def test_all_relays_go_and_chassis_are_connected_with_the_members_again(lab, hostvars, talking, binds):
    gone = hostvars(**{relay: {"ovn_relay_state": "absent"} for relay in RELAYS})
    with talking():
        lab.play(DEPLOY, arguments=gone)
        members = {"%s:6642" % address(lab, host) for host in CENTRAL}
        for chassis in CHASSIS:
            until(lambda: peers(lab, chassis) <= members, "%s is connected with a member" % chassis)  # noqa: B023
            binds(chassis)
        assert unchanged(lab.play(DEPLOY, arguments=gone))
        lab.play(DEPLOY)


def test_single_chassis_may_go_to_relays_later(lab, hostvars, binds):
    later = hostvars(compute2={"ovn_chassis_by_relay": False})
    lab.play(DEPLOY, arguments=later)
    until(lambda: peers(lab, "compute2") <= {"%s:6642" % address(lab, host) for host in CENTRAL}, "it is with a member")
    assert is_connected_with(lab, "compute1", RELAYS)
    binds("compute2")
    lab.play(DEPLOY)


def test_a_cluster_that_was_made_anew_is_found_by_the_roles(lab, hostvars, talking, binds, tmp_path):
    """To a relay, and to a chassis without one, the data of a cluster that counts from one again are stale. Neither would ever connect by itself: the
    roles restart the one, and have the other forget."""
    single = hostvars(compute2={"ovn_chassis_by_relay": False})
    lab.play(DEPLOY, arguments=single)
    write = "ovn-sbctl --db=%s %s set SB_Global . external_ids:counted=$n" % (remotes(lab, 16642), FILES.format(TLS + "central"))  # fmt: skip
    lab["node1"].check_output("for n in $(seq 60); do %s || exit 1; done" % write)
    stop = "systemctl stop ovn-central ovn-northd ovn-ovsdb-server-nb ovn-ovsdb-server-sb"
    with talking():
        for host in ("node2", "node3"):
            lab[host].check_output(stop + "; rm /var/lib/ovn/*.db")
        for database in ("OVN_Northbound", SB):  # before, it may be a leader that has not missed them yet
            until(
                lambda name=database: "Status: cluster member" not in status(lab, "node1", name), "it misses others", 30
            )
        output = lab.play(DEPLOY, arguments=single, ovn_central_cluster_confirm_recovery=True)
        assert "Restart the relay" in output
        assert not {key for key in health(lab, tmp_path) if key[0] == "relay"}
        for chassis in CHASSIS:
            binds(chassis)
    assert unchanged(lab.play(DEPLOY, arguments=single))
    lab.play(DEPLOY)
