# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of what becomes of packets: tunnels, sizes, checksums, flows, and what a trace says.

A check takes the case, and returns what it saw to be well, or None where it does not apply; it raises Finding or Unknown.
"""

from __future__ import annotations

import ipaddress

from .checks_machine import netns
from .finding import Finding, Unknown, unit

#: What a tunnel adds to a packet: inner Ethernet, Geneve with OVN's option, UDP, and IP
_OVERHEAD = {4: 58, 6: 78}


def check_tunnel(case):
    said = []
    for pair in case.pairs():
        for chassis in pair:
            name, host = case.host_of(chassis)
            if host:
                _encap(name, host)
        types = [{encap["type"] for encap in case.network["chassis"].get(c, {}).get("encaps", ())} for c in pair]
        if all(types) and not types[0] & types[1]:
            hosts = [case.host_of(c)[0] for c in pair]
            raise Finding(
                "encap_type_mismatch", "The chassis %s and %s have no type of tunnel in common." % pair,
                ["%s has %s" % (c, ", ".join(sorted(t))) for c, t in zip(pair, types)],
                {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-encap-type": sorted(types[1])[0]}}} if "geneve" in types[1] else
                {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-encap-type": sorted(types[0])[0]}}},
                hosts[0] if "geneve" in types[1] else hosts[1], "Give both the same type",
            )  # fmt: skip
        for chassis, other in (pair, pair[::-1]):
            name, host = case.host_of(chassis)
            if host:
                _tunnel_to(case, name, host, other)
        _through(case, pair)
        said.append("%s to %s" % pair)
    return ", ".join(said)


def _encap(name, host):
    for ip in (host["settings"].get("ovn-encap-ip") or "").split(","):
        if ip and ip not in host["addresses"]:
            mine = sorted({u["source"] for u in host["underlay"].values() if u["source"]})
            raise Finding(
                "encap_ip_wrong", "%s tells the others to send their tunnels to %s, which is no address of it." % (name, ip),
                ["external_ids:ovn-encap-ip of %s is %s" % (name, ip), "its addresses are %s" % ", ".join(host["addresses"])],
                {"virtnet.ovn.ovs_config": {"external_ids": {"ovn-encap-ip": mine[0]}}} if len(mine) == 1 else None, name,
                "Give it an address that it has",
            )  # fmt: skip


def _tunnel_to(case, name, host, other):
    ips = [encap["ip"] for encap in case.network["chassis"].get(other, {}).get("encaps", ())]
    mine = [t for t in host["tunnels"] if t["chassis"] == other or t["remote_ip"] in ips]
    if not mine:
        raise Finding(
            "tunnel_missing", "%s has no tunnel to the chassis %s." % (name, other),
            ["its tunnels lead to %s" % (", ".join(sorted(t["chassis"] or str(t["remote_ip"]) for t in host["tunnels"])) or "nobody")],
            advice="Look at ovn-controller's log on %s" % name,
        )  # fmt: skip
    broken = [t for t in mine if t["error"] or t["ofport"] == -1]
    if broken:
        raise Finding(
            "tunnel_error", "Open vSwitch on %s cannot make the tunnel to %s." % (name, other),
            ["Interface:error of %s: %s" % (t["name"], t["error"]) for t in broken],
            advice="Look at ovs-vswitchd's log on %s" % name,
        )  # fmt: skip
    for ip in ips:
        underlay = host["underlay"].get(ip)
        if underlay and underlay["device"] is None:
            raise Finding(
                "underlay_no_route", "%s has no route to %s, the tunnel's other end on %s." % (name, ip, other), ["ip route get %s: unreachable" % ip],
                advice="Give %s a route to it" % name,
            )  # fmt: skip
        if underlay and underlay["down"]:
            raise Finding(
                "underlay_down", "The interface %s of %s is down, and with it the tunnel to %s." % (underlay["down"][0], name, other),
                ["ip link: %s is not up" % ", ".join(underlay["down"])], advice="Start the interface %s on %s" % (underlay["down"][0], name),
            )  # fmt: skip


def _through(case, pair):
    """What was sent through the tunnel has arrived: both hosts have counted and sent, in turns, twice."""
    hosts = [case.host_of(chassis)[0] for chassis in pair]
    runs = [run for run in case.facts.get("tunnels") or () if run["host"] in hosts and run["peer"] in pair]
    if len(runs) < 4:
        return
    (there_1, first, there_2, second) = runs[:4]
    there = there_2["before"]["rx_packets"] > there_1["after"]["rx_packets"]
    back = second["before"]["rx_packets"] > first["after"]["rx_packets"]
    if there and back:
        return
    lost = [text for good, text in ((there, "%s to %s" % pair), (back, "%s to %s" % pair[::-1])) if not good]
    underlay = first["underlay"]
    evidence = ["of %d packets sent through the tunnel from %s, none arrived" % (first["sent"], text) for text in lost]
    evidence += ["BFD of %s on %s: %s" % (t["name"], n, t["bfd_diagnostic"]) for n in hosts for t in case.hosts[n]["tunnels"]
                 if t["chassis"] in pair and t["bfd"] == "down"]  # fmt: skip
    if underlay is False:
        raise Finding(
            "underlay_unreachable", "%s and %s do not reach each other on the underlay." % tuple(hosts),
            [*evidence, "a ping from %s to %s is not answered, either" % (hosts[0], first["remote_ip"])],
            advice="Look at the network between %s and %s" % tuple(hosts),
        )  # fmt: skip
    ports = {"geneve": 6081, "vxlan": 4789, "stt": 7471}
    raise Finding(
        "tunnel_blocked",
        "What %s and %s send each other through the tunnel does not arrive, though they reach each other: something between them drops UDP port %d."
        % (*hosts, ports.get(first["type"], 6081)),
        [*evidence, *(["a ping from %s to %s is answered" % (hosts[0], first["remote_ip"])] if underlay else [])],
        advice="Let UDP port %d through between %s and %s, in both directions" % (ports.get(first["type"], 6081), *hosts),
    )  # fmt: skip


def check_mtu(case):
    said = []
    mtus = [(end, *case.machine(end)) for end in case.ends]
    for here, there in case.pairs():
        for chassis, other in ((here, there), (there, here)):
            name, host = case.host_of(chassis)
            ips = [encap["ip"] for encap in case.network["chassis"].get(other, {}).get("encaps", ())]
            for ip in ips if host else ():
                underlay = host["underlay"].get(ip) or {}
                if not underlay.get("mtu"):
                    continue
                room = underlay["mtu"] - _OVERHEAD[ipaddress.ip_address(ip).version]
                for end, at, machine in mtus:
                    if machine and machine["mtu"] and machine["mtu"] > room:
                        raise Finding(
                            "mtu", "Full packets of %s do not fit into the tunnel from %s: they are lost, and nobody is told." % (end["given"], name),
                            ["the MTU of %s in %s on %s is %d" % (machine["device"], machine["namespace"], at, machine["mtu"]),
                             "the MTU towards %s is %d on %s; a tunnel leaves %d of it" % (ip, underlay["mtu"], name, room), *_sizes(case)],
                            [netns(m, h, mtu=room) for _end, h, m in mtus if m and m["mtu"] and m["mtu"] > room], None,
                            "Send shorter packets, or raise the underlay's MTU to %d" % (machine["mtu"] + underlay["mtu"] - room),
                        )  # fmt: skip
                said.append("%d from %s to %s" % (room, name, other))
    small, large = case.small_and_large()
    if small and large is False:
        raise Finding(
            "mtu", "Short packets come through between %s and %s, and long ones do not." % (case.source["given"], case.destination["given"]), _sizes(case),
            advice="Find the link with the least MTU between them, or send shorter packets",
        )  # fmt: skip
    return ", ".join(said)


def _sizes(case):
    return [text for text in case.symptoms() if text.startswith("a ping of")]


def check_checksum(case):
    said = []
    for end in case.ends:
        host, machine = case.machine(end)
        if not machine or machine["tx_checksum"] is None or machine["datapath_type"] != "netdev":
            continue
        if machine["tx_checksum"]:
            raise Finding(
                "tx_checksum_offload", "%s leaves its checksums to a device that never computes them: ping works, and TCP and UDP do not." % end["given"],
                ["ethtool -k %s in the namespace %s on %s: tx-checksumming is on" % (machine["device"], machine["namespace"], host),
                 "the datapath of %s is in user space (netdev)" % machine["bridge"]],
                *netns(machine, host, offloads={"tx": False}), advice="Let the machine compute its checksums",
            )  # fmt: skip
        said.append("%s computes its own" % end["given"])
    return ", ".join(said)


def check_conntrack(case):
    said = []
    for name, host in sorted(case.hosts.items()):
        table = host["conntrack"]
        if table is None or not table["limit"]:
            continue
        if table["count"] >= table["limit"]:
            raise Finding(
                "conntrack_full", "On %s, conntrack is full: no new connection is tracked." % name,
                ["%d connections are tracked, and no more than %d may be" % (table["count"], table["limit"])],
                advice="Raise the limit on %s by `ovs-appctl dpctl/ct-set-maxconns`, or net.netfilter.nf_conntrack_max" % name,
            )  # fmt: skip
        said.append("%d of %d on %s" % (table["count"], table["limit"], name))
    return ", ".join(said)


def _legs(case):
    """The trace there, and that of the answer."""
    if case.trace:
        yield "the packet", case.trace
        if case.trace.get("answer"):
            yield "the answer", case.trace["answer"]


#: The cause that the trace gives -> ours
_TRACED = {
    "ip_routing": "route_missing",
    "policy": "router_policy",
    "port_sec": "port_security",
    "port_unbound": "port_not_bound",
}


def check_traced(*causes):
    def check(case):
        found = False
        for what, leg in _legs(case):
            found = True
            if leg["verdict"] in ("dropped", "rejected") and leg["cause"] in causes and not _disagrees(leg):
                raise Finding(
                    _TRACED.get(leg["cause"], leg["cause"]),
                    leg["reason"],
                    _trace_evidence(what, leg),
                    *_trace_task(case, leg),
                )
        return "nothing of the kind stops it" if found else None

    return check


def _disagrees(leg):
    return any("The logical network delivers" in warning for warning in leg["warnings"])


def _trace_evidence(what, leg):
    """The last lines of the story but for its end, and the flows that matter."""
    lines = ["traced, %s: %s" % (what, text.partition(". ")[2]) for text in leg["story"].splitlines()]
    remembered = [
        "table %s of %s on %s: `%s` sends it to %s" % (s["table"], s["bridge"], s["chassis"], s["match"], s["set_fields"]["eth_dst"])
        for s in leg["steps"]
        if leg["cause"] == "stale_mac_binding" and (s["southbound"] or {}).get("table") == "MAC_Binding" and s["set_fields"].get("eth_dst")
    ]  # fmt: skip
    return [
        *lines[-4:-1],
        *remembered,
        *(["the flow `%s`" % (leg["flow"] or {}).get("match")] if (leg["flow"] or {}).get("match") else []),
    ]


def _trace_task(case, leg):
    row, cause = leg["northbound"] or {}, leg["cause"]
    if cause == "acl" and row.get("table") == "ACL":
        task = {
            "uuid": row["_uuid"],
            "state": "absent",
            "direction": row["direction"],
            "priority": row["priority"],
            "match": row["match"],
            "wait": "hv",
        }
        return {"virtnet.ovn.ovn_acl": task}, None, "Delete the ACL (or narrow its match)"
    if cause == "policy" and row.get("table") == "Logical_Router_Policy":
        task = {
            "router": leg["datapath"],
            "priority": row["priority"],
            "match": row["match"],
            "state": "absent",
            "wait": "hv",
        }
        return {"virtnet.ovn.ovn_logical_router_policy": task}, None, "Delete the policy (or narrow its match)"
    if cause == "stale_mac_binding":
        flow = leg["flow"] or {}
        task = {"logical_port": flow.get("logical_port"), "ip": flow.get("ip"), "state": "absent"}
        return {"virtnet.ovn.ovn_mac_binding": task}, None, "Let the router forget it, and ask again"
    return None, None, None


def check_flows(case):
    for what, leg in _legs(case):
        if not _disagrees(leg):
            continue
        last = [step for step in leg["steps"] if step["chassis"]][-1:]
        chassis = last[0]["chassis"] if last else case.chassis_of(case.source)
        name = case.host_of(chassis)[0]
        restart = unit("ovn-controller.service", "restarted")
        # What no flow takes is dropped by one of priority 0
        foreign = [s for s in last if s["southbound"] is None and s["priority"] and s["bridge"]]
        if foreign:
            step = foreign[0]
            cookie = "0x%x" % int(str(step["cookie"] or "0"), 16)
            flow = "table=%s,priority=%s,%s" % (step["table"], step["priority"], step["match"])
            raise Finding(
                "foreign_flow", "On %s, a flow that is not OVN's drops %s." % (chassis, what),
                ["table %s, priority %s, cookie %s: `%s`" % (step["table"], step["priority"], cookie, step["match"]), "the logical network delivers it"],
                {"virtnet.ovn.of_flow": {"bridge": step["bridge"], "state": "absent", "flows": [flow.rstrip(",")], "allow_ovn_bridge": True}}, name,
                "Take the flow away",
            )  # fmt: skip
        raise Finding(
            "flows_missing", "On %s, flows are missing: the logical network delivers %s, and the flows there drop it." % (chassis, what),
            [leg["reason"], *leg["warnings"]], restart, name, "Let ovn-controller write its flows again",
        )  # fmt: skip
    return "they do" if case.trace else None


def check_delivery(case):
    for what, leg in _legs(case):
        if leg["verdict"] in ("dropped", "rejected"):
            raise Finding(
                (leg["cause"] and _TRACED.get(leg["cause"], leg["cause"])) or "unknown", leg["reason"], _trace_evidence(what, leg), *_trace_task(case, leg)
            )  # fmt: skip
    return "traced from end to end" if case.trace and case.trace["reached"] else None


def check_service(case):
    tcp = (case.probe or {}).get("tcp")
    if not tcp or tcp["error"] != "refused":
        return "it answers" if tcp and tcp["connected"] else None
    if case.trace is None and case.network["trace"]["possible"]:
        raise Unknown("TCP is refused, by whom is not known yet")
    raise Finding(
        "nothing_listens", "The packets come through, and nobody listens on port %d of %s." % (tcp["port"], case.network["probe"]["address"]),
        ["TCP to port %d: refused" % tcp["port"]], advice="Start the server",
    )  # fmt: skip


def check_answers(case):
    if not case.probe:
        raise Unknown("no packet was sent from %s, as it is no host of the inventory" % case.source["given"])
    if case.reached():
        return "%s is answered" % case.network["probe"]["address"]
    raise Unknown("it is not")
