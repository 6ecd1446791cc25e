# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the database holds of that which a task is about: read in a few rounds, however large the database is."""

from __future__ import annotations

from .._model.kinds import ID_TAG, OWNER_TAG, Child, Children, Entity, Map, MemberOf, Value
from .._ovsdb.values import atom, decode
from .want import Target, Want, by_name, table_of

#: Up to so many look-ups by a column's value are selects; beyond it one monitor_cond; beyond that the whole table.
SELECTS, CLAUSES, BY_UUID = 8, 3000, 5000
#: Up to so many children, each is asked who holds it; beyond it the parents' sets are read.
ASK_HOLDERS = 8
#: Up to so many such questions of one column are asked one by one; beyond it the column is read.
HOLDER_SELECTS = 100
#: Up to so many children of one parent, it costs less to ask for each than to let the server go through the table for a name.
NEAR = 200


class State:
    """Rows by table and UUID as the server sent them, and who holds whom."""

    def __init__(self, session):
        self.session = session
        self.schema = session.schema
        self.rows = {}
        self._read = {}  # (table, uuid) that were asked for
        self._held = {}  # (table, column, child) -> [(uuid, name)]
        self._columns = {}
        self.known = set()  # (table, name) of rows that are there, of those that are named as mere text
        self.along = {}  # uuid of a row -> [(table, uuid)] of rows that go with it
        self._ahead = []  # (table, its columns, the request) of what was asked for before it was needed
        self._sets = {}  # (table, uuid, column) -> (the column as read, its members as a set)
        self.near = (
            frozenset()
        )  # wants that are looked for in their parent only, though a name would find them anywhere

    # -- what planning asks ---------------------------------------------------------------------------------------

    def row(self, table, uuid):
        return self.rows.get(table, {}).get(uuid)

    def members(self, table, uuid, column):
        """The UUIDs in a reference column of a row that was read with it."""
        row = self.row(table, uuid)
        if row is None or column not in row:
            return []
        wire = row[column]
        if wire[0] == "uuid":
            return [wire[1]]
        return [item[1] for item in wire[1]]

    def has_member(self, table, uuid, column, child):
        """Whether ``child`` is one of ``members``, at no cost for many of one row."""
        wire = (self.row(table, uuid) or {}).get(column)
        known = self._sets.get((table, uuid, column))
        if known is None or known[0] is not wire:
            known = self._sets[(table, uuid, column)] = (wire, frozenset(self.members(table, uuid, column)))
        return child in known[1]

    def owner(self, table, uuid):
        """Who made the row: an owner's name, None if nobody says so."""
        row = self.row(table, uuid)
        if row is None or "external_ids" not in row:
            return None
        for key, value in row["external_ids"][1]:
            if key == OWNER_TAG:
                return value
        return None

    def holders(self, table, column, child):
        return self._held.get((table, column, child), [])

    # -- reading --------------------------------------------------------------------------------------------------

    def foresee(self, wanted):
        """Asks for the table that will be read whole, for so many of its rows are described, and then for those which
        hold these rows: the server prints them while the entries are parsed, and the one while the other is decoded.

        :param wanted: [(entity, raw entry, path)]
        """
        told = {}
        for entity, raw, _path in wanted:
            told.setdefault(entity, []).append(raw)
        outer = list(told)
        for entity in outer:
            _told_inside(entity, told[entity], told)
        there = [entity for entity in told if self.schema.has(entity.table)]
        named = [entity for entity in there if by_name(entity, self.schema, entity not in outer)]
        crowd = max(named, key=lambda each: len(told[each]), default=None)
        if crowd is None or len(told[crowd]) <= CLAUSES:
            return
        self._foresee(crowd, told[crowd])
        for entity in named:
            columns = [field.column for field in _children_of(entity) if field.entity is crowd]
            if columns and len(told[entity]) > SELECTS:
                self._foresee(entity, told[entity], *columns)

    def _foresee(self, entity, raws, *columns):
        said = set().union(*(raw for raw in raws if isinstance(raw, dict)))
        fields = {n: f for n, f in entity.fields.items() if self.schema.has(table_of(f, entity), f.column)}
        want = Want(entity, "")
        want.identity = tuple(name for name in entity.label_fields if name in fields)
        want.values = {n: None for n, f in fields.items() if n in said and not isinstance(f, Children)}
        _columns_of(want, self)
        self.need(entity.table, *columns)
        request = self.session.ask([self._select(entity.table, [])])
        self._ahead.append((entity.table, frozenset(self._columns[entity.table]), request))

    def _whole(self, table, keep=None):
        """All rows of a table, and of each what is to be kept."""
        while self._ahead:
            foreseen, columns, request = self._ahead.pop(0)
            right = foreseen == table and self._columns[table] <= columns
            results = self.session.answer(request, each=keep if right else None)
            if right:
                return results[0]["rows"]
        return self.session.answer(self.session.ask([self._select(table, [])]), each=keep)[0]["rows"]

    def need(self, table, *columns):
        """From now on rows of ``table`` are read with these columns too (those that the server has)."""
        have = self._columns.setdefault(table, set())
        if not have and self.schema.has(table, "external_ids"):
            have.add("external_ids")
        have.update(c for c in columns if self.schema.has(table, c))

    @property
    def tables(self):
        """The tables of which something is needed."""
        return self._columns.keys()

    def columns(self, table):
        return self._columns.get(table, set())

    def fetch(self, by_value=(), by_uuid=(), whole=(), by_id=(), keepers=()):
        """One round: ``by_value`` {(table, column): values}, ``by_uuid`` {table: uuids}, ``whole`` tables, ``by_id`` {table: ids}.

        :param keepers: {table: a function that takes a row and returns what to keep of it}

        Returns {(table, column, value): [uuids]} for what was asked by value (exact text).
        """
        operations, meaning = [], []
        found = {}
        ahead = [table for table, _columns, _request in self._ahead]  # in this order the answers come
        asked, keepers = dict(by_value), dict(keepers)
        for table, column in sorted(asked, key=lambda key: ahead.index(key[0]) if key[0] in ahead else len(ahead)):
            values = asked[table, column]
            self.need(table, column)
            if table not in ahead and len(values) <= SELECTS:
                for value in values:
                    operations.append(self._select(table, [[column, "==", value]]))
                    meaning.append(table)
            elif table not in ahead and len(values) <= CLAUSES:
                columns = sorted(self._columns[table])
                clauses = [[column, "==", value] for value in values]
                self.store(table, self.session.rows_where_any(table, columns, clauses).items())
            else:
                rows = self._whole(table, keepers.get(table))
                self.store(table, ((row["_uuid"][1], row) for row in rows))
        for table, uuids in dict(by_uuid).items():
            self.need(table)
            if len(uuids) > BY_UUID:
                operations.append(self._select(table, []))
                meaning.append(table)
            else:
                for uuid in uuids:
                    operations.append(self._select(table, [["_uuid", "==", ["uuid", uuid]]]))
                    meaning.append(table)
        for table, ids in dict(by_id).items():
            self.need(table)
            clauses = [["external_ids", "includes", ["map", [[ID_TAG, name]]]] for name in ids]
            if len(ids) <= SELECTS:
                operations.extend(self._select(table, [clause]) for clause in clauses)
                meaning.extend(table for _clause in clauses)
            elif len(ids) <= CLAUSES:
                columns = sorted(self._columns[table])
                self.store(table, self.session.rows_where_any(table, columns, clauses).items())
            else:
                operations.append(self._select(table, []))
                meaning.append(table)
        for table in whole:
            self.need(table)
            operations.append(self._select(table, []))
            meaning.append(table)
        if operations:
            for table, result in zip(meaning, self.session.transact(operations)):
                self.store(table, ((row["_uuid"][1], row) for row in result["rows"]))
        for (table, column), values in asked.items():
            wanted = set(values)
            for uuid, row in self.rows.get(table, {}).items() if wanted else ():
                value = row.get(column)
                if not isinstance(value, list) and value in wanted:
                    found.setdefault((table, column, value), []).append(uuid)
        return found

    def _select(self, table, where):
        return {"op": "select", "table": table, "where": where, "columns": ["_uuid", *sorted(self._columns[table])]}

    def store(self, table, pairs):
        rows = self.rows.setdefault(table, {})
        for uuid, row in pairs:
            if uuid in rows:
                rows[uuid].update(row)
            else:
                rows[uuid] = row

    def ask_holders(self, asked):
        """Who holds these: ``asked`` is a list of (table, column, child uuid)."""
        asked = [key for key in dict.fromkeys(asked) if key not in self._held]
        operations = []
        by_column = {}
        for table, column, child in asked:
            by_column.setdefault((table, column), set()).add(child)
        for (table, column), children in by_column.items():
            if len(children) > HOLDER_SELECTS:
                self._invert(table, column, children)
        asked = [key for key in asked if key not in self._held]
        for table, column, child in asked:
            columns = ["_uuid", *(c for c in ("name", "external_ids") if self.schema.has(table, c))]
            if self.schema.column(table, column).is_scalar:
                columns.append(column)
            operations.append(
                {"op": "select", "table": table, "where": [[column, "includes", ["uuid", child]]], "columns": columns}
            )
        if not operations:
            return
        for key, result in zip(asked, self.session.transact(operations)):
            self._held[key] = [(row["_uuid"][1], row.get("name") or row["_uuid"][1]) for row in result["rows"]]
            self.store(key[0], ((row["_uuid"][1], row) for row in result["rows"]))

    def _invert(self, table, column, children):
        """Who holds any of many: reads the column of all rows."""
        self.need(table, column, "name")
        self.fetch(whole=[table])
        self._held.update(((table, column, child), []) for child in children)
        for uuid, row in self.rows.get(table, {}).items():
            for child in self.members(table, uuid, column):
                if child in children:
                    self._held[(table, column, child)].append((uuid, row.get("name") or uuid))


