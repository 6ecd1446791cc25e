# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of_flow_info does: dump, and keep what was asked for."""

from __future__ import annotations

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._ovsdb.arguments import OVS_ARGUMENTS
from .._ovsdb.module import conclude
from .bridge import Bridge
from .flow import BadFlow, match_text, matches, parse_match
from .group import add_statistics, group_ids, parse_groups
from .plan import Scope
from .tool import OpenFlowError


def find_flows(options):
    module = AnsibleModule({**OVS_ARGUMENTS, **options}, supports_check_mode=True)
    conclude(module, lambda: _answer(module))


def _answer(module):
    result = _find(module.params)
    query = module.params["query"]
    return {**result, "result": _query(module, query, result)} if query else result


def _find(params):
    try:
        scope = Scope(params["table"], params["cookie"])
    except ValueError as error:
        raise OpenFlowError("cookie: %s" % error if "cookie" in str(error) else str(error)) from error
    try:
        wanted = parse_match(match_text(params["match"]))
    except BadFlow as error:
        raise OpenFlowError(str(error)) from error
    bridge = Bridge(params["bridge"], params)
    bridge.facts()
    flows = bridge.dump(str(scope), names=params["names"], statistics=True)
    flows = [flow for flow in flows if _asked_for(flow, params, wanted)]
    filtered = bool(str(scope) or wanted or params["priority"] is not None or params["actions"])
    result = {"flows": [_data(flow) for flow in flows]}
    if params["groups"]:
        names = "--names" if params["names"] else "--no-names"
        groups = parse_groups(bridge.ask(names, "dump-groups", bridge.name))
        add_statistics(groups, bridge.ask("dump-group-stats", bridge.name))
        if filtered:
            used = {group for flow in flows for group in group_ids(flow.actions)}
            groups = {number: group for number, group in groups.items() if number in used}
        result["groups"] = [groups[number] for number in sorted(groups)]
    return result


def _asked_for(flow, params, wanted):
    if params["priority"] is not None and flow.priority != params["priority"]:
        return False
    if any(part not in flow.actions for part in params["actions"] or ()):
        return False
    return not wanted or matches(wanted, flow.match_fields())


def _data(flow):
    data = flow.data()
    data["group_ids"] = group_ids(flow.actions)
    return data


def _query(module, query, result):
    try:
        import jmespath
        import jmespath.exceptions
    except ImportError:
        module.fail_json(msg=missing_required_lib("jmespath", reason="for query"), exception=traceback.format_exc())
    try:
        return jmespath.search(query, result)
    except (jmespath.exceptions.JMESPathError, TypeError) as error:
        raise OpenFlowError("query: %s" % error) from error
