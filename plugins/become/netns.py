# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: netns
short_description: Run in a network namespace of the host
version_added: 0.1.0
author: The virtnet.ovn maintainers (@virtnet)
description:
  - Runs every command of a task within a named network namespace of the remote host, over any connection. A virtual machine that
    is a network namespace on a chassis becomes an inventory host of its own, on which any module runs.
  - A remote user who is not root enters by C(sudo -n) on the way, so that user needs sudo without a password.
requirements:
  - ip (iproute2) on the remote host
options:
  netns:
    description: The name of the network namespace, as C(ip netns list) shows it.
    type: str
    required: true
    vars:
      - name: ansible_netns
    env:
      - name: ANSIBLE_NETNS
    ini:
      - section: netns_become_plugin
        key: netns
  become_user:
    description: The user to run as within the namespace.
    type: str
    default: root
    keyword:
      - name: become_user
    vars:
      - name: ansible_become_user
      - name: ansible_netns_user
  become_exe:
    description: The command that makes a user who is not root into root. It must not ask for a password.
    type: str
    default: sudo
    keyword:
      - name: become_exe
    vars:
      - name: ansible_become_exe
      - name: ansible_netns_exe
  become_flags:
    description: Options of O(become_exe).
    type: str
    default: -H -n
    keyword:
      - name: become_flags
    vars:
      - name: ansible_become_flags
      - name: ansible_netns_flags
notes:
  - The namespace has its own interfaces, addresses and routes; files, processes and the name of the host are the remote host's.
"""

EXAMPLES = r"""
# inventory: vm1 is the network namespace vm1 on the chassis node2
# vms:
#   vars:
#     ansible_become: true
#     ansible_become_method: virtnet.ovn.netns
#     ansible_netns: "{{ inventory_hostname }}"
#   hosts:
#     vm1:
#       ansible_host: node2
- name: Ping the gateway from a virtual machine
  hosts: vm1
  gather_facts: false
  tasks:
    - name: Ping
      ansible.builtin.command: ping -c 1 192.168.100.1
      changed_when: false
"""

import json
import re
import shlex

from ansible.errors import AnsibleError
from ansible.plugins.become import BecomeBase


class _User(str):
    """Ansible leaves a become plugin out where its user is the remote user. This one changes the network whoever the user is."""

    __slots__ = ()

    def __ne__(self, other):
        return True


class BecomeModule(BecomeBase):
    """Wraps a command in ip netns exec."""

    name = "virtnet.ovn.netns"
    # What sudo -n says where it would have to ask
    missing = ("a password is required",)

    def get_option(self, option, hostvars=None, playcontext=None):
        value = super().get_option(option, hostvars=hostvars, playcontext=playcontext)
        return _User(value) if option == "become_user" and value else value

    def check_missing_password(self, b_output):
        if super().check_missing_password(b_output):
            raise AnsibleError(
                "The remote user needs sudo without a password to enter the network namespace %s (ansible_netns)."
                % self.get_option("netns")
            )
        return False

    def build_become_command(self, cmd, shell):
        super().build_become_command(cmd, shell)
        if not cmd:
            return cmd
        netns = self.get_option("netns")
        if not netns or netns in (".", "..") or not re.fullmatch(r"[^\s/\0]+", netns):
            raise AnsibleError("ansible_netns: %r is not the name of a network namespace" % (netns,))
        user = self.get_option("become_user") or "root"
        # As a module would say it, for otherwise the message would be that there is no result
        absent = json.dumps(
            {"failed": True, "msg": "There is no network namespace %s on the host (ansible_netns)." % netns}
        )
        # /usr/sbin is not on the PATH of every ordinary user
        inner = "PATH=$PATH:/usr/sbin:/sbin; [ -e /run/netns/%s ] || { echo %s; exit 1; }; exec ip netns exec %s " % (
            shlex.quote(netns),
            shlex.quote(absent),
            shlex.quote(netns),
        )
        if str(user) != "root":
            inner += "runuser -u %s -- " % shlex.quote(user)
        inner += self._build_success_command(cmd, shell)
        sudo = " ".join(part for part in (self.get_option("become_exe"), self.get_option("become_flags")) if part)
        # Who the remote user is is seen there: the connection knows it only when it was told
        return "if [ $(id -u) -eq 0 ]; then sh=/bin/sh; else sh='%s /bin/sh'; fi; exec $sh -c %s" % (
            sudo,
            shlex.quote(inner),
        )