def _told_inside(entity, raws, told):
    """Puts the raw entries of children into ``told``, {entity: raw entries}."""
    for field in _children_of(entity):
        given = [raw[field.name] for raw in raws if isinstance(raw, dict) and raw.get(field.name)]
        inside = [entry for entries in given if isinstance(entries, list) for entry in entries]
        if inside:
            told.setdefault(field.entity, []).extend(inside)
            _told_inside(field.entity, inside, told)


def _children_of(entity):
    return [field for field in entity.fields.values() if isinstance(field, Children) and not isinstance(field, Child)]


def load(state, document, lean=False, hopeful=False):
    """Reads what the document is about and finds each want's row: ``want.uuid``, ``want.ref`` and ``want.row``.

    :param lean: of many rows keep only what tells them apart, where the rest is as it is wanted
    :param hopeful: look for a few rows of a unique name where they should be, and nowhere else: one that is elsewhere makes the
        server refuse the new one
    What cannot be told apart becomes a problem of the document.
    """
    wants = list(document.every())
    if hopeful:
        state.near = _near(state, document, wants)
    for want in {_shape(want): want for want in wants}.values():
        _columns_of(want, state)
        _need_sets(want, state, len(wants))
    for want, option, _given, _problems in document.doubts:
        state.need(want.table, want.entity.fields[option].column)
    _find_named(state, document, wants, lean)
    _find_where(state, document, wants)
    _find_far(state, document)
    _find_children(state, document, wants)
    for want, option, given, problems in document.doubts:
        if not _holds(state, want, option, given):
            document.problems.extend(problems)
    _told_apart(document, wants)
    _fill_in(state, wants)
    if document.owner:
        others = _find_others(state, document, wants)
        document.wants.extend(others)
        wants.extend(others)
    for want in wants:
        want.settled = want.settled or _settled(state.schema, want)
    _read_more(state, wants)


