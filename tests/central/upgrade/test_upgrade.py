# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check before an upgrade finds, each thing broken once; then an upgrade to each later release while a client asks all the time.

A client outside asks a VIP, whose gateway is on compute1 and whose two servers are VMs on compute1 and compute2. Each host is rebooted once, and that
takes its VM, and on compute1 the gateway, with it: nothing else may be lost. compute2 looks for the southbound database at a relay.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pathlib

import pytest

from tests.support.central import plain
from tests.support.lab import unchanged

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/upgrade/inventory"
CHECK, UPGRADE = "playbooks/upgrade_check.yml", "playbooks/upgrade.yml"
SCHEMAS = "extensions/molecule/upgrade/schemas.yml"
CENTRAL, CHASSIS, RELAY = ("node1", "node2", "node3"), ("compute1", "compute2"), "relay1"
DATABASES = {
    "OVN_Northbound": ("ovnnb_db", "ovn-nb.ovsschema", "northbound"),
    "OVN_Southbound": ("ovnsb_db", "ovn-sb.ovsschema", "southbound"),
}
VERSIONS = {"bookworm": "23.03", "trixie": "25.03", "sid": "26.03"}
START = os.environ.get("OVN_LAB_RELEASE") or "bookworm"
LATER = list(VERSIONS)[list(VERSIONS).index(START) + 1 :]
#: The other order is tried where there is one step only
ORDER = "chassis_first" if START == "bookworm" else "central_first"
SB = ",".join("tcp:10.105.0.1%d:6642" % number for number in (1, 2, 3))
NB = SB.replace("6642", "6641")

PROBE = {"id": "upgrade", "url": "http://172.20.0.254/", "interval": 0.05, "timeout": 1, "concurrency": 20}


def steps(lab):
    """{host: {what: when}}, as the scenario's tasks wrote it down."""
    found: dict = {}
    path = pathlib.Path(lab.root, "steps")
    for line in path.read_text().splitlines() if path.exists() else ():
        host, what, when = line.split()
        found.setdefault(host, {})[what] = moment(when)
    return found


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def schemas(lab, release):
    """The schemas of a release, as the check is given them."""
    lab.play(SCHEMAS, ovn_lab_release=release)
    return {database: "%s/schemas/%s/%s" % (lab.root, release, database) for database in ("northbound", "southbound")}


def changed_schema(lab, version, **columns):
    """A northbound schema of one's own: other columns of Logical_Switch_Port."""
    schema = json.loads(lab["node1"].file("/usr/share/ovn/ovn-nb.ovsschema").content_string)
    schema["version"] = version
    schema["tables"]["Logical_Switch_Port"]["columns"].update(columns)
    path = pathlib.Path(lab.root, "changed.ovsschema")
    path.write_text(json.dumps(schema))
    return {"northbound": str(path)}


@contextlib.contextmanager
def broken(host, how, mended):
    host.check_output(how)
    try:
        yield
    finally:
        host.check_output(mended)


# ---------------------------------------------------------------- what stands in the way


def test_a_deployment_that_is_well_may_go(lab):
    given = schemas(lab, LATER[0]) if LATER else {}
    output = lab.play(CHECK, ovn_upgrade_schemas=given)
    assert "0 failed, 0 warnings" in plain(output) and "schema (6)" in plain(output)
    assert unchanged(output)
    assert lab["node1"].check_output("ls -d /tmp/ovn-upgrade.* /var/lib/ovn/.try-* 2>/dev/null | wc -l") == "0"


def test_a_member_that_is_down(lab):
    with broken(
        lab["node3"],
        "systemctl stop ovn-ovsdb-server-nb",
        "systemctl start ovn-ovsdb-server-nb",
    ):
        output = plain(lab.play(UPGRADE, fails=True))
    assert "FAILED: database server (node3 northbound): it does not run" in output
    assert "not connected with tcp:10.105.0.13:6643" in output, "what others say of it is no more than a warning"
    assert "Nothing was changed" in output and not steps(lab), "it went on all the same"


