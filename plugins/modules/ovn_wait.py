#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: wait for states of OVN"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_wait
short_description: Wait until OVN's ports, chassis and backends are in a state
version_added: 0.1.0
description:
  - Waits until all of the given conditions hold at the same time, and says precisely which do not when the time is over.
  - It looks first. If everything is as it should be, it returns at once.
  - In check mode it looks once and does not wait. What it would wait for is a warning.
options:
  for:
    description:
      - The conditions, all of which have to hold. Each is one of C(port), C(chassis), C(backend), C(caught_up) and C(row).
    type: list
    elements: dict
    suboptions:
      port:
        description:
          - A logical switch port, by name, that is up in the northbound database.
          - A VM's port must also be bound by a chassis that has installed its flows.
        type: str
      bound_to:
        description: With C(port), the name or hostname of the chassis that has to bind it.
        type: str
      chassis:
        description: The name (system-id) or hostname of a chassis that is registered in the southbound database.
        type: str
      backend:
        description:
          - A backend of a load balancer with a health check that has this status.
          - If several service monitors meet what is given, all must have the status.
        type: dict
        suboptions:
          ip:
            description: The backend's IP address.
            type: str
            required: true
          port:
            description: The backend's port.
            type: int
          protocol:
            description: The protocol.
            type: str
            choices: [tcp, udp]
          logical_port:
            description: The logical switch port of the backend.
            type: str
          status:
            description: The status to wait for.
            type: str
            choices: [online, offline, error]
            default: online
      caught_up:
        description:
          - Everything that C(nb_cfg) counts as asked for is done by ovn-northd (V(sb)), or by ovn-northd and every chassis (V(hv)).
          - Changes that did not increment C(nb_cfg) are not counted. O(sync) makes sure of them.
        type: str
        choices: [sb, hv]
      row:
        description: A row of any table with given values.
        type: dict
        suboptions:
          database:
            description: The database.
            type: str
            choices: [northbound, southbound]
            default: northbound
          table:
            description: The table.
            type: str
            required: true
          where:
            description: Conditions that select the row, as O(virtnet.ovn.ovn_info#module:where).
            type: raw
          columns:
            description:
              - The values that the row must have, as a dictionary of columns.
              - A column of one value equals the given one, a set includes the given ones, a map includes the given pairs.
            type: dict
      absent:
        description:
          - Wait for the opposite. The port is down and not bound, the chassis is not registered, the backend has no
            service monitor, no such row is there. Not with C(caught_up).
        type: bool
        default: false
  sync:
    description:
      - Increments C(nb_cfg), as C(ovn-nbctl --wait=hv sync) does, and waits until all changes that were made before are done
        by ovn-northd (V(sb)), or by ovn-northd and every chassis (V(hv)).
      - This counter is not counted as a change. In check mode it is not touched.
    type: str
    choices: [none, sb, hv]
    default: none
  wait_timeout:
    description:
      - Seconds until the conditions have to hold.
      - Where that is less than O(timeout), a server that does not answer is waited for no longer than this either, but for a second at least.
    type: float
    default: 30
  leader_only:
    description:
      - Of a cluster, look at what the leader has. With V(false), any member will do, and so will a relay, which never leads.
      - O(sync) needs the leader of the northbound database, or a member that forwards to it, which is slower.
    type: bool
    default: true
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
requirements:
  - ovsdbapp (Python library) 2.1 or later
notes:
  - A server that only just starts is waited for too, for as long as O(timeout).
  - It survives restarts of the database's servers and changes of the leader while it waits.
seealso:
  - module: virtnet.ovn.ovn_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Wait until every chassis has done all that was asked
  virtnet.ovn.ovn_wait:
    sync: hv

- name: Wait for two VMs, one of them on a certain host
  virtnet.ovn.ovn_wait:
    for:
      - port: ls1-vm1
        bound_to: node2
      - port: ls1-vm2
    wait_timeout: 60

- name: Wait until a host has joined
  virtnet.ovn.ovn_wait:
    for:
      - chassis: node3

- name: Wait until a failure was noticed
  virtnet.ovn.ovn_wait:
    for:
      - backend:
          ip: 192.168.100.10
          port: 8000
          status: offline

- name: Wait until a MAC binding was learned
  virtnet.ovn.ovn_wait:
    for:
      - row:
          database: southbound
          table: MAC_Binding
          where:
            ip: 192.168.101.10
          columns:
            mac: "02:ac:10:ff:00:13"
"""

RETURN = r"""
elapsed:
  description: The seconds that it took.
  returned: always
  type: float
  sample: 1.042
conditions:
  description: Each condition of O(for), in that order, and at the end that of O(sync).
  returned: always
  type: list
  elements: dict
  contains:
    met:
      description: Whether it holds.
      type: bool
      sample: true
    seen:
      description: What was there, a dictionary or a list of rows.
      type: raw
      sample:
        bound: true
        chassis: node2
        exists: true
        hostname: node2
        up: true
    missing:
      description: What was missing, in words. Empty if it holds.
      type: str
      sample: ""
missing:
  description: All that was missing, in words.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.wait import run_wait


def main():
    run_wait()


if __name__ == "__main__":
    main()
