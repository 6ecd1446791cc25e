# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane that speaks TLS and nothing else: who is refused, and in which words; and a new authority while VMs talk."""

from __future__ import annotations

import re

import pytest

from tests.support.lab import RESTART, unchanged

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/tls/inventory"
DEPLOY = "playbooks/deploy.yml"
CENTRAL = ["10.104.0.1%d" % number for number in (1, 2, 3)]
TLS = "/etc/ovn/tls/"
NBCTL = "ovn-nbctl --db=%s -p {0}/key.pem -c {0}/cert.pem -C {0}/ca.pem".format(TLS + "central") % ",".join(
    "ssl:%s:6641" % a for a in CENTRAL
)


def remotes(port, protocol="ssl"):
    return ",".join("%s:%s:%d" % (protocol, address, port) for address in CENTRAL)


def files(kind, certificate="cert.pem", ca="ca.pem"):
    return "-p {0}/key.pem -c {0}/{1} -C {0}/{2}".format(TLS + kind, certificate, ca)


def options(kind, certificate="cert.pem", ca="ca.pem"):
    base = TLS + kind
    return {
        "private_key": base + "/key.pem",
        "certificate": "%s/%s" % (base, certificate),
        "ca_cert": "%s/%s" % (base, ca),
    }


def nbctl(lab, *command):
    return lab["node1"].check_output(
        "ovn-nbctl --timeout=60 --db=%s %s %s" % (remotes(6641), files("central"), " ".join(command))
    )


def test_everything_works_over_tls(lab):
    nbctl(lab, "--wait=hv", "sync")
    for host in ("node1", "node2", "node3"):
        for name, database in (("ovnnb_db", "OVN_Northbound"), ("ovnsb_db", "OVN_Southbound")):
            text = lab[host].check_output("ovn-appctl -t /run/ovn/%s.ctl cluster/status %s", name, database)
            assert len(re.findall(r" at ssl:", text)) == 3 and " at tcp:" not in text
    assert lab["compute1"].check_output("ovn-appctl -t ovn-controller connection-status") == "connected"
    lab["vm1"].check_output("ping -c3 -i0.2 198.51.100.2")


def test_private_keys_are_for_root_and_each_host_has_its_own(lab):
    hosts = {"node1": "central", "node2": "central", "node3": "central", "compute1": "chassis", "compute2": "chassis"}
    keys = {lab[host].check_output("openssl pkey -in %s%s/key.pem -pubout", TLS, kind) for host, kind in hosts.items()}
    assert len(keys) == len(hosts)
    for host, kind in hosts.items():
        assert lab[host].check_output("stat -c '%%a %%U' %s%s/key.pem", TLS, kind) == "600 root"
    assert lab["node1"].check_output("stat -c '%a %U' /etc/ovn-authority/central") == "700 root"
    assert not lab["node2"].file("/etc/ovn-authority").exists


@pytest.mark.parametrize("port", [6641, 6642, 16642])
def test_plaintext_is_refused(lab, module, port):
    tool = "nb" if port == 6641 else "sb"
    host = "compute1" if port == 6642 else "node2"
    done = lab[host].run("ovn-%sctl --timeout=10 --no-leader-only --db=%s show" % (tool, remotes(port, "tcp")))
    assert done.rc != 0 and "database connection failed" in done.stderr
    database = "northbound" if port == 6641 else "southbound"
    result = module(host, "ovn_info", database=database, table="Connection", timeout=5, **{tool: remotes(port, "tcp")})
    assert "is it an ssl: listener?" in result.get("msg", "")


def test_the_members_do_not_take_plaintext_from_each_other(lab):
    for port in (6643, 6644):
        # A TLS server answers anything else with an alert, or not at all
        answer = lab["node2"].run(
            r"printf '{\"method\":\"echo\"}' | timeout 3 nc -N 10.104.0.11 %d | head -c 40 | od -c | head -2" % port
        )
        assert "echo" not in answer.stdout


def test_a_servers_certificate_of_another_authority_is_refused(module):
    # What signs the chassis does not sign the servers
    result = module(
        "compute1",
        "ovn_info",
        database="southbound",
        table="Chassis",
        timeout=5,
        sb=remotes(6642),
        **options("chassis", ca="issuers.pem"),
    )
    assert "the server's certificate is not accepted by ca_cert" in result.get("msg", "")


GUARDED = (6641, 6643, 6644, 16642)
TABLE = "nft list table inet virtnet_ovn_central"


