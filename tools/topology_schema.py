#!/usr/bin/env python
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/topology.schema.json, the JSON schema of ovn_topology's document, from the model."""

from __future__ import annotations

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import (
    Child,
    Children,
    Map,
    Members,
    Value,
)
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.topology import TOPOLOGY

PATH = ROOT / "docs" / "topology.schema.json"
_SCALAR = ["string", "number", "boolean"]
_STATE = {"enum": ["present", "absent"]}
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}


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
        value = {"type": [*_SCALAR, "array", "null"], "items": {"type": _SCALAR}}
        found = {"type": ["object", "null"], "additionalProperties": value}
        if field.entries:
            key, content = field.entries
            entry = {
                "type": "object",
                "properties": {key: {"type": _SCALAR}, content: value, "state": _STATE},
                "required": [key],
                "additionalProperties": False,
            }
            found = {"anyOf": [found, {"type": "array", "items": entry}]}
    elif field.many:
        found = {"type": ["array", *_SCALAR, "null"], "items": {"type": _SCALAR}}
    else:
        found = {"type": [*_SCALAR, "array", "null"], "maxItems": 0}
    kind = next(kind.__name__ for kind in (Child, Children, Members, Map, Value) if isinstance(field, kind))
    column = "%s:%s" % (field.ref if kind == "Members" and field.columns() == () else entity.table, field.column)
    return {"description": "%s. ovn-nb(5), %s" % (kind, column), **found}


def define(entity, definitions):
    if entity.table in definitions:
        return
    schema = definitions[entity.table] = {"type": "object", "additionalProperties": False}
    properties = {field.name: field_schema(entity, field, definitions) for field in entity.fields.values()}
    if not entity.singleton:
        properties.update(state=_STATE, uuid=_UUID)
    if entity.parents:
        properties["move"] = {"type": "boolean"}
    if entity.flag:
        properties[entity.flag] = {"type": "boolean"}
    if "external_ids" in entity.fields:
        properties["id"] = {"type": "string"}
    purgeable = [field.name for field in entity.fields.values() if field.purgeable]
    if purgeable:
        properties["purge"] = {"type": "array", "items": {"enum": purgeable}}
    schema["properties"] = properties


def json_schema():
    definitions, properties = {}, {}
    for option, entity in TOPOLOGY.items():
        define(entity, definitions)
        entry = {"$ref": "#/definitions/" + entity.table}
        properties[option] = entry if entity.singleton else {"type": ["array", "null"], "items": entry}
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
