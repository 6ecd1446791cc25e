# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn_wait against real databases that others change while it waits."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time

import pytest

from tests.support import daemons
from tests.support.modules import run_module
from tests.support.ovsdb import cluster, free_port, ovn, standalone
from tests.support.waiting import until


@pytest.fixture
def dbs():
    """Northbound and southbound with an ovn-northd; a switch with a port, and a chassis."""
    with ovn() as (nb, sb):
        nb.ctl("ls-add", "ls1", "--", "lsp-add", "ls1", "vm1", "--", "lsp-set-addresses", "vm1", "02:ac:10:ff:00:11")
        sb.ctl("chassis-add", "id-1", "geneve", "127.0.0.1", "--", "set", "Chassis", "id-1", "hostname=node1")
        nb.ctl("--wait=sb", "sync")
        yield nb, sb


@pytest.fixture
def wait(dbs):
    def play(*conditions, fails=False, check=False, env=None, **more):
        arguments = {"nb": dbs[0].remote, "sb": dbs[1].remote, "wait_timeout": 10, **more}
        if conditions:
            arguments["for"] = list(conditions)
        return run_module("ovn_wait", arguments, fails=fails, check=check, env=env)

    return play


@contextlib.contextmanager
def while_waiting(server, *steps):
    """Runs ``steps`` as soon as ovsdbapp watches (it is the one client that monitors ``server``'s rows by conditions)."""

    def monitors():
        return int(
            server.appctl("memory/show").partition("monitors:")[2].split()[0]
            if "monitors:" in server.appctl("memory/show")
            else 0
        )

    before = monitors()

    def act():
        until(lambda: monitors() > before, "the module watches", 20)
        for step in steps:
            step()

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    yield
    thread.join(20)
    assert not thread.is_alive()


def bind(sb, port="vm1", chassis="id-1"):
    sb.ctl("lsp-bind", port, chassis, "--", "set", "Port_Binding", port, "up=true")


class TestPort:
    def test_comes_up(self, dbs, wait):
        nb, sb = dbs
        with while_waiting(sb, lambda: bind(sb)):
            result = wait({"port": "vm1"})
        assert result["changed"] is False
        assert 0 < result["elapsed"] < 5
        assert result["missing"] == []
        assert result["conditions"] == [
            {
                "met": True,
                "missing": "",
                "seen": {"bound": True, "chassis": "id-1", "exists": True, "hostname": "node1", "up": True},
            }
        ]
        assert nb.ctl("get", "Logical_Switch_Port", "vm1", "up").strip() == "true"
        assert wait({"port": "vm1", "bound_to": "node1"})["elapsed"] < 1
        assert wait({"port": "vm1", "bound_to": "id-1"})["elapsed"] < 1
        said = wait({"port": "vm1", "bound_to": "node2"}, wait_timeout=0.5, fails=True)["msg"]
        assert "after 0.5 s: port vm1 is bound by id-1 (node1) and not by node2" in said
        said = wait({"port": "vm1", "absent": True}, wait_timeout=0.5, fails=True)["msg"]
        assert "port vm1 is still up, on id-1 (node1)" in said
        with while_waiting(sb, lambda: sb.ctl("lsp-unbind", "vm1")):
            assert wait({"port": "vm1", "absent": True})["elapsed"] < 5

    def test_what_is_missing_on_the_way(self, dbs, wait):
        nb, sb = dbs
        assert "port vm9 does not exist" in wait({"port": "vm9"}, wait_timeout=0.3, fails=True)["msg"]
        result = wait({"port": "vm1"}, wait_timeout=0.3, fails=True)
        assert "port vm1 is bound by no chassis (no interface has iface-id=vm1)" in result["msg"]
        assert result["conditions"][0]["seen"]["exists"] is True
        sb.ctl("lsp-bind", "vm1", "id-1", "--", "set", "Port_Binding", "vm1", "up=false")
        assert (
            "port vm1 is bound by id-1 (node1), whose flows are not installed yet"
            in wait({"port": "vm1"}, wait_timeout=0.3, fails=True)["msg"]
        )

    def test_northd_is_away(self):
        with ovn(northd=False) as (nb, sb):
            nb.ctl("ls-add", "ls1", "--", "lsp-add", "ls1", "vm1")
            said = run_module(
                "ovn_wait",
                {"nb": nb.remote, "sb": sb.remote, "for": [{"port": "vm1"}], "wait_timeout": 0.3},
                fails=True,
            )["msg"]
            assert "ovn-northd has made no Port_Binding (is it running?)" in said

    def test_a_port_to_a_router_has_no_chassis(self, dbs, wait):
        nb, _sb = dbs
        nb.ctl(
            "lr-add",
            "r1",
            "--",
            "lrp-add",
            "r1",
            "r1-ls1",
            "02:00:00:00:00:01",
            "10.0.0.1/24",
            "--",
            "lsp-add",
            "ls1",
            "ls1-r1",
            "--",
            "lsp-set-type",
            "ls1-r1",
            "router",
            "--",
            "lsp-set-addresses",
            "ls1-r1",
            "router",
            "--",
            "lsp-set-options",
            "ls1-r1",
            "router-port=r1-ls1",
        )
        assert wait({"port": "ls1-r1"})["conditions"][0]["seen"]["chassis"] is None


