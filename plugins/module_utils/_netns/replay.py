# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host does again by itself when it boots, or when Open vSwitch starts anew: the kernel has then forgotten what a module made.

Open vSwitch keeps its rows. For the rest there is a unit for each kind of thing (``vms``, ``uplinks``), with a file of what is declared, and the
very code of the module that made it in an archive that Python runs. Nothing but the host's Python is needed.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile

from .errors import NetnsError

DIRECTORY = "/var/lib/virtnet-ovn"
UNITS = "/etc/systemd/system"
#: With whose start everything is made again
STARTER = "ovs-vswitchd.service"
#: The distributions' units of all of Open vSwitch. A reload of these starts the other one anew and tells nobody.
WHOLE = "openvswitch-switch.service openvswitch.service"
_OURS = __name__.partition(".plugins.")[0] + "."

_UNIT = """\
# Written by virtnet.ovn.{module}
[Unit]
Description={what}
After={starter} {whole} network-online.target
Wants=network-online.target
Before=ovn-controller.service
PartOf={starter}
ReloadPropagatedFrom={starter} {whole}
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={python} {archive} {declared}
ExecReload={python} {archive} {declared}
Restart=on-failure
RestartSec=5
TimeoutStartSec=300

[Install]
WantedBy={starter}
"""
# Where systemd starts a killed one anew by RestartMode=direct, as on Debian sid, no other unit hears of it. At boot this does nothing, for the unit does
# not run yet, and at a reload nothing more than that does.
_STARTED = """\
# Written by virtnet.ovn.{module}
[Service]
ExecStartPost=-systemctl --no-block try-reload-or-restart {unit}
"""


class Replay:
    """The declarations of one kind.

    :param main: the module with the function ``replay``, which takes what is declared
    :param module: whose work it is, for people
    """

    def __init__(self, kind, main, module, what, directory=DIRECTORY, units=UNITS):
        self.main = main
        self.unit = "virtnet-ovn-%s.service" % kind
        self.declared = os.path.join(directory, kind + ".json")
        self.archive = os.path.join(directory, kind + ".pyz")
        self.units = units
        self.text = _UNIT.format(
            module=module,
            what=what,
            starter=STARTER,
            whole=WHOLE,
            python=sys.executable,
            archive=self.archive,
            declared=self.declared,
        )
        self.started = os.path.join(units, STARTER + ".d", "virtnet-ovn-%s.conf" % kind)
        self.started_text = _STARTED.format(module=module, unit=self.unit)
        self.entries = json.loads(_read(self.declared) or b"{}")

    def settle(self, wanted, check_mode=False):
        """Declares ``wanted``, {name: what it is, or None to be no more}; others stay. Returns whether anything changed."""
        if not any(entry is not None or name in self.entries for name, entry in wanted.items()):
            return False
        entries = {**self.entries, **wanted}
        entries = {name: entry for name, entry in entries.items() if entry is not None}
        if not entries:
            return self._remove(check_mode)
        unit, link = os.path.join(self.units, self.unit), os.path.join(self.units, STARTER + ".wants", self.unit)
        changed = False
        files = {
            self.declared: json.dumps(entries, indent=2, sort_keys=True).encode() + b"\n",
            self.archive: archive(self.main),
            unit: self.text.encode(),
            self.started: self.started_text.encode(),
        }
        for path, content in files.items():
            if _read(path) != content:
                changed = True
                if not check_mode:
                    _write(path, content)
        if changed or not os.path.islink(link):
            changed = True
            if not check_mode:
                _systemctl("daemon-reload")
                _systemctl("enable", "--now", self.unit)
        self.entries = entries
        return changed

    def _remove(self, check_mode):
        unit = os.path.join(self.units, self.unit)
        found = [path for path in (unit, self.started, self.archive, self.declared) if os.path.exists(path)]
        if found and not check_mode:
            if unit in found:
                _systemctl("disable", "--now", self.unit)
            for path in found:
                os.unlink(path)
            with contextlib.suppress(OSError):  # somebody else has files there
                os.rmdir(os.path.dirname(self.started))
            _systemctl("daemon-reload")
        return bool(found)


def problems(wants):
    """What keeps a host from making things again by itself: (path, message)."""
    for want in wants:
        if want["persistent"] and not os.path.isdir("/run/systemd/system"):
            yield want["path"] + "persistent", "needs systemd, which does not run on this host"


class Task:
    """What of Ansible's module the work needs, where nobody but the journal listens."""

    check_mode = False

    def __init__(self, params):
        self.params = params

    def warn(self, text):
        sys.stderr.write("%s\n" % text)

    def fail_json(self, msg, **_more):
        raise SystemExit(msg)

    def exit_json(self, **_result):
        raise SystemExit(0)


def _systemctl(*arguments):
    done = subprocess.run(
        ["systemctl", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        raise NetnsError("systemctl %s: %s" % (" ".join(arguments), " ".join(done.stdout.split())), "persistent")


def _read(path):
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _write(path, content):
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path + ".new", "wb") as stream:
        stream.write(content)
    os.chmod(path + ".new", 0o644)
    os.replace(path + ".new", path)


# -- the code ---------------------------------------------------------------------------------------------------------


def archive(main):
    """An archive for Python to run: ``main`` and all of the collection that it imports. The same code makes the same archive."""
    found = sources(main)
    packages = {name.rpartition(".")[0] for name in found}
    while packages:
        for name in packages:
            found.setdefault(name, ("", True))
        packages = {name.rpartition(".")[0] for name in packages} - {""}
    files = {
        name.replace(".", "/") + ("/__init__.py" if package else ".py"): text for name, (text, package) in found.items()
    }
    files["__main__.py"] = (
        "import json, sys\nfrom %s import replay\n\nwith open(sys.argv[1]) as stream:\n    declared = json.load(stream)\nreplay(declared)\n"
        % main
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for path in sorted(files):
            zipped.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), files[path])
    return buffer.getvalue()


def sources(main):
    """{name: (source, whether it is a package)} of a module and what it imports, now or later, of this collection."""
    found: dict[str, tuple] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop()
        spec = importlib.util.find_spec(name) if name.startswith(_OURS) and name not in found else None
        if spec is None or spec.loader is None or not hasattr(spec.loader, "get_source"):
            continue
        text, package = spec.loader.get_source(name) or "", spec.submodule_search_locations is not None
        found[name] = text, package
        home = name if package else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                base = importlib.util.resolve_name("." * node.level + (node.module or ""), home)
                waiting.append(base)
                spec = importlib.util.find_spec(base) if base.startswith(_OURS) else None
                if spec is not None and spec.submodule_search_locations is not None:
                    waiting += ["%s.%s" % (base, alias.name) for alias in node.names]
    return found
