# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgements of the roles ovn_packet_trace, ovn_explain_lb, ovn_health and ovn_upgrade. The documentation of each filter stands beside this file."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ansible_collections.virtnet.ovn.plugins.module_utils._insight import explain_lb, health, packet_trace, upgrade


def _told(name, function):
    def run(facts, **options):
        try:
            return function(facts, **options)
        except (KeyError, TypeError, AttributeError) as exc:
            raise AnsibleFilterError("%s: these are not the facts that the role collects: %r" % (name, exc)) from exc

    return run


class FilterModule:
    def filters(self):
        return {
            "explain_lb": _told("explain_lb", explain_lb.explain),
            "health": _told("health", health.judge),
            "packet_trace_flows": _told("packet_trace_flows", packet_trace.flows_to_look_up),
            "packet_trace_verdict": _told("packet_trace_verdict", packet_trace.judge),
            "upgrade_check": _told("upgrade_check", upgrade.judge),
        }
