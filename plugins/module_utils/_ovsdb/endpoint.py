# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a database listens: remotes as ovn-nbctl, ovn-sbctl and ovs-vsctl take them, and their defaults."""

from __future__ import annotations

import os

from .errors import ConnectError


class Tls:
    """The files of a TLS client, as ovn-nbctl's ``-p``, ``-c`` and ``-C`` (PEM)."""

    __slots__ = ("private_key", "certificate", "ca_cert")

    def __init__(self, private_key=None, certificate=None, ca_cert=None):
        self.private_key = private_key
        self.certificate = certificate
        self.ca_cert = ca_cert


class Remote:
    """One ``tcp:HOST:PORT``, ``ssl:HOST:PORT`` or ``unix:PATH`` (ovsdb(7), Connection Methods)."""

    __slots__ = ("text", "kind", "host", "port", "path")

    def __init__(self, text):
        self.text = text
        self.kind, colon, rest = text.partition(":")
        self.host = self.path = None
        self.port = 0
        if not colon or not rest or self.kind not in ("tcp", "ssl", "unix"):
            raise ConnectError("%r is no remote: expected tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH" % text)
        if self.kind == "unix":
            if not rest.startswith("/"):
                raise ConnectError("%r: a unix socket needs an absolute path" % text)
            self.path = rest
            return
        host, colon, port = rest.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ConnectError("%r is no remote: expected %s:HOST:PORT with a port from 1 to 65535" % (text, self.kind))
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise ConnectError("%r: an IPv6 address is written in brackets, %s:[ADDRESS]:PORT" % (text, self.kind))
        self.host, self.port = host, int(port)


def parse_remotes(text):
    """``tcp:a:6641,tcp:b:6641`` as a list of Remote; a ``cid:UUID`` that pins a cluster is returned beside it."""
    remotes, cid = [], None
    for part in (p.strip() for p in text.split(",")):
        if part.startswith("cid:"):
            cid = part[4:]
            if len(cid) < 4:
                raise ConnectError("%r: cid: is followed by the cluster's UUID" % text)
        elif part:
            remotes.append(Remote(part))
    if not remotes:
        raise ConnectError("%r names no remote: expected tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH" % text)
    return remotes, cid


def default_remote(database):
    """What the database's own command line tool would use: ovn-nbctl(8), ovn-sbctl(8), ovs-vsctl(8)."""
    env = os.environ
    if database == "OVN_Northbound":
        return env.get("OVN_NB_DB") or "unix:%s/ovnnb_db.sock" % (env.get("OVN_RUNDIR") or "/var/run/ovn")
    if database == "OVN_Southbound":
        return env.get("OVN_SB_DB") or "unix:%s/ovnsb_db.sock" % (env.get("OVN_RUNDIR") or "/var/run/ovn")
    return "unix:%s/db.sock" % (env.get("OVS_RUNDIR") or "/var/run/openvswitch")
