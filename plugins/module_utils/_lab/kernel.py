# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls that the standard library of Python 3.9 lacks, and the requirements that go with them."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import socket
import struct

from .errors import LabError

CLONE_NEWNET = 0x40000000
MS_BIND = 0x1000
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17
SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"

_libc = ctypes.CDLL(None, use_errno=True)


def _call(what, name, *args):
    if getattr(_libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))


def require_root(what):
    if os.geteuid() != 0:
        raise LabError("%s needs root on the controller: run this as root, or with sudo." % what)


def require_tool(name, package):
    path = shutil.which(name) or shutil.which(name, path=SBIN)
    if not path:
        raise LabError("There is no %s on the controller: install the package %s." % (name, package), missing=[package])
    return path


def mount_tmpfs(path):
    _call("mounting a tmpfs on %s" % path, "mount", b"virtnet-lab", os.fsencode(path), b"tmpfs", 0, b"mode=755")


def unmount(path):
    """Takes away a mount and all that are below it; what is still in use goes with its last user."""
    _call("unmounting %s" % path, "umount2", os.fsencode(path), MNT_DETACH)


def die_with_parent():
    """For a child process: end at once when the module is killed, so that nothing goes on unseen."""
    _libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)


def inotify_shortage():
    """What to say of hosts that do not boot where the kernel gives root no more inotify instances: systemd takes many, see inotify(7)."""
    descriptor = _libc.inotify_init1(os.O_CLOEXEC)
    if descriptor >= 0:
        os.close(descriptor)
        return ""
    return (
        ". The kernel gives no more inotify instances, of which each host's systemd takes some: raise "
        "fs.inotify.max_user_instances (`sysctl -w fs.inotify.max_user_instances=1024`), or take another lab down."
    )


def make_netns(path):
    """A new network namespace that lives as long as the mount on this path."""
    with open(path, "wb"):
        pass
    with _back_home():
        _call("making a network namespace", "unshare", CLONE_NEWNET)
        _call("binding %s" % path, "mount", b"/proc/thread-self/ns/net", os.fsencode(path), None, MS_BIND, None)


@contextlib.contextmanager
def within_netns(path):
    """Sockets made meanwhile belong to that namespace."""
    with _back_home(), open(path, "rb") as there:
        _call("entering %s" % path, "setns", there.fileno(), CLONE_NEWNET)
        yield


@contextlib.contextmanager
def _back_home():
    with open("/proc/thread-self/ns/net", "rb") as home:
        try:
            yield
        finally:
            _call("returning from a network namespace", "setns", home.fileno(), CLONE_NEWNET)


def tx_checksum_off(netns, interfaces):
    """The kernel leaves checksums to a device that a veth is not; a userspace datapath then hands on what is not valid."""
    with within_netns(netns):
        query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with query:
        for name in interfaces:
            value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
            fcntl.ioctl(query, SIOCETHTOOL, struct.pack("16sP", name.encode(), ctypes.addressof(value)))


@contextlib.contextmanager
def locked(path, busy):
    """One run at a time. The file may go away with the lab, so what was locked must be what the path still names."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                busy()
                fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                current = os.stat(path).st_ino == os.fstat(handle).st_ino
            except FileNotFoundError:
                current = False
            if current:
                yield
                return
        finally:
            os.close(handle)


def no_space(error):
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
