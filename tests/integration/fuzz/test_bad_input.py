# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a task says, right or wrong: it is refused with a clear error and the rows are as before, or it is done and a second run
changes nothing. Cases are made from the model; more than half of them are mutations of what is right.

``make test-fuzz`` runs many thousands, other ones each time; a run of all tests some hundreds, always the same.
"""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.module_utils._engine import runner, topology
from ansible_collections.virtnet.ovn.plugins.module_utils._engine.want import InvalidError
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.snapshots import SNAPSHOTS
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.topology import TOPOLOGY
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError, OvsdbError
from tests.support.engine import FORETOLD, OPTION, Raw, entities
from tests.support.fuzz import ODD_IN_YAML, Model, fixed, mutated
from tests.support.ovsdb import standalone
from tests.support.samples import SAMPLES

ENTITIES = entities()
#: A document makes many more different cases than one object's module
DOCUMENTS = settings.default.max_examples * 25


class Refused(Exception):
    """The validation of the options, which Ansible itself does before a module starts."""


def params_of(spec, options, **together):
    try:
        found = ArgumentSpecValidator(spec, **together).validate(options)
    except OverflowError:  # an infinite number where a whole one is expected, ansible-core 2.19
        raise Refused from None
    if found.error_messages:
        raise Refused
    return found.validated_parameters


def outcome(attempt, check):
    """(result, None) or (None, what a user is told); anything but the collection's own errors fails the test."""
    try:
        return attempt(check), None
    except OvnError as exc:
        refusal = exc
    text = str(refusal)
    assert text.strip(), "an error without a word"
    # What the server would refuse is foretold, in words of our own
    assert not isinstance(refusal, OvsdbError), text
    assert "Traceback" not in text and "object at 0x" not in text
    return None, text


def holds(raw, attempt, tally):
    """The property. ``attempt(check)`` is one run of a task."""
    before = raw.dump()
    would, warned = outcome(attempt, True)
    assert raw.dump() == before, "check mode wrote"
    did, told = outcome(attempt, False)
    after = raw.dump()
    if did is None:
        assert after == before, "refused, and yet written: %s" % told
        assert warned or would["unresolved"], "check mode saw nothing of: %s" % told
        tally["refused"] = tally.get("refused", 0) + 1
        return
    assert would is not None, "check mode refused what is done: %s" % warned
    assert {k: would[k] for k in FORETOLD} == {k: did[k] for k in FORETOLD}
    assert did["changed"] is (after != before)
    again, told = outcome(attempt, False)
    assert again is not None, "a second run is refused: %s" % told
    assert not again["changed"], again["operations"]
    assert raw.dump() == after
    what = "changed" if did["changed"] else "unchanged"
    tally[what] = tally.get(what, 0) + 1


# -- every module ------------------------------------------------------------------------------------------------------


def steady(operations):
    """The same operations with UUIDs that are so in every run."""

    def walk(value):
        if isinstance(value, list) and len(value) == 2 and value[0] == "named-uuid":
            return ["uuid", fixed(value[1])]
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return value

    found = []
    for operation in operations:
        operation = walk(operation)
        if "uuid-name" in operation:
            operation["uuid"] = fixed(operation.pop("uuid-name"))
        found.append(operation)
    return found


def module_cases(schema, entity, sample):
    """Options of an entity's module: a sample's, which fit the rows that stand, beside what the model and the schema allow."""
    model = Model(schema, numbers=(1, 2))
    spec = runner.argument_spec(entity)
    fields = list(model.fields(entity))

    def said(field):
        choices = [model.value(entity, field, 4, 1), model.value(entity, field, 6, 1)]
        have = sample.fields.get(field.name)
        for name in ("old", "new"):
            if hasattr(have, name):
                choices.append(st.just(getattr(have, name)))
        if hasattr(have, "names"):
            members = st.sampled_from([*have.names, *({"name": name, "state": "absent"} for name in have.names)])
            choices = [st.lists(members, max_size=3)] * 2 + choices
        if hasattr(have, "entries"):
            entries = [*have.entries, *({**entry, "state": "absent"} for entry in have.entries)]
            choices = [st.lists(st.sampled_from(entries), max_size=3)] * 2 + choices
        return st.one_of(choices)

    base = {
        name: st.one_of(st.just(value), st.just(value), said(entity.fields[name]))
        if name in entity.fields
        else st.just(value)
        for name, value in sample.base.items()
    }
    more = {field.name: said(field) for field in fields if field.name not in base}
    common = {
        "state": st.sampled_from(["present", "present", "present", "absent"]),
        "owner": st.sampled_from(["a", "b"]),
        "adopt": st.booleans(),
        "force": st.booleans(),
        "move": st.booleans(),
        "strict": st.booleans(),
        "id": st.sampled_from(["i1", "i2"]),
        "uuid": st.sampled_from([fixed("it"), fixed("other")]),
        "max_deletes": st.sampled_from([-1, 0, 10]),
    }  # fmt: skip
    common = {name: strategy for name, strategy in common.items() if name in spec}

    def put_together(one, some, options, purge):
        found = {**one, **some, **options}
        if purge and "purge" in spec:
            found["purge"] = [name for name in some if entity.fields[name].purgeable][:purge]
        return found

    right = st.builds(
        put_together,
        st.fixed_dictionaries(base),
        st.fixed_dictionaries({}, optional=more),
        st.fixed_dictionaries({}, optional=common),
        st.integers(0, 3),
    )
    if "objects" in spec:
        whole = [name for name in ("owner", "adopt", "force", "strict", "max_deletes") if name in common]
        one = right.map(lambda said: {name: value for name, value in said.items() if name not in whole})
        listed = st.fixed_dictionaries(
            {"objects": st.lists(one, max_size=3)}, optional={name: common[name] for name in whole}
        )
        right = st.one_of(right, right, listed)
    words = [*entity.fields, *spec]
    wrong = mutated(right, words, [fixed(name) for name in ("it", "other", "p")])
    return st.one_of(right, wrong, wrong)


