# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's first playbook does what the README says, as it is written there."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

from tests.support.daemons import ovn

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOCKET = "unix:/var/run/ovn/ovnnb_db.sock"


@pytest.mark.slow
def test_the_first_playbook(tmp_path):
    (text,) = re.findall(r"```yaml\n(---\n- name: .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert SOCKET in text
    (tmp_path / "hosts").write_text(
        "[ovn_central]\nhere ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n"
    )
    with ovn(chassis=1) as cloud:
        (tmp_path / "web.yml").write_text(text.replace(SOCKET, cloud.nb))

        def play(*arguments):
            command = [pathlib.Path(sys.executable).parent / "ansible-playbook", "-i", tmp_path / "hosts"]
            done = subprocess.run(
                [*command, tmp_path / "web.yml", *arguments],
                cwd=ROOT, check=False, capture_output=True, text=True, env={**os.environ, **cloud.env},
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        assert "changed=2" in play("--check", "--diff")
        assert cloud.nbctl("show") == ""
        assert "changed=2" in play()
        assert "web-1" in cloud.nbctl("show")
        assert "10.0.0.11:8080,10.0.0.12:8080" in cloud.nbctl("lb-list")
        assert "changed=0" in play()
