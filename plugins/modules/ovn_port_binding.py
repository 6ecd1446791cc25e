#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: Where logical ports are bound"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_port_binding
short_description: Where logical ports are bound
version_added: 0.1.0
description:
  - Changes the chassis in a row of the southbound table Port_Binding, as C(ovn-sbctl lsp-bind) and C(ovn-sbctl lsp-unbind) do.
  - "C(ovn-controller) binds the ports whose interfaces its host has, and binds them again. What is left for people is to take a port
    from a host that is gone, or to bind one that no host claims by itself."
  - "C(ovn-northd) makes these rows, and makes one again that is deleted while its logical port exists."
  - To read bindings, use M(virtnet.ovn.ovn_info); to wait for one, M(virtnet.ovn.ovn_wait).
  - What an option means that is omitted, null or empty is the same in all modules; docs/semantics.md of the collection tells it for
    each kind of option (Value, Map, Children, Members).
options:
  logical_port:
    description:
      - The logical port, by name.
    type: raw
  chassis:
    description:
      - The chassis that it is bound to, by name or UUID. Empty for none.
    type: raw
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
  - virtnet.ovn.ovn.object
seealso:
  - module: virtnet.ovn.ovn_chassis
  - module: virtnet.ovn.ovn_info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: The host of this port is gone
  virtnet.ovn.ovn_port_binding:
    logical_port: vm1
    chassis: ""
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
from ansible_collections.virtnet.ovn.plugins.module_utils._model.sb.port_binding import PORT_BINDING


def main():
    run(PORT_BINDING)


if __name__ == "__main__":
    main()
