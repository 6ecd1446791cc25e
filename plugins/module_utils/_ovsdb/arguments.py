# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options that modules share, and the session that they describe."""

from __future__ import annotations

_TLS = {
    "private_key": {"type": "path", "no_log": False},
    "certificate": {"type": "path"},
    "ca_cert": {"type": "path"},
}

#: For modules of the action group ``ovn``: all of them take all of these, so that group defaults work.
OVN_ARGUMENTS = {
    "nb": {"type": "str"},
    "sb": {"type": "str"},
    "timeout": {"type": "float", "default": 10},
    **_TLS,
}

#: For modules of the action group ``ovs``.
OVS_ARGUMENTS = {
    "ovs": {"type": "str"},
    "timeout": {"type": "float", "default": 10},
}

#: Which option names the endpoint of which database.
ENDPOINTS = {"OVN_Northbound": "nb", "OVN_Southbound": "sb", "Open_vSwitch": "ovs"}


def open_session(params, database, leader_only=True, again=False):
    """A Session to ``database`` as the module's parameters say; raises OvnError."""
    from .endpoint import Tls
    from .errors import OvnError
    from .session import Session

    if params["timeout"] <= 0:
        raise OvnError("timeout: %s is not a number of seconds above zero" % params["timeout"])
    return Session(
        params.get(ENDPOINTS[database]),
        database,
        timeout=params["timeout"],
        leader_only=leader_only,
        tls=Tls(params.get("private_key"), params.get("certificate"), params.get("ca_cert")),
        again=again,
    )
