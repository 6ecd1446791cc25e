# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host in a network and a mount namespace of its own, with a real Open vSwitch in user space: taps and veths are the
kernel's, and nothing of the machine's own network is seen or touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._netns import replay
from tests.support.waiting import until

ENGINE = "ansible_collections.virtnet.ovn.plugins.module_utils._engine."
ROOT = pathlib.Path(__file__).resolve().parents[3]

_ENTER = """
mount --make-rprivate / && mount -t tmpfs none /run && ip link set lo up && mount -t sysfs none /sys && echo ready && exec sleep infinity
"""

_MODULE = """
import json, runpy, sys
sys.path.insert(0, {path!r})
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.virtnet.ovn.plugins.modules." + sys.argv[1], run_name="__main__")
"""


class Host:
    """The sandbox: ``run`` a command in it, ``module`` runs one of the collection's modules in it."""

    def __init__(self, directory):
        self.directory = directory
        self.daemons = {}
        self.env = {
            **os.environ,
            "OVS_RUNDIR": directory,
            "OVS_DBDIR": directory,
            "OVS_LOGDIR": directory,
            "OVS_SYSCONFDIR": directory,
            "OVN_RUNDIR": directory,
            "OVN_LOGDIR": directory,
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        }
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", _ENTER],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self.holder.stdout.readline() != "ready\n":
            pytest.skip("cannot make a network namespace here: " + self.holder.stderr.read().strip())

    def argv(self, *command):
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", f"--wd={self.directory}", *command]

    def run(self, *command, check=True, stdin=None, timeout=60):
        done = subprocess.run(
            self.argv(*command), env=self.env, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, name, *command):
        pid = pathlib.Path(self.directory, f"{name}.pid")
        pid.unlink(missing_ok=True)
        self.daemons[name] = subprocess.Popen(
            self.argv(
                *command, f"--pidfile={pid}", "--no-chdir", "-vconsole:off", f"--log-file={self.directory}/{name}.log"
            ),
            env=self.env,
        )
        until(pid.exists, f"{name} runs")

    def stop(self, name, how=signal.SIGTERM):
        # nsenter became the daemon by exec: this is its pid
        daemon = self.daemons.pop(name)
        daemon.send_signal(how)
        daemon.wait(20)

    def start_vswitchd(self):
        self.start("ovs-vswitchd", "ovs-vswitchd", f"unix:{self.directory}/db.sock")

    def boot(self):
        self.run("ovsdb-tool", "create", "conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        self.start("ovsdb-server", "ovsdb-server", "conf.db", f"--remote=punix:{self.directory}/db.sock")
        self.vsctl("--no-wait", "init")
        self.start_vswitchd()
        self.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev")

    def vsctl(self, *command):
        return self.run("ovs-vsctl", "--timeout=20", *command).strip()

    def get(self, interface, column):
        return self.vsctl("get", "Interface", interface, column)

    def ip(self, *command):
        """``ip`` of the sandbox, as data."""
        text = self.run("ip", "-json", *command)
        return json.loads(text) if text.strip() else []

    def namespaces(self):
        return sorted(entry["name"] for entry in self.ip("netns", "list"))

    def links(self):
        """The devices outside of VMs, but for those that are always there."""
        return sorted({link["ifname"] for link in self.ip("link")} - {"lo", "br-int", "ovs-netdev"})

    def command(self, name):
        path = str(ROOT / "collections")
        return self.argv(sys.executable, "-c", _MODULE.format(path=path), name)

    def module(self, name, /, check=False, fails=False, env=None, **arguments):
        arguments = {
            **arguments,
            "_ansible_check_mode": check,
            "_ansible_diff": True,
            "_ansible_remote_tmp": self.directory,
        }
        done = subprocess.run(
            self.command(name),
            env={**self.env, **(env or {})},
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        found = json.loads(done.stdout or "{}")
        assert bool(found.get("failed")) is fails, f"{found.get('msg')}\n{found}\n{done.stderr}"
        assert "Traceback" not in str(found.get("msg"))
        # ansible-core 2.19 tells its own controller more than the text
        found["warnings"] = [w if isinstance(w, str) else w["event"]["msg"] for w in found.get("warnings", ())]
        return found

    def reset(self):
        """As empty as a new host."""
        for name in self.namespaces():
            self.run("ip", "netns", "del", name)
        for bridge in self.vsctl("list-br").split():
            for port in self.vsctl("list-ports", bridge).split():
                self.vsctl("del-port", bridge, port)
            if bridge != "br-int":
                self.vsctl("del-br", bridge)
        for link in self.links():
            self.run("ip", "link", "del", link, check=False)
        self.vsctl("clear", "Open_vSwitch", ".", "external_ids", "other_config")

    def close(self):
        for name in list(self.daemons):
            with contextlib.suppress(ProcessLookupError):
                self.daemons[name].send_signal(signal.SIGCONT)
                self.stop(name)
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()


@pytest.fixture(scope="session")
def sandbox():
    if os.geteuid() != 0 or not shutil.which("ovs-vswitchd", path="/usr/sbin"):
        pytest.skip("needs root and Open vSwitch")
    pytest.importorskip("pyroute2")
    directory = tempfile.mkdtemp(prefix="vm")
    host = Host(directory)
    try:
        host.boot()
        yield host
    finally:
        host.close()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def host(sandbox):
    if "ovs-vswitchd" not in sandbox.daemons:
        sandbox.start_vswitchd()
    sandbox.reset()
    return sandbox


@pytest.fixture
def again(host):
    """Runs what a unit runs, as Python alone does."""

    def run(main, declared):
        code, said = pathlib.Path(host.directory, main + ".pyz"), pathlib.Path(host.directory, main + ".json")
        code.write_bytes(replay.archive(ENGINE + main))
        said.write_text(json.dumps(declared))
        return host.run(sys.executable, str(code), str(said))

    return run
