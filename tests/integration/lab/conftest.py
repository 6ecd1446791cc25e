# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small labs under names of their own, so that one that is in use is left alone."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import uuid

import pytest
import yaml

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.paths import entering, leader
from tests.support.machine import traces
from tests.support.modules import _RUN, COLLECTIONS, run_module

ROOT = pathlib.Path(__file__).resolve().parents[3]
NETWORKS = [{"name": "wire"}, {"name": "jumbo", "mtu": 9000}]


def defaults():
    return yaml.safe_load((ROOT / "roles/ovn_lab/defaults/main.yml").read_text())


def image_options(**options):
    role = defaults()
    return {
        "release": os.environ.get("OVN_LAB_RELEASE") or role["ovn_lab_release"],
        "packages": role["ovn_lab_packages"],
        "local_packages": role["ovn_lab_local_packages"],
        **options,
    }


def two_hosts():
    return [
        {
            "name": name,
            "interfaces": [
                {"name": "eth0", "network": "wire", "addresses": ["192.0.2.%d/24" % n, "2001:db8::%d/64" % n]},
                {"name": "eth1", "network": "jumbo", "addresses": ["198.51.100.%d/24" % n]},
            ],
        }
        for n, name in enumerate(("alpha", "beta"), 1)
    ]


class LabUnderTest:
    """The modules, for one lab; ``run`` a command in a host."""

    def __init__(self, image, name=None):
        self.name = name or "t" + uuid.uuid4().hex[:6]
        self.root = "/run/virtnet-lab/" + self.name
        self.image = image

    def options(self, **options):
        return {"name": self.name, "image": self.image, "networks": NETWORKS, "hosts": two_hosts(), **options}

    def up(self, check=False, fails=False, **options):
        return run_module("nspawn_hosts", self.options(**options), check=check, fails=fails)

    def down(self, check=False):
        return run_module("nspawn_hosts", {"name": self.name, "state": "absent"}, check=check)

    def starting(self, **options):
        return start_module("nspawn_hosts", self.options(**options))

    def leader(self, host):
        return leader(self.root, host)

    def run(self, host, command, check=True):
        done = subprocess.run(
            entering("nsenter", self.leader(host), "/bin/sh", "-c", command),
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def actions(self, result):
        return {name: host["action"] for name, host in result["hosts"].items()}

    def traces(self):
        return traces(self.name)


def start_module(name, options, prefix=()):
    """The module in a process that can be killed. In its own session, so that what it leaves is not ours."""
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", _RUN, name, str(COLLECTIONS)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
    process.stdin.close()
    process.stdin = None
    return process


def module_within(prefix, name, options):
    """The result of a module that is run by another command: as another user, with other mounts."""
    process = start_module(name, options, prefix)
    out, errors = process.communicate(timeout=300)
    assert b"Traceback" not in errors, errors.decode()
    return json.loads(out.decode().splitlines()[-1])


@pytest.fixture(scope="session")
def image():
    return run_module("nspawn_image", image_options())["path"]


@pytest.fixture
def lab(image):
    made = LabUnderTest(image)
    yield made
    made.down()
    assert made.traces() == []
