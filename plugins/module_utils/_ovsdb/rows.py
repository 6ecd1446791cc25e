# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of any table as plain data: found by conditions, references shown by name, always in the same order."""

from __future__ import annotations

import json
import operator
import re

from .errors import OvnError
from .values import decode, encode

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_NO_ROW = "00000000-0000-0000-0000-000000000000"

#: What OVN's daemons write by themselves as they run: nothing that anybody configured. Columns, or keys of a map.
VOLATILE: dict = {
    "BFD": {"status": None},
    "Chassis": {"nb_cfg": None},
    "Chassis_Private": {"nb_cfg": None, "nb_cfg_timestamp": None},
    "Connection": {"is_connected": None, "status": None},
    "Datapath_Binding": {"tunnel_key": None},
    "FDB": {"timestamp": None},
    "Logical_Router_Port": {"ipv6_prefix": None, "status": None},
    "Logical_Switch_Port": {"dynamic_addresses": None, "tag": None, "up": None},
    "Logical_Switch_Port_Health_Check": {"status": None},
    "MAC_Binding": {"timestamp": None},
    "Multicast_Group": {"tunnel_key": None},
    "NB_Global": {
        "nb_cfg": None,
        "nb_cfg_timestamp": None,
        "sb_cfg": None,
        "sb_cfg_timestamp": None,
        "hv_cfg": None,
        "hv_cfg_timestamp": None,
        "options": ("mac_prefix", "max_tunid", "northd_internal_version", "svc_monitor_mac", "svc_monitor_mac_dst"),
    },
    "Network_Function_Group": {"network_function_active": None},
    "Port_Binding": {"tunnel_key": None},
    "SB_Global": {
        "nb_cfg": None,
        "options": ("mac_prefix", "max_tunid", "northd_internal_version", "svc_monitor_mac", "svc_monitor_mac_dst"),
    },
}

#: Tables whose rows people know by ``external_ids:name``: ovn-sbctl finds them by it
_NAMED_BY_EXTERNAL_ID = ("Datapath_Binding",)

_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
OPERATORS = ("==", "!=", "includes", "excludes", *_ORDER)


def is_uuid(value):
    return isinstance(value, str) and _UUID.match(value) is not None


# -- what the schema knows ----------------------------------------------------------------------------------------------


def _choose(name, names, option, what):
    """``name``, if it is one of ``names``; else an error that lists what was perhaps meant."""
    if name in names:
        return name
    import difflib

    lower = {n.lower(): n for n in names}
    near = difflib.get_close_matches(str(name).lower(), lower, 3, 0.6)
    hint = (
        "; did you mean %s?" % " or ".join(lower[n] for n in near)
        if near
        else ", which has %s" % ", ".join(sorted(names))
    )
    raise OvnError("%s: %r is no %s%s" % (option, name, what, hint))


def check_table(schema, name, option="table"):
    return _choose(name, schema.tables, option, "table of %s %s" % (schema.name, schema.version))


def check_column(schema, table, name, option):
    return _choose(name, [*schema.column_names(table), "_uuid"], option, "column of the table %s" % table)


def name_column(schema, table):
    """The column that people know a row by, or None."""
    singles = [index[0] for index in schema.indexes(table) if len(index) == 1]
    for name in ["name", *singles]:
        column = schema.column(table, name)
        if column and column.key["type"] == "string" and column.is_scalar:
            return name
    return "external_ids" if table in _NAMED_BY_EXTERNAL_ID else None


def _name(row, column):
    value = row.get(column)
    return (value.get("name") if isinstance(value, dict) else value) or None


# -- conditions ---------------------------------------------------------------------------------------------------------


class Clause:
    """One condition on a column. ``value`` is plain Python, as ``values.decode`` gives it."""

    def __init__(self, column, name, op, value):
        self.column = column
        self.name = name
        self.op = op
        self.value = value

    def wire(self):
        """For the ``where`` of select and monitor_cond (RFC 7047, 5.1)."""
        if self.column is None:
            return ["_uuid", self.op, ["uuid", self.value]]
        return [self.name, self.op, encode(self.column, self.value)]

    def holds(self, row):
        have, want = row[self.name], self.value
        if self.op in _ORDER:
            return have is not None and _ORDER[self.op](have, want)
        if self.op in ("==", "!="):
            return (_canonical(have) == _canonical(want)) == (self.op == "==")
        mine, others = _items(have), _items(want)
        return others <= mine if self.op == "includes" else not others & mine


def _items(value):
    if isinstance(value, dict):
        return set(value.items())
    return set(value) if isinstance(value, list) else {value} - {None}


def _canonical(value):
    return sorted(value, key=str) if isinstance(value, list) else value


