# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks and inventories as they are committed: lab hosts by nspawn and by SSH, and namespaces on them by become."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from .conftest import ROOT, LabUnderTest, image_options
from .test_nspawn_hosts import NOBODY

pytestmark = pytest.mark.lab
BIN = pathlib.Path(sys.executable).parent
NSPAWN, SSH = "inventories/lab", "inventories/lab_ssh"


class Playground(LabUnderTest):
    """A lab by the committed playbooks and inventories, under a name of its own."""

    def __init__(self, image):
        super().__init__(image)
        self.variables = {"ovn_lab_name": self.name, "ovn_lab_release": image_options()["release"]}

    def call(self, tool, *arguments, variables=None, prefix=(), fails=False):
        environment = {
            **os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }  # fmt: skip
        done = subprocess.run(
            [*prefix, str(BIN / tool), *arguments, "-e", json.dumps({**self.variables, **(variables or {})})],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def play(self, *arguments, **options):
        return self.call("ansible-playbook", *arguments, **options)

    def adhoc(self, inventory, hosts, module, arguments="", **options):
        return self.call("ansible", "-i", inventory, hosts, "-m", module, "-a", arguments, **options)

    def command(self, inventory, host, command, **options):
        return self.adhoc(inventory, host, "ansible.builtin.command", command, **options).split(">>\n", 1)[1].strip()


@pytest.fixture(scope="module")
def lab(image):
    made = Playground(image)
    try:
        made.play("playbooks/lab_up.yml")
        made.play("extensions/molecule/shared/open_ssh.yml")
        made.run("node2", "ip netns add vm1; ip -n vm1 link set lo up; ip -n vm1 address add 203.0.113.1/32 dev lo")
        yield made
    finally:
        made.play("playbooks/lab_down.yml")
    assert made.traces() == []


def test_up_again_is_quick_and_changes_nothing(lab):
    start = time.monotonic()
    assert "changed=0" in lab.play("playbooks/lab_up.yml")
    assert time.monotonic() - start < 10, "2 s on a machine that does nothing else"
    assert "changed=0" in lab.play("playbooks/lab_up.yml", "--check")


def test_every_host_answers(lab):
    assert lab.adhoc(NSPAWN, "lab", "ansible.builtin.ping").count("pong") == 4


def test_a_host_has_a_sane_environment(lab):
    seen = lab.command(NSPAWN, "node1", "sh -c 'echo $PATH $HOME $LANG $USER; pwd; id -un; hostname'").splitlines()
    assert seen == [
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /root C.UTF-8 root", "/root", "root", "node1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "variables", [{}, {"ansible_nspawn_keep_python": 0}, {"ansible_pipelining": False}], ids=["kept", "piped", "copied"]
)
def test_modules_and_files_go_both_ways(lab, tmp_path, variables):
    content = os.urandom(3_000_000)
    (tmp_path / "out").write_bytes(content)
    options = {"variables": variables}
    lab.adhoc(NSPAWN, "node1", "ansible.builtin.copy", "src=%s/out dest='/tmp/a name'" % tmp_path, **options)
    lab.adhoc(NSPAWN, "node1", "ansible.builtin.fetch", "src='/tmp/a name' dest=%s/in flat=true" % tmp_path, **options)
    assert (tmp_path / "in").read_bytes() == content


@pytest.mark.parametrize("keep", [60, 0])
def test_a_command_that_does_not_end_is_ended(lab, keep):
    start = time.monotonic()
    said = lab.adhoc(
        NSPAWN, "node1", "ansible.builtin.command", "sleep 321",
        variables={"ansible_nspawn_command_timeout": 1, "ansible_nspawn_keep_python": keep}, fails=True,
    )  # fmt: skip
    assert "did not end within 1 s (ansible_nspawn_command_timeout)" in said
    assert "UNREACHABLE" in said
    assert time.monotonic() - start < 15
    assert lab.run("node1", "pgrep -f 'sleep 32[1]'", check=False) == ""


def who_started_its_python(lab, host="node1", **options):
    """The parent of the process that ran a module."""
    return lab.command(NSPAWN, host, "sh -c 'ps -o ppid= -p $PPID; exit 0'", **options).strip()


def test_a_module_runs_in_a_python_that_is_kept(lab):
    first = who_started_its_python(lab)
    assert who_started_its_python(lab) == first
    assert lab.run("node1", "tr '\\0' ' ' < /proc/%s/cmdline" % first).startswith("/usr/bin/python3")
    for other in (
        {"ansible_nspawn_keep_python": 0},
        {"ansible_pipelining": False},
        {"ansible_become": True, "ansible_become_method": "su", "ansible_become_user": "operator"},
    ):
        assert who_started_its_python(lab, variables=other) != first
    lab.run("node1", "kill -9 %s" % first)
    assert who_started_its_python(lab) != first


def test_a_python_that_is_kept_for_a_namespace_holds_none(lab):
    lab.run("node2", "ip netns add vm3")
    first = who_started_its_python(lab, "vm3")
    assert who_started_its_python(lab, "vm3") == first
    assert lab.run("node2", "ip netns pids vm3; ip netns identify %s" % first).strip() == ""
    lab.run("node2", "ip netns del vm3; ip netns add vm3; ip -n vm3 address add 203.0.113.3/32 dev lo")
    assert "203.0.113.3/32" in lab.command(NSPAWN, "vm3", "ip -brief address show lo")
    lab.run("node2", "ip netns del vm3")
    said = lab.adhoc(NSPAWN, "vm3", "ansible.builtin.ping", fails=True)
    assert "There is no network namespace vm3 on the host (ansible_netns)." in said


def test_a_host_that_is_not_there_is_explained(lab):
    said = lab.adhoc(NSPAWN, "node1", "ansible.builtin.ping", variables={"ovn_lab_name": "nosuch"}, fails=True)
    assert "The lab host 'node1' is not running (looked in /run/virtnet-lab/nosuch). Start it with `make lab`" in said


def test_who_is_not_root_is_told(lab, tmp_path):
    tmp_path.chmod(0o777)
    home = ["env", "HOME=%s" % tmp_path, "ANSIBLE_HOME=%s/.ansible" % tmp_path]
    said = lab.adhoc(NSPAWN, "node1", "ansible.builtin.ping", prefix=[*NOBODY, *home], fails=True)
    assert "Entering a lab host needs root on the controller" in said


@pytest.mark.parametrize(
    ("inventory", "user"), [(NSPAWN, None), (SSH, "root"), (SSH, "operator")], ids=["nspawn", "ssh-root", "ssh-user"]
)
class TestEveryWay:
    def variables(self, user, **more):
        return {**({"ansible_user": user} if user else {}), **more}

    def test_a_host(self, lab, inventory, user):
        variables = self.variables(user, ansible_become=user == "operator")
        assert lab.command(inventory, "node3", "sh -c 'id -un; hostname'", variables=variables) == "root\nnode3"

    def test_a_namespace_on_a_host(self, lab, inventory, user):
        command = "sh -c 'id -un; hostname; ip netns identify; ip -brief address show lo'"
        seen = lab.command(inventory, "vm1", command, variables=self.variables(user)).splitlines()
        assert seen[:3] == ["root", "node2", "vm1"]
        assert "203.0.113.1/32" in seen[3]

    def test_as_another_user_in_a_namespace(self, lab, inventory, user):
        command = "sh -c 'id -un; ip -brief address show lo'"
        seen = lab.command(
            inventory, "vm1", command,
            variables=self.variables(user, ansible_become_user="operator", ansible_pipelining=True),
        ).splitlines()  # fmt: skip
        assert seen[0] == "operator"
        assert "203.0.113.1/32" in seen[1]

    def test_files_in_a_namespace(self, lab, inventory, user):
        lab.adhoc(
            inventory,
            "vm1",
            "ansible.builtin.copy",
            "content=text dest=/root/from-%s" % user,
            variables=self.variables(user),
        )
        assert lab.run("node2", "cat /root/from-%s" % user) == "text"

    def test_a_namespace_that_is_not_there(self, lab, inventory, user):
        said = lab.adhoc(inventory, "vm2", "ansible.builtin.ping", variables=self.variables(user), fails=True)
        assert "There is no network namespace vm2 on the host (ansible_netns)." in said


def test_a_user_who_may_not_use_sudo_is_told(lab):
    lab.run("node2", "mv /etc/sudoers.d/operator /root/sudoers")
    try:
        said = lab.adhoc(SSH, "vm1", "ansible.builtin.ping", fails=True)
    finally:
        lab.run("node2", "mv /root/sudoers /etc/sudoers.d/operator")
    assert "The remote user needs sudo without a password to enter the network namespace vm1" in said


def test_opening_for_ssh_again_changes_nothing(lab):
    said = lab.play("extensions/molecule/shared/open_ssh.yml")
    assert said.count("changed=0") == 5, said
