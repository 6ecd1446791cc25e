# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that others made, with ovn-northd running beside: what is gathered of them changes nothing, comes back
whole, and one edit of it is one change."""

from __future__ import annotations

import copy

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.module_utils._engine import state as reading
from ansible_collections.virtnet.ovn.plugins.module_utils._engine.want import InvalidError
from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import Child, Children, Map, Members
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.topology import TOPOLOGY
from tests.support.engine import Raw
from tests.support.fuzz import Model
from tests.support.networks import BUILDERS, build
from tests.support.ovsdb import ovn
from tests.support.topology import gathered, rows, run, unchanged

STATES = ("merged", "replaced")


def settled(nb):
    """Once northd has seen all there is."""
    nb.server.ctl("--wait=sb", "sync")


@pytest.fixture(scope="module", params=BUILDERS)
def network(request):
    with ovn() as (server, _sb):
        nb = Raw(server)
        build(server, request.param)
        settled(nb)
        yield nb


def test_what_is_gathered_changes_nothing(network):
    document = gathered(network)
    for state in STATES:
        unchanged(network, document, state=state)
        unchanged(network, document, state=state, strict=state == "merged" and "no-peer" not in str(document))
        unchanged(network, document, state=state, owner="somebody")
    assert gathered(network) == document


def test_an_owner_of_nothing_deletes_nothing(network):
    unchanged(network, {}, state="overridden", owner="nobody")
    unchanged(network, {}, state="overridden", owner="nobody", adopt=True, force=True)


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_it_comes_back_in_an_empty_database(network, other, state):
    owner = {"owner": "a"} if state == "overridden" else {}
    document = gathered(network)
    assert run(other, document, state=state, **owner)["changed"]
    assert made(rows(other, ignore=("virtnet-owner",))) == made(rows(network))
    unchanged(other, document, state=state, **owner)


#: What northd writes of its own accord
BY_NORTHD = ("up", "tag", "dynamic_addresses", "status", "ipv6_prefix")
#: What the document does not hold
BESIDE = ("NB_Global", "SSL")


def made(found):
    """What people made."""

    def without(value):
        if isinstance(value, list):
            return sorted((without(item) for item in value if not is_by_northd(item)), key=str)
        if isinstance(value, tuple):
            return tuple(without(item) for item in value)
        return value

    def is_by_northd(item):
        return isinstance(item, tuple) and item[0] in BY_NORTHD

    return {table: without(every) for table, every in found.items() if table not in BESIDE}


def test_all_the_same_where_tables_are_read_whole_and_ahead(network, other, monkeypatch):
    """As those are of which very many rows are described."""
    for name in ("SELECTS", "CLAUSES"):
        monkeypatch.setattr(reading, name, 1)
    test_what_is_gathered_changes_nothing(network)
    test_it_comes_back_in_an_empty_database(network, other, "merged")


def test_overridden_takes_it_over_and_away(network, other):
    document = gathered(network)
    run(other, document)
    before = rows(other)
    did = run(other, document, state="overridden", owner="a", adopt=True)
    assert {op["op"] for op in did["operations"]} <= {"mutate"}
    assert rows(other, ignore=("virtnet-owner",)) == before
    unchanged(other, gathered(other), state="overridden", owner="a")


# -- one edit ----------------------------------------------------------------------------------------------------------


def places(document):
    """Every field of every entry of a document: [(entity, field, the entry, the path)]."""

    def walk(entity, entry, path):
        for name, value in entry.items():
            field = entity.fields.get(name)
            if isinstance(field, Children):
                for place, child in enumerate([value] if isinstance(field, Child) else value):
                    way = (name,) if isinstance(field, Child) else (name, place)
                    yield from walk(field.entity, child, (*path, *way))
            elif field is not None and name not in entity.label_fields:
                yield entity, field, entry, path

    for option, entries in document.items():
        for place, entry in enumerate(entries):
            yield from walk(TOPOLOGY[option], entry, (option, place))


def editions(model, entity, field, held):
    """Other values of a field that are right as far as the schema says, each unlike what it holds."""
    if isinstance(field, Map):
        return st.sampled_from(sorted(held)).flatmap(
            lambda key: st.sampled_from(["1", "9", "true"]).map(lambda value: {**held, key: value})
        )
    if isinstance(field, Members) or field.ref:
        return st.nothing()  # of whom it refers to, a random name says nothing
    return model.value(entity, field, 4, 1)


def test_one_edit_is_one_change(network):
    document = gathered(network)
    model = Model({"name": network.database, **network.schema})
    found = [
        each
        for each in places(document)
        if "uuid" not in each[2] and not isinstance(each[1], Members) and not each[1].ref
    ]
    done = []

    @settings(max_examples=settings.default.max_examples * 4)
    @given(st.data())
    def edits(data):
        entity, field, entry, path = data.draw(st.sampled_from(found))
        value = data.draw(editions(model, entity, field, entry[field.name]))
        edited = copy.deepcopy(document)
        here = edited
        for step in path:
            here = here[step]
        here[field.name] = value
        try:
            did = run(network, edited, check=True)
        except InvalidError:
            assume(False)  # it breaks a rule, which is told before anything is written
        assume(did["changed"])
        assert len(did["operations"]) == 1, did["operations"]
        assert did["operations"][0]["op"] in ("update", "mutate")
        ((_label, after),) = did["diff"]["after"].items()
        assert list(after) == [field.name]
        before = network.dump()
        run(network, edited)
        now = network.dump()
        different = [
            (table, uuid, column)
            for table in now
            for uuid, row in now[table].items()
            for column, held in row.items()
            if column not in ("_version", *BY_NORTHD) and held != before[table][uuid][column]
        ]
        assert [each[0] for each in different] == [entity.table]
        assert different[0][2] == field.column
        run(network, document)  # and back
        assert gathered(network) == document
        done.append(field.name)

    edits()
    assert len(set(done)) > 1
