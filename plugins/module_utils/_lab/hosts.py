# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts and ends the hosts of a lab, all at once. What is found decides what is done, so a second run mends the first."""

from __future__ import annotations

import json
import os
import select
import selectors
import shutil
import signal
import socket
import subprocess
import time

from . import spec as specs
from .errors import LabError
from .kernel import (
    SBIN,
    inotify_shortage,
    locked,
    make_netns,
    mount_tmpfs,
    require_root,
    require_tool,
    tx_checksum_off,
    unmount,
    within_netns,
)
from .paths import LabPaths, entering, init_below, machine, manager_pid

STOP_SECONDS = 10
# How long systemd-nspawn has to tidy up when its container is gone
TIDY_SECONDS = 3
# Where systemd-nspawn keeps a directory for each machine while it runs
NSPAWN_DIR = "/run/systemd/nspawn"
# The disk is mounted in a mount namespace of the host's own: the machine never sees it, and it goes with the process.
# 133 is how systemd-nspawn asks to be run again, when the host reboots.
START = """
set -e
echo $$ > "$1"
mount -t overlay lab-disk -o "lowerdir=$2,upperdir=$3/upper,workdir=$3/work" "$3/root"
for group in $4; do
  echo $$ > "$group/cgroup.procs"
done
shift 4
while code=0; "$@" || code=$?; [ $code = 133 ]; do :; done
"""


