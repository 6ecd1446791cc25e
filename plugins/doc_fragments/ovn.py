# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """How to reach the databases: the same options in every module of an action group."""

    # Modules of the action group C(ovn)
    DOCUMENTATION = r"""
options:
  nb:
    description:
      - Where the northbound database listens, as C(ovn-nbctl --db) takes it.
      - One remote or several separated by commas, each C(unix:PATH), C(tcp:HOST:PORT) or C(ssl:HOST:PORT).
        Of a cluster, name all members, the leader is found. C(cid:UUID) in front pins the cluster.
      - If not given, the environment variable E(OVN_NB_DB) is used, else the unix socket V(unix:/var/run/ovn/ovnnb_db.sock)
        (in the folder E(OVN_RUNDIR) if set).
    type: str
  sb:
    description:
      - Where the southbound database listens, as C(ovn-sbctl --db) takes it. Written as O(nb).
      - If not given, the environment variable E(OVN_SB_DB) is used, else the unix socket V(unix:/var/run/ovn/ovnsb_db.sock)
        (in the folder E(OVN_RUNDIR) if set).
    type: str
  timeout:
    description:
      - Seconds for connecting, all remotes together, and again for each request.
    type: float
    default: 10
  private_key:
    description: The client's private key for C(ssl:) remotes, a PEM file on the host where the module runs.
    type: path
  certificate:
    description: The client's certificate for C(ssl:) remotes, a PEM file on the host where the module runs.
    type: path
  ca_cert:
    description:
      - The certificate of the authority that signed the server's certificate, a PEM file on the host where the module runs.
    type: path
"""

    # Modules of the action group C(ovs)
    OVS = r"""
options:
  ovs:
    description:
      - Where the host's Open vSwitch database listens, as C(ovs-vsctl --db) takes it.
      - If not given, the unix socket V(unix:/var/run/openvswitch/db.sock) is used (in the folder E(OVS_RUNDIR) if set).
    type: str
  timeout:
    description:
      - Seconds for connecting, and again for each request.
    type: float
    default: 10
"""

    # Modules of a database object: what every one of them takes
    OBJECT = r"""
options:
  state:
    description:
      - V(present) makes the object so; V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
  objects:
    description:
      - Several objects in one task and one transaction, each a dictionary of this module's options for an object.
      - Options given beside O(objects) are the defaults of every entry. An object that is described twice is refused.
      - All that is wrong with any of them is told at once, each with its path.
    type: list
    elements: dict
  uuid:
    description:
      - The UUID of the row that is meant. Needed only where two rows cannot be told apart otherwise, or to rename one.
    type: str
  force:
    description:
      - Changes and deletes even what another owner made.
    type: bool
    default: false
  expect_plan:
    description:
      - Writes only if the plan is still the one with this RV(plan_hash), as returned by an earlier run in check mode.
    type: str
"""

    # A row that is always there
    PLAN = r"""
options:
  expect_plan:
    description:
      - Writes only if the plan is still the one with this RV(plan_hash), as returned by an earlier run in check mode.
    type: str
"""

    # Objects with external_ids
    OWNED = r"""
options:
  id:
    description:
      - A name of your own for a row, kept as C(external_ids:virtnet-id). With it, everything else about the row can be edited in place.
    type: str
  owner:
    description:
      - Whose the object is, kept as C(external_ids:virtnet-owner) on every row that the task makes.
      - A row of another owner is never changed or deleted, nor one of any owner by a task without O(owner).
    type: str
  adopt:
    description:
      - Lets O(owner) change rows that nobody owns, and makes them its own.
    type: bool
    default: false
"""

    # Objects with maps, members or children
    PURGE = r"""
options:
  purge:
    description:
      - The names of options whose given content is to be all that is left, within what is this task's owner's.
      - Without it, map keys, members and children that are not named stay as they are.
    type: list
    elements: str
  max_deletes:
    description:
      - A purge that would take away more than this many rows, members and keys is refused. V(-1) for no limit.
    type: int
    default: 10
"""

    # Objects that live in a parent
    MOVE = r"""
options:
  move:
    description:
      - Moves the object to the given parent if it sits on another one. Without it, that is an error.
    type: bool
    default: false
"""

    # Objects with references that OVN keeps as text, or with options of which no schema knows
    STRICT = r"""
options:
  strict:
    description:
      - What is a warning otherwise is an error. That is, a name that OVN keeps as mere text (a router port in C(router-port), C(peer) or
        C(output_port), a switch port in C(parent_name)) must be that of something there; and a key of a map such as C(options) or
        C(other_config) must be one that ovn-nb(5) documents, for the server's release or an older one.
    type: bool
    default: false
"""

    # Waiting for ovn-northd and ovn-controller
    WAIT = r"""
options:
  wait:
    description:
      - What to wait for after writing, as C(ovn-nbctl --wait) does. V(sb) waits until the southbound database has it,
        V(hv) until every chassis has it.
      - A task that changes nothing waits for what was written before. In a play, wait once at the end, with M(virtnet.ovn.ovn_wait).
    type: str
    choices: [none, sb, hv]
    default: none
  wait_timeout:
    description:
      - Seconds that O(wait) may take. When they pass the task fails, says who is behind, and returns RV(ignore:committed=true).
    type: float
    default: 30
  wait_chassis:
    description:
      - With O(wait=hv), waits for these chassis only, by name. Others may be down.
    type: list
    elements: str
"""

    # Waiting for ovs-vswitchd
    WAIT_OVS = r"""
options:
  wait:
    description:
      - Waits until C(ovs-vswitchd) has caught up, as C(ovs-vsctl) does unless told C(--no-wait).
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that O(wait) may take. When they pass the task fails and returns RV(ignore:committed=true).
    type: float
    default: 30
"""
