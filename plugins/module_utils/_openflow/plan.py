# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which flows to add and to delete: wanted against current, pure."""

from __future__ import annotations

import hashlib

from .text import number

ALL_ONES = (1 << 64) - 1


class Scope:
    """The flows that are ours: of one table, of a cookie (with a mask), or both."""

    def __init__(self, table=None, cookie=None):
        self.table = table
        self.cookie = None
        self.mask = 0
        if cookie is not None:
            value, slash, mask = str(cookie).partition("/")
            bits, ones = number(value), number(mask) if slash else ALL_ONES
            if bits is None or ones is None or not 0 <= bits <= ALL_ONES:
                raise ValueError("%s is no cookie: expected a number, or NUMBER/MASK" % cookie)
            self.mask = ones & ALL_ONES
            self.cookie = bits & self.mask
        if table is not None and not 0 <= table <= 254:
            raise ValueError("table %s: expected 0 to 254" % table)

    def __contains__(self, flow):
        if self.table is not None and flow.table != self.table:
            return False
        return self.cookie is None or flow.cookie & self.mask == self.cookie

    def __str__(self):
        """As ovs-ofctl dump-flows takes it."""
        parts = []
        if self.table is not None:
            parts.append("table=%d" % self.table)
        if self.cookie is not None:
            parts.append("cookie=0x%x/0x%x" % (self.cookie, self.mask))
        return ",".join(parts)

    @property
    def exact_cookie(self):
        return self.cookie if self.mask == ALL_ONES else None


class Plan:
    """The lines of a bundle, and what they turn into what."""

    def __init__(self):
        self.operations = []
        self.before = []
        self.after = []
        self.deleted = []  # flows that purge or a loose deletion removes
        self.added = []

    def add(self, flow, replaced=None):
        self.operations.append("add " + flow.text())
        self.added.append(flow)
        self.after.append(flow.text())
        if replaced is not None:
            self.before.append(replaced.text())

    def delete(self, flow):
        # with its cookie, so that a flow that someone put in its place meanwhile stays
        self.operations.append("delete_strict " + flow.head(cookie="0x%x/-1" % flow.cookie))
        self.before.append(flow.text())

    def digest(self, bridge):
        text = "\n".join([bridge] + self.operations)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def present(wanted, current, scope=None):
    """Each wanted flow is there; with a scope, no other flow of it is."""
    plan = Plan()
    standing = {flow.identity: flow for flow in current}
    for flow in wanted:
        found = standing.pop(flow.identity, None)
        if found is None or found.content != flow.content:
            plan.add(flow, found)
    if scope is not None:
        plan.deleted = [flow for flow in standing.values() if flow in scope]
        for flow in plan.deleted:
            plan.delete(flow)
    return plan


def absent(unwanted, current):
    """None of the unwanted flows is there; where a cookie is given, only with that cookie."""
    plan = Plan()
    standing = {flow.identity: flow for flow in current}
    for flow in unwanted:
        found = standing.pop(flow.identity, None)
        if found is not None and ("cookie" not in flow.attributes or flow.cookie == found.cookie):
            plan.delete(found)
    return plan


def absent_all(current):
    """None of the current flows is there any more."""
    plan = Plan()
    for flow in {flow.identity: flow for flow in current}.values():
        plan.deleted.append(flow)
        plan.delete(flow)
    return plan
