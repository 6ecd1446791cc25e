# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks as others build them, by ovn-nbctl alone: a line of ``networks/NAME.nbctl`` is a command, ``build(server, NAME)`` runs them.

They are the oracle of what a document has to describe: nothing of them goes through the engine.
"""

from __future__ import annotations

import pathlib
import shlex

BUILDERS = {path.stem: path for path in sorted(pathlib.Path(__file__).with_suffix("").glob("*.nbctl"))}


def build(server, name):
    """Runs all commands in one transaction."""
    arguments: list[str] = []
    for line in BUILDERS[name].read_text().splitlines():
        if not line.startswith("#"):
            arguments += ["--", *shlex.split(line)]
    server.ctl(*arguments[1:])
