# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_schema with real servers, of one host and of a cluster."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.modules import run_module

from .test_files import SCHEMAS, Host, tool


@pytest.fixture(params=["standalone", "clustered"])
def host(request, tmp_path):
    with Host(tmp_path) as made:
        if request.param == "clustered":
            made.file()
        else:
            tool("create", made.path, SCHEMAS["northbound"])
        made.start()
        transact(made, {"op": "insert", "table": "Logical_Switch", "row": {"name": "kept"}})
        yield made


def client(host, command, *arguments):
    return subprocess.run(
        ["ovsdb-client", "--timeout=10", command, "unix:%s/ovnnb_db.sock" % host.directory, *arguments],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


def transact(host, operation):
    return json.loads(client(host, "transact", json.dumps(["OVN_Northbound", operation])))


def version(host):
    return client(host, "get-schema-version", "OVN_Northbound")


def schema(host, number, **columns):
    """A file with the schema that is installed, but for its version and some columns of Logical_Switch."""
    with open(SCHEMAS["northbound"], encoding="utf-8") as stream:
        made = json.load(stream)
    made["version"] = number
    made["tables"]["Logical_Switch"]["columns"].update(columns)
    path = host.directory / "new.ovsschema"
    path.write_text(json.dumps(made))
    return str(path)


def convert(host, path, **options):
    arguments = {
        "database": "northbound", "schema": path, "dbdir": str(host.directory),
        "nb": "unix:%s/ovnnb_db.sock" % host.directory,
    }  # fmt: skip
    return run_module("ovn_schema", arguments, **options)


NEW = {"further": {"type": {"key": "string", "min": 0, "max": 1}, "ephemeral": True}}


def test_a_database_is_converted_once_and_keeps_its_rows(host):
    before, path = version(host), schema(host, "99.0.0", **NEW)
    ahead = convert(host, path, check=True)
    assert ahead["changed"] and ahead["diff"] == {"before": {"version": before}, "after": {"version": "99.0.0"}}
    assert version(host) == ahead["version"] == before, "check mode has converted it"
    assert ahead["bytes"] == host.path.stat().st_size
    assert not list(host.directory.glob(".try-*"))
    done = convert(host, path)
    assert done["changed"] and version(host) == done["version"] == "99.0.0"
    select = {"op": "select", "table": "Logical_Switch", "where": [], "columns": ["name", "further"]}
    assert transact(host, select)[0]["rows"] == [{"name": "kept", "further": ["set", []]}]
    assert not convert(host, path)["changed"] and not convert(host, path, check=True)["changed"]


def test_what_the_rows_do_not_fit_is_refused_before_the_server_hears_of_it(host):
    before = version(host)
    path = schema(host, "99.0.0", name={"type": {"key": {"type": "string", "maxLength": 1}}})
    for check in (True, False):
        message = convert(host, path, check=check, fails=True)["msg"]
        assert "cannot be converted to" in message and "kept" in message and "length" in message
    assert version(host) == before
    assert not list(host.directory.glob(".try-*"))


def test_a_database_is_not_taken_back(host):
    before = version(host)
    assert "is not taken back" in convert(host, schema(host, "1.0.0"), fails=True)["msg"]
    assert version(host) == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("{}", "no schema"),
        ("x", "no schema"),
        ('{"name": "A", "version": "1.0.0"}', "schema of A"),
    ],
)
def test_a_file_that_is_no_schema(tmp_path, content, reason):
    path = tmp_path / "s"
    if content is not None:
        path.write_text(content)
    message = run_module("ovn_schema", {"database": "northbound", "schema": str(path)}, fails=True)["msg"]
    assert message.startswith("schema: %s: " % path) and reason in message
