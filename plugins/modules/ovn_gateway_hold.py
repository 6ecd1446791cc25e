#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: ovn_gateway_hold
short_description: Have a gateway forward as it does until others are ready
version_added: 0.1.0
description:
  - Stops the process of ovn-controller on the host of a chassis by C(SIGSTOP). Its flows stay as they are, and so does what the host forwards, while
    other chassis take over what it is active for, and it announces nothing.
  - systemd lets it go on when O(hold_timeout) is over, whatever becomes of Ansible meanwhile.
  - It is made for M(virtnet.ovn.ovn_gateway_drain), and the role P(virtnet.ovn.ovn_gateway_drain#role) runs both.
options:
  state:
    description:
      - V(held) stops it, V(released) lets it go on. What somebody else has stopped is an error.
      - V(released) is content with a host whose ovn-controller does not run.
    type: str
    choices: [held, released]
    default: held
  hold_timeout:
    description: Seconds after which it is released by itself.
    type: int
    default: 60
  ovn_rundir:
    description: The directory of ovn-controller's pid file and control socket.
    type: path
    default: /var/run/ovn
extends_documentation_fragment:
  - virtnet.ovn.attributes
requirements:
  - systemd-run on the host where the module runs, and root
notes:
  - Meanwhile ovn-controller binds no port that is plugged in, follows no change of the databases, and answers nothing that its flows do not answer, as DHCP.
seealso:
  - module: virtnet.ovn.ovn_gateway_drain
  - module: virtnet.ovn.ovn_gateway_announce
author:
  - The virtnet.ovn maintainers (@virtnet)
"""

EXAMPLES = r"""
- name: Leave everything as it is
  virtnet.ovn.ovn_gateway_hold:

- name: Go on
  virtnet.ovn.ovn_gateway_hold:
    state: released
"""

RETURN = r"""
held:
  description: Whether ovn-controller is stopped now, or would be, in check mode.
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.hold import run_hold


def main():
    run_hold()


if __name__ == "__main__":
    main()
