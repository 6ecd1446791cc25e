# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of maps that ovn-nb(5) documents, by the first release that does. Written by tools/option_keys.py."""

from __future__ import annotations

#: The version of each release's northbound schema
SCHEMA_VERSIONS = {
    "23.03": "7.0.0",
    "25.03": "7.11.0",
    "26.03": "7.18.0",
}

#: {table:column: {release: its keys, in one text}}
KEYS = {
    "ACL:options": {
        "23.03": "apply-after-lb log-related",
        "25.03": "persist-established",
    },
    "Copp:meters": {
        "23.03": (
            "arp arp-resolve bfd dhcpv4-opts dhcpv6-opts dns event-elb icmp4-error icmp6-error igmp nd-na nd-ns "
            "nd-ns-resolve nd-ra-opts reject svc-monitor tcp-reset"
        ),
        "26.03": "dhcpv4-relay",
    },
    "DHCP_Options:options": {
        "23.03": (
            "T1 T2 arp_cache_timeout bootfile_name bootfile_name_alt broadcast_address classless_static_route "
            "default_ttl dhcpv6_stateless dns_server domain_name domain_search domain_search_list ethernet_encap "
            "hostname ip_forward_enable lease_time log_server lpr_server ms_classless_static_route mtu "
            "netbios_name_server netbios_node_type netmask next_server nis_server ntp_server path_prefix "
            "policy_filter router router_discovery router_solicitation server_id server_mac swap_server "
            "tcp_keepalive_interval tcp_ttl tftp_server tftp_server_address wpad"
        ),
        "25.03": "fqdn",
    },
    "DNS:options": {
        "25.03": "ovn-owned",
    },
    "Load_Balancer:options": {
        "23.03": (
            "add_route address-family affinity_timeout ct_flush event hairpin_snat_ip neighbor_responder reject "
            "skip_snat template"
        ),
        "25.03": "use_stateless_nat",
        "26.03": "distributed",
    },
    "Load_Balancer_Health_Check:options": {
        "23.03": "failure_count interval success_count timeout",
    },
    "Logical_Router:options": {
        "23.03": (
            "always_learn_from_arp_request chassis dnat_force_snat_ip dynamic_neigh_routers lb_force_snat_ip "
            "mac_binding_age_threshold mcast_relay requested-tnl-key snat-ct-zone"
        ),
        "25.03": "ct-commit-all ct-zone-limit dynamic-routing dynamic-routing-redistribute dynamic-routing-vrf-name",
        "26.03": (
            "disable_garp_rarp dynamic-routing-no-learning dynamic-routing-redistribute-local-only "
            "dynamic-routing-v4-prefix-nexthop dynamic-routing-v6-prefix-nexthop dynamic-routing-vrf-id "
            "ic-route-deny-adv ic-route-deny-learn ic-route-filter-adv ic-route-filter-learn"
        ),
    },
    "Logical_Router_Policy:options": {
        "23.03": "pkt_mark",
    },
    "Logical_Router_Port:ipv6_ra_configs": {
        "23.03": "address_mode dnssl max_interval min_interval mtu rdnss route_info router_preference send_periodic",
    },
    "Logical_Router_Port:options": {
        "23.03": (
            "gateway_mtu gateway_mtu_bypass mcast_flood prefix prefix_delegation redirect-type requested-tnl-key "
            "reside-on-redirect-chassis route_table"
        ),
        "25.03": (
            "dynamic-routing-maintain-vrf dynamic-routing-port-name dynamic-routing-redistribute "
            "ic-route-filter-tag ic-route-tag requested-chassis routing-protocol-redirect routing-protocols"
        ),
        "26.03": (
            "dynamic-routing-no-learning dynamic-routing-redistribute-local-only ic-route-deny-adv "
            "ic-route-deny-learn ic-route-filter-adv ic-route-filter-learn"
        ),
    },
    "Logical_Router_Static_Route:options": {
        "23.03": "ecmp_symmetric_reply origin",
    },
    "Logical_Switch:other_config": {
        "23.03": (
            "exclude_ips interconn-ts ipv6_prefix mac_only mcast_eth_src mcast_flood_unregistered "
            "mcast_idle_timeout mcast_ip4_src mcast_ip6_src mcast_querier mcast_query_interval "
            "mcast_query_max_response mcast_snoop mcast_table_size requested-tnl-key subnet vlan-passthru"
        ),
        "25.03": "broadcast-arps-to-all-routers ct-zone-limit dhcp_relay_port fdb_age_threshold ic-vxlan_mode",
        "26.03": (
            "dynamic-routing-advertise-ifname dynamic-routing-arp-prefer-local dynamic-routing-bridge-ifname "
            "dynamic-routing-fdb-prefer-local dynamic-routing-redistribute dynamic-routing-vni "
            "dynamic-routing-vxlan-ifname enable-stateless-acl-with-lb"
        ),
    },
    "Logical_Switch_Port:options": {
        "23.03": (
            "activation-strategy arp_proxy ethtype exclude-lb-vips-from-garp hostname iface-id-ver "
            "l2gateway-chassis localnet_learn_fdb mcast_flood mcast_flood_reports nat-addresses network_name "
            "qos_burst qos_max_rate qos_min_rate requested-chassis requested-tnl-key router-port "
            "vif-plug-mtu-request vif-plug-type virtual-ip virtual-parents vtep-logical-switch "
            "vtep-physical-switch"
        ),
        "25.03": (
            "ct-zone-limit disable_arp_nd_rsp disable_garp_rarp enable_router_port_acl force_fdb_lookup pkt_clone_type"
        ),
        "26.03": "exclude-router-ips-from-garp is-nf lsp_learn_mac nf-linked-port receive_multicast",
    },
    "Logical_Switch_Port_Health_Check:options": {
        "26.03": "failure_count interval success_count timeout",
    },
    "NAT:options": {
        "23.03": "add_route stateless",
    },
    "NB_Global:options": {
        "23.03": (
            "bfd-decay-min-rx bfd-min-rx bfd-min-tx bfd-mult controller_event debug_drop_collector_set "
            "debug_drop_domain_id default_acl_drop ic-route-adv ic-route-adv-default ic-route-blacklist "
            "ic-route-learn ic-route-learn-default ignore_lsp_down mac_binding_removal_limit mac_prefix max_tunid "
            "northd_probe_interval northd_trim_timeout use_ct_inv_match use_logical_dp_groups use_parallel_build"
        ),
        "25.03": (
            "always_tunnel ecmp_nexthop_monitor_enable fdb_removal_limit ic-route-denylist ic_probe_interval "
            "ignore_chassis_features nbctl_probe_interval northd-backoff-interval-ms use_common_zone vxlan_mode"
        ),
        "26.03": (
            "acl_ct_translation enable_chassis_nb_cfg_update ic-route-adv-lb ic-route-learn-lb svc_monitor_ip "
            "svc_monitor_ip_dst svc_monitor_mac svc_monitor_mac_dst"
        ),
    },
    "Network_Function_Health_Check:options": {
        "26.03": "failure_count interval success_count timeout",
    },
}