class Lab:
    """One lab on this machine."""

    def __init__(self, run_dir, name, busy=lambda: None):
        self.name = name
        self.paths = LabPaths(run_dir, name)
        self.busy = busy
        self.tools = {}

    # -- what is there

    def observe(self, links):
        """name -> {alive, plugged, record} for each host that anything is left of."""
        ports = {link["ifname"] for link in links}
        observed = {}
        for name in self.paths.known_hosts():
            record = self._record(name)
            wanted = (
                [specs.port_name(name, interface["name"]) for interface in record["host"]["interfaces"]]
                if record
                else []
            )
            pid = manager_pid(self.paths.root, name)
            observed[name] = {
                "alive": bool(pid and init_below(pid)),
                "plugged": all(port in ports for port in wanted),
                "record": record,
            }
        return observed

    def exists(self):
        return os.path.lexists(self.paths.root) or os.path.lexists(self.paths.lock)

    def _record(self, name):
        try:
            with open(self.paths.host(name, "record.json"), encoding="utf-8") as stream:
                return json.load(stream)
        except (OSError, ValueError):
            return None

    def _fabric_links(self):
        fabric = self.paths.netns(specs.FABRIC)
        if not os.path.ismount(fabric):
            return []
        out = self._ip(fabric, ["-json", "-details", "link", "show"]).stdout
        return json.loads(out or "[]")

    # -- tools

    def _tool(self, name, package):
        if name not in self.tools:
            self.tools[name] = require_tool(name, package)
        return self.tools[name]

    def _ip(self, netns, args, text=None):
        return subprocess.run(
            [self._tool("nsenter", "util-linux"), "--net=" + netns, "--", self._tool("ip", "iproute2")] + args,
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _ip_batch(self, netns, commands):
        if not commands:
            return
        result = self._ip(netns, ["-batch", "-"], "\n".join(commands) + "\n")
        if result.returncode:
            raise LabError(
                "The networks of the lab could not be made: %s" % " ".join(result.stderr.split()), commands=commands
            )

    # -- up

    def up(self, networks, hosts, image, timeout, check_mode=False, limit=(), keep_disks=False):
        """Makes the lab exactly these networks and hosts. Returns (actions of networks, actions of hosts, states)."""
        specs.check(self.name, networks, hosts, limit)
        desired = dict((host["name"], specs.normalized(self.name, host, networks)) for host in hosts)
        require_root("Running lab hosts")
        for name, package in (("systemd-nspawn", "systemd-container"), ("ip", "iproute2"), ("nsenter", "util-linux")):
            self._tool(name, package)
        if not os.path.exists("/dev/net/tun"):
            raise LabError("There is no /dev/net/tun on the controller, which Open vSwitch needs: run `modprobe tun`.")
        if not check_mode and not os.path.isdir(image):
            raise LabError("There is no image %s: make it with virtnet.ovn.nspawn_image." % image)
        if check_mode:
            return self._plan(networks, desired, image, limit, keep_disks) + ({},)
        os.makedirs(self.paths.base, mode=0o755, exist_ok=True)
        with locked(self.paths.lock, self.busy):
            return self._up(networks, desired, image, timeout, limit, keep_disks)

    def _plan(self, networks, desired, image, limit, keep_disks):
        links = self._fabric_links()
        actions = specs.plan(desired, image, self.observe(links), limit, keep_disks)
        return specs.plan_networks(networks, links), actions

    def _up(self, networks, desired, image, timeout, limit, keep_disks):
        os.makedirs(self.paths.root, mode=0o755, exist_ok=True)
        if not os.path.ismount(self.paths.root):
            mount_tmpfs(self.paths.root)
        os.makedirs(self.paths.netns_dir, exist_ok=True)
        os.makedirs(self.paths.hosts_dir, exist_ok=True)
        network_actions, actions = self._plan(networks, desired, image, limit, keep_disks)
        self._stop([name for name in actions if actions[name] != "kept"])
        for name, action in actions.items():
            if action in ("removed", "recreated"):
                shutil.rmtree(self.paths.host(name))
        self._fabric(networks, network_actions)
        starting = [name for name in actions if actions[name] not in ("kept", "removed")]
        for name in starting:
            os.makedirs(self.paths.host(name), exist_ok=True)
            self._set_record(name, image, desired[name], "new" if actions[name].endswith("created") else "restarting")
        processes = {}
        try:
            self._plug(starting, desired)
            for name in starting:
                processes[name] = self._start(name, desired, image)
            self._wait(processes, timeout)
        finally:
            for _dummy, notify in processes.values():
                notify.close()
        for name in starting:
            self._set_record(name, image, desired[name], "booted")
        return network_actions, actions, self._states(sorted(limit or desired), timeout)

    def _set_record(self, name, image, host, state):
        path = self.paths.host(name, "record.json")
        self._write(path + ".new", json.dumps({"image": image, "host": host, "state": state}))
        os.rename(path + ".new", path)

    def _fabric(self, networks, actions):
        fabric = self.paths.netns(specs.FABRIC)
        if not os.path.ismount(fabric):
            make_netns(fabric)
        with within_netns(fabric):
            # Bridges are cables here: they need no addresses of their own
            for name in ("all", "default"):
                self._write("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name, "1")
        self._ip_batch(fabric, specs.network_commands(networks, actions))

    def _plug(self, names, desired):
        fabric = self.paths.netns(specs.FABRIC)
        commands = []
        for name in names:
            netns = self.paths.netns(name)
            make_netns(netns)
            commands += specs.plug_commands(name, desired[name], netns)
        self._ip_batch(fabric, commands)
        ports = []
        for name in names:
            self._ip_batch(self.paths.netns(name), specs.address_commands(desired[name]))
            interfaces = [interface["name"] for interface in desired[name]["interfaces"]]
            tx_checksum_off(self.paths.netns(name), interfaces)
            ports += [specs.port_name(name, interface) for interface in interfaces]
        tx_checksum_off(fabric, ports)

    def _start(self, name, desired, image):
        home = self.paths.host(name)
        upper = os.path.join(home, "upper")
        for below in ("upper/etc", "work", "root"):
            os.makedirs(os.path.join(home, below), mode=0o755, exist_ok=True)
        if not os.path.exists(os.path.join(upper, "etc/hostname")):
            self._write(
                os.path.join(upper, "etc/hosts"), "\n".join(specs.hosts_file(desired) + ["127.0.1.1\t" + name, ""])
            )
            self._write(os.path.join(upper, "etc/hostname"), name + "\n")
        address = os.path.join(home, "notify")
        if os.path.exists(address):
            os.unlink(address)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        notify.bind(address)
        nspawn = [
            self._tool("systemd-nspawn", "systemd-container"),
            "--quiet",
            "--settings=no",
            "--register=no",
            "--notify-ready=yes",
            "--console=read-only",
            "--directory=" + os.path.join(home, "root"),
            "--machine=" + machine(self.name, name),
            "--hostname=" + name,
            "--network-namespace-path=" + self.paths.netns(name),
            "--capability=all",
            "--bind=/dev/net/tun",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--boot",
        ]
        environment = {"PATH": SBIN, "LANG": "C.UTF-8", "NOTIFY_SOCKET": address, "TERM": "dumb"}
        groups = []
        if os.path.isdir("/run/systemd/system"):
            # systemd-nspawn asks the controller's systemd for a scope of its own
            pass
        else:
            nspawn.append("--keep-unit")
            groups = [self._make_group(root, name) for root in _cgroup_roots()]
        if any(kind == "cgroup2" for dummy, kind in _cgroup_mounts()):
            # What the systemd of later releases insists on, and what all of them can do
            environment["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
        # As on a real host, whose kernel settings of the network can be changed
        environment["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = "network"
        start = [
            self._tool("unshare", "util-linux"),
            "--mount",
            "--propagation=private",
            "--",
            "/bin/sh",
            "-c",
            START,
            "start",
        ]
        with open(os.path.join(home, "console.log"), "ab") as console:
            process = subprocess.Popen(
                start + [os.path.join(home, "pid"), image, home, " ".join(groups)] + nspawn,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        return process, notify

    def _wait(self, processes, timeout):
        """Until every host's systemd says that it has booted; systemd-nspawn passes that on."""
        deadline = time.monotonic() + timeout
        waiting = set(processes)
        with selectors.DefaultSelector() as selector:
            pidfds = []
            try:
                for name, (process, notify) in processes.items():
                    pidfds.append(os.pidfd_open(process.pid))
                    selector.register(notify, selectors.EVENT_READ, (name, notify))
                    selector.register(pidfds[-1], selectors.EVENT_READ, (name, None))
                while waiting:
                    events = selector.select(deadline - time.monotonic())
                    if not events and time.monotonic() >= deadline:
                        raise LabError(
                            "Not booted within %g s: %s%s" % (timeout, ", ".join(sorted(waiting)), inotify_shortage()),
                            **self._consoles(waiting),
                        )
                    for key, _dummy in events:
                        name, notify = key.data
                        if notify is None:
                            raise LabError("Lab host %s ended while it was starting." % name, **self._consoles([name]))
                        if b"READY=1" in notify.recv(8192).splitlines():
                            waiting.discard(name)
            finally:
                for pidfd in pidfds:
                    os.close(pidfd)

    def _consoles(self, names):
        consoles = {}
        for name in sorted(names):
            with open(self.paths.host(name, "console.log"), encoding="utf-8", errors="replace") as stream:
                consoles[name] = stream.read().splitlines()[-20:]
        return {"consoles": consoles}

    def _states(self, names, timeout):
        """What systemd says in each host: running, or degraded and by which units."""
        asked = {}
        for name in names:
            pid = init_below(manager_pid(self.paths.root, name) or 0)
            asked[name] = (
                pid,
                subprocess.Popen(
                    entering(
                        self._tool("nsenter", "util-linux"),
                        pid,
                        "/bin/sh",
                        "-c",
                        "systemctl is-system-running; systemctl list-units --failed --plain --no-legend",
                    ),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env={"PATH": SBIN, "LANG": "C.UTF-8"},
                    text=True,
                ),
            )
        states = {}
        for name, (pid, process) in asked.items():
            try:
                out = process.communicate(timeout=timeout)[0].splitlines()
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise LabError("systemd of lab host %s does not answer." % name, **self._consoles([name])) from None
            states[name] = {
                "state": out[0] if out else "unknown",
                "failed_units": [line.split()[0] for line in out[1:] if line.strip()],
                "leader": pid,
            }
        return states

    # -- down

    def down(self, check_mode=False):
        """Takes everything away. Returns the names of the hosts that there were, None where there was no lab."""
        require_root("Ending lab hosts")
        found = self.exists() or bool(self._strays())
        names = self.paths.known_hosts()
        if not found or check_mode:
            return names if found else None
        os.makedirs(self.paths.base, mode=0o755, exist_ok=True)
        with locked(self.paths.lock, self.busy):
            self._stop(self.paths.known_hosts(), everything=True)
            while os.path.ismount(self.paths.root):
                unmount(self.paths.root)
            if os.path.isdir(self.paths.root):
                shutil.rmtree(self.paths.root)
            for root in _cgroup_roots():
                _remove_empty(os.path.join(root, "virtnet-lab-" + self.name))
            for name in names:
                for kind in ("propagate", "unix-export"):
                    _remove_empty(os.path.join(NSPAWN_DIR, kind, machine(self.name, name)))
            for kind in ("propagate", "unix-export", "locks", ""):
                _remove_directory(os.path.join(NSPAWN_DIR, kind))
            os.unlink(self.paths.lock)
        _remove_directory(self.paths.base)
        return names

    def _strays(self):
        """systemd-nspawn processes of this lab, found without any file of ours: pid -> host."""
        found = {}
        prefix = os.fsencode(self.paths.hosts_dir) + b"/"
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open("/proc/%s/cmdline" % entry, "rb") as stream:
                        argv = stream.read().split(b"\0")
                except OSError:
                    continue
                # Also the few milliseconds before systemd-nspawn itself, when these are arguments of the shell that starts it
                for arg in argv:
                    if arg.startswith(b"--directory=" + prefix) and arg.endswith(b"/root"):
                        found[int(entry)] = os.fsdecode(arg[len(b"--directory=") + len(prefix) : -len(b"/root")])
        return found

    def _stop(self, names, everything=False):
        """Pulls the plug: process 1 of a PID namespace takes all others with it, and systemd-nspawn then tidies up."""
        deadline = time.monotonic() + STOP_SECONDS
        names = set(names)
        while True:
            # Looked at again after the kill: one that was just being started may have got past it
            strays = {pid: host for pid, host in self._strays().items() if everything or host in names}
            if not strays:
                break
            if time.monotonic() > deadline:
                raise LabError("These processes of the lab do not end: %s" % ", ".join(map(str, sorted(strays))))
            names.update(strays.values())
            for pid in strays:
                _kill(init_below(pid) or pid)
            for pid in _await_end(strays, time.monotonic() + TIDY_SECONDS):
                _kill(pid)
            _await_end(strays, deadline)
        spaces = [specs.FABRIC] if everything else []
        spaces += sorted(names)
        paths = [path for path in map(self.paths.netns, spaces) if os.path.lexists(path)]
        # A capture that somebody left running in a namespace would keep it alive
        within = _processes_within([os.stat(path).st_ino for path in paths if os.path.ismount(path)])
        for pid in within:
            _kill(pid)
        _await_end(within, time.monotonic() + STOP_SECONDS)
        if not everything:
            for name in names:
                self._unplug(name)
            for path in paths:
                while os.path.ismount(path):
                    unmount(path)
                os.unlink(path)
        for name in names:
            for root in _cgroup_roots():
                _remove_empty(os.path.join(root, "virtnet-lab-" + self.name, name))

    def _unplug(self, name):
        """The kernel frees a namespace some time after its last user; its cables must be gone before new ones are made."""
        fabric = self.paths.netns(specs.FABRIC)
        record = self._record(name)
        if record:
            links = {link["ifname"] for link in self._fabric_links()}
            ports = [specs.port_name(name, interface["name"]) for interface in record["host"]["interfaces"]]
            self._ip_batch(fabric, ["link delete dev " + port for port in ports if port in links])

    @staticmethod
    def _write(path, text):
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)

    def _make_group(self, root, name):
        group = os.path.join(root, "virtnet-lab-" + self.name, name)
        os.makedirs(group, exist_ok=True)
        return group


def _cgroup_mounts():
    """(mount point, type) of the hierarchies that processes are tracked in: cgroup2, and systemd's own of version 1."""
    with open("/proc/self/mountinfo", encoding="utf-8") as stream:
        for line in stream:
            before, dummy, after = line.partition(" - ")
            kind, dummy, options = after.split()[:3]
            if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
                yield before.split()[4], kind


def _cgroup_roots():
    """Where a group for each host is made, unless the controller's systemd does that."""
    return [] if os.path.isdir("/run/systemd/system") else [path for path, dummy in _cgroup_mounts()]


def _remove_empty(group):
    for path, _directories, _files in os.walk(group, topdown=False):
        _remove_directory(path)


def _remove_directory(path):
    """Only when nothing is in it: what is there is another lab's."""
    try:
        os.rmdir(path)
    except OSError:
        pass


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _await_end(pids, deadline):
    """Waits for processes that need not be children of this one; returns those that are still there."""
    left = set()
    for pid in pids:
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([pidfd], [], [], max(0, deadline - time.monotonic()))[0]:
                left.add(pid)
        finally:
            os.close(pidfd)
    return left


def _processes_within(inodes):
    found = []
    for entry in os.listdir("/proc") if inodes else []:
        if entry.isdigit():
            try:
                if os.stat("/proc/%s/ns/net" % entry).st_ino in inodes:
                    found.append(int(entry))
            except OSError:
                continue
    return found
