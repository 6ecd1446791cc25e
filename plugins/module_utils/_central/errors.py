# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong on a central host, written for the user."""

from __future__ import annotations

from .._ovsdb.errors import OvnError


class CentralError(OvnError):
    """``str(error)`` names the file, host or option, and the reason."""
