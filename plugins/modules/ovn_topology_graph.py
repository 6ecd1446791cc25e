#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: pictures of the logical and the physical network"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_topology_graph
short_description: Pictures of OVN's logical and physical network
version_added: 0.1.0
description:
  - Draws the logical network (switches, routers, their ports and where each is bound, load balancers, NAT) or the physical one
    (chassis, tunnels, bridge mappings, and the ports that are bound there), as SVG, DOT or Mermaid, and returns the same as a graph of nodes and edges.
  - What repeats is folded, so that a network of hundreds of ports stays readable.
  - Each database is read once, all of one moment. Only the columns that are drawn are read, of all rows.
  - Names are never taken for markup, whatever they hold.
options:
  views:
    description:
      - What to draw, a picture for each.
      - V(logical) is what the northbound database declares, with the chassis that ports are bound to from the southbound database.
      - V(physical) is of the southbound database alone. Every chassis has a tunnel to every other one of its transport zones;
        they are drawn as one node that joins all, with the addresses of the encapsulations on its edges.
    type: list
    elements: str
    choices: [logical, physical]
    default: [logical]
  formats:
    description:
      - How to draw it. An empty list draws nothing and returns the graph only.
      - V(svg) is a picture for a browser, with colours for light and dark. It needs Graphviz's command C(dot) on the host where the module runs.
      - V(dot) is Graphviz' language, and V(mermaid) is for Markdown pages that draw Mermaid. They need nothing.
    type: list
    elements: str
    choices: [svg, dot, mermaid]
    default: [svg]
  fold:
    description:
      - Of more than so many alike nodes (ports of one switch or chassis, balancers on the same switches and routers,
        switches on the same routers, routers on the same switches, chassis on the same networks) the first three are drawn,
        and the others as one node that says how many they are.
      - V(0) draws each by itself.
    type: int
    default: 10
  highlight:
    description:
      - The names along a way that is drawn over the picture, in their order. Each is the name of a switch, router, port, VIP or chassis that the view has.
      - Two names in a row that are not neighbours are joined by the shortest way between them. What is on the way is not folded.
    type: list
    elements: str
    default: []
  graphs:
    description:
      - Graphs that this module returned (RV(pictures[].graph)) to draw here, instead of reading databases.
      - For a host that reaches the databases and has no Graphviz. Not with O(highlight); O(views) and O(fold) have no meaning then.
    type: list
    elements: dict
  path:
    description:
      - A file to write the picture to, in a folder that is there. It is written only if its content differs.
      - Takes one view (or graph) and one format.
    type: path
  leader_only:
    description:
      - Of a cluster, read from the leader. With V(false), any member will do.
    type: bool
    default: true
  timeout:
    description:
      - Seconds for connecting, all remotes together, again for each request, and again for Graphviz.
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
  - ansible.builtin.files
requirements:
  - graphviz (its command C(dot)), only for V(svg) of O(formats)
seealso:
  - module: virtnet.ovn.ovn_info
  - name: Graphviz
    description: The DOT language, and what else C(dot) makes of it.
    link: https://graphviz.org/doc/info/lang.html
  - name: ovn-architecture(7)
    description: What the logical and the physical network are.
    link: https://www.ovn.org/support/dist-docs/ovn-architecture.7.html
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Draw the logical network
  virtnet.ovn.ovn_topology_graph:
    formats: svg
    path: /tmp/network.svg
    mode: "0644"

- name: Draw the way from one port to another
  virtnet.ovn.ovn_topology_graph:
    formats: mermaid
    highlight: [ls2-vm3, ls1-vm1]
  register: way

- name: Read both networks where the databases are
  virtnet.ovn.ovn_topology_graph:
    views: [logical, physical]
    formats: []
  register: read

- name: Draw them on the controller, which has Graphviz
  virtnet.ovn.ovn_topology_graph:
    graphs: "{{ read.pictures | map(attribute='graph') }}"
  delegate_to: localhost
  register: drawn
"""

RETURN = r"""
pictures:
  description: What was drawn, one for each of O(views) or O(graphs).
  returned: success
  type: list
  elements: dict
  contains:
    view:
      description: Which network it shows.
      type: str
      sample: logical
    description:
      description: What is in the picture, as a sentence for who does not see it.
      type: str
      sample: "The logical network: 2 ports, 1 switch."
    svg:
      description: The picture, if O(formats) has V(svg).
      type: str
      sample: <svg ...
    dot:
      description: The picture, if O(formats) has V(dot).
      type: str
      sample: digraph ovn { ...
    mermaid:
      description: The picture, if O(formats) has V(mermaid).
      type: str
      sample: flowchart LR ...
    graph:
      description: The same as data.
      type: dict
      contains:
        view:
          description: Which network it shows.
          type: str
          sample: logical
        path:
          description: The names of the nodes on the way of O(highlight), in its order.
          type: list
          elements: str
          sample: []
        nodes:
          description: What there is, in an order that is always the same.
          type: list
          elements: dict
          contains:
            id:
              description: Its kind and name, with the UUID where another one has the same.
              type: str
              sample: switch:ls1
            kind:
              description: >-
                V(switch), V(router), V(port), V(external) (a port of another type, such as C(localnet)), V(balancer), V(chassis),
                V(gateway) (a router or router port that is bound to a chassis), V(tunnel) or V(network) (a physical network).
              type: str
              sample: switch
            name:
              description: Its name. Of folded nodes, how many they are.
              type: str
              sample: ls1
            lines:
              description: What else is told about it.
              type: list
              elements: str
              sample: []
            count:
              description: How many it stands for, more than one if folded.
              type: int
              sample: 1
            state:
              description: V(up), V(down) (a port that is not bound or not up, a balancer that is set on nothing) or V(folded).
              type: str
              sample: up
            on_path:
              description: Whether the way goes through it.
              type: bool
              sample: false
        edges:
          description: What is joined.
          type: list
          elements: dict
          contains:
            from:
              description: The C(id) of one end.
              type: str
              sample: switch:ls1
            to:
              description: The C(id) of the other end.
              type: str
              sample: router:router1
            kind:
              description: V(port), V(router), V(balancer), V(parent) (a nested port), V(tunnel) or V(mapping).
              type: str
              sample: router
            label:
              description: A router port's networks, an encapsulation's address, a mapping's bridge, or nothing.
              type: str
              sample: 192.168.100.1/24
            on_path:
              description: Whether the way goes along it.
              type: bool
              sample: false
            backwards:
              description: Whether the way goes from C(to) to C(from).
              returned: on the way
              type: bool
              sample: false
path:
  description: The file.
  returned: when O(path) is given
  type: str
  sample: /tmp/network.svg
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.topology_graph import run_topology_graph


def main():
    run_topology_graph()


if __name__ == "__main__":
    main()
