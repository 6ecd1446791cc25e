# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document's network on two sandboxed hosts: vm1 and vm3 on hv1, vm2 on hv2.

On hv1 there is also vm5, on a switch ``outside`` that has a physical network, br-phy.
"""

from __future__ import annotations

from tests.support.daemons import Ovn

MAC = {
    "vm1": "02:ac:10:ff:00:11",
    "vm2": "02:ac:10:ff:00:22",
    "vm3": "02:ac:10:ff:00:33",
    "vm5": "02:ac:10:ff:00:55",
    "router1-ls1": "02:ac:10:ff:00:01",
    "router1-ls2": "02:ac:10:ff:01:01",
    "router1-join": "02:ac:10:ff:ff:02",
}
IP = {"vm1": "192.168.100.10", "vm2": "192.168.100.11", "vm3": "192.168.101.10"}
STALE_MAC = "02:ac:10:ff:00:13"
VIP = "10.254.10.10"


def build(cloud: Ovn) -> None:
    """Two switches, a router, a balancer on the client's switch, and what was learned about the VMs."""
    cloud.chassis[0].vsctl(
        "add-br", "br-phy", "--", "set", "Bridge", "br-phy", "datapath_type=dummy",
        "--", "add-port", "br-phy", "eth1",
        "--", "set", "Open_vSwitch", ".", "external_ids:ovn-bridge-mappings=phyNet:br-phy",
    )  # fmt: skip
    cloud.nbctl(
        "lr-add", "router1",
        "--", "lrp-add", "router1", "router1-ls1", MAC["router1-ls1"], "192.168.100.1/24",
        "--", "lrp-add", "router1", "router1-ls2", MAC["router1-ls2"], "192.168.101.1/24",
        "--", "ls-add", "ls1", "--", "ls-add", "ls2",
        *_router_port("ls1"), *_router_port("ls2"),
        *_vm("ls1", "vm1"), *_vm("ls1", "vm2"), *_vm("ls2", "vm3"),
        "--", "ls-add", "outside", *_vm("outside", "vm5"),
        "--", "lsp-add", "outside", "outside-localnet", "--", "lsp-set-type", "outside-localnet", "localnet",
        "--", "lsp-set-addresses", "outside-localnet", "unknown",
        "--", "lsp-set-options", "outside-localnet", "network_name=phyNet",
        "--", "lb-add", "lb1", VIP, f"{IP['vm1']},{IP['vm2']}",
        "--", "ls-lb-add", "ls2", "lb1",
    )  # fmt: skip
    for host, vm, switch in ((0, "vm1", "ls1"), (0, "vm3", "ls2"), (1, "vm2", "ls1"), (0, "vm5", "outside")):
        cloud.chassis[host].vsctl(
            "add-port", "br-int", vm, "--", "set", "Interface", vm, f"external_ids:iface-id={switch}-{vm}"
        )
    cloud.sync()
    router = str(cloud.rows("--columns=_uuid", "find", "Datapath_Binding", "external_ids:name=router1")[0]["_uuid"][1])  # type: ignore[index]
    for vm, port in (("vm1", "router1-ls1"), ("vm2", "router1-ls1"), ("vm3", "router1-ls2")):
        cloud.sbctl(
            "create", "MAC_Binding", f"logical_port={port}", f"ip={IP[vm]}", f'mac="{MAC[vm]}"', f"datapath={router}"
        )
    cloud.sync()


def make_stale(cloud: Ovn) -> None:
    """The router remembers another MAC for vm3 than the one it has: the document's fault."""
    [row] = cloud.rows("--columns=_uuid", "find", "MAC_Binding", f"ip={IP['vm3']}")
    cloud.sbctl("set", "MAC_Binding", row["_uuid"][1], f'mac="{STALE_MAC}"')  # type: ignore[index]
    cloud.sync()


def _router_port(switch: str) -> list[str]:
    port, peer = f"{switch}-router1", f"router1-{switch}"
    return [
        "--", "lsp-add", switch, port, "--", "lsp-set-type", port, "router",
        "--", "lsp-set-addresses", port, MAC[peer], "--", "lsp-set-options", port, f"router-port={peer}",
    ]  # fmt: skip


def _vm(switch: str, vm: str) -> list[str]:
    port = f"{switch}-{vm}"
    return [
        "--", "lsp-add", switch, port, "--", "lsp-set-addresses", port, MAC[vm],
        "--", "lsp-set-port-security", port, MAC[vm],
    ]  # fmt: skip
