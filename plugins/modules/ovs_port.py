#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Ports of Open vSwitch bridges"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_port
short_description: Ports of Open vSwitch bridges
version_added: 0.1.0
description:
  - Declares ports of bridges, with their interfaces. A new port has an interface of its own name unless others are given.
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  name:
    description:
      - The port's name.
    type: raw
  bridge:
    description:
      - The bridge that the port is on. Needed to make a port.
    type: str
  interfaces:
    description:
      - Children. Each with C(name), C(type) (such as V(internal), V(patch), V(geneve)), C(options), C(mac), C(mtu_request), C(ofport_request),
          C(other_config), C(external_ids) (such as C(iface-id)) and C(state).
    type: list
    elements: dict
  tag:
    description:
      - The VLAN of an access port. Empty for a trunk.
    type: raw
  trunks:
    description:
      - Exactly these. The VLANs of a trunk; empty for all.
    type: list
    elements: str
  vlan_mode:
    description:
      - V(access), V(trunk), V(native-tagged), V(native-untagged) or V(dot1q-tunnel).
    type: raw
  bond_mode:
    description:
      - V(active-backup), V(balance-slb) or V(balance-tcp), for several interfaces.
    type: raw
  lacp:
    description:
      - V(active), V(passive) or V(off).
    type: raw
  other_config:
    description:
      - Map. A key with a null value is removed.
    type: dict
  external_ids:
    description:
      - Map. Keys for your own use; a key with a null value is removed.
    type: dict
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn.ovs
  - virtnet.ovn.ovn.object
  - virtnet.ovn.ovn.purge
  - virtnet.ovn.ovn.owned
  - virtnet.ovn.ovn.move
  - virtnet.ovn.ovn.wait_ovs
seealso:
  - module: virtnet.ovn.ovs_bridge
  - module: virtnet.ovn.netns_vm
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: The interface of a VM
  virtnet.ovn.ovs_port:
    bridge: br-int
    name: vm1
    interfaces:
      - name: vm1
        type: internal
        external_ids:
          iface-id: ls1-vm1
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.ovs.port import PORT


def main():
    run(PORT)


if __name__ == "__main__":
    main()
