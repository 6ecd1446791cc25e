#!/usr/bin/env python
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/topology.schema.json, the JSON schema of ovn_topology's document, from the model."""

from __future__ import annotations

import ast
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import (
    Child,
    Children,
    Map,
    Members,
    Value,
)
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.snapshots import SNAPSHOTS
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.topology import TOPOLOGY
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.schema import Schema

PATH = ROOT / "docs" / "topology.schema.json"
_SCALAR = ["string", "number", "boolean"]
_STATE = {"enum": ["present", "absent"]}
_NUMBER = {"type": ["integer", "string"], "pattern": r"^\s*[-+]?(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)\s*$"}
_FLAG = {"type": ["boolean", "string", "integer", "null"]}
#: Types and bounds are those of the newest release that is known
NEWEST = Schema(json.loads(SNAPSHOTS[max(SNAPSHOTS)]))
#: What daemons write, as gathered shows it: no task reads it
_STATUS = {"type": "object", "description": "What OVN's daemons wrote, as gathered shows it. No task reads it."}
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}


def value_schema(base, of=None):
    """One value of a column's base type: (types, bounds)."""
    enum = base.get("enum")
    choices = (enum[1] if isinstance(enum, list) else [enum]) if enum else getattr(of, "choices", None)
    if choices:
        return {"enum": sorted(choices)}
    if base["type"] == "integer":
        bounds = {"minimum": base.get("minInteger"), "maximum": base.get("maxInteger")}
        return {**_NUMBER, **{word: bound for word, bound in bounds.items() if bound is not None}}
    if base["type"] == "boolean":
        return {"type": _FLAG["type"][:-1]}
    longest = {"maxLength": base["maxLength"]} if "maxLength" in base else {}
    return {"type": _SCALAR, **longest}


def or_empty(schema, *more):
    """Null says nothing, and what is empty empties."""
    return {"anyOf": [schema, {"enum": [None, *more]}]}


def documented():
    """{table: {option: what its module says of it}}"""
    found = {}
    for path in sorted((ROOT / "plugins" / "modules").glob("ovn_*.py")):
        text = path.read_text()
        match = re.search(r"_model\.nb\.(\w+) import (\w+)\n", text)
        if not match or "run(%s)" % match[2] not in text:
            continue
        module = __import__(Value.__module__.rpartition(".")[0] + ".nb." + match[1], fromlist=[match[2]])
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and node.targets[0].id == "DOCUMENTATION":
                options = yaml.safe_load(node.value.value)["options"]
                said = {option: spec["description"] for option, spec in options.items()}
                found[getattr(module, match[2]).table] = {
                    option: plain(text if isinstance(text, str) else " ".join(text)) for option, text in said.items()
                }
    return found


def plain(text):
    """Ansible's markup as mere words."""
    return re.sub(r"\b[A-Z]\(([^)]*)\)", r"\1", text).replace("\n", " ")


DOCUMENTED = documented()


def field_schema(entity, field, definitions):
    if isinstance(field, Children):
        define(field.entity, definitions)
        entry = {"$ref": "#/definitions/" + field.entity.table}
        found = {"type": ["array", "null"], "items": entry}
        if isinstance(field, Child):
            found = {"anyOf": [entry, {"type": "null"}]}
    elif isinstance(field, Members):
        named = {
            "type": "object",
            "properties": {"name": {"type": _SCALAR}, "state": _STATE},
            "required": ["name"],
            "additionalProperties": False,
        }
        found = {"type": ["array", "string", "null"], "items": {"anyOf": [{"type": _SCALAR}, named]}}
    elif isinstance(field, Map):
        column = NEWEST.column(entity.table, field.column)
        value = {"type": [*_SCALAR, "array", "null"], "items": {"type": _SCALAR}}
        if column.value["type"] != "string":
            value = or_empty(value_schema(column.value))
        found = {
            "type": ["object", "array", "string", "null"],
            "additionalProperties": value,
            "maxItems": 0,
            "maxLength": 0,
        }
        keys = value_schema(column.key, field.key)
        if "enum" in keys:
            found["propertyNames"] = keys
        if field.entries:
            key, content = field.entries
            entry = {
                "type": "object",
                "properties": {key: {"type": _SCALAR}, content: value, "state": _STATE},
                "required": [key],
                "additionalProperties": False,
            }
            found = {"anyOf": [found, {"type": "array", "items": entry}]}
    else:
        column = NEWEST.column(entity.table, field.column)
        one = {"type": _SCALAR} if field.ref else value_schema(column.key, field.of)
        if field.many:
            found = {
                "anyOf": [{"type": ["array", "null"], "items": one}, one, *([] if column.min else [{"enum": [""]}])]
            }
        else:
            found = or_empty(one, *([] if column.min else ["", [], {}]))
    kind = next(kind.__name__ for kind in (Child, Children, Members, Map, Value) if isinstance(field, kind))
    place = "%s:%s" % (field.ref if kind == "Members" and field.columns() == () else entity.table, field.column)
    text = DOCUMENTED.get(entity.table, {}).get(field.name, "")
    parts = ["" if text.startswith(kind) else kind + ".", text, "(ovn-nb(5), %s)" % place]
    return {"description": " ".join(filter(None, parts)), **found}


def define(entity, definitions):
    if entity.table in definitions:
        return
    schema = definitions[entity.table] = {"type": "object", "additionalProperties": False}
    properties = {field.name: field_schema(entity, field, definitions) for field in entity.fields.values()}
    if not entity.singleton:
        properties.update(state=or_empty(_STATE, ""), uuid=or_empty(_UUID), status=_STATUS)
    if entity.parents:
        properties["move"] = _FLAG
    if entity.flag:
        properties[entity.flag] = _FLAG
    if "external_ids" in entity.fields:
        properties["id"] = {"type": [*_SCALAR, "null"]}
    purgeable = {"enum": [field.name for field in entity.fields.values() if field.purgeable]}
    if purgeable["enum"]:
        properties["purge"] = {"anyOf": [{"type": "array", "items": purgeable}, or_empty(purgeable, "")]}
    schema["properties"] = properties


def json_schema():
    definitions, properties = {}, {}
    for option, entity in TOPOLOGY.items():
        define(entity, definitions)
        entry = {"$ref": "#/definitions/" + entity.table}
        properties[option] = entry if entity.singleton else {"type": ["array", "null"], "items": entry}
    properties["status"] = _STATUS
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A network for virtnet.ovn.ovn_topology",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "definitions": definitions,
    }


def text():
    return json.dumps(json_schema(), indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text())
