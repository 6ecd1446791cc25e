# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of whole documents share."""

from __future__ import annotations

import json
import pathlib

import jsonschema
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.topology import apply, argument_spec
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.topology import TOPOLOGY
from tests.support.engine import Raw, life, refusal

SCHEMA = jsonschema.Draft7Validator(
    json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs" / "topology.schema.json").read_text())
)


#: Characters of a document beyond which it is not worth the time to validate it
LARGE = 100_000


def run(remote, topology=None, check=False, **raw):
    """One run of the module's work. What it takes fits its JSON schema, too."""
    remote = remote.server.remote if isinstance(remote, Raw) else remote
    if topology is not None:
        raw["topology"] = topology
    found = ArgumentSpecValidator(argument_spec()).validate({"nb": remote, "timeout": 10, **raw})
    assert not found.error_messages, found.error_messages
    result = apply(TOPOLOGY, found.validated_parameters, check)
    if topology is not None and not check and len(json.dumps(topology)) < LARGE:
        for error in SCHEMA.iter_errors(topology):
            # What a row holds may be said of it, even where it could not be set so
            if not isinstance(error.instance, str) or json.dumps(error.instance) in json.dumps(result["operations"]):
                raise error
    return result


def gathered(remote, **raw):
    return run(remote, state="gathered", **raw)["topology"]


def ensure(raw_client, topology, **raw):
    return life(raw_client, lambda check: run(raw_client, topology, check, **raw))


def refused(raw_client, topology, **raw):
    """A task that must fail, and writes nothing: its error."""
    before = raw_client.dump()
    error = refusal(lambda check: run(raw_client, topology, check, **raw))
    assert raw_client.dump() == before
    return error


def unchanged(raw_client, topology, **raw):
    """A document that describes what is there."""
    before = raw_client.dump()
    did = run(raw_client, topology, **raw)
    assert did["operations"] == []
    assert not did["changed"]
    assert did["diff"] == {"before": {}, "after": {}}
    assert raw_client.dump() == before


def rows(raw_client, ignore=()):
    """All rows, with names in place of UUIDs (a nameless row's is its content), without what ``ignore`` keeps as tags."""
    dump = raw_client.dump()
    places = {uuid: (table, row) for table, found in dump.items() for uuid, row in found.items()}

    def show(value, path):
        if isinstance(value, str) and value in places and value not in path:
            table, row = places[value]
            return [table, content(row, (*path, value))]
        if isinstance(value, list):
            return sorted((show(item, path) for item in value), key=str)
        return value

    def content(row, path):
        found = {}
        for column, value in row.items():
            if column == "_version":
                continue
            if column == "external_ids":
                value = {k: v for k, v in value.items() if k not in ignore}
            found[column] = show(value, path)
        return sorted(found.items())

    return {
        table: sorted((content(row, (uuid,)) for uuid, row in found.items()), key=str) for table, found in dump.items()
    }
