#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_flow_origin_info
short_description: What OpenFlows and logical flows come from
version_added: 0.1.0
description:
  - Finds the row of the southbound database that an OpenFlow was made of, by its cookie, and the row of the northbound database that a logical
    flow was made of, such as an ACL or a load balancer. C(ovn-detrace) tells the same of a trace's text.
  - A cookie is the beginning of a UUID, and so is what C(ovn-trace) prints. Rows are looked for among those of the same datapath,
    so that the cost depends on the size of the logical switches and routers that are asked about.
options:
  flows:
    description: The flows, such as steps of M(virtnet.ovn.ovs_trace) or M(virtnet.ovn.ovn_trace).
    type: list
    elements: dict
    required: true
    suboptions:
      uuid:
        description: The cookie, or the first 8 digits of the row's UUID.
        type: str
        required: true
      datapath:
        description: The logical switch or router, by the name or UUID of its Datapath_Binding. One of this and O(flows[].datapath_key) is required.
        type: str
      datapath_key:
        description: The same by its tunnel key, which is C(metadata) in an OpenFlow.
        type: int
      inport:
        description: The logical port where the packet came in. An ACL may be that of a port group that it is in.
        type: str
      outport:
        description: The logical port where it goes out, likewise.
        type: str
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
seealso:
  - module: virtnet.ovn.ovn_trace
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Trace
  virtnet.ovn.ovn_trace:
    microflow: >-
      inport == "ls2-vm3" && eth.src == 02:ac:10:ff:00:33 && eth.dst == 02:ac:10:ff:01:01
      && ip4.src == 192.168.101.10 && ip4.dst == 192.168.100.10 && ip.ttl == 64
  register: trace

- name: Which ACL dropped it
  virtnet.ovn.ovn_flow_origin_info:
    flows:
      - uuid: "{{ trace.steps[-1].uuid }}"
        datapath: "{{ trace.steps[-1].datapath }}"
  register: origin

- name: Show it
  ansible.builtin.debug:
    var: origin.flows[0].northbound
"""

RETURN = r"""
flows:
  description: What was found, in the order of O(flows).
  returned: success
  type: list
  elements: dict
  contains:
    uuid:
      description: The first 8 digits of the row's UUID.
      type: str
      sample: 8a313357
    cookie:
      description: The cookie of its OpenFlows.
      type: str
      sample: "0x8a313357"
    southbound:
      description:
        - The row, with C(table) and C(_uuid). Of a C(Logical_Flow) there are C(pipeline), C(table_id), C(priority), C(match) and C(actions), the match
          being the whole one, where a trace shows the part that was met. Of a C(Port_Binding), C(MAC_Binding) or C(Multicast_Group) there is what it is about.
        - Null if there is none (any more).
      type: dict
    stage:
      description: Of a logical flow, its table's name.
      type: str
      sample: ls_out_acl_eval
    source:
      description: Of a logical flow, where C(ovn-northd) made it.
      type: str
    northbound:
      description:
        - The row of the northbound database, with C(table), C(_uuid) and what tells it from others, such as the match of an ACL.
          Null if C(ovn-northd) left no hint, as for flows that each switch or router has.
      type: dict
      sample: {"table": "ACL", "_uuid": "3760718f-294f-491a-bf63-3faf3573d44c", "direction": "to-lport", "priority": 1000,
               "match": "ip4.dst == 192.168.100.10", "action": "drop", "name": null}
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.origins import run_origins


def main():
    run_origins(
        {
            "flows": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "required_one_of": [("datapath", "datapath_key")],
                "mutually_exclusive": [("datapath", "datapath_key")],
                "options": {
                    "uuid": {"type": "str", "required": True},
                    "datapath": {"type": "str"},
                    "datapath_key": {"type": "int", "no_log": False},
                    "inport": {"type": "str"},
                    "outport": {"type": "str"},
                },
            },
        }
    )


if __name__ == "__main__":
    main()
