# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spellings that OVN's columns hold. Each function takes what a user or a database wrote and returns the canonical
text; it raises ValueError with the reason. Two spellings with one canonical text are the same value.
"""

from __future__ import annotations

import re

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(r"%s(?:\.%s){3}\Z" % (_BYTE, _BYTE))
# One MAC and at most one IPv4 address, in canonical spelling: nearly every port
_PLAIN_ADDRESS = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?: %s(?:\.%s){3})?\Z" % (_BYTE, _BYTE))
# IPv4:PORT in canonical spelling, with a port below 10,000
_PLAIN_ENDPOINT = re.compile(r"%s(?:\.%s){3}:[1-9]\d{0,3}\Z" % (_BYTE, _BYTE))


def text(value):
    if not isinstance(value, str):
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        raise ValueError("expected text, not a %s" % kind_of(value))
    if "\0" in value:
        raise ValueError("a NUL character cannot be stored")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            raise ValueError("%r is no valid Unicode" % value) from None
    return value


def kind_of(value):
    return {"dict": "dictionary", "NoneType": "null"}.get(type(value).__name__, type(value).__name__)


def name(value):
    value = text(value)
    if not value:
        raise ValueError("must not be empty")
    return value


def set_name(value):
    """What matches refer to by ``$name`` or ``@name``: ovn-nb(5), Address_Set:name and Port_Group:name."""
    return re.match(r"[a-zA-Z_.][a-zA-Z_.0-9]*\Z", value) is not None


class Choice:
    """A syntax of its own for columns whose values ovn-nb(5) lists, but the schema does not."""

    __slots__ = ("choices",)

    def __init__(self, *choices):
        self.choices = choices

    def __call__(self, value):
        value = text(value)
        if value not in self.choices:
            raise ValueError("%r is none of %s" % (value, ", ".join(repr(choice) for choice in self.choices)))
        return value


def mac(value):
    """An Ethernet address, lower case, colons."""
    value = text(value).lower()
    if not _MAC.match(value):
        raise ValueError("%r is no MAC address (six pairs of hexadecimal digits, 02:ac:10:ff:00:11)" % value)
    return value


def ip(value):
    """An IPv4 or IPv6 address; IPv6 in its short form (RFC 5952)."""
    value = text(value)
    if _IPV4.match(value):
        return value
    import ipaddress  # a few ms: only when the fast spelling did not do

    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError("%r is no IP address" % value) from None


def family(value):
    """4 or 6, of a canonical address or prefix."""
    return 6 if ":" in value else 4


def cidr(value):
    """An address with its prefix length; the host bits are kept (a router port's networks)."""
    value = text(value)
    address, slash, length = value.partition("/")
    address = ip(address)
    limit = 128 if ":" in address else 32
    if not slash or not length.isdigit() or int(length) > limit:
        raise ValueError("%r is no address with a prefix length (such as 192.0.2.1/24)" % value)
    return "%s/%d" % (address, int(length))


def prefix(value):
    """A network; host bits are cleared, and a full-length prefix is a plain address, as ovn-nbctl stores them."""
    value = text(value)
    if "/" not in value:
        return ip(value)
    import ipaddress

    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("%r is no network (such as 192.0.2.0/24)" % value) from None
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def within(address, network):
    """Whether an address is one of a network, which may have host bits."""
    import ipaddress

    try:
        return ipaddress.ip_address(address) in ipaddress.ip_interface(network).network
    except ValueError:
        return False


def set_address(value):
    """An element of Address_Set:addresses: an Ethernet or IP address, or a network."""
    value = text(value)
    if _MAC.match(value.lower()):
        return value.lower()
    address, slash, mask = value.partition("/")
    try:
        return prefix(value)
    except ValueError:
        if not slash:
            raise ValueError("%r is no MAC address, no IP address and no network" % value) from None
    try:  # a mask that is no prefix
        return "%s/%s" % (ip(address), ip(mask))
    except ValueError:
        raise ValueError("%r is no network (such as 192.0.2.0/24)" % value) from None


def ip_range(value):
    """An address, a network, or FIRST-LAST (a NAT's external_port_range has its own)."""
    value = text(value)
    first, dash, last = value.partition("-")
    return "%s-%s" % (ip(first), ip(last)) if dash else prefix(value)


def lsp_address(value):
    """An element of Logical_Switch_Port:addresses, ovn-nb(5): ``MAC [IP...]``, ``dynamic``, ``MAC dynamic``, ``router``, ``unknown``."""
    if isinstance(value, str) and _PLAIN_ADDRESS.match(value):
        return value
    value = text(value)
    words = value.split()
    if len(words) == 1 and words[0] in ("dynamic", "router", "unknown"):
        return words[0]
    if not words:
        raise ValueError("an address must not be empty")
    if words[0] == "dynamic":
        return " ".join(["dynamic"] + [ip(word) for word in words[1:]])
    first = mac(words[0])
    if words[1:] == ["dynamic"]:
        return first + " dynamic"
    return " ".join([first] + [prefix_as_given(word) for word in words[1:]])


def ips_in(address):
    """The IP addresses in an element of Logical_Switch_Port:addresses, whoever wrote it."""
    if _PLAIN_ADDRESS.match(address):
        return [address[18:]] if len(address) > 17 else []
    try:
        words = lsp_address(address).split()[1:]
    except ValueError:
        return []
    return [word.partition("/")[0] for word in words if word != "dynamic"]


def prefix_as_given(value):
    """An address, or an address with a prefix length."""
    return cidr(value) if "/" in text(value) else ip(value)


def port_security(value):
    """An element of Logical_Switch_Port:port_security: ``MAC [IP[/LENGTH]...]``; ``VRRPv3`` and its like stay as they are."""
    if isinstance(value, str) and _PLAIN_ADDRESS.match(value):
        return value
    value = text(value)
    words = value.split()
    if not words:
        raise ValueError("an address must not be empty")
    head = []
    while words and not _MAC.match(words[0].lower()) and words[0].isalnum() and not words[0].isdigit():
        head.append(words.pop(0))
    if not words:
        raise ValueError("%r has no MAC address" % value)
    return " ".join(head + [mac(words[0])] + [prefix_as_given(word) for word in words[1:]])


#: A VIP or backend of a template: ``^VARIABLE``, with a port or another variable for it
_TEMPLATE = re.compile(r"\^[A-Za-z_][\w.]*(?::(?:\^[A-Za-z_][\w.]*|\d+))?\Z")
_PORT_LAST = re.compile(r"(.*):(\d+)\Z", re.S)


def vip(value):
    """A virtual IP: ``IP``, ``IPv4:PORT`` or ``[IPv6]:PORT``."""
    if isinstance(value, dict):
        raise ValueError("was read as a YAML dictionary: quote it, as in '[fd00::1]:80'")
    if isinstance(value, list):
        raise ValueError("was read as a YAML list: quote an IPv6 address with a port, as in '[fd00::1]:80'")
    return endpoint(value)


def is_template(value):
    """Whether an endpoint is made of Chassis_Template_Var's variables."""
    return value.startswith("^")


def endpoint(value):
    """``IP``, ``IPv4:PORT`` or ``[IPv6]:PORT`` (a backend has the same form as a virtual IP); ``^VAR[:^VAR|:PORT]`` of a template."""
    value = text(value).strip()
    if _PLAIN_ENDPOINT.match(value):
        return value
    if is_template(value):
        port = value.partition(":")[2]
        if not _TEMPLATE.match(value) or (port.isdigit() and not _valid_port(port)):
            raise ValueError("%r is no template: expected ^VARIABLE, ^VARIABLE:^VARIABLE or ^VARIABLE:PORT" % value)
        return value
    if value.startswith("["):
        address, bracket, port = value[1:].partition("]")
        address = ip(address)
        if ":" not in address:
            raise ValueError("%r: brackets are for IPv6 addresses" % value)
        if not bracket or (port and not _valid_port(port[1:])) or (port and port[0] != ":"):
            raise ValueError("%r: expected [ADDRESS]:PORT with a port from 1 to 65535" % value)
        return "[%s]:%d" % (address, int(port[1:])) if port else address
    if value.count(":") == 1:
        address, colon, port = value.partition(":")
        if not _valid_port(port):
            raise ValueError("%r: expected ADDRESS:PORT with a port from 1 to 65535" % value)
        return "%s:%d" % (_ip_of(address, value), int(port))
    return _ip_of(value, value)


def _ip_of(address, whole):
    try:
        return ip(address)
    except ValueError:
        pass
    hint = ""
    if whole.count(":") > 1 and _PORT_LAST.match(whole):
        hint = "; an IPv6 address with a port is written in brackets, and quoted in YAML: '[fd00::1]:80'"
    raise ValueError("%r is no IP address and no IP:PORT%s" % (whole, hint))


def _valid_port(port):
    return port.isdigit() and 0 < int(port) < 65536


def endpoint_parts(value):
    """(address, port or None) of a canonical endpoint; a template's port may be a variable."""
    if is_template(value):
        address, colon, port = value.partition(":")
        return address, port or None
    if value.startswith("["):
        address, bracket, port = value[1:].partition("]:")
        return address, int(port)
    if value.count(":") == 1:
        address, colon, port = value.partition(":")
        return address, int(port)
    return value, None


def address_and_port(value):
    """(IP, port or None) of any endpoint; None of what is none: a name, or an endpoint that is made of a template's variables."""
    try:
        address, port = endpoint_parts(value)
        return ip(address), int(port) if port is not None else None
    except ValueError:
        return None


def backends(value):
    """A list of endpoints, or the text that the database holds (separated by commas); their order is kept."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise ValueError("expected a list of backends, not a %s" % kind_of(value))
    return ",".join(endpoint(item) for item in items if item != "")


_MAPPING = re.compile(r"(?P<port>.+?):(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[\d.]+))(?P<zone>:[^:]+)?\Z")


def mapping(value):
    """A value of ip_port_mappings: ``PORT:IPv4`` or ``PORT:[IPv6]``, with ``:ZONE`` for a remote one; or the port alone."""
    value = text(value)
    found = _MAPPING.match(value)
    if not value or (":" in value and not found):
        raise ValueError(
            "%r is no PORT:SOURCE_IP (a switch port's name; IPv6 in brackets, as in port1:[fd00::9])" % value
        )
    if not found:
        return value
    source = "[%s]" % ip(found["v6"]) if found["v6"] else ip(found["v4"])
    return "%s:%s%s" % (found["port"], source, found["zone"] or "")


def mapping_source(value):
    """The source IP in a canonical value of ip_port_mappings, or None."""
    found = _MAPPING.match(value)
    return found and (found["v6"] or found["v4"])


def port_range(value):
    """A NAT's external_port_range: ``FIRST-LAST`` or one port."""
    value = text(value)
    ports = value.split("-")
    if value and (len(ports) > 2 or not all(_valid_port(port) for port in ports) or int(ports[0]) > int(ports[-1])):
        raise ValueError("%r is no port range (FIRST-LAST, each from 1 to 65535)" % value)
    return value


def connection_target(value):
    """Connection:target, ovn-nb(5): ``ptcp:PORT[:IP]``, ``pssl:PORT[:IP]``, ``punix:FILE``, ``tcp:``, ``ssl:``, ``unix:``."""
    value = text(value)
    kind, colon, rest = value.partition(":")
    if not rest or kind not in ("ptcp", "pssl", "punix", "tcp", "ssl", "unix"):
        raise ValueError("%r is no connection method (such as ptcp:6641:127.0.0.1, pssl:6641 or punix:FILE)" % value)
    if kind in ("ptcp", "pssl") and not _valid_port(rest.partition(":")[0]):
        raise ValueError("%r: expected %s:PORT[:ADDRESS] with a port from 1 to 65535" % (value, kind))
    return value
