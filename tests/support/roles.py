# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that ask several hosts, played where all the hosts' daemons are on this machine.

The inventory's hosts differ by their interpreter: each is a script that leads to the daemons of one of them.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tests.support.daemons import Ovn
from tests.support.modules import COLLECTIONS


class RolePlayer:
    """``central``, ``hv1``, ``hv2``, ... and a virtual machine ``web`` that is not there."""

    def __init__(self, cloud: Ovn, folder: pathlib.Path) -> None:
        self.folder = folder
        envs = {"central": cloud.env, **{f"hv{n}": host.env for n, host in enumerate(cloud.chassis, 1)}}
        self.hosts = {
            name: {"ansible_connection": "local", "ansible_python_interpreter": self._interpreter(name, env)}
            for name, env in envs.items()
        }

    def _interpreter(self, name: str, env: Mapping[str, str]) -> str:
        script = self.folder / f"{name}-python"
        exports = "".join(
            f"export {key}='{value}'\n" for key, value in env.items() if key.startswith(("OVS_", "OVN_", "PATH"))
        )
        script.write_text(f'#!/bin/sh\n{exports}exec {sys.executable} "$@"\n')
        script.chmod(0o755)
        return str(script)

    def play(
        self, role: str, fact: str, knows: Iterable[str] = ("hv1", "hv2"), fails: str | None = None, **variables: Any
    ) -> Any:
        """The fact that the role leaves. ``knows`` are the chassis of the inventory, ``fails`` what it has to complain about."""
        book = [
            {
                "hosts": "ovn_central",
                "gather_facts": False,
                "roles": [{"role": "virtnet.ovn." + role, "vars": variables}],
            }
        ]
        return self._play(book, fact, knows, fails)

    def playbook(self, name: str, fact: str, **variables: Any) -> Any:
        """The fact that a playbook of the collection leaves, with variables as they are given on the command line."""
        return self._play([{"import_playbook": "virtnet.ovn." + name}], fact, extra=variables)

    def _play(
        self,
        book: list[dict[str, Any]],
        fact: str,
        knows: Iterable[str] = ("hv1", "hv2"),
        fails: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Any:
        inventory = {
            "ovn_central": {"hosts": {"central": self.hosts["central"]}},
            "ovn_chassis": {"hosts": {name: self.hosts[name] for name in knows}},
            "vms": {"hosts": {"web": {"ansible_netns": "web", "ansible_host": "hv1"}}},
        }
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(inventory))
        keep = {
            "content": "{{ %s | to_json }}" % fact,
            "dest": str(self.folder / "result.json"),
            "mode": "0600",
        }
        keeper = {
            "hosts": "ovn_central",
            "gather_facts": False,
            "tasks": [{"name": "Keep", "ansible.builtin.copy": keep}],
        }
        (self.folder / "play.yml").write_text(yaml.safe_dump([*book, keeper], sort_keys=False))
        words = [word for name, value in (extra or {}).items() for word in ("-e", f"{name}={value}")]
        done = subprocess.run(
            [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml", *words],
            cwd=self.folder, capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "NO_COLOR": "1", "ANSIBLE_HOME": str(self.folder)},
        )  # fmt: skip
        if fails:
            assert done.returncode and fails in done.stdout, done.stdout
            return None
        assert not done.returncode, done.stdout + done.stderr
        # The file that keeps the fact is the only change
        assert "changed=0" in done.stdout.replace("changed=1 ", "changed=0 ", 1), done.stdout
        return json.loads((self.folder / "result.json").read_text())
