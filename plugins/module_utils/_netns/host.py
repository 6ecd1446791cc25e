# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has for Open vSwitch and OVN. The standard library is enough."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import struct
import subprocess

#: Ansible's name of a family of distributions -> the identifiers of os-release(5) that belong to it
FAMILIES = {
    "Debian": {"debian", "ubuntu"},
    "RedHat": {"rhel", "fedora", "centos", "rocky", "almalinux", "ol"},
    "Suse": {"suse", "opensuse", "sles"},
}
PATTERNS = ("ovn*.service", "ovs*.service", "openvswitch*.service")
LIBRARIES = ("pyroute2", "ovsdbapp")
SYSTEM_ID = "/etc/openvswitch/system-id.conf"

_NETLINK_GENERIC = 16
_GENL_ID_CTRL = 0x10
_CTRL_CMD_GETFAMILY = 3
_CTRL_ATTR_FAMILY_NAME = 2
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2


def os_family(text):
    """From the text of os-release(5); empty where it is none that we know."""
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    words = "%s %s" % (fields.get("ID", ""), fields.get("ID_LIKE", ""))
    for word in words.replace('"', " ").split():
        for family, members in FAMILIES.items():
            if word in members:
                return family
    return ""


def units(unit_files, loaded):
    """{name: {enabled, active}} from the output of systemctl list-unit-files and list-units."""
    found = {}
    for line in unit_files.splitlines():
        words = line.split()
        if len(words) >= 2 and words[1] != "alias":
            found[words[0]] = {"enabled": words[1] in ("enabled", "static", "generated"), "active": False}
    for line in loaded.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0] in found:
            found[words[0]]["active"] = words[2] == "active"
    return found


def has_kernel_datapath():
    """Asks the kernel as ovs-vswitchd does. It loads the module if it has one, as starting Open vSwitch would."""
    name = b"ovs_datapath\0"
    attribute = struct.pack("HH", 4 + len(name), _CTRL_ATTR_FAMILY_NAME) + name
    attribute += b"\0" * (-len(attribute) % 4)
    body = struct.pack("BBH", _CTRL_CMD_GETFAMILY, 1, 0) + attribute
    message = struct.pack("IHHII", 16 + len(body), _GENL_ID_CTRL, _NLM_F_REQUEST, 1, 0) + body
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC) as sock:
        sock.settimeout(5)
        sock.sendto(message, (0, 0))
        return struct.unpack_from("H", sock.recv(65536), 4)[0] != _NLMSG_ERROR


def _read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return ""


def version_of(program):
    """The version of a program that is installed, ``23.03.1``; empty where there is none."""
    tool = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/bin:/bin:/usr/sbin:/sbin")
    if not tool:
        return ""
    done = subprocess.run(
        [tool, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=10, check=False
    )
    words = done.stdout.split()
    return words[1] if len(words) > 1 else ""


def _systemctl(*arguments):
    tool = shutil.which("systemctl", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if not tool:
        return ""
    done = subprocess.run(
        [tool, *arguments, "--no-legend", "--no-pager", "--plain", *PATTERNS],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True, timeout=30, check=False,
    )  # fmt: skip
    return done.stdout


def main():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        kernel = has_kernel_datapath()
    except OSError:
        kernel = False
    module.exit_json(
        changed=False,
        os_family=os_family(_read("/etc/os-release")),
        datapath_type="system" if kernel else "netdev",
        system_id=_read(SYSTEM_ID).strip(),
        units=units(_systemctl("list-unit-files"), _systemctl("list-units", "--all")),
        python_libraries=[name for name in LIBRARIES if importlib.util.find_spec(name)],
    )
