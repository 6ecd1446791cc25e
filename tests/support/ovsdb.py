# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ovsdb-servers for tests: ``standalone()`` and ``cluster(n)``, each a context manager that leaves nothing behind.

with standalone() as nb:                      # OVN_Northbound on a unix socket
    nb.ctl("ls-add", "ls1")                   # ovn-nbctl, ovn-sbctl or ovs-vsctl
    Session(nb.remote, nb.database)

with cluster(3) as nb:
    nb.kill(nb.leader())
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from ansible_collections.virtnet.ovn.plugins.module_utils._model.nb.snapshots import SNAPSHOTS
from tests.support.waiting import until

SCHEMAS = {
    "OVN_Northbound": "/usr/share/ovn/ovn-nb.ovsschema",
    "OVN_Southbound": "/usr/share/ovn/ovn-sb.ovsschema",
    "Open_vSwitch": "/usr/share/openvswitch/vswitch.ovsschema",
}
#: Where an image of a newer release may lie, built for the lab: its schemas are read there, and nothing else
IMAGES = pathlib.Path("/var/cache/virtnet-lab")
#: Schemas of newer releases, for what this machine's servers are too old for; tools/schema_snapshots.py writes them
RECORDED = pathlib.Path(__file__).with_name("schemas")
TOOLS = {"OVN_Northbound": "ovn-nbctl", "OVN_Southbound": "ovn-sbctl", "Open_vSwitch": "ovs-vsctl"}
# The root tables whose one row northd and others expect: what `TOOL init` makes
ROOTS = {"OVN_Northbound": "NB_Global", "OVN_Southbound": "SB_Global", "Open_vSwitch": "Open_vSwitch"}


@functools.cache
def newest(database):
    """The newest schema of a database that is on this machine, or that is shipped."""
    own = pathlib.Path(SCHEMAS[database])
    found = [own, *IMAGES.glob("*/" + str(own.relative_to("/"))), *RECORDED.glob(database + ".*")]
    if database == "OVN_Northbound":
        found += _shipped()
    return max(found, key=lambda path: [int(part) for part in json.loads(path.read_text())["version"].split(".")])


def _shipped():
    """The northbound schemas that the collection itself has, as files that go when the tests end."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="virtnet-schema-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for release, text in SNAPSHOTS.items():
        (folder / release).write_text(text)
    return list(folder.iterdir())


def _die_with_us():
    """So that a test run that is killed leaves no server behind. The kernel means the thread that started it."""
    return ["setpriv", "--pdeathsig", "KILL"] if threading.current_thread() is threading.main_thread() else []


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def run(*args, timeout=30):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise AssertionError("%s: %s" % (" ".join(str(a) for a in args), done.stderr.strip()))
    return done.stdout


class Pki:
    """A certificate authority and what it signs, by openssl."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca_cert = str(self.folder / "ca.pem")
        self._ca_key = str(self.folder / "ca.key")
        self._make("ca", ["-x509", "-days", "2", "-out", self.ca_cert])

    def _make(self, name, more):
        run(
            "openssl",
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            self.folder / (name + ".key"),
            "-subj",
            "/CN=" + name,
            *more,
        )

    def issue(self, name):
        """(private key, certificate) of ``name``."""
        key, cert, req = (str(self.folder / (name + end)) for end in (".key", ".pem", ".req"))
        self._make(name, ["-out", req])
        run(
            "openssl",
            "x509",
            "-req",
            "-in",
            req,
            "-CA",
            self.ca_cert,
            "-CAkey",
            self._ca_key,
            "-CAcreateserial",
            "-days",
            "2",
            "-out",
            cert,
        )
        return key, cert


