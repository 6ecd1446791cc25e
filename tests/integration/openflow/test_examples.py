# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules that ask daemons: their tasks are a play on hosts of the document's network, assertions and all.

Those that need a whole host run in the lab, by tests/testinfra.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from tests.support import network
from tests.support.modules import COLLECTIONS, examples

#: A balancer whose backend answers no health check, for nobody serves on a dummy device
CHECKED = """
lb-add checked 10.254.10.11:8000 192.168.100.10:8000 tcp
set Load_Balancer checked ip_port_mappings:192.168.100.10=ls1-vm1:192.168.100.250
--id=@c create Load_Balancer_Health_Check vip="10.254.10.11:8000" options:interval=1 options:timeout=1 options:failure_count=1 \
-- add Load_Balancer checked health_check @c
ls-lb-add ls2 checked
"""
#: Words of the examples that mean something else here: hosts of the cloud, and where its databases are
HERE = {
    "/tmp/network.svg": "{folder}/network.svg",
    "node2": "hv1",
    "node3": "hv2",
    "bridge: br0": "bridge: br-phy",
    "tcp:192.0.2.1:6642": "{sb}",
}

EXAMPLES_RUN = (
    *(
        "of_flow",
        "of_flow_info",
        "ovn_diagnosis_info",
        "ovn_flow_origin_info",
        "ovn_health_info",
        "ovn_path_info",
        "ovn_topology_graph",
    ),
    *("ovn_trace", "ovn_vip_info", "ovn_wait", "ovs_conntrack_info", "ovs_trace"),
)


def interpreter(folder, name, env):
    """A Python that finds the daemons of one host: what a host of its own would be."""
    path = folder / ("python-" + name)
    said = "".join("export %s='%s'\n" % (key, value) for key, value in env.items() if key.startswith(("OVS_", "OVN_")))
    path.write_text('#!/bin/sh\n%sexec %s "$@"\n' % (said, sys.executable))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def play(tmp_path):
    """Runs examples as the tasks of a play, on ``hosts``, {name: (its daemons, its address)}, of which the first is meant."""

    def run(text, hosts):
        inventory = {
            name: {"ansible_connection": "local", "ansible_host": address, "ansible_python_interpreter": interpreter(tmp_path, name, daemons.env)}
            for name, (daemons, address) in hosts.items()
        }  # fmt: skip
        (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": inventory}}))
        tasks = yaml.safe_load(text)
        plays = [{"hosts": next(iter(hosts)), "gather_facts": False, "tasks": tasks}]
        (tmp_path / "examples.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
        done = subprocess.run(
            [pathlib.Path(sys.executable).parent / "ansible-playbook", "-i", "hosts.yml", "examples.yml"],
            cwd=tmp_path, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "NO_COLOR": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ok=%d " % len(tasks) in done.stdout, done.stdout
        return done.stdout

    return run


@pytest.fixture
def checked(cloud):
    for line in CHECKED.strip().splitlines():
        cloud.nbctl(*line.split())
    network.make_stale(cloud)
    yield cloud
    cloud.nbctl("lb-del", "checked")
    [row] = cloud.rows("--columns=_uuid", "find", "MAC_Binding", "ip=" + network.IP["vm3"])
    cloud.sbctl("set", "MAC_Binding", row["_uuid"][1], 'mac="%s"' % network.MAC["vm3"])
    cloud.sync()


@pytest.mark.slow
@pytest.mark.parametrize("module", [module for module in EXAMPLES_RUN if module != "of_flow"])
def test_the_examples_run(cloud, play, request, tmp_path, module):
    if module == "ovn_wait":
        request.getfixturevalue("checked")
    text = examples(module)
    for word, here in HERE.items():
        text = text.replace(word, here.format(sb=cloud.sb, folder=tmp_path))
    hosts = {host.directory.name: (host, "10.200.0.%d" % number) for number, host in enumerate(cloud.chassis, 1)}
    play(text, hosts)


@pytest.mark.slow
def test_the_examples_of_of_flow_run(host, play):
    stale, other = "table=66,reg0=0xc0a8650a,reg15=0x3,metadata=0x6", "table=66,reg0=0xc0a8650b,reg15=0x3,metadata=0x6"
    host.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "fail_mode=secure")
    for flow in (stale, other):
        host.ofctl("add-flow", "br-int", flow + ",actions=drop")
    host.ofctl("add-flow", "br0", "table=20,actions=drop")
    host.ofctl("add-flow", "br0", "cookie=0xbeef,table=10,ip,nw_src=198.51.100.8,actions=drop")
    said = play(examples("of_flow"), {"here": (host, "127.0.0.1")})
    assert "changed=4" in said
    left = host.ofctl("--no-names", "dump-flows", "br-int")
    assert "reg0=0xc0a8650b" in left
    assert "reg0=0xc0a8650a" not in left
    flows = host.ofctl("--no-stats", "dump-flows", "br0")
    assert "table=20" not in flows
    assert "198.51.100.8" not in flows
    assert "198.51.100.9" in flows
    assert "changed=0" in play(examples("of_flow"), {"here": (host, "127.0.0.1")}), (
        "they are as idempotent as they are shown"
    )
