# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies made from the model and the server's schema: entries and documents that are right, and mutations of them.

Nothing here knows an entity: a new one, or a new field, is covered by itself.
"""

from __future__ import annotations

import copy
import datetime
import functools
import re
import uuid

from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.module_utils._model import syntax
from ansible_collections.virtnet.ovn.plugins.module_utils._model.kinds import Child, Children, Map, MemberOf, Members
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.schema import Schema

#: Texts of every syntax that OVN has; a column's syntax says which of them it takes. By (IP family, whether ports are given).
COMMON = [
    "a",
    "b",
    "c.example",
    "x y",
    "ip4",
    "outport == @pg1 && tcp.dst == {80, 443}",
    "ünïcode",
    "0",
    "1-5",
    "80",
    "/k",
]
MACS = ["02:ac:10:ff:00:01", "02:AC:10:FF:00:02", "0a:00:00:00:00:03"]
TEXTS = {
    (4, False): ["192.0.2.1", "192.0.2.2", "198.51.100.7", "10.0.0.0/8", "10.1.2.3/24", "192.0.2.1/24", "0.0.0.0/0"],
    (4, True): ["192.0.2.1:80", "192.0.2.2:80", "10.0.0.1:8080"],
    (6, False): ["2001:db8::1", "2001:DB8:0::2", "fd00::7", "fd00::/64", "2001:db8::9/64", "::/0"],
    (6, True): ["[2001:db8::1]:80", "[FD00:0::2]:80", "[fd00::3]:8080"],
    None: [
        *COMMON, *MACS, "dynamic", "router", "unknown", "discard", MACS[0] + " dynamic", MACS[1] + " 192.0.2.5",
        MACS[2] + " 2001:db8::5", "02:ac:10:ff:00:04 192.0.2.6 fd00::6", "VRRPv3 " + MACS[0], "1000-2000", "ptcp:6641:127.0.0.1",
        "pssl:6642", "punix:/nonexistent/x", "192.0.2.1-192.0.2.9",
    ],
}  # fmt: skip
#: What nobody would ask for, of every type that a document can hold
ODD = [
    None, "", [], {}, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**70, 10**400, 0.5, float("inf"), float("nan"), True, False, "null",
    "None", " ", "a\0b", "\ud800", "\U0001f600", "x" * 300, "é" * 70, "192.0.2.1", "2001:db8::1", "192.0.2.300", "02:ac:10:ff:00", "[fd00::1]:80",
    ["a"], [[]], [None], [{}], {"a": None}, {"a": {"b": []}}, {"name": "a"}, {"name": "a", "state": "absent"},
    {"state": "absent"}, [{"state": "absent"}], "absent", "00000000-0000-0000-0000-000000000000", "%s", "{parent}", "\n", "-", "1e3", "0x10", "٣",
    "$as", "__x", "virtnet-owner", {"virtnet-owner": "x"}, {"virtnet-id": "y"}, {"": ""},
]  # fmt: skip
#: What only a YAML file can hold
ODD_IN_YAML = [datetime.date(2026, 1, 2), b"bytes", {"a", "b"}, {5: 6}, {None: None}, {True: [False]}, {("a", 1): 2}]
PLAIN = {syntax.text, syntax.name}


def fixed(*words):
    """A UUID that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join(str(word) for word in words)))


def called(table, number):
    """What the n-th row of a table that has names is called, in all documents and worlds."""
    return "%s%d" % (table.lower().replace("logical_", ""), number)


@functools.cache
def fitting(of, family):
    """The texts of one family that a syntax takes, with ports or without."""
    if of in PLAIN:
        return COMMON
    pool = [
        *getattr(of, "choices", ()),
        *TEXTS[family, False],
        *TEXTS[family, True],
        *TEXTS[None],
        called("Logical_Switch_Port", 1),
    ]
    found = []
    for candidate in pool:
        try:
            of(candidate)
        except ValueError:
            continue
        found.append(candidate)
    assert found, "no text fits %s: add one to TEXTS" % of
    return found