class TestChassis:
    @pytest.mark.parametrize("name", ["id-2", "node2"])
    def test_registers(self, dbs, wait, name):
        _nb, sb = dbs

        def register():
            sb.ctl("chassis-add", "id-2", "geneve", "127.0.0.2", "--", "set", "Chassis", "id-2", "hostname=node2")

        with while_waiting(sb, register):
            assert wait({"chassis": name})["conditions"][0]["seen"] == [{"name": "id-2", "hostname": "node2"}]
        with while_waiting(sb, lambda: sb.ctl("chassis-del", "id-2")):
            wait({"chassis": name, "absent": True})

    def test_does_not(self, wait):
        said = wait({"chassis": "node9"}, wait_timeout=0.3, fails=True)["msg"]
        assert said == "after 0.3 s: chassis node9 is not registered; registered: id-1 (node1)"


class TestBackend:
    @pytest.fixture
    def monitored(self, dbs):
        nb, sb = dbs
        bind(sb)  # ovn-northd takes the backends of a port that is down for offline
        nb.ctl("lb-add", "lb1", "10.9.0.1:80", "10.0.0.11:8000", "--", "ls-lb-add", "ls1", "lb1")
        nb.ctl(
            "set",
            "Load_Balancer",
            "lb1",
            'ip_port_mappings:10.0.0.11="vm1:10.0.0.254"',
            "--",
            "--id=@hc",
            "create",
            "Load_Balancer_Health_Check",
            'vip="10.9.0.1:80"',
            "--",
            "add",
            "Load_Balancer",
            "lb1",
            "health_check",
            "@hc",
        )
        nb.ctl("--wait=sb", "sync")
        (row,) = sb.ctl("--bare", "--columns=_uuid", "list", "Service_Monitor").split()
        return lambda status: sb.ctl("set", "Service_Monitor", row, "status=%s" % status)

    def test_online_and_offline(self, dbs, wait, monitored):
        _nb, sb = dbs
        backend = {"ip": "10.0.0.11", "port": 8000}
        assert (
            "backend ip 10.0.0.11, port 8000 is not online: not known yet"
            in wait({"backend": backend}, wait_timeout=0.3, fails=True)["msg"]
        )
        with while_waiting(sb, lambda: monitored("offline"), lambda: monitored("online")):
            seen = wait({"backend": backend})["conditions"][0]["seen"]
        assert seen == [{"ip": "10.0.0.11", "port": 8000, "protocol": "tcp", "logical_port": "vm1", "status": "online"}]
        with while_waiting(sb, lambda: monitored("offline")):
            wait({"backend": {**backend, "protocol": "tcp", "logical_port": "vm1", "status": "offline"}})
        assert "is not online: offline" in wait({"backend": backend}, wait_timeout=0.3, fails=True)["msg"]

    def test_has_no_monitor(self, wait):
        said = wait({"backend": {"ip": "10.0.0.12"}}, wait_timeout=0.3, fails=True)["msg"]
        assert "backend ip 10.0.0.12 has no service monitor (its load balancer needs a health check" in said
        wait({"backend": {"ip": "10.0.0.12"}, "absent": True})


