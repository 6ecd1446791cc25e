# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVSDB's wire notation (RFC 7047, 5.1) and plain Python values."""

from __future__ import annotations


def atom(value):
    """An atom of the wire as Python: a reference becomes its UUID's text."""
    return value[1] if isinstance(value, list) else value


def decode(column, wire):
    """A column's value: a dict for a map, a value or None where there is at most one, else a list."""
    if isinstance(wire, list):
        kind, content = wire
        if kind == "map":
            return {atom(key): atom(value) for key, value in content}
        if kind == "set":
            values = [atom(item) for item in content]
            if column.is_scalar:
                return values[0] if values else None
            return values
        wire = content  # ["uuid", ...]
    return wire if column.is_scalar else [wire]


def encode(column, value):
    """The wire notation of what ``decode`` gives."""
    if column.is_map:
        return ["map", [[_atom(column.key, k), _atom(column.value, v)] for k, v in value.items()]]
    if column.is_scalar:
        if value is None:
            return ["set", []]
        return _atom(column.key, value)
    return ["set", [_atom(column.key, item) for item in value] if column.key["type"] == "uuid" else list(value)]


def _atom(base, value):
    if base["type"] == "uuid":
        return value if isinstance(value, list) else ["uuid", value]
    return value
