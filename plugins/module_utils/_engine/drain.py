# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a chassis out of its gateways' service, and back: ovn-nb(5), Gateway_Chassis and HA_Chassis, ``priority``.

A chassis with the lowest priority is active only if no other can be. What the priority was stands in the row's external_ids
meanwhile: whoever brings the chassis back finds it there, and rows that nobody drained are left alone.
"""

from __future__ import annotations

import time

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import DeadlineError, OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import each, find
from .._ovsdb.values import encode
from .laggards import await_chassis, chassis_behind
from .plan import exists
from .runner import await_daemons, bump, cfg_of
from .want import InvalidError

TAG = "virtnet-drained-priority"
#: table of rows of one chassis -> (the table that has several of them, its column)
_TABLES = {
    "Gateway_Chassis": ("Logical_Router_Port", "gateway_chassis"),
    "HA_Chassis": ("HA_Chassis_Group", "ha_chassis"),
}
_OF_CHASSIS = ["chassis_name", "priority", "external_ids"]

ARGUMENTS = {
    **OVN_ARGUMENTS,
    "chassis": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["drained", "in_service"], "default": "drained"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 30},
}


def run_drain():
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    conclude(module, lambda: apply(module.params, module.check_mode))


def apply(params, check_mode=False):
    """The module's result; raises OvnError."""
    with open_session(params, "OVN_Northbound") as nb:
        found = _Gateways(nb, params["chassis"])
        if not found.places and not found.pinned:
            raise OvnError("chassis: no gateway port and no HA chassis group names the chassis %r" % params["chassis"])
        changes = found.drain() if params["state"] == "drained" else found.bring_back()
        with open_session(params, "OVN_Southbound") as sb:
            before = _active(sb, found)
        committed = bool(changes) and not check_mode
        wait = params["wait"] and not check_mode
        handing_over = found.handing_over(params["state"], before)
        warnings = []
        # Until ovn-northd has told the chassis; whether they have followed is seen by where the ports are
        northd, cfg = {"wait": "sb" if wait else "none", "wait_timeout": params["wait_timeout"]}, None
        if committed:
            extra, at = bump(nb.database, northd)
            guards = [operation for change in changes for operation in change["guard"]]
            results = nb.transact([*guards, *(op for change in changes for op in change["operations"]), *extra])
            cfg = cfg_of(results[at], nb.database) if extra else None
        announcements = found.announcements()
        deadline = time.monotonic() + params["wait_timeout"]
        await_daemons(nb, nb.database, northd, cfg, {"changed": committed})
        with open_session(params, "OVN_Southbound") as sb:
            active = _settle(sb, found, params, deadline if wait else None, committed)
            if cfg is not None:
                new = {name for place in active for name in active[place] if name not in before[place]}
                warnings += _follow(sb, new, handing_over, cfg, params, deadline) if new else []
    if params["state"] == "drained" and found.pinned:
        warnings.append(
            "the gateway routers %s are pinned to %s by options:chassis: they stop when it does"
            % (", ".join(found.pinned), params["chassis"])
        )
    return {
        "changed": bool(changes),
        "handing_over": handing_over,
        "taking_over": found.taking_over(params["state"], before),
        "announcements": announcements,
        "gateways": [
            {"name": place.name, "kind": place.kind, "priority": place.after, "active": active.get(place.name, [])} for place in found.places
        ],
        "pinned": found.pinned,
        "diff": {
            "before": {place.label: place.own["priority"] for place in found.places if place.changes},
            "after": {place.label: place.after for place in found.places if place.changes},
        },
        "warnings": warnings,
    }  # fmt: skip


class _Place:
    """One of the chassis' rows, beside the others of the same port or group."""

    def __init__(self, table, own, holder, others, ports):
        self.table = table
        self.own = own
        self.kind = "port" if table == "Gateway_Chassis" else "group"
        self.name = holder["name"]
        self.others = others
        self.ports = ports  # the router ports that follow it
        self.after = own["priority"]

    @property
    def changes(self):
        return self.after != self.own["priority"]

    @property
    def leads(self):
        return all(self.after > other["priority"] for other in self.others)

    @property
    def label(self):
        return "%s %s" % (_TABLES[self.table][0], self.name)


