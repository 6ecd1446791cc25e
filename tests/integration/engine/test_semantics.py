# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of docs/semantics.md, each cell with every field of every entity, against real servers."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import (
    Child,
    Children,
    Map,
    MemberOf,
    Members,
    Value,
)
from tests.support.engine import Ref, ensure, entities, insert, refused
from tests.support.samples import SAMPLES, C, H, M, R, V

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "semantics.md"
KINDS = {"Child": Child, "Value": Value, "Map": Map, "Children": Children, "Members": Members}
WHERE = {
    "new row": "new",
    "standing row": "standing",
    "standing row, `purge` names the option": "purge",
    "`state: absent`": "absent",
}
#: Of a kind's sample
SAMPLE_OF = {"Child": H, "Value": V, "Map": M, "Children": C, "Members": R}
NOT_SAID = object()


def the_table():
    """{(kind, said, where): what becomes of the field}"""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    start = next(place for place, row in enumerate(rows) if row[:2] == ["kind", "said"])
    head, cells = rows[start], {}
    for row in rows[start + 2 :]:
        if row[0] not in KINDS or len(row) != len(head):
            break
        for where, cell in zip(head[2:], row[2:]):
            cells[row[0], row[1], WHERE[where]] = cell
    return cells


TABLE = the_table()
ENTITIES = entities()


def kind_of(field):
    return next(name for name, kind in KINDS.items() if isinstance(field, kind))


def cases():
    for key, entity in sorted(ENTITIES.items()):
        for field in entity.fields.values():
            for (kind, said, where), outcome in TABLE.items():
                sample = SAMPLES.get(key) and SAMPLES[key].fields.get(field.name)
                if (isinstance(sample, C) and len(sample.entries) < 3) or (key in SAMPLES and SAMPLES[key].elsewhere):
                    continue
                if kind == kind_of(field) and not (entity.singleton and where in ("new", "absent")):
                    yield pytest.param(
                        key,
                        field.name,
                        said,
                        where,
                        outcome,
                        id="-".join([*key, field.name, said, where]).replace(" ", "_"),
                    )


def test_the_table_is_whole():
    said = ["given", "omitted", "null", "empty"]
    expected = {
        (k, s, w) for k in KINDS for s in [*said, *(["taken out"] if k != "Value" else [])] for w in WHERE.values()
    }
    assert set(TABLE) == expected
    assert set(TABLE.values()) == {"set", "merged", "kept", "default", "empty", "less", "refused", "gone"}


@pytest.mark.parametrize("key", sorted(ENTITIES), ids="-".join)
def test_every_field_has_a_sample(key):
    assert key in SAMPLES, "tests/support/samples.py needs a sample of this entity"
    fields = ENTITIES[key].fields
    assert sorted(SAMPLES[key].fields) == sorted(fields)
    for name, field in fields.items():
        assert isinstance(SAMPLES[key].fields[name], SAMPLE_OF[kind_of(field)]), name


