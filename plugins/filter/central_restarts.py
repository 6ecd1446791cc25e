# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: central_restarts
short_description: Which central daemons run with other options than they are to have
version_added: 0.1.0
author: The virtnet.ovn maintainers (@virtnet)
description:
  - Compares the options of ovn-ctl(8) that a host's daemons were started with with those that they are to have.
  - An option counts for the daemons that it is for. Those that count only while a database is made or joins a cluster
    (C(--db-nb-cluster-remote-addr), C(--db-nb-election-timer) and so on) are left out.
options:
  _input:
    description: The options that the daemons are to have.
    type: list
    elements: str
    required: true
  facts:
    description: What M(virtnet.ovn.central_info) returned.
    type: dict
    required: true
positional: facts
"""

EXAMPLES = r"""
- name: What has to be restarted
  ansible.builtin.debug:
    msg: "{{ ['--ovn-northd-n-threads=4'] | virtnet.ovn.central_restarts(central) }}"
"""

RETURN = r"""
_value:
  description: Those of V(northbound), V(southbound) and V(northd) that run with other options.
  type: list
  elements: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._central.plan import restarts


class FilterModule:
    def filters(self):
        return {"central_restarts": restarts}
