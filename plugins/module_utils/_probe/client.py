# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests, each over a connection of its own and within its time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

from .stats import Sample

#: As much of an answer as is read, and as is kept to tell answers apart
_READ = 65536
_KEPT = 1024


class Target:
    """A parsed URL, and the request that asks for it."""

    def __init__(self, url, validate_certs=True):
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as exc:
            raise ValueError(
                "%r is no URL: %s%s"
                % (
                    url,
                    exc,
                    " (an IPv6 address is written in brackets: http://[fd00::1]:80/)" if url.count(":") > 2 else "",
                )
            ) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("%r is no URL of the kind http://HOST:PORT/PATH" % url)
        if any(character <= " " or character > "~" for character in url):
            raise ValueError("%r has characters that a URL cannot have" % url)
        self.host = parts.hostname
        self.port = port or (443 if parts.scheme == "https" else 80)
        self.tls = None
        if parts.scheme == "https":
            self.tls = ssl.create_default_context()
            if not validate_certs:
                self.tls.check_hostname = False
                self.tls.verify_mode = ssl.CERT_NONE
        path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        # HTTP/1.0: the end of the answer is the end of the connection, and nobody keeps it open
        self.request = (
            "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: virtnet.ovn\r\nConnection: close\r\n\r\n"
            % (path, parts.netloc.rpartition("@")[2])
        ).encode()


def probe(target, timeout):
    """One request; a Sample, whatever happens."""
    at, began = time.time(), time.monotonic()
    status = answer = error = None
    try:
        status, answer = _ask(target, began + timeout)
    except _Lost as exc:
        error = str(exc)
    except ssl.SSLError as exc:
        error = "tls: %s" % (getattr(exc, "verify_message", None) or exc.reason or exc)
    except socket.gaierror:
        error = "name not found"
    except socket.timeout:
        error = "timeout"
    except ConnectionRefusedError:
        error = "refused"
    except (ConnectionResetError, BrokenPipeError):
        error = "reset"
    except OSError as exc:
        error = (exc.strerror or str(exc)).lower()
    return Sample(at, time.monotonic() - began, status, answer, error)


class _Lost(Exception):
    pass


def _left(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout
    return left


def _ask(target, deadline):
    try:
        sock = socket.create_connection((target.host, target.port), _left(deadline))
    except socket.timeout:
        raise _Lost("connect timeout") from None
    with sock:
        if target.tls:
            sock = target.tls.wrap_socket(sock, server_hostname=target.host)
        with sock:
            sock.settimeout(_left(deadline))
            sock.sendall(target.request)
            return _answer(sock, deadline)


def _answer(sock, deadline):
    data, length = b"", None
    while len(data) < _READ:
        head, end, body = data.partition(b"\r\n\r\n")
        if end and length is None:
            length = _content_length(head)
        if end and length is not None and len(body) >= length:
            break
        sock.settimeout(_left(deadline))
        chunk = sock.recv(_READ)
        if not chunk:
            break
        data += chunk
    if not data:
        raise _Lost("closed without an answer")
    head, end, body = data.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise _Lost("no HTTP")
    length = _content_length(head)
    if not end or (length is not None and len(body) < min(length, _READ - len(head) - 4)):
        raise _Lost("answer cut off")
    return int(words[1]), body[:length].decode("utf-8", "replace").strip()[:_KEPT]


def _content_length(head):
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return None


class Prober:
    """Requests at an interval, by a number of workers; ``sink(sample)`` is called for each, one at a time."""

    def __init__(self, target, sink, *, timeout, interval=0.0, concurrency=1):
        self.target = target
        self.sink = sink
        self.timeout = timeout
        self.interval = interval
        self.concurrency = concurrency
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._issued = 0
        self._next = 0.0

    def run(self, count=None, duration=None):
        """Until ``count`` requests were sent, ``duration`` seconds are over, or ``stop`` is set."""
        self._count = count
        self._end = None if duration is None else time.monotonic() + duration
        others = [threading.Thread(target=self._work, daemon=True) for extra in range(self.concurrency - 1)]
        for thread in others:
            thread.start()
        self._work()
        for thread in others:
            thread.join()

    def _slot(self):
        """When the next request is due; None if there is none. A late one does not make the others come faster."""
        with self._lock:
            at = max(time.monotonic(), self._next)
            if self.stop.is_set() or self._issued == self._count or (self._end is not None and at >= self._end):
                return None
            self._issued += 1
            self._next = at + self.interval
            return at

    def _work(self):
        while True:
            at = self._slot()
            if at is None or self.stop.wait(max(0.0, at - time.monotonic())):
                return
            sample = probe(self.target, self.timeout)
            with self._lock:
                self.sink(sample)
