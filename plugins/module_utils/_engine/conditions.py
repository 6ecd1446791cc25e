# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``ovn_wait`` can wait for. A condition says which rows it needs, and judges a view of them; it does no I/O."""

from __future__ import annotations

import ipaddress

from .._ovsdb.errors import OvnError
from .._ovsdb.rows import Clause, check_table, parse_where
from .._ovsdb.watch import Need

NB, SB = "OVN_Northbound", "OVN_Southbound"
DATABASES = {"northbound": NB, "southbound": SB}


class Verdict:
    """``seen`` is what is there now, ``missing`` a sentence on what is not, empty when the condition holds."""

    def __init__(self, seen, missing=""):
        self.seen = seen
        self.missing = missing


def _equal(session, table, name, value):
    return Clause(session.schema.column(table, name), name, "==", value)


def _rows(view, database, table, clauses=()):
    rows = [{"_uuid": uuid, **row} for uuid, row in view[database, table].items()]
    return [row for row in rows if all(clause.holds(row) for clause in clauses)]


class Port:
    """A logical switch port is up: in the northbound, and where a chassis has to bind it, in the southbound, too."""

    databases = (NB, SB)

    def __init__(self, entry):
        self.name, self.chassis, self.absent = entry["port"], entry["bound_to"], entry["absent"]

    def prepare(self, sessions):
        self._port = [_equal(sessions[NB], "Logical_Switch_Port", "name", self.name)]
        self._binding = [_equal(sessions[SB], "Port_Binding", "logical_port", self.name)]
        self.needs = [
            Need(NB, "Logical_Switch_Port", ["name", "type", "up"], self._port),
            Need(SB, "Port_Binding", ["logical_port", "type", "chassis", "up"], self._binding),
            Need(SB, "Chassis", ["name", "hostname"]),
        ]

    def judge(self, view):
        ports = _rows(view, NB, "Logical_Switch_Port", self._port)
        bindings = _rows(view, SB, "Port_Binding", self._binding)
        chassis = view[SB, "Chassis"].get(bindings[0]["chassis"]) if bindings else None
        up = bool(ports and ports[0]["up"])
        bound = bool(bindings and bindings[0]["up"])
        seen = {
            "exists": bool(ports),
            "up": up,
            "bound": bound,
            "chassis": chassis and chassis["name"],
            "hostname": chassis and chassis["hostname"],
        }
        where = "%s (%s)" % (chassis["name"], chassis["hostname"]) if chassis else "no chassis"
        if self.absent:
            return Verdict(seen, "port %s is still up, on %s" % (self.name, where) if up or chassis else "")
        if not ports:
            return Verdict(seen, "port %s does not exist" % self.name)
        if not bindings:
            return Verdict(seen, "port %s: ovn-northd has made no Port_Binding (is it running?)" % self.name)
        is_vif = not bindings[0]["type"]
        if (is_vif or self.chassis) and not chassis:
            return Verdict(
                seen, "port %s is bound by no chassis (no interface has iface-id=%s)" % (self.name, self.name)
            )
        if self.chassis and self.chassis not in (chassis["name"], chassis["hostname"]):
            return Verdict(seen, "port %s is bound by %s and not by %s" % (self.name, where, self.chassis))
        if is_vif and not bound:
            return Verdict(seen, "port %s is bound by %s, whose flows are not installed yet" % (self.name, where))
        if not up:
            return Verdict(seen, "port %s is not up in the northbound database" % self.name)
        return Verdict(seen)


class Chassis:
    """A chassis is registered, known by its name or hostname."""

    databases = (SB,)

    def __init__(self, entry):
        self.name, self.absent = entry["chassis"], entry["absent"]

    def prepare(self, sessions):
        self.needs = [Need(SB, "Chassis", ["name", "hostname"])]

    def judge(self, view):
        rows = _rows(view, SB, "Chassis")
        mine = [
            {"name": row["name"], "hostname": row["hostname"]}
            for row in rows
            if self.name in (row["name"], row["hostname"])
        ]
        if self.absent:
            return Verdict(mine, "chassis %s is still registered" % self.name if mine else "")
        if mine:
            return Verdict(mine)
        others = ", ".join(sorted("%s (%s)" % (row["name"], row["hostname"]) for row in rows)) or "none"
        return Verdict(mine, "chassis %s is not registered; registered: %s" % (self.name, others))


