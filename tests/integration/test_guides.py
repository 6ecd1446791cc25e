# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides do what they say: their files are written, their commands run, and the output is as it stands there.

A YAML or JSON block whose first line is a comment with a name is that file. In a console block, a line that begins with ``$`` is a
command, and what follows is all of its output, but for lines of three dots, which stand for any lines. UUIDs and hashes may differ.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

from tests.support.daemons import ovn

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: These show hosts at addresses that are examples: nothing answers there, and nothing may be asked there
ELSEWHERE = {"inventory": "tests/integration/inventory", "relay": "tests/central/relay"}
GUIDES = sorted(path for path in (ROOT / "docs/guides").glob("*.md") if path.stem not in ELSEWHERE)

#: Where the pages have their files; the tests have them elsewhere
HOME = "/srv/network"

HOSTS = """\
ovn_central:
  hosts:
    central:
      ansible_connection: local
      ansible_python_interpreter: "{python}"
"""


def parts(text):
    """[("file", name, content) or ("command", line, output)], in the order of the page."""
    found = []
    for language, block in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", text):
        if language == "console":
            for call in re.split(r"(?m)^\$ ", block)[1:]:
                command, _newline, output = call.partition("\n")
                found.append(("command", command, output))
        else:
            name = re.match(r"# (\S+\.(?:yml|json))\n", block)
            if name:
                found.append(("file", name.group(1), block))
    return found


def pattern(expected):
    """What the output has to match."""
    lines = []
    for line in expected.rstrip("\n").split("\n"):
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
            continue
        line = re.escape(line.rstrip())
        line = re.sub(r"[0-9a-f]{8}(\\-[0-9a-f]{4}){3}\\-[0-9a-f]{12}", "[0-9a-f-]{36}", line)
        line = re.sub(r"\b[0-9a-f]{64}\b", "[0-9a-f]{64}", line)
        lines.append(line + r"\n")
    return re.compile("".join(lines) if expected else "")


def said(output):
    """The output without blank ends, as a page has it."""
    text = "\n".join(line.rstrip() for line in output.strip().splitlines())
    return text + "\n" if text else ""


class Guide:
    def __init__(self, folder, cloud):
        self._folder = folder
        (folder / "hosts.yml").write_text(HOSTS.format(python="/usr/bin/python3"))
        self._env = {
            **os.environ,
            **cloud.env,
            "PATH": "%s:%s" % (pathlib.Path(sys.executable).parent, cloud.env["PATH"]),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "NO_COLOR": "1",
            "PWD": str(folder),
            "HOME": str(folder),
        }
        self.hash = ""

    def write(self, name, content):
        (self._folder / name).write_text(content.replace(HOME, str(self._folder)))

    def run(self, command):
        # What a page shows of an earlier output, a reader copies from their own
        command = re.sub(r"\b[0-9a-f]{64}\b", self.hash or "none", command)
        done = subprocess.run(
            ["bash", "-c", command], cwd=self._folder, env=self._env, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=300, check=False,
        )  # fmt: skip
        output = said((done.stdout + done.stderr).replace(str(self._folder), HOME))
        self.hash = (re.findall(r"\b[0-9a-f]{64}\b", output) or [self.hash])[-1]
        return output


@pytest.mark.slow
@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_guide(path, tmp_path):
    with ovn(northd=False) as cloud:
        guide = Guide(tmp_path, cloud)
        for kind, what, content in parts(path.read_text()):
            if kind == "file":
                guide.write(what, content)
            else:
                output = guide.run(what)
                assert pattern(content).fullmatch(output), "$ %s\n%s" % (what, output)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_what_a_guide_shows_is_used(path):
    text = path.read_text()
    used = " ".join(what for kind, what, _content in parts(text) if kind == "command")
    for block in re.findall(r"(?ms)^```yaml\n(.*?)^```$", text):
        name = re.match(r"# (\S+\.yml)\n", block)
        assert name or not re.search(r"(?m)^  (?:tasks|roles):$", block), "a play without the name of its file"
        # A play imports other files; what is no play is somebody's src
        assert not name or name.group(1) in used or name.group(1) in text.replace(block, ""), name.group(1)


def test_an_output_that_differs_is_found():
    assert pattern("a\n...\nb 5f1d2a10-0000-4000-8000-000000000001\n").fullmatch(
        "a\nx\ny\nb 6f1d2a10-0000-4000-8000-000000000002\n"
    )
    assert not pattern("a\nb\n").fullmatch("a\nx\nb\n")
    assert not pattern("changed=0\n").fullmatch("changed=1\n")
    assert pattern("").fullmatch("")
    assert not pattern("").fullmatch("x\n")
