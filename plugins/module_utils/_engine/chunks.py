# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One large plan as several transactions: a RAFT cluster's leader that is busy with one for too long is voted out.

Each chunk can be committed by itself: what refers to a new row comes after it, a row that lives in another comes with its place
there, and what happens to one row that moves stays together.
"""

from __future__ import annotations

import json
import re

from .plan import exists

_NAMED = re.compile(r'\["named-uuid","(\w+)"\]')
_NAME = re.compile(r'"uuid-name":"(\w+)"')


class _Unit:
    """Operations that must be committed together."""

    __slots__ = ("operations", "places", "after")

    def __init__(self, *operations):
        self.operations = list(operations)
        self.places = []  # (table, uuid, column, uuid of a new row): where new rows are put
        self.after = []  # UUIDs of new rows that it refers to


def split(plan, schema, limit):
    """The transactions by which a plan is written, each with its guards; and {place in plan.operations: UUID} of new rows."""
    operations = _with_uuids(plan.operations)
    if "uuid-name" in plan.operations[0]:
        plan.mark = operations[0]["uuid"]  # as Plan.sign does
    table_of = {op["uuid"]: op["table"] for op in operations if op["op"] == "insert"}
    units = {op["uuid"]: _Unit(op) for op in operations if op["op"] == "insert"}
    inside = {}  # uuid of a new row -> of the one in whose only place it lives
    standing = []
    for op in operations:
        if op["op"] == "insert":
            _move_out(op, schema, units, inside)
        elif op["op"] == "mutate":
            _move_out_mutations(op, schema, units)
        if op["op"] != "insert" and op.get("mutations") != []:
            standing.append(op)
    for uuid, parent in inside.items():
        while parent in inside:
            parent = inside[parent]
        units[parent].operations += units[uuid].operations
        units[parent].places += units[uuid].places
        units[uuid] = units[parent]
    for unit in units.values():
        found = dict.fromkeys([*_refs(unit.operations), *(place[1] for place in unit.places)])
        unit.after = [uuid for uuid in found if uuid in table_of and units[uuid] is not unit]
    ordered = _ordered(units) + [_Unit(*group) for group in _together(standing, schema)]
    uuids = {place: op["uuid"] for place, op in enumerate(operations) if op["op"] == "insert"}
    return list(_packed(ordered, plan.guards, table_of, limit)), uuids


def _packed(units, guards, new, limit):
    """The units as transactions. Each is guarded where its rows are first touched, and later by their being there."""
    guard_of = {guard["where"][0][2][1]: guard for guard in guards if guard["where"][0][0] == "_uuid"}
    begin = [guard for guard in guards if guard["where"][0][0] != "_uuid"]
    table_of = {**{uuid: guard["table"] for uuid, guard in guard_of.items()}, **new}
    used = set()
    for chunk in _filled(units, limit):
        operations = [op for unit in chunk for op in unit.operations]
        made = {op["uuid"] for op in operations if op["op"] == "insert"}
        places = {}
        for unit in chunk:
            for table, uuid, column, child in unit.places:
                places.setdefault((table, uuid, column), []).append(["uuid", child])
        operations += [_put(table, uuid, column, refs) for (table, uuid, column), refs in places.items()]
        touched = dict.fromkeys(uuid for uuid in _refs(operations) if uuid in table_of and uuid not in made)
        here = [guard_of[u] if u in guard_of and u not in used else exists(table_of[u], ["uuid", u]) for u in touched]
        used.update(touched)
        yield [*begin, *here, *operations]
        begin = []


def _filled(units, limit):
    chunk, size = [], 0
    for unit in units:
        if chunk and size + len(unit.operations) > limit:
            yield chunk
            chunk, size = [], 0
        chunk.append(unit)
        size += len(unit.operations)
    if chunk:
        yield chunk


def _with_uuids(operations):
    """The operations with a UUID for each new row: names end with their transaction."""
    import uuid

    names = {op["uuid-name"]: str(uuid.uuid4()) for op in operations if "uuid-name" in op}
    text = json.dumps(operations, separators=(",", ":"))
    # Within a text all quotes are escaped, so that these are found only where the wire's notation has them
    text = _NAMED.sub(lambda found: '["uuid","%s"]' % names[found.group(1)], text)
    text = _NAME.sub(lambda found: '"uuid":"%s"' % names[found.group(1)], text)
    return json.loads(text)


def _lives_in(column, schema):
    """Whether rows that the column refers to are there as long as it refers to them."""
    return column.ref_table and not column.weak and not schema.is_root(column.ref_table)


def _members(value):
    return value[1] if value[0] == "set" else [value]


def _move_out(op, schema, units, inside):
    """Takes new rows that live in this new one out of its columns; what cannot be empty, or has one place, keeps them."""
    row = op["row"]
    for name, value in list(row.items()):
        column = schema.column(op["table"], name)
        if not _lives_in(column, schema):
            continue
        new = [ref for ref in _members(value) if ref[1] in units]
        if column.is_scalar or column.min:
            inside.update((ref[1], op["uuid"]) for ref in new)
            continue
        for ref in new:
            units[ref[1]].places.append((op["table"], op["uuid"], name, ref[1]))
        row[name] = ["set", [ref for ref in _members(value) if ref[1] not in units]]


def _move_out_mutations(op, schema, units):
    """The same for those that a standing row gets."""
    kept = []
    for name, mutator, value in op["mutations"]:
        if mutator == "insert" and _lives_in(schema.column(op["table"], name), schema):
            for ref in _members(value):
                if ref[1] in units:
                    units[ref[1]].places.append((op["table"], op["where"][0][2][1], name, ref[1]))
            value = ["set", [ref for ref in _members(value) if ref[1] not in units]]
            if not value[1]:
                continue
        kept.append([name, mutator, value])
    op["mutations"] = kept


def _put(table, uuid, column, refs):
    where = [["_uuid", "==", ["uuid", uuid]]]
    return {"op": "mutate", "table": table, "where": where, "mutations": [[column, "insert", ["set", refs]]]}


def _refs(value):
    """All UUIDs that are mentioned somewhere in operations."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _refs(item)
    elif isinstance(value, list):
        if len(value) == 2 and value[0] == "uuid" and isinstance(value[1], str):
            yield value[1]
        else:
            for item in value:
                yield from _refs(item)


