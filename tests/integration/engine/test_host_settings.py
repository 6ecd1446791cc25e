# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovs_config: what several speakers say of a host's settings, each its own part. ovs-vsctl says what stands."""

from __future__ import annotations

import json

import pytest

from tests.support.modules import run_module

STOOD = {"hostname": "h", "ovn-remote": "tcp:192.0.2.1:6642", "ovn-bridge-mappings": "physnet1:br-ex"}


@pytest.fixture
def said(ovs):
    """``said(owner=..., external_ids=...)`` runs the module; ``said.ids()`` is what ovs-vsctl tells."""
    for key, value in STOOD.items():
        ovs.server.ctl("--no-wait", "set", "Open_vSwitch", ".", 'external_ids:%s="%s"' % (key, value))

    def run(check=False, fails=False, **arguments):
        return run_module(
            "ovs_config", {"ovs": ovs.server.remote, "wait": False, **arguments}, check=check, fails=fails
        )

    def ids():
        told = json.loads(
            ovs.server.ctl("--no-wait", "--format=json", "--columns=external_ids", "list", "Open_vSwitch")
        )
        return dict(told["data"][0][0][1])

    run.ids = ids
    return run


def test_values_of_several_kinds(said):
    wanted = {
        "ovn-monitor-all": "yes",
        "ovn-encap-ip": ["192.0.2.11", "192.0.2.12"],
        "ovn-bridge-mappings": {"physnet2": "br-lan"},
        "ovn-remote-probe-interval": "5000",
    }
    assert said(external_ids=wanted, check=True)["changed"] and said.ids() == STOOD
    assert said(external_ids=wanted)["changed"]
    assert said.ids() == {
        **STOOD, "ovn-monitor-all": "true", "ovn-encap-ip": "192.0.2.11,192.0.2.12", "ovn-remote-probe-interval": "5000",
        "ovn-bridge-mappings": "physnet1:br-ex,physnet2:br-lan",
    }  # fmt: skip
    assert not said(external_ids=wanted)["changed"]
    assert said(external_ids={"ovn-bridge-mappings": {"physnet1": None, "physnet2": None}})["changed"]
    assert "ovn-bridge-mappings" not in said.ids()


def test_an_owner_takes_back_only_what_it_has_said(said):
    first = {"ovn-monitor-all": True, "ovn-cms-options": ["a", "b"], "ovn-bridge-mappings": {"physnet2": "br-lan"}}
    keep = {"owner": "compute", "purge": ["external_ids"]}
    assert said(external_ids=first, **keep)["changed"]
    assert not said(external_ids=first, **keep)["changed"]
    less = {"ovn-cms-options": "a,b"}
    assert said(external_ids=less, check=True, **keep)["changed"]
    result = said(external_ids=less, **keep)
    assert result["objects"][0]["before"]["external_ids"]["ovn-monitor-all"] == "true"
    assert said.ids() == {**STOOD, "ovn-cms-options": "a,b", "virtnet-keys-compute": "ovn-cms-options"}
    assert said(external_ids={}, **keep)["changed"]
    assert said.ids() == STOOD
    assert not said(external_ids={}, **keep)["changed"]


def test_owners_do_not_take_each_others(said):
    shared = {"ovn-monitor-all": True, "ovn-bridge-mappings": {"physnet2": "br-lan"}}
    said(owner="one", external_ids=shared)
    said(owner="two", external_ids=shared)
    said(owner="one", purge=["external_ids"], external_ids={})
    assert said.ids()["ovn-monitor-all"] == "true" and "physnet2" in said.ids()["ovn-bridge-mappings"]
    # and who gives no owner takes what nobody owns
    said(purge=["external_ids"], external_ids={"hostname": "h"})
    assert set(said.ids()) == {"hostname", "ovn-monitor-all", "ovn-bridge-mappings", "virtnet-keys-two"}
    said(owner="two", purge=["external_ids"], external_ids={})
    assert said.ids() == {"hostname": "h", "ovn-bridge-mappings": "physnet1:br-ex"}


def test_what_is_not_understood(said):
    wrong = {"ovn-monitor-all": "perhaps", "ovn-remote-probe-interval": "5s", "ovn-bridge-mappings": {"a:b": "c"}}
    told = said(external_ids=wrong, fails=True)["msg"]
    assert "external_ids[ovn-monitor-all]: 'perhaps' is neither true nor false" in told
    assert "external_ids[ovn-remote-probe-interval]: '5s' is no whole number" in told
    assert "external_ids[ovn-bridge-mappings][a:b]" in told
    assert said.ids() == STOOD


def test_keys_that_this_release_does_not_know(said, tmp_path, monkeypatch):
    program = tmp_path / "ovn-controller"
    program.write_text("#!/bin/sh\necho ovn-controller 24.03.2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "%s:/usr/bin:/bin" % tmp_path)
    keys = {
        "ovn-monitor-al": "true",
        "ovn-cleanup-on-exit": True,
        "ovn-openflow-probe-interval": 5,
        "ovn-set-local-ip": True,
    }
    before = said.ids()
    told = said(external_ids=keys, strict=True, fails=True)["msg"]
    assert "external_ids[ovn-monitor-al]: ovn-controller(8) documents no such key" in told
    assert said.ids() == before
    result = said(external_ids={**keys, "ovn-encap-ip-node7": "192.0.2.1", "mine": "x"})
    assert sorted(each["event"]["msg"] if isinstance(each, dict) else each for each in result["warnings"]) == [
        "external_ids[ovn-cleanup-on-exit]: ovn-controller(8) documents this key since 25.09; this host's ovn-controller is 24.03.2, which ignores it",
        "external_ids[ovn-monitor-al]: ovn-controller(8) documents no such key; did you mean ovn-monitor-all?",
        "external_ids[ovn-openflow-probe-interval]: ovn-controller(8) documents this key until 23.09; this host's ovn-controller is 24.03.2, "
        "which ignores it",
    ]
    assert not said(external_ids=keys).get("warnings")  # only what a task changes is spoken of
