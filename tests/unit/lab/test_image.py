# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of an image, the repository within it, and what is shown while it is made."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.action.nspawn_image import step
from ansible_collections.virtnet.ovn.plugins.module_utils._lab.image import Recipe

ONE = {
    "release": "trixie",
    "packages": ["a", "b"],
    "local_packages": ["c"],
    "install_local": True,
    "architecture": "amd64",
}


def test_the_order_of_packages_does_not_matter():
    assert Recipe(**ONE).name == Recipe(**{**ONE, "packages": ["b", "a", "a"]}).name
    assert Recipe(**ONE).name.startswith("trixie-")


@pytest.mark.parametrize(
    "other",
    [
        {"release": "sid"},
        {"packages": ["a"]},
        {"packages": ["a", "b", "c"], "local_packages": []},
        {"install_local": False},
        {"architecture": "arm64"},
    ],
)
def test_another_image_has_another_name(other):
    assert Recipe(**ONE).name != Recipe(**{**ONE, **other}).name


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("", "starting"),
        ("I: automatically chosen mode\n", "starting"),
        ("I: running apt-get update...\nI: downloading packages with apt...\n", "downloading packages with apt"),
        (
            "I: installing remaining packages inside the chroot...\nI: running --customize-hook in shell: x\n",
            "adding the local packages",
        ),
    ],
)
def test_the_step_is_read_from_the_log(log, shown):
    assert step(log) == shown
