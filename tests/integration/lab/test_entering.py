# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command in a host, and what becomes of it: in a PID namespace that stands for the host."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.paths import entering, init_below
from tests.support.waiting import until


@pytest.fixture
def init():
    """The first process of a PID namespace."""
    with subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sleep", "1000"]) as holder:
        try:
            yield until(lambda: init_below(holder.pid, 1), "a first process")
        finally:
            holder.kill()


def run(init, command, *arguments):
    return subprocess.Popen(
        entering("nsenter", init, "/bin/sh", "-c", command, *arguments), stdout=subprocess.PIPE, text=True
    )


def test_a_command_is_in_the_hosts_pid_namespace_and_its_end_is_told(init):
    with run(init, 'readlink /proc/self/ns/pid; echo "$0 $1"; exit 7', "as it", "is  *") as process:
        said, _none = process.communicate(timeout=10)
    assert said.splitlines() == [os.readlink("/proc/%d/ns/pid" % init), "as it is  *"]
    assert process.returncode == 7


def test_a_command_ends_with_a_host_that_stops_all_processes_before_it_ends_them(init):
    with run(init, "echo $$; kill -STOP $$; echo continued") as process:
        try:
            number = process.stdout.readline().strip()
            until(lambda: state(number, init) == "T", "the command is stopped")
            os.kill(init, signal.SIGKILL)
            assert process.wait(timeout=10) == 128 + signal.SIGKILL
        finally:
            process.kill()


def state(number, init):
    said = subprocess.run(
        entering("nsenter", init, "/bin/cat", "/proc/%s/stat" % number), capture_output=True, text=True, check=True
    )
    return said.stdout.rpartition(") ")[2][:1]
