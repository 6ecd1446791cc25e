# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning is pure: wants and rows in, operations out. No server, no I/O."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.plan import Options, make_plan
from ansible_collections.virtnet.ovn.plugins.module_utils._engine.state import State
from ansible_collections.virtnet.ovn.plugins.module_utils._engine.want import Document, InvalidError
from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import (
    Children,
    Entity,
    Map,
    Members,
    Parent,
    Value,
)
from ansible_collections.virtnet.ovn.plugins.module_utils._model.syntax import name
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.schema import Schema

MANY = {"min": 0, "max": "unlimited"}
STRINGS = {"type": {"key": "string", "value": "string", **MANY}}
SCHEMA = Schema({
    "name": "Toy", "version": "1.0.0",
    "tables": {
        "Shelf": {"isRoot": True, "columns": {
            "name": {"type": "string"}, "books": {"type": {"key": {"type": "uuid", "refTable": "Book"}, **MANY}},
            "labels": {"type": {"key": "string", **MANY}}, "external_ids": STRINGS}},
        "Book": {"columns": {
            "title": {"type": "string"}, "pages": {"type": {"key": {"type": "integer", "minInteger": 1}, "min": 0, "max": 1}}, "external_ids": STRINGS}},
    },
})  # fmt: skip
BOOK = Entity("Book", identity=("title",), parent=Parent("shelf", "Shelf", "books"),
              fields=(Value("title", of=name, required=True), Value("pages"), Map("external_ids")))  # fmt: skip
SHELF = Entity("Shelf", identity=("name",), fields=(
    Value("name", of=name, required=True), Children("books", BOOK), Members("labels"), Map("external_ids")))  # fmt: skip
ROW = "00000000-0000-4000-8000-000000000001"


class NoServer:
    schema = SCHEMA


def planned(*entries, rows=(), **params):
    """The plan for shelves; ``rows`` are the shelves' rows, {name: row}."""
    document, state = Document(SCHEMA), State(NoServer())
    for place, raw in enumerate(entries):
        want = document.add(SHELF, raw, "objects[%d]" % place if len(entries) > 1 else "")
        if want:
            document.wants.append(want)
    for want in document.wants:
        if want.name in dict(rows):
            want.uuid, want.ref = ROW, ["uuid", ROW]
            want.row = {
                "name": want.name,
                "books": ["set", []],
                "labels": ["set", []],
                "external_ids": ["map", []],
                **dict(rows)[want.name],
            }
            state.rows.setdefault("Shelf", {})[ROW] = want.row
    if document.problems:
        raise InvalidError(document.problems)
    return make_plan(document, state, Options(params))


def test_nothing_to_do_is_nothing():
    plan = planned(
        {"name": "a", "labels": ["x"], "external_ids": {"k": 1}},
        rows={"a": {"labels": "x", "external_ids": ["map", [["k", "1"]]]}},
    )
    assert (plan.operations, plan.guards, plan.changed) == ([], [], False)


def test_a_new_row_is_guarded_by_its_name():
    plan = planned({"name": "a", "labels": ["x"]})
    assert plan.operations == [
        {"op": "insert", "table": "Shelf", "row": {"name": "a", "labels": ["set", ["x"]]}, "uuid-name": "new0"}
    ]
    assert [(g["where"], g["rows"]) for g in plan.guards] == [([["name", "==", "a"]], [])]


def test_many_new_rows_have_uuids_that_two_writers_share():
    entries = [{"name": "s%d" % n, "books": [{"title": "t"}]} for n in range(9)]
    plan, again = planned(*entries), planned(*entries)
    assert plan.guards == []
    assert plan.operations == again.operations
    assert plan.hash == again.hash
    shelves = [op for op in plan.operations if op["table"] == "Shelf"]
    assert len({op["uuid"] for op in shelves}) == 9
    # what lives in a new row needs no UUID of its own
    assert all("uuid-name" in op for op in plan.operations if op["table"] == "Book")


def test_a_change_is_a_mutation_under_the_conditions_it_was_decided_on():
    plan = planned(
        {"name": "a", "labels": ["x", {"name": "y", "state": "absent"}]}, rows={"a": {"labels": ["set", ["y", "z"]]}}
    )
    assert plan.operations == [{"op": "mutate", "table": "Shelf", "where": [["_uuid", "==", ["uuid", ROW]]],
                                "mutations": [["labels", "delete", ["set", ["y"]]], ["labels", "insert", ["set", ["x"]]]]}]  # fmt: skip
    assert plan.guards[0]["where"] == [
        ["_uuid", "==", ["uuid", ROW]],
        ["labels", "includes", ["set", ["y"]]],
        ["labels", "excludes", ["set", ["x"]]],
    ]


def test_a_child_is_put_in_by_mutation():
    plan = planned({"name": "a", "books": [{"title": "t", "pages": "9"}]}, rows={"a": {}})
    assert [op["op"] for op in plan.operations] == ["insert", "mutate"]
    assert plan.operations[0]["row"] == {"title": "t", "pages": 9}
    assert "books" not in json.dumps(plan.guards)


def test_tags():
    plan = planned({"name": "a", "id": "one", "books": [{"title": "t"}]}, owner="me")
    assert [op["row"]["external_ids"] for op in plan.operations] == [
        ["map", [["virtnet-owner", "me"], ["virtnet-id", "one"]]], ["map", [["virtnet-owner", "me"]]]]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": "a", "books": [{"title": "t", "pages": 0}]}, "books[0].pages: 0 is not from 1 to any"),
        ({"name": "a", "books": {"title": "t"}}, "books: expected a list of dictionaries"),
        ({"name": "a", "labels": {"x": 1}}, "labels: expected a list, not a dictionary"),
        ({"name": "a", "external_ids": ["x"]}, "external_ids: expected a dictionary, not a list"),
        ({"name": "a", "lables": ["x"]}, "lables: unknown; did you mean labels?"),
        ({"name": "a", "uuid": "x"}, "uuid: 'x' is no UUID"),
        ({"labels": []}, "name: is missing: it says which shelf is meant"),
        ("a", "expected a dictionary"),
    ],
)
def test_problems_have_paths(entry, message):
    with pytest.raises(InvalidError) as caught:
        planned(entry)
    assert str(caught.value) == message


def test_the_hash_is_of_the_changes():
    assert planned({"name": "a"}).hash != planned({"name": "b"}).hash
    assert planned({"name": "a", "labels": []}).hash == planned({"name": "a"}).hash
