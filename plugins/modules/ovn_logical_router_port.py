#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Ports of OVN logical routers"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_logical_router_port
short_description: Ports of OVN logical routers
version_added: 0.1.0
description:
  - Declares ports of logical routers. A port's name is unique in the whole database.
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  name:
    description:
      - The port's name; the switch port that leads to it says it in C(options:router-port).
    type: raw
  router:
    description:
      - The logical router that the port is on, by name or UUID. Needed to make a port.
    type: str
  mac:
    description:
      - The port's Ethernet address. Needed to make a port.
    type: raw
  networks:
    description:
      - Exactly these. The port's addresses, each with its prefix length. Needed to make a port.
    type: list
    elements: str
  peer:
    description:
      - The port of another router that this one is wired to, without a switch between them.
    type: raw
  enabled:
    description:
      - Whether the port forwards. Empty is as V(true).
    type: raw
  ipv6_prefix:
    description:
      - Exactly these. The prefixes that were delegated to the port.
    type: list
    elements: str
  ipv6_ra_configs:
    description:
      - Map. Router advertisements, such as C(address_mode). A key with a null value is removed.
    type: dict
  ha_chassis_group:
    description:
      - The group of chassis that host this distributed gateway port, by name. Empty for none.
    type: raw
  gateway_chassis:
    description:
      - Children. The chassis that may host this distributed gateway port; each takes the options of
        M(virtnet.ovn.ovn_gateway_chassis) for an object, less the router port.
    type: list
    elements: dict
  dhcp_relay:
    description:
      - The DHCP relay of this port, by name (OVN 24.09 or later). Empty for none.
    type: raw
  options:
    description:
      - Map. Such as C(gateway_mtu), C(redirect-type). A key with a null value is removed.
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
  - module: virtnet.ovn.ovn_logical_switch_port
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: The router's port on switch ls2
  virtnet.ovn.ovn_logical_router_port:
    router: router1
    name: router1-ls2
    mac: "02:ac:10:ff:01:01"
    networks: [192.168.101.1/24]

- name: No such port
  virtnet.ovn.ovn_logical_router_port:
    name: router1-ls2
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.logical_router_port import LOGICAL_ROUTER_PORT


def main():
    run(LOGICAL_ROUTER_PORT)


if __name__ == "__main__":
    main()