def listed(base):
    """The values that the schema lists."""
    enum = base.get("enum", ["set", []])
    return enum[1] if isinstance(enum, list) else [enum]


class Model:
    """Strategies of one database's objects.

    :param numbers: the numbers of the rows that entries are about; world() makes the first three
    """

    def __init__(self, schema, numbers=(1, 2, 3, 4, 5)):
        self.schema = Schema(schema)
        self.numbers = numbers

    def fields(self, entity):
        """The fields that this schema has."""
        for field in entity.fields.values():
            table = field.ref if isinstance(field, MemberOf) else entity.table
            if self.schema.has(table, field.column) and (not field.ref or self.schema.has(field.ref)):
                yield field

    def needs(self, entity, field):
        """Whether a new row cannot do without."""
        if isinstance(field, Children):
            return bool(self.schema.column(entity.table, field.column).min) and not entity.creates
        return getattr(field, "needed", False)

    def name_of(self, table):
        numbers = st.sampled_from(self.numbers)
        return numbers.map(lambda number: called(table, number))

    def atom(self, base, of, family):
        """A value of one of the schema's base types."""
        if "enum" in base:
            return st.sampled_from(listed(base))
        if base["type"] == "integer":
            low, high = base.get("minInteger", 0), base.get("maxInteger", 2**31)
            few = st.integers(low, min(high, low + 3))
            return st.one_of(few, few.map(str), st.sampled_from([low, high]))
        if base["type"] == "boolean":
            return st.sampled_from([True, False, "yes", "no", "true", 0])
        if base["type"] == "real":
            return st.sampled_from([0.5, "1.5", 2])
        return st.sampled_from(fitting(of, family))

    def value(self, entity, field, family, number):
        column = self.schema.column(field.ref if isinstance(field, MemberOf) else entity.table, field.column)
        if isinstance(field, Child):
            return self.entry(field.entity, family, number)
        if isinstance(field, Children):
            # A child has the number of its parent, or one that begins with it: it sits nowhere else
            numbers = (number, 10 * number + 1, 10 * number + 2)
            return self.entries(field.entity, family, numbers, column.min)
        if isinstance(field, Map):
            keys = st.one_of(*(st.just(key) for key in field.names), self.atom(column.key, field.key, family))
            values = self.atom(column.value, field.of, family)
            if field.entries:
                values = st.one_of(values, st.lists(values, max_size=3))
            pairs = st.dictionaries(keys, values, max_size=4)
            if field.entries:
                return st.one_of(
                    pairs, pairs.map(lambda found: [dict(zip(field.entries, pair)) for pair in found.items()])
                )
            return pairs
        if isinstance(field, Members):
            one = self.name_of(field.ref) if field.ref else self.atom(column.key, field.of, family)
            return st.lists(one, max_size=4, unique=True)
        names = field.ref or field.names
        if field.name == "name" and field.name in entity.label_fields:
            return st.just(called(entity.table, number))
        one = self.name_of(names) if names else self.atom(column.key, field.of, family)
        return one if column.is_scalar else st.lists(one, min_size=column.min, max_size=4, unique=True)

    @st.composite
    @staticmethod
    def _entry(draw, model, entity, family, number):
        family = draw(st.sampled_from([4, 6])) if family is None else family
        entry = {}
        for field in model.fields(entity):
            if model.needs(entity, field) or draw(st.integers(0, 3)) == 0:
                entry[field.name] = draw(model.value(entity, field, family, number))
        if entity.flag and draw(st.booleans()):
            entry[entity.flag] = draw(st.booleans())
        if not entity.identity and not entity.sole and not entity.singleton:
            entry["id"] = called(entity.table, number)
        return entry

    def entry(self, entity, family, number):
        """A strategy of entries of an entity, right as far as the schema and the syntaxes say."""
        return self._entry(self, entity, family, number)

    @st.composite
    @staticmethod
    def _entries(draw, model, entity, family, numbers, least):
        found = {}
        for number in draw(st.lists(st.sampled_from(numbers), min_size=least, max_size=3, unique=True)):
            entry = draw(model.entry(entity, family, number))
            found.setdefault(str([entry.get(name) for name in (*entity.label_fields, "id")]), entry)
        return list(found.values())

    def entries(self, entity, family, numbers, least=0):
        """A strategy of lists of entries, each told apart."""
        return self._entries(self, entity, family, numbers, least)

    @st.composite
    @staticmethod
    def _document(draw, model, topology):
        options = [option for option, entity in topology.items() if model.schema.has(entity.table)]
        family = draw(st.sampled_from([4, 6]))
        chosen = draw(st.lists(st.sampled_from(options), min_size=1, max_size=4, unique=True))
        document = {}
        for option in chosen:
            entity = topology[option]
            if entity.singleton:
                document[option] = draw(model.entry(entity, family, 1))
            else:
                document[option] = draw(model.entries(entity, family, model.numbers, 1))
        return document

    def document(self, topology):
        """A strategy of documents of ``ovn_topology``."""
        return self._document(self, topology)

    # -- what stands before ---------------------------------------------------------------------------------------

    def world(self, topology):
        """Three documents, each with a row of every kind and its children."""
        return [
            {
                option: [self._row(entity, number)]
                for option, entity in topology.items()
                if self.schema.has(entity.table) and not entity.singleton
            }
            for number in (1, 2, 3)
        ]

    def _row(self, entity, number):
        entry = {"uuid": fixed(entity.table, number)}
        for field in self.fields(entity):
            if isinstance(field, Children):
                twins = [other.entity for other in entity.fields.values() if isinstance(other, Child)].count(
                    field.entity
                ) > 1
                child = self._row(field.entity, number + 10 * (twins and list(entity.fields).index(field.name)))
                entry[field.name] = child if isinstance(field, Child) else [child]
            elif self.needs(entity, field):
                entry[field.name] = self.plain(entity, field, number)
        if not entity.identity and not entity.sole:
            entry["id"] = called(entity.table, number)
        return entry

    def plain(self, entity, field, number):
        """One value that is right for a field."""
        column = self.schema.column(entity.table, field.column)
        if isinstance(field, Map):
            return dict.fromkeys(listed(column.key) or ["a"], number)
        names = field.ref or field.names
        known = listed(column.key)
        if names or (field.name == "name" and field.name in entity.label_fields):
            value = called(names or entity.table, number)
        elif known:
            value = known[number % len(known)]
        elif column.key["type"] != "string":
            value = column.key.get("minInteger", 0) + number
        else:
            found = TEXTS[4, False][:3] if field.of in PLAIN else fitting(field.of, 4)
            value = found[number % len(found)]
        return [value] if not column.is_scalar else value

    def mended(self, topology, document, refusal):
        """A document without what ``refusal(document)``, [(path, message)], has against it: the option in question is said otherwise."""
        for attempt in range(20):
            problems = refusal(document)
            if not problems:
                return document
            for path, message in problems:
                here, entity, option = document, None, None
                for step in re.findall(r"[^.\[\]]+", path):
                    if isinstance(here, list):
                        here = here[int(step)]
                        continue
                    if entity is None or isinstance(entity.fields.get(step), Children):
                        entity = entity.fields[step].entity if entity else topology[step]
                        here = here[step]
                        continue
                    option = step
                    break
                assert option, "%s: %s" % (path, message)
                here[option] = self.plain(entity, entity.fields[option], attempt)
        raise AssertionError("cannot be mended: %s" % problems)


