# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a lab keeps what is running, and how a running host is found there.

The connection plugin imports this for every task of every host: nothing but the standard library, and nothing forked.
"""

from __future__ import annotations

import os

DEFAULT_RUN_DIR = "/run/virtnet-lab"


def machine(lab, host):
    """The name that systemd-nspawn knows a host by."""
    return "%s-%s" % (lab, host)


class LabPaths:
    """The files of one lab. The directory is a tmpfs of its own: unmounting it removes all of them at once."""

    def __init__(self, run_dir, lab):
        self.lab = lab
        self.base = run_dir
        self.lock = os.path.join(run_dir, ".%s.lock" % lab)
        self.root = os.path.join(run_dir, lab)
        self.netns_dir = os.path.join(self.root, "netns")
        self.hosts_dir = os.path.join(self.root, "hosts")

    def netns(self, name):
        return os.path.join(self.netns_dir, name)

    def host(self, host, *below):
        return os.path.join(self.hosts_dir, host, *below)

    def known_hosts(self):
        try:
            return sorted(os.listdir(self.hosts_dir))
        except OSError:
            return []


def _read(path):
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return b""


def is_manager_of(pid, name):
    """Whether a process runs the systemd-nspawn of this machine, and is no later one that was given the same number."""
    return b"--machine=" + name.encode() in _read("/proc/%d/cmdline" % pid).split(b"\0")


def init_below(pid, generations=2):
    """The descendant that is process 1 of a PID namespace: what systemd-nspawn calls the leader.

    While a container starts there is a short-lived child too, hence the look at NSpid.
    """
    for child in map(int, _read("/proc/%d/task/%d/children" % (pid, pid)).split()):
        for line in _read("/proc/%d/status" % child).splitlines():
            if line.startswith(b"NSpid:") and len(line.split()) > 2 and line.split()[-1] == b"1":
                return child
        init = init_below(child, generations - 1) if generations > 1 else None
        if init:
            return init
    return None


def manager_pid(lab_root, host):
    """The process that runs a lab host, systemd-nspawn's parent, or None."""
    try:
        pid = int(_read(os.path.join(lab_root, "hosts", host, "pid")))
    except ValueError:
        return None
    return pid if is_manager_of(pid, machine(os.path.basename(lab_root), host)) else None


def leader(lab_root, host):
    """The process to enter a lab host by, or None where the host does not run."""
    pid = manager_pid(lab_root, host)
    return None if pid is None else init_below(pid)


def entering(nsenter, pid, *command):
    """What runs a command in a host.

    A host that goes down stops all of its processes before it ends them. nsenter, if it forks, stops itself when its child is stopped, and
    nobody continues it. A shell that forks does not.
    """
    enter = [nsenter, "--target", str(pid), "--all", "--no-fork", "--"]
    return [*enter, "/bin/sh", "-c", '"$@"; exit $?', "sh", *command]


def machined_leader(name):
    """The same for a machine that systemd-machined knows: a container that is none of ours."""
    for line in _read("/run/systemd/machines/%s" % name).splitlines():
        if line.startswith(b"LEADER="):
            return int(line[len(b"LEADER=") :])
    return None
