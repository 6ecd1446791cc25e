# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._probe.stats import (
    LISTED,
    Expectation,
    Sample,
    quantile,
    summarise,
)


def ok(at, took=0.1, answer="i am vm1", status=200):
    return Sample(at, took, status, answer, None)


def lost(at, error="timeout", took=0.5):
    return Sample(at, took, None, None, error)


def test_nothing():
    got = summarise([])
    assert (got["requests"], got["latency_ms"], got["first"], got["longest_gap"], got["losses"]) == (
        0,
        None,
        None,
        0.0,
        [],
    )


def test_counts():
    got = summarise(
        [ok(0), ok(1, answer="i am vm2"), ok(2, status=503, answer=""), lost(3), lost(4, "refused"), lost(5)]
    )
    assert (got["requests"], got["answered"], got["lost"]) == (6, 3, 3)
    assert got["by_answer"] == {"": 1, "i am vm1": 1, "i am vm2": 1}
    assert got["by_status"] == {"200": 2, "503": 1}
    assert got["errors"] == {"refused": 1, "timeout": 2}
    assert (got["first"], got["last"]) == ("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:05.000Z")


def test_latency_is_of_the_answered():
    got = summarise([ok(n, took=n / 1000) for n in range(1, 101)] + [lost(200, took=9)])
    assert got["latency_ms"] == {"min": 1.0, "median": 50.0, "p95": 95.0, "max": 100.0}


@pytest.mark.parametrize(("share", "value"), [(0, 1), (25, 1), (26, 2), (50, 2), (51, 3), (95, 4), (100, 4)])
def test_quantile(share, value):
    assert quantile([1, 2, 3, 4], share) == value


@pytest.mark.parametrize(
    ("samples", "gap"),
    [
        ([ok(0), ok(1), ok(2)], 1.0),  # between two answers
        ([ok(0), lost(1), lost(2), ok(3)], 3.0),
        ([lost(0), lost(1), ok(2)], 2.1),  # before the first
        ([ok(0), lost(1), lost(2)], 2.4),  # after the last, to the end of the last request
        ([lost(0), lost(1)], 1.5),
        ([ok(2), ok(0), lost(1)], 2.0),  # in any order
    ],
)
def test_longest_gap(samples, gap):
    assert summarise(samples)["longest_gap"] == pytest.approx(gap)


def test_losses_are_placed_in_time():
    got = summarise([ok(0), lost(1), lost(2, "refused"), ok(3), lost(4), ok(5), lost(6)])["losses"]
    assert [(run["first"][-5:], run["last"][-5:], run["requests"], run["errors"]) for run in got] == [
        (".000Z", ".000Z", 2, {"refused": 1, "timeout": 1}),
        (".000Z", ".000Z", 1, {"timeout": 1}),
        (".000Z", ".000Z", 1, {"timeout": 1}),
    ]
    assert (got[0]["first"][:19], got[0]["last"][:19]) == ("1970-01-01T00:00:01", "1970-01-01T00:00:02")


def test_a_flapping_server_does_not_flood():
    got = summarise(list(itertools.chain.from_iterable((ok(n), lost(n + 0.5)) for n in range(LISTED + 50))))
    assert len(got["losses"]) == LISTED
    assert got["lost"] == LISTED + 50


A, B, X = ok(0, answer="a"), ok(0, answer="b"), lost(0)


@pytest.mark.parametrize(
    ("arguments", "samples", "met"),
    [
        ({"consecutive": 2}, [A], False),
        ({"consecutive": 2}, [A, B], True),
        ({"consecutive": 2}, [A, X], False),
        ({"consecutive": 2}, [X, A, B], True),
        ({"consecutive": 2, "answers": ["a"]}, [A, B], False),
        ({"consecutive": 2, "answers": [" a\n"]}, [B, A, A], True),
        ({"consecutive": 2, "answers": ["a", "b"]}, [A, A], True),
        ({"consecutive": 2, "answers": ["a", "b"], "every": True}, [A, A], False),
        ({"consecutive": 2, "answers": ["a", "b"], "every": True}, [A, B], True),
        ({"consecutive": 2, "lost": True}, [A, X, X], True),
        ({"consecutive": 2, "lost": True}, [X, X, A], False),
    ],
)
def test_expectation(arguments, samples, met):
    expectation = Expectation(**arguments)
    assert [expectation.add(sample) for sample in samples][-1] is met


def test_an_expectation_says_what_came_instead():
    expectation = Expectation(3, ["i am vm2"])
    for sample in (ok(0), lost(1), ok(2, answer="i am vm2")):
        expectation.add(sample)
    assert expectation.describe() == (
        "3 requests in a row, answered by 'i am vm2'; the latest 3 got: 'i am vm1': 1, 'i am vm2': 1, lost (timeout): 1"
    )
