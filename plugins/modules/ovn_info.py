#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: rows of OVN's databases as data"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_info
short_description: Rows and overviews of OVN's northbound or southbound database as data
version_added: 0.1.0
description:
  - Returns rows of any table of the northbound or southbound database, found by conditions,
    with references shown by the names of the rows that they refer to.
  - Or, with O(report), the overviews that C(ovn-nbctl) and C(ovn-sbctl) print, as data.
  - The rows that one task returns are of one moment, and the same content is always returned in the same order.
  - The server picks the rows and columns, so that the cost depends on what is asked for and not on the size of the database.
options:
  database:
    description: The database to read.
    type: str
    choices: [northbound, southbound]
    default: northbound
  table:
    description:
      - The table, by its name in the database's schema, such as V(Logical_Switch_Port).
      - One of O(table), O(tables) and O(report) is required.
    type: str
  tables:
    description:
      - Several tables at once, all of the same moment. V(all), as the only one, means each table of the database.
    type: list
    elements: str
  report:
    description:
      - An overview, by the name of the command that prints it, returned as RV(report).
      - V(show) lists switches with their ports, and routers with their ports and NAT rules; of the southbound database chassis with their
        encapsulations and the ports that they have bound.
      - V(lb-list) has an entry for each VIP of each load balancer.
      - V(lr-lb-list) and V(ls-lb-list) have the same for each load balancer of each router or switch, also those that it has by a Load_Balancer_Group.
      - O(switch), O(router), O(load_balancer) and O(chassis) narrow it.
    type: str
    choices: [show, lb-list, lr-lb-list, ls-lb-list]
  switch:
    description: Name or UUID of the logical switch that V(show) or V(ls-lb-list) is about.
    type: str
  router:
    description: Name or UUID of the logical router that V(show) or V(lr-lb-list) is about.
    type: str
  load_balancer:
    description: Name or UUID of the load balancer that V(lb-list), V(lr-lb-list) or V(ls-lb-list) is about.
    type: str
  chassis:
    description: Name or UUID of the chassis that V(show) is about, with O(database=southbound).
    type: str
  where:
    description:
      - Only rows that meet all of these conditions.
      - Either a dictionary of columns and values, or a list of conditions, each a C([column, operator, value]) or such a dictionary.
      - In a dictionary, a column of one value equals the given one, a set includes the given one or ones, and a map includes the given pairs.
        Null or an empty list stands for an optional column that is empty.
      - The operators are V(==), V(!=), V(includes), V(excludes), and for numbers V(<), V(<=), V(>) and V(>=).
      - The value of a reference is the UUID or the name of the row referred to. C(_uuid) is a column, too.
      - Not with O(tables).
    type: raw
  external_ids:
    description:
      - Only rows whose column C(external_ids) includes these pairs.
      - With O(tables), tables without that column have no such rows.
    type: dict
  columns:
    description:
      - The columns to return beside C(_uuid). All if omitted.
      - Not with O(tables).
    type: list
    elements: str
  references:
    description:
      - How columns that refer to other rows are shown.
      - V(name) is the name of the row referred to. Of a table without names, or of a row whose name is empty, it is the UUID.
      - V(uuid) is the UUID.
      - V(both) is a dictionary with C(_uuid) and C(name); the name is null where there is none.
    type: str
    choices: [name, uuid, both]
    default: name
  uuids:
    description:
      - Whether UUIDs are returned.
      - Without them, two databases that were made by the same steps are equal. A reference to a row without a name
        is then shown by what that row holds.
    type: bool
    default: true
  volatile:
    description:
      - Whether columns and options are returned that OVN's daemons write as they run, such as C(nb_cfg) with its timestamps,
        a port's C(up) and C(dynamic_addresses), or a BFD session's C(status).
      - With V(false), what remains is what was configured. To compare a database before and after something, set O(uuids=false), too.
    type: bool
    default: true
  leader_only:
    description:
      - Of a cluster, read from the leader. With V(false), any member will do, which spares the leader
        and works without a quorum, and may return what was true a moment ago.
    type: bool
    default: true
  query:
    description:
      - A JMESPath expression over the result (RV(rows), RV(tables) or RV(report), and RV(count)), whose value is returned as RV(result).
      - Beside JMESPath's own functions there are those that the filter P(virtnet.ovn.ovn_query#filter) has for OVN's texts.
    type: str
