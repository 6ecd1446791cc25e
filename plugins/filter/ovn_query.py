# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible filter: JMESPath over OVN's rows and documents"""

from __future__ import annotations

DOCUMENTATION = r"""
name: ovn_query
short_description: JMESPath over OVN's rows and documents
version_added: 0.1.0
description:
  - Evaluates a JMESPath expression on the controller, as the option O(virtnet.ovn.ovn_info#module:query) does on the host, so that what one
    task has read can be asked several questions.
  - It takes whatever M(virtnet.ovn.ovn_info) and M(virtnet.ovn.ovn_topology) return, and any other data.
  - Beside JMESPath's own functions there are some for what OVN keeps as text.
  - C(backends(text)) is the list of the backends of a VIP.
  - C(mac(address)) is the MAC address, and C(ips(address)) the list of the IP addresses and networks of a port's C(addresses) or C(port_security);
    of one element or of all of them.
  - C(within(address, network)) says whether one of these IP addresses is in the network; of an IP address, a list of them, or what C(ips) takes.
positional: expression
options:
  _input:
    description: The data.
    type: raw
    required: true
  expression:
    description: The JMESPath expression.
    type: str
    required: true
requirements:
  - jmespath (Python library) on the controller
seealso:
  - module: virtnet.ovn.ovn_info
  - module: virtnet.ovn.ovn_topology
  - name: JMESPath
    description: The language of the expressions.
    link: https://jmespath.org/specification.html
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Read the switches' ports once
  virtnet.ovn.ovn_info:
    table: Logical_Switch_Port
    columns: [name, type, addresses]
  register: ports

- name: Show who is in a network, and what has no fixed address
  ansible.builtin.debug:
    msg:
      - >-
        {{ ports | virtnet.ovn.ovn_query("rows[?within(addresses, '192.0.2.0/24')].name") }}
      - >-
        {{ ports | virtnet.ovn.ovn_query("rows[?type == '' && ips(addresses) == `[]`].name") }}

- name: Read the network as a document
  virtnet.ovn.ovn_topology:
    state: gathered
  register: existing

- name: Show how many backends each VIP has
  ansible.builtin.debug:
    msg: "{{ existing.topology | virtnet.ovn.ovn_query('load_balancers[].{name: name, backends: map(&length(backends(@)), values(vips))}') }}"
"""

RETURN = r"""
_value:
  description: The value of the expression; null where it finds nothing.
  type: raw
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.virtnet.ovn.plugins.module_utils._model.query import compile_query


def ovn_query(data, expression):
    if not isinstance(expression, str) or not expression:
        raise AnsibleFilterError("ovn_query: the expression must be text, and not empty")
    try:
        return compile_query(str(expression))(_plain(data))
    except ImportError as exc:
        raise AnsibleFilterError(
            "ovn_query: the Python library jmespath is missing on the controller (pip install jmespath)"
        ) from exc
    except ValueError as exc:
        raise AnsibleFilterError("ovn_query: %s" % exc) from exc


def _plain(data):
    """Python's own types: JMESPath's functions take nothing that is only like them, as Ansible's text and lists are."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    for kind in (str, bool, int, float):
        if isinstance(data, kind):
            return kind(data)
    if data is None:
        return None
    raise ValueError("the data holds a %s, which is none of JSON's types" % type(data).__name__)


class FilterModule:
    def filters(self):
        return {"ovn_query": ovn_query}
