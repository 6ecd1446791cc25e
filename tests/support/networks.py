# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks as others build them, by ovn-nbctl alone: ``BUILDERS[name]`` is a script, ``build(server, name)`` runs it.

They are the oracle of what a document has to describe: nothing of them goes through the engine.
"""

from __future__ import annotations

import shlex

#: A port's security groups, DHCP, metadata, a provider network, a router with a gateway and floating addresses: ovn-nbctl find after
#: `openstack network create` and the like shows the same tables and keys.
NEUTRON = r"""
--id=@drop4 create ACL direction=to-lport priority=1001 match="\"outport == @neutron_pg_drop && ip\"" action=drop external_ids:"neutron\:security_group_rule_id"=drop
--id=@drop5 create ACL direction=from-lport priority=1001 match="\"inport == @neutron_pg_drop && ip\"" action=drop
--id=@drop create Port_Group name=neutron_pg_drop acls=[@drop4,@drop5]
--id=@meter_band create Meter_Band action=drop rate=100 burst_size=25
--id=@meter create Meter name=acl_log_meter unit=pktps fair=true bands=@meter_band external_ids:"neutron\:device_owner"=logging-plugin
--id=@a1 create ACL direction=from-lport priority=1002 match="\"inport == @pg_7d0c3fe1 && ip4\"" action=allow-related name=neutron-8f1a log=true severity=info meter=acl_log_meter label=77 external_ids:"neutron\:security_group_rule_id"=8f1a
--id=@a2 create ACL direction=to-lport priority=1002 match="\"outport == @pg_7d0c3fe1 && ip4 && ip4.src == $pg_7d0c3fe1_ip4\"" action=allow-related external_ids:"neutron\:security_group_rule_id"=8f1b
--id=@a3 create ACL direction=to-lport priority=1002 match="\"outport == @pg_7d0c3fe1 && ip4 && ip4.src == 0.0.0.0/0 && tcp && tcp.dst >= 20 && tcp.dst <= 22\"" action=allow-stateless
--id=@sg create Port_Group name=pg_7d0c3fe1 acls=[@a1,@a2,@a3] external_ids:"neutron\:security_group_id"=7d0c3fe1
ls-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11
set Logical_Switch neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 external_ids:"neutron\:network_name"=private external_ids:"neutron\:mtu"=1442 external_ids:"neutron\:revision_number"=2 external_ids:"neutron\:availability_zone_hints"="\"\"" other_config:mcast_snoop=false other_config:vlan-passthru=false other_config:mcast_flood_unregistered=false
ls-add neutron-provider
lsp-add neutron-provider provnet-55
lsp-set-type provnet-55 localnet
lsp-set-addresses provnet-55 unknown
lsp-set-options provnet-55 network_name=physnet1 mcast_flood=false mcast_flood_reports=true localnet_learn_fdb=false
set Logical_Switch_Port provnet-55 tag_request=100 tag=100
--id=@dhcp4 create DHCP_Options cidr=10.0.0.0/26 external_ids:subnet_id=c5d3 external_ids:"neutron\:revision_number"=0 options:router=10.0.0.1 options:server_id=10.0.0.1 options:server_mac="fa\:16\:3e\:01\:02\:03" options:lease_time=43200 options:mtu=1442 options:dns_server="\"{8.8.8.8, 8.8.4.4}\"" options:classless_static_route="\"{169.254.169.254/32,10.0.0.2, 0.0.0.0/0,10.0.0.1}\""
--id=@dhcp4p create DHCP_Options cidr=10.0.0.0/26 external_ids:subnet_id=c5d3 external_ids:port_id=0d1f options:router=10.0.0.1 options:server_id=10.0.0.1 options:server_mac="fa\:16\:3e\:01\:02\:03" options:lease_time=60 options:tftp_server=10.0.0.9
--id=@dhcp6 create DHCP_Options cidr="\"fd00::/64\"" external_ids:subnet_id=c5d6 options:server_id="fa\:16\:3e\:01\:02\:03"
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a
lsp-set-addresses 0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a "fa:16:3e:aa:bb:cc 10.0.0.5 fd00::5"
lsp-set-port-security 0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a "fa:16:3e:aa:bb:cc 10.0.0.5 fd00::5" "fa:16:3e:aa:bb:cc 10.0.0.77"
set Logical_Switch_Port 0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a dhcpv4_options=@dhcp4p dhcpv6_options=@dhcp6 enabled=true options:requested-chassis=compute-1 options:mcast_flood_reports=true external_ids:"neutron\:cidrs"="10.0.0.5/26 fd00\:\:5/64" external_ids:"neutron\:device_id"=vm external_ids:"neutron\:device_owner"="compute\:nova" external_ids:"neutron\:port_name"="\"\"" external_ids:"neutron\:security_group_ids"=7d0c3fe1 external_ids:"neutron\:host_id"=compute-1
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 2b0a9a6d-9f9c-4a6f-bb2e-5a6e0c6cf1d1
lsp-set-addresses 2b0a9a6d-9f9c-4a6f-bb2e-5a6e0c6cf1d1 "fa:16:3e:aa:bb:cd 10.0.0.6" unknown
set Logical_Switch_Port 2b0a9a6d-9f9c-4a6f-bb2e-5a6e0c6cf1d1 dhcpv4_options=@dhcp4 enabled=false
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 ovnmeta-port
lsp-set-type ovnmeta-port localport
lsp-set-addresses ovnmeta-port "fa:16:3e:99:99:99 10.0.0.2"
set Logical_Switch_Port ovnmeta-port enabled=true options:requested-chassis="\"\"" external_ids:"neutron\:device_owner"="network\:distributed"
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 trunk-parent
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 trunk-child trunk-parent 101
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 vip-port
lsp-set-type vip-port virtual
lsp-set-options vip-port virtual-ip=10.0.0.77 virtual-parents=0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a,2b0a9a6d-9f9c-4a6f-bb2e-5a6e0c6cf1d1
--id=@hc1 create HA_Chassis chassis_name=gw1 priority=32767
--id=@hc2 create HA_Chassis chassis_name=gw2 priority=32766
--id=@hcg create HA_Chassis_Group name=neutron-8a8a2f6a ha_chassis=[@hc1,@hc2] external_ids:"neutron\:availability_zone_hints"="\"\""
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 baremetal
lsp-set-type baremetal external
set Logical_Switch_Port baremetal ha_chassis_group=@hcg
pg-set-ports neutron_pg_drop 0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a 2b0a9a6d-9f9c-4a6f-bb2e-5a6e0c6cf1d1
pg-set-ports pg_7d0c3fe1 0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a
create Address_Set name=as_empty external_ids:"neutron\:address_group_id"=x
create Address_Set name=as_ip4_x addresses="\"10.0.0.0/8\"","\"192.0.2.7\""
lr-add neutron-r
set Logical_Router neutron-r enabled=true options:always_learn_from_arp_request=false options:dynamic_neigh_routers=true options:mac_binding_age_threshold=0 external_ids:"neutron\:router_name"=router1 external_ids:"neutron\:gw_port_id"=gwp
lrp-add neutron-r lrp-0d1f fa:16:3e:11:22:33 10.0.0.1/26 fd00::1/64
set Logical_Router_Port lrp-0d1f ipv6_ra_configs:address_mode=slaac ipv6_ra_configs:send_periodic=true ipv6_ra_configs:mtu=1442 options:gateway_mtu=1500 external_ids:"neutron\:is_ext_gw"=False external_ids:"neutron\:network_name"=neutron-8a8a2f6a
lsp-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 to-router
lsp-set-type to-router router
lsp-set-addresses to-router router
lsp-set-options to-router router-port=lrp-0d1f nat-addresses=router exclude-lb-vips-from-garp=true
lrp-add neutron-r lrp-gw fa:16:3e:11:22:44 172.24.4.2/24 2001:db8::2/64
lrp-set-gateway-chassis lrp-gw gw1 2
lrp-set-gateway-chassis lrp-gw gw2 1
set Logical_Router_Port lrp-gw options:reside-on-redirect-chassis=false external_ids:"neutron\:is_ext_gw"=True
lsp-add neutron-provider gw-to-router
lsp-set-type gw-to-router router
lsp-set-addresses gw-to-router router
lsp-set-options gw-to-router router-port=lrp-gw nat-addresses=router
lr-route-add neutron-r 0.0.0.0/0 172.24.4.1
lr-route-add neutron-r ::/0 2001:db8::1
lr-nat-add neutron-r snat 172.24.4.2 10.0.0.0/26
lr-nat-add neutron-r dnat_and_snat 172.24.4.9 10.0.0.5 0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a fa:16:3e:44:55:66
lr-nat-add neutron-r dnat_and_snat 172.24.4.10 10.0.0.6
--portrange lr-nat-add neutron-r dnat 172.24.4.2 10.0.0.5 8000-8001
qos-add neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 from-lport 2002 "inport == \"0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a\"" rate=1000 burst=800 dscp=26
--id=@dns create DNS records:vm.example="10.0.0.5 fd00\:\:5" external_ids:ls_name=neutron-8a8a2f6a
set Logical_Switch neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 dns_records=@dns
--id=@lb create Load_Balancer health_check=@check name=3f6b9e60-0a4e-4d0b-a9f8-3f5f5f1d2c3b protocol=tcp vips:"\"10.0.0.7:80\""="\"10.0.0.5:80,10.0.0.6:80\"" vips:"\"172.24.4.20:80\""="\"10.0.0.5:80\"" ip_port_mappings:10.0.0.5="\"0d1f2c1c-a1f4-4f7b-9b38-8be0bf1b0d6a:10.0.0.2\"" selection_fields=ip_dst,ip_src external_ids:enabled=True external_ids:lr_ref=neutron-r external_ids:listener_x="\"80:pool_y\""
--id=@check create Load_Balancer_Health_Check vip="\"10.0.0.7:80\"" options:interval=5 options:timeout=10 options:failure_count=3 external_ids:"octavia\:healthmonitor_id"=h
add Logical_Switch neutron-8a8a2f6a-93ce-4d1b-9f0b-6e8c4f2a7f11 load_balancer @lb
add Logical_Router neutron-r load_balancer @lb
set NB_Global . name=az1 options:use_logical_dp_groups=true external_ids:"neutron\:liveness_check_at"="2026-01-01 00\:00\:00"
"""

#: A join switch, a switch and a gateway router per node, an external switch per node, the cluster's router with its policies
OVN_KUBERNETES = r"""
set NB_Global . name=node1 options:northd_probe_interval=5000 options:use_ct_inv_match=false ipsec=false
--id=@m0 create Meter_Band action=drop rate=25
--id=@m1 create Meter_Band action=drop rate=25
create Meter name=arp-rate-limiter unit=pktps fair=true bands=@m0
create Meter name=acl-logging unit=pktps bands=@m1
--id=@copp create Copp name=ovnkube-default meters:arp=arp-rate-limiter meters:arp-resolve=arp-rate-limiter meters:svc-monitor=arp-rate-limiter
lr-add ovn_cluster_router
set Logical_Router ovn_cluster_router options:mcast_relay=true options:always_learn_from_arp_request=false external_ids:k8s-cluster-router=yes copp=@copp
ls-add join
lrp-add ovn_cluster_router rtoj-ovn_cluster_router 0a:58:64:40:00:01 100.64.0.1/16 fd98::1/64
lsp-add join jtor-ovn_cluster_router
lsp-set-type jtor-ovn_cluster_router router
lsp-set-addresses jtor-ovn_cluster_router router
lsp-set-options jtor-ovn_cluster_router router-port=rtoj-ovn_cluster_router
ls-add transit_switch
set Logical_Switch transit_switch other_config:interconn-ts=transit_switch other_config:requested-tnl-key=16711683 other_config:mcast_snoop=true
lsp-add transit_switch tstor-node2
lsp-set-type tstor-node2 remote
lsp-set-addresses tstor-node2 "0a:58:64:58:00:03 100.88.0.3/16"
lsp-set-options tstor-node2 requested-tnl-key=3 requested-chassis=node2
--id=@both create Load_Balancer name=Service_default/kubernetes_TCP_cluster protocol=tcp vips:"\"10.96.0.1:443\""="\"172.18.0.2:6443\"" vips:"\"[fd00:10:96::1]:443\""="\"[fc00:f853::2]:6443\"" options:event=false options:hairpin_snat_ip="169.254.0.5 fd69\:\:5" options:neighbor_responder=none options:reject=true options:skip_snat=false options:affinity_timeout=10800 external_ids:"k8s.ovn.org/kind"=Service external_ids:"k8s.ovn.org/owner"=default/kubernetes
--id=@tmpl create Load_Balancer name=Service_default/np_TCP_node_router+switch_template_IPv4_merged protocol=tcp vips:"\"^NODEIP_IPv4_0:30080\""="\"^Service_default_np_TCP_30080\"" options:template=true options:address-family=ipv4
--id=@empty create Load_Balancer name=Service_default/none_UDP_cluster protocol=udp vips:"\"10.96.0.9:53\""="\"\"" options:event=true options:reject=false
--id=@sctp create Load_Balancer name=Service_default/s_SCTP_cluster protocol=sctp vips:"\"10.96.0.10:9\""="\"10.244.0.5:9\""
--id=@group create Load_Balancer_Group name=clusterLBGroup load_balancer=[@both,@empty,@sctp]
--id=@sgroup create Load_Balancer_Group name=clusterSwitchLBGroup load_balancer=@tmpl
--id=@rgroup create Load_Balancer_Group name=clusterRouterLBGroup load_balancer=@tmpl
create Chassis_Template_Var chassis=node1 variables:NODEIP_IPv4_0=172.18.0.2 variables:Service_default_np_TCP_30080="10.244.0.5\:8080"
create Chassis_Template_Var chassis=node2 variables:NODEIP_IPv4_0=172.18.0.3
set Logical_Router ovn_cluster_router load_balancer_group=@group
ls-add node1
set Logical_Switch node1 other_config:subnet=10.244.0.0/24 other_config:exclude_ips=10.244.0.2 other_config:mcast_eth_src="0a\:58\:0a\:f4\:00\:01" other_config:mcast_ip4_src=10.244.0.1 other_config:mcast_querier=true other_config:mcast_snoop=true load_balancer_group=[@group,@sgroup]
lrp-add ovn_cluster_router rtos-node1 0a:58:0a:f4:00:01 10.244.0.1/24
lrp-set-gateway-chassis rtos-node1 f8b3c9a1-0000-4000-8000-000000000001 1
lsp-add node1 stor-node1
lsp-set-type stor-node1 router
lsp-set-addresses stor-node1 router
lsp-set-options stor-node1 router-port=rtos-node1
lsp-add node1 k8s-node1
lsp-set-addresses k8s-node1 "ea:31:c8:0a:7f:d0 10.244.0.2"
lsp-add node1 default_pod-1
lsp-set-addresses default_pod-1 "0a:58:0a:f4:00:05 10.244.0.5"
lsp-set-port-security default_pod-1 "0a:58:0a:f4:00:05 10.244.0.5"
set Logical_Switch_Port default_pod-1 options:iface-id-ver=3f6b9e60-0a4e-4d0b-a9f8-3f5f5f1d2c3b options:requested-chassis=node1 external_ids:namespace=default external_ids:pod=true external_ids:"k8s.ovn.org/nad"=default
lsp-add join jtor-GR_node1
lsp-set-type jtor-GR_node1 router
lsp-set-addresses jtor-GR_node1 router
lsp-set-options jtor-GR_node1 router-port=rtoj-GR_node1
lr-add GR_node1
set Logical_Router GR_node1 options:chassis=f8b3c9a1 options:lb_force_snat_ip=router_ip options:snat-ct-zone=0 options:dynamic_neigh_routers=true options:mac_binding_age_threshold=300 external_ids:physical_ip=172.18.0.2 external_ids:physical_ips=172.18.0.2,fc00\\:f853\\:\\:2 load_balancer_group=[@group,@rgroup] copp=@copp
lrp-add GR_node1 rtoj-GR_node1 0a:58:64:40:00:02 100.64.0.2/16 fd98::2/64
lrp-add GR_node1 rtoe-GR_node1 02:42:ac:12:00:02 172.18.0.2/16
set Logical_Router_Port rtoe-GR_node1 external_ids:gateway-physical-ip=yes options:gateway_mtu=1400
ls-add ext_node1
lsp-add ext_node1 breth0_node1
lsp-set-type breth0_node1 localnet
lsp-set-addresses breth0_node1 unknown
lsp-set-options breth0_node1 network_name=physnet
lsp-add ext_node1 etor-GR_node1
lsp-set-type etor-GR_node1 router
lsp-set-addresses etor-GR_node1 02:42:ac:12:00:02
lsp-set-options etor-GR_node1 router-port=rtoe-GR_node1 nat-addresses=router exclude-lb-vips-from-garp=true
lr-route-add GR_node1 10.244.0.0/16 100.64.0.1 rtoj-GR_node1
lr-route-add GR_node1 0.0.0.0/0 172.18.0.1 rtoe-GR_node1
--policy=src-ip lr-route-add ovn_cluster_router 10.244.0.0/24 100.64.0.2
--ecmp --policy=src-ip lr-route-add ovn_cluster_router 10.244.0.5/32 100.64.0.2
--ecmp --policy=src-ip lr-route-add ovn_cluster_router 10.244.0.5/32 100.64.0.3
--ecmp --bfd --policy=src-ip --ecmp-symmetric-reply lr-route-add GR_node1 10.244.0.7/32 172.18.0.9 rtoe-GR_node1
lr-nat-add GR_node1 snat 172.18.0.2 10.244.0.0/24
--stateless lr-nat-add GR_node1 dnat_and_snat 172.18.0.99 10.244.0.5
--id=@egress create NAT type=snat external_ip=172.18.0.55 logical_ip=10.244.0.5 logical_port=k8s-node1 external_ids:name=egressip-prod options:stateless=false
add Logical_Router GR_node1 nat @egress
static-mac-binding-add rtoe-GR_node1 169.254.169.4 0a:58:a9:fe:a9:04
lr-policy-add ovn_cluster_router 1004 "inport == \"rtos-node1\" && ip4.dst == 172.18.0.2 /* node1 */" reroute 10.244.0.2
lr-policy-add ovn_cluster_router 102 "ip4.src == 10.244.0.0/16 && ip4.dst == 10.244.0.0/16" allow
lr-policy-add ovn_cluster_router 101 "ip4.src == 10.244.0.0/16 && ip4.dst == 100.64.0.0/16" allow pkt_mark=5
lr-policy-add ovn_cluster_router 100 "ip4.src == 10.244.0.5" reroute 100.64.0.2,100.64.0.3 pkt_mark=50000
--id=@pol create Logical_Router_Policy priority=99 match="\"ip4.src == 10.244.0.9\"" action=drop external_ids:name=egressip
add Logical_Router ovn_cluster_router policies @pol
create Address_Set name=a10044593535921886571 addresses="\"10.244.0.5\"" external_ids:"k8s.ovn.org/id"="default-network-controller\:Namespace\:default\:v4" external_ids:"k8s.ovn.org/name"=default external_ids:"k8s.ovn.org/owner-controller"=default-network-controller external_ids:"k8s.ovn.org/owner-type"=Namespace external_ids:ip-family=v4
create Address_Set name=a10044595734945142993 external_ids:ip-family=v6
--id=@deny create ACL direction=to-lport priority=1000 match="\"outport == @a13757631697825269621_ingress\"" action=drop name="\"NP:default:Ingress\"" log=false meter=acl-logging external_ids:direction=Ingress external_ids:"k8s.ovn.org/owner-type"=NetpolNamespace
--id=@arp create ACL direction=to-lport priority=1001 match="\"outport == @a13757631697825269621_ingress && (arp || nd)\"" action=allow
--id=@egr create ACL direction=from-lport priority=1001 match="\"ip4.src == {$a10044593535921886571} && inport == @a13757631697825269621\"" action=allow-related options:apply-after-lb=true severity=warning log=true meter=acl-logging
create Port_Group name=a13757631697825269621_ingress acls=[@deny,@arp] external_ids:"k8s.ovn.org/id"="default-network-controller\:NetpolNamespace\:default\:Ingress"
create Port_Group name=a13757631697825269621 acls=@egr
create Port_Group name=clusterPortGroup
pg-set-ports a13757631697825269621 default_pod-1
pg-set-ports a13757631697825269621_ingress default_pod-1
add Logical_Switch node1 acls @arp
--id=@q create QoS direction=to-lport priority=1000 match="\"ip4.src == $a10044593535921886571 && ip4.dst == 1.2.3.4\"" action=dscp=50 external_ids:EgressQoS=default
add Logical_Switch node1 qos_rules @q
add Logical_Switch join qos_rules @q
"""

#: Rows that live in several parents, names that are not unique, rows without a name or that only their content tells apart
ODDS = r"""
ls-add s1
ls-add s2
ls-add twin
--add-duplicate ls-add twin
ls-add
lr-add r1
lr-add r2
--add-duplicate lr-add r2
lr-add
lsp-add s1 p1
lsp-set-addresses p1 "00:00:00:00:00:0a 192.0.2.10" unknown
lsp-add s1 p2
lsp-set-addresses p2 dynamic
lsp-set-options p2 requested-chassis="\"\""
lsp-add s1 no-peer
lsp-set-type no-peer router
lsp-set-options no-peer router-port=nothing
set Logical_Switch s1 other_config:subnet=192.0.2.0/24
lrp-add r1 r1-s1 00:00:00:00:ff:01 192.0.2.1/24
lrp-add r1 r1-r3 00:00:00:00:ff:02 198.51.100.1/30 peer=r3-r1
--id=@acl create ACL direction=to-lport priority=0 match=ip4 action=allow
add Logical_Switch s1 acls @acl
add Logical_Switch s2 acls @acl
--id=@alike1 create ACL direction=to-lport priority=5 match=ip6 action=drop
--id=@alike2 create ACL direction=to-lport priority=5 match=ip6 action=allow
set Logical_Switch s2 acls=[@acl,@alike1,@alike2]
--id=@in_group create Port_Group name=pg acls=@acl
--id=@nat create NAT type=snat external_ip=192.0.2.1 logical_ip=10.0.0.0/8
add Logical_Router r1 nat @nat
--id=@route create Logical_Router_Static_Route ip_prefix=10.0.0.0/8 nexthop=192.0.2.9
add Logical_Router r1 static_routes @route
--id=@same create Logical_Router_Static_Route ip_prefix=10.0.0.0/8 nexthop=192.0.2.9
add Logical_Router r1 static_routes @same
--id=@policy create Logical_Router_Policy priority=1 match=ip4 action=drop
add Logical_Router r1 policies @policy
--id=@policy2 create Logical_Router_Policy priority=1 match=ip4 action=allow
add Logical_Router r1 policies @policy2
--id=@nameless create Load_Balancer vips:"\"192.0.2.80:80\""="\"192.0.2.10:80\""
--id=@nameless2 create Load_Balancer protocol=udp
--id=@lb1 create Load_Balancer name=lb
--id=@lb2 create Load_Balancer name=lb protocol=udp vips:"\"192.0.2.81:53\""="\"192.0.2.10:53\""
set Logical_Switch s1 load_balancer=[@nameless,@nameless2,@lb1,@lb2]
set Logical_Switch s2 load_balancer=[@nameless,@lb2]
set Logical_Router r1 load_balancer=[@lb1,@nameless]
dhcp-options-create 192.0.2.0/24
dhcp-options-create 192.0.2.0/24 a=b
--id=@dns1 create DNS records:a=192.0.2.1
--id=@dns2 create DNS records:a=192.0.2.1
set Logical_Switch s1 dns_records=[@dns1,@dns2]
set Logical_Switch s2 dns_records=@dns1
--id=@group create Load_Balancer_Group name=g load_balancer=[@lb1,@nameless]
set Logical_Switch s2 load_balancer_group=@group
--id=@copp create Copp name=c
set Logical_Switch s1 copp=@copp
set Logical_Router r1 copp=@copp
--id=@mirror create Mirror name=m type=gre filter=to-lport sink=192.0.2.1 index=7
set Logical_Switch_Port p1 mirror_rules=@mirror
set Logical_Switch_Port p2 mirror_rules=@mirror
--id=@fwd create Forwarding_Group name=f vip=192.0.2.50 vmac="00\:00\:00\:00\:00\:50" child_port=p1,p2 liveness=false
add Logical_Switch s1 forwarding_groups @fwd
--id=@bfd create BFD logical_port=r1-s1 dst_ip=192.0.2.9 min_tx=250 detect_mult=3
set-connection ptcp:16641:127.0.0.1 pssl:16642
set-ssl /nonexistent/key /nonexistent/cert /nonexistent/ca
"""

BUILDERS = {"neutron": NEUTRON, "ovn_kubernetes": OVN_KUBERNETES, "odds": ODDS}


def build(server, name):
    """Runs a script in one transaction."""
    arguments: list[str] = []
    for line in BUILDERS[name].strip().splitlines():
        arguments += ["--", *shlex.split(line)]
    server.ctl(*arguments[1:])
