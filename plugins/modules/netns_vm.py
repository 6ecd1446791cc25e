#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: netns_vm
short_description: Run a VM that is a network namespace
version_added: 0.1.0
description:
  - Keeps network namespaces that play VMs. Each has a port on an Open vSwitch bridge, and, for OVN, the name of the logical
    switch port that it is.
  - The namespace bears the alias C(virtnet.ovn) on its C(lo) device, the port C(external_ids:virtnet-netns). So the module knows
    what it made; it neither changes nor removes what others made unless O(adopt=true).
  - Kernel objects know no transactions. A run that is cut off leaves what is known as its own; the next run finishes or removes it.
author:
  - The virtnet.ovn maintainers (@virtnet)
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn.ovs
requirements:
  - Linux, root
  - pyroute2 >= 0.7
  - Open vSwitch, running on the same host and in the network namespace of the task
options:
  name:
    description:
      - The name of the network namespace, as C(ip netns) shows it.
      - Exactly one of O(name) and O(objects) is required.
    type: str
  state:
    description:
      - Whether the VM exists. V(absent) removes the port from Open vSwitch and the namespace, only what this module made.
      - A namespace with processes in it is removed too; a warning names them.
    type: str
    choices: [present, absent]
    default: present
  bridge:
    description: The bridge of the VM's port. It must exist. A VM is not moved to another one.
    type: str
    default: br-int
  port:
    description:
      - The name of the port, of its interface, and of the network device in the namespace; at most 15 characters.
      - If not given, it is O(name).
    type: str
  type:
    description:
      - V(internal) is an internal port of Open vSwitch, moved into the namespace (with the userspace datapath, a tap device).
      - V(veth) is a pair of virtual Ethernet devices, one end in the namespace, the other on the bridge.
      - A VM's type is not changed.
    type: str
    choices: [internal, veth]
    default: internal
  mac:
    description:
      - The MAC address of the device in the namespace. If not given, it is left as it is.
      - It can be changed on a running VM. The kernel then forgets all neighbours; permanent ones are put back.
    type: str
  addresses:
    description:
      - The IPv4 and IPv6 addresses of the device, each with its prefix length. Exactly these are kept, V([]) removes all.
        If not given, they are left as they are.
      - IPv6 addresses are usable at once, without duplicate address detection. The kernel's own link-local addresses, and those that
        come by router advertisements, are left alone.
    type: list
    elements: str
  routes:
    description:
      - The routes of the namespace's main table. Exactly these are kept, V([]) removes all. If not given, they are left as they are.
      - The routes that the kernel makes for the addresses are left alone.
    type: list
    elements: dict
    suboptions:
      dst:
        description:
          - The destination, a network, or V(default), whose family is that of O(routes[].via) (IPv4 without one).
        type: str
        required: true
      via:
        description: The gateway, on a network of the VM.
        type: str
      dev:
        description: The device, the VM's port (the default) or V(lo).
        type: str
      metric:
        description: The metric. If not given, the kernel's own, 0 for IPv4 and 1024 for IPv6.
        type: int
  neighbours:
    description:
      - The permanent entries of the device's neighbour table (ARP and NDP). Exactly these are kept, V([]) removes all.
        If not given, they are left as they are.
      - Entries that the kernel learned are left alone.
    type: list
    elements: dict
    suboptions:
      ip:
        description: The neighbour's IPv4 or IPv6 address.
        type: str
        required: true
      lladdr:
        description: The neighbour's MAC address.
        type: str
        required: true
      state:
        description: The entry's state. Only permanent entries stay as they are given.
        type: str
        choices: [permanent]
        default: permanent
  mtu:
    description:
      - The MTU of the device in the namespace, and C(mtu_request) of the interface. If not given, both are left as they are.
    type: int
  offloads:
    description:
      - Offloads of the device in the namespace to switch on or off, those of C(ethtool -K). Others are left as they are.
      - On a V(veth) port of a bridge with the userspace datapath, V(tx) is switched off unless it is given here, for TCP stalls with it.
    type: dict
    suboptions:
      rx:
        description: Receive checksums.
        type: bool
      tx:
        description: Transmit checksums.
        type: bool
      sg:
        description: Scatter and gather.
        type: bool
      tso:
        description: TCP segmentation offload.
        type: bool
      gso:
        description: Generic segmentation offload.
        type: bool
      gro:
        description: Generic receive offload.
        type: bool
  iface_id:
    description:
      - The name of the OVN logical switch port that the VM is, C(external_ids:iface-id) of the interface. V("") removes it.
        If not given, it is left as it is.
    type: str
  adopt:
    description:
      - Take over a namespace, and a port without an owner, that somebody else made under these names. Without this they are refused.
      - What is taken over is removed by O(state=absent).
    type: bool
    default: false
  persistent:
    description:
      - Whether the VM is made again, as it is then, when the host boots and when Open vSwitch starts anew, by a systemd unit of its own
        (C(virtnet-ovn-vms.service)) and without Ansible. Not the processes in it.
      - If not given, a VM that is persistent stays so, as this task leaves it.
    type: bool
  objects:
    description:
      - Several VMs. The task's own options are the defaults of each.
      - One task with a list is much faster than a loop.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the network namespace, as C(ip netns) shows it.
        type: str
        required: true
      state:
        description:
          - Whether the VM exists. V(absent) removes the port from Open vSwitch and the namespace, only what this module made.
          - A namespace with processes in it is removed too; a warning names them.
        type: str
        choices: [present, absent]
      bridge:
        description: The bridge of the VM's port. It must exist. A VM is not moved to another one.
        type: str
      port:
        description:
          - The name of the port, of its interface, and of the network device in the namespace; at most 15 characters.
          - If not given, it is O(objects[].name).
        type: str
      type:
        description:
          - V(internal) is an internal port of Open vSwitch, moved into the namespace (with the userspace datapath, a tap device).
          - V(veth) is a pair of virtual Ethernet devices, one end in the namespace, the other on the bridge.
          - A VM's type is not changed.
        type: str
        choices: [internal, veth]
      mac:
        description:
          - The MAC address of the device in the namespace. If not given, it is left as it is.
          - It can be changed on a running VM. The kernel then forgets all neighbours; permanent ones are put back.
        type: str
      addresses:
        description:
          - The IPv4 and IPv6 addresses of the device, each with its prefix length. Exactly these are kept, V([]) removes all.
            If not given, they are left as they are.
          - IPv6 addresses are usable at once, without duplicate address detection. The kernel's own link-local addresses, and those that
            come by router advertisements, are left alone.
        type: list
        elements: str
      routes:
        description:
          - The routes of the namespace's main table. Exactly these are kept, V([]) removes all. If not given, they are left as they are.
          - The routes that the kernel makes for the addresses are left alone.
        type: list
        elements: dict
        suboptions:
          dst:
            description:
              - The destination, a network, or V(default), whose family is that of O(objects[].routes[].via) (IPv4 without one).
            type: str
            required: true
          via:
            description: The gateway, on a network of the VM.
            type: str
          dev:
            description: The device, the VM's port (the default) or V(lo).
            type: str
          metric:
            description: The metric. If not given, the kernel's own, 0 for IPv4 and 1024 for IPv6.
            type: int
      neighbours:
        description:
          - The permanent entries of the device's neighbour table (ARP and NDP). Exactly these are kept, V([]) removes all.
            If not given, they are left as they are.
          - Entries that the kernel learned are left alone.
        type: list
        elements: dict
        suboptions:
          ip:
            description: The neighbour's IPv4 or IPv6 address.
            type: str
            required: true
          lladdr:
            description: The neighbour's MAC address.
            type: str
            required: true
          state:
            description: The entry's state. Only permanent entries stay as they are given.
            type: str
            choices: [permanent]
            default: permanent
      mtu:
        description:
          - The MTU of the device in the namespace, and C(mtu_request) of the interface. If not given, both are left as they are.
        type: int
      offloads:
        description:
          - Offloads of the device in the namespace to switch on or off, those of C(ethtool -K). Others are left as they are.
          - On a V(veth) port of a bridge with the userspace datapath, V(tx) is switched off unless it is given here, for TCP stalls with it.
        type: dict
        suboptions:
          rx:
            description: Receive checksums.
            type: bool
          tx:
            description: Transmit checksums.
            type: bool
          sg:
            description: Scatter and gather.
            type: bool
          tso:
            description: TCP segmentation offload.
            type: bool
          gso:
            description: Generic segmentation offload.
            type: bool
          gro:
            description: Generic receive offload.
            type: bool
      iface_id:
        description:
          - The name of the OVN logical switch port that the VM is, C(external_ids:iface-id) of the interface. V("") removes it.
            If not given, it is left as it is.
        type: str
      adopt:
        description:
          - Take over a namespace, and a port without an owner, that somebody else made under these names. Without this they are refused.
          - What is taken over is removed by O(objects[].state=absent).
        type: bool
      persistent:
        description:
          - Whether the VM is made again, as it is then, when the host boots and when Open vSwitch starts anew, by a systemd unit of its own
            (C(virtnet-ovn-vms.service)) and without Ansible. Not the processes in it.
          - If not given, a VM that is persistent stays so, as this task leaves it.
        type: bool
  wait:
    description:
      - Wait until C(ovn-controller) has the flows of each VM with an O(iface_id) in place (C(external_ids:ovn-installed) of the
        interface). All VMs of the task are waited for together, after all are made.
      - When the time is over the task fails and says what was missing. The VMs stay.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for all VMs of the task.
    type: float
    default: 30
