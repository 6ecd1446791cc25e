# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language in which OVN's objects are declared: an Entity for a table, a field for each thing a user can say.

The kinds of field are those of docs/semantics.md, section 1. A kind owns parsing, comparing, mutating and showing;
an entity owns nothing procedural. Types, enumerations and bounds come from the server's own schema.
"""

from __future__ import annotations

import functools

from .._ovsdb.rows import VOLATILE, is_uuid
from .._ovsdb.values import decode
from .syntax import kind_of, text


class Entity:
    """An OVSDB table as users see it.

    :param table: the table's name; ``database`` where it lives
    :param identity: the fields that tell two rows of one parent apart; or, where that depends on another field or on
        ``flag`` (an option that is no column), {that field: {its value: fields}}
    :param parent: the Parent of rows that live in another row's column
    :param fields: fields in the order in which they are documented
    :param checks: the Checks that a change must pass
    :param creates: children that a new row gets when none are given, as raw entries made from the new row's values
    :param distinct: the Distincts that rows of one parent keep
    :param always: it gets them beside given ones, too, and a purge spares them
    :param singleton: the table has exactly one row, which is never made or deleted
    :param sole: a parent has at most one row, so that nothing needs to tell it apart
    :param loose: rows may be alike in what tells them apart (``id`` or ``uuid`` then says which), and spell it in several ways
    :param shared: a row may stand in several parents: to be given in one is not to be taken from another
    :param made_by: the daemon that makes such rows; a task only changes or deletes them
    :param along: (table, column) of rows that go with one of the same name
    :ivar tags: the field that holds external_ids, where the engine keeps its tags; None where there is none
    :param keys_owned: the keys of its maps have owners of their own
    :param where: conditions (RFC 7047, 5.1) that find the one row, in place of an identity; ``title`` is what to call it
    """

    def __init__(
        self,
        table,
        identity=(),
        fields=(),
        parent=None,
        parents=(),
        checks=(),
        distinct=(),
        creates=None,
        always=False,
        singleton=False,
        sole=False,
        loose=False,
        shared=False,
        made_by=None,
        along=(),
        database="OVN_Northbound",
        since=None,
        flag=None,
        where=(),
        title="",
        keys_owned=False,
    ):
        self.table = table
        self.database = database
        self.identity = identity
        self.fields = {field.name: field for field in fields}
        self.parents = (parent,) if parent else tuple(parents)
        self.checks = checks
        self.distinct = distinct
        self.creates = creates
        self.always = always
        self.singleton = singleton
        self.sole = sole
        self.loose = loose
        self.shared = shared
        self.made_by = made_by
        self.along = along
        self.since = since
        self.flag = flag
        self.where = where
        self.title = title
        self.keys_owned = keys_owned
        self.tags = next((field.name for field in fields if field.column == "external_ids"), None)

    @property
    def label_fields(self):
        """The fields that tell rows apart."""
        cases = [self.identity]
        if isinstance(self.identity, dict):
            cases = [case for choice in self.identity.values() for case in choice.values()]
        return list(dict.fromkeys(name for case in cases for name in case))

    @property
    def label_columns(self):
        """The columns that tell rows apart, for messages."""
        return [self.fields[name].column for name in self.label_fields]

    def identity_for(self, raw, values):
        """The identifying fields of one entry; raises KeyError where the field that decides is missing."""
        if not isinstance(self.identity, dict):
            return self.identity
        ((decider, cases),) = self.identity.items()
        if decider == self.flag:
            return cases[flag(raw, decider)]
        if decider not in values or values[decider] not in cases:
            raise KeyError(decider)
        return cases[values[decider]]

    def checks_of(self, changed):
        """The checks of a row by itself that a change of these fields must pass."""
        return [check for check in self.checks if not check.around and not changed.keys().isdisjoint(check.fields)]

    @functools.cached_property
    def label(self):
        """The table's name as words: ``logical switch port``."""
        return words(self.table)

    @functools.cached_property
    def naming(self):
        """The fields that may hold a name as mere text."""
        return [name for name, field in self.fields.items() if getattr(field, "names", None)]


