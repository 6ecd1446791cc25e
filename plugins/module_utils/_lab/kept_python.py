# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python that stays on a lab host, so that the next module need not start one: the program that it runs.

Most of what a short module costs is Python's start, and the compilation and import of what ansible-core sends along with every
module. This process has done that once, and forks for each module that it is handed. What a fork takes over is no more than what
the module would have read for itself:

- the code of a file in the module's archive, where an earlier archive had a file of the same content;
- the modules that come with ``ansible.module_utils.basic``, where the archive has all of them with the same content;
- modules of the standard library.

Once Python, a directory of its packages or the network namespace has changed, this process serves no more and ends; it also ends when nobody needed it
for a while, and with the host.

The text of this file is sent to the host's Python, followed by a call of ``serve``: nothing but the standard library, in the oldest
Python that a host may have. The other side is keep.py.
"""

from __future__ import annotations

import _imp
import atexit
import gc
import hashlib
import importlib.util
import marshal
import os
import pkgutil
import selectors
import signal
import socket
import sys
import types
import zipimport

# What every module of ansible-core's kind begins with
BASE = "ansible.module_utils.basic"
STARTED = b"started"


def name_of(path):
    """``ansible/module_utils/__init__.py`` -> ``ansible.module_utils``"""
    return path[: -len(".py")].replace("/", ".").replace(".__init__", "")


def digest(source):
    return hashlib.sha256(source).digest()


class Kept:
    """What is kept for the next module."""

    def __init__(self):
        self.codes = {}  # digest of a source -> code
        self.found = {}  # path in the last archives -> digest
        self.base = {}  # path -> module
        self.where = ""  # where these modules lay, and so what they say of themselves

    def learn(self, where, codes, standard):
        """Takes in what a module compiled and imported. Returns whether all that is kept is still what archives have."""
        if any(path in self.base and key != self.found[path] for path, key, dummy in codes):
            return False
        if not codes and not standard:
            return True
        for path, key, code in codes:
            self.codes[key] = code
            self.found[path] = key
        for name in standard:
            if name not in sys.modules:
                try:
                    importlib.import_module(name)
                except Exception:  # the module that asked for it will be told
                    pass
        if not self.base and where:
            self.where = where
            self._import_base()
        gc.collect()
        gc.freeze()  # forks leave these pages as they are
        return True

    def _import_base(self):
        before = set(sys.modules)
        sys.meta_path.insert(0, self)
        try:
            importlib.import_module(BASE)
        except Exception:  # without, every module imports its own
            pass
        else:
            self.base = {path: sys.modules[name_of(path)] for path in self.found if name_of(path) in sys.modules}
        finally:
            sys.meta_path.remove(self)
            for name in set(sys.modules) - before:
                if name.partition(".")[0] == "ansible":
                    del sys.modules[name]

    # -- a finder and loader, while the base is imported

    def find_spec(self, name, path=None, target=None):
        for ending in ("/__init__.py", ".py"):
            file = name.replace(".", "/") + ending
            if file in self.found:
                package: list[str] | None = [] if file.endswith("/__init__.py") else None
                return importlib.util.spec_from_file_location(
                    name,
                    self.where + file,
                    loader=self,  # type: ignore[arg-type]
                    submodule_search_locations=package,
                )
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.codes[self.found[module.__spec__.origin[len(self.where) :]]], module.__dict__)


class Taken:
    """In the fork for one module: gives what is kept, and writes down what is new."""

    def __init__(self, kept, report):
        self.kept, self.report = kept, report
        self.where, self.codes, self.before = "", [], set(sys.modules)
        # zipimport's own way to find code that was compiled before needs an archive with that code in it
        self.compile = zipimport._compile_source  # type: ignore[attr-defined]
        zipimport._compile_source = self.code  # type: ignore[attr-defined]
        sys.meta_path.insert(0, self)
        atexit.register(self.tell)

    def code(self, pathname, source):
        """In place of the compilation of a file in an archive."""
        archive, found, path = pathname.partition(".zip/")
        if not found:
            return self.compile(pathname, source)
        self.where = self.where or archive + found
        # As the base's modules name their place, so that what looks at the stack sees one place
        pathname = (self.kept.where if self.kept.base else archive + found) + path
        key = digest(source)
        code = self.kept.codes.get(key)
        if code is None:
            code = self.compile(pathname, source)
            self.codes.append((path, key, code))
        else:
            _imp._fix_co_filename(code, pathname)  # type: ignore[attr-defined]
        return code

    def find_spec(self, name, path=None, target=None):
        """Asked for the first module of an archive: gives it all modules of the base, if it has the same ones."""
        if name != "ansible":
            return None
        sys.meta_path.remove(self)
        archive = pkgutil.get_importer(sys.path[0])
        base = self.kept.base
        if not base or not isinstance(archive, zipimport.zipimporter) or not self.same(archive):
            self.kept.base = {}
            return None
        for file, module in base.items():
            self.place(module, file)
            sys.modules[module.__name__] = module
        root = sys.modules.pop("ansible")
        return importlib.util.spec_from_loader("ansible", Ready(root), is_package=True)  # type: ignore[arg-type]

    def same(self, archive):
        try:
            return all(digest(archive.get_data(file)) == self.kept.found[file] for file in self.kept.base)
        except OSError:
            return False

    def place(self, module, file):
        """Has a module of the base be one of this archive."""
        module.__file__ = os.path.join(sys.path[0], file)
        folder = os.path.dirname(module.__file__)
        package = [folder] if os.path.basename(file) == "__init__.py" else None
        module.__loader__ = pkgutil.get_importer(os.path.dirname(folder) if package else folder)
        module.__spec__ = importlib.util.spec_from_file_location(
            module.__name__, module.__file__, loader=module.__loader__, submodule_search_locations=package
        )
        if package:
            module.__path__ = package

    def tell(self):
        try:
            standard = [
                name
                for name in set(sys.modules) - self.before
                if name.partition(".")[0] in getattr(sys, "stdlib_module_names", ())
            ]
            with open(self.report, "wb") as stream:
                marshal.dump((self.where, self.codes, standard), stream)
        except Exception:  # it is for the next module only
            pass


class Ready:
    """A loader of what is loaded."""

    def __init__(self, module):
        self.module, self.attributes = module, dict(vars(module))

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        vars(module).update(self.attributes)


class Namespace:
    """The network namespace that this process was put into, if it has a name: only forks stay there, so that it can be removed."""

    DIRECTORY = "/run/netns"

    def __init__(self):
        mine, self.path = os.stat("/proc/self/ns/net"), None
        for name in os.listdir(self.DIRECTORY) if os.path.isdir(self.DIRECTORY) else ():
            if os.path.samestat(os.stat(os.path.join(self.DIRECTORY, name)), mine):
                self.path = os.path.join(self.DIRECTORY, name)
                self.enter("/proc/1/ns/net")

    def enter(self, path):
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        with open(path, "rb") as stream:
            if libc.setns(stream.fileno(), 0x40000000):  # CLONE_NEWNET
                raise OSError(ctypes.get_errno(), "setns", path)


def stamp(*more):
    """Changes when Python, or a package of it, does."""
    seen: list[tuple] = []
    for path in (sys.executable, *sys.path, *more):
        try:
            status = os.stat(path)
            seen.append((path, status.st_dev, status.st_ino, status.st_mtime_ns))
        except OSError:
            seen.append((path,))
    return seen


class Server:
    """Forks for each program that comes over the listener, and says how it ended."""

    def __init__(self, listener, seconds, namespace):
        self.listener, self.seconds, self.namespace = listener, seconds, namespace
        self.watched = [namespace.path] if namespace.path else []
        self.kept, self.stamp = Kept(), stamp(*self.watched)
        self.running = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, self.came)

    def serve(self):
        """Returns in each fork, with the program to run. This process itself ends when nobody came for so many seconds."""
        while self.listener or self.running:
            ready = self.selector.select(None if self.running else self.seconds)
            if not ready:
                break
            for key, _events in ready:
                program = key.data()
                if program is not None:
                    return program
        os._exit(0)

    def retire(self):
        """Serves no more. Who comes now starts another one."""
        if self.listener:
            self.selector.unregister(self.listener)
            self.listener.close()
            self.listener = None

    def came(self):
        connection = self.listener.accept()[0]
        if stamp(*self.watched) != self.stamp:
            self.retire()
            return None
        files = []
        try:
            files = socket.recv_fds(connection, 16, 3)[1]
            if len(files) != 3:
                raise OSError("not a program and two files for what it says")
            connection.sendall(STARTED)
        except OSError:
            for file in files:
                os.close(file)
            connection.close()
            return None
        report = os.memfd_create("report")
        pid = os.fork()
        if not pid:
            return self.fork(files, report, connection)
        for file in files:
            os.close(file)
        self.running += 1
        process = os.pidfd_open(pid)
        self.selector.register(process, selectors.EVENT_READ, lambda: self.ended(pid, process, connection, report))
        self.selector.register(connection, selectors.EVENT_READ, lambda: self.asked(pid, connection))
        return None

    def asked(self, pid, connection):
        """The other side has gone away, or wants the program to be ended."""
        if connection.fileno() < 0:
            return
        self.selector.unregister(connection)
        if connection.recv(1):
            os.killpg(pid, signal.SIGKILL)

    def ended(self, pid, process, connection, report):
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.running -= 1
        self.selector.unregister(process)
        os.close(process)
        if connection in self.selector.get_map():
            self.selector.unregister(connection)
        try:
            connection.sendall(b"%d" % (code if code >= 0 else 128 - code))  # as a shell says it
        except OSError:
            pass
        connection.close()
        with open(report, "rb") as stream:
            stream.seek(0)
            try:
                news = marshal.load(stream)
            except (EOFError, ValueError, TypeError):
                return
        if not self.kept.learn(*news):
            self.retire()

    def fork(self, files, report, connection):
        os.setsid()
        for descriptor, file in enumerate(files):
            os.dup2(file, descriptor)
            os.close(file)
        self.selector.close()
        self.listener.close()
        connection.close()
        with open(0, "rb", closefd=False) as stream:
            program = stream.read()
        importlib.invalidate_caches()
        if self.namespace.path:
            self.namespace.enter(self.namespace.path)
        Taken(self.kept, report)
        return program


def run(listener, seconds):
    """What a host's Python is to do with this file."""
    # An old kernel may have no such descriptors, a new Python no such function: better found out now
    os.close(os.pidfd_open(os.getpid()))
    zipimport._compile_source  # type: ignore[attr-defined] # noqa: B018
    namespace = Namespace()
    if os.fork():
        os._exit(0)  # so that the command that this was started by ends
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.close(null)
    # As for any program from the standard input, the first folder is the current one: nothing for this process
    current = sys.path.pop(0)
    program = Server(socket.socket(fileno=listener), seconds, namespace).serve()
    sys.path.insert(0, current)
    main = types.ModuleType("__main__")
    vars(main).update((name, value) for name, value in globals().items() if name.startswith("__"))
    sys.modules["__main__"] = main
    exec(compile(program, "<stdin>", "exec"), main.__dict__)
