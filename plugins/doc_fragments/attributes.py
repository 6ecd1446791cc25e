# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """What every module says about check mode, diffs and running again."""

    # A module that changes something
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return the changes it would make, without making them.
  diff_mode:
    support: full
    description: Returns what differs, before and after, when in diff mode.
  idempotent:
    support: full
    description: When run twice in a row with the same arguments, the second run changes nothing and says so.
  platform:
    description: The operating systems that the module runs on.
    platforms: posix
    support: full
"""

    # A module that only reads
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Changes nothing, so that check mode makes no difference.
  diff_mode:
    support: N/A
    description: Changes nothing, so that there is nothing to compare.
  idempotent:
    support: full
    description: When run twice in a row with the same arguments, the second run changes nothing and says so.
  platform:
    description: The operating systems that the module runs on.
    platforms: posix
    support: full
"""

    # A module that does something each time
    ACTION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode), looks at everything that it would look at, and changes nothing.
  diff_mode:
    support: none
    description: What it does is told by its result.
  idempotent:
    support: none
    description: Each run does it again.
  platform:
    description: The operating systems that the module runs on.
    platforms: posix
    support: full
"""