class Parent:
    """Where rows live: option ``name`` names a row of ``table`` that holds them in ``column``."""

    __slots__ = ("name", "table", "column", "key", "singleton")

    def __init__(self, name, table, column, key="name", singleton=False):
        self.name = name
        self.table = table
        self.column = column
        self.key = key
        self.singleton = singleton


class Check:
    """A rule that the schema does not know.

    ``function(after, changed)`` gets the named fields as they will be once the task is done ({name: value}, None where
    empty or not given) and what the task changes of them (of a map: the keys), and yields (field, message). It is asked
    only when one of these fields changes: what stands is never judged.

    :param around: an Around: ``function`` also gets those rows, {column: value}, and references as ``_uuid`` says them
    :param harmless: OVN's own tools write what breaks the rule: a document that describes a network may, too
    :param lacking: what breaks the rule is that something is not there: in check mode, it may be there by then
    """

    __slots__ = ("function", "fields", "around", "harmless", "lacking")

    def __init__(self, function, *fields, around=None, harmless=False, lacking=False):
        self.function = function
        self.fields = fields
        self.around = around
        self.harmless = harmless
        self.lacking = lacking


class Around:
    """Rows that a Check looks at beside its own, as they will be once the task is done: those in the same parent's ``column``.

    :param column: the parent's; None for the parent itself
    :param columns: what to tell of each
    :param alike: only those that have the same in these fields (of rows of the same table), and each that is told alike but once
    """

    __slots__ = ("column", "columns", "alike")

    def __init__(self, column, *columns, alike=()):
        self.column = column
        self.columns = columns
        self.alike = alike


class Fits:
    """What a reference may refer to: ``function(row)`` gets ``columns`` of that row, and returns what speaks against it, or None."""

    __slots__ = ("function", "columns")

    def __init__(self, function, *columns):
        self.function = function
        self.columns = columns


class Distinct:
    """What no two rows of one parent share: ``parts`` of each element of ``field`` (and of the column ``also``, which a daemon writes).

    Only what a task changes is asked about. It costs reading the rows of that parent.
    """

    __slots__ = ("field", "parts", "also", "message")

    def __init__(self, field, parts, message, also=None):
        self.field = field
        self.parts = parts
        self.also = also
        self.message = message

    def of(self, values):
        found = set()
        for value in values or ():
            found.update(self.parts(value))
        return found


class Field:
    """What a user can say of an object.

    :param name: the option
    :param column: its column, where the names differ
    :param of: the syntax of its values: a function from ``syntax``
    :param ref: the table that the column refers to, for values given by name
    :param since: the OVN (or OVS) release that brought the column, for the error where a server lacks it
    """

    __slots__ = ("name", "column", "of", "ref", "since", "key_column")
    option_type = {"type": "raw"}
    purgeable = True

    def __init__(self, name, column=None, of=text, ref=None, since=None, key_column="name"):
        self.name = name
        self.column = column or name
        self.of = of
        self.ref = ref
        self.since = since
        self.key_column = key_column

    def columns(self):
        """The columns of the entity's own row that planning reads."""
        return (self.column,)

    def texts(self, value):
        return []

    def stands(self, column, wanted, wire):
        """Whether a row holds this already, word for word: nearly always so, and quickly seen."""
        return False


def _plainly(read, kind, reject=()):
    """The reader that is made of a function: for what is of this kind, and not to be rejected by it."""

    def plainly(raw):
        if not isinstance(raw, kind) or raw in reject:
            return UNSET
        try:
            return read(raw)
        except ValueError:
            return UNSET

    return plainly


def _coercion(base, of):
    """``_coerce`` as a function of the value alone."""
    return of if base == {"type": "string"} else lambda value: _coerce(base, value, of)