class Row:
    """The row "it" of one entity, its world around it, and what one of its fields holds, read without our engine."""

    def __init__(self, raw, key, field):
        self.raw, self.entity, self.sample = raw, ENTITIES[key], SAMPLES[key]
        self.field, self.values = self.entity.fields[field], self.sample.fields[field]
        self.child = SAMPLES[key[0], self.field.entity.table] if isinstance(self.field, Children) else None
        self.uuid = None

    def lacks_column(self):
        table = self.field.ref if isinstance(self.field, MemberOf) else self.entity.table
        return self.field.column not in self.raw.schema["tables"].get(table, {"columns": ()})["columns"]

    def _known(self, operations):
        """Without what this server's schema lacks."""
        for operation in operations:
            if operation["table"] in self.raw.schema["tables"]:
                columns = self.raw.schema["tables"][operation["table"]]["columns"]
                if "row" in operation:
                    row = {column: value for column, value in operation["row"].items() if column in columns}
                    operation = {**operation, "row": row}
                yield operation

    # -- the world ----------------------------------------------------------------------------------------------------

    def build(self, standing):
        """The world, and "it" with the field's old content if ``standing``."""
        made = list(self.sample.world)
        if standing:
            made += self._it()
        elif self.sample.rows({})[1:]:
            made += self._parent_of_nothing()
        made = list(self._known(made))
        results = self.raw.transact(*made)
        self.names = {
            result["uuid"][1]: operation["uuid-name"]
            for operation, result in zip(made, results)
            if "uuid-name" in operation
        }
        self.uuid = next((uuid for uuid, name in self.names.items() if name == "it"), None)

    def _it(self):
        together = self.sample.together.get(self.field.name, {})
        if isinstance(self.values, V):
            old = self.values.db(self.values.old)
            if self.field.ref:
                old = [Ref(name) for name in old] if isinstance(old, list) else Ref(old)
            return self.sample.rows({**together, self.field.column: old})
        if isinstance(self.values, M):
            return self.sample.rows({self.field.column: self.values.db(self.values.old)})
        if isinstance(self.field, MemberOf):
            holders = [
                {"op": "mutate", "table": self.field.ref, "where": [["name", "==", name]],
                 "mutations": [[self.field.column, "insert", ["set", [["named-uuid", "it"]]]]]}
                for name in self.values.names[:2]
            ]  # fmt: skip
            return [*self.sample.rows({}), *holders]
        if isinstance(self.values, R):
            kind = Ref if self.field.ref else str
            return self.sample.rows({self.field.column: [kind(name) for name in self.values.names[:2]]})
        refs, operations = [], []
        standing = self.values.entries[: 1 if isinstance(self.values, H) else 2]
        for place, entry in enumerate(standing):
            refs.append(Ref("child%d" % place))
            columns = {name: self.child.fields[name].db(value) for name, value in entry.items()}
            if self.field.entity.table == "Port":
                operations.append(insert("Interface", "of%d" % place, name=entry["name"]))
                columns["interfaces"] = [Ref("of%d" % place)]
            operations.append(insert(self.field.entity.table, refs[-1], **columns))
        return [*operations, *self.sample.rows({self.field.column: refs})]

    def _parent_of_nothing(self):
        """The parent alone: what the sample's rows are, without the row itself."""
        rows = []
        for operation in self.sample.rows({}):
            if operation.get("uuid-name") in ("it", "its"):
                continue
            row = dict(operation.get("row", {}))
            for column, value in list(row.items()):
                if isinstance(value, list) and value[0] == "set":
                    row[column] = ["set", [ref for ref in value[1] if ref[1] != "it"]]
            if row.get("connections") != ["set", []] and row.get("bridges") != ["set", [["named-uuid", "it"]]]:
                rows.append({**operation, "row": row})
        return rows

    # -- the task -----------------------------------------------------------------------------------------------------

    def _name(self, name):
        """A reference as a task gives it: by name, by UUID where the table has none."""
        if not self.field.ref or "name" in self.raw.schema["tables"].get(self.field.ref, {"columns": ()})["columns"]:
            return name
        return next((uuid for uuid, known in self.names.items() if known == name), name)

    def _said(self, said):
        values, field = self.values, self.field
        if said == "omitted":
            return NOT_SAID
        if said == "null":
            return None
        if said == "empty":
            return values.empty if isinstance(values, V) else {} if isinstance(values, (M, H)) else []
        taken = said == "taken out"
        if isinstance(values, V):
            new = values.new
            if field.ref and isinstance(new, list):
                return [self._name(name) for name in new]
            return self._name(new) if isinstance(new, str) and field.ref else new
        if isinstance(values, H):
            return {**values.entries[0], "state": "absent"} if taken else values.entries[1]
        if isinstance(values, M):
            return dict.fromkeys(values.old) if taken else values.new
        if isinstance(values, R):
            return (
                [{"name": self._name(n), "state": "absent"} for n in values.names[:2]]
                if taken
                else [self._name(n) for n in values.names[1:]]
            )
        return [{**entry, "state": "absent"} for entry in values.entries[:2]] if taken else list(values.entries[1:])

    def task(self, said, where):
        """The task's options."""
        base = dict(self.sample.base)
        if where != "new" or said in ("given", "empty"):
            base.update(self.sample.together.get(self.field.name, {}))
        base = {k: self._base(k, v) for k, v in base.items()}
        value = self._said(said)
        unnamed = not self.entity.identity and "id" in base
        if unnamed and self.uuid and where != "new":
            base = {"uuid": self.uuid}
        if self._tells_apart() and where != "new" and self.uuid:
            base["uuid"] = self.uuid
        if value is NOT_SAID:
            if where != "absent" or not self._tells_apart():
                base.pop(self.field.name, None)
        else:
            base[self.field.name] = value
        if where == "purge":
            base["purge"] = [self.field.name]
        if where == "absent":
            base["state"] = "absent"
        if not self.sample.inside:
            return self.entity, base
        table, parent, field = self.sample.inside
        holder = ENTITIES[self.entity.database, table]
        return holder, {**parent, field: base if isinstance(holder.fields[field], Child) else [base]}

    def _base(self, option, value):
        field = self.entity.fields.get(option)
        if (
            field is not None
            and field.ref
            and not isinstance(field, Children)
            and isinstance(value, str)
            and ("name" not in self.raw.schema["tables"][field.ref]["columns"])
        ):
            return next(uuid for uuid, known in self.names.items() if known == value)
        return value

    def _tells_apart(self):
        return self.field.name in self.identity()

    def identity(self):
        identity = self.entity.identity
        if self.entity.loose or not identity:
            return set(identity)
        if isinstance(identity, dict):
            ((decider, choices),) = identity.items()
            return {decider} | {name for names in choices.values() for name in names}
        return set(identity)

    # -- what became of it --------------------------------------------------------------------------------------------

    def find(self):
        """The row, or None."""
        table = self.entity.table
        if self.entity.singleton:
            return self.raw.one(table)
        if self.uuid:
            found = self.raw.rows(table, ["_uuid", "==", ["uuid", self.uuid]])
        else:
            known = set(self.names)
            found = [row for row in self.raw.rows(table) if row["_uuid"] not in known]
            if table in ("Interface", "Port"):
                found = [row for row in found if row["name"] in ("it", "other")]
        assert len(found) <= 1
        return found[0] if found else None

    def content(self, row):
        """What the field holds, in the words of the sample: names for references."""
        if isinstance(self.field, MemberOf):
            holders = self.raw.rows(self.field.ref)
            return sorted(r["name"] for r in holders if row["_uuid"] in (r[self.field.column] or ()))
        held = row[self.field.column]
        if isinstance(held, dict):
            return {key: value for key, value in held.items() if not key.startswith("virtnet-")}
        if isinstance(self.field, Children):
            by_uuid = {r["_uuid"]: r for r in self.raw.rows(self.field.entity.table)}
            held = [held] if isinstance(held, str) else held
            return sorted(({name: by_uuid[uuid][name] for name in self.values.entries[0]} for uuid in held), key=str)
        return self._words(held)

    def _words(self, held):
        if isinstance(held, list):
            return sorted((self.names.get(item, item) for item in held), key=str)
        return self.names.get(held, held) if isinstance(held, str) else held

    def expected(self, outcome, standing):
        values = self.values
        if isinstance(values, V):
            column = self.raw.schema["tables"][self.entity.table]["columns"][self.field.column]
            if outcome in ("default", "empty"):
                return values.auto or self.default(column)
            found = values.db(values.new if outcome == "set" else values.old)
            if isinstance(found, list):
                return sorted(found, key=str)
            return found
        if isinstance(values, M):
            old, new = values.db(values.old), values.db(values.new)
            return {"set": new, "merged": {**old, **new}, "kept": old}.get(outcome, {})
        if isinstance(values, R):
            first, second, third = values.names
            return {"set": [second, third], "merged": [first, second, third], "kept": [first, second]}.get(outcome, [])
        if isinstance(values, H):
            return {"set": [values.entries[1]], "kept": [values.entries[0]]}.get(outcome, [])
        own = [{"name": "it"}] if not standing and self.entity.table in ("Bridge", "Port") else []
        if outcome == "default":
            return own
        entries = [{n: self.child.fields[n].db(v) for n, v in e.items()} for e in values.entries]
        found = {"set": entries[1:], "merged": entries, "kept": entries[:2]}.get(outcome, [])
        return sorted([*found, *(own if self.entity.always else [])], key=str)

    def default(self, column):
        kind = column["type"]
        if isinstance(kind, dict) and kind.get("min") == 0:
            return []
        base = kind["key"] if isinstance(kind, dict) else kind
        base = base["type"] if isinstance(base, dict) else base
        return {"string": "", "integer": 0, "boolean": False}[base]

    def holds_on(self):
        """Whether the server refuses to delete a row while such members have it."""
        kind = self.raw.schema["tables"][self.field.ref]["columns"][self.field.column]["type"]["key"]
        return kind.get("refType", "strong") == "strong"

    def cannot_be_empty(self):
        if isinstance(self.values, V):
            return self.values.empty is None
        kind = self.raw.schema["tables"].get(self.field.ref, {}) and isinstance(self.field, Children)
        column = self.raw.schema["tables"][self.entity.table]["columns"].get(self.field.column)
        return bool(kind and column and not isinstance(self.field, MemberOf) and column["type"].get("min", 1))


