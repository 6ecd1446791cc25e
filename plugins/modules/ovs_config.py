#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Settings of a host in Open vSwitch, key by key"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_config
short_description: Settings of a host in Open vSwitch, key by key
version_added: 0.1.0
description:
  - "Declares keys of C(external_ids) and C(other_config) of the table Open_vSwitch: what C(ovn-controller) reads, such as C(ovn-remote). Other keys
      stay as they are."
options:
  external_ids:
    description:
      - Map. Such as C(system-id), C(ovn-remote), C(ovn-encap-type), C(ovn-encap-ip), C(ovn-bridge-mappings); ovn-controller(8) lists them. A key with
          a null value is removed.
      - A list is written with commas. A dictionary is written as C(name:value) with commas, and its keys are ensured one by one; others stay, and one
        with a null value is removed. So several tasks can each say their part of C(ovn-bridge-mappings).
      - A key that ovn-controller(8) has in no release, or not in that of the host's ovn-controller, is a warning, and with O(strict) an error.
    type: dict
  other_config:
    description:
      - Map. A key with a null value is removed.
    type: dict
  owner:
    description:
      - Who speaks. The keys that tasks of an owner set are remembered, in the key C(virtnet-keys-OWNER) beside them. O(purge) then takes what an earlier
        task of this owner has set and this one does not name, and nothing else.
      - Without it, O(purge) takes only what nobody owns.
    type: str
  strict:
    description:
      - A key of O(external_ids) that ovn-controller(8) does not document, or not yet for the host's ovn-controller, is an error, and not a warning.
    type: bool
    default: false
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn.ovs
  - virtnet.ovn.ovn.plan
  - virtnet.ovn.ovn.purge
  - virtnet.ovn.ovn.wait_ovs
seealso:
  - module: virtnet.ovn.ovs_bridge
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: What makes this host a chassis
  virtnet.ovn.ovs_config:
    external_ids:
      system-id: node2
      ovn-remote: tcp:10.0.0.11:6642
      ovn-encap-type: geneve
      ovn-encap-ip: 10.0.0.12
      ovn-bridge-mappings:

- name: What one team says, and what it has said before and says no more goes
  virtnet.ovn.ovs_config:
    owner: compute
    purge: [external_ids]
    external_ids:
      ovn-monitor-all: true
      ovn-cms-options: [enable-chassis-as-gw, "availability-zones=az1"]
      ovn-bridge-mappings:
        physnet2: br-lan
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.ovs.open_vswitch import OPEN_VSWITCH


def main():
    run(OPEN_VSWITCH)


if __name__ == "__main__":
    main()
