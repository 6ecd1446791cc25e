# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ovn_query, by itself and as a template calls it."""

from __future__ import annotations

import sys

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.yaml.loader import AnsibleLoader

from ansible_collections.virtnet.ovn.plugins.filter.ovn_query import ovn_query

ROWS = {
    "count": 3,
    "rows": [
        {"name": "a", "type": "", "addresses": ["02:00:00:00:00:0A 192.0.2.11 fd00::11"]},
        {"name": "b", "type": "", "addresses": ["02:00:00:00:00:0b dynamic", "unknown"]},
        {"name": "c", "type": "router", "addresses": ["router"]},
    ],
}


@pytest.mark.parametrize(
    ("data", "expression", "value"),
    [
        (ROWS, "rows[?type == 'router'].name | [0]", "c"),
        (ROWS, "rows[?type == 'nothing'].name | [0]", None),
        (ROWS, "rows[?within(addresses, '192.0.2.0/24')].name", ["a"]),
        (ROWS, "rows[?within(addresses, 'fd00::/64')].name", ["a"]),
        (ROWS, "rows[?within(addresses, '198.51.100.0/24')].name", []),
        (ROWS, "rows[].ips(addresses)", [["192.0.2.11", "fd00::11"], [], []]),
        (ROWS, "rows[].mac(addresses[0])", ["02:00:00:00:00:0A", "02:00:00:00:00:0b"]),
        (ROWS, "rows[?starts_with(name, 'b')].addresses[]", ["02:00:00:00:00:0b dynamic", "unknown"]),
        ({"vips": {"192.0.2.1:80": "10.0.0.1:80,10.0.0.2:80"}}, "map(&backends(@), values(vips))", [["10.0.0.1:80", "10.0.0.2:80"]]),
        ({"text": ""}, "backends(text)", []),
        ({"text": "02:00:00:00:00:01 10.0.0.0/24"}, "ips(text)", ["10.0.0.0/24"]),
        ({"none": None}, "[backends(none), ips(none), [mac(none)]]", [[], [], [None]]),
        ([1, 2.5, True], "@", [1, 2.5, True]),
    ],
)  # fmt: skip
def test_its_value(data, expression, value):
    assert ovn_query(data, expression) == value


@pytest.mark.parametrize(
    ("data", "expression", "says"),
    [
        (ROWS, "rows[?", "ovn_query: "),
        (ROWS, "sum(rows)", "ovn_query: "),
        (ROWS, "nosuch(rows)", "nosuch"),
        (ROWS, "rows[?within(addresses, '192.0.2')]", "'192.0.2' does not appear to be an IPv4 or IPv6 network"),
        (ROWS, "", "the expression must be text"),
        (ROWS, 1, "the expression must be text"),
        ({"x": object()}, "x", "the data holds a object, which is none of JSON's types"),
    ],
)
def test_errors(data, expression, says):
    with pytest.raises(AnsibleFilterError) as caught:
        ovn_query(data, expression)
    assert says in str(caught.value)


def test_without_jmespath(monkeypatch):
    monkeypatch.setitem(sys.modules, "jmespath", None)
    with pytest.raises(AnsibleFilterError, match="jmespath is missing on the controller"):
        ovn_query(ROWS, "rows")


def test_text_that_ansible_read_is_text():
    """JMESPath's functions ask for the very type, and what comes out of a playbook is Ansible's own kind of text."""
    data = AnsibleLoader("rows: [{name: web-1, addresses: [02:00:00:00:00:01 192.0.2.1]}]").get_single_data()
    assert data["rows"][0]["name"].__class__ is not str
    assert ovn_query(data, "rows[?contains(name, 'web') && within(addresses, '192.0.2.0/24')].name") == ["web-1"]
