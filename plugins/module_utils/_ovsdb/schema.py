# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's own schema (RFC 7047, 3.2): which tables and columns it has, and what they hold."""

from __future__ import annotations

_DEFAULTS = {
    "integer": 0,
    "real": 0.0,
    "boolean": False,
    "string": "",
    "uuid": ["uuid", "00000000-0000-0000-0000-000000000000"],
}


class Column:
    """A column: ``key`` and ``value`` are base types (dicts as in RFC 7047), ``value`` is None unless a map."""

    __slots__ = ("name", "key", "value", "min", "max", "mutable", "ephemeral", "is_map", "is_scalar", "plain")

    def __init__(self, name, spec):
        self.name = name
        kind = spec["type"]
        if isinstance(kind, str):
            kind = {"key": kind}
        key, value = kind["key"], kind.get("value")
        self.key = {"type": key} if isinstance(key, str) else key
        self.value = {"type": value} if isinstance(value, str) else value
        self.min = kind.get("min", 1)
        self.max = kind.get("max", 1)
        self.mutable = spec.get("mutable", True)
        self.ephemeral = spec.get("ephemeral", False)
        self.plain = self.key == {"type": "string"}  # any text will do
        self.is_map = value is not None
        self.is_scalar = value is None and self.max == 1  # at most one value: shown as that value, or None

    @property
    def default(self):
        """What a new row holds, in the wire's notation (RFC 7047, 5.2.1)."""
        if self.is_map:
            return ["map", []]
        return _DEFAULTS[self.key["type"]] if self.min else ["set", []]

    @property
    def ref_table(self):
        return self.key.get("refTable")

    @property
    def weak(self):
        return self.key.get("refType") == "weak"


class Schema:
    """One database's schema; columns are made on first use, for a module needs few of them."""

    def __init__(self, raw):
        self.name = raw["name"]
        self.version = raw.get("version", "")
        self._raw = raw["tables"]
        self._columns = {}

    def raw(self):
        """As the server sent it: for ovsdbapp, which wants its own copy."""
        return {"name": self.name, "version": self.version, "tables": self._raw}

    @property
    def tables(self):
        return self._raw.keys()

    def column_names(self, table):
        return self._raw[table]["columns"].keys()

    def column(self, table, name):
        """The column, or None where this server has no such table or column."""
        try:
            return self._columns[table, name]
        except KeyError:
            spec = self._raw.get(table, {"columns": {}})["columns"].get(name)
            found = self._columns[table, name] = Column(name, spec) if spec else None
            return found

    def has(self, table, name=None):
        if name is None:
            return table in self._raw
        return self.column(table, name) is not None

    def indexes(self, table):
        """The unique indexes, each a tuple of column names."""
        return [tuple(index) for index in self._raw[table].get("indexes", ())]

    def is_root(self, table):
        return self._raw[table].get("isRoot", False)

    def is_single(self, table):
        """Whether it is the one row of the database's settings."""
        return self.is_root(table) and self._raw[table].get("maxRows") == 1
