# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A probe that goes on after the task: a process of its own, that writes each sample to a file.

The file is locked while the process lives. So whether it runs is never guessed from a process number that may be another's by now.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time

from .client import Prober
from .stats import Sample


class BackgroundError(Exception):
    pass


def default_directory():
    if os.geteuid() == 0:
        return "/run/virtnet/http_probe"
    base = os.environ.get("XDG_RUNTIME_DIR") or os.path.expanduser("~/.cache")
    return os.path.join(base, "virtnet", "http_probe")


class Background:
    """The probe ``name`` of this network namespace (several share the host's files)."""

    def __init__(self, name, directory=None):
        self.directory = directory or default_directory()
        self.path = os.path.join(self.directory, "%s-%d.jsonl" % (name, os.stat("/proc/self/ns/net").st_ino))

    @contextlib.contextmanager
    def _open(self, create=False):
        """The file, or None where there is none."""
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_APPEND | (os.O_CREAT if create else 0)
        try:
            if create:
                os.makedirs(self.directory, mode=0o700, exist_ok=True)
            descriptor = os.open(self.path, flags, 0o600)
        except FileNotFoundError:
            yield None
            return
        except OSError as exc:
            raise BackgroundError("%s: %s" % (exc.filename or self.path, exc.strerror)) from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @staticmethod
    def _lock(descriptor):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def read(self):
        """(head, samples) of the file, as far as it is written."""
        head, samples = None, []
        try:
            with open(self.path, encoding="utf-8") as lines:
                for line in lines:
                    try:
                        record = json.loads(line)
                    except ValueError:
                        break  # the process was killed in the middle of it
                    if head is None:
                        head = record
                    else:
                        samples.append(Sample(*record))
        except FileNotFoundError:
            pass
        return head, samples

    def running(self):
        """The head of the file of the process that runs, or None."""
        with self._open() as descriptor:
            if descriptor is None or self._lock(descriptor):
                return None
        # It holds the lock before it writes the head
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            head = self.read()[0]
            if head:
                return head
            time.sleep(0.01)
        raise BackgroundError("%s is locked, and nobody says by whom" % self.path)

    def start(self, target, options, duration):
        """Starts the process; it runs once this returns."""
        with self._open(create=True) as descriptor:
            if not self._lock(descriptor):
                raise BackgroundError("another task has just started it")
            os.ftruncate(descriptor, 0)
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(reading)
                _daemon(descriptor, writing, target, options, duration)
            os.close(writing)
            with open(reading, "rb") as pipe:
                told = pipe.read()
            os.waitpid(child, 0)
        if told != b"runs":
            raise BackgroundError("the process did not start: %s" % (told.decode("utf-8", "replace") or "it ended"))

    def stop(self, patience):
        """Ends the process, which finishes the requests that are under way."""
        head = self.running()
        if head is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(head["pid"], signal.SIGTERM)
        with self._open() as descriptor:
            deadline = time.monotonic() + patience
            while not self._lock(descriptor):
                if time.monotonic() > deadline:
                    raise BackgroundError("process %d did not end within %g s" % (head["pid"], patience))
                time.sleep(0.01)


def _daemon(descriptor, pipe, target, options, duration):
    """In the child: leaves the task's session, and probes until it is told to stop. Never returns."""
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        for other in map(int, os.listdir("/proc/self/fd")):
            if other > 2 and other not in (descriptor, pipe):
                with contextlib.suppress(OSError):
                    os.close(other)

        def write(record):
            os.write(descriptor, json.dumps(record, separators=(",", ":")).encode() + b"\n")

        prober = Prober(
            target, write, timeout=options["timeout"], interval=options["interval"], concurrency=options["concurrency"]
        )
        signal.signal(signal.SIGTERM, lambda number, frame: prober.stop.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        write({"pid": os.getpid(), "options": options})
        os.write(pipe, b"runs")
        os.close(pipe)
    except BaseException as exc:  # the child must never go on as the module
        with contextlib.suppress(OSError):
            os.write(pipe, str(exc).encode())
        os._exit(1)
    try:
        prober.run(duration=duration)
    finally:
        os._exit(0)
