# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/ovn-nbctl.md tells the truth: a task leaves the rows that the commands above it leave, and reads what they print.

Each section starts from the network of the page in two databases. ovn-nbctl changes one, the tasks the other, step by step.
It is done with the OVN of this machine, and with each other release whose image was built for the lab.
"""

from __future__ import annotations

import contextlib
import copy
import re
import subprocess
import types

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.rows import VOLATILE
from tests.support import ovsdb
from tests.support.daemons import ovn
from tests.support.engine import Raw
from tests.support.nbctl_page import RELEASES, network, pages_steps
from tests.support.topology import rows
from tests.support.zygote import Zygote

SECTIONS = pages_steps()
#: These look, and change nothing
READERS = ("ovn_info", "ovn_wait")


def _release(root):
    """Of its ovn-nbctl; None where it does not run."""
    argv = ["ovn-nbctl", "--version"] if root is None else ["chroot", str(root), "ovn-nbctl", "--version"]
    with contextlib.suppress(OSError):
        found = re.match(
            r"ovn-nbctl (\d+\.\d+)", subprocess.run(argv, capture_output=True, text=True, check=False).stdout
        )
        return found.group(1) if found else None
    return None


def _installations():
    """{release: its root directory, None for this machine's}."""
    found = {_release(None): None}
    for program in sorted(ovsdb.IMAGES.glob("*/usr/bin/ovn-nbctl")):
        root = program.parents[2]
        found.setdefault(_release(root), root)
    return {release: root for release, root in found.items() if release in RELEASES}


INSTALLED = _installations()


class Configured(Raw):
    """Less what daemons write, and what ovn-nbctl writes although it says nothing (the page tells)."""

    def dump(self):
        dump = copy.deepcopy(super().dump())
        for table, found in dump.items():
            for row in found.values():
                for column, keys in VOLATILE.get(table, {}).items():
                    if keys is None:
                        row.pop(column, None)
                    elif column in row:
                        row[column] = {k: v for k, v in row[column].items() if k not in keys}
                if table == "NAT" and row["options"].get("stateless") == "false":
                    del row["options"]["stateless"]
                if table == "Mirror" and row["index"] == -1:
                    row["index"] = 0
        return dump


class Side:
    """One database, and the program that speaks to it."""

    def __init__(self, cloud, wrapper):
        self.nb = "unix:%s/ovnnb_db.sock" % cloud.directory
        self.raw = Configured(types.SimpleNamespace(database="OVN_Northbound", remotes=[self.nb]))
        self._env = {**cloud.env, "PATH": "%s:%s" % (wrapper, cloud.env["PATH"])}

    def shell(self, command):
        done = subprocess.run(
            ["bash", "-c", command], env=self._env, capture_output=True, text=True, check=False, timeout=30
        )
        assert done.returncode == 0, "%s: %s" % (command, done.stderr)
        return done.stdout

    def begin(self):
        self.raw.wipe()
        self.shell("set -e\n" + "\n".join(network()[0]))


@pytest.fixture(scope="module")
def zygote():
    process = Zygote()
    yield process
    process.close()


@pytest.fixture(scope="module", params=RELEASES)
def installation(request, tmp_path_factory):
    """(release, root directory, folder with an ovn-nbctl that is that one's)."""
    release = request.param
    if release not in INSTALLED:
        pytest.skip("no OVN %s here: its image was not built" % release)
    root = INSTALLED[release]
    wrapper = tmp_path_factory.mktemp("bin")
    if root is not None:
        program = wrapper / "ovn-nbctl"
        program.write_text('#!/bin/sh\nexec chroot %s /usr/bin/ovn-nbctl "$@"\n' % root)
        program.chmod(0o755)
    return release, root, wrapper


@contextlib.contextmanager
def two_sides(installation, northd):
    _release_, root, wrapper = installation
    with ovn(northd=northd, root=root) as first, ovn(northd=northd, root=root) as second:
        yield Side(first, wrapper), Side(second, wrapper)


@pytest.fixture(scope="module")
def quiet_sides(installation):
    with two_sides(installation, northd=False) as sides:
        yield sides


@pytest.fixture
def sides(request, installation):
    """(commands' side, tasks' side), with the network of the page in both; with ovn-northd where something waits for it."""
    with contextlib.ExitStack() as stack:
        if request.param == "Waiting":
            both = stack.enter_context(two_sides(installation, northd=True))
        else:
            both = request.getfixturevalue("quiet_sides")
        for side in both:
            side.begin()
        yield both


def leaves(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item) if key != "_uuid" else ()
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
        yield str(value)


def play(step, release, commands, tasks, zygote):
    arguments = {"nb": tasks.nb, **step.arguments}
    if step.module in READERS:
        printed = "\n".join(tasks.shell(command) for command in step.commands)
        result = zygote.run(step.module, arguments)
        found = result.get("result", result.get("report", result.get("rows")))
        if step.module == "ovn_info":
            assert found is not None, "the query found nothing"
            told = list(leaves(found))
            assert told or not printed.strip(), "%s printed %r, and the task returned nothing" % (step, printed)
            assert [leaf for leaf in told if leaf not in printed] == [], printed
        return
    for command in step.commands:
        commands.shell(command)
    result = zygote.run(step.module, arguments)
    assert rows(tasks.raw) == rows(commands.raw)
    assert result["changed"]
    assert not zygote.run(step.module, arguments)["changed"], "again, it changes something"


@pytest.mark.parametrize(("sides", "section"), [(name, name) for name in SECTIONS], indirect=["sides"])
def test_tasks_do_what_the_commands_do(section, sides, installation, zygote):
    release = installation[0]
    for step in SECTIONS[section]:
        if step.is_in(release):
            try:
                play(step, release, *sides, zygote)
            except AssertionError as exc:
                raise AssertionError("%s\n%s" % (step, exc)) from exc


@pytest.mark.parametrize("sides", ["network"], indirect=True)
def test_the_network_of_the_examples(sides, zygote):
    commands, tasks = sides
    tasks.raw.wipe()
    step = network()[1]
    zygote.run(step.module, {"nb": tasks.nb, **step.arguments})
    assert rows(tasks.raw) == rows(commands.raw)


@pytest.mark.parametrize("sides", ["network"], indirect=True)
def test_a_task_that_does_something_else_is_found(sides, zygote):
    commands, tasks = sides
    commands.shell("ovn-nbctl ls-add db")
    zygote.run("ovn_logical_switch", {"nb": tasks.nb, "name": "db", "other_config": {"subnet": "10.0.0.0/24"}})
    assert rows(tasks.raw) != rows(commands.raw)
