# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What host_info and ovs_uplink read and merge."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.uplink import merged
from ansible_collections.virtnet.ovn.plugins.module_utils._netns.host import os_family, units


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ('NAME="Debian GNU/Linux"\nID=debian\n', "Debian"),
        ("ID=ubuntu\nID_LIKE=debian\n", "Debian"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "Debian"),
        ('ID="rhel"\nID_LIKE="fedora"\n', "RedHat"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "RedHat"),
        ("ID=fedora\n", "RedHat"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "Suse"),
        ("ID=plan9\n", ""),
        ("", ""),
    ],
)
def test_os_family(text, family):
    assert os_family(text) == family


def test_units():
    unit_files = """ovn-central.service disabled enabled
ovn-host.service enabled enabled
ovn-nb-ovsdb.service alias -
ovn-northd.service static -
ovn-controller.service masked enabled
"""
    loaded = """ovn-host.service loaded active exited Open Virtual Network host components
ovn-northd.service loaded failed failed Open Virtual Network central control daemon
ovs-gone.service not-found inactive dead ovs-gone.service
"""
    assert units(unit_files, loaded) == {
        "ovn-central.service": {"enabled": False, "active": False},
        "ovn-host.service": {"enabled": True, "active": True},
        "ovn-northd.service": {"enabled": True, "active": False},
        "ovn-controller.service": {"enabled": False, "active": False},
    }
    assert units("", "") == {}


@pytest.mark.parametrize(
    ("now", "uplinks", "then"),
    [
        ("", [("present", "p1", "br-1")], "p1:br-1"),
        ("p0:br-0", [("present", "p1", "br-1")], "p0:br-0,p1:br-1"),
        ("p1:br-0,p2:br-2", [("present", "p1", "br-1")], "p1:br-1,p2:br-2"),
        ("p1:br-1,p0:br-0,p2:br-1", [("absent", None, "br-1")], "p0:br-0"),
        ("p0:br-0", [("present", None, "br-1")], "p0:br-0"),
    ],
)
def test_mappings(now, uplinks, then):
    names = ("state", "physical_network", "bridge")
    assert merged(now, [dict(zip(names, uplink)) for uplink in uplinks]) == then
