# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the role demo_web_server: in namespaces that come, go and are made anew."""

from __future__ import annotations

import json
import pathlib
import socket
import subprocess
import time

import pytest

PROGRAM = str(pathlib.Path(__file__).resolve().parents[3] / "roles/demo_web_server/files/demo_web_server.py")


def entry(name, netns="", port=8000, **more):
    return {
        "name": name,
        "netns": netns,
        "text": f"i am {name}",
        "address": "::",
        "port": port,
        "state": "started",
        **more,
    }


class Servers:
    def __init__(self, host):
        self.host = host
        self.config = pathlib.Path(host.directory, "servers.json")
        self.inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = str(self.config) + ".notify"
        self.inbox.bind(path)
        self.inbox.settimeout(10)
        self.env = {**host.env, "NOTIFY_SOCKET": path}

    def start(self, *entries):
        self.say(*entries)
        self.process = subprocess.Popen(self.host.argv("/usr/bin/python3", PROGRAM, str(self.config)), env=self.env)

    def say(self, *entries):
        self.config.write_text(json.dumps(entries))

    def told(self):
        return self.inbox.recv(4096).decode()

    def check(self, seconds="5"):
        done = subprocess.run(
            self.host.argv("/usr/bin/python3", PROGRAM, str(self.config), "--check", seconds),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    def ask(self, url, netns=None):
        prefix = ["ip", "netns", "exec", netns] if netns else []
        return self.host.run(*prefix, "curl", "--silent", "--max-time", "3", url, check=False)

    def close(self):
        self.process.terminate()
        assert self.process.wait(5) == 0
        self.inbox.close()
        pathlib.Path(str(self.config) + ".notify").unlink()


@pytest.fixture
def servers(host):
    found = Servers(host)
    yield found
    found.close()


def namespace(host, name):
    host.run("ip", "netns", "add", name)
    host.run("ip", "-n", name, "link", "set", "lo", "up")


def test_each_says_who_it_is_over_both_families(host, servers):
    namespace(host, "vm1")
    namespace(host, "vm2")
    servers.start(entry("vm1", "vm1"), entry("vm2", "vm2", text="hällo"), entry("host", port=8080))
    assert servers.told() == "READY=1\nSTATUS=3 served"  # it listens before systemd hears that it is ready
    for url in ("http://127.0.0.1:8000/", "http://[::1]:8000/x"):
        assert servers.ask(url, "vm1") == "i am vm1\n"
        assert servers.ask(url, "vm2") == "hällo\n"
    assert servers.ask("http://127.0.0.1:8080/") == "i am host\n"
    assert servers.check() == (0, "")


def test_a_namespace_that_goes_and_comes(host, servers):
    servers.start(entry("vm1", "vm1"))
    assert servers.told() == "READY=1\nSTATUS=0 served; vm1: there is no namespace vm1"
    assert servers.check("0") == (1, "vm1: there is no namespace vm1\n")
    for _unused in range(2):
        namespace(host, "vm1")
        assert servers.check() == (0, "")
        assert servers.ask("http://127.0.0.1:8000/", "vm1") == "i am vm1\n"
        host.run("ip", "netns", "del", "vm1")
    # made anew at once: never gone when it looked
    namespace(host, "vm1")
    assert servers.check() == (0, "")
    host.run("sh", "-c", "ip netns del vm1; ip netns add vm1; ip -n vm1 link set lo up")
    assert servers.check() == (0, "")


def test_the_file_is_followed(servers):
    servers.start(entry("a", port=8080), entry("b", port=8081))
    assert servers.check() == (0, "")
    servers.say(entry("a", port=8080, text="new"), entry("b", port=8081, state="stopped"), entry("c", port=8082))
    assert servers.check() == (0, "")
    assert servers.ask("http://127.0.0.1:8080/") == "new\n"
    assert servers.ask("http://127.0.0.1:8081/") == ""
    servers.say(entry("a", port=8082))  # one goes, another takes its port
    assert servers.check() == (0, "")
    servers.config.write_text("{broken")
    while "the servers stay as they are" not in servers.told():
        pass
    assert servers.ask("http://127.0.0.1:8082/") == "i am a\n"


def test_a_port_that_is_taken(host, servers):
    blocker = subprocess.Popen(
        host.argv(
            "/usr/bin/python3",
            "-c",
            "import socket; s=socket.create_server(('', 8080)); print(1, flush=True); s.accept()",
        ),
        stdout=subprocess.PIPE,
    )
    blocker.stdout.readline()
    try:
        servers.start(entry("a", port=8080))
        assert servers.told() == "READY=1\nSTATUS=0 served; a: port 8080: Address already in use"
    finally:
        blocker.kill()
        blocker.wait()
        blocker.stdout.close()
    assert servers.check() == (0, "")


def test_it_does_not_ask_the_dns(host, servers):
    """http.server asks for the name of its address before it listens: here nobody ever answers."""
    resolv = pathlib.Path(host.directory, "resolv.conf")
    resolv.write_text("nameserver 127.0.0.1\n")
    deaf = "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 53)); print(1, flush=True); time.sleep(99)"
    resolver = subprocess.Popen(host.argv("/usr/bin/python3", "-c", deaf), stdout=subprocess.PIPE)
    resolver.stdout.readline()
    host.run("mount", "--bind", str(resolv), "/etc/resolv.conf")
    try:
        started = time.monotonic()
        servers.start(entry("a", port=8080, address="127.0.0.9"))
        servers.told()
        assert servers.ask("http://127.0.0.9:8080/") == "i am a\n"
        assert time.monotonic() - started < 3
    finally:
        host.run("umount", "/etc/resolv.conf")
        resolver.kill()
        resolver.wait()
        resolver.stdout.close()
