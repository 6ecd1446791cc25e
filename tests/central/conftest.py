# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab of the scenario that runs these tests. They change its control plane, one after the other, and find what the one before left."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.support.lab import ANSIBLE, ROOT, Lab


@pytest.fixture(scope="module")
def lab(request):
    """``INVENTORY`` of the test's file says which; molecule brings it up and takes it down."""
    lab = Lab(request.module.INVENTORY)
    assert lab.is_up(), "molecule brings the lab up"
    return lab


@pytest.fixture
def hostvars(tmp_path):
    """Arguments for a run with variables of single hosts: ``hostvars(node3={"x": 1})``"""

    def arguments(**hosts):
        path = tmp_path / "hosts.json"
        path.write_text(json.dumps({"all": {"hosts": hosts}}))
        return ("-i", str(path))

    return arguments


@pytest.fixture
def module(lab):
    """Runs one module on a host: ``module("node1", "ovn_info", table="Chassis")``, its result."""

    def run(host, name, **arguments):
        done = subprocess.run(
            [ANSIBLE / "ansible", "-i", lab.inventory, *lab._extra(), host, "-m", "virtnet.ovn." + name, "-a", json.dumps(arguments)],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOAD_CALLBACK_PLUGINS": "0"},
        )  # fmt: skip
        return json.loads(done.stdout[done.stdout.index("=> {") + 3 :])

    return run
