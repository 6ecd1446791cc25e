# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenFlow groups: what ovs-ofctl dump-groups and dump-group-stats print, as data."""

from __future__ import annotations

import re

from .text import split_fields, statistic

_GROUP = re.compile(r"^\s*group_id=(\d+),(.*)$")
_BUCKET = re.compile(r"(?:^|,)bucket=")
_BUCKET_STATS = re.compile(r",?bucket(\d+):packet_count=(\d+),byte_count=(\d+)")
_GROUP_ACTION = re.compile(r"\bgroup:(\d+)|\bgroup\((\d+)\)")
_NAMES = {"packet_count": "n_packets", "byte_count": "n_bytes"}


def group_ids(actions):
    """The groups that an action text refers to."""
    return sorted({int(a or b) for a, b in _GROUP_ACTION.findall(actions)})


def parse_groups(text):
    """``dump-groups`` as {group_id: group}, each with its buckets."""
    groups = {}
    for line in text.splitlines():
        found = _GROUP.match(line)
        if not found:
            continue
        head, *buckets = _BUCKET.split(found.group(2))
        group = {"group_id": int(found.group(1)), "text": line.strip()}
        for field in split_fields(head):
            name, equals, value = field.partition("=")
            group[name] = value if equals else True
        group["buckets"] = [_bucket(index, text) for index, text in enumerate(buckets)]
        groups[group["group_id"]] = group
    return groups


def _bucket(index, text):
    head, _found, actions = text.partition("actions=")
    bucket = {"bucket_id": index}
    for field in split_fields(head):
        name, colon, value = field.partition(":")
        bucket[name] = statistic(value) if colon else True
    bucket["actions"] = actions
    bucket["action_list"] = split_fields(actions)
    return bucket


def add_statistics(groups, text):
    """Merge what ``dump-group-stats`` counted into the groups and their buckets."""
    for line in text.splitlines():
        found = _GROUP.match(line)
        group = groups.get(int(found.group(1))) if found else None
        if group is None:
            continue
        for index, packets, octets in _BUCKET_STATS.findall(line):
            if int(index) < len(group["buckets"]):
                group["buckets"][int(index)].update(n_packets=int(packets), n_bytes=int(octets))
        for field in split_fields(_BUCKET_STATS.sub("", found.group(2))):
            name, _equals, value = field.partition("=")
            group[_NAMES.get(name, name)] = statistic(value)
    return groups
