# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One central host without a cluster: from plain TCP to TLS by one variable, and from an authority of its own to certificates that are brought."""

from __future__ import annotations

import re

import pytest

from tests.support.authority import Authority
from tests.support.lab import unchanged

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
            lab[host].check_output("ovn-appctl -t ovn-controller exit --restart && systemctl start ovn-controller")
        all_is_well(lab)
    for host, kind in HOSTS.items():
        issuer = lab[host].check_output("openssl x509 -noout -issuer -in /etc/ovn/tls/%s/cert.pem", kind)
        assert issuer == "issuer=CN = Our own"
        assert lab[host].check_output("stat -c '%%a %%U' /etc/ovn/tls/%s/key.pem", kind) == "600 root"
    shown = "echo | openssl s_client -connect 10.107.0.11:6642 2>/dev/null | openssl x509 -noout -issuer"
    assert lab["compute1"].check_output(shown) == "issuer=CN = Our own"
    assert unchanged(lab.play(DEPLOY, **brought(ours)))


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
