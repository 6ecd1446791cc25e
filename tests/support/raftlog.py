# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was really committed, and in which order: the file of a clustered database's member, ovsdb(5).

It is the whole truth about who changed something: a transaction that changes nothing is not in it.
"""

from __future__ import annotations

import json


def records(path):
    """The records of an OVSDB log file, decoded."""
    data, place = path.read_bytes(), 0
    while place < len(data):
        end = data.index(b"\n", place)
        magic, kind, length, _sha1 = data[place:end].split()
        assert (magic, kind) == (b"OVSDB", b"CLUSTER"), data[place:end]
        place = end + 1 + int(length)
        yield json.loads(data[end + 1 : place])


def transactions(path):
    """[(comment, {table: {uuid: what changed, or None}})] of a file that was never compacted."""
    entries = {}
    header = None
    for record in records(path):
        if header is None:
            header = record
            assert not header.get("prev_index") or header["prev_index"] <= 1, "the log was compacted: its start is gone"
        elif "index" in record:
            # An entry (one without data, too) at an index that was written before replaces that and all that followed
            for index in [index for index in entries if index > record["index"]]:
                del entries[index]
            entries[record["index"]] = record.get("data")
    found = []
    for _index, data in sorted(entries.items()):
        changes = dict((data or [None, None])[1] or {})
        comment = changes.pop("_comment", None)
        found.append((comment, {table: rows for table, rows in changes.items() if not table.startswith("_")}))
    return found
