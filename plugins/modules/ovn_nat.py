#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: NAT rules of OVN logical routers"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_nat
short_description: NAT rules of OVN logical routers
version_added: 0.1.0
description:
  - Declares NAT rules. What tells two rules of a router apart is O(type) with O(logical_ip) for V(snat), and with O(external_ip) (and its port range)
      for the other types.
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  router:
    description:
      - The logical router, by name or UUID. Needed to make a rule, and to say which is meant.
    type: str
  type:
    description:
      - V(snat), V(dnat) or V(dnat_and_snat).
    type: raw
  external_ip:
    description:
      - The address outside. Needed to make a rule.
    type: raw
  logical_ip:
    description:
      - The address inside, or for V(snat) a network. Needed to make a rule.
    type: raw
  external_mac:
    description:
      - For a distributed V(dnat_and_snat), its Ethernet address; given together with O(logical_port).
    type: raw
  logical_port:
    description:
      - For a distributed V(dnat_and_snat), the port of the VM inside.
    type: raw
  external_port_range:
    description:
      - The ports that translation chooses from, V(FIRST-LAST). Empty for any.
    type: raw
  gateway_port:
    description:
      - The distributed gateway port of this router that translates, by name. Where the router has several, it may be left out if
        O(external_ip) is in the network of one of them.
    type: raw
  allowed_ext_ips:
    description:
      - "An address set by name: translates only towards its addresses."
    type: raw
  exempted_ext_ips:
    description:
      - "An address set by name: does not translate towards its addresses."
    type: raw
  match:
    description:
      - A further condition on the packets (OVN 24.03 or later).
    type: raw
  priority:
    description:
      - The rule's priority among those with O(match) (OVN 24.03 or later).
    type: raw
  options:
    description:
      - Map. Such as C(stateless), with which O(external_ip) must not be that of another rule of the router. A key with a null value is removed.
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
  - module: virtnet.ovn.ovn_logical_router
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: What comes from inside leaves with the router's address
  virtnet.ovn.ovn_nat:
    router: gw1
    type: snat
    logical_ip: 192.168.100.0/24
    external_ip: 172.18.1.2

- name: A VM that the outside can reach
  virtnet.ovn.ovn_nat:
    router: gw1
    type: dnat_and_snat
    external_ip: 172.18.1.20
    logical_ip: 192.168.100.10
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.nat import NAT


def main():
    run(NAT)


if __name__ == "__main__":
    main()
