# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes known of a daemon by its pid file and its control socket."""

from __future__ import annotations

import signal

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.unixctl import Daemon
from tests.support.daemons import ovs

NAME = "ovs-vswitchd"


@pytest.fixture
def host():
    with ovs() as host:
        yield host


def told(daemon):
    return daemon.here, daemon.running, daemon.answers, daemon.stopped, daemon.replaced


def test_a_daemon_that_runs_hangs_and_is_gone(host):
    daemon = Daemon(host.rundir, NAME)
    assert told(daemon) == (True, True, True, False, False)
    assert daemon.pid == str(host.processes[NAME].pid)
    assert daemon.version in host.appctl("version")
    assert daemon.ask("fdb/stats-clear") is not None
    assert daemon.ask("no/such/command") is None

    host.signal(NAME, signal.SIGSTOP)
    daemon = Daemon(host.rundir, NAME, patience=0.2)
    assert told(daemon) == (True, True, False, True, False)
    assert (daemon.version, daemon.ask("list-commands")) == (None, None)
    host.signal(NAME, signal.SIGCONT)

    host.processes[NAME].kill()
    host.processes[NAME].wait(5)
    assert (host.rundir / f"{NAME}.pid").exists()
    assert told(Daemon(host.rundir, NAME)) == (True, False, False, False, False)


@pytest.mark.parametrize("text", ["", "no number", "1/../self"])
def test_a_pid_file_that_holds_none(tmp_path, text):
    (tmp_path / f"{NAME}.pid").write_text(text)
    assert told(Daemon(tmp_path, NAME)) == (True, False, False, False, False)


def test_a_host_that_has_no_place_for_it(tmp_path):
    daemon = Daemon(tmp_path / "nowhere", NAME)
    assert told(daemon) == (False, False, False, False, False)
    assert daemon.ask("version") is None
