# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel refused, as a sentence for the user."""

from __future__ import annotations

from .._ovsdb.errors import OvnError


class NetnsError(OvnError):
    """``option`` is the VM's option that the kernel refused, where one is to blame."""

    def __init__(self, message, option=None):
        super().__init__(message)
        self.option = option