seealso:
  - module: virtnet.ovn.http_probe
  - name: Integrating Open vSwitch and OVN
    description: What C(iface-id) and C(ovn-installed) mean.
    link: https://docs.ovn.org/en/latest/ref/ovn-controller.8.html
"""

EXAMPLES = r"""
- name: A VM on its logical switch port
  virtnet.ovn.netns_vm:
    name: vm1
    mac: "02:ac:10:ff:00:11"
    addresses:
      - 192.168.100.10/24
      - fd00:100::10/64
    routes:
      - dst: default
        via: 192.168.100.1
      - dst: default
        via: fd00:100::1
    iface_id: ls1-vm1

- name: Several VMs, in one task
  virtnet.ovn.netns_vm:
    mtu: 1400
    objects:
      - name: vm1
        iface_id: ls1-vm1
        mac: "02:ac:10:ff:00:11"
        addresses: [192.168.100.10/24]
      - name: vm3
        iface_id: ls2-vm3
        mac: "02:ac:10:ff:00:33"
        addresses: [192.168.101.10/24]

- name: Give a running VM another MAC, and a permanent neighbour
  virtnet.ovn.netns_vm:
    name: vm3
    mac: "02:ac:10:ff:00:34"
    neighbours:
      - ip: 192.168.101.1
        lladdr: "02:ac:10:ff:01:01"

