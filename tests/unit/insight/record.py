# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record facts of packets for the judgement: what the modules of the role ovn_packet_trace return in the document's network.

python -m tests.unit.insight.record            # of the OVN that this machine has
python -m tests.unit.insight.record ROOT       # of that in the directory ROOT, a whole Debian system such as a lab's image
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import sys
import tempfile
from collections.abc import Iterator

from ansible_collections.virtnet.ovn.plugins.module_utils._insight import packet_trace
from tests.support import network as net
from tests.support.daemons import Ovn, ovn
from tests.support.modules import run_module

FACTS = pathlib.Path(__file__).parent / "facts"
NEW = ["new"] * 8


def collect(cloud: Ovn, **path: object) -> dict:
    """The facts, as the role collects them."""
    found = run_module("ovn_path_info", path, cloud.env)
    hosts = {f"hv{number}": host for number, host in enumerate(cloud.chassis, 1)}
    physical: list[dict] = []
    chassis, begin = (
        found["source"]["chassis"]["name"],
        {"iface_id": found["source"]["iface_id"], "flow": found["flow"]},
    )
    while chassis:
        trace = run_module("ovs_trace", begin, hosts[chassis].env)
        physical.append({"chassis": chassis, "trace": _lean(trace)})
        if not trace["tunnels"]:
            break
        begin = {"tunnel_from": chassis, "flow": trace["tunnels"][0]["flow"]}
        chassis = trace["tunnels"][0]["chassis"]
    logical = run_module("ovn_trace", {"microflow": found["microflow"], "ct": NEW}, cloud.env)
    facts = {"path": _lean(found), "logical": _lean(logical), "physical": physical, "not_followed": None, "origins": []}
    flows = packet_trace.flows_to_look_up(facts)
    facts["origins"] = run_module("ovn_flow_origin_info", {"flows": flows}, cloud.env)["flows"]
    return facts


def _lean(result: dict) -> dict:
    return {name: value for name, value in result.items() if name not in ("text", "invocation", "changed")}


def record(cloud: Ovn) -> None:
    release = cloud.run("ovn-nbctl", "--version").split()[1].rpartition(".")[0]
    directory = FACTS / release
    directory.mkdir(parents=True, exist_ok=True)

    def save(name: str, **path: object) -> None:
        facts = collect(cloud, **path)
        (directory / f"{name}.json").write_text(json.dumps(facts, indent=0, sort_keys=True) + "\n")
        judged = packet_trace.judge(facts)
        sys.stdout.write(
            f"== {name}: {judged['verdict']} reached={judged['reached']} {judged['cause']}\n{judged['story']}\n"
        )
        sys.stdout.write("".join(f"!! {warning}\n" for warning in judged["warnings"]))

    vm3 = {"source": "ls2-vm3"}
    save("gateway", **vm3, destination="192.168.101.1")
    save("vm1", **vm3, destination="ls1-vm1")
    save("tunnel", **vm3, destination="ls1-vm2")
    save("switch", source="ls1-vm1", destination="ls1-vm2")
    save("vip", **vm3, destination=net.VIP, port=8000)
    save("port_security", **vm3, destination="192.168.101.1", source_mac="02:00:00:00:00:99", source_ip=net.IP["vm3"])
    save("no_route", **vm3, destination="198.51.100.1")
    save("unknown_mac", **vm3, destination="192.168.100.77")
    save(
        "localnet",
        source="outside-vm5",
        destination="192.0.2.1",
        source_ip="192.0.2.5",
        destination_mac="02:00:00:00:00:01",
    )
    cloud.nbctl("--", "lr-route-add", "router1", "198.51.100.0/24", net.IP["vm1"])
    cloud.nbctl("acl-add", "ls1", "to-lport", "1000", f"ip4.dst == {net.IP['vm1']}", "drop")
    cloud.sync()
    save("acl_drop", **vm3, destination="ls1-vm1")
    cloud.nbctl("acl-del", "ls1")
    cloud.nbctl(
        "pg-add", "pg1", "ls1-vm1", "--", "acl-add", "pg1", "to-lport", "1000", "outport == @pg1 && icmp4", "drop"
    )
    cloud.sync()
    save("port_group", **vm3, destination="ls1-vm1")
    cloud.nbctl("pg-del", "pg1")
    cloud.sync()
    save("static_route", **vm3, destination="198.51.100.1")
    cloud.nbctl("lr-policy-add", "router1", "100", f"ip4.dst == {net.IP['vm1']}", "drop")
    cloud.nbctl("acl-add", "ls2", "from-lport", "1001", f"ip4.dst == {net.IP['vm2']} && icmp4", "reject")
    cloud.nbctl("acl-add", "ls2", "from-lport", "1000", "ip4", "allow-related")
    cloud.sync()
    save("policy", **vm3, destination="ls1-vm1")
    save("reject", **vm3, destination="ls1-vm2")
    save("allow", **vm3, destination="ls1-vm2", protocol="udp", port=53)
    cloud.chassis[1].vsctl("remove", "Interface", "vm2", "external_ids", "iface-id")
    cloud.sync()
    save("unbound", **vm3, destination="ls1-vm2", protocol="udp", port=53)
    cloud.nbctl("acl-del", "ls2", "--", "lr-policy-del", "router1")
    net.make_stale(cloud)
    save("stale", **vm3, destination="192.168.101.1", source_ip=net.IP["vm3"])


@contextlib.contextmanager
def at_hand(cloud: Ovn) -> Iterator[None]:
    """The tools and the sockets of another release's daemons, as if they were this machine's."""
    if cloud.root is None:
        yield
        return
    link = cloud.inside(cloud.directory)
    link.symlink_to(cloud.directory)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for tool in ("ovs-appctl", "ovs-ofctl", "ovs-vsctl", "ovn-trace"):
                script = pathlib.Path(folder, tool)
                script.write_text(f'#!/bin/sh\nexec chroot {cloud.root} {tool} "$@"\n')
                script.chmod(0o755)
            for daemons in (cloud, *cloud.chassis):
                daemons.env["PATH"] = f"{folder}:{daemons.env['PATH']}"
            yield
    finally:
        link.unlink()


if __name__ == "__main__":
    with ovn(chassis=2, root=pathlib.Path(sys.argv[1]) if sys.argv[1:] else None) as central, at_hand(central):
        net.build(central)
        record(central)
