# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image that lab hosts boot: a Debian release in a directory, made once and kept."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from email.utils import formatdate

from . import sources
from .errors import LabError
from .kernel import die_with_parent, locked, no_space, require_root, require_tool

# Counted up whenever what is done to an image changes, so that an older one is not taken for it
RECIPE = 4
LOCAL_REPOSITORY = "var/lib/lab-packages"
# Seen: 300 MB of files, and their packages while they are unpacked
NEEDED_BYTES = 600 * 1024 * 1024
# Of no use in a container, and each costs time at every boot
MASKED = (
    "apt-daily.timer apt-daily-upgrade.timer console-getty.service dev-hugepages.mount dpkg-db-backup.timer "
    "e2scrub_all.timer fstrim.timer getty.target getty-static.service getty@.service modprobe@.service "
    "sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount "
    "systemd-firstboot.service systemd-hostnamed.socket systemd-logind.service systemd-modules-load.service "
    "systemd-network-generator.service systemd-networkd.service systemd-networkd.socket systemd-pcrphase.service "
    "systemd-pstore.service systemd-random-seed.service systemd-remount-fs.service systemd-resolved.service "
    "systemd-timesyncd.service systemd-tmpfiles-clean.timer systemd-tpm2-setup-early.service systemd-tpm2-setup.service "
    "systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service "
    "systemd-update-utmp-runlevel.service systemd-update-utmp.service systemd-userdbd.socket"
).split()


class Recipe:
    """What an image consists of. Its digest names the directory, so an image is never taken for another."""

    def __init__(self, release, packages, local_packages, install_local, architecture):
        self.release = release
        self.packages = sorted(set(packages))
        self.local_packages = sorted(set(local_packages))
        self.install_local = install_local
        self.architecture = architecture

    @property
    def name(self):
        digest = hashlib.sha256(json.dumps([RECIPE, vars(self)], sort_keys=True).encode()).hexdigest()
        return "%s-%s" % (self.release, digest[:12])


class ImageCache:
    """Images in a directory. One that is being made has another name until it is complete."""

    def __init__(self, cache_dir):
        self.cache_dir = cache_dir

    def path(self, recipe):
        return os.path.join(self.cache_dir, recipe.name)

    def partial(self, recipe):
        return os.path.join(self.cache_dir, ".partial-%s" % recipe.name)

    def log(self, recipe):
        return os.path.join(self.cache_dir, "%s.log" % recipe.name)

    def has(self, recipe):
        return os.path.isdir(self.path(recipe))

    def lock(self, recipe):
        return locked(os.path.join(self.cache_dir, ".%s.lock" % recipe.name), lambda: None)

    def remove(self, recipe):
        # Renamed first: half an image must not be found under its name when this is interrupted
        if self.has(recipe):
            os.rename(self.path(recipe), self.partial(recipe))
        shutil.rmtree(self.partial(recipe), ignore_errors=True)
        for path in (self.log(recipe), os.path.join(self.cache_dir, ".%s.lock" % recipe.name)):
            if os.path.exists(path):
                os.unlink(path)


