# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of the guide to the southbound database, run as they stand there."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import yaml

from tests.support.modules import COLLECTIONS

GUIDE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "guides" / "southbound.md"


def test_a_host_that_got_a_new_name(sb, tmp_path):
    for name, address in (("old", "192.0.2.1"), ("other", "192.0.2.2")):
        sb.server.ctl("chassis-add", name, "geneve", address)
    (tasks,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.S)
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"tunnel_address": "192.0.2.1", "chassis_name": "new", "ansible_python_interpreter": sys.executable},
        "module_defaults": {"group/virtnet.ovn.ovn": {"sb": sb.server.remote}},
        "tasks": yaml.safe_load(tasks),
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    said = []
    for _again in range(2):
        done = subprocess.run(
            [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), str(tmp_path / "play.yml")],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert not done.returncode, done.stdout + done.stderr
        said.append(re.search(r"changed=(\d+)", done.stdout)[1])
    assert said == ["1", "0"]
    assert [row["name"] for row in sb.rows("Chassis")] == ["other"]
    sb.server.ctl("chassis-add", "new", "geneve", "192.0.2.1")  # nothing is in its way
