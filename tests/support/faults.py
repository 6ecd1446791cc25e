# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that misbehave on purpose. No code is shared with the client under test."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading


@contextlib.contextmanager
def listener(behave):
    """A TCP server that calls ``behave(socket, stop)`` for each client; yields its remote.

    ``stop`` is an Event: who wants to hang waits for it.
    """
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    threads = []

    def serve(sock):
        with sock, contextlib.suppress(OSError):
            behave(sock, stop)

    def accept():
        while True:
            try:
                sock, _peer = server.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(sock,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield "tcp:127.0.0.1:%d" % server.getsockname()[1]
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for thread in [acceptor, *threads]:
            thread.join(5)


def requests(sock):
    """The requests that arrive on ``sock``, decoded, until it ends."""
    decoder, text = json.JSONDecoder(), ""
    while True:
        data = sock.recv(65536)
        if not data:
            return
        text += data.decode()
        while text:
            try:
                message, end = decoder.raw_decode(text)
            except ValueError:
                break
            text = text[end:]
            yield message


SERVER_ROW = {"model": "standalone", "connected": True, "leader": True, "cid": ["set", []]}
SCHEMA = {
    "name": "OVN_Northbound",
    "version": "0.0.1",
    "tables": {"T": {"columns": {"name": {"type": "string"}}, "isRoot": True}},
}


def answer(request, database="OVN_Northbound", row=None, schema=None):
    """What a server that knows a tiny OVN_Northbound says to a client's first requests; None for others."""
    method, params = request["method"], request["params"]
    if method == "list_dbs":
        return [database, "_Server"]
    if method == "get_schema":
        return schema or SCHEMA
    if method == "transact" and params[0] == "_Server":
        return [{"rows": [{**SERVER_ROW, **(row or {})}]}]
    return None


def reply(request, result):
    return json.dumps({"id": request["id"], "result": result, "error": None}, ensure_ascii=False).encode()


class Proxy:
    """Between a client and a real server: passes everything, until ``cut`` says otherwise.

    ``cut(request)`` may return ``before`` (closed without passing it on) or ``after`` (passed on, then closed without
    the reply), ``silent`` (passed on, and nothing comes back ever) or ``half`` (half of the reply, then nothing).
    """

    def __init__(self, path, cut):
        self._path = path
        self._cut = cut
        self.replied = 0  # bytes that the server sent

    def __call__(self, client, stop):
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(self._path)
            text, what = "", None
            decoder = json.JSONDecoder()
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(1 << 20)
                    if not data:
                        return
                    if ready is server:
                        self.replied += len(data)
                        if what == "after":
                            return
                        if what == "half":
                            client.sendall(data[: len(data) // 2])
                            what = "silent"
                        elif what != "silent":
                            client.sendall(data)
                        continue
                    text += data.decode()
                    while text:
                        try:
                            message, end = decoder.raw_decode(text)
                        except ValueError:
                            break
                        what = what or self._cut(message)
                        if what == "before":
                            return
                        server.sendall(text[:end].encode())
                        text = text[end:]


def proxy(server, cut):
    """A listener in front of ``server`` (of ``ovsdb.standalone``), see Proxy."""
    return listener(Proxy(server.remotes[0].partition(":")[2], cut))
