# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of ovn_info hold what ovn-nbctl and ovn-sbctl print: written as they write it, the lines are the same."""

from __future__ import annotations

import re

import pytest

from tests.support.modules import run_module
from tests.support.ovsdb import ovn, standalone

STEPS = """
ls-add web
ls-add empty
lr-add gw
lr-add alone
lb-add shop 10.0.0.1:80 10.0.0.2:80,10.0.0.3:80
lb-add shop 10.0.0.1:81 10.0.0.2:80
lb-add any 10.0.0.9 10.0.0.2
lb-add six [fd00::1]:53 [fd00::2]:53 udp
create Load_Balancer name=novip
create Load_Balancer name=template options:template=true protocol=tcp vips:"^vip"="^backends"
lr-lb-add gw shop
ls-lb-add web any
ls-lb-add empty any
lsp-add web par
lsp-add web child par 4
lsp-set-type par router -- lsp-set-options par router-port=gw-web
lsp-set-addresses child dynamic unknown
set Logical_Switch_Port child external_ids:neutron\\:port_name=nport
set Logical_Switch web external_ids:neutron\\:network_name=nnet
set Logical_Router gw external_ids:neutron\\:router_name=nrouter
lrp-add gw gw-web 02:00:00:00:00:01 10.0.0.1/24 fd00::9/64
lrp-add gw gw-out 02:00:00:00:00:02 192.0.2.1/24
lrp-set-gateway-chassis gw-web hv1 3
lrp-set-gateway-chassis gw-web hv2 9
--portrange lr-nat-add gw dnat_and_snat 192.0.2.4 10.0.0.8 child 02:00:00:00:00:03 100-200
lr-nat-add gw snat 192.0.2.4 10.0.0.0/24
"""


@pytest.fixture(scope="module")
def nb():
    with standalone() as server:
        for line in STEPS.strip().splitlines():
            server.ctl(*[word.replace('"', "") for word in line.replace("\\\\", "\\").split()])
        group = server.ctl("create", "Load_Balancer_Group", "name=group").strip()
        six = server.ctl("--bare", "--columns=_uuid", "find", "Load_Balancer", "name=six").strip()
        server.ctl("add", "Load_Balancer_Group", group, "load_balancer", six)
        server.ctl("add", "Logical_Router", "gw", "load_balancer_group", group)
        server.ctl("add", "Logical_Router", "alone", "load_balancer_group", group)
        yield server


@pytest.fixture
def report(nb):
    def play(name, **arguments):
        fails = arguments.pop("fails", False)
        return run_module("ovn_info", {"nb": nb.remote, "report": name, **arguments}, fails=fails)

    return play


def printed(nb, *command):
    """The lines, without the order in which rows happened to come and what newer releases print beside."""
    lines = [line.rstrip() for line in nb.ctl(*command).splitlines()]
    return sorted(line for line in lines if line and not line.startswith("UUID ") and "ipv6-lla" not in line)


def _aka(row):
    return "%s (aka %s)" % (row["name"], row["aka"]) if row["aka"] else row["name"]


def _quoted(values):
    return ", ".join('"%s"' % value for value in values)


def shown(found):
    """As ovn-nbctl show writes it."""
    lines = []
    for switch in found["switches"]:
        lines.append("switch %s (%s)%s" % (switch["_uuid"], switch["name"], " (aka nnet)" if switch["aka"] else ""))
        for port in switch["ports"]:
            lines.append("    port " + _aka(port))
            for key, value in (("parent", port["parent_name"]), ("tag", port["tag"]), ("type", port["type"])):
                lines += ["        %s: %s" % (key, value)] * bool(value)
            lines += ["        addresses: [%s]" % _quoted(port["addresses"])] * bool(port["addresses"])
            lines += ["        router-port: %s" % port["router_port"]] * bool(port["router_port"])
    for router in found["routers"]:
        lines.append("router %s (%s)%s" % (router["_uuid"], router["name"], " (aka nrouter)" if router["aka"] else ""))
        for port in router["ports"]:
            lines += ["    port " + port["name"], '        mac: "%s"' % port["mac"]]
            lines.append("        networks: [%s]" % _quoted(port["networks"]))
            # Releases print them by rising or by falling priority
            gateways = " ".join(port["gateway_chassis"])
            lines += ["        gateway chassis: [%s]" % gateways] * bool(gateways)
        for nat in router["nat"]:
            lines += ["    nat " + nat["_uuid"], '        external ip: "%s"' % nat["external_ip"]]
            lines += ['        external port(s): "%s"' % nat["external_port_range"]] * bool(nat["external_port_range"])
            lines += ['        logical ip: "%s"' % nat["logical_ip"], '        type: "%s"' % nat["type"]]
    return lines


def rising(lines):
    return sorted(re.sub(r"hv2 hv1", "hv1 hv2", line) for line in lines)


def listed(entries):
    """As ovn-nbctl lb-list writes it, blanks made one; UUID and name stand on a balancer's first line only."""
    lines, before = [], None
    for entry in entries:
        head = "" if entry["_uuid"] == before else "%s %s " % (entry["_uuid"], entry["load_balancer"])
        before = entry["_uuid"]
        protocol = entry["protocol"] + " " if entry["protocol"] else ""
        lines.append((head + protocol + "%s %s" % (entry["vip"], ",".join(entry["backends"]))).strip())
    return sorted(lines)


def one_blank(lines):
    return sorted(" ".join(line.split()) for line in lines)


