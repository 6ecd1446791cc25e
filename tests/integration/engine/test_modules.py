# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module of a database's object, run as Ansible runs it: the life of its object, and its examples."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest
import yaml

from tests.support.engine import OPTION, insert
from tests.support.modules import run_module
from tests.support.ovsdb import run
from tests.support.zygote import Zygote

MODULES = pathlib.Path(__file__).resolve().parents[3] / "plugins" / "modules"
CASES = yaml.safe_load((pathlib.Path(__file__).parent / "modules.yml").read_text())


def engine_modules():
    """{module: its source} of those that are one call of the engine with an entity."""
    found = {}
    for path in sorted(MODULES.glob("*.py")):
        text = path.read_text()
        if "module_utils._model." in text and "_engine.runner import run" in text:
            found[path.stem] = text
    return found


ENGINE_MODULES = engine_modules()


def database_of(name, options):
    if name.startswith("ovs_") or options.get("database") == "open_vswitch":
        return "Open_vSwitch"
    south = "module_utils._model.sb." in ENGINE_MODULES.get(name, "") or options.get("database") == "southbound"
    return "OVN_Southbound" if south else "OVN_Northbound"


@pytest.fixture(scope="module")
def zygote():
    process = Zygote()
    yield process
    process.close()


def test_every_module_has_a_case():
    assert sorted(CASES) == sorted(ENGINE_MODULES)


def server_of(name, options, servers, newer):
    """The machine's own release, or the newest that there is where it does not know such objects."""
    if not CASES.get(name, {}).get("newer"):
        return servers[database_of(name, options)]
    table = next(iter(CASES[name]["is"]))[0].split()[1]
    raw = newer[database_of(name, options)]
    assert table in raw.schema["tables"], "no schema that is known here has %s" % table
    return raw


class Play:
    """One module against one server, and that server's own tool."""

    def __init__(self, zygote, raw, name, objects):
        self.zygote, self.raw, self.name, self.as_objects = zygote, raw, name, objects
        self.uuids = {}

    def tool(self, command):
        if command.startswith("dump "):  # of what the tool of an older release does not know
            server, words = self.raw.server, command.split()[1:]
            text = run("ovsdb-client", "dump", "-f", "csv", "--no-headings", server.remote, server.database, *words)
            return text.partition("\n")[2].replace('"', "").strip()
        args = command.replace("+", ",").split()
        args = [a for a in args if a != "--no-wait"]
        more = ["--no-wait"] if self.raw.database == "Open_vSwitch" else []
        return self.raw.server.ctl(*more, *args).strip()

    def fill(self, options):
        """{Table} becomes the UUID of its one row."""
        return {
            key: self.raw.one(value[1:-1])["_uuid"]
            if isinstance(value, str) and re.fullmatch(r"\{\w+\}", value)
            else value
            for key, value in options.items()
        }

    def run(self, options, check=False):
        common = {k: options[k] for k in ("database", "wait", "state") if k in options}
        own = {k: v for k, v in self.fill(options).items() if k not in common}
        if self.as_objects:
            own = {"objects": [own]}
        return self.zygote.run(
            self.name, {OPTION[self.raw.database]: self.raw.server.remote, **common, **own}, check=check
        )

    def step(self, options):
        """Check mode, the real run, again; returns the real run's result."""
        before = self.raw.dump()
        would = self.run(options, check=True)
        assert self.raw.dump() == before
        did = self.run(options)
        after = self.raw.dump()
        assert did["changed"] is True
        assert before != after
        for key in ("changed", "diff", "operations", "plan_hash"):
            assert would[key] == did[key], key
        for a, b in zip(would["objects"], did["objects"]):
            assert {k: v for k, v in a.items() if k != "uuid"} == {k: v for k, v in b.items() if k != "uuid"}
        for check in (True, False):
            again = self.run(options, check=check)
            assert again["changed"] is False
            assert again["diff"] == {"before": {}, "after": {}}
            assert again["operations"] == []
            assert self.raw.dump() == after
        return did

    def sees(self, expected):
        for command, output in expected:
            assert self.tool(command).strip('"') == output.strip('"') or self.tool(command) == output, command


@pytest.mark.parametrize("objects", [False, True], ids=["alone", "objects"])
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_life_of_an_object(servers, newer, zygote, name, objects):
    case = CASES[name]
    raw = server_of(name, case["make"], servers, newer)
    raw.wipe()
    singleton = name in ("ovn_nb_global", "ovs_config")
    stands = singleton or case.get("standing", False)
    if singleton and objects:
        return
    play = Play(zygote, raw, name, objects)
    for command in case.get("given", []):
        play.tool(command)
    empty = raw.dump()
    made = play.step(case["make"])
    assert [o["action"] for o in made["objects"]] == ["updated" if stands else "created"]
    if not stands:
        assert made["diff"]["before"] == {}
    play.sees(case["is"])
    uuid = made["objects"][0]["uuid"]
    changed = play.step(case["change"])
    assert [o["action"] for o in changed["objects"]] == ["updated"]
    assert changed["objects"][0]["uuid"] == uuid
    assert changed["diff"]["before"]
    assert changed["diff"]["before"] != changed["diff"]["after"]
    play.sees(case["becomes"])
    deleted = play.step(case["delete"])
    assert [o["action"] for o in deleted["objects"]] == ["updated" if singleton else "deleted"]
    if not singleton:
        assert deleted["diff"]["after"] == {}
    play.sees(case["gone"])
    if stands and not singleton:
        return
    keep = {
        t: {u: {k: v for k, v in r.items() if k != "_version"} for u, r in rows.items()}
        for t, rows in raw.dump().items()
    }
    assert keep == {
        t: {u: {k: v for k, v in r.items() if k != "_version"} for u, r in rows.items()} for t, rows in empty.items()
    }


