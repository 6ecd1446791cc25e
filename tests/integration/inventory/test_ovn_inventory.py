# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin, asked by ansible-inventory, against real southbound databases."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest
import yaml

from ansible_collections.virtnet.ovn.plugins.inventory.ovn import InventoryModule
from tests.support.faults import listener
from tests.support.ovsdb import SCHEMAS, cluster, newest, ovn, standalone
from tests.support.waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(sys.executable).parent
SB = "OVN_Southbound"
SCHEMA_FILES = sorted({SCHEMAS[SB], str(newest(SB))})


def chassis(sb, name, ip, *settings, types="geneve"):
    sb.ctl("chassis-add", name, types, ip, "--", "set", "Chassis", name, *settings)


def fill(sb):
    chassis(
        sb, "id-1", "192.0.2.1", "hostname=hv1", "external_ids:site=north", "other_config:datapath-type=netdev",
        'other_config:ovn-cms-options="enable-chassis-as-gw,availability-zones=az-1:az2"',
        'other_config:ovn-bridge-mappings="phys-net:br-ex"',
    )  # fmt: skip
    chassis(sb, "id-2", "192.0.2.2", "hostname=hv2", "external_ids:evil={{ 7 * 7 }}", types="geneve,vxlan")


class Inventory:
    """An inventory file, and what Ansible makes of it."""

    def __init__(self, folder, sb):
        self.path, self.sb = folder / "ovn.yml", sb

    def write(self, **options):
        self.path.write_text(yaml.safe_dump({"plugin": "virtnet.ovn.ovn", "sb": self.sb, "timeout": 5, **options}))
        return self

    def run(self, program, *args, fails=False, **env):
        done = subprocess.run(
            [BIN / program, "-i", self.path, *args], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1", "NO_COLOR": "1", "COLUMNS": "1000", **env},
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert bool(done.returncode) is fails, done.stderr
        return done

    def error(self, **env):
        return " ".join(self.run("ansible-inventory", "--list", fails=True, **env).stderr.split())

    def list(self, warned="", **env):
        """({group: hosts}, {host: variables})"""
        done = self.run("ansible-inventory", "--list", **env)
        assert bool(done.stderr) is bool(warned), done.stderr
        assert warned in " ".join(done.stderr.split())
        shown = json.loads(done.stdout)
        hostvars = _plain(shown.pop("_meta")["hostvars"])
        return {name: group["hosts"] for name, group in shown.items() if "hosts" in group}, hostvars


def _plain(value):
    """Values without the mark of what is no template."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"]
            if list(value) == ["__ansible_unsafe"]
            else {k: _plain(v) for k, v in value.items()}
        )
    return [_plain(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module", params=SCHEMA_FILES)
def sb(request):
    with standalone(SB, schema=request.param) as server:
        fill(server)
        yield server


@pytest.fixture
def inventory(sb, tmp_path):
    return Inventory(tmp_path, sb.remote)


def test_chassis(inventory):
    groups, hostvars = inventory.write().list()
    assert groups == {
        "ovn_chassis": ["hv1", "hv2"],
        "ovn_gateway": ["hv1"],
        "ovn_encap_geneve": ["hv1", "hv2"],
        "ovn_encap_vxlan": ["hv2"],
        "ovn_bridge_mapping_phys_net": ["hv1"],
        "ovn_availability_zone_az_1": ["hv1"],
        "ovn_availability_zone_az2": ["hv1"],
    }
    assert hostvars["hv1"] == {
        "ovn_name": "id-1",
        "ovn_hostname": "hv1",
        "ovn_encaps": [{"type": "geneve", "ip": "192.0.2.1", "options": {"csum": "true"}}],
        "ovn_external_ids": {"site": "north"},
        "ovn_other_config": {
            "datapath-type": "netdev",
            "ovn-cms-options": "enable-chassis-as-gw,availability-zones=az-1:az2",
            "ovn-bridge-mappings": "phys-net:br-ex",
        },
        "ovn_transport_zones": [],
        "ovn_bridge_mappings": {"phys-net": "br-ex"},
        "ovn_cms_options": ["enable-chassis-as-gw", "availability-zones=az-1:az2"],
        "ovn_availability_zones": ["az-1", "az2"],
        "ovn_gateway": True,
    }


def test_constructed(inventory):
    inventory.write(
        hostname="name",
        ansible_host="encap_ip",
        strict=True,
        compose={"site": "ovn_external_ids.site | default('none')", "number": "1000 + 1"},
        groups={"user-space": "ovn_other_config['datapath-type'] | default('') == 'netdev'"},
        keyed_groups=[{"key": "site", "prefix": "in-site"}],
    )
    groups, hostvars = inventory.list()
    assert groups["user_space"] == groups["in_site_north"] == ["id-1"]
    assert groups["in_site_none"] == ["id-2"]
    assert (hostvars["id-2"]["ansible_host"], hostvars["id-2"]["number"]) == ("192.0.2.2", 1001)
    inventory.write(strict=True, compose={"site": "ovn_external_ids.site"})
    assert "Could not set site for host hv2" in inventory.error()


def test_where(inventory):
    assert inventory.write(where={"external_ids": {"site": "north"}}).list()[0]["ovn_chassis"] == ["hv1"]
    assert inventory.write(where=[["hostname", "!=", "hv1"]]).list()[0]["ovn_chassis"] == ["hv2"]
    assert inventory.write(where={"hostname": "nobody"}).list()[0] == {}


def test_what_a_chassis_says_is_no_template(inventory):
    done = inventory.write(compose={"copy": "ovn_external_ids.evil"}).run(
        "ansible", "hv2", "-c", "local", "-m", "ansible.builtin.debug", "-a", "msg={{ copy }}"
    )
    assert "{{ 7 * 7 }}" in done.stdout
    assert "49" not in done.stdout


def test_the_cache(tmp_path):
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    with standalone(SB) as sb:
        fill(sb)
        inventory = Inventory(tmp_path, sb.remote).write(**cached)
        first = inventory.list()
        sb.ctl("chassis-del", "id-2")
        assert inventory.list() == first
        # Another choice of rows is another question
        assert inventory.write(where=[["name", "!=", ""]], **cached).list()[0]["ovn_chassis"] == ["hv1"]
        # The server is asked again where the cache is to be renewed
        assert inventory.write(**cached).list()[0]["ovn_chassis"] == ["hv1"]
        chassis(sb, "id-3", "192.0.2.3", "hostname=hv3")
        done = inventory.run("ansible", "all", "--flush-cache", "--list-hosts")
        assert re.findall(r"hv\d", done.stdout) == ["hv1", "hv3"]
    # How hosts are made of the rows may change meanwhile
    groups, hostvars = inventory.write(hostname="name", **cached).list()
    assert groups["ovn_chassis"] == ["id-1", "id-3"]
    assert hostvars["id-3"]["ansible_host"] == "hv3"
    assert "no such socket" in inventory.write().error()


def test_one_hostname_twice(tmp_path):
    with standalone(SB) as sb:
        fill(sb)
        chassis(sb, "id-4", "192.0.2.4", "hostname=hv1")
        groups, _hostvars = (
            Inventory(tmp_path, sb.remote).write().list(warned="id-1 and id-4 have the same hostname, hv1")
        )
    assert groups["ovn_chassis"] == ["id-1", "hv2", "id-4"]


def test_virtual_machines(tmp_path):
    """The namespace is told of in the northbound database, and ovn-northd copies it."""
    with ovn() as (nb, sb):
        fill(sb)
        nb.ctl(
            "--wait=sb", "ls-add", "web-net", "--", "lsp-add", "web-net", "p1",
            "--", "lsp-set-addresses", "p1", "02:ac:10:ff:00:11 10.0.0.11",
            "--", "set", "Logical_Switch_Port", "p1", "external_ids:virtnet-netns=web1", "external_ids:owner=web",
            "--", "lsp-add", "web-net", "p2", "--", "lsp-set-addresses", "p2", "unknown", "--", "lsp-add", "web-net", "p3",
        )  # fmt: skip
        sb.ctl("lsp-bind", "p1", "id-1", "--", "lsp-bind", "p2", "id-2")
        inventory = Inventory(tmp_path, sb.remote)
        assert "p1" not in inventory.write().list()[1]
        groups, hostvars = inventory.write(
            port_bindings=True, keyed_groups=[{"key": "ovn_chassis", "prefix": "on"}]
        ).list()
        assert groups["ovn_ports"] == groups["ovn_datapath_web_net"] == ["p1", "p2"]
        assert groups["on_hv1"] == ["p1"]
        expected = {
            "ovn_logical_port": "p1", "ovn_chassis": "hv1", "ovn_datapath": "web-net", "ovn_mac": "02:ac:10:ff:00:11",
            "ovn_addresses": ["10.0.0.11"], "ansible_host": "hv1", "ansible_become": True,
            "ansible_become_method": "virtnet.ovn.netns", "ansible_netns": "web1",
        }  # fmt: skip
        assert expected.items() <= hostvars["p1"].items()
        assert hostvars["p1"]["ovn_external_ids"]["owner"] == "web"
        assert not {"ansible_host", "ansible_become"} & hostvars["p2"].keys()
        inventory.write(port_bindings=True, port_hostname="netns", port_where={"external_ids": {"owner": "web"}})
        assert inventory.list()[0]["ovn_ports"] == ["web1"]
        # Where its chassis is none of the inventory, neither is the virtual machine
        assert inventory.write(port_bindings=True, where={"hostname": "hv2"}).list()[0]["ovn_ports"] == ["p2"]


def test_tcp_and_tls(tmp_path):
    with standalone(SB, listen=("tcp", "ssl")) as sb:
        fill(sb)
        assert Inventory(tmp_path, sb.tcp).write().list()[0]["ovn_gateway"] == ["hv1"]
        key, certificate = sb.pki.issue("controller")
        files = {"private_key": key, "certificate": certificate, "ca_cert": sb.pki.ca_cert}
        inventory = Inventory(tmp_path, sb.ssl)
        assert inventory.write(**files).list()[0]["ovn_gateway"] == ["hv1"]
        assert "ca_cert is missing" in inventory.write(private_key=key, certificate=certificate).error()


def test_a_follower_will_do_unless_told(tmp_path):
    with cluster(3, SB) as sb:
        fill(sb)
        follower = Inventory(tmp_path, sb.remotes[sb.followers()[0]])
        until(lambda: "hv2" in sb.ctl("--no-leader-only", "show"), "the followers know the chassis")
        assert follower.write().list()[0]["ovn_chassis"] == ["hv1", "hv2"]
        assert "is a follower of the cluster" in follower.write(leader_only=True, timeout=1).error()


def test_the_environment_names_the_server(sb, tmp_path):
    inventory = Inventory(tmp_path, sb.remote)
    inventory.path.write_text("plugin: virtnet.ovn.ovn\n")
    assert inventory.list(OVN_SB_DB=sb.remote)[0]["ovn_gateway"] == ["hv1"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sb": "unix:/nowhere"}, "unix:/nowhere: there is no such socket (is the server running?)"),
        ({"sb": "192.0.2.1:6642"}, "'192.0.2.1:6642' is no remote"),
        (
            {"where": {"hostnam": "x"}},
            "where.hostnam: 'hostnam' is no column of the table Chassis; did you mean hostname?",
        ),
        ({"where": "x"}, "where: expected"),
        ({"port_bindings": True, "port_where": {"up": "perhaps"}}, "port_where.up: 'perhaps' is no boolean"),
        ({"timeout": 0}, "timeout: 0.0 is not a number of seconds above zero"),
        ({"hostname": "ip"}, "'hostname'"),
        ({"port_binding": True}, "port_binding: no option of virtnet.ovn.ovn"),
    ],
)
def test_bad_options(sb, tmp_path, options, said):
    assert said in Inventory(tmp_path, sb.remote).write(**options).error()


def test_other_databases_and_files(sb, tmp_path):
    with standalone() as nb:
        assert (
            "serves the database OVN_Northbound, not OVN_Southbound" in Inventory(tmp_path, nb.remote).write().error()
        )
    inventory = Inventory(tmp_path, sb.remote)
    for text, said in (
        ("plugin: ansible.builtin.constructed\n", "Incorrect plugin name in file"),
        ("- plugin: virtnet.ovn.ovn\n", "is no dictionary of options"),
        ("", "is empty"),
    ):
        inventory.path.write_text(text)
        assert said in inventory.error(ANSIBLE_INVENTORY_ENABLED="virtnet.ovn.ovn"), text


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("ovn.yml", True),
        ("ovn.yaml", True),
        ("north.ovn.yml", True),
        ("hosts.yml", False),
        ("ovn.json", False),
        ("ovn", False),
    ],
)
def test_the_name_of_the_file(tmp_path, name, ours):
    path = tmp_path / name
    assert InventoryModule().verify_file(str(path)) is False
    path.touch()
    assert InventoryModule().verify_file(str(path)) is ours


def test_a_server_that_hangs(tmp_path):
    with listener(lambda _sock, stop: stop.wait()) as remote:
        start = time.monotonic()
        assert "no answer in time" in Inventory(tmp_path, remote).write(timeout=0.5).error()
        assert time.monotonic() - start < 10


def test_the_examples(sb, tmp_path):
    """Each example, less who is asked."""
    source = (ROOT / "plugins/inventory/ovn.py").read_text()
    (text,) = re.findall(r'EXAMPLES = r"""(.*?)"""', source, re.DOTALL)
    documents = list(yaml.safe_load_all(text))
    assert len(documents) == 4
    documents.append(yaml.safe_load((ROOT / "inventories/southbound.example/ovn.yml").read_text()))
    for options in documents:
        options = {k: v for k, v in options.items() if k not in ("sb", "private_key", "certificate", "ca_cert")}
        if "cache_connection" in options:
            options["cache_connection"] = str(tmp_path / "cache")
        assert "hv1" in Inventory(tmp_path, sb.remote).write(**options).list()[0]["ovn_chassis"]
