# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of an upgrade, judged from facts; the deployment itself is tested on the lab, tests/central/upgrade."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.upgrade import judge


def finding(check, status="ok"):
    return {
        "check": check,
        "subject": "s",
        "status": status,
        "observed": "seen",
        "remedy": "" if status == "ok" else "do",
    }


def facts(*, health=(), northd="23.03.1", controller="23.03.1", pinned=False, free=10**9, **schema):
    tried = {
        "item": "northbound",
        "changed": False,
        "version": "7.0.0",
        "schema_version": "7.0.0",
        "bytes": 1000,
        **schema,
    }
    return {
        "health": list(health),
        "central": {"node1": {"northd": {"version": northd}, "disk": {"free": free, "total": 10**10}}},
        "chassis": {
            "compute1": {"daemons": {"ovn-controller": {"version": controller}}, "database": {"match_northd_version": pinned}}
        },
        "schemas": {"node1": {"results": [tried]}},
    }  # fmt: skip


def failed(given, **options):
    return [(found["check"], found["subject"]) for found in judge(given, **options)["failed"]]


def test_nothing_stands_in_the_way():
    result = judge(facts(health=[finding("cluster member")]))
    assert result["status"] == "ok" and not result["failed"] and not result["warnings"]
    assert result["summary"][-1] == "5 looked at, 0 failed, 0 warnings"


@pytest.mark.parametrize("check", ["cluster member", "members", "stale chassis"])
def test_what_only_warns_otherwise_stops_an_upgrade(check):
    assert failed(facts(health=[finding(check, "warning")])) == [(check, "s")]
    assert judge(facts(health=[finding("certificate", "warning")]))["status"] == "warning"


def test_a_check_can_be_passed_over_and_is_still_told():
    result = judge(facts(health=[finding("port bound", "failed")]), ignore=["port bound"])
    assert not result["failed"] and result["warnings"][0]["check"] == "port bound"


def test_the_disk():
    assert failed(facts(free=2999, bytes=1000)) == [("free disk", "node1")]
    assert failed(facts(free=3000, bytes=1000)) == []
    assert failed(facts(free=3000), free_bytes=3001) == [("free disk", "node1")]


def test_a_pinned_chassis_stops_only_where_it_goes_first():
    assert failed(facts(pinned=True)) == [("version pinning", "compute1")]
    assert failed(facts(pinned=True), order="central_first") == []


def test_a_schema():
    given = facts(changed=True, schema_version="7.11.0")
    assert [f["observed"] for f in judge(given)["findings"] if f["check"] == "schema"] == [
        "7.0.0, and a copy was converted to 7.11.0"
    ]
    given["schemas"]["node1"]["results"] = [{"item": "southbound", "msg": "no"}]
    assert judge(given)["failed"][0]["observed"] == "no"


def test_mixed_releases_are_told_and_stop_nothing():
    result = judge(facts(controller="25.03.0"), version="25.03")
    assert [found["check"] for found in result["warnings"]] == ["versions"] and not result["failed"]
    assert result["warnings"][0]["observed"] == "ovn-controller 25.03.0 on compute1; ovn-northd 23.03.1 on node1"


def test_hosts_that_were_not_reached_are_the_healths_finding():
    result = judge(
        {"health": [finding("host", "failed")], "central": {"a": None}, "chassis": {"b": None}, "schemas": {"a": None}}
    )
    assert [found["check"] for found in result["findings"]] == ["host"]
