# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of ``ovn_topology``: which option holds which objects, in the order in which people read them."""

from __future__ import annotations

from .address_set import ADDRESS_SET
from .bfd import BFD
from .chassis_template_var import CHASSIS_TEMPLATE_VAR
from .connection import NB_CONNECTION
from .copp import COPP
from .dhcp_options import DHCP_OPTIONS
from .dhcp_relay import DHCP_RELAY
from .dns import DNS
from .ha_chassis_group import HA_CHASSIS_GROUP
from .load_balancer import LOAD_BALANCER
from .load_balancer_group import LOAD_BALANCER_GROUP
from .logical_router import LOGICAL_ROUTER
from .logical_switch import LOGICAL_SWITCH
from .meter import METER
from .mirror import MIRROR
from .network_function import NETWORK_FUNCTION, NETWORK_FUNCTION_GROUP
from .port_group import PORT_GROUP
from .sampling import SAMPLE_COLLECTOR, SAMPLING_APP
from .static_mac_binding import STATIC_MAC_BINDING

TOPOLOGY = {
    "switches": LOGICAL_SWITCH,
    "routers": LOGICAL_ROUTER,
    "load_balancers": LOAD_BALANCER,
    "load_balancer_groups": LOAD_BALANCER_GROUP,
    "port_groups": PORT_GROUP,
    "address_sets": ADDRESS_SET,
    "dhcp_options": DHCP_OPTIONS,
    "dhcp_relays": DHCP_RELAY,
    "dns": DNS,
    "meters": METER,
    "copps": COPP,
    "bfd": BFD,
    "ha_chassis_groups": HA_CHASSIS_GROUP,
    "static_mac_bindings": STATIC_MAC_BINDING,
    "chassis_template_vars": CHASSIS_TEMPLATE_VAR,
    "mirrors": MIRROR,
    "network_functions": NETWORK_FUNCTION,
    "network_function_groups": NETWORK_FUNCTION_GROUP,
    "sample_collectors": SAMPLE_COLLECTOR,
    "sampling_apps": SAMPLING_APP,
    "connections": NB_CONNECTION,
}
