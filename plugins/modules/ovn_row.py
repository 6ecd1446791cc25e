#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible module: any row of any table"""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovn_row
short_description: Any row of OVN's or Open vSwitch's databases
version_added: 0.1.0
description:
  - Declares a row of any table of the northbound, the southbound or a host's Open vSwitch database, as the server's own schema describes it.
  - It is the way out where no module knows a table or a column. Where one does, use that one, for it knows what the schema does not -
    how addresses are spelled, what fits together, what OVN refuses.
  - Texts are compared as they are written. O(wait) is for the northbound database only.
  - What O(owner), O(purge), check mode and plans mean is the same in all modules; docs/semantics.md of the collection tells it.
options:
  database:
    description:
      - Which database. V(open_vswitch) is the one of the host on which the task runs.
    type: str
    choices: [northbound, southbound, open_vswitch]
    required: true
  ovs:
    description:
      - Where the host's Open vSwitch database listens, as C(ovs-vsctl --db) takes it.
      - If not given, the unix socket V(unix:/var/run/openvswitch/db.sock) is used (in the folder E(OVS_RUNDIR) if set).
    type: str
  table:
    description:
      - The table, by its name in the database's schema, such as V(Logical_Switch_Port).
      - Needed, here or in the entry of O(objects).
    type: str
  where:
    description:
      - Which row is meant. The one that meets all of these conditions; several are refused.
      - Either a dictionary of columns and values, or a list of conditions, as M(virtnet.ovn.ovn_info) takes them.
        A column of one value equals the given one, a set includes the given one or ones, a map includes the given pairs.
      - A row that is not there is made with these values. What is said in O(where) can only be changed by a task that gives O(uuid).
      - A table that has just one row, as NB_Global, needs neither O(where) nor O(uuid).
    type: raw
  columns:
    description:
      - What the row's columns shall hold. A column that is not named stays.
      - A column of one value is a Value; null says nothing, V([]) empties one that is optional.
      - A map is a Map. The given keys are ensured, a key with a null value is removed, others stay.
      - A set that is given as a list shall be exactly so. A dictionary with C(insert) and C(delete), each a list, is a Members.
        These are put in or taken out, others stay.
      - A reference is the UUID or the name of the row referred to; in a map it is the UUID.
    type: dict
  parent:
    description:
      - Where a new row is put, of a table whose rows live in another row. A standing row is moved there with O(move).
    type: dict
    suboptions:
      table:
        description: The table of the row that holds it, such as V(Logical_Switch) for a row of C(ACL).
        type: str
        required: true
      row:
        description: That row's name or UUID.
        type: str
        required: true
      column:
        description: Its column. Needed only where it has several that hold such rows.
        type: str
  owner:
    description:
      - Whose the row is, kept as C(external_ids:virtnet-owner) where the table has such a column.
      - A row of another owner is never changed or deleted, nor one of any owner by a task without O(owner).
    type: str
  adopt:
    description:
      - Lets O(owner) change rows that nobody owns, and makes them its own.
    type: bool
    default: false
extends_documentation_fragment:
  - virtnet.ovn.attributes
  - virtnet.ovn.ovn
  - virtnet.ovn.ovn.object
  - virtnet.ovn.ovn.purge
  - virtnet.ovn.ovn.move
  - virtnet.ovn.ovn.wait
seealso:
  - module: virtnet.ovn.ovn_info
  - name: ovn-nb(5)
    description: The tables and columns of the northbound database.
    link: https://www.ovn.org/support/dist-docs/ovn-nb.5.html
  - name: ovn-sb(5)
    description: The tables and columns of the southbound database.
    link: https://www.ovn.org/support/dist-docs/ovn-sb.5.html
  - name: ovs-vswitchd.conf.db(5)
    description: The tables and columns of Open vSwitch's database.
    link: https://www.openvswitch.org/support/dist-docs/ovs-vswitchd.conf.db.5.html
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: A switch, as its table has it
  virtnet.ovn.ovn_row:
    database: northbound
    table: Logical_Switch
    where: {name: backend}
    columns:
      other_config:
        mcast_snoop: true
        mcast_querier: null

- name: A port in it
  virtnet.ovn.ovn_row:
    database: northbound
    table: Logical_Switch_Port
    where: {name: backend-1}
    parent: {table: Logical_Switch, row: backend}
    columns:
      addresses: ["02:ac:10:ff:00:21 192.0.2.21"]

- name: One more address of a set, the others stay
  virtnet.ovn.ovn_row:
    database: northbound
    table: Address_Set
    where: {name: allowed}
    columns:
      addresses:
        insert: [192.0.2.21]
        delete: [192.0.2.20]

- name: Rows that an orchestrator made are found by its tags
  virtnet.ovn.ovn_row:
    database: northbound
    table: ACL
    where: {external_ids: {"neutron:security_group_rule_id": 4a1f}, direction: to-lport, priority: 1002, match: ip4}
    parent: {table: Logical_Switch, row: backend, column: acls}
    columns:
      action: allow-related

- name: A whole table's settings
  virtnet.ovn.ovn_row:
    database: southbound
    table: SB_Global
    columns:
      options: {my_key: my_value}

- name: No mirror of this name is on the host's bridges
  virtnet.ovn.ovn_row:
    database: open_vswitch
    table: Mirror
    where: {name: span0}
    state: absent
"""

RETURN = r"""
objects:
  description: What became of each object, in the order in which they were given.
  returned: success
  type: list
  elements: dict
  contains:
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
      description: The state that was asked for.
      type: str
      sample: present
    before:
      description: What differed, as it was.
      type: dict
      sample: {}
    after:
      description: What differed, as it is now.
      type: dict
      sample: {}
operations:
  description: The operations of the transaction (RFC 7047, 5.2), without its guards. Empty if nothing changed.
  returned: success
  type: list
  elements: dict
  sample: []
plan_hash:
  description: A fingerprint of the operations, for O(expect_plan).
  returned: success
  type: str
  sample: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
unresolved:
  description: In check mode, the parents and references that do not exist yet, each with C(path) and C(message).
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
  description: All that is wrong with the task, each with C(path) and C(message).
  returned: when the task cannot be done as written
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.any_row import run_row


def main():
    run_row()


if __name__ == "__main__":
    main()
