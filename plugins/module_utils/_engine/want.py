# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user wants, parsed: a tree of Want, with all that is wrong with it told at once."""

from __future__ import annotations

import functools

from .._model.kinds import (
    ID_TAG,
    OWNER_TAG,
    UNSET,
    Child,
    Children,
    Map,
    MemberOf,
    Members,
    Value,
    boolean,
    flag,
    spared,
)
from .._model.syntax import text
from .._ovsdb.errors import OvnError
from .._ovsdb.rows import is_uuid
from .._ovsdb.values import decode

STATES = ("present", "absent")
#: What every entry may say beside its fields.
COMMON = ("state", "uuid", "id", "purge", "move")
_COMMON = frozenset(COMMON)


class InvalidError(OvnError):
    """The task cannot be done as written. ``problems`` are (path, message), all of them."""

    def __init__(self, problems, **facts):
        self.problems = problems
        lines = ["%s: %s" % (path, message) if path else message for path, message in problems]
        errors = [{"path": path, "message": message} for path, message in problems]
        super().__init__("\n".join(lines), errors=errors, **facts)


class Target:
    """A row that is named and not described: a parent, or what a reference means."""

    __slots__ = ("table", "key", "name", "uuids", "singleton")

    def __init__(self, table, key, name, singleton=False):
        self.table = table
        self.key = key
        self.name = name
        self.singleton = singleton
        self.uuids = [name] if is_uuid(name) else []

    @property
    def ref(self):
        return ["uuid", self.uuids[0]] if len(self.uuids) == 1 else None

    @property
    def uuid(self):
        return self.uuids[0] if len(self.uuids) == 1 else None

    def describe(self):
        return "%s %s" % (self.table, self.name or "")


_CHILDLESS: dict = {}  # of all that have none


class Want:
    """One object that the user describes."""

    # There may be very many of them. What most have is a slot, and the rest has a default until it is set.
    __slots__ = (
        "__dict__",
        "entity",
        "table",
        "_path",
        "values",
        "uuid",
        "parent",
        "holder",
        "identity",
        "key",
        "ref",
        "row",
        "settled",
        "placed",
        "action",
        "before",
        "after",
    )
    state = "present"  # or absent; or context: it only says where its children are
    id = None
    children = _CHILDLESS
    purge = ()
    move = False
    fresh = None  # the UUID that a row which is not there shall get
    twin = None  # the same row, described before in another parent
    reset = ()  # what is not mentioned, and goes back to its default
    other = False  # not described at all: overridden takes it away

    def __init__(self, entity, path, parent=None, holder=None):
        self.entity = entity
        self.table = entity.table
        self._path = path
        self.parent, self.holder = parent, holder
        self.settled = False  # its row holds what is said of it, word for word
        self.placed = False  # its row stands in the parent where it is said to be
        self.values = {}
        self.uuid = self.ref = self.row = None
        self.identity = self.key = ()
        self.action = "unchanged"

    def __getattr__(self, name):
        """``before`` and ``after`` of those that change: most do not, and need no place for it."""
        if name not in ("before", "after"):
            raise AttributeError(name)
        self.before, self.after = {}, {}
        return getattr(self, name)

    @property
    def path(self):
        """Where the user says so, for messages: most are never told, and are not held."""
        if isinstance(self._path, int):
            return ".".join(part for part in (self.parent.path, "%s[%d]" % (self.holder.name, self._path)) if part)
        return self._path

    @property
    def stands(self):
        """Whether its row is as it is said to be, and where."""
        return self.settled and (self.parent is None or self.placed)

    def at(self, option):
        """Where the user says this of it."""
        path = self.path
        return "%s.%s" % (path, option) if path else option

    def offspring(self):
        """``children``, to put some there."""
        if self.children is _CHILDLESS:
            self.children = {}
        return self.children

    @property
    def name(self):
        """What to call it in a message."""
        if self.entity.singleton or self.entity.sole:
            return ""
        if self.entity.title:
            return self.entity.title
        words = [str(part) for part in self.key if part not in (None, "")]
        return " ".join(words) or self.id or self.uuid or ""

    def describe(self):
        return ("%s %s" % (self.entity.label, self.name)).strip()


