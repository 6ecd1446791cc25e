#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_vip_info
short_description: A load balancer's VIP, what it is on, and where its backends are
version_added: 0.1.0
description:
  - Looks up the load balancers that have a VIP, the logical switches and routers that they are on, the ports of the backends, and what the
    service monitors say of these.
  - Both databases are read. The role P(virtnet.ovn.ovn_explain_lb#role) asks the chassis, too, and judges.
options:
  vip:
    description:
      - A VIP by its address, V(192.0.2.1), which means those with a port as well, or V(192.0.2.1:80) or V([2001:db8::1]:80); or a load balancer by its name
        or UUID.
    type: str
    required: true
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
notes:
  - OVSDB cannot search the keys of a map. A VIP that is given by its address is looked for among the VIPs of all load balancers.
seealso:
  - module: virtnet.ovn.ovn_load_balancer
  - module: virtnet.ovn.ovn_path_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Where the VIP is, and who serves it
  virtnet.ovn.ovn_vip_info:
    vip: 10.254.10.10
  register: found

- name: It has to be on the clients' switch
  ansible.builtin.assert:
    that: "'ls2' in found.vips[0].switches | map(attribute='name')"
"""

RETURN = r"""
vips:
  description: The VIPs found, by the names of their load balancers.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The load balancer.
      type: str
      sample: web
    _uuid:
      description: The load balancer's UUID.
      type: str
    vip:
      description: The VIP as the database has it.
      type: str
      sample: 10.254.10.10:80
    ip:
      description: Its address. Null if it is made of template variables.
      type: str
    port:
      description: Its port. Null if it has none.
      type: int
    protocol:
      description: The protocol. Null for a VIP without a port, which serves all of them.
      type: str
    options:
      description: The load balancer's options.
      type: dict
    health_check:
      description: In C(options) how the backends are checked. Null if they are not.
      type: dict
    backends:
      description:
        - The backends, each with C(backend), its C(ip) and C(port), its C(mapping) of C(ip_port_mappings) and its service C(monitor) (or null).
        - In C(ports) the logical ports that have its address, each with C(name), C(switch), C(chassis), C(up) and in C(known_by) whether
          the port's C(addresses) say so or a router learned it; in C(maybe) switches with ports whose addresses nobody knows.
      type: list
      elements: dict
    switches:
      description:
        - The logical switches that it is on, each with C(name), C(through) (a load balancer group, or null), its C(datapath) (a UUID) and
          C(datapath_key) in the southbound database, the C(networks) of the C(routers) on it, its C(ports), and C(outside), the ports to physical networks.
      type: list
      elements: dict
    routers:
      description:
        - The logical routers that it is on, each with C(name), C(through), C(datapath_key), its C(chassis) if it is a gateway router, its
          C(gateway_ports) with their C(chassis), C(bound_on) where it is, its C(networks), and the C(switches) that it connects.
      type: list
      elements: dict
balanced_on:
  description: The chassis with ports of these switches, and those that have bound these routers, each with C(name) and C(hostname).
  returned: success
  type: list
  elements: dict
unknown:
  description: The VIP or name that no load balancer has.
  returned: if it is unknown
  type: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.vip import run_vip_info


def main():
    run_vip_info()


if __name__ == "__main__":
    main()
