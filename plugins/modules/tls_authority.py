#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: tls_authority
short_description: An authority that signs certificates for OVN
version_added: 0.1.0
description:
  - Makes a certificate authority on a host, and signs requests with it. Its private keys stay on that host, in a directory that only root reads.
  - An authority has generations, so that it can be replaced without an outage, O(rotation) by O(rotation). First a new one that everybody trusts
    beside the old one, then certificates that the new one signed, then trust in the new one alone.
extends_documentation_fragment:
  - virtnet.ovn.attributes
options:
  directory:
    description: The directory of the authority.
    type: path
    required: true
  common_name:
    description: The authority's name. The number of the generation is appended to it.
    type: str
    required: true
  days:
    description: For how many days the authority's own certificate is valid.
    type: int
    default: 3650
  rotation:
    description:
      - V(begin) makes the next generation, V(sign) signs with it, V(finish) puts the ones before it aside and trusts it alone.
      - V(none) goes on as it is. What was begun and not finished stays so, both are trusted, and the older one signs.
    type: str
    choices: [none, begin, sign, finish]
    default: none
  requests:
    description: Certificate signing requests in PEM, by the name that each must be for. A request for another name is refused.
    type: dict
    default: {}
  certificate_days:
    description: For how many days certificates are signed.
    type: int
    default: 365
requirements:
  - openssl (the program)
notes:
  - Each request makes a certificate, and so a change. Give those that M(virtnet.ovn.tls_certificate) returns, which are there only when
    one is needed.
seealso:
  - module: virtnet.ovn.tls_certificate
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: An authority, and what is to be trusted
  virtnet.ovn.tls_authority:
    directory: /etc/ovn/authority
    common_name: OVN
  register: authority

- name: The next generation, trusted beside the present one
  virtnet.ovn.tls_authority:
    directory: /etc/ovn/authority
    common_name: OVN
    rotation: begin
"""

RETURN = r"""
trust:
  description: The certificates of all generations that are to be trusted, in PEM.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE-----"
signer:
  description: The name of the generation that signs.
  returned: success
  type: str
  sample: OVN 1
signer_certificate:
  description: Its certificate, in PEM. Empty in check mode, if it is yet to be made.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE-----"
authorities:
  description: What their certificates say, as RV(virtnet.ovn.tls_certificate#module:certificate).
  returned: success
  type: list
  elements: dict
  sample:
    - common_name: OVN 1
      days_left: 3649
certificates:
  description: The signed certificates in PEM, by name. Empty in check mode.
  returned: success
  type: dict
  sample: {}
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._tls.modules import run_authority


def main():
    run_authority()


if __name__ == "__main__":
    main()
