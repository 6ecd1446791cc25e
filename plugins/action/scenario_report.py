# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import shutil
import textwrap

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.report import file_name

_CHECK = {
    "check": {"type": "str", "required": True},
    "expected": {"type": "raw", "required": True},
    "observed": {"type": "raw", "required": True},
    "ok": {"type": "bool"},
    "look_at": {"type": "str"},
}


class ActionModule(ActionBase):
    """Documentation: plugins/modules/scenario_report.py"""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, args = self.validate_argument_spec(
            {
                "path": {"type": "path", "required": True},
                "state": {"type": "str", "choices": ["started", "recorded", "shown"], "default": "recorded"},
                "scenario": {"type": "str"},
                "checks": {"type": "list", "elements": "dict", "default": [], "options": _CHECK},
                "captured": {"type": "dict", "default": {}},
            },
            required_if=[("state", "recorded", ("scenario",))],
        )
        path = os.path.abspath(args["path"])
        try:
            if args["state"] == "started":
                rows = self._start(path)
            else:
                with open(path, encoding="utf-8") as stream:
                    rows = json.load(stream)
            if args["state"] == "recorded":
                rows += self._record(path, args)
        except (OSError, ValueError) as exc:
            if isinstance(exc, FileNotFoundError) and args["state"] != "started":
                raise AnsibleActionFail("path: there is no report %s; begin it with state: started" % path) from exc
            raise AnsibleActionFail("path: %s cannot be used: %s" % (path, exc)) from exc
        bad = [row for row in rows if not row["ok"]]
        result.update(changed=False, checks=rows, failed_checks=len(bad))
        if args["state"] == "shown":
            Display().display(
                "\n" + table(rows) + "\n\n%d checks, %d not as they had to be: %s" % (len(rows), len(bad), path)
            )
            if bad:
                result.update(
                    failed=True,
                    msg="\n".join(complaint(row) for row in bad) + "\nWhat was captured lies beside %s" % path,
                )
        return result

    @staticmethod
    def _start(path):
        folder = os.path.dirname(path)
        os.makedirs(folder, exist_ok=True)
        _write(path, [])
        shutil.rmtree(os.path.join(folder, "captured"), ignore_errors=True)
        return []

    @staticmethod
    def _record(path, args):
        rows = []
        for check in args["checks"]:
            ok = check["ok"] if check["ok"] is not None else check["expected"] == check["observed"]
            row = {
                "scenario": args["scenario"],
                "check": check["check"],
                "expected": check["expected"],
                "observed": check["observed"],
                "ok": ok,
            }
            if check["look_at"]:
                row["look_at"] = check["look_at"]
            rows.append(row)
        with open(path, encoding="utf-8") as stream:
            _write(path, json.load(stream) + rows)
        for name, what in args["captured"].items():
            folder = os.path.join(os.path.dirname(path), "captured", file_name(args["scenario"]))
            os.makedirs(folder, exist_ok=True)
            _write(os.path.join(folder, file_name(name) + ".json"), what)
        return rows


def _write(path, data):
    with open(path + ".new", "w", encoding="utf-8") as stream:
        json.dump(data, stream, indent=2, default=str)
        stream.write("\n")
    os.replace(path + ".new", path)


def _text(value):
    return value if isinstance(value, str) else json.dumps(value, default=str)


def complaint(row):
    """One check that is not as it had to be, as a sentence."""
    text = "%s: %s: expected %s, observed %s" % (
        row["scenario"],
        row["check"],
        _text(row["expected"]),
        _text(row["observed"]),
    )
    return text + ("; look at %s" % row["look_at"] if row.get("look_at") else "")


def table(rows, widths=(24, 40, 34, 34)):
    """The report for people: scenario, what had to be seen, what was seen."""
    lines = [("SCENARIO", "CHECK", "EXPECTED", "OBSERVED", "OK")]
    previous = None
    for row in rows:
        scenario = row["scenario"] if row["scenario"] != previous else ""
        previous = row["scenario"]
        lines.append(
            (scenario, row["check"], _text(row["expected"]), _text(row["observed"]), "ok" if row["ok"] else "NO")
        )
    out = []
    for line in lines:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(line, widths)]
        for number in range(max(map(len, cells))):
            parts = [(cell[number] if number < len(cell) else "").ljust(width) for cell, width in zip(cells, widths)]
            out.append("  ".join([*parts, line[4] if number == 0 else ""]).rstrip())
    return "\n".join(out)
