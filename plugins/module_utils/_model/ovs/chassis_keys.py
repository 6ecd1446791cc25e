# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of Open_vSwitch:external_ids that ovn-controller(8) documents. Written by tools/chassis_keys.py."""

from __future__ import annotations

#: The releases whose manuals these are
RELEASES = (
    "22.03",
    "22.09",
    "23.03",
    "23.06",
    "23.09",
    "24.03",
    "24.09",
    "25.03",
    "25.09",
    "26.03",
)

#: {key: (the kind of its value, the first release that documents it, the last one)}
KEYS = {
    "arp-nd-max-timeout-sec": ("integer", "25.03", "26.03"),
    "dynamic-routing-port-mapping": ("string", "25.03", "26.03"),
    "garp-max-timeout-sec": ("integer", "22.03", "26.03"),
    "hostname": ("string", "22.03", "26.03"),
    "ovn-bridge": ("string", "22.03", "26.03"),
    "ovn-bridge-datapath-type": ("string", "22.03", "26.03"),
    "ovn-bridge-mappings": ("string", "22.03", "26.03"),
    "ovn-bridge-remote": ("string", "24.09", "26.03"),
    "ovn-bridge-remote-probe-interval": ("integer", "24.09", "26.03"),
    "ovn-chassis-mac-mappings": ("string", "22.03", "26.03"),
    "ovn-cleanup-on-exit": ("boolean", "25.09", "26.03"),
    "ovn-cms-options": ("string", "22.03", "26.03"),
    "ovn-enable-flow-based-tunnels": ("boolean", "26.03", "26.03"),
    "ovn-enable-lflow-cache": ("boolean", "22.03", "26.03"),
    "ovn-encap-csum": ("boolean", "22.03", "26.03"),
    "ovn-encap-df_default": ("boolean", "22.09", "26.03"),
    "ovn-encap-ip": ("string", "22.03", "26.03"),
    "ovn-encap-ip-default": ("string", "24.09", "26.03"),
    "ovn-encap-tos": ("string", "22.03", "26.03"),
    "ovn-encap-type": ("string", "22.03", "26.03"),
    "ovn-evpn-local-ip": ("string", "25.09", "26.03"),
    "ovn-evpn-vxlan-ports": ("string", "25.09", "26.03"),
    "ovn-is-interconn": ("boolean", "22.03", "26.03"),
    "ovn-limit-lflow-cache": ("integer", "22.03", "26.03"),
    "ovn-match-northd-version": ("boolean", "22.03", "26.03"),
    "ovn-memlimit-lflow-cache-kb": ("integer", "22.03", "26.03"),
    "ovn-monitor-all": ("boolean", "22.03", "26.03"),
    "ovn-ofctrl-wait-before-clear": ("integer", "22.03", "25.03"),
    "ovn-openflow-probe-interval": ("integer", "22.03", "23.09"),
    "ovn-remote": ("string", "22.03", "26.03"),
    "ovn-remote-probe-interval": ("integer", "22.03", "26.03"),
    "ovn-set-local-ip": ("boolean", "22.03", "24.03"),
    "ovn-transport-zones": ("string", "22.03", "26.03"),
    "ovn-trim-limit-lflow-cache": ("integer", "22.03", "26.03"),
    "ovn-trim-timeout-ms": ("integer", "22.03", "26.03"),
    "ovn-trim-wmark-perc-lflow-cache": ("integer", "22.03", "26.03"),
    "system-id": ("string", "22.03", "26.03"),
}
