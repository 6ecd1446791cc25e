# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of a diagnosis says when all is not well, and the tasks that mend it."""

from __future__ import annotations


class Finding(Exception):
    """A check fails. ``task`` is what mends it, or several with their hosts; ``host`` where it is to run, if not where the databases are."""

    def __init__(self, cause, sentence, evidence, task=None, host=None, advice=None):
        super().__init__(sentence)
        self.cause, self.sentence, self.evidence, self.task, self.host, self.advice = (
            cause,
            sentence,
            evidence,
            task,
            host,
            advice,
        )


class Unknown(Exception):
    """A check cannot be made, and why."""


def unit(name, state):
    return {"ansible.builtin.systemd_service": {"name": name, "state": state}}


def command(*words):
    return {"ansible.builtin.command": " ".join(words), "changed_when": True}
