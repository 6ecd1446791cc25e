#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_gateway_drain
short_description: Take a gateway chassis out of service, and back
version_added: 0.1.0
description:
  - Gives a chassis the lowest priority in every distributed gateway port and HA chassis group that names it, so that others are active, and waits
    until they are. Or gives it back the priorities that it had.
  - What the priority was is kept in C(external_ids) of the row (C(virtnet-drained-priority)). Rows that were not drained by
    this module are left alone when the chassis comes back.
  - All of it is one transaction. It is refused where a port or group has no other chassis in service.
options:
  chassis:
    description: The chassis, by its name (its system-id).
    type: str
    required: true
  state:
    description:
      - V(drained) for maintenance, V(in_service) afterwards.
    type: str
    choices: [drained, in_service]
    default: drained
  wait:
    description:
      - Wait until the southbound database says that the ports are on another chassis, or with O(state=in_service) back on
        this one where it has the highest priority, and until the flows are there.
      - The chassis that others hand over to must have them. One that only sends to them, and is late, is a warning.
    type: bool
    default: true
  wait_timeout:
    description: Seconds that this may take. When they pass the task fails, and names the ports that are elsewhere.
    type: float
    default: 30
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
notes:
  - The old gateway lets go before the new one is ready, and ovn-controller announces the new one about a second after it has come. The role
    P(virtnet.ovn.ovn_gateway_drain#role) sees to both.
  - A gateway router (C(options:chassis) of C(Logical_Router)) is on one chassis only. The module warns of those that are on this one.
seealso:
  - module: virtnet.ovn.ovn_gateway_hold
  - module: virtnet.ovn.ovn_gateway_announce
  - module: virtnet.ovn.ovn_gateway_chassis
  - module: virtnet.ovn.ovn_ha_chassis_group
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Nothing is to pass by gw1 while it is updated
  virtnet.ovn.ovn_gateway_drain:
    chassis: gw1

- name: It may serve again
  virtnet.ovn.ovn_gateway_drain:
    chassis: gw1
    state: in_service
"""

RETURN = r"""
gateways:
  description:
    - The gateway ports and HA chassis groups that name the chassis, each with C(name), C(kind) (V(port) or V(group)), the C(priority) that the chassis has in
      it now, and in C(active) the chassis that its ports are on.
  returned: success
  type: list
  elements: dict
  sample:
    - active: [gw2]
      kind: port
      name: router1-outside
      priority: 0
handing_over:
  description: The chassis that are active now, and may be so no more by it.
  returned: success
  type: list
  elements: str
  sample: [gw1]
taking_over:
  description: The chassis that can become active by it.
  returned: success
  type: list
  elements: str
  sample: [gw2]
announcements:
  description: What the physical network is to hear from the chassis that a gateway comes to, as M(virtnet.ovn.ovn_gateway_announce) takes it.
  returned: success
  type: list
  elements: dict
  sample:
    - ip: 192.0.2.1
      localnet_port: outside-localnet
      mac: "02:00:00:00:02:01"
      port: router1-outside
      tag: null
pinned:
  description: The gateway routers that are on this chassis and cannot go to another.
  returned: success
  type: list
  elements: str
  sample: []
committed:
  description: Whether the change was written although the task failed, when waiting for its effect took too long.
  returned: on failure of the wait
  type: bool
errors:
  description: What stands against it, each with C(path) and C(message).
  returned: on failure of validation
  type: list
  elements: dict
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.drain import run_drain


def main():
    run_drain()


if __name__ == "__main__":
    main()