class _Gateways:
    def __init__(self, nb, chassis):
        self.nb = nb
        self.chassis = chassis
        self.places = []
        for table, (holder, column) in _TABLES.items():
            for own in each(nb, table, _OF_CHASSIS, "chassis_name", [chassis]):
                for row in each(nb, holder, ["name", column], column, [own["_uuid"]]):
                    beside = each(nb, table, _OF_CHASSIS, "_uuid", row[column])
                    others = [other for other in beside if other["chassis_name"] != chassis]
                    self.places.append(_Place(table, own, row, others, self._ports(holder, row)))
        self.places.sort(key=lambda place: (place.kind, place.name))
        (pinned,) = find(nb, ("Logical_Router", ["name"], {"options": {"chassis": chassis}}))
        self.pinned = sorted(row["name"] for row in pinned)

    def _ports(self, holder, row):
        if holder == "Logical_Router_Port":
            return [row["name"]]
        ports = each(self.nb, "Logical_Router_Port", ["name"], "ha_chassis_group", [row["_uuid"]])
        return [port["name"] for port in ports]

    def handing_over(self, state, active):
        """The chassis that something leaves by it."""
        return sorted({chassis for place in self._moving(state, active) for chassis in active[place.name]} - {None})

    def taking_over(self, state, active):
        """The chassis that can become active by it, where something moves."""
        moving = self._moving(state, active)
        if state == "in_service":
            return [self.chassis] if moving else []
        return sorted({other["chassis_name"] for place in moving for other in place.others})

    def _moving(self, state, active):
        """The places that another chassis becomes active in by what is to change."""
        if state == "drained":
            return [place for place in self.places if place.changes and self.chassis in active[place.name]]
        return [
            place
            for place in self.places
            if place.changes and place.leads and {self.chassis} != set(active[place.name])
        ]

    def announcements(self):
        """What a physical network must hear from the chassis that a router port comes to: ovn-controller says it a second later."""
        found = []
        ports = {port for place in self.places for port in place.ports}
        (localnets,) = find(self.nb, ("Logical_Switch_Port", ["name", "tag"], {"type": "localnet"}))
        for row in each(self.nb, "Logical_Router_Port", ["name", "mac", "networks"], "name", ports):
            ip = next((network.partition("/")[0] for network in row["networks"] if ":" not in network), None)
            (peers,) = find(self.nb, ("Logical_Switch_Port", [], {"options": {"router-port": row["name"]}}))
            for switch in each(self.nb, "Logical_Switch", ["ports"], "ports", {peer["_uuid"] for peer in peers}):
                found += [
                    {"port": row["name"], "mac": row["mac"], "ip": ip, "localnet_port": side["name"], "tag": side["tag"]}
                    for side in localnets
                    if side["_uuid"] in switch["ports"]
                ]  # fmt: skip
        return found

    def drain(self):
        problems, changes = [], []
        for place in self.places:
            serving = [other for other in place.others if TAG not in other["external_ids"]]
            if not serving:
                why = (
                    "is on no other chassis"
                    if not place.others
                    else "has only chassis that are drained, too: %s" % _names(place.others)
                )
                problems.append(("chassis", "%s %s" % (place.label, why)))
            elif TAG not in place.own["external_ids"]:
                highest = max(other["priority"] for other in serving)
                if highest == 0:
                    problems.append(
                        (
                            "chassis",
                            "%s: the others have the priority 0, and nothing is lower: %s"
                            % (place.label, _names(serving)),
                        )
                    )
                    continue
                changes.append(self._change(place, 0, place.own["priority"]))
        if problems:
            raise InvalidError(problems)
        return changes

    def bring_back(self):
        changes = []
        for place in self.places:
            tag = place.own["external_ids"].get(TAG)
            if tag is not None:
                if not tag.isdigit():
                    raise OvnError("%s: external_ids:%s is %r, and no priority" % (place.label, TAG, tag))
                changes.append(self._change(place, int(tag), None))
        return changes

    def _change(self, place, priority, remembered):
        column = self.nb.schema.column(place.table, "external_ids")
        ref = ["uuid", place.own["_uuid"]]
        place.after = priority
        mutations = [["external_ids", "delete", ["set", [TAG]]]]
        if remembered is not None:
            mutations.append(["external_ids", "insert", encode(column, {TAG: str(remembered)})])
        where = [["_uuid", "==", ref]]
        # The others are as they were when this was decided
        guard = [
            exists(place.table, ["uuid", other["_uuid"]], [["priority", "==", other["priority"]]])
            for other in place.others
        ]
        guard.append(exists(place.table, ref, [["priority", "==", place.own["priority"]]]))
        operations = [
            {"op": "update", "table": place.table, "where": where, "row": {"priority": priority}},
            {"op": "mutate", "table": place.table, "where": where, "mutations": mutations},
        ]
        return {"guard": guard, "operations": operations}


