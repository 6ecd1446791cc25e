# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement of ovn_health on clusters; what a lab of one central host shows is in tests/testinfra/test_health.py."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._insight import health, report

HOSTS = ("c1", "c2", "c3")
DAY = 86400


def central(host, leader="c1"):
    servers = [
        {"server_id": name * 2, "address": "tcp:192.0.2.1%s:6643" % name[1], "self": name == host, "connected": True}
        for name in HOSTS
    ]
    database = {
        "file": {"exists": True, "model": "clustered"},
        "process": {"running": True, "options": []},
        "server": {"model": "clustered", "connected": True, "leader": host == leader, "cluster_id": "one", "server_id": host},
        "cluster": {"status": "cluster member", "reason": None, "servers": servers, "leader": leader * 2, "entries_not_applied": 0},
    }  # fmt: skip
    return {
        "northbound": copy.deepcopy(database),
        "southbound": copy.deepcopy(database),
        "northd": {
            "process": {"running": True, "options": []},
            "status": "active" if host == leader else "standby",
            "version": "25.03.1",
        },
        "disk": {"free": 50, "total": 100},
    }


def facts():
    return {
        "central": {host: central(host) for host in HOSTS},
        "chassis": {},
        "others": {},
        "databases": {"nb_cfg": 3, "northd": {"caught_up": True, "version": "1"}, "chassis": [], "ports": [], "physical_networks": []},
    }  # fmt: skip


def problems(given, **options):
    judged = health.judge(given, **options)
    assert all(bool(found["remedy"]) == (found["status"] != "ok") for found in judged["findings"])
    told = {"failed": judged["failed"], "warning": judged["warnings"]}
    for status, those in told.items():
        assert those == [found for found in judged["findings"] if found["status"] == status]
    return {(found["check"], found["subject"], found["status"]) for those in told.values() for found in those}


def test_a_cluster_that_is_well():
    judged = health.judge(facts())
    assert (judged["status"], judged["failed"], judged["warnings"]) == ("ok", [], [])
    assert "ovn_health 0\n" in judged["metrics"]


def test_a_member_that_is_dead():
    given = facts()
    given["central"]["c3"] = None
    for host in ("c1", "c2"):
        for database in ("northbound", "southbound"):
            given["central"][host][database]["cluster"]["servers"][2]["connected"] = False
    assert problems(given) == {
        ("host", "c3", "failed"),
        *(("cluster member", "%s %s" % (host, database), "warning") for host in ("c1", "c2") for database in ("northbound", "southbound")),
    }  # fmt: skip


def test_a_cluster_without_a_majority():
    given = facts()
    for host in HOSTS:
        given["central"][host]["northbound"]["server"]["connected"] = False
        given["central"][host]["northd"]["status"] = "standby"
    assert {("quorum", "northbound", "failed"), ("active ovn-northd", "all", "failed")} == problems(given)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c["c2"]["southbound"]["server"].update(cluster_id="two"), ("cluster id", "southbound", "failed")),
        (
            lambda c: c["c2"]["southbound"]["cluster"].update(status="disconnected from the cluster"),
            ("cluster member", "c2 southbound", "failed"),
        ),
        (lambda c: c["c1"].update(disk={"free": 4, "total": 100}), ("disk", "c1", "failed")),
        (lambda c: c["c1"].update(disk={"free": 10, "total": 100}), ("disk", "c1", "warning")),
        (lambda c: c["c2"]["northd"].update(status="active"), ("active ovn-northd", "all", "failed")),
        (lambda c: c["c2"]["northd"].update(status="paused"), ("ovn-northd", "c2", "failed")),
    ],
)
def test_one_thing_that_is_wrong(change, expected):
    given = facts()
    change(given["central"])
    assert problems(given) == {expected}


