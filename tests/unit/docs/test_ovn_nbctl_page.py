# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/ovn-nbctl.md leaves out no command and no option of any release, and its tasks are ones that modules take.

What ovn-nbctl says of itself was recorded from the programs, by record.py beside this file. That the tasks do what the
commands do is tried by tests/integration/test_ovn_nbctl_page.py.
"""

from __future__ import annotations

import functools
import importlib
import re
import runpy
import shutil
import sys

import pytest
import yaml

from tests.support.nbctl_page import (
    RECORDED,
    RELEASES,
    ROOT,
    commands_in,
    helped,
    listed,
    network,
    pages_steps,
    sections,
    tables_of,
)

sys.path.insert(0, str(ROOT / "tests/unit/docs"))
import record

STEPS = [step for steps in pages_steps().values() for step in steps]
#: What no task could do, as the page says
WITHOUT_A_TASK = {"init", "comment"}


def recorded(release, ending):
    return (RECORDED / f"{release}.{ending}").read_text()


def known(release):
    """{command: options}: all that the help tells, and what it forgets."""
    found = listed(recorded(release, "commands"))
    for name, options in helped(recorded(release, "txt")).items():
        found.setdefault(name, []).extend(options)
    return found


def table(heading):
    """The rows of a section's table, by their first cells."""
    (text,) = [text for found, text in sections() if found == heading]
    return dict(re.findall(r"(?m)^\| (.+?) \| (.+) \|$", text))


def options_table():
    """The options that the page's table tells of."""
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(table("Options"))))


def shown(release):
    """{command: options that it is shown with} on the page, for a release."""
    found = {}
    for step in STEPS:
        if step.is_in(release):
            for line in step.commands:
                for options, name in commands_in(line):
                    found.setdefault(name, set()).update(options)
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_the_help_was_read(release):
    told, all_of_it = helped(recorded(release, "txt")), listed(recorded(release, "commands"))
    assert len(told) > 100
    assert set(told) == set(all_of_it) - {"comment", "ha-chassis-group-set-chassis-prio", "lr-nat-update-ext-ip"}
    assert {"--may-exist", "--log"} <= set(told["acl-add"])


@pytest.mark.parametrize("release", RELEASES)
def test_every_command_is_on_the_page(release):
    on_page = set(shown(release)) | {cell.strip("`") for cell in table("Without a task")}
    assert set(known(release)) - on_page == set()


def test_few_commands_have_no_task():
    assert {cell.strip("`") for cell in table("Without a task")} - {"command", "---"} == WITHOUT_A_TASK


@pytest.mark.parametrize("release", RELEASES)
def test_the_page_knows_no_command_that_is_none(release):
    assert set(shown(release)) - set(known(release)) == set()


@pytest.mark.parametrize("release", RELEASES)
def test_every_option_of_a_command_is_on_the_page(release):
    on_page, general = shown(release), options_table()
    missing = {
        (name, option)
        for name, options in known(release).items()
        for option in options
        if option not in on_page.get(name, ()) and option not in general
    }
    assert missing == set()


@pytest.mark.parametrize("release", RELEASES)
def test_every_general_option_is_on_the_page(release):
    text = recorded(release, "txt")
    told = set(re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*(?=[\s=\[,])", text[text.index("\nOptions:\n") :]))
    told = {option[:2] if not option.startswith("--") else option for option in told}  # -vSPEC
    assert "--db" in told
    assert "-t" in told
    assert told - set(re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*", " ".join(table("Options")))) == set()


@pytest.mark.parametrize("release", RELEASES)
def test_every_table_has_its_module(release):
    rows = table("Rows of any table")
    assert set(tables_of(recorded(release, "txt"))) - set(rows) == set()
    for module in {re.match(r"`(\w+)`", cell).group(1) for name, cell in rows.items() if name not in ("table", "---")}:
        assert (ROOT / f"plugins/modules/{module}.py").exists(), module


@pytest.mark.skipif(not shutil.which("ovn-nbctl"), reason="no ovn-nbctl on this machine")
def test_what_was_recorded_is_what_the_program_here_says():
    release = record.release_of()
    assert release in RELEASES
    assert record.said("--help") == recorded(release, "txt")
    assert record.said("--commands") == recorded(release, "commands")


# -- the tasks ----------------------------------------------------------------------------------------------------------


def wrong_options(arguments, options, path=""):
    """What of a task's options its module does not take."""
    for name, value in arguments.items():
        option = options.get(name)
        if option is None:
            yield f"{path}{name}: there is no such option"
            continue
        if option.get("choices") and not isinstance(value, list) and value not in option["choices"]:
            yield f"{path}{name}: {value!r} is none of {option['choices']}"
        for entry in value if isinstance(value, list) else [value]:
            if option.get("suboptions") and isinstance(entry, dict):
                yield from wrong_options(entry, option["suboptions"], f"{path}{name}.")


@functools.cache
def options_of(module):
    namespace = runpy.run_path(str(ROOT / f"plugins/modules/{module}.py"))
    document = yaml.safe_load(namespace["DOCUMENTATION"])
    options = dict(document["options"])
    for fragment in document["extends_documentation_fragment"]:
        _namespace, _collection, name, *part = fragment.split(".")
        source = importlib.import_module(f"ansible_collections.virtnet.ovn.plugins.doc_fragments.{name}")
        text = getattr(source.ModuleDocFragment, part[0].upper() if part else "DOCUMENTATION")
        options.update(yaml.safe_load(text).get("options", {}))
    return options


@pytest.mark.parametrize("step", [network()[1], *STEPS], ids=str)
def test_a_task_is_one_that_its_module_takes(step):
    assert list(wrong_options(step.arguments, options_of(step.module))) == []


def test_a_task_that_no_module_takes_is_found():
    options = options_of("ovn_info")
    assert list(wrong_options({"report": "showw", "no": 1}, options)) == [
        "report: 'showw' is none of %s" % options["report"]["choices"],
        "no: there is no such option",
    ]


def test_every_task_takes_the_place_of_a_command():
    assert [str(step) for step in STEPS if not step.commands] == []


def test_no_release_is_one_that_nobody_knows():
    assert {step.since for step in STEPS} - {None} <= set(RELEASES)
