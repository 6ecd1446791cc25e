# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A document's operations without a server: as for an initialised, empty database of a release."""

from __future__ import annotations

import contextlib
import json

from .._model.nb.snapshots import SNAPSHOTS
from .._ovsdb.schema import Schema
from .runner import write

_ROOT = ["uuid", "00000000-0000-0000-0000-000000000000"]


def render(wanted, params, topology):
    """As runner.write, in check mode, with nothing changed."""
    session = _Blank(Schema(json.loads(SNAPSHOTS[params["release"]])))
    result = write(session, wanted, params, True, topology)
    for operation in result["operations"]:
        if operation.get("where") == [["_uuid", "==", _ROOT]]:
            operation["where"] = []  # the one row of its table
    del result["diff"]
    return {**result, "changed": False}


class _Blank:
    """What planning asks of a session."""

    clustered = False

    def __init__(self, schema):
        self.schema = schema

    def ask(self, operations):
        return operations

    def answer(self, operations, each=None):
        return [{"rows": self._rows(operation)} for operation in operations]

    def transact(self, operations):
        return self.answer(operations)

    def _rows(self, operation):
        table = operation["table"]
        if not self.schema.is_single(table):
            return []
        defaults = {name: self.schema.column(table, name).default for name in operation["columns"] if name != "_uuid"}
        return [{"_uuid": _ROOT, **defaults}]

    def rows_where_any(self, _table, _columns, _clauses):
        return {}

    def keepalive(self):
        return contextlib.nullcontext()
