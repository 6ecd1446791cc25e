# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets to one address, from a network namespace: echo requests (RFC 792, RFC 4443), and TCP's handshake."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import ipaddress
import os
import select
import socket
import struct
import time

#: linux/in.h and linux/in6.h, of which Python has no names: report errors to the socket, and never fragment
_RECVERR, _MTU_DISCOVER, _DO = 11, 10, 2
_V6_RECVERR, _V6_MTU_DISCOVER = 25, 23
_REQUEST, _REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_HEADERS = {4: 28, 6: 48}
_NETNS, _CLONE_NEWNET = "/var/run/netns", 0x40000000


class ProbeError(Exception):
    """The message begins with the option that is wrong."""


def run_packet_probe(options):
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(options, required_if=[("protocol", "tcp", ["port"])], supports_check_mode=True)
    try:
        result = probe(module.params)
    except ProbeError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, **result)


def probe(params):
    try:
        address = ipaddress.ip_address(params["address"])
    except ValueError:
        raise ProbeError("address: %r is no IP address" % params["address"]) from None
    if params["timeout"] <= 0 or params["count"] < 1:
        raise ProbeError("timeout and count: numbers above zero are expected")
    if params["port"] is not None and not 0 < params["port"] < 65536:
        raise ProbeError("port: %d is no port" % params["port"])
    if params["netns"]:
        _enter(params["netns"])
    least = _HEADERS[address.version]
    for size in params["sizes"]:
        if not least <= size <= 65535:
            raise ProbeError(
                "sizes: %d is no length of an echo request, which has from %d to 65535 bytes" % (size, least)
            )
    pings = []
    for size in params["sizes"]:  # where a short one is lost, longer ones will be
        more = all(p["answered"] for p in pings if p["size"] <= size)
        pings.append(ping(address, size, params["count"] if more else 0, params["timeout"]))
    tcp = connect(address, params["port"], params["timeout"]) if params["protocol"] == "tcp" else None
    return {"pings": pings, "tcp": tcp, "answered": tcp["connected"] if tcp else all(p["answered"] for p in pings)}


def _enter(netns):
    """This process goes into the namespace, and stays there: it ends soon."""
    if not netns.strip(".") or "/" in netns:
        raise ProbeError("netns: %r is no name of a network namespace" % netns)
    try:
        space = os.open("%s/%s" % (_NETNS, netns), os.O_RDONLY)
    except OSError as exc:
        raise ProbeError("netns: there is no network namespace %s: %s" % (netns, exc.strerror)) from None
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(space, _CLONE_NEWNET):
        raise ProbeError("netns: %s cannot be entered: %s" % (netns, os.strerror(ctypes.get_errno())))
    os.close(space)


def ping(address, size, count, timeout):
    """Up to ``count`` requests of ``size`` bytes of IP that must not be fragmented, until one is answered."""
    result = {"size": size, "sent": 0, "answered": False, "error": None}
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    protocol = socket.IPPROTO_ICMPV6 if address.version == 6 else socket.IPPROTO_ICMP
    try:
        with socket.socket(family, socket.SOCK_RAW, protocol) as sock:
            level = socket.IPPROTO_IPV6 if address.version == 6 else socket.IPPROTO_IP
            sock.setsockopt(level, _V6_MTU_DISCOVER if address.version == 6 else _MTU_DISCOVER, _DO)
            sock.setsockopt(level, _V6_RECVERR if address.version == 6 else _RECVERR, 1)
            sock.connect((str(address), 0))
            for number in range(1, count + 1):
                result["sent"] = number
                if _echo(sock, address.version, number, size, timeout):
                    return {**result, "answered": True, "error": None}
    except OSError as exc:
        result["error"] = _reason(exc)
    return result


def _echo(sock, version, number, size, timeout):
    mark = (os.getpid() & 0xFFFF, number)
    body = bytes(size - _HEADERS[version])
    packet = struct.pack("!BBHHH", _REQUEST[version], 0, 0, *mark) + body
    if version == 4:  # the kernel does it for ICMPv6
        packet = struct.pack("!BBHHH", _REQUEST[version], 0, _checksum(packet), *mark) + body
    sock.send(packet)
    deadline = time.monotonic() + timeout
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([sock], [], [], left)[0]:
            return False
        answer = sock.recv(65535)
        begin = (answer[0] & 15) * 4 if version == 4 else 0
        if len(answer) >= begin + 8:
            kind, _code, _sum, *echoed = struct.unpack_from("!BBHHH", answer, begin)
            if kind == _REPLY[version] and tuple(echoed) == mark:
                return True


def _checksum(data):
    """RFC 1071"""
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data[: len(data) & ~1]))
    total += data[-1] << 8 if len(data) & 1 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def connect(address, port, timeout):
    """Whether a connection by TCP comes about. Where it is refused, the packets came through, there and back."""
    try:
        with contextlib.closing(socket.create_connection((str(address), port), timeout)):
            return {"port": port, "connected": True, "error": None}
    except OSError as exc:
        return {"port": port, "connected": False, "error": _reason(exc)}


def _reason(exc):
    if isinstance(exc, socket.timeout) or exc.errno is None:
        return "no answer"
    names = {
        errno.ECONNREFUSED: "refused",
        errno.ECONNRESET: "reset",
        errno.EHOSTUNREACH: "host unreachable",
        errno.ENETUNREACH: "network unreachable",
        errno.EMSGSIZE: "message too long",
        errno.EPERM: "not permitted",
        errno.EACCES: "not permitted",
    }
    return names.get(exc.errno, exc.strerror or str(exc))