class Document:
    """All that one task wants of one database."""

    def __init__(self, schema, mode=None, owner=None):
        self.schema = schema
        self.mode = mode  # the state of a whole document (``ovn_topology``), None for entries with states of their own
        self.owner = owner if mode == "overridden" else None  # whose other rows go
        self.consumes = False  # whether what it was made of may be taken to pieces
        self.wants = []
        self.targets = {}
        self.problems = []
        self.identities = {}  # where it is said to be -> {what tells it apart there: the first want that says so}
        self.entities = []  # what it may describe
        self._readers = {}  # entity -> {option: what parses it}
        self._identities = {}  # (table, identity) -> what of it this server has, and whether that is unique
        self.by_uuid = {}  # (table, uuid) -> the first want that is said to be that row
        self.shared = set()  # (table, uuid) of rows that stand in several parents
        self.doubles = []  # (want, other) that share what tells them apart, but for an id or a uuid
        self._doubted = []
        self.doubts = []  # (want, option, what is given, its problems): none if that is what the row holds already

    def problem(self, path, message):
        self.problems.append((path, message))

    def target(self, table, name, key="name", singleton=False):
        found = self.targets.get((table, name))
        if found is None:
            found = self.targets[(table, name)] = Target(table, key, name, singleton)
        return found

    def every(self):
        """All wants, parents before their children."""
        stack = list(reversed(self.wants))
        while stack:
            want = stack.pop()
            yield want
            for children in want.children.values():
                stack.extend(reversed(children))

    # -- parsing --------------------------------------------------------------------------------------------------

    def add(self, entity, raw, path, parent=None, holder=None):
        """Parses one entry; ``parent`` and ``holder`` are given for children that are written inside their parent, of which ``path``
        is the place in a list."""
        want = Want(entity, path, parent, holder)
        doubts = []
        if not isinstance(raw, dict):
            self.problem(want.path, "expected a dictionary")
            return None
        if not self.schema.has(entity.table):
            self.problem(want.path, _lacks(self.schema, entity.table, None, entity.since))
            return None
        if entity.flag or not _COMMON.isdisjoint(raw):
            self._common(want, raw)
        if parent is None and entity.parents:
            self._parent(want, raw)
        readers = self._readers.get(entity)
        if readers is None:
            readers = self._readers_of(entity)
        for option, given in raw.items():
            read = readers.get(option)
            value = read(given) if read else UNSET
            if value is UNSET:
                value = self._field(want, option, given, doubts)
            if value is not UNSET:
                want.values[option] = value
        if raw.get("purge"):
            self._purge(want, raw)
        if doubts and not want.uuid and not want.id and any(each[0] in entity.label_fields for each in doubts):
            self.problems.extend(each for doubt in doubts for each in doubt[2])
            doubts = []
        self._identify(want, raw)
        if want.state == "present" and entity.creates and not want.uuid:
            self._defaults(want)
        if self.mode == "deleted" and want.state == "present":
            self._delete(want)
        elif self.mode in ("replaced", "overridden") and want.state == "present":
            self._replace(want, raw)
        if self.mode and want.uuid:
            self._again(want)
        if doubts and want.state == "present" and not want.twin:
            self.doubts.extend((want, *doubt) for doubt in doubts)
        return want

    def _readers_of(self, entity):
        """{option: a function that parses what it is mostly given, and returns UNSET for the rest}"""
        found = self._readers[entity] = {}
        for name, field in entity.fields.items():
            column = self.schema.column(table_of(field, entity), field.column)
            if column is not None and not isinstance(field, Children):
                read = field.reader(column)
                found[name] = functools.partial(self._read_names, field, read) if field.ref else read
        return found

    def _read_names(self, field, read, given):
        value = read(given)
        if value is not UNSET:
            self._targets(field, value)
        return value

    def _targets(self, field, value):
        key = field.key_column if self.schema.has(field.ref, field.key_column) else ID_TAG
        for name in field.targets(value):
            self.target(field.ref, name, key)

    def _field(self, want, option, given, doubts):
        """The value of an option, with all that may be wrong with it; UNSET for none."""
        entity = want.entity
        field = entity.fields.get(option)
        if field is None:
            parents = [parent.name for parent in entity.parents]
            if option in parents and isinstance(want.parent, Want):
                self.problem(want.at(option), "leave it out: where it stands says whose it is")
            elif option not in [*COMMON, entity.flag, *parents] and not (
                option == "status" and self.mode
            ):  # as gathered gives it
                self.problem(want.at(option), _unknown(entity.table, option, [*entity.fields, *COMMON]))
            return UNSET
        if given is None:
            return UNSET
        if isinstance(field, Children):
            self._children(want, field, given, want.at(option))
            return UNSET
        table = table_of(field, entity)
        column = self.schema.column(table, field.column)
        if column is None:
            self.problem(want.at(option), _lacks(self.schema, table, field.column, field.since))
            return UNSET
        value = self._parse(field, given, column, want.at(option), doubts)
        if value is not UNSET and field.ref:
            self._targets(field, value)
        return value

    def _common(self, want, raw):
        """What an entry may say beside its fields."""
        want.state = raw.get("state") or "present"
        if want.state not in STATES:
            self.problem(want.at("state"), "%r is neither present nor absent" % (want.state,))
        want.uuid = raw.get("uuid")
        if want.uuid is not None and not is_uuid(want.uuid):
            self.problem(want.at("uuid"), "%r is no UUID" % (want.uuid,))
        want.id = self.name(raw.get("id"), want.at("id"))
        if want.id is not None and not want.entity.tags:
            self.problem(want.at("id"), "this table has no external_ids to keep it in")
        for option in ("move", want.entity.flag):
            if raw.get(option) is not None:
                try:
                    boolean(raw[option])
                except ValueError as exc:
                    self.problem(want.at(option), str(exc))
        want.move = flag(raw, "move")

    def name(self, given, path):
        """A name that is no column's value."""
        try:
            return None if given is None else text(given)
        except ValueError as exc:
            self.problem(path, str(exc))
            return None

    def _parse(self, field, given, column, path, doubts):
        if not self.mode:
            return field.parse(given, column, self.problem, path)
        # What a row holds may be said of it, even where it could not be set so
        value = field.parse(given, column, self._doubt, path)
        if self._doubted:
            doubts.append((field.name, given, self._doubted))
            self._doubted = []
            return UNSET
        return value

    def _doubt(self, path, message):
        self._doubted.append((path, message))

    def _delete(self, want):
        """The entry of a document that lists what shall not be there: its children, if it has any, or else itself."""
        fields = want.entity.fields
        if want.entity.singleton:  # always there: what is named of it goes
            for name, value in want.values.items():
                if isinstance(fields[name], Map):
                    want.values[name] = dict.fromkeys(value)
                elif isinstance(fields[name], Members):
                    want.values[name] = dict.fromkeys(value, False)
                else:
                    column = self.schema.column(want.table, fields[name].column)
                    want.values[name] = decode(column, column.default)
            return
        want.state = "context" if want.children else "absent"
        want.purge, want.values = (), {}

    def _replace(self, want, raw):
        """What is not mentioned is meant to be as in a new row."""
        purge, reset = set(), set()
        for name, field in want.entity.fields.items():
            table = field.ref if isinstance(field, MemberOf) else want.table
            column = self.schema.column(table, field.column)
            if column is None or spared(table, field.column) is True:
                continue
            given = raw.get(name) is not None
            if isinstance(field, Children):
                want.offspring().setdefault(name, [])
                purge.add(name)
            elif not isinstance(field, Value):
                if not given:
                    want.values[name] = {}
                if name in want.values:
                    purge.add(name)
            elif not given and not field.needed and name not in want.identity and column.mutable:
                default = decode(column, column.default)
                if column.min == 0 or field.allows(column, default):
                    want.values[name] = default
                    reset.add(name)
        want.purge, want.reset = purge, reset

    def _again(self, want):
        """A row may stand in several parents, and be described in each: in the same words."""
        first = self.by_uuid.setdefault((want.table, want.uuid), want)
        if first is want:
            return
        if first.parent is want.parent or first.state != want.state:
            self.problem(want.path, "is the same row as %s" % first.path)
        elif first.values != want.values:
            self.problem(want.path, "is the same row as %s, which says otherwise" % first.path)
        want.twin, want.children = first, _CHILDLESS
        self.shared.add((want.table, want.uuid))

    def _parent(self, want, raw):
        given = [spec for spec in want.entity.parents if spec.singleton or raw.get(spec.name) not in (None, "")]
        if len(given) > 1:
            self.problem(want.at(given[1].name), "cannot be given together with %s" % given[0].name)
        if given:
            want.holder = spec = given[0]
            name = "." if spec.singleton else self.name(raw[spec.name], want.at(spec.name)) or ""
            want.parent = self.target(spec.table, name, spec.key, spec.singleton)

    def _children(self, want, field, given, path):
        single = isinstance(field, Child)
        if not isinstance(given, dict if single else list):
            self.problem(path, "expected a dictionary" if single else "expected a list of dictionaries")
            return
        if not self.schema.has(want.table, field.column):
            self.problem(path, _lacks(self.schema, want.table, field.column, field.since))
            return
        found = []
        for place, entry in enumerate(([given] if given else []) if single else given):
            child = self.add(field.entity, entry, path if single else place, want, field)
            if child is not None:
                found.append(child)
            if self.consumes and not single:
                given[place] = None
        want.offspring()[field.name] = found

    def _defaults(self, want):
        """The children that a new row has without being asked for them."""
        for option, entries in want.entity.creates(want.values).items():
            given = want.children.get(option)
            if given is not None and not want.entity.always:
                continue
            field = want.entity.fields[option]
            told = {child.key for child in given or ()}
            for entry in entries:
                if entry["name"] and (entry["name"],) not in told:
                    child = self.add(field.entity, entry, want.at(option), parent=want, holder=field)
                    child.action = "default"
                    want.offspring().setdefault(option, []).append(child)

    def _purge(self, want, raw):
        given = raw["purge"]
        fields = want.entity.fields
        purge = set()
        for place, name in enumerate(given if isinstance(given, (list, tuple)) else [given]):
            field = fields.get(name) if isinstance(name, str) else None
            if not getattr(field, "purgeable", False):
                can = [f.name for f in fields.values() if f.purgeable]
                self.problem(
                    want.at("purge[%d]" % place),
                    "%r is none of %s" % (name, ", ".join(can) or "(nothing to purge here)"),
                )
            elif raw.get(name) is None:
                self.problem(
                    want.at("purge[%d]" % place),
                    "%s is not given: say %s: [] to mean that nothing shall be left" % (name, name),
                )
            else:
                purge.add(name)
                if isinstance(field, Children):
                    want.offspring().setdefault(name, [])
                else:
                    want.values.setdefault(name, {})
        want.purge = purge

    def _identify(self, want, raw):
        entity, values = want.entity, want.values
        if entity.singleton:
            return
        if entity.where:
            other = self.identities.setdefault((entity.table, str(entity.where)), want)
            if other is not want:
                self.problem(want.path, "is the same %s as %s" % (want.describe(), other.path))
            return
        if entity.parents and want.parent is None and not want.uuid and not by_name(entity, self.schema):
            names = " or ".join(parent.name for parent in entity.parents)
            self.problem(want.at(names), "is missing: it says where the %s is" % entity.label)
        try:
            columns = entity.identity_for(raw, values)
        except KeyError as exc:
            self._missing(want, exc.args[0])
            return
        known = self._identities.get((want.table, columns))
        if known is None:
            has = tuple(c for c in columns if self.schema.has(want.table, entity.fields[c].column))
            known = has, [entity.fields[c] for c in has], self._is_unique(entity, has)
            self._identities[want.table, columns] = known
        columns, telling, unique = known
        for field in telling:
            if field.required and field.name not in values:
                self._missing(want, field.name)
                return
        want.identity = columns
        want.key = tuple([field.identity_value(values.get(field.name), parsed=True) for field in telling])
        if not columns and not entity.sole and not want.uuid and not want.id:
            self.problem(
                want.at("id"), "is missing: id or uuid says which %s is meant, for nothing else does" % entity.label
            )
            return
        if not entity.shared:
            self._mark(want, columns, unique)

    def _mark(self, want, columns, unique):
        """No two entries may mean one row, nor make two that only this task could tell apart."""
        if want.id and not self._alone(want, (want.table, ID_TAG), want.id, "uuid"):
            return
        if unique and want.state == "present":
            self._alone(want, (want.table, None, columns), want.key, "nobody")
        elif (columns or not want.id) and (want.state == "present" or not want.uuid):
            place = id(want.parent) if isinstance(want.parent, Want) else want.parent and want.parent.name
            self._alone(want, (want.table, place, columns), want.key, "handle")

    def _alone(self, want, place, key, who):
        """Whether no other entry has the key in this place, but who may share it; else that is a problem."""
        others = self.identities.get(place)
        if others is None:
            others = self.identities[place] = {}
        other = others.setdefault(key, want)
        if other is want or (want.uuid and want.uuid == other.uuid):
            return True
        told = [who != "nobody" and bool(each.uuid or (who == "handle" and each.id)) for each in (want, other)]
        if not all(told):
            self.problem(want.path, "is the same %s as %s" % (want.describe(), other.path or "the task's own"))
        elif who == "handle" and not want.entity.loose:
            self.doubles.append((want, other))
        return all(told)

    def _is_unique(self, entity, names):
        """Whether the server itself keeps apart what differs in these fields."""
        columns = {entity.fields[name].column for name in names}
        return bool(columns) and any(set(index) == columns for index in self.schema.indexes(entity.table))

    def _missing(self, want, field):
        told = {path for path, message in self.problems}
        if not want.uuid and not want.id and want.at(field) not in told:
            self.problem(want.at(field), "is missing: it says which %s is meant" % want.entity.label)