@pytest.mark.parametrize("connected", [True, False])
def test_a_member_that_was_started_without_its_file(connected):
    """It joined anew, and what it was before stands at its address too."""
    given = facts()
    for host in HOSTS:
        given["central"][host]["northbound"]["cluster"]["servers"].append(
            {"server_id": "dead", "address": "tcp:192.0.2.13:6643", "self": False, "connected": connected}
        )
    assert problems(given) == {("members", "northbound", "warning")}
    told = health.judge(given)["warnings"][0]
    assert told["observed"].endswith(
        "at tcp:192.0.2.13:6643 stands dead, whose file is lost, beside the server that runs there"
    )
    assert "ovn_central_cluster_replace" in told["remedy"] and "server: dead" in told["remedy"]


def test_a_server_of_no_host():
    given = facts()
    for host in HOSTS:
        given["central"][host]["northbound"]["cluster"]["servers"].append(
            {"server_id": "dead", "address": "tcp:192.0.2.14:6643", "self": False, "connected": True}
        )
    assert problems(given) == {("members", "northbound", "warning")}
    assert "4 servers for 3 central hosts" == health.judge(given)["warnings"][0]["observed"]


def test_two_standalone_databases():
    given = facts()
    del given["central"]["c3"]
    for host in ("c1", "c2"):
        for database in ("northbound", "southbound"):
            given["central"][host][database]["server"].update(model="standalone")
    assert problems(given) == {("cluster", "northbound", "failed"), ("cluster", "southbound", "failed")}


def test_certificates():
    given = facts()
    left = {"a": 400 * DAY, "b": 20 * DAY, "c": -DAY}
    found = [{"path": path, "seconds_left": seconds, "not_after": "then"} for path, seconds in left.items()]
    given["others"] = {"c1": {"certificates": [*found, {"path": "d", "error": "it holds none"}]}}
    assert problems(given) == {
        ("certificate", "c1 b", "warning"),
        ("certificate", "c1 c", "failed"),
        ("certificate", "c1 d", "failed"),
    }
    assert problems(given, days=10) == {("certificate", "c1 c", "failed"), ("certificate", "c1 d", "failed")}


def test_databases_that_cannot_be_read():
    given = {
        "central": {"c1": {"failed": True, "msg": "x"}},
        "chassis": {"h1": None},
        "databases": {"failed": True, "msg": "nobody answers"},
    }
    judged = health.judge(given)
    assert {found["check"] for found in judged["failed"]} == {"host", "databases"}
    assert judged["summary"][-1] == "3 looked at, 3 failed, 0 warnings"
    assert "What to do:" in judged["summary"][1]


def test_what_the_report_shows():
    given = facts()
    given["central"]["c1"]["disk"]["free"] = 1
    shown = report.findings(health.judge(given)["findings"])
    assert [row["check"] for row in shown["bad"]] == ["disk"]
    assert dict(shown["checks"])["quorum"] == 2
    assert report.findings([{"check": None}])["bad"]


# -- chassis, and what the databases have of them -----------------------------------------------------------------------------


def chassis_host(name):
    daemon = {"running": True, "answers": True, "replaced": False, "version": "25.03.0", "connection": None}
    return {
        "daemons": {"ovsdb-server": dict(daemon), "ovs-vswitchd": dict(daemon), "ovn-controller": {**daemon, "connection": "connected"}},
        "certificates": [],
        "database": {
            "system_id": name, "remote": "tcp:192.0.2.1:6642", "encaps": [{"ip": "192.0.2.1", "here": True}],
            "mappings": [{"network": "outside", "bridge": "br-ex", "exists": True}], "errors": [],
        },
    }  # fmt: skip


def deployment():
    given = facts()
    given["chassis"] = {name: chassis_host(name) for name in ("hv1", "hv2")}
    given["databases"]["chassis"] = [
        {"name": name, "nb_cfg": 3, "encaps": ["geneve 192.0.2.%d" % number], "mappings": ["outside"]}
        for number, name in enumerate(given["chassis"], 1)
    ]
    return given


def test_chassis_that_are_well():
    assert problems(deployment()) == set()


