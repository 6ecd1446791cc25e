# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real OVS and OVN daemons for tests, each set in a directory of its own.

Nothing of the host is touched: ovs-vswitchd runs with dummy network devices (no
interface appears in the kernel), every socket, database, log and pid file lies
below one temporary directory, and the daemons die with the test process.

    with ovs() as host:
        host.vsctl("add-br", "br0")
        host.ofctl("dump-flows", "br0")
        subprocess.run([...], env=host.env)        # any tool finds these daemons

    with ovn(chassis=2) as cloud:                  # NB, SB, northd, two hosts
        cloud.nbctl("ls-add", "ls1")
        cloud.chassis[0].vsctl("add-port", "br-int", "vm1", "--", ...)
        cloud.sync()                               # northd and the hosts caught up
        cloud.trace("ls1", "inport == ...")

    with ovn(northd=False) as databases:           # only the NB and SB servers
        databases.nb                               # "unix:/.../ovnnb_db.sock"

``env`` sets OVS_RUNDIR, OVS_DBDIR, OVS_LOGDIR, OVS_SYSCONFDIR (and for OVN the
OVN_ ones, OVN_NB_DB and OVN_SB_DB), so that the defaults of every command-line
tool, and of our modules, lead to these daemons.

A pytest fixture is one line more: ``with ovs() as host: yield host``.

``root=DIRECTORY`` runs the programs of another release: a directory with a whole
Debian system in it, entered by chroot. The directory of sockets is then below it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator

from tests.support.waiting import until

OVS_SHARE = "/usr/share/openvswitch"
OVN_SHARE = "/usr/share/ovn"
DEADLINE = 30.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Daemons:
    """Daemons of one directory, the environment that leads to them, and their tools."""

    def __init__(self, directory: pathlib.Path, root: pathlib.Path | None = None) -> None:
        self.root = root
        self.directory = directory
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._controls: dict[str, pathlib.Path] = {}
        inside = str(self.inside(directory))
        self.env = {
            **os.environ,
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin:" + os.environ.get("PATH", ""),
            "OVS_RUNDIR": inside,
            "OVS_DBDIR": inside,
            "OVS_LOGDIR": inside,
            "OVS_SYSCONFDIR": inside,
            "OVN_RUNDIR": inside,
            "OVN_DBDIR": inside,
            "OVN_LOGDIR": inside,
            "OVN_SYSCONFDIR": inside,
        }

    @property
    def rundir(self) -> pathlib.Path:
        return self.directory

    def inside(self, path: pathlib.Path) -> pathlib.Path:
        """The path as the programs see it."""
        return pathlib.Path("/") / path.relative_to(self.root) if self.root else path

    def argv(self, *argv: str) -> list[str]:
        return ["chroot", str(self.root), *argv] if self.root else list(argv)

    def run(self, *argv: str, check: bool = True, stdin: str | None = None, timeout: float = DEADLINE) -> str:
        """Run a tool against these daemons and return what it printed."""
        done = subprocess.run(
            self.argv(*argv), env=self.env, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(argv)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name: str, program: str, *argv: str) -> None:
        """Start a daemon and wait until it has its control socket and its pid file."""
        self.processes[name] = subprocess.Popen(
            self.argv(
                program, *argv, "--no-chdir", "-vconsole:off",
                f"--pidfile={self.inside(self.directory / name)}.pid",
                f"--log-file={self.inside(self.directory / name)}.log",
            ),
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=_die_with_parent,
        )  # fmt: skip
        self._controls[name] = self.directory / f"{program}.{self.processes[name].pid}.ctl"
        until(lambda: self._ready(name), f"{name} answers")

    def _ready(self, name: str) -> bool:
        process = self.processes[name]
        if process.poll() is not None:
            stderr = process.stderr.read().decode() if process.stderr else ""
            raise AssertionError(f"{name} ended with {process.returncode}: {stderr}")
        return self._controls[name].exists() and (self.directory / f"{name}.pid").exists()

    def stop(self, name: str, how: int = signal.SIGTERM) -> None:
        """End one daemon (``how=signal.SIGKILL`` leaves its sockets behind)."""
        process = self.processes.pop(name)
        process.send_signal(how)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        if process.stderr:
            process.stderr.close()

    def signal(self, name: str, how: int) -> None:
        """Freeze (SIGSTOP) and thaw (SIGCONT) a daemon."""
        self.processes[name].send_signal(how)

    def stop_all(self) -> None:
        for name in reversed(list(self.processes)):
            with contextlib.suppress(ProcessLookupError):
                self.signal(name, signal.SIGCONT)
                self.stop(name)

    def control(self, daemon: str, *argv: str, check: bool = True) -> str:
        """ovs-appctl to one of these daemons, by its name."""
        return self.run("ovs-appctl", "-t", str(self.inside(self._controls[daemon])), *argv, check=check)

    def database(self, name: str, schema: str, socket: str) -> str:
        """An ovsdb-server with a new database; returns its remote."""
        file = self.inside(self.directory / f"{name}.db")
        self.run("ovsdb-tool", "create", str(file), schema)
        remote = self.inside(self.directory / socket)
        self.start(name, "ovsdb-server", str(file), f"--remote=punix:{remote}")
        return f"unix:{remote}"


