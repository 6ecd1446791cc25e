#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_health_info
short_description: What OVN's databases tell of a deployment's health
version_added: 0.1.0
description:
  - Asks ovn-northd and every chassis to catch up, and returns who has, which chassis are registered with which tunnel endpoints and physical
    networks, and where the ports are that belong on a chassis.
  - The role P(virtnet.ovn.ovn_health#role) asks the hosts, too, and judges.
options:
  sync:
    description:
      - Raise C(nb_cfg) of C(NB_Global), as C(ovn-nbctl sync) does, so that a daemon which does nothing can be told from one that has nothing to do.
      - No network is changed by that, and the task is not changed. In check mode it is left out.
    type: bool
    default: true
  wait_timeout:
    description: Seconds that the daemons have to catch up. Who has not is in the result, and is no failure.
    type: float
    default: 3
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
seealso:
  - module: virtnet.ovn.chassis_info
  - module: virtnet.ovn.central_info
  - module: virtnet.ovn.ovn_wait
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Who is there, and who has caught up
  virtnet.ovn.ovn_health_info:
  register: health

- name: Nobody may be behind
  ansible.builtin.assert:
    that: health.chassis | rejectattr('nb_cfg', 'ge', health.nb_cfg) | length == 0
"""

RETURN = r"""
nb_cfg:
  description: What everybody was asked to reach.
  returned: success
  type: int
  sample: 12
northd:
  description: In C(caught_up) whether ovn-northd has reached it, in C(version) its internal version.
  returned: success
  type: dict
  sample: {caught_up: true, version: 23.03.1-20.27.0-70.6}
chassis:
  description:
    - The chassis of the southbound database, each with C(name), C(hostname), the C(nb_cfg) that it has reached, its C(encaps) (type and address), and in
      C(mappings) the physical networks that it has.
  returned: success
  type: list
  elements: dict
  sample:
    - encaps: [geneve 192.0.2.11]
      hostname: node1
      mappings: [physnet1]
      name: node1
      nb_cfg: 12
ports:
  description:
    - The ports that are on a chassis or belong on one (by C(requested-chassis), or as a gateway's), each with C(name), C(type),
      C(requested_chassis), C(chassis) and C(up).
  returned: success
  type: list
  elements: dict
physical_networks:
  description: The networks that ports of the type V(localnet) name.
  returned: success
  type: list
  elements: str
  sample: [physnet1]
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.health_rows import run_health_info


def main():
    run_health_info()


if __name__ == "__main__":
    main()
