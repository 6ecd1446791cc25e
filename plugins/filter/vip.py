# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: vip
short_description: The parts of a load balancer's VIP or backend
version_added: 0.1.0
author:
  - The virtnet.ovn maintainers (@virtnet)
description:
  - Takes C(IP), C(IPv4:PORT) or C([IPv6]:PORT), as the keys and values of C(Load_Balancer:vips) are written in C(ovn-nb(5)).
positional: _input
options:
  _input:
    description: The VIP or the backend.
    type: str
    required: true
seealso:
  - plugin: virtnet.ovn.to_register
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Where the balancer listens
  ansible.builtin.debug:
    msg: "{{ '[fd00::1]:80' | virtnet.ovn.vip }}" # {'ip': 'fd00::1', 'port': 80, 'family': 6}
"""

RETURN = r"""
_value:
  description: The parts.
  type: dict
  contains:
    ip:
      description: The address, in its canonical spelling.
      type: str
    port:
      description: The port; V(null) if there is none.
      type: int
    family:
      description: V(4) or V(6).
      type: int
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.virtnet.ovn.plugins.module_utils._model import syntax


def vip(value):
    try:
        address, port = syntax.endpoint_parts(syntax.vip(value))
    except ValueError as exc:
        raise AnsibleFilterError("vip: %s" % exc) from exc
    return {"ip": address, "port": port, "family": syntax.family(address)}


class FilterModule:
    def filters(self):
        return {"vip": vip}
