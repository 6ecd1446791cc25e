# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remotes as text."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.endpoint import default_remote, parse_remotes
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import ConnectError


def test_each_kind():
    remotes, cid = parse_remotes("cid:1234-5, tcp:a:6641,ssl:[fd00::1]:6641 ,unix:/run/x.sock")
    assert [(r.kind, r.host, r.port, r.path) for r in remotes] == [
        ("tcp", "a", 6641, None),
        ("ssl", "fd00::1", 6641, None),
        ("unix", None, 0, "/run/x.sock"),
    ]
    assert cid == "1234-5"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no remote"),
        ("cid:1234-5", "names no remote"),
        ("cid:,tcp:a:1", "cid: is followed by"),
        ("node1", "'node1' is no remote"),
        ("tcp:node1", "expected tcp:HOST:PORT"),
        ("tcp:node1:0", "port from 1 to 65535"),
        ("tcp:node1:65536", "port from 1 to 65535"),
        ("tcp:node1:x", "port from 1 to 65535"),
        ("ssl:fd00::1:6641", "written in brackets"),
        ("unix:ovn.sock", "absolute path"),
        ("unix:", "is no remote"),
        ("ptcp:6641", "is no remote"),
        ("http://a:1", "is no remote"),
    ],
)
def test_what_is_no_remote(text, says):
    with pytest.raises(ConnectError, match=says):
        parse_remotes(text)


def test_defaults_are_those_of_the_tools(monkeypatch):
    for name in ("OVN_NB_DB", "OVN_SB_DB", "OVN_RUNDIR", "OVS_RUNDIR"):
        monkeypatch.delenv(name, raising=False)
    assert default_remote("OVN_Northbound") == "unix:/var/run/ovn/ovnnb_db.sock"
    assert default_remote("OVN_Southbound") == "unix:/var/run/ovn/ovnsb_db.sock"
    assert default_remote("Open_vSwitch") == "unix:/var/run/openvswitch/db.sock"
    monkeypatch.setenv("OVN_RUNDIR", "/r")
    monkeypatch.setenv("OVS_RUNDIR", "/s")
    assert default_remote("OVN_Northbound") == "unix:/r/ovnnb_db.sock"
    assert default_remote("Open_vSwitch") == "unix:/s/db.sock"
    monkeypatch.setenv("OVN_NB_DB", "tcp:a:1")
    monkeypatch.setenv("OVN_SB_DB", "tcp:b:2")
    assert default_remote("OVN_Northbound") == "tcp:a:1"
    assert default_remote("OVN_Southbound") == "tcp:b:2"
