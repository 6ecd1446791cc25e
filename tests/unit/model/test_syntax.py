# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spellings of OVN's columns: what is one value, and what is none."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.module_utils._model import syntax

CANONICAL = [
    (syntax.text, True, "true"),
    (syntax.text, 1, "1"),
    (syntax.text, 1.5, "1.5"),
    (syntax.mac, "02:AC:10:FF:00:0A", "02:ac:10:ff:00:0a"),
    (syntax.ip, "192.0.2.1", "192.0.2.1"),
    (syntax.ip, "2001:DB8:0:0::1", "2001:db8::1"),
    (syntax.cidr, "192.0.2.1/24", "192.0.2.1/24"),
    (syntax.cidr, "2001:DB8::1/064", "2001:db8::1/64"),
    (syntax.prefix, "192.0.2.1/24", "192.0.2.0/24"),
    (syntax.prefix, "192.0.2.1/32", "192.0.2.1"),
    (syntax.prefix, "192.0.2.1", "192.0.2.1"),
    (syntax.prefix, "0.0.0.0/0", "0.0.0.0/0"),
    (syntax.prefix, "2001:DB8::7/64", "2001:db8::/64"),
    (syntax.ip_range, "192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9"),
    (syntax.lsp_address, "unknown", "unknown"),
    (syntax.lsp_address, "  dynamic  ", "dynamic"),
    (syntax.lsp_address, "dynamic 192.0.2.1", "dynamic 192.0.2.1"),
    (syntax.lsp_address, "02:AC:10:FF:00:0A dynamic", "02:ac:10:ff:00:0a dynamic"),
    (syntax.lsp_address, "02:AC:10:FF:00:0A  192.0.2.1 2001:DB8::1", "02:ac:10:ff:00:0a 192.0.2.1 2001:db8::1"),
    (syntax.port_security, "02:AC:10:FF:00:0A 192.0.2.0/24", "02:ac:10:ff:00:0a 192.0.2.0/24"),
    (syntax.port_security, "VRRPv3 02:AC:10:FF:00:0A", "VRRPv3 02:ac:10:ff:00:0a"),
    (syntax.vip, "192.0.2.1", "192.0.2.1"),
    (syntax.vip, " 192.0.2.1:080 ", "192.0.2.1:80"),
    (syntax.vip, "[2001:DB8::1]:80", "[2001:db8::1]:80"),
    (syntax.vip, "[2001:DB8::1]:080", "[2001:db8::1]:80"),
    (syntax.vip, "[2001:DB8::1]", "2001:db8::1"),
    (syntax.vip, "2001:DB8:0::1", "2001:db8::1"),
    (syntax.backends, ["192.0.2.1:80", "[FD00::1]:80"], "192.0.2.1:80,[fd00::1]:80"),
    (syntax.backends, "192.0.2.1, 192.0.2.2", "192.0.2.1,192.0.2.2"),
    (syntax.backends, [], ""),
    (syntax.backends, "", ""),
    (syntax.port_range, "1-65535", "1-65535"),
    (syntax.port_range, "80", "80"),
    (syntax.port_range, "", ""),
    (syntax.connection_target, "ptcp:6641:127.0.0.1", "ptcp:6641:127.0.0.1"),
]
NONSENSE = [
    (syntax.text, {}), (syntax.text, None), (syntax.text, []), (syntax.text, "a\0"),
    (syntax.name, ""),
    (syntax.mac, "02:ac:10:ff:00"), (syntax.mac, "02-ac-10-ff-00-11"), (syntax.mac, "02:ac:10:ff:00:11:22"), (syntax.mac, "02:ac:10:ff:00:1g"),
    (syntax.ip, "192.0.2.256"), (syntax.ip, "192.0.2.1/24"), (syntax.ip, "192.0.2"), (syntax.ip, ""), (syntax.ip, "192.0.2.01"), (syntax.ip, "vm1"),
    (syntax.cidr, "192.0.2.1"), (syntax.cidr, "192.0.2.1/33"), (syntax.cidr, "192.0.2.1/x"), (syntax.cidr, "2001:db8::/129"), (syntax.cidr, "192.0.2.1/-1"),
    (syntax.prefix, "192.0.2.0/33"), (syntax.prefix, "x/24"),
    (syntax.lsp_address, ""), (syntax.lsp_address, "192.0.2.1"), (syntax.lsp_address, "unknown 192.0.2.1"), (syntax.lsp_address, "02:ac:10:ff:00:0a x"),
    (syntax.port_security, ""), (syntax.port_security, "192.0.2.1"), (syntax.port_security, "VRRPv3"),
    (syntax.vip, {"a": 1}), (syntax.vip, ["fd00::1"]), (syntax.vip, "fd00::1:65536"), (syntax.vip, "192.0.2.1:0"), (syntax.vip, "192.0.2.1:65536"),
    (syntax.vip, "[192.0.2.1]:80"), (syntax.vip, "[fd00::1]80"), (syntax.vip, "[fd00::1]:"), (syntax.vip, "[fd00::1"),
    (syntax.vip, "192.0.2.1:x"), (syntax.vip, "web:80"),
    (syntax.backends, {"a": 1}), (syntax.backends, ["x"]), (syntax.backends, 5),
    (syntax.port_range, "9-1"), (syntax.port_range, "0"), (syntax.port_range, "1-2-3"), (syntax.port_range, "a"), (syntax.port_range, "1-65536"),
    (syntax.connection_target, "6641"), (syntax.connection_target, "ptcp:"), (syntax.connection_target, "ptcp:0"), (syntax.connection_target, "udp:1"),
    (syntax.Choice("a", "b"), "c"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "written", "canonical"), CANONICAL)
