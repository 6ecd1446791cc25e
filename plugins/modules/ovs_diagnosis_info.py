#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_diagnosis_info
short_description: What a chassis can say about a fault
version_added: 0.1.0
description:
  - Looks at the daemons of Open vSwitch and OVN on a host, at its bridges, tunnels and underlay, and at virtual machines that are network namespaces.
    It answers where a daemon hangs, too.
  - The role P(virtnet.ovn.ovn_diagnose#role) asks this of the chassis that matter, and judges.
  - What cannot be found out is null.
options:
  namespaces:
    description: Virtual machines to look at, by the names of their network namespaces.
    type: list
    elements: str
    default: []
  ports:
    description: Virtual machines to look at, by C(external_ids:iface-id) of their interfaces, the names of their logical ports.
    type: list
    elements: str
    default: []
  peers:
    description: Addresses of other chassis, to which the way on the underlay is looked up.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn.ovs
requirements:
  - ip (iproute2) with C(-json)
  - pyroute2, for the offloads of C(veth) devices only
  - root
seealso:
  - module: virtnet.ovn.ovn_diagnosis_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Look at this chassis, and at the machine of a port
  virtnet.ovn.ovs_diagnosis_info:
    ports: [ls2-vm3]
    peers: [10.100.0.13]
  register: chassis
"""

RETURN = r"""
chassis:
  description: C(external_ids:system-id), the name of the chassis.
  returned: success
  type: str
  sample: node2
database_error:
  description: Why the database of Open vSwitch does not answer. Null if it does.
  returned: success
  type: str
settings:
  description: The C(external_ids) of C(Open_vSwitch) that OVN reads.
  returned: success
  type: dict
vswitchd:
  description: Of C(ovs-vswitchd), whether it is C(running), C(answers) on its control socket, and is C(stopped) by a signal; and its C(pid).
  returned: success
  type: dict
  sample: {running: true, answers: true, stopped: false, pid: "812"}
controller:
  description: The same of C(ovn-controller), with its C(connection) to the southbound database, and whether it is C(paused).
  returned: success
  type: dict
bridges:
  description: For each bridge C(datapath_type), the host's interfaces on it as C(uplinks), C(patches), and the host's own C(addresses) on it.
  returned: success
  type: dict
machines:
  description:
    - The virtual machines that were asked for. Each has the C(interface) with C(iface_id), C(type), C(ofport), C(error), C(bridge) and C(datapath_type).
    - If it is a network namespace there are C(namespace), whether it is C(owned) by M(virtnet.ovn.netns_vm), C(device), C(mac), C(mtu), C(up), C(carrier),
      C(addresses), C(routes), C(neighbours), and of a C(veth) device whether C(tx_checksum) is offloaded.
  returned: success
  type: list
  elements: dict
moves:
  description: For a port, the chassis that this one has taken it from, as the end of ovn-controller's log has it.
  returned: success
  type: dict
tunnels:
  description: The tunnels, with C(name), C(type), C(remote_ip), C(chassis), C(ofport), C(error), and C(bfd) with C(bfd_diagnostic).
  returned: success
  type: list
  elements: dict
addresses:
  description: The host's IP addresses.
  returned: success
  type: list
  elements: str
underlay:
  description: For each of O(peers) the C(device) and C(source) address of the way there, its least C(mtu) on this host, and which devices are C(down).
  returned: success
  type: dict
conntrack:
  description: How many connections conntrack has, C(count), and may have, C(limit).
  returned: success
  type: dict
  sample: {count: 12, limit: 3000000}
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.diagnosis_host import run_host


def main():
    run_host(
        {
            "namespaces": {"type": "list", "elements": "str", "default": []},
            "ports": {"type": "list", "elements": "str", "default": []},
            "peers": {"type": "list", "elements": "str", "default": []},
        }
    )


if __name__ == "__main__":
    main()
