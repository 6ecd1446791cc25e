#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: a whole OVN network as one document"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_topology
short_description: A whole OVN network as one document
version_added: 0.1.0
description:
  - "Declares switches, routers, load balancers and all that is in them in one nested document: one plan, one transaction, all of it or nothing."
  - On a clustered database a plan of more than 2000 operations is written in several transactions, see RV(chunks).
    Each of them is atomic; if one fails, the same task run again does what is left.
  - Reads what a database holds as such a document, so that an existing network can be brought under management.
  - What an option means that is omitted, null or empty, whose a row is, and what each state does, is told by docs/semantics.md of the collection.
    docs/topology.md is a guide.
options:
  topology:
    description:
      - The document. Each key names a kind of object, such as C(switches), C(routers) or C(load_balancers), and holds a list of
        dictionaries. Each takes the options for an object of the kind's own module, such as M(virtnet.ovn.ovn_logical_switch);
        children, such as a switch's C(ports), are nested.
      - The keys are C(switches), C(routers), C(load_balancers), C(load_balancer_groups), C(port_groups), C(address_sets), C(dhcp_options),
        C(dhcp_relays), C(dns), C(meters), C(copps), C(bfd), C(ha_chassis_groups), C(static_mac_bindings), C(chassis_template_vars),
        C(mirrors), C(network_functions), C(network_function_groups), C(sample_collectors), C(sampling_apps) and C(connections).
      - Objects of one document refer to each other by name, in any order.
      - An entry may carry C(uuid). A row with that UUID which does not exist is made with it. A row that stands in several parents is
        described in each of them, with the same C(uuid) and in the same words.
    type: dict
  src:
    description:
      - In place of O(topology), a file on the host where the module runs that holds the document as JSON or YAML.
      - JSON is by far the fastest for large documents.
    type: path
  state:
    description:
      - V(merged) makes everything that is described so, and leaves the rest as it is. Entries and children with C(state=absent) go.
      - V(replaced) makes each object that is described exactly so, within what is O(owner)'s. What is not mentioned of it goes back to its default.
        Memberships count whichever side they are said on. Other objects stay.
      - V(overridden) does as V(replaced), and deletes every other row of O(owner), in every table and wherever it lives.
      - V(deleted) deletes what is listed. Of an entry that lists children, only these children are deleted.
      - V(gathered) changes nothing, and returns the document of what is there as RV(topology); with O(owner), of what is this owner's.
        Merging it back changes nothing. What the document has no place for (the settings of M(virtnet.ovn.ovn_nb_global) and
        M(virtnet.ovn.ovn_ssl), and what a release of OVN has that this collection does not know) is told by a warning.
      - V(rendered) asks no server, and returns the RV(operations) that would make the document in an empty database, as
        C(ovsdb-client transact) takes them.
    type: str
    choices: [merged, replaced, overridden, deleted, gathered, rendered]
    default: merged
  status:
    description:
      - With O(state=gathered), entries have a C(status) with what OVN's daemons wrote of them, such as a port's C(up), C(tag) and
        C(dynamic_addresses) or a BFD session's C(status). The document has one of its own, with the counters and options that
        they keep in C(NB_Global).
      - No state reads it back. What is said there of a row changes nothing.
    type: bool
    default: false
  release:
    description:
      - The OVN release for O(state=rendered), whose schema decides which options there are. A server's own schema decides otherwise.
    type: str
    choices: ["23.03", "25.03", "26.03"]
    default: "26.03"
  owner:
    description:
      - Whose the objects are, kept as C(external_ids:virtnet-owner) on every row that the task makes.
      - A row of another owner is never changed or deleted, nor one of any owner by a task without O(owner).
      - Required for O(state=overridden).
    type: str
  adopt:
    description:
      - Lets O(owner) change rows that nobody owns, and makes them its own.
    type: bool
    default: false
  force:
    description:
      - Changes and deletes even what another owner made.
    type: bool
    default: false
  max_deletes:
    description:
      - With V(replaced) and V(overridden), a task that would take away more than this many rows, members and keys is refused. V(-1) for no limit.
    type: int
    default: 10
  expect_plan:
    description:
      - Writes only if the plan is still the one with this RV(plan_hash), as returned by an earlier run in check mode.
    type: str
requirements:
  - PyYAML (Python library), only for a O(src) that is not JSON
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
  - virtnet.ovn.ovn.strict
  - virtnet.ovn.ovn.wait
