# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.virtnet.ovn`` importable from a bare clone, as ansible-test does."""

from __future__ import annotations

import pathlib
import sys

import hypothesis
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "collections"))


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """There is one lab: where tests run in parallel, those that use it run one after the other, in one worker."""
    for item in items:
        if item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.xdist_group("lab"))


hypothesis.settings.register_profile(
    "default", max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
)
# Other cases each time; what fails is printed with what makes it fail again
hypothesis.settings.register_profile(
    "fuzz", max_examples=170, deadline=None, print_blob=True, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("default")


def pytest_terminal_summary(terminalreporter):
    """How many cases the property tests ran, and what became of them."""
    found = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, count in (
                getattr(report, "user_properties", ()) if getattr(report, "when", "") == "teardown" else ()
            ):
                if name.startswith("cases "):
                    found[name[6:]] = found.get(name[6:], 0) + count
    if found:
        terminalreporter.write_line(
            "%d cases: %s" % (sum(found.values()), ", ".join("%d %s" % (n, w) for w, n in sorted(found.items())))
        )