class Ovs(Daemons):
    """ovsdb-server and ovs-vswitchd. ``db`` is the Open_vSwitch database's remote."""

    db: str

    def boot(self) -> None:
        self.db = self.database("ovsdb-server", f"{OVS_SHARE}/vswitch.ovsschema", "db.sock")
        self.vsctl("--no-wait", "init")
        self.start_vswitchd()

    def start_vswitchd(self) -> None:
        self.start("ovs-vswitchd", "ovs-vswitchd", self.db, "--enable-dummy=override", "--disable-system")

    def vsctl(self, *argv: str, check: bool = True) -> str:
        return self.run("ovs-vsctl", "--timeout=20", *argv, check=check)

    def ofctl(self, *argv: str, check: bool = True, stdin: str | None = None) -> str:
        return self.run("ovs-ofctl", "--timeout=20", *argv, check=check, stdin=stdin)

    def appctl(self, *argv: str, check: bool = True) -> str:
        return self.run("ovs-appctl", *argv, check=check)

    def ofport(self, interface: str) -> int:
        """The interface's OpenFlow port number, once ovs-vswitchd has given it one."""

        def number() -> int:
            value = self.vsctl("get", "Interface", interface, "ofport").strip()
            return int(value) if value.isdigit() else 0

        return int(str(until(number, f"{interface} has an ofport")))


class Chassis(Ovs):
    """A host: OVS, and an ovn-controller that reads the cloud's southbound database."""

    def start_controller(self) -> None:
        self.start("ovn-controller", "ovn-controller", self.db)


class Ovn(Daemons):
    """The central: ``nb`` and ``sb`` are the remotes, ``chassis`` the hosts."""

    nb: str
    sb: str

    def __init__(self, directory: pathlib.Path, root: pathlib.Path | None = None) -> None:
        super().__init__(directory, root)
        self.chassis: list[Chassis] = []

    def boot(self, northd: bool) -> None:
        self.nb = self.database("ovnnb", f"{OVN_SHARE}/ovn-nb.ovsschema", "ovnnb_db.sock")
        self.sb = self.database("ovnsb", f"{OVN_SHARE}/ovn-sb.ovsschema", "ovnsb_db.sock")
        self.env["OVN_NB_DB"], self.env["OVN_SB_DB"] = self.nb, self.sb
        self.nbctl("init")
        self.sbctl("init")
        if northd:
            self.start("ovn-northd", "ovn-northd", f"--ovnnb-db={self.nb}", f"--ovnsb-db={self.sb}")

    def nbctl(self, *argv: str, check: bool = True) -> str:
        return self.run("ovn-nbctl", "--timeout=20", *argv, check=check)

    def sbctl(self, *argv: str, check: bool = True) -> str:
        return self.run("ovn-sbctl", "--timeout=20", *argv, check=check)

    def trace(self, *argv: str, check: bool = True) -> str:
        return self.run("ovn-trace", *argv, check=check)

    def sync(self) -> None:
        """Wait until northd and every host have caught up with the northbound."""
        self.nbctl("--wait=hv" if self.chassis else "--wait=sb", "sync")

    def rows(self, *argv: str, database: str = "sb") -> list[dict[str, object]]:
        """``rows("find", "MAC_Binding", "ip=...")``: rows as dictionaries, OVSDB's JSON as it is."""
        tool = self.sbctl if database == "sb" else self.nbctl
        table = json.loads(tool("--format=json", *argv))
        return [dict(zip(table["headings"], row)) for row in table["data"]]

    def add_chassis(self, name: str, address: str) -> Chassis:
        directory = self.directory / name
        directory.mkdir()
        host = Chassis(directory, self.root)
        self.chassis.append(host)
        host.env.update(OVN_NB_DB=self.nb, OVN_SB_DB=self.sb)
        host.boot()
        # The tunnel's address and its peers' routes live on a dummy bridge
        host.vsctl("add-br", "br-underlay", "--", "set", "Bridge", "br-underlay", "datapath_type=dummy")
        host.appctl("netdev-dummy/ip4addr", "br-underlay", f"{address}/24")
        host.appctl("ovs/route/add", f"{address.rpartition('.')[0]}.0/24", "br-underlay")
        host.vsctl(
            "set", "Open_vSwitch", ".", f"external_ids:system-id={name}", f"external_ids:hostname={name}",
            f"external_ids:ovn-remote={self.sb}", "external_ids:ovn-encap-type=geneve",
            f"external_ids:ovn-encap-ip={address}", "external_ids:ovn-bridge-datapath-type=dummy",
        )  # fmt: skip
        host.start_controller()
        return host

    def stop_all(self) -> None:
        for host in self.chassis:
            host.stop_all()
        super().stop_all()


@contextlib.contextmanager
def _directory(root: pathlib.Path | None) -> Iterator[pathlib.Path]:
    # Short, because a unix socket's path has 108 characters at most
    path = pathlib.Path(tempfile.mkdtemp(prefix="ovn", dir=root / "tmp" if root else None))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def ovs(*, root: pathlib.Path | None = None) -> Iterator[Ovs]:
    """One Open vSwitch, empty."""
    with _directory(root) as directory:
        host = Ovs(directory, root)
        try:
            host.boot()
            yield host
        finally:
            host.stop_all()


@contextlib.contextmanager
def ovn(*, chassis: int = 0, northd: bool = True, root: pathlib.Path | None = None) -> Iterator[Ovn]:
    """One OVN: databases, northd, and ``chassis`` hosts named hv1, hv2, ..."""
    with _directory(root) as directory:
        cloud = Ovn(directory, root)
        try:
            cloud.boot(northd)
            for number in range(1, chassis + 1):
                cloud.add_chassis(f"hv{number}", f"10.200.0.{number}")
            yield cloud
        finally:
            cloud.stop_all()