class TestCaughtUp:
    def test_sync_sb(self, dbs, wait):
        nb, _sb = dbs
        before = int(nb.ctl("get", "NB_Global", ".", "nb_cfg"))
        result = wait(sync="sb")
        assert result["changed"] is False
        assert result["conditions"][0]["seen"]["sb_cfg"] == before + 1 == int(nb.ctl("get", "NB_Global", ".", "nb_cfg"))

    def test_check_mode_writes_nothing(self, dbs, wait):
        nb, _sb = dbs
        before = nb.ctl("get", "NB_Global", ".", "nb_cfg")
        result = wait({"port": "vm1"}, sync="sb", check=True)
        assert nb.ctl("get", "NB_Global", ".", "nb_cfg") == before
        assert result["missing"] == ["port vm1 is bound by no chassis (no interface has iface-id=vm1)"]
        assert "would wait: port vm1 is bound by no chassis" in json.dumps(result["warnings"])

    def test_hv_names_who_is_behind(self, dbs, wait):
        nb, sb = dbs
        sb.transact({"op": "insert", "table": "Chassis_Private", "row": {"name": "id-1", "nb_cfg": 0}})
        said = wait(sync="hv", wait_timeout=1, fails=True)["msg"]
        target = int(nb.ctl("get", "NB_Global", ".", "nb_cfg"))
        assert "after 1 s: the chassis have reached hv_cfg" in said
        assert "these chassis have not reached nb_cfg %d: id-1 (at 0)" % target in said
        assert "id-1 (at 0)" in wait({"caught_up": "hv"}, wait_timeout=0.5, fails=True)["msg"]
        with while_waiting(nb, lambda: sb.ctl("set", "Chassis_Private", "id-1", "nb_cfg=%d" % (target + 1))):
            wait(sync="hv")
        wait({"caught_up": "hv"})

    def test_northd_is_away(self):
        with standalone() as nb:
            play = {"nb": nb.remote, "wait_timeout": 0.3}
            assert (
                "ovn-northd has reached sb_cfg 0 of 1 (is it running?)"
                in run_module("ovn_wait", {**play, "sync": "sb"}, fails=True)["msg"]
            )
            assert "sb_cfg 0 of 1" in run_module("ovn_wait", {**play, "for": [{"caught_up": "sb"}]}, fails=True)["msg"]

    def test_an_empty_database(self):
        with standalone(init=False) as nb:
            said = run_module("ovn_wait", {"nb": nb.remote, "sync": "sb"}, fails=True)["msg"]
            assert "has no NB_Global" in said


