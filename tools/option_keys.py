#!/usr/bin/env python
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of the option keys that OVN documents, from ovn-nb(5) of its releases.

option_keys.py RELEASE=ovn-nb.5[.gz] ...

A key stands under the first of these releases whose manual has it.
"""

from __future__ import annotations

import gzip
import pathlib
import re
import sys
import textwrap

PATH = pathlib.Path(__file__).resolve().parents[1] / "plugins/module_utils/_model/nb/option_keys.py"
#: Columns whose keys are people's own, or that only daemons write
FREE = ("external_ids", "status")
#: What no manual lists, and OVN's own tools write: ovn-nbctl(8), lb-add --event
MORE = {("Load_Balancer", "options", "event"): "23.03"}

HEAD = '''# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of maps that ovn-nb(5) documents, by the first release that does. Written by tools/option_keys.py."""

from __future__ import annotations

'''


def read(path):
    """(schema version, {(table, column, key)}) of a manual page in nroff."""
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    table, keys, version = None, set(), None
    with opened as lines:
        for line in lines:
            head = re.match(r'\.TH .*DB Schema ([\d.]+)"', line)
            version = head[1] if head else version
            section = re.match(r'\.SH "?(\w+) TABLE', line)
            table = section[1] if section else table
            key = re.match(r'\.IP "\\fB(\w+) : ([^\\"]+(?:\\-[^\\"]+)*)\\fR', line)
            if key and table and key[1] not in FREE:
                keys.add((table, key[1], key[2].replace("\\-", "-")))
    return version, keys


def text(manuals):
    """The data file, of {release: path}."""
    releases = sorted(manuals)
    versions, since = {}, dict(MORE)
    for release in releases:
        versions[release], keys = read(manuals[release])
        for key in keys:
            since.setdefault(key, release)
    lines = [HEAD, "#: The version of each release's northbound schema\nSCHEMA_VERSIONS = {\n"]
    lines += ['    "%s": "%s",\n' % pair for pair in versions.items()]
    lines.append("}\n\n#: {table:column: {release: its keys, in one text}}\nKEYS = {\n")
    for place in sorted({key[:2] for key in since}):
        lines.append('    "%s:%s": {\n' % place)
        for release in releases:
            mine = " ".join(sorted(key[2] for key in since if key[:2] == place and since[key] == release))
            if mine:
                folded = textwrap.wrap(mine, 100, break_on_hyphens=False)
                parts = ['"%s%s"' % (part, "" if part is folded[-1] else " ") for part in folded]
                content = parts[0] if len(parts) == 1 else "(\n            %s\n        )" % "\n            ".join(parts)
                lines.append('        "%s": %s,\n' % (release, content))
        lines.append("    },\n")
    return "".join([*lines, "}\n"])


if __name__ == "__main__":
    PATH.write_text(text(dict(argument.split("=", 1) for argument in sys.argv[1:])))
