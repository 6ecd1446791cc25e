# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small OVSDB client (RFC 7047) on the standard library: no replica, a deadline on every read.

A module reads the few rows that it needs and writes one transaction, so its cost does not grow with the database.
Live views (waiting, events) are ovsdbapp's business, see ``watch``.
"""

from __future__ import annotations

import json
import os
import select
import socket
import threading
import time

from .endpoint import Tls, default_remote, parse_remotes
from .errors import ConnectError, ConnectionLost, DeadlineError, OvsdbError, TransactError, UnreachableError
from .schema import Schema

_CHUNK = 1 << 18
_BATCH = 1000  # operations
_CHANGES = {"insert", "update", "mutate", "delete"}
#: Seconds in which a server that leads its cluster no more may still answer to a change. One that was cut off from the others keeps
#: it for as long as it has no leader.
_RESIGNED = 2.0
_SHAPE = "%s: this is no OVSDB server: its reply is of another shape"
# Why a server may hang up on the first request
_HINTS = {"tcp": " (is it an ssl: listener?)", "ssl": " (does the server's CA know this certificate?)"}
#: What a TLS server says of a client's certificate (RFC 8446, 6.2), as the end of the words that OpenSSL has for it
_ALERTS = {
    "ALERT_UNKNOWN_CA": "it trusts no authority that signed it",
    "ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "ALERT_BAD_CERTIFICATE": "it is not valid, or not yet",
    "ALERT_DECRYPT_ERROR": "another authority signed it than the one of that name that the server trusts",
    "ALERT_CERTIFICATE_UNKNOWN": "it is not valid",
    "ALERT_CERTIFICATE_REQUIRED": "there is none",
}


class Connection:
    """One socket that speaks JSON-RPC 1.0. Used by one thread at a time."""

    def __init__(self, remote, context, deadline):
        self.remote = remote
        self._buffer = bytearray()
        self._tried = 0
        self._message = None  # decoded, and not yet taken
        self._more_text = False  # whether the buffer may hold another one
        self._next_id = 0
        self._decoder = json.JSONDecoder()
        self._led = None  # the database whose cluster the server led at first
        self.resigned = None  # since when it does no more
        self.changing = False  # whether a change is asked for
        self.sock = self._open(remote, context, deadline)

    @staticmethod
    def _open(remote, context, deadline):
        left = max(0.01, deadline - time.monotonic())
        try:
            if remote.kind == "unix":
                sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                sock.settimeout(left)
                sock.connect(remote.path)
                return sock
            sock = socket.create_connection((remote.host, remote.port), left)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (socket.timeout, BlockingIOError):  # the latter, where others wait in vain already
            raise DeadlineError("%s: no answer to the connection attempt" % remote.text) from None
        except FileNotFoundError:
            raise ConnectError("%s: there is no such socket (is the server running?)" % remote.text) from None
        except PermissionError:
            raise ConnectError("%s: permission denied (become root?)" % remote.text) from None
        except OSError as exc:
            raise ConnectError("%s: %s" % (remote.text, exc.strerror or exc)) from None
        if remote.kind == "ssl":
            sock.settimeout(max(0.01, deadline - time.monotonic()))
            return _tls_wrap(sock, remote, context)
        return sock

    def send(self, method, params, deadline):
        """Sends a request and returns its id. Where that fails, the server has at most a part of it: not ``sent``."""
        self._next_id += 1
        head = json.dumps({"method": method, "id": self._next_id, "params": []}, separators=(",", ":"))[:-2]
        try:
            for start in range(0, len(params) or 1, _BATCH):  # the server reads the first while the next are encoded
                part = json.dumps(params[start : start + _BATCH], separators=(",", ":"))[1:-1]
                last = start + _BATCH >= len(params)
                self._write((head if not start else ",") + part + ("]}" if last else ""), deadline)
        except ConnectionLost as exc:
            exc.sent = False
            raise
        return self._next_id

    def _write(self, text, deadline):
        try:
            self.sock.settimeout(max(0.01, deadline - time.monotonic()))
            self.sock.sendall(text.encode())
        except socket.timeout:
            self.close()  # half a request is out: nothing else can follow it
            raise DeadlineError("%s: the server did not take the request in time" % self.remote.text) from None
        except OSError as exc:
            raise ConnectionLost("%s: %s" % (self.remote.text, exc.strerror or exc), sent=True) from None

    def reply(self, wanted, deadline, each=None):
        """The reply to request ``wanted``, with what came before it dropped; echo requests are answered on the way."""
        self._decoder = json.JSONDecoder(object_hook=each)
        while True:
            message, self._message = self._message, None
            if message and message.get("id") == wanted and "method" not in message:
                return message
            if self._more_text:
                self._decode(deadline)
            else:
                self._receive(deadline)

    def leads(self, database, deadline):
        """The server has said that it leads the database's cluster; it is to say when that is over. One whose disk is full goes on to
        call itself the leader, but is not connected any more."""
        table = {
            "columns": ["name", "leader", "connected"],
            "select": {"initial": False, "insert": False, "delete": False},
        }
        self.send("monitor", ["_Server", None, {"Database": table}], deadline)
        self._led = database

    def _receive(self, deadline):
        """Reads once, and decodes what is complete."""
        until = min(deadline, self.resigned + _RESIGNED) if self.resigned and self.changing else deadline
        left = until - time.monotonic()
        try:
            if left <= 0:
                raise socket.timeout
            self.sock.settimeout(left)
            chunk = self.sock.recv(_CHUNK)
        except socket.timeout:
            if until < deadline:
                text = "%s: it is no longer the leader, and has not answered" % self.remote.text
                raise ConnectionLost(text, sent=True) from None
            raise DeadlineError("%s: no answer in time" % self.remote.text) from None
        except OSError as exc:
            refused = _refusal(exc)
            if refused:
                raise ConnectError("%s: %s" % (self.remote.text, refused)) from None
            raise ConnectionLost("%s: %s" % (self.remote.text, exc.strerror or exc), sent=True) from None
        if not chunk:
            self._decode(deadline)
            if self._message is None:
                raise ConnectionLost("%s: the server closed the connection" % self.remote.text, sent=True)
            return
        self._buffer += chunk
        if self._buffer[:1] != b"{":
            raise self._stranger(self._buffer[:80].decode("ascii", "replace"))
        if self._complete(len(chunk)):
            self._decode(deadline)

    def _complete(self, fresh):
        """Whether to try to decode what there is, of which so many bytes are new: what is cut off costs its whole length in vain."""
        buffer = self._buffer
        if len(buffer) >= self._tried and buffer.find(b'}{"', max(0, len(buffer) - fresh - 2)) >= 0:
            return True  # the next one begins there: to read on until that ends, too, would hold the text of both
        if not buffer.endswith(b"}"):
            return False
        if len(buffer) < _CHUNK:
            return len(buffer) >= self._tried or not self._more(0.002)
        # ovsdb-server ends its replies so, and a row never ends so
        return buffer.endswith(b'"error":null}') or not self._more(0.25)

    def _more(self, seconds):
        return bool(select.select([self.sock], [], [], seconds)[0])

    def _decode(self, deadline):
        """Decodes what there is, up to the first message that is for us: what comes after it may be decoded in another way."""
        try:
            text = self._buffer.decode()
        except UnicodeDecodeError:
            return
        self._buffer.clear()  # a table may be large: once is enough
        position = 0
        while position < len(text) and self._message is None:
            if text[position] != "{":
                raise self._stranger(text[position:])
            begin = position
            try:
                message, position = self._decoder.raw_decode(text, position)
            except (ValueError, RecursionError):
                break
            if message.get("method") == "echo":
                answer = {"result": message.get("params"), "error": None, "id": message.get("id")}
                self._write(json.dumps(answer), deadline)
            elif message.get("method") == "update":
                if self._led and self._led in text[begin:position]:
                    self.resigned = time.monotonic()
            else:
                self._message = message
        self._more_text = self._message is not None and position < len(text)
        self._buffer = bytearray(text[position:].encode())
        self._tried = 0 if self._more_text else len(self._buffer) * 3 // 2

    def _stranger(self, said):
        """The error for who speaks something else: HTTP, TLS, ..."""
        if said[0] == "\x15":  # a TLS alert
            return ConnectError("%s: this is a TLS listener: use ssl:" % self.remote.text)
        return ConnectError(
            "%s: this is no OVSDB server: it says %r" % (self.remote.text, said[:80].split("\n")[0].strip())
        )

    def pump(self, wake):
        """Answers echo requests until ``wake`` is readable: what a busy client owes a server that probes it."""
        while True:
            ready = select.select([self.sock, wake], [], [])[0]
            if wake in ready:
                return
            self._message = None  # nobody waits for one
            self._receive(time.monotonic() + 5)

    def close(self):
        self.sock.close()


def _tls_context(tls):
    import ssl  # 15 ms: only for those who use it

    for option in ("private_key", "certificate", "ca_cert"):
        path = getattr(tls, option)
        if not path:
            raise ConnectError("an ssl: remote needs private_key, certificate and ca_cert; %s is missing" % option)
        if not os.access(path, os.R_OK):
            raise ConnectError("%s: %s cannot be read" % (option, path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # OVSDB's trust is the CA alone, ovn-nbctl(8)
    try:
        context.load_cert_chain(tls.certificate, tls.private_key)
    except (ssl.SSLError, OSError) as exc:
        raise ConnectError(
            "private_key and certificate cannot be used: %s" % (getattr(exc, "reason", None) or exc)
        ) from None
    try:
        context.load_verify_locations(tls.ca_cert)
    except (ssl.SSLError, OSError) as exc:
        raise ConnectError("ca_cert cannot be used: %s" % (getattr(exc, "reason", None) or exc)) from None
    return context


def _tls_wrap(sock, remote, context):
    import ssl

    try:
        return context.wrap_socket(sock)
    except socket.timeout:
        raise DeadlineError("%s: no answer to the TLS handshake (is it a tcp: listener?)" % remote.text) from None
    except ssl.SSLCertVerificationError as exc:
        raise ConnectError(
            "%s: the server's certificate is not accepted by ca_cert: %s" % (remote.text, exc.verify_message)
        ) from None
    except (ssl.SSLError, OSError) as exc:
        reason = getattr(exc, "reason", None) or exc
        told = _refusal(exc) or "the TLS handshake failed: %s (is it a tcp: listener?)" % reason
        raise ConnectError("%s: %s" % (remote.text, told)) from None


def _refusal(exc):
    """In words, that a server does not accept our certificate; empty where an error is another one."""
    reason = getattr(exc, "reason", None) or ""
    for end, words in _ALERTS.items():
        if str(reason).endswith(end):
            return "the server does not accept certificate: %s" % words
    return ""


def _validity(path):
    """What a server may have against the dates in a certificate, to be added to an error; empty if nothing."""
    import ssl

    try:
        # The one way of the standard library to read a certificate
        facts = ssl._ssl._test_decode_cert(path)  # type: ignore[attr-defined]
        begins, ends = (ssl.cert_time_to_seconds(facts[name]) for name in ("notBefore", "notAfter"))
    except (AttributeError, KeyError, ValueError, OSError):
        return ""
    if time.time() > ends:
        return "; certificate: %s expired at %s, by the clock of this host" % (path, facts["notAfter"])
    if time.time() < begins:
        return "; certificate: %s is not valid before %s, by the clock of this host" % (path, facts["notBefore"])
    return ""


class Session:
    """A connection to the right server of a database: the RAFT leader unless ``leader_only`` is false.

    :param remotes: text, ``None`` for the default of ovn-nbctl, ovn-sbctl or ovs-vsctl
    :param database: ``OVN_Northbound``, ``OVN_Southbound`` or ``Open_vSwitch``
    :param timeout: seconds for connecting (all remotes together), and again for each request
    :param again: keep trying while ``timeout`` lasts, for the server may only just be starting
    """

    def __init__(self, remotes, database, *, timeout=10.0, leader_only=True, tls=None, again=False):
        self.remotes, self.cid = parse_remotes(remotes or default_remote(database))
        self.database = database
        self.timeout = timeout
        self.leader_only = leader_only
        self.tls = tls or Tls()
        self._context = _tls_context(self.tls) if any(r.kind == "ssl" for r in self.remotes) else None
        self.clustered = False
        self._connection = None
        self._schema = None
        self.connect(again)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None

    # -- finding the server ---------------------------------------------------------------------------------------

    def connect(self, again=False):
        """Goes round the remotes until one of them will do, or the time is over.

        One remote that refuses is an answer. Several, or a cluster without a leader, or a server that just closed
        the connection (``again``), may be a moment of change: these are worth another round.
        """
        self.close()
        deadline = time.monotonic() + self.timeout
        complaints = {}
        while True:
            for place, remote in enumerate(self.remotes):
                now = time.monotonic()
                until = now + (deadline - now) / (len(self.remotes) - place)
                try:
                    self._connection = Connection(remote, self._context, until)
                    self._hello(until)
                    return
                except OvsdbError as exc:
                    # What a remote said once tells more than that the last round found no time for it
                    if place not in complaints or not isinstance(exc, DeadlineError):
                        complaints[place] = exc
                self.close()
            retry = again or len(self.remotes) > 1 or any(isinstance(c, _NotLeader) for c in complaints.values())
            wrong = all(isinstance(c, _WrongServer) for c in complaints.values())
            if wrong or not retry or time.monotonic() + 0.1 > deadline:
                raise (ConnectError if wrong else UnreachableError)(
                    "cannot use the database %s: %s%s"
                    % (
                        self.database,
                        "; ".join(map(str, complaints.values())),
                        _validity(self.tls.certificate) if self._context and not wrong else "",
                    )
                )
            time.sleep(0.1)  # between two rounds: nothing tells a client that an election is over

    def _hello(self, deadline):
        """Is this the database, and the leader? The schema comes in the same round trip."""
        conn = self._connection
        server_row = {
            "op": "select",
            "table": "Database",
            "where": [["name", "==", self.database]],
            "columns": ["model", "connected", "leader", "cid"],
        }
        requests = [("list_dbs", []), ("transact", ["_Server", server_row])]
        if self._schema is None:
            requests.append(("get_schema", [self.database]))
        try:
            ids = [conn.send(method, params, deadline) for method, params in requests]
            replies = [conn.reply(i, deadline) for i in ids]
        except ConnectionLost as exc:
            hint = _HINTS.get(conn.remote.kind, "")
            raise ConnectError("%s%s" % (exc, hint)) from None
        try:
            self._judge(conn.remote.text, *replies)
            if self.clustered and self.leader_only:
                conn.leads(self.database, deadline)
        except (TypeError, LookupError, AttributeError):
            raise ConnectError(_SHAPE % conn.remote.text) from None

    def _judge(self, where, names, server, schema=None):
        if self.database not in (names.get("result") or ()):
            has = ", ".join(n for n in names.get("result") or () if not n.startswith("_")) or "none"
            raise _WrongServer("%s serves the database %s, not %s" % (where, has, self.database))
        rows = ((server.get("result") or [{}])[0] or {}).get("rows") or []
        if rows:
            row = rows[0]
            self.clustered = row["model"] == "clustered"
            cid = row["cid"][1] if row["cid"][0] == "uuid" else None
            if self.cid and not (cid and cid.startswith(self.cid)):
                is_in = "belongs to the cluster %s" % cid if cid else "is in no cluster"
                raise _WrongServer("%s %s, the remotes ask for cid:%s" % (where, is_in, self.cid))
            if not row["connected"]:
                raise _NotLeader("%s is not connected to its cluster: it does not reach most of the servers" % where)
            if self.leader_only and row["model"] == "relay":
                raise _WrongServer("%s is a relay, which never leads: name the members of the cluster" % where)
            if self.leader_only and not row["leader"]:
                raise _NotLeader("%s is a follower of the cluster, not its leader" % where)
        if schema:
            if not schema.get("result"):
                raise _NotLeader("%s has no schema of %s yet" % (where, self.database))
            self._schema = Schema(schema["result"])

    # -- talking to it --------------------------------------------------------------------------------------------

    @property
    def schema(self):
        return self._schema

    @property
    def remote(self):
        """The remote in use, as text."""
        return self._connection.remote.text if self._connection else self.remotes[0].text

    def call(self, method, params, extra=0.0):
        """One request, one result. ``extra`` seconds are added to the timeout (a server-side wait)."""
        return self._result(self._send(method, params), extra)

    def _send(self, method, params):
        return self._connection.send(method, params, time.monotonic() + self.timeout)

    def _result(self, number, extra=0.0, each=None):
        deadline = time.monotonic() + self.timeout + extra
        message = self._connection.reply(number, deadline, each)
        if message.get("error"):
            error = message["error"]
            text = error.get("details") or error.get("error") if isinstance(error, dict) else error
            raise OvsdbError("%s: %s" % (self.remote, text))
        return message.get("result")

    def transact(self, operations, extra=0.0):
        """Runs operations as one transaction and returns their results; raises TransactError if any was refused."""
        return self.answer(self.ask(operations), extra)

    def ask(self, operations):
        """Sends a transaction. What it returns is for ``answer``, which comes before anything else is asked."""
        connection = self._connection
        connection.changing = any(operation["op"] in _CHANGES for operation in operations)
        if connection.changing and connection.resigned:
            raise ConnectionLost("%s is no longer the leader" % self.remote, sent=False)
        return self._send("transact", [self.database, *operations]), len(operations)

    def answer(self, request, extra=0.0, each=None):
        """The results of a transaction.

        :param each: takes each JSON object of the reply when it is decoded, and returns what to have in its place
        """
        number, count = request
        results = self._result(number, extra, each)
        if not isinstance(results, list) or not all(r is None or isinstance(r, dict) for r in results):
            raise OvsdbError(_SHAPE % self.remote)
        for index, result in enumerate(results):
            if result and result.get("error"):
                at = index if index < count else None  # an extra element is a commit-time error
                if result["error"] == "cluster error":  # "lost leadership" and the like: it may be in the log, or not
                    raise ConnectionLost(
                        "%s: %s" % (self.remote, result.get("details") or "the cluster failed"), sent=True
                    )
                if result["error"] == "not leader":
                    raise ConnectionLost("%s is no longer the leader" % self.remote, sent=False)
                text = result["error"]
                if result.get("details"):
                    text = "%s: %s" % (text, result["details"])
                raise TransactError(
                    "%s refused the transaction: %s" % (self.remote, text), code=result["error"], index=at
                )
        return results

    def rows_where_any(self, table, columns, clauses):
        """Rows that meet any of the clauses, by one ``monitor_cond`` (``select`` can only AND): {uuid: row}."""
        name = "virtnet"
        request = {
            table: [
                {
                    "columns": list(columns),
                    "where": clauses,
                    "select": {"modify": False, "insert": False, "delete": False},
                }
            ]
        }
        found = self.call("monitor_cond", [self.database, name, request])
        self.call("monitor_cancel", [name])
        # What a column holds by default is left out of monitor_cond's rows: put it back
        default = {name: self._schema.column(table, name).default for name in columns}
        return {uuid: {**default, **update["initial"]} for uuid, update in found.get(table, {}).items()}

    def wait_until(self, table, where, timeout):
        """Waits on the server until a row of ``table`` meets ``where``; returns False when the time is over."""
        operation = {
            "op": "wait",
            "table": table,
            "where": where,
            "columns": ["_uuid"],
            "until": "!=",
            "rows": [],
            "timeout": max(0, int(timeout * 1000)),
        }
        try:
            self.transact([operation], extra=timeout)
        except TransactError as exc:
            if exc.code == "timed out":
                return False
            raise
        return True

    def keepalive(self):
        """``with session.keepalive():`` the server's probes are answered while this thread thinks."""
        return _Keepalive(self._connection)


class _Keepalive:
    def __init__(self, connection):
        self._connection = connection
        self._error = None

    def _run(self):
        try:
            self._connection.pump(self._read)
        except OvsdbError:
            pass  # whoever uses the connection next meets the same error, and can say what it was doing

    def __enter__(self):
        self._read, self._write = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._write.send(b".")
        self._thread.join()
        self._read.close()
        self._write.close()


class _NotLeader(OvsdbError):
    """Another server of the cluster may do, or this one later."""


class _WrongServer(OvsdbError):
    """No other try will help: the remotes are not what the user believes they are."""
