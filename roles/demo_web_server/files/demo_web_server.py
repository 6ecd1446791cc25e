# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serves texts over HTTP, in network namespaces or on the host itself, as a JSON file says.

A namespace may come later, go, or be made anew: its server follows. So does the file.

    demo_web_server.py CONFIG                      serves
    demo_web_server.py CONFIG --check [SECONDS]    waits until all is served as CONFIG says, or tells what is not
"""

import contextlib
import ctypes
import http.server
import json
import os
import signal
import socket
import socketserver
import sys
import threading
import time

NETNS = "/run/netns"
CLONE_NEWNET = 0x40000000
POLL = 0.2
libc = ctypes.CDLL(None, use_errno=True)


class Handler(http.server.BaseHTTPRequestHandler):
    """HTTP/1.0: each connection ends with its answer."""

    timeout = 10

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(self.server.body)

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingTCPServer):
    """Not http.server's own, which asks the DNS for the host's name before it listens."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, entry):
        self.body = (entry["text"] + "\n").encode()
        address = entry["address"]
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with inside(entry["netns"]):
            try:
                super().__init__((address, entry["port"]), Handler)
            except OSError:
                if address != "::":
                    raise
                # A host without IPv6
                self.address_family = socket.AF_INET
                super().__init__(("0.0.0.0", entry["port"]), Handler)
        threading.Thread(target=self.serve_forever, args=(POLL,), daemon=True).start()

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # IPv4 too
        super().server_bind()

    def handle_error(self, request, client_address):
        pass  # the client went away

    def close(self):
        self.shutdown()
        self.server_close()


@contextlib.contextmanager
def inside(netns):
    """This thread is in the namespace; its sockets stay there."""
    if not netns:
        yield
        return
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(os.path.join(NETNS, netns), os.O_RDONLY)
        try:
            setns(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            setns(home)
    finally:
        os.close(home)


def setns(descriptor):
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def identity(netns):
    """What tells a namespace from another that gets its name later."""
    return os.stat(os.path.join(NETNS, netns)).st_ino if netns else None


def read(path):
    with open(path, encoding="utf-8") as config:
        return json.load(config)


def notify(message):
    """Tells systemd, sd_notify(3)."""
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(message.encode(), "\0" + path[1:] if path.startswith("@") else path)


def serve(path):
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: end.set())
    entries, read_at, running, told = [], None, {}, None
    while not end.is_set():
        wrong = []
        try:
            changed_at = os.stat(path).st_mtime_ns
            if changed_at != read_at:
                entries, read_at = read(path), changed_at
        except (OSError, ValueError) as exc:
            wrong.append("%s: %s; the servers stay as they are" % (path, exc))
        for name in set(running) - {entry["name"] for entry in entries}:
            running.pop(name)[1].close()
        for entry in entries:
            name = entry["name"]
            try:
                key = (entry, identity(entry["netns"])) if entry["state"] == "started" else None
            except FileNotFoundError:
                key = None
                wrong.append("%s: there is no namespace %s" % (name, entry["netns"]))
            if name in running and running[name][0] != key:
                running.pop(name)[1].close()
            if key and name not in running:
                try:
                    running[name] = (key, Server(entry))
                except OSError as exc:
                    wrong.append("%s: port %d: %s" % (name, entry["port"], exc.strerror))
        status = "READY=1\nSTATUS=%d served%s" % (len(running), "".join("; " + text for text in wrong))
        if status != told:
            notify(status)
            told = status
        end.wait(POLL)


def complaint(entry):
    """What is wrong with one server, None if nothing is."""
    address = {"::": "::1", "0.0.0.0": "127.0.0.1"}.get(entry["address"], entry["address"])
    try:
        with inside(entry["netns"]):
            try:
                sock = socket.create_connection((address, entry["port"]), 2)
            except OSError:
                if address != "::1":
                    raise
                sock = socket.create_connection(("127.0.0.1", entry["port"]), 2)
            with sock:
                sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = (
                    b"".join(iter(lambda: sock.recv(65536), b"")).partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
                )
    except FileNotFoundError:
        return None if entry["state"] == "stopped" else "there is no namespace %s" % entry["netns"]
    except OSError as exc:
        return None if entry["state"] == "stopped" else "port %d: %s" % (entry["port"], exc.strerror or exc)
    if entry["state"] == "stopped":
        return "port %d still answers %r" % (entry["port"], answer.strip())
    return None if answer == entry["text"] + "\n" else "port %d answers %r" % (entry["port"], answer.strip())


def check(path, patience):
    deadline = time.monotonic() + patience
    while True:
        wrong = ["%s: %s" % (entry["name"], text) for entry in read(path) for text in [complaint(entry)] if text]
        if not wrong or time.monotonic() > deadline:
            sys.exit("\n".join(wrong) or 0)
        time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[2:3] == ["--check"]:
        check(sys.argv[1], float(sys.argv[3]) if sys.argv[3:] else 0.0)
    else:
        serve(sys.argv[1])
