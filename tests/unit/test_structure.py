# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house rules that no linter knows: what may import what, what every role and module has, and what no code does.

Each rule is a function from a file's text to what is wrong with it, and each is shown a file that breaks it.
"""

from __future__ import annotations

import ast
import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
UTILS = "ansible_collections.virtnet.ovn.plugins."
ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())
MODULES = sorted(path for path in (PLUGINS / "modules").glob("*.py") if path.name != "__init__.py")
EDA = ROOT / "extensions/eda/plugins"
PYTHON = sorted([*PLUGINS.rglob("*.py"), *EDA.rglob("*.py")])
PLAYS = sorted(path for top in ("roles", "playbooks") for path in (ROOT / top).rglob("*.yml"))

# ---------------------------------------------------------------- what may import what

# room -> the rooms it may import from. A room is a package of plugins/module_utils, or a kind of plugin.
ARROWS = {
    # Pure data and pure functions, and the ways to the outside
    "_ovsdb": set(),
    "_model": {"_ovsdb"},
    "_openflow": {"_ovsdb"},
    "_netns": {"_ovsdb"},
    "_central": {"_ovsdb"},
    "_tls": set(),
    "_lab": set(),
    "_probe": set(),
    # What puts them together
    "_engine": {"_model", "_ovsdb", "_openflow", "_netns"},
    "_insight": {"_engine", "_model", "_ovsdb", "_openflow", "_netns", "_probe", "_tls"},
    # A module is its own entity and a call into the room that does its work
    "modules": {"_engine", "_insight", "_model", "_openflow", "_netns", "_central", "_tls", "_lab", "_probe"},
    # Plugins of the controller
    "action": {"_engine", "_insight", "_lab", "_ovsdb"},
    "become": set(),
    "connection": {"_lab"},
    "doc_fragments": set(),
    "event_source": {"_engine"},
    "filter": {"_central", "_insight", "_model", "_openflow"},
    "inventory": {"_engine", "_ovsdb"},
    "lookup": {"_engine", "_ovsdb"},
    "test": {"_model"},
}


def parts_of(path):
    return path.relative_to(EDA if EDA in path.parents else PLUGINS).with_suffix("").parts


def room_of(parts):
    """plugins/module_utils/_engine/plan.py and plugins/modules/x.py -> _engine, modules"""
    return parts[1] if parts[0] == "module_utils" else parts[0]


def imported_modules(tree, parts):
    """The dotted paths below plugins/ that a file imports; ``parts`` is the file's own, for relative imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = [*parts[: len(parts) - node.level], *(node.module.split(".") if node.module else [])]
            names = [UTILS + ".".join([*base, alias.name]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["%s.%s" % (node.module, alias.name) for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith(UTILS):
                yield name[len(UTILS) :].split("."), node.lineno


def forbidden_imports(text, parts):
    room = room_of(parts)
    if room not in ARROWS:
        return ["%s is a room that ARROWS does not know" % room]
    return [
        "line %d: %s imports %s" % (line, room, ".".join(target))
        for target, line in imported_modules(ast.parse(text), parts)
        if room_of(target) != room and room_of(target) not in ARROWS[room]
    ]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: "/".join(parts_of(path)))
def test_imports_follow_the_arrows(path):
    assert forbidden_imports(path.read_text(), parts_of(path)) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("from .._engine import plan", ("module_utils", "_ovsdb", "session")),
        ("from ..._engine.plan import plan", ("module_utils", "_model", "nb", "x")),
        ("from .. import _engine", ("module_utils", "_netns", "vm")),
        ("from .._lab import kernel", ("module_utils", "_engine", "run")),
        ("from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.session import X", ("modules", "x")),
        ("import ansible_collections.virtnet.ovn.plugins.modules.ovn_nat", ("module_utils", "_engine", "x")),
        ("from ansible_collections.virtnet.ovn.plugins.modules import ovn_nat", ("connection", "x")),
        ("import os", ("module_utils", "_attic", "x")),
    ],
)
def test_an_import_against_the_arrows_is_found(text, parts):
    assert forbidden_imports(text, parts)


def private_imports(text, parts):
    """What a file takes of another that is no more than that one's own."""
    return [
        "line %d: %s" % (line, ".".join(target))
        for target, line in imported_modules(ast.parse(text), parts)
        if any(name.startswith("_") for name in target[2:])
    ]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: "/".join(parts_of(path)))
def test_only_public_names_are_imported(path):
    assert private_imports(path.read_text(), parts_of(path)) == []


def test_a_private_name_is_found():
    assert private_imports("from .path import find_path, _words", ("module_utils", "_insight", "x"))
    assert not private_imports("from .._ovsdb.rows import find", ("module_utils", "_insight", "x"))


def test_the_rooms_have_no_way_round():
    def reach(room, seen=()):
        assert room not in seen, "a circle: %s" % " -> ".join([*seen, room])
        for target in ARROWS[room]:
            reach(target, (*seen, room))

    for room in ARROWS:
        reach(room)


