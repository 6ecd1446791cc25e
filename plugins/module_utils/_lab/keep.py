# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules for a Python that stays on a lab host (kept_python.py): the controller's side."""

from __future__ import annotations

import array
import contextlib
import fcntl
import hashlib
import os
import socket

from . import kept_python


class NotKept(Exception):
    """There is no such Python, and nothing was run."""


class KeptPython:
    """One for each command that starts a Python: whatever the command sets up for it holds for all that it runs."""

    def __init__(self, directory, command, start, seconds):
        """``start(program, descriptor)`` runs the command with this program as its input, and lets it have the descriptor."""
        self.directory, self.start, self.seconds = directory, start, seconds
        self.name = "python-" + hashlib.sha256(command.encode()).hexdigest()[:16]

    def run(self, program, timeout=None):
        """(exit code, stdout, stderr) of the program; raises NotKept or TimeoutError."""
        with contextlib.ExitStack() as stack:
            try:
                folder = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
            except OSError as exc:
                raise NotKept from exc
            stack.callback(os.close, folder)
            files = []
            for name in ("stdin", "stdout", "stderr"):
                files.append(os.memfd_create(name))
                stack.callback(os.close, files[-1])
            with open(files[0], "wb", closefd=False) as stream:
                stream.write(program)
            os.lseek(files[0], 0, os.SEEK_SET)
            connection = stack.enter_context(self._handed_over(folder, files, timeout))
            try:
                code = connection.recv(16)
            except TimeoutError:
                connection.sendall(b"k")
                raise
            if not code:
                raise ConnectionResetError("The Python on the lab host was ended while it ran the module.")
            return int(code), _content(files[1]), _content(files[2])

    def _handed_over(self, folder, files, timeout):
        """A connection to one that has begun with the program."""
        for start in (False, True):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(timeout)
            try:
                if start:
                    self._start(folder)
                # By the folder's descriptor, since a socket's path may have no more than 108 characters
                connection.connect("/proc/self/fd/%d/%s" % (folder, self.name))
                connection.sendmsg([b"run"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))])
                if connection.recv(len(kept_python.STARTED), socket.MSG_WAITALL) == kept_python.STARTED:
                    return connection
            except TimeoutError:  # it may still begin
                connection.close()
                raise
            except OSError:
                pass
            connection.close()
        raise NotKept

    def _start(self, folder):
        path = "/proc/self/fd/%d/%s" % (folder, self.name)
        lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                if not listener.connect_ex(path):
                    return  # another task was faster
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(path)
                listener.listen(64)
                with open(kept_python.__file__, encoding="utf-8") as stream:
                    program = "%s\n\nrun(%d, %r)\n" % (stream.read(), listener.fileno(), self.seconds)
                if self.start(program.encode(), listener.fileno()):
                    os.unlink(path)
        finally:
            os.close(lock)


def _content(file):
    os.lseek(file, 0, os.SEEK_SET)
    with open(file, "rb", closefd=False) as stream:
        return stream.read()