class _Servers:
    """What one server and a cluster have in common; ``i`` is the member's place."""

    def __init__(self, folder, database, count):
        self.folder = pathlib.Path(folder)
        self.database = database
        self.count = count
        self._processes = [None] * count
        self.extra = []

    def db(self, i=0):
        return self.folder / ("%d.db" % i)

    def control(self, i=0):
        return self.folder / ("%d.ctl" % i)

    @property
    def remotes(self):
        return ["unix:%s/%d.sock" % (self.folder, i) for i in range(self.count)]

    @property
    def remote(self):
        return ",".join(self.remotes)

    def start(self, i=0):
        with open(self.folder / ("%d.log" % i), "ab") as log:
            self._processes[i] = subprocess.Popen(
                [
                    *_die_with_us(),
                    "ovsdb-server",
                    "--unixctl=%s" % self.control(i),
                    "--remote=p" + self.remotes[i],
                    *self.extra,
                    str(self.db(i)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(lambda: self._listens(i), "server %d listens: %s" % (i, self.log(i)))

    def _listens(self, i):
        assert self._processes[i].poll() is None, self.log(i)
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(str(self.folder / ("%d.sock" % i))) == 0

    def log(self, i=0):
        return (self.folder / ("%d.log" % i)).read_text(encoding="utf-8", errors="replace")

    def signal(self, i, number):
        self._processes[i].send_signal(number)

    def pause(self, i=0):
        """The server keeps its sockets and answers nobody."""
        self.signal(i, signal.SIGSTOP)

    def resume(self, i=0):
        self.signal(i, signal.SIGCONT)

    def kill(self, i=0):
        if self._processes[i]:
            self._processes[i].kill()
            self._processes[i].wait()
            self._processes[i] = None

    def stop(self):
        for i in range(self.count):
            self.kill(i)

    def appctl(self, *args, i=0):
        return run("ovs-appctl", "-t", self.control(i), *args)

    def ctl(self, *args, timeout=30):
        """The database's own tool; returns what it prints."""
        return run(TOOLS[self.database], "--db=" + self.remote, *args, timeout=timeout)

    def transact(self, *operations):
        """A client that is not ours: ``ovsdb-client transact``."""
        text = json.dumps([self.database, *operations])
        return json.loads(run("ovsdb-client", "-t", "60", "transact", self.remote, text, timeout=90))

    def init(self):
        self.transact({"op": "insert", "table": ROOTS[self.database], "row": {}})


class Standalone(_Servers):
    """``tcp`` and ``ssl`` are remotes where these were asked for; ``pki`` then signs the clients' certificates."""

    tcp = ssl = pki = None

    def listen(self, *kinds):
        for kind in kinds:
            port = free_port()
            if kind == "ssl":
                self.pki = Pki(self.folder / "pki")
                key, cert = self.pki.issue("server")
                self.extra += ["--private-key=" + key, "--certificate=" + cert, "--ca-cert=" + self.pki.ca_cert]
            self.extra.append("--remote=p%s:%d:127.0.0.1" % (kind, port))
            setattr(self, kind, "%s:127.0.0.1:%d" % (kind, port))


class Cluster(_Servers):
    def status(self, i):
        return self.appctl("cluster/status", self.database, i=i)

    def rejoined(self, i, seconds=30.0):
        """Waits until a member that was started is one of the cluster."""

        def member():
            with contextlib.suppress(AssertionError):  # a killed server's control socket is still there
                return "Status: cluster member" in self.status(i)

        until(member, "member %d of %s rejoined: %s" % (i, self.database, self.log(i)[-500:]), seconds)

    def alive(self):
        return [i for i in range(self.count) if self._processes[i]]

    def leader(self):
        """The leader's place, once there is one that is alive."""

        def find():
            for i in self.alive():
                with contextlib.suppress(AssertionError):
                    if "Role: leader" in self.status(i):
                        return [i]
            return None

        return until(find, "a leader of %s" % self.database, 30)[0]

    def followers(self):
        leader = self.leader()
        return [i for i in self.alive() if i != leader]

    @property
    def cid(self):
        return run("ovsdb-tool", "db-cid", self.db(0)).strip()


@contextlib.contextmanager
def _folder():
    # A unix socket's path is at most 107 bytes, and pytest's tmp_path can be longer
    with tempfile.TemporaryDirectory(prefix="ovsdb.") as folder:
        yield folder


@contextlib.contextmanager
def standalone(database="OVN_Northbound", listen=(), schema=None, init=True, extra=()):
    """One ovsdb-server on a unix socket, and on ``listen`` of ``tcp`` and ``ssl`` (loopback).

    :param init: insert the root row (NB_Global, ...), as the daemons' start scripts do
    :param extra: more arguments of ovsdb-server
    """
    with _folder() as folder:
        server = Standalone(folder, database, 1)
        server.extra += extra
        server.listen(*listen)
        run("ovsdb-tool", "create", server.db(), schema or SCHEMAS[database])
        try:
            server.start()
            if init:
                server.init()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def cluster(count=3, database="OVN_Northbound", init=True):
    """A RAFT cluster of ``count`` ovsdb-servers, all joined."""
    with _folder() as folder:
        servers = Cluster(folder, database, count)
        address = ["unix:%s/%d.raft" % (folder, i) for i in range(count)]
        run("ovsdb-tool", "create-cluster", servers.db(0), SCHEMAS[database], address[0])
        for i in range(1, count):
            run("ovsdb-tool", "join-cluster", servers.db(i), database, address[i], address[0])
        try:
            for i in range(count):
                servers.start(i)
            for i in range(count):
                until(lambda i=i: "Status: cluster member" in servers.status(i), "member %d joined" % i, 30)
            if init:
                servers.init()
            yield servers
        finally:
            servers.stop()


@contextlib.contextmanager
def ovn(northd=True):
    """Northbound and southbound servers, with an ovn-northd between them: (nb, sb)."""
    with standalone("OVN_Northbound") as nb, standalone("OVN_Southbound") as sb:
        process = None
        if northd:
            with open(nb.folder / "northd.log", "ab") as log:
                process = subprocess.Popen(
                    [
                        *_die_with_us(),
                        "ovn-northd",
                        "--ovnnb-db=" + nb.remote,
                        "--ovnsb-db=" + sb.remote,
                        "--unixctl=%s" % (nb.folder / "northd.ctl"),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "OVN_RUNDIR": str(nb.folder)},
                )
        try:
            yield nb, sb
        finally:
            if process:
                process.kill()
                process.wait()
