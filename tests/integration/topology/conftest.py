# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.support.engine import Raw
from tests.support.ovsdb import standalone


@pytest.fixture(scope="session")
def _nb():
    with standalone() as server:
        yield Raw(server)


@pytest.fixture(scope="session")
def _other():
    with standalone() as server:
        yield Raw(server)


@pytest.fixture
def nb(_nb):
    """An empty northbound database."""
    _nb.wipe()
    return _nb


@pytest.fixture
def other(_other):
    """A second one."""
    _other.wipe()
    return _other
