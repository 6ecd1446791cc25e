#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: central_compact
short_description: Compact the file of a central database
version_added: 0.1.0
description:
  - Lets a server write its database's file anew, without what rows were before (C(ovsdb-server/compact), ovsdb-server(1)). Servers do so by themselves, but not
    while their files are small, and not at a time that anybody chooses.
  - Of a cluster, each member has a file of its own.
options:
  above:
    description: Compact only a file that has more bytes than this.
    type: int
    default: 0
extends_documentation_fragment:
  - virtnet.ovn.attributes.action
  - virtnet.ovn.central
  - virtnet.ovn.central.server
seealso:
  - module: virtnet.ovn.central_backup
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Compact the southbound database if it has more than 100 MB
  virtnet.ovn.central_compact:
    database: southbound
    above: 100000000
"""

RETURN = r"""
size:
  description: How many bytes the file has now.
  returned: success
  type: int
  sample: 41984
size_before:
  description: How many it had.
  returned: success
  type: int
  sample: 9641984
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.backup import compact, run


def main():
    run(compact, {"above": {"type": "int", "default": 0}})


if __name__ == "__main__":
    main()
