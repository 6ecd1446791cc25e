# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module begins and ends."""

from __future__ import annotations

from .errors import OvnError


def conclude(module, work):
    """Ends a module with what ``work`` returns, or with the error that it raises."""
    try:
        result = work()
    except OvnError as exc:
        module.fail_json(msg=str(exc), **exc.facts)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**{"changed": False, **result})


def inform(options, work, **rules):
    """The whole of a module that changes nothing: ``work(params)`` returns what it tells."""
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(options, supports_check_mode=True, **rules)
    conclude(module, lambda: work(module.params))
