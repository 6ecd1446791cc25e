#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: the HTML page of a report (an action plugin, it runs on the controller)"""

from __future__ import annotations

DOCUMENTATION = r"""
module: report_page
short_description: Write a network's report as one HTML page
version_added: 0.1.0
description:
  - Writes one self-contained HTML page of what other tasks collected; pictures of networks, scenarios with what was seen, how balancers
    distributed requests, traces, and what is known of the chassis.
  - It is an action plugin and runs on the controller, where Graphviz lays out the pictures. Where that is missing the task warns, and the page tells
    in words what would be in them.
  - The template is rendered with everything escaped, which M(ansible.builtin.template) does not do.
  - The role P(virtnet.ovn.ovn_report#role) collects and calls it.
options:
  src:
    description:
      - The page's template, Jinja2, looked for as M(ansible.builtin.template) does.
      - It gets C(title), C(pictures), C(scenarios), C(health), C(findings), C(ways), C(changes) and C(played), and not the play's variables.
    type: path
    required: true
  path:
    description: The page. Its folder is made if it is not there. It is written only if its content differs.
    type: path
    required: true
  title:
    description: What the page is called.
    type: str
    default: OVN
  graphs:
    description: The networks to draw, as M(virtnet.ovn.ovn_topology_graph) returned them (RV(virtnet.ovn.ovn_topology_graph#module:pictures[].graph)).
    type: list
    elements: dict
    default: []
  scenarios:
    description: A file that M(virtnet.ovn.scenario_report) wrote. What it captured is read, too.
    type: path
  changes:
    description: What the play changed, each with C(title), C(changed) and C(text).
    type: list
    elements: dict
    default: []
  ways:
    description:
      - Packets that were traced, each with C(trace), what the role P(virtnet.ovn.ovn_packet_trace#role) found, and C(graph), the network with its way on it
        (O(virtnet.ovn.ovn_topology_graph#module:highlight)).
    type: list
    elements: dict
    default: []
  findings:
    description: What the role P(virtnet.ovn.ovn_health#role) found, each with C(check), C(subject), C(status), C(observed) and C(remedy).
    type: list
    elements: dict
    default: []
  timeout:
    description: Seconds that Graphviz may take for a picture.
    type: float
    default: 10
extends_documentation_fragment:
  - virtnet.ovn.attributes
requirements:
  - graphviz (its command C(dot)) on the controller, for the pictures
seealso:
  - module: virtnet.ovn.ovn_topology_graph
  - module: virtnet.ovn.scenario_report
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Read both networks
  virtnet.ovn.ovn_topology_graph:
    views: [logical, physical]
    formats: []
  register: read

- name: Write the page with a template of one's own
  virtnet.ovn.report_page:
    src: page.html.j2
    path: artifacts/page.html
    graphs: "{{ read.pictures | map(attribute='graph') }}"
"""

RETURN = r"""
path:
  description: The page, with its whole path.
  returned: success
  type: str
  sample: /home/me/ovn-report.html
pictures:
  description: How many pictures are on it.
  returned: success
  type: int
  sample: 2
"""