extends_documentation_fragment:
  - virtnet.ovn.attributes.info
  - virtnet.ovn.ovn
requirements:
  - jmespath (Python library), only for O(query)
seealso:
  - module: virtnet.ovn.ovn_wait
  - plugin: virtnet.ovn.ovn_query
    plugin_type: filter
  - name: ovn-nb(5)
    description: The tables and columns of the northbound database.
    link: https://www.ovn.org/support/dist-docs/ovn-nb.5.html
  - name: ovn-sb(5)
    description: The tables and columns of the southbound database.
    link: https://www.ovn.org/support/dist-docs/ovn-sb.5.html
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Read the ports of type router
  virtnet.ovn.ovn_info:
    table: Logical_Switch_Port
    where:
      type: router
    columns: [name, options]

- name: Find the gateway router's load balancers by name
  virtnet.ovn.ovn_info:
    table: Logical_Router
    where:
      name: gw1
    query: rows[0].load_balancer
  register: balancers

- name: See switches, ports and routers at a glance
  virtnet.ovn.ovn_info:
    report: show

- name: List the VIPs of one router, with their backends
  virtnet.ovn.ovn_info:
    report: lr-lb-list
    router: gw1

- name: List the switches that a load balancer is on
  virtnet.ovn.ovn_info:
    report: ls-lb-list
    load_balancer: web
    query: report[].switch

- name: Find the ports of a subnet
  virtnet.ovn.ovn_info:
    table: Logical_Switch_Port
    columns: [name, addresses]
    query: "rows[?within(addresses, '192.0.2.0/24')].name"

- name: Look for stale MAC bindings of an address
  virtnet.ovn.ovn_info:
    database: southbound
    table: MAC_Binding
    where:
      - [ip, "==", 192.168.101.10]
      - [mac, "!=", "02:ac:10:ff:00:33"]

- name: Read what this team owns
  virtnet.ovn.ovn_info:
    tables: [Logical_Switch, Logical_Router, Load_Balancer]
    external_ids:
      owner: web-team

- name: Keep the whole configuration, to compare it later
  virtnet.ovn.ovn_info:
    tables: [all]
    uuids: false
    volatile: false
  register: before
"""

RETURN = r"""
rows:
  description: The rows, sorted by name and content. Each is a dictionary of columns, with C(_uuid) unless O(uuids=false).
  returned: when O(table) is given
  type: list
  elements: dict
  sample:
    - _uuid: 3760718f-294f-491a-bf63-3faf3573d44c
      name: ls1
      ports: [ls1-router1, ls1-vm1, ls1-vm2]
tables:
  description: For each table its rows, as in RV(rows).
  returned: when O(tables) is given
  type: dict
  sample:
    Logical_Switch:
      - name: ls1
    Logical_Router: []
report:
  description:
    - With V(show), a dictionary. It has C(switches), each with C(name), C(aka) (the name that Neutron gives it, or null) and C(ports), these with
      C(name), C(aka), C(type), C(addresses), C(parent_name), C(tag) and C(router_port); and C(routers), each with C(name), C(aka), C(ports)
      (C(name), C(mac), C(networks), and C(gateway_chassis) by falling priority) and C(nat) (C(type), C(external_ip), C(external_port_range),
      C(logical_ip), C(gateway_port)). Of the southbound database it has C(chassis), each with C(name), C(hostname), C(encaps) and C(port_bindings).
    - With the others, a list with an entry for each VIP. It has C(load_balancer), C(protocol) (null for a VIP without a port), C(vip) and the list C(backends);
      and C(router) or C(switch).
    - Switches, routers, chassis, ports, NAT rules and load balancers have C(_uuid), unless O(uuids=false).
  returned: when O(report) is given
  type: raw
  sample:
    - router: gw1
      _uuid: 3760718f-294f-491a-bf63-3faf3573d44c
      load_balancer: web
      protocol: tcp
      vip: 198.51.100.10:80
      backends: [192.0.2.11:8080, 192.0.2.12:8080]
count:
  description: How many rows there are, of all tables together. Of a report, how many switches, routers, chassis or VIPs.
  returned: success
  type: int
  sample: 1
result:
  description: The value of O(query), of whatever type.
  returned: when O(query) is given
  type: raw
  sample: [ls1]
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.info import run_info


def main():
    run_info()


if __name__ == "__main__":
    main()
