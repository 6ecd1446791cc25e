# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eight processes edit one switch, one balancer and one port group of a cluster whose leader is killed, again and again.

Connections are also cut between request and reply. Each transaction carries the name of the operation that sent it as
its comment, so that the cluster's own log tells afterwards who changed what: it is compared with what each operation
was told, and its replay with the rows. ``OVN_STRESS_OPERATIONS`` says how many operations (``make test-stress``).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import socket
import time
import traceback

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.session import Connection
from tests.support.engine import entities, task, writes
from tests.support.ovsdb import cluster
from tests.support.raftlog import transactions
from tests.support.waiting import until

WORKERS = 8
OPERATIONS = int(os.environ.get("OVN_STRESS_OPERATIONS", "320"))
SEED = int(os.environ.get("OVN_STRESS_SEED", "1"))
ENTITIES = entities()
SWITCH, PORT, BALANCER, GROUP, ACL = (
    ENTITIES["OVN_Northbound", table]
    for table in ("Logical_Switch", "Logical_Switch_Port", "Load_Balancer", "Port_Group", "ACL")
)
BACKENDS = ["10.0.0.1:80", "10.0.0.1:80,10.0.0.2:80", "10.0.0.3:80"]


# -- what is done -------------------------------------------------------------------------------------------------------
# An operation is (key, value): afterwards the key has the value, None for "is not there". Its meaning in OVN:


def perform(remote, key, value):
    """One run of a module's work; returns its result."""
    kind, name = key.split("/", 1)
    absent = {"state": "absent"} if value is None else {}
    if kind == "port":  # value: [switch, address]
        more = absent or {"switch": value[0], "addresses": [value[1]], "move": True}
        return task(PORT, remote, timeout=60, name=name, **more)
    if kind == "vip":
        return task(BALANCER, remote, timeout=60, name="lb", vips={name: value})
    if kind == "option":
        return task(BALANCER, remote, timeout=60, name="lb", options={name: value})
    if kind == "member":
        return task(GROUP, remote, timeout=60, name="pg", ports=[{"name": name, **absent} if absent else name])
    if kind == "acl":  # told apart within its parent, by no index of the schema
        match = "ip4.src == 10.0.%s" % name
        return task(
            ACL, remote, timeout=60, port_group="pg", direction="to-lport", priority=1, match=match,
            **(absent or {"action": value}),
        )  # fmt: skip
    raise AssertionError(kind)


