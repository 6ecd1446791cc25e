# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is wanted and what is there to what is to be done: pure, without I/O.

The plan alone decides ``changed``, the diff and check mode's answer, so they cannot disagree with what is written.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os

from .._model.kinds import ID_TAG, OWNER_TAG, Child, Children, Map, MemberOf, Members, Value, words
from .._ovsdb.values import decode, encode
from .state import (
    doomed,
    fresh_parts,
    home,
    looks_around,
    new_texts,
    referrers,
    show,
    strong_columns,
    strong_holders,
    unique_values,
)
from .want import InvalidError, Target, Want, tags

#: What a new row is not shown with
_NOTHING = (None, [], {}, "")
#: Up to so many new rows without a unique index are guarded by name; more of them get a UUID that two writers share.
NAME_GUARDS = 8


class Options:
    """What the user said about the whole task; ``salt`` counts UUIDs that turned out to be taken."""

    def __init__(self, params, check_mode=False, salt=0):
        self.owner = params.get("owner") or None
        self.adopt = bool(params.get("adopt"))
        self.force = bool(params.get("force"))
        self.max_deletes = params.get("max_deletes")
        self.strict = bool(params.get("strict"))
        self.expect_plan = params.get("expect_plan") or None
        self.check_mode = check_mode
        self.salt = salt
        #: Whether rows are looked for wherever they may be: a plan that is not carried out must be right without the server's no
        self.thorough = check_mode or bool(self.expect_plan)


class Edit:
    """What happens to one row: new columns, mutations, and the conditions under which they were decided."""

    __slots__ = ("table", "ref", "new", "columns", "maps", "sets", "mutations", "conditions", "_members")

    def __init__(self, table, ref):
        self.table = table
        self.ref = ref
        self.new = False
        self.columns, self.maps, self.sets = {}, {}, {}
        self.mutations, self.conditions = [], []
        self._members = {}

    def member(self, column, ref, present):
        """Puts a reference into a set column, or takes it out."""
        if self.new:
            self.sets.setdefault(column, []).append(ref)
        else:
            self._members.setdefault((column, present), []).append(ref)

    def become_new(self):
        self.new = True
        for (column, present), refs in self._members.items():
            if present:
                self.sets.setdefault(column, []).extend(refs)
        self._members = {}

    @property
    def empty(self):
        return not (self.new or self.columns or self.mutations or self._members)

    def row(self, schema):
        """The whole row of an insert."""
        row = dict(self.columns)
        for column, pairs in self.maps.items():
            if pairs:
                row[column] = encode(schema.column(self.table, column), pairs)
        for column, members in self.sets.items():
            if members:  # a membership may be said on both sides
                row[column] = ["set", _once(members)]
        return row

    def all_mutations(self):
        found = list(self.mutations)
        # Inserts first: a column that must not be empty must not be so in between either
        for (column, present), refs in sorted(self._members.items(), key=lambda item: (item[0][0], not item[0][1])):
            found.append([column, "insert" if present else "delete", ["set", _once(refs)]])
        return found

    def all_conditions(self, new):
        """``new`` are the UUIDs of rows that are made in this transaction: they cannot be there yet."""
        found = list(self.conditions)
        for (column, present), refs in sorted(self._members.items()):
            standing = _once(ref for ref in refs if ref[0] == "uuid" and ref[1] not in new)
            if standing:
                found.append([column, "excludes" if present else "includes", ["set", standing]])
        return found


def _once(members):
    return list({tuple(each) if isinstance(each, list) else each: each for each in members}.values())