def _coerce(base, value, of):
    """``value`` as the server's base type; raises ValueError."""
    kind = base["type"]
    if kind == "string":
        value = of(value)
        longest = base.get("maxLength")
        if longest is not None and len(value) > longest:
            raise ValueError("%r is longer than %d characters" % (value, longest))
    elif kind == "integer":
        value = integer(value)
        low, high = base.get("minInteger"), base.get("maxInteger")
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(
                "%d is not from %s to %s" % (value, "any" if low is None else low, "any" if high is None else high)
            )
        if not -(1 << 63) <= value < 1 << 63:
            raise ValueError("%d does not fit into 64 bits" % value)
    elif kind == "boolean":
        value = boolean(value)
    elif kind == "real":
        try:
            value = float(value)
            if value - value:  # infinite, or not a number
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            raise ValueError("%r is no number" % (value,)) from None
    elif kind == "uuid" and not is_uuid(value):
        raise ValueError("%r is no UUID" % (value,))
    enum = base.get("enum")
    if enum is not None:
        allowed = enum[1] if isinstance(enum, list) else [enum]
        if value not in allowed:
            raise ValueError("%r is none of %s" % (value, ", ".join(repr(item) for item in sorted(allowed))))
    return value


def integer(value):
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        if isinstance(value, str):
            return int(value, 0) if value.lower().startswith("0x") else int(value)
    except ValueError:
        pass
    raise ValueError("%r is no whole number" % (value,))


def boolean(value):
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "yes", "on", "1"):
        return True
    if str(value).lower() in ("false", "no", "off", "0"):
        return False
    raise ValueError("%r is neither true nor false" % (value,))


def flag(raw, option):
    """An option of an entry that is no column, and false unless said."""
    try:
        return boolean(raw.get(option) or False)
    except ValueError:
        return False  # told elsewhere


def _canonical(of, value):
    """A database's spelling made comparable; what is no text, or what the syntax does not know, stands for itself."""
    try:
        return of(value) if isinstance(value, str) else value
    except (ValueError, AttributeError):
        return value


