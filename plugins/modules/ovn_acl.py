#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: ACLs of OVN logical switches and port groups"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_acl
short_description: ACLs of OVN logical switches and port groups
version_added: 0.1.0
description:
  - Declares ACLs. What tells two ACLs of a switch or port group apart is O(direction), O(priority), O(match) and O(tier).
  - C(ovn-nbctl acl-add) turns logging on where a name, severity or meter is given; here O(log) says so.
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Child, Members).
options:
  switch:
    description:
      - The logical switch that it belongs to, by name or UUID. Needed to make one, and to say which is meant.
    type: str
  port_group:
    description:
      - The port group that it belongs to, by name or UUID; instead of O(switch).
    type: str
  direction:
    description:
      - V(to-lport) or V(from-lport).
    type: raw
  priority:
    description:
      - From 0 to 32767; the highest that matches wins.
    type: raw
  match:
    description:
      - Which packets, an expression as in ovn-sb(5).
    type: raw
  tier:
    description:
      - From 0 to 3, the lowest is looked at first (OVN 23.06 or later).
    type: raw
  action:
    description:
      - V(allow), V(allow-related), V(allow-stateless), V(drop), V(reject) or V(pass). Needed to make one.
    type: raw
  name:
    description:
      - What log entries call it, up to 63 characters.
    type: raw
  log:
    description:
      - Whether matching packets are logged.
    type: raw
  severity:
    description:
      - V(alert), V(warning), V(notice), V(info) or V(debug).
    type: raw
  meter:
    description:
      - The meter that limits its log, by name.
    type: raw
  label:
    description:
      - A number that connection tracking keeps; for V(allow) and V(allow-related) only.
    type: raw
  sample_new:
    description:
      - Child. How packets that make a connection are sampled, with C(metadata) and C(collectors) (OVN 24.09 or later). ACLs with one C(metadata)
        share it.
    type: dict
  sample_est:
    description:
      - Child. How packets of a connection that is made are sampled; as O(sample_new).
    type: dict
  network_function_group:
    description:
      - The network function group that matching packets go through, by name (OVN 26.03 or later).
    type: raw
  options:
    description:
      - Map. Such as C(apply-after-lb) and C(log-related). A key with a null value is removed.
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
  - virtnet.ovn.ovn.move
  - virtnet.ovn.ovn.wait
seealso:
  - module: virtnet.ovn.ovn_port_group
  - module: virtnet.ovn.ovn_address_set
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Web servers take web traffic
  virtnet.ovn.ovn_acl:
    switch: ls1
    objects:
      - {direction: to-lport, priority: 1001, match: 'outport == "standing" && tcp.dst == 80', action: allow-related}
      - {direction: to-lport, priority: 1000, match: 'outport == "standing" && ip', action: drop}

- name: What is dropped is logged
  virtnet.ovn.ovn_acl:
    switch: ls1
    direction: to-lport
    priority: 1000
    match: 'outport == "standing" && ip'
    log: true
    severity: info
    name: no-entry
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.acl import ACL


def main():
    run(ACL)


if __name__ == "__main__":
    main()