def test_a_process_of_its_own(nb):
    """The short cut of this file is none: the same module, started as Ansible starts it."""
    result = run_module("ovn_logical_switch", {"nb": nb.server.remote, "name": "ls1"})
    assert result["changed"]
    assert nb.named("Logical_Switch", "ls1")["_uuid"] == result["objects"][0]["uuid"]


def test_an_error_is_a_message(nb, zygote):
    result = zygote.run(
        "ovn_logical_switch",
        {"nb": nb.server.remote, "name": "x", "ports": [{"name": "p", "tag_request": "x"}]},
        fails=True,
    )
    assert result["msg"] == "ports[0].tag_request: 'x' is no whole number"
    assert result["errors"] == [{"path": "ports[0].tag_request", "message": "'x' is no whole number"}]
    result = zygote.run("ovn_logical_switch", {"nb": "unix:/nonexistent", "name": "x"}, fails=True)
    assert "there is no such socket" in result["msg"]


# -- examples ---------------------------------------------------------------------------------------------------------

#: What the examples take for granted: made with each database's own tool
PREPARED = {
    "OVN_Northbound": """ls-add ls1 -- ls-add ls2 -- ls-add outside -- lr-add router1 -- lr-add gw1 -- lr-add r1
        -- lrp-add router1 router1-ls1 02:ac:10:ff:00:01 192.168.100.1/24 -- lsp-add ls1 standing -- lsp-add ls1 spare""",
    "OVN_Southbound": "create Datapath_Binding tunnel_key=1",
    "Open_vSwitch": "--no-wait add-br br-int",
}


def examples():
    for name in sorted([*ENGINE_MODULES, "ovn_row"]):
        text = (MODULES / (name + ".py")).read_text()
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and node.targets[0].id == "EXAMPLES":
                yield pytest.param(name, yaml.safe_load(node.value.value), id=name)


@pytest.mark.parametrize(("name", "tasks"), list(examples()))
def test_the_examples_run(servers, newer, zygote, name, tasks):
    """In their order, on a network that has what they name; each is as idempotent as it is shown."""
    action = "virtnet.ovn." + name
    assert tasks
    prepared = set()
    for task in tasks:
        options = task[action]
        raw = server_of(name, options, servers, newer)
        if raw.database not in prepared:
            prepared.add(raw.database)
            raw.wipe()
            raw.server.ctl(*PREPARED[raw.database].split())
            if name in ("ovn_chassis", "ovn_port_binding"):
                raw.server.ctl("chassis-add", "node9", "geneve", "192.0.2.1")
            if name == "ovn_port_binding":
                datapath = raw.one("Datapath_Binding")["_uuid"]
                raw.server.ctl("create", "Port_Binding", "logical_port=vm1", "datapath=" + datapath, "tunnel_key=1")
                raw.server.ctl("lsp-bind", "vm1", "node9")
            if name == "ovn_row" and raw.database == "Open_vSwitch":
                raw.server.ctl(
                    "--no-wait",
                    "--",
                    "--id=@m",
                    "create",
                    "Mirror",
                    "name=span0",
                    "--",
                    "add",
                    "Bridge",
                    "br-int",
                    "mirrors",
                    "@m",
                )
            if name == "ovn_row" and raw.database == "OVN_Northbound":
                raw.server.ctl("create", "Address_Set", "name=allowed", "addresses=192.0.2.20")
            if name == "ovn_fdb":
                raw.transact(insert("FDB", mac="02:ac:10:ff:00:13", dp_key=1, port_key=1))
            if name == "ovn_mac_binding":
                datapath = raw.one("Datapath_Binding")["_uuid"]
                row = insert("MAC_Binding", logical_port="router1-ls2", ip="192.168.101.10", mac="02:ac:10:ff:00:13")
                row["row"]["datapath"] = ["uuid", datapath]
                raw.transact(row)
        if name == "ovn_mac_binding" and options.get("mac"):
            raw.transact(row)  # what the router learned is there again
        more = {"wait": False} if raw.database == "Open_vSwitch" and name != "ovn_row" else {}
        options = {OPTION[raw.database]: raw.server.remote, **options, **more}
        would = zygote.run(name, options, check=True)
        did = zygote.run(name, options)
        assert did["changed"], task["name"]
        assert did["plan_hash"] == would["plan_hash"]
        assert not zygote.run(name, options)["changed"], task["name"]
