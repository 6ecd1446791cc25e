#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Load balancers of OVN"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_load_balancer
short_description: Load balancers of OVN
version_added: 0.1.0
description:
  - "Declares load balancers: their virtual IPs and backends, health checks, and the switches and routers that they are set on."
  - A balancer on a switch serves the clients on that switch, wherever its backends are.
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  name:
    description:
      - The load balancer's name. Where two have it, say which by O(uuid).
    type: raw
  vips:
    description:
      - Map. A list of dictionaries, each with O(ignore:vip) and O(ignore:backends) (a list, exactly these), or with V(state=absent) to take that
          virtual IP out. Or a dictionary of virtual IPs to lists of backends. A virtual IP is V(IP), V(IP:PORT) or V('[IPv6]:PORT'), and its backends
          have the same form. An empty list of backends answers nothing.
    type: raw
  protocol:
    description:
      - V(tcp), V(udp) or V(sctp), for virtual IPs with a port (empty is as V(tcp)). Not for one without a port.
    type: raw
  options:
    description:
      - Map. Such as C(reject), C(hairpin_snat_ip), C(affinity_timeout), C(ct_flush). A key with a null value is removed.
    type: dict
  selection_fields:
    description:
      - Exactly these. Which fields of a packet choose the backend, such as V(ip_src); empty for all five of the connection.
    type: list
    elements: str
  health_check:
    description:
      - Children. Each with C(vip) (one of O(vips), with a port), C(options) (C(interval), C(timeout), C(success_count), C(failure_count)), C(external_ids) and
          C(state). Each backend needs its entry in O(ip_port_mappings).
    type: list
    elements: dict
  ip_port_mappings:
    description:
      - "Map. For health checks: from a backend's address to C(LOGICAL_PORT:SOURCE_IP), the source being an unused address of the backend's network. A
          key with a null value is removed."
    type: dict
  switches:
    description:
      - Members. The logical switches that it is set on, by name, or dictionaries with C(name) and C(state).
    type: list
    elements: raw
  routers:
    description:
      - Members. The logical routers that it is set on, by name, or dictionaries with C(name) and C(state).
    type: list
    elements: raw
  external_ids:
    description:
      - Map. Keys for your own use; a key with a null value is removed.
    type: dict
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
  - virtnet.ovn.ovn.object
  - virtnet.ovn.ovn.strict
  - virtnet.ovn.ovn.purge
  - virtnet.ovn.ovn.owned
  - virtnet.ovn.ovn.wait
seealso:
  - module: virtnet.ovn.ovn_logical_switch
  - module: virtnet.ovn.ovn_logical_router
  - module: virtnet.ovn.ovn_wait
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A virtual IP for two web servers, on the gateway router
  virtnet.ovn.ovn_load_balancer:
    name: web
    vips:
      - vip: 172.18.1.254
        backends: [192.168.100.10, 192.168.100.11]
    routers: [gw1]

- name: With a port and health checks
  virtnet.ovn.ovn_load_balancer:
    name: checked
    protocol: tcp
    vips:
      - vip: 10.254.10.10:80
        backends: ["192.168.100.10:8000", "192.168.100.11:8000"]
      - vip: "[fd00::1]:80"
        backends: ["[fd00:1::10]:8000"]
    ip_port_mappings:
      192.168.100.10: ls1-vm1:192.168.100.250
      192.168.100.11: ls1-vm2:192.168.100.250
    health_check:
      - vip: 10.254.10.10:80
        options:
          interval: 2
          timeout: 1
          success_count: 1
          failure_count: 2
    switches: [ls2]

- name: Off the router
  virtnet.ovn.ovn_load_balancer:
    name: web
    routers:
      - name: gw1
        state: absent

- name: No such balancer
  virtnet.ovn.ovn_load_balancer:
    name: web
    state: absent
"""

RETURN = r"""
objects:
  description: What became of each object, in the order in which they were given.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: What was done, or in check mode would be done; V(created), V(updated), V(deleted) or V(unchanged).
      type: str
      sample: updated
    changed:
      description: Whether the object or anything in it changed.
      type: bool
      sample: true
    uuid:
      description: The row's UUID. Null for one that check mode would make, or that is absent.
      type: str
      sample: 3760718f-294f-491a-bf63-3faf3573d44c
    state:
      description: The state that was asked for.
      type: str
      sample: present
    before:
      description: What differed, as it was.
      type: dict
      sample: {}
    after:
      description: What differed, as it is now.
      type: dict
      sample: {}
operations:
  description: The operations of the transaction (RFC 7047, 5.2), without its guards. Empty if nothing changed.
  returned: success
  type: list
  elements: dict
  sample: []
plan_hash:
  description: A fingerprint of the operations, for O(expect_plan).
  returned: success
  type: str
  sample: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
unresolved:
  description: In check mode, the parents and references that do not exist yet, each with C(path) and C(message).
  returned: in check mode, when something is missing
  type: list
  elements: dict
  sample: []
committed:
  description: True when the change was written although the task failed afterwards, as a wait that took too long does.
  returned: failure after writing
  type: bool
  sample: true
errors:
  description: All that is wrong with the task, each with C(path) and C(message).
  returned: when the task cannot be done as written
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.runner import run
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.load_balancer import LOAD_BALANCER


def main():
    run(LOAD_BALANCER)


if __name__ == "__main__":
    main()
