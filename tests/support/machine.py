# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab may leave on the machine, nothing, and what it must leave as it is, the machine's own network.

LAB=name python -m tests.support.machine keep FILE       write down the machine's own network
LAB=name python -m tests.support.machine compare FILE    fail where something is left, or the network differs
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys


def traces(name):
    """Everything of the lab of this name that there is on the machine."""
    found = ["process: " + line for line in processes() if name in line]
    found += ["mount: " + line for line in open("/proc/self/mountinfo").read().splitlines() if name in line]
    for top in ("/run", "/sys/fs/cgroup", "/var/lib/machines", "/tmp"):
        # The locks of the tests themselves are no part of a lab, and stay where a run of tests was killed
        find = ["find", top, "-path", "/run/lock", "-prune", "-o", "-name", "*%s*" % name, "-print"]
        done = subprocess.run(find, capture_output=True, text=True, check=False)
        found += ["file: " + line for line in done.stdout.splitlines()]
    return found


def processes():
    """Those of the machine, less this one and those that wait for it."""
    found, ours = [], ancestors()
    for entry in os.listdir("/proc"):
        try:
            with open("/proc/%s/cmdline" % entry, "rb") as stream:
                line = stream.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if line and entry not in ours:
            found.append("%s %s" % (entry, line))
    return found


def ancestors():
    found = ["self", "thread-self", str(os.getpid())]
    while found[-1] != "0":
        status = pathlib.Path("/proc/%s/status" % found[-1]).read_text()
        found.append(status.partition("PPid:")[2].split()[0])
    return found


def the_machines_own_network():
    """What of the network of this machine a lab must leave as it is."""
    commands = [
        "ip -details link",
        "ip address",
        "ip -4 route show table all",
        "ip -6 route show table all",
        "ip rule",
        "ip netns",
    ]
    if shutil.which("nft"):
        commands.append("nft list ruleset")
    state = {
        command: [
            line
            for line in subprocess.run(command.split(), capture_output=True, text=True, check=False).stdout.splitlines()
            if "valid_lft" not in line and "expires" not in line
        ]
        for command in commands
    }
    for path in pathlib.Path("/proc/sys/net").rglob("*"):
        if path.is_file() and path.name in ("forwarding", "ip_forward", "rp_filter", "disable_ipv6", "proxy_arp"):
            state[str(path)] = path.read_text()
    return state


def main():
    action, path = sys.argv[1], pathlib.Path(sys.argv[2])
    if action == "keep":
        path.write_text(json.dumps(the_machines_own_network()))
        return
    left = traces(os.environ["LAB"])
    if path.exists():
        before, now = json.loads(path.read_text()), the_machines_own_network()
        path.unlink()  # what is compared once says nothing about a later lab
        left += [
            "%s was %s, is %s" % (what, before.get(what), now.get(what))
            for what in before | now
            if before.get(what) != now.get(what)
        ]
    sys.exit("\n".join(left) or 0)


if __name__ == "__main__":
    main()
