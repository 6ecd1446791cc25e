# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial is played on a lab of its own, and its pages say what is printed."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.mark.lab
@pytest.mark.slow
def test_the_tutorial_says_what_is_printed():
    done = subprocess.run(
        [ROOT / "tools/tutorial", "--check"], capture_output=True, text=True, timeout=600, check=False
    )
    assert not done.returncode, done.stdout + done.stderr
