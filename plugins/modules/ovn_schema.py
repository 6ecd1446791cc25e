#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_schema
short_description: Convert a central database to the schema of the installed release
version_added: 0.1.0
description:
  - Gives the northbound or the southbound database the schema that the packages of this host bring, while it runs, as C(ovsdb-client convert) does.
    The servers of a cluster never do that by themselves, and a new ovn-northd cannot work before.
  - Nothing is done if the database has that schema already. A database is never converted to an older schema.
  - A copy of the database's file on this host is converted first, and thrown away. In check mode that is all, so that the result says whether the
    real one can be.
options:
  database:
    description: The database.
    type: str
    choices: [northbound, southbound]
    required: true
  schema:
    description:
      - The file with the schema, on the host where the module runs.
      - If not given, that of the packages, C(/usr/share/ovn/ovn-nb.ovsschema) or C(/usr/share/ovn/ovn-sb.ovsschema).
    type: path
  dbdir:
    description: The directory of the database files, of which one is copied.
    type: path
    default: /var/lib/ovn
  timeout:
    description: Seconds for connecting, all remotes together, and again for the conversion.
    type: float
    default: 30
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
requirements:
  - ovsdb-tool on the host, which must be one of those that have the database
notes:
  - Of a cluster, O(nb) or O(sb) must name all members, for its leader is asked. In check mode any member will do.
  - Free space of twice the file is needed beside it, while the trial lasts.
seealso:
  - module: virtnet.ovn.central_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: The first host of a cluster has new packages
  virtnet.ovn.ovn_schema:
    database: "{{ item }}"
    nb: tcp:192.0.2.11:6641,tcp:192.0.2.12:6641,tcp:192.0.2.13:6641
    sb: tcp:192.0.2.11:6642,tcp:192.0.2.12:6642,tcp:192.0.2.13:6642
  loop: [northbound, southbound]

- name: Could the database be converted to a later release's schema?
  virtnet.ovn.ovn_schema:
    database: northbound
    schema: /root/ovn-nb.ovsschema
  check_mode: true
"""

RETURN = r"""
version:
  description: The version of the schema that the database has now.
  returned: success
  type: str
  sample: 7.11.0
schema_version:
  description: The version of the schema in the file.
  returned: success
  type: str
  sample: 7.11.0
bytes:
  description: The size of the database's file on this host. 0 if it is not there.
  returned: success
  type: int
  sample: 48213
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.schema import run_schema


def main():
    run_schema()


if __name__ == "__main__":
    main()
