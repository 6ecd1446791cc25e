# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests under traffic take for lost."""

from __future__ import annotations

import contextlib

from tests.support.pings import pinging, unanswered

ANSWER = "[1796058414.5] 64 bytes from 192.0.2.2: icmp_seq=%d ttl=64 time=0.977 ms\n"
NO_ANSWER = "[1796058414.6] no answer yet for icmp_seq=%d\n"


def test_an_answer_that_comes_late_is_one():
    text = ANSWER % 1 + NO_ANSWER % 2 + NO_ANSWER % 3 + ANSWER % 3 + ANSWER % 4
    assert unanswered(text, 4) == [2]


class Host:
    """Each time that it is asked, ping has sent one more, whose answer is still on its way."""

    def __init__(self, lost):
        self.lost, self.sent, self.ended = lost, 20, False

    def check_output(self, command):
        self.ended |= command.startswith("kill")

    def run(self, command):
        self.sent += not self.ended
        text = "".join((NO_ANSWER if n in self.lost else ANSWER) % n for n in range(1, self.sent))
        if self.ended:
            text += "%d packets transmitted, %d received" % (self.sent, self.sent - 1 - len(self.lost))
        return type("Done", (), {"stdout": text})


def test_what_is_on_its_way_when_ping_ends_is_not_lost(capsys):
    for lost in ([], [3, 7]):
        host = Host(lost)
        with pinging(host, "192.0.2.2") as said:
            assert not host.ended
        assert host.ended
        assert said == [20, len(lost)]
        assert capsys.readouterr().out == "".join(NO_ANSWER % number for number in lost)


def test_ping_ends_with_a_test_that_fails():
    host = Host([])
    with contextlib.suppress(ZeroDivisionError), pinging(host, "192.0.2.2"):
        1 / 0  # noqa: B018
    assert host.ended
