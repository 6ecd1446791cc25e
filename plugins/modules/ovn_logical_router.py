#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Logical routers of OVN"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_logical_router
short_description: Logical routers of OVN
version_added: 0.1.0
description:
  - "Declares logical routers and, where they are given, their ports, static routes and NAT rules: one task is one transaction."
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  name:
    description:
      - The logical router's name.
    type: raw
  ports:
    description:
      - Children. Each takes the options of M(virtnet.ovn.ovn_logical_router_port) for an object, less the router.
    type: list
    elements: dict
  static_routes:
    description:
      - Children. Each takes the options of M(virtnet.ovn.ovn_static_route) for an object, less the router.
    type: list
    elements: dict
  nat:
    description:
      - Children. Each takes the options of M(virtnet.ovn.ovn_nat) for an object, less the router.
    type: list
    elements: dict
  policies:
    description:
      - Children. Each takes the options of M(virtnet.ovn.ovn_logical_router_policy) for an object, less the router.
    type: list
    elements: dict
  load_balancer:
    description:
      - Members. Load balancers of this router by name, or dictionaries with C(name) and C(state).
    type: list
    elements: raw
  load_balancer_group:
    description:
      - Members. Load balancer groups of this router by name, or dictionaries with C(name) and C(state).
    type: list
    elements: raw
  enabled:
    description:
      - Whether the router forwards. Empty is as V(true).
    type: raw
  copp:
    description:
      - The control plane protection policy of this router, by name. Empty takes it off.
    type: raw
  options:
    description:
      - Map. Such as C(chassis), which makes it a gateway router. A key with a null value is removed.
    type: dict
  external_ids:
    description:
      - Map. Keys for your own use; a key with a null value is removed.
    type: dict
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
  - virtnet.ovn.ovn.object
  - virtnet.ovn.ovn.strict
  - virtnet.ovn.ovn.purge
  - virtnet.ovn.ovn.owned
  - virtnet.ovn.ovn.wait
seealso:
  - module: virtnet.ovn.ovn_logical_router_port
  - module: virtnet.ovn.ovn_static_route
  - module: virtnet.ovn.ovn_nat
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A gateway router
  virtnet.ovn.ovn_logical_router:
    name: gw1
    options:
      chassis: node1
    ports:
      - name: gw1-outside
        mac: "02:0a:7f:18:01:02"
        networks: [172.18.1.2/16]
    static_routes:
      - ip_prefix: 192.168.100.0/24
        nexthop: 192.168.255.2
    nat:
      - type: snat
        logical_ip: 192.168.100.0/24
        external_ip: 172.18.1.2

- name: No such router
  virtnet.ovn.ovn_logical_router:
    name: gw1
    state: absent
"""

RETURN = r"""
objects:
  description: What became of each object, in the order in which they were given.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: What was done, or in check mode would be done; V(created), V(updated), V(deleted) or V(unchanged).
      type: str
      sample: updated
    changed:
      description: Whether the object or anything in it changed.
      type: bool
      sample: true
    uuid:
      description: The row's UUID. Null for one that check mode would make, or that is absent.
      type: str
      sample: 3760718f-294f-491a-bf63-3faf3573d44c
    state:
      description: The state that was asked for.
      type: str
      sample: present
    before:
      description: What differed, as it was.
      type: dict
      sample: {}
    after:
      description: What differed, as it is now.
      type: dict
      sample: {}
operations:
  description: The operations of the transaction (RFC 7047, 5.2), without its guards. Empty if nothing changed.
  returned: success
  type: list
  elements: dict
  sample: []
plan_hash:
  description: A fingerprint of the operations, for O(expect_plan).
  returned: success
  type: str
  sample: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
unresolved:
  description: In check mode, the parents and references that do not exist yet, each with C(path) and C(message).
  returned: in check mode, when something is missing
  type: list
  elements: dict
  sample: []
committed:
  description: True when the change was written although the task failed afterwards, as a wait that took too long does.
  returned: failure after writing
  type: bool
  sample: true
errors:
  description: All that is wrong with the task, each with C(path) and C(message).
  returned: when the task cannot be done as written
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.runner import run
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.logical_router import LOGICAL_ROUTER


def main():
    run(LOGICAL_ROUTER)


if __name__ == "__main__":
    main()
