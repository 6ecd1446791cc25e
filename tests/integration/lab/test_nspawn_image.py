# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are made, and that cannot be: each in a cache of its own, with the packages of the machine's own mirror."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.support.machine import processes
from tests.support.modules import run_module

from .conftest import LabUnderTest, image_options, module_within, start_module
from .test_nspawn_hosts import NOBODY, without

pytestmark = pytest.mark.lab


def options(cache, **more):
    """A small image: enough to boot, and one package that is only in its repository."""
    return image_options(
        packages=["systemd-sysv", "dbus", "python3", "python3-apt", "iproute2"],
        local_packages=["netcat-openbsd"],
        install_local=False,
        cache_dir=str(cache),
        **more,
    )


def mounts_below(path):
    with open("/proc/self/mountinfo") as stream:
        return [line for line in stream if str(path) in line]


def busy_with(path):
    return [line for line in processes() if str(path) in line]


def test_a_cached_image_is_kept(image):
    result = run_module("nspawn_image", image_options())
    assert (result["changed"], result["path"], result["seconds"]) == (False, image, 0.0)
    assert result["diff"]["before"] == result["diff"]["after"]


def test_check_mode_foresees(tmp_path):
    result = run_module("nspawn_image", options(tmp_path / "cache"), check=True)
    assert result["changed"] is True
    assert result["diff"]["before"] == {"image": None}
    assert result["path"].endswith(result["diff"]["after"]["image"])
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_killed_in_the_middle_then_made_then_used_then_removed(tmp_path):
    process = start_module("nspawn_image", options(tmp_path))
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".partial-*/usr/bin")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while busy_with(tmp_path):
        assert time.monotonic() < deadline, busy_with(tmp_path)
        time.sleep(0.05)
    assert mounts_below(tmp_path) == []
    assert [path for path in tmp_path.iterdir() if path.is_dir() and not path.name.startswith(".partial-")] == []

    made = run_module("nspawn_image", options(tmp_path))
    assert made["changed"] is True
    assert made["seconds"] > 0
    assert not list(tmp_path.glob(".partial-*"))
    assert run_module("nspawn_image", options(tmp_path))["changed"] is False

    lab = LabUnderTest(made["path"])
    try:
        lab.up(hosts=[{"name": "alpha"}], networks=[])
        assert lab.run("alpha", "command -v nc", check=False) == ""
        lab.run("alpha", "apt-get update && apt-get install -y netcat-openbsd && command -v nc")
        said = lab.run("alpha", "apt-get update 2>&1")
        assert "Err:" not in said
        assert "W:" not in said
    finally:
        lab.down()

    assert run_module("nspawn_image", options(tmp_path, state="absent"), check=True)["changed"] is True
    assert run_module("nspawn_image", options(tmp_path, state="absent"))["changed"] is True
    assert run_module("nspawn_image", options(tmp_path, state="absent"))["changed"] is False
    assert list(tmp_path.iterdir()) == []


def small_disk(path, size, meanwhile="true"):
    script = 'mount -t tmpfs -o size=%s tmpfs "$0" && { %s & exec "$@"; }' % (size, meanwhile)
    return ["unshare", "--mount", "--", "sh", "-c", script, str(path)]


def test_too_small_a_disk_is_seen_at_once(tmp_path):
    start = time.monotonic()
    failed = module_within(small_disk(tmp_path, "100m"), "nspawn_image", options(tmp_path))
    assert "There is not enough space in %s for a lab image: it needs about" % tmp_path in failed["msg"]
    assert time.monotonic() - start < 10


@pytest.mark.slow
def test_a_disk_that_fills_up_meanwhile(tmp_path):
    fill = (
        '{ while ! ls "$0"/.partial-*/usr; do sleep 0.1; done; head -c 700M /dev/zero > "$0/other"; } > /dev/null 2>&1'
    )
    failed = module_within(small_disk(tmp_path, "650m", fill), "nspawn_image", options(tmp_path))
    assert "There is not enough space in %s for a lab image" % tmp_path in failed["msg"]


def test_a_release_that_is_none_is_told(tmp_path):
    failed = run_module("nspawn_image", options(tmp_path) | {"release": "nosuch"}, fails=True)
    assert "Making the nosuch image failed: " in failed["msg"]
    assert "nosuch" in failed["msg"].split("failed: ")[1]
    assert not list(tmp_path.glob(".partial-*"))


def test_without_root_it_says_so(tmp_path):
    tmp_path.chmod(0o755)
    failed = module_within(NOBODY, "nspawn_image", options(tmp_path))
    assert failed["msg"] == "Making a lab image needs root on the controller: run this as root, or with sudo."


def test_without_mmdebstrap_it_says_what_to_install(tmp_path):
    failed = module_within(without("mmdebstrap"), "nspawn_image", options(tmp_path))
    assert failed["msg"] == "There is no mmdebstrap on the controller: install the package mmdebstrap."
    assert failed["missing"] == ["mmdebstrap"]


def test_without_debians_archive_it_asks_for_a_mirror(tmp_path):
    hide = ["unshare", "--mount", "--", "sh", "-c", 'mount -t tmpfs tmpfs /etc/apt && exec "$@"', "hide"]
    failed = module_within(hide, "nspawn_image", options(tmp_path))
    assert "give the address of a mirror (mirror)" in failed["msg"]
    json.dumps(failed)
