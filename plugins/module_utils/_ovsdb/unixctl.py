# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands to a daemon by its control socket, as ovs-appctl(8) sends them: JSON-RPC, whose parameters are text."""

from __future__ import annotations

import functools
import os
import re
import time

from .endpoint import Remote
from .errors import OvnError
from .session import Connection

_VERSION = re.compile(r"\d+\.\d+\.\d+\S*")


class CommandError(OvnError):
    """The daemon refused the command; ``str(error)`` is what it said."""


def command(path, name, *arguments, timeout=10.0):
    """What the daemon answers to ``name``; raises CommandError if it refuses, OvsdbError if nobody answers in time."""
    deadline = time.monotonic() + timeout
    connection = Connection(Remote("unix:" + path), None, deadline)
    try:
        message = connection.reply(connection.send(name, list(arguments), deadline), deadline)
    finally:
        connection.close()
    if message.get("error") is not None:
        raise CommandError(str(message["error"]).strip())
    return str(message.get("result") or "")


def read_file(path):
    """A file's text; none of one that cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


class Daemon:
    """One of this host's daemons, by its pid file and its control socket, ``NAME.PID.ctl``.

    :param patience: one that answers does so at once, unless it is busy for so many seconds
    """

    def __init__(self, rundir, name, patience=2.0):
        self.name = name
        self.here = os.path.isdir(rundir)  # else the host has no place for it
        self.pid = read_file("%s/%s.pid" % (rundir, name)).strip()
        self._control = "%s/%s.%s.ctl" % (rundir, name, self.pid)
        self._patience = patience
        state = read_file("/proc/%s/stat" % self.pid).rpartition(")")[2].split() if self.pid.isdigit() else []
        self.running = bool(state) and state[0] not in "ZX"
        # T is stopped, t is traced by a debugger: proc_pid_stat(5)
        self.stopped = bool(state) and state[0] in "Tt"

    @functools.cached_property
    def _greeting(self):
        return self._command("version", timeout=self._patience) if self.running else None

    @property
    def answers(self):
        return self._greeting is not None

    @property
    def version(self):
        found = _VERSION.search(self._greeting or "")
        return found and found.group()

    @property
    def options(self):
        """Those of its command line that have a value: {name without dashes: value}."""
        words = read_file("/proc/%s/cmdline" % self.pid).split("\0") if self.running else []
        return dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)

    @property
    def replaced(self):
        """Whether the daemon's program is not that of its file any more: its package was upgraded."""
        try:
            return self.running and os.readlink("/proc/%s/exe" % self.pid).endswith(" (deleted)")
        except OSError:
            return False

    def ask(self, *words):
        """What it answers to a command; None if it does not answer, or knows no such command."""
        return self._command(*words, timeout=5.0) if self.answers else None

    def _command(self, *words, timeout):
        try:
            return command(self._control, *words, timeout=timeout).strip()
        except OvnError:
            return None
