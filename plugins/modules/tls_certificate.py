#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: tls_certificate
short_description: A host's private key and certificate for OVN
version_added: 0.1.0
description:
  - Makes a private key on the host that uses it, where it stays, and tells whether the host needs a certificate, and with which request. With
    O(certificate), puts the one that an authority signed in its place.
  - Files are replaced in one step, so that daemons which read them again see the old one or the new one.
  - The files are C(key.pem) and C(cert.pem) in O(directory).
extends_documentation_fragment:
  - virtnet.ovn.attributes
options:
  directory:
    description: The directory of the files. It is made.
    type: path
    required: true
  common_name:
    description: The name that the certificate is for (C(CN)). Of a chassis, its system-id, which RBAC goes by.
    type: str
    required: true
  certificate:
    description:
      - A certificate in PEM, to be put in place. It must be for this name and this key, valid now, and signed by one of the file C(issuers.pem).
      - Only the first one in it counts, as Open vSwitch takes no other from such a file. Certificates of authorities between it and a root go
        into O(trust).
    type: str
  private_key:
    description:
      - A private key in PEM that comes with O(certificate), instead of the one that is made here. Nothing is written where the two do not go together.
    type: str
  trust:
    description:
      - Certificates of authorities in PEM, by the name of the file in O(directory) that is to hold them.
      - The file C(issuers.pem) are those that sign this host's own certificates, which is checked.
    type: dict
    default: {}
  issuer:
    description: The name of the authority that has to have signed the certificate. By default, any in C(issuers.pem).
    type: str
  renew_before:
    description: So many days before it expires, a new certificate is needed.
    type: int
    default: 30
requirements:
  - openssl (the program)
seealso:
  - module: virtnet.ovn.tls_authority
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Ask whether this host needs a certificate
  virtnet.ovn.tls_certificate:
    directory: /etc/ovn/tls
    common_name: chassis7
  register: mine

- name: Have it signed
  virtnet.ovn.tls_authority:
    directory: /etc/ovn/authority
    common_name: OVN
    requests: {chassis7: "{{ mine.request }}"}
  delegate_to: central1
  when: mine.needed != ''
  register: signed

- name: Put it in place
  virtnet.ovn.tls_certificate:
    directory: /etc/ovn/tls
    common_name: chassis7
    certificate: "{{ signed.certificates.chassis7 }}"
    trust: {ca.pem: "{{ signed.trust }}", issuers.pem: "{{ signed.trust }}"}
  when: mine.needed != ''
"""

RETURN = r"""
needed:
  description: Why a new certificate is needed. Empty if it is not.
  returned: success
  type: str
  sample: "it expires at 2026-03-01T00:00:00Z"
common_name:
  description: The name that was given.
  returned: success
  type: str
  sample: chassis7
request:
  description: The certificate signing request in PEM, if one is needed.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE REQUEST-----"
restart:
  description:
    - Whether the daemons that use it must be restarted, for O(private_key) is of another kind (RSA, EC) than the one before. Otherwise they read the files
      again by themselves.
  returned: success
  type: bool
certificate:
  description: What the certificate says. Null if there is none.
  returned: success
  type: dict
  contains:
    common_name:
      description: Whose it is.
      type: str
      sample: chassis7
    issuer:
      description: The name of the authority that signed it.
      type: str
      sample: OVN 1
    not_before:
      description: From when it is valid, in UTC.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description: Until when it is valid, in UTC.
      type: str
      sample: "2027-01-01T00:00:00Z"
    days_left:
      description: How many whole days that is from now. Negative if it has expired.
      type: int
      sample: 364
    fingerprint:
      description: Its SHA-256 fingerprint.
      type: str
      sample: "50:50:48"
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._tls.modules import run_certificate


def main():
    run_certificate()


if __name__ == "__main__":
    main()
