#!/usr/bin/env python
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the schema snapshots that ovn_topology renders with: schema_snapshots.py RELEASE=ovn-nb.ovsschema ...

The schema of another database becomes a file for the tests, which try with it what this machine's servers are too old for.
"""

from __future__ import annotations

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATH = ROOT / "plugins/module_utils/_model/nb/snapshots.py"
FOR_TESTS = ROOT / "tests/support/schemas"
WIDTH = 140

HEAD = '''# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The northbound schema of OVN's releases as data, for planning without a server. Written by tools/schema_snapshots.py."""

from __future__ import annotations

SNAPSHOTS = {
'''


def folded(text):
    """JSON on lines of bounded length: broken after commas (no name in a schema has one)."""
    lines, line = [], ""
    for part in text.split(","):
        if line and len(line) + len(part) + 1 > WIDTH:
            lines.append(line)
            line = ""
        line += part + ","
    return "\n".join([*lines, line[:-1]])


def main(arguments):
    parts = [HEAD]
    for argument in sorted(arguments):
        release, _equals, path = argument.partition("=")
        schema = json.loads(pathlib.Path(path).read_text())
        schema.pop("cksum", None)
        text = folded(json.dumps(schema, separators=(",", ":")))
        assert json.loads(text) == schema
        if schema["name"] == "OVN_Northbound":
            parts.append('    "%s": r"""%s""",\n' % (release, text))
        else:
            (FOR_TESTS / ("%s.%s" % (schema["name"], release))).write_text(text + "\n")
    if len(parts) > 1:
        PATH.write_text("".join([*parts, "}\n"]))


if __name__ == "__main__":
    main(sys.argv[1:])
