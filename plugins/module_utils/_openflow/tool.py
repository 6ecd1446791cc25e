# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run OVS's and OVN's command line tools: no shell, always a deadline, errors for people."""

from __future__ import annotations

import os
import re
import subprocess

from .._ovsdb.errors import OvnError


class OpenFlowError(OvnError):
    """A tool, or ovs-vswitchd, did not do what it was asked."""


class Done:
    """What a tool printed and how it ended."""

    __slots__ = ("rc", "stdout", "stderr")

    def __init__(self, rc, stdout, stderr):
        self.rc = rc
        self.stdout = stdout
        self.stderr = stderr

    @property
    def reason(self):
        """What the tool complained about, without its log lines and its name."""
        return reason(self.stderr) or "it ended with status %d and said nothing" % self.rc


_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\dT[^|]*\|\d+\|")
_NAME = re.compile(r"^ov[sn]-\w+: ")
_NOISE = re.compile(r"^ovs-vswitchd: server returned an error$")

_PACKAGES = {
    "ovs-ofctl": "openvswitch-switch on Debian and Ubuntu, openvswitch on RHEL",
    "ovn-trace": "ovn-common on Debian and Ubuntu, ovn on RHEL",
}


def warnings(stderr):
    """What a tool logged as a warning; some of them say only there what is wrong."""
    return [line.rpartition("|WARN|")[2] for line in stderr.splitlines() if "|WARN|" in line]


def reason(stderr):
    """What a tool complained about, without its log lines and its name."""
    lines = [_NAME.sub("", line) for line in stderr.splitlines() if line.strip() and not _LOG_LINE.match(line)]
    return "\n".join(line for line in lines if not _NOISE.match(line)).strip()


def run(argv, timeout, stdin=None, env=None):
    """Run a tool and return what came of it; no such tool or no end within ``timeout`` seconds is an OpenFlowError."""
    name = argv[0]
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            env=dict(os.environ, LC_ALL="C", **(env or {})),
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        package = _PACKAGES.get(name, _PACKAGES["ovs-ofctl"])
        raise OpenFlowError("%s is not installed on this host (package %s)" % (name, package)) from error
    except subprocess.TimeoutExpired as error:
        raise OpenFlowError("timeout: %s got no answer within %g s" % (name, timeout)) from error
    except OSError as error:
        raise OpenFlowError("%s cannot be run: %s" % (name, error)) from error
    return Done(done.returncode, done.stdout, done.stderr)


def check_timeout(params):
    if params["timeout"] <= 0:
        raise OpenFlowError("timeout: %s is not a number of seconds above zero" % params["timeout"])
    return params["timeout"]