def table_of(field, entity):
    """The table of a field's column."""
    return field.ref if isinstance(field, MemberOf) else entity.table


@functools.lru_cache(maxsize=1000)
def by_name(entity, schema, nested=False):
    """The column by which the server can find a row of this entity wherever it lives, or None."""
    if entity.where:
        return "_uuid"
    if isinstance(entity.identity, dict) or not entity.identity or entity.loose:
        return None
    columns = tuple(entity.fields[name].column for name in entity.identity)
    if (nested or entity.parents) and not any(set(index) == set(columns) for index in schema.indexes(entity.table)):
        return None
    return columns[0]


def _unknown(table, word, words):
    from .._ovsdb.rows import VOLATILE

    word = str(word)
    close = [known for known in words if known == word + "_request"]
    hint = "; did you mean %s?" % close[0] if close else suggestion(word, words)
    return ("cannot be set: OVN's daemons write it" if word in VOLATILE.get(table, ()) else "unknown") + hint


def suggestion(word, words):
    import difflib

    close = difflib.get_close_matches(str(word), words, 1)
    return "; did you mean %s?" % close[0] if close else ""


def _lacks(schema, table, column, since):
    what = "the table %s" % table if column is None else "the column %s:%s" % (table, column)
    text = "this server's schema (%s %s) lacks %s" % (schema.name, schema.version, what)
    return text + (", which came with %s" % since if since else "")


def tags(want, owner):
    """The external_ids that the engine keeps on a row of this want."""
    found = {}
    if owner:
        found[OWNER_TAG] = owner
    if want.id:
        found[ID_TAG] = want.id
    return found
