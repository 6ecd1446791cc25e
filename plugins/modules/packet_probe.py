#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: packet_probe
short_description: Whether an address answers, to short packets and to long ones
version_added: 0.1.0
description:
  - Sends echo requests (ping) of given lengths, none of which may be fragmented, and opens a connection by TCP if asked to.
  - It sends from where it runs, or from a network namespace there.
  - An address that does not answer does not fail the task; assert on what is returned.
  - Packets are sent in check mode too, they change nothing.
author:
  - The virtnet.ovn maintainers (@virtnet)
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
requirements:
  - root, as the sockets are raw ones
options:
  address:
    description: The IPv4 or IPv6 address.
    type: str
    required: true
  netns:
    description: The name of a network namespace to send from, as C(ip netns) shows it. If not given, the one that the module runs in.
    type: str
  protocol:
    description: V(icmp) sends echo requests only, V(tcp) opens a connection to O(port) as well.
    type: str
    choices: [icmp, tcp]
    default: icmp
  port:
    description: The port of TCP. Required with O(protocol=tcp).
    type: int
  sizes:
    description:
      - The lengths of the echo requests in bytes, with their headers of IP and ICMP. One that is as long as the interface's MTU shows
        whether the way takes such packets. Once one is not answered, no longer one is sent. An empty list sends none.
    type: list
    elements: int
    default: [84]
  count:
    description: How many requests of each length are sent, at most. The first that is answered is the last.
    type: int
    default: 3
  timeout:
    description: Seconds that each request, and the connection, waits for an answer.
    type: float
    default: 1
seealso:
  - module: virtnet.ovn.http_probe
"""

EXAMPLES = r"""
- name: Does the gateway answer, and do full packets come through?
  virtnet.ovn.packet_probe:
    address: 192.168.101.1
    sizes: [84, 1500]
  delegate_to: vm3
  register: probe

- name: Both must
  ansible.builtin.assert:
    that: probe.answered
    fail_msg: "{{ probe.pings | to_json }}"

- name: Does anybody listen?
  virtnet.ovn.packet_probe:
    address: 192.168.100.10
    protocol: tcp
    port: 8000
    sizes: []
"""

RETURN = r"""
answered:
  description: With O(protocol=icmp), whether requests of every length were answered; with O(protocol=tcp), whether the connection came about.
  returned: success
  type: bool
pings:
  description: What became of the echo requests, for each length.
  returned: success
  type: list
  elements: dict
  contains:
    size:
      description: The length in bytes.
      type: int
      sample: 1500
    sent:
      description: How many were sent.
      type: int
      sample: 1
    answered:
      description: Whether one was answered.
      type: bool
    error:
      description: Why one could not be sent, such as V(message too long), V(network unreachable) or V(host unreachable).
      type: str
tcp:
  description: What became of the connection. Null with O(protocol=icmp).
  returned: success
  type: dict
  contains:
    port:
      description: The port.
      type: int
    connected:
      description: Whether it came about.
      type: bool
    error:
      description: Why it did not. V(refused) means that packets come through, and nobody listens; V(no answer) that nothing came back.
      type: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._probe.packets import run_packet_probe


def main():
    run_packet_probe(
        {
            "address": {"type": "str", "required": True},
            "netns": {"type": "str"},
            "protocol": {"type": "str", "choices": ["icmp", "tcp"], "default": "icmp"},
            "port": {"type": "int"},
            "sizes": {"type": "list", "elements": "int", "default": [84]},
            "count": {"type": "int", "default": 3},
            "timeout": {"type": "float", "default": 1},
        }
    )


if __name__ == "__main__":
    main()