class Value(Field):
    """Exactly what is given: a scalar, a set, or a reference by name. Empty (``[]``, ``""``) empties it."""

    __slots__ = ("many", "default", "required", "needed", "names", "auto", "fits", "unique")
    purgeable = False

    def __init__(
        self,
        name,
        column=None,
        of=text,
        ref=None,
        since=None,
        many=False,
        default=None,
        required=False,
        needed=False,
        names=None,
        auto=None,
        fits=None,
        unique=False,
    ):
        super().__init__(name, column, of, ref, since)
        self.unique = unique  # no two rows of the table have it, although the schema would let them
        self.fits = fits  # a Fits: what the row that it refers to must be like
        self.auto = auto  # what a new row gets if nothing is given: a text made of {parent} and other fields
        self.names = names  # the table of which it holds a name as mere text
        self.many = many
        self.default = default  # what an empty column means, for telling rows apart
        self.required = required  # without it, nobody knows which row is meant
        self.needed = needed or required  # a row is never without it

    def identity_value(self, value, parsed=False):
        """A parsed value, or what a row holds, made comparable."""
        if value is None or value == "":
            return self.default
        if isinstance(value, list):
            return tuple(sorted(_canonical(self.of, item) for item in value))
        return value if parsed or not isinstance(value, str) else _canonical(self.of, value)

    @property
    def option_type(self):
        return {"type": "list", "elements": "str"} if self.many else {"type": "raw"}

    def parse(self, raw, column, problem, path):
        if raw is None:
            return UNSET
        try:
            if column.is_scalar:
                if isinstance(raw, (list, dict)) and raw:
                    raise ValueError("expected one value, not a %s" % kind_of(raw))
                if raw == [] or raw == {} or (raw == "" and (column.min == 0 or column.key["type"] != "string")):
                    if column.min:
                        raise ValueError("must not be empty")
                    return None
                return self._one(column, raw)
            items = raw if isinstance(raw, (list, tuple)) else [] if raw == "" else [raw]
            if isinstance(raw, dict):
                raise ValueError("expected a list, not a dictionary")
            found = []
            one = self.of if column.plain and not self.ref else functools.partial(self._one, column)
            for place, item in enumerate(items):
                try:
                    found.append(one(item))
                except ValueError as exc:
                    problem("%s[%d]" % (path, place) if items is raw else path, str(exc))
            if len(found) < len(items):
                return UNSET
            if len(found) > 1:
                found = list(dict.fromkeys(found))
            if len(found) < column.min:
                raise ValueError("at least %d must be given" % column.min)
            return items if found == items else found
        except ValueError as exc:
            problem(path, str(exc))
            return UNSET

    def reader(self, column):
        """A function that returns what ``parse`` would where nothing is unusual, and else UNSET: of that ``parse`` knows more."""
        one = text if self.ref else _coercion(column.key, self.of)
        if column.is_scalar:
            return _plainly(one, (str, int, float), ("",))

        def read(raw):
            if not isinstance(raw, list):
                return UNSET
            try:
                found = [one(item) for item in raw]
            except ValueError:
                return UNSET
            return found if len(found) == 1 or column.min <= len(set(found)) == len(found) else UNSET

        return read

    def _one(self, column, item):
        if self.ref:
            return text(item)
        return _coerce(column.key, item, self.of)

    def allows(self, column, value):
        """Whether a user could say this value."""
        return value == "" or self.holds(column, value)

    def holds(self, column, value):
        """Whether a row could hold this value."""
        try:
            return self._one(column, value) == value
        except ValueError:
            return False

    def texts(self, value):
        """What a value names as mere text: [(table, name)]."""
        if not self.names or not value:
            return []
        return [(self.names, item) for item in (value if isinstance(value, list) else [value])]

    def targets(self, value):
        """The names that a parsed value refers to."""
        if not self.ref or value is None:
            return ()
        return value if isinstance(value, list) else (value,)

    def stands(self, column, wanted, wire):
        if self.ref is not None:
            return False
        if isinstance(wire, str):
            return (wire if column.is_scalar else [wire]) == wanted
        return decode(column, wire) == wanted

    def plan(self, planner, want, row, edit):
        column = planner.column(want.entity.table, self.column)
        wanted = shown = want.values[self.name]
        if self.ref:
            wanted = planner.references(want, self, wanted)
            if wanted and column.is_scalar and want.ref:
                planner.claim(want, self.name, want.table, want.ref, self.column, wanted)
        if row is None:
            if wanted is not None and wanted != []:
                edit.columns[self.column] = planner.encode(column, wanted)
                if self.ref:
                    self._rely(planner, wanted)
                    planner.check_target(want, self, shown)
            return None, shown
        current = planner.decode(column, row[self.column])
        if current == wanted or self.same(column, current, wanted):
            return None
        if self.ref and shown and not wanted:
            return None  # told already: there is no such row
        if not column.mutable:
            planner.problem(want, self.name, "cannot be changed once the row is made (it is %r)" % (current,))
            return None
        edit.columns[self.column] = planner.encode(column, wanted)
        edit.conditions.append([self.column, "==", row[self.column]])
        self._rely(planner, wanted)
        planner.check_target(want, self, shown)
        return planner.named(self, current), shown

    def _rely(self, planner, wanted):
        if self.ref and wanted:
            for ref in wanted if isinstance(wanted[0], list) else [wanted]:
                planner.rely(self.ref, ref)

    def same(self, column, current, wanted):
        if self.ref:
            held = current if isinstance(current, list) else [current] if current else []
            refs = [] if not wanted else wanted if isinstance(wanted[0], list) else [wanted]
            return {("uuid", item) for item in held} == {tuple(ref) for ref in refs}
        if column.is_scalar:
            return (
                current is not None
                and wanted is not None
                and column.key["type"] == "string"
                and (_canonical(self.of, current) == wanted)
            )
        if len(current) < len(wanted):
            return False
        return {_canonical(self.of, item) for item in current} == set(wanted)


