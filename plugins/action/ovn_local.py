# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of this collection in a fork of Ansible itself, where it would run as the same user with the same Python anyway.

To pack a module, start a Python, and have it compile what was packed takes longer than most modules of OVN's objects work. What the
module gets and gives, and how it ends, is as ever. Where anything is special (another host, ``become``, ``environment``, ``async``,
another Python, an ansible-core before 2.19, files that are to be kept), it is packed and sent as any module.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from types import SimpleNamespace

from ansible import constants
from ansible.module_utils import basic
from ansible.plugins.action.normal import ActionModule as NormalAction

try:
    from ansible.module_utils import _internal
    from ansible.module_utils.common.json import Direction, get_module_encoder
except ImportError:  # before ansible-core 2.19
    _internal = None

PACKAGE = "ansible_collections.virtnet.ovn.plugins.modules."
# Once, before Ansible forks for its tasks: each would import it for itself
importlib.import_module("ansible_collections.virtnet.ovn.plugins.module_utils._engine.topology")
PROFILE = "legacy"  # of how options and results are written: that of all modules which name none


class ActionModule(NormalAction):
    _here = False

    def _execute_module(self, *args, task_vars=None, wrap_async=False, **kwargs):
        self._here = not wrap_async and self._is_here(task_vars or {})
        return super()._execute_module(*args, task_vars=task_vars, wrap_async=wrap_async, **kwargs)

    def _is_here(self, task_vars):
        """Whether the module would run as this user on this machine with this Python, and nothing else was asked for."""
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        return bool(
            getattr(_internal, "is_controller", False)
            and hasattr(basic, "_ANSIBLE_PROFILE")
            and self._connection.transport in ("local", "ansible.builtin.local")
            and not self._connection.become
            and not self._task.async_val
            and not constants.DEFAULT_KEEP_REMOTE_FILES
            and not any(self._task.environment or ())
            and _is_this_python(self._templar.template(task_vars.get("ansible_python_interpreter")))
        )

    def _is_pipelining_enabled(self, module_style, wrap_async=False):
        return self._here or super()._is_pipelining_enabled(module_style, wrap_async)

    def _configure_module(self, module_name, module_args, task_vars):
        if not self._here:
            return super()._configure_module(module_name, module_args, task_vars)
        name = PACKAGE + module_name.rpartition(".")[2]
        encoder = get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
        options = json.dumps({"ANSIBLE_MODULE_ARGS": module_args}, cls=encoder)
        bits = SimpleNamespace(
            module_style="new",
            shebang="#!" + sys.executable,
            b_module_data=Program(name, options.encode()),
            serialization_profile=PROFILE,
        )
        return bits, importlib.util.find_spec(name).origin

    def _low_level_execute_command(self, cmd, *args, in_data=None, **kwargs):
        if isinstance(in_data, Program):
            return in_data.run()
        return super()._low_level_execute_command(cmd, *args, in_data=in_data, **kwargs)


def _is_this_python(path):
    """Whether a Python is the one that runs Ansible: an environment has several names for its own."""
    return (
        isinstance(path, str)
        and os.path.dirname(path) == os.path.dirname(sys.executable)
        and os.path.realpath(path) == os.path.realpath(sys.executable)
    )


class Program:
    """A module with its options, in place of the packed one."""

    def __init__(self, name, options):
        self.name, self.options = name, options

    def run(self):
        """What a command of the connection would return."""
        files = [os.memfd_create(name) for name in ("stdout", "stderr")]
        pid = os.fork()
        if not pid:
            self._become(files)
        try:
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except BaseException:  # the task's timeout, or Ctrl-C
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        texts = []
        for file in files:
            with open(file, "rb") as stream:
                stream.seek(0)
                texts.append(stream.read().decode(errors="surrogateescape"))
        stdout, stderr = texts
        return {"rc": code, "stdout": stdout, "stdout_lines": stdout.splitlines(), "stderr": stderr, "stderr_lines": []}

    def _become(self, files):
        """The fork: like a process that was started for the module."""
        code = 1
        try:
            for target, file in enumerate([os.open(os.devnull, os.O_RDONLY), *files]):
                os.dup2(file, target)
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")
            _internal.is_controller = False  # or warnings would be shown by the fork, and never reach Ansible
            basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = self.options, PROFILE
            importlib.import_module(self.name).main()
        except SystemExit as exc:
            code = exc.code or 0
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
