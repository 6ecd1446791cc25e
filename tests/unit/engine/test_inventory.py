# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the southbound database to hosts, their groups and variables."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.inventory import build

OPTIONS = {
    "hostname": "hostname",
    "ansible_host": "hostname",
    "remote": False,
    "port_hostname": "logical_port",
    "netns_external_id": "virtnet-netns",
}


def chassis(name, hostname="", encaps=(("geneve", "192.0.2.1"),), external_ids=None, zones=(), **config):
    return {
        "name": name,
        "hostname": hostname,
        "encaps": [{"type": kind, "ip": ip, "options": {}} for kind, ip in encaps],
        "external_ids": external_ids or {},
        "other_config": {key.replace("_", "-"): value for key, value in config.items()},
        "transport_zones": list(zones),
    }


def port(name, on, mac=(), netns=None, datapath="ls", **more):
    return {
        "logical_port": name, "chassis": on, "datapath": datapath, "mac": list(mac), "port_security": [], "parent_port": None,
        "tag": None, "up": True, "external_ids": {"virtnet-netns": netns} if netns else {}, **more,
    }  # fmt: skip


def built(rows, ports=(), **options):
    """({name: Host}, warnings)"""
    hosts, warnings = build({"chassis": rows, "ports": list(ports)}, {**OPTIONS, **options})
    names = [host.name for host in hosts]
    assert len(names) == len(set(names))
    return {host.name: host for host in hosts}, warnings


def test_groups():
    row = chassis(
        "id", "h", [("geneve", "192.0.2.1"), ("vxlan", "192.0.2.1")], zones=["tz2", "tz1"],
        ovn_cms_options="card-serial=1, enable-chassis-as-gw,availability-zones=a:b",
        ovn_bridge_mappings="phys:br-ex,other:br-2",
    )  # fmt: skip
    host = built([row])[0]["h"]
    assert host.groups == [
        "ovn_chassis", "ovn_gateway", "ovn_encap_geneve", "ovn_encap_vxlan",
        "ovn_bridge_mapping_phys", "ovn_bridge_mapping_other", "ovn_availability_zone_a", "ovn_availability_zone_b",
        "ovn_transport_zone_tz1", "ovn_transport_zone_tz2",
    ]  # fmt: skip
    assert host.variables["ovn_gateway"] is True
    assert host.variables["ovn_bridge_mappings"] == {"phys": "br-ex", "other": "br-2"}
    assert host.variables["ovn_availability_zones"] == ["a", "b"]


@pytest.mark.parametrize("text", ["", ",", "enable-chassis-as-gw-not", "availability-zones=", "x=enable-chassis-as-gw"])
def test_no_gateway_and_no_zone(text):
    host = built([chassis("id", "h", ovn_cms_options=text, ovn_bridge_mappings="broken,,")])[0]["h"]
    assert host.groups == ["ovn_chassis", "ovn_encap_geneve"]
    assert host.variables["ovn_availability_zones"] == []


def test_a_configuration_in_external_ids():
    host = built([chassis("id", "h", external_ids={"ovn-cms-options": "enable-chassis-as-gw"})])[0]["h"]
    assert "ovn_gateway" in host.groups


@pytest.mark.parametrize(
    ("options", "name", "address"),
    [
        ({}, "h", None),
        ({"hostname": "name"}, "id", "h"),
        ({"ansible_host": "encap_ip"}, "h", "192.0.2.1"),
        ({"hostname": "name", "ansible_host": "none"}, "id", None),
    ],
)
def test_what_a_chassis_is_called_and_where_it_is(options, name, address):
    host = built([chassis("id", "h")], **options)[0][name]
    assert host.variables.get("ansible_host") == address


def test_one_hostname_twice():
    rows = [chassis("a", "h"), chassis("b", "h"), chassis("c", "a"), chassis("d", "d")]
    hosts, warnings = built(rows)
    # c, whose hostname is what a is called now, is called by its own name
    assert {name: host.variables["ovn_name"] for name, host in hosts.items()} == {
        "a": "a",
        "b": "b",
        "c": "c",
        "d": "d",
    }
    assert warnings == ["the chassis a and b have the same hostname, h: it is used for none of them"]
    # Neither is reached where the other may be
    assert "ansible_host" not in hosts["a"].variables
    assert hosts["c"].variables["ansible_host"] == "a"


def test_no_hostname_and_no_name():
    hosts, warnings = built([chassis("vtep"), chassis("vtep2"), chassis("")])
    assert sorted(hosts) == ["vtep", "vtep2"]
    assert warnings == ["a chassis without a name and hostname is left out"]


def test_chassis_of_other_zones():
    rows = [chassis("a", "a"), chassis("far", "far", is_remote="true")]
    assert list(built(rows)[0]) == ["a"]
    assert list(built(rows, remote=True)[0]) == ["a", "far"]
    assert list(built(rows, [port("p", "far")])[0]) == ["a"]


def test_a_virtual_machine():
    mac = ["02:AC:10:ff:00:11 10.0.0.1 fd00::1", "unknown", "02:ac:10:ff:00:12 10.0.0.2"]
    host = built([chassis("id", "h")], [port("p1", "id", mac)])[0]["p1"]
    assert host.groups == ["ovn_ports", "ovn_datapath_ls"]
    assert host.variables == {
        "ovn_logical_port": "p1", "ovn_chassis": "h", "ovn_datapath": "ls", "ovn_mac": "02:ac:10:ff:00:11",
        "ovn_addresses": ["10.0.0.1", "fd00::1", "10.0.0.2"], "ovn_port_security": [], "ovn_parent_port": None, "ovn_tag": None,
        "ovn_up": True, "ovn_external_ids": {},
    }  # fmt: skip


@pytest.mark.parametrize("mac", [[], ["unknown"], ["router"], [""], ["no address at all"]])
def test_a_virtual_machine_without_addresses(mac):
    variables = built([chassis("id", "h")], [port("p1", "id", mac)])[0]["p1"].variables
    assert (variables["ovn_mac"], variables["ovn_addresses"]) == (None, [])


def test_a_namespace():
    rows = [chassis("id", "h")]
    variables = built(rows, [port("p1", "id", netns="vm1")])[0]["p1"].variables
    assert variables["ansible_host"] == "h"
    assert variables["ansible_become"] is True
    assert variables["ansible_become_method"] == "virtnet.ovn.netns"
    assert variables["ansible_netns"] == "vm1"
    variables = built(rows, [port("p1", "id", netns="vm1")], ansible_host="encap_ip")[0]["p1"].variables
    assert variables["ansible_host"] == "192.0.2.1"
    other = port("p1", "id", external_ids={"ns": "vm2"})
    assert built(rows, [other], netns_external_id="ns")[0]["p1"].variables["ansible_netns"] == "vm2"


def test_namespaces_name_hosts():
    ports = [
        port("p1", "id", netns="vm1"),
        port("p2", "id"),
        port("p3", "id", netns="vm3"),
        port("p4", "id", netns="vm3"),
    ]
    hosts = built([chassis("id", "h")], ports, port_hostname="netns")[0]
    assert sorted(hosts) == ["h", "p2", "p3", "p4", "vm1"]


def test_a_virtual_machine_with_the_name_of_a_chassis():
    hosts, warnings = built([chassis("id", "h")], [port("h", "id"), port("p", "id")])
    assert sorted(hosts) == ["h", "p"]
    assert hosts["h"].variables["ovn_name"] == "id"
    assert warnings == ["the logical port 'h' is left out, for 'h' is the name of a chassis"]
