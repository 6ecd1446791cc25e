# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks need to read flows and traces. The documentation of each filter stands beside this file."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow import encoding, flow


def _from_flow(text):
    return flow.read_flow(text).data()


def _told(name, function):
    """The function as a filter: what it refuses is an error of the template, by the filter's name."""

    def run(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except ValueError as exc:
            raise AnsibleFilterError("%s: %s" % (name, exc)) from exc

    return run


class FilterModule:
    def filters(self):
        found = {
            "to_register": encoding.to_register,
            "from_register": encoding.from_register,
            "to_flow": flow.flow_text,
            "from_flow": _from_flow,
        }
        return {name: _told(name, function) for name, function in found.items()}