@pytest.mark.parametrize(
    ("entity", "sample"),
    [pytest.param(ENTITIES[key], SAMPLES[key], id=".".join(key)) for key in sorted(SAMPLES) if not SAMPLES[key].inside and not SAMPLES[key].elsewhere],
)  # fmt: skip
def test_a_module(databases, tally, entity, sample):
    raw = databases[entity.database]
    if entity.table not in raw.schema["tables"]:
        pytest.skip("the schema has no %s" % entity.table)
    standing = steady([*sample.world, *sample.rows({})])
    remote = raw.server.remote
    spec = runner.argument_spec(entity)

    @given(module_cases(raw_schema(raw), entity, sample))
    def cases(options):
        options = json.loads(json.dumps(options))  # as a module gets them
        raw.wipe()
        raw.transact(*standing)

        def attempt(check):
            more = {"wait": False} if entity.database == "Open_vSwitch" else {}
            return runner.apply(
                entity, params_of(spec, {**options, **more, OPTION[entity.database]: remote, "timeout": 5}), check
            )

        try:
            params_of(spec, options)
        except Refused:
            tally["refused"] = tally.get("refused", 0) + 1
            return
        holds(raw, attempt, tally)

    cases()


# -- whole documents ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=sorted(SNAPSHOTS))
def network(request, tmp_path_factory):
    """A database with three rows of every kind, of two owners and of nobody, and what puts it there again."""
    schema = tmp_path_factory.mktemp("schema") / "nb.ovsschema"
    schema.write_text(SNAPSHOTS[request.param])
    with standalone(schema=schema) as server:
        raw = Raw(server)
        model = Model(raw_schema(raw))
        for owner, document in zip((None, "a", "b"), model.world(TOPOLOGY)):
            run(
                raw,
                {"topology": model.mended(TOPOLOGY, document, lambda tried: problems_of(raw, tried)), "owner": owner},
            )
        yield raw, raw_inserts(raw)


def raw_schema(raw):
    return {"name": raw.database, **raw.schema}


def problems_of(raw, document):
    try:
        run(raw, {"topology": document}, check=True)
    except InvalidError as exc:
        return exc.problems
    return []


def raw_inserts(raw):
    operations = []
    for table in raw.schema["tables"]:
        if table == "NB_Global":
            continue
        for row in raw.transact({"op": "select", "table": table, "where": []})[0]["rows"]:
            uuid = row.pop("_uuid")[1]
            row.pop("_version")
            operations.append({"op": "insert", "table": table, "row": row, "uuid": uuid})
    return operations


def run(raw, options, check=False):
    options = {"nb": raw.server.remote, "timeout": 5, **options}
    return topology.apply(TOPOLOGY, params_of(topology.argument_spec(), options, **topology.TOGETHER), check)


def test_a_document(network, tally):
    raw, standing = network
    said = {
        "adopt": st.booleans(),
        "force": st.booleans(),
        "strict": st.booleans(),
        "max_deletes": st.sampled_from([-1, -1, 0, 10]),
    }
    state = st.sampled_from(["merged", "merged", "merged", "replaced", "overridden", "deleted"])
    right = st.one_of(
        *(  # what is one's own and what is new; and whatever there is
            st.builds(
                lambda document, options: {"topology": document, **options},
                Model(raw_schema(raw), numbers).document(TOPOLOGY),
                st.fixed_dictionaries({"state": state, **owner}, optional=said),
            )
            for owner, numbers in (
                ({}, (1, 4, 5)),
                ({"owner": st.just("a")}, (2, 4, 5)),
                ({"owner": st.sampled_from(["a", "b", "c"])}, (1, 2, 3, 4, 5)),
            )
        )
    )
    words = sorted({name for entity in ENTITIES.values() for name in entity.fields} | set(TOPOLOGY))
    uuids = [operation["uuid"] for operation in standing]
    wrong = mutated(right, words, uuids, ODD_IN_YAML)

    @settings(max_examples=DOCUMENTS // len(SNAPSHOTS))
    @given(st.one_of(right, wrong, wrong))
    def cases(options):
        raw.wipe()
        raw.transact(*standing)
        if not all(isinstance(name, str) for name in options):
            return  # the task itself is no YAML file of ours
        try:
            params_of(topology.argument_spec(), options, **topology.TOGETHER)
        except Refused:
            tally["refused"] = tally.get("refused", 0) + 1
            return
        holds(raw, lambda check: run(raw, options, check), tally)

    cases()
