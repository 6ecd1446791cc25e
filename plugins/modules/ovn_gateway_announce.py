#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_gateway_announce
short_description: Tell the physical network where a gateway is
version_added: 0.1.0
description:
  - Sends a gratuitous ARP request for each gateway port that is on this host's chassis into the physical network.
  - ovn-controller sends one as well, about a second after it has claimed the port. Until then the physical network sends everything to the chassis
    where the port was.
  - It sends the request three times, for one may be lost.
  - Or it keeps a host whose ovn-controller was held (M(virtnet.ovn.ovn_gateway_hold)) from announcing what has gone elsewhere meanwhile.
  - Neither stays, and neither is told as a change.
  - It is made for M(virtnet.ovn.ovn_gateway_drain), and the role P(virtnet.ovn.ovn_gateway_drain#role) runs both.
options:
  state:
    description:
      - V(announced) announces the gateways that are here.
      - V(silenced) has the bridge of the physical network drop the ARP packets that OVN sends for those that are not, for 5 seconds. An announcement that
        was due in a hold is made as soon as ovn-controller goes on, before it has seen what has changed.
    type: str
    choices: [announced, silenced]
    default: announced
  gateways:
    description: The gateways, as RV(virtnet.ovn.ovn_gateway_drain#module:announcements) lists it.
    type: list
    elements: dict
    required: true
    suboptions:
      port:
        description: The router port.
        type: str
        required: true
      mac:
        description: Its MAC address.
        type: str
        required: true
      ip:
        description: Its IPv4 address.
        type: str
      localnet_port:
        description: The port of type V(localnet) that leads to the physical network. On a host without a mapping for it nothing is sent.
        type: str
        required: true
      tag:
        description: The VLAN of that port.
        type: int
extends_documentation_fragment:
  - virtnet.ovn.attributes.action
  - virtnet.ovn.ovn
  - virtnet.ovn.ovn.ovs
requirements:
  - ovs-ofctl on the host where the module runs
seealso:
  - module: virtnet.ovn.ovn_gateway_drain
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Announce the gateway if it is here
  virtnet.ovn.ovn_gateway_announce:
    gateways:
      - port: router1-outside
        mac: "02:00:00:00:02:01"
        ip: 192.0.2.1
        localnet_port: outside-localnet

- name: Say nothing of it if it is not
  virtnet.ovn.ovn_gateway_announce:
    state: silenced
    gateways:
      - port: router1-outside
        mac: "02:00:00:00:02:01"
        localnet_port: outside-localnet
"""

RETURN = r"""
announced:
  description: The router ports that are here, and were announced, or would be, in check mode.
  returned: success with O(state=announced)
  type: list
  elements: str
  sample: [router1-outside]
silenced:
  description: The router ports that are elsewhere, and that this host could announce.
  returned: success with O(state=silenced)
  type: list
  elements: str
  sample: []
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.announce import run_announce


def main():
    run_announce()


if __name__ == "__main__":
    main()
