# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A map of which each key has an owner: what the host's one row of settings holds, several tasks say something of, each of its own part.

Some keys hold a map of their own in one text (``physnet1:br-ex,physnet2:br-lan``) or a list (``geneve,vxlan``).
"""

from __future__ import annotations

from ..kinds import UNSET, Map, boolean, integer
from .chassis_keys import KEYS, RELEASES

#: In the map: the keys (``key``, or ``key:part``) that tasks of an owner have set
KEPT = "virtnet-keys-"
_SYNTAX = {"boolean": lambda value: str(boolean(value)).lower(), "integer": lambda value: str(integer(value))}


def parts(text):
    """{network: bridge} of a text of pairs."""
    return dict(item.strip().split(":", 1) for item in text.split(",") if ":" in item)


def with_parts(text, changes):
    """The text with some parts set, or with None taken out. Others stay, and so does their order; None where nothing is left."""
    found = parts(text)
    for name, value in changes.items():
        found.pop(name, None) if value is None else found.update({name: value})
    return ",".join("%s:%s" % pair for pair in found.items()) or None


class Settings(Map):
    """A Map whose values may be lists, and maps whose keys are ensured one by one; with ``owner``, a purge takes what this owner has set before."""

    __slots__ = ()

    def parse(self, raw, column, problem, path):
        if not isinstance(raw, dict):
            return super().parse(raw, column, problem, path)
        plain, nested = {}, {}
        for key, value in raw.items():
            where = "%s[%s]" % (path, key)
            if isinstance(value, dict):
                nested[key] = self._parts(value, problem, where)
                continue
            if isinstance(value, (list, tuple)):
                value = ",".join(str(item) for item in value) or None
            elif value is not None and self.column == "external_ids" and KEYS.get(key, ("",))[0] in _SYNTAX:
                try:
                    value = _SYNTAX[KEYS[key][0]](value)
                except ValueError as exc:
                    problem(where, str(exc))
                    continue
            plain[key] = value
        found = super().parse(plain, column, problem, path)
        return found if found is UNSET else {**found, **nested}

    @staticmethod
    def _parts(value, problem, where):
        found = {}
        for name, part in value.items():
            name = str(name)
            if not name or ":" in name or "," in "%s%s" % (name, part) or part == "":
                problem("%s[%s]" % (where, name), "neither may be empty or have a comma in it, nor the name a colon")
            found[name] = None if part is None else str(part)
        return found

    def reader(self, column):
        return lambda raw: UNSET

    def stands(self, column, wanted, wire):
        return False

    def plan(self, planner, want, row, edit):
        said, owner = want.values[self.name], planner.options.owner
        current = planner.decode(planner.column(want.entity.table, self.column), row[self.column]) if row else {}
        wanted = {
            key: with_parts(current.get(key, ""), value) if isinstance(value, dict) else value
            for key, value in said.items()
        }
        records = {key: set(filter(None, text.split(","))) for key, text in current.items() if key.startswith(KEPT)}
        theirs = set().union(*(names for key, names in records.items() if key != KEPT + (owner or "")))
        if owner:
            self._own(planner, want, said, current, wanted, records.get(KEPT + owner, set()), theirs)
        elif self.name in want.purge:  # only what nobody owns
            for key in {*records, *(name.partition(":")[0] for name in theirs)} & set(current):
                wanted.setdefault(key, current[key])
        want.values[self.name] = wanted
        try:
            return super().plan(planner, want, row, edit)
        finally:
            want.values[self.name] = said

    def purges(self, planner, want):
        return super().purges(planner, want) and not planner.options.owner

    def _own(self, planner, want, said, current, wanted, before, theirs):
        """Remembers what this task sets, and takes out what an earlier one of this owner has set and this one does not say."""
        set_now, named = set(), set()
        for key, value in said.items():
            for name, part in (
                [(key, value)] if not isinstance(value, dict) else [("%s:%s" % (key, n), p) for n, p in value.items()]
            ):
                named.add(name)
                if part is not None:
                    set_now.add(name)
        purge = self.name in want.purge
        for name in sorted(before - named - theirs) if purge else ():
            key, colon, part = name.partition(":")
            if colon and not (key in said and not isinstance(said[key], dict)):
                text = wanted.get(key, current.get(key)) or ""
                if part in parts(text):
                    wanted[key] = with_parts(text, {part: None})
                    planner.count_purged(want, "%s[%s]" % (self.name, name))
            elif not colon and key in current and key not in said:
                wanted[key] = None
                planner.count_purged(want, "%s[%s]" % (self.name, key))
        wanted[KEPT + planner.options.owner] = ",".join(sorted(set_now | (set() if purge else before - named))) or None


def doubt(key, installed):
    """What speaks against a key in the eyes of ovn-controller(8); ``installed()`` tells this host's version, "" where there is none."""
    known = KEYS.get(key)
    if known is None:
        if not key.startswith("ovn-") or any(
            key.startswith(each + "-") for each in KEYS
        ):  # KEY-CHASSIS is for one of several
            return None
        import difflib

        close = difflib.get_close_matches(key, KEYS, 1)
        return "ovn-controller(8) documents no such key" + ("; did you mean %s?" % close[0] if close else "")
    _kind, since, last = known
    if since == RELEASES[0] and last == RELEASES[-1]:
        return None
    version = installed()
    release = _number(version)
    if release and since != RELEASES[0] and release < _number(since):
        return "ovn-controller(8) documents this key since %s; this host's ovn-controller is %s, which ignores it" % (
            since,
            version,
        )
    if release and last != RELEASES[-1] and release > _number(last):
        return "ovn-controller(8) documents this key until %s; this host's ovn-controller is %s, which ignores it" % (
            last,
            version,
        )
    return None


def _number(version):
    return [int(part) for part in version.split(".")[:2] if part.isdigit()]