class TestRow:
    def test_values(self, dbs, wait):
        nb, _sb = dbs
        row = {"table": "Logical_Switch", "where": {"name": "ls1"}, "columns": {"external_ids": {"step": 2}}}
        assert (
            "no row of Logical_Switch has the values {'external_ids': {'step': 2}}: external_ids is {}"
            in wait({"row": row}, wait_timeout=0.3, fails=True)["msg"]
        )
        with while_waiting(
            nb,
            lambda: nb.ctl("set", "Logical_Switch", "ls1", "external_ids:step=1"),
            lambda: nb.ctl("set", "Logical_Switch", "ls1", "external_ids:step=2"),
        ):
            (seen,) = wait({"row": row})["conditions"][0]["seen"]
        assert seen["external_ids"] == {"step": "2"}

    def test_appears_and_goes(self, dbs, wait):
        nb, _sb = dbs
        row = {"table": "Logical_Switch", "where": [["name", "==", "ls7"]]}
        assert (
            "no row of Logical_Switch is there where [['name', '==', 'ls7']]"
            in wait({"row": row}, wait_timeout=0.3, fails=True)["msg"]
        )
        with while_waiting(nb, lambda: nb.ctl("ls-add", "ls6"), lambda: nb.ctl("ls-add", "ls7")):
            assert len(wait({"row": row})["conditions"][0]["seen"]) == 1
        assert (
            "1 such rows of Logical_Switch are still there"
            in wait({"row": row, "absent": True}, wait_timeout=0.3, fails=True)["msg"]
        )
        with while_waiting(nb, lambda: nb.ctl("ls-del", "ls7")):
            assert wait({"row": row, "absent": True})["conditions"][0]["seen"] == []

    def test_any_row_of_a_table(self, dbs, wait):
        nb, _sb = dbs
        with while_waiting(nb, lambda: nb.ctl("lr-add", "r1")):
            wait({"row": {"table": "Logical_Router"}})

    def test_several_conditions_on_one_table(self, dbs, wait):
        nb, _sb = dbs
        with while_waiting(
            nb,
            lambda: nb.ctl("ls-add", "a"),
            lambda: nb.ctl("ls-add", "b", "--", "set", "Logical_Switch", "b", "other_config:x=1"),
        ):
            wait(
                {"row": {"table": "Logical_Switch", "where": {"name": "a"}}},
                {"row": {"table": "Logical_Switch", "where": {"name": "b"}, "columns": {"other_config": {"x": "1"}}}},
            )


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ({}, "nothing to wait for: give for, sync or both"),
            ({"for": [{}]}, "one of the following is required: port, chassis, backend, caught_up, row"),
            ({"for": [{"port": "a", "chassis": "b"}]}, "mutually exclusive"),
            ({"for": [{"chassis": "a", "bound_to": "b"}]}, "missing parameter(s) required by 'bound_to': port"),
            (
                {"for": [{"port": "vm1"}, {"backend": {"ip": "10.0.0.300"}}]},
                "for[1].backend.ip: '10.0.0.300' is no IP address",
            ),
            ({"for": [{"row": {"table": "Chassis"}}]}, "for[0].row.table: 'Chassis' is no table of OVN_Northbound"),
            (
                {"for": [{"row": {"table": "ACL", "where": {"a": 1}}}]},
                "for[0].row.where.a: 'a' is no column of the table ACL",
            ),
            (
                {"for": [{"row": {"table": "ACL", "columns": {"log": "x"}}}]},
                "for[0].row.columns.log: 'x' is no boolean",
            ),
            ({"for": [{"caught_up": "sb", "absent": True}]}, "for[0].absent: "),
            ({"sync": "sb", "wait_timeout": 0}, "wait_timeout: 0 is not"),
            ({"sync": "sb", "nb": "unix:/nonexistent"}, "there is no such socket"),
        ],
    )
    def test_each(self, dbs, arguments, says):
        assert (
            says in run_module("ovn_wait", {"nb": dbs[0].remote, "sb": dbs[1].remote, **arguments}, fails=True)["msg"]
        )

    def test_without_ovsdbapp(self, dbs, wait, tmp_path):
        (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['ovsdbapp'] = None\n", encoding="utf-8")
        result = wait({"chassis": "node1"}, env={**os.environ, "PYTHONPATH": str(tmp_path)}, fails=True)
        assert "Failed to import the required Python library (ovsdbapp)" in result["msg"]


class TestFaults:
    def test_the_server_restarts_while_waiting(self, dbs, wait):
        nb, _sb = dbs
        with while_waiting(nb, nb.kill, nb.start, lambda: nb.ctl("ls-add", "later")):
            wait({"row": {"table": "Logical_Switch", "where": {"name": "later"}}})

    def test_the_server_is_only_just_starting(self, dbs, wait):
        nb, _sb = dbs
        nb.ctl("ls-add", "there")
        nb.kill()
        later = threading.Timer(1, nb.start)
        later.start()
        wait({"row": {"table": "Logical_Switch", "where": {"name": "there"}}})
        later.join(20)

    @pytest.mark.parametrize("how", ["kill", "pause"])
    def test_a_server_that_is_not_there_is_waited_for_no_longer_than_asked(self, dbs, wait, how):
        nb, _sb = dbs
        getattr(nb, how)()
        start = time.monotonic()
        said = wait({"row": {"table": "Logical_Switch"}}, wait_timeout=1, timeout=60, fails=True)["msg"]
        if how == "pause":
            nb.resume()
        assert "cannot use the database OVN_Northbound" in said
        assert time.monotonic() - start < 30

    def test_the_server_goes_for_good(self, dbs, wait):
        nb, _sb = dbs
        with while_waiting(nb, nb.kill):
            start = time.monotonic()
            said = wait({"row": {"table": "Logical_Switch", "where": {"name": "x"}}}, wait_timeout=2, fails=True)["msg"]
        assert time.monotonic() - start < 5
        assert (
            "no row of Logical_Switch is there where {'name': 'x'}; at the end cannot use the database OVN_Northbound"
            in said
        )

    def test_the_server_hangs(self, dbs, wait):
        nb, _sb = dbs
        with while_waiting(nb, nb.pause):
            start = time.monotonic()
            said = wait({"row": {"table": "Logical_Switch", "where": {"name": "x"}}}, wait_timeout=2, fails=True)["msg"]
        nb.resume()
        assert time.monotonic() - start < 6
        assert "no answer in time" in said

    def test_the_leader_dies_while_waiting(self):
        with cluster(3) as nbs:
            leader = nbs.leader()

            def change():
                nbs.kill(leader)
                nbs.leader()
                nbs.ctl("ls-add", "later")

            watching = type("Leader", (), {"appctl": lambda _self, *args: nbs.appctl(*args, i=leader)})()
            with while_waiting(watching, change):
                row = {"table": "Logical_Switch", "where": {"name": "later"}}
                result = run_module("ovn_wait", {"nb": nbs.remote, "for": [{"row": row}], "wait_timeout": 20})
            assert result["elapsed"] < 10

    def test_over_tls_and_with_a_pin(self):
        with standalone(listen=("ssl",)) as nb:
            key, cert = nb.pki.issue("client")
            tls = {"private_key": key, "certificate": cert, "ca_cert": nb.pki.ca_cert}
            with while_waiting(nb, lambda: nb.ctl("ls-add", "later")):
                row = {"table": "Logical_Switch", "where": {"name": "later"}}
                result = run_module(
                    "ovn_wait",
                    {
                        "nb": "tcp:127.0.0.1:%d,%s" % (free_port(), nb.ssl),
                        **tls,
                        "for": [{"row": row}],
                        "wait_timeout": 10,
                    },
                )
        assert result["elapsed"] < 5
        with cluster(2) as nbs:
            watching = type("Leader", (), {"appctl": lambda _self, *args: nbs.appctl(*args, i=nbs.leader())})()
            with while_waiting(watching, lambda: nbs.ctl("ls-add", "later")):
                result = run_module(
                    "ovn_wait", {"nb": "cid:%s,%s" % (nbs.cid, nbs.remote), "for": [{"row": row}], "wait_timeout": 10}
                )
        assert result["elapsed"] < 5


@pytest.fixture(scope="module")
def cloud():
    with daemons.ovn(chassis=2) as central:
        central.nbctl(
            "ls-add", "ls1", "--", "lsp-add", "ls1", "vm1", "--", "lsp-set-addresses", "vm1", "02:ac:10:ff:00:11"
        )
        yield central


class TestRealChassis:
    """With ovn-controllers: what they report, nobody plays."""

    def play(self, cloud, fails=False, **arguments):
        return run_module("ovn_wait", {"nb": cloud.nb, "sb": cloud.sb, **arguments}, fails=fails)

    def test_chassis_port_and_sync(self, cloud):
        self.play(cloud, **{"for": [{"chassis": "hv1"}, {"chassis": "hv2"}]})
        hv1 = cloud.chassis[0]
        plug = threading.Timer(
            1, hv1.vsctl, ("add-port", "br-int", "vm1", "--", "set", "Interface", "vm1", "external_ids:iface-id=vm1")
        )
        plug.start()
        result = self.play(cloud, **{"for": [{"port": "vm1", "bound_to": "hv1"}]})
        plug.join()
        assert result["conditions"][0]["seen"] == {
            "bound": True,
            "chassis": "hv1",
            "exists": True,
            "hostname": "hv1",
            "up": True,
        }
        assert self.play(cloud, sync="hv")["elapsed"] < 10

    def test_a_sick_chassis_is_named(self, cloud):
        hv2 = cloud.chassis[1]
        hv2.signal("ovn-controller", signal.SIGSTOP)
        try:
            said = self.play(cloud, sync="hv", wait_timeout=1.5, fails=True)["msg"]
        finally:
            hv2.signal("ovn-controller", signal.SIGCONT)
        assert "these chassis have not reached nb_cfg" in said
        assert "hv2 (at " in said
        assert "hv1 (at " not in said
        self.play(cloud, sync="hv")
