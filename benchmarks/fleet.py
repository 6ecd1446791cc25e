#!/usr/bin/env python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ovn_chassis, run again, and the playbook health cost for a fleet of chassis.

    python benchmarks/fleet.py [--chassis 500] [--real 10] [--role 500] [--forks 50] [--sick 3] [--wait 3]        as root

``--real`` of the chassis are whole: ovsdb-server, ovs-vswitchd with dummy devices, ovn-controller. The others are stand-ins: a host's own
ovsdb-server, rows in the southbound database, and this program, which answers in their names as ovs-vswitchd (cur_cfg) and ovn-controller (nb_cfg,
connection-status) would. All hosts are reached by the connection local, with systemctl and /run of their own: so what they do is work of this
machine's processors, too, and a round trip costs nothing. The role is run on the first ``--role`` of them. ``--sick`` stand-ins do not answer.
It exits with 1 where a bound is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]

from tests.support.daemons import OVS_SHARE, Daemons, ovn
from tests.support.modules import run_module

#: Tasks of the role's second run that do something on a host, and seconds beyond the patience of ovn_health until who is sick is named
TASKS, LATE = 8, 1.0
UNITS = "openvswitch-switch.service ovn-host.service ovn-controller.service"
SYSTEMCTL = """#!/bin/sh
case $1 in
  list-unit-files) for unit in %s; do echo "$unit enabled enabled"; done;;
  list-units) for unit in %s; do echo "$unit loaded active running -"; done;;
esac
""" % (UNITS, UNITS)
# A host of its own to Ansible's modules: its /run, its /etc/openvswitch, its systemctl
PYTHON = """#!/bin/sh
exec unshare --mount sh -c '
mount -t tmpfs none /run && mkdir /run/openvswitch /run/ovn && mount --bind {home} /run/openvswitch && mount --bind {home} /run/ovn &&
mount --bind {home}/etc /etc/openvswitch && PATH={home}/bin:$PATH exec {python} "$@"' python "$@"
"""
PLAY = """- hosts: fleet
  gather_facts: false
  roles:
    - role: virtnet.ovn.ovn_chassis
"""


class Deputy(threading.Thread):
    """Answers for daemons that do not run: writes cur_cfg and nb_cfg once somebody asks by next_cfg or nb_cfg, and is the ovn-controller of each host."""

    def __init__(self, sb, hosts, sick):
        super().__init__(daemon=True)
        self.names, self.sick = list(hosts), sick
        self.selector = selectors.DefaultSelector()
        self.buffers = {}
        for place in hosts.values():
            self._watch(str(place / "db.sock"), "Open_vSwitch", "Open_vSwitch", "next_cfg", self._answer_host)
            self._control(place)
        self._watch(sb, "OVN_Southbound", "SB_Global", "nb_cfg", self._answer_central)

    def _watch(self, path, database, table, column, answer):
        def told(sock, message):
            if message.get("method") == "echo":
                self._reply(sock, message, message["params"])
            elif message.get("method") == "update":
                for row in message["params"][1].get(table, {}).values():
                    answer(sock, row["new"][column])

        sock = socket.socket(socket.AF_UNIX)
        sock.connect(path)
        self._send(sock, "monitor", [database, None, {table: {"columns": [column]}}])
        self._read(sock, told)

    def _control(self, place):
        """The pid file and the control socket of an ovn-controller, as ovs-appctl finds them."""
        (place / "ovn-controller.pid").write_text("%d\n" % os.getpid())
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(str(place / ("ovn-controller.%d.ctl" % os.getpid())))
        sock.listen()
        self.selector.register(sock, selectors.EVENT_READ, None)

    def _told(self, sock, message):
        self._reply(sock, message, "connected" if message["method"] == "connection-status" else "a stand-in")

    @staticmethod
    def _reply(sock, message, result):
        sock.sendall(json.dumps({"id": message["id"], "result": result, "error": None}).encode())

    def _read(self, sock, told):
        self.buffers[sock] = ""
        self.selector.register(sock, selectors.EVENT_READ, told)

    @staticmethod
    def _send(sock, method, params, number=0):
        sock.sendall(json.dumps({"id": number, "method": method, "params": params}).encode())

    def run(self):
        decoder = json.JSONDecoder()
        while True:
            for key, _events in self.selector.select():
                sock, told = key.fileobj, key.data
                if told is None:
                    self._read(sock.accept()[0], self._told)
                    continue
                said = sock.recv(1 << 20)
                if not said:
                    self.selector.unregister(sock)
                    del self.buffers[sock]
                    sock.close()
                    continue
                self.buffers[sock] += said.decode()
                while self.buffers[sock]:
                    try:
                        message, end = decoder.raw_decode(self.buffers[sock])
                    except ValueError:
                        break
                    self.buffers[sock] = self.buffers[sock][end:].lstrip()
                    told(sock, message)

    def _answer_host(self, sock, number):
        row = {"op": "update", "table": "Open_vSwitch", "where": [], "row": {"cur_cfg": number}}
        self._send(sock, "transact", ["Open_vSwitch", row], 1)

    def _answer_central(self, sock, number):
        rows = [
            {"op": "update", "table": "Chassis_Private", "where": [["name", "==", name]], "row": {"nb_cfg": number}}
            for name in self.names
            if name not in self.sick
        ]
        self._send(sock, "transact", ["OVN_Southbound", *rows], 1)


