#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: central_info
short_description: What a host has of OVN's central databases
version_added: 0.1.0
description:
  - Tells of the northbound and the southbound database what their files on this host are (standalone or of a RAFT cluster, of which
    server, whether that server has left its cluster), whether their servers run, and what these say of themselves.
  - Optionally waits until the servers are in a cluster that has a leader.
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.central
options:
  connected:
    description:
      - The databases whose servers must have found their cluster, and that cluster a leader (the column C(connected) of
        the table Database in C(_Server), ovsdb-server(5)). A standalone server always is.
      - In check mode it is not waited for.
    type: list
    elements: str
    choices: [northbound, southbound]
    default: []
  complete:
    description:
      - The databases whose clusters must have a leader, and all of whose servers must be connected with this host's.
      - In check mode it is not waited for.
    type: list
    elements: str
    choices: [northbound, southbound]
    default: []
  wait_timeout:
    description: Seconds that O(connected) and O(complete) may take. When they pass the task fails, and says what is missing.
    type: float
    default: 30
  environment_file:
    description: The file that the units take the options of ovn-ctl(8) from, to be told what stands there.
    type: path
  environment_variable:
    description: The variable in that file.
    type: str
    default: OVN_CTL_OPTS
seealso:
  - module: virtnet.ovn.central_database_file
  - module: virtnet.ovn.ovn_cluster_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Look at the databases of this host
  virtnet.ovn.central_info:
  register: central

- name: Wait until both servers are in a cluster with a leader
  virtnet.ovn.central_info:
    connected: [northbound, southbound]
    wait_timeout: 60
"""

RETURN = r"""
northbound:
  description: The northbound database.
  returned: success
  type: dict
  contains: &database
    file:
      description: Its file.
      type: dict
      contains:
        path:
          description: Where it is.
          type: str
          sample: /var/lib/ovn/ovnnb_db.db
        exists:
          description: Whether it is there.
          type: bool
          sample: true
        model:
          description: V(standalone) or V(clustered). Empty without a file.
          type: str
          sample: clustered
        name:
          description: The name of the database in it.
          type: str
          sample: OVN_Northbound
        cluster_id:
          description: The cluster's UUID. Empty if standalone, or if the server has yet to join and was not told which.
          type: str
          sample: 4a0c10e4-cde5-4299-a136-e51b4c3a88e1
        server_id:
          description: The UUID of the server that the file belongs to. Empty if standalone.
          type: str
          sample: 2077820b-3e85-4bb8-aab4-2a652b6c6ade
        local:
          description: The address that the server has in its cluster.
          type: str
          sample: tcp:192.0.2.11:6643
        joining:
          description: Whether the server has yet to join.
          type: bool
          sample: false
        left:
          description: Whether the server has left its cluster or was kicked. It can never come back with this file.
          type: bool
          sample: false
        has_data:
          description:
            - Whether a standalone file holds rows that somebody made. Those that ovn-northd makes by itself do not count, nor
              those of the tables NB_Global, SB_Global, Connection and SSL.
          type: bool
          sample: false
        log:
          description: What the log of a cluster's server comes to, where the server is not in its cluster. Otherwise none.
          type: dict
          contains:
            term:
              description: The term of its last entry.
              type: int
              sample: 7
            index:
              description: The index of that. Of several servers, the one with the highest term, and then the highest index, has the most.
              type: int
              sample: 5132
            servers:
              description: The cluster's servers, as the log says, by their UUID, with their addresses.
              type: dict
              sample: {2077820b-3e85-4bb8-aab4-2a652b6c6ade: "tcp:192.0.2.11:6643"}
            election_timer:
              description: The cluster's election timer in milliseconds. None while it was never set.
              type: int
              sample: 1000
            damage:
              description: Why no server can use the file, as when the disk was full. Empty if there is nothing wrong with it.
              type: str
              sample: ""
    process:
      description: Its server's process.
      type: dict
      contains:
        running:
          description: Whether it runs.
          type: bool
          sample: true
        replaced:
          description: Whether its program on the disk was replaced since by that of a new package.
          type: bool
          sample: false
        options:
          description: The options of ovn-ctl(8) that it was started with.
          type: list
          elements: str
          sample: ["--db-nb-cluster-local-addr=192.0.2.11"]
    server:
      description: What the server says of the database (ovsdb-server(5)). Null if it does not answer.
      type: dict
      contains:
        model:
          description: V(standalone), V(clustered) or V(relay).
          type: str
          sample: clustered
        connected:
          description: Whether it is in a cluster that has a leader. Always true if standalone.
          type: bool
          sample: true
        leader:
          description: Whether it is the leader. Always true if standalone.
          type: bool
          sample: false
        cluster_id:
          description: The cluster's UUID.
          type: str
          sample: 4a0c10e4-cde5-4299-a136-e51b4c3a88e1
        server_id:
          description: The server's UUID.
          type: str
          sample: 2077820b-3e85-4bb8-aab4-2a652b6c6ade
        schema_version:
          description: The version of its schema. Null if it has yet to join its cluster.
          type: str
          sample: 7.0.0
    installed_schema:
      description: The version of the schema that the installed package brings. Null if there is none.
      type: str
      sample: 7.0.0
    cluster:
      description:
        - What the server says of its cluster, as RV(virtnet.ovn.ovn_cluster_info#module:cluster). Null if it is in none, or does not answer.
      type: dict
      sample: {status: cluster member, leader: b438, servers: []}
southbound:
  description: The southbound database.
  returned: success
  type: dict
  contains: *database
northd:
  description:
    - The daemon ovn-northd, its C(process) as that of a database's server, and its C(status), V(active), V(standby) or V(paused), and its C(version).
      These two are null if it does not answer.
  returned: success
  type: dict
  sample:
    process:
      running: true
      options: []
    status: active
    version: 23.03.1
disk:
  description: The file system of O(dbdir), C(total) and C(free) in bytes. Null if there is no such directory.
  returned: success
  type: dict
  sample: {free: 20000000000, total: 50000000000}
options:
  description: The options of ovn-ctl(8) in O(environment_file), as they will be at the next start.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.modules import run_info


def main():
    run_info()


if __name__ == "__main__":
    main()
