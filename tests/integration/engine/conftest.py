# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib

import pytest

from tests.support.engine import Raw
from tests.support.ovsdb import newest, standalone


@pytest.fixture(scope="session")
def servers():
    """{database: Raw} of one server each."""
    with contextlib.ExitStack() as stack:
        yield {
            database: Raw(stack.enter_context(standalone(database)))
            for database in ("OVN_Northbound", "OVN_Southbound", "Open_vSwitch")
        }


@pytest.fixture(scope="session")
def newer():
    """{database: Raw} of servers with the newest schemas that are on this machine."""
    with contextlib.ExitStack() as stack:
        yield {
            database: Raw(stack.enter_context(standalone(database, schema=newest(database))))
            for database in ("OVN_Northbound", "OVN_Southbound", "Open_vSwitch")
        }


@pytest.fixture
def nb(servers):
    """An empty northbound database."""
    servers["OVN_Northbound"].wipe()
    return servers["OVN_Northbound"]


@pytest.fixture
def sb(servers):
    servers["OVN_Southbound"].wipe()
    return servers["OVN_Southbound"]


@pytest.fixture
def ovs(servers):
    servers["Open_vSwitch"].wipe()
    return servers["Open_vSwitch"]
