# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules: a host's key and certificate, and the authority that signs."""

from __future__ import annotations

import os
import re
import time

from . import openssl
from .openssl import BEHIND, TlsError

DAY = 86400
KEY, CERTIFICATE, ISSUERS = "key.pem", "cert.pem", "issuers.pem"
_GENERATION = re.compile(r"(\d+)\.pem$")


def _run(act, arguments):
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
    os.umask(0o077)
    try:
        result = act(module.params, module.check_mode)
    except (TlsError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


# ---------------------------------------------------------------- a host


def run_certificate():
    _run(
        ensure_certificate,
        {
            "directory": {"type": "path", "required": True},
            "common_name": {"type": "str", "required": True},
            "certificate": {"type": "str"},
            "private_key": {"type": "str", "no_log": True},
            "trust": {"type": "dict", "default": {}},
            "issuer": {"type": "str"},
            "renew_before": {"type": "int", "default": 30},
        },
    )


def ensure_certificate(options, check_mode):
    directory = options["directory"]
    key, certificate = (os.path.join(directory, name) for name in (KEY, CERTIFICATE))
    before, brought = openssl.read(certificate), options["private_key"]
    wanted = {name: _bundle(name, text) for name, text in options["trust"].items()}
    changed = {name for name, text in wanted.items() if openssl.read(os.path.join(directory, name)) != text}
    issuers = wanted.get(ISSUERS) or openssl.read(os.path.join(directory, ISSUERS))
    if brought:
        # With its key everything is known before anything is written
        _check(_leaf(options), options, openssl.public_key(text=brought), issuers)
    new_key = openssl.read(key) != brought if brought else not os.path.exists(key)
    if new_key:
        changed.add(KEY)
    if not check_mode:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        if new_key and not brought:
            openssl.make_key(key)
        # What is trusted comes first: a new certificate is of no use to who does not trust it yet
        for name in sorted(changed - {KEY}):
            openssl.write(os.path.join(directory, name), wanted[name], 0o644)
    current = before
    if options["certificate"]:
        current = _leaf(options)
        if not check_mode and not brought:
            _check(current, options, openssl.public_key(key=key), issuers)
        if current != before or (brought and new_key):
            changed.add(CERTIFICATE)
            if not check_mode:
                if brought and new_key:
                    openssl.write(key, brought, 0o600)
                openssl.write(certificate, current, 0o644)
                # Daemons read the two again only when both files are newer, and look at the key first
                os.utime(key)
    public = openssl.public_key(text=brought) if brought else openssl.public_key(key=key) if os.path.exists(key) else ""
    needed = _wrong(current, options, public, issuers)
    facts = _told(current) if current else None
    return {
        "changed": bool(changed),
        "needed": needed,
        "common_name": options["common_name"],
        "request": openssl.request(key, options["common_name"])
        if needed and os.path.exists(key) and not brought
        else "",
        "certificate": facts,
        "restart": bool(brought and before and openssl.algorithm(before) != openssl.algorithm(current)),
        "diff": {"before": {"files": []}, "after": {"files": sorted(changed)}},
    }


def _bundle(name, text):
    found = openssl.certificates(text)
    if not found or name != os.path.basename(name):
        raise TlsError("trust: %s is no file name with certificates in PEM" % name)
    return "".join(found)


def _leaf(options):
    """The host's own certificate: the first one, and the only one that Open vSwitch takes from such a file."""
    return (openssl.certificates(options["certificate"] or "") or [""])[0]


def _told(pem):
    """What a certificate says, for people."""
    facts = openssl.describe(pem)
    facts["days_left"] = facts.pop("seconds_left") // DAY
    facts.pop("begins_in")
    return facts


def _check(pem, options, public, issuers):
    wrong = _wrong(pem, options, public, issuers)
    if wrong:
        raise TlsError("certificate: %s" % wrong)


def _wrong(pem, options, public, issuers):
    """Why a certificate must be made, in words; empty if this one will do."""
    if not pem:
        return "there is no certificate"
    facts = openssl.describe(pem)
    if public != openssl.public_key(pem=pem):
        return "it is not of the private key %s" % (
            "that comes with it" if options["private_key"] else os.path.join(options["directory"], KEY)
        )
    if facts["common_name"] != options["common_name"]:
        return "it is for %s, not for %s" % (facts["common_name"] or "nobody", options["common_name"])
    if facts["seconds_left"] < options["renew_before"] * DAY:
        return "it expires at %s" % facts["not_after"]
    if facts["begins_in"] > BEHIND:
        return "it is not valid before %s, by the clock of this host" % facts["not_before"]
    if options["issuer"] and facts["issuer"] != options["issuer"]:
        return "it was signed by %s, not by %s" % (facts["issuer"], options["issuer"])
    distrust = openssl.distrust(pem, issuers) if issuers else ""
    if distrust:
        return "its authority is not among those of %s: %s" % (os.path.join(options["directory"], ISSUERS), distrust)
    return ""


# ---------------------------------------------------------------- the authority


def run_authority():
    _run(
        ensure_authority,
        {
            "directory": {"type": "path", "required": True},
            "common_name": {"type": "str", "required": True},
            "days": {"type": "int", "default": 3650},
            "rotation": {"type": "str", "choices": ["none", "begin", "sign", "finish"], "default": "none"},
            "requests": {"type": "dict", "default": {}},
            "certificate_days": {"type": "int", "default": 365},
        },
    )


def ensure_authority(options, check_mode):
    directory, rotation = options["directory"], options["rotation"]
    generations = _generations(directory)
    changed = False
    if not generations or (rotation == "begin" and len(generations) == 1):
        changed = True
        generations.append(generations[-1] + 1 if generations else 1)
        if not check_mode:
            _make(directory, generations[-1], options)
    if rotation == "finish" and len(generations) > 1:
        changed = True
        for number in generations[:-1] if not check_mode else ():
            for suffix in ("pem", "key"):
                old = os.path.join(directory, "%d.%s" % (number, suffix))
                os.rename(old, "%s.retired-%s" % (old, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())))
        generations = generations[-1:]
    signer = generations[-1] if rotation in ("sign", "finish") else generations[0]
    paths = [os.path.join(directory, "%d.pem" % number) for number in generations]
    bundle = [openssl.read(path) for path in paths if os.path.exists(path)]
    certificates = {}
    if not check_mode:
        cert, key = (os.path.join(directory, "%d.%s" % (signer, suffix)) for suffix in ("pem", "key"))
        for name, csr in sorted(options["requests"].items()):
            certificates[name] = openssl.sign(csr, name, cert, key, options["certificate_days"])
    facts = [_told(pem) for pem in bundle]
    return {
        "changed": changed or bool(options["requests"]),
        "trust": "".join(bundle),
        "signer": "%s %d" % (options["common_name"], signer),
        "signer_certificate": openssl.read(os.path.join(directory, "%d.pem" % signer)),
        "authorities": facts,
        "certificates": certificates,
        "diff": {"before": {"signed": []}, "after": {"signed": sorted(options["requests"])}},
    }


def _generations(directory):
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return sorted(int(match.group(1)) for match in map(_GENERATION.match, names) if match)


def _make(directory, number, options):
    os.makedirs(directory, mode=0o700, exist_ok=True)
    os.chmod(directory, 0o700)
    key, cert = (os.path.join(directory, "%d.%s" % (number, suffix)) for suffix in ("key", "pem"))
    openssl.make_key(key)
    openssl.write(cert, openssl.authority(key, "%s %d" % (options["common_name"], number), options["days"]), 0o644)
