#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Logical switches of OVN"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_logical_switch
short_description: Logical switches of OVN
version_added: 0.1.0
description:
  - "Declares logical switches and, where they are given, their ports: one task is one transaction."
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  name:
    description:
      - The logical switch's name.
    type: raw
  ports:
    description:
      - Children. The ports that the switch shall have; each takes the options of M(virtnet.ovn.ovn_logical_switch_port) for an object, less the
          switch.
    type: list
    elements: dict
  acls:
    description:
      - Children. Each takes the options of M(virtnet.ovn.ovn_acl) for an object, less the switch.
    type: list
    elements: dict
  qos_rules:
    description:
      - Children. Each takes the options of M(virtnet.ovn.ovn_qos) for an object, less the switch.
    type: list
    elements: dict
  forwarding_groups:
    description:
      - Children. Each takes the options of M(virtnet.ovn.ovn_forwarding_group) for an object, less the switch.
    type: list
    elements: dict
  load_balancer:
    description:
      - Members. Load balancers of this switch by name, or dictionaries with C(name) and C(state).
    type: list
    elements: raw
  load_balancer_group:
    description:
      - Members. Load balancer groups of this switch by name, or dictionaries with C(name) and C(state).
    type: list
    elements: raw
  dns_records:
    description:
      - Members. Rows of the table DNS by UUID, or dictionaries with C(name) (the UUID) and C(state).
    type: list
    elements: raw
  copp:
    description:
      - The control plane protection policy of this switch, by name. Empty takes it off.
    type: raw
  other_config:
    description:
      - Map. Such as C(subnet), C(exclude_ips), C(mcast_snoop); ovn-nb(5) lists them. A key with a null value is removed.
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
  - module: virtnet.ovn.ovn_logical_switch_port
  - module: virtnet.ovn.ovn_load_balancer
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A switch with two ports
  virtnet.ovn.ovn_logical_switch:
    name: ls1
    ports:
      - name: ls1-vm1
        addresses: ["02:ac:10:ff:00:11"]
        port_security: ["02:ac:10:ff:00:11"]
      - name: ls1-vm2
        addresses: ["02:ac:10:ff:00:22 192.168.100.11"]

- name: Exactly these ports, and no others
  virtnet.ovn.ovn_logical_switch:
    name: ls1
    ports:
      - name: ls1-vm1
    purge: [ports]

- name: No such switches
  virtnet.ovn.ovn_logical_switch:
    objects:
      - name: ls1
      - name: ls2
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.logical_switch import LOGICAL_SWITCH


def main():
    run(LOGICAL_SWITCH)


if __name__ == "__main__":
    main()
