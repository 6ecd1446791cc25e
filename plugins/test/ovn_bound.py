# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ovn_bound
short_description: Whether a chassis has claimed a port and the port is up
version_added: 0.1.0
author:
  - The virtnet.ovn maintainers (@virtnet)
description:
  - Takes a row of the southbound C(Port_Binding) or of the northbound C(Logical_Switch_Port), as M(virtnet.ovn.ovn_info) returns it.
  - A port binding is bound if it has a C(chassis) and is not said to be down. A logical switch port is bound if
    C(up) is true.
positional: _input
options:
  _input:
    description: The row.
    type: dict
    required: true
seealso:
  - module: virtnet.ovn.ovn_info
  - module: virtnet.ovn.ovn_wait
"""

EXAMPLES = r"""
- name: Look at the port bindings
  virtnet.ovn.ovn_info:
    database: southbound
    table: Port_Binding
    columns: [logical_port, type, chassis, up]
  register: bindings

- name: Ports that no chassis has
  ansible.builtin.debug:
    msg: "{{ bindings.rows | rejectattr('type') | reject('virtnet.ovn.ovn_bound') | map(attribute='logical_port') }}"
"""

RETURN = r"""
_value:
  description: Whether it is bound.
  type: bool
"""

from ansible.errors import AnsibleFilterError


def ovn_bound(row):
    if not isinstance(row, dict) or not {"chassis", "up"} & set(row):
        raise AnsibleFilterError(
            "ovn_bound: expected a row of Port_Binding with its chassis, or one of Logical_Switch_Port with up"
        )
    if "chassis" in row:
        return bool(row["chassis"]) and row.get("up") is not False
    return row["up"] is True


class TestModule:
    def tests(self):
        return {"ovn_bound": ovn_bound}
