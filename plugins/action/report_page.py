# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import time

import jinja2
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.virtnet.ovn.plugins.module_utils._insight import report
from ansible_collections.virtnet.ovn.plugins.module_utils._insight.draw import describe, svg
from ansible_collections.virtnet.ovn.plugins.module_utils._insight.topology_graph import check_graphs
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError


class ActionModule(ActionBase):
    """Documentation: plugins/modules/report_page.py"""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, args = self.validate_argument_spec(
            {
                "src": {"type": "path", "required": True},
                "path": {"type": "path", "required": True},
                "title": {"type": "str", "default": "OVN"},
                "graphs": {"type": "list", "elements": "dict", "default": []},
                "scenarios": {"type": "path"},
                "changes": {"type": "list", "elements": "dict", "default": []},
                "ways": {"type": "list", "elements": "dict", "default": []},
                "findings": {"type": "list", "elements": "dict", "default": []},
                "timeout": {"type": "float", "default": 10},
            }
        )
        try:
            graphs = [*args["graphs"], *(way.get("graph") or {} for way in args["ways"])]
            check_graphs(graphs)
            src = self._find_needle("templates", args["src"])
            pictures, warnings = _pictures(graphs, args["timeout"])
            text = self._page(src, args, pictures)
        except OvnError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        except (AnsibleError, OSError, jinja2.TemplateError) as exc:
            raise AnsibleActionFail("src: %s cannot be used: %s" % (args["src"], exc)) from exc
        path = os.path.abspath(args["path"])
        result.update(changed=False, path=path, pictures=sum(bool(picture["svg"]) for picture in pictures))
        if warnings:
            result["warnings"] = warnings
        try:
            result.update(self._write(path, text))
        except OSError as exc:
            raise AnsibleActionFail("path: %s cannot be written: %s" % (path, exc.strerror or exc)) from exc
        return result

    @staticmethod
    def _page(src, args, pictures):
        networks, ways = pictures[: len(args["graphs"])], pictures[len(args["graphs"]) :]
        rows, captured, played = _scenarios(args["scenarios"]) if args["scenarios"] else ([], {}, "")
        with open(src, encoding="utf-8") as stream:
            source = stream.read()
        # Not Ansible's own templating: that escapes nothing
        environment = jinja2.Environment(
            autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
        )
        return environment.from_string(source).render(
            title=args["title"],
            pictures=networks,
            ways=[report.way(given.get("trace"), picture) for given, picture in zip(args["ways"], ways)],
            scenarios=report.scenarios(rows, captured),
            health=report.health(args["graphs"]),
            findings=report.findings(args["findings"]),
            changes=report.changes(args["changes"]),
            played=played,
        )

    def _write(self, path, text):
        before = None
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as stream:
                before = stream.read()
        if before == text:
            return {}
        if not self._task.check_mode:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path + ".new", "w", encoding="utf-8") as stream:
                stream.write(text)
            os.replace(path + ".new", path)
        return {
            "changed": True,
            "diff": {"before": before or "", "after": text, "before_header": path, "after_header": path},
        }


def _pictures(graphs, timeout):
    """The pictures; where Graphviz cannot draw them the page tells what would be in them, and the task warns."""
    pictures, warnings = [], []
    for graph in graphs:
        picture = {"view": graph["view"], "description": describe(graph), "nodes": graph["nodes"], "svg": ""}
        try:
            picture["svg"] = svg(graph, timeout)
        except OvnError as exc:
            warnings.append("the report has no picture of the %s network. %s" % (graph["view"], exc))
        pictures.append(picture)
    return pictures, warnings


def _scenarios(path):
    """(rows, {scenario: {name: content}}, when they were played) of what scenario_report wrote."""
    try:
        with open(path, encoding="utf-8") as stream:
            rows = json.load(stream)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise OvnError("scenarios: %s is no report of scenario_report" % path)
        played = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(os.path.getmtime(path)))
        captured = {}
        for name in {str(row.get("scenario")) for row in rows}:
            folder = os.path.join(os.path.dirname(os.path.abspath(path)), "captured", report.file_name(name))
            for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
                if file.endswith(".json"):
                    with open(os.path.join(folder, file), encoding="utf-8") as stream:
                        captured.setdefault(name, {})[file[: -len(".json")]] = json.load(stream)
    except FileNotFoundError:
        raise OvnError("scenarios: there is no report %s" % path) from None
    except (OSError, ValueError) as exc:
        raise OvnError("scenarios: %s cannot be read: %s" % (path, exc)) from exc
    return rows, captured, played