def _shape(want):
    """What wants have in common that need the same columns to be read."""
    parent = want.parent.table if want.parent is not None else None
    said = tuple(want.values), tuple(want.children), frozenset(want.purge) if want.purge else ()
    return want.entity, want.state, want.identity, want.holder, parent, said


def _settled(schema, want, row=None):
    """Whether its row holds all that is said of it already, so that there is no more to read for it or to plan."""
    row, fields, table = row or want.row, want.entity.fields, want.table
    if row is None or want.purge or want.state != "present":
        return False
    for name, value in want.values.items():
        field = fields[name]
        column = field.column
        if column not in row or not field.stands(schema.column(table, column), value, row[column]):
            return False
    return True


def _told_apart(document, wants):
    """No two entries mean one row, whatever each calls it (it may be absent from one parent, and present in another)."""
    found = {}
    for want in wants:
        if want.row is None or want.twin or want.entity.shared or want.entity.singleton:
            continue
        other = found.setdefault((want.table, want.uuid), want)
        if other is not want and (want.parent is other.parent or want.state == other.state):
            document.problem(want.path, "is the same %s as %s" % (want.describe(), other.path or "the task's own"))
    missing = {(w.table, w.parent, w.key): w for w in wants if w.state == "absent" and not w.uuid and w.key}
    for want in wants if missing else ():
        other = missing.get((want.table, want.parent, want.key))
        if other is not None and want.state == "present" and want.row is None:
            document.problem(want.path, "is the same %s as %s" % (want.describe(), other.path or "the task's own"))


def _fill_in(state, wants):
    """What new rows get without being told: it is looked at as if it were said."""
    autos = {}  # entity -> its fields of this kind
    for want in wants:
        if want.row is not None or want.state != "present" or want.parent is None:
            continue
        fields = autos.get(want.entity)
        if fields is None:
            fields = autos[want.entity] = [f for f in want.entity.fields.values() if getattr(f, "auto", None)]
        for field in fields:
            if field.name not in want.values:
                row = state.row(want.parent.table, want.parent.uuid) if want.parent.uuid else None
                known = {"parent": (row or {}).get("name") or want.parent.name, **want.values}
                if all("{%s}" % part not in field.auto or known.get(part) for part in want.entity.fields):
                    want.values[field.name] = field.auto.format(**known)


def unique_values(schema, wants):
    """What they say that no two rows may have, beside what the server itself tells them apart by: [(want, option, column, value)]."""
    found, known = [], {}
    for want in wants:
        mark = (want.entity, want.identity)
        unique = known.get(mark)
        if unique is None:
            columns = {field.column: name for name, field in want.entity.fields.items()}
            singles = [index[0] for index in schema.indexes(want.table) if len(index) == 1 and index[0] in columns]
            singles = [column for column in singles if not schema.column(want.table, column).ref_table]
            unique = [(columns[column], column) for column in singles if (columns[column],) != want.identity]
            unique += [(n, f.column) for n, f in want.entity.fields.items() if getattr(f, "unique", False)]
            known[mark] = unique
        for name, column in unique if want.state == "present" else ():
            if name in want.values:
                found.append((want, name, column, want.values[name]))
    return found


def _read_unique(state, wants):
    by_value = {}
    for want, _name, column, value in unique_values(state.schema, wants):
        state.need(want.table, column, *want.entity.label_columns)
        by_value.setdefault((want.table, column), {})[value] = None
    if by_value:
        state.fetch(by_value)


