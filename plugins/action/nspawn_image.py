# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows what the module is doing while it makes an image: half a minute without a word looks like a hang."""

from __future__ import annotations

import os
import re
import threading
import time

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.errors import LabError
from ansible_collections.virtnet.ovn.plugins.module_utils._lab.image import ImageCache, Recipe, architecture
from ansible_collections.virtnet.ovn.plugins.module_utils._lab.run import DEFAULT_CACHE_DIR

display = Display()

EVERY_SECONDS = 5
# What mmdebstrap calls its steps
STEP = re.compile(r"^I: ((?:running apt-get update|downloading|extracting|installing|cleaning)[^.]*)", re.MULTILINE)
HOOK = re.compile(r"^I: running --customize-hook", re.MULTILINE)


class ActionModule(ActionBase):
    """The module itself, and a thread beside it that reads the log of the image."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        done = threading.Event()
        log = self._log() if self._connection.transport in ("local", "ansible.builtin.local") else None
        watcher = threading.Thread(target=watch, args=(log, self._task.args.get("release"), done), daemon=True)
        if log:
            watcher.start()
        try:
            result.update(self._execute_module(task_vars=task_vars))
        finally:
            done.set()
            if log:
                watcher.join()
        return result

    def _log(self):
        """Where the module will write, if its options are such that it will."""
        args = self._task.args
        try:
            recipe = Recipe(
                args["release"],
                args["packages"],
                args.get("local_packages") or [],
                args.get("install_local", True) in (True, "true", "True", "yes"),
                architecture(),
            )
        except (KeyError, TypeError, LabError):
            return None
        return ImageCache(os.path.expanduser(args.get("cache_dir") or DEFAULT_CACHE_DIR)).log(recipe)


def watch(path, release, done):
    start = time.time()
    while not done.wait(EVERY_SECONDS):
        try:
            if os.stat(path).st_mtime < start - 1:
                continue
            with open(path, encoding="utf-8", errors="replace") as stream:
                text = stream.read()
        except OSError:
            continue
        display.display("image of %s, %d s: %s" % (release, time.time() - start, step(text)))


def step(text):
    """The step that a log has come to."""
    if HOOK.search(text):
        return "adding the local packages"
    steps = STEP.findall(text)
    return steps[-1] if steps else "starting"