def architecture():
    return subprocess.run(
        [require_tool("dpkg", "dpkg"), "--print-architecture"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def ensure(cache, recipe, mirror=None, keyring=None):
    """Makes the image where it is missing, and says whether it was."""
    require_root("Making a lab image")
    mmdebstrap = require_tool("mmdebstrap", "mmdebstrap")
    try:
        os.makedirs(cache.cache_dir, mode=0o755, exist_ok=True)
        with cache.lock(recipe):
            if cache.has(recipe):
                return False
            _build(mmdebstrap, cache, recipe, mirror, keyring)
            return True
    except OSError as error:
        if no_space(error):
            raise LabError(_full(cache.cache_dir)) from error
        raise LabError("Cannot make the lab image in %s: %s" % (cache.cache_dir, error)) from error


def _full(cache_dir):
    return (
        "There is not enough space in %s for a lab image: it needs about %d MB. "
        "Make room there, or give another cache_dir." % (cache_dir, NEEDED_BYTES // 1024**2)
    )


def _build(mmdebstrap, cache, recipe, mirror, keyring):
    shutil.rmtree(cache.partial(recipe), ignore_errors=True)
    with open(cache.log(recipe), "w", encoding="utf-8"):
        pass
    space = os.statvfs(cache.cache_dir)
    if space.f_bavail * space.f_frsize < NEEDED_BYTES:
        raise LabError(_full(cache.cache_dir))
    try:
        with tempfile.TemporaryDirectory(prefix="virtnet-lab-") as scratch:
            command = _command(mmdebstrap, cache.partial(recipe), recipe, scratch, mirror, keyring)
            _run(command, cache, recipe)
        _finish(cache.partial(recipe), cache, recipe)
        os.rename(cache.partial(recipe), cache.path(recipe))
    except BaseException:
        shutil.rmtree(cache.partial(recipe), ignore_errors=True)
        raise


def _run(command, cache, recipe):
    # Its own mount and PID namespaces: when this module is killed, all of it is gone, and no mount stays
    unshare = [require_tool("unshare", "util-linux"), "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    environment = dict(os.environ, LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive")
    environment.pop("TMPDIR", None)
    with open(cache.log(recipe), "ab", buffering=0) as log:
        result = subprocess.run(
            unshare + command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            preexec_fn=die_with_parent,
            check=False,
        )
    if result.returncode == 0:
        return
    with open(cache.log(recipe), encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    if any(
        "No space left on device" in line or "Disk quota exceeded" in line or "enough free space" in line
        for line in lines
    ):
        raise LabError(_full(cache.cache_dir), log=lines[-20:])
    telling = [line for line in lines if line.startswith(("E:", "W:")) or "Err:" in line] or lines
    raise LabError(
        "Making the %s image failed: %s (all of it is in %s)"
        % (recipe.release, "; ".join(telling[-4:]), cache.log(recipe)),
        log=lines[-20:],
    )


def _command(mmdebstrap, target, recipe, scratch, mirror, keyring):
    mirror, keyring = _archive(scratch, mirror, keyring)
    dump = subprocess.run(
        [require_tool("apt-config", "apt"), "dump"], check=False, capture_output=True, text=True
    ).stdout
    command = [mmdebstrap, "--mode=root", "--variant=minbase", "--architectures=" + recipe.architecture]
    command += ["--aptopt=%s" % option for option in sources.apt_options(dump)]
    command += ['--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"']
    command += ["--dpkgopt=force-unsafe-io"]
    command += [
        "--dpkgopt=path-exclude=/usr/share/%s/*" % name for name in ("man", "doc", "info", "locale", "i18n/locales")
    ]
    command += ["--keyring=%s" % path for path in keyring]
    if recipe.packages:
        command.append("--include=" + ",".join(recipe.packages))
    if recipe.local_packages:
        fetch = (
            'mkdir -p "$1/%s" && chroot "$1" apt-get -y -q install --download-only -o Dir::Cache::archives=/%s %s'
            % (
                LOCAL_REPOSITORY,
                LOCAL_REPOSITORY,
                " ".join(recipe.local_packages),
            )
        )
        command.append("--customize-hook=" + fetch)
        if recipe.install_local:
            install = 'chroot "$1" apt-get -y -q install %s' % " ".join(recipe.local_packages)
            command.append("--customize-hook=" + install)
    return command + [recipe.release, target, "deb %s %s main" % (mirror, recipe.release)]


def _archive(scratch, mirror, keyring):
    """The mirror and the keys: what was given, else what the controller itself uses."""
    if mirror:
        return mirror, [keyring] if keyring else []
    found = []
    for pattern, parse in (
        ("/etc/apt/sources.list.d/*.sources", sources.parse_deb822),
        ("/etc/apt/sources.list", sources.parse_list),
        ("/etc/apt/sources.list.d/*.list", sources.parse_list),
    ):
        for path in sorted(glob.glob(pattern)):
            with open(path, encoding="utf-8", errors="replace") as stream:
                found += parse(stream.read())
    archive = sources.debian_archive(found)
    if archive is None:
        raise LabError(
            "The controller's apt sources have no Debian archive to make the lab image from: give the address of a mirror (mirror)."
        )
    if keyring:
        return archive.uri, [keyring]
    keys = []
    for number, key in enumerate(archive.signed_by or []):
        if not key.startswith("/"):
            path = os.path.join(scratch, "key-%d.asc" % number)
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(key + "\n")
            key = path
        keys.append(key)
    return archive.uri, keys


def _finish(root, cache, recipe):
    """What makes a bootstrapped directory into the disk of a machine that has just been installed."""
    for name, text in (
        # Empty, not absent: absent means first boot, and a first boot enables every service by preset
        ("etc/machine-id", ""),
        ("etc/resolv.conf", ""),
        # Newer than /usr: nothing is to be brought up to date at the first boot
        ("etc/.updated", ""),
        ("var/.updated", ""),
        ("etc/apt/sources.list", "deb [trusted=yes] file:/%s ./\n" % LOCAL_REPOSITORY if recipe.local_packages else ""),
    ):
        path = os.path.join(root, name)
        if os.path.lexists(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    for path in glob.glob(os.path.join(glob.escape(root), "etc/apt/sources.list.d/*")) + [
        os.path.join(root, "etc/hostname")
    ]:
        if os.path.lexists(path):
            os.unlink(path)
    units = os.path.join(root, "etc/systemd/system")
    # No target pulls in anything: a host runs what was enabled on it, and boots fast
    disabled = set()
    for pattern in ("*.target.wants", "*.target.requires"):
        for path in glob.glob(os.path.join(glob.escape(units), pattern)):
            disabled.update(os.listdir(path))
            shutil.rmtree(path)
    # An alias alone counts as enabled, and nobody would then enable what starts the service
    for name in os.listdir(units):
        path = os.path.join(units, name)
        if os.path.islink(path) and os.path.basename(os.readlink(path)) in disabled:
            os.unlink(path)
    for unit in MASKED:
        path = os.path.join(units, unit)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink("/dev/null", path)
    default = os.path.join(units, "default.target")
    if os.path.lexists(default):
        os.unlink(default)
    os.symlink("/lib/systemd/system/multi-user.target", default)
    if recipe.local_packages:
        _index(os.path.join(root, LOCAL_REPOSITORY))
        _run(["chroot", root, "apt-get", "-q", "update"], cache, recipe)
    shutil.rmtree(os.path.join(root, "var/cache/apt"), ignore_errors=True)
    os.makedirs(os.path.join(root, "var/cache/apt/archives/partial"))


def _index(repository):
    """The Packages file of a flat repository, as dpkg-scanpackages would write it, and its Release."""
    shutil.rmtree(os.path.join(repository, "partial"), ignore_errors=True)
    entries = []
    for name in sorted(os.listdir(repository)):
        path = os.path.join(repository, name)
        if not name.endswith(".deb"):
            os.unlink(path)
            continue
        control = subprocess.run(["dpkg-deb", "--field", path], check=True, stdout=subprocess.PIPE, text=True).stdout
        with open(path, "rb") as stream:
            digest = hashlib.sha256(stream.read()).hexdigest()
        entries.append(
            "%s\nFilename: ./%s\nSize: %d\nSHA256: %s\n" % (control.rstrip(), name, os.path.getsize(path), digest)
        )
    packages = "\n".join(entries).encode()
    # Named by a Release file, so that apt does not ask for each compressed form in turn
    release = "Date: %s\nSHA256:\n %s %d Packages\n" % (
        formatdate(usegmt=True),
        hashlib.sha256(packages).hexdigest(),
        len(packages),
    )
    for name, content in (("Packages", packages), ("Release", release.encode())):
        with open(os.path.join(repository, name), "wb") as stream:
            stream.write(content)


def timed(function, *args):
    """The result of a call and how many seconds it took."""
    start = time.monotonic()
    result = function(*args)
    return result, round(time.monotonic() - start, 1)