def _holds(state, want, option, given):
    """Whether a row has the very text that is said of it."""
    column = want.entity.fields[option].column
    if want.row is None or column not in want.row:
        return False
    held = decode(state.schema.column(want.table, column), want.row[column])
    if isinstance(held, dict):
        return isinstance(given, dict) and all(held.get(key) == value for key, value in given.items())
    if isinstance(held, list):
        return isinstance(given, list) and sorted(map(str, held)) == sorted(map(str, given))
    return held == given


def _find_others(state, document, wants):
    """The owner's rows that the document does not describe, wherever they are."""
    schema = state.schema
    entities, described = {}, set()
    for want in wants:
        described.add((want.table, want.uuid))
    for entity in _nested(document.entities):
        entities.setdefault(entity.table, entity)
    tables = [t for t in schema.tables if schema.has(t, "external_ids") and not schema.is_single(t)]
    mine = ["map", [[OWNER_TAG, document.owner]]]
    operations = []
    for table in tables:
        entity = entities.setdefault(table, Entity(table))
        state.need(table, "name", *entity.label_columns)
        state.need(table, *(f.column for f in entity.fields.values() if isinstance(f, (Map, Value)) and not f.ref))
        columns = ["_uuid", *sorted(state.columns(table))]
        operations.append(
            {"op": "select", "table": table, "where": [["external_ids", "includes", mine]], "columns": columns}
        )
    others = []
    for table, result in zip(tables, state.session.transact(operations) if operations else ()):
        state.store(table, ((row["_uuid"][1], row) for row in result["rows"]))
        for row in result["rows"]:
            uuid = row["_uuid"][1]
            if (table, uuid) in described:
                continue
            want = Want(entities[table], "")
            want.state, want.other = "absent", True
            want.uuid, want.ref, want.row = uuid, ["uuid", uuid], state.row(table, uuid)
            want.key = tuple(
                decode(schema.column(table, name), want.row[name])
                for name in entities[table].label_columns or ["name"]
                if name in want.row and want.row[name] != ["set", []]
            )
            others.append(want)
    return others


def _nested(entities):
    """These and what lives in them: a row is shown by its columns, also where no entry of its kind is described."""
    for entity in entities:
        yield entity
        yield from _nested([f.entity for f in entity.fields.values() if isinstance(f, Children)])


def strong_holders(schema, table):
    """The columns in which rows of a table live that is no root: [(table, column)]."""
    return [
        (other, name)
        for other in schema.tables
        for name in schema.column_names(other)
        for column in [schema.column(other, name)]
        if column.ref_table == table and not column.weak
    ]


def _columns_of(want, state):
    entity = want.entity
    state.need(want.table, *(entity.fields[name].column for name in want.identity))
    for name in want.values:
        field = entity.fields[name]
        state.need(want.table, *field.columns())
        if getattr(field, "fits", None):
            state.need(field.ref, *field.fits.columns)
        if isinstance(field, MemberOf) and state.schema.column(field.ref, field.column).is_scalar:
            state.need(field.ref, field.column)
    for check in entity.checks:
        if any(name in want.values for name in check.fields):
            state.need(want.table, *(entity.fields[name].column for name in check.fields))
            if check.around:
                _need_around(want, check.around, state)
    for name in want.children:
        column = state.schema.column(want.table, entity.fields[name].column)
        if column.min or column.is_scalar:
            state.need(want.table, entity.fields[name].column)
    if want.state == "absent":  # to show what went
        state.need(want.table, *(f.column for f in entity.fields.values() if isinstance(f, (Map, Value)) and not f.ref))
    for name in want.purge:
        if isinstance(entity.fields[name], Children):
            state.need(want.table, entity.fields[name].column)


def _by_name(want, state):
    return None if want in state.near else by_name(want.entity, state.schema, want.parent is not None)


def _near(state, document, wants):
    """The wants, if all of them are plain children by a unique name that nothing else in the task speaks of."""
    spoken_of = {target.table for target in document.targets.values()}
    if len(wants) > SELECTS or not all(_is_plain_child(state.schema, w) and w.table not in spoken_of for w in wants):
        return frozenset()
    for want in wants:
        for rule in want.entity.distinct if want.values else ():
            _need_parts(state, want, rule)
    return frozenset(wants)


def _is_plain_child(schema, want):
    return (
        want.state == "present"
        and isinstance(want.parent, Target)
        and not (want.id or want.uuid or want.move or want.purge or want.children)
        and tuple(want.entity.fields[name].column for name in want.identity) in map(tuple, schema.indexes(want.table))
        and not schema.column(want.parent.table, want.holder.column).is_scalar
    )


def _find_far(state, document):
    """Those whose parent is not there, or crowded, are looked for by name after all."""
    far = [
        want
        for want in state.near
        if not want.parent.uuid or len(state.members(want.parent.table, want.parent.uuid, want.holder.column)) > NEAR
    ]
    state.near -= set(far)
    asked = {}
    for want in far:
        asked.setdefault((want.table, _by_name(want, state)), {})[want.key[0]] = None
    found = state.fetch(asked) if asked else {}
    for want in far:
        _settle(want, found.get((want.table, _by_name(want, state), want.key[0]), []), state, document)


