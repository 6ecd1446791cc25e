#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_flow_origin_info
short_description: What logical flows come from
version_added: 0.1.0
description:
  - Finds logical flows in the southbound database by the first digits of their UUIDs, as traces and cookies of OpenFlows give them, and the row
    of the northbound database that each was made of, such as an ACL or a load balancer. C(ovn-detrace) tells the same of a trace's text.
  - A flow is looked for among those of its datapath, pipeline, table and priority, so that only few rows are read.
options:
  flows:
    description: The flows, such as steps of M(virtnet.ovn.ovn_trace).
    type: list
    elements: dict
    required: true
    suboptions:
      uuid:
        description: The first 8 digits of the row's UUID, or the cookie of an OpenFlow.
        type: str
        required: true
      datapath:
        description: The logical switch or router, by the name or UUID of its Datapath_Binding.
        type: str
        required: true
      pipeline:
        description: The pipeline.
        type: str
        choices: [ingress, egress]
        required: true
      table:
        description: The logical table, from 0 in each pipeline.
        type: int
        required: true
      priority:
        description: The flow's priority.
        type: int
        required: true
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
        pipeline: "{{ trace.steps[-1].pipeline }}"
        table: "{{ trace.steps[-1].table }}"
        priority: "{{ trace.steps[-1].priority }}"
  register: origin

- name: Show it
  ansible.builtin.debug:
    var: origin.flows[0].northbound
"""

RETURN = r"""
flows:
  description: What was found, in the order of O(flows). Of a flow that is not there any more, all but what was given is null.
  returned: success
  type: list
  elements: dict
  contains:
    uuid:
      description: The first 8 digits of its UUID.
      type: str
      sample: 8a313357
    cookie:
      description: The cookie of its OpenFlows.
      type: str
      sample: "0x8a313357"
    _uuid:
      description: Its UUID.
      type: str
    datapath:
      description: The datapath, as it was given.
      type: str
    pipeline:
      description: The pipeline.
      type: str
    table:
      description: The logical table.
      type: int
    priority:
      description: The priority.
      type: int
    stage:
      description: The logical table's name.
      type: str
      sample: ls_out_acl_eval
    source:
      description: Where C(ovn-northd) made it.
      type: str
    match:
      description: The whole match, where a trace shows the part that was met.
      type: str
    actions:
      description: The actions.
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
                "options": {
                    "uuid": {"type": "str", "required": True},
                    "datapath": {"type": "str", "required": True},
                    "pipeline": {"type": "str", "choices": ["ingress", "egress"], "required": True},
                    "table": {"type": "int", "required": True},
                    "priority": {"type": "int", "required": True},
                    "inport": {"type": "str"},
                    "outport": {"type": "str"},
                },
            },
        }
    )


if __name__ == "__main__":
    main()
