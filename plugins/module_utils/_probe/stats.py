# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a number of requests tell: counts, latencies, gaps. Pure."""

from __future__ import annotations

import collections
import datetime

#: Runs of lost requests that are listed; the counts are always of all
LISTED = 100

#: One request: when it began (seconds since the epoch), how long it took, and either status and answer, or why it was lost
Sample = collections.namedtuple("Sample", "at took status answer error")


def timestamp(seconds):
    """ISO 8601 in UTC, with milliseconds."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def quantile(ordered, share):
    """The smallest value that at least ``share`` of all do not exceed."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def summarise(samples):
    """The statistics of M(virtnet.ovn.http_probe), of samples in any order."""
    samples = sorted(samples)
    answered = [sample for sample in samples if sample.error is None]
    took = sorted(sample.took for sample in answered)
    return {
        "requests": len(samples),
        "answered": len(answered),
        "lost": len(samples) - len(answered),
        "by_answer": _count(sample.answer for sample in answered),
        "by_status": _count(str(sample.status) for sample in answered),
        "errors": _count(sample.error for sample in samples if sample.error is not None),
        "latency_ms": {
            "min": _ms(took[0]),
            "median": _ms(quantile(took, 50)),
            "p95": _ms(quantile(took, 95)),
            "max": _ms(took[-1]),
        }
        if took
        else None,
        "longest_gap": round(_longest_gap(samples), 3),
        "losses": _losses(samples)[:LISTED],
        "first": timestamp(samples[0].at) if samples else None,
        "last": timestamp(samples[-1].at) if samples else None,
    }


def _ms(seconds):
    return round(seconds * 1000, 3)


def _count(values):
    return dict(sorted(collections.Counter(values).items()))


def _longest_gap(samples):
    """The longest time without an answer, from the first request to the end of the last."""
    if not samples:
        return 0.0
    ends = sorted(sample.at + sample.took for sample in samples if sample.error is None)
    marks = [samples[0].at, *ends, max(sample.at + sample.took for sample in samples)]
    return max(later - earlier for earlier, later in zip(marks, marks[1:]))


def _losses(samples):
    """The runs of requests that were lost one after the other."""
    found, run = [], []
    for sample in [*samples, None]:
        if sample is not None and sample.error is not None:
            run.append(sample)
        elif run:
            found.append(
                {
                    "first": timestamp(run[0].at),
                    "last": timestamp(run[-1].at),
                    "requests": len(run),
                    "errors": _count(item.error for item in run),
                }
            )
            run = []
    return found


class Expectation:
    """Whether the latest ``consecutive`` requests are as somebody waits for them to be."""

    def __init__(self, consecutive, answers=None, every=False, lost=False):
        self.answers = None if answers is None else {answer.strip() for answer in answers}
        self.every = every
        self.lost = lost
        self.consecutive = consecutive
        self.latest = collections.deque(maxlen=consecutive)

    def add(self, sample):
        """Takes the next sample; returns whether the expectation is met now."""
        self.latest.append(sample)
        return self.met()

    def met(self):
        if len(self.latest) < self.consecutive:
            return False
        if self.lost:
            return all(sample.error is not None for sample in self.latest)
        if any(sample.error is not None for sample in self.latest):
            return False
        seen = {sample.answer for sample in self.latest}
        if self.answers is None:
            return True
        return seen == self.answers if self.every else seen <= self.answers

    def describe(self):
        """What was waited for, and what the latest requests got instead."""
        if self.lost:
            wanted = "lost"
        elif self.answers is None:
            wanted = "answered"
        else:
            wanted = "answered by %s%s" % ("each of " if self.every else "", ", ".join(map(repr, sorted(self.answers))))
        got = _count("lost (%s)" % s.error if s.error is not None else repr(s.answer) for s in self.latest)
        return "%d requests in a row, %s; the latest %d got: %s" % (
            self.consecutive,
            wanted,
            len(self.latest),
            ", ".join("%s: %d" % item for item in got.items()) or "nothing",
        )