class Backend:
    """A load balancer's backend is online, offline or in error, as its service monitor says."""

    databases = (SB,)
    _TEXT = ("protocol", "logical_port")

    def __init__(self, entry):
        backend = entry["backend"]
        try:
            backend["ip"] = str(ipaddress.ip_address(backend["ip"]))
        except ValueError:
            raise OvnError("backend.ip: %r is no IP address" % backend["ip"]) from None
        self.status, self.absent = backend["status"], entry["absent"]
        self.wanted = {name: backend[name] for name in ("ip", "port", *self._TEXT) if backend[name] is not None}

    def prepare(self, sessions):
        self._clauses = [_equal(sessions[SB], "Service_Monitor", name, value) for name, value in self.wanted.items()]
        self.needs = [Need(SB, "Service_Monitor", ["ip", "port", "protocol", "logical_port", "status"], self._clauses)]

    def judge(self, view):
        rows = sorted(
            _rows(view, SB, "Service_Monitor", self._clauses),
            key=lambda row: (row["port"], row["protocol"] or "", row["logical_port"]),
        )
        seen = [{name: row[name] for name in ("ip", "port", "protocol", "logical_port", "status")} for row in rows]
        name = "backend %s" % ", ".join("%s %s" % pair for pair in self.wanted.items())
        if self.absent:
            return Verdict(seen, "%s still has a service monitor" % name if rows else "")
        if not rows:
            return Verdict(
                seen,
                "%s has no service monitor (its load balancer needs a health check, and ip_port_mappings for it)"
                % name,
            )
        others = sorted({row["status"] or "not known yet" for row in rows if row["status"] != self.status})
        return Verdict(seen, "%s is not %s: %s" % (name, self.status, ", ".join(others)) if others else "")


class CaughtUp:
    """ovn-northd (sb) or every chassis (hv) has done what nb_cfg counts: as ``ovn-nbctl --wait``."""

    databases = (NB,)
    COLUMNS = ("nb_cfg", "sb_cfg", "hv_cfg")

    def __init__(self, level, target=None):
        self.level, self.target = level, target

    def prepare(self, sessions):
        self.needs = [Need(NB, "NB_Global", self.COLUMNS)]

    def judge(self, view):
        rows = _rows(view, NB, "NB_Global")
        if not rows:
            return Verdict({}, "the northbound database is not initialized: it has no NB_Global")
        seen = {name: rows[0][name] for name in self.COLUMNS}
        if self.target is None:
            self.target = seen["nb_cfg"]  # what was asked for until now: later changes are others' business
        if seen["sb_cfg"] < self.target:
            return Verdict(
                seen, "ovn-northd has reached sb_cfg %d of %d (is it running?)" % (seen["sb_cfg"], self.target)
            )
        if self.level == "hv" and seen["hv_cfg"] < self.target:
            return Verdict(seen, "the chassis have reached hv_cfg %d of %d" % (seen["hv_cfg"], self.target))
        return Verdict(seen)


class Row:
    """A row with these values is there; or none is."""

    def __init__(self, entry):
        self.row, self.absent = entry["row"], entry["absent"]
        self.database = DATABASES[self.row["database"]]
        self.databases = (self.database,)

    def prepare(self, sessions):
        session = sessions[self.database]
        table = check_table(session.schema, self.row["table"], "row.table")
        self._where = parse_where(session, table, self.row["where"], "row.where")
        self._values = parse_where(session, table, self.row["columns"], "row.columns")
        columns = {clause.name for clause in self._where + self._values} - {"_uuid"}
        # A replica has at least one column
        self.needs = [
            Need(self.database, table, sorted(columns) or [sorted(session.schema.column_names(table))[0]], self._where)
        ]

    def judge(self, view):
        table = self.row["table"]
        rows = sorted(_rows(view, self.database, table, self._where), key=lambda row: row["_uuid"])
        good = [row for row in rows if all(clause.holds(row) for clause in self._values)]
        if self.absent:
            return Verdict(good, "%d such rows of %s are still there" % (len(good), table) if good else "")
        if good:
            return Verdict(good)
        if not rows:
            return Verdict(
                rows, "no row of %s is there%s" % (table, " where %s" % self.row["where"] if self.row["where"] else "")
            )
        have = "; ".join(
            ", ".join("%s is %r" % (c.name, row[c.name]) for c in self._values if not c.holds(row)) for row in rows[:3]
        )
        return Verdict(rows, "no row of %s has the values %s: %s" % (table, self.row["columns"], have))


KINDS = {"port": Port, "chassis": Chassis, "backend": Backend, "row": Row}


def make(entry):
    """A condition of an entry of the option ``for``."""
    if entry["caught_up"]:
        return CaughtUp(entry["caught_up"])
    return next(kind for name, kind in KINDS.items() if entry[name] is not None)(entry)