class TestNorthbound:
    def test_show(self, nb, report):
        found = report("show")
        assert rising(shown(found["report"])) == rising(printed(nb, "show"))
        assert found["count"] == 4
        assert found["changed"] is False
        (gw,) = [router for router in found["report"]["routers"] if router["name"] == "gw"]
        assert [port["gateway_chassis"] for port in gw["ports"]] == [[], ["hv2", "hv1"]]

    @pytest.mark.parametrize(("option", "name"), [("switch", "web"), ("router", "gw"), ("switch", "empty")])
    def test_show_one(self, nb, report, option, name):
        assert rising(shown(report("show", **{option: name})["report"])) == rising(printed(nb, "show", name))

    def test_one_by_its_uuid(self, nb, report):
        uuid = nb.ctl("get", "Logical_Switch", "web", "_uuid").strip()
        assert report("show", switch=uuid)["report"] == report("show", switch="web")["report"]

    def test_lb_list(self, nb, report):
        assert listed(report("lb-list")["report"]) == one_blank(printed(nb, "lb-list"))
        assert listed(report("lb-list", load_balancer="six")["report"]) == one_blank(printed(nb, "lb-list", "six"))
        assert report("lb-list", load_balancer="novip")["report"] == []

    @pytest.mark.parametrize("router", ["gw", "alone"])
    def test_lr_lb_list(self, nb, report, router):
        found = report("lr-lb-list", router=router)["report"]
        assert listed(found) == one_blank(printed(nb, "lr-lb-list", router))
        assert {entry["router"] for entry in found} == {router}
        assert "six" in {entry["load_balancer"] for entry in found}, "it has it by a group"

    @pytest.mark.parametrize("switch", ["web", "empty"])
    def test_ls_lb_list(self, nb, report, switch):
        assert listed(report("ls-lb-list", switch=switch)["report"]) == one_blank(printed(nb, "ls-lb-list", switch))

    def test_the_lists_of_all(self, report):
        assert [(e["switch"], e["vip"]) for e in report("ls-lb-list")["report"]] == [
            ("empty", "10.0.0.9"),
            ("web", "10.0.0.9"),
        ]
        six = report("lr-lb-list", load_balancer="six", uuids=False)["report"]
        assert [entry["router"] for entry in six] == ["alone", "gw"]
        assert six[0] == {
            "router": "alone",
            "load_balancer": "six",
            "protocol": "udp",
            "vip": "[fd00::1]:53",
            "backends": ["[fd00::2]:53"],
        }

    def test_without_uuids(self, report):
        assert "_uuid" not in str(report("show", uuids=False)["report"])

    def test_a_query(self, report):
        found = report("show", query="report.switches[?name == 'web'].ports[].name")
        assert found["result"] == ["child", "par"]
        found = report("lb-list", query="report[?length(backends) > `1`].vip")
        assert found["result"] == ["10.0.0.1:80"]

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ({"report": "show", "switch": "no"}, "switch: there is no Logical_Switch 'no'"),
            ({"report": "lr-lb-list", "router": "web"}, "router: there is no Logical_Router 'web'"),
            ({"report": "lb-list", "router": "gw"}, "router: does not narrow the report lb-list"),
            ({"report": "show", "chassis": "hv1"}, "chassis: does not narrow the report show of the northbound"),
            ({"report": "lb-list", "database": "southbound"}, "report: lb-list is a report of the northbound database"),
            ({"report": "show", "database": "southbound", "switch": "web"}, "switch: does not narrow"),
            ({"table": "ACL", "switch": "web"}, "switch: narrows a report, and none is asked for"),
            ({"report": "show", "references": "both"}, "references: is for rows, not for a report"),
            ({"report": "show", "volatile": False}, "volatile: is for rows"),
            ({"report": "show", "table": "ACL"}, "mutually exclusive"),
            ({"report": "show", "where": {"name": "web"}}, "mutually exclusive"),
            ({"report": "lsp-list"}, "value of report must be one of: show, lb-list"),
        ],
    )
    def test_errors(self, nb, arguments, says):
        assert says in run_module("ovn_info", {"nb": nb.remote, **arguments}, fails=True)["msg"]

    def test_a_name_that_two_have(self, nb, report):
        nb.ctl("--add-duplicate", "ls-add", "empty")
        try:
            said = report("show", switch="empty", fails=True)["msg"]
        finally:
            nb.ctl("ls-del", nb.ctl("--bare", "--columns=_uuid", "find", "Logical_Switch", "name=empty").split()[0])
        assert "switch: 'empty' is the name of several rows of Logical_Switch: give one of the UUIDs" in said


def test_the_southbound():
    with ovn() as (nb, sb):
        nb.ctl("ls-add", "web", "--", "lsp-add", "web", "web-1", "--", "lsp-add", "web", "web-2")
        sb.ctl("chassis-add", "hv1", "geneve,vxlan", "127.0.0.1")
        sb.ctl("chassis-add", "hv2", "geneve", "127.0.0.2")
        nb.ctl("--wait=sb", "sync")
        sb.ctl("lsp-bind", "web-1", "hv1")

        def show(**arguments):
            where = {"database": "southbound", "sb": sb.remote, "report": "show", **arguments}
            return run_module("ovn_info", where)["report"]["chassis"]

        first, second = show(uuids=False)
        assert first["name"] == "hv1"
        assert [(encap["type"], encap["ip"]) for encap in first["encaps"]] == [
            ("geneve", "127.0.0.1"),
            ("vxlan", "127.0.0.1"),
        ]
        assert first["encaps"][0]["options"] == {"csum": "true"}
        assert first["port_bindings"] == ["web-1"]
        assert second["port_bindings"] == []
        assert show(chassis="hv1", uuids=False) == [first]
        text = sb.ctl("show")
        assert "Chassis hv1" in text
        assert "Port_Binding web-1" in text
