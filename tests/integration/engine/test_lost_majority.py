# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two of three servers are gone, one of them without closing its sockets: no module waits for longer than it was told to, and each says why."""

from __future__ import annotations

import time

import pytest
import yaml

from tests.integration.engine.test_modules import CASES, MODULES
from tests.support.ovsdb import cluster, standalone
from tests.support.waiting import until
from tests.support.zygote import Zygote

TIMEOUT = 2
#: Options of those modules of the group that have no object of their own
OTHERS = {
    "ovn_cluster": {"database": "northbound", "wait_timeout": TIMEOUT},
    "ovn_diagnosis_info": {"source": "a", "destination": "b"},
    "ovn_flow_origin_info": {"flows": [{"uuid": "0x12345678", "datapath": "a"}]},
    "ovn_gateway_announce": {
        "gateways": [{"port": "a", "mac": "02:00:00:00:00:01", "ip": "192.0.2.1", "localnet_port": "b"}],
    },
    "ovn_gateway_drain": {"chassis": "a"},
    "ovn_health_info": {},
    "ovn_info": {"table": "NB_Global"},
    "ovn_path_info": {"source": "a", "destination": "b"},
    "ovn_row": {"database": "northbound", "table": "NB_Global", "where": {"name": ""}, "columns": {"name": "a"}},
    "ovn_schema": {"database": "northbound"},
    "ovn_topology": {"state": "gathered"},
    "ovn_topology_graph": {},
    "ovn_trace": {"microflow": "ip4"},
    "ovn_vip_info": {"vip": "192.0.2.1"},
    "ovn_wait": {"sync": "sb", "wait_timeout": TIMEOUT},
}
GROUP = yaml.safe_load((MODULES.parents[1] / "meta" / "runtime.yml").read_text())["action_groups"]["ovn"]


@pytest.fixture(scope="module")
def lost():
    with cluster(3) as nb, cluster(3, "OVN_Southbound") as sb, standalone("Open_vSwitch") as ovs:
        for servers in (nb, sb):
            hangs, (dies, left) = servers.leader(), servers.followers()
            servers.pause(hangs)
            servers.kill(dies)
            servers.left = left
            until(lambda: "Status: disconnected" in servers.status(servers.left), "it knows that it is alone", 20)  # noqa: B023
        nb.ovs = ovs.remote
        yield nb, sb


@pytest.fixture(scope="module")
def zygote():
    process = Zygote()
    yield process
    process.close()


@pytest.mark.parametrize("name", sorted(set(GROUP) - {"ovn_cluster_info"}))
def test_a_module(lost, zygote, name):
    nb, sb = lost
    given = CASES[name]["make"] if name in CASES else OTHERS[name]
    given = {option: value for option, value in given.items() if value != "{NB_Global}"}
    more = {"ovn_cluster": {"ctl": str(nb.control(nb.left))}, "ovn_gateway_announce": {"ovs": nb.ovs}}.get(name, {})
    started = time.monotonic()
    result = zygote.run(name, {"nb": nb.remote, "sb": sb.remote, "timeout": TIMEOUT, **given, **more}, fails=True)
    took = time.monotonic() - started
    print("%s: after %.1f s: %s" % (name, took, result["msg"]))
    assert took < 2 * TIMEOUT + 5, "it may ask both databases; a busy machine is given time"
    if name == "ovn_cluster":
        assert "it does not reach" in result["msg"]
    else:
        assert any(
            "%s is not connected to its cluster" % servers.remotes[servers.left] in result["msg"] for servers in lost
        )
        assert "Connection refused" in result["msg"] and "no answer" in result["msg"]
    assert not result.get("changed")


def test_who_only_looks_is_told_what_the_server_knows(lost, zygote):
    nb, _sb = lost
    found = zygote.run("ovn_cluster_info", {"database": "northbound", "ctl": str(nb.control(nb.left))})["cluster"]
    assert found["leader"] is None and len(found["servers"]) == 3
