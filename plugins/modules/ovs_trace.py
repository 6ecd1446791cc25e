#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovs_trace
short_description: What a bridge would do with a packet, step by step
version_added: 0.1.0
description:
  - Runs C(ovs-appctl ofproto/trace) and returns what it prints as data, that is each table that the packet passes, with the flow that it
    meets there and what that does, and what becomes of the packet in the end.
  - No packet is sent. Where conntrack sends a packet through the tables again, the trace follows, with the states that O(ct_next) gives.
options:
  bridge:
    description: The bridge, by its name.
    type: str
    default: br-int
  flow:
    description:
      - The packet, as the text that C(ofproto/trace) takes, or as a dictionary of fields, a field without a value being V(true).
      - Quote MAC addresses in YAML, some of them would be read as numbers.
    type: raw
    required: true
  in_port:
    description:
      - The port where the packet comes in, by its name or its OpenFlow port number. Not needed if O(flow) has an C(in_port).
    type: str
  iface_id:
    description:
      - Instead of O(in_port), the port by the C(external_ids:iface-id) of its interface, which is the name of OVN's logical port.
    type: str
  tunnel_from:
    description:
      - Instead of O(in_port), the tunnel to another host, by that host's chassis name or by the IP address of its end.
      - So a trace goes on that left another host by a tunnel, with RV(tunnels[].flow) as O(flow).
    type: str
  ct_next:
    description:
      - The conntrack states for each time that conntrack sends the packet through again, such as V(trk,new) or V(trk,est).
        After the last of them, a packet is new.
    type: list
    elements: str
    default: []
  dp_hash:
    description:
      - The hash by which a select group chooses a bucket, as a load balancer's does. Another number can mean another backend.
      - If not given and the packet meets such a group, V(1) is used and RV(assumed) says so, as the trace would otherwise end there.
    type: int
  original_tuple:
    description:
      - Give the trace the addresses and ports that conntrack remembers as the connection's first (C(ct_nw_src) and the like),
        taken from the packet. The load balancers of recent releases of OVN match them.
      - If not given, this is done where a table that the packet passes looks at these fields. RV(assumed) says so.
    type: bool
  names:
    description: Show ports by their names, not by their numbers.
    type: bool
    default: true
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn.ovs
requirements:
  - ovs-appctl, ovs-ofctl and ovs-vsctl on the host where the module runs
notes:
  - A step with RV(steps[].returns) true is a look-up, after which the packet goes on. If it finds nothing,
    its action is V(drop) all the same, which is not the packet's fate.
seealso:
  - module: virtnet.ovn.ovn_trace
  - module: virtnet.ovn.of_flow_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A ping from vm3 to its gateway
  virtnet.ovn.ovs_trace:
    bridge: br-int
    in_port: vm3
    flow: icmp,icmp_type=8,dl_src=02:ac:10:ff:00:33,dl_dst=02:ac:10:ff:01:01,nw_src=192.168.101.10,nw_dst=192.168.101.1,nw_ttl=64
  register: trace

- name: The answer comes back to vm3
  ansible.builtin.assert:
    that:
      - trace.verdict == 'output'
      - trace.outputs | map(attribute='port') | list == ['vm3']

- name: Which MAC address the router's table of neighbours gives
  ansible.builtin.debug:
    msg: "{{ trace.steps | selectattr('table', 'eq', 66) | map(attribute='set_fields.eth_dst') | list }}"

- name: A new connection to a balancer's VIP, by the second bucket
  virtnet.ovn.ovs_trace:
    in_port: vm3
    flow:
      tcp: true
      dl_src: "02:ac:10:ff:00:33"
      dl_dst: "02:ac:10:ff:01:01"
      nw_src: 192.168.101.10
      nw_dst: 10.254.10.10
      nw_ttl: 64
      tcp_dst: 8000
    dp_hash: 1

- name: A packet that leaves this host by a tunnel
  virtnet.ovn.ovs_trace:
    iface_id: ls2-vm3
    flow: icmp,icmp_type=8,dl_src=02:ac:10:ff:00:33,dl_dst=02:ac:10:ff:01:01,nw_src=192.168.101.10,nw_dst=192.168.100.11,nw_ttl=64
  register: here

- name: What becomes of it on the other
  virtnet.ovn.ovs_trace:
    tunnel_from: "{{ ansible_host }}"
    flow: "{{ here.tunnels[0].flow }}"
  delegate_to: "{{ here.tunnels[0].chassis }}"
"""

RETURN = r"""
verdict:
  description:
    - What becomes of the packet.
    - V(output) if it leaves by at least one port, V(controller) if it only goes to the controller (as OVN does to ask for a MAC address),
      V(recirculated) if it would go on where the trace did not follow, V(drop) if nothing becomes of it.
  returned: success
  type: str
  sample: output
