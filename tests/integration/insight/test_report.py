# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_page and the role ovn_report: the playbook against real databases, and the page in a real browser that reaches no network."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from tests.support.browser import browser
from tests.support.picture import EVIL

ROOT = pathlib.Path(__file__).resolve().parents[3]

CHECKS = [
    {"scenario": "1 a balancer", "check": "both answer", "expected": ["a", "b"], "observed": ["a", "b"], "ok": True},
    {"scenario": "1 a balancer", "check": EVIL, "expected": EVIL, "observed": EVIL, "ok": False, "look_at": EVIL},
]
CAPTURED = {
    "probe": {"by_answer": {EVIL: 17, "b": 22}, "lost": 1, "requests": 40},
    "trace": {
        "verdict": "output",
        "outputs": [{"port": EVIL}],
        "request": EVIL,
        "path": ["ls1", EVIL],
        "steps": [{"datapath": "ls1", "stage": EVIL, "match": EVIL, "priority": 1, "actions": [EVIL]}],
    },
    "rows": [EVIL],
    "long": {"name" * 50: "value" * 500},
}


def play(folder, **variables):
    inventory = folder / "hosts"
    inventory.write_text("[ovn_central]\nhere ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n")
    command = [pathlib.Path(sys.executable).parent / "ansible-playbook", "-i", inventory, ROOT / "playbooks/report.yml"]
    more = variables.pop("more", [])
    env = {**os.environ, "NO_COLOR": "1", "PWD": str(folder), **variables.pop("env", {})}
    done = subprocess.run(
        [*command, "-e", json.dumps(variables), *more],
        cwd=folder, env={**env, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def played(network, tmp_path_factory):
    """A folder with a report of scenarios, and the variables that the playbook gets."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "site.json").write_text(json.dumps(CHECKS))
    (folder / "captured/1_a_balancer").mkdir(parents=True)
    for name, what in CAPTURED.items():
        (folder / "captured/1_a_balancer" / (name + ".json")).write_text(json.dumps(what))
    variables = {
        "report_nb": network["nb"],
        "report_sb": network["sb"],
        "ovn_report_scenarios": str(folder / "site.json"),
        "ovn_report_changes": [{"title": EVIL, "changed": True, "text": [EVIL]}],
        "ovn_report_findings": [
            {"check": "ports", "subject": "all", "status": "ok", "observed": "3", "remedy": ""},
            {"check": "port bound", "subject": EVIL, "status": "failed", "observed": EVIL, "remedy": EVIL},
        ],
        "ovn_report_packet_traces": [
            {
                "story": "1. A ping from vm1 to vm2.\n2. It meets %s." % EVIL,
                "reason": "It is delivered.",
                "verdict": "delivered",
                "reached": True,
                "way": {"logical": ["vm1", "ls1", "r", "ls2", "vm2"]},
            }
        ],
    }
    return folder, variables


@pytest.fixture(scope="module")
def written(played):
    folder, variables = played
    would = play(folder, **variables, more=["--check"])
    assert would.returncode == 0, would.stdout + would.stderr
    assert "changed=1" in would.stdout and not (folder / "ovn-report.html").exists()
    done = play(folder, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=1" in done.stdout
    assert "The report: %s" % (folder / "ovn-report.html") in done.stdout
    return folder / "ovn-report.html"


@pytest.fixture(scope="module")
def page(written):
    with browser() as page:
        page.look()
        page.open(written)
        yield page


def test_again_nothing_changes(played, written):
    folder, variables = played
    done = play(folder, **variables)
    assert done.returncode == 0 and "changed=0" in done.stdout, done.stdout


def test_it_renders_and_asks_for_nothing(written, page):
    page.look()
    page.requests()
    page.open(written)
    asked = page.requests()
    assert asked[0] == written.as_uri()
    assert [one for one in asked[1:] if not one.startswith("data:")] == []
    assert [entry for entry in page.log("browser") if entry["level"] == "SEVERE"] == []
    assert page.run("return document.querySelectorAll('svg.ovn-graph').length") == 3
    assert page.run("return document.querySelector('svg.ovn-graph').getBoundingClientRect().height") > 100


def test_health_and_the_way_of_a_packet(page):
    text = page.run("return document.querySelector('main').textContent")
    assert "✗ port bound" in text and "In order: ports (1)." in text
    assert "A ping from vm1 to vm2. ✓ delivered" in text
    assert page.run("return document.querySelectorAll('#ways ~ figure svg.ovn-graph').length") == 1


def test_a_name_stays_text(page):
    assert page.run("return document.querySelectorAll('script').length") == 0
    inside = page.run("return [...document.querySelectorAll('svg.ovn-graph text')].map(t => t.textContent)")
    assert EVIL in inside
    # The picture, its words, the table, the bar, the trace, what was captured, what changed: each by itself
    for where in ("figure", "table", "svg.bars", "ol li", "summary", "pre", "details ul"):
        texts = page.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", where)
        assert any("<script>" in text for text in texts), where


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
@pytest.mark.parametrize("opened", [False, True])
def test_no_page_scrolls_sideways(written, page, width, opened):
    page.look(width=width, height=800)
    page.open(written)
    page.run("document.querySelectorAll('details').forEach(d => { d.open = arguments[0] })", opened)
    assert page.run("return document.documentElement.scrollWidth") <= width


def colours(page, written, **look):
    page.look(**look)
    page.open(written)
    return page.run(
        "const s = e => getComputedStyle(document.querySelector(e));"
        "return [s('body').backgroundColor, s('body').color, s('.ovn-graph .kind-switch path').fill, s('.ovn-graph .kind-switch text').fill]"
    )


def test_light_and_dark_and_paper(written, page):
    light, dark = (colours(page, written, scheme=scheme) for scheme in ("light", "dark"))
    assert all(one != other for one, other in zip(light, dark))
    assert colours(page, written, media="print", scheme="dark")[::2] == ["rgb(255, 255, 255)", light[2]]


CONTRAST = """
const lum = c => { const v = c.map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 });
                   return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
const rgb = t => t.match(/[0-9.]+/g).map(Number);
const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
                      if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
const worst = [];
document.querySelectorAll('details').forEach(d => { d.open = true });
for (const e of document.querySelectorAll('body *')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  if (['STYLE', 'TITLE', 'title', 'style'].includes(e.tagName)) continue;
  const node = e.closest('.node'), style = getComputedStyle(e);
  const ink = lum(rgb(e instanceof SVGElement ? style.fill : style.color));
  const paper = lum(node ? rgb(getComputedStyle(node.querySelector('path,polygon,ellipse')).fill) : behind(e));
  const ratio = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
  if (ratio < 4.5) worst.push([e.tagName, e.textContent.slice(0, 30), ratio]);
}
return worst;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast(written, page, scheme):
    """At least 4.5 to 1, as WCAG 2.1 asks for at level AA (1.4.3)."""
    page.look(scheme=scheme)
    page.open(written)
    assert page.run(CONTRAST) == []


def test_who_cannot_see_or_point(written, page):
    page.look()
    page.open(written)
    assert page.run("return document.documentElement.lang") == "en"
    levels = page.run("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))
    assert (
        page.run(
            "return [...document.querySelectorAll('[role=img]')].filter(e => !e.querySelector('title') && !e.getAttribute('aria-label')).length"
        )
        == 0
    )
    assert page.run("return [...document.querySelectorAll('th')].filter(e => !e.scope).length") == 0
    ids = page.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    links = page.run("return [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert {link[1:] for link in links} <= set(ids)
    # What scrolls by itself can be scrolled by the keyboard
    assert page.run("return [...document.querySelectorAll('.picture')].filter(e => e.tabIndex !== 0).length") == 0


def test_the_distribution(written, page):
    page.look()
    page.open(written)
    bars = page.run(
        "return [...document.querySelectorAll('.bars .bar, .bars .lost')].map(b => +b.getAttribute('width'))"
    )
    assert bars == pytest.approx([3.8 * 42.5, 3.8 * 55.0, 3.8 * 2.5])
    assert page.run("return document.querySelector('.bars').getAttribute('aria-label')") == (
        "probe. 40 requests: %s 17, b 22, lost 1" % EVIL
    )


def test_steps_of_a_trace_open(written, page):
    page.look()
    page.open(written)
    shown = "return document.querySelector('ol li code').checkVisibility()"
    assert not page.run(shown)
    page.run(
        "document.querySelector('ol').closest('details').open = true; document.querySelector('ol li details').open = true"
    )
    assert page.run(shown)


def test_without_graphviz_there_are_words_and_a_warning(played, tmp_path):
    _folder, variables = played
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in pathlib.Path("/usr/bin").iterdir():
        if program.name != "dot":
            (programs / program.name).symlink_to(program)
    done = play(tmp_path, **variables, env={"PATH": str(programs)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the report has no picture of the logical network" in done.stdout + done.stderr
    text = (tmp_path / "ovn-report.html").read_text()
    assert "No picture" in text and "switch <strong>ls1</strong>" in text


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ovn_report_scenarios": "/nowhere/site.json"}, "scenarios: there is no report /nowhere/site.json"),
        ({"ovn_report_scenarios": "/etc/hostname"}, "scenarios: /etc/hostname cannot be read"),
        ({"ovn_report_path": "/proc/x/y.html"}, "path: /proc/x/y.html cannot be written"),
        ({"report_nb": "unix:/nowhere"}, "there is no such socket"),
        ({"ovn_report_fold": -1}, "fold: -1 is no number of nodes"),
    ],
)
def test_a_clear_error(played, tmp_path, variables, message):
    done = play(tmp_path, **{**played[1], **variables})
    assert done.returncode != 0
    assert message in (done.stdout + done.stderr).replace("\n", " ")
