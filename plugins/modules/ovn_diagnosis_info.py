#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_diagnosis_info
short_description: What the databases know of two ends and the way between them
version_added: 0.1.0
description:
  - Looks up the two ends that a person names, the switches and routers between them, where their ports are bound, and which chassis a packet between
    them can come by. Also whether ovn-northd and these chassis have caught up.
  - The role P(virtnet.ovn.ovn_diagnose#role) asks this first, and judges in the end.
options:
  source:
    description: The end that cannot reach the other, by the name of a logical port or a key of O(machines).
    type: str
    required: true
  destination:
    description: The other end. A logical port, a key of O(machines), a router port, a load balancer, or an IP address.
    type: str
    required: true
  names:
    description: What other names stand for. Each name is a key.
    type: dict
  machines:
    description: What M(virtnet.ovn.ovs_diagnosis_info) says of virtual machines, each by the name that is given for it or by its logical port.
    type: dict
  protocol:
    description: The protocol. If not given, V(tcp) or the load balancer's with a port, and V(icmp) without.
    type: str
    choices: [icmp, tcp, udp, sctp]
  port:
    description: The port of the destination.
    type: int
  source_ip:
    description: The address of the source. If not given, what the machine or else the databases say.
    type: str
  destination_ip:
    description: The address of the destination, if that is a port, likewise.
    type: str
  patience:
    description: For how many seconds ovn-northd and ovn-controller may be behind before they are told of as such.
    type: float
    default: 5
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
seealso:
  - module: virtnet.ovn.ovs_diagnosis_info
  - module: virtnet.ovn.ovn_path_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: What is there between vm3 and its router
  virtnet.ovn.ovn_diagnosis_info:
    source: ls2-vm3
    destination: 192.168.101.1
  register: network

- name: Which chassis it takes
  ansible.builtin.debug:
    msg: "{{ network.needed | map(attribute='name') }}"
"""

RETURN = r"""
source:
  description:
    - The source, with its C(name), C(switch), C(row) of the northbound database, C(binding), addresses in C(macs), C(ips) and C(ip), and who else has them
      in C(same_mac) and C(same_ip).
    - Its C(name) is null where the machine's iface-id names no logical port; C(candidates) are ports that have its MAC address.
  returned: success
  type: dict
destination:
  description: The same of the destination, with its C(kind), V(port), V(router_port), V(vip) (with C(balancers) and C(backends)) or V(address).
  returned: success
  type: dict
path:
  description: The switches and routers from one to the other, each with the ports by which the way enters it.
  returned: success
  type: list
  elements: dict
complete:
  description: Whether the way leads to the destination.
  returned: success
  type: bool
links:
  description: Where switches of the way, or the source's own, meet routers.
  returned: success
  type: list
  elements: dict
routers:
  description: The routers of the way, with their ports, where these are bound, and their static routes.
  returned: success
  type: list
  elements: dict
localnets:
  description: The ports of the way's switches to physical networks.
  returned: success
  type: list
  elements: dict
switch_addresses:
  description: For each switch of the way the IP addresses that somebody on it is known to have, and V(unknown) where somebody may have others.
  returned: success
  type: dict
mac_bindings:
  description: What routers have learned of the addresses of the two.
  returned: success
  type: list
  elements: dict
chassis:
  description: All chassis, each with C(hostname), C(encaps), C(mappings) and C(nb_cfg).
  returned: success
  type: dict
needed:
  description: The chassis that a packet can come by, each with C(name) and C(hostname).
  returned: success
  type: list
  elements: dict
ports:
  description: The logical ports of the two ends, as O(virtnet.ovn.ovs_diagnosis_info#module:ports) takes them.
  returned: success
  type: list
  elements: str
peers:
  description: The tunnels' addresses of RV(needed), as O(virtnet.ovn.ovs_diagnosis_info#module:peers) takes them.
  returned: success
  type: list
  elements: str
central:
  description: C(nb_cfg) of both databases, and what ovn-northd says on this host.
  returned: success
  type: dict
probe:
  description: Which packets show whether the destination is reached, as M(virtnet.ovn.packet_probe) takes them.
  returned: success
  type: dict
trace:
  description: What the role P(virtnet.ovn.ovn_packet_trace#role) can be asked, whether that is C(possible), and C(why_not).
  returned: success
  type: dict
unknown:
  description: The name that nothing has.
  returned: if a name is unknown
  type: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.diagnosis_network import run_network


def main():
    run_network(
        {
            "source": {"type": "str", "required": True},
            "destination": {"type": "str", "required": True},
            "names": {"type": "dict"},
            "machines": {"type": "dict"},
            "protocol": {"type": "str", "choices": ["icmp", "tcp", "udp", "sctp"]},
            "port": {"type": "int"},
            "source_ip": {"type": "str"},
            "destination_ip": {"type": "str"},
            "patience": {"type": "float", "default": 5},
        }
    )


if __name__ == "__main__":
    main()
