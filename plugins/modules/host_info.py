#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: What a host has for Open vSwitch and OVN
version_added: 0.1.0
description:
  - Tells in one cheap look which datapath Open vSwitch can use on a host, which units of Open vSwitch and OVN are installed,
    enabled and active, and to which family of distributions the host belongs.
  - The kernel is asked for its datapath as C(ovs-vswitchd) asks. It loads the module if it has one that is not loaded yet.
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
seealso:
  - module: virtnet.ovn.ovs_uplink
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Look at the host
  virtnet.ovn.host_info:
  register: host

- name: Use the datapath that this host has
  virtnet.ovn.ovs_bridge:
    name: br-ext
    datapath_type: "{{ host.datapath_type }}"
"""

RETURN = r"""
datapath_type:
  description:
    - The datapath type for bridges of this host. V(system) if its kernel has Open vSwitch's datapath, else V(netdev), the
      one in user space.
  returned: success
  type: str
  sample: system
os_family:
  description: The family of distributions, as C(ansible_facts.os_family) names it. Empty if it is not known.
  returned: success
  type: str
  sample: Debian
system_id:
  description: The content of C(/etc/openvswitch/system-id.conf), which C(external_ids:system-id) is set to when Open vSwitch starts.
  returned: success
  type: str
  sample: node2
units:
  description: The units of Open vSwitch and OVN that are installed, by name.
  returned: success
  type: dict
  sample:
    ovn-host.service: {active: true, enabled: true}
python_libraries:
  description: Those of V(pyroute2) and V(ovsdbapp) that the Python which runs modules has.
  returned: success
  type: list
  elements: str
  sample: [pyroute2, ovsdbapp]
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._netns.host import main

if __name__ == "__main__":
    main()
