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
