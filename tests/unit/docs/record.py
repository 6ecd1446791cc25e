# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records what an ovn-nbctl says of itself, for the tests of docs/ovn-nbctl.md:  record.py [ROOT]

ROOT is a directory with a Debian system of another release in it, such as an image that was built for the lab.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

RECORDED = pathlib.Path(__file__).resolve().parent / "ovn-nbctl-help"


def said(option, root=None):
    """Its output, with nothing of this environment in it."""
    argv = [*(["chroot", str(root)] if root else []), "ovn-nbctl", option]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    text = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout
    # The commands come in the order of a hash table
    return "".join(sorted(text.splitlines(True))) if option == "--commands" else text


def release_of(root=None):
    return re.match(r"ovn-nbctl (\d+\.\d+)", said("--version", root)).group(1)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else None
    RECORDED.mkdir(exist_ok=True)
    for option, ending in (("--help", "txt"), ("--commands", "commands")):
        (RECORDED / f"{release_of(root)}.{ending}").write_text(said(option, root))


if __name__ == "__main__":
    main()
