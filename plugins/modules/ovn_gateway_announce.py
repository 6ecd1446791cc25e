#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_gateway_announce
short_description: Tell the physical network where a gateway is, the moment it comes
version_added: 0.1.0
description:
  - Waits on the host of a chassis until gateway ports have come to it, and sends a gratuitous ARP request for each into the physical network at once.
  - ovn-controller sends one as well, about a second after it has claimed the port. Until then the physical network sends everything to the chassis
    where the port was.
  - It is told by the southbound database's events, and sends the request three times, for one may be lost.
  - What is here when the module begins is announced as well. It changes nothing.
  - It is made for M(virtnet.ovn.ovn_gateway_drain), and the role P(virtnet.ovn.ovn_gateway_drain#role) runs both.
options:
  gateways:
    description: What to announce, as RV(virtnet.ovn.ovn_gateway_drain#module:announcements) lists it.
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
  wait_timeout:
    description: Seconds that the ports have to come. What has gone to another chassis is not waited for, and what does not come is no failure.
    type: float
    default: 30
  ready_file:
    description: A file that is there for as long as the module waits, for who runs it asynchronously and wants to know.
    type: path
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
  - virtnet.ovn.ovn.ovs
requirements:
  - ovs-ofctl on the host where the module runs
  - ovsdbapp (Python library) 2.1 or later
seealso:
  - module: virtnet.ovn.ovn_gateway_drain
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Announce the gateway as soon as it is here
  virtnet.ovn.ovn_gateway_announce:
    gateways:
      - port: router1-outside
        mac: "02:00:00:00:02:01"
        ip: 192.0.2.1
        localnet_port: outside-localnet
"""

RETURN = r"""
announced:
  description: The router ports that were announced.
  returned: success
  type: list
  elements: str
  sample: [router1-outside]
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.announce import run_announce


def main():
    run_announce()


if __name__ == "__main__":
    main()
