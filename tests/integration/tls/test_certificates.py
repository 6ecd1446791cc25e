# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tls_certificate and tls_authority as a host and its authority use them; openssl(1) itself is the second opinion."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest

from tests.support.authority import Authority
from tests.support.modules import run_module


def openssl(*arguments, text=None, fails=False):
    done = subprocess.run(["openssl", *map(str, arguments)], input=text, capture_output=True, text=True, check=False)
    assert bool(done.returncode) is fails, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


class Place:
    """An authority, and a host with the name ``chassis7``"""

    def __init__(self, directory):
        self.authority, self.host = directory / "authority", directory / "host"

    def sign(self, requests=None, rotation="none", check=False, fails=False, **more):
        arguments = {
            "directory": str(self.authority),
            "common_name": "OVN",
            "requests": requests or {},
            "rotation": rotation,
        }
        return run_module("tls_authority", {**arguments, **more}, check=check, fails=fails)

    def mine(self, check=False, fails=False, **more):
        arguments = {"directory": str(self.host), "common_name": "chassis7"}
        return run_module("tls_certificate", {**arguments, **more}, check=check, fails=fails)

    def trust(self):
        bundle = self.sign()["trust"]
        return {"ca.pem": bundle, "issuers.pem": bundle}

    def settle(self, rotation="none"):
        """What the role does: ask, sign, put in place. Returns the signer."""
        authority = self.sign(rotation=rotation)
        trust = {"ca.pem": authority["trust"], "issuers.pem": authority["trust"]}
        strict = {"issuer": authority["signer"]} if rotation in ("sign", "finish") else {}
        asked = self.mine(trust=trust, **strict)
        if asked["request"]:
            signed = self.sign({"chassis7": asked["request"]}, rotation)
            self.mine(trust=trust, certificate=signed["certificates"]["chassis7"], **strict)
        return authority["signer"]

    def verifies(self, fails=False):
        openssl("verify", "-CAfile", self.host / "ca.pem", self.host / "cert.pem", fails=fails)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_host_gets_a_certificate_and_keeps_its_key(place):
    ahead = place.mine(check=True)
    assert ahead["changed"] and ahead["needed"] == "there is no certificate" and not place.host.exists()
    asked = place.mine()
    assert asked["changed"] and mode(place.host / "key.pem") == 0o600
    assert "PRIVATE" not in str(asked)
    assert place.sign(check=True)["changed"] and not place.authority.exists()
    signed = place.sign({"chassis7": asked["request"]})
    assert mode(place.authority) == 0o700 and mode(place.authority / "1.key") == 0o600
    assert "PRIVATE" not in str(signed)
    placed = place.mine(trust=place.trust(), certificate=signed["certificates"]["chassis7"])
    assert placed["changed"] and placed["needed"] == "" and placed["certificate"]["days_left"] in (364, 365)
    place.verifies()
    assert "CN = chassis7" in openssl("x509", "-noout", "-subject", "-in", place.host / "cert.pem")
    again = place.mine(trust=place.trust())
    assert not again["changed"] and again["needed"] == again["request"] == ""
    assert not place.sign()["changed"]


def test_a_new_certificate_makes_the_key_newer_too(place):
    """ovsdb-server reads neither again before both are newer, and looks at the key first."""
    place.settle()
    key = place.host / "key.pem"
    content = key.read_text()
    os.utime(key, (1, 1))
    signed = place.sign({"chassis7": place.mine(renew_before=400)["request"]})
    place.mine(certificate=signed["certificates"]["chassis7"])
    assert key.stat().st_mtime > 1 and key.read_text() == content


def test_the_authority_decides_who_is_who(place):
    asked = place.mine()
    assert "the request of chassis8 is for chassis7" in place.sign({"chassis8": asked["request"]}, fails=True)["msg"]


def test_a_certificate_of_somebody_else_is_not_put_in_place(place, tmp_path_factory):
    other = Place(tmp_path_factory.mktemp("other"))
    theirs = other.sign({"chassis7": other.mine()["request"]})["certificates"]["chassis7"]
    place.settle()
    before = (place.host / "cert.pem").read_text()
    assert "is not of the private key" in place.mine(certificate=theirs, fails=True)["msg"]
    stranger = other.sign({"chassis7": place.mine(issuer="nobody")["request"]})["certificates"]["chassis7"]
    assert "its authority is not among those of" in place.mine(certificate=stranger, fails=True)["msg"]
    assert (place.host / "cert.pem").read_text() == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"common_name": "chassis8"}, "it is for chassis7, not for chassis8"),
        ({"renew_before": 400}, "it expires at "),
        ({"issuer": "OVN 2"}, "it was signed by OVN 1, not by OVN 2"),
    ],
)
def test_when_another_certificate_is_needed(place, change, reason):
    place.settle()
    asked = place.mine(**change)
    assert asked["needed"].startswith(reason) and asked["request"] and not asked["changed"]


