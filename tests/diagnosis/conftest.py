# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab that molecule brought up, or one that these tests bring up and take down."""

from __future__ import annotations

import pytest

from tests.support.diagnosis import Diagnosis
from tests.testinfra.conftest import lab, lab_hosts

__all__ = ["lab", "lab_hosts"]


@pytest.fixture(scope="session")
def diagnose(lab, tmp_path_factory):
    return Diagnosis(lab, tmp_path_factory.mktemp("diagnosis"))
