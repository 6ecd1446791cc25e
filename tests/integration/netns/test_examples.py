# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of netns_vm and ovs_uplink, in their order, on a host that has what they name; each is as idempotent as it is shown."""

from __future__ import annotations

import pytest
import yaml

from tests.support.modules import examples

EXAMPLES_RUN = ("netns_vm", "ovs_uplink")


@pytest.mark.parametrize("module", EXAMPLES_RUN)
def test_the_examples_run(host, module):
    host.vsctl("add-br", "br-eth1", "--", "set", "Bridge", "br-eth1", "datapath_type=netdev")
    if module == "ovs_uplink":
        for number, name in enumerate(("eth0", "eth1"), 1):
            host.run("ip", "link", "add", name, "type", "veth", "peer", "name", "far%d" % number)
            host.run("ip", "address", "add", "192.0.2.%d/24" % number, "dev", name)
            host.run("ip", "link", "set", name, "up")
            host.run("ip", "link", "set", "far%d" % number, "up")
    for task in yaml.safe_load(examples(module)):
        name, options = task["name"], task["virtnet.ovn." + module]
        if module == "netns_vm":
            options["wait"] = False  # no ovn-controller is here that would install a port; in the lab there is one
        elif options.get("state") != "absent":
            options.setdefault("datapath_type", "netdev")  # the kernel's needs its module
        assert host.module(module, check=True, **options)["changed"], name
        assert host.module(module, **options)["changed"], name
        assert not host.module(module, **options)["changed"], name
    if module == "netns_vm":
        assert host.namespaces() == ["client", "vm3"]
        assert host.get("vm3", "external_ids:iface-id") == "ls2-vm3"
    else:
        assert sorted(host.vsctl("list-br").split()) == ["br-eth1", "br-ext", "br-int"]
        assert "192.0.2.1" in str(host.ip("address", "show", "dev", "eth0"))
        assert host.vsctl("get", "Open_vSwitch", ".", "external_ids:ovn-bridge-mappings") == '"physnet1:br-ext"'
