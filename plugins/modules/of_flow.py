#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: of_flow
short_description: Manage the OpenFlow flows of an Open vSwitch bridge
version_added: 0.1.0
description:
  - Ensures that OpenFlow flows are on a bridge, or are not, or that a table or a cookie has exactly the given flows.
  - Flows are compared as C(ovs-ofctl) understands them, so two spellings of one flow are the same.
    A flow that is there already is not touched and keeps its counters and its age.
  - All changes of a task are one OpenFlow bundle, so the switch takes all of them or none.
  - A flow is identified by its table, its priority and its match. The rest (cookie, actions, timeouts) is what may change.
options:
  bridge:
    description: The bridge, by its name.
    type: str
    required: true
  flows:
    description:
      - The flows, each as the text that C(ovs-ofctl add-flow) takes, or as a dictionary.
      - The keys of a dictionary are C(table), C(priority), C(cookie), C(idle_timeout), C(hard_timeout), C(importance), C(flags),
        C(match) (text, or a dictionary of fields, a field without a value being V(true)) and C(actions) (text or a list).
      - Ports can be given by their names.
      - Quote MAC addresses in YAML, some of them would be read as numbers.
    type: list
    elements: raw
    default: []
  src:
    description:
      - A file on the host where the module runs, one flow a line as C(ovs-ofctl add-flows) takes them. Its flows come after O(flows).
      - For many thousands of flows this is much faster than O(flows).
    type: path
  state:
    description:
      - V(present) ensures that each flow is there as given.
      - V(absent) ensures that none of them is. What a flow does is not compared; its cookie is if it has one.
    type: str
    choices: [present, absent]
    default: present
  strict:
    description:
      - With O(state=absent), V(true) means the flow of exactly this table, priority and match.
      - V(false) means every flow that matches at least this, in any priority, as C(ovs-ofctl del-flows) does without C(--strict).
        A flow without a table then means all tables.
    type: bool
    default: true
  scope:
    description:
      - The flows that this task answers for. Those in O(flows) that name no table or no cookie get the scope's,
        and those that name another are refused.
      - With a cookie, a flow of the same table, priority and match that has a cookie outside of the scope is never replaced.
    type: dict
    suboptions:
      table:
        description: A table, V(0) to V(254).
        type: int
      cookie:
        description: A cookie as a number, or as NUMBER/MASK. Quote it, so that YAML keeps it as it is.
        type: str
  purge:
    description:
      - With O(state=present), delete every flow in O(scope) that is not in O(flows), so that the scope has exactly these.
      - With an empty list of O(flows) this empties the scope.
    type: bool
    default: false
  max_deletes:
    description:
      - How many flows O(purge), or O(strict=false), may delete at most. With more than that the task fails and changes nothing.
      - A number below zero means no limit.
    type: int
    default: 10
  allow_ovn_bridge:
    description:
      - Allow changes of a bridge that an C(ovn-controller) of this host manages. Such changes are lost when it writes its
        flows again, and are for experiments only.
    type: bool
    default: false
  expect_plan:
    description:
      - The RV(plan_hash) of an earlier run, usually in check mode. If the changes to make are not those, the task fails and changes nothing.
    type: str
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn.ovs
requirements:
  - ovs-ofctl and ovs-vsctl on the host where the module runs
notes:
  - Check mode cannot know what only the switch refuses, such as a group that does not exist.
  - The bridge must allow OpenFlow 1.3 or newer, as it does by default.
  - A port's name with a space, a comma or a bracket is given in double quotes, as in C(output:"my port").
seealso:
  - module: virtnet.ovn.of_flow_info
  - module: virtnet.ovn.ovs_trace
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Two flows, one as text and one as a dictionary
  virtnet.ovn.of_flow:
    bridge: br0
    flows:
      - table=0,priority=100,arp,actions=NORMAL
      - priority: 90
        match: {ip: true, in_port: vm1, nw_dst: 192.0.2.0/24}
        actions: [dec_ttl, output:vm2]

- name: Exactly these flows with our cookie, and whatever others have
  virtnet.ovn.of_flow:
    bridge: br0
    scope:
      cookie: "0xbeef"
    purge: true
    flows:
      - table=10,ip,nw_src=198.51.100.7,actions=drop
      - table=10,ip,nw_src=198.51.100.9,actions=drop

- name: Empty table 20
  virtnet.ovn.of_flow:
    bridge: br0
    scope:
      table: 20
    purge: true
    max_deletes: -1

- name: Take away what matches one address, as del-flows does (on OVN's bridge, so for an experiment)
  virtnet.ovn.of_flow:
    bridge: br-int
    state: absent
    strict: false
    flows:
      - table=66,reg0=0xc0a8650a,reg15=0x3,metadata=0x6
    allow_ovn_bridge: true
"""

RETURN = r"""
objects:
  description: The given flows as the switch has them, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    flow:
      description: The flow as text, each number spelled out.
      type: str
      sample: cookie=0x0,table=10,priority=100,ip,nw_src=198.51.100.7 actions=drop
    changed:
      description: Whether this flow was added, changed or deleted.
      type: bool
operations:
  description: The lines of the bundle, as C(ovs-ofctl --bundle add-flows) takes them.
  returned: always, but for errors found before planning
  type: list
  elements: str
  sample: ["add cookie=0xbeef,table=10,priority=32768,ip,nw_src=198.51.100.9 actions=drop"]
plan_hash:
  description: A digest of the RV(operations), for O(expect_plan).
  returned: always, but for errors found before planning
  type: str
  sample: 6a1e4b0d1c0f7a52
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.ensure_flows import ensure_flows


def main():
    ensure_flows(
        {
            "bridge": {"type": "str", "required": True},
            "flows": {"type": "list", "elements": "raw", "default": []},
            "src": {"type": "path"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "strict": {"type": "bool", "default": True},
            "scope": {"type": "dict", "options": {"table": {"type": "int"}, "cookie": {"type": "str"}}},
            "purge": {"type": "bool", "default": False},
            "max_deletes": {"type": "int", "default": 10},
            "allow_ovn_bridge": {"type": "bool", "default": False},
            "expect_plan": {"type": "str"},
        }
    )


if __name__ == "__main__":
    main()
