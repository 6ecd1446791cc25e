# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses as OVN writes them into registers and metadata (ovs-fields(7)): a number, in hexadecimal."""

from __future__ import annotations

import ipaddress
import re

from .text import number

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
#: What an address is, and how many bits it has, smallest first
BITS = {"ipv4": 32, "mac": 48, "ipv6": 128}


def to_register(address):
    """``192.168.101.10`` as ``0xc0a8650a``; an Ethernet address and an IPv6 address likewise. Raises ValueError."""
    text = str(address).strip().lower()
    if _MAC.match(text):
        return hex(int(text.replace(":", ""), 16))
    try:
        return hex(int(ipaddress.ip_address(text)))
    except ValueError:
        raise ValueError("%r is neither an IP nor an Ethernet address" % (address,)) from None


def from_register(value, kind=None):
    """The inverse of to_register. ``kind`` is one of BITS; without it the smallest that the number fits in. Raises ValueError."""
    if kind is not None and kind not in BITS:
        raise ValueError("kind: %r is none of %s" % (kind, ", ".join(BITS)))
    found = number(value)
    if found is None or found < 0:
        raise ValueError("%r is no number such as 0xc0a8650a" % (value,))
    kind = kind or next((name for name, bits in BITS.items() if found < 1 << bits), "ipv6")
    if found >= 1 << BITS[kind]:
        raise ValueError("%s has more than the %d bits of an address of kind %s" % (value, BITS[kind], kind))
    if kind == "mac":
        digits = "%012x" % found
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
    return str(ipaddress.IPv4Address(found) if kind == "ipv4" else ipaddress.IPv6Address(found))
