# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: central_plan
short_description: What is to be done so that the databases of some hosts are one RAFT cluster
version_added: 0.1.0
author: The virtnet.ovn maintainers (@virtnet)
description:
  - From what all hosts said of one database, the plan of the role P(virtnet.ovn.ovn_central#role).
  - A cluster is only made where no host has one, and every host was asked. Everything else joins. What could make a second cluster or lose
    a database is refused, with what to do about it (RV(ignore:refused)), and nothing else is planned then.
positional: database, facts
options:
  _input:
    description: The hosts of the cluster, in order, each with the address of its server in the cluster, such as V(tcp:192.0.2.11:6643).
    type: dict
    required: true
  database:
    description: The database.
    type: str
    choices: [northbound, southbound]
    required: true
  facts:
    description:
      - What M(virtnet.ovn.central_info) returned, by host. A host that could not be asked is left out.
    type: dict
    required: true
  replace:
    description: Hosts whose stale file and stale entry in the cluster may be given up.
    type: list
    elements: str
    default: []
  kick:
    description: Addresses of servers of the cluster that belong to none of the hosts and may be kicked.
    type: list
    elements: str
    default: []
  confirm_bootstrap:
    description: Makes a cluster although hosts were told of one before.
    type: bool
    default: false
  move:
    description:
      - Whether servers that speak plain TCP to each other may leave and join anew, to speak TLS. Otherwise a host whose server is at the
        same place with another protocol is refused.
    type: bool
    default: false
  confirm_recovery:
    description: Makes a cluster of what is left of one that lost most of its servers for ever.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan
  ansible.builtin.set_fact:
    plan: "{{ places | virtnet.ovn.central_plan('northbound', facts) }}"
  vars:
    places:
      central1: tcp:192.0.2.11:6643
      central2: tcp:192.0.2.12:6643
    facts:
      central1: "{{ hostvars.central1.central }}"
      central2: "{{ hostvars.central2.central }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    cluster_id:
      description: The cluster's UUID. Empty if there is none yet.
      type: str
    create:
      description: The host that makes the cluster. Empty if there is one.
      type: str
    recover:
      description: The cluster that RV(ignore:create) lost, and with whose rows there it begins. Empty if there is none.
      type: str
    election_timer:
      description: The election timer that this one had, in milliseconds.
      type: int
    start:
      description: Hosts whose servers have their files and are to be started.
      type: list
      elements: str
    restart:
      description: Hosts whose servers gave up a file that they could not write to, as on a full disk, and run without it.
      type: list
      elements: str
    join:
      description: Hosts that join with a new file.
      type: list
      elements: str
    aside:
      description: Hosts whose present file is moved aside.
      type: list
      elements: str
    kick:
      description: Servers that are to be kicked, as RV(virtnet.ovn.ovn_cluster_info#module:cluster) has them.
      type: list
      elements: dict
    replaces:
      description: Hosts that get a new file. Their server must not run meanwhile.
      type: list
      elements: str
    members:
      description: Hosts whose servers run, or may be started after all this.
      type: list
      elements: str
    moves:
      description: Hosts whose servers are to leave and join anew to speak TLS, in this order and one after the other.
      type: list
      elements: str
    remotes:
      description: Where the servers of the cluster are now. Empty if none is known.
      type: list
      elements: str
    refused:
      description: What stands against it, each with what to do about it. Empty if nothing does.
      type: list
      elements: str
    again:
      description: Whether the hosts must be asked again after C(start), for nobody knows yet who belongs to the cluster.
      type: bool
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.errors import CentralError
from ansible_collections.virtnet.ovn.plugins.module_utils._central.plan import Member, Plan, plan


def central_plan(places, database, facts, replace=(), kick=(), **confirmed):
    try:
        return plan(
            database,
            [Member(name, local, database, facts.get(name)) for name, local in places.items()],
            replace=replace,
            kick=kick,
            **confirmed,
        ).data()
    except CentralError as error:
        return Plan(refused=str(error).splitlines()).data()


class FilterModule:
    def filters(self):
        return {"central_plan": central_plan}
