#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: nspawn_hosts
short_description: Run a lab of hosts and the networks between them
version_added: 0.1.0
author: The virtnet.ovn maintainers (@virtnet)
extends_documentation_fragment:
  - virtnet.ovn.attributes
description:
  - Runs hosts as systemd-nspawn containers, each with a systemd, an address and a disk of its own, all booted at the same time. Networks are bridges in
    a network namespace, and every interface of a host is a cable to one of them. The network of the machine that runs the lab is not touched.
  - The lab becomes exactly what is given. A host that is not given any more is removed. One that has died, or whose interfaces differ, is
    started again with the disk that it had. One that never booted, or whose image is another, is made anew.
  - A disk is the image with what the host wrote over it, in memory. It goes with the lab.
  - The hosts are entered by the connection plugin P(virtnet.ovn.nspawn#connection).
requirements:
  - root on the machine that runs the lab
  - systemd-nspawn, which Debian has in systemd-container
  - ip (iproute2), nsenter and unshare (util-linux)
options:
  name:
    description: The name of the lab. Several can run side by side.
    type: str
    default: lab
  image:
    description: The image that the hosts boot, a directory made by M(virtnet.ovn.nspawn_image). Required where O(state=present).
    type: path
  networks:
    description: The networks of the lab.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The network's name.
        type: str
        required: true
      mtu:
        description: The size of the largest packet on it.
        type: int
        default: 1500
  hosts:
    description: The hosts of the lab.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The host's name.
        type: str
        required: true
      interfaces:
        description: Its interfaces, which are there before it boots.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The interface's name on the host.
            type: str
            required: true
          network:
            description: The network that it is plugged into.
            type: str
            required: true
          mac:
            description: Its MAC address. By default one that stays the same for this lab, host and interface.
            type: str
          addresses:
            description: Its IPv4 and IPv6 addresses, each with its prefix length.
            type: list
            elements: str
            default: []
          routes:
            description: Routes through this interface.
            type: list
            elements: dict
            default: []
            suboptions:
              to:
                description: The destination, a prefix or V(default).
                type: str
                required: true
              via:
                description: The next hop.
                type: str
                required: true
  limit:
    description:
      - Touch only these of O(hosts). All the others stay as they are, also where they differ from what is given.
      - If not given, no host is left out.
    type: list
    elements: str
    default: []
  keep_disks:
    description:
      - A host whose image is another is started from it with the disk that it had, instead of being made anew. What it wrote lies over the new
        image then, as it does on a host whose distribution was upgraded.
    type: bool
    default: false
  run_dir:
    description: Where labs keep what is running.
    type: path
    default: /run/virtnet-lab
  timeout:
    description: Within how many seconds all the hosts must have booted.
    type: int
    default: 60
  state:
    description:
      - V(present) makes the lab as given, and waits until systemd on each host has booted.
      - V(absent) takes all of it away, processes, namespaces, mounts, interfaces and files.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: virtnet.ovn.nspawn_image
  - plugin: virtnet.ovn.nspawn
    plugin_type: connection
"""

EXAMPLES = r"""
- name: Two hosts on one network
  virtnet.ovn.nspawn_hosts:
    image: /var/cache/virtnet-lab/bookworm-0123456789ab
    networks:
      - name: underlay
    hosts:
      - name: node1
        interfaces:
          - name: eth0
            network: underlay
            addresses: [192.0.2.11/24]
      - name: node2
        interfaces:
          - name: eth0
            network: underlay
            addresses: [192.0.2.12/24]

- name: One host gets another release, and keeps what it wrote to its disk
  virtnet.ovn.nspawn_hosts:
    image: /var/cache/virtnet-lab/trixie-0123456789ab
    keep_disks: true
    limit: [node1]
    networks:
      - name: underlay
    hosts:
      - name: node1
        interfaces:
          - name: eth0
            network: underlay
            addresses: [192.0.2.11/24]
      - name: node2
        interfaces:
          - name: eth0
            network: underlay
            addresses: [192.0.2.12/24]

- name: Take the lab away
  virtnet.ovn.nspawn_hosts:
    state: absent
"""

RETURN = r"""
hosts:
  description: The hosts by name.
  returned: success
  type: dict
  contains:
    action:
      description:
        - What was done with the host.
        - One of V(created), V(recreated) (with an empty disk), V(upgraded) (another image, the same disk), V(restarted), V(started) (it was
          dead), V(kept), V(removed).
      type: str
    state:
      description: What C(systemctl is-system-running) says in the host.
      type: str
    failed_units:
      description: The units that have failed, for a state of V(degraded).
      type: list
      elements: str
    leader:
      description: The number of the host's first process, on the machine that runs the lab.
      type: int
  sample:
    node1: {action: created, state: running, failed_units: [], leader: 4711}
networks:
  description: What was done with each network.
  returned: O(state=present)
  type: dict
  sample: {underlay: created}
consoles:
  description: The last lines on the console of each host that did not boot.
  returned: when hosts did not boot
  type: dict
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.run import run_hosts


def main():
    run_hosts()


if __name__ == "__main__":
    main()
