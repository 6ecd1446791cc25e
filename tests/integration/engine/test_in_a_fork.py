# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that Ansible runs in a fork of its own, where they would run as the same user with the same Python anyway."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest
import yaml

from ansible_collections.virtnet.ovn.plugins.action.ovn_local import Program
from tests.support.modules import COLLECTIONS

#: What tells a packed module's process from the fork
PACKED = re.compile(r"EXEC .*(AnsiballZ_ovn_|python)")

TASKS = """
- virtnet.ovn.ovn_logical_switch: {name: ls1}
  check_mode: true
- virtnet.ovn.ovn_logical_switch: {name: ls1, ports: [{name: p1, addresses: [dynamic]}]}
- virtnet.ovn.ovn_logical_switch: {name: ls1, ports: [{name: p1, addresses: [dynamic]}]}
- virtnet.ovn.ovn_logical_switch: {name: ls1, other_config: "{{ {item: 1} }}"}
  loop: [not-a-key, mcast_snoop, no-key-either]
- virtnet.ovn.ovn_logical_switch: {name: ls2, ports: [{name: p2, addresses: [not an address]}]}
- virtnet.ovn.ovn_logical_switch: {nam: ls2}
- virtnet.ovn.ovn_info: {table: Logical_Switch}
"""


def play(tmp_path, nb, tasks=TASKS, name="play", arguments=("-vvvv",), env=None, **more):
    """[what each task registered], and all that was said."""
    tasks = [
        {**task, "register": "t%d" % place, "ignore_errors": True} for place, task in enumerate(yaml.safe_load(tasks))
    ]
    kept = {"content": "{{ [%s] | to_json }}" % ", ".join(task["register"] for task in tasks), "dest": "%s.json" % name}
    book = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {"group/virtnet.ovn.ovn": {"nb": nb.server.remote}},
            "tasks": [
                {"block": tasks, **more},
                {"ansible.builtin.copy": {"mode": "0600", **kept, "dest": str(tmp_path / kept["dest"])}},
            ],
        }
    ]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(book, sort_keys=False))
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "play.yml", *arguments],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "NO_COLOR": "1", **(env or {})},
    )  # fmt: skip
    assert not done.returncode, done.stdout + done.stderr
    return json.loads((tmp_path / kept["dest"]).read_text()), done.stdout


def packed_modules(said):
    return [line for line in said.splitlines() if PACKED.search(line) and "ovn_" in line]


def without_uuids(results):
    """The results without what differs from one database to the other: UUIDs, and a hash of them."""
    return json.loads(re.sub(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "-", json.dumps(results)))


def test_what_a_module_returns_is_the_same(nb, tmp_path):
    here, said = play(tmp_path, nb)
    assert not packed_modules(said)
    for uuid in nb.rows("Logical_Switch"):
        nb.server.ctl("ls-del", uuid["name"])
    packed, said = play(tmp_path, nb, environment={"SOME": "thing"})
    assert len(packed_modules(said)) >= 7
    for one, other in zip(without_uuids(here), without_uuids(packed)):
        assert one == other
    assert [task["changed"] for task in here] == [True, True, False, True, False, False, False]
    assert [bool(task.get("failed")) for task in here] == [False] * 4 + [True] * 2 + [False]
    assert len(here[3]["warnings"]) == 2


@pytest.mark.parametrize(
    ("more", "env"),
    [
        ({"become": True, "become_user": "root"}, {}),
        ({"environment": {"SOME": "thing"}}, {}),
        ({"vars": {"ansible_python_interpreter": "/usr/bin/python3"}}, {}),
        ({}, {"ANSIBLE_KEEP_REMOTE_FILES": "1"}),
    ],
)
def test_what_is_special_is_packed_as_ever(nb, tmp_path, more, env):
    if more.get("become") and not pathlib.Path("/usr/bin/sudo").exists():
        more = {**more, "become_method": "ansible.builtin.su"}
    (made,), said = play(tmp_path, nb, "- virtnet.ovn.ovn_logical_switch: {name: ls1}", env=env, **more)
    assert made["changed"] and packed_modules(said)


def test_a_delegated_task_is_judged_by_the_host_it_goes_to(nb, tmp_path):
    task = "- virtnet.ovn.ovn_logical_switch: {name: ls1}\n  delegate_to: %s"
    (made,), said = play(tmp_path, nb, task % "localhost", vars={"ansible_connection": "local"})
    assert made["changed"] and not packed_modules(said)


def test_a_task_that_takes_too_long_is_ended(nb, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        task = "{name: ls1, nb: 'tcp:127.0.0.1:%d', timeout: 60}\n  timeout: 2" % silent.getsockname()[1]
        (ended,), said = play(tmp_path, nb, "- virtnet.ovn.ovn_logical_switch: " + task)
    assert ended["failed"] and "2 second" in said and not packed_modules(said)


# ---------------------------------------------------------------- how a program ends


@pytest.fixture
def program(tmp_path, monkeypatch):
    def make(text):
        (tmp_path / "a_module.py").write_text("import os, sys\n\n\ndef main():\n    " + text.replace("\n", "\n    "))
        monkeypatch.syspath_prepend(tmp_path)
        sys.modules.pop("a_module", None)
        return Program("a_module", b"{}").run()

    return make


def test_what_it_says_and_how_it_ends(program):
    done = program("print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)")
    assert (done["rc"], done["stdout"], done["stderr"]) == (3, "out\n", "err\n")
    assert "a_module" not in sys.modules


def test_it_has_no_input_and_may_say_much(program):
    done = program("assert sys.stdin.read() == ''; print('x' * 10**7)")
    assert len(done["stdout"]) == 10**7 + 1


def test_an_exception_is_a_failure_with_its_traceback(program):
    done = program("raise ValueError('this is wrong')")
    assert done["rc"] == 1 and not done["stdout"] and "this is wrong" in done["stderr"]


def test_a_crash_is_a_failure(program):
    assert program("os.kill(os.getpid(), 9)")["rc"] == -9


def test_whoever_waits_for_it_may_give_up(program, tmp_path):
    def give_up(number, frame):
        raise TimeoutError

    text = "import select\nopen(%r, 'w').write(str(os.getpid()))\nselect.select([], [], [], 60)" % str(tmp_path / "pid")
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        with pytest.raises(TimeoutError):
            program(text)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