# -- mutations ---------------------------------------------------------------------------------------------------------


def paths(value, path=()):
    """Every place in a tree, the root first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


def at(tree, path):
    for step in path:
        tree = tree[step]
    return tree


def near(word):
    """Misspellings."""
    return [
        word[:-1] or "x",
        word + "s",
        word.upper(),
        word.replace("_", "-") + "-",
        " " + word,
        word[::-1],
        word[1:] or "y",
    ]


def respelled(value):
    """The same in other words, or nearly."""
    if isinstance(value, bool):
        return [str(value), int(value), "on", not value]
    if isinstance(value, (int, float)):
        return [str(value), value + 1, -value, value * 10**6, float(value) if abs(value) < 10**300 else 0, [value]]
    if isinstance(value, str):
        other = {"192.0.2.": "2001:db8::", "10.0.0.": "fd00::", "2001:db8::": "192.0.2.", "fd00::": "10.0.0."}
        swapped = functools.reduce(
            lambda text, pair: text.replace(*pair) if pair[0] in value else text, other.items(), value
        )
        return [
            value.upper(),
            " %s " % value,
            value + "\n",
            swapped,
            value * 40,
            [value],
            {value: value},
            value + "/33",
            value + ":80",
            value[:-1],
        ]
    if isinstance(value, list):
        return [
            value + value,
            value[::-1],
            {str(place): item for place, item in enumerate(value)},
            value[0] if value else [None],
            [value],
        ]
    if isinstance(value, dict):
        return [list(value), [value], dict.fromkeys(value), {**value, "state": "absent"}]
    return []


@st.composite
def mutated(draw, strategy, options, uuids, odd=()):
    """One to three things done to what ``strategy`` gives (a dictionary).

    :param options: words to add
    :param uuids: those of rows
    :param odd: odd values beside ODD
    """
    values, keys = [*ODD, *odd], [5, None, True, datetime.date(2026, 1, 2)] if odd else []
    tree = {"": copy.deepcopy(draw(strategy))}
    for _count in range(draw(st.integers(1, 3))):
        places = [path for path in paths(tree) if len(path) > 1] or [("",)]
        path = draw(st.sampled_from(places))
        *way, last = path
        holder = at(tree, way)
        here = holder[last]
        kinds = ["odd", "odd", "respell", "respell", "drop", "add", "other"]
        if isinstance(holder, list):
            kinds += ["twice", "twice"]
        elif path != ("",):
            kinds += ["misspell"]
        if isinstance(here, dict):
            kinds += ["say", "say", "say"]
        kind = draw(st.sampled_from(kinds))
        if kind == "odd":
            holder[last] = copy.deepcopy(draw(st.sampled_from(values)))
        elif kind == "respell":
            holder[last] = copy.deepcopy(draw(st.sampled_from(respelled(here) or values)))
        elif kind == "drop":
            if path != ("",):
                del holder[last]
        elif kind == "twice":
            holder.insert(draw(st.integers(0, len(holder))), copy.deepcopy(here))
        elif kind == "misspell":
            holder[draw(st.sampled_from(near(str(last)) + keys))] = holder.pop(last)
        elif kind == "other":
            holder[last] = copy.deepcopy(at(tree, draw(st.sampled_from(places))))
        elif kind == "add" and isinstance(here, dict):
            here[draw(st.sampled_from(options))] = copy.deepcopy(draw(st.sampled_from([*values, *COMMON])))
        elif kind == "say":
            what = draw(st.sampled_from(["state", "purge", "purge", "uuid", "id", "move"]))
            here[what] = draw(
                {
                    "state": st.sampled_from(["absent", "absent", "present", "gone", None]),
                    "purge": st.lists(st.sampled_from(sorted(map(str, here)) or ["ports"]), max_size=4),
                    "uuid": st.sampled_from([*uuids, fixed("nobody"), "1-2"]),
                    "id": st.sampled_from(["i1", "i2", "dns1", "", 7, None]),
                    "move": st.booleans(),
                }[what]
            )
    found = tree[""]
    return found if isinstance(found, dict) else {"name": found}