class Map(Field):
    """Keys are ensured; null removes a key; other keys stay.

    :param key: the syntax of keys; ``of`` is that of values
    :param entries: (key option, value option) where it may also be given as a list of entries
    """

    __slots__ = ("key", "entries", "names")

    def __init__(self, name, column=None, key=text, of=text, entries=None, since=None, names=None):
        super().__init__(name, column, of, None, since)
        self.names = names or {}  # {key: the table of which it holds a name as mere text}
        self.key = key
        self.entries = entries

    @property
    def option_type(self):
        return {"type": "raw"} if self.entries else {"type": "dict"}

    def parse(self, raw, column, problem, path):
        if raw is None:
            return UNSET
        found = {}
        for where, key, value in self._pairs(raw, problem, path):
            try:
                key = _coerce(column.key, key, self.key)
            except ValueError as exc:
                problem(where, str(exc))
                continue
            if key in found:
                problem(where, "%r is given twice" % key)
            try:
                found[key] = None if value is None else _coerce(column.value, value, self.of)
            except ValueError as exc:
                problem(where, str(exc))
        return found

    def reader(self, column):
        key, one = _coercion(column.key, self.key), _coercion(column.value, self.of)

        def read(raw):
            found = {key(option): one(value) for option, value in raw.items()}
            return found if len(found) == len(raw) else UNSET

        return _plainly(read, dict)

    def texts(self, value):
        return [(self.names[key], value[key]) for key in self.names if value.get(key)] if value else []

    def stands(self, column, wanted, wire):
        current = decode(column, wire)
        return all(current.get(key) == value for key, value in wanted.items())

    def _pairs(self, raw, problem, path):
        if isinstance(raw, dict):
            for key, value in raw.items():
                yield "%s[%s]" % (path, key), key, value
        elif raw == "" or raw == []:
            return
        elif isinstance(raw, list) and self.entries:
            key_option, value_option = self.entries
            for place, entry in enumerate(raw):
                where = "%s[%d]" % (path, place)
                if not isinstance(entry, dict) or key_option not in entry:
                    hint = ""
                    if isinstance(entry, dict) and len(entry) == 1:
                        hint = " (was an IPv6 address with a port left unquoted? write it as '[fd00::1]:80')"
                    problem(where, "expected a dictionary with %s and %s%s" % (key_option, value_option, hint))
                    continue
                for option in entry:
                    if option not in (key_option, value_option, "state"):
                        problem(
                            "%s.%s" % (where, option),
                            "unknown; an entry has %s, %s and state" % (key_option, value_option),
                        )
                state = entry.get("state", "present")
                if state not in ("present", "absent"):
                    problem(where + ".state", "%r is neither present nor absent" % (state,))
                value = entry.get(value_option)
                if state == "present" and value is None:
                    problem(where, "%s is missing" % value_option)
                    continue
                yield where, entry[key_option], None if state == "absent" else value
        else:
            problem(
                path,
                "expected a dictionary%s, not a %s" % (" or a list of entries" if self.entries else "", kind_of(raw)),
            )

    def plan(self, planner, want, row, edit):
        column = planner.column(want.entity.table, self.column)
        wanted = want.values[self.name]
        if row is None:
            given = {key: value for key, value in wanted.items() if value is not None}
            edit.maps.setdefault(self.column, {}).update(given)
            return None, given
        current = planner.decode(column, row[self.column])
        stored = current
        if any(key not in current for key in wanted):
            stored = {_canonical(self.key, key): key for key in current}
        before, after = {}, {}
        for key, value in wanted.items():
            if key in current:
                have = key
            else:
                have = stored.get(key) if stored is not current else None
            if have is not None:
                old = current[have]
                if value is not None and (old == value or _canonical(self.of, old) == value):
                    continue
                before[have] = old
                if value is not None:
                    after[have] = value
            elif value is not None:
                after[key] = value
        if self.purges(planner, want):
            kept = {key if key in current else stored.get(key, key) if stored is not current else key for key in wanted}
            daemons = spared(want.table, self.column)
            for key, old in current.items():
                if key not in kept and not (self.column == "external_ids" and key in TAGS) and key not in daemons:
                    before[key] = old
                    planner.count_purged(want, "%s[%s]" % (self.name, key))
        if not before and not after:
            return None
        drop = list(dict.fromkeys([*before, *after]))
        edit.mutations.append([self.column, "delete", ["set", drop]])
        if after:
            edit.mutations.append([self.column, "insert", planner.encode(column, after)])
        if before:
            edit.conditions.append([self.column, "includes", planner.encode(column, before)])
        fresh = {key: value for key, value in after.items() if key not in before}
        if fresh:
            edit.conditions.append([self.column, "excludes", planner.encode(column, fresh)])
        return before, after

    def purges(self, planner, want):
        """Whether all that is not named goes."""
        return self.name in want.purge


