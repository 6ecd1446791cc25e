# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""central_database_file and central_info with real files, ovsdb-tool and ovsdb-server."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._central.files import records
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.cluster_status import parse_status
from tests.support.modules import run_module
from tests.support.ovsdb import cluster, run
from tests.support.waiting import until

SCHEMAS = {"northbound": "/usr/share/ovn/ovn-nb.ovsschema", "southbound": "/usr/share/ovn/ovn-sb.ovsschema"}


def tool(*arguments):
    done = subprocess.run(["ovsdb-tool", *map(str, arguments)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def host(tmp_path):
    with Host(tmp_path) as made:
        yield made


class Host:
    """A directory as that of a central host, with the servers that were started in it."""

    def __init__(self, directory):
        self.directory = directory
        self.path = directory / "ovnnb_db.db"
        self.local = "tcp:127.0.0.1:%d" % free_port()
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        for process in self.processes:
            process.kill()
            process.wait()

    def _play(self, module, arguments, **more):
        places = {"dbdir": str(self.directory), "rundir": str(self.directory)}
        return run_module(module, {**places, **arguments}, **more)

    def file(self, check=False, fails=False, **arguments):
        arguments = {"database": "northbound", "local": self.local, **arguments}
        return self._play("central_database_file", arguments, check=check, fails=fails)

    def info(self, fails=False, **arguments):
        return self._play("central_info", arguments, fails=fails)

    def start(self, options=""):
        process = subprocess.Popen(
            ["ovsdb-server", "-vconsole:off", "--remote=punix:%s/ovnnb_db.sock" % self.directory,
             "--unixctl=%s/ovnnb_db.ctl" % self.directory, "--pidfile=%s/ovnnb_db.pid" % self.directory, str(self.path)],
            env={**os.environ, "OVN_CTL_OPTS": options, "OVS_RUNDIR": str(self.directory)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        until((self.directory / "ovnnb_db.sock").exists, "the server listens")
        return process

    def appctl(self, *arguments):
        command = ["ovs-appctl", "-t", "%s/ovnnb_db.ctl" % self.directory, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def ctl(self, *arguments):
        command = ["ovn-nbctl", "--timeout=10", "--db=unix:%s/ovnnb_db.sock" % self.directory, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def asides(self):
        return sorted(self.directory.glob("ovnnb_db.db.aside-*"))


def rows(path, table="Logical_Switch"):
    """By ovsdb-tool, from a standalone copy."""
    copy = path.with_suffix(".copy")
    tool("cluster-to-standalone", copy, path)
    select = {"op": "select", "table": table, "where": [], "columns": ["_uuid"]}
    found = json.loads(tool("query", copy, json.dumps(["OVN_Northbound", select])))
    copy.unlink()
    for lock in path.parent.glob(".*.~lock~"):  # of the tool's calls above
        lock.unlink()
    return len(found[0]["rows"])


def test_the_first_server_of_a_cluster(host):
    ahead = host.file(check=True)
    assert ahead["changed"] and not host.path.exists()
    made = host.file(election_timer=4000)
    assert made["changed"] and made["diff"]["after"]["local"] == host.local
    assert tool("db-is-clustered", host.path) == ""
    assert tool("db-cid", host.path) == made["file"]["cluster_id"]
    assert tool("db-sid", host.path) == made["file"]["server_id"]
    assert tool("db-local-address", host.path) == host.local
    assert b'"election_timer":4000' in host.path.read_bytes()
    assert rows(host.path, "NB_Global") == 1, "the servers could not be told where to listen"
    assert not host.file(election_timer=4000)["changed"]
    assert [path.name for path in host.directory.iterdir()] == ["ovnnb_db.db"]


def test_a_cluster_begins_with_the_rows_of_a_standalone_database(host):
    tool("create", host.path, SCHEMAS["northbound"])
    tool("transact", host.path, json.dumps(["OVN_Northbound", {"op": "insert", "table": "Logical_Switch", "row": {}}]))
    made = host.file()
    assert rows(host.path) == 1
    assert [str(path) for path in host.asides()] == [made["moved_to"]]


def test_a_server_joins_the_cluster_it_was_told_and_no_other(host, tmp_path_factory):
    with Host(tmp_path_factory.mktemp("second")) as second:
        cluster = host.file()["file"]["cluster_id"]
        host.start()
        joined = second.file(remotes=[host.local], cluster_id=cluster)
        assert joined["file"]["joining"] and joined["file"]["cluster_id"] == cluster
        second.start()
        found = second.info(connected=["northbound"])["northbound"]
        assert found["server"]["cluster_id"] == cluster and found["server"]["connected"]
        assert not found["file"]["joining"]
        assert not second.file(remotes=[host.local], cluster_id=cluster)["changed"]
        assert host.info()["northbound"]["server"]["leader"]

    with Host(tmp_path_factory.mktemp("third")) as third:
        third.file(remotes=[host.local], cluster_id="12345678-0000-4000-8000-000000000000")
        third.start()
        late = third.info(connected=["northbound"], wait_timeout=1, fails=True)
        assert "has not found its cluster" in late["msg"]
        assert "Servers:\n" in host.appctl("cluster/status", "OVN_Northbound")
        assert third.local not in host.appctl("cluster/status", "OVN_Northbound")


@pytest.mark.parametrize("how", ["leave", "kick"])
def test_who_has_left_is_known_by_the_file(host, tmp_path_factory, how):
    with Host(tmp_path_factory.mktemp("second")) as second:
        cluster = host.file()["file"]["cluster_id"]
        host.start()
        second.file(remotes=[host.local], cluster_id=cluster)
        process = second.start()
        second.info(connected=["northbound"])
        assert not second.info()["northbound"]["file"]["left"]
        if how == "leave":
            second.appctl("cluster/leave", "OVN_Northbound")
        else:
            host.appctl("cluster/kick", "OVN_Northbound", second.local)
        until(lambda: second.info()["northbound"]["file"]["left"], "the file says that its server has left")
        process.send_signal(signal.SIGTERM)
        process.wait()
        refused = second.file(remotes=[host.local], cluster_id=cluster, fails=True)
        assert "has left the cluster, or was kicked" in refused["msg"] and "aside=true" in refused["msg"]
        again = second.file(remotes=[host.local], cluster_id=cluster, aside=True)
        assert again["changed"] and len(second.asides()) == 1
        second.start()
        assert second.info(connected=["northbound"])["northbound"]["server"]["cluster_id"] == cluster


def test_what_is_left_of_a_lost_majority_becomes_a_cluster(host):
    """What was replaced in the log does not come back, as it would with ovsdb-tool alone."""
    with cluster(3) as three:

        def said(place):
            return parse_status(three.status(place))

        three.ctl("ls-add", "before")
        left = three.leader()
        others = three.followers()
        three.appctl("cluster/change-election-timer", three.database, "1500", i=left)
        until(lambda: all(said(place)["election_timer"] == 1500 for place in range(3)), "the timer is changed")
        for other in others:
            three.kill(other)
        with pytest.raises(AssertionError, match="ovn-nbctl"):
            run("ovn-nbctl", "--timeout=1", "--db=" + three.remotes[left], "ls-add", "never")
        three.kill(left)
        for other in others:
            three.start(other)
        run("ovn-nbctl", "--timeout=20", "--db=" + three.remotes[three.leader()], "ls-add", "after")
        ends = max(said(other)["log"]["next"] for other in others)
        three.start(left)
        until(
            lambda: said(left)["log"] and said(left)["log"]["next"] == ends, "the server that was away has everything"
        )
        identity, old = three.cid, three.db(left).read_bytes()
        three.stop()
        host.path.write_bytes(old + b"OVSDB CLUSTER 999 " + b"0" * 40 + b"\n{")  # power was lost
    log = host.info()["northbound"]["file"]["log"]
    assert log["damage"] == ""
    assert (log["index"], log["election_timer"], len(log["servers"])) == (ends - 1, 1500, 3)
    assert host.file(recover=identity, check=True)["changed"] and host.path.read_bytes().startswith(old)
    made = host.file(recover=identity, election_timer=1500)
    assert made["file"]["cluster_id"] != identity and made["file"]["local"] == host.local
    assert pathlib.Path(made["moved_to"]).read_bytes().startswith(old)
    assert not host.file(recover=identity)["changed"]
    host.start()
    assert host.info(connected=["northbound"])["northbound"]["file"]["log"] is None
    names = host.ctl("--bare", "--columns=name", "list", "Logical_Switch").split()
    assert sorted(names) == ["after", "before"]
    assert os.listdir(host.directory).count("ovnnb_db.db") == 1 and not list(host.directory.glob(".new-*"))


def test_a_file_that_no_server_can_use_is_known(host):
    """An entry could not be written, on a full disk, and what came after it could."""
    host.file()
    process = host.start()
    host.info(connected=["northbound"])
    for name in ("a", "b"):
        host.ctl("ls-add", name)
    process.kill()
    process.wait()
    whole = host.path.read_bytes()
    assert host.info()["northbound"]["file"]["log"]["damage"] == ""
    with host.path.open("rb") as stream:
        ends = [0, *(end for end, _text in records(stream))]
    entries = [place for place in range(len(ends) - 1) if b'"index":' in whole[ends[place] : ends[place + 1]]]
    # What is written of the last entry stays; of one in the middle, with all that was agreed upon
    agreed = [place for place in range(len(ends) - 1) if b'"commit_index":' in whole[ends[place] : ends[place + 1]]]
    for gone, said in (
        ([entries[-1]], "was agreed upon, and the last one is"),
        ([entries[-2], *agreed], "follows upon"),
    ):
        left = [whole[ends[place] : ends[place + 1]] for place in range(len(ends) - 1) if place not in gone]
        host.path.write_bytes(b"".join(left))
        assert said in host.info()["northbound"]["file"]["log"]["damage"]
        assert subprocess.run(["ovsdb-tool", "check-cluster", host.path], capture_output=True, check=False).returncode


def test_what_would_be_lost_is_refused_and_stays(host):
    tool("create", host.path, SCHEMAS["northbound"])
    tool("transact", host.path, json.dumps(["OVN_Northbound", {"op": "insert", "table": "Logical_Switch", "row": {}}]))
    before = host.path.read_bytes()
    assert host.info()["northbound"]["file"]["has_data"]
    refused = host.file(remotes=["tcp:127.0.0.1:1"], fails=True)
    assert "standalone database with data" in refused["msg"]
    assert host.path.read_bytes() == before and host.asides() == []


def test_rows_that_nobody_made_are_no_data(host):
    tool("create", host.path, SCHEMAS["northbound"])
    tool("transact", host.path, json.dumps(["OVN_Northbound", {"op": "insert", "table": "NB_Global", "row": {}}]))
    found = host.info()["northbound"]["file"]
    assert found["model"] == "standalone" and not found["has_data"]


def test_another_cluster_or_another_place_is_refused(host):
    first = host.file()["file"]
    other = host.file(remotes=["tcp:127.0.0.1:1"], cluster_id="12345678-0000-4000-8000-000000000000", fails=True)
    assert "is of the cluster %s, not of" % first["cluster_id"] in other["msg"]
    assert "is of the server at" in host.file(local="tcp:127.0.0.1:9", fails=True)["msg"]


def test_absent_moves_the_file_aside_and_loses_nothing(host):
    host.file()
    content = host.path.read_bytes()
    assert host.file(state="absent", check=True)["changed"] and host.path.exists()
    assert host.file(state="absent")["changed"] and not host.path.exists()
    assert host.asides()[0].read_bytes() == content
    assert not host.file(state="absent")["changed"]


def test_a_server_that_runs_is_not_deprived_of_its_file(host):
    host.file()
    host.start()
    assert "stop it first" in host.file(state="absent", fails=True)["msg"]
    assert host.path.exists() and host.asides() == []


def test_the_options_that_a_server_was_started_with(host):
    host.file()
    host.start("--db-nb-cluster-local-addr=127.0.0.1 --ovn-northd-nb-db=x")
    (host.directory / "defaults").write_text(
        '# OVN_CTL_OPTS=no\nOVN_CTL_OPTS="--next-time --ovn-northd-nb-db=cid:1,x"\n'
    )
    found = host.info(environment_file=str(host.directory / "defaults"))
    assert found["northbound"]["process"] == {
        "running": True, "options": ["--db-nb-cluster-local-addr=127.0.0.1", "--ovn-northd-nb-db=x"], "replaced": False,
    }  # fmt: skip
    assert found["options"] == ["--next-time", "--ovn-northd-nb-db=cid:1,x"]
    assert found["southbound"]["server"] is None and not found["southbound"]["file"]["exists"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"local": "tcp:central1:6643"}, "local: 'tcp:central1:6643': 'central1' does not appear to be"),
        ({"local": "127.0.0.1"}, "local: '127.0.0.1':"),
        ({"local": "unix:/x"}, "local: 'unix:/x':"),
        ({"remotes": ["tcp:127.0.0.1"]}, "remotes: 'tcp:127.0.0.1':"),
    ],
)
def test_an_address_that_is_none_is_refused(host, arguments, message):
    assert message in host.file(fails=True, **arguments)["msg"]
    assert list(host.directory.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(host):
    host.path.write_text("not a database\n")
    assert "is no database of ovsdb-server: it begins with 'not a database" in host.info(fails=True)["msg"]
    tool("create", host.directory / "sb.db", SCHEMAS["southbound"])
    os.replace(host.directory / "sb.db", host.path)
    assert "holds the database OVN_Southbound, not OVN_Northbound" in host.file(fails=True)["msg"]


def test_a_name_for_what_is_moved_aside_is_never_taken_twice(host):
    for _turn in range(3):
        host.path.write_bytes(b"")
        tool("create", host.directory / "new.db", SCHEMAS["northbound"])
        os.replace(host.directory / "new.db", host.path)
        host.file(state="absent")
    assert len(host.asides()) == 3
    assert all(re.search(r"\.aside-\d{8}T\d{6}Z(-\d+)?$", str(path)) for path in host.asides())
