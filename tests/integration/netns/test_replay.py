# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the units of persistent VMs and uplinks run, on a host that begins anew: taps and namespaces gone, Open vSwitch's rows as they were."""

from __future__ import annotations

import signal

VMS = [
    {
        "name": "vm1", "mac": "02:ac:10:ff:00:11", "addresses": ["192.168.100.10/24", "fd00:100::10/64"], "iface_id": "ls1-vm1",
        "routes": [{"dst": "default", "via": "192.168.100.1"}], "neighbours": [{"ip": "192.168.100.1", "lladdr": "02:ac:10:ff:00:01"}],
    },
    {"name": "vm2", "type": "veth", "addresses": ["192.168.100.11/24"], "mtu": 1400},
]  # fmt: skip


def test_vms(host, again):
    made = host.module("netns_vm", objects=VMS, wait=False)["objects"]
    state = ("bridge", "port", "type", "mac", "addresses", "routes", "neighbours", "offloads", "iface_id")
    declared = {vm["name"]: {**{name: vm.get(name) for name in state}, "mtu": vm["mtu_request"]} for vm in made}
    host.stop("ovs-vswitchd", signal.SIGKILL)
    for name in ("vm1", "vm2"):
        host.run("ip", "netns", "delete", name)
    host.start_vswitchd()
    assert host.namespaces() == []
    again("vm", declared)
    assert host.namespaces() == ["vm1", "vm2"]
    after = host.module("netns_vm", objects=VMS, wait=False)
    assert not after["changed"]
    assert [vm["mac"] for vm in after["objects"]] == [vm["mac"] for vm in made]
    again("vm", declared)  # and once more, when nothing is amiss
    assert not host.module("netns_vm", objects=VMS, wait=False)["changed"]


def test_persistent_needs_systemd(host):
    told = host.module("netns_vm", objects=[{"name": "vm1", "persistent": True}], wait=False, fails=True)["msg"]
    assert told == "objects[0].persistent: needs systemd, which does not run on this host"
    assert host.namespaces() == []