def test_an_expired_certificate(place):
    signed = place.sign({"chassis7": place.mine()["request"]}, certificate_days=0)["certificates"]["chassis7"]
    assert "it expires at" in place.mine(certificate=signed, fails=True)["msg"]
    assert not (place.host / "cert.pem").exists()


def test_an_authority_is_replaced_step_by_step(place):
    assert place.settle() == "OVN 1"
    place.verifies()
    assert place.settle("begin") == "OVN 1"
    place.verifies()
    assert (place.host / "ca.pem").read_text().count("BEGIN") == 2
    assert not place.sign(rotation="begin")["changed"], "begun twice"
    # A run that stops here leaves both trusted, and new hosts can still come
    assert place.settle() == "OVN 1" and (place.host / "ca.pem").read_text().count("BEGIN") == 2
    assert place.settle("sign") == "OVN 2"
    place.verifies()
    assert "CN = OVN 2" in openssl("x509", "-noout", "-issuer", "-in", place.host / "cert.pem")
    assert place.settle("finish") == "OVN 2"
    place.verifies()
    assert (place.host / "ca.pem").read_text().count("BEGIN") == 1
    assert place.settle() == "OVN 2" and not place.sign(rotation="finish")["changed"]
    assert list(place.authority.glob("1.key.retired-*")), "an authority was thrown away"


def test_a_name_with_signs_of_its_own(place):
    name = "rack 1/a+b"
    asked = place.mine(common_name=name)
    signed = place.sign({name: asked["request"]})["certificates"][name]
    assert place.mine(common_name=name, certificate=signed)["certificate"]["common_name"] == name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trust": {"ca.pem": "nothing"}}, "trust: ca.pem is no file name with certificates"),
        ({"trust": {"../ca.pem": "nothing"}}, "trust: ../ca.pem"),
        ({"certificate": "nothing"}, "certificate: there is no certificate"),
    ],
)
def test_what_is_no_certificate_is_refused(place, arguments, message):
    assert message in place.mine(fails=True, **arguments)["msg"]


class Brought:
    """A key and a certificate of an authority elsewhere, and what they are given with."""

    def __init__(self, place, tmp_path):
        self.place, self.tmp_path = place, tmp_path
        self.authority = Authority(tmp_path, "chassis7")

    def file(self, name):
        return (self.tmp_path / name).read_text()

    def bring(self, fails=False, check=False, **more):
        trust = {"ca.pem": self.file("ca.pem"), "issuers.pem": self.file("ca.pem")}
        pair = {"private_key": self.file("chassis7.key"), "certificate": self.file("chassis7.pem"), "trust": trust}
        return self.place.mine(fails=fails, check=check, **{**pair, "renew_before": 0, **more})


def test_a_key_and_a_certificate_that_are_brought(place, tmp_path_factory):
    brought = Brought(place, tmp_path_factory.mktemp("elsewhere"))
    assert brought.bring(check=True)["changed"] and not place.host.exists()
    done = brought.bring()
    assert done["changed"] and done["request"] == "" and "PRIVATE" not in str(done)
    assert (place.host / "key.pem").read_text() == brought.file("chassis7.key")
    assert mode(place.host / "key.pem") == 0o600
    place.verifies()
    assert not brought.bring()["changed"]
    # Instead of one that an authority here had signed
    (place.host / "key.pem").unlink()
    place.settle()
    assert place.mine()["restart"] is False
    done = brought.bring()
    assert done["changed"] and done["restart"] is True, "RSA instead of EC"
    done = brought.bring()
    assert not done["changed"] and not done["restart"]
    place.verifies()


def test_what_is_brought_and_will_not_do_is_refused_before_anything_is_written(place, tmp_path_factory):
    brought, other = (Brought(place, tmp_path_factory.mktemp(name)) for name in ("elsewhere", "other"))

    def refused(**more):
        return brought.bring(fails=True, **more)["msg"]

    assert "it is not of the private key that comes with it" in refused(private_key=other.file("chassis7.key"))
    stranger = {"ca.pem": other.file("ca.pem"), "issuers.pem": other.file("ca.pem")}
    assert "its authority is not among those of" in refused(trust=stranger)
    assert "it is for chassis7, not for chassis8" in refused(common_name="chassis8")
    assert "openssl pkey" in refused(private_key="no key")
    assert "there is no certificate" in refused(certificate="no certificate")
    brought.authority.sign("chassis7", -9, -1)
    assert "it expires at" in refused()
    brought.authority.sign("chassis7", 1, 9)
    assert "it is not valid before" in refused()
    assert not place.host.exists()
