# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a host's ovn-controller leave everything as it is for a while.

It is stopped by SIGSTOP: its own ``debug/pause`` (ovn-controller(8)) leaves the thread alone that announces gateways, and an old gateway that announces
itself beside the new one costs more than a second. systemd lets it go on when the time is over, whatever becomes of whoever asked for it:
systemd-run(1), ``--on-active``.
"""

from __future__ import annotations

import os
import shutil
import signal

from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.unixctl import Daemon

_TIMER = "ovn-gateway-hold.timer"

ARGUMENTS = {
    "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
    "hold_timeout": {"type": "int", "default": 60},
    "ovn_rundir": {"type": "path", "default": "/var/run/ovn"},
}


def run_hold():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    conclude(module, lambda: apply(module.params, module.check_mode, module.run_command))


def apply(params, check_mode, run_command):
    """The module's result; raises OvnError."""
    if params["hold_timeout"] < 1:
        raise OvnError("hold_timeout: %d is not a number of seconds above zero" % params["hold_timeout"])
    if shutil.which("systemd-run") is None:
        raise OvnError("this host has no systemd-run, which is to end it when the time is over")
    daemon = Daemon(params["ovn_rundir"], "ovn-controller")
    wanted = params["state"] == "held"
    if wanted and not daemon.running:
        raise OvnError("ovn-controller does not run on this host")
    held = daemon.stopped
    ours = run_command(["systemctl", "is-active", "--quiet", _TIMER])[0] == 0
    if held and not ours:
        raise OvnError("ovn-controller is stopped, and not by this module: kill -CONT %s ends that" % daemon.pid)
    if wanted != held and not check_mode:
        if wanted:
            _start_timer(daemon, params, run_command)
        try:
            os.kill(int(daemon.pid), signal.SIGSTOP if wanted else signal.SIGCONT)
        except OSError as exc:
            raise OvnError("ovn-controller, process %s: %s" % (daemon.pid, exc.strerror)) from None
    if ours and not wanted and not check_mode:
        run_command(["systemctl", "stop", _TIMER], check_rc=True)
    return {"changed": wanted != held, "held": wanted, "diff": {"before": {"held": held}, "after": {"held": wanted}}}


def _start_timer(daemon, params, run_command):
    """Before it is stopped, so that it never is without an end."""
    run_command(["systemctl", "stop", _TIMER])  # of a time that was cut short
    code, _out, errors = run_command(
        [
            "systemd-run", "--quiet", "--collect", "--unit=" + _TIMER.partition(".")[0], "--timer-property=AccuracySec=1s",
            "--on-active=%d" % params["hold_timeout"], "kill", "-CONT", daemon.pid,
        ]
    )  # fmt: skip
    if code:
        raise OvnError("no timer that is to end it, so it was not begun: %s" % errors.strip())
