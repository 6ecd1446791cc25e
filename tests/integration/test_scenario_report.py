# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""scenario_report: what was seen is kept, shown, and fails the play where it is not as it had to be."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"virtnet.ovn.scenario_report": {"path": "{{ report }}", "state": "started"}},
            {
                "virtnet.ovn.scenario_report": {
                    "path": "{{ report }}",
                    "scenario": "one",
                    "checks": [
                        {"check": "equal", "expected": [1, 2], "observed": "{{ seen }}", "look_at": "the log"},
                        {"check": "judged", "expected": "at least 3", "observed": "4", "ok": "{{ 4 > 3 }}"},
                    ],
                    "captured": {"a trace/of it": {"steps": [1]}},
                }
            },
            {"virtnet.ovn.scenario_report": {"path": "{{ report }}", "state": "shown"}},
        ],
    }
]


def play(tmp_path, tasks=None, **extra):
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([{**PLAY[0], "tasks": tasks or PLAY[0]["tasks"]}]))
    report = tmp_path / "artifacts" / "report.json"
    done = subprocess.run(
        [pathlib.Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "-c", "local", playbook]
        + ["-e", json.dumps({"report": str(report), **extra})],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done, report


def test_what_is_as_it_had_to_be_is_shown(tmp_path):
    done, report = play(tmp_path, seen=[1, 2])
    assert done.returncode == 0, done.stdout
    assert "2 checks, 0 not as they had to be" in done.stdout
    rows = json.loads(report.read_text())
    assert [(row["scenario"], row["check"], row["ok"]) for row in rows] == [
        ("one", "equal", True),
        ("one", "judged", True),
    ]
    assert json.loads((report.parent / "captured" / "one" / "a_trace_of_it.json").read_text()) == {"steps": [1]}


def test_what_is_not_fails_the_play_and_says_what_to_look_at(tmp_path):
    done, report = play(tmp_path, seen=[1])
    assert done.returncode != 0
    assert "one: equal: expected [1, 2], observed [1]; look at the log" in done.stdout + done.stderr
    assert [row["ok"] for row in json.loads(report.read_text())] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "{{ report }}", "scenario": "x"}, "there is no report"),
        ({"path": "{{ report }}"}, "scenario"),
        ({"path": "/proc/x/y", "state": "started"}, "cannot be used"),
    ],
)
def test_a_clear_error(tmp_path, arguments, message):
    done, _report = play(tmp_path, [{"virtnet.ovn.scenario_report": arguments}])
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
