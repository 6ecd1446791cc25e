#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_tunnel_probe
short_description: Send packets through a tunnel, and count
version_added: 0.1.0
description:
  - Sends packets to another chassis through the tunnel of the integration bridge, and returns how many packets the tunnel has carried before and after.
    The packets bear a tunnel key that no datapath has, so that the other end counts and drops them.
  - Run it on both chassis in turns, and what one sent is in what the other counts next, unless something between them drops the tunnel's packets.
  - Packets are sent in check mode too, they change nothing.
options:
  peer:
    description: The other chassis, by its name or by the tunnel's remote IP address.
    type: str
    required: true
  bridge:
    description: The integration bridge.
    type: str
    default: br-int
  count:
    description: How many packets are sent.
    type: int
    default: 3
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn.ovs
requirements:
  - ovs-ofctl and ovs-vsctl
  - root
seealso:
  - module: virtnet.ovn.packet_probe
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Send, and count
  virtnet.ovn.ovs_tunnel_probe:
    peer: node3
  register: here

- name: The same on the other side
  virtnet.ovn.ovs_tunnel_probe:
    peer: node2
  delegate_to: node3
"""

RETURN = r"""
tunnel:
  description: The tunnel's interface.
  returned: success
  type: str
  sample: ovn-node3-0
chassis:
  description: The chassis at its other end, if ovn-controller made it.
  returned: success
  type: str
  sample: node3
remote_ip:
  description: The address of its other end.
  returned: success
  type: str
  sample: 10.100.0.13
type:
  description: The tunnel's type.
  returned: success
  type: str
  sample: geneve
sent:
  description: How many packets were sent.
  returned: success
  type: int
before:
  description: What the tunnel had carried before, as C(rx_packets) and C(tx_packets).
  returned: success
  type: dict
  sample: {rx_packets: 12, tx_packets: 20}
after:
  description: The same afterwards.
  returned: success
  type: dict
underlay:
  description: Whether the tunnel's other end answers a ping from here. Null where the tunnel has no single other end.
  returned: success
  type: bool
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.tunnel_probe import run_tunnel_probe


def main():
    run_tunnel_probe(
        {
            "peer": {"type": "str", "required": True},
            "bridge": {"type": "str", "default": "br-int"},
            "count": {"type": "int", "default": 3},
        }
    )


if __name__ == "__main__":
    main()
