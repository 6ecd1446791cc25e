# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source of ansible-rulebook: rows of OVN's databases that come, change and go."""

from __future__ import annotations

DOCUMENTATION = r"""
short_description: Rows of OVN's databases that come, change and go
description:
  - An event source for ansible-rulebook. It watches rows of the northbound, the southbound or a host's Open vSwitch database, and
    makes an event of each change of one.
  - Restarts of the servers, changes of a cluster's leader and lost connections are survived. What changed meanwhile makes one
    event for each row, the difference from what was known of it; what did not change makes none.
  - Changes that follow each other faster than the server reports them make one event.
options:
  database:
    description: The database to watch.
    type: str
    choices: [northbound, southbound, open_vswitch]
    default: southbound
  nb:
    description:
      - Where the northbound database listens, as C(ovn-nbctl --db) takes it. Of a cluster, name all members.
      - If not given, the environment variable E(OVN_NB_DB) is used, else its unix socket on this host.
    type: str
  sb:
    description:
      - Where the southbound database listens, as C(ovn-sbctl --db) takes it. Of a cluster, name all members.
      - If not given, the environment variable E(OVN_SB_DB) is used, else its unix socket on this host.
    type: str
  ovs:
    description: Where the host's Open vSwitch database listens, as C(ovs-vsctl --db) takes it; by default its unix socket.
    type: str
  leader_only:
    description: Whether only the leader of a cluster is watched. A follower may be a moment behind.
    type: bool
    default: true
  timeout:
    description:
      - Seconds for connecting, all remotes together. A server that is not there is tried again without end, and the log says so.
      - A server that says nothing for so long, though asked, is given up for another one.
    type: float
    default: 10
  private_key:
    description: The client's private key for C(ssl:) remotes, a PEM file.
    type: path
  certificate:
    description: The client's certificate for C(ssl:) remotes, a PEM file.
    type: path
  ca_cert:
    description: The certificate of the authority that signed the server's certificate, a PEM file.
    type: path
  tables:
    description: What is watched, a list of tables' names or of dictionaries.
    type: list
    elements: dict
    required: true
    suboptions:
      table:
        description: The table.
        type: str
        required: true
      where:
        description:
          - Conditions that a row has to meet, as in M(virtnet.ovn.ovn_info).
          - A row that begins to meet them is a V(create), one that ceases to is a V(delete).
        type: raw
      columns:
        description:
          - The columns that events have, by default all. A change of other ones makes no event.
        type: list
        elements: str
      events:
        description: As the option of that name beside C(tables), for this table.
        type: list
        elements: str
        choices: [initial, create, update, delete]
  events:
    description:
      - Which events there are. V(initial) is a row that is there at the start, each other one what happens to a row later.
    type: list
    elements: str
    choices: [initial, create, update, delete]
    default: [create, update, delete]
requirements:
  - ovsdbapp (Python library) 2.1 or later, where ansible-rulebook runs
"""

EXAMPLES = r"""
- virtnet.ovn.ovn_events:
    sb: tcp:192.0.2.1:6642,tcp:192.0.2.2:6642,tcp:192.0.2.3:6642
    tables:
      - Chassis
      - table: Port_Binding
        where: {type: ""}
        columns: [logical_port, chassis, up]
        events: [update]
"""

# What an event is, here a port that moved. References are shown by name where there is one; ``old`` has the columns that
# changed, as they were.
#
#   database: southbound
#   table: Port_Binding
#   event: update
#   uuid: 5a0b6c5f-8b1f-4f0e-9f33-6b7b2a4f5d11
#   row: {logical_port: web-1, chassis: hv2, up: true}
#   old: {chassis: hv1}

import pathlib
import sys

# ansible-rulebook runs this file by its path, and does not know where collections are
sys.path += [
    str(path.parent) for path in pathlib.Path(__file__).absolute().parents if path.name == "ansible_collections"
]

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.events import follow


async def main(queue, args):
    await follow(queue, args)
