# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the engine share: a client that is not ours, a task as modules run it, and the model's entities."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import pathlib
import pkgutil
import socket

import jsonschema
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virtnet.ovn.plugins.module_utils import _model
from ansible_collections.virtnet.ovn.plugins.module_utils._engine.runner import apply, argument_spec, entries
from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import Entity
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from tests.support import faults
from tests.support.ovsdb import ROOTS

OPTION = {"OVN_Northbound": "nb", "OVN_Southbound": "sb", "Open_vSwitch": "ovs"}


class Ref(str):
    """A row of the same transaction, by its uuid-name."""

    __slots__ = ()


def wire(value):
    """Plain Python in OVSDB's notation; written anew, to share nothing with the code under test."""
    if isinstance(value, Ref):
        return ["named-uuid", str(value)]
    if value is None:
        return ["set", []]
    if isinstance(value, dict):
        return ["map", [[wire(k), wire(v)] for k, v in value.items()]]
    if isinstance(value, list):
        return ["set", [wire(item) for item in value]]
    return value


def plain(value):
    if isinstance(value, list):
        kind, content = value
        if kind == "map":
            return {k: plain(v) for k, v in content}
        if kind == "set":
            return sorted((plain(item) for item in content), key=str)
        return content
    return value


def insert(table, name=None, /, **columns):
    """An insert operation; ``name`` is what Ref calls the row."""
    operation = {"op": "insert", "table": table, "row": {k: wire(v) for k, v in columns.items()}}
    if name:
        operation["uuid-name"] = name
    return operation


class Raw:
    """OVSDB in thirty lines: one connection for each call."""

    def __init__(self, server):
        self.server = server
        self.database = server.database
        self._path = server.remotes[0].partition(":")[2]
        self.schema = self._call("get_schema", [self.database])

    def _call(self, method, params):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(self._path)
            sock.sendall(json.dumps({"method": method, "params": params, "id": 1}).encode())
            text = b""
            while True:
                chunk = sock.recv(1 << 20)
                assert chunk, "the server closed the connection"
                text += chunk
                with contextlib.suppress(ValueError):
                    answer = json.loads(text)
                    break
        assert not answer["error"], answer
        return answer["result"]

    def transact(self, *operations):
        results = self._call("transact", [self.database, *operations])
        assert not [r for r in results if r and r.get("error")], results
        return results

    def rows(self, table, *where):
        """Rows as plain data: a set is a list even if it has one element, unless it can have but one."""
        found = self.transact({"op": "select", "table": table, "where": list(where)})[0]["rows"]
        return [{k: self._plain(table, k, v) for k, v in row.items() if k != "_version"} for row in found]

    def _plain(self, table, column, value):
        kind = self.schema["tables"][table]["columns"][column]["type"] if column != "_uuid" else "uuid"
        value = plain(value)
        many = isinstance(kind, dict) and "value" not in kind and kind.get("max", 1) != 1
        return [value] if many and not isinstance(value, list) else value

    def one(self, table, *where):
        (row,) = self.rows(table, *where)
        return row

    def named(self, table, name):
        return self.one(table, ["name", "==", name])

    def dump(self):
        """Every row of every table as {table: {uuid: row}}, equal if and only if nothing was written."""
        tables = sorted(self.schema["tables"])
        results = self.transact(*({"op": "select", "table": table, "where": []} for table in tables))
        return {
            table: {row["_uuid"][1]: {k: plain(v) for k, v in row.items() if k != "_uuid"} for row in result["rows"]}
            for table, result in zip(tables, results)
            if result["rows"]
        }

    def wipe(self):
        """Back to the database as ``init`` leaves it."""
        root = ROOTS[self.database]
        roots = [t for t, spec in self.schema["tables"].items() if spec.get("isRoot") and t != root]
        columns = {
            name: spec["type"]
            for name, spec in self.schema["tables"][root]["columns"].items()
            if isinstance(spec["type"], dict) and spec["type"].get("min") == 0
        }
        empty = {name: ["map" if "value" in kind else "set", []] for name, kind in columns.items()}
        # First what nothing refers to: the server counts the references of what it is about to collect, too
        held = {
            kind["refTable"]
            for spec in self.schema["tables"].values()
            for column in spec["columns"].values()
            if isinstance(column["type"], dict)
            for kind in (column["type"]["key"], column["type"].get("value"))
            if isinstance(kind, dict) and "refTable" in kind
        }
        self.transact(
            {"op": "update", "table": root, "where": [], "row": empty},
            *({"op": "delete", "table": table, "where": []} for table in roots if table not in held),
        )
        self.transact(*({"op": "delete", "table": table, "where": []} for table in roots if table in held))