@pytest.mark.parametrize(
    ("change", "expected", "told"),
    [
        (lambda g: g["chassis"].update(hv1=None), ("host", "hv1", "failed"), "it cannot be reached, or its look failed"),
        (lambda g: g["chassis"].update(hv1={"msg": "x"}), ("host", "hv1", "failed"), "it cannot be reached, or its look failed"),
        (
            lambda g: hv1(g)["daemons"]["ovs-vswitchd"].update(answers=False),
            ("ovs-vswitchd", "hv1", "failed"), "it runs and does not answer",
        ),
        (
            lambda g: hv1(g)["daemons"]["ovn-controller"].update(answers=False, running=False),
            ("ovn-controller", "hv1", "failed"), "it does not run",
        ),
        (
            lambda g: hv1(g)["daemons"]["ovn-controller"].update(connection="not connected"),
            ("southbound connection", "hv1", "failed"), "not connected",
        ),
        (
            lambda g: hv1(g)["database"]["mappings"][0].update(exists=False),
            ("bridge mapping", "hv1 outside", "failed"), "bridge br-ex is not there",
        ),
        (
            lambda g: hv1(g)["database"]["encaps"][0].update(here=False),
            ("tunnel address", "hv1", "failed"), "192.0.2.1 is no address of this host",
        ),
        (lambda g: hv1(g)["database"]["errors"].append("vm1: gone"), ("interfaces", "hv1", "warning"), "vm1: gone"),
        (lambda g: g["databases"]["chassis"][0].update(nb_cfg=2), ("chassis current", "hv1", "failed"), "at nb_cfg 2 of 3"),
        (lambda g: g["databases"]["chassis"][0].update(nb_cfg=None), ("chassis current", "hv1", "failed"), "at nb_cfg None of 3"),
        (
            lambda g: g["databases"]["northd"].update(caught_up=False),
            ("northbound carried out", "ovn-northd", "failed"), "ovn-northd has not reached nb_cfg 3",
        ),
        (lambda g: g["databases"]["chassis"].pop(0), ("registered", "hv1", "failed"), "no chassis is called hv1"),
        (lambda g: g["chassis"].pop("hv1"), ("stale chassis", "hv1", "warning"), "it is registered, and no host of the inventory is it"),
        (
            lambda g: g["databases"]["chassis"][0].update(encaps=["vxlan 192.0.2.2"]),
            ("tunnel endpoints", "192.0.2.2", "failed"), "of hv1 and hv2",
        ),
        (lambda g: g.update(databases={"msg": "nobody answers"}), ("databases", "all", "failed"), "nobody answers"),
        (
            lambda g: g["databases"].update(ports=[port(chassis=None, requested_chassis=["hv9"])]),
            ("port bound", "p", "failed"), "on no chassis, hv9 is asked for",
        ),
        (lambda g: g["databases"].update(ports=[port(chassis=None)]), ("port bound", "p", "failed"), "on no chassis"),
        (lambda g: g["databases"].update(physical_networks=["x"]), ("physical network", "x", "failed"), "mapped on no chassis"),
    ],
)  # fmt: skip
def test_one_thing_that_is_wrong_with_a_chassis(change, expected, told):
    given = deployment()
    well = {(f["check"], f["subject"]): f["observed"] for f in health.judge(given)["findings"]}
    change(given)
    assert problems(given) == {expected}
    (found,) = [f for f in health.judge(given)["findings"] if f["status"] != "ok"]
    assert found["observed"] == told != well.get(expected[:2])
    assert ("gateway" in found["remedy"]) == expected[0].startswith("gateway")