outputs:
  description: By which ports the packet leaves.
  returned: success
  type: list
  elements: dict
  contains:
    port:
      description: The port's name.
      type: str
      sample: vm3
    thread:
      description: The index of the thread (in RV(threads)) that it leaves in.
      type: int
    remote_ip:
      description: The other end of the tunnel.
      returned: if the port is a tunnel
      type: str
    tun_id:
      description: The tunnel's key.
      returned: if the port is a tunnel
      type: str
    packet:
      description: The packet as it leaves, as a dictionary of fields.
      type: dict
tunnels:
  description: Where the packet goes to other hosts by OVN's tunnels.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: The index of the step that does it.
      type: int
    thread:
      description: The index of its thread.
      type: int
    port:
      description: The tunnel's port.
      type: str
      sample: ovn-node3-0
    remote_ip:
      description: The other end's IP address.
      type: str
      sample: 10.100.0.13
    chassis:
      description: The other end's chassis, if C(ovn-controller) made the tunnel.
      type: str
      sample: node3
    flow:
      description: The packet with what the tunnel tells of it, as O(flow) takes it for a trace on the other end.
      type: dict
controller:
  description: Whether the packet, or a copy of it, goes to the controller.
  returned: success
  type: bool
steps:
  description: The tables that the packet passes, in that order.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: This step's index.
      type: int
    thread:
      description: The index of its thread; each recirculation begins a new one.
      type: int
    bridge:
      description: The bridge.
      type: str
    depth:
      description: How many calls that return are open.
      type: int
    parent:
      description: The index of the step that called this one.
      type: int
    returns:
      description: Whether the packet goes on in RV(steps[].parent) after this step and what it calls.
      type: bool
    table:
      description: The table.
      type: int
    matched:
      description: Whether the packet matched a flow in it.
      type: bool
    match:
      description: The flow's match as a dictionary.
      type: dict
    match_text:
      description: The flow's match as text.
      type: str
    priority:
      description: The flow's priority.
      type: int
    cookie:
      description: The flow's cookie.
      type: str
    actions:
      description: What was done, one by one.
      type: list
      elements: str
    set_fields:
      description: The fields that were set, and to what.
      type: dict
      sample: {"eth_dst": "02:ac:10:ff:00:13"}
    resubmits:
      description: The tables that were called.
      type: list
      elements: int
    group:
      description: The group that was called.
      returned: if there is one
      type: int
    bucket:
      description: The group's bucket that was chosen.
      returned: if there is one
      type: int
    details:
      description: What the trace says about it.
      type: list
      elements: str
last_step:
  description: The index of the step that decided, the last that dropped the packet or put it out.
  returned: success
  type: int
threads:
  description: The parts of the trace. Conntrack, and what else makes the datapath ask again, begins a new one.
  returned: success
  type: list
  elements: dict
  contains:
    recirc_id:
      description: The recirculation that began it.
      type: str
    reason:
      description: What the trace says about the recirculation.
      type: str
    flow:
      description: The packet at the beginning.
      type: str
    final_flow:
      description: The packet at the end, or V(unchanged).
      type: str
    final_fields:
      description: The same as a dictionary.
      type: dict
    megaflow:
      description: What the datapath's flow would match.
      type: str
    datapath_actions:
      description: What the datapath's flow would do.
      type: str
    nat:
      description: What a NAT changed, as dictionaries C(initial) and C(modified).
      returned: if it changed something
      type: dict
    notes:
      description: Whatever else the trace says.
      type: list
      elements: str
not_followed:
  description: Recirculations that the trace did not follow.
  returned: success
  type: list
  elements: str
assumed:
  description: What was added to the packet for the trace to be true, see O(dp_hash) and O(original_tuple).
  returned: success
  type: dict
  sample: {"dp_hash": "1"}
request:
  description: The packet as it was given to C(ofproto/trace).
  returned: success, and if the packet was refused
  type: str
text:
  description: The trace as it was printed.
  returned: success
  type: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.run_traces import trace_ofproto


def main():
    trace_ofproto(
        {
            "bridge": {"type": "str", "default": "br-int"},
            "flow": {"type": "raw", "required": True},
            "in_port": {"type": "str"},
            "iface_id": {"type": "str"},
            "tunnel_from": {"type": "str"},
            "ct_next": {"type": "list", "elements": "str", "default": []},
            "dp_hash": {"type": "int"},
            "original_tuple": {"type": "bool"},
            "names": {"type": "bool", "default": True},
        }
    )


if __name__ == "__main__":
    main()
