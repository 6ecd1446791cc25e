# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the lab's network, made and mended by the commands of OVN, Open vSwitch and the kernel. Nothing here knows the diagnosis."""

from __future__ import annotations

import dataclasses

# What a host is told, in the order of telling
Commands = tuple[tuple[str, str], ...]

SYNC = ("node1", "ovn-nbctl --timeout=30 --wait=hv sync")
VM3_IS_UP = ("node1", "ovn-nbctl --timeout=30 wait-until Logical_Switch_Port ls2-vm3 up=true")
VM2_IS_UP = ("node1", "ovn-nbctl --timeout=30 wait-until Logical_Switch_Port ls1-vm2 up=true")


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    cause: str
    ends: tuple[str, str]
    make: Commands
    mend: Commands
    port: int | None = None
    quick: bool = False
    # What comes to be by itself once it is made: (host, a command that succeeds then)
    shows: Commands = ()
    # Virtual machines that it brings with it, by their hosts, and what takes them away
    machines: dict[str, str] = dataclasses.field(default_factory=dict, hash=False)
    clean: Commands = ()
    # There are releases of OVN on which it does no harm, and so is none
    may_work: bool = False


def nb(command: str) -> tuple[str, str]:
    return ("node1", "ovn-nbctl --timeout=30 --wait=hv " + command)


def vm(name: str, command: str) -> tuple[str, str]:
    return (
        {"vm1": "node2", "vm2": "node3", "vm3": "node2", "vm4": "node3"}[name],
        command.replace("NS", "ip netns exec " + name),
    )


VM1, VM2, VM3, CLIENT, GATEWAY, VIP = (
    "192.168.100.10",
    "192.168.100.11",
    "192.168.101.10",
    "172.18.1.10",
    "192.168.101.1",
    "10.254.10.10",
)
NEAR, ROUTED, FAR, OUT = ("vm3", GATEWAY), ("vm3", "vm1"), ("vm3", "vm2"), ("vm1", CLIENT)
VM3_ADDRESS = "ip -n vm3 addr flush dev vm3 scope global; ip -n vm3 addr add 192.168.101.10/24 dev vm3; ip -n vm3 route replace default via 192.168.101.1"
BALANCER = nb("lb-add diagnosed %s:8000 %s:8000,%s:8000 tcp" % (VIP, VM1, VM2))
NO_BALANCER = nb("--if-exists lb-del diagnosed")
DROP_IN = "/run/systemd/system/ovn-northd.service.d"
NEXTHOP = (
    "for row in $(ovn-nbctl --bare --columns=_uuid find Logical_Router_Static_Route nexthop=%s);"
    " do ovn-nbctl set Logical_Router_Static_Route $row nexthop=%s; done"
)
FORGET = (
    "for row in $(ovn-sbctl --bare --columns=_uuid find MAC_Binding ip=%s); do ovn-sbctl destroy MAC_Binding $row; done"
)

