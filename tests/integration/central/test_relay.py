# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""relay_info with a real relay, as the unit of the role ovn_relay runs it, of a real cluster."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import subprocess

import jinja2
import pytest
import yaml

from tests.support.modules import COLLECTIONS, run_module
from tests.support.ovsdb import SCHEMAS, cluster, free_port
from tests.support.waiting import until

ROLE = COLLECTIONS.parent / "roles" / "ovn_relay"


def unit(**variables):
    """The commands of the role's unit: [those before it, it]"""
    known = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
    environment = jinja2.Environment(autoescape=False, trim_blocks=True)
    environment.filters.update(to_json=json.dumps, flatten=list)
    local = [*known["_ovn_relay_local"]]
    local[1] = {**local[1], "row": variables.pop("listener")}
    text = environment.from_string((ROLE / "templates" / "relay.service.j2").read_text()).render(
        _ovn_relay_local=local, **variables
    )
    return re.findall(r"(?m)^ExecStart(?:Pre)?=(.*)$", text.replace("\\\n", ""))


@contextlib.contextmanager
def relay(folder, remote):
    rundir = pathlib.Path(folder) / "run"
    (rundir / "ovn").mkdir(parents=True)
    port = free_port()
    listener = {"target": "ptcp:%d:127.0.0.1" % port, "role": ""}
    *before, command = (
        line.replace("%t", str(rundir)).replace("/var/log/ovn", str(rundir))
        for line in unit(listener=listener, ovn_relay_tls=False, ovn_relay_remotes=remote)
    )
    for line in before:
        subprocess.run(["/bin/sh", "-c", line], check=True, capture_output=True)
    process = subprocess.Popen(["/bin/sh", "-c", "exec " + command], stdin=subprocess.DEVNULL)
    try:
        yield str(rundir / "ovn"), "tcp:127.0.0.1:%d" % port
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def southbound():
    with cluster(database="OVN_Southbound") as servers:
        servers.transact({"op": "update", "table": "SB_Global", "where": [], "row": {"nb_cfg": 7}})
        yield servers


def test_a_relay_of_a_cluster_whose_members_die(southbound, tmp_path):
    with relay(tmp_path, southbound.remote) as (rundir, address):
        found = run_module("relay_info", {"rundir": rundir, "live": True})
        assert found["process"] == {"running": True, "replaced": False} and found["version"]
        assert (found["live"], found["why"], found["nb_cfg"]) == (True, "", 7)
        assert found["listens"] == ["ptcp:%s:127.0.0.1" % address.rpartition(":")[2]]
        assert (found["server"]["model"], found["server"]["connected"]) == ("relay", True)

        southbound.kill(southbound.leader())
        found = run_module("relay_info", {"rundir": rundir, "live": True})
        assert found["live"]

        for place in southbound.alive():
            southbound.kill(place)
        found = run_module("relay_info", {"rundir": rundir})
        assert found["server"]["connected"] and found["nb_cfg"] == 7, "then its own word would do"
        assert not found["live"] and "no answer in time" in found["why"]
        said = run_module("relay_info", {"rundir": rundir, "live": True, "wait_timeout": 1}, fails=True)["msg"]
        assert said.startswith("live: not within 1 s: ")


def test_there_is_none(tmp_path):
    found = run_module("relay_info", {"rundir": str(tmp_path)})
    assert not found["process"]["running"] and not found["live"]
    assert (found["server"], found["version"], found["listens"], found["nb_cfg"]) == (None, None, [], None)
    said = run_module("relay_info", {"rundir": str(tmp_path), "live": True, "wait_timeout": 0.3}, fails=True)["msg"]
    assert "there is no such socket" in said


def test_who_wants_a_leader_is_told_what_it_is(southbound, tmp_path):
    with relay(tmp_path, southbound.remote) as (rundir, address):
        run_module("relay_info", {"rundir": rundir, "live": True})
        ask = {"database": "southbound", "table": "SB_Global", "sb": address, "timeout": 3}
        assert "is a relay, which never leads" in run_module("ovn_info", ask, fails=True)["msg"]
        assert run_module("ovn_info", {**ask, "leader_only": False})["rows"][0]["nb_cfg"] == 7
        waits = {"sb": address, "for": [{"row": {"database": "southbound", "table": "SB_Global", "columns": {"nb_cfg": 8}}}], "wait_timeout": 20}  # fmt: skip
        assert "is a relay" in run_module("ovn_wait", waits, fails=True)["msg"]
        southbound.transact({"op": "update", "table": "SB_Global", "where": [], "row": {"nb_cfg": 8}})
        run_module("ovn_wait", {**waits, "leader_only": False})


def test_it_follows_a_conversion_to_another_schema(southbound, tmp_path):
    new = json.loads(pathlib.Path(SCHEMAS["OVN_Southbound"]).read_text())
    new["version"] = "99.0.0"
    new["tables"]["Chassis"]["columns"]["more"] = {"type": "string"}
    path = tmp_path / "new.ovsschema"
    path.write_text(json.dumps(new))
    with relay(tmp_path, southbound.remote) as (rundir, _address):
        assert run_module("relay_info", {"rundir": rundir, "live": True})["server"]["schema_version"] != "99.0.0"
        subprocess.run(["ovsdb-client", "convert", southbound.remote, str(path)], check=True, capture_output=True)

        def converted():
            return run_module("relay_info", {"rundir": rundir, "live": True})["server"]["schema_version"] == "99.0.0"

        until(converted, "it has the new schema")
