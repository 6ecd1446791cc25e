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
        "northd": {"process": {"running": True, "options": []}, "status": "active" if host == leader else "standby"},
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


def test_a_server_that_nobody_has_any_more():
    given = facts()
    for host in HOSTS:
        given["central"][host]["northbound"]["cluster"]["servers"].append(
            {"server_id": "dead", "address": "tcp:192.0.2.13:6643", "self": False, "connected": True}
        )
    assert problems(given) == {("members", "northbound", "warning")}


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