def _need_around(want, around, state):
    for spec in _holding(want):
        if around.column is None:
            state.need(spec.table, *around.columns)
        elif state.schema.has(spec.table, around.column):
            state.need(spec.table, around.column)
            alike = [want.entity.fields[name].column for name in around.alike]
            state.need(state.schema.column(spec.table, around.column).ref_table, *around.columns, *alike)


def _find_named(state, document, wants, lean):
    schema = state.schema
    by_value, by_uuid, by_id, whole = {}, {}, {}, set()
    for target in document.targets.values():
        if target.singleton:
            whole.add(target.table)
            state.need(target.table)
        elif target.key == ID_TAG:
            if target.uuids:
                by_uuid.setdefault(target.table, set()).add(target.name)
            else:
                by_id.setdefault(target.table, {})[target.name] = None
        elif target.uuids:
            by_uuid.setdefault(target.table, set()).add(target.name)
            if schema.has(target.table, target.key):  # names may look like UUIDs
                by_value.setdefault((target.table, target.key), {})[target.name] = None
        else:
            by_value.setdefault((target.table, target.key), {})[target.name] = None
    looked, renamed = {}, {}
    for want in wants:
        entity = want.entity
        if entity.singleton:
            whole.add(want.table)
        elif entity.where:
            continue
        elif want.uuid:
            by_uuid.setdefault(want.table, set()).add(want.uuid)
            column = want.key and _by_name(want, state)
            if column:
                names = by_value.setdefault((want.table, column), {})
                names[want.key[0]] = None if want.key[0] in names else want
                looked.setdefault(column, []).append(want)
        elif want.id and not entity.parents and want.parent is None:
            if want.key and not entity.loose:
                whole.add(want.table)
            else:
                by_id.setdefault(want.table, {})[want.id] = None
        elif want.key:
            column = _by_name(want, state)
            if column:
                names = by_value.setdefault((want.table, column), {})
                names[want.key[0]] = None if want.key[0] in names else want
                looked.setdefault(column, []).append(want)
            elif not entity.parents and want.parent is None:
                whole.add(want.table)
        elif not entity.parents and want.parent is None:
            whole.add(want.table)
    for table in whole:
        state.need(table)
    keepers = _keepers(state.schema, document, by_value) if lean else {}
    found = state.fetch(by_value, by_uuid, whole, by_id, keepers)
    tagged = {}
    for table in by_id:
        for uuid, row in state.rows.get(table, {}).items():
            for tag, value in row["external_ids"][1]:
                if tag == ID_TAG:
                    tagged.setdefault((table, value), []).append(uuid)
    for target in document.targets.values():
        if target.singleton:
            target.uuids = list(state.rows.get(target.table, {}))
        elif target.uuids:
            if state.row(target.table, target.name) is None:
                target.uuids = found.get((target.table, target.key, target.name), [])
        elif target.key == ID_TAG:
            target.uuids = tagged.get((target.table, target.name), [])
        else:
            target.uuids = found.get((target.table, target.key, target.name), [])
    for want, column in ((want, column) for column, wants_ in looked.items() for want in wants_ if not want.settled):
        candidates = found.get((want.table, column, want.key[0]), ())
        if len(want.key) > 1:
            candidates = [u for u in candidates if _key(state, want, u) == want.key]
        if want.uuid:
            renamed[id(want)] = candidates
        elif candidates:
            _settle(want, candidates, state, document)
    among = {}
    for want in wants:
        if want.entity.singleton:
            _settle(want, list(state.rows.get(want.table, {})), state, document)
        elif want.row is not None:
            continue  # found by its name
        elif want.uuid:
            row = state.row(want.table, want.uuid)
            if row is None and want.state == "present" and document.mode:
                want.fresh, want.uuid = want.uuid, None
                _lone(want, renamed.get(id(want), ()), state, document)
            elif row is None and want.state == "present":
                document.problem(
                    (want.path + "." if want.path else "") + "uuid",
                    "there is no %s %s" % (want.entity.label, want.uuid),
                )
            elif row is not None:
                _settle(want, [want.uuid], state, document)
                if want.key and _by_name(want, state):
                    _lone(want, renamed.get(id(want), ()), state, document)
        elif not want.entity.parents and want.parent is None and (want.id or not _by_name(want, state)):
            rows = among.get(want.table) or among.setdefault(
                want.table, Among(state, list(state.rows.get(want.table, {})))
            )
            _settle(want, rows.tagged(want) if want.id else rows.called(want, want.key), state, document)
            if want.id and want.key and not want.entity.loose:
                _lone(want, rows.called(want, want.key), state, document)


def _keepers(schema, document, by_value):
    """{table: what to keep of each row}, of tables of which many rows are looked up by a unique name and nobody refers to them.

    A row that holds what is said of it, word for word, is neither changed nor looked at again: it need not be held.
    """
    spoken_of = {target.table for target in document.targets.values()} | {doubt[0].table for doubt in document.doubts}
    tables = [table for table, _column in by_value]
    return {
        table: _keeper(schema, column, names)
        for (table, column), names in by_value.items()
        if len(names) > CLAUSES
        and tables.count(table) == 1
        and table not in spoken_of
        and (column,) in [tuple(index) for index in schema.indexes(table)]
    }


