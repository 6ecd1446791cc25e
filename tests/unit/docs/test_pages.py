# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages tell of every playbook, variable and role, and every page is found."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.name != "index.md")


def inputs(text):
    """The variables that a playbook has a default for where it uses them: what its caller may give."""
    given = re.findall(r"\b([a-z]\w+) \| default\((?!\[\]|\{\})", text) + re.findall(r"(\w+) is defined", text)
    here = set(re.findall(r"(?m)^\s+(?:- )?(\w+): ", text)) | set(re.findall(r"register: (\w+)", text))
    return {name for name in given if name not in here}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_is_documented(path):
    page = (DOCS / "playbooks.md").read_text()
    assert f"`virtnet.ovn.{path.stem}`" in page
    hosts = set(re.findall(r'(?m)^  hosts: "\{\{ (\w+) \|', path.read_text()))
    assert {name for name in hosts if f"`{name}`" not in page} == set()


def test_the_variables_of_adopt_are_documented():
    text = (ROOT / "playbooks/adopt.yml").read_text()
    names = inputs(text)
    assert {"adopt_hosts", "adopt_nb", "adopt_owner", "adopt_path"} <= names
    page, comment = (DOCS / "playbooks.md").read_text(), text.partition("- name:")[0]
    assert {name for name in names if f"`{name}`" not in page or name not in comment} == set()


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").glob("*")))
def test_a_role_is_documented(role):
    assert f"`virtnet.ovn.{role}`" in (DOCS / "playbooks.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_found_from_the_index(page):
    name = str(page.relative_to(DOCS).with_suffix(""))
    assert re.search(rf"(?m)^{re.escape(name)}$", (DOCS / "index.md").read_text())


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+\.(?:md|json))[)#]", page.read_text()):
        assert (page.parent / target).exists(), target
