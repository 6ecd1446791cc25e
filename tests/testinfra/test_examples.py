# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules that look at a whole host, as plays on the lab's hosts; and adopt.yml, on the lab's network."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from tests.support.modules import examples

pytestmark = pytest.mark.lab

#: module: (the host, {word of the examples: what it is called here})
EXAMPLES_RUN = {
    "central_backup": ("node1", {}),
    "chassis_info": ("node2", {}),
    "host_info": ("node2", {"br-ext": "br-example"}),
    "ovn_gateway_hold": ("node2", {}),
    "ovs_diagnosis_info": ("node2", {}),
    "ovs_tunnel_probe": ("node2", {}),
    "packet_probe": ("node2", {"delegate_to: vm3": "delegate_to: vm1", "192.168.101.1": "192.168.100.1"}),
    "report_page": ("node1", {"page.html.j2": "{here}/page.html.j2", "artifacts/": "{here}/"}),
    "scenario_report": ("node1", {"artifacts/": "{here}/"}),
}


@pytest.fixture
def play(lab, tmp_path):
    def run(host, tasks):
        path = tmp_path / "examples.yml"
        path.write_text(yaml.safe_dump([{"hosts": host, "gather_facts": False, "tasks": tasks}], sort_keys=False))
        said = lab.play(str(path))
        assert "failed=0" in said
        return said

    return run


@pytest.mark.parametrize("module", sorted(EXAMPLES_RUN))
def test_the_examples_run(lab, play, tmp_path, module):
    host, words = EXAMPLES_RUN[module]
    (tmp_path / "page.html.j2").write_text("{{ pictures | length }} pictures")
    text = examples(module)
    for word, here in words.items():
        assert word in text
        text = text.replace(word, here.format(here=tmp_path))
    try:
        play(host, yaml.safe_load(text))
        if module == "report_page":
            assert (tmp_path / "page.html").read_text() == "2 pictures"
    finally:
        if module == "host_info":
            lab[host].check_output("ovs-vsctl --if-exists del-br br-example")


def test_the_labs_network_is_brought_under_management(lab, play, tmp_path, monkeypatch):
    """Read, written down, and proved: applying the document changes nothing, and an edit of it is what changes."""
    monkeypatch.setenv("PWD", str(tmp_path))
    before = lab["node1"].check_output("ovsdb-client dump unix:/run/ovn/ovnnb_db.sock OVN_Northbound")
    said = lab.play("playbooks/adopt.yml", adopt_hosts="node1")
    assert "Applying it changes nothing." in said
    assert lab["node1"].check_output("ovsdb-client dump unix:/run/ovn/ovnnb_db.sock OVN_Northbound") == before
    path = tmp_path / "network.yml"
    document = yaml.safe_load(path.read_text())
    for option, command in (("switches", "ls-list"), ("routers", "lr-list")):
        known = re.findall(r"\((\w+)\)", lab["node1"].check_output("ovn-nbctl " + command))
        assert sorted(each["name"] for each in document[option]) == sorted(known) != []

    def apply(topology):
        said = play("node1", [{"virtnet.ovn.ovn_topology": {"topology": topology, "wait": "hv"}}])
        return int(re.search(r"changed=(\d+)", said)[1])

    assert apply(document) == 0
    (ls1,) = [each for each in document["switches"] if each["name"] == "ls1"]
    ls1["other_config"] = {"mcast_snoop": "true"}
    assert apply(document) == 1
    try:
        said = lab.play("playbooks/adopt.yml", adopt_hosts="node1")
        assert yaml.safe_load(path.read_text()) == document
        (kept,) = pathlib.Path(tmp_path).glob("network.yml.*")
        assert "mcast_snoop" not in kept.read_text()
    finally:
        ls1["other_config"] = {"mcast_snoop": None}
        apply(document)
    assert lab["node1"].check_output("ovn-nbctl get Logical_Switch ls1 other_config").strip() == "{}"
