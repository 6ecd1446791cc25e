#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: central_database_file
short_description: A file of a clustered OVN database, before its server starts
version_added: 0.1.0
description:
  - Makes the file with which the server of the northbound or southbound database starts a RAFT cluster, or joins one, as
    C(ovsdb-tool create-cluster) and C(ovsdb-tool join-cluster) do (ovsdb-tool(1)).
  - A file is never deleted. What is in the way is moved aside, and only if that was asked for.
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.central
options:
  database:
    description: The database.
    type: str
    choices: [northbound, southbound]
    required: true
  state:
    description:
      - V(clustered) for the file of a server at O(local). One that is of this server already stays.
      - V(absent) moves the file aside.
    type: str
    choices: [clustered, absent]
    default: clustered
  local:
    description: The address that the server has in the cluster, as V(tcp:IP:PORT) or V(ssl:IP:PORT). Needed for O(state=clustered).
    type: str
  remotes:
    description:
      - Servers of the cluster to join, written as O(local). Any of them will do.
      - Without any, the file is the first of a new cluster. If there is a standalone database, the cluster begins with its
        rows, and that file is moved aside.
    type: list
    elements: str
    default: []
  cluster_id:
    description: With O(remotes), the UUID of the cluster that may be joined, and no other.
    type: str
  recover:
    description:
      - Without O(remotes), the UUID of a cluster that lost most of its servers for ever. The new cluster begins with what this one of its servers
        had, as with C(ovsdb-tool cluster-to-standalone), but for what was replaced in its log. The old file is moved aside. A file of another
        cluster, such as the new one, stays.
      - What only the lost servers had is lost.
    type: str
  election_timer:
    description: For a new cluster, the milliseconds of silence after which its servers elect another leader.
    type: int
  aside:
    description:
      - Moves a file aside that is something else. Without it, that is an error.
    type: bool
    default: false
  schema:
    description: The schema of a new cluster's database. By default the one that the packages bring.
    type: path
notes:
  - The server must be stopped, where something is to be changed.
  - Whether a cluster may be started is not this module's to know. Two hosts that start one each make two clusters. The role
    P(virtnet.ovn.ovn_central#role) looks at all hosts first.
seealso:
  - module: virtnet.ovn.central_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: The first server of a cluster
  virtnet.ovn.central_database_file:
    database: northbound
    local: tcp:192.0.2.11:6643
  register: first

- name: A server that joins it
  virtnet.ovn.central_database_file:
    database: northbound
    local: tcp:192.0.2.12:6643
    remotes: ["tcp:192.0.2.11:6643"]
    cluster_id: "{{ first.file.cluster_id }}"

- name: Go on with what is left of a cluster that lost most of its servers for ever
  virtnet.ovn.central_database_file:
    database: northbound
    local: tcp:192.0.2.11:6643
    recover: 4a0c10e4-cde5-4299-a136-e51b4c3a88e1

- name: Move aside what a server left behind that has left the cluster
  virtnet.ovn.central_database_file:
    database: northbound
    state: absent
"""

RETURN = r"""
moved_to:
  description: Where the file that was there is now. Empty if none was moved.
  returned: success
  type: str
  sample: /var/lib/ovn/ovnnb_db.db.aside-20260102T030405Z
file:
  description: The file as it is now, as M(virtnet.ovn.central_info) describes it. In check mode, as it was.
  returned: success
  type: dict
  sample:
    path: /var/lib/ovn/ovnnb_db.db
    exists: true
    model: clustered
    cluster_id: 4a0c10e4-cde5-4299-a136-e51b4c3a88e1
    server_id: 2077820b-3e85-4bb8-aab4-2a652b6c6ade
    local: tcp:192.0.2.12:6643
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.modules import run_file


def main():
    run_file()


if __name__ == "__main__":
    main()