def parse_where(session, table, where, option="where", by_name=None):
    """``{column: value}``, ``[[column, operator, value], ...]``, or a mixture of both in a list: Clauses, all to hold.

    A plain value is equal in a column of one value, and included in a set or map. References may be given by name;
    ``by_name(session, table, name, option)`` makes something else of them than the UUID that the row has now.
    """
    by_name = by_name or _by_name
    clauses = []
    for place, item in enumerate(where if isinstance(where, list) else [where or {}]):
        at = "%s[%d]" % (option, place) if isinstance(where, list) else option
        if isinstance(item, dict):
            clauses += [
                _clause(session, table, name, None, value, "%s.%s" % (at, name), by_name)
                for name, value in item.items()
            ]
        elif isinstance(item, list) and len(item) == 3:
            name, op, value = item
            if op not in OPERATORS:
                raise OvnError("%s: %r is no operator: expected one of %s" % (at, op, ", ".join(OPERATORS)))
            clauses.append(_clause(session, table, name, op, value, at, by_name))
        else:
            raise OvnError(
                "%s: expected [column, operator, value] or a dictionary of columns, not %s"
                % (at, json.dumps(item, default=str))
            )
    return clauses


def _clause(session, table, name, op, value, at, by_name):
    schema = session.schema
    check_column(schema, table, name, at)
    column = schema.column(table, name)
    if column is None:  # _uuid
        if op not in (None, "==", "!=") or not is_uuid(value):
            raise OvnError("%s: _uuid is compared by == or != with a UUID, not with %r" % (at, value))
        return Clause(None, name, op or "==", str(value))
    if op is None:
        op = "==" if column.is_scalar else "includes"
    if op in _ORDER and (not column.is_scalar or column.key["type"] not in ("integer", "real")):
        raise OvnError("%s: %s compares numbers, and the column %s holds none" % (at, op, name))
    return Clause(column, name, op, _typed(session, column, value, at, by_name))


def _typed(session, column, value, at, by_name):
    """A user's value as the column would hold it."""

    def atom(base, item):
        return _atom(session, base, item, at, by_name)

    if column.is_map:
        if not isinstance(value, dict):
            raise OvnError("%s: a dictionary is expected, not %r" % (at, value))
        return {atom(column.key, k): atom(column.value, v) for k, v in value.items()}
    if column.is_scalar:
        return None if value is None or value == [] else atom(column.key, value)
    return [atom(column.key, item) for item in (value if isinstance(value, list) else [value])]


def _atom(session, base, value, at, by_name):
    kind = base["type"]
    if isinstance(value, (dict, list)) or value is None:
        raise OvnError("%s: one value is expected, not %s" % (at, json.dumps(value, default=str)))
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind == "uuid":
        return value if is_uuid(value) else by_name(session, base["refTable"], value, at)
    if kind == "boolean":
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if isinstance(value, bool):
            return value
    else:
        try:
            if not isinstance(value, bool):
                return int(value) if kind == "integer" else float(value)
        except ValueError:
            pass
    raise OvnError("%s: %r is no %s" % (at, value, kind))


def _by_name(session, table, name, at):
    """The UUID of the row of that name; one that no row has where there is none, so that nothing matches it."""
    column = name_column(session.schema, table)
    if column is None:
        raise OvnError("%s: rows of %s have no name: expected a UUID, not %r" % (at, table, name))
    value = ["map", [["name", str(name)]]] if column == "external_ids" else str(name)
    where = [[column, "includes", value]]
    found = [row["_uuid"][1] for row in session.transact([_select(table, ["_uuid"], where)])[0]["rows"]]
    if len(found) > 1:
        raise OvnError(
            "%s: %r is the name of several rows of %s: give one of the UUIDs %s"
            % (at, name, table, ", ".join(sorted(found)))
        )
    return found[0] if found else _NO_ROW


# -- reading ------------------------------------------------------------------------------------------------------------


def _select(table, columns, where=()):
    return {"op": "select", "table": table, "columns": list(columns), "where": list(where)}


def look(session, wanted):
    """``wanted`` is [(table, columns, Clauses)]; returns [{uuid: row}] in that order, all of one moment."""
    schema = session.schema
    operations = [_select(t, ["_uuid", *columns], [c.wire() for c in clauses]) for t, columns, clauses in wanted]
    found = []
    for (table, columns, _clauses), result in zip(wanted, session.transact(operations) if operations else ()):
        kinds = [(name, schema.column(table, name)) for name in columns]
        found.append(
            {row["_uuid"][1]: {name: decode(kind, row[name]) for name, kind in kinds} for row in result["rows"]}
        )
    return found


def find(session, *wanted):
    """``wanted`` are (table, columns, where): a list of rows for each, with their _uuid, all of one moment.

    Columns that this server's schema lacks are left out.
    """
    requests = [
        (table, [name for name in columns if session.schema.has(table, name)], parse_where(session, table, where))
        for table, columns, where in wanted
    ]
    return [[{"_uuid": uuid, **row} for uuid, row in rows.items()] for rows in look(session, requests)]


