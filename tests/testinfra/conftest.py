# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab, brought up for the tests that need it, and left as it was found: up or down."""

from __future__ import annotations

import fcntl
import pathlib

import pytest

from tests.support.lab import Lab


@pytest.fixture(scope="session")
def lab_hosts():
    """The lab's hosts, with or without OVN on them."""
    lab = Lab()
    path = pathlib.Path("/run/lock/virtnet-ovn-tests.%s" % lab.name)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.fail("another run of the tests, or another worker of this one, uses the lab %r" % lab.name)
        was_up = lab.is_up()
        lab.play("playbooks/lab_up.yml")
        yield lab
        if not was_up:
            lab.play("playbooks/lab_down.yml")
        path.unlink()


@pytest.fixture(scope="session")
def lab(lab_hosts):
    """The lab with OVN deployed and the base network on it."""
    lab_hosts.play("playbooks/deploy.yml", "playbooks/topology.yml")
    return lab_hosts
