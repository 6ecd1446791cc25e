# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.snapshots import SNAPSHOTS
from tests.support.engine import Raw
from tests.support.ovsdb import standalone


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    """{database: Raw}, the northbound one as the newest release has it."""
    schema = tmp_path_factory.mktemp("schema") / "nb.ovsschema"
    schema.write_text(SNAPSHOTS[max(SNAPSHOTS)])
    with contextlib.ExitStack() as stack:
        yield {
            "OVN_Northbound": Raw(stack.enter_context(standalone("OVN_Northbound", schema=schema))),
            "OVN_Southbound": Raw(stack.enter_context(standalone("OVN_Southbound"))),
            "Open_vSwitch": Raw(stack.enter_context(standalone("Open_vSwitch"))),
        }


@pytest.fixture
def tally(record_property):
    """Counts what became of a test's cases, for the line at the end of the run."""
    found = {}
    yield found
    for what, count in found.items():
        record_property("cases " + what, count)


def fresh(raw):
    """The database, empty."""
    raw.wipe()
    return raw
