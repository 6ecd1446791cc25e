# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped JSON schema of ovn_topology's document: made from the model as it is now, and true."""

from __future__ import annotations

import ast
import importlib.util
import json
import pathlib

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "topology.schema.json").read_text())


def test_it_is_up_to_date():
    spec = importlib.util.spec_from_file_location("topology_schema", ROOT / "tools" / "topology_schema.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PATH.read_text() == tool.text(), "run tools/topology_schema.py"


def test_it_is_a_schema():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def examples():
    for node in ast.parse((ROOT / "plugins" / "modules" / "ovn_topology.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "EXAMPLES":
            for task in yaml.safe_load(node.value.value):
                if isinstance(task["virtnet.ovn.ovn_topology"].get("topology"), dict):
                    yield task["virtnet.ovn.ovn_topology"]["topology"]


@pytest.mark.parametrize("document", list(examples()), ids="+".join)
def test_documents_that_are_right(document):
    jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize(
    "document",
    [
        {"switch": []},
        {"switches": {}},
        {"switches": [{"name": "s", "colour": 1}]},
        {"switches": [{"name": "s", "ports": [{"name": "p", "address": []}]}]},
        {"switches": [{"name": "s", "state": "gone"}]},
        {"switches": [{"name": "s", "uuid": "1"}]},
        {"switches": [{"name": "s", "purge": ["name"]}]},
        {"load_balancers": [{"name": "lb", "vips": [{"backends": []}]}]},
        {"routers": [{"name": ["r"]}]},
        {"switches": [{"name": "s", "ports": [{"name": "p", "type": "trunk"}]}]},
        {"switches": [{"name": "s", "ports": [{"name": "p", "tag_request": 4096}]}]},
        {"switches": [{"name": "s", "qos_rules": [{"bandwidth": {"speed": 1}}]}]},
        {"load_balancers": [{"name": "lb", "protocol": "icmp"}]},
        {"load_balancers": [{"name": "lb", "selection_fields": ["mood"]}]},
    ],
    ids=str,
)
def test_documents_that_are_wrong(document):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