class Worker:
    """Chooses operations: on keys of its own, whose state it knows, and on keys that all of them want at once."""

    def __init__(self, number, seed):
        self.number = number
        self.rng = random.Random(seed * 100 + number)
        self.state = {}

    def choose(self, turn):
        """(key, value, the ``changed`` that must be told: None where that depends on the others)"""
        rng, me = self.rng, self.number
        if rng.random() < 0.35:
            return (*self.shared(turn), None)
        kind, n = rng.choice(["port", "port", "vip", "member", "acl"]), rng.randrange(6)
        if kind == "port":
            key = "port/w%d-%d" % (me, n)
            value = [rng.choice(["ls1", "ls2"]), "02:00:00:00:%02x:%02x 10.1.%d.%d" % (me, n, me, n + 1)]
        elif kind == "vip":
            key, value = "vip/192.0.2.%d:%d" % (me + 1, n + 1), rng.choice(BACKENDS)
        elif kind == "acl":
            key, value = "acl/%d.%d" % (me, n), rng.choice(["allow", "drop"])
        else:
            ports = [key for key, value in self.state.items() if key.startswith("port/") and value]
            if not ports:
                return self.choose(turn)
            key, value = rng.choice(ports).replace("port/", "member/"), True
        if rng.random() < 0.3:
            value = None
        expected = self.state.get(key) != value
        self.state[key] = value
        if key.startswith("port/") and value is None:
            self.state.pop(key.replace("port/", "member/"), None)  # a weak reference
        return key, value, expected

    def shared(self, turn):
        rng = self.rng
        if rng.random() < 0.5:  # the same new key for all of them, at about the same time
            kind = ["port", "vip", "option", "acl"][turn // 3 % 4]
            if kind == "port":
                return "port/s%d" % turn, [
                    "ls1",
                    "02:00:00:00:ff:%02x 10.2.%d.%d" % (turn % 256, turn // 250, turn % 250 + 1),
                ]
            if kind == "acl":
                return "acl/%d.%d" % (100 + turn // 250, turn % 250), "allow"
            return ("vip/198.51.100.1:%d" % (turn + 1), BACKENDS[0]) if kind == "vip" else ("option/o%d" % turn, "1")
        n, there = rng.randrange(3), rng.random() < 0.5
        return rng.choice(
            [
                ("port/t%d" % n, ["ls1", "02:00:00:00:fe:0%d 10.3.0.%d" % (n, n + 1)] if there else None),
                ("vip/198.51.100.2:%d" % (n + 1), rng.choice(BACKENDS) if there else None),
                ("option/t%d" % n, rng.choice("12") if there else None),
                ("member/standing%d" % n, True if there else None),
                ("acl/200.%d" % n, rng.choice(["allow", "drop"]) if there else None),
            ]
        )


def _sabotage(rng, tag):
    """This process's requests that write get a comment, and some of their connections end before the reply."""
    send = Connection.send

    def tagged(self, method, params, deadline):
        if not writes({"method": method, "params": params}):
            return send(self, method, params, deadline)
        fate = rng.random()
        if fate < 0.02:  # lost on its way
            self._next_id += 1
            number = self._next_id
        else:
            number = send(self, method, [*params, {"op": "comment", "comment": tag[0]}], deadline)
        if fate < 0.05:
            tag[1] += 1
            self.sock.shutdown(socket.SHUT_RDWR)
        return number

    Connection.send = tagged


def _work(remote, number, turns, seed, path, done):
    worker, tag = Worker(number, seed), ["", 0]
    _sabotage(random.Random(seed * 1000 + number), tag)
    with open(path, "w", encoding="utf-8", buffering=1) as log:
        for turn in range(turns):
            key, value, expected = worker.choose(turn)
            tag[0] = "w%d/%d" % (number, turn)
            entry = {"tag": tag[0], "key": key, "value": value, "expected": expected}
            try:
                result = perform(remote, key, value)
                entry.update(changed=result["changed"], warnings=result["warnings"])
            except OvnError as exc:
                entry["error"] = str(exc)
            except Exception:
                entry["error"] = traceback.format_exc()
            log.write(json.dumps(entry) + "\n")
            with done.get_lock():
                done.value += 1
        log.write(json.dumps({"cut": tag[1]}) + "\n")


# -- what must have come of it ------------------------------------------------------------------------------------------


class Verdict:
    """The cluster's log against what each operation was told, and against the rows. Shares no code with the engine."""

    def __init__(self, logged, committed):
        self.operations = {entry["tag"]: entry for entry in logged}
        self.wrong = []
        self.state, self.by = {}, {}
        self.effects = {}
        for comment, changes in committed:
            entry = self.operations.get(comment)
            if entry is None:
                if (comment or "").startswith("w"):
                    self.wrong.append("%s wrote, and is in no log: %s" % (comment, changes))
                continue
            key, value = entry["key"], entry["value"]
            self.effects[comment] = self.effects.get(comment, 0) + 1
            if self.state.get(key) == value:
                self.wrong.append(
                    "%s wrote %s = %s, and it was so already, by %s: %s" % (comment, key, value, self.by[key], changes)
                )
            self.state[key], self.by[key] = value, comment
            if key.startswith("port/") and value is None:
                self.state.pop(key.replace("port/", "member/"), None)
        self.unsure = 0
        for tag, entry in self.operations.items():
            if "error" in entry:
                self.wrong.append("%s: %s = %s failed: %s" % (tag, entry["key"], entry["value"], entry["error"]))
                continue
            truth = self.effects.get(tag, 0) > 0
            if entry["expected"] is not None and truth is not entry["expected"]:
                self.wrong.append("%s: %s = %s had the effect %s" % (tag, entry["key"], entry["value"], truth))
            if entry["changed"] and not truth and any("cannot be told from" in text for text in entry["warnings"]):
                self.unsure += 1  # docs/semantics.md, Writing: somebody else wrote the same, and the reply was lost
            elif entry["changed"] is not truth:
                self.wrong.append("%s: %s = %s, told %s" % (tag, entry["key"], entry["value"], entry["changed"]))

    def rows(self):
        """What must be there: {key: value}."""
        return {key: value for key, value in self.state.items() if value is not None}


def read(nb):
    """The rows as {key: value}, by ovn-nbctl; and what is doubled or lost beside that."""

    def table(name, *columns):
        text = json.loads(nb.ctl("--format=json", "--columns=_uuid," + ",".join(columns), "list", name, timeout=60))
        return [dict(zip(text["headings"], row)) for row in text["data"]]

    def members(value):
        return [item[1] for item in value[1]] if value[0] == "set" else [value[1]]

    found, wrong = {}, []
    ports = {row["_uuid"][1]: row for row in table("Logical_Switch_Port", "name", "addresses")}
    held = {}
    for switch in table("Logical_Switch", "name", "ports"):
        for uuid in members(switch["ports"]):
            held.setdefault(uuid, []).append(switch["name"])
    for uuid, row in ports.items():
        if held.get(uuid) is None or len(held[uuid]) != 1:
            wrong.append("the port %s is on %s" % (row["name"], held.get(uuid)))
        elif not row["name"].startswith("standing"):
            found["port/" + row["name"]] = [held[uuid][0], row["addresses"]]
    (balancer,) = table("Load_Balancer", "name", "vips", "options")
    found.update(("vip/" + vip, backends) for vip, backends in balancer["vips"][1])
    found.update(("option/" + option, text) for option, text in balancer["options"][1])
    (group,) = table("Port_Group", "name", "ports", "acls")
    found.update(("member/" + ports[uuid]["name"], True) for uuid in members(group["ports"]))
    acls = {row["_uuid"][1]: row for row in table("ACL", "match", "action")}
    if sorted(members(group["acls"])) != sorted(acls):
        wrong.append("there are ACLs that are not the group's")
    names = [row["match"].rpartition(" 10.0.")[2] for row in acls.values()]
    if len(set(names)) != len(names):
        wrong.append("ACLs are doubled: %s" % sorted(names))
    found.update(("acl/" + name, row["action"]) for name, row in zip(names, acls.values()))
    return found, wrong


def _unrest(nbs, done, operations, every, workers):
    """Kills the leader each time that so many operations are done, and starts it again; returns how often."""
    kills, step = 0, max(every, 1)
    while done.value < operations:
        goal = min(operations, done.value + step)

        def progressed(goal=goal):
            assert any(worker.is_alive() for worker in workers) or done.value >= operations, "the workers died"
            return done.value >= goal

        until(progressed, "%d operations done" % goal, 120)
        if done.value >= operations:
            break
        leader = nbs.leader()
        nbs.kill(leader)
        kills += 1
        nbs.leader()
        nbs.start(leader)
        nbs.rejoined(leader)
    return kills


@pytest.mark.slow
def test_eight_writers_on_a_cluster_that_loses_its_leader(tmp_path):
    turns = OPERATIONS // WORKERS
    context = multiprocessing.get_context("fork")
    done = context.Value("i", 0)
    with cluster(3) as nbs:
        for switch in ("ls1", "ls2"):
            nbs.ctl("ls-add", switch)
        for n in range(3):
            nbs.ctl("lsp-add", "ls1", "standing%d" % n)
        nbs.transact({"op": "insert", "table": "Load_Balancer", "row": {"name": "lb"}})
        nbs.ctl("pg-add", "pg")
        paths = [tmp_path / ("%d.log" % n) for n in range(WORKERS)]
        workers = [
            context.Process(target=_work, args=(nbs.remote, n, turns, SEED, paths[n], done), daemon=True)
            for n in range(WORKERS)
        ]
        started = time.monotonic()
        for worker in workers:
            worker.start()
        try:
            kills = _unrest(nbs, done, turns * WORKERS, max(50, OPERATIONS // 60), workers)
            for worker in workers:
                worker.join(60)
                assert worker.exitcode == 0
        finally:
            for worker in workers:
                worker.kill()
                worker.join()
        seconds = time.monotonic() - started
        leader = nbs.leader()
        until(lambda: "Entries not yet committed: 0" in nbs.status(leader), "all is committed")
        found, wrong = read(nbs)
        committed = transactions(nbs.db(leader))
    lines = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    logged, cuts = [line for line in lines if "tag" in line], sum(line.get("cut", 0) for line in lines)
    verdict = Verdict(logged, committed)
    print(
        "%d operations by %d processes in %.0f s, the leader killed %d times, %d connections cut between request and"
        " reply: %d changed something, %d told changed where another had written the same"
        % (len(logged), WORKERS, seconds, kills, cuts, len(verdict.effects), verdict.unsure)
    )
    assert len(logged) == turns * WORKERS
    assert kills >= 2
    assert not verdict.wrong + wrong, "\n".join([*verdict.wrong, *wrong][:20])
    assert found == verdict.rows()
    assert verdict.unsure <= cuts + kills * WORKERS
