# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commas, brackets and numbers that flows, groups and datapath actions have in common."""

from __future__ import annotations

import re

# What one field of a list separated by commas consists of, as far as brackets and quotes go
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[^,()\[\]{}"]+|[,()\[\]{}"]')


def split_fields(text):
    """Split at the commas that are in no bracket and in no quotes; bad nesting never fails."""
    if "(" not in text and '"' not in text and "[" not in text and "{" not in text:
        return [field for field in text.split(",") if field]
    fields, current, depth = [], [], 0
    for piece in _PIECE.findall(text):
        if piece == "," and depth <= 0:
            fields.append("".join(current))
            current = []
            continue
        if piece in ("(", "[", "{"):
            depth += 1
        elif piece in (")", "]", "}"):
            depth -= 1
        current.append(piece)
    fields.append("".join(current))
    return [field for field in fields if field]


def call(action):
    """``ct(commit,zone=1)`` as ("ct", "commit,zone=1"); ``drop`` as ("drop", None)."""
    name, bracket, rest = action.partition("(")
    if not bracket:
        return action, None
    return name, rest[:-1] if rest.endswith(")") else rest


def unquote(name):
    """A port's name as ovs-ofctl prints it, without its quotes."""
    if len(name) > 1 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def number(text):
    """The integer that ``text`` writes, decimal or hexadecimal, or None."""
    if isinstance(text, bool):
        return None
    try:
        return int(text) if isinstance(text, int) else int(str(text), 0)
    except ValueError:
        return None


def statistic(value):
    """``12`` as 12, ``0.27s`` as 0.27, anything else as it is."""
    if value.isdigit():
        return int(value)
    try:
        return float(value[:-1]) if value.endswith("s") else value
    except ValueError:
        return value