def _keeper(schema, column, names):
    """``names`` is {what is looked for: the only want that is called so, or None}; who is found and settled leaves it."""
    nothing, shapes = ["map", []], {}

    def shape_of(want, row):
        """What to compare, where that is simple: (option, column, whether it holds one value), and the columns to keep."""
        fields = [(name, want.entity.fields[name]) for name in want.values]
        simple = [
            (n, f.column, schema.column(want.table, f.column).is_scalar) for n, f in fields if isinstance(f, Value)
        ]
        spoken = {field.column for name, field in fields} - {column, "external_ids"}
        return simple if len(simple) == len(fields) else [], [each for each in row if each not in spoken]

    def keep(row):
        name = row.get(column) if "_uuid" in row else None
        want = names.get(name) if isinstance(name, str) else None
        if want is None or len(want.key) != 1 or want.uuid or want.id or want.children:
            return row
        values = want.values
        said = want.entity, *values
        if said not in shapes:
            shapes[said] = shape_of(want, row)
        simple, rest = shapes[said]
        plain = simple and not want.purge and want.state == "present"
        for option, held, single in simple:
            if (row[held] if single else [row[held]]) != values[option]:
                plain = False
        if not plain and not _settled(schema, want, row):
            return row
        kept = {each: row[each] for each in rest}
        kept[column], kept["_uuid"] = want.key[0], ["uuid", row["_uuid"][1]]  # texts that are there already
        if kept.get("external_ids") == nothing:
            kept["external_ids"] = nothing
        want.settled, want.row, want.ref, want.uuid = True, kept, kept["_uuid"], kept["_uuid"][1]
        del names[name]
        return kept

    return keep


def _find_where(state, document, wants):
    """Rows that are meant by conditions."""
    asked = [want for want in wants if want.entity.where]
    operations = [state._select(want.table, want.entity.where) for want in asked]
    meant = {}
    for want, result in zip(asked, state.session.transact(operations) if operations else ()):
        state.store(want.table, ((row["_uuid"][1], row) for row in result["rows"]))
        _settle(want, [row["_uuid"][1] for row in result["rows"]], state, document)
        other = meant.setdefault((want.table, want.uuid), want) if want.uuid else want
        if other is not want:
            document.problem(want.path, "is the same row as %s" % other.path)


def _lone(want, called_so, state, document):
    """Who is named by UUID or id may be renamed, but not to what another row is called."""
    others = sorted(
        uuid for uuid in called_so if uuid != want.uuid and not (want.fresh and (want.table, uuid) in document.by_uuid)
    )
    if (
        want.state == "present"
        and others
        and (want.row is None or _key(state, want, want.uuid) != _wanted_key(want, document))
    ):
        hint = "" if want.row is not None or want.fresh else "; say uuid: %s to give it this id" % others[0]
        document.problem(want.path, "there is another %s: %s%s" % (want.describe(), ", ".join(others), hint))


def _need_sets(want, state, count):
    """Some parents' reference columns are read whole: where children are told apart within their parent, or are many."""
    if want.holder is None:
        return
    column = state.schema.column(want.parent.table, want.holder.column)
    if _by_name(want, state) is None or count > ASK_HOLDERS or column.is_scalar:
        state.need(want.parent.table, want.holder.column)


def _key(state, want, uuid):
    row = state.row(want.table, uuid)
    fields, table = want.entity.fields, want.table
    key = []
    for name in want.identity:
        column = state.schema.column(table, fields[name].column)
        key.append(fields[name].identity_value(decode(column, row[fields[name].column])))
    return tuple(key)


def _wanted_key(want, document):
    """The want's key as rows hold it: references by UUID."""
    fields = want.entity.fields
    refs = [
        fields[name].ref and document.targets.get((fields[name].ref, part))
        for name, part in zip(want.identity, want.key)
    ]
    return tuple((ref.uuid or part) if ref else part for ref, part in zip(refs, want.key))


class Among:
    """Rows among which many wants look for theirs: all are gone through once, and not for each want."""

    def __init__(self, state, uuids):
        self.state = state
        self.uuids = uuids
        self._found = {}

    def called(self, want, key):
        """The rows with this key."""
        found = self._found.get(want.identity)
        if found is None:
            found = self._found[want.identity] = {}
            for uuid in self.uuids:
                found.setdefault(_key(self.state, want, uuid), []).append(uuid)
        return found.get(key, [])

    def tagged(self, want):
        """The rows that have the want's id."""
        found = self._found.get(ID_TAG)
        if found is None:
            found = self._found[ID_TAG] = {}
            for uuid in self.uuids:
                for tag, value in self.state.row(want.table, uuid)["external_ids"][1]:
                    if tag == ID_TAG:
                        found.setdefault(value, []).append(uuid)
        return found.get(want.id, [])


def _settle(want, candidates, state, document):
    if len(candidates) > 1:
        document.problem(
            want.path,
            "%d rows are a %s: %s; say which by uuid"
            % (len(candidates), want.describe(), ", ".join(sorted(candidates))),
        )
    elif candidates:
        want.uuid = candidates[0]
        want.row = state.row(want.table, want.uuid)
        want.ref = want.row.get("_uuid") or ["uuid", want.uuid]


