# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of any table: what ``ovn_row`` does. The entity of each entry is made from the server's own schema."""

from __future__ import annotations

import json

from .._model.kinds import ID_TAG, Entity, Map, Members, Parent, Value
from .._ovsdb.arguments import OVN_ARGUMENTS, OVS_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import check_column, check_table, is_uuid, name_column, parse_where
from .runner import write
from .state import strong_holders
from .want import InvalidError, suggestion

DATABASES = {"northbound": "OVN_Northbound", "southbound": "OVN_Southbound", "open_vswitch": "Open_vSwitch"}
#: What an entry of ``objects`` may say.
ENTRY = ("table", "where", "uuid", "columns", "parent", "state", "purge", "move")


def argument_spec():
    return {
        **OVN_ARGUMENTS,
        "ovs": OVS_ARGUMENTS["ovs"],
        "database": {"type": "str", "choices": list(DATABASES), "required": True},
        "table": {"type": "str"},
        "where": {"type": "raw"},
        "uuid": {"type": "str"},
        "columns": {"type": "dict"},
        "parent": {
            "type": "dict",
            "options": {
                "table": {"type": "str", "required": True},
                "row": {"type": "str", "required": True},
                "column": {"type": "str"},
            },
        },
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "objects": {"type": "list", "elements": "dict"},
        "purge": {"type": "list", "elements": "str"},
        "max_deletes": {"type": "int", "default": 10},
        "move": {"type": "bool", "default": False},
        "owner": {"type": "str"},
        "adopt": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "expect_plan": {"type": "str"},
        "wait": {"type": "str", "choices": ["none", "sb", "hv"], "default": "none"},
        "wait_timeout": {"type": "float", "default": 30},
        "wait_chassis": {"type": "list", "elements": "str"},
    }


def run_row():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    conclude(module, lambda: apply(module.params, module.check_mode))


def apply(params, check_mode=False):
    """The module's result, with ``warnings`` in it; raises OvnError."""
    database = params["database"]
    if database != "northbound" and params["wait"] != "none":
        raise OvnError("wait: only for the northbound database: nb_cfg is counted there")
    defaults = {name: params[name] for name in ENTRY if params[name] is not None}
    entries = [(defaults, "")]
    if params["objects"] is not None:
        entries = [
            ({**defaults, **{key: value for key, value in entry.items() if value is not None}}, "objects[%d]." % place)
            for place, entry in enumerate(params["objects"])
        ]
    with open_session(params, DATABASES[database]) as session:
        wanted, problems = [], []
        for entry, at in entries:
            try:
                wanted.append(_Entry(session, entry, at, problems).wanted())
            except OvnError as exc:
                problems.append(("", str(exc)))
        if problems:
            raise InvalidError(problems)
        return write(session, wanted, params, check_mode)


