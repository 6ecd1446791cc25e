# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of any size, as documents of ovn_topology: each function takes how many objects there shall be."""

from __future__ import annotations


def _mac(n):
    return "02:00:%02x:%02x:%02x:%02x" % (n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255)


def _ip(n, net=10):
    return "%d.%d.%d.%d" % (net, n >> 16 & 255, n >> 8 & 255, n & 255)


def port(n):
    address = "%s %s" % (_mac(n), _ip(n))
    return {"name": "p%d" % n, "addresses": [address], "port_security": [address]}


def ports(count, each=50):
    """Ports with addresses and port security, ``each`` to a switch."""
    return {
        "switches": [
            {"name": "ls%d" % (first // each), "ports": [port(n) for n in range(first, min(first + each, count))]}
            for first in range(0, count, each)
        ]
    }


def ports_on_one_switch(count):
    return ports(count, count)


def acl(n):
    match = "ip4.src == %s && tcp.dst == %d" % (_ip(n), n % 60000)
    return {"direction": "to-lport", "priority": n % 32768, "match": match, "action": "allow-related"}


def acls_on_one_switch(count):
    return {"switches": [{"name": "ls", "acls": [acl(n) for n in range(count)]}]}


def acls_of_one_port_group(count):
    return {"port_groups": [{"name": "pg", "acls": [acl(n) for n in range(count)]}]}


def addresses_of_one_set(count):
    return {"address_sets": [{"name": "as", "addresses": [_ip(n) for n in range(count)]}]}


def address_sets(count):
    return {"address_sets": [{"name": "as%d" % n, "addresses": [_ip(n)]} for n in range(count)]}


def members_of_one_port_group(count):
    network = ports(count)
    network["port_groups"] = [{"name": "pg", "ports": ["p%d" % n for n in range(count)]}]
    return network


def balancer(n):
    vips = {"%s:%d" % (_ip(n, 192), vip): ["%s:80" % _ip(n), "%s:80" % _ip(n + 1)] for vip in range(1, 6)}
    return {"name": "lb%d" % n, "protocol": "tcp", "vips": vips}


def balancers(count):
    """Balancers of 5 VIPs, 100 to a switch."""
    switches = [
        {"name": "ls%d" % (first // 100), "load_balancer": ["lb%d" % n for n in range(first, min(first + 100, count))]}
        for first in range(0, count, 100)
    ]
    return {"switches": switches, "load_balancers": [balancer(n) for n in range(count)]}


def vips_of_one_balancer(count):
    vips = {"%s:80" % _ip(n, 192): ["%s:80" % _ip(n)] for n in range(count)}
    return {"load_balancers": [{"name": "lb", "protocol": "tcp", "vips": vips}]}


def routes_of_one_router(count):
    routes = [{"ip_prefix": "%s/32" % _ip(n), "nexthop": "192.0.2.1"} for n in range(count)]
    return {"routers": [{"name": "lr", "static_routes": routes}]}


def nat_of_one_router(count):
    nat = [{"type": "dnat_and_snat", "external_ip": _ip(n, 192), "logical_ip": _ip(n)} for n in range(count)]
    return {"routers": [{"name": "lr", "nat": nat}]}


def crowd(count):
    """What lies around in a database: so many ports, and ten balancers."""
    network = ports(count)
    network["load_balancers"] = [balancer(n) for n in range(10)]
    return network