def _ordered(units):
    """Each unit after those that it refers to."""
    found, seen = [], set()

    def visit(unit):
        if id(unit) in seen:
            return
        seen.add(id(unit))
        for uuid in unit.after:
            visit(units[uuid])
        found.append(unit)

    for unit in units.values():
        visit(unit)
    return found


def _together(operations, schema):
    """Changes of standing rows, in groups that concern the same rows: what moves must not be without a place in between."""
    group_of = {}  # uuid -> operations that are about it
    for op in operations:
        keys = {op["where"][0][2][1]}
        changes = [(name, value) for name, _mutator, value in op.get("mutations", ())] + list(op.get("row", {}).items())
        for name, value in changes:
            if _lives_in(schema.column(op["table"], name), schema):
                keys.update(ref[1] for ref in _members(value))
        groups = {id(group_of[key]): group_of[key] for key in keys if key in group_of}
        largest = max(groups.values(), key=lambda group: len(group[0]), default=([], set()))
        for group in groups.values():
            if group is not largest:
                largest[0].extend(group[0])
                largest[1].update(group[1])
                group_of.update(dict.fromkeys(group[1], largest))
        largest[0].append(op)
        largest[1].update(keys)
        group_of.update(dict.fromkeys(keys, largest))
    place = {id(op): number for number, op in enumerate(operations)}
    groups = {id(group): sorted(group[0], key=lambda op: place[id(op)]) for group in group_of.values()}
    return sorted(groups.values(), key=lambda group: place[id(group[0])])
