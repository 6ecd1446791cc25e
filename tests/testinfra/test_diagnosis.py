# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ovn_diagnose: some of the faults that it names. All of them are in tests/diagnosis."""

from __future__ import annotations

import pytest

from tests.diagnosis.faults import FAULTS
from tests.support.diagnosis import Diagnosis, told

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def diagnose(lab, tmp_path_factory):
    lab.play("playbooks/web_servers.yml")
    return Diagnosis(lab, tmp_path_factory.mktemp("diagnosis"))


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.quick], ids=lambda fault: fault.name)
def test_a_fault_is_named(lab, diagnose, fault):
    try:
        told(lab, fault.make)
        found = diagnose(fault.ends, fault.port)
    finally:
        told(lab, fault.mend)
    assert found["cause"] == fault.cause, found["story"]
    assert diagnose(fault.ends, fault.port)["cause"] is None
