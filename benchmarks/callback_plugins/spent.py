# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a playbook's time goes: seconds from each task's start to the next one's, by task, by module and by play; first on the clock,
then of the processors (the controller's processes and the modules that it waits for, not the daemons of the hosts).

    ANSIBLE_CALLBACK_PLUGINS=benchmarks/callback_plugins ANSIBLE_CALLBACKS_ENABLED=spent ansible-playbook ...
"""

from __future__ import annotations

import collections
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: spent
type: aggregate
short_description: Where a playbook's time goes
description: Seconds from each task's start to the next one's, by task, by module and by play.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "spent"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self.begin = self.since = now()
        self.play = self.task = self.action = "(start of ansible-playbook)"
        self.spent = []

    def _next(self, action, name):
        until = now()
        self.spent.append((until[0] - self.since[0], until[1] - self.since[1], self.play, self.action, self.task))
        self.since, self.action, self.task = until, action, name

    def v2_playbook_on_play_start(self, play):
        self._next("(play)", "(start of a play)")
        self.play = play.get_name()

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._next(task.action, task.get_name())

    v2_playbook_on_cleanup_task_start = v2_playbook_on_task_start

    def v2_playbook_on_handler_task_start(self, task):
        self._next(task.action, task.get_name())

    def v2_playbook_on_stats(self, stats):
        self._next("", "")
        show = self._display.display
        show(
            "\nSPENT: %.2f s, %.2f s of the processors"
            % tuple(b - a for a, b in zip(self.begin, self.since, strict=True))
        )
        for what, column, most in (("play", 2, 30), ("module", 3, 40), ("task", 4, 200)):
            sums = collections.defaultdict(lambda: [0.0, 0.0, 0])
            for row in self.spent:
                entry = sums[row[column] if column < 4 else "%s: %s" % (row[2], row[4])]
                for index, value in enumerate((row[0], row[1], 1)):
                    entry[index] += value
            show("\nby %s" % what)
            for key, figures in sorted(sums.items(), key=lambda item: -item[1][1])[:most]:
                show("%8.2f s %8.2f s %4d  %s" % (*figures, key))


def now():
    return time.monotonic(), sum(os.times()[:4])
