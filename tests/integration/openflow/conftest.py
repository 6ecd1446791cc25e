# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil

import pytest

from tests.support import network
from tests.support.daemons import ovn, ovs
from tests.support.modules import run_module


def pytest_collection_modifyitems(items):
    if not shutil.which("ovs-vswitchd"):
        for item in items:
            if "openflow" in item.nodeid:
                item.add_marker(pytest.mark.skip(reason="needs openvswitch-switch and ovn-host"))


@pytest.fixture
def host():
    """An Open vSwitch with a bridge br0 and two ports, vm1 and vm2."""
    with ovs() as switch:
        switch.vsctl(
            "add-br", "br0", "--", "set", "Bridge", "br0", "fail_mode=secure",
            "--", "add-port", "br0", "vm1", "--", "set", "Interface", "vm1", "ofport_request=1",
            "--", "add-port", "br0", "vm2", "--", "set", "Interface", "vm2", "ofport_request=2",
            "--", "add-port", "br0", "my port", "--", "set", "Interface", "my port", "ofport_request=3",
        )  # fmt: skip
        yield switch


@pytest.fixture(scope="session")
def cloud():
    """The document's network. Tests leave it as they found it."""
    with ovn(chassis=2) as central:
        network.build(central)
        yield central


@pytest.fixture
def play(host):
    """Runs a module against ``host``."""
    return lambda name, fails=False, check=False, **arguments: run_module(
        name, arguments, host.env, fails=fails, check=check
    )
