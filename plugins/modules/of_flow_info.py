#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: of_flow_info
short_description: OpenFlow flows and groups of an Open vSwitch bridge as data
version_added: 0.1.0
description:
  - Returns the flows of a bridge, found by what they match and do, with their counters,
    and the groups that they use with the counters of each bucket.
  - Table numbers differ between releases of OVN, so find its flows by O(match) and O(actions).
options:
  bridge:
    description: The bridge, by its name.
    type: str
    required: true
  table:
    description: Only flows of this table.
    type: int
  cookie:
    description: Only flows with this cookie, a number or NUMBER/MASK. Quote it, so that YAML keeps it as it is.
    type: str
  priority:
    description: Only flows of this priority.
    type: int
  match:
    description:
      - Only flows whose match has each of these fields with this value (and maybe more fields), as text or as a dictionary.
      - A protocol is a field with the value V(true); V(ip) is found in flows that match V(tcp), too.
      - Numbers are the same in any base, and the flags of C(ct_state) in any order.
    type: raw
  actions:
    description: Only flows whose actions contain each of these texts.
    type: list
    elements: str
  groups:
    description:
      - Return groups too. With any of the options that choose flows, only the groups that the flows found refer to.
    type: bool
    default: true
  names:
    description: Show ports by their names, not by their numbers.
    type: bool
    default: true
  query:
    description: A JMESPath expression over the result (RV(flows) and RV(groups)), whose value is returned as RV(result).
    type: str
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn.ovs
requirements:
  - ovs-ofctl and ovs-vsctl on the host where the module runs
  - jmespath (Python library), only for O(query)
seealso:
  - module: virtnet.ovn.of_flow
  - module: virtnet.ovn.ovs_trace
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: The flow that balances new connections to a VIP, and its group
  virtnet.ovn.of_flow_info:
    bridge: br-int
    match:
      ct_state: +new+trk
      nw_dst: 10.254.10.10
    actions: ["group:"]
  register: balancer

- name: Both backends have a bucket
  ansible.builtin.assert:
    that:
      - balancer.flows | length == 1
      - balancer.groups[0].buckets | map(attribute='actions') | select('search', 'nat\(dst=192.168.100.10\)') | length == 1

- name: How many packets each flow of table 0 has seen
  virtnet.ovn.of_flow_info:
    bridge: br0
    table: 0
    groups: false
    query: "flows[].{match: match_text, packets: n_packets}"
"""

RETURN = r"""
flows:
  description: The flows found, in the order in which the switch lists them.
  returned: success
  type: list
  elements: dict
  contains:
    table:
      description: The table's number, or with O(names) its name if it has one.
      type: raw
      sample: 20
    priority:
      description: The priority.
      type: int
      sample: 110
    cookie:
      description: The cookie. Of a flow that ovn-controller made, the first 8 digits of the UUID of the row it came from.
      type: str
      sample: "0x4a40922f"
    match:
      description: The match as a dictionary; a field without a value is V(true).
      type: dict
      sample: {"ct_state": "+new+trk", "ip": true, "metadata": "0x2", "nw_dst": "10.254.10.10"}
    match_text:
      description: The match as text.
      type: str
      sample: ct_state=+new+trk,ip,metadata=0x2,nw_dst=10.254.10.10
    actions:
      description: The actions as text.
      type: str
      sample: set_field:0/0x2000000000000000000000000->xxreg0,group:1
    action_list:
      description: The actions one by one.
      type: list
      elements: str
    group_ids:
      description: The groups that the actions refer to.
      type: list
      elements: int
      sample: [1]
    n_packets:
      description: How many packets the flow has matched.
      type: int
    n_bytes:
      description: How many bytes these packets had.
      type: int
    duration:
      description: For how many seconds the flow has been there.
      type: float
      sample: 12.345
    idle_age:
      description: For how many seconds no packet has matched the flow.
      type: int
    flags:
      description: Such as V(send_flow_rem).
      type: list
      elements: str
    text:
      description: The flow as text, as O(virtnet.ovn.of_flow#module:flows) takes it.
      type: str
groups:
  description: The groups.
  returned: success, if O(groups=true)
  type: list
  elements: dict
  contains:
    group_id:
      description: The group's number.
      type: int
      sample: 1
    type:
      description: V(select), V(all), V(indirect) or V(ff).
      type: str
      sample: select
    n_packets:
      description: How many packets the group has handled.
      type: int
    buckets:
      description: The buckets, each with C(bucket_id), C(weight), C(actions), C(action_list), C(n_packets) and C(n_bytes).
      type: list
      elements: dict
    text:
      description: The group as C(ovs-ofctl dump-groups) prints it.
      type: str
result:
  description: What O(query) gives.
  returned: success, if O(query) is given
  type: raw
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.find_flows import find_flows


def main():
    find_flows(
        {
            "bridge": {"type": "str", "required": True},
            "table": {"type": "int"},
            "cookie": {"type": "str"},
            "priority": {"type": "int"},
            "match": {"type": "raw"},
            "actions": {"type": "list", "elements": "str"},
            "groups": {"type": "bool", "default": True},
            "names": {"type": "bool", "default": True},
            "query": {"type": "str"},
        }
    )


if __name__ == "__main__":
    main()
