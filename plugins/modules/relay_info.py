#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: relay_info
short_description: What a host has of a relay of the southbound database
version_added: 0.1.0
description:
  - Tells whether the relay that the role P(virtnet.ovn.ovn_relay#role) makes on this host runs, where it listens, and whether the database's
    cluster answers through it.
  - A relay calls itself connected for half a minute after it has lost the cluster, and answers what is only read by itself. So it is asked for
    something that it has to forward, and that changes nothing.
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
options:
  rundir:
    description: The directory of the relay's socket and pid file.
    type: path
    default: /var/run/ovn
  live:
    description: Waits until the cluster answers through the relay.
    type: bool
    default: false
  wait_timeout:
    description: Seconds that O(live) may take. When they pass the task fails, and says why not.
    type: float
    default: 30
seealso:
  - module: virtnet.ovn.central_info
  - module: virtnet.ovn.chassis_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Look at the relay of this host
  virtnet.ovn.relay_info:
  register: relay

- name: Wait until chassis can write through it
  virtnet.ovn.relay_info:
    live: true
    wait_timeout: 60
"""

RETURN = r"""
process:
  description: Whether it is C(running), and whether its program on the disk was C(replaced) since by that of a new package.
  returned: success
  type: dict
  sample: {running: true, replaced: false}
version:
  description: Its version, which is that of Open vSwitch. Null if it does not run, or does not answer.
  returned: success
  type: str
  sample: 3.1.0
release:
  description: The release of OVN that is installed. Null if none is.
  returned: success
  type: str
  sample: 23.03.1
server:
  description: What it says of the database, as RV(virtnet.ovn.central_info#module:southbound.server). Null if it does not answer.
  returned: success
  type: dict
  sample: {model: relay, connected: true, leader: false, cluster_id: "", server_id: "", schema_version: 20.27.0}
listens:
  description: Where it listens to chassis.
  returned: success
  type: list
  elements: str
  sample: ["pssl:6642:192.0.2.31"]
nb_cfg:
  description: The column C(nb_cfg) of SB_Global as its copy has it. Null if it has none.
  returned: success
  type: int
  sample: 12
live:
  description: Whether the cluster has answered through it.
  returned: success
  type: bool
  sample: true
why:
  description: Why not. Empty if it has.
  returned: success
  type: str
  sample: ""
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.relay import run_relay_info


def main():
    run_relay_info()


if __name__ == "__main__":
    main()