def test_one_value_has_one_spelling(function, written, canonical):
    assert function(written) == canonical
    assert function(canonical) == canonical


@pytest.mark.parametrize(("function", "written"), NONSENSE)
def test_what_is_none_is_refused_with_a_reason(function, written):
    with pytest.raises(ValueError, match=r"\S"):
        function(written)


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@given(ADDRESSES)
def test_addresses_agree_with_the_standard_library(address):
    assert syntax.ip(str(address)) == str(address)
    assert syntax.ip(address.exploded.upper()) == str(address)
    assert syntax.family(str(address)) == address.version


@given(ADDRESSES, st.integers(0, 128))
def test_prefixes_agree_with_the_standard_library(address, length):
    length = min(length, address.max_prefixlen)
    network = ipaddress.ip_network((address, length), strict=False)
    expected = str(network.network_address) if length == address.max_prefixlen else str(network)
    assert syntax.prefix("%s/%d" % (address.exploded, length)) == expected


@given(ADDRESSES, st.integers(1, 65535))
def test_endpoints(address, port):
    text = "[%s]:%d" % (address, port) if address.version == 6 else "%s:%d" % (address, port)
    assert syntax.endpoint(text) == text
    assert syntax.endpoint_parts(text) == (str(address), port)
    assert syntax.endpoint_parts(str(address)) == (str(address), None)


@pytest.mark.parametrize(
    ("text", "found"),
    [("192.0.2.1", ("192.0.2.1", None)), ("192.0.2.1:80", ("192.0.2.1", 80)), ("[2001:db8::1]:80", ("2001:db8::1", 80)),
     ("2001:DB8::1", ("2001:db8::1", None)), ("vm1", None), ("a:1", None), ("[x", None), ("^vip", None)],
)  # fmt: skip
def test_an_address_or_a_name(text, found):
    assert syntax.address_and_port(text) == found


@given(st.text(max_size=30))
def test_no_text_makes_a_traceback(text):
    for function in (syntax.mac, syntax.ip, syntax.cidr, syntax.prefix, syntax.ip_range, syntax.lsp_address, syntax.port_security, syntax.vip,
                     syntax.backends, syntax.port_range, syntax.connection_target):  # fmt: skip
        try:
            once = function(text)
        except ValueError:
            continue
        assert function(once) == once


def test_addresses_in_an_element():
    assert syntax.ips_in("02:AC:10:FF:00:0A 192.0.2.1/24 2001:DB8::1") == ["192.0.2.1", "2001:db8::1"]
    assert syntax.ips_in("dynamic 192.0.2.1") == ["192.0.2.1"]
    assert syntax.ips_in("02:ac:10:ff:00:0a dynamic") == syntax.ips_in("unknown") == syntax.ips_in("nonsense") == []
