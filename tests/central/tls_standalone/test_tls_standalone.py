# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One central host without a cluster: from plain TCP to TLS by one variable, and from an authority of its own to certificates that are brought."""

from __future__ import annotations

import re

import pytest

from tests.support.authority import Authority
from tests.support.lab import RESTART, unchanged

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/tls_standalone/inventory"
DEPLOY, ENABLE = "playbooks/deploy.yml", "playbooks/tls_enable.yml"
TLS = {"ovn_tls_enabled": True}
NBCTL = "ovn-nbctl"
HOSTS = {"node1": "central", "compute1": "chassis", "compute2": "chassis"}
FILES = "-p /etc/ovn/tls/{0}/key.pem -c /etc/ovn/tls/{0}/cert.pem -C /etc/ovn/tls/{0}/ca.pem"
SBCTL = "ovn-sbctl --timeout=10 --db=ssl:10.107.0.11:6642 " + FILES.format("chassis")
PIDS = "cat /run/ovn/ovnnb_db.pid /run/ovn/ovnsb_db.pid /run/ovn/ovn-northd.pid"


def all_is_well(lab):
    lab["node1"].check_output("ovn-nbctl --timeout=60 --wait=hv sync")
    listening = lab["node1"].check_output("ovn-sbctl --format=csv --no-headings --columns=target,role list Connection")
    assert listening.replace('"', "") == "pssl:6642:0.0.0.0,ovn-controller"
    assert lab["node1"].check_output("ovn-nbctl list Connection") == ""
    for host in ("compute1", "compute2"):
        assert lab[host].check_output("ovn-appctl -t ovn-controller connection-status") == "connected"
        assert (
            lab[host].check_output("ovs-vsctl get Open_vSwitch . external_ids:ovn-remote") == '"ssl:10.107.0.11:6642"'
        )
    assert lab["compute1"].run("ovn-sbctl --timeout=5 --db=tcp:10.107.0.11:6642 show").rc != 0


def test_a_plain_listener_that_is_asked_for_is_refused_before_anything_is_done(lab):
    plain = {"ovn_central_sb_listen": [{"target": "ptcp:6642:10.107.0.11"}]}
    output = " ".join(lab.play(DEPLOY, fails=True, **TLS, **plain).split())
    assert "ovn_central_tls is true, and ptcp:6642:10.107.0.11 is plain TCP for other hosts" in output
    assert not lab["node1"].file("/etc/ovn/tls").exists


def test_from_plain_tcp_to_tls_while_vms_talk(lab, asked, vip):
    before = lab["node1"].check_output(PIDS)
    with asked(vip):
        lab.play(ENABLE, **TLS)
        all_is_well(lab)
    assert lab["node1"].check_output(PIDS) == before, "something was restarted for it"
    assert unchanged(lab.play(DEPLOY, **TLS)) and unchanged(lab.play(ENABLE, **TLS))


def test_a_chassis_cannot_write_what_is_anothers(lab, module):
    assert lab["compute1"].run(SBCTL + " set Chassis compute1 external_ids:mine=yes").rc == 0
    base = "/etc/ovn/tls/chassis/"
    result = module(
        "compute1", "ovn_row", database="southbound", sb="ssl:10.107.0.11:6642", private_key=base + "key.pem", certificate=base + "cert.pem",
        ca_cert=base + "ca.pem", table="Chassis", where={"name": "compute2"}, columns={"external_ids": {"mine": "no"}},
    )  # fmt: skip
    assert re.search(
        'RBAC rules for client "compute1" role "ovn-controller" prohibit .* table "Chassis"', result["msg"]
    )


def brought(authority, name="{{ inventory_hostname }}"):
    """The variables for a host's files of an authority."""
    return {
        **TLS,
        "ovn_tls_private_key": "%s/%s.key" % (authority.directory, name),
        "ovn_tls_certificate": "%s/%s.pem" % (authority.directory, name),
        "ovn_tls_ca_cert": "%s/ca.pem" % authority.directory,
    }


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ours"), *HOSTS)


def test_certificates_that_are_brought_while_vms_talk(lab, asked, vip, ours):
    with asked(vip):
        lab.play(DEPLOY, **brought(ours))
        for host in ("compute1", "compute2"):
            lab[host].check_output(RESTART)
        all_is_well(lab)
    for host, kind in HOSTS.items():
        issuer = lab[host].check_output("openssl x509 -noout -issuer -in /etc/ovn/tls/%s/cert.pem", kind)
        assert issuer.replace(" = ", "=") == "issuer=CN=Our own"
        assert lab[host].check_output("stat -c '%%a %%U' /etc/ovn/tls/%s/key.pem", kind) == "600 root"
    shown = "echo | openssl s_client -connect 10.107.0.11:6642 2>/dev/null | openssl x509 -noout -issuer"
    assert lab["compute1"].check_output(shown).replace(" = ", "=") == "issuer=CN=Our own"
    assert unchanged(lab.play(DEPLOY, **brought(ours)))


