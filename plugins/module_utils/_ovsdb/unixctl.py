# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands to a daemon by its control socket, as ovs-appctl(8) sends them: JSON-RPC, whose parameters are text."""

from __future__ import annotations

import os
import time

from .endpoint import Remote
from .errors import OvnError
from .session import Connection


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


def is_replaced(pid):
    """Whether the daemon's program is not that of its file any more: its package was upgraded."""
    try:
        return os.readlink("/proc/%s/exe" % pid).endswith(" (deleted)")
    except OSError:
        return False
