# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OVN's manuals say of a key of options, of which no schema knows."""

from __future__ import annotations

import functools

from .option_keys import KEYS, SCHEMA_VERSIONS


@functools.cache
def doubt(table, column, key, version):
    """What speaks against a key in the eyes of OVN's manuals, for a server of this schema ``version``; None if nothing does."""
    known = KEYS.get("%s:%s" % (table, column))
    if known is None:
        return None  # the keys are people's own
    for release, keys in known.items():
        if key in keys.split():
            if _number(version) >= _number(SCHEMA_VERSIONS[release]) or release == min(SCHEMA_VERSIONS):
                return None
            return (
                "OVN documents this key since %s; this server's schema (%s) is that of an older one, which may ignore it"
                % (release, version)
            )
    import difflib

    close = difflib.get_close_matches(key, " ".join(known.values()).split(), 1)
    return "OVN documents no such key" + ("; did you mean %s?" % close[0] if close else "")


def _number(version):
    return [int(part) for part in version.split(".") if part.isdigit()]
