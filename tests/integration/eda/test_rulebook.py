# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example rulebook, run by ansible-rulebook where that is installed (it needs Java)."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest
import yaml

from tests.support.ovsdb import standalone
from tests.support.waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[3]
RULEBOOK = shutil.which("ansible-rulebook")


@pytest.mark.slow
@pytest.mark.skipif(not RULEBOOK, reason="ansible-rulebook is not installed")
def test_the_example(tmp_path):
    log = tmp_path / "log"
    (tmp_path / "hosts.yml").write_text("all:\n  hosts:\n    localhost:\n      ansible_connection: local\n")
    with standalone("OVN_Southbound") as sb, log.open("w") as stream:
        (tmp_path / "vars.yml").write_text(yaml.safe_dump({"ovn_sb": sb.remote}))
        arguments = [
            "--rulebook",
            "virtnet.ovn.ovn_ports",
            "--vars",
            tmp_path / "vars.yml",
            "-i",
            tmp_path / "hosts.yml",
            "-v",
        ]
        process = subprocess.Popen([RULEBOOK, *arguments], cwd=ROOT, stdout=stream, stderr=stream)

        def said(text):
            until(lambda: process.poll() is not None or text in log.read_text(), text, 60)
            assert process.poll() is None, log.read_text()

        try:
            said("watching the database")
            sb.ctl("chassis-add", "hv1", "geneve", "192.0.2.1", "--", "set", "Chassis", "hv1", "hostname=host-one")
            said("host-one is a chassis now")
            sb.transact(
                {"op": "insert", "table": "Datapath_Binding", "uuid-name": "ls", "row": {"tunnel_key": 1}},
                {
                    "op": "insert",
                    "table": "Port_Binding",
                    "row": {"logical_port": "p1", "datapath": ["named-uuid", "ls"], "tunnel_key": 1},
                },
            )
            sb.ctl("lsp-bind", "p1", "hv1")
            said("p1 moved from nowhere to hv1")
            sb.ctl("lsp-unbind", "p1", "--", "chassis-del", "hv1")
            said("host-one is no chassis any more")
        finally:
            process.terminate()
            process.wait(30)
