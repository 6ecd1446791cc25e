# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pings all the while, and what became of each."""

from __future__ import annotations

import contextlib
import re

from tests.support.waiting import until


def reached(text):
    """The last one that ping has said anything of."""
    return max(map(int, re.findall(r"icmp_seq=(\d+)", text)), default=0)


def unanswered(text, last):
    """Of those up to ``last``: their numbers."""
    return sorted(
        set(range(1, last + 1)) - {int(number) for number in re.findall(r"bytes from .* icmp_seq=(\d+)", text)}
    )


@contextlib.contextmanager
def pinging(host, address, interval=0.1, inside=""):
    """``said`` is filled once it has ended: [how many, how many lost]. Each has had a second to be answered: ping's own count takes for lost, too, what was
    on its way when it ended."""
    command = "nohup %sping -D -O -i %s %s >/tmp/ping.txt 2>&1 & echo $! >/tmp/ping.pid"
    host.check_output(command % (inside, interval, address))
    said = []

    def output():
        return host.run("cat /tmp/ping.txt").stdout

    try:
        yield said
        last = reached(output())
        until(lambda: reached(output()) >= last + 1 / interval, "a second of pings after the last that counts")
    finally:
        host.check_output("kill -INT $(cat /tmp/ping.pid)")
    text = output()
    lost = unanswered(text, last)
    for number in lost:
        print("\n".join(re.findall(r"(?m)^.* no answer yet for icmp_seq=%d$" % number, text)))
    said += [last, len(lost)]
