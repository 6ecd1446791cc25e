#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: central_restore
short_description: Put a backup in place of what a central database holds
version_added: 0.1.0
description:
  - Makes a database hold what a backup holds, in one transaction and while the server runs.
  - Rows that are as they were are left alone, and those that are gone come back with the UUIDs that they had, so that nothing
    happens to what did not change. (After C(ovsdb-client restore) all rows have new UUIDs, and the whole network is made anew.)
  - What OVN's daemons write by themselves into rows that are there, as C(nb_cfg) and C(up), stays.
  - The backup is loaded and checked first. One that is damaged, of another database or of another schema is refused, and nothing is changed.
  - Of a cluster, it is for the host of the leader.
  - The southbound database is made from the northbound one, so that it is enough to restore that.
options:
  src:
    description: The backup, a file on the host.
    type: path
    required: true
  confirm:
    description: Must be true. What the database holds and the backup does not is lost.
    type: bool
    default: false
extends_documentation_fragment:
  - virtnet.ovn.attributes.action
  - virtnet.ovn.central
  - virtnet.ovn.central.server
requirements:
  - ovsdb-tool on the host
seealso:
  - module: virtnet.ovn.central_backup
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Look at a backup, and change nothing
  virtnet.ovn.central_restore:
    database: northbound
    src: /var/backups/ovn/ovnnb_db-20260301T120000Z.db
    confirm: true
  check_mode: true

- name: Restore it
  virtnet.ovn.central_restore:
    database: northbound
    src: /var/backups/ovn/ovnnb_db-20260301T120000Z.db
    confirm: true
"""

RETURN = r"""
changes:
  description: How many rows of each table were, or in check mode would be, made, changed and deleted.
  returned: success
  type: dict
  sample: {Logical_Switch: {insert: 1, update: 2, delete: 0}}
backup:
  description: The backup.
  returned: success
  type: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /var/backups/ovn/ovnnb_db-20260301T120000Z.db
    size:
      description: How many bytes it has.
      type: int
      sample: 41984
    schema_version:
      description: The version of the schema in it.
      type: str
      sample: 7.0.0
    rows:
      description: How many rows each table has, of tables that have any.
      type: dict
      sample: {Logical_Switch: 4, Logical_Switch_Port: 11}
    sha256:
      description: The file's checksum.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.backup import restore, run


def main():
    run(restore, {"src": {"type": "path", "required": True}, "confirm": {"type": "bool", "default": False}})


if __name__ == "__main__":
    main()