class _Entry:
    """One entry of a task, turned into an entity and what is wanted of it."""

    def __init__(self, session, entry, at, problems):
        self.session, self.schema = session, session.schema
        self.entry, self.at, self.problems = entry, at, problems

    def problem(self, option, message):
        self.problems.append((self.at + option, message))

    def wanted(self):
        """(entity, raw entry, path) for the engine."""
        entry, schema = self.entry, self.schema
        for option in entry:
            if option not in ENTRY:
                self.problem(str(option), "unknown" + suggestion(option, ENTRY))
        if not isinstance(entry.get("table"), str):
            raise OvnError("%stable: is missing: it says of which table the row is" % self.at)
        self.table = check_table(schema, entry["table"], self.at + "table")
        where, columns = entry.get("where"), entry.get("columns") or {}
        if not isinstance(columns, dict):
            raise OvnError("%scolumns: expected a dictionary" % self.at)
        single = schema.is_single(self.table)
        if single and (where or entry.get("uuid")):
            self.problem("where" if where else "uuid", "%s has one row, which needs no telling" % self.table)
        elif not single and bool(where) is bool(entry.get("uuid")):
            self.problem("where", "just one of where and uuid must say which row of %s is meant" % self.table)
        for name in columns:
            check_column(schema, self.table, name, self.at + "columns")
            if name == "_uuid":
                self.problem("columns", "_uuid is given by the server")
        clauses = parse_where(self.session, self.table, where, self.at + "where") if where else []
        columns = {name: value for name, value in columns.items() if value is not None}
        changed = {name for name, value in columns.items() if self._is_mutation(name, value)}
        self._hold_what_is_looked_for(where, columns, changed)
        fields = [self._field(name, columns.get(name), name in changed) for name in schema.column_names(self.table)]
        raw = {"columns." + n: self._members(n, v) if n in changed else v for n, v in columns.items()}
        parents, parent = self._parents()
        raw.update(parent)
        raw.update((option, entry[option]) for option in ("state", "uuid", "move") if entry.get(option) is not None)
        raw["purge"] = ["columns." + str(name) for name in entry.get("purge") or ()]
        entity = Entity(
            self.table,
            fields=fields,
            parents=parents,
            singleton=single,
            database=schema.name,
            where=[clause.wire() for clause in clauses],
            title=_title(where),
        )
        return entity, raw, self.at[:-1]

    # -- fields -------------------------------------------------------------------------------------------------------

    def _is_mutation(self, name, value):
        """Whether a set is changed by ``insert`` and ``delete``, and not given whole."""
        column = self.schema.column(self.table, name)
        return isinstance(value, dict) and column is not None and not column.is_map and not column.is_scalar

    def _field(self, name, value, mutated):
        column = self.schema.column(self.table, name)
        if column.is_map:
            return Map("columns." + name, name)
        ref = column.ref_table
        needed = not mutated and not _has_default(column)
        field = (
            Members("columns." + name, name, ref=ref)
            if mutated
            else Value("columns." + name, name, ref=ref, many=not column.is_scalar, needed=needed)
        )
        if ref:
            field.key_column = _key_of(self.schema, ref)
            if field.key_column == ID_TAG and not self.schema.has(ref, "external_ids"):
                self._only_uuids(name, value, ref)
        return field

    def _only_uuids(self, name, value, table):
        """A table whose rows have neither names nor ids."""
        if isinstance(value, dict):
            value = [item for change in value.values() for item in (change if isinstance(change, list) else [change])]
        for item in value if isinstance(value, list) else [value]:
            if item not in (None, "") and not is_uuid(item):
                self.problem("columns.%s" % name, "rows of %s have no name: expected a UUID, not %r" % (table, item))

    def _members(self, name, change):
        found = []
        for how, members in change.items():
            if how not in ("insert", "delete"):
                self.problem("columns.%s.%s" % (name, how), "unknown; a set is changed by insert and delete")
                continue
            for member in members if isinstance(members, list) else [] if members is None else [members]:
                found.append(member if how == "insert" else {"name": member, "state": "absent"})
        return found

    def _hold_what_is_looked_for(self, where, columns, changed):
        """A new row gets what it was looked for by. To look for one value and to set another is refused."""
        for name, value in self._equalities(where):
            column = self.schema.column(self.table, name)
            if name == "_uuid":
                self.problem("where", "_uuid is the option uuid")
            elif column is None or value is None or value == []:
                continue
            elif column.is_map:
                mine = columns.get(name) or {}
                if isinstance(mine, dict):
                    self._must_agree(name, all(mine.get(key, value[key]) == value[key] for key in value))
                    columns[name] = {**mine, **value}
            elif column.is_scalar:
                self._must_agree(name, columns.setdefault(name, value) == value)
            else:
                members = value if isinstance(value, list) else [value]
                if name in columns and name not in changed:
                    whole = columns[name] if isinstance(columns[name], list) else [columns[name]]
                    self._must_agree(name, all(member in whole for member in members))
                    continue
                mine = columns.get(name, {})
                gone = mine.get("delete") or []
                self._must_agree(name, not any(m in (gone if isinstance(gone, list) else [gone]) for m in members))
                more = mine.get("insert") or []
                columns[name] = {**mine, "insert": [*(more if isinstance(more, list) else [more]), *members]}
                changed.add(name)

    @staticmethod
    def _equalities(where):
        for item in where if isinstance(where, list) else [where or {}]:
            if isinstance(item, dict):
                yield from item.items()
            elif item[1] in ("==", "includes"):
                yield item[0], item[2]

    def _must_agree(self, name, agrees):
        if not agrees:
            self.problem(
                "columns.%s" % name,
                "where looks for another value, and would not find the row again; uuid finds it whatever %s is" % name,
            )

    # -- parents ------------------------------------------------------------------------------------------------------

    def _parents(self):
        """The places where rows of a table that is no root live, and which of them is meant."""
        schema, given = self.schema, self.entry.get("parent")
        places = [] if schema.is_root(self.table) else strong_holders(schema, self.table)
        if given is None:
            return [self._parent(*place) for place in places], {}
        if not isinstance(given, dict) or not given.get("table") or not given.get("row"):
            raise OvnError("%sparent: expected a dictionary with table and row" % self.at)
        for option in given:
            if option not in ("table", "row", "column"):
                self.problem("parent.%s" % option, "unknown" + suggestion(option, ("table", "row", "column")))
        mine = [place for place in places if place[0] == given["table"] and given.get("column") in (None, place[1])]
        if len(mine) != 1:
            known = ", ".join("%s:%s" % place for place in (mine or places))
            self.problem(
                "parent.column" if len(mine) > 1 else "parent",
                "rows of %s live in %s" % (self.table, known)
                if places
                else "rows of %s stand by themselves" % self.table,
            )
            return [], {}
        if schema.is_single(given["table"]):
            return [self._parent(*place) for place in places], {}
        parent = self._parent(*mine[0])
        parent.name = "parent.row"
        if parent.key == ID_TAG and not is_uuid(given["row"]):
            self.problem("parent.row", "rows of %s have no name: expected a UUID" % given["table"])
        others = [self._parent(*place) for place in places if place != mine[0]]
        return [parent, *others], {"parent.row": given["row"]}

    def _parent(self, table, column):
        name = "parent (table: %s, column: %s)" % (table, column)
        return Parent(name, table, column, _key_of(self.schema, table), self.schema.is_single(table))


def _has_default(column):
    """Whether the server makes a row of which nothing is said of this column."""
    if not column.min or column.ref_table:
        return not column.min
    return column.is_scalar and Value("").holds(column, column.default)


def _key_of(schema, table):
    """The column that names rows of a table, or ID_TAG where there is none."""
    name = name_column(schema, table)
    return ID_TAG if name in (None, "external_ids") else name


def _title(where):
    """Conditions as ``ovn-nbctl find`` takes them."""
    found = []
    for item in where if isinstance(where, list) else [where or {}]:
        if isinstance(item, list):
            found.append(" ".join(map(str, item)))
            continue
        for name, value in item.items() if isinstance(item, dict) else ():
            if isinstance(value, dict):
                found.extend("%s:%s=%s" % (name, key, value[key]) for key in value)
            else:
                found.append("%s=%s" % (name, value if not isinstance(value, (list, bool)) else json.dumps(value)))
    return ", ".join(found)