def test_a_chassis_that_is_behind(lab):
    with broken(
        lab["compute2"],
        "systemctl kill --signal=STOP ovn-controller",
        "systemctl kill --signal=CONT ovn-controller",
    ):
        output = plain(lab.play(CHECK, fails=True))
    assert "FAILED: chassis current (compute2)" in output


def test_a_chassis_that_is_pinned(lab):
    with broken(
        lab["compute2"],
        "ovs-vsctl set Open_vSwitch . external_ids:ovn-match-northd-version=true",
        "ovs-vsctl remove Open_vSwitch . external_ids ovn-match-northd-version",
    ):
        output = plain(lab.play(CHECK, fails=True))
        lab.play(CHECK, ovn_upgrade_order="central_first")
        lab.play(CHECK, ovn_upgrade_ignore=["version pinning"])
    assert "FAILED: version pinning (compute2)" in output and "ovn_upgrade_order: central_first" in output


def test_a_chassis_that_is_gone(lab):
    with broken(
        lab["node1"],
        "ovn-sbctl --db=%s chassis-add ghost geneve 10.105.0.99" % SB,
        "ovn-sbctl --db=%s chassis-del ghost" % SB,
    ):
        output = plain(lab.play(CHECK, fails=True))
    assert "FAILED: stale chassis (ghost)" in output


def test_too_little_disk(lab):
    output = plain(lab.play(CHECK, fails=True, ovn_upgrade_free_bytes=10**15))
    assert all("FAILED: free disk (%s)" % host in output for host in CENTRAL)
    assert "1000000.0 GB are needed" in output


def test_a_schema_that_the_data_do_not_fit(lab):
    given = changed_schema(lab, "99.0.0", name={"type": {"key": {"type": "string", "maxLength": 1}}})
    output = plain(lab.play(CHECK, fails=True, ovn_upgrade_schemas=given))
    assert "FAILED: schema (node1 northbound)" in output and "cannot be converted" in output


def test_an_older_schema(lab):
    output = plain(lab.play(CHECK, fails=True, ovn_upgrade_schemas=changed_schema(lab, "1.0.0")))
    assert "a database is not taken back" in output


# ---------------------------------------------------------------- the upgrade


@pytest.mark.parametrize("release", LATER)
def test_an_upgrade_loses_nothing_but_what_each_reboot_takes(lab, module, release):
    given = {
        "ovn_lab_release": release, "ovn_upgrade_version": VERSIONS[release], "ovn_upgrade_order": ORDER,
        "ovn_upgrade_schemas": schemas(lab, release),
    }  # fmt: skip
    pathlib.Path(lab.root, "steps").unlink(missing_ok=True)
    module("client", "http_probe", state="started", **PROBE)
    try:
        lab.play(UPGRADE, **given)
    finally:
        seen = module("client", "http_probe", state="stopped", id="upgrade")
        elsewhere = report(lab, release, seen)
    assert seen["by_answer"].keys() == {"i am vm1", "i am vm2"} and len(steps(lab)) == 6
    assert not elsewhere, "lost, and no chassis was rebooting: %s" % elsewhere
    for host in CENTRAL:
        for name, (socket, file, _database) in DATABASES.items():
            wanted = lab[host].check_output("ovsdb-tool schema-version /usr/share/ovn/%s", file)
            assert (
                lab[host].check_output("ovsdb-client get-schema-version unix:/run/ovn/%s.sock %s", socket, name)
                == wanted
            )
        assert VERSIONS[release] in lab[host].check_output("ovn-northd --version")
    relay = module(RELAY, "relay_info", live=True)
    schema = lab["node1"].check_output("ovsdb-tool schema-version /usr/share/ovn/ovn-sb.ovsschema")
    assert relay["release"].startswith(VERSIONS[release]) and relay["server"]["schema_version"] == schema, relay
    for host in CHASSIS:
        assert VERSIONS[release] in lab[host].check_output("ovn-appctl -t ovn-controller version")
        assert "ovn-match" not in lab[host].check_output("ovs-vsctl get Open_vSwitch . external_ids")
    lab["node1"].check_output("ovn-nbctl --timeout=60 --db=%s --wait=hv sync" % NB)
    lab["compute1"].check_output("ip netns exec vm1 ping -c3 -i0.2 198.51.100.12")
    assert unchanged(lab.play(UPGRADE, **given))


