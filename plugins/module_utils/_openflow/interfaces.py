# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces of the host's Open vSwitch that people know by something else than their names, which change."""

from __future__ import annotations

from .._ovsdb.arguments import open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.rows import find
from .tool import OpenFlowError

#: The types of Interface:type that ovn-controller makes tunnels of, and that others may have made
TUNNELS = frozenset(("geneve", "vxlan", "stt"))
_COLUMNS = ("name", "type", "options", "external_ids")


class Interfaces:
    """A session that ends with the ``with``; each question is one request."""

    def __init__(self, params):
        try:
            self._session = open_session(params, "Open_vSwitch")
        except OvnError as error:
            raise OpenFlowError("the Open vSwitch database does not answer: %s" % error) from error

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._session.close()

    def _find(self, *wheres, table="Interface", columns=_COLUMNS):
        found = find(self._session, *((table, columns, where) for where in wheres))
        return [row for rows in found for row in rows]

    def by_iface_id(self, iface_id):
        """The name of the interface that has this external_ids:iface-id."""
        rows = self._find({"external_ids": {"iface-id": iface_id}})
        if not rows:
            raise OpenFlowError("iface_id: no interface of this host has external_ids:iface-id=%s" % iface_id)
        if len(rows) > 1:
            names = ", ".join(sorted(row["name"] for row in rows))
            raise OpenFlowError("iface_id: several interfaces of this host have %s: %s" % (iface_id, names))
        return rows[0]["name"]

    def tunnels(self, names=None):
        """{interface: {"remote_ip": ..., "chassis": ...}} of all tunnels, or of those that have one of these names."""
        wheres = (
            [{"name": name} for name in names] if names is not None else [{"type": kind} for kind in sorted(TUNNELS)]
        )
        rows = [row for row in self._find(*wheres) if row["type"] in TUNNELS]
        ports = self._find(*({"name": row["name"]} for row in rows), table="Port", columns=("name", "external_ids"))
        # CHASSIS, or CHASSIS@REMOTE_IP, or CHASSIS@REMOTE_IP%LOCAL_IP
        chassis = {port["name"]: port["external_ids"].get("ovn-chassis-id", "").partition("@")[0] for port in ports}
        return {
            row["name"]: {"remote_ip": row["options"].get("remote_ip"), "chassis": chassis.get(row["name"]) or None}
            for row in rows
        }

    def type_of(self, name):
        return self._find({"name": name})[0]["type"]

    def by_other_end(self, other, option="tunnel_from"):
        """The name of the tunnel's interface to a chassis, given by its name or IP address."""
        tunnels = self.tunnels()
        found = sorted(name for name, end in tunnels.items() if other in (end["remote_ip"], end["chassis"]))
        if not found:
            known = ", ".join(sorted(end["chassis"] or str(end["remote_ip"]) for end in tunnels.values())) or "none"
            raise OpenFlowError("%s: this host has no tunnel to %s; there are: %s" % (option, other, known))
        return found[0]
