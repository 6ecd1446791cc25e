# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that the become plugin makes, run by a real shell."""

from __future__ import annotations

import json
import subprocess

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.shell.sh import ShellModule

from ansible_collections.virtnet.ovn.plugins.become.netns import BecomeModule


def plugin(**options):
    made = BecomeModule()
    made._options = {
        "netns": "blue", "become_user": "root", "become_exe": "sudo", "become_flags": "-H -n", **options,
    }  # fmt: skip
    return made


def command(cmd="true", **options):
    shell = ShellModule()
    shell.executable = "/bin/sh"
    return plugin(**options).build_become_command(cmd, shell)


def run(line, tmp_path, uid):
    """With an id, a sudo and an ip that say how they were called, and a /run/netns that is not this machine's."""
    tools = {
        "id": "echo %d" % uid,
        "sudo": 'echo "sudo $*" >&2; shift 2; exec "$@"',
        "ip": 'echo "ip $*" >&2; shift 3; exec "$@"',
    }
    for name, text in tools.items():
        path = tmp_path / name
        path.write_text("#!/bin/sh\n%s\n" % text)
        path.chmod(0o755)
    (tmp_path / "blue").touch()
    line = line.replace("/run/netns/", "%s/" % tmp_path)
    return subprocess.run(
        ["/bin/sh", "-c", line],
        env={"PATH": "%s:/usr/bin:/bin" % tmp_path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_root_enters_at_once(tmp_path):
    done = run(command("echo 'it runs'"), tmp_path, 0)
    assert "it runs" in done.stdout
    assert "ip netns exec blue /bin/sh -c" in done.stderr
    assert "sudo" not in done.stderr


def test_another_user_goes_by_sudo(tmp_path):
    done = run(command('echo "$((1 + 1)) is two"'), tmp_path, 1000)
    assert "2 is two" in done.stdout
    assert done.stderr.startswith("sudo -H -n /bin/sh -c")
    assert "ip netns exec blue" in done.stderr


def test_a_namespace_that_is_not_there_is_named(tmp_path):
    done = run(command(netns="red"), tmp_path, 0)
    assert json.loads(done.stdout) == {
        "failed": True,
        "msg": "There is no network namespace red on the host (ansible_netns).",
    }
    assert done.returncode == 1


@pytest.mark.parametrize("name", ["a/b", "..", "a b", "", "x;reboot\n"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(AnsibleError, match="ansible_netns"):
        command(netns=name)


def test_the_namespace_is_entered_though_the_user_stays():
    """Ansible leaves become out where ``become_user != remote_user`` is false."""
    user = plugin().get_option("become_user")
    assert user != "root"
    assert user in ["root"]


def test_another_user_within():
    assert "runuser -u web -- /bin/sh -c" in command(become_user="web")
    assert "runuser" not in command()


def test_a_sudo_that_would_ask_is_explained():
    with pytest.raises(AnsibleError, match="sudo without a password"):
        plugin().check_missing_password(b"sudo: a password is required\n")
    assert not plugin().check_missing_password(b"pong\n")
