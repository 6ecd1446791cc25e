# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host needs to make things again by itself: the code, whole and always the same, and the files of what is declared."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._netns import replay

ENGINE = "ansible_collections.virtnet.ovn.plugins.module_utils._engine."
VM = {"type": "internal", "bridge": "br-int", "port": "vm1"}


@pytest.mark.parametrize("main", ["vm", "uplink"])
def test_the_archive_is_all_that_python_needs(tmp_path, main):
    content = replay.archive(ENGINE + main)
    assert content == replay.archive(ENGINE + main)
    path = tmp_path / "code.pyz"
    path.write_bytes(content)
    (tmp_path / "none.json").write_text("{}")
    checked = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import importlib, zipfile\n"
        "for name in zipfile.ZipFile(sys.argv[1]).namelist():\n"
        "    if not name.startswith('__'): importlib.import_module(name[:-3].replace('/', '.').replace('.__init__', ''))\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'ansible']"
    )
    done = subprocess.run(
        [sys.executable, "-c", checked, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [sys.executable, str(path), str(tmp_path / "none.json")], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"OVS_RUNDIR": str(tmp_path)},
    )  # fmt: skip
    assert "Traceback" not in done.stderr and str(tmp_path) in done.stderr  # it looks for Open vSwitch


@pytest.fixture
def asked(monkeypatch):
    """What systemctl is asked for; it is the one thing that this machine may lack."""
    asked = []
    monkeypatch.setattr(replay, "_systemctl", lambda *arguments: asked.append(arguments))
    return asked


def test_declarations_come_and_go(tmp_path, asked):
    def vms():
        return replay.Replay("vms", ENGINE + "vm", "netns_vm", "VMs", str(tmp_path / "state"), str(tmp_path / "units"))

    assert not vms().settle({"vm1": None}) and not list(tmp_path.iterdir())
    assert vms().settle({"vm1": VM}, check_mode=True) and not list(tmp_path.iterdir())
    assert vms().settle({"vm1": VM})
    assert asked == [("daemon-reload",), ("enable", "--now", "virtnet-ovn-vms.service")]
    unit = (tmp_path / "units/virtnet-ovn-vms.service").read_text()
    assert "\nPartOf=ovs-vswitchd.service\n" in unit and str(tmp_path / "state/vms.pyz") in unit
    drop_in = tmp_path / "units/ovs-vswitchd.service.d/virtnet-ovn-vms.conf"
    assert "ExecStartPost=-systemctl --no-block try-reload-or-restart virtnet-ovn-vms.service\n" in drop_in.read_text()
    wants = tmp_path / "units/ovs-vswitchd.service.wants"
    wants.mkdir()
    (wants / "virtnet-ovn-vms.service").symlink_to("../virtnet-ovn-vms.service")
    asked.clear()
    assert not vms().settle({"vm1": VM}) and not vms().settle({"vm2": None}) and not asked
    assert vms().settle({"vm2": VM}) and vms().settle({"vm1": None})
    assert json.loads((tmp_path / "state/vms.json").read_text()) == {"vm2": VM}
    asked.clear()
    assert vms().settle({"vm2": None}, check_mode=True) and vms().settle({"vm2": None})
    assert asked == [("disable", "--now", "virtnet-ovn-vms.service"), ("daemon-reload",)]
    assert not list((tmp_path / "state").iterdir()) and not (tmp_path / "units/virtnet-ovn-vms.service").exists()
    assert not drop_in.parent.exists()
