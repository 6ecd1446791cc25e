# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks to draw: rows as they are read, built here, so that a picture needs no server."""

from __future__ import annotations

import itertools

EVIL = "<script>alert(1)</script>"


class Rows:
    """``{table: {uuid: row}}``, filled by what a network is made of."""

    def __init__(self):
        self.rows = {}
        self._number = itertools.count(1)

    def add(self, table, **row):
        uuid = "00000000-0000-4000-8000-%012d" % next(self._number)
        self.rows.setdefault(table, {})[uuid] = row
        return uuid

    def chassis(self, name, ip, **settings):
        encap = self.add("Encap", type="geneve", ip=ip)
        return self.add("Chassis", name=name, hostname=name, encaps=[encap], external_ids={}, other_config=settings)

    def port(self, name, chassis=None, up=True, kind="", datapath="ls1"):
        key = self.add("Datapath_Binding", external_ids={"name": datapath})
        return self.add("Port_Binding", logical_port=name, type=kind, chassis=chassis, datapath=key, up=up)

    def switch(self, name, ports=(), **more):
        made = [
            self.add("Logical_Switch_Port", **{"type": "", "addresses": [], "options": {}, **port}) for port in ports
        ]
        return self.add("Logical_Switch", name=name, ports=made, **more)

    def router(self, name, ports=(), nat=(), **more):
        made = [self.add("Logical_Router_Port", name=port, networks=networks) for port, networks in ports]
        rules = [self.add("NAT", **rule) for rule in nat]
        return self.add("Logical_Router", name=name, ports=made, nat=rules, **more)


def joined(switch_port, router_port):
    return {"name": switch_port, "type": "router", "options": {"router-port": router_port}}


def example(machines=2):
    """Two switches behind a router, a gateway router to a physical network, two balancers."""
    made = Rows()
    node1 = made.chassis("node1", "10.0.0.1", **{"ovn-bridge-mappings": "phyNet:br-eth1"})
    others = [made.chassis("node%d" % n, "10.0.0.%d" % n) for n in (2, 3)]
    backends = "192.168.100.10,192.168.100.11"
    balancer = made.add("Load_Balancer", name="web", protocol=None, vips={"10.254.10.10": backends})
    gateway = made.add("Load_Balancer", name="web-gateway", protocol=None, vips={"172.18.1.254": backends})
    ports = [
        {"name": "ls1-vm%d" % n, "addresses": ["02:ac:10:ff:00:%02x 192.168.100.%d" % (n % 256, n % 256)]}
        for n in range(1, machines + 1)
    ]
    made.switch("ls1", [*ports, joined("ls1-router1", "router1-ls1")])
    made.switch(
        "ls2",
        [
            {"name": "ls2-vm3", "addresses": ["02:ac:10:ff:00:33"]},
            {"name": "ls2-vm4", "addresses": ["02:ac:10:ff:00:44"]},
            joined("ls2-router1", "router1-ls2"),
        ],
        load_balancer=[balancer],
    )
    made.switch("join", [joined("join-router1", "router1-join"), joined("join-gw1", "gw1-join")])
    localnet = {"name": "outside-localnet", "type": "localnet", "options": {"network_name": "phyNet"}}
    made.switch("outside", [joined("outside-gw1", "gw1-outside"), localnet])
    made.router(
        "router1",
        [
            ("router1-ls1", ["192.168.100.1/24"]),
            ("router1-ls2", ["192.168.101.1/24"]),
            ("router1-join", ["192.168.255.2/24"]),
        ],
    )
    made.router(
        "gw1",
        [("gw1-join", ["192.168.255.1/24"]), ("gw1-outside", ["172.18.1.2/16"])],
        [{"type": "snat", "logical_ip": "192.168.100.0/24", "external_ip": "172.18.1.2"}],
        options={"chassis": "node1"},
        load_balancer=[gateway],
    )
    for number, port in enumerate(ports):
        made.port(port["name"], others[number % 2])
    made.port("ls2-vm3", others[0], datapath="ls2")
    made.port("ls2-vm4", None, up=False, datapath="ls2")
    made.port("gw1-outside", node1, kind="l3gateway", datapath="gw1")
    return made.rows