- name: An outside host, on a bridge that OVN does not manage
  virtnet.ovn.netns_vm:
    name: client
    bridge: br-eth1
    type: veth
    addresses: [172.18.1.10/16]
    routes:
      - dst: 192.168.0.0/16
        via: 172.18.1.2

- name: Remove a VM
  virtnet.ovn.netns_vm:
    name: vm1
    state: absent
"""

RETURN = r"""
objects:
  description: The VMs in the order of the task, as they are now, or in check mode as they would be.
  returned: success, or when only the waiting failed
  type: list
  elements: dict
  contains:
    name:
      description: The network namespace.
      type: str
      sample: vm1
    changed:
      description: Whether the task changed this VM.
      type: bool
    state:
      description: V(present) or V(absent).
      type: str
      sample: present
    bridge:
      description: The bridge of its port.
      type: str
      sample: br-int
    port:
      description: Its port, interface and device.
      type: str
      sample: vm1
    type:
      description: V(internal) or V(veth).
      type: str
      sample: internal
    ofport:
      description: The port's OpenFlow number, where it has one.
      type: int
      sample: 14
    mac:
      description: The MAC address.
      type: str
      sample: 02:ac:10:ff:00:11
    mtu:
      description: The MTU of its device.
      type: int
      sample: 1500
    mtu_request:
      description: The MTU that Open vSwitch is asked for.
      type: int
    addresses:
      description: Its addresses.
      type: list
      elements: str
      sample: [192.168.100.10/24]
    routes:
      description: Its routes.
      type: list
      elements: dict
      sample: [{dst: 0.0.0.0/0, via: 192.168.100.1, dev: vm1, metric: 0}]
    neighbours:
      description: Its permanent neighbours.
      type: list
      elements: dict
      sample: []
    offloads:
      description: The offloads that were asked for, and whether each is on.
      type: dict
      sample: {}
    iface_id:
      description: The logical switch port.
      type: str
      sample: ls1-vm1
unresolved:
  description: In check mode, what this task needs and is not there yet.
  returned: when something is missing in check mode
  type: list
  elements: str
  sample: [bridge br-int]
committed:
  description: The VMs are in place, and only waiting for C(ovn-controller) failed.
  returned: on such a failure
  type: bool
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.vm import main

if __name__ == "__main__":
    main()
