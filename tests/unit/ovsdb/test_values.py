# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wire notation (RFC 7047, 5.1) to Python and back."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.schema import Column
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.values import decode, encode

U = "11111111-2222-3333-4444-555555555555"
SET = {"key": "string", "min": 0, "max": "unlimited"}
OPTIONAL = {"key": "integer", "min": 0, "max": 1}
MAP = {"key": "string", "value": "integer", "min": 0, "max": "unlimited"}
REF = {"key": {"type": "uuid", "refTable": "T"}, "min": 0, "max": 1}
REFS = {"key": {"type": "uuid", "refTable": "T"}, "min": 0, "max": "unlimited"}


@pytest.mark.parametrize(
    ("kind", "wire", "value"),
    [
        ("string", "x", "x"),
        ("boolean", False, False),
        (SET, ["set", []], []),
        (SET, ["set", ["a", "b"]], ["a", "b"]),
        (OPTIONAL, ["set", []], None),
        (OPTIONAL, 7, 7),
        (MAP, ["map", [["k", 1]]], {"k": 1}),
        (MAP, ["map", []], {}),
        (REF, ["uuid", U], U),
        (REF, ["set", []], None),
        (REFS, ["set", [["uuid", U]]], [U]),
    ],
)
def test_there_and_back(kind, wire, value):
    column = Column("c", {"type": kind})
    assert decode(column, wire) == value
    assert encode(column, value) == wire


@pytest.mark.parametrize(
    ("kind", "wire", "value"), [(SET, "a", ["a"]), (REFS, ["uuid", U], [U]), (OPTIONAL, ["set", [7]], 7)]
)
def test_the_other_way_to_write_a_set_of_one(kind, wire, value):
    assert decode(Column("c", {"type": kind}), wire) == value


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("string", ""),
        ("integer", 0),
        ("boolean", False),
        ("real", 0.0),
        (SET, []),
        (OPTIONAL, None),
        (MAP, {}),
        (REF, None),
    ],
)
def test_defaults(kind, default):
    column = Column("c", {"type": kind})
    assert decode(column, column.default) == default
