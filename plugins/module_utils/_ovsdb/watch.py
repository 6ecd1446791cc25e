# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A live view of a few rows, by ovsdbapp: needed tables, columns and conditions only, never the full replica.

ovsdbapp 2.1 (Debian 12) to 3.0 will do. It keeps the view through reconnects and changes of the leader.
"""

from __future__ import annotations

import logging
import time
import uuid

#: Rows that go away while the connection is down are told by no event: so look again after so many seconds
_LOOK_AGAIN = 1.0


class Need:
    """Rows that somebody has to see. ``clauses`` are rows.Clause; the server applies the first, ``holds`` all."""

    def __init__(self, database, table, columns, clauses=()):
        self.database = database
        self.table = table
        self.columns = list(columns)
        self.clauses = list(clauses)


def merge(needs):
    """{(database, table): (columns, conditions or None for all rows)}: the least that serves all the needs."""
    merged = {}
    for need in needs:
        columns, conditions = merged.get((need.database, need.table), ([], []))
        columns = columns + [name for name in need.columns if name not in columns]
        conditions = conditions + [need.clauses[0].wire()] if need.clauses and conditions is not None else None
        merged[need.database, need.table] = columns, conditions
    return merged


class Watch:
    """The rows of one database that ``merged`` asks for, kept current. ``changed`` is an Event that is set at each change.

    :param probe: seconds of silence after which the server is asked whether it is there, on a unix socket too, and as many until
        it is given up; None for what ovs does, 5 and never on a unix socket
    """

    def __init__(self, session, merged, changed=None, probe=None):
        from ovs import stream
        from ovs.db import idl
        from ovsdbapp.backend.ovs_idl import connection

        watch = self

        class Replica(connection.OvsdbIdl):
            def notify(self, event, row, updates=None):
                watch.notified(event, row, updates)

            def run(self):
                result = super().run()
                watch.ran()
                return result

        # ovsdbapp tells each lost connection on stderr, where Ansible would show it; what matters we tell ourselves
        logging.getLogger("ovsdbapp").addHandler(logging.NullHandler())
        logging.getLogger("ovsdbapp").propagate = False
        if session.tls.private_key:
            stream.Stream.ssl_set_private_key_file(session.tls.private_key)
            stream.Stream.ssl_set_certificate_file(session.tls.certificate)
            stream.Stream.ssl_set_ca_cert_file(session.tls.ca_cert)
        self.database = session.database
        self._schema = session.schema
        self._wanted = {table: wanted for (database, table), wanted in merged.items() if database == session.database}
        helper = idl.SchemaHelper(schema_json=session.schema.raw())
        for table, (columns, _conditions) in self._wanted.items():
            helper.register_columns(table, columns)
        self._handler = _tell(changed, self._wanted) if changed else None
        self._idl = Replica(
            ",".join(remote.text for remote in session.remotes),
            helper,
            leader_only=session.leader_only,
        )
        # Its pauses between attempts grow to 8 s; an election is over within a second
        reconnect = self._idl._session.reconnect  # pylint: disable=protected-access
        reconnect.set_backoff(1000, 1000)
        if probe:
            reconnect.set_probe_interval(int(probe * 1000))
        if session.cid:
            self._idl.set_cluster_id(session.cid[:4])  # so many of its characters are compared
        for table, (_columns, conditions) in self._wanted.items():
            if conditions is not None:
                self._idl.cond_change(table, conditions)
        self._connection_class = connection.Connection
        self._connection = None

    def notified(self, event, row, updates):
        """Of each row that changed, by the thread that keeps the view."""
        self._handler.notify(event, row, updates)

    def ran(self):
        """Whenever that thread has taken in what the server sent, or looked after the connection."""

    def start(self, timeout):
        """Connects; False if that took too long."""
        self._connection = self._connection_class(self._idl, timeout)
        try:
            self._connection.start()
        except Exception as exc:
            if type(exc).__name__ not in ("Exception", "TimeoutException"):  # of ovsdbapp 2.1, and later
                raise
            return False
        return True

    def stop(self):
        if self._handler:
            self._handler.shutdown()
        if self._connection:
            self._connection.stop(timeout=1)
        self._idl.close()

    def view(self):
        """{(database, table): {uuid: row}}, the rows as ``rows.look`` gives them."""
        with self._connection.lock:
            return {
                (self.database, table): {
                    str(key): self._row(table, columns, row) for key, row in self._idl.tables[table].rows.items()
                }
                for table, (columns, _conditions) in self._wanted.items()
            }

    def _row(self, table, columns, row):
        return {name: _plain(self._schema.column(table, name), getattr(row, name)) for name in columns}


def _tell(changed, tables):
    """A handler of ovsdbapp's events that sets ``changed`` at each of these tables' ones."""
    from ovsdbapp.backend.ovs_idl import event

    class Changed(event.RowEvent):
        def run(self, _event, row, old):
            changed.set()

    handler = event.RowEventHandler()
    handler.watch_events(
        Changed((Changed.ROW_CREATE, Changed.ROW_UPDATE, Changed.ROW_DELETE), table, None) for table in tables
    )
    return handler


def _plain(column, value):
    """A value of ovs.db.idl as ``values.decode`` gives it."""
    if isinstance(value, dict):
        return {_atom(key): _atom(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        values = [_atom(item) for item in value]
        if column.is_scalar:
            return values[0] if values else None
        return values
    return _atom(value) if column.is_scalar else [_atom(value)]


def _atom(value):
    if isinstance(value, uuid.UUID):
        return str(value)
    return str(value.uuid) if hasattr(value, "uuid") else value


def watch(sessions, needs, met, deadline, changed):
    """Watches until ``met(view)`` or the deadline; returns the last view, or None if there never was one."""
    merged = merge(needs)
    watches = [Watch(session, merged, changed) for session in sessions]
    try:
        for one in watches:
            if not one.start(max(0.1, deadline - time.monotonic())):
                return None
        while True:
            changed.clear()
            view = {}
            for one in watches:
                view.update(one.view())
            left = deadline - time.monotonic()
            if met(view) or left <= 0:
                return view
            changed.wait(min(left, _LOOK_AGAIN))
    finally:
        for one in watches:
            one.stop()
