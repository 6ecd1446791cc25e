# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the option keys that OVN documents: made from manuals, and whole."""

from __future__ import annotations

import importlib.util
import json
import pathlib

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.option_keys import KEYS, SCHEMA_VERSIONS
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.options import doubt
from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.snapshots import SNAPSHOTS

ROOT = pathlib.Path(__file__).resolve().parents[3]
MANUAL = r"""
.TH "ovn-nb" 5 " DB Schema 7.1.0" "Open vSwitch 24.09.0" "Open vSwitch Manual"
.SH "Weather TABLE"
.IP "\fBmood\fR: string"
.IP "\fBoptions : very\-sunny\fR: optional string, either \fBtrue\fR or \fBfalse\fR"
.IP "\fBoptions : %s\fR: optional string"
.IP "\fBexternal_ids : seen\fR: optional string"
"""


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("option_keys", ROOT / "tools" / "option_keys.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_made_of_manuals(tool, tmp_path):
    for release, key in (("1", "rain"), ("2", "snow")):
        (tmp_path / release).write_text(MANUAL % key)
    assert tool.read(str(tmp_path / "1")) == ("7.1.0", {("Weather", "options", k) for k in ("very-sunny", "rain")})
    made = {}
    exec(tool.text({release: str(tmp_path / release) for release in ("2", "1")}), made)
    assert made["KEYS"]["Weather:options"] == {"1": "rain very-sunny", "2": "snow"}
    assert made["SCHEMA_VERSIONS"] == {"1": "7.1.0", "2": "7.1.0"}


def test_the_releases_are_those_of_the_snapshots():
    assert {release: json.loads(text)["version"] for release, text in SNAPSHOTS.items()} == SCHEMA_VERSIONS


def test_every_table_and_column_is_there():
    tables = json.loads(SNAPSHOTS[max(SNAPSHOTS)])["tables"]
    for place in KEYS:
        table, column = place.split(":")
        assert column in tables[table]["columns"]
    assert sum(len(keys.split()) for places in KEYS.values() for keys in places.values()) > 200


def test_doubts():
    assert doubt("Logical_Switch", "other_config", "mcast_snoop", "7.0.0") is None
    assert doubt("Logical_Switch", "other_config", "mcast_snoop", "5.0.0") is None  # nobody knows of older ones
    assert doubt("Logical_Router", "options", "ct-commit-all", "7.11.0") is None
    assert doubt("Logical_Router", "options", "ct-commit-all", "7.9.0").startswith("OVN documents this key since 25.03")
    assert doubt("Logical_Router", "options", "chasis", "7.0.0") == "OVN documents no such key; did you mean chassis?"
    assert doubt("Logical_Router", "options", "xyzzy", "7.0.0") == "OVN documents no such key"
    assert doubt("Logical_Router", "external_ids", "xyzzy", "7.0.0") is None
