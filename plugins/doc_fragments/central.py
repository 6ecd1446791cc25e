# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Central hosts: where their files are, and which database is meant."""

    DOCUMENTATION = r"""
options:
  dbdir:
    description: The directory of the database files.
    type: path
    default: /var/lib/ovn
  rundir:
    description: The directory of the servers' sockets and pid files.
    type: path
    default: /var/run/ovn
"""

    # A database whose server runs
    SERVER = r"""
options:
  database:
    description: Which of the two databases.
    type: str
    required: true
    choices: [northbound, southbound]
  timeout:
    description: Seconds that the server has.
    type: float
    default: 60
"""
