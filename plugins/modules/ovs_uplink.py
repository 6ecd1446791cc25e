#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_uplink
short_description: Bridges of Open vSwitch that take over a network interface
version_added: 0.1.0
description:
  - Declares how a host is joined to a physical network. A bridge has the network interface as its port, takes over the interface's
    addresses and routes, and is known to OVN under the name of the physical network.
  - The host may be reached by these addresses. The bridge gets them before the interface loses them, and each route is replaced
    in one step. The bridge has the MAC address of the interface, so connections live on.
  - With the datapath in user space, the kernel's own stack no longer listens on the interface, which would answer every packet
    a second time (C(rp_filter) is set to 1 and C(disable_ipv6) to 1 for it), and transmit checksums are switched off where the
    interface is one end of a veth pair or a tap, for TCP stalls with them.
  - Open vSwitch keeps bridges and ports over a restart of the host. Addresses, routes and the kernel's settings last until then, and with the
    datapath in user space until Open vSwitch itself is restarted, unless O(persistent=true).
requirements:
  - pyroute2 (0.7 or later)
options:
  bridge:
    description: The bridge's name.
    type: str
  interface:
    description:
      - The network interface. Its addresses and routes become the bridge's, but for link-local addresses, those that come by
        router advertisements, and routes of several next hops.
      - Can be left out for a bridge without one.
    type: str
  physical_network:
    description:
      - The name that the C(network_name) of C(localnet) ports means this bridge by, an entry of C(ovn-bridge-mappings).
        Other entries stay.
    type: str
  datapath_type:
    description:
      - V(system) for the kernel's datapath, V(netdev) for the one in user space. If not given, it is left as it is.
      - M(virtnet.ovn.host_info) tells which one a host has.
    type: str
    choices: [system, netdev]
  state:
    description:
      - V(absent) removes the bridge and its entries in C(ovn-bridge-mappings), and gives the addresses and routes back to the interface.
    type: str
    choices: [present, absent]
    default: present
  persistent:
    description:
      - Whether the bridge gets its addresses and routes again when the host boots and when Open vSwitch starts anew, by a systemd unit of its
        own (C(virtnet-ovn-uplinks.service)) and without Ansible.
      - Where the distribution's network configuration has given the interface addresses by then, those move to the bridge, and else it gets
        those that it had.
      - If not given, what is persistent stays so, as this task leaves it.
    type: bool
  objects:
    description:
      - Several uplinks in one task. The options beside it are each entry's defaults.
    type: list
    elements: dict
    suboptions:
      bridge:
        description: See O(bridge).
        type: str
      interface:
        description: See O(interface).
        type: str
      physical_network:
        description: See O(physical_network).
        type: str
      datapath_type:
        description: See O(datapath_type).
        type: str
        choices: [system, netdev]
      state:
        description: See O(state).
        type: str
        choices: [present, absent]
      persistent:
        description: See O(persistent).
        type: bool
  wait_timeout:
    description: Seconds that C(ovs-vswitchd) may take to follow.
    type: float
    default: 30
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn.ovs
seealso:
  - module: virtnet.ovn.ovs_bridge
  - module: virtnet.ovn.host_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A gateway's way to the physical network
  virtnet.ovn.ovs_uplink:
    bridge: br-ext
    interface: eth1
    physical_network: physnet1

- name: An underlay for tunnels of the datapath in user space, and a physical network
  virtnet.ovn.ovs_uplink:
    datapath_type: netdev
    objects:
      - bridge: br-underlay
        interface: eth0
      - bridge: br-ext
        interface: eth1
        physical_network: physnet1

- name: Give the addresses back
  virtnet.ovn.ovs_uplink:
    bridge: br-underlay
    state: absent
"""

RETURN = r"""
objects:
  description: The uplinks in the order of the task.
  returned: success
  type: list
  elements: dict
  contains:
    bridge:
      description: The bridge.
      type: str
      sample: br-ext
    interface:
      description: Its network interface.
      type: str
      sample: eth1
    state:
      description: The state that was asked for.
      type: str
      sample: present
    changed:
      description: Whether anything of it changed.
      type: bool
    addresses:
      description: The addresses that the bridge has.
      type: list
      elements: str
      sample: [192.0.2.11/24]
bridge_mappings:
  description: All entries of C(ovn-bridge-mappings), as they are now, or in check mode as they would be.
  returned: success
  type: dict
  sample: {physnet1: br-ext}
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.uplink import main

if __name__ == "__main__":
    main()