def _names(rows):
    return ", ".join(sorted(row["chassis_name"] for row in rows))


def _settle(sb, gateways, params, deadline, committed):
    """{place: where each of its ports is}, once they are where they shall be; at once without a ``deadline``."""
    drained = params["state"] == "drained"
    while True:
        active, missing, late = _active(sb, gateways), [], []
        for place in gateways.places:
            where = active[place.name]
            here = params["chassis"] in where
            if drained and (here or None in where):
                missing.append("%s is on %s" % (place.label, "it" if here else "no chassis"))
                late += [port for port, chassis in zip(place.ports, where) if chassis in (None, params["chassis"])]
            elif not drained and place.leads and place.ports and not here:
                missing.append("%s is on %s" % (place.label, ", ".join(map(str, where))))
                late.append(place.ports[0])  # the others come with it
        if deadline is None or not missing:
            return active
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlineError(
                "wait: after %g s %s is not %s: %s"
                % (params["wait_timeout"], params["chassis"], params["state"].replace("_", " "), "; ".join(missing)),
                committed=committed,
            )
        _await(sb, late[0], params["chassis"], drained, left)


def _follow(sb, new, old, cfg, params, deadline):
    """Until the flows are there: those of the ``new`` gateways without fail, and of whoever sends to them. Returns warnings.

    The ``old`` ones are not waited for: they may be held until the others are ready.
    """
    missing = await_chassis(sb, sorted(new), cfg, deadline)
    if missing:
        raise DeadlineError("wait: after %g s %s" % (params["wait_timeout"], missing), committed=True)
    senders = sorted(name for name in chassis_behind(sb, cfg) if name not in {params["chassis"], *old})
    missing = await_chassis(sb, senders, cfg, deadline)
    return ["after %g s %s. They still send to the old gateway" % (params["wait_timeout"], missing)] if missing else []


def _await(sb, port, chassis, away, timeout):
    """Until a port is on the chassis; or ``away``, on another one."""
    where = [["logical_port", "==", "cr-" + port]]
    me = [
        ["chassis", "!=" if away else "==", ["uuid", row["_uuid"]]]
        for row in each(sb, "Chassis", [], "name", [chassis])
    ]
    if away:
        sb.wait_until("Port_Binding", [*where, ["chassis", "!=", ["set", []]], *me], timeout)
    elif me:
        sb.wait_until("Port_Binding", [*where, *me], timeout)
    else:
        sb.wait_until("Chassis", [["name", "==", chassis]], timeout)


def _active(sb, gateways):
    ports = sorted({port for place in gateways.places for port in place.ports})
    bound = find(sb, *(("Port_Binding", ["chassis"], {"logical_port": "cr-" + port}) for port in ports))
    on = {port: next((row["chassis"] for row in rows), None) for port, rows in zip(ports, bound)}
    names = {row["_uuid"]: row["name"] for row in each(sb, "Chassis", ["name"], "_uuid", set(on.values()) - {None})}
    return {place.name: [names.get(on[port]) for port in place.ports] for place in gateways.places}