class Watch(threading.Thread):
    """The most memory that a process and its forks have at once, in MB: each one's share of what they share."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.main, self.all, self.forks = pid, 0.0, 0.0, 0

    def run(self):
        while os.path.isdir("/proc/%d" % self.pid):
            children = subprocess.run(
                ["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False
            ).stdout.split()
            own = self._share(self.pid)
            forks = [self._share(int(child)) for child in children]
            self.main, self.all, self.forks = (
                max(self.main, own),
                max(self.all, own + sum(forks)),
                max(self.forks, len(forks)),
            )
            time.sleep(0.5)

    @staticmethod
    def _share(pid):
        try:
            text = pathlib.Path("/proc/%d/smaps_rollup" % pid).read_text()
        except OSError:
            return 0.0
        found = re.search(r"^Pss: +(\d+) kB", text, re.M)
        return int(found[1]) / 1024 if found else 0.0


def play(what, central, forks, *arguments):
    """(seconds, output, Watch) of a run of ansible-playbook."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            ["ansible-playbook", "--forks", str(forks), *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_PIPELINING": "1", "OVN_NB_DB": central.nb, "OVN_SB_DB": central.sb},
        )  # fmt: skip
        watch = Watch(process.pid)
        watch.start()
        process.wait()
        seconds = time.monotonic() - begun
        out.seek(0)
        text = out.read()
    counts = re.findall(r"(?m)^hv\d+ +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+) +skipped=(\d+)", text)
    most = [max(int(each[place]) for each in counts) for place in range(5)] if counts else [0] * 5
    print(
        "%-28s %7.1f s, %d forks, controller %.0f MB, with its forks %.0f MB; of a host at most ok=%d changed=%d failed=%d skipped=%d"
        % (what, seconds, watch.forks, watch.main, watch.all, most[0], most[1], most[3], most[4]),
        flush=True,
    )
    return text, most


def stand_in(home):
    host = Daemons(home)
    host.database("ovsdb-server", f"{OVS_SHARE}/vswitch.ovsschema", "db.sock")
    host.run("ovs-vsctl", "--no-wait", "init")
    return host


def outfit(home, place):
    """What Ansible needs to take a directory for a host: its variables."""
    (home / "etc").mkdir()
    (home / "bin").mkdir()
    for path, text in (
        (home / "bin/systemctl", SYSTEMCTL),
        (home / "python", PYTHON.format(home=home, python="/usr/bin/python3")),
    ):
        path.write_text(text)
        path.chmod(0o755)
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(home / "python"),
        "ovn_chassis_encap_ip": address(place),
    }


