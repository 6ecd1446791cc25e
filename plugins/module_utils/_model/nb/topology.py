# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of ``ovn_topology``: which option holds which objects, in the order in which people read them."""

from __future__ import annotations

from .connection import NB_CONNECTION
from .load_balancer import LOAD_BALANCER
from .logical_router import LOGICAL_ROUTER
from .logical_switch import LOGICAL_SWITCH
from .static_mac_binding import STATIC_MAC_BINDING

TOPOLOGY = {
    "switches": LOGICAL_SWITCH,
    "routers": LOGICAL_ROUTER,
    "load_balancers": LOAD_BALANCER,
    "static_mac_bindings": STATIC_MAC_BINDING,
    "connections": NB_CONNECTION,
}
