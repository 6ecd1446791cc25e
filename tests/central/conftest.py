# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab of the scenario that runs these tests. They change its control plane, one after the other, and find what the one before left."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess

import pytest

from tests.support.lab import ANSIBLE, ROOT, Lab
from tests.support.pings import pinging

#: Why ovs-vswitchd ended, for whoever reads it when the lab is gone
LAST_WORDS = (
    "grep -h EMER /var/log/openvswitch/ovs-vswitchd.log;"
    " journalctl --no-pager --output=cat --unit=ovs-vswitchd | grep 'Main process exited'"
)


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

    def run(host, name, /, **arguments):
        done = subprocess.run(
            [ANSIBLE / "ansible", "-i", lab.inventory, *lab._extra(), host, "-m", "virtnet.ovn." + name, "-a", json.dumps(arguments)],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOAD_CALLBACK_PLUGINS": "0"},
        )  # fmt: skip
        return json.loads(done.stdout[done.stdout.index("=> {") + 3 :])

    return run


@pytest.fixture
def pings(lab):
    """``with pings(host, address) as said:`` ten times a second; then ``said`` has (how many, how many lost)."""
    return lambda name, address, inside="": pinging(lab[name], address, inside=inside)


@pytest.fixture
def vip(lab, module, request):
    """A VIP that the first VM asks, and the second one answers."""
    for command in (
        "--may-exist lr-add edge -- --may-exist lrp-add edge edge-web 02:00:00:00:09:fe 198.51.100.254/24",
        "--may-exist lsp-add web web-edge -- lsp-set-type web-edge router -- lsp-set-addresses web-edge router"
        " -- lsp-set-options web-edge router-port=edge-web",
        "--may-exist lb-add vip 10.254.10.10:80 198.51.100.2:8000 -- --may-exist ls-lb-add web vip",
        "--wait=hv sync",
    ):
        lab["node1"].check_output(request.module.NBCTL + " " + command)
    lab["vm1"].check_output("ip route replace 10.254.10.10 via 198.51.100.254")
    url = "http://10.254.10.10/"
    answers = module("vm1", "http_probe", url=url, timeout=1, expect={"consecutive": 5}, deadline=20)
    assert not answers.get("failed"), answers
    return url


@pytest.fixture
def asked(lab, module):
    """``with asked(url) as told:`` a VM asks all the while; ``told`` is what became of its requests, and none may have been lost."""

    @contextlib.contextmanager
    def ask(url):
        told = {}
        module("vm1", "http_probe", state="started", id="asked", url=url, interval=0.1)
        try:
            yield told
        finally:
            told.update(module("vm1", "http_probe", state="stopped", id="asked"))
        print("%d requests, %d lost" % (told["requests"], told["lost"]))
        # Seen with Open vSwitch 3.1.0, once in thousands of connections: "assertion conn->conn_type == CT_CONN_TYPE_DEFAULT failed" (lib/conntrack.c),
        # in its datapath in user space. It is started again, and the VMs have lost their interfaces.
        died = {
            host: lab[host].run(LAST_WORDS).stdout for host in ("compute1", "compute2")
            if lab[host].check_output("systemctl show --property=NRestarts --value ovs-vswitchd") != "0"
        }  # fmt: skip
        assert not died, "ovs-vswitchd died, by no doing of this test if it is that assertion: %s" % died
        assert told["lost"] == 0 and told["requests"] > 100, (told["first"], told["last"], told["losses"])

    return ask
