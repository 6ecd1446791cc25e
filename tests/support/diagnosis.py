# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ovn_diagnose in the lab: from two names to what it found, and the facts that it judged.

OVN_RECORD_FACTS names a directory in which the facts of each diagnosis are kept, for the tests without a lab.
"""

from __future__ import annotations

import json
import os
import pathlib

import yaml

_KEEP = {
    "name": "Keep",
    "ansible.builtin.copy": {
        "content": "{{ {'result': ovn_diagnose_result, 'facts': ovn_diagnose_facts} | to_json }}", "dest": None, "mode": "0600",
    },
    "delegate_to": "localhost",
    "vars": {"ansible_connection": "local"},
}  # fmt: skip


def told(lab, commands):
    """Tells each host its command, and each must succeed."""
    for host, command in commands:
        lab[host].check_output(command.replace("%", "%%"))


def _shorten(trace):
    """Of a trace, what the diagnosis looks at."""
    if trace:
        steps = [step for step in trace["steps"][:-1] if (step["southbound"] or {}).get("table") == "MAC_Binding"]
        trace.update(steps=steps + trace["steps"][-1:], events=[], path=None)
        _shorten(trace.get("answer"))


class Diagnosis:
    """Plays the role, and the tasks that it gives."""

    def __init__(self, lab, folder: pathlib.Path):
        self.lab, self.folder = lab, folder

    def repair(self, tasks):
        play = [{"name": "Repair", "hosts": "node1", "gather_facts": False, "tasks": yaml.safe_load(tasks)}]
        book = self.folder / "repair.yml"
        book.write_text(yaml.safe_dump(play, sort_keys=False))
        return self.lab.play(str(book))

    def __call__(self, ends, port=None, record=None, vms=None):
        """The result. ``vms`` are further virtual machines, by their hosts."""
        kept = self.folder / "result.json"
        keep = {**_KEEP, "ansible.builtin.copy": {**_KEEP["ansible.builtin.copy"], "dest": str(kept)}}
        role = {"name": "Diagnose", "ansible.builtin.include_role": {"name": "virtnet.ovn.ovn_diagnose"}}
        machines = {
            name: {"name": name, "groups": "vms", "ansible_host": host, "ansible_netns": name}
            for name, host in (vms or {}).items()
        }
        adding = [{"name": "Add a machine", "ansible.builtin.add_host": machine} for machine in machines.values()]
        play = [{"name": "Diagnose", "hosts": "node1", "gather_facts": False, "tasks": [*adding, role, keep]}]
        book = self.folder / "play.yml"
        book.write_text(yaml.safe_dump(play, sort_keys=False))
        said = self.lab.play(
            str(book), ovn_diagnose_from=ends[0], ovn_diagnose_to=ends[1], ovn_diagnose_port=port or ""
        )
        found = json.loads(kept.read_text())
        found["result"]["said"] = said
        directory = os.environ.get("OVN_RECORD_FACTS")
        if directory and record:
            _shorten(found["facts"].get("trace"))
            path = pathlib.Path(directory) / ("%s.json" % record)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found["facts"], indent=0, sort_keys=True) + "\n")
        return found["result"]