def report(lab, release, seen):
    """Prints what was lost while each host was upgraded, and returns when something was lost while no chassis was away."""
    records = map(json.loads, lab["client"].file(seen["results_file"]).content_string.splitlines()[1:])
    lost = [
        datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
        for at, _took, _status, _answer, error in records
        if error
    ]
    assert len(lost) == seen["lost"]
    lines, excused = ["%-9s %7s %9s %5s" % ("", "seconds", "rebooting", "lost")], set()
    for host, at in steps(lab).items():
        end = at.get("back") or at["booted"]
        mine = {when for when in lost if at["begins"] <= when <= end}
        excused |= mine if host in CHASSIS else set()
        seconds = [(until - at["begins"]).total_seconds() for until in (end, at["booted"])]
        lines.append("%-9s %7.1f %9.1f %5d" % (host, *seconds, len(mine)))
    print("\nTo %s: %d requests, %d lost" % (release, seen["requests"], seen["lost"]), *lines, sep="\n")
    return [str(when) for when in lost if when not in excused]


# ---------------------------------------------------------------- by packages alone

#: What a later build of the same release looks like to apt
REBUILD = """set -e
cd /var/lib/lab-packages; mkdir /var/lib/rebuilt
for deb in ovn-*.deb; do
  old=$(dpkg-deb -f $deb Version); dpkg-deb -R $deb /tmp/rebuilt
  sed -i "s/$old/$old+rebuilt/g" /tmp/rebuilt/DEBIAN/control
  dpkg-deb -Znone -b /tmp/rebuilt /var/lib/rebuilt/$deb; rm -r /tmp/rebuilt
done
cd /var/lib/rebuilt
for deb in *.deb; do
  dpkg-deb -f $deb; echo "Filename: ./$deb"; echo "Size: $(stat -c %s $deb)"; echo "SHA256: $(sha256sum $deb | cut -c-64)"; echo
done > Packages
echo "deb [trusted=yes] file:/var/lib/rebuilt ./" > /etc/apt/sources.list.d/rebuilt.list
"""
PIDS = "cat /run/ovn/%s.pid"


# The last one: what it writes below /usr would lie over the image of another release
def test_packages_are_upgraded_and_nothing_at_all_is_lost(lab, module):
    daemons = [(host, "ovn-northd") for host in CENTRAL] + [(host, "ovn-controller") for host in CHASSIS]
    for host in CENTRAL + CHASSIS:
        lab[host].check_output(REBUILD)
    before = [lab[host].check_output(PIDS % daemon) for host, daemon in daemons]
    databases = [lab[host].check_output(PIDS % "ovnnb_db") for host in CENTRAL]
    given = {"ovn_upgrade_tasks": "packages.yml", "ovn_upgrade_after_tasks": ""}
    module("client", "http_probe", state="started", **PROBE)
    try:
        lab.play(UPGRADE, **given)
    finally:
        seen = module("client", "http_probe", state="stopped", id="upgrade")
    print("\nBy packages: %d requests, %d lost" % (seen["requests"], seen["lost"]))
    assert seen["lost"] == 0 and seen["by_answer"].keys() == {"i am vm1", "i am vm2"}
    for (host, daemon), pid in zip(daemons, before, strict=True):
        assert lab[host].check_output("dpkg-query -W -f '${Version}' ovn-common").endswith("+rebuilt")
        now = lab[host].check_output(PIDS % daemon)
        assert now != pid and "deleted" not in lab[host].check_output("readlink /proc/%s/exe", now), "%s: %s" % (
            host,
            daemon,
        )
    assert [lab[host].check_output(PIDS % "ovnnb_db") for host in CENTRAL] == databases, (
        "their program is Open vSwitch's"
    )
    assert unchanged(lab.play(UPGRADE, **given))
    for host in CENTRAL + CHASSIS:
        lab[host].check_output("rm -r /var/lib/rebuilt /etc/apt/sources.list.d/rebuilt.list")
