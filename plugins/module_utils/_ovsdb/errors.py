# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, in one tree. ``str(error)`` is written for the user: no traceback ever has to explain it."""

from __future__ import annotations


class OvnError(Exception):
    """The root: everything that the collection raises on purpose.

    ``facts`` are returned beside the message (``committed``, ``uuids``, ...).
    """

    def __init__(self, message, **facts):
        super().__init__(message)
        self.facts = facts


class OvsdbError(OvnError):
    """Talking to an OVSDB server failed."""


class ConnectError(OvsdbError):
    """No remote could be used: refused, hanging, wrong database, no leader."""


class UnreachableError(ConnectError):
    """No remote could be used now; nothing says that a later try will fail, too."""


class DeadlineError(OvsdbError):
    """The server did not answer in time, or a state was not reached in time."""


class ConnectionLost(OvsdbError):
    """The connection ended. ``sent`` tells whether a request was out: its outcome is then unknown."""

    def __init__(self, message, sent=False, **facts):
        super().__init__(message, **facts)
        self.sent = sent


class TransactError(OvsdbError):
    """The server refused a transaction (RFC 7047, 4.1.3); nothing of it was written.

    ``code`` is the server's error string, ``index`` the operation's place (None for a commit-time error).
    """

    def __init__(self, message, code="", index=None, **facts):
        super().__init__(message, **facts)
        self.code = code
        self.index = index