def address(place):
    return "10.200.%d.%d" % (place // 250, place % 250 + 1)


def register(central, names):
    """As their ovn-controllers would."""
    for start in range(0, len(names), 100):  # an argument has its longest, too
        operations = []
        for place, name in list(names.items())[start : start + 100]:
            encap, row = "e%d" % place, "c%d" % place
            operations += [
                {"op": "insert", "table": "Encap", "uuid-name": encap, "row": {"type": "geneve", "ip": address(place), "chassis_name": name}},
                {"op": "insert", "table": "Chassis", "uuid-name": row, "row": {"name": name, "hostname": name, "encaps": ["named-uuid", encap]}},
                {"op": "insert", "table": "Chassis_Private", "row": {"name": name, "chassis": ["named-uuid", row]}},
            ]  # fmt: skip
        central.run("ovsdb-client", "transact", central.sb, json.dumps(["OVN_Southbound", *operations]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, value in (("chassis", 500), ("real", 10), ("forks", 50), ("sick", 3)):
        parser.add_argument("--" + option, type=int, default=value)
    parser.add_argument("--role", type=int)
    parser.add_argument("--wait", type=float, default=3.0)
    options = parser.parse_args()
    wrong = []
    with ovn() as central:
        hosts, others = {}, []
        try:
            begun = time.monotonic()
            for place in range(options.chassis):
                name, home = "hv%d" % place, central.directory / ("hv%d" % place)
                if place < options.real:
                    central.add_chassis(name, address(place))
                else:
                    home.mkdir()
                    others.append(stand_in(home))
                hosts[name] = home
            stands = {place: "hv%d" % place for place in range(options.real, options.chassis)}
            register(central, stands)
            sick = set(list(stands.values())[-options.sick :]) if options.sick else set()
            Deputy(central.sb[len("unix:") :], {name: hosts[name] for name in stands.values()}, sick).start()
            print(
                "%d chassis, %d of them whole, in %.0f s" % (options.chassis, options.real, time.monotonic() - begun),
                flush=True,
            )
            measure(central, hosts, sick, options, wrong)
        finally:
            for host in others:
                host.signal("ovsdb-server", signal.SIGKILL)
                host.stop_all()
    if wrong:
        raise SystemExit("; ".join(wrong))


def measure(central, hosts, sick, options, wrong):
    inventory, site = central.directory / "hosts.json", central.directory / "site.yml"
    variables = {
        "ovn_chassis_remote": central.sb, "ovn_chassis_datapath_type": "system", "ovn_chassis_underlay_interface": "", "ovn_chassis_wait_timeout": 60,
        "ovn_chassis_external_ids": {"ovn-bridge-datapath-type": "dummy"},
    }  # fmt: skip
    group = {"hosts": {name: outfit(home, int(name[2:])) for name, home in hosts.items()}, "vars": variables}
    inventory.write_text(json.dumps({"fleet": group, "ovn_chassis": {"children": {"fleet": {}}}}))
    site.write_text(PLAY)
    some = ["--limit", ",".join(list(hosts)[: options.role])]
    play("ovn_chassis", central, options.forks, "-i", str(inventory), str(site), *some)
    text, most = play("ovn_chassis, again", central, options.forks, "-i", str(inventory), str(site), *some)
    if most[0] > TASKS or most[1] or most[3]:
        wrong.append("the second run does %d tasks and changes %d\n%s" % (most[0], most[1], text[-2000:]))

    before = int(central.nbctl("get", "NB_Global", ".", "nb_cfg"))
    begun = time.monotonic()
    run_module("ovn_health_info", {"sync": False, "wait_timeout": 0}, central.env)
    between = time.monotonic()
    found = run_module("ovn_health_info", {"wait_timeout": options.wait}, central.env)
    plain, seconds = between - begun, time.monotonic() - between
    behind = {row["name"] for row in found["chassis"] if row["nb_cfg"] is None or row["nb_cfg"] < found["nb_cfg"]}
    raised = int(central.nbctl("get", "NB_Global", ".", "nb_cfg")) - before
    print(
        "%d of %d are behind, known after %.2f s with a patience of %g s (a look without any takes %.2f s); nb_cfg raised by %d"
        % (len(behind), len(found["chassis"]), seconds, options.wait, plain, raised),
        flush=True,
    )
    if behind != sick or raised != 1:
        wrong.append("behind: %s, sick: %s" % (sorted(behind)[:5], sorted(sick)))
    if seconds > plain + options.wait + LATE:
        wrong.append("who is behind is known after %.2f s" % seconds)

    findings = central.directory / "health.json"
    text, _most = play(
        "health", central, options.forks, "-i", str(inventory), str(ROOT / "playbooks/health.yml"), "-e",
        json.dumps({"ovn_health_fail": False, "ovn_health_show": False, "ovn_health_json": str(findings), "ovn_health_wait_timeout": options.wait}),
    )  # fmt: skip
    named = {
        each["subject"]
        for each in json.loads(findings.read_text())
        if each["check"] == "chassis current" and each["status"] == "failed"
    }
    raised = int(central.nbctl("get", "NB_Global", ".", "nb_cfg")) - before - 1
    print("the play names %s, and raised nb_cfg by %d" % (", ".join(sorted(named)) or "nobody", raised))
    if named != sick or raised != 1:
        wrong.append("the play named %s of %s\n%s" % (sorted(named)[:5], sorted(sick), text[-2000:]))


if __name__ == "__main__":
    main()
