# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab module fails with."""

from __future__ import annotations


class LabError(Exception):
    """A message for the user; ``details`` are further keys of the result."""

    def __init__(self, message, **details):
        super().__init__(message)
        self.details = details
