# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab for tests: its playbooks, and each of its hosts as a testinfra host.

Testinfra's own way in starts Ansible for each command; this enters the host's namespaces at once, which is a hundred times faster.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys

from testinfra.backend.local import LocalBackend
from testinfra.host import Host

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.paths import entering, leader

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: Restarts ovn-controller, which leaves everything as it is for the next one; up to 25.03 that loses packets unless it waits for its own flows
RESTART = (
    "ovs-vsctl set Open_vSwitch . external_ids:ovn-ofctrl-wait-before-clear=8000"
    " && /usr/share/ovn/scripts/ovn-ctl stop_controller --restart && systemctl restart ovn-controller"
)
ANSIBLE = pathlib.Path(sys.executable).parent


def unchanged(output):
    """Whether a play has changed nothing on any host."""
    counts = re.findall(r"(?m)^(\S+) +: ok=\d+ +changed=(\d+) .*failed=(\d+)", output)
    return counts and all(changed == failed == "0" for _host, changed, failed in counts)


def family(process):
    """The process, and all that descend from it. Ansible's workers are in sessions of their own, so that they are in no group with it."""
    found = [process]
    for parent in found:
        for children in pathlib.Path("/proc/%d/task" % parent).glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, children.read_text().split())
    return found


class LabBackend(LocalBackend):
    """Runs commands in a lab host, or in a network namespace of one."""

    NAME = "lab"

    def __init__(self, name, lab_root, machine, netns=None):
        super().__init__()
        self.hostname = name
        self.lab_root, self.machine, self.netns = lab_root, machine, netns

    def get_pytest_id(self):
        return "lab://%s" % self.hostname

    def command(self, command, *args):
        """What runs a command there, for the shell here."""
        process = leader(self.lab_root, self.machine)
        assert process, "%s does not run in %s" % (self.machine, self.lab_root)
        netns = ("ip", "netns", "exec", self.netns) if self.netns else ()
        return "exec " + shlex.join(
            entering("nsenter", process, *netns, "/bin/sh", "-c", self.get_command(command, *args))
        )

    def run(self, command, *args, **kwargs):
        return self.run_local(self.command(command, *args))


class Lab:
    """A lab by its inventory. OVN_LAB_RELEASE and OVN_LAB_NAME choose another one than the default."""

    def __init__(self, inventory="inventories/lab"):
        self.inventory = inventory
        self.variables = {
            name.lower(): os.environ[name] for name in ("OVN_LAB_RELEASE", "OVN_LAB_NAME") if os.environ.get(name)
        }
        listing = subprocess.run(
            [ANSIBLE / "ansible-inventory", "-i", inventory, "--list", *self._extra()],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        self.groups = json.loads(listing.stdout)
        self.hostvars = self.groups.pop("_meta")["hostvars"]

    def _extra(self):
        return ["-e", json.dumps(self.variables)] if self.variables else []

    def play(self, *playbooks, arguments=(), fails=False, **variables):
        """Runs playbooks and returns their output, which is in the error too where they do not end as they have to."""
        command, how = self._playing(*playbooks, **variables)
        done = subprocess.run([*command, *arguments], check=False, timeout=600, **how)
        assert (done.returncode != 0) is fails, "%s ended with %d:\n%s" % (playbooks, done.returncode, done.stdout)
        return done.stdout

    def play_until(self, lines, *playbooks, **variables):
        """Runs playbooks and kills that run as soon as it has printed all of ``lines``, one after the other."""
        command, how = self._playing(*playbooks, **variables)
        with subprocess.Popen(command, **how) as run:
            seen = all(any(line in said for said in run.stdout) for line in lines)
            run.send_signal(signal.SIGSTOP)  # so that it starts nothing more
            for process in family(run.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        assert seen, "%s never printed %r" % (playbooks, lines)

    def _playing(self, *playbooks, **variables):
        return [ANSIBLE / "ansible-playbook", "-i", self.inventory, *playbooks, *self._extra(), "-e", json.dumps(variables)], {
            "cwd": ROOT, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True,
            "env": {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"},
        }  # fmt: skip

    @property
    def name(self):
        return self.variables.get("ovn_lab_name", "lab")

    @property
    def root(self):
        return "/run/virtnet-lab/%s" % self.name

    def is_up(self):
        return all(leader(self.root, name) for name in self.groups["lab"]["hosts"])

    def __getitem__(self, name):
        known = self.hostvars[name]
        netns = name if name in self.groups.get("vms", {}).get("hosts", ()) else None
        return Host(LabBackend(name, self.root, known.get("ansible_host", name), netns))
