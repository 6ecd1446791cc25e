#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_cluster_info
short_description: What a server says of its RAFT cluster
version_added: 0.1.0
description:
  - Returns as data what C(ovn-appctl cluster/status) prints for the northbound or southbound database of a host. Its role and term, who leads,
    and of each server of the cluster whether it is connected and how far behind it is.
  - It speaks to the control socket of the server on the host where the module runs, so that it tells of a server without a leader, too. The
    options that say where databases listen have no effect here.
options:
  database:
    description: Which database.
    type: str
    choices: [northbound, southbound]
    required: true
  ctl:
    description:
      - The control socket of the database's server on the host where the module runs, as C(ovn-appctl -t) takes it.
      - If not given, V(/var/run/ovn/ovnnb_db.ctl) or V(/var/run/ovn/ovnsb_db.ctl) (in the folder E(OVN_RUNDIR) if set).
    type: path
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
seealso:
  - module: virtnet.ovn.ovn_cluster
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Look at the cluster of the southbound database
  virtnet.ovn.ovn_cluster_info:
    database: southbound
  register: southbound

- name: Every server is there, and nobody is far behind
  ansible.builtin.assert:
    that:
      - southbound.cluster.status == 'cluster member'
      - southbound.cluster.leader is not none
      - southbound.cluster.servers | rejectattr('connected') | length == 0
      - southbound.cluster.servers | map(attribute='lag') | map('default', 0, true) | max < 100
"""

RETURN = r"""
cluster:
  description: What the server says of its cluster.
  returned: success
  type: dict
  contains:
    clustered:
      description: False if the database is standalone. Nothing else is then told.
      type: bool
      sample: true
    status:
      description:
        - V(cluster member), V(joining cluster), V(leaving cluster), V(left cluster), V(disconnected from the cluster) or V(standalone).
        - A server that was kicked, and comes back with its file, stays V(disconnected from the cluster) for ever.
      type: str
      sample: cluster member
    reason:
      description: Why it is disconnected.
      type: str
      sample: election timeout
    cluster_id:
      description: The cluster's UUID, which C(cid:) pins in remotes. Null for a server that has not joined yet.
      type: str
      sample: 3a0e67b9-0c5d-4f0a-8f6a-5e0a0c1b2d3e
    server_id:
      description: The server's UUID.
      type: str
      sample: b43875c7-e009-425e-b5a0-a6a7b26fecbd
    address:
      description: Where the server listens to other servers.
      type: str
      sample: tcp:192.0.2.11:6643
    role:
      description: V(leader), V(follower) or V(candidate).
      type: str
      sample: follower
    term:
      description: The term, which each election raises.
      type: int
      sample: 4
    leader:
      description: The leader, by the first four digits of its server id. Null where the server knows of none.
      type: str
      sample: b438
    election_timer:
      description: The election timer in milliseconds.
      type: int
      sample: 1000
    log:
      description: The index of the first entry in the server's log (C(first)), and that of the next one to come (C(next)).
      type: dict
      sample: {first: 2, next: 845}
    entries_not_committed:
      description: Entries of the log that a majority is not known to have yet.
      type: int
      sample: 0
    entries_not_applied:
      description: Committed entries that the server's own copy does not have yet.
      type: int
      sample: 0
    disconnections:
      description: How often a connection to another server was lost.
      type: int
      sample: 0
    remotes:
      description: Whom the server asks to let it in, while it is joining.
      type: list
      elements: str
      sample: []
    servers:
      description: The servers of the cluster, by address.
      type: list
      elements: dict
      contains:
        server_id:
          description: The first four digits of its server id.
          type: str
          sample: b438
        address:
          description: Where it listens to other servers.
          type: str
          sample: tcp:192.0.2.12:6643
        self:
          description: Whether it is the server that tells this.
          type: bool
          sample: false
        connected:
          description: Whether the server that tells this is connected with it.
          type: bool
          sample: true
        last_message:
          description: Milliseconds since it was last heard of. Null for the server itself, or if it never was.
          type: int
          sample: 56
        lag:
          description: How many entries of the log it lacks, as far as the leader knows. Null if another server tells this.
          type: int
          sample: 0
        match_index:
          description: The last entry that it is known to have. Null if another server than the leader tells this.
          type: int
          sample: 844
        next_index:
          description: The entry that it is sent next. Null if another server than the leader tells this.
          type: int
          sample: 845
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.cluster import run_cluster_info


def main():
    run_cluster_info()


if __name__ == "__main__":
    main()
