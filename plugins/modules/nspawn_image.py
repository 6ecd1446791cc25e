#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: nspawn_image
short_description: Make the image that lab hosts boot
version_added: 0.1.0
author: The virtnet.ovn maintainers (@virtnet)
extends_documentation_fragment:
  - virtnet.ovn.attributes
description:
  - Makes a directory with a Debian release for M(virtnet.ovn.nspawn_hosts), by C(mmdebstrap), and keeps it for the next time. Releases and
    sets of packages are kept apart.
  - The image appears under its name only when it is complete. What a run that was killed has left is cleared away by the next.
  - No service is enabled in the image, whatever was installed. A role that enables what it needs finds a machine as after an installation.
  - While the image is being made, what is being done is shown about every 5 seconds.
requirements:
  - root on the host that makes the image
  - mmdebstrap, and apt sources that have the Debian archive
options:
  release:
    description: The Debian release.
    type: str
    required: true
  packages:
    description: What is installed in the image. It needs V(systemd-sysv) to boot, and V(python3) for Ansible.
    type: list
    elements: str
    required: true
  local_packages:
    description:
      - Packages that are kept in a repository within the image, with all that they depend on, so that hosts without any way to a
        mirror can install them. It is the only source of packages that a host has.
    type: list
    elements: str
    default: []
  install_local:
    description: Whether O(local_packages) are installed too. An image without is there to test what installs them.
    type: bool
    default: true
  cache_dir:
    description: Where images are kept.
    type: path
    default: /var/cache/virtnet-lab
  mirror:
    description:
      - The address of the Debian archive.
      - By default the one in the apt sources of the host that makes the image (C(sources.list) and C(*.list) as well as C(*.sources)).
        Its apt settings that say how a mirror is reached (proxies, validity of dates) are used in any case.
    type: str
  keyring:
    description: The keys that the archive is signed with, a file. By default those that the apt sources name, or all that apt trusts.
    type: path
  state:
    description:
      - V(present) makes the image where it is missing.
      - V(absent) removes it.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: virtnet.ovn.nspawn_hosts
"""

EXAMPLES = r"""
- name: Make an image with Open vSwitch
  virtnet.ovn.nspawn_image:
    release: trixie
    packages: [systemd-sysv, dbus, iproute2, python3, python3-apt]
    local_packages: [openvswitch-switch]
  register: image

- name: Start a host from it
  virtnet.ovn.nspawn_hosts:
    image: "{{ image.path }}"
    networks:
      - name: underlay
    hosts:
      - name: node1
        interfaces:
          - name: eth0
            network: underlay
            addresses: [192.0.2.11/24]
"""

RETURN = r"""
path:
  description: The directory of the image.
  returned: success
  type: str
  sample: /var/cache/virtnet-lab/bookworm-0123456789ab
seconds:
  description: How long making it took.
  returned: success
  type: float
  sample: 31.5
log:
  description: The last lines of what mmdebstrap wrote.
  returned: failure while making it
  type: list
  elements: str
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.run import run_image


def main():
    run_image()


if __name__ == "__main__":
    main()
