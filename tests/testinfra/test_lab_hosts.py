# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's hosts are real ones, and the networks between them carry packets where they should and nowhere else."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.lab

HOSTS = ("node1", "node2", "node3", "client")
UNDERLAY = {"node1": "10.100.0.11", "node2": "10.100.0.12", "node3": "10.100.0.13"}


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_runs_systemd_with_no_failed_unit(lab_hosts, name):
    host = lab_hosts[name]
    assert host.process.get(pid=1).comm == "systemd"
    assert host.check_output("systemctl list-units --failed --no-legend --plain") == ""
    assert host.check_output("hostname") == name


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_is_of_the_release_that_was_asked_for(lab_hosts, name):
    says = {"bookworm": "12.", "trixie": "13.", "sid": "/sid"}[lab_hosts.variables.get("ovn_lab_release", "bookworm")]
    assert says in lab_hosts[name].file("/etc/debian_version").content_string


@pytest.mark.parametrize("target", ["node2", "node3"])
def test_nodes_reach_each_other_on_the_underlay(lab_hosts, target):
    lab_hosts["node1"].check_output("ping -c1 -W2 %s", UNDERLAY[target])


def test_the_client_is_not_on_the_underlay(lab_hosts):
    assert not lab_hosts["client"].interface("eth0").exists
    assert lab_hosts["client"].run("ping -c1 -W1 %s", UNDERLAY["node1"]).rc != 0