seealso:
  - module: virtnet.ovn.ovn_logical_switch
  - module: virtnet.ovn.ovn_logical_router
  - module: virtnet.ovn.ovn_load_balancer
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Declare a switch behind a router, with a balanced service
  virtnet.ovn.ovn_topology:
    topology:
      switches:
        - name: web
          load_balancer: [shop]
          ports:
            - name: web1
              addresses: ["02:ac:10:ff:00:11 192.0.2.11"]
            - name: web2
              addresses: ["02:ac:10:ff:00:12 192.0.2.12"]
            - name: web-edge
              type: router
              addresses: [router]
              options: {router-port: edge-web}
      routers:
        - name: edge
          ports:
            - name: edge-web
              mac: 02:ac:10:ff:00:01
              networks: [192.0.2.1/24]
          static_routes:
            - ip_prefix: 0.0.0.0/0
              nexthop: 192.0.2.254
      load_balancers:
        - name: shop
          protocol: tcp
          vips:
            198.51.100.10:80: [192.0.2.11:80, 192.0.2.12:80]

- name: Read what is there as a document
  virtnet.ovn.ovn_topology:
    state: gathered
  register: existing

- name: Bring all of it under management, changing nothing else
  virtnet.ovn.ovn_topology:
    topology: "{{ existing.topology }}"
    owner: network-team
    adopt: true

- name: Keep exactly this switch, and nothing else of this owner's
  virtnet.ovn.ovn_topology:
    topology:
      switches:
        - name: web
          ports:
            - name: web1
              addresses: ["02:ac:10:ff:00:11 192.0.2.11"]
    state: overridden
    owner: network-team
    max_deletes: 20

- name: Check a document where there is no server
  virtnet.ovn.ovn_topology:
    topology:
      switches:
        - name: web
    state: rendered
    release: "25.03"

- name: Take two ports off a switch
  virtnet.ovn.ovn_topology:
    topology:
      switches:
        - name: web
          ports:
            - name: web1
            - name: web2
    state: deleted
    owner: network-team
"""

RETURN = r"""
topology:
  description: What the database holds, as the option of the same name takes it.
  returned: with O(state=gathered)
  type: dict
  sample:
    switches:
      - name: web
        ports:
          - name: web1
            addresses: ["02:ac:10:ff:00:11 192.0.2.11"]
objects:
  description:
    - What became of each object of the document's first level, in the order in which they were given.
    - With O(state=overridden), then the rows that were deleted because the document does not describe them.
  returned: unless O(state=gathered)
  type: list
  elements: dict
  contains:
    table:
      description: The table of its row.
      type: str
      sample: Logical_Switch
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
      description:
        - What the document means for the object, V(present), V(absent), or V(context) for one that only says where its children are.
      type: str
      sample: present
    before:
      description: What differed of the object itself, as it was.
      type: dict
      sample: {}
    after:
      description: What differed of the object itself, as it is now.
      type: dict
      sample: {}
operations:
  description:
    - The operations of the transaction (RFC 7047, 5.2), without its guards. Empty if nothing changed.
    - Where there are more than 1000, only check mode and O(state=rendered) return them, and C(diff) comes only in check mode or with C(--diff).
      See RV(operations_left_out).
  returned: unless O(state=gathered), or a plan of more than 1000 is written
  type: list
  elements: dict
  sample: []
operations_left_out:
  description: How many operations a written plan had, where these are too many for RV(operations).
  returned: when more than 1000 operations were written
  type: int
  sample: 10200
plan_hash:
  description: A fingerprint of the operations, for O(expect_plan).
  returned: unless O(state=gathered)
  type: str
  sample: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
chunks:
  description:
    - How many transactions it took.
    - Present only on a clustered database, for a document of more than 2000 operations. It is then written in parts, each of which is atomic.
  returned: when more than one
  type: int
  sample: 6
unresolved:
  description: In check mode, the references that nothing is there for yet, each with C(path) and C(message).
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
  description: All that is wrong with the document, each with C(path) and C(message).
  returned: when the task cannot be done as written
  type: list
  elements: dict
  sample:
    - path: switches[0].ports[3].addresses[0]
      message: "'x' is no MAC address (six pairs of hexadecimal digits, 02:ac:10:ff:00:11)"
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.topology import run_topology
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.topology import TOPOLOGY


def main():
    run_topology(TOPOLOGY)


if __name__ == "__main__":
    main()