def reached(lab, host):
    """The ports of each member that take a connection of this host."""
    return {
        (address, port)
        for address in CENTRAL
        for port in (*GUARDED, 6642)
        if lab[host].run("nc -z -w 2 %s %d" % (address, port)).rc == 0
    }


EVERYTHING = {(address, port) for address in CENTRAL for port in (*GUARDED, 6642)}
FOR_CHASSIS = {(address, 6642) for address in CENTRAL}


def take_row(lab, port):
    """A chassis tries to write what is another's."""
    command = "ovn-sbctl --timeout=10 --db=%s %s set Chassis compute2 external_ids:taken=yes"
    return lab["compute1"].run(command % (remotes(port), files("chassis")))


def test_chassis_reach_their_port_only_and_members_all(lab):
    assert reached(lab, "compute1") == FOR_CHASSIS
    assert reached(lab, "node2") == EVERYTHING
    done = take_row(lab, 16642)
    assert done.rc != 0 and "Connection refused" in done.stderr
    sbctl = "ovn-sbctl --timeout=10 --db=%s %s --bare --columns=name list Chassis" % (remotes(6642), files("chassis"))
    assert sorted(lab["compute1"].check_output(sbctl).split()) == ["compute1", "compute2"]


def test_a_chassis_is_none_of_the_northbound_databases_clients(lab, module):
    """Where the firewall lets it in as an administrator, its certificate is still refused there; the southbound database takes it for one."""
    admin = {"ovn_central_admin_addresses": ["10.104.0.21", "fd00:104::/64"]}
    lab.play(DEPLOY, **admin)
    try:
        assert unchanged(lab.play(DEPLOY, **admin))
        assert reached(lab, "compute1") == EVERYTHING
        assert reached(lab, "compute2") == FOR_CHASSIS
        result = module(
            "compute1",
            "ovn_info",
            database="northbound",
            table="NB_Global",
            timeout=5,
            nb=remotes(6641),
            **options("chassis"),
        )
        assert re.search(
            "it trusts no authority that signed it|does the server's CA know this certificate", result.get("msg", "")
        )
        assert lab["compute1"].run("ovn-nbctl --timeout=10 --db=%s %s show" % (remotes(6641), files("chassis"))).rc != 0
        assert take_row(lab, 16642).rc == 0, "then the firewall would be for nothing"
        sbctl = "ovn-sbctl --timeout=10 --db=%s %s remove Chassis compute2 external_ids taken"
        lab["compute1"].check_output(sbctl % (remotes(16642), files("chassis")))
    finally:
        lab.play(DEPLOY)
    assert reached(lab, "compute1") == FOR_CHASSIS


def test_the_firewall_touches_no_other_rules_and_comes_back_after_a_flush(lab):
    node1 = lab["node1"]
    node1.check_output("nft add table inet others && nft add chain inet others input")
    try:
        lab.play(DEPLOY, ovn_central_firewall=False)
        assert node1.run(TABLE).rc != 0 and "inet others" in node1.check_output("nft list tables")
        assert reached(lab, "compute1") == EVERYTHING
        assert unchanged(lab.play(DEPLOY, ovn_central_firewall=False))
    finally:
        lab.play(DEPLOY)
    assert "inet others" in node1.check_output("nft list tables")
    # The distribution's unit, with its own rules: both flush everything
    node1.check_output("systemctl start nftables && systemctl restart nftables")
    assert "inet others" not in node1.check_output("nft list tables")
    node1.check_output(TABLE)
    for command in ("reload", "stop"):
        node1.check_output("systemctl %s nftables", command)
        node1.check_output(TABLE)
    node1.check_output("systemctl is-enabled virtnet-ovn-central-firewall")
    assert unchanged(lab.play(DEPLOY))


def sign(lab, host, days, common_name=None):
    """A certificate for a chassis' own key by its authority, as the authority would never sign one."""
    csr = lab[host].check_output("openssl req -new -key %schassis/key.pem -subj /CN=%s", TLS, common_name or host)
    return lab["node1"].check_output(
        "printf '%%s\\n' %s | openssl x509 -req -days %s -set_serial 77 -CA /etc/ovn-authority/chassis/[0-9].pem"
        " -CAkey /etc/ovn-authority/chassis/[0-9].key 2>/dev/null",
        csr, str(days),
    )  # fmt: skip


def put(lab, host, path, text):
    lab[host].check_output("printf '%%s\\n' %s > %s", text, path)


