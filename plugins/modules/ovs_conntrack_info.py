#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovs_conntrack_info
short_description: The connections that Open vSwitch tracks, as data
version_added: 0.1.0
description:
  - Returns the entries of the connection tracker of a datapath, as C(ovs-appctl dpctl/dump-conntrack) prints them, see ovs-dpctl(8).
  - A connection to a VIP goes to it in its original direction, and comes from the backend in the direction of its reply.
options:
  datapath:
    description: The datapath, as C(ovs-appctl dpctl/dump-dps) calls it. If not given, the only one of the host.
    type: str
  source:
    description: Only connections from this IP address.
    type: str
  destination:
    description: Only connections to this IP address, in their original direction.
    type: str
  destination_port:
    description: Only connections to this port, in their original direction.
    type: int
  protocol:
    description: Only connections of this protocol, such as V(tcp), V(udp) or V(icmp).
    type: str
  zone:
    description: Only connections of this zone. OVN gives a zone to each logical port, and to each router's translations.
    type: int
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn.ovs
requirements:
  - ovs-appctl on the host where the module runs
seealso:
  - module: virtnet.ovn.of_flow_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Who is connected to the VIP
  virtnet.ovn.ovs_conntrack_info:
    destination: 10.254.10.10
    protocol: tcp
  register: tracked

- name: Which backends serve them
  ansible.builtin.debug:
    msg: "{{ tracked.connections | map(attribute='reply.source') | unique }}"
"""

RETURN = r"""
connections:
  description: The connections found.
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: The protocol.
      type: str
      sample: tcp
    original:
      description:
        - The direction of who began, with C(source), C(destination), and C(source_port) and C(destination_port), or C(type), C(code) and C(id) of ICMP.
      type: dict
      sample: {"destination": "10.254.10.10", "destination_port": 8000, "source": "192.168.101.10", "source_port": 40000}
    reply:
      description: The direction of the answer, as it arrives, with the same keys.
      type: dict
      sample: {"destination": "192.168.101.10", "destination_port": 40000, "source": "192.168.100.10", "source_port": 8000}
    zone:
      description: The zone.
      type: int
      sample: 3
    state:
      description: The state of the protocol, such as V(ESTABLISHED).
      type: str
      returned: if the protocol has one
    mark:
      description: The connection's mark.
      type: int
      returned: if it has one
    labels:
      description: The connection's labels.
      type: raw
      returned: if it has some
    text:
      description: The line as it was printed.
      type: str
count:
  description: How many there are.
  returned: success
  type: int
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.conntrack import run_conntrack_info


def main():
    run_conntrack_info(
        {
            "datapath": {"type": "str"},
            "source": {"type": "str"},
            "destination": {"type": "str"},
            "destination_port": {"type": "int"},
            "protocol": {"type": "str"},
            "zone": {"type": "int"},
        }
    )


if __name__ == "__main__":
    main()