def _told_to_be_lacking(row):
    """A server that is too old for a field, or for the whole table, says so."""
    row.build(standing=False)
    entity, options = row.task("given", "new")
    message = str(refused(entity, row.raw.server.remote, **options))
    table = row.field.ref if isinstance(row.field, MemberOf) else row.entity.table
    if row.entity.table in row.raw.schema["tables"]:
        assert "lacks the column %s:%s" % (table, row.field.column) in message
    else:
        assert "lacks the " in message


@pytest.mark.parametrize(("key", "name", "said", "where", "outcome"), cases())
def test_cell(servers, newer, key, name, said, where, outcome):
    raw = servers[key[0]]
    raw.wipe()
    row = Row(raw, key, name)
    if row.lacks_column():
        if said == "given" and where == "new":
            _told_to_be_lacking(row)
        raw = newer[key[0]]
        raw.wipe()
        row = Row(raw, key, name)
        assert not row.lacks_column(), (
            "no schema that is known here has it: tools/schema_snapshots.py writes one that does"
        )
    made_by = row.entity.made_by
    if made_by and where == "new":
        outcome = "refused"
    if where == "purge" and not any(field.purgeable for field in row.entity.fields.values()):
        return  # this module has no such option
    standing = where != "new"
    row.build(standing)
    entity, options = row.task(said, where)
    if row.sample.inside and options[row.sample.inside[2]] == {}:
        return  # to say nothing of a Child is to say that there is none
    required = isinstance(row.field, Value) and (row.field.name in row.sample.base and row.cannot_be_empty())
    if outcome == "default" and required and where == "new":
        outcome = "refused"  # nobody can make a row without it
    if outcome in ("empty", "less") and row.cannot_be_empty():
        outcome = "refused"
    if said == "taken out" and row.cannot_be_empty() and outcome == "default":
        outcome = "refused"
    if outcome == "set" and standing and isinstance(row.values, V) and row.values.fixed:
        outcome = "refused"
    if where == "absent" and said == "empty" and isinstance(row.values, V) and row.values.empty is None:
        return  # how would one say so
    if row.cannot_be_empty() and isinstance(row.values, V) and said == "empty":
        for nothing in ("", []):
            options = row.task(said, where)[1]
            target = options if not row.sample.inside else options[row.sample.inside[2]]
            target = target[0] if isinstance(target, list) else target
            target[row.field.name] = nothing
            assert row.field.name in str(refused(entity, raw.server.remote, **options))
        return
    if outcome == "refused":
        message = str(refused(entity, raw.server.remote, **options))
        assert row.field.name in message or "purge" in message or (made_by and made_by in message)
        return
    if outcome == "gone" and isinstance(row.field, MemberOf) and row.holds_on():
        assert "is in use by" in str(refused(entity, raw.server.remote, **options))
        return
    result = ensure(entity, raw, **options)
    found = row.find()
    if outcome == "gone":
        assert found is None
        assert result["changed"]
        return
    assert row.content(found) == row.expected(outcome, standing)
    if where == "new":
        assert result["changed"]
    elif outcome == "kept" or (isinstance(row.values, V) and row.values.old == row.values.new and outcome == "set"):
        assert not result["changed"]
    else:
        assert result["changed"]


