#!/usr/bin/env python
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of the keys that ovn-controller reads of external_ids, from ovn-controller.8.xml of OVN's releases.

chassis_keys.py RELEASE=ovn-controller.8.xml ...

Of each key stand the first and the last of these releases whose manual has it. What kind of value it takes is written here by hand.
"""

from __future__ import annotations

import pathlib
import re
import sys

PATH = pathlib.Path(__file__).resolve().parents[1] / "plugins/module_utils/_model/ovs/chassis_keys.py"
BOOLEAN = "cleanup-on-exit enable-flow-based-tunnels enable-lflow-cache encap-csum encap-df_default is-interconn match-northd-version monitor-all set-local-ip"
INTEGER = (
    "bridge-remote-probe-interval limit-lflow-cache memlimit-lflow-cache-kb ofctrl-wait-before-clear openflow-probe-interval remote-probe-interval "
    "trim-limit-lflow-cache trim-timeout-ms trim-wmark-perc-lflow-cache"
)
KINDS = {
    **{"ovn-" + key: "boolean" for key in BOOLEAN.split()},
    **{"ovn-" + key: "integer" for key in INTEGER.split()},
    "garp-max-timeout-sec": "integer",
    "arp-nd-max-timeout-sec": "integer",
}

HEAD = '''# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of Open_vSwitch:external_ids that ovn-controller(8) documents. Written by tools/chassis_keys.py."""

from __future__ import annotations

'''


def read(text):
    """The keys of a manual: those that it reads, not those that it writes, which come after."""
    return set(
        re.findall(r"<dt><code>external[_-]ids:([^<]+)</code>", text.partition("<h1>Open vSwitch Database Usage")[0])
    )


def text(manuals):
    """The data file, of {release: text}."""
    releases = sorted(manuals)
    keys = {release: read(manuals[release]) for release in releases}
    lines = [HEAD, "#: The releases whose manuals these are\nRELEASES = (\n"]
    lines += ['    "%s",\n' % release for release in releases]
    lines.append(
        ")\n\n#: {key: (the kind of its value, the first release that documents it, the last one)}\nKEYS = {\n"
    )
    for key in sorted(set().union(*keys.values())):
        known = [release for release in releases if key in keys[release]]
        lines.append('    "%s": ("%s", "%s", "%s"),\n' % (key, KINDS.get(key, "string"), known[0], known[-1]))
    return "".join([*lines, "}\n"])


if __name__ == "__main__":
    named = dict(argument.split("=", 1) for argument in sys.argv[1:])
    PATH.write_text(text({release: pathlib.Path(path).read_text() for release, path in named.items()}))
