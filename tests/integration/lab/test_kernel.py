# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel refuses a lab, and what is said of it: in a user namespace, whose limits are its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import ROOT

SHORTAGE = """
import sys
sys.path.insert(0, "collections")
from ansible_collections.virtnet.ovn.plugins.module_utils._lab.kernel import inotify_shortage
with open("/proc/sys/user/max_inotify_instances", "w") as stream:
    stream.write(sys.argv[1])
print(inotify_shortage())
"""


@pytest.mark.parametrize(("left", "told"), [("0", True), ("9", False)])
def test_a_kernel_without_inotify_instances_is_told_with_its_setting(left, told):
    said = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", SHORTAGE, left],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert ("raise fs.inotify.max_user_instances" in said) is told
