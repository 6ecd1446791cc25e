# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON schema of a document and the engine agree: on each scalar that YAML may make of what people write, and on slips."""

from __future__ import annotations

import pytest

from tests.support.topology import SCHEMA, ensure, refused


def port(**more):
    return {"switches": [{"name": "s", "ports": [{"name": "p", **more}]}]}


def router(**more):
    return {"routers": [{"name": "r", **more}]}


def acl(**more):
    rule = {"direction": "to-lport", "priority": 1, "match": "ip4", "action": "drop"}
    return {"switches": [{"name": "s", "acls": [{**rule, **more}]}]}


ROUTE = {"ip_prefix": "10.0.0.0/8", "nexthop": "192.0.2.1"}
UUID = "9f4c8a44-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "document",
    [
        {"switches": None, "routers": [], "dns": [{"id": 7, "records": {"a.example": "192.0.2.1"}}]},
        {"dns": [{"id": 7.5, "records": {}}]},
        {"dns": [{"id": True}]},
        acl(id=0x10, priority="7"),
        acl(id=None, priority="0x1F", log="yes", label="4294967295", action="allow"),
        acl(priority=" +7", log=0, tier=None, uuid=None, state=None),
        acl(state="", log="Off", severity="", name=5, options="", external_ids=[]),
        acl(purge="options", options={}),
        acl(purge="", match=1),
        port(enabled="no", tag_request="0x10", parent_name=5, addresses="unknown", port_security=""),
        port(tag_request=[], parent_name={}, type=None, addresses=[], dhcpv4_options="", options={"a": 1, "b": 1.5, "c": True}),
        port(move="no", mirror_rules="", external_ids={"k": None}),
        router(static_routes=[{**ROUTE, "ecmp": "on", "policy": "", "route_table": 5}]),
        router(static_routes=[{**ROUTE, "ecmp": 1, "move": None}], load_balancer="", options=[]),
        router(enabled=1, copp=[], purge=["nat"], nat=[]),
        {"load_balancers": [{"name": 5, "vips": "", "protocol": {}, "selection_fields": "ip_src"}]},
        {"load_balancers": [{"name": "b", "protocol": "udp", "vips": [{"vip": "192.0.2.1:80", "backends": "10.0.0.1:80,10.0.0.2:80"}]}]},
        {"load_balancers": [{"name": "b", "vips": {"192.0.2.1": None, "192.0.2.2": [], "192.0.2.3": ""}}]},
        {"meters": [{"name": "m", "unit": "kbps", "fair": "true", "bands": [{"action": "drop", "rate": "10"}]}]},
        {"switches": [{"uuid": UUID, "name": "s", "load_balancer": [], "status": {"whatever": 1}}], "status": {}},
    ],
    ids=str,
)  # fmt: skip
def test_what_both_take(nb, document):
    ensure(nb, document)


@pytest.mark.parametrize(
    "document",
    [
        {"switchs": []},
        {"switches": {"name": "s"}},
        {"switches": ["s"]},
        acl(priority="seven"),
        acl(priority=40000),
        acl(priority=[1]),
        acl(action="allow-all"),
        acl(id={}),
        acl(id=["a"]),
        acl(switch="s"),
        acl(state="gone"),
        acl(uuid="1"),
        acl(purge=["match"]),
        acl(purge={"options": True}),
        acl(external_ids=["a"]),
        acl(external_ids="a"),
        port(move=[]),
        port(move={"a": 1}),
        port(addresses={"a": 1}),
        port(tag_request=4096),
        port(mirror_rules={"name": "m"}),
        port(mirror_rules=[{"nam": "m"}]),
        router(static_routes=[{**ROUTE, "ecmp": [1]}]),
        router(static_routes=[{**ROUTE, "router": "r"}]),
        router(static_routes=ROUTE),
        {"load_balancers": [{"name": "b", "vips": [{"vip": "192.0.2.1", "state": None}]}]},
        {"load_balancers": [{"name": "b", "vips": [{"vip": "192.0.2.1", "colour": 1}]}]},
    ],
    ids=str,
)
def test_what_neither_takes(nb, document):
    assert not SCHEMA.is_valid(document)
    refused(nb, document)