class Members(Field):
    """Members of a set column: given ones are ensured (or, with ``state: absent``, taken out), others stay."""

    __slots__ = ()
    option_type = {"type": "list", "elements": "raw"}

    def parse(self, raw, column, problem, path):
        """{member: True to be there, False to be gone}"""
        if raw is None:
            return UNSET
        if isinstance(raw, dict):
            problem(path, "expected a list, not a dictionary")
            return UNSET
        found = {}
        for place, item in enumerate(raw if isinstance(raw, (list, tuple)) else [] if raw == "" else [raw]):
            where = "%s[%d]" % (path, place)
            present = True
            if isinstance(item, dict):
                state = item.get("state", "present")
                if state not in ("present", "absent") or set(item) - {"name", "state"} or "name" not in item:
                    problem(where, "expected a name, or a dictionary with name and state (present or absent)")
                    continue
                item, present = item["name"], state == "present"
            try:
                member = text(item) if self.ref else _coerce(column.key, item, self.of)
            except ValueError as exc:
                problem(where, str(exc))
                continue
            if found.get(member, present) != present:
                problem(where, "%r is given as present and as absent" % (member,))
            found[member] = present
        return found

    def reader(self, column):
        one = text if self.ref else _coercion(column.key, self.of)
        return _plainly(lambda raw: dict.fromkeys([one(item) for item in raw], True), list)

    def targets(self, value):
        return list(value) if self.ref else ()

    def plan(self, planner, want, row, edit):
        column = planner.column(want.entity.table, self.column)
        wanted = want.values[self.name]
        atoms = {}
        for member, present in wanted.items():
            atom = planner.reference(want, self, member, present) if self.ref else member
            if atom is not None:
                atoms[member] = atom
        if row is None:
            given = [member for member, present in wanted.items() if present]
            edit.sets.setdefault(self.column, []).extend(atoms[member] for member in given if member in atoms)
            self._rely(planner, edit.sets[self.column])
            return None, given
        current = planner.decode(column, row[self.column])
        stored = dict.fromkeys(current) if self.ref else {_canonical(self.of, item): item for item in current}
        insert, delete, before, after = [], [], [], []
        inserted = set()
        for member, present in wanted.items():
            atom = atoms.get(member)
            key = atom[1] if isinstance(atom, list) else atom
            have = key in stored
            if have:
                before.append(member)
            if present:
                after.append(member)
                if not have and atom is not None and key not in inserted:
                    inserted.add(key)
                    insert.append(atom)
            elif have:
                delete.append(atom if self.ref else stored[key])
        if self.name in want.purge:
            kept = {atom[1] if isinstance(atom, list) else atom for atom in atoms.values()}
            for key in stored:
                if (
                    key not in kept
                    and not planner.declared(want.table, self.column, want.uuid, key)
                    and (not self.ref or planner.in_scope(self.ref, key, want))
                ):
                    name = planner.named(self, key) if self.ref else stored[key]
                    before.append(name)
                    delete.append(["uuid", key] if self.ref else stored[key])
                    planner.count_purged(want, "%s: %s" % (self.name, name))
        if not insert and not delete:
            return None
        self._rely(planner, insert)
        for kind, members, condition in (("delete", delete, "includes"), ("insert", insert, "excludes")):
            if members:
                edit.mutations.append([self.column, kind, ["set", members]])
                standing = [
                    member for member in members if not (isinstance(member, list) and member[0] == "named-uuid")
                ]
                if standing:
                    edit.conditions.append([self.column, condition, ["set", standing]])
        return before, after

    def _rely(self, planner, refs):
        if self.ref:
            for ref in refs:
                planner.rely(self.ref, ref)