def each(session, table, columns, column, values):
    """The rows whose column has one of the values."""
    found = find(session, *((table, columns, {column: value}) for value in sorted(values)))
    return [row for rows in found for row in rows]


class Reader:
    """Rows for people.

    :param references: ``name`` (a UUID where there is no name), ``uuid``, or ``both``
    :param uuids: False leaves all UUIDs out; who is referred to and has no name is then shown by what it holds
    :param volatile: False leaves out what the daemons write by themselves
    """

    #: Beyond so many rows, reading the whole table is quicker than asking for each
    MANY = 500

    def __init__(self, session, references="name", uuids=True, volatile=True):
        self._session = session
        self._schema = session.schema
        self._references = references
        self._uuids = uuids
        self._volatile = volatile
        self._names = {}  # table: {uuid: name or None}
        self._content = {}  # table: {uuid: row}

    def columns(self, table):
        """The columns that are shown unless a choice was made."""
        hidden = () if self._volatile else [name for name, keys in VOLATILE.get(table, {}).items() if keys is None]
        return [name for name in sorted(self._schema.column_names(table)) if name not in hidden]

    def read(self, wanted):
        """``wanted`` is [(table, columns, Clauses)]; returns {table: rows}."""
        found = look(self._session, wanted)
        for (table, columns, clauses), rows in zip(wanted, found):
            name = name_column(self._schema, table)
            if name in columns and not clauses:  # spares the look-up of whom others refer to
                self._names[table] = {uuid: _name(row, name) for uuid, row in rows.items()}
            if not clauses and set(columns) >= set(self.columns(table)):
                self._content[table] = rows
        self._resolve([(table, rows) for (table, _columns, _clauses), rows in zip(wanted, found)])
        return {table: self._show_all(table, rows) for (table, _columns, _clauses), rows in zip(wanted, found)}

    def _resolve(self, shown):
        """Learns the names of all rows that are referred to; or what they hold, where only that can tell who they are."""
        while self._references != "uuid" and shown:
            wanted = {}
            for table, rows in shown:
                for row in rows.values():
                    for name, value in row.items():
                        target = self._schema.column(table, name).ref_table
                        if target and value:
                            wanted.setdefault(target, set()).update([value] if isinstance(value, str) else value)
            unknown = {t: ids - self._names.get(t, {}).keys() for t, ids in wanted.items()}
            named = {t: ids for t, ids in unknown.items() if ids and name_column(self._schema, t)}
            for table, rows in self._fetch(named, lambda t: [name_column(self._schema, t)]):
                column = name_column(self._schema, table)
                self._names.setdefault(table, {}).update((uuid, _name(row, column)) for uuid, row in rows.items())
            if self._uuids:
                return
            nameless = {
                t: {i for i in ids if not self._names.get(t, {}).get(i)} - self._content.get(t, {}).keys()
                for t, ids in wanted.items()
            }
            shown = self._fetch({t: ids for t, ids in nameless.items() if ids}, self.columns)
            for table, rows in shown:
                self._content.setdefault(table, {}).update(rows)

    def _fetch(self, wanted, columns):
        requests = []
        for table, ids in wanted.items():
            asked = [[]] if len(ids) > self.MANY else [[Clause(None, "_uuid", "==", uuid)] for uuid in ids]
            requests += [(table, columns(table), clauses) for clauses in asked]
        return [(request[0], rows) for request, rows in zip(requests, look(self._session, requests))]

    def _show_all(self, table, rows):
        shown = []
        for uuid, row in rows.items():
            data = self._show(table, row, (uuid,))
            shown.append(
                (str(_name(row, name_column(self._schema, table)) or ""), json.dumps(data, sort_keys=True), uuid, data)
            )
        shown.sort(key=lambda item: item[:3])
        return [{"_uuid": uuid, **data} if self._uuids else data for _name_, _text, uuid, data in shown]

    def _show(self, table, row, path):
        data = {}
        for name in sorted(row):
            value = row[name]
            keys = () if self._volatile else VOLATILE.get(table, {}).get(name) or ()
            target = self._schema.column(table, name).ref_table
            if isinstance(value, dict):
                value = {key: value[key] for key in sorted(value) if key not in keys}
            elif target and isinstance(value, str):
                value = self._show_reference(target, value, path)
            elif isinstance(value, list):
                value = [self._show_reference(target, item, path) if target else item for item in value]
                value.sort(key=lambda item: json.dumps(item, sort_keys=True))
            data[name] = value
        return data

    def _show_reference(self, table, uuid, path):
        name = self._names.get(table, {}).get(uuid)
        if self._references == "both":
            return {"_uuid": uuid, "name": name}
        if self._references == "uuid":
            return uuid
        if name or self._uuids:
            return name or uuid
        row = self._content.get(table, {}).get(uuid)
        # A row that went away meanwhile, or one that refers to itself
        return self._show(table, row, (*path, uuid)) if row is not None and uuid not in path else None