# ---------------------------------------------------------------- modules


DOCUMENTS = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def without_documentation(tree):
    """The tree, less the documents that Ansible reads and all docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        node.body = [
            item
            for item in body
            if not (
                isinstance(item, ast.Expr)
                and isinstance(item.value, ast.Constant)
                and isinstance(item.value.value, str)
            )
            and not (
                isinstance(item, ast.Assign) and {getattr(target, "id", None) for target in item.targets} & DOCUMENTS
            )
        ]
    return tree


def branches(text):
    """Where a module decides something, but for the usual last lines."""
    tree = ast.parse(text)
    return [
        "line %d: %s" % (node.lineno, type(node).__name__)
        for node in ast.walk(tree)
        if isinstance(node, (ast.If, ast.For, ast.While, ast.Try, ast.IfExp, ast.Lambda, ast.ClassDef))
        and not (isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'")
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_is_documentation_and_a_call(path):
    assert branches(path.read_text()) == []


def test_a_branch_in_a_module_is_found():
    assert branches("def main():\n    if x:\n        y()\n")
    assert not branches('def main():\n    run(X)\n\n\nif __name__ == "__main__":\n    main()\n')


def action_groups():
    return yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]


def group_of(module):
    """By what a module speaks to: OVN's databases, or Open vSwitch on a host. Others take no connection, and have none."""
    if module == "ovn_gateway_hold":
        return None  # it speaks to ovn-controller itself
    if module.startswith("ovn_"):
        return "ovn"
    if module.startswith(("chassis_", "ovs_", "of_", "netns_")):
        return "ovs"
    return None


def test_action_groups_name_every_module_once():
    groups = action_groups()
    wanted = {"ovn": [], "ovs": []}
    for path in MODULES:
        if group_of(path.stem):
            wanted[group_of(path.stem)].append(path.stem)
    assert {name: groups[name] for name in wanted} == wanted
    assert groups["all"] == [{"metadata": {"extend_group": ["ovn", "ovs"]}}]


def test_modules_of_ovns_databases_run_in_a_fork_where_they_can():
    routing = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["plugin_routing"]["modules"]
    assert routing == {name: {"action_plugin": "virtnet.ovn.ovn_local"} for name in action_groups()["ovn"]}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_is_played_by_a_test(path):
    played = re.compile(r"\b%s\b" % re.escape(path.stem))
    files = (file for kind in ("integration", "testinfra") for file in (ROOT / "tests" / kind).rglob("*"))
    texts = (file.read_text() for file in files if file.suffix in (".py", ".yml"))
    assert any(played.search(text) for text in texts), "no test below tests/integration or tests/testinfra names it"


# ---------------------------------------------------------------- all Python code


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: "/".join(parts_of(path)))
def test_python_that_managed_hosts_have_can_read_it(path):
    ast.parse(path.read_text(), feature_version=(3, 9))


def sleeps(text):
    """Sleeps that are not the interval of a loop that has a deadline."""
    tree = ast.parse(text)
    polls = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and "deadline" in ast.unparse(function):
            for loop in ast.walk(function):
                if isinstance(loop, (ast.While, ast.For)):
                    polls.update(id(node) for node in ast.walk(loop))
    return [
        "line %d" % node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "sleep" and id(node) not in polls
    ]


# A path of the repository -> why a sleep is right there
SLEEPS: dict[str, str] = {}


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: "/".join(parts_of(path)))
def test_nothing_sleeps_for_luck(path):
    if str(path.relative_to(ROOT)) not in SLEEPS:
        assert sleeps(path.read_text()) == []


def test_a_sleep_for_luck_is_found():
    assert sleeps("def f():\n    start()\n    time.sleep(1)\n")
    assert sleeps("def f():\n    for host in hosts:\n        time.sleep(1)\n")
    assert not sleeps("def f(deadline):\n    while not up():\n        deadline.check()\n        time.sleep(0.05)\n")


# A path of the repository -> why a version is asked there
VERSIONS = {
    "plugins/module_utils/_central/schema.py": "no database is converted to an older schema, which ovsdb-server would do and lose columns",
    "plugins/module_utils/_insight/health.py": "that daemons are of several releases is the finding; nothing is done by it",
    "plugins/module_utils/_model/nb/options.py": "it words a warning, and changes nothing: keys of options have no schema to ask",
}


def version_branches(text):
    """Decisions by a version: what a server can do is asked of the server. Two IP versions may be equal or not."""
    return [
        "line %d: %s" % (node.lineno, ast.unparse(node))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare)
        and any(
            "version" in (getattr(part, "id", None) or getattr(part, "attr", "")).lower() for part in ast.walk(node)
        )
        and any(
            isinstance(part, (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Tuple))
            or (isinstance(part, ast.Constant) and isinstance(part.value, str))
            for part in ast.walk(node)
        )
    ]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: "/".join(parts_of(path)))
