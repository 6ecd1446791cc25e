# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links between the pages lead somewhere, on the HTML site too: that has docs/ and, as reference/, a page for each plugin and role."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
PLUGINS = {
    "modules": "module",
    **{kind: kind for kind in ("filter", "test", "lookup", "inventory", "connection", "become")},
}
REFERENCE = {
    "index",
    *(f"{path.stem}_{PLUGINS[kind]}" for kind in PLUGINS for path in (ROOT / "plugins" / kind).glob("*")),
    *(f"{path.name}_role" for path in (ROOT / "roles").iterdir()),
}
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def wrong(page: pathlib.Path, text: str) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        target = (page.parent / link).resolve()
        if ":" in link:
            continue
        if target.parent == ROOT / "docs/reference":
            known = target.name in REFERENCE
        else:
            known = target.is_relative_to(ROOT / "docs") and target.exists()
        if not known:
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_links(page):
    assert wrong(page, page.read_text(encoding="utf-8")) == []


def test_a_wrong_link_is_found():
    page = ROOT / "docs/guides/x.md"
    good = "[a](backup.md#the-drill) [b](../reference/ovn_health_role) [c](../reference/ovn_acl_module) [d](https://example.com/x)"
    bad = ["none.md", "../reference/ovn_none_module", "../../roles/ovn_health/README.md"]
    assert wrong(page, good + " ".join(f"[x]({link})" for link in bad)) == bad
