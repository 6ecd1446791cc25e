# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""http_probe against real sockets on the loopback device."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
_MODULE = """
import runpy, sys
sys.path.insert(0, {path!r})
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.virtnet.ovn.plugins.modules.http_probe", run_name="__main__")
""".format(path=str(ROOT / "collections"))


def probe(fails=False, check=False, **arguments):
    arguments["_ansible_check_mode"] = check
    done = subprocess.run(
        [sys.executable, "-c", _MODULE],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    found = json.loads(done.stdout)
    assert bool(found.get("failed")) is fails, found.get("msg")
    return found


class Server:
    """Answers each connection by what ``script(number)`` returns: bytes, or None to close at once."""

    def __init__(self, script, family=socket.AF_INET):
        self.script = script
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self.sock.listen(128)
        host, self.port = self.sock.getsockname()[:2]
        self.url = f"http://{'[' + host + ']' if ':' in host else host}:{self.port}/"
        self.requests = []
        self.open = True
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while self.open:
                peer = self.sock.accept()[0]
                self.requests.append(None)
                threading.Thread(target=self._answer, args=(peer, len(self.requests) - 1), daemon=True).start()

    def _answer(self, peer, number):
        with peer, contextlib.suppress(OSError):
            self.requests[number] = peer.recv(65536)
            for piece in self.script(number):
                if isinstance(piece, float):
                    time.sleep(piece)
                else:
                    peer.sendall(piece)

    def close(self):
        self.open = False
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


def page(text, status="200 OK"):
    body = text.encode()
    return b"HTTP/1.0 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


@pytest.fixture
def serve():
    servers = []

    def start(script, family=socket.AF_INET):
        servers.append(Server(script, family))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_who_answers(serve):
    server = serve(lambda number: [page(f"i am vm{number % 2 + 1}\n")])
    got = probe(url=server.url, count=20)
    assert got["changed"] is False
    assert (got["requests"], got["answered"], got["lost"]) == (20, 20, 0)
    assert got["by_answer"] == {"i am vm1": 10, "i am vm2": 10}
    assert got["by_status"] == {"200": 20}
    assert (
        0
        < got["latency_ms"]["min"]
        <= got["latency_ms"]["median"]
        <= got["latency_ms"]["p95"]
        <= got["latency_ms"]["max"]
    )
    assert len(server.requests) == 20  # a connection each
    assert server.requests[0].startswith(b"GET / HTTP/1.0\r\nHost: 127.0.0.1:")


def test_ten_requests_unless_told_and_in_check_mode_too(serve):
    server = serve(lambda number: [page("x")])
    assert probe(url=server.url, check=True)["requests"] == 10
    assert len(server.requests) == 10


def test_ipv6(serve):
    assert probe(url=serve(lambda number: [page("six")], socket.AF_INET6).url, count=2)["by_answer"] == {"six": 2}


ANSWERS = {
    "closed without an answer": [],
    "no HTTP": [b"SSH-2.0-OpenSSH\r\n"],
    "answer cut off": [b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf"],
    "timeout": [0.6],
}


@pytest.mark.parametrize("error", ANSWERS)
def test_lost_because(serve, error):
    got = probe(url=serve(lambda number: ANSWERS[error]).url, count=2, timeout=0.2)
    assert (got["lost"], got["errors"]) == (2, {error: 2})
    assert got["losses"][0]["requests"] == 2


def test_a_server_that_drips_is_cut_off_in_time(serve):
    server = serve(lambda number: [b"HTTP/1.0 200 OK\r\n"] + [b"x", 0.05] * 200)
    started = time.monotonic()
    assert probe(url=server.url, count=1, timeout=0.3)["errors"] == {"timeout": 1}
    assert time.monotonic() - started < 3


def test_refused():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert probe(url=f"http://127.0.0.1:{port}", count=2)["errors"] == {"refused": 2}


def test_nobody_takes_the_connection():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first = socket.create_connection(full.getsockname())
        got = probe(url="http://127.0.0.1:%d/" % full.getsockname()[1], count=1, timeout=0.3)
        assert got["errors"] == {"connect timeout": 1}
        first.close()


def test_an_answer_without_length_and_an_error_status(serve):
    server = serve(lambda number: [b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b"so", b"rry"])
    got = probe(url=server.url, count=1)
    assert (got["answered"], got["by_status"], got["by_answer"]) == (1, {"503": 1}, {"sorry": 1})


def test_interval(serve):
    server = serve(lambda number: [page("x")])
    got = probe(url=server.url, count=6, interval=0.1)
    moments = [datetime.datetime.fromisoformat(got[key][:-1]) for key in ("first", "last")]
    assert 0.5 <= (moments[1] - moments[0]).total_seconds() < 0.9
    assert 0.1 <= got["longest_gap"] < 0.4


def test_concurrency_keeps_the_pace_when_answers_are_slow(serve):
    server = serve(lambda number: [0.5, page("x")])
    started = time.monotonic()
    assert probe(url=server.url, count=10, concurrency=10, interval=0.01)["answered"] == 10
    assert time.monotonic() - started < 3


def test_expect(serve):
    server = serve(lambda number: [page("i am vm1" if number < 7 else "i am vm2")])
    got = probe(url=server.url, expect={"answers": ["i am vm2"], "consecutive": 5})
    assert got["by_answer"] == {"i am vm1": 7, "i am vm2": 5}


def test_expect_all(serve):
    server = serve(lambda number: [page("b" if number == 15 else "a")])
    got = probe(url=server.url, expect={"answers": ["a", "b"], "all": True, "consecutive": 3})
    assert got["by_answer"] == {"a": 15, "b": 1}


def test_expect_lost(serve):
    server = serve(lambda number: [page("x")] if number < 3 else [])
    got = probe(url=server.url, expect={"lost": True, "consecutive": 4})
    assert (got["answered"], got["lost"]) == (3, 4)


def test_expect_in_vain(serve):
    server = serve(lambda number: [page("i am vm1")])
    failed = probe(
        url=server.url, interval=0.02, expect={"answers": ["i am vm2"], "consecutive": 2}, deadline=0.3, fails=True
    )
    assert (
        failed["msg"]
        == "expect: not within 0.3 s: 2 requests in a row, answered by 'i am vm2'; the latest 2 got: 'i am vm1': 2"
    )
    assert failed["answered"] == failed["requests"] > 2


# -- in the background ----------------------------------------------------------------------------------------------------


@pytest.fixture
def back(serve, tmp_path):
    arguments = {"id": "t", "directory": str(tmp_path / "results")}
    yield arguments
    probe(state="stopped", **arguments)


def alive(pid):
    """Whether the process runs (one that nobody has reaped yet does not)."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ended(pid):
    end = time.monotonic() + 5
    while alive(pid):
        assert time.monotonic() < end, f"{pid} still runs"
        time.sleep(0.01)
    return True


def pid_of(started):
    return json.loads(pathlib.Path(started["results_file"]).read_text().splitlines()[0])["pid"]


def test_all_the_time_until_told(serve, back):
    broken = threading.Event()
    server = serve(lambda number: [] if broken.is_set() else [page("x")])
    arguments = {"url": server.url, "interval": 0.01, **back}

    assert probe(state="stopped", **back)["changed"] is False  # never started
    assert probe(state="started", check=True, **arguments)["changed"] is True
    assert server.requests == []
    started = probe(state="started", **arguments)
    assert started["changed"] is True
    assert probe(state="started", **arguments)["changed"] is False
    assert probe(state="started", check=True, **arguments)["changed"] is False

    before = datetime.datetime.now(datetime.timezone.utc)
    broken.set()
    time.sleep(0.2)
    broken.clear()
    after = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(0.2)

    pid = pid_of(started)
    assert probe(state="stopped", check=True, **back)["changed"] is True
    assert alive(pid)
    got = probe(state="stopped", **back)
    assert got["changed"] is True
    assert ended(pid)
    assert got["requests"] == len(server.requests) == got["answered"] + got["lost"]
    assert got["errors"] == {"closed without an answer": got["lost"]}
    assert got["lost"] >= 5
    [loss] = got["losses"]
    first, last = (datetime.datetime.fromisoformat(loss[key].replace("Z", "+00:00")) for key in ("first", "last"))
    slack = datetime.timedelta(milliseconds=50)
    assert before - slack <= first <= last <= after + slack

    again = probe(state="stopped", **back)
    assert again["changed"] is False
    assert {key: again[key] for key in ("requests", "losses")} == {key: got[key] for key in ("requests", "losses")}


def test_the_process_leaves_the_task(serve, back):
    """In a session of its own, nothing of the task's open: Ansible waits for none of it."""
    started = probe(state="started", url=serve(lambda number: [page("x")]).url, interval=0.05, **back)
    pid = pid_of(started)
    assert os.getsid(pid) != os.getsid(0)
    assert [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)] == ["/dev/null"] * 3
    assert pathlib.Path(f"/proc/{pid}/cwd").resolve() == pathlib.Path("/")
    assert (
        pathlib.Path(started["results_file"]).stat().st_mode & 0o777,
        pathlib.Path(back["directory"]).stat().st_mode & 0o777,
    ) == (0o600, 0o700)


def test_other_options_while_it_runs(serve, back):
    server = serve(lambda number: [page("x")])
    probe(state="started", url=server.url, interval=0.05, **back)
    failed = probe(state="started", url=server.url, interval=0.5, fails=True, **back)
    assert failed["msg"] == "the probe t runs with other options (interval is 0.05): stop it first"


def test_a_killed_probe_leaves_what_it_saw(serve, back):
    started = probe(state="started", url=serve(lambda number: [page("x")]).url, interval=0.01, **back)
    time.sleep(0.2)
    os.kill(pid_of(started), signal.SIGKILL)
    with open(started["results_file"], "a") as results:
        results.write('[1.0, 0.2, "cut')
    got = probe(state="stopped", **back)
    assert got["changed"] is False
    assert got["answered"] > 3
    # and it starts anew
    assert probe(state="started", url=serve(lambda number: [page("x")]).url, **back)["changed"] is True


def test_it_ends_by_itself(serve, back):
    started = probe(state="started", url=serve(lambda number: [page("x")]).url, interval=0.01, max_duration=0.2, **back)
    assert ended(pid_of(started))
    got = probe(state="stopped", **back)
    assert (got["changed"], got["lost"]) == (False, 0)
    assert got["answered"] > 5


def test_a_link_is_not_followed(serve, back, tmp_path):
    started = probe(state="started", url=serve(lambda number: [page("x")]).url, **back)
    probe(state="stopped", **back)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.unlink(started["results_file"])
    os.symlink(victim, started["results_file"])
    failed = probe(state="started", url="http://127.0.0.1:1/", fails=True, **back)
    assert "Too many levels of symbolic links" in failed["msg"]
    assert victim.read_text() == "precious"
    os.unlink(started["results_file"])


# -- bad input --------------------------------------------------------------------------------------------------------------

URL = "http://127.0.0.1:1/"
BAD = [
    ({"url": "fd00::1/x"}, "url: 'fd00::1/x' is no URL"),
    ({"url": "http://fd00::1:80/"}, "url: 'http://fd00::1:80/' is no URL: "),
    ({"url": "http://:80/"}, "url: "),
    ({"url": "ftp://host/"}, "url: "),
    ({"url": "http://host/a b"}, "url: "),
    ({"url": URL, "interval": -1}, "interval: -1 is below 0"),
    ({"url": URL, "count": 0}, "count: 0 is below 1"),
    ({"url": URL, "concurrency": 0}, "concurrency: 0 is below 1"),
    ({"url": URL, "timeout": 0}, "timeout: 0 is not above 0"),
    ({"url": URL, "expect": {"consecutive": 0}}, "expect.consecutive: 0 is below 1"),
    ({"url": URL, "expect": {"all": True}}, "expect.all: needs expect.answers"),
    (
        {"url": URL, "expect": {"answers": ["a", "b"], "all": True, "consecutive": 1}},
        "expect.consecutive: 1 requests cannot get 2 answers",
    ),
    (
        {"url": URL, "expect": {"answers": ["a"], "lost": True}},
        "expect.lost: cannot be given together with expect.answers",
    ),
    ({"url": URL, "id": "x", "state": "started", "expect": {}}, "expect: is only for state: once"),
    ({"state": "stopped", "id": "../x"}, "id: '../x' may have"),
    ({"state": "stopped"}, "state is stopped but all of the following are missing: id"),
    ({"state": "once"}, "state is once but all of the following are missing: url"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input(arguments, message):
    assert probe(fails=True, **arguments)["msg"].startswith(message)
