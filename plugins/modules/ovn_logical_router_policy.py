#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Routing policies of OVN logical routers"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_logical_router_policy
short_description: Routing policies of OVN logical routers
version_added: 0.1.0
description:
  - Declares routing policies. What tells two policies of a router apart is O(priority), O(match) and O(chain).
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Child, Members).
options:
  router:
    description:
      - The logical router that it belongs to, by name or UUID. Needed to make one, and to say which is meant.
    type: str
  priority:
    description:
      - From 0 to 32767; the highest that matches wins.
    type: raw
  match:
    description:
      - Which packets, an expression as in ovn-sb(5).
    type: raw
  chain:
    description:
      - The chain that it is part of (OVN 25.03 or later).
    type: raw
  action:
    description:
      - V(allow), V(drop), V(reroute) or V(jump). Needed to make one.
    type: raw
  nexthop:
    description:
      - The one next hop, as older releases wrote it; O(nexthops) is preferred.
    type: raw
  nexthops:
    description:
      - Where V(reroute) sends packets, all of one address family.
    type: list
    elements: str
  jump_chain:
    description:
      - The chain that V(jump) goes to (OVN 25.03 or later).
    type: raw
  output_port:
    description:
      - The router port that V(reroute) uses, by name (OVN 26.03 or later).
    type: raw
  bfd_sessions:
    description:
      - Members. BFD sessions that watch the next hops, by UUID or by O(id), or dictionaries with C(name) and C(state) (OVN 24.03 or later).
    type: list
    elements: raw
  options:
    description:
      - Map. ovn-nb(5) lists the keys. A key with a null value is removed.
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
  - module: virtnet.ovn.ovn_static_route
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Guests leave by another gateway
  virtnet.ovn.ovn_logical_router_policy:
    router: router1
    priority: 100
    match: ip4.src == 192.168.101.0/24
    action: reroute
    nexthops: [192.168.100.254]
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.logical_router_policy import LOGICAL_ROUTER_POLICY


def main():
    run(LOGICAL_ROUTER_POLICY)


if __name__ == "__main__":
    main()
