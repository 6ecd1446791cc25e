# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/ovn-nbctl.md as data: what each task takes the place of."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import re
import shlex

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/ovn-nbctl.md"
RELEASES = ("23.03", "25.03", "26.03")
_SINCE = re.compile(r"\s+# (\d\d\.\d\d)$")


@dataclasses.dataclass
class Step:
    """Commands, and the task that does the same. ``since`` is the first release with all of it, or None."""

    section: str
    commands: list[str]
    since: str | None
    module: str
    arguments: dict

    def __str__(self):
        return "%s: %s" % (self.section, self.commands[0] if self.commands else self.module)

    def is_in(self, release):
        return self.since is None or self.since <= release


def sections(text=None):
    """[(heading, its text)], first what stands above all headings."""
    parts = re.split(r"(?m)^## (.+)$", text if text is not None else PAGE.read_text())
    return [("", parts[0]), *zip(parts[1::2], parts[2::2])]


def blocks(text, language):
    return re.findall(r"(?ms)^```%s\n(.*?)^```$" % language, text)


def network():
    """(the commands that make the network of the examples, the task that does)."""
    _title, text = sections()[0]
    (commands,), (task,) = blocks(text, "shell"), blocks(text, "yaml")
    return commands.splitlines(), _steps("network", task)[0]


def pages_steps():
    """{section: [Step]}, in the order in which they are run, each section from the examples' network."""
    return {
        heading: [step for block in blocks(text, "yaml") for step in _steps(heading, block)]
        for heading, text in sections()[1:]
        if blocks(text, "yaml")
    }


def _steps(section, block):
    return [_step(section, part) for part in block.strip().split("\n\n")]


def _step(section, text):
    commands, since = [], None
    for line in text.splitlines():
        if line.startswith("# "):
            found = _SINCE.search(line)
            since = max(filter(None, [since, found and found.group(1)]), default=None)
            commands.append(_SINCE.sub("", line)[2:])
    (task,) = yaml.safe_load(text)
    (module,) = task
    assert module.startswith("virtnet.ovn."), module
    return Step(section, commands, since, module.rpartition(".")[2], task[module])


def commands_in(line):
    """[(options, name)] of each ovn-nbctl command of a line: several are joined by --, others stand within $(...)."""
    found = []
    while "$(" in line:
        inner = re.search(r"\$\(([^()]*)\)", line)
        found += commands_in(inner.group(1))
        line = line[: inner.start()] + "X" + line[inner.end() :]
    words = shlex.split(line)
    assert words[0] == "ovn-nbctl", line
    for command in itertools.groupby(words[1:], lambda word: word == "--"):
        if not command[0]:
            own = list(command[1])
            name = next(word for word in own if not word.startswith("--"))
            found.append(([word.partition("=")[0] for word in own[: own.index(name)]], name))
    return found


# -- what ovn-nbctl itself says ----------------------------------------------------------------------------------------

RECORDED = ROOT / "tests/unit/docs/ovn-nbctl-help"


def helped(text):
    """{command: its options} of ``ovn-nbctl --help``."""
    found, options, in_commands = {}, [], False
    for line in text.splitlines():
        if re.match(r"\S.*(commands|Check|command \(.*\)):$", line):
            in_commands, options = True, []
        elif re.match(r"\S", line):
            in_commands = False
        elif in_commands and re.match(r"  \S", line):
            options += re.findall(r"\[(--[a-z-]+)", line)
            rest = re.sub(r"\[--[^]]*\]", "", line).strip()
            name = re.match(r"[a-z][a-z0-9-]*(?= |$)", rest)
            if name:
                found.setdefault(name.group(), []).extend(options)
                options = []
    return found


def listed(text):
    """{command: its options} of ``ovn-nbctl --commands``."""
    lines = (line.split(",") for line in text.splitlines() if line)
    return {name: re.findall(r"\[(--[a-z-]+)", options) for options, name, *_arguments in lines}


def tables_of(text):
    """The tables whose rows ``ovn-nbctl --help`` can name."""
    rows = text.partition("in the following ways:\n")[2].partition("\n\n")[0]
    return re.findall(r"(?m)^  (\w+):$", rows)