def _find_children(state, document, wants):
    """Children that are told apart within their parent: level by level, for their parents must be found first."""
    pending = [w for w in wants if w.parent is not None and _by_name(w, state) is None]
    while pending:
        waiting = set(pending)
        ready = [w for w in pending if w.parent not in waiting]
        places = {}  # what is looked for in one column of one row
        for want in ready:
            if want.parent.uuid:
                places.setdefault((want.parent.table, want.parent.uuid, want.holder.column), []).append(want)
        by_uuid = {}
        for place, children in places.items():
            table = children[0].table
            by_uuid.setdefault(table, set()).update(u for u in state.members(*place) if state.row(table, u) is None)
        state.fetch(by_uuid={table: uuids for table, uuids in by_uuid.items() if uuids})
        for place, children in places.items():
            # Those that went away since the parent was read are nobody's any more
            table = children[0].table
            among = Among(state, [u for u in state.members(*place) if state.row(table, u) is not None])
            for want in children:
                if want.id and not want.uuid and not want.fresh:
                    _settle(want, among.tagged(want), state, document)
                called_so = among.called(want, _wanted_key(want, document)) if want.key else []
                if want.entity.sole and not want.uuid and not want.fresh:
                    _settle(want, among.uuids, state, document)
                elif want.id or want.uuid or want.fresh:
                    _lone(want, called_so, state, document)
                else:
                    _settle(want, called_so, state, document)
        pending = [w for w in pending if w.parent in waiting] if ready else []


def _read_more(state, wants):
    """What only some plans need: who holds a row, what a purge or a deletion would take along."""
    ask, by_uuid, going = [], {}, set()
    schema = state.schema
    for want in wants:
        if want.uuid is None:
            continue
        if want.parent is not None:
            want.placed = state.has_member(want.parent.table, want.parent.uuid, want.holder.column, want.uuid)
            if not want.placed:
                ask.extend((spec.table, spec.column, want.uuid) for spec in _holding(want))
        elif want.entity.parents:
            ask.extend((spec.table, spec.column, want.uuid) for spec in want.entity.parents)
        for name in want.values if not want.settled else ():
            field = want.entity.fields[name]
            if isinstance(field, MemberOf):
                ask.append((field.ref, field.column, want.uuid))
            elif name in want.purge and field.ref:
                state.need(field.ref, field.key_column)
                by_uuid.setdefault(field.ref, set()).update(state.members(want.table, want.uuid, field.column))
            elif field.ref and want.row:
                state.need(field.ref, field.key_column)
                current = (
                    state.members(want.table, want.uuid, field.column)
                    if isinstance(want.row.get(field.column), list)
                    else []
                )
                if len(current) <= SELECTS:
                    by_uuid.setdefault(field.ref, set()).update(current)
        for name in want.children:
            field = want.entity.fields[name]
            if isinstance(field, Child):
                state.need(field.ref, *field.entity.label_columns)
                held = state.members(want.table, want.uuid, field.column)
                if field.entity.shared:
                    by_uuid.setdefault(field.ref, set()).update(held)
                else:
                    going.update((field.ref, u) for u in held)
        for name in want.purge:
            field = want.entity.fields[name]
            if isinstance(field, Children):
                for column in field.entity.label_columns:
                    state.need(field.ref, column)
                kept = {child.uuid for child in want.children.get(name, ())}
                going.update(
                    (field.ref, u) for u in state.members(want.table, want.uuid, field.column) if u not in kept
                )
        if want.state == "absent":
            for table, column in want.entity.along:
                found = state.fetch({(table, column): {want.key[0]: None}}) if want.key and schema.has(table) else {}
                state.along[want.uuid] = [(table, uuid) for uuids in found.values() for uuid in uuids]
            going.add((want.table, want.uuid))
            if want.other and not schema.is_root(want.table):
                ask.extend((table, column, want.uuid) for table, column in strong_holders(schema, want.table))
            ask.extend((table, column, want.uuid) for table, column in referrers(schema, want.table))
    state.ask_holders(ask)
    for table, uuid in going:
        by_uuid.setdefault(table, set()).add(uuid)
    by_uuid = {t: {u for u in uuids if state.row(t, u) is None} for t, uuids in by_uuid.items()}
    state.fetch(by_uuid={t: uuids for t, uuids in by_uuid.items() if uuids})
    _read_doomed(state, list(going))
    wants = [want for want in wants if not want.stands]
    _read_siblings(state, wants)
    _read_unique(state, wants)
    _read_texts(state, wants)


def home(state, want):
    """(table, uuid, column) of the row that holds this one, or will; uuid is None where that is new."""
    if want.parent is not None:
        return want.parent.table, want.parent.uuid, want.holder.column
    for spec in want.entity.parents:
        for uuid, _name in state.holders(spec.table, spec.column, want.uuid):
            return spec.table, uuid, spec.column
    return None