def params_of(entity, remotes, raw):
    """A task's options as AnsibleModule hands them over; ``remotes`` is {option: remote} of the endpoints."""
    spec = argument_spec(entity)
    found = ArgumentSpecValidator(spec).validate({**remotes, "timeout": 5, **raw})
    assert not found.error_messages, found.error_messages
    return found.validated_parameters


def task(entity, remote, check=False, **raw):
    """One run of a module's work."""
    remotes = remote if isinstance(remote, dict) else {OPTION[entity.database]: remote}
    if entity.database == "Open_vSwitch":
        raw.setdefault("wait", False)  # there is no ovs-vswitchd
    params = params_of(entity, remotes, raw)
    result = apply(entity, params, check)
    if not check:
        fits_its_schema(entity, params)
    return result


SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs" / "topology.schema.json").read_text())


@functools.cache
def _validator(table):
    found = {"$ref": "#/definitions/" + table, "definitions": SCHEMA["definitions"]}
    return jsonschema.Draft7Validator(found) if table in SCHEMA["definitions"] else None


def fits_its_schema(entity, params):
    """An entry that a module takes is one that a document may have, and fits its JSON schema."""
    validator = entity.database == "OVN_Northbound" and _validator(entity.table)
    for raw, _path in entries(entity, params) if validator else ():
        said = {option: value for option, value in raw.items() if option not in [each.name for each in entity.parents]}
        if len(said) < 50 and len(json.dumps(said)) < 20_000:  # it is slow
            validator.validate(said)


def refused(entity, remote, **raw):
    """A task that must fail: its error, whose text is the module's msg."""
    return refusal(lambda check: task(entity, remote, check, **raw))


def refusal(work):
    """The error of ``work(check)``, the same in check mode as for real."""
    messages = []
    for check in (True, False):
        try:
            result = work(check)
        except OvnError as exc:
            messages.append(exc)
        else:
            raise AssertionError("not refused: %s" % result)
    assert str(messages[0]) == str(messages[1])
    return messages[1]


def lacking(entity, raw_client, raw, message):
    """A task that must fail, but not in check mode: what it lacks may be there by then."""
    before, remote = raw_client.dump(), raw_client.server.remote
    path, _colon, said = message.partition(": ")
    would = task(entity, remote, check=True, **raw)
    assert would["changed"]
    assert would["unresolved"] == [{"path": path, "message": said}]
    with pytest.raises(OvnError) as caught:
        task(entity, remote, **raw)
    assert str(caught.value) == message
    assert raw_client.dump() == before


#: What check mode must foretell
FORETOLD = ("changed", "diff", "operations", "plan_hash", "warnings")


def ensure(entity, raw_client, remote=None, **raw):
    return life(raw_client, lambda check: task(entity, remote or raw_client.server.remote, check, **raw))


def life(raw_client, work):
    """The life of a task, ``work(check)``: check mode writes nothing and foretells the real run; a second run changes nothing."""
    before = raw_client.dump()
    would = work(True)
    assert raw_client.dump() == before, "check mode wrote"
    did = work(False)
    assert {k: would[k] for k in FORETOLD} == {k: did[k] for k in FORETOLD}
    after = raw_client.dump()
    assert did["changed"] is (after != before)
    if not did["changed"]:
        assert did["diff"] == {"before": {}, "after": {}}
        assert did["operations"] == []
    again = work(False)
    assert not again["changed"], again["operations"]
    assert raw_client.dump() == after
    return did


def entities():
    """Every Entity that the model declares, by (database, table)."""
    found = {}
    for module in pkgutil.walk_packages(_model.__path__, _model.__name__ + "."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Entity):
                found[value.database, value.table] = value
    return found


# -- between the engine and the server ----------------------------------------------------------------------------------


def writes(message):
    """Whether a request is a transaction that writes."""
    return message.get("method") == "transact" and any(
        isinstance(op, dict) and op.get("op") in ("insert", "update", "mutate", "delete") for op in message["params"]
    )


class Wire:
    """A proxy's view: how many writing transactions went by, how many bytes came back. ``before_write(n)`` is called
    before the n-th is passed on, and what it returns is what Proxy's ``cut`` returns."""

    def __init__(self, server, before_write=None):
        self.writes = 0
        self.requests = 0
        self.messages = []
        self._before_write = before_write
        self._proxy = faults.Proxy(server.remotes[0].partition(":")[2], self._seen)

    @property
    def replied(self):
        return self._proxy.replied

    def _seen(self, message):
        self.requests += 1
        self.messages.append(message)
        if not writes(message):
            return None
        self.writes += 1
        return self._before_write(self.writes) if self._before_write else None

    def __enter__(self):
        self._listener = faults.listener(self._proxy)
        self.remote = self._listener.__enter__()
        return self

    def __exit__(self, *exc):
        self._listener.__exit__(*exc)