FAULTS = [
    # What a router remembers
    Fault(
        "stale_mac_binding", "stale_mac_binding", NEAR, quick=True,
        make=(
            vm("vm3", "ip -n vm3 neigh flush dev vm3 nud all; ip -n vm3 link set vm3 address 02:ac:10:ff:00:13"),
            ("node1", FORGET % VM3),
            nb("lsp-set-addresses ls2-vm3 02:ac:10:ff:00:13 -- lsp-set-port-security ls2-vm3 02:ac:10:ff:00:13"),
            vm("vm3", "NS ping -c 5 -i 0.2 -W 1 " + GATEWAY),
            nb("lsp-set-addresses ls2-vm3 02:ac:10:ff:00:33 -- lsp-set-port-security ls2-vm3 02:ac:10:ff:00:33"),
            vm("vm3", "ip -n vm3 link set vm3 address 02:ac:10:ff:00:33"),
            vm("vm3", "ip -n vm3 neigh replace 192.168.101.1 lladdr 02:ac:10:ff:01:01 dev vm3 nud permanent"),
        ),
        mend=(vm("vm3", "ip -n vm3 neigh flush dev vm3 nud all"), ("node1", FORGET % VM3)),
    ),
    # Where a machine is
    Fault(
        "wrong_iface_id", "iface_id_wrong", NEAR, quick=True,
        make=(("node2", "ovs-vsctl set Interface vm3 external_ids:iface-id=ls2-vm33"), SYNC),
        mend=(("node2", "ovs-vsctl set Interface vm3 external_ids:iface-id=ls2-vm3"), VM3_IS_UP),
    ),
    Fault(
        "iface_id_of_nobody", "port_not_bound", ("vm3", "ls1-vm2"),
        make=(("node3", "ovs-vsctl set Interface vm2 external_ids:iface-id=ls1-vm22"), SYNC),
        mend=(("node3", "ovs-vsctl set Interface vm2 external_ids:iface-id=ls1-vm2"), VM2_IS_UP),
    ),
    Fault(
        "iface_id_on_two_hosts", "iface_id_on_two_chassis", NEAR,
        make=(("node3", "ovs-vsctl add-port br-int vm3b -- set Interface vm3b type=internal external_ids:iface-id=ls2-vm3"), SYNC),
        shows=(("node3", "grep -q 'Changing chassis for lport ls2-vm3' /var/log/ovn/ovn-controller.log"),),
        mend=(("node3", "ovs-vsctl del-port vm3b"), VM3_IS_UP, SYNC),
    ),
    Fault(
        "requested_elsewhere", "requested_chassis_wrong", NEAR,
        make=(nb("lsp-set-options ls2-vm3 requested-chassis=node3"),),
        mend=(nb("lsp-set-options ls2-vm3"), VM3_IS_UP),
    ),
    Fault(
        "port_disabled", "port_disabled", NEAR,
        make=(nb("lsp-set-enabled ls2-vm3 disabled"),), mend=(nb("lsp-set-enabled ls2-vm3 enabled"), VM3_IS_UP),
    ),
    # What a machine has
    Fault(
        "link_down", "machine_link_down", NEAR,
        make=(vm("vm3", "ip -n vm3 link set vm3 down"),),
        mend=(vm("vm3", "ip -n vm3 link set vm3 up; ip -n vm3 route replace default via 192.168.101.1"),),
    ),
    Fault(
        "another_mac", "mac_mismatch", NEAR, quick=True,
        make=(vm("vm3", "ip -n vm3 link set vm3 address 02:ac:10:ff:00:34"),),
        mend=(vm("vm3", "ip -n vm3 link set vm3 address 02:ac:10:ff:00:33"), ("node1", FORGET % VM3)),
    ),
    Fault(
        "same_mac_twice", "duplicate_mac", NEAR,
        make=(nb("lsp-set-addresses ls2-vm4 02:ac:10:ff:00:33"),), mend=(nb("lsp-set-addresses ls2-vm4 02:ac:10:ff:00:44"),),
    ),
    Fault(
        "no_address", "machine_without_address", NEAR,
        make=(vm("vm3", "ip -n vm3 addr flush dev vm3 scope global"),),
        mend=(vm("vm3", VM3_ADDRESS),),
    ),
    Fault(
        "another_address", "ip_mismatch", ("vm3", "vm1"),
        make=(nb("lsp-set-addresses ls2-vm3 '02:ac:10:ff:00:33 192.168.101.77'"),),
        mend=(nb("lsp-set-addresses ls2-vm3 02:ac:10:ff:00:33"), vm("vm3", VM3_ADDRESS)),
    ),
    Fault(
        "same_address_twice", "duplicate_ip", NEAR,
        make=(nb("lsp-set-addresses ls2-vm4 '02:ac:10:ff:00:44 192.168.101.10'"),), mend=(nb("lsp-set-addresses ls2-vm4 02:ac:10:ff:00:44"),),
    ),
    Fault(
        "port_security_of_the_address", "port_security", NEAR,
        make=(nb("lsp-set-port-security ls2-vm3 '02:ac:10:ff:00:33 192.168.101.99'"),), mend=(nb("lsp-set-port-security ls2-vm3 02:ac:10:ff:00:33"),),
    ),
    Fault(
        "port_security_of_the_mac", "port_security", NEAR,
        make=(nb("lsp-set-port-security ls2-vm3 02:ac:10:ff:00:35"),), mend=(nb("lsp-set-port-security ls2-vm3 02:ac:10:ff:00:33"),),
    ),
    Fault(
        "no_default_route", "machine_no_route", ROUTED,
        make=(vm("vm3", "ip -n vm3 route del default"),), mend=(vm("vm3", "ip -n vm3 route replace default via 192.168.101.1"),),
    ),
    Fault(
        "no_way_back", "machine_no_route", ROUTED,
        make=(vm("vm1", "ip -n vm1 route del default"),), mend=(vm("vm1", "ip -n vm1 route replace default via 192.168.100.1"),),
    ),
    Fault(
        "wrong_gateway", "machine_wrong_gateway", ROUTED,
        make=(vm("vm3", "ip -n vm3 route replace default via 192.168.101.254"),), mend=(vm("vm3", "ip -n vm3 route replace default via 192.168.101.1"),),
    ),
    Fault(
        "wrong_prefix", "machine_wrong_prefix", ROUTED,
        make=(vm("vm3", VM3_ADDRESS.replace("/24", "/16")),),
        mend=(vm("vm3", VM3_ADDRESS),),
    ),
    Fault(
        "wrong_neighbour", "machine_stale_neighbour", NEAR,
        make=(vm("vm3", "ip -n vm3 neigh replace 192.168.101.1 lladdr 02:ac:10:ff:01:99 dev vm3 nud permanent"),),
        mend=(vm("vm3", "ip -n vm3 neigh flush dev vm3 nud all"),),
    ),
    Fault(
        "nobody_listens", "nothing_listens", ROUTED, port=8123, make=(), mend=(),
    ),
    Fault(
        "machine_is_silent", "unknown", ROUTED,
        make=(vm("vm1", "NS sysctl -qw net.ipv4.icmp_echo_ignore_all=1"),), mend=(vm("vm1", "NS sysctl -qw net.ipv4.icmp_echo_ignore_all=0"),),
    ),
    Fault(
        "far_machine_is_silent", "unknown", FAR,
        make=(vm("vm2", "NS sysctl -qw net.ipv4.icmp_echo_ignore_all=1"),), mend=(vm("vm2", "NS sysctl -qw net.ipv4.icmp_echo_ignore_all=0"),),
    ),
    # Switches and routers
    Fault(
        "router_at_another_mac", "router_port_mac_mismatch", NEAR, may_work=True,
        make=(nb("lsp-set-addresses ls2-router1 02:ac:10:ff:01:99"),), mend=(nb("lsp-set-addresses ls2-router1 02:ac:10:ff:01:01"),),
    ),
    Fault(
        "router_port_misspelled", "router_port_missing", NEAR,
        make=(nb("lsp-set-options ls2-router1 router-port=router1-ls22"),), mend=(nb("lsp-set-options ls2-router1 router-port=router1-ls2"),),
    ),
    Fault(
        "router_port_disabled", "router_port_disabled", ROUTED,
        make=(nb("lrp-set-enabled router1-ls2 disabled"),), mend=(nb("lrp-set-enabled router1-ls2 enabled"),),
    ),
    Fault(
        "router_disabled", "router_disabled", ROUTED,
        make=(nb("set Logical_Router router1 enabled=false"),), mend=(nb("set Logical_Router router1 enabled=true"),),
    ),
    Fault(
        "no_route_out", "route_missing", OUT, quick=True,
        make=(nb("lr-route-del router1 0.0.0.0/0"),),
        mend=(nb("--may-exist lr-route-add router1 0.0.0.0/0 192.168.255.1"), nb("--if-exists lr-route-del router1 172.18.0.0/16")),
    ),
    Fault(
        "no_route_back", "route_missing", OUT,
        make=(nb("lr-route-del gw1 192.168.100.0/24"),), mend=(nb("--may-exist lr-route-add gw1 192.168.100.0/24 192.168.255.2"),),
    ),
    Fault(
        "route_to_nobody", "route_wrong_nexthop", OUT,
        make=(("node1", NEXTHOP % ("192.168.255.1", "192.168.255.9")), SYNC),
        mend=(("node1", NEXTHOP % ("192.168.255.9", "192.168.255.1")), SYNC),
    ),
    Fault(
        "policy_drops", "router_policy", ROUTED,
        make=(nb("lr-policy-add router1 100 'ip4.dst == 192.168.100.10' drop"),), mend=(nb("lr-policy-del router1"),),
    ),
    Fault(
        "acl_drops", "acl", ROUTED, quick=True,
        make=(nb("acl-add ls1 to-lport 1000 'ip4.dst == 192.168.100.10 && icmp4' drop"),), mend=(nb("acl-del ls1"),),
    ),
    Fault(
        "acl_drops_the_answer", "acl", ROUTED,
        make=(nb("acl-add ls1 from-lport 1000 'ip4.src == 192.168.100.10 && icmp4' drop"),), mend=(nb("acl-del ls1"),),
    ),
    Fault(
        "acl_of_a_port_group_rejects", "acl", ROUTED, port=8000,
        make=(nb("pg-add diagnosed ls2-vm3 -- acl-add diagnosed from-lport 1000 'inport == @diagnosed && tcp' reject"),), mend=(nb("pg-del diagnosed"),),
    ),
    # Load balancers
    Fault(
        "balancer_on_the_servers_switch", "balancer_on_wrong_switch", ("vm3", VIP), port=8000,
        make=(BALANCER, nb("ls-lb-add ls1 diagnosed")), mend=(nb("--may-exist ls-lb-add ls2 diagnosed"),), clean=(NO_BALANCER,),
    ),
    Fault(
        "balancer_nowhere", "balancer_unattached", ("vm3", VIP), port=8000,
        make=(BALANCER,), mend=(nb("--may-exist ls-lb-add ls2 diagnosed"),), clean=(NO_BALANCER,),
    ),
    Fault(
        "balancer_without_backends", "balancer_without_backend", ("vm3", VIP), port=8000,
        make=(BALANCER, nb("ls-lb-add ls2 diagnosed -- set Load_Balancer diagnosed 'vips:\"%s:8000\"=\"\"'" % VIP)),
        mend=(nb("set Load_Balancer diagnosed 'vips:\"%s:8000\"=\"%s:8000\"'" % (VIP, VM1)),), clean=(NO_BALANCER,),
    ),
    Fault(
        "backends_are_offline", "backends_offline", ("vm3", VIP), port=8000,
        make=(
            ("node2", "systemctl stop demo-web-server"),
            ("node3", "systemctl stop demo-web-server"),
            BALANCER,
            nb(
                "ls-lb-add ls2 diagnosed"
                " -- set Load_Balancer diagnosed ip_port_mappings:%s=ls1-vm1:192.168.100.250 ip_port_mappings:%s=ls1-vm2:192.168.100.250"
                " -- --id=@hc create Load_Balancer_Health_Check 'vip=\"%s:8000\"' options:interval=1 options:timeout=1"
                " options:success_count=1 options:failure_count=1 -- add Load_Balancer diagnosed health_check @hc" % (VM1, VM2, VIP)
            ),
        ),
        shows=(("node1", "test $(ovn-sbctl --bare --columns=status list Service_Monitor | grep -c offline) = 2"),),
        mend=(
            ("node2", "systemctl start demo-web-server"),
            ("node3", "systemctl start demo-web-server"),
            ("node1", "ovn-sbctl --timeout=60 wait-until Service_Monitor $(ovn-sbctl --bare --columns=_uuid find Service_Monitor ip=%s) status=online" % VM1),
            SYNC,
        ),
        clean=(NO_BALANCER,),
    ),
    # Gateways
    Fault(
        "gateway_on_no_such_chassis", "gateway_chassis_unknown", OUT, quick=True,
        make=(nb("set Logical_Router gw1 options:chassis=node9"),), mend=(nb("set Logical_Router gw1 options:chassis=node1"),),
    ),
    Fault(
        "gateway_on_no_chassis", "gateway_router_without_chassis", OUT,
        make=(nb("remove Logical_Router gw1 options chassis"),), mend=(nb("set Logical_Router gw1 options:chassis=node1"),),
    ),
    Fault(
        "mapping_misspelled", "bridge_mapping_missing", OUT,
        make=(("node1", "ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=phyNte:br-eth1"), SYNC),
        mend=(("node1", "ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=phyNet:br-eth1"), SYNC),
    ),
    Fault(
        "mapping_to_no_bridge", "mapped_bridge_missing", OUT,
        make=(("node1", "ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=phyNet:br-eth2"), SYNC),
        mend=(("node1", "ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=phyNet:br-eth1"), SYNC),
    ),
    Fault(
        "uplink_unplugged", "bridge_without_uplink", OUT,
        make=(("node1", "ovs-vsctl del-port br-eth1 eth1"),), mend=(("node1", "ovs-vsctl add-port br-eth1 eth1"),),
    ),
    Fault(
        "uplink_down", "uplink_down", OUT,
        make=(("node1", "ip link set eth1 down"),), shows=(("node1", "test $(ovs-vsctl get Interface eth1 link_state) = down"),),
        mend=(("node1", "ip link set eth1 up"),),
    ),
    # The underlay
    Fault(
        "encap_ip_of_nobody", "encap_ip_wrong", FAR,
        make=(("node3", "ovs-vsctl set Open_vSwitch . external_ids:ovn-encap-ip=10.100.0.99"), SYNC),
        mend=(("node3", "ovs-vsctl set Open_vSwitch . external_ids:ovn-encap-ip=10.100.0.13"), SYNC),
    ),
    Fault(
        "another_type_of_tunnel", "encap_type_mismatch", FAR,
        make=(("node3", "ovs-vsctl set Open_vSwitch . external_ids:ovn-encap-type=vxlan"), SYNC),
        mend=(("node3", "ovs-vsctl set Open_vSwitch . external_ids:ovn-encap-type=geneve"), SYNC),
    ),
    Fault(
        "tunnel_blocked", "tunnel_blocked", FAR,
        make=(("node3", "ovs-ofctl add-flow br-underlay cookie=0xbad,priority=100,udp,tp_dst=6081,actions=drop"),),
        mend=(("node3", "ovs-ofctl del-flows br-underlay cookie=0xbad/-1"),),
    ),
    Fault(
        "tunnel_blocked_one_way", "tunnel_blocked", FAR,
        make=(("node3", "ovs-ofctl add-flow br-underlay cookie=0xbad,priority=100,udp,nw_src=10.100.0.13,tp_dst=6081,actions=drop"),),
        mend=(("node3", "ovs-ofctl del-flows br-underlay cookie=0xbad/-1"),),
    ),
    Fault(
        "underlay_cut", "underlay_unreachable", FAR,
        make=(("node3", "ovs-ofctl add-flow br-underlay cookie=0xbad,priority=100,ip,nw_src=10.100.0.12,actions=drop"),),
        mend=(("node3", "ovs-ofctl del-flows br-underlay cookie=0xbad/-1"),),
    ),
    Fault("underlay_down", "underlay_down", FAR, make=(("node3", "ip link set eth0 down"),), mend=(("node3", "ip link set eth0 up"), SYNC)),
    Fault(
        "short_underlay", "mtu", FAR,
        make=(("node2", "ip link set eth0 mtu 1500"),), mend=(
            ("node2", "ip link set eth0 mtu 1600"),
            ("node2", "ovs-vsctl clear Interface vm3 mtu_request; ip -n vm3 link set vm3 mtu 1500"),
            ("node3", "ovs-vsctl clear Interface vm2 mtu_request; ip -n vm2 link set vm2 mtu 1500"),
        ),
    ),
    Fault(
        "offloaded_checksums", "tx_checksum_offload", ("vm4", "vm1"), port=8000,
        make=(
            (
                "node3",
                "ip netns add vm4 && ip link add vm4 type veth peer name vm4 netns vm4 && ip link set vm4 up && ip -n vm4 link set lo up"
                " && ip -n vm4 link set vm4 address 02:ac:10:ff:00:44 up && ip -n vm4 addr add 192.168.101.11/24 dev vm4"
                " && ip -n vm4 route add default via 192.168.101.1"
                " && ovs-vsctl add-port br-int vm4 -- set Interface vm4 external_ids:iface-id=ls2-vm4"
                " -- set Port vm4 external_ids:virtnet-netns=vm4 && ip -n vm4 link set lo alias virtnet.ovn",
            ),
            ("node1", "ovn-nbctl --timeout=30 wait-until Logical_Switch_Port ls2-vm4 up=true"),
            SYNC,
        ),
        mend=(("node3", "ip netns exec vm4 ethtool -K vm4 tx off"),),
        machines={"vm4": "node3"}, clean=(("node3", "ovs-vsctl del-port vm4; ip netns del vm4"),),
    ),
    # The daemons
    Fault(
        "controller_stopped", "controller_stopped", FAR,
        make=(("node3", "systemctl stop ovn-controller"),), mend=(("node3", "systemctl start ovn-controller"), VM2_IS_UP, SYNC),
    ),
    Fault(
        "controller_frozen", "controller_frozen", NEAR, quick=True,
        make=(("node2", "kill -STOP $(cat /run/ovn/ovn-controller.pid)"),), mend=(("node2", "kill -CONT $(cat /run/ovn/ovn-controller.pid)"), SYNC),
    ),
    Fault(
        "controller_paused", "controller_paused", NEAR,
        make=(("node2", "ovn-appctl -t ovn-controller debug/pause"),), mend=(("node2", "ovn-appctl -t ovn-controller debug/resume"), SYNC),
    ),
    Fault(
        "controller_elsewhere", "controller_not_connected", NEAR,
        make=(("node2", "ovs-vsctl set Open_vSwitch . external_ids:ovn-remote=tcp:10.100.0.11:6643"),),
        shows=(("node2", "ovn-appctl -t ovn-controller connection-status | grep -q 'not connected'"),),
        mend=(("node2", "ovs-vsctl set Open_vSwitch . external_ids:ovn-remote=tcp:10.100.0.11:6642"), SYNC),
    ),
    Fault(
        "vswitchd_frozen", "vswitchd_frozen", FAR,
        make=(("node3", "kill -STOP $(cat /run/openvswitch/ovs-vswitchd.pid)"),), mend=(("node3", "kill -CONT $(cat /run/openvswitch/ovs-vswitchd.pid)"), SYNC),
    ),
    Fault(
        "northd_paused", "northd_paused", NEAR,
        make=(("node1", "ovn-appctl -t ovn-northd pause"),), mend=(("node1", "ovn-appctl -t ovn-northd resume"), SYNC),
    ),
    # As its unit stands on Debian, stopping it would stop the databases, too
    Fault(
        "northd_stopped", "northd_stopped", NEAR,
        make=(
            ("node1", "mkdir -p %s && printf '[Service]\\nExecStop=\\nRestart=no\\n' > %s/alone.conf" % (DROP_IN, DROP_IN)),
            ("node1", "systemctl daemon-reload && systemctl stop ovn-northd; ovn-nbctl --timeout=1 --wait=sb sync; true"),
        ),
        mend=(("node1", "systemctl start ovn-northd; rm -r %s; systemctl daemon-reload" % DROP_IN), SYNC),
    ),
    # Flows
    Fault(
        "a_flow_of_somebody_else", "foreign_flow", ROUTED,
        make=(("node2", "ovs-ofctl add-flow br-int 'cookie=0xbad,table=0,priority=65000,icmp,nw_src=192.168.101.10,actions=drop'"),),
        mend=(("node2", "ovs-ofctl del-flows br-int cookie=0xbad/-1"),),
    ),
    Fault(
        "flows_deleted", "flows_missing", FAR,
        make=(("node3", "ovs-ofctl del-flows br-int out_port=$(ovs-vsctl get Interface vm2 ofport)"),),
        mend=(("node3", "systemctl restart ovn-controller"), VM2_IS_UP, SYNC),
    ),
    Fault(
        "conntrack_full", "conntrack_full", ROUTED,
        make=(nb("acl-add ls1 to-lport 1000 ip4 allow-related"), vm("vm3", "NS ping -c 1 -W 1 " + VM1),
              ("node2", "ovs-appctl dpctl/ct-set-maxconns 1"),),
        mend=(("node2", "ovs-appctl dpctl/ct-set-maxconns 3000000"), nb("acl-del ls1")),
    ),
]  # fmt: skip

# Ways that are well: the ends, a port, and what makes them possible
HEALTHY = {
    "to_the_router": ("vm3", GATEWAY, None),
    "on_the_host": ("vm3", "vm1", None),
    "through_the_tunnel": ("vm3", "vm2", None),
    "on_the_switch": ("vm1", "vm2", None),
    "by_a_port": ("ls2-vm3", "ls1-vm2", None),
    "to_an_address": ("vm2", VM3, None),
    "outside": ("vm1", CLIENT, None),
    "to_the_gateway": ("vm2", "172.18.1.2", None),
    "to_a_server": ("vm3", "vm1", 8000),
}