def chassis_files(certificate="cert.pem", ca_cert="ca.pem"):
    base = "/etc/ovn/tls/chassis/"
    return {"private_key": base + "key.pem", "certificate": base + certificate, "ca_cert": base + ca_cert}


def put(lab, host, name, text):
    lab[host].check_output("printf '%%s' %s > /etc/ovn/tls/chassis/%s", text, name)


def test_a_module_says_what_is_wrong_with_certificates(lab, module, ours, tmp_path):
    other = Authority(tmp_path, "compute1", called="Another")
    text = {"good": (ours.directory / "compute1.pem").read_text(), "other-ca": (tmp_path / "ca.pem").read_text()}
    for name, begins, ends in (("expired", -9, -1), ("future", 1, 9)):
        ours.sign("compute1", begins, ends)
        text[name] = (ours.directory / "compute1.pem").read_text()
    (ours.directory / "compute1.pem").write_text(text["good"])
    for name in ("expired", "future", "other-ca"):
        put(lab, "compute1", name + ".pem", text[name])
    # Of another authority, for the key that this host has
    (tmp_path / "compute1.csr").write_text((ours.directory / "compute1.csr").read_text())
    other.sign("compute1", -1, 9)
    put(lab, "compute1", "stranger.pem", (tmp_path / "compute1.pem").read_text())

    def told(sb="ssl:10.107.0.11:6642", **files):
        look = {"database": "southbound", "table": "Chassis", "timeout": 5}
        return module("compute1", "ovn_info", sb=sb, **look, **chassis_files(**files)).get("msg", "")

    assert told() == ""
    assert "the server's certificate is not accepted by ca_cert" in told(ca_cert="other-ca.pem")
    for name, words in (("expired", "expired at"), ("future", "is not valid before")):
        said = told(certificate=name + ".pem")
        assert "certificate: /etc/ovn/tls/chassis/%s.pem %s" % (name, words) in said, said
    said = told(certificate="stranger.pem")
    # The server hangs up, and its reason is sometimes overtaken by that
    trusts = "the server does not accept certificate: it trusts no authority that signed it"
    assert trusts in said or "does the server's CA know this certificate?" in said, said
    assert "is it an ssl: listener?" in told(sb="tcp:10.107.0.11:6642")


def test_health_says_why_a_chassis_is_not_connected(lab, ours, tmp_path):
    Authority(tmp_path, called="Another")
    good = lab["compute1"].check_output("cat /etc/ovn/tls/chassis/ca.pem") + "\n"
    put(lab, "compute1", "ca.pem", (tmp_path / "ca.pem").read_text())
    ours.sign("compute2", 1, 9)
    put(lab, "compute2", "cert.pem", (ours.directory / "compute2.pem").read_text())
    try:
        lab["compute1"].check_output(RESTART)
        output = " ".join(lab.play("playbooks/health.yml", fails=True).split())
        assert "southbound connection (compute1): not connected: cannot use the database OVN_Southbound:" in output
        assert "certificate is not accepted by ca_cert" in output
        assert "certificate (compute2 /etc/ovn/tls/chassis/cert.pem): not valid before" in output
    finally:
        put(lab, "compute1", "ca.pem", good)
        ours.sign("compute2", -1, 30)
        lab.play(DEPLOY, **brought(ours))
        lab["compute1"].check_output(RESTART)
    all_is_well(lab)
    lab.play("playbooks/health.yml")


def test_what_is_brought_and_will_not_do_is_refused_and_nothing_is_written(lab, ours, tmp_path):
    there = "sha256sum /etc/ovn/tls/*/*.pem"
    before = {host: lab[host].check_output(there) for host in HOSTS}

    def refused(**variables):
        return " ".join(lab.play(DEPLOY, fails=True, **variables).split())

    other = Authority(tmp_path, *HOSTS)
    own = brought(ours)
    assert "it is not of the private key that comes with it" in refused(
        **{**own, "ovn_tls_private_key": brought(other)["ovn_tls_private_key"]}
    )
    assert "its authority is not among those of" in refused(
        **{**own, "ovn_tls_ca_cert": brought(other)["ovn_tls_ca_cert"]}
    )
    assert "it is for node1, not for compute1" in refused(**brought(ours, "node1"))
    other.sign("node1", -9, -1)
    assert "it expires at" in refused(**brought(other))
    other.sign("node1", 1, 9)
    assert "it is not valid before" in refused(**brought(other))
    assert "ovn_tls_certificate goes with ovn_tls_private_key and ovn_tls_ca_cert" in refused(
        **{**own, "ovn_tls_ca_cert": None}
    )
    assert {host: lab[host].check_output(there) for host in HOSTS} == before