def test_nothing_is_decided_by_a_version(path):
    assert bool(version_branches(path.read_text())) is (str(path.relative_to(ROOT)) in VERSIONS)


def test_a_decision_by_a_version_is_found():
    assert version_branches("if schema.version >= (7, 0):\n    pass\n")
    assert version_branches("x = 1 if ovn_version == '23.03' else 2\n")
    assert not version_branches("same = destination.version == gateway.version\n")


# ---------------------------------------------------------------- roles and playbooks


def yaml_file(path):
    return yaml.safe_load(path.read_text()) if path.exists() else None


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_a_role_is_documented(role):
    assert (role / "README.md").exists()
    specs = yaml_file(role / "meta/argument_specs.yml")["argument_specs"]
    defaults = yaml_file(role / "defaults/main.yml") or {}
    documented = {name for spec in specs.values() for name in spec.get("options", {})}
    assert set(defaults) - documented == set(), "defaults that meta/argument_specs.yml does not document"
    assert {name for name in documented if not f"{name}_".startswith(f"{role.name}_")} == set()


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_a_roles_variables_carry_its_name(role):
    wrong = {
        "%s: %s" % (path.relative_to(ROOT), name)
        for folder in ("defaults", "vars")
        for path in sorted((role / folder).rglob("*.yml"))
        for name in yaml_file(path) or {}
        if not f"{name}_".lstrip("_").startswith(f"{role.name}_")
    }
    assert wrong == set()


def tasks(node):
    """All mappings that could be tasks, at any depth."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from tasks(value)
    elif isinstance(node, list):
        for value in node:
            yield from tasks(value)


COMMANDS = {"ansible.builtin.command", "ansible.builtin.shell", "ansible.builtin.raw", "ansible.builtin.script"}


def dishonest_commands(text):
    return [
        task.get("name", "a task without a name")
        for task in tasks(yaml.safe_load(text))
        for used in COMMANDS & set(task)
        if "changed_when" not in task
        and not {"creates", "removes"} & (set(task[used]) if isinstance(task[used], dict) else set())
    ]


def pauses(text):
    return [
        task.get("name", "a task without a name")
        for task in tasks(yaml.safe_load(text))
        if "ansible.builtin.pause" in task
        or any(re.search(r"\bsleep\b", str(task[used])) for used in COMMANDS & set(task))
    ]


def version_conditions(text):
    """Conditions by version or release. Names of packages by family of distributions are no such thing."""
    return re.findall(r"is version|ansible_(?:facts\[.)?distribution_(?:major_version|version|release)", text)


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: str(path.relative_to(ROOT)))
def test_plays_say_what_changed_and_wait_for_states(path):
    text = path.read_text()
    assert dishonest_commands(text) == []
    assert pauses(text) == []
    assert version_conditions(text) == []


def test_plays_that_do_not_are_found():
    assert dishonest_commands("- name: X\n  ansible.builtin.command: ovs-vsctl show\n")
    assert dishonest_commands("- block:\n    - ansible.builtin.shell: {cmd: x}\n")
    assert not dishonest_commands("- ansible.builtin.command: {cmd: x, creates: /y}\n")
    assert pauses("- ansible.builtin.pause: {seconds: 3}\n")
    assert pauses("- ansible.builtin.command: sleep 3\n  changed_when: false\n")
    assert version_conditions("when: ovn_version is version('24.03', '>=')")
    assert version_conditions("when: ansible_facts['distribution_release'] == 'trixie'")


# ---------------------------------------------------------------- nothing of the lab in what others use

LAB_WORDS = re.compile(r"\b(node[1-3]|vm[1-4]|gw1|ls[12]|router1|br-eth1|phyNet)\b|192\.168\.10[01]\.|172\.18\.1\.")


def lab_words(text):
    return sorted({match.group() for match in LAB_WORDS.finditer(text)})


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: "/".join(parts_of(path)))
def test_no_plugin_knows_the_lab(path):
    assert lab_words(ast.unparse(without_documentation(ast.parse(path.read_text())))) == []


def without_comments(text):
    return re.sub(r"(?m)(^|\s)#.*$", "", text)


ROLE_FILES = sorted(
    path
    for role in ROLES
    for path in role.rglob("*")
    if path.is_file() and path.name not in ("README.md", "argument_specs.yml")
)


@pytest.mark.parametrize("path", ROLE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_role_knows_the_lab(path):
    assert lab_words(without_comments(path.read_text())) == []


def test_a_word_of_the_lab_is_found():
    assert lab_words(without_comments("ovn_chassis_remote: tcp:node1:6642  # not this"))
    assert lab_words("192.168.100.10")
    assert not lab_words(without_comments("# as in node1: ...\nx: 1  # vm1"))
    code = 'EXAMPLES = r"""\nvm1\n"""\n\ndef f():\n    """vm2"""\n    return "vm3"\n'
    assert lab_words(ast.unparse(without_documentation(ast.parse(code)))) == ["vm3"]
