#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_trace
short_description: What the logical network would do with a packet, step by step
version_added: 0.1.0
description:
  - Runs C(ovn-trace) and returns what it prints as data, that is each logical flow that the packet meets, and what becomes of it in the end.
  - No packet is sent, and no host but the southbound database is asked.
options:
  datapath:
    description: The logical switch or router where the packet comes in, by name or UUID. If not given, the one of the packet's C(inport).
    type: str
  microflow:
    description:
      - The packet, as the expression that C(ovn-trace) takes, or as a dictionary of fields, a field without a value being V(true).
      - Give C(ip.ttl), a packet with none is not routed.
    type: raw
    required: true
  ct:
    description:
      - The conntrack states for each time that the packet passes conntrack, such as V(new) or V(est,rpl).
      - After the last of them, a connection counts as established, and an established one is never balanced. So for a
        new connection to a load balancer's VIP, give V(new) once for each conntrack that it passes.
    type: list
    elements: str
    default: []
  lb_dst:
    description: The backend that load balancers choose, as IP or IP:PORT.
    type: str
  select_id:
    description: The member that a C(select) action chooses, as for routes with several next hops.
    type: int
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
requirements:
  - ovn-trace on the host where the module runs
notes:
  - On OVN 23.03 a trace with O(lb_dst) leaves the balancer's own step out, and goes to the given backend from the step before.
seealso:
  - module: virtnet.ovn.ovs_trace
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A new connection from vm3 to the balancer's VIP
  virtnet.ovn.ovn_trace:
    datapath: ls2
    microflow:
      inport: ls2-vm3
      eth.src: "02:ac:10:ff:00:33"
      eth.dst: "02:ac:10:ff:01:01"
      ip4.src: 192.168.101.10
      ip4.dst: 10.254.10.10
      ip.ttl: 64
      tcp.dst: 8000
    ct: [new, new]
  register: trace

- name: It reaches a backend
  ansible.builtin.assert:
    that:
      - trace.verdict == 'output'
      - trace.outputs[0].port in ['ls1-vm1', 'ls1-vm2']
      - trace.path == ['ls2', 'router1', 'ls1']

- name: The same as an expression, from another host
  virtnet.ovn.ovn_trace:
    sb: tcp:192.0.2.1:6642
    microflow: >-
      inport == "ls2-vm3" && eth.src == 02:ac:10:ff:00:33 && eth.dst == 02:ac:10:ff:01:01
      && ip4.src == 192.168.101.10 && ip4.dst == 192.168.101.1 && ip.ttl == 64 && icmp4.type == 8
"""

RETURN = r"""
verdict:
  description:
    - V(output) if the packet leaves by at least one logical port, V(drop) if not.
    - A packet whose next hop has no known MAC address is dropped, too, after the router has sent an ARP request. See RV(generated).
  returned: success
  type: str
  sample: output
outputs:
  description: By which logical ports the packet leaves the logical network.
  returned: success
  type: list
  elements: dict
  contains:
    port:
      description: The logical port.
      type: str
      sample: ls1-vm1
    type:
      description: The port's type, empty for a VM's.
      type: str
    datapath:
      description: The logical switch or router.
      type: str
      sample: ls1
    step:
      description: The index of the step.
      type: int
    generated:
      description: Empty, see RV(generated).
      type: str
generated:
  description:
    - By which logical ports packets leave that the logical network itself made on the way, such as an ARP request or an ICMP error.
      Each as in RV(outputs).
  returned: success
  type: list
  elements: dict
  contains:
    generated:
      description: The action that made it.
      type: str
      sample: arp
path:
  description: The logical switches and routers that the packet passes, in that order.
  returned: success
  type: list
  elements: str
  sample: [ls2, router1, ls1]
steps:
  description: The logical flows that the packet meets, in that order.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: This step's index.
      type: int
    depth:
      description: How many copies deep (in a C(clone), or what a router sends by itself).
      type: int
    datapath:
      description: The logical switch or router.
      type: str
    pipeline:
      description: V(ingress) or V(egress).
      type: str
    inport:
      description: The logical port where the packet came in.
      type: str
    outport:
      description: In the egress pipeline, the logical port where it goes out.
      type: str
    resumed:
      description: If conntrack or a clone came before in this pipeline, the heading that C(ovn-trace) prints.
      type: str
    generated:
      description: If this is about a packet that a router made itself, the action that made it, such as V(arp) or V(icmp4).
      type: str
    table:
      description: The logical table.
      type: int
    stage:
      description: The logical table's name.
      type: str
      sample: ls_in_lb
    source:
      description: Where C(ovn-northd) made the flow.
      type: str
    matched:
      description: Whether the packet matched a flow.
      type: bool
    match:
      description: The flow's match.
      type: str
    priority:
      description: The flow's priority.
      type: int
    uuid:
      description: How the UUID of the flow's row in the southbound database begins.
      type: str
    actions:
      description: The flow's actions.
      type: list
      elements: str
    comments:
      description: What C(ovn-trace) says about it, such as the MAC address that it found.
      type: list
      elements: str
load_balancing:
  description: Where a load balancer had a choice.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: The index of the step.
      type: int
    backends:
      description: The backends to choose from.
      type: list
      elements: str
      sample: [192.168.100.10, 192.168.100.11]
    backend:
      description: The one that O(lb_dst) chose, or the only one, else none.
      type: str
last_step:
  description: The index of the last step of the packet itself. Of a packet that was dropped, the one that did so.
  returned: success
  type: int
notes:
  description: Whatever else C(ovn-trace) says.
  returned: success
  type: list
  elements: str
request:
  description: The expression that was given to C(ovn-trace).
  returned: success, and if it was refused
  type: str
text:
  description: The trace as it was printed.
  returned: success
  type: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.run_traces import trace_ovn


def main():
    trace_ovn(
        {
            "datapath": {"type": "str"},
            "microflow": {"type": "raw", "required": True},
            "ct": {"type": "list", "elements": "str", "default": []},
            "lb_dst": {"type": "str"},
            "select_id": {"type": "int"},
        }
    )


if __name__ == "__main__":
    main()