#: (key, columns as another tool spelled them, the same as a task says it)
SPELLINGS = [
    (("OVN_Northbound", "Logical_Switch_Port"),
     {"addresses": ["02:AC:10:FF:00:0A  10.0.0.1 2001:DB8:0::1", "unknown"], "port_security": ["02:AC:10:FF:00:0A"]},
     {"addresses": ["unknown", "02:ac:10:ff:00:0a 10.0.0.1 2001:db8::1"], "port_security": ["02:ac:10:ff:00:0a"]}),
    (("OVN_Northbound", "Logical_Router_Port"), {"mac": "02:AC:10:FF:00:0A", "networks": ["2001:DB8:0::1/64"]},
     {"mac": "02:ac:10:ff:00:0a", "networks": ["2001:db8::1/64"]}),
    (("OVN_Northbound", "Logical_Router_Static_Route"), {"ip_prefix": "10.9.9.9/8", "nexthop": "192.0.2.1"}, {"ip_prefix": "10.0.0.0/8"}),
    (("OVN_Northbound", "Logical_Router_Static_Route"), {"ip_prefix": "2001:DB8::/32", "nexthop": "2001:DB8:0::1"},
     {"ip_prefix": "2001:db8::/32", "nexthop": "2001:db8::1"}),
    (("OVN_Northbound", "NAT"), {"type": "snat", "logical_ip": "10.9.9.9/8", "external_ip": "192.0.2.1"},
     {"type": "snat", "logical_ip": "10.0.0.0/8", "external_ip": "192.0.2.1"}),
    (("OVN_Northbound", "Load_Balancer"), {"vips": {"[2001:DB8:0::1]:080": "[FD00:0::1]:80, [FD00::2]:80"}, "ip_port_mappings": {"[FD00:0::1]": "p:[fd00::9]"}},
     {"vips": {"[2001:db8::1]:80": ["[fd00::1]:80", "[fd00::2]:80"]}, "ip_port_mappings": {"fd00::1": "p:[fd00::9]"}}),
    (("OVN_Northbound", "Load_Balancer_Health_Check"), {"vip": "[2001:DB8:0::1]:80"}, {"vip": "[2001:db8::1]:80"}),
    (("OVN_Northbound", "Static_MAC_Binding"), {"ip": "2001:DB8:0::1", "mac": "02:AC:10:FF:00:0A"}, {"ip": "2001:db8::1", "mac": "02:ac:10:ff:00:0a"}),
    (("OVN_Southbound", "MAC_Binding"), {"ip": "2001:DB8:0::1", "mac": "02:AC:10:FF:00:0A"}, {"ip": "2001:db8::1", "mac": "02:ac:10:ff:00:0a"}),
    (("Open_vSwitch", "Interface"), {"mac": "02:AC:10:FF:00:0A"}, {"mac": "02:ac:10:ff:00:0a", "mtu_request": None}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "columns", "options"), SPELLINGS, ids=lambda item: item[1] if isinstance(item, tuple) else ""
)
def test_a_row_is_not_rewritten_for_its_spelling(servers, key, columns, options):
    raw = servers[key[0]]
    raw.wipe()
    row = Row(raw, key, next(iter(columns)))
    made = list(row._known([*row.sample.world, *row.sample.rows(columns)]))
    for operation, result in zip(made, raw.transact(*made)):
        if operation.get("uuid-name") == "dp1":
            options = {**options, "datapath": result["uuid"][1]}
    said = {**row.sample.base, **options}
    entity = ENTITIES[key]
    if row.sample.inside:
        table, parent, field = row.sample.inside
        entity, said = ENTITIES[key[0], table], {**parent, field: [said]}
    assert not ensure(entity, raw, **said)["changed"]