def test_what_is_said_of_what_is_well():
    given = deployment()
    given["databases"]["physical_networks"] = ["outside"]
    said = {(f["check"], f["subject"]): f["observed"] for f in health.judge(given)["findings"]}
    assert said["ovs-vswitchd", "hv1"] == "25.03.0"
    assert said["bridge mapping", "hv1 outside"] == "bridge br-ex"
    assert said["tunnel address", "hv1"] == "192.0.2.1"
    assert said["registered", "hv2"] == "as hv2"
    assert said["physical network", "outside"] == "mapped on hv1 and hv2"
    assert said["cluster id", "northbound"] == "1 cluster"
    summary = health.judge(given)["summary"]
    assert "ovs-vswitchd (2)" in summary[-2] and summary[-1].endswith("looked at, 0 failed, 0 warnings")


def hv1(given):
    return given["chassis"]["hv1"]


def test_a_chassis_that_was_not_looked_at_hides_no_stale_one():
    """Who is not known to be another's host may be that one."""
    given = deployment()
    given["chassis"]["hv1"] = None
    assert {check for check, _subject, _status in problems(given)} == {"host"}


def port(**more):
    return {"name": "p", "type": "", "chassis": "hv1", "requested_chassis": [], "up": True, **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (port(), set()),
        (port(requested_chassis=["hv1", "hv2"]), set()),
        (port(chassis=None), {("port bound", "p", "failed")}),
        (port(chassis="hv2", requested_chassis=["hv1"]), {("port bound", "p", "failed")}),
        (port(up=False), {("port up", "p", "warning")}),
        (port(up=None), set()),
        (port(type="chassisredirect", up=False), set()),  # nobody writes whether a gateway is up
        (port(type="chassisredirect", chassis=None), {("gateway bound", "p", "failed")}),
        (port(type="l3gateway", chassis=None, requested_chassis=["hv9"]), {("gateway bound", "p", "failed")}),
        (port(type="l3gateway", chassis="hv2", requested_chassis=["hv1"]), set()),
    ],
)
def test_ports(given, expected):
    all_of_it = deployment()
    all_of_it["databases"]["ports"] = [given]
    assert problems(all_of_it) == expected


def test_a_physical_network_that_nobody_has():
    given = deployment()
    given["databases"]["physical_networks"] = ["outside", "inside"]
    assert problems(given) == {("physical network", "inside", "failed")}


@pytest.mark.parametrize(
    ("days", "expected"), [(31, set()), (29, {"warning"}), (0.5, {"warning"}), (0, {"failed"}), (-1, {"failed"})]
)
def test_a_certificate_of_a_chassis(days, expected):
    given = deployment()
    hv1(given)["certificates"] = [{"path": "/c.pem", "not_after": "some day", "seconds_left": days * DAY}]
    assert problems(given, days=30) == {("certificate", "hv1 /c.pem", status) for status in expected}
    said = next(f["observed"] for f in health.judge(given)["findings"] if f["check"] == "certificate")
    assert said == ("valid until some day" if days > 0 else "expired on some day")


@pytest.mark.parametrize(
    ("running", "answers", "told"),
    [
        (True, True, "it runs and answers"),
        (True, False, "it runs and does not answer"),
        (False, False, "it does not run"),
    ],
)
def test_what_is_said_of_a_server(running, answers, told):
    given = facts()
    there = given["central"]["c2"]["northbound"]
    there["process"]["running"] = running
    if not answers:
        there.update(server=None, cluster=None)
    found = [
        f for f in health.judge(given)["findings"] if (f["check"], f["subject"]) == ("database server", "c2 northbound")
    ]
    assert [(f["observed"], f["status"]) for f in found] == [(told, "ok" if answers else "failed")]


@pytest.mark.parametrize(
    ("running", "status", "told"),
    [(True, "standby", "standby"), (True, None, "it does not answer"), (False, None, "it does not run")],
)
def test_what_is_said_of_northd(running, status, told):
    given = facts()
    given["central"]["c2"]["northd"].update(process={"running": running, "options": []}, status=status)
    found = [f for f in health.judge(given)["findings"] if (f["check"], f["subject"]) == ("ovn-northd", "c2")]
    assert [(f["observed"], f["status"]) for f in found] == [(told, "ok" if status else "failed")]


