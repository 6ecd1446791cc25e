#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_path_info
short_description: What a packet between two names looks like, and where it begins
version_added: 0.1.0
description:
  - Looks up what a trace needs to know of two ends that a person names. That is addresses, switch, chassis, the router on the switch as next hop,
    the load balancer whose VIP is meant, and the packet itself, as M(virtnet.ovn.ovn_trace) and M(virtnet.ovn.ovs_trace) take it.
  - Both databases are read, and of them only rows that have to do with the two ends.
  - The role P(virtnet.ovn.ovn_packet_trace#role) does the whole trace.
options:
  source:
    description: The logical port where the packet begins, by its name, its C(neutron:port_name) or its UUID.
    type: str
    required: true
  destination:
    description:
      - Where the packet is to go. A logical port, a router port or a load balancer by its name or UUID, or an IP address.
      - A VIP with a port is written V(192.0.2.1:80) or V([2001:db8::1]:80).
    type: str
    required: true
  names:
    description: What other names stand for, such as those of virtual machines for logical ports. Each name is a key.
    type: dict
  protocol:
    description:
      - The packet's protocol. V(icmp) is an echo request, V(ip) a packet of no protocol that OVN looks into.
      - If not given, V(tcp) with a port, or that of the VIP's load balancer, and V(icmp) without.
    type: str
    choices: [icmp, tcp, udp, sctp, ip]
  port:
    description: The port that the packet goes to.
    type: int
  source_port:
    description: The port that it comes from.
    type: int
    default: 40000
  source_ip:
    description:
      - The address that the packet comes from. If not given, the first that the source's C(addresses), C(dynamic_addresses) or C(port_security)
        have, and if they have none what a router has learned of its MAC address.
    type: str
  source_mac:
    description: The MAC address that the packet comes from. If not given, the first one of the source.
    type: str
  destination_ip:
    description: The address that the packet goes to, if O(destination) is a port. If not given, it is found as O(source_ip) is.
    type: str
  destination_mac:
    description: The MAC address that the packet goes to. If not given, that of the next hop.
    type: str
  next_hop:
    description: Of several routers on the source's switch, the one that the packet is sent to, by its address or its port's name.
    type: str
  reply:
    description: Whether the packet is an answer. With O(protocol=icmp) it is an echo reply then.
    type: bool
    default: false
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
seealso:
  - module: virtnet.ovn.ovn_trace
  - module: virtnet.ovn.ovs_trace
  - module: virtnet.ovn.ovn_flow_origin_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A ping from one port to another
  virtnet.ovn.ovn_path_info:
    source: ls2-vm3
    destination: ls1-vm2
  register: path

- name: What the logical network does with it
  virtnet.ovn.ovn_trace:
    microflow: "{{ path.microflow }}"
    ct: [new, new, new, new]

- name: A new connection to a VIP
  virtnet.ovn.ovn_path_info:
    source: ls2-vm3
    destination: 10.254.10.10
    protocol: tcp
    port: 8000
"""

RETURN = r"""
source:
  description: Where the packet begins.
  returned: success
  type: dict
  contains:
    kind:
      description: Always V(port).
      type: str
    name:
      description: The logical port.
      type: str
      sample: ls2-vm3
    iface_id:
      description: What C(external_ids:iface-id) is on its host. Of a container it is the port of its virtual machine.
      type: str
    vlan:
      description: Of a container, the VLAN that tells it from its virtual machine.
      type: int
    switch:
      description: The logical switch.
      type: str
    datapath:
      description: The switch, as C(ovn-trace) calls it.
      type: str
    datapath_key:
      description: The switch's tunnel key, which is C(metadata) in OpenFlows.
      type: int
    tunnel_key:
      description: The port's tunnel key.
      type: int
    mac:
      description: The MAC address.
      type: str
    ip:
      description: The IP address.
      type: str
    ips:
      description: All that the database knows.
      type: list
      elements: str
    ip_from:
      description: Where the address was found.
      type: str
    chassis:
      description: The chassis that has bound it, with C(name), C(hostname) and C(encap_ips). Null if none has.
      type: dict
destination:
  description: Where it goes. A port has what RV(source) has.
  returned: success
  type: dict
  contains:
    kind:
      description: V(port), V(router_port), V(vip), or V(address) for an address that nothing near the source has.
      type: str
    name:
      description: The name.
      type: str
    ip:
      description: The IP address.
      type: str
    port:
      description: The port of the protocol, if it has one.
      type: int
    load_balancer:
      description: Of a VIP, C(name), C(vip), C(protocol), the list C(backends), and in C(on) what near the source it is on.
      returned: if it is a VIP
      type: dict
next_hop:
  description: To whom the source sends the packet.
  returned: success
  type: dict
  contains:
    kind:
      description: V(router), V(direct) on the switch itself, or V(given) by O(destination_mac).
      type: str
    name:
      description: The router port, or the destination.
      type: str
    router:
      description: The router.
      type: str
    ip:
      description: Its address.
      type: str
    mac:
      description: Its MAC address.
      type: str
protocol:
  description: The packet's protocol.
  returned: success
  type: str
reply:
  description: Whether it is an answer.
  returned: success
  type: bool
microflow:
  description: The packet, as O(virtnet.ovn.ovn_trace#module:microflow) takes it.
  returned: success
  type: dict
flow:
  description: The packet, as O(virtnet.ovn.ovs_trace#module:flow) takes it.
  returned: success
  type: dict
mac_bindings:
  description: What routers learned of the addresses of the two ends and of a VIP's backends, each with C(ip), C(mac), C(logical_port) and C(_uuid).
  returned: success
  type: list
  elements: dict
unknown:
  description: The name that nothing has.
  returned: if a name is unknown
  type: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.path import run_path_info


def main():
    run_path_info(
        {
            "source": {"type": "str", "required": True},
            "destination": {"type": "str", "required": True},
            "names": {"type": "dict"},
            "protocol": {"type": "str", "choices": ["icmp", "tcp", "udp", "sctp", "ip"]},
            "port": {"type": "int"},
            "source_port": {"type": "int", "default": 40000},
            "source_ip": {"type": "str"},
            "source_mac": {"type": "str"},
            "destination_ip": {"type": "str"},
            "destination_mac": {"type": "str"},
            "reply": {"type": "bool", "default": False},
            "next_hop": {"type": "str"},
        }
    )


if __name__ == "__main__":
    main()
