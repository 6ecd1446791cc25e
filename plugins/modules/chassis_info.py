#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: chassis_info
short_description: What a chassis says of itself
version_added: 0.1.0
description:
  - Tells of a host's daemons whether they run and answer, and in which version, whether ovn-controller is connected with the southbound
    database, and whether the host has the bridges and the tunnel address that its settings name.
options:
  ovs_rundir:
    description: The directory of the pid files and control sockets of Open vSwitch.
    type: path
    default: /var/run/openvswitch
  ovn_rundir:
    description: That of OVN.
    type: path
    default: /var/run/ovn
  certificates:
    description: Files with certificates, or patterns of their names, to be told how long they are valid.
    type: list
    elements: str
    default: []
  connected:
    description: Whether to wait until ovn-controller is connected with the southbound database.
    type: bool
    default: false
  wait_timeout:
    description: For how long, in seconds. Then the module fails, and says what it met when it tried to reach the database itself.
    type: float
    default: 30
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn.ovs
requirements:
  - openssl on the host, only for O(certificates)
seealso:
  - module: virtnet.ovn.central_info
  - module: virtnet.ovn.ovn_health_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Look at this chassis
  virtnet.ovn.chassis_info:
  register: here

- name: Its ovn-controller must reach the southbound database
  virtnet.ovn.chassis_info:
    connected: true
    wait_timeout: 10
"""

RETURN = r"""
daemons:
  description:
    - For V(ovsdb-server), V(ovs-vswitchd) and V(ovn-controller) whether each is C(running) and C(answers), its C(version), whether its program on the
      disk was C(replaced) since by that of a new package, and in C(connection)
      what ovn-controller says of the southbound database, V(connected) or V(not connected).
    - Where it is not connected, C(why) is what this module met when it tried to reach the database itself, with the TLS files that ovn-controller was
      started with.
  returned: success
  type: dict
  sample:
    ovn-controller:
      answers: true
      connection: connected
      replaced: false
      running: true
      version: 23.03.1
database:
  description:
    - What the local database says. Null if its server does not run.
    - C(system_id), C(remote) and C(integration_bridge) are settings; C(encaps) are the tunnel addresses, each with C(ip), and C(here), whether the host has it.
    - C(match_northd_version) is whether ovn-controller does nothing while ovn-northd is of another release (C(ovn-match-northd-version)), and
      C(wait_before_clear) how long it keeps old flows when it starts (C(ovn-ofctrl-wait-before-clear)), null if that is not set.
    - C(mappings) are the physical networks, each with C(network), C(bridge), and whether that C(exists). C(bridges) are all bridges, and C(errors) what Open
      vSwitch says of interfaces that do not work.
  returned: success
  type: dict
  sample:
    bridges: [br-ext, br-int]
    encaps: [{here: true, ip: 192.0.2.11}]
    errors: []
    integration_bridge: br-int
    mappings: [{bridge: br-ext, exists: true, network: physnet1}]
    match_northd_version: false
    remote: tcp:192.0.2.1:6642
    system_id: node1
    wait_before_clear:
certificates:
  description:
    - What was found in O(certificates), each with C(path), C(common_name), C(issuer), C(not_before), C(not_after), C(seconds_left), C(begins_in) (in
      seconds; negative if it is valid already), C(fingerprint) and C(distrust) (why the authorities in the file C(issuers.pem) beside it do not
      accept it; empty if they do, or if there is no such file); or with an C(error) where it cannot be read.
  returned: success
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.chassis import run_chassis_info


def main():
    run_chassis_info()


if __name__ == "__main__":
    main()