def fresh_parts(state, want, rule):
    """What of a Distinct's parts this task adds to the parent."""
    if want.stands:
        return set()
    wanted = rule.of(want.values.get(rule.field))
    if not wanted or want.state != "present" or want.row is None:
        return wanted if want.state == "present" else set()
    column = want.entity.fields[rule.field].column
    here = home(state, want)
    if (
        here
        and here[1]
        and not state.has_member(*here, want.uuid)
        and all(here[1] != uuid for uuid, name in state.holders(here[0], here[2], want.uuid))
    ):
        return wanted  # it moves in
    if want.settled:
        return set()
    return wanted - rule.of(decode(state.schema.column(want.table, column), want.row[column]))


def _need_parts(state, want, rule):
    state.need(want.table, *(want.entity.fields[name].column for name in (*want.identity, rule.field)))
    if rule.also:
        state.need(want.table, rule.also)


def looks_around(state, want):
    """(check, home) of each check that may have to look at rows around this one."""
    if want.state != "present" or want.stands:
        return
    for check in want.entity.checks:
        if check.around and any(name in want.values for name in check.fields):
            here = home(state, want)
            if here:
                yield check, here


def _read_siblings(state, wants):
    """The rows beside those that get something which must be theirs alone, or must go with them."""
    parents, children, unread = {}, {}, {}
    for want in wants:
        for rule in want.entity.distinct:
            here = home(state, want)
            if here and here[1] and fresh_parts(state, want, rule):
                state.need(here[0], here[2])
                _need_parts(state, want, rule)
                parents.setdefault(here, want.table)
        for check, (table, uuid, _column) in looks_around(state, want):
            column = check.around.column
            if column and uuid and state.schema.has(table, column):
                parents.setdefault((table, uuid, column), state.schema.column(table, column).ref_table)
            elif uuid and not state.columns(table).issubset(state.row(table, uuid) or ()):
                unread.setdefault(table, set()).add(uuid)
    for table, uuid, column in parents:
        if column not in (state.row(table, uuid) or ()):
            unread.setdefault(table, set()).add(uuid)
    state.fetch(by_uuid=unread)
    for (table, uuid, column), child in parents.items():
        columns = state.columns(child)
        children.setdefault(child, set()).update(
            u for u in state.members(table, uuid, column) if not columns.issubset(state.row(child, u) or ())
        )
    state.fetch(by_uuid={table: uuids for table, uuids in children.items() if uuids})


def new_texts(state, want):
    """What the want names as mere text and its row does not yet: [(field, table, name)]."""
    found = []
    if want.settled or want.state != "present" or want.values.keys().isdisjoint(want.entity.naming):
        return found
    for name in want.entity.naming:
        if not want.values.get(name):
            continue
        field = want.entity.fields[name]
        texts = field.texts(want.values[name])
        if texts and want.row is not None:
            held = field.texts(decode(state.schema.column(want.table, field.column), want.row[field.column]))
            texts = [text for text in texts if text not in held]
        found.extend((name, *text) for text in texts)
    return found


def _read_texts(state, wants):
    by_value = {}
    for want in wants:
        for _field, table, name in new_texts(state, want):
            by_value.setdefault((table, "name"), {})[name] = None
    state.known.update((table, name) for table, column, name in state.fetch(by_value))


def _holding(want):
    """The places where a row of this entity may live (a child that is written inside its parent has just that one)."""
    return want.entity.parents or (_Place(want.parent.table, want.holder.column),)


class _Place:
    __slots__ = ("table", "column")

    def __init__(self, table, column):
        self.table = table
        self.column = column


def strong_columns(schema, table):
    """Columns whose rows live as long as this row does: [(column, their table)]."""
    found = []
    for name in schema.column_names(table):
        column = schema.column(table, name)
        if column.ref_table and not column.weak and not schema.is_root(column.ref_table):
            found.append((name, column.ref_table))
    return found


def referrers(schema, table):
    """Strong references to a root table: the server refuses to delete a row while one of these holds it."""
    return strong_holders(schema, table) if schema.is_root(table) else []


def _read_doomed(state, rows):
    """Reads, with its owners, what garbage collection takes when ``rows`` go."""
    seen = set()
    while rows:
        by_uuid, again = {}, {}
        for table, uuid in rows:
            seen.add((table, uuid))
            columns = [c for c, other in strong_columns(state.schema, table)]
            if columns:
                state.need(table, *columns)
                again.setdefault(table, set()).add(uuid)
        state.fetch(by_uuid=again)
        following = []
        for table, uuid in rows:
            for column, other in strong_columns(state.schema, table):
                state.need(other, "name")
                for child in state.members(table, uuid, column):
                    if (other, child) not in seen:
                        by_uuid.setdefault(other, set()).add(child)
                        following.append((other, child))
        state.fetch(by_uuid=by_uuid)
        rows = following


def doomed(state, table, uuid):
    """All (table, uuid) that garbage collection takes along with a row."""
    for column, other in strong_columns(state.schema, table):
        for child in state.members(table, uuid, column):
            if state.row(other, child) is not None:
                yield other, child
                yield from doomed(state, other, child)


def show(state, table, uuid):
    """A row for a message: its name if it has one, else its UUID."""
    row = state.row(table, uuid) or {}
    return "%s %s" % (table, atom(row.get("name")) or uuid)
