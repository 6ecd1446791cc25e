#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Ports of OVN logical switches"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_logical_switch_port
short_description: Ports of OVN logical switches
version_added: 0.1.0
description:
  - Declares ports of logical switches. A port's name is unique in the whole database.
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  name:
    description:
      - The port's name; for a VM, what its interface carries as C(external_ids:iface-id).
    type: raw
  switch:
    description:
      - The logical switch that the port is on, by name or UUID. Needed to make a port.
    type: str
  type:
    description:
      - Empty for a VM or container, or one of V(router), V(localnet), V(localport), V(l2gateway), V(vtep), V(external), V(virtual), V(remote),
          V(switch).
    type: raw
  addresses:
    description:
      - Exactly these. Each a MAC address with any number of IP addresses, V(dynamic), V(router) or V(unknown).
    type: list
    elements: str
  port_security:
    description:
      - Exactly these. From which addresses the port may send; each a MAC address with any number of IP addresses or networks.
    type: list
    elements: str
  options:
    description:
      - Map. Depends on the type, such as C(router-port), C(network_name), C(requested-chassis). A key with a null value is removed.
    type: dict
  enabled:
    description:
      - Whether packets pass. Empty is as V(true).
    type: raw
  parent_name:
    description:
      - For a container's port, the port of the VM that it runs in.
    type: raw
  tag_request:
    description:
      - The VLAN tag of a container's port or a localnet port, from 0 to 4095; V(0) has one chosen.
    type: raw
  dhcpv4_options:
    description:
      - The row of DHCP_Options for IPv4, by UUID. Empty for none.
    type: raw
  dhcpv6_options:
    description:
      - The row of DHCP_Options for IPv6, by UUID. Empty for none.
    type: raw
  ha_chassis_group:
    description:
      - For a port of the type V(external), the group of chassis that serves it, by name. Empty for none.
    type: raw
  peer:
    description:
      - For a port of the type V(switch), the port of the other switch that it is wired to (OVN 25.03 or later). Empty for none.
    type: raw
  health_checks:
    description:
      - Children (OVN 26.03 or later). Each with C(protocol), C(address) (one of O(addresses)), C(port), C(src_ip), C(options) and C(state).
    type: list
    elements: dict
  mirror_rules:
    description:
      - Members. Mirrors of this port by name, or dictionaries with C(name) and C(state).
    type: list
    elements: raw
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
  - module: virtnet.ovn.ovn_logical_switch
  - module: virtnet.ovn.ovn_wait
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A port of a VM
  virtnet.ovn.ovn_logical_switch_port:
    switch: ls1
    name: ls1-vm1
    addresses: ["02:ac:10:ff:00:11"]
    port_security: ["02:ac:10:ff:00:11"]

- name: A port that leads to a router, and one to a physical network
  virtnet.ovn.ovn_logical_switch_port:
    switch: outside
    objects:
      - name: outside-gw1
        type: router
        addresses: ["02:0a:7f:18:01:02"]
        options:
          router-port: gw1-outside
      - name: outside-localnet
        type: localnet
        addresses: [unknown]
        options:
          network_name: phyNet

- name: The port sits on another switch now
  virtnet.ovn.ovn_logical_switch_port:
    switch: ls2
    name: ls1-vm1
    move: true
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.logical_switch_port import LOGICAL_SWITCH_PORT


def main():
    run(LOGICAL_SWITCH_PORT)


if __name__ == "__main__":
    main()
