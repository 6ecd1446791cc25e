# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an OVN deployment is well: a judgement over facts that modules have collected, without any I/O.

The facts are {"central": {host: what central_info returns, None if it cannot be reached}, "chassis": {host: the same of chassis_info},
"databases": what ovn_health_info returns, or {"msg": why not}, "others": as "chassis", for their certificates, "relays": {host: what relay_info
returned after that, None if it cannot be reached}}.

A finding is {"check", "subject", "status": ok, warning or failed, "observed", "remedy"}. Every check tells what it found, also if all is well.
"""

from __future__ import annotations

import os

from .._tls.openssl import BEHIND

OK, WARNING, FAILED = "ok", "warning", "failed"
WORST = {OK: 0, WARNING: 1, FAILED: 2}
_DAY = 86400
#: A compaction writes a database anew beside the old one
_DISK_WARNING, _DISK_FAILED = 0.15, 0.05


def judge(facts, days=30):
    """{"status", "findings", "failed", "warnings", "summary", "metrics"}; ``days`` is how long certificates should still be valid."""
    judgement = _Judgement(facts, days)
    findings = judgement.judge()
    worst = max((found["status"] for found in findings), key=lambda status: WORST[status], default=OK)
    bad = [found for found in findings if found["status"] != OK]
    return {
        "status": worst,
        "findings": findings,
        "failed": [found for found in bad if found["status"] == FAILED],
        "warnings": [found for found in bad if found["status"] == WARNING],
        "summary": summary(findings, bad),
        "metrics": _metrics(findings, worst),
    }


class _Judgement:
    def __init__(self, facts, days):
        # A look that failed is none
        self.central = {host: seen if "northd" in (seen or ()) else None for host, seen in facts["central"].items()}
        self.chassis = {host: seen if "daemons" in (seen or ()) else None for host, seen in facts["chassis"].items()}
        self.relays = {
            host: seen if "live" in (seen or ()) else None for host, seen in (facts.get("relays") or {}).items()
        }
        self.databases = facts["databases"] or {"msg": "they were not asked"}
        self.certificates = {
            host: seen["certificates"]
            for host, seen in {**(facts.get("others") or {}), **self.chassis}.items()
            if "certificates" in (seen or ())
        }
        self.days = days
        self.findings = []

    def judge(self):
        self._hosts()
        for host, seen in sorted(self.central.items()):
            if seen:
                self._central_host(host, seen)
        if any(self.central.values()):
            for database in ("northbound", "southbound"):
                self._cluster(database)
            self._northd()
            self._schemas()
            self._releases()
        for host, seen in sorted(self.chassis.items()):
            if seen:
                self._chassis_host(host, seen)
        self._databases()
        for host, seen in sorted(self.relays.items()):
            if seen:
                self._relay(host, seen)
        self._certificates()
        return self.findings

    def _say(self, check, subject, wrong, observed, remedy, bad=FAILED):
        self.findings.append(
            {
                "check": check, "subject": subject, "status": bad if wrong else OK, "observed": observed,
                "remedy": remedy if wrong else "",
            }
        )  # fmt: skip

    def _hosts(self):
        for kind, hosts in (("central", self.central), ("chassis", self.chassis), ("relay", self.relays)):
            for host, seen in sorted(hosts.items()):
                if seen is None:
                    self._say(
                        "host",
                        host,
                        True,
                        "it cannot be reached, or its look failed",
                        "is the %s host up, and its access right?" % kind,
                    )

    # -- the central hosts ----------------------------------------------------------------------------------------------

    def _central_host(self, host, seen):
        for database in ("northbound", "southbound"):
            there = seen[database]
            running, answers = there["process"]["running"], there["server"] is not None
            told = (
                "it runs and answers"
                if running and answers
                else "it runs and does not answer"
                if running
                else "it does not run"
            )
            self._say(
                "database server",
                "%s %s" % (host, database),
                not (running and answers),
                told,
                "systemctl status on %s, and its journal" % host,
            )
        running = seen["northd"]["process"]["running"]
        status = seen["northd"]["status"] or ("it does not answer" if running else "it does not run")
        self._say(
            "ovn-northd",
            host,
            seen["northd"]["status"] not in ("active", "standby"),
            status,
            "systemctl status ovn-northd on %s" % host,
        )
        if seen.get("disk"):
            free, total = seen["disk"]["free"], seen["disk"]["total"] or 1
            share = free / total
            bad = FAILED if share < _DISK_FAILED else WARNING
            self._say(
                "disk", host, share < _DISK_WARNING, "%d %% (%.1f GB) free for the databases" % (100 * share, free / 1e9),
                "make room: a database is written anew when it is compacted, and a server whose disk is full stops", bad,
            )  # fmt: skip

    def _cluster(self, database):
        seen = {host: facts[database] for host, facts in self.central.items() if facts and facts[database]["server"]}
        if not seen:
            return
        models = {there["server"]["model"] for there in seen.values()}
        if models == {"standalone"}:
            self._say(
                "cluster", database, len(seen) > 1, "standalone on %s" % _list(sorted(seen)),
                "two standalone databases are two networks: make one cluster of them (role ovn_central, ovn_central_cluster_address)",
            )  # fmt: skip
            return
        ids = {there["server"]["cluster_id"] for there in seen.values()}
        self._say("cluster id", database, len(ids) != 1, "%d cluster%s" % (len(ids), "" if len(ids) == 1 else "s"),
                  "there are several clusters, and clients see either: decide which one is right, and make the others join it")  # fmt: skip
        connected = sorted(host for host, there in seen.items() if there["server"]["connected"])
        self._say("quorum", database, not connected, "%d of %d members have a leader" % (len(connected), len(self.central)),
                  "more than half of the members must run and reach each other: start those that are down")  # fmt: skip
        remnants = _remnants(seen)
        for host, there in sorted(seen.items()):
            cluster = there["cluster"] or {
                "status": "it does not tell",
                "servers": [],
                "entries_not_applied": 0,
                "reason": None,
            }
            lost = sorted(
                server["address"]
                for server in cluster["servers"]
                if not server["connected"] and server["server_id"] not in remnants
            )
            told = cluster["status"] or "unknown"
            if cluster["status"] == "cluster member" and lost:
                told = "not connected with %s" % ", ".join(lost)
            wrong = cluster["status"] != "cluster member" or bool(lost)
            self._say("cluster member", "%s %s" % (host, database), wrong, told,
                      "start that member; if it is gone for good, ovn_cluster with state: kick, and let another join",
                      FAILED if cluster["status"] != "cluster member" else WARNING)  # fmt: skip
        self._members(database, seen, remnants)

    def _members(self, database, seen, remnants):
        """The servers that the members know, against the hosts that there are."""
        known = {
            server["server_id"]
            for there in seen.values()
            for server in (there["cluster"] or {"servers": []})["servers"]
        }
        told = "%d servers for %d central hosts" % (len(known), len(self.central))
        remedy = (
            "ovn_cluster with state: kicked for a server that nobody has any more; the role ovn_central lets one join"
        )
        if remnants:
            told += "; at %s stands %s, whose file is lost, beside the server that runs there" % (
                " and ".join(sorted(set(remnants.values()))),
                _list(sorted(remnants)),
            )
            remedy = (
                "the old server counts for the majority: name its host in ovn_central_cluster_replace for one run of the role ovn_central, "
                "or ovn_cluster with state: kicked and server: %s" % " or ".join(sorted(remnants))
            )
        self._say("members", database, len(known) != len(self.central), told, remedy, WARNING)

    def _northd(self):
        active = sorted(host for host, facts in self.central.items() if facts and facts["northd"]["status"] == "active")
        self._say("active ovn-northd", "all", len(active) != 1, "active on %s" % (_list(active) or "no host"),
                  "one must be active: it needs the southbound database's lock, and all members as remotes")  # fmt: skip

    def _schemas(self):
        """A database keeps its schema when packages are upgraded: new daemons then find no columns for what they have to say."""
        for host, facts in sorted(self.central.items()):
            for database in ("northbound", "southbound") if facts else ():
                there = facts[database]
                has, brings = (there["server"] or {}).get("schema_version"), there.get("installed_schema")
                if has and brings:
                    told = "%s, and the installed release brings %s" % (has, brings)
                    self._say("schema version", "%s %s" % (host, database), _numbers(has) < _numbers(brings), told,
                              "convert it: ovn_schema with database: %s, once all central hosts have this release" % database)  # fmt: skip

    def _releases(self):
        """Which of the daemons are of another release than ovn-northd, whose logical flows ovn-controller must understand."""
        central = {host: facts["northd"].get("version") for host, facts in self.central.items() if facts}
        active = [
            version
            for host, version in central.items()
            if version and self.central[host]["northd"]["status"] == "active"
        ]
        northd = (active or [version for version in central.values() if version] or [None])[0]
        if not northd:
            return
        for host, version in sorted(central.items()):
            if version:
                self._say("release", "%s ovn-northd" % host, version != northd, "%s, and the active one is %s" % (version, northd),
                          "an upgrade was begun and not ended: the playbook upgrade goes on with it", WARNING)  # fmt: skip
        for host, seen in sorted(self.chassis.items()):
            version = seen and seen["daemons"]["ovn-controller"]["version"]
            if not version:
                continue
            older = _numbers(version)[:2] < _numbers(northd)[:2]
            waits = older and (seen["database"] or {}).get("match_northd_version")
            self._say("release", host, _numbers(version)[:2] != _numbers(northd)[:2], "ovn-controller %s, and ovn-northd %s%s" % (
                version, northd, ", for whose release it waits" if waits else ""),
                "upgrade it: it does not understand all that a newer ovn-northd asks for" if older else
                "an upgrade was begun and not ended: upgrade the central hosts",
                FAILED if older and not waits else WARNING)  # fmt: skip

    # -- the chassis ----------------------------------------------------------------------------------------------------

    def _chassis_host(self, host, seen):
        for name, daemon in sorted(seen["daemons"].items()):
            told = (
                "%s" % (daemon["version"] or "it answers")
                if daemon["answers"]
                else "it runs and does not answer"
                if daemon["running"]
                else "it does not run"
            )
            self._say(name, host, not daemon["answers"], told, "systemctl status on %s, and its journal" % host)
        controller, settings = seen["daemons"]["ovn-controller"], seen["database"]
        if controller["answers"]:
            why = ": %s" % controller["why"] if controller.get("why") else ""
            self._say("southbound connection", host, controller["connection"] != "connected", "%s%s" % (controller["connection"], why),
                      "is %s right, and reachable from %s?" % ((settings or {}).get("remote") or "external_ids:ovn-remote", host))  # fmt: skip
        if settings is None:
            return
        for mapping in settings["mappings"]:
            self._say("bridge mapping", "%s %s" % (host, mapping["network"]), not mapping["exists"],
                      "bridge %s%s" % (mapping["bridge"] or "(none)", "" if mapping["exists"] else " is not there"),
                      "ovs_bridge with that name, or another mapping (ovn_chassis_bridge_mappings)")  # fmt: skip
        for encap in settings["encaps"]:
            self._say("tunnel address", host, not encap["here"], "%s%s" % (encap["ip"], "" if encap["here"] else " is no address of this host"),
                      "external_ids:ovn-encap-ip must be an address of the host (ovn_chassis_encap_ip)")  # fmt: skip
        if settings["errors"]:
            self._say(
                "interfaces",
                host,
                True,
                "; ".join(settings["errors"]),
                "remove the port, or give it the device that it names",
                WARNING,
            )

    # -- the relays -----------------------------------------------------------------------------------------------------

    def _relay(self, host, seen):
        running, live = seen["process"]["running"], seen["live"]
        told = (
            "the cluster answers through it, at %s" % _list(seen["listens"])
            if running and live
            else "the cluster does not answer through it: %s" % seen["why"]
            if running
            else "it does not run"
        )
        self._say("relay", host, not (running and live), told,
                  "is the southbound database well, and does its firewall let %s in? The role ovn_relay restarts one that does not find it" % host
                  if running else "systemctl status virtnet-ovn-relay on %s, and its journal" % host)  # fmt: skip
        has = (seen["server"] or {}).get("schema_version")
        servers = [facts["southbound"]["server"] for facts in self.central.values() if facts]
        wanted = {server["schema_version"] for server in servers if server and server.get("schema_version")}
        if has and wanted:
            self._say("relay schema", host, has not in wanted, "%s, and the southbound database has %s" % (has, _list(sorted(wanted))),
                      "restart it, so that it reads the database anew: systemctl restart virtnet-ovn-relay on %s" % host, WARNING)  # fmt: skip
        northd = self.databases.get("northd") or {}
        if live and northd.get("caught_up"):
            there = seen["nb_cfg"]
            self._say("relay current", host, there is None or there < self.databases["nb_cfg"],
                      "at nb_cfg %s of %d" % (there, self.databases["nb_cfg"]), "it is overloaded, or its network is slow: another relay", WARNING)  # fmt: skip

    # -- the databases --------------------------------------------------------------------------------------------------

    def _databases(self):
        rows = self.databases
        if "msg" in rows:
            self._say("databases", "all", True, rows["msg"], "is a central host up, and are its endpoints right?")
            return
        self._say("northbound carried out", "ovn-northd", not rows["northd"]["caught_up"],
                  "ovn-northd has %sreached nb_cfg %d" % ("" if rows["northd"]["caught_up"] else "not ", rows["nb_cfg"]),
                  "is an ovn-northd active, and connected with both databases?")  # fmt: skip
        for row in rows["chassis"]:
            behind = rows["northd"]["caught_up"] and (row["nb_cfg"] is None or row["nb_cfg"] < rows["nb_cfg"])
            self._say("chassis current", row["name"], behind, "at nb_cfg %s of %d" % (row["nb_cfg"], rows["nb_cfg"]),
                      "its ovn-controller hangs, is gone, or is overloaded; a chassis that is gone for good: ovn_chassis with state: absent")  # fmt: skip
        self._registered(rows)
        self._encaps(rows)
        self._ports(rows)
        self._networks(rows)

    def _registered(self, rows):
        there = {row["name"] for row in rows["chassis"]}
        known = {}
        for host, seen in sorted(self.chassis.items()):
            name = ((seen or {}).get("database") or {}).get("system_id")
            if name:
                known[name] = host
                self._say("registered", host, name not in there, "as %s" % name if name in there else "no chassis is called %s" % name,
                          "ovn-controller registers it: see its connection, and its encapsulation")  # fmt: skip
        if known and all(self.chassis.values()):
            for name in sorted(there - set(known)):
                self._say("stale chassis", name, True, "it is registered, and no host of the inventory is it",
                          "ovn_chassis with name: %s and state: absent, once it is gone for good" % name, WARNING)  # fmt: skip

    def _encaps(self, rows):
        users = {}
        for row in rows["chassis"]:
            for encap in row["encaps"]:  # the server keeps type and address apart, and not the address alone
                users.setdefault(encap.partition(" ")[2], set()).add(row["name"])
        for encap, names in sorted(users.items()):
            if len(names) > 1:
                self._say(
                    "tunnel endpoints",
                    encap,
                    True,
                    "of %s" % _list(sorted(names)),
                    "delete the stale chassis (ovn_chassis with state: absent)",
                )

    def _ports(self, rows):
        bound = 0
        for port in rows["ports"]:
            gateway = port["type"] in ("l3gateway", "chassisredirect")
            what = "gateway" if gateway else "port"
            asked = port["requested_chassis"]
            if port["chassis"] is None:
                self._say("%s bound" % what, port["name"], True, "on no chassis%s" % (", %s is asked for" % _list(asked) if asked else ""),
                          "is that chassis there, and does it have the port (external_ids:iface-id)?" if not gateway else
                          "is one of its gateway chassis there, and connected?")  # fmt: skip
            elif not gateway and asked and port["chassis"] not in asked:
                self._say("port bound", port["name"], True, "on %s, and %s is asked for" % (port["chassis"], _list(asked)),
                          "take its interface away there, or ask for the right chassis")  # fmt: skip
            elif port["up"] is False and not gateway:
                self._say(
                    "port up",
                    port["name"],
                    True,
                    "on %s, and not up" % port["chassis"],
                    "its flows are not there yet: is ovn-controller current?",
                    WARNING,
                )
            else:
                bound += 1
        self._say("ports", "all", False, "%d are bound as they should be" % bound, "")

    def _networks(self, rows):
        mapped = {network for row in rows["chassis"] for network in row["mappings"]}
        for network in rows["physical_networks"]:
            self._say("physical network", network, network not in mapped, "mapped on %s" % (
                _list(row["name"] for row in rows["chassis"] if network in row["mappings"]) or "no chassis"),
                "a bridge mapping for it (ovn_chassis_bridge_mappings), on a chassis that is to reach it")  # fmt: skip

    # -- certificates ---------------------------------------------------------------------------------------------------

    def _certificates(self):
        for host, found in sorted(self.certificates.items()):
            for each in found:
                subject = "%s %s" % (host, each["path"])
                if "error" in each:
                    self._say("certificate", subject, True, each["error"], "a certificate that openssl can read")
                    continue
                left, wrong = each["seconds_left"], self._wrong(host, each)
                told = "valid until %s" % each["not_after"] if left > 0 else "expired on %s" % each["not_after"]
                self._say(
                    "certificate",
                    subject,
                    bool(wrong) or left < self.days * _DAY,
                    wrong or told,
                    "run the roles again: ovn_tls makes another; one that is brought is yours to replace",
                    FAILED if wrong or left <= 0 else WARNING,
                )

    def _wrong(self, host, certificate):
        """Why a certificate will not do whose time is not over."""
        if certificate["seconds_left"] <= 0:
            return ""
        if certificate.get("begins_in", 0) > BEHIND:
            return "not valid before %s, by the clock of %s" % (certificate["not_before"], host)
        if certificate.get("distrust"):
            return "signed by %s, which is none of those in issuers.pem beside it: %s" % (
                certificate["issuer"],
                certificate["distrust"],
            )
        name = ((self.chassis.get(host) or {}).get("database") or {}).get("system_id")
        if (
            name
            and os.path.basename(os.path.dirname(certificate["path"])) == "chassis"
            and certificate["common_name"] != name
        ):
            return "for %s, and the chassis is %s: the southbound database would not let it write its rows" % (
                certificate["common_name"],
                name,
            )
        return ""


def _remnants(seen):
    """Of servers that a member had before it was started without its file, and joined anew at the same address: {id: address}."""
    servers = [server for there in seen.values() if there["cluster"] for server in there["cluster"]["servers"]]
    own = {server["server_id"]: server["address"] for server in servers if server["self"]}
    return {
        server["server_id"]: server["address"]
        for server in servers
        if server["server_id"] not in own and server["address"] in own.values()
    }


def _numbers(version):
    return [int(part) for part in version.split(".") if part.isdigit()]


def _list(names):
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def summary(findings, bad):
    """Lines for a person: what is wrong first, and then how much was looked at."""
    lines = []
    for found in sorted(bad, key=lambda found: -WORST[found["status"]]):
        lines.append("%s: %s (%s): %s" % (found["status"].upper(), found["check"], found["subject"], found["observed"]))
        lines.append("  What to do: %s" % found["remedy"])
    checks = {}
    for found in findings:
        if found["status"] == OK:
            checks[found["check"]] = checks.get(found["check"], 0) + 1
    lines.append("ok: %s" % ", ".join("%s (%d)" % pair for pair in sorted(checks.items())))
    lines.append("%d looked at, %d failed, %d warnings" % (
        len(findings), sum(f["status"] == FAILED for f in bad), sum(f["status"] == WARNING for f in bad)))  # fmt: skip
    return lines


def _metrics(findings, worst):
    """The same in the text format of Prometheus: 0 is ok, 1 a warning, 2 a failure."""
    lines = [
        "# HELP ovn_health The worst finding: 0 ok, 1 warning, 2 failed",
        "# TYPE ovn_health gauge",
        "ovn_health %d" % WORST[worst],
    ]
    lines += ["# HELP ovn_health_check One finding: 0 ok, 1 warning, 2 failed", "# TYPE ovn_health_check gauge"]
    for found in findings:
        labels = ",".join('%s="%s"' % (name, _label(found[name])) for name in ("check", "subject"))
        lines.append("ovn_health_check{%s} %d" % (labels, WORST[found["status"]]))
    return "".join(line + "\n" for line in lines)


def _label(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
