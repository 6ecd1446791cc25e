# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows with their _uuid, found by conditions."""

from __future__ import annotations

from .._ovsdb.rows import look, parse_where


def find(session, *wanted):
    """``wanted`` are (table, columns, where): a list of rows for each, with their _uuid, all of one moment."""
    requests = [(table, columns, parse_where(session, table, where)) for table, columns, where in wanted]
    return [[{"_uuid": uuid, **row} for uuid, row in rows.items()] for rows in look(session, requests)]


def each(session, table, columns, column, values):
    """The rows whose column has one of the values."""
    found = find(session, *((table, columns, {column: value}) for value in sorted(values)))
    return [row for rows in found for row in rows]
