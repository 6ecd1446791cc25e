# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would go wrong with an upgrade: a judgement over facts that modules have collected, without any I/O.

The facts are {"health": the findings of health.judge, "central": {host: what central_info returns}, "chassis": {host: the same of chassis_info},
"schemas": {host: {"results": what ovn_schema returns in check mode, for each database}}}. A host that could not be looked at has None, and the
health's findings say so. A finding is as in health.py.
"""

from __future__ import annotations

from .health import FAILED, OK, WARNING, WORST, summary

#: What a deployment lives with, and does not survive when hosts go down one after the other
_STOPS = {"cluster member", "members", "stale chassis"}
#: What is looked at here itself, with the order of an upgrade in mind
_OWN = {"release", "schema version"}
#: A conversion, its trial and a backup each write the database anew
_COPIES = 3


def judge(facts, order="chassis_first", free_bytes=0, ignore=(), version=""):
    """{"status", "findings", "failed", "warnings", "summary"}"""
    findings = [
        {**found, "status": FAILED} if found["status"] == WARNING and found["check"] in _STOPS else dict(found)
        for found in facts["health"]
        if found["check"] not in _OWN
    ]
    findings += _schemas(facts["schemas"])
    findings += _disks(facts["central"], facts["schemas"], free_bytes)
    findings += _pinning(facts["chassis"], order)
    findings += _versions(facts["central"], facts["chassis"], version)
    for found in findings:
        if found["check"] in ignore and found["status"] == FAILED:
            found["status"] = WARNING
    bad = [found for found in findings if found["status"] != OK]
    return {
        "status": max((found["status"] for found in findings), key=lambda status: WORST[status], default=OK),
        "findings": findings,
        "failed": [found for found in bad if found["status"] == FAILED],
        "warnings": [found for found in bad if found["status"] == WARNING],
        "summary": summary(findings, bad),
    }


def _found(check, subject, status, observed, remedy):
    return {
        "check": check, "subject": subject, "status": status, "observed": observed, "remedy": remedy if status != OK else "",
    }  # fmt: skip


def _schemas(schemas):
    for host, tried in sorted(schemas.items()):
        for result in (tried or {}).get("results", ()):
            subject = "%s %s" % (host, result["item"])
            if "version" not in result:
                yield _found(
                    "schema", subject, FAILED, result.get("msg") or "it could not be tried",
                    "a database that cannot be converted would stop the upgrade half way: mend what it says, and check again",
                )  # fmt: skip
            elif result["changed"]:
                told = "%s, and a copy was converted to %s" % (result["version"], result["schema_version"])
                yield _found("schema", subject, OK, told, "")
            else:
                yield _found("schema", subject, OK, "%s already" % result["version"], "")


def _disks(central, schemas, free_bytes):
    for host, seen in sorted(central.items()):
        if not (seen or {}).get("disk"):
            continue
        written = sum(result.get("bytes", 0) for result in ((schemas.get(host) or {}).get("results") or ()))
        needed, free = max(free_bytes, _COPIES * written), seen["disk"]["free"]
        yield _found(
            "free disk", host, FAILED if free < needed else OK, "%s are free, and %s are needed" % (_size(free), _size(needed)),
            "make room where the databases are, for their backups and conversion",
        )  # fmt: skip


def _pinning(chassis, order):
    for host, seen in sorted(chassis.items()):
        settings = (seen or {}).get("database")
        if settings:
            pinned = settings["match_northd_version"]
            yield _found(
                "version pinning", host, FAILED if pinned and order == "chassis_first" else OK,
                "external_ids:ovn-match-northd-version is true" if pinned else "not pinned",
                "a new ovn-controller would have no flows until ovn-northd is new too: remove that key, or upgrade central hosts first "
                "(ovn_upgrade_order: central_first)",
            )  # fmt: skip


def _versions(central, chassis, wanted):
    found = {}
    for host, seen in sorted(central.items()):
        if ((seen or {}).get("northd") or {}).get("version"):
            found.setdefault("ovn-northd " + seen["northd"]["version"], []).append(host)
    for host, seen in sorted(chassis.items()):
        if (seen or {}).get("daemons"):
            version = seen["daemons"]["ovn-controller"]["version"]
            if version:
                found.setdefault("ovn-controller " + version, []).append(host)
    if not found:
        return
    mixed = len({told.split()[1] for told in found}) > 1
    observed = "; ".join("%s on %s" % (told, ", ".join(hosts)) for told, hosts in sorted(found.items()))
    yield _found(
        "versions", "all", WARNING if mixed else OK, observed,
        "an upgrade was begun and not ended: the playbook upgrade goes on with it%s" % (", to %s" % wanted if wanted else ""),
    )  # fmt: skip


def _size(number):
    return "%.1f GB" % (number / 1e9) if number >= 1e9 else "%.1f MB" % (number / 1e6)
