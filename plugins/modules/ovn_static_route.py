#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Static routes of OVN logical routers"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_static_route
short_description: Static routes of OVN logical routers
version_added: 0.1.0
description:
  - Declares static routes. A router has one route for a prefix, policy and route table, which is edited in place, unless O(ecmp) is set.
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  router:
    description:
      - The logical router, by name or UUID. Needed to make a route, and to say which is meant.
    type: str
  ip_prefix:
    description:
      - The network that is routed; host bits are cleared.
    type: raw
  nexthop:
    description:
      - The next router's address, or V(discard), which allows no other route of the same prefix beside it. Needed to make a route.
    type: raw
  output_port:
    description:
      - The router's port to send by, if the next hop does not tell it.
    type: raw
  policy:
    description:
      - V(dst-ip) (as if empty) or V(src-ip).
    type: raw
  route_table:
    description:
      - The route table that the route is in; empty for the main one.
    type: raw
  ecmp:
    description:
      - "Lets several routes of one prefix stand side by side: the next hop and output port then tell them apart."
    type: bool
    default: false
  selection_fields:
    description:
      - Exactly these (OVN 24.09 or later). Which fields of a packet choose among next hops of one prefix, such as V(ip_src).
    type: list
    elements: str
  bfd:
    description:
      - The BFD session that watches the next hop, by UUID. Empty for none.
    type: raw
  options:
    description:
      - Map. Such as C(ecmp_symmetric_reply). A key with a null value is removed.
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
- name: The default route
  virtnet.ovn.ovn_static_route:
    router: router1
    ip_prefix: 0.0.0.0/0
    nexthop: 192.168.255.1

- name: Two next hops share the load
  virtnet.ovn.ovn_static_route:
    router: router1
    ip_prefix: 10.0.0.0/8
    ecmp: true
    objects:
      - nexthop: 192.168.255.3
      - nexthop: 192.168.255.4
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.static_route import STATIC_ROUTE


def main():
    run(STATIC_ROUTE)


if __name__ == "__main__":
    main()