def test_an_expired_certificate_is_refused_and_the_role_renews_it(lab, module):
    good = lab["compute1"].check_output("cat %schassis/cert.pem", TLS)
    put(lab, "compute1", TLS + "chassis/expired.pem", sign(lab, "compute1", 0))
    done = lab["compute1"].run(
        "ovn-sbctl --timeout=10 --no-leader-only --db=%s %s show" % (remotes(6642), files("chassis", "expired.pem"))
    )
    assert done.rc != 0
    result = module(
        "compute1",
        "ovn_info",
        database="southbound",
        table="Chassis",
        timeout=5,
        sb=remotes(6642),
        **options("chassis", "expired.pem"),
    )
    assert "expired" in result.get("msg", "")
    lab["compute1"].check_output("cp {0}expired.pem {0}cert.pem".format(TLS + "chassis/"))
    told = module("compute1", "tls_certificate", directory=TLS + "chassis", common_name="compute1")
    assert told["needed"].startswith("it expires at") and told["certificate"]["days_left"] < 0
    lab.play(DEPLOY)
    new = lab["compute1"].check_output("cat %schassis/cert.pem", TLS)
    assert new not in (good, lab["compute1"].check_output("cat %schassis/expired.pem", TLS))
    assert unchanged(lab.play(DEPLOY))


def test_a_chassis_cannot_write_what_is_anothers(lab):
    sbctl = "ovn-sbctl --timeout=10 --db=%s %s " % (remotes(6642), files("chassis"))
    assert lab["compute1"].run(sbctl + "set Chassis compute1 external_ids:mine=yes").rc == 0
    done = lab["compute1"].run(sbctl + "set Chassis compute2 external_ids:mine=no")
    assert done.rc != 0 and 'RBAC rules for client "compute1" role "ovn-controller" prohibit' in done.stderr.replace(
        "\\", ""
    )
    assert lab["compute1"].run(sbctl + "chassis-del compute2").rc != 0
    put(lab, "compute1", TLS + "chassis/stranger.pem", sign(lab, "compute1", 30, "stranger"))
    stranger = "ovn-sbctl --timeout=10 --db=%s %s " % (remotes(6642), files("chassis", "stranger.pem"))
    assert "permission error" in lab["compute1"].run(stranger + "set Chassis compute1 external_ids:mine=no").stderr


def test_new_certificates_while_vms_talk(lab, asked, vip):
    """All certificates of all hosts at once, signed by the authorities that there are."""
    shown = "echo | openssl s_client -connect 10.104.0.11:6642 2>/dev/null | openssl x509 -noout -serial"
    before = lab["compute1"].check_output(shown)
    with asked(vip):
        lab.play(DEPLOY, ovn_tls_renew_before=399, ovn_tls_certificate_days=400)
        for host in ("compute1", "compute2"):
            lab[host].check_output(RESTART)
        nbctl(lab, "--wait=hv", "sync")
    assert lab["compute1"].check_output(shown) != before
    assert unchanged(lab.play(DEPLOY))


def generation(lab, host, kind):
    issuer = lab[host].check_output("openssl x509 -noout -issuer -in %s%s/cert.pem", TLS, kind)
    return int(re.fullmatch(r"issuer=CN ?= ?OVN %s (\d+)" % kind, issuer).group(1))


def test_a_new_authority_while_vms_talk(lab, asked, vip):
    before = generation(lab, "node1", "central")
    lab["compute1"].check_output("cp {0}cert.pem {0}old.pem".format(TLS + "chassis/"))
    with asked(vip):
        lab.play("playbooks/tls_rotate.yml")
        nbctl(lab, "--wait=hv", "sync")
        # Everybody comes back with what he has now
        for host in ("compute1", "compute2"):
            lab[host].check_output(RESTART)
        for host in ("node3", "node2", "node1"):
            lab[host].check_output("systemctl restart ovn-northd")
        nbctl(lab, "--wait=hv", "set", "NB_Global", ".", "external_ids:rotated=yes")
    for host, kind in (("node1", "central"), ("node3", "central"), ("compute2", "chassis")):
        assert generation(lab, host, kind) == before + 1
        assert lab[host].check_output("grep -c BEGIN %s%s/ca.pem", TLS, kind) == "1"
    old = lab["compute1"].run(
        "ovn-sbctl --timeout=10 --no-leader-only --db=%s %s show" % (remotes(6642), files("chassis", "old.pem"))
    )
    assert old.rc != 0, "what the old authority signed is still good"
    assert unchanged(lab.play(DEPLOY))
