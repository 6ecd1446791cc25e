# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: nspawn
short_description: Enter a systemd-nspawn container on the controller
version_added: 0.1.0
author: The virtnet.ovn maintainers (@virtnet)
description:
  - Runs commands in a systemd-nspawn container on the controller by entering the namespaces of its first process, and
    copies files in and out. It needs no SSH and no daemon in the container.
  - Made for the hosts of M(virtnet.ovn.nspawn_hosts); a container that systemd-machined knows by the same name is entered too.
requirements:
  - nsenter (util-linux) on the controller
  - the controller runs as root
notes:
  - The commands run as root in the container; use a become plugin to become someone else.
options:
  machine:
    description: The host's name in its lab.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
      - name: ansible_nspawn_machine
  run_dir:
    description:
      - The directory of the running lab, which holds what M(virtnet.ovn.nspawn_hosts) keeps for the lab of that name.
    type: path
    default: /run/virtnet-lab/lab
    env:
      - name: ANSIBLE_NSPAWN_RUN_DIR
    ini:
      - section: nspawn_connection
        key: run_dir
    vars:
      - name: ansible_nspawn_run_dir
  timeout:
    description: For how many seconds a host that is just starting, or starting again, is waited for.
    type: float
    default: 2
    env:
      - name: ANSIBLE_NSPAWN_TIMEOUT
    ini:
      - section: nspawn_connection
        key: timeout
    vars:
      - name: ansible_nspawn_timeout
  command_timeout:
    description:
      - After how many seconds a command is ended and the host reported as unreachable.
      - V(0) waits without end.
    type: float
    default: 0
    env:
      - name: ANSIBLE_NSPAWN_COMMAND_TIMEOUT
    ini:
      - section: nspawn_connection
        key: command_timeout
    vars:
      - name: ansible_nspawn_command_timeout
  pipelining:
    description: Whether modules are fed to Python's standard input, which is fastest, rather than copied first.
    type: bool
    default: true
    env:
      - name: ANSIBLE_NSPAWN_PIPELINING
    ini:
      - section: nspawn_connection
        key: pipelining
    vars:
      - name: ansible_pipelining
      - name: ansible_nspawn_pipelining
  keep_python:
    description:
      - For how many seconds a Python stays on the host after it was last needed. A module that finds one starts at once.
      - It serves modules that are fed to Python's standard input (O(pipelining)) as root and with no C(environment) of their own,
        on the host or, with P(virtnet.ovn.netns#become), in one of its network namespaces.
        For all others a Python is started.
      - V(0) starts a Python for every module.
    type: float
    default: 60
    env:
      - name: ANSIBLE_NSPAWN_KEEP_PYTHON
    ini:
      - section: nspawn_connection
        key: keep_python
    vars:
      - name: ansible_nspawn_keep_python
"""

import gc
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import time

from ansible.errors import AnsibleConnectionFailure, AnsibleFileNotFound
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.keep import KeptPython, NotKept
from ansible_collections.virtnet.ovn.plugins.module_utils._lab.paths import entering, leader, machined_leader

display = Display()

POLL = 0.05
# What every module for Python has that ansible-core packs
MODULE = b"_ANSIBALLZ_WRAPPER = True"
# Commands that are Python and nothing else, on the host or in a network namespace of it: no other user, no environment
PLAIN = re.compile(
    r"/bin/sh -c '(?:if .* ip netns exec \S+ /bin/sh -c \S+echo BECOME-SUCCESS-[a-z]+ ; )?[\w./-]+['\"]* && sleep 0'"
)
# What systemd gives to its services, whatever the controller's own environment is
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/sh",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}


class Connection(ConnectionBase):
    """Enters a container with nsenter."""

    transport = "virtnet.ovn.nspawn"
    has_pipelining = True
    has_tty = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A task's process is short: looking for rubbish takes it almost half of the time in which it packs a module
        if multiprocessing.parent_process() and gc.get_threshold()[0]:
            gc.set_threshold(100000)

    def _connect(self):
        if os.geteuid() != 0:
            raise AnsibleConnectionFailure(
                "Entering a lab host needs root on the controller: run this as root (or by sudo), or reach the hosts by SSH."
            )
        self._nsenter = shutil.which("nsenter") or shutil.which("nsenter", path="/usr/sbin:/usr/bin:/sbin:/bin")
        if not self._nsenter:
            raise AnsibleConnectionFailure("There is no nsenter on the controller: install util-linux.")
        self._connected = True
        return self

    def _leader(self):
        """Looked up for every command (it costs 0.1 ms), because a host that restarts has another one."""
        name, run_dir = self.get_option("machine"), self.get_option("run_dir")
        deadline = time.monotonic() + self.get_option("timeout")
        while True:
            pid = leader(run_dir, name) or machined_leader(name)
            if pid:
                return pid
            if not os.path.isdir(os.path.join(run_dir, "hosts", name)) or time.monotonic() > deadline:
                raise AnsibleConnectionFailure(
                    "The lab host %r is not running (looked in %s). Start it with `make lab` or "
                    "`ansible-playbook virtnet.ovn.lab_up`; both also start a host that has died." % (name, run_dir)
                )
            time.sleep(POLL)

    def _argv(self, *command):
        # The container's root is / of its mount namespace; a command starts in root's home, as over SSH
        return entering(self._nsenter, self._leader(), *command)

    def _run(self, argv, in_data=None, **kwargs):
        timeout = self.get_option("command_timeout") or None
        kwargs.setdefault("stdin", subprocess.DEVNULL if in_data is None else subprocess.PIPE)
        kwargs.setdefault("stdout", subprocess.PIPE)
        with subprocess.Popen(
            argv, stderr=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True, **kwargs
        ) as process:
            try:
                stdout, stderr = process.communicate(in_data, timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise self._timed_out(timeout) from None
        return process.returncode, stdout or b"", stderr

    def _timed_out(self, timeout):
        return AnsibleConnectionFailure(
            "The command on lab host %r did not end within %g s (ansible_nspawn_command_timeout)."
            % (self.get_option("machine"), timeout)
        )

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        display.vvv("EXEC %s" % to_text(cmd), host=self.get_option("machine"))
        if in_data and MODULE in in_data and PLAIN.fullmatch(to_text(cmd)) and self.get_option("keep_python") > 0:
            try:
                return self._run_by_kept_python(to_text(cmd), in_data)
            except NotKept:
                display.vvv("No Python is kept for this", host=self.get_option("machine"))
        return self._run(self._argv("/bin/sh", "-c", "cd; " + to_text(cmd)), in_data)

    def _run_by_kept_python(self, cmd, in_data):
        def start(program, descriptor):
            return self._run(self._argv("/bin/sh", "-c", "cd; " + cmd), program, pass_fds=[descriptor])[0]

        directory = os.path.join(self.get_option("run_dir"), "hosts", self.get_option("machine"))
        timeout = self.get_option("command_timeout") or None
        try:
            same = re.sub(r"BECOME-SUCCESS-[a-z]+", "", cmd)
            return KeptPython(directory, same, start, self.get_option("keep_python")).run(in_data, timeout)
        except ConnectionResetError as exc:
            raise AnsibleConnectionFailure(str(exc)) from None
        except TimeoutError:
            raise self._timed_out(timeout) from None

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        display.vvv("PUT %s TO %s" % (in_path, out_path), host=self.get_option("machine"))
        if not os.path.exists(to_bytes(in_path)):
            raise AnsibleFileNotFound("There is no file %r to copy to the lab host." % in_path)
        with open(to_bytes(in_path), "rb") as source:
            argv = self._argv("/bin/sh", "-c", 'cat > "$1"', "put_file", out_path)
            self._done(self._run(argv, stdin=source), "write", out_path)

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        display.vvv("FETCH %s TO %s" % (in_path, out_path), host=self.get_option("machine"))
        with open(to_bytes(out_path), "wb") as target:
            argv = self._argv("/bin/cat", "--", in_path)
            self._done(self._run(argv, stdout=target), "read", in_path)

    def _done(self, result, verb, path):
        code, dummy, stderr = result
        if code:
            raise AnsibleConnectionFailure(
                "Cannot %s %s on lab host %r: %s" % (verb, path, self.get_option("machine"), to_text(stderr).strip())
            )

    def close(self):
        self._connected = False
