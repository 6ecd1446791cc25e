#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: central_backup
short_description: Back up one of OVN's central databases
version_added: 0.1.0
description:
  - Writes a copy of a database that is in use to a new file on the host, all of one moment (C(ovsdb-client backup)), and loads all of it once to
    see that it is whole.
  - The copy is a standalone file, also of a clustered database, and any member of the cluster can make it.
  - Files that are not needed any more are removed, of those that this module made for the same database, and only after the new one was found to be whole.
  - Each run makes a file, and so is changed.
options:
  directory:
    description: Where the files go. It is made if it is not there, for root only. So are the files.
    type: path
    default: /var/backups/ovn
  keep:
    description: How many are kept, the new one with them. If not given, all.
    type: int
extends_documentation_fragment:
  - virtnet.ovn.attributes.action
  - virtnet.ovn.central
  - virtnet.ovn.central.server
requirements:
  - ovsdb-client and ovsdb-tool on the host
seealso:
  - module: virtnet.ovn.central_restore
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Back the northbound database up, and keep a week of backups
  virtnet.ovn.central_backup:
    database: northbound
    keep: 7
  register: made

- name: How many logical switches are in it
  ansible.builtin.debug:
    msg: "{{ made.backup.rows.Logical_Switch | default(0) }}"
"""

RETURN = r"""
backup:
  description: The new file. Null in check mode.
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
removed:
  description: The files that were removed.
  returned: success
  type: list
  elements: str
  sample: []
kept:
  description: The backups of this database that there are now, the oldest first.
  returned: success
  type: list
  elements: str
  sample: [/var/backups/ovn/ovnnb_db-20260301T120000Z.db]
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.backup import backup, run


def main():
    run(backup, {"directory": {"type": "path", "default": "/var/backups/ovn"}, "keep": {"type": "int"}})


if __name__ == "__main__":
    main()
