# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, requests and certificates by openssl(1). Private keys are made where they are used, and nothing here ever returns one."""

from __future__ import annotations

import calendar
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
# Nothing of the host's own configuration takes part
_CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
"""
_LOOKUP = re.compile(r"(?m)depth lookup: ?(.*)$")
#: So many seconds a host's clock may be behind its authority's
BEHIND = 60
_DATE = "%b %d %H:%M:%S %Y %Z"


class TlsError(Exception):
    """``str(error)`` names the file or option, and the reason."""


def openssl(*arguments, text=""):
    """What openssl(1) prints, given ``text``."""
    program = shutil.which("openssl", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if not program:
        raise TlsError("there is no openssl on this host: install it")
    done = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it ended with %d" % done.returncode]
        reason = _LOOKUP.search(done.stderr)
        raise TlsError("openssl %s: %s" % (arguments[0], reason.group(1) if reason else said[0]))
    return done.stdout


def subject(common_name):
    return "/CN=" + re.sub(r"([/\\+])", r"\\\1", common_name)


def write(path, content, mode):
    """Replaces a file at once: who reads it sees the old one or the new one, whole."""
    directory = os.path.dirname(path)
    handle, half = tempfile.mkstemp(dir=directory, prefix=".new-")
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(content)
        os.chmod(half, mode)
        if os.path.exists(path):
            known = os.stat(path)
            os.chown(half, known.st_uid, known.st_gid)
        os.rename(half, path)
    except BaseException:
        os.unlink(half)
        raise


def read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise TlsError("%s: %s" % (path, error.strerror)) from None


def make_key(path):
    """A private key that only root reads, and that never leaves this host."""
    write(path, openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), 0o600)


class _Config:
    def __enter__(self):
        handle, self.path = tempfile.mkstemp(prefix="openssl-")
        with os.fdopen(handle, "w") as stream:
            stream.write(_CONFIG)
        return self.path

    def __exit__(self, *_exc):
        os.unlink(self.path)


def request(key, common_name):
    """A certificate signing request (PKCS #10, RFC 2986)"""
    with _Config() as config:
        return openssl("req", "-new", "-config", config, "-key", key, "-subj", subject(common_name))


def authority(key, common_name, days):
    """A certificate of an authority, signed by itself."""
    with _Config() as config:
        return openssl(
            "req", "-x509", "-new", "-config", config, "-extensions", "authority", "-key", key, "-sha256",
            "-subj", subject(common_name), "-days", str(days), "-set_serial", _serial(),
        )  # fmt: skip


def sign(csr, common_name, ca_cert, ca_key, days):
    """A certificate for who made the request, which must be for this name: the authority decides who is who."""
    found = openssl("req", "-noout", "-verify", "-subject", "-nameopt", "multiline,utf8,-esc_msb", text=csr)
    names = re.findall(r"(?m)^ *commonName *= (.*)$", found)
    if names != [common_name]:
        raise TlsError("the request of %s is for %s" % (common_name, " and ".join(names) or "nobody"))
    with _Config() as config:
        return openssl(
            "x509", "-req", "-CA", ca_cert, "-CAkey", ca_key, "-days", str(days), "-sha256", "-set_serial", _serial(),
            "-extfile", config, "-extensions", "leaf", text=csr,
        )  # fmt: skip


def _serial():
    return "0x%x" % (secrets.randbits(126) | 1 << 126)


def certificates(text):
    """The certificates of a file that may hold several."""
    return [match.group().rstrip("\n") + "\n" for match in PEM.finditer(text)]


def describe(pem):
    """What a certificate says."""
    said = openssl(
        "x509", "-noout", "-subject", "-issuer", "-enddate", "-startdate", "-fingerprint", "-sha256",
        "-nameopt", "multiline,utf8,-esc_msb", text=pem,
    )  # fmt: skip
    subject_part, _issuer, issuer_part = said.partition("issuer=")
    common = re.compile(r"(?m)^ *commonName *= (.*)$")
    ends = calendar.timegm(time.strptime(re.search(r"notAfter=(.*)", said).group(1), _DATE))
    begins = calendar.timegm(time.strptime(re.search(r"notBefore=(.*)", said).group(1), _DATE))
    return {
        "common_name": (common.findall(subject_part) or [""])[0],
        "issuer": (common.findall(issuer_part) or [""])[0],
        "not_before": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begins)),
        "not_after": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends)),
        "seconds_left": int(ends - time.time()),
        "begins_in": int(begins - time.time()),
        "fingerprint": re.search(r"Fingerprint=(\S+)", said).group(1),
    }


def public_key(*, key=None, text=None, pem=None):
    """Of the private key in the file ``key`` or in ``text``, or of a certificate."""
    if pem:
        return openssl("x509", "-noout", "-pubkey", text=pem)
    return openssl("pkey", *(["-in", key] if key else []), "-pubout", text=text or "")


def algorithm(pem):
    """Of a certificate's key, such as ``rsaEncryption``."""
    return re.search(r"Public Key Algorithm: (\S+)", openssl("x509", "-noout", "-text", text=pem)).group(1)


def distrust(pem, bundle):
    """Why the certificate is not accepted by the authorities in ``bundle``; empty if it is."""
    with tempfile.NamedTemporaryFile("w", prefix="openssl-") as stream:
        stream.write(bundle)
        stream.flush()
        try:
            at = str(int(time.time()) + BEHIND)
            openssl("verify", "-attime", at, "-no-CApath", "-no-CAstore", "-CAfile", stream.name, text=pem)
        except TlsError as error:
            return str(error).partition(": ")[2]
    return ""