class MemberOf(Members):
    """The other side of a membership: this row stands in ``column`` of the named rows of table ``ref``."""

    __slots__ = ()

    def __init__(self, name, ref, column, since=None):
        super().__init__(name, column, text, ref, since)

    def columns(self):
        return ()

    def plan(self, planner, want, row, edit):
        before, after, touched = [], [], False
        for name, present in want.values[self.name].items():
            holder = planner.reference(want, self, name, present)
            have = row is not None and holder is not None and planner.holds(self.ref, self.column, holder, want.uuid)
            if have:
                before.append(name)
            if present:
                after.append(name)
                if holder is not None and planner.column(self.ref, self.column).is_scalar:
                    planner.claim(want, self.name, self.ref, holder, self.column, want.ref)
            if have != present and (holder is not None or present):
                touched = True
                if holder is not None:
                    planner.put(want, self, holder, present)
        if self.name in want.purge and row is not None:
            for uuid, name in planner.holders(self.ref, self.column, want.uuid):
                if (
                    name not in want.values[self.name]
                    and uuid not in want.values[self.name]
                    and not planner.declared(self.ref, self.column, uuid, want.uuid)
                    and planner.in_scope(self.ref, uuid, want)
                ):
                    touched = True
                    before.append(name)
                    planner.put(want, self, ["uuid", uuid], False)
                    planner.count_purged(want, "%s: %s" % (self.name, name))
        if row is None and not after:
            return None
        return (before, after) if touched else None


class Children(Field):
    """Rows that live in this row's column: each given one is ensured, others stay."""

    __slots__ = ("entity",)
    option_type = {"type": "list", "elements": "dict"}

    def __init__(self, name, entity, column=None, since=None):
        super().__init__(name, column, text, entity.table, since)
        self.entity = entity

    def columns(self):
        return ()


class Child(Children):
    """The one row that lives in this row's column: it is ensured, in place of another."""

    __slots__ = ()
    option_type = {"type": "dict"}
    purgeable = False


class _Unset:
    """A field of which nothing is said."""

    def __repr__(self):
        return "UNSET"


UNSET = _Unset()

#: Keys of external_ids that the engine keeps for itself: who made the row, and the name of a nameless one.
OWNER_TAG, ID_TAG = "virtnet-owner", "virtnet-id"
TAGS = (OWNER_TAG, ID_TAG)


def spared(table, column):
    """What of a column is not the user's, for daemons write it: True for all of it, or keys."""
    keys = VOLATILE.get(table, {}).get(column, ())
    return True if keys is None else keys


def words(table):
    """A table's name as people say it: ``logical switch``, ``NAT``, ``static MAC binding``."""
    return " ".join(word if word.isupper() or word == "vSwitch" else word.lower() for word in table.split("_"))