class Plan:
    """The operations of one transaction, and what they mean to the user."""

    def __init__(self):
        self.guards, self.operations = [], []
        self.inserted = {}  # place of the insert in operations -> Want
        self.warnings, self.unresolved, self.purged = [], [], []
        self.wants = []
        self.result = None  # what the module says of it, once somebody asked
        self.mark = None  # the UUID by which one of the new rows can be told from what another writer made

    def sign(self):
        """The operations to send. Where they make a row whose UUID nobody else would choose, we choose it: to find it
        afterwards tells that this transaction was written, and not another's of the same content."""
        first = self.operations[0]
        if "uuid-name" not in first:
            return self.operations
        # The first operation's row: a name that was used before would have got another UUID
        self.mark = _uuid(os.urandom(16), 4)
        return [{**first, "uuid": self.mark}, *self.operations[1:]]

    @property
    def changed(self):
        return bool(self.operations or self.unresolved)

    @property
    def hash(self):
        """One text for one set of changes, whoever computes it."""
        data = json.dumps([self.operations, self.unresolved], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(data.encode()).hexdigest()


def make_plan(document, state, options):
    """Plans the whole document; raises InvalidError with all that stands against it."""
    planner = Planner(document, state, options)
    planner.run()
    if document.problems:
        raise InvalidError(document.problems)
    return planner.plan


class _Shape:
    """What is the same for all new rows of an entity of which the same is said."""

    __slots__ = ("lacking", "fields", "checks")

    def __init__(self, planner, want, said):
        entity = want.entity
        #: What a new row must have, and is not said of this one
        self.lacking = [n for n, f in entity.fields.items() if n not in said and planner.cannot_lack(f, entity)]
        #: (name, field, its column where that gets what is said, and nothing else is to be looked at), as the entity has them
        self.fields = [
            (
                name,
                field,
                planner.column(want.table, field.column) if isinstance(field, Value) and not field.ref else None,
            )
            for name, field in entity.fields.items()
            if name in want.values
        ]
        self.checks = entity.checks_of(want.values)


class Planner:
    def __init__(self, document, state, options):
        self.document, self.state, self.options = document, state, options
        self.schema = state.schema
        self.column = self.schema.column
        self.plan = Plan()
        self._adopts = options.adopt and options.owner
        self._edits = {}
        self._deletes = []
        self._named_guards = []
        self._taken_along = {}  # (table, uuid) of each row that goes -> None
        self._in_use = []  # (want, field, table, uuid) of those of them that somebody may refer to
        self._declared = self._referred_to = self._described = None
        self._doubted = set()  # (table, column, key) of options that were told
        self._relied = {}  # (table, uuid) -> conditions: rows that are not changed, and must be so for the plan to be right
        self._shapes = {}  # (entity, what is said of a new row) -> what is the same for all such rows
        self._index = {}  # (table, identity) -> whether the server keeps such rows apart
        self._made = {}  # (table, column or ID_TAG, name) -> want that this document creates
        self._claims = {}  # (table, uuid, column of at most one) -> (who shall be in it, the want that says so)
        self._along = []  # (table, uuid) of rows that go with others

    # -- for the kinds of field -----------------------------------------------------------------------------------

    encode = staticmethod(encode)
    decode = staticmethod(decode)

    def problem(self, want, field, message):
        self.document.problem(".".join(part for part in (want.path, field) if part), message)

    def edit(self, table, ref):
        key = (table, ref[1])
        found = self._edits.get(key)
        if found is None:
            found = self._edits[key] = Edit(table, ref)
        return found

    def reference(self, want, field, name, needed=True):
        """The reference that a name means, or None (told as a problem, or in check mode as unresolved)."""
        target = self.document.targets[(field.ref, name)]
        if target.ref:
            return target.ref
        made = self._made.get((field.ref, target.key, name)) or self._made.get((field.ref, "_uuid", name))
        if made:
            return made.ref
        if len(target.uuids) > 1:
            self.problem(
                want,
                field.name,
                "%d rows of %s are named %r: %s; name one by its UUID"
                % (len(target.uuids), field.ref, name, ", ".join(sorted(target.uuids))),
            )
        elif needed:
            hint = (
                " (they have no name: a UUID says which, or the id that a task gave it)" if target.key == ID_TAG else ""
            )
            self._missing(want, field.name, "there is no %s %s%s" % (words(field.ref), name, hint))
        return None

    def check_target(self, want, field, name):
        """Whether the row that a name means is of the right sort. One that this task describes, too, is taken at its word."""
        target = field.fits and name and self.document.targets[(field.ref, name)]
        row = self.state.row(field.ref, target.uuid) if target and target.uuid else None
        if row is None:
            return
        if self._described is None:
            self._described = {(other.table, other.uuid) for other in self.document.every()}
        if (field.ref, target.uuid) in self._described:
            return
        columns = ((c, self.column(field.ref, c)) for c in field.fits.columns)
        found = {c: decode(column, row[c]) if column else None for c, column in columns}
        message = field.fits.function(found)
        if message:
            self.problem(want, field.name, "%s %s" % (name, message))

    def rely(self, table, ref, *conditions):
        """The plan is right only while this row is there, and meets the conditions (a dangling reference would silently go)."""
        if ref[0] == "uuid":
            self._relied.setdefault((table, ref[1]), []).extend(conditions)

    def references(self, want, field, value):
        if value is None:
            return None
        if isinstance(value, list):
            return [ref for ref in (self.reference(want, field, name) for name in value) if ref]
        return self.reference(want, field, value)

    def named(self, field, value):
        """References as the names that people know them by, as far as they were read."""
        if field.ref is None or value is None:
            return value
        if isinstance(value, list):
            return [self.named(field, item) for item in value]
        row = self.state.row(field.ref, value) or {}
        tagged = [text for tag, text in row.get("external_ids", ("map", ()))[1] if tag == ID_TAG]
        return row.get(field.key_column) or ("name" not in row and tagged and tagged[0]) or value

    def put(self, want, field, holder, present):
        """Makes the want a member of a row's column, or takes it out; a column of at most one changes hands."""
        self._put(want, field.ref, holder, field.column, want.ref, present, field.name)

    def claim(self, want, path, table, holder, column, ref):
        """Who is in a column of at most one may be said on either side: but not two."""
        said, first = self._claims.setdefault((table, holder[1], column), (ref, want))
        if said != ref:
            self.problem(want, path, "%s says that another one has this place" % (first.path or first.describe()))

    def _put(self, want, table, holder, column, ref, present, path=""):
        edit = self.edit(table, holder)
        if not self.column(table, column).is_scalar:
            edit.member(column, ref, present)
            return
        row = self.state.row(table, holder[1])
        if row is None:
            edit.columns[column] = ref
            return
        if not present and edit.columns.get(column, ref) != ref:
            return  # another has its place
        owner = self.state.owner(table, holder[1])
        held = row[column]
        if held not in (["set", []], ref) and owner not in (None, self.options.owner) and not self.options.force:
            self.problem(
                want,
                path,
                "%s belongs to the owner %r, and has another one" % (show(self.state, table, holder[1]), owner),
            )
        edit.columns[column] = ref if present else ["set", []]
        if [column, "==", held] not in edit.conditions:
            edit.conditions.append([column, "==", held])

    def holds(self, table, column, holder, uuid):
        return any(found == holder[1] for found, name in self.state.holders(table, column, uuid))

    def holders(self, table, column, uuid):
        return self.state.holders(table, column, uuid)

    def declared(self, table, column, holder, member):
        """Whether the document says, on either side, that ``member`` is in ``column`` of ``holder``."""
        if self._declared is None:
            self._declared = set()
            for want in self.document.every():
                for name, value in want.values.items() if want.state == "present" else ():
                    field = want.entity.fields[name]
                    if not field.ref or not value:
                        continue
                    # a column of at most one is a Value on its own side
                    said = value if isinstance(field, Members) else dict.fromkeys(field.targets(value), True)
                    for target, present in said.items():
                        other = self.document.targets[(field.ref, target)].uuid
                        if present and other and want.uuid:
                            pair = (other, want.uuid) if isinstance(field, MemberOf) else (want.uuid, other)
                            here = field.ref if isinstance(field, MemberOf) else want.table
                            self._declared.add((here, field.column, *pair))
        return (table, column, holder, member) in self._declared

    def in_scope(self, table, uuid, want):
        """Whether a purge may touch this row: it is this owner's. What cannot say whose it is follows the row it stands in."""
        if not self.schema.has(table, "external_ids"):
            table, uuid = want.table, want.uuid
        owner = self.state.owner(table, uuid)
        return self.options.force or owner == self.options.owner or (owner is None and self.options.adopt)

    def count_purged(self, want, what):
        self.plan.purged.append("%s: %s" % (want.describe(), what))

    def _missing(self, want, field, message):
        if self.options.check_mode:
            path = ".".join(part for part in (want.path, field) if part)
            self.plan.unresolved.append({"path": path, "message": message})
            self.plan.warnings.append("%s: %s; a real run would fail unless it is made before" % (path, message))
        else:
            self.problem(want, field, message)

    # -- planning -------------------------------------------------------------------------------------------------

    def run(self):
        wants = list(self.document.every())
        new = [w for w in wants if w.state == "present" and w.row is None and not w.entity.singleton and not w.twin]
        self._name_the_new(new)
        # A new name is guarded like a new row's
        self._named_guards += [
            w
            for w in wants
            if w.row is not None
            and len(w.identity) == 1
            and not w.entity.loose
            and not self._parent_of(w)
            and not self._indexed(w)
        ]
        self._others = {(w.table, w.uuid) for w in wants if w.other}
        for want in self.document.wants:
            self._want(want)
        self._check_texts(wants)
        self._check_around(wants)
        self._check_doubles()
        self._check_distinct(wants)
        self._check_unique(wants)
        self._check_users()
        self._check_deletes()
        self.plan.wants = wants
        if not self.document.problems:
            self._emit()

    def _name_the_new(self, new):
        """Every new row gets its reference before anything is planned, so that rows may point at each other."""
        bare = []
        for number, want in enumerate(new):
            want.ref = ["named-uuid", "new%d" % number]
            if len(want.key) == 1:
                column = want.entity.fields[want.identity[0]].column
                first = self._made.setdefault((want.table, column, want.key[0]), want)
                if want.entity.shared:
                    want.ref = first.ref
            if want.id:
                self._made.setdefault((want.table, ID_TAG, want.id), want)
            if want.fresh:
                want.ref = ["uuid", want.fresh]
                self._made[(want.table, "_uuid", want.fresh)] = want
            elif not self._indexed(want):
                bare.append(want)
        guarded = [w for w in bare if not self._parent_of(w) and self._is_looked_up(w)]
        if len(guarded) <= NAME_GUARDS:
            for want in guarded:
                self._named_guards.append(want)
                bare.remove(want)
        for want in bare:
            # Within a new parent nobody else can make it: the parent's own guard is enough
            if (want.key or want.id or want.entity.sole or want.entity.where) and not self._parent_is_new(want):
                want.ref = ["uuid", self._shared_uuid(want)]  # the parent's comes before

    @staticmethod
    def _is_looked_up(want):
        """Whether one condition says that there is no such row."""
        return want.entity.where or (len(want.key) == 1 and not want.entity.loose)

    def _indexed(self, want):
        """Whether the server itself keeps rows of this identity apart."""
        key = want.table, want.identity
        if key not in self._index:
            columns = {want.entity.fields[name].column for name in want.identity}
            self._index[key] = any(columns == set(index) for index in self.schema.indexes(want.table))
        return self._index[key]

    @staticmethod
    def _parent_of(want):
        return want.parent or want.entity.parents

    def _parent_is_new(self, want):
        parent = want.parent
        if isinstance(parent, Want):
            return parent.row is None and not parent.entity.singleton
        return parent is not None and parent.ref is None and (parent.table, parent.key, parent.name) in self._made

    def _shared_uuid(self, want):
        """The UUID that every writer of this row would choose: the second one is refused, and reads again."""
        parent = want.parent.ref[1] if want.parent is not None and want.parent.ref else ""
        text = json.dumps([want.table, parent, want.id or want.key or want.entity.where, self.options.salt])
        return _uuid(hashlib.sha1(text.encode()).digest(), 5)

    def _want(self, want):
        if want.settled and want.placed and not want.children and not want.id and not self._adopts:
            return
        if want.other:
            self._remove_other(want)
            return
        if want.state == "absent":
            self._remove(want)
            return
        if want.state == "context":
            for name, children in want.children.items():
                for child in children:
                    self._want(child)
                if want.row is not None:
                    self._not_childless(want, want.entity.fields[name], children)
            return
        if want.twin:
            want.ref, want.uuid, want.row = want.twin.ref, want.twin.uuid, want.twin.row
            self._join(want)
            return
        if want.row is None:
            self._create(want)
        else:
            self._update(want)
        for name, children in want.children.items():
            for child in children:
                if want.row is None or child.action != "default":  # the children of a new row only
                    self._want(child)
            if want.row is not None and isinstance(want.entity.fields[name], Child):
                self._vacate(want, want.entity.fields[name], children)
            elif name in want.purge and want.row is not None:
                self._purge_children(want, want.entity.fields[name], children)
            self._not_childless(want, want.entity.fields[name], children)

    def _not_childless(self, want, field, children):
        """A column that cannot be empty keeps a row."""
        if not self.column(want.table, field.column).min or any(child.state == "present" for child in children):
            return
        gone = {child.uuid for child in children}
        if (
            want.row is None
            or field.name in want.purge
            or gone.issuperset(self.state.members(want.table, want.uuid, field.column))
        ):
            self.problem(want, field.name, "at least one must be left")

    def _create(self, want):
        entity = want.entity
        if entity.singleton:
            self.problem(want, "", "the table %s is empty: the database is not initialised" % entity.table)
            return
        if want.uuid and want.row is None:
            return  # told already: there is no such row
        if entity.made_by:
            self.problem(want, "", "there is no %s: %s makes it, no task can" % (want.describe(), entity.made_by))
            return
        for name in want.reset:
            want.values.pop(name, None)
        if not want.key and not want.id and not want.fresh and not entity.sole and not entity.where:
            self.problem(want, "", "nothing says which %s is meant" % entity.label)
            return
        if entity.parents and want.parent is None:
            names = " or ".join(p.name for p in entity.parents)
            self.problem(want, names, "is missing: there is no %s yet, and a new one needs it" % want.describe())
            return
        if entity.shared and (want.table, want.ref[1]) in self._edits:
            self._share(want)
            return
        if entity.shared:
            self._made[want.table, entity.fields[want.identity[0]].column, want.key[0]] = want
        want.action = "created"
        edit = self.edit(want.table, want.ref)
        edit.become_new()  # where a membership was planned before the row itself, keeping that
        if want.parent is not None:
            parent = self._parent_ref(want)
            if parent is not None:
                self._put(want, want.parent.table, parent, want.holder.column, want.ref, True)
            if isinstance(want.parent, Target) and not want.parent.singleton:
                want.after[want.holder.name] = want.parent.name
        if want.id or self.options.owner:
            self._tag(want, tags(want, self.options.owner))
        shape = self._shape(want)
        for name in shape.lacking:
            if want.fresh and name in entity.label_fields:
                continue  # a row without a name, which its UUID names
            self.problem(want, name, "is missing: a new %s cannot be without it" % entity.label)
        self._new_fields(want, edit, shape)

    def _share(self, want):
        """A new row that is described in several parents, in the same words, is one."""
        first = self._made[want.table, want.entity.fields[want.identity[0]].column, want.key[0]]
        if any(first.values.get(name, value) != value for name, value in want.values.items()):
            self.problem(want, "", "is the same %s as %s, which says otherwise" % (want.describe(), first.path))
        parent = self._parent_ref(want)
        if parent is not None:
            self._put(want, want.parent.table, parent, want.holder.column, want.ref, True)

    def _shape(self, want):
        said = want.entity, *want.values, *want.children
        return self._shapes.get(said) or self._shapes.setdefault(said, _Shape(self, want, said))

    def cannot_lack(self, field, entity):
        column = self.column(entity.table, field.column)
        if isinstance(field, Value):
            return field.needed or (column is not None and column.min and column.ref_table)
        return isinstance(field, Children) and column is not None and column.min and not entity.creates

    def _parent_ref(self, want):
        parent = want.parent
        if isinstance(parent, Want):
            return parent.ref
        made = self._made.get((parent.table, parent.key, parent.name)) or self._made.get(
            (parent.table, "_uuid", parent.name)
        )
        if parent.ref or made:
            return parent.ref or made.ref
        if parent.singleton:
            self.problem(want, "", "the table %s is empty: the database is not initialised" % parent.table)
        elif len(parent.uuids) > 1:
            self.problem(
                want,
                want.holder.name,
                "%d rows of %s are named %r: %s; name one by its UUID"
                % (len(parent.uuids), parent.table, parent.name, ", ".join(sorted(parent.uuids))),
            )
        else:
            self._missing(want, want.holder.name or "", "there is no %s %s" % (words(parent.table), parent.name))
        return None

    def _tag(self, want, found):
        field = want.entity.tags
        if found and field and self.schema.has(want.table, "external_ids"):
            want.values[field] = {**want.values.get(field, {}), **found}

    def _update(self, want):
        if not self._place(want):
            return
        found = {}
        if want.id:
            found.update(tags(want, None))
        if self._adopts and self.state.owner(want.table, want.uuid) is None:
            found.update(tags(want, self.options.owner))
        if want.settled and not found:
            return
        self._tag(want, found)
        edit = self.edit(want.table, want.ref)
        self._fields(want, edit)
        if edit.columns or edit.mutations:
            self._own(want, "", "change")
            edit.conditions += [*self._still_mine(want), *want.entity.where]

    def _place(self, want):
        """Is the row where the user says it is?"""
        if want.placed or want.parent is None or (want.parent.ref is None and isinstance(want.parent, Want)):
            return True
        parent = self._parent_ref(want)
        if parent is None:
            return False
        if parent[0] == "uuid" and self.state.has_member(want.parent.table, parent[1], want.holder.column, want.uuid):
            return True
        holders = [
            (spec, found)
            for spec in (want.entity.parents or (want.holder,))
            for found in self.state.holders(getattr(spec, "table", want.parent.table), spec.column, want.uuid)
        ]
        if any(found[0] == parent[1] for spec, found in holders):
            return True
        if want.entity.shared:
            self._put(want, want.parent.table, parent, want.holder.column, want.ref, True)
            want.after["parent"] = want.parent.describe()
            want.action = "updated"
            return True
        if (want.table, want.uuid) in self.document.shared:
            self._join(want)
            return True
        names = ", ".join(
            "%s %s" % (words(getattr(spec, "table", want.parent.table)), found[1]) for spec, found in holders
        )
        if not want.move:
            self.problem(
                want,
                want.holder.name if isinstance(want.parent, Target) else "",
                "%s sits on %s; move: true moves it" % (want.describe(), names or "no parent"),
            )
            return False
        for spec, (uuid, _name) in holders:
            table = getattr(spec, "table", want.parent.table)
            self._put(want, table, ["uuid", uuid], spec.column, want.ref, False)
        self._put(want, want.parent.table, parent, want.holder.column, want.ref, True)
        want.before["parent"], want.after["parent"] = names, want.parent.describe()
        want.action = "updated"
        return True

    def _join(self, want):
        """Puts a row that stands in another parent, too, into this one."""
        parent = self._parent_ref(want)
        if parent is None or (
            parent[0] == "uuid"
            and want.uuid
            and (
                self.state.has_member(want.parent.table, parent[1], want.holder.column, want.uuid)
                or self.holds(want.parent.table, want.holder.column, parent, want.uuid)
            )
        ):
            return
        self._put(want, want.parent.table, parent, want.holder.column, want.ref, True)
        want.before["parent"], want.after["parent"] = None, want.parent.describe()
        want.action = "updated"

    def _new_fields(self, want, edit, shape):
        values, after = want.values, want.after
        for name, field, column in shape.fields:
            if column is None:
                done = field.plan(self, want, None, edit)
                shown = done and done[1]
            else:
                shown = values[name]
                if shown is not None and shown != []:
                    edit.columns[field.column] = encode(column, shown)
            if shown not in _NOTHING:
                after[name] = shown
                if column is None and isinstance(field, Map):
                    self._check_keys(want, field, shown)
        self._check_fields(want, shape.checks)

    def _fields(self, want, edit):
        fields = want.entity.fields
        for name in want.values:
            result = fields[name].plan(self, want, want.row, edit)
            if result is None:
                continue
            before, after = want.before[name], want.after[name] = result
            want.action = "updated"
            if before not in (None, [], "") and after in (None, [], "") and getattr(fields[name], "needed", False):
                self.problem(want, name, "must not be empty")
            if isinstance(fields[name], Map):
                self._check_keys(want, fields[name], [key for key in after if key not in (before or ())])
        self._check_fields(want, want.entity.checks_of(want.before))

    def _check_fields(self, want, checks):
        for check in checks:
            after = {name: self._after(want, want.entity.fields[name]) for name in check.fields}
            self._judge(want, check, check.function(after, want.after))

    def _judge(self, want, check, said):
        for name, message in said:
            if check.harmless and self.document.mode:
                self.plan.warnings.append("%s.%s: %s" % (want.path, name, message))
            elif check.lacking:
                self._missing(want, name, message)
            else:
                self.problem(want, name, message)

    def _check_keys(self, want, field, keys):
        """The keys of options have no schema: those that OVN does not document, or not yet for this server's release, are told."""
        if want.entity.database == "OVN_Northbound":
            from .._model.nb import options

            def doubt(key):
                return options.doubt(want.table, field.column, key, self.schema.version)
        elif (want.table, field.column) == ("Open_vSwitch", "external_ids"):
            from .._model.ovs import settings
            from .._netns.host import version_of

            def doubt(key):
                return settings.doubt(key, functools.partial(version_of, "ovn-controller"))
        else:
            return
        for key in keys:
            message = doubt(key)
            if message and self.options.strict:
                self.problem(want, "%s[%s]" % (field.name, key), message)
            elif message and (want.table, field.column, key) not in self._doubted:
                self._doubted.add((want.table, field.column, key))
                self.plan.warnings.append(
                    "%s[%s]: %s" % (".".join(filter(None, (want.path, field.name))), key, message)
                )

    def _after(self, want, field):
        """A field's whole value once the task is done."""
        current = None
        if want.row is not None and field.column in want.row:
            current = decode(self.schema.column(want.table, field.column), want.row[field.column])
        if field.name not in want.values:
            return current
        wanted = want.values[field.name]
        if isinstance(field, Map):
            merged = dict(current or {}) if field.name not in want.purge else {}
            for key, value in wanted.items():
                if value is None:
                    merged.pop(key, None)
                else:
                    merged[key] = value
            return merged
        return wanted

    # -- taking away ----------------------------------------------------------------------------------------------

    def _own(self, want, field, verb):
        """Refuses to touch what somebody else made."""
        owner = self.state.owner(want.table, want.uuid)
        mine = self.options.owner
        if owner == mine or self.options.force or want.entity.keys_owned:
            return True
        if owner is None:
            if self.options.adopt or not want.entity.tags or not self.schema.has(want.table, "external_ids"):
                return True
            message = "%s has no owner; adopt: true lets %r %s it" % (want.describe(), mine, verb)
        else:
            message = "%s belongs to the owner %r; this task %s" % (
                want.describe(),
                owner,
                "is %r" % mine if mine else "gives no owner",
            )
        self.problem(want, field, message)
        return False

    def _still_mine(self, want):
        """The conditions under which ``_own`` said yes."""
        owner = self.state.owner(want.table, want.uuid)
        if (
            self.options.force
            or want.entity.keys_owned
            or (owner is None and not self.options.owner)
            or "external_ids" not in (want.row or ())
        ):
            return []
        if owner is None:  # no condition says that a key is not there
            return [["external_ids", "==", want.row["external_ids"]]]
        return [["external_ids", "includes", ["map", [[OWNER_TAG, owner]]]]]

    def _remove(self, want):
        if want.row is None:
            return
        if want.entity.singleton:
            self.problem(want, "state", "this row always exists")
            return
        places = []
        if want.entity.parents or want.parent is not None:
            places = self._places(want)
            if not places and want.parent is not None:
                return  # it lives elsewhere: from this parent it is absent
        if not self._own(want, "state", "delete"):
            return
        if not self._take(want.table, want.uuid, want, "state"):
            return
        want.action = "deleted"
        self._show_deleted(want)
        self.rely(want.table, want.ref, *self._still_mine(want), *want.entity.where)
        for table, column, uuid in places:
            self._put(want, table, ["uuid", uuid], column, want.ref, False)
        self._along += self.state.along.get(want.uuid, ())
        if not places:
            self._deletes.append(want)

    def _remove_other(self, want):
        """A row of this owner that the document does not describe."""
        self.plan.purged.append(want.describe())
        if (want.table, want.uuid) in self._referred():
            self.problem(
                want,
                "",
                "%s is this owner's and would go, for it is not described; but %s refers to it"
                % (want.describe(), self._referred()[(want.table, want.uuid)]),
            )
            return
        if not self._take(want.table, want.uuid, want, ""):
            return
        want.action = "deleted"
        self._show_deleted(want)
        self.rely(want.table, want.ref, *self._still_mine(want))
        if self.schema.is_root(want.table):
            self._deletes.append(want)
            return
        for table, column in strong_holders(self.schema, want.table):
            for uuid, _name in self.state.holders(table, column, want.uuid):
                if (table, uuid) not in self._others:
                    self._put(want, table, ["uuid", uuid], column, want.ref, False)

    def _referred(self):
        """What the document refers to: {(table, uuid): path}."""
        if self._referred_to is None:
            self._referred_to = {}
            for want in self.document.every():
                for name, value in want.values.items() if want.state == "present" else ():
                    field = want.entity.fields[name]
                    for target in field.targets(value) if field.ref else ():
                        if isinstance(field, Members) and not value[target]:
                            continue
                        row = self.document.targets[(field.ref, target)].uuid
                        self._referred_to.setdefault((field.ref, row), "%s.%s" % (want.path, name))
        return self._referred_to

    def _show_deleted(self, want):
        for name, field in want.entity.fields.items():
            if isinstance(field, (Value, Map)) and not field.ref and field.column in want.row:
                value = decode(self.schema.column(want.table, field.column), want.row[field.column])
                if value not in (None, [], {}, ""):
                    want.before[name] = value

    def _places(self, want):
        """Where to take a child out: of the parent that was named, or else of all that hold it."""
        if want.parent is not None:
            parent = want.parent.ref
            if parent is None:
                return []
            table, column = want.parent.table, want.holder.column
            held = self.state.has_member(table, parent[1], column, want.uuid) or self.holds(
                table, column, parent, want.uuid
            )
            return [(table, column, parent[1])] if held else []
        return [
            (spec.table, spec.column, uuid)
            for spec in want.entity.parents
            for uuid, name in self.state.holders(spec.table, spec.column, want.uuid)
        ]

    def _take(self, table, uuid, want, field):
        """May this row go, with all that garbage collection takes along, and will the server let it?"""
        if not self.options.force:
            foreign = [
                show(self.state, t, u)
                for t, u in doomed(self.state, table, uuid)
                if self.state.owner(t, u) not in (self.options.owner, None)
                or (
                    self.options.owner
                    and self.state.owner(t, u) is None
                    and not self.options.adopt
                    and self.schema.has(t, "external_ids")
                )
            ]
            if foreign:
                self.problem(
                    want,
                    field,
                    "deleting %s would delete what is not this owner's: %s; force: true deletes it all"
                    % (
                        want.describe(),
                        ", ".join(sorted(foreign)[:10])
                        + (" and %d more" % (len(foreign) - 10) if len(foreign) > 10 else ""),
                    ),
                )
                return False
            for t, u in [(table, uuid), *doomed(self.state, table, uuid)]:
                row = self.state.row(t, u) or {}
                inside = [[c, "==", row[c]] for c, other in strong_columns(self.schema, t) if c in row]
                if inside:  # who comes in at the last moment may be somebody else's
                    self.rely(t, ["uuid", u], *inside)
        self._taken_along.update(dict.fromkeys([(table, uuid), *doomed(self.state, table, uuid)]))
        self._in_use.append((want, field, table, uuid))
        return True

    def _vacate(self, want, field, children):
        """What stands in the one place of a Child goes, unless it is what is wanted."""
        for uuid in self.state.members(want.table, want.uuid, field.column):
            if any(child.uuid == uuid or child.state == "absent" for child in children):
                continue
            if field.entity.shared or self._take(field.ref, uuid, want, field.name):
                label = self._label(field, uuid)
                if not children:
                    self._put(want, want.table, want.ref, field.column, ["uuid", uuid], False)
                want.before[field.name] = label
                want.after[field.name] = children[0].name if children else None
                want.action = "updated"

    def _label(self, field, uuid):
        row = self.state.row(field.ref, uuid) or {}
        parts = [
            str(decode(self.schema.column(field.ref, c), row[c]))
            for c in field.entity.label_columns
            if c in row and row[c] != ["set", []]
        ]
        return " ".join(parts) or uuid

    def _check_users(self):
        """A row that goes may be referred to only by what goes, or by what this task makes refer to it no more."""
        deleted = {(want.table, want.uuid) for want in self._deletes}
        for want, field, table, uuid in self._in_use:
            users = []
            for t, column in referrers(self.schema, table):
                for holder, name in self.state.holders(t, column, uuid):
                    if (t, holder) in deleted or self._lets_go(t, holder, column, uuid):
                        continue
                    kind = self.column(t, column)
                    if (t, holder) in self._taken_along and not kind.min:
                        # The server counts the references of rows that it is about to collect, too
                        edit = self.edit(t, ["uuid", holder])
                        if kind.is_scalar:
                            edit.columns[column] = ["set", []]
                        else:
                            edit.member(column, ["uuid", uuid], False)
                        continue
                    users.append("%s %s" % (words(t), name))
            if users:
                self.problem(want, field, "%s is in use by %s" % (want.describe(), ", ".join(sorted(users))))

    def _lets_go(self, table, holder, column, uuid):
        edit = self._edits.get((table, holder))
        return edit is not None and (
            column in edit.columns
            or ["uuid", uuid] in edit._members.get((column, False), ())
            or any(m[0] == column and m[1] == "delete" and ["uuid", uuid] in m[2][1] for m in edit.mutations)
        )

    def _purge_children(self, want, field, children):
        kept = {child.uuid for child in children}
        for uuid in self.state.members(want.table, want.uuid, field.column):
            if (
                uuid in kept
                or (field.ref, uuid) in self._others
                or not self.in_scope(field.ref, uuid, want)
                or not self._take(field.ref, uuid, want, "purge")
            ):
                continue
            label = self._label(field, uuid)
            self.edit(want.table, want.ref).member(field.column, ["uuid", uuid], False)
            self.count_purged(want, "%s %s" % (field.entity.label, label))
            want.before.setdefault(field.name, []).append(label)
            want.after.setdefault(field.name, [])
            want.action = "updated"

    def _check_texts(self, wants):
        """References that OVN keeps as text may come before what they name: that is told, and refused only if asked to."""
        for want in wants:
            for field, table, name in new_texts(self.state, want) if want.action != "unchanged" else ():
                if (table, name) in self.state.known or (table, "name", name) in self._made:
                    continue
                message = "there is no %s %s" % (words(table), name)
                if self.options.strict:
                    self.problem(want, field, message)
                else:
                    path = ".".join(part for part in (want.path, field) if part)
                    self.plan.warnings.append("%s: %s yet" % (path, message))

    def _check_around(self, wants):
        """The rules that look at other rows, too, as these will be."""
        asked = []
        for want in wants:
            for check, here in looks_around(self.state, want) if want.action in ("created", "updated") else ():
                # one that moves is a new one there
                if want.row is None or "parent" in want.before or not want.before.keys().isdisjoint(check.fields):
                    asked.append((want, check, here))
        if not asked:
            return
        self._mentioned = {(want.table, want.uuid) for want in wants if want.uuid}
        self._inside = {}  # (the row or the want that holds them, column) -> wants
        for want in wants:
            here = home(self.state, want)
            if here and want.state == "present":
                self._inside.setdefault((self._place_of(want, here), here[2]), []).append(want)
        found = {}
        for want, check, here in asked:
            around, place = check.around, self._place_of(want, here)
            if place is None:
                continue  # told already: there is no such parent
            groups = found.get((place, around))
            if groups is None:
                groups = found[place, around] = self._rows_around(want, around, here, place)
            alike = tuple([self._alike(want, name) for name in around.alike])
            others = groups.get(alike, {}).values()
            rows = [facts for who, facts in others if who is None or (who is not want and who != want.uuid)]
            after = {name: self._told(want, want.entity.fields[name]) for name in check.fields}
            self._judge(want, check, check.function(after, want.after, rows))

    @staticmethod
    def _place_of(want, here):
        """What holds a row: (table, uuid), or the want of a row that is new."""
        if here[1]:
            return here[:2]
        return want.parent if isinstance(want.parent, Want) else None

    def _rows_around(self, want, around, here, place):
        """{what they have alike: {a key: [a want or a row's UUID, {column: value}]}}; who is None where several are the same."""
        if around.column is None:
            parent = want.parent if isinstance(want.parent, Want) else self.state.row(*place)
            return {(): {None: [None, self._facts(here[0], parent, around.columns)]}}
        groups = {}

        def add(alike, who, row, uuid):
            facts = self._facts(table, row, around.columns, uuid)
            # Of very many that share something, most say the same
            found = groups.setdefault(alike, {}).setdefault(str(facts) if around.alike else uuid, [who, facts])
            if found[0] is not who:
                found[0] = None

        table = self.column(here[0], around.column).ref_table
        for uuid in self.state.members(*place, around.column) if here[1] else ():
            row = self.state.row(table, uuid)
            if row is not None and (table, uuid) not in self._mentioned and (table, uuid) not in self._taken_along:
                fields = [want.entity.fields[name] for name in around.alike]
                alike = tuple([f.identity_value(decode(self.column(table, f.column), row[f.column])) for f in fields])
                add(alike, uuid, row, None if around.alike else uuid)
        for other in self._inside.get((place, around.column), ()):
            alike = tuple([self._alike(other, name) for name in around.alike])
            add(alike, other, other, None if around.alike else other.ref[1])
        return groups

    def _alike(self, want, name):
        field = want.entity.fields[name]
        return field.identity_value(self._after(want, field))

    def _facts(self, table, who, columns, uuid=None):
        """Columns of a row, or of what a want will be."""
        facts = {"_uuid": uuid}
        for name in columns:
            column = self.column(table, name)
            if column is None:
                facts[name] = None
            elif not isinstance(who, Want):
                facts[name] = decode(column, who[name])
            else:
                field = next((field for field in who.entity.fields.values() if field.column == name), None)
                facts[name] = self._told(who, field) if field else who.row and decode(column, who.row[name])
        return facts

    def _told(self, want, field):
        """A field's whole value once the task is done, references as UUIDs or as this task's names of new rows."""
        if isinstance(field, Children):
            kept = dict.fromkeys(self.state.members(want.table, want.uuid, field.column) if want.uuid else ())
            for child in want.children.get(field.name, ()):
                kept.pop(child.uuid, None)
                if child.state == "present" and child.ref:
                    kept[child.ref[1]] = None
            return [each for each in kept if (field.ref, each) not in self._taken_along]
        value = self._after(want, field)
        if not field.ref or field.name not in want.values or not isinstance(value, str):
            return value
        target = self.document.targets[field.ref, value]
        made = self._made.get((field.ref, target.key, value)) or self._made.get((field.ref, "_uuid", value))
        return (target.ref or (made and made.ref) or ["", None])[1]

    def _check_doubles(self):
        """An id tells entries apart, but what it stands for must differ, too, from what it is beside of."""
        for want, other in self.document.doubles:
            for each in (want, other):
                fresh = each.row is None and not each.fresh
                if want.state == other.state == "present" and (
                    fresh or not each.before.keys().isdisjoint(each.identity)
                ):
                    self.problem(want, "", "is the same %s as %s" % (want.describe(), other.path or "the task's own"))
                    break

    def _check_distinct(self, wants):
        """No two rows of one parent share what must be theirs alone (what stands is not judged)."""
        groups, beside = {}, {}
        wants = [want for want in wants if want.entity.distinct and want.state == "present"]
        if all(want.action == "unchanged" for want in wants):
            return
        for want in wants:
            here = home(self.state, want)
            if here and here[1]:
                beside.setdefault(here, []).append(want)
            for rule in want.entity.distinct if want.action != "unchanged" else ():
                fresh = fresh_parts(self.state, want, rule)
                if here and fresh:
                    parent = want.parent if here[1] is None else here
                    groups.setdefault((rule, id(parent) if here[1] is None else parent), []).append((want, here, fresh))
        mentioned = {want.uuid for want in self.document.every() if want.uuid} if groups else ()
        for (rule, _parent), members in groups.items():
            want, here, fresh = members[0]
            taken = {}  # part -> who has it: a want, or a row's name
            for uuid in self.state.members(*here) if here[1] else ():
                if uuid not in mentioned:
                    self._taken(taken, want, rule, self.state.row(want.table, uuid))
            changing = {id(other) for other, _here, _fresh in members}
            for other in beside[here] if here[1] else ():  # those that keep what they have, or only lose some of it
                if other.table == want.table and other.row is not None and id(other) not in changing:
                    kept = (
                        rule.of(other.values[rule.field])
                        if rule.field in other.values
                        else self._parts(other, rule, other.row)
                    )
                    taken.update(dict.fromkeys(kept, other))
            for want, _here, fresh in members:
                for part in sorted(taken.keys() & fresh):
                    name = getattr(taken[part], "name", taken[part])
                    if name != want.name:
                        self.problem(want, rule.field, rule.message % (part, name))
                taken.update(dict.fromkeys(fresh, want))

    def _check_unique(self, wants):
        """What no two rows of a table may have."""
        changing = (w for w in wants if w.action != "unchanged" and not w.twin)
        said = [
            each for each in unique_values(self.schema, changing) if each[0].row is None or each[1] in each[0].before
        ]
        if not said:
            return
        mine = {(want.table, want.uuid): want for want in wants if want.uuid}
        taken, standing = {}, {}
        for want, name, column, value in said:
            other = taken.setdefault((want.table, column, value), want)
            if other is not want:
                self.problem(want, name, "%s is that of %s already" % (value, other.path))
            rows = standing.get((want.table, column))
            if rows is None:
                rows = standing[want.table, column] = {}
                for uuid, row in self.state.rows.get(want.table, {}).items():
                    holder = mine.get((want.table, uuid))
                    leaves = holder is not None and name in holder.values and holder.action != "unchanged"
                    if isinstance(row.get(column), list) or leaves or (want.table, uuid) in self._taken_along:
                        continue
                    if column in row:
                        rows[row[column]] = uuid
            if rows.get(value, want.uuid) != want.uuid:
                self.problem(want, name, "%s is that of the %s already" % (value, self._called(want, rows[value])))

    def _called(self, want, uuid):
        row = self.state.row(want.table, uuid)
        words = [str(decode(self.column(want.table, c), row[c])) for c in want.entity.label_columns if c in row]
        return " ".join((want.entity.label, *words))

    def _parts(self, want, rule, row):
        column = want.entity.fields[rule.field].column
        found = rule.of(decode(self.schema.column(want.table, column), row[column]))
        if rule.also and rule.also in row:
            held = decode(self.schema.column(want.table, rule.also), row[rule.also])
            found |= rule.of([held] if isinstance(held, str) else held)
        return found

    def _taken(self, taken, want, rule, row):
        name = " ".join(str(row[c]) for c in want.entity.label_columns) if row else ""
        taken.update(dict.fromkeys(self._parts(want, rule, row) if row else (), name))

    def _check_deletes(self):
        limit = self.options.max_deletes
        if limit is not None and 0 <= limit < len(self.plan.purged):
            self.document.problem(
                "max_deletes",
                "the purge would take away %d, more than max_deletes=%d: %s"
                % (len(self.plan.purged), limit, "; ".join(self.plan.purged)),
            )

    # -- the transaction ------------------------------------------------------------------------------------------

    def _emit(self):
        plan = self.plan
        new, standing = [], []
        for edit in self._edits.values():
            if not edit.empty:
                (new if edit.new else standing).append(edit)
        for want in self._named_guards:
            where = want.entity.where if want.action == "created" else ()
            if want.identity and (want.action == "created" or want.identity[0] in want.after):
                where = [[want.entity.fields[want.identity[0]].column, "==", want.key[0]]]
            if where:
                plan.guards.append(
                    {
                        "op": "wait",
                        "table": want.table,
                        "where": where,
                        "columns": ["_uuid"],
                        "until": "==",
                        "rows": [],
                        "timeout": 0,
                    }
                )
        made_here = {edit.ref[1] for edit in new}
        for edit in standing:
            self.rely(edit.table, edit.ref, *edit.all_conditions(made_here))
        for want in self._deletes:
            self.rely(want.table, want.ref)
        for (table, uuid), conditions in self._relied.items():
            if uuid in made_here:
                continue
            plan.guards.append(exists(table, ["uuid", uuid], conditions))
        # Parents first, as they were planned: this costs the server a tenth less than children that nothing refers to yet. But see Plan.sign
        signed = next((edit for edit in new if edit.ref[0] == "named-uuid"), None)
        new.sort(key=lambda edit: edit is not signed)
        made = {(w.table, w.ref[1]): w for w in self.plan.wants if w.action in ("created", "default") and w.ref}
        for edit in new:
            operation = {"op": "insert", "table": edit.table, "row": edit.row(self.schema)}
            operation["uuid-name" if edit.ref[0] == "named-uuid" else "uuid"] = edit.ref[1]
            plan.inserted[len(plan.operations)] = made.get((edit.table, edit.ref[1]))
            plan.operations.append(operation)
        for edit in standing:
            where = [["_uuid", "==", edit.ref]]
            if edit.columns:
                plan.operations.append({"op": "update", "table": edit.table, "where": where, "row": edit.columns})
            mutations = edit.all_mutations()
            if mutations:
                plan.operations.append({"op": "mutate", "table": edit.table, "where": where, "mutations": mutations})
        for table, uuid in [(want.table, want.uuid) for want in self._deletes] + self._along:
            plan.operations.append({"op": "delete", "table": table, "where": [["_uuid", "==", ["uuid", uuid]]]})


def _uuid(data, version):
    """RFC 4122, 4.3 and 4.4: a UUID made of a hash, or of random bytes."""
    raw = bytearray(data[:16])
    raw[6] = (raw[6] & 0x0F) | version << 4
    raw[8] = (raw[8] & 0x3F) | 0x80
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def exists(table, ref, conditions=()):
    """A guard: the row is there, and still as it was when this was decided. A mutate of no row would be a success."""
    return {
        "op": "wait",
        "table": table,
        "where": [["_uuid", "==", ref], *conditions],
        "columns": ["_uuid"],
        "until": "==",
        "rows": [{"_uuid": ref}],
        "timeout": 0,
    }
