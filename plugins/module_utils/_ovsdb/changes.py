# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of rows as they happen, each told once, through lost connections and changes of the leader.

What the replica tells is not taken for a change: it tells all rows anew after a lost connection, nothing of those that went
meanwhile, and never anything of a new row whose columns hold what they hold by default. A change is a difference from what
was known of the row.
"""

from __future__ import annotations

import time
import uuid

from .errors import OvnError
from .rows import check_column, check_table, is_uuid, name_column, parse_where
from .watch import Need, Watch, merge

INITIAL, CREATE, UPDATE, DELETE = EVENTS = ("initial", "create", "update", "delete")


class Entry:
    """The rows of a table that somebody wants to hear of, and what is known of them."""

    def __init__(self, session, option, table, where=None, columns=None, events=(CREATE, UPDATE, DELETE)):
        schema = session.schema
        self.table = check_table(schema, table, option + ".table")
        self.columns = [check_column(schema, table, name, option + ".columns") for name in columns or ()]
        self.columns = [name for name in self.columns if name != "_uuid"] or sorted(schema.column_names(table))
        self.events = events
        clauses = parse_where(session, table, where, option + ".where", _keep_name)
        # A row's name outlives its UUID: what is chosen by it is judged by it, and not by the server
        self._by_name = [clause for clause in clauses if _has_name(clause)]
        self._others = [clause for clause in clauses if clause not in self._by_name]
        self.all_columns = sorted({*self.columns, *(clause.name for clause in clauses)} - {"_uuid"})
        self.need = Need(session.database, table, self.all_columns, self._others)
        self.known = {}  # UUID: the row as the database has it, the row for people

    def holds(self, raw, shown):
        return all(clause.holds(raw) for clause in self._others) and all(
            clause.holds(shown) for clause in self._by_name
        )


def _keep_name(session, table, name, option):
    if name_column(session.schema, table) is None:
        raise OvnError("%s: rows of %s have no name: expected a UUID, not %r" % (option, table, name))
    return str(name)


def _has_name(clause):
    if clause.column is None or not clause.column.ref_table or not clause.value:
        return False
    return not all(map(is_uuid, clause.value if isinstance(clause.value, list) else [clause.value]))


class Changes(Watch):
    """Calls ``tell(dictionary)`` for each change that an entry wants, in the order of the database's transactions.

    :param entries: Entry objects, all of the session's database
    :param report: called with True and False, again and again, for whether the view is current
    """

    def __init__(self, session, entries, tell, report, probe):
        schema = session.schema
        self._entries = {}
        for entry in entries:
            self._entries.setdefault(entry.table, []).append(entry)
        targets = {schema.column(e.table, name).ref_table for e in entries for name in e.all_columns} - {None}
        self._names = {table: name_column(schema, table) for table in targets if name_column(schema, table)}
        needs = [entry.need for entry in entries]
        needs += [Need(session.database, table, [column]) for table, column in self._names.items()]
        self._tell, self._report = tell, report
        self._seen = {table: set() for table in self._entries}  # the UUIDs in the replica, as far as we know
        self._current = self._started = False
        super().__init__(session, merge(needs), probe=probe)

    def notified(self, event, row, updates):
        table, key = row._table.name, str(row.uuid)
        if table not in self._entries:
            return  # somebody refers to it
        if event == DELETE:
            self._seen[table].discard(key)
        else:
            self._seen[table].add(key)
        # What comes after the server's first reply is no longer initial, though the reply has not been looked through
        new = CREATE if self._started or self._idl.state == self._idl.IDL_S_MONITORING else INITIAL
        for entry in self._entries[table]:
            self._compare(entry, key, None if event == DELETE else row, new)

    def ran(self):
        current = self._idl.state == self._idl.IDL_S_MONITORING and self._idl._session.is_connected()
        for table, seen in self._seen.items():
            rows = self._idl.tables[table].rows
            if current and not (self._current and len(rows) == len(seen)):
                self._look_through(table, rows)
        self._current = current
        self._started = self._started or current
        if self._started:
            self._report(current)

    def _look_through(self, table, rows):
        """Compares all rows of a table: after each new connection, and where one came that we were not told of."""
        there = {str(key): row for key, row in rows.items()}
        self._seen[table] = set(there)
        for entry in self._entries[table]:
            for key in entry.known.keys() - there.keys():
                self._compare(entry, key, None)
            for key, row in there.items():
                self._compare(entry, key, row, CREATE if self._started else INITIAL)

    def _compare(self, entry, key, row, created=CREATE):
        before, old = entry.known.get(key, (None, None))
        now = new = None
        if row is not None:
            now = {"_uuid": key, **self._row(entry.table, entry.all_columns, row)}
            now = {name: sorted(value, key=str) if isinstance(value, list) else value for name, value in now.items()}
            new = self._show(entry.table, now)
            if not entry.holds(now, new):
                now = new = None
        if now is None:
            if before is not None:
                del entry.known[key]
                self._emit(entry, DELETE, key, old, {})
            return
        entry.known[key] = now, new
        if before is None:
            self._emit(entry, created, key, new, {})
            return
        changed = {name: old[name] for name in entry.columns if now[name] != before[name]}
        if changed:
            self._emit(entry, UPDATE, key, new, changed)

    def _emit(self, entry, event, key, row, old):
        if event in entry.events:
            self._tell(
                {
                    "table": entry.table,
                    "event": event,
                    "uuid": key,
                    "row": {name: row[name] for name in entry.columns},
                    "old": old,
                }
            )

    def _show(self, table, row):
        """The row with names in place of references, where there are names."""
        shown = dict(row)
        for name, value in row.items():
            target = name != "_uuid" and self._schema.column(table, name).ref_table
            if target in self._names and value:
                shown[name] = (
                    sorted(self._name(target, item) for item in value)
                    if isinstance(value, list)
                    else self._name(target, value)
                )
        return shown

    def _name(self, table, key):
        row = self._idl.tables[table].rows.get(uuid.UUID(key))
        if row is None:
            return key
        name = self._row(table, [self._names[table]], row)[self._names[table]]
        return (name.get("name") if isinstance(name, dict) else name) or key


class Complaint:
    """Says on a log what is wrong: at once, and then ever more seldom for as long as it lasts; and that it is over."""

    def __init__(self, log):
        self._log = log
        self._since = None

    def lasts(self, text):
        now = time.monotonic()
        if self._since is None:
            self._since, self._pause, self._next = now, 10.0, now
        if now >= self._next:
            self._log.warning("%s (for %d s)", text, now - self._since)
            self._next, self._pause = now + self._pause, min(2 * self._pause, 3600.0)

    def over(self, text):
        if self._since is not None:
            self._log.warning("%s (after %d s)", text, time.monotonic() - self._since)
            self._since = None
