# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module M(virtnet.ovn.http_probe)."""

from __future__ import annotations

import re

from ansible.module_utils.basic import AnsibleModule

from .background import Background, BackgroundError
from .client import Prober, Target
from .stats import Expectation, summarise

ARGUMENTS = {
    "url": {"type": "str"},
    "count": {"type": "int"},
    "interval": {"type": "float", "default": 0},
    "concurrency": {"type": "int", "default": 1},
    "timeout": {"type": "float", "default": 2},
    "validate_certs": {"type": "bool", "default": True},
    "expect": {
        "type": "dict",
        "options": {
            "consecutive": {"type": "int", "default": 10},
            "answers": {"type": "list", "elements": "str"},
            "all": {"type": "bool", "default": False},
            "lost": {"type": "bool", "default": False},
        },
    },
    "deadline": {"type": "float", "default": 30},
    "state": {"type": "str", "choices": ["once", "started", "stopped"], "default": "once"},
    "id": {"type": "str"},
    "max_duration": {"type": "float", "default": 3600},
    "directory": {"type": "path"},
}

_OPTIONS = ("url", "interval", "concurrency", "timeout", "validate_certs")


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "once", ["url"]), ("state", "started", ["url", "id"]), ("state", "stopped", ["id"])],
        mutually_exclusive=[("count", "expect")],
        supports_check_mode=True,
    )
    params = module.params
    problems = list(_problems(params))
    target = None
    if params["url"] is not None:
        try:
            target = Target(params["url"], params["validate_certs"])
        except ValueError as exc:
            problems.append(("url", str(exc)))
    if problems:
        module.fail_json(msg="\n".join("%s: %s" % problem for problem in problems))
    if params["state"] == "once":
        _once(module, target)
    try:
        {"started": _start, "stopped": _stop}[params["state"]](
            module, target, Background(params["id"], params["directory"])
        )
    except BackgroundError as exc:
        module.fail_json(msg="the probe %s: %s" % (params["id"], exc))


def _problems(params):
    for option, least in (("interval", 0), ("concurrency", 1), ("count", 1)):
        if params[option] is not None and not params[option] >= least:
            yield option, "%g is below %g" % (params[option], least)
    for option in ("timeout", "deadline", "max_duration"):
        if not params[option] > 0:
            yield option, "%g is not above 0" % params[option]
    expect = params["expect"]
    if expect and expect["consecutive"] < 1:
        yield "expect.consecutive", "%d is below 1" % expect["consecutive"]
    if expect and expect["lost"] and expect["answers"] is not None:
        yield "expect.lost", "cannot be given together with expect.answers"
    if expect and expect["all"]:
        if not expect["answers"]:
            yield "expect.all", "needs expect.answers"
        elif expect["consecutive"] < len(set(expect["answers"])):
            yield (
                "expect.consecutive",
                "%d requests cannot get %d answers" % (expect["consecutive"], len(set(expect["answers"]))),
            )
    if expect and params["state"] != "once":
        yield "expect", "is only for state: once"
    if params["id"] is not None and not re.match(r"[A-Za-z0-9_.-]{1,64}\Z", params["id"]):
        yield "id", "%r may have letters, digits, and . _ - only" % params["id"]


def _once(module, target):
    params, expect, samples = module.params, module.params["expect"], []
    if expect:
        expectation = Expectation(expect["consecutive"], expect["answers"], expect["all"], expect["lost"])

    def take(sample):
        samples.append(sample)
        if expect and not prober.stop.is_set() and expectation.add(sample):
            prober.stop.set()

    prober = Prober(
        target, take, timeout=params["timeout"], interval=params["interval"], concurrency=params["concurrency"]
    )
    if not expect:
        prober.run(count=params["count"] or 10)
        module.exit_json(changed=False, **summarise(samples))
    prober.run(duration=params["deadline"])
    if not prober.stop.is_set():
        module.fail_json(
            msg="expect: not within %g s: %s" % (params["deadline"], expectation.describe()), **summarise(samples)
        )
    module.exit_json(changed=False, **summarise(samples))


def _start(module, target, background):
    options = {option: module.params[option] for option in _OPTIONS}
    head = background.running()
    if head:
        differ = [
            "%s is %s" % (name, head["options"].get(name))
            for name in _OPTIONS
            if head["options"].get(name) != options[name]
        ]
        if differ:
            module.fail_json(
                msg="the probe %s runs with other options (%s): stop it first"
                % (module.params["id"], ", ".join(differ))
            )
    elif not module.check_mode:
        background.start(target, options, module.params["max_duration"])
    module.exit_json(changed=head is None, results_file=background.path, diff=_diff(head is not None, True))


def _stop(module, target, background):
    runs = background.running() is not None
    if runs and not module.check_mode:
        head = background.read()[0]
        background.stop(head["options"]["timeout"] + 10)
    module.exit_json(
        changed=runs, results_file=background.path, diff=_diff(runs, False), **summarise(background.read()[1])
    )


def _diff(before, after):
    names = {True: "started", False: "stopped"}
    return {"before": {"state": names[before]}, "after": {"state": names[after]}}