@pytest.mark.parametrize(
    ("version", "pinned", "status"),
    [
        ("25.03.1", False, "ok"), ("25.03.0", False, "ok"), ("24.09.9", False, "failed"), ("24.09.9", True, "warning"),
        ("25.09.0", False, "warning"), ("25.10.0", True, "warning"), ("9.12.0", False, "failed"),
    ],
)  # fmt: skip
def test_releases_of_chassis(version, pinned, status):
    given = facts()
    daemon = {"running": True, "answers": True, "version": version, "connection": "connected"}
    settings = {"match_northd_version": pinned, "system_id": None, "mappings": [], "encaps": [], "errors": []}
    given["chassis"]["n1"] = {"daemons": {"ovn-controller": daemon}, "database": settings, "certificates": []}
    (found,) = [
        each for each in health.judge(given)["findings"] if (each["check"], each["subject"]) == ("release", "n1")
    ]
    assert found["status"] == status
    assert ("for whose release it waits" in found["observed"]) is (pinned and version < "25.03")


def test_releases_of_central_hosts():
    given = facts()
    given["central"]["c3"]["northd"]["version"] = "25.03.0"
    assert problems(given) == {("release", "c3 ovn-northd", "warning")}


def test_schemas():
    given = facts()
    for database, has, brings in (("northbound", "7.3.0", "7.11.0"), ("southbound", "20.27.0", "20.27.0")):
        for host in HOSTS:
            given["central"][host][database]["server"]["schema_version"] = has
            given["central"][host][database]["installed_schema"] = brings
    assert problems(given) == {("schema version", "%s northbound" % host, "failed") for host in HOSTS}


def relay(**more):
    return {
        **{"process": {"running": True, "replaced": False}, "version": "3.1.0", "release": "23.03.1"},
        **{"server": {"model": "relay", "schema_version": "20.27.0"}},
        **{"listens": ["pssl:6642:192.0.2.31"], "nb_cfg": 3, "live": True, "why": "", **more},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected", "told"),
    [
        ({}, set(), "the cluster answers through it, at pssl:6642:192.0.2.31"),
        ({"nb_cfg": 4}, set(), "the cluster answers through it, at pssl:6642:192.0.2.31"),
        (
            {"process": {"running": False}, "live": False, "listens": []},
            {("relay", "r1", "failed")},
            "it does not run",
        ),
        (
            {"live": False, "why": "no answer in time", "nb_cfg": 1},
            {("relay", "r1", "failed")},
            "the cluster does not answer through it: no answer in time",
        ),
        (
            {"nb_cfg": 2},
            {("relay current", "r1", "warning")},
            "the cluster answers through it, at pssl:6642:192.0.2.31",
        ),
        (
            {"nb_cfg": None},
            {("relay current", "r1", "warning")},
            "the cluster answers through it, at pssl:6642:192.0.2.31",
        ),
        (
            {"server": {"model": "relay", "schema_version": "1.0.0"}},
            {("relay schema", "r1", "warning")},
            "the cluster answers through it, at pssl:6642:192.0.2.31",
        ),
    ],
)
def test_relays(change, expected, told):
    given = {**facts(), "relays": {"r1": relay(**change), "r2": relay()}}
    for host in HOSTS:
        given["central"][host]["southbound"]["server"]["schema_version"] = "20.27.0"
    assert problems(given) == expected
    assert [f["observed"] for f in health.judge(given)["findings"] if (f["check"], f["subject"]) == ("relay", "r1")] == [told]  # fmt: skip


def test_a_relay_that_cannot_be_reached_and_one_that_is_not_behind_where_nobody_has_caught_up():
    given = {**facts(), "relays": {"r1": {"unreachable": True, "msg": "no"}, "r2": None, "r3": relay(nb_cfg=1)}}
    given["databases"]["northd"]["caught_up"] = False
    found = problems(given)
    assert {("host", "r1", "failed"), ("host", "r2", "failed")} <= found
    assert not {subject for check, subject, _status in found if check.startswith("relay")}
