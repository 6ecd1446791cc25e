# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane of a lab, as its own servers tell of it in the words of ovn-appctl, and what Ansible printed of it."""

from __future__ import annotations

import re

from tests.support.waiting import until

DEPLOY = "playbooks/deploy.yml"
FILES = {"OVN_Northbound": "ovnnb_db", "OVN_Southbound": "ovnsb_db"}
STOP = "systemctl stop ovn-central ovn-northd ovn-ovsdb-server-nb ovn-ovsdb-server-sb"


def status(lab, host, database):
    done = lab[host].run("ovn-appctl -t /run/ovn/%s.ctl cluster/status %s", FILES[database], database)
    return done.stdout


def leads(lab, host, database):
    return "Role: leader" in status(lab, host, database)


def lead(lab, hosts, wanted, database):
    """One of those that are ``wanted`` leads, in the end: another leader hangs until the rest has elected one, by chance."""

    def leader(among=hosts):
        return until(lambda: next((host for host in among if leads(lab, host, database)), None), "a leader", 30)

    def elected():
        now = leader()
        if now in wanted:
            return now
        lab[now].check_output("kill -STOP $(cat /run/ovn/%s.pid)", FILES[database])
        try:
            return leader([host for host in hosts if host != now]) in wanted
        finally:
            lab[now].check_output("kill -CONT $(cat /run/ovn/%s.pid)", FILES[database])
            until(lambda: not leads(lab, now, database), "%s has heard of it" % now)

    until(elected, "%s leads" % " or ".join(wanted), 120)


def address(lab, host):
    return lab.hostvars[host]["ovn_lab_interfaces"][0]["addresses"][0].split("/")[0]


def cluster(lab, host, database):
    """(id, sorted addresses of the servers)"""
    text = status(lab, host, database)
    identity = re.search(r"(?m)^Cluster ID: .*\((.*)\)$", text)
    return identity and identity.group(1), sorted(re.findall(r" at tcp:([0-9.]+):", text))


def is_one_cluster(lab, hosts):
    addresses = sorted(address(lab, name) for name in hosts)
    for database in FILES:
        found = [cluster(lab, name, database) for name in hosts]
        assert {tuple(places) for _identity, places in found} == {tuple(addresses)}, database
        assert len({identity for identity, _places in found}) == 1 and found[0][0]
        assert all("Status: cluster member" in status(lab, name, database) for name in hosts)


def plain(output):
    """Without the line breaks of what Ansible prints."""
    return re.sub(r"\s+", " ", output)


def peers(lab, host):
    """Whom ovn-controller is connected with."""
    pid = lab[host].check_output("cat /run/ovn/ovn-controller.pid")
    return set(re.findall(r"(?m)^ESTAB\s+\d+\s+\d+\s+\S+\s+(\S+)\s.*pid=%s," % pid, lab[host].check_output("ss -tnp")))
