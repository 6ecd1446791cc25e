# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial's languages tell the same, and its files are those that are run."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

TUTORIAL = pathlib.Path(__file__).resolve().parents[3] / "docs/tutorial"
PAGES = sorted(TUTORIAL.glob("*.md"))
BLOCK = re.compile(r"(?ms)^```(console|yaml|bash)\n.*?^```$")


def blocks(page):
    return [match.group(0) for match in BLOCK.finditer(page.read_text())]


def test_languages_have_the_same_blocks():
    assert len(PAGES) > 1
    assert blocks(PAGES[0]) == blocks(PAGES[1])


@pytest.mark.parametrize("path", sorted(TUTORIAL.glob("*.yml")), ids=lambda path: path.stem)
def test_a_file_stands_in_the_pages(path):
    assert "```yaml\n%s```" % path.read_text() in blocks(PAGES[0])
    assert yaml.safe_load(path.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pictures_are_there_and_told_in_words(page):
    pictures = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", page.read_text())
    assert {name for _words, name in pictures} == {path.name for path in TUTORIAL.glob("*.svg")}
    assert all(len(words) > 20 for words, _name in pictures)
