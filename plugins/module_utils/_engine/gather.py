# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database holds, as the document that ``ovn_topology`` takes: merging it back changes nothing."""

from __future__ import annotations

from .._model.kinds import ID_TAG, TAGS, Child, Children, Map, MemberOf, Members, Value, spared
from .._ovsdb.rows import VOLATILE
from .._ovsdb.values import decode
from .state import State

#: What has no place in a document, and who declares it
ELSEWHERE = {"NB_Global": "ovn_nb_global", "SSL": "ovn_ssl"}


def gather(session, topology, owner=None, status=False):
    """The document of ``topology`` ({option: Entity}), and what it has no place for, as warnings; with ``owner`` only what
    is theirs, with ``status`` what daemons write, too."""
    gatherer = _Gatherer(session, topology, owner, status)
    document = gatherer.document()
    if status and owner is None:
        document.update(gatherer.status_of("NB_Global", session))
    return document, gatherer.left_out() if owner is None else []


class _Gatherer:
    def __init__(self, session, topology, owner, status):
        self.schema = session.schema
        self.owner = owner
        self.status = status
        self.topology = {option: entity for option, entity in topology.items() if self.schema.has(entity.table)}
        self.state = State(session)
        self.entities = {}  # table -> entity
        self.columns = {}  # table -> [(field, column)] of what is shown
        self.entries = {}  # (table, uuid) -> its first entry
        self.named_by_uuid = set()  # (table, uuid) of rows that others refer to, and that have no other name
        for entity in self.topology.values():
            self._collect(entity)
        self.state.fetch(whole=list(self.state.tables))
        self.names = {}  # (table, column) -> {name: how many rows have it}
        self.holders = {}  # (table, uuid) -> how many parents hold it
        self.memberships = {}  # (table, column, member) -> [holders' UUIDs]
        self._count()

    def _collect(self, entity):
        """Every table whose rows are shown, with the columns that are needed, and those that references mean."""
        if entity.table in self.entities:
            return
        self.entities[entity.table] = entity
        self.columns[entity.table] = []
        self.state.need(entity.table, *(VOLATILE.get(entity.table, ()) if self.status else ()))
        for field in entity.fields.values():
            if isinstance(field, MemberOf):
                continue
            column = self.schema.column(entity.table, field.column)
            if column is None or spared(entity.table, field.column) is True:
                continue
            self.columns[entity.table].append((field, column))
            self.state.need(entity.table, field.column)
            if isinstance(field, Children):
                self._collect(field.entity)
            elif field.ref and self.schema.has(field.ref):
                self.state.need(field.ref, field.key_column)
        for parent in entity.parents:
            if parent.singleton:
                self.state.need(parent.table, parent.column)

    def _count(self):
        for table, entity in self.entities.items():
            for field, _column in self.columns[table]:
                if isinstance(field, Children):
                    for uuid in self.state.rows.get(table, {}):
                        for child in self.state.members(table, uuid, field.column):
                            key = (field.ref, child)
                            self.holders[key] = self.holders.get(key, 0) + 1
            for field in entity.fields.values() if self.owner is not None else ():
                if isinstance(field, MemberOf) and field.ref in self.entities:
                    for uuid in self.state.rows.get(field.ref, {}):
                        for member in self.state.members(field.ref, uuid, field.column):
                            self.memberships.setdefault((field.ref, field.column, member), []).append(uuid)

    def document(self):
        document = {}
        for option, entity in self.topology.items():
            uuids = list(self.state.rows.get(entity.table, {}))
            if entity.singleton:
                for uuid in uuids if self.owner is None else ():
                    entry = self._entry(entity, uuid)
                    if entry:
                        document[option] = entry
                continue
            if entity.parents:
                parent = entity.parents[0]
                uuids = [
                    uuid
                    for holder in self.state.rows.get(parent.table, {})
                    for uuid in self.state.members(parent.table, holder, parent.column)
                ]
            entries = self._entries(entity, [uuid for uuid in uuids if self._is_shown(entity, uuid)])
            if entries:
                document[option] = entries
        for key in self.named_by_uuid:
            if key in self.entries:
                self.entries[key]["uuid"] = key[1]
        return document

    def _is_shown(self, entity, uuid):
        if self.owner is None:
            return True
        if "external_ids" not in entity.fields or not self.schema.has(entity.table, "external_ids"):
            return False  # it cannot say whose it is
        return self.state.owner(entity.table, uuid) == self.owner

    def _entries(self, entity, uuids):
        """The entries of rows that stand side by side, each told apart from the others."""
        entries = [
            (uuid, self._entry(entity, uuid)) for uuid in uuids if self.state.row(entity.table, uuid) is not None
        ]
        keys = [self._identity(entity, entry) for _uuid, entry in entries]
        wide = [
            self._identity(entity, {**entry, entity.flag: True}) if entity.flag else None for _uuid, entry in entries
        ]
        told, told_wide = _tally(keys), _tally(wide)
        for (uuid, entry), key, wide_key in zip(entries, keys, wide):
            ambiguous = key is None or told[key] > 1
            if entity.flag and key is not None and ambiguous:
                entry[entity.flag] = True
                ambiguous = told_wide[wide_key] > 1
            if ambiguous or self.holders.get((entity.table, uuid), 1) > 1:
                entry["uuid"] = uuid
            self.entries.setdefault((entity.table, uuid), entry)
        return [entry for _uuid, entry in sorted(entries, key=lambda pair: _order(entity, pair))]

    def _identity(self, entity, entry):
        """What tells this entry from its neighbours, None where nothing does."""
        if "id" in entry:
            return ("id", entry["id"])
        try:
            names = entity.identity_for(entry, entry)
        except KeyError:
            return None
        fields = entity.fields
        names = [name for name in names if self.schema.has(entity.table, fields[name].column)]
        if not names:
            return None
        key = []
        for name in names:
            value = entry.get(name)
            if value is None:
                if fields[name].required:
                    return None
            elif not fields[name].ref:
                column = self.schema.column(entity.table, fields[name].column)
                found = []
                fields[name].parse(value, column, lambda *problem, found=found: found.append(problem), name)
                if found:
                    return None  # it stands, but nobody could say it
            key.append(fields[name].identity_value(value))
        return tuple(key)

    def _entry(self, entity, uuid):
        row = self.state.row(entity.table, uuid)
        entry = {}
        for field, column in self.columns[entity.table]:
            name = field.name
            if isinstance(field, Children):
                children = self._entries(field.entity, self.state.members(entity.table, uuid, field.column))
                if children:
                    entry[name] = children[0] if isinstance(field, Child) else children
                continue
            value = decode(column, row[field.column])
            if isinstance(field, Map):
                if field.column == "external_ids" and ID_TAG in value:
                    entry["id"] = value[ID_TAG]
                hidden = TAGS if field.column == "external_ids" else spared(entity.table, field.column)
                value = {key: value[key] for key in sorted(value) if key not in hidden}
                if value:
                    entry[name] = value
            elif field.ref:
                if isinstance(value, list):
                    value = sorted(self._name(field, item) for item in value)
                elif value is not None:
                    value = self._name(field, value)
                if value not in (None, []):
                    entry[name] = value
            elif isinstance(field, Members) or isinstance(value, list):
                if value:
                    entry[name] = sorted(value)
            elif value is not None and value != "" and (name in entity.identity or value != column.default):
                entry[name] = value
            elif isinstance(field, Value) and field.needed and value is not None and value != "":
                entry[name] = value
        self._show_memberships(entity, uuid, entry)
        if self.status:
            entry.update(self._status(entity.table, row))
        return entry

    def _status(self, table, row):
        """What daemons write of a row, under a key that no task reads; nothing where they wrote nothing."""
        found = {}
        for name, keys in VOLATILE.get(table, {}).items():
            if not self.schema.has(table, name):
                continue
            value = decode(self.schema.column(table, name), row[name])
            if keys is not None:
                value = {key: value[key] for key in keys if key in value}
            if value not in (None, [], {}, ""):
                found[name] = value
        return {"status": found} if found else {}

    def left_out(self):
        """The tables and columns with content that the document has no option for, with who declares it, if anybody does."""
        asked = []
        for table in self.schema.tables:
            shown = {column.name for _field, column in self.columns.get(table, ())}
            places = [
                parent.column for entity in self.entities.values() for parent in entity.parents if parent.table == table
            ]
            columns = [
                name
                for name in self.schema.column_names(table)
                if name not in shown and name not in places and spared(table, name) is not True
            ]
            if columns and (table not in self.entities or set(columns) - {"external_ids"}):
                asked.append((table, columns))
        found = []
        selects = [
            {"op": "select", "table": table, "where": [], "columns": ["_uuid", *columns]} for table, columns in asked
        ]
        for (table, columns), answer in zip(asked, self.state.session.transact(selects) if selects else ()):
            rows, who = answer["rows"], ELSEWHERE.get(table)
            who = "%s declares it" % who if who else "this collection does not know it"
            if table not in self.entities and not self.schema.is_single(table):
                if rows:
                    found.append("the document leaves out the rows of %s (%d): %s" % (table, len(rows), who))
                continue
            for name in columns:
                column = self.schema.column(table, name)
                held = [decode(column, row[name]) for row in rows if row[name] != column.default]
                if column.is_map:
                    held = [set(value) - set(spared(table, name) or ()) - set(TAGS) for value in held]
                if column.ref_table in ELSEWHERE or not any(held):
                    continue
                what = "%s:%s" % (table, name) + (
                    " (%s)" % ", ".join(sorted(set().union(*held))) if column.is_map else ""
                )
                found.append("the document leaves out %s: %s" % (what, who))
        return found

    def status_of(self, table, session):
        """The same of a table of one row."""
        for row in session.transact([{"op": "select", "table": table, "where": []}])[0]["rows"]:
            return self._status(table, row)
        return {}

    def _show_memberships(self, entity, uuid, entry):
        """Those in rows that are not this owner's, and so are not in the document."""
        for name, field in entity.fields.items() if self.owner is not None else ():
            if isinstance(field, MemberOf):
                found = [
                    self._holder_name(field, holder)
                    for holder in self.memberships.get((field.ref, field.column, uuid), ())
                    if self.state.owner(field.ref, holder) != self.owner
                ]
                if found:
                    entry[name] = sorted(found)

    def _holder_name(self, field, uuid):
        name = (self.state.row(field.ref, uuid) or {}).get("name")
        return name if name and self._times(field.ref, "name", name) == 1 else uuid

    def _times(self, table, column, name):
        names = self.names.get((table, column))
        if names is None:
            rows = self.state.rows.get(table, {}).values()
            names = self.names[(table, column)] = _tally(row.get(column) for row in rows if column in row)
        return names.get(name, 0)

    def _name(self, field, uuid):
        """What to call a row that is referred to: its name where that is enough, or its UUID."""
        name = (self.state.row(field.ref, uuid) or {}).get(field.key_column)
        if isinstance(name, str) and name and self._times(field.ref, field.key_column, name) == 1:
            if name not in self.state.rows[field.ref]:  # another row's UUID
                return name
        self.named_by_uuid.add((field.ref, uuid))
        return uuid


def _tally(keys):
    found = {}
    for key in keys:
        if not isinstance(key, list):
            found[key] = found.get(key, 0) + 1
    return found


def _order(entity, pair):
    uuid, entry = pair
    return [str(entry.get(name, "")) for name in entity.label_fields] + [uuid]
