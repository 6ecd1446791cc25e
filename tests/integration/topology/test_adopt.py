# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/adopt.yml: a network that ovn-nbctl built becomes a document, and applying it changes nothing."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import jsonschema
import pytest
import yaml

from tests.support.topology import rows

ROOT = pathlib.Path(__file__).resolve().parents[3]

BUILD = [
    ["ls-add", "web"],
    ["lsp-add", "web", "web-1", "--", "lsp-set-addresses", "web-1", "02:00:00:00:00:11 10.0.0.11", "unknown"],
    ["lsp-add", "web", "web-edge", "--", "lsp-set-type", "web-edge", "router"],
    ["lsp-set-options", "web-edge", "router-port=edge-web"],
    ["acl-add", "web", "to-lport", "1000", "ip4 && tcp", "allow-related"],
    ["lr-add", "edge"],
    ["lrp-add", "edge", "edge-web", "10:20:30:40:50:59", "10.0.0.1/24"],
    ["lr-nat-add", "edge", "snat", "192.0.2.2", "10.0.0.0/24"],
    ["lb-add", "shop", "192.0.2.100:80", "10.0.0.11:8080,10.0.0.12:8080"],
    ["lr-lb-add", "edge", "shop"],
]

DOCUMENT = """\
# yaml-language-server: $schema=topology.schema.json
# The network of {nb}: a document for virtnet.ovn.ovn_topology.

switches:
- name: web
  ports:
  - name: web-1
    addresses:
    - 02:00:00:00:00:11 10.0.0.11
    - unknown
  - name: web-edge
    type: router
    options:
      router-port: edge-web
  acls:
  - direction: to-lport
    priority: 1000
    match: ip4 && tcp
    action: allow-related

routers:
- name: edge
  ports:
  - name: edge-web
    mac: '10:20:30:40:50:59'
    networks:
    - 10.0.0.1/24
  nat:
  - type: snat
    external_ip: 192.0.2.2
    logical_ip: 10.0.0.0/24
    options:
      stateless: 'false'
  load_balancer:
  - shop

load_balancers:
- name: shop
  vips:
    192.0.2.100:80: 10.0.0.11:8080,10.0.0.12:8080
  protocol: tcp
"""


@pytest.fixture
def adopt(tmp_path):
    """Runs the playbook by its name, somewhere else, as people do who installed the collection."""

    def play(*arguments, fails=False):
        done = subprocess.run(
            [pathlib.Path(sys.executable).parent / "ansible-playbook", "virtnet.ovn.adopt", *arguments],
            cwd=tmp_path, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={
                **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
                "PWD": str(tmp_path), "NO_COLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false",
            },
        )  # fmt: skip
        assert bool(done.returncode) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return play


@pytest.mark.slow
def test_a_network_that_ovn_nbctl_built(nb, adopt, tmp_path):
    for step in BUILD:
        nb.server.ctl(*step)
    before = nb.dump()
    here = ["-e", "adopt_hosts=localhost", "-e", "adopt_nb=" + nb.server.remote]

    said = adopt(*here)
    assert "network.yml describes 1 switches, 1 routers, 1 load balancers." in said
    assert "changed=2" in said, "the document and its schema"
    assert nb.dump() == before
    text = (tmp_path / "network.yml").read_text()
    assert text == DOCUMENT.format(nb=nb.server.remote)
    schema = json.loads((tmp_path / "topology.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(text), schema)

    # An edit by hand is not lost, when the network is read again
    (tmp_path / "network.yml").write_text("switches: []\n")
    adopt(*here, "-e", json.dumps({"adopt_schema": "", "adopt_owner": "net-team"}))
    assert (tmp_path / "network.yml").read_text() == text.partition("\n")[2]
    (kept,) = tmp_path.glob("network.yml.*")
    assert kept.read_text() == "switches: []\n"
    owned = nb.dump()
    assert owned != before
    owners = {
        row["external_ids"].get("virtnet-owner")
        for found in owned.values()
        for row in found.values()
        if "external_ids" in row and "nb_cfg" not in row
    }
    assert owners == {"net-team"}
    nb.wipe()
    for step in BUILD:
        nb.server.ctl(*step)
    expected = rows(nb)
    assert expected == without_owner(owned, nb), "the tag is all that was written"


def without_owner(dump, nb):
    """The rows of a dump, as ``rows`` gives them, without the owner's tag."""

    class Fixed:
        def dump(self):
            return dump

    return rows(Fixed(), ignore=("virtnet-owner",))


@pytest.mark.slow
def test_it_says_what_is_wrong(adopt, tmp_path):
    said = adopt("-e", "adopt_hosts=localhost", "-e", "adopt_nb=unix:/nonexistent/nb.sock", fails=True)
    assert "unix:/nonexistent/nb.sock" in said
    assert "there is no such socket" in said
    said = adopt(fails=True)
    assert "adopt_hosts: the inventory has no host that matches ovn_central" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_the_document_does_not_say_is_told(nb, adopt):
    """It proves that what it wrote is so; what it could not write, it must say."""
    nb.server.ctl("ls-add", "web", "--", "set", "NB_Global", ".", "options:use_logical_dp_groups=true")
    before = nb.dump()
    said = " ".join(adopt("-e", "adopt_hosts=localhost", "-e", "adopt_nb=" + nb.server.remote).split())
    assert "the document leaves out NB_Global:options (use_logical_dp_groups): ovn_nb_global declares it" in said
    assert "describes 1 switches." in said
    assert nb.dump() == before
