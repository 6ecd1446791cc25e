# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the golden files: what real daemons of a release print for the document's network.

python -m tests.unit.openflow.record golden/23.03
python -m tests.unit.openflow.record golden/25.03 /path/to/a/system/of/that/release
"""

from __future__ import annotations

import pathlib
import sys

from tests.support import network as net
from tests.support.daemons import Chassis, Ovn, ovn

ETH = f"dl_src={net.MAC['vm3']},dl_dst={net.MAC['router1-ls2']},nw_src={net.IP['vm3']},nw_ttl=64"
PING = f"in_port=vm3,icmp,icmp_type=8,{ETH},nw_dst="
VIP = f"in_port=vm3,tcp,{ETH},nw_dst={net.VIP},tp_src=40000,tp_dst=8000"
TUPLE = f"ct_state=trk|new,ct_nw_src={net.IP['vm3']},ct_nw_dst={net.VIP},ct_nw_proto=6,ct_tp_src=40000,ct_tp_dst=8000"
LOGICAL = (
    f'inport == "ls2-vm3" && eth.src == {net.MAC["vm3"]} && eth.dst == {net.MAC["router1-ls2"]}'
    f" && ip4.src == {net.IP['vm3']} && ip.ttl == 64 && ip4.dst == "
)


def record(cloud: Ovn, directory: pathlib.Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    host = cloud.chassis[0]

    def save(name: str, text: str) -> None:
        assert text, name
        (directory / name).write_text(text)

    def trace(name: str, flow: str, *options: str, on: Chassis = host, bridge: str = "br-int") -> None:
        save(f"{name}.ofproto", on.appctl("ofproto/trace", bridge, "--names", *options, flow))

    def logical(name: str, expression: str, *options: str) -> None:
        save(f"{name}.ovntrace", cloud.trace(*options, "ls2", expression))

    trace("gateway", PING + "192.168.101.1")
    trace("vm1", PING + net.IP["vm1"])
    trace("tunnel", PING + net.IP["vm2"])
    trace("unknown_mac", PING + "192.168.100.77")
    trace("port_security", (PING + "192.168.101.1").replace(net.MAC["vm3"], "02:00:00:00:00:99"))
    trace("vip_no_hash", VIP)
    trace("vip_bucket", VIP + ",dp_hash=1," + TUPLE)
    trace("vip_established", VIP + ",dp_hash=1", "--ct-next", "trk,est")
    trace(
        "localnet", f"in_port=vm5,ip,dl_src={net.MAC['vm5']},dl_dst=02:00:00:00:00:01,nw_src=192.0.2.5,nw_dst=192.0.2.1"
    )
    logical("gateway", LOGICAL + "192.168.101.1 && icmp4.type == 8")
    logical("unknown_mac", LOGICAL + "192.168.100.77")
    logical("ttl_exceeded", (LOGICAL + net.IP["vm1"]).replace("ip.ttl == 64", "ip.ttl == 1"))
    logical("vip_established", LOGICAL + f"{net.VIP} && tcp.dst == 8000")
    logical("vip_new", LOGICAL + f"{net.VIP} && tcp.dst == 8000", "--ct=new", "--ct=new")
    logical(
        "vip_backend", LOGICAL + f"{net.VIP} && tcp.dst == 8000", "--ct=new", "--ct=new", f"--lb-dst={net.IP['vm2']}"
    )
    logical(
        "port_security",
        (LOGICAL + "192.168.101.1").replace(f"eth.src == {net.MAC['vm3']}", "eth.src == 02:00:00:00:00:99"),
    )
    logical("arp", f'inport == "ls2-vm3" && eth.src == {net.MAC["vm3"]} && eth.dst == ff:ff:ff:ff:ff:ff && arp.op == 1 && '
            f"arp.spa == {net.IP['vm3']} && arp.tpa == 192.168.101.1 && arp.sha == {net.MAC['vm3']}")  # fmt: skip
    flows = host.ofctl("-O", "OpenFlow15", "--names", "dump-flows", "br-int").splitlines(keepends=True)
    save(
        "balancer.flows", "".join(flow for flow in flows if net.VIP in flow or "MAC" in flow or "priority=110" in flow)
    )
    save("balancer.groups", host.ofctl("-O", "OpenFlow15", "dump-groups", "br-int"))
    save("balancer.group-stats", host.ofctl("-O", "OpenFlow15", "dump-group-stats", "br-int"))
    net.make_stale(cloud)
    trace("stale", PING + "192.168.101.1")
    logical("stale", LOGICAL + "192.168.101.1 && icmp4.type == 8")
    cloud.nbctl("acl-add", "ls1", "to-lport", "1000", f"ip4.dst == {net.IP['vm1']}", "drop")
    cloud.sync()
    trace("acl_drop", PING + net.IP["vm1"])
    logical("acl_drop", LOGICAL + f"{net.IP['vm1']} && icmp4.type == 8")


if __name__ == "__main__":
    with ovn(chassis=2, root=pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None) as central:
        net.build(central)
        record(central, pathlib.Path(sys.argv[1]))
