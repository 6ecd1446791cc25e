#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: the report of what scenarios saw (an action plugin, it runs on the controller)"""

from __future__ import annotations

DOCUMENTATION = r"""
module: scenario_report
short_description: Keep the report of what scenarios had to show, and what was seen
version_added: 0.1.0
description:
  - Writes what a scenario had to show and what was seen into a report, and in the end shows all of it as a table.
  - The report is a JSON file, a list of dictionaries with C(scenario), C(check), C(expected), C(observed) and C(ok).
  - It is an action plugin and runs on the controller.
options:
  path:
    description: The report. What is captured lies beside it, in a folder for each scenario.
    type: path
    required: true
  state:
    description:
      - V(started) begins an empty report.
      - V(recorded) adds O(checks), and keeps O(captured).
      - V(shown) shows the report as a table, and fails if anything in it is not as it had to be.
    type: str
    choices: [started, recorded, shown]
    default: recorded
  scenario:
    description: The name of the scenario. Needed for V(recorded).
    type: str
  checks:
    description: What had to be seen and what was seen.
    type: list
    elements: dict
    default: []
    suboptions:
      check:
        description: What is claimed.
        type: str
        required: true
      expected:
        description: What had to be seen.
        type: raw
        required: true
      observed:
        description: What was seen.
        type: raw
        required: true
      ok:
        description: Whether it is as it had to be. If not given, O(checks[].observed) has to equal O(checks[].expected).
        type: bool
      look_at:
        description: What to look at if it is not so.
        type: str
  captured:
    description: What was looked at on the way, by name; each is kept as a JSON file beside the report.
    type: dict
    default: {}
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Begin the report
  virtnet.ovn.scenario_report:
    path: artifacts/site-report.json
    state: started

- name: What the client has seen
  virtnet.ovn.scenario_report:
    path: artifacts/site-report.json
    scenario: a load balancer on the gateway router
    checks:
      - check: both backends answer the client
        expected: [i am vm1, i am vm2]
        observed: [i am vm1, i am vm2]

- name: Show it all, and fail if anything was not as it had to be
  virtnet.ovn.scenario_report:
    path: artifacts/site-report.json
    state: shown
"""

RETURN = r"""
checks:
  description: All rows of the report.
  returned: always
  type: list
  elements: dict
  contains:
    scenario:
      description: The scenario.
      type: str
    check:
      description: What is claimed.
      type: str
    expected:
      description: What had to be seen.
      type: raw
    observed:
      description: What was seen.
      type: raw
    ok:
      description: Whether it was.
      type: bool
failed_checks:
  description: How many are not as they had to be.
  returned: always
  type: int
  sample: 0
"""
