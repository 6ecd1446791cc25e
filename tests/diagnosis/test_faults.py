# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault is made for real, named as what it is, mended, and gone; ways that are well give no finding."""

from __future__ import annotations

import pytest

from tests.diagnosis.faults import FAULTS, HEALTHY
from tests.support.diagnosis import told
from tests.support.waiting import until

pytestmark = [pytest.mark.lab, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def web_servers(lab):
    lab.play("playbooks/web_servers.yml")


def broken(lab, diagnose, fault):
    """What is said of the fault, and what is said once the task that is to mend it was played; None without such a task."""
    told(lab, fault.make)
    for host, command in fault.shows:
        until(lambda h=host, c=command: lab[h].run(c).rc == 0, "on %s: %s" % (host, command), 60)
    found = diagnose(fault.ends, fault.port, record=fault.name, vms=fault.machines)
    if found["cause"] != fault.cause or not found["repair"].startswith("-"):
        return found, None
    diagnose.repair(found["repair"])
    return found, diagnose(fault.ends, fault.port, vms=fault.machines)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named_and_nothing_else(lab, diagnose, fault):
    try:
        try:
            found, repaired = broken(lab, diagnose, fault)
        finally:
            told(lab, fault.mend)
        mended = diagnose(fault.ends, fault.port, vms=fault.machines) if fault.mend else None
    finally:
        told(lab, fault.clean)
    if fault.may_work and found["reached"]:
        assert found["cause"] is None, found["story"]
        return
    assert found["cause"] == fault.cause, found["story"]
    assert found["evidence"]
    failed = [check["check"] for check in found["checks"] if check["result"] == "failed"]
    assert len(failed) == (0 if fault.cause == "unknown" else 1), failed
    for again in filter(None, (repaired, mended)):
        assert (again["cause"], again["reached"]) == (None, True), again["story"]


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_well_gives_no_finding(diagnose, name):
    source, destination, port = HEALTHY[name]
    found = diagnose((source, destination), port, record="well_" + name)
    assert found["cause"] is None, found["story"]
