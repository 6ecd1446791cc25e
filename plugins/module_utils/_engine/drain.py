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
from .._ovsdb.rows import look, parse_where
from .._ovsdb.values import encode
from .plan import exists
from .want import InvalidError

TAG = "virtnet-drained-priority"
#: table of rows of one chassis -> (the table that has several of them, its column)
_TABLES = {
    "Gateway_Chassis": ("Logical_Router_Port", "gateway_chassis"),
    "HA_Chassis": ("HA_Chassis_Group", "ha_chassis"),
}
_PAUSE = 0.05

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
    try:
        result = apply(module.params, module.check_mode)
    except InvalidError as exc:
        errors = [{"path": path, "message": message} for path, message in exc.problems]
        module.fail_json(msg=str(exc), errors=errors, **exc.facts)
    except OvnError as exc:
        module.fail_json(msg=str(exc), **exc.facts)
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(**result)


def apply(params, check_mode=False):
    """The module's result; raises OvnError."""
    with open_session(params, "OVN_Northbound") as nb:
        found = _Gateways(nb, params["chassis"])
        if not found.places and not found.pinned:
            raise OvnError("chassis: no gateway port and no HA chassis group names the chassis %r" % params["chassis"])
        changes = found.drain() if params["state"] == "drained" else found.bring_back()
        with open_session(params, "OVN_Southbound") as sb:
            before = _active(sb, found)
        if changes and not check_mode:
            nb.transact([operation for change in changes for operation in change["guard"]] +
                        [operation for change in changes for operation in change["operations"]])  # fmt: skip
        committed = bool(changes) and not check_mode
        announcements = found.announcements()
        active = {}
        if params["wait"] and not check_mode:
            _caught_up(nb, params["wait_timeout"], committed)
        with open_session(params, "OVN_Southbound") as sb:
            active = _settle(sb, found, params, wait=params["wait"] and not check_mode, committed=committed)
    warnings = []
    if params["state"] == "drained" and found.pinned:
        warnings.append(
            "the gateway routers %s are pinned to %s by options:chassis: they stop when it does"
            % (", ".join(found.pinned), params["chassis"])
        )
    return {
        "changed": bool(changes),
        "taking_over": found.taking_over(params["state"], before),
        "announcements": announcements,
        "gateways": [
            {"name": place.name, "kind": place.kind, "priority": place.after, "active": active.get(place.name, [])} for place in found.places
        ],
        "pinned": found.pinned,
        "diff": {
            "before": {place.label: place.own["priority"] for place in found.places if place.after != place.own["priority"]},
            "after": {place.label: place.after for place in found.places if place.after != place.own["priority"]},
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
    def label(self):
        return "%s %s" % (_TABLES[self.table][0], self.name)


class _Gateways:
    def __init__(self, nb, chassis):
        self.nb = nb
        self.chassis = chassis
        self.places = []
        for table, (holder, column) in _TABLES.items():
            for own in self._find(table, ["chassis_name", "priority", "external_ids"], {"chassis_name": chassis}):
                for row in self._find(holder, ["name", column], {column: own["_uuid"]}):
                    others = [
                        each
                        for uuid in row[column]
                        for each in self._find(table, ["chassis_name", "priority", "external_ids"], {"_uuid": uuid})
                    ]
                    self.places.append(
                        _Place(table, own, row, [each for each in others if each["chassis_name"] != chassis], self._ports(holder, row))
                    )  # fmt: skip
        self.places.sort(key=lambda place: (place.kind, place.name))
        self.pinned = sorted(
            row["name"] for row in self._find("Logical_Router", ["name"], {"options": {"chassis": chassis}})
        )

    def _find(self, table, columns, where):
        (rows,) = look(self.nb, [(table, columns, parse_where(self.nb, table, where))])
        return [{"_uuid": uuid, **row} for uuid, row in rows.items()]

    def _ports(self, holder, row):
        if holder == "Logical_Router_Port":
            return [row["name"]]
        return [
            port["name"] for port in self._find("Logical_Router_Port", ["name"], {"ha_chassis_group": row["_uuid"]})
        ]

    def taking_over(self, state, active):
        """The chassis that can become active by it, where something moves."""
        if state == "in_service":
            moves = any(chassis != self.chassis for place in self.places for chassis in active[place.name])
            return [self.chassis] if moves else []
        moving = [place for place in self.places if self.chassis in active[place.name]]
        return sorted({other["chassis_name"] for place in moving for other in place.others})

    def announcements(self):
        """What a physical network must hear from the chassis that a router port comes to: ovn-controller says it a second later."""
        found = []
        for port in sorted({port for place in self.places for port in place.ports}):
            (row,) = self._find("Logical_Router_Port", ["mac", "networks"], {"name": port})
            for peer in self._find("Logical_Switch_Port", ["name"], {"options": {"router-port": port}}):
                for switch in self._find("Logical_Switch", ["ports"], {"ports": peer["_uuid"]}):
                    for side in self._find("Logical_Switch_Port", ["name", "tag"], {"type": "localnet"}):
                        if side["_uuid"] in switch["ports"]:
                            ip = next(
                                (network.partition("/")[0] for network in row["networks"] if ":" not in network), None
                            )
                            found.append(
                                {
                                    "port": port,
                                    "mac": row["mac"],
                                    "ip": ip,
                                    "localnet_port": side["name"],
                                    "tag": side["tag"],
                                }
                            )
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


def _caught_up(nb, timeout, committed):
    """Until ovn-northd has told the chassis; whether they have followed is seen by where the ports are."""
    nb.transact([{"op": "mutate", "table": "NB_Global", "where": [], "mutations": [["nb_cfg", "+=", 1]]}])
    rows = nb.transact([{"op": "select", "table": "NB_Global", "where": [], "columns": ["_uuid", "nb_cfg"]}])[0]["rows"]
    if rows and not nb.wait_until("NB_Global", [["sb_cfg", ">=", rows[0]["nb_cfg"]]], timeout):
        raise DeadlineError(
            "wait: after %g s ovn-northd has not caught up (is it running?)" % timeout, committed=committed
        )


def _settle(sb, gateways, params, wait, committed):
    """{place: where each of its ports is}, once they are where they shall be."""
    deadline = time.monotonic() + params["wait_timeout"]
    while True:
        active, missing = _active(sb, gateways), []
        for place in gateways.places:
            here = params["chassis"] in active[place.name]
            highest = all(place.after > other["priority"] for other in place.others)
            if params["state"] == "drained" and (here or None in active[place.name]):
                missing.append("%s is on %s" % (place.label, "it" if here else "no chassis"))
            elif params["state"] == "in_service" and highest and place.ports and not here:
                missing.append("%s is on %s" % (place.label, ", ".join(map(str, active[place.name]))))
        if not wait or not missing:
            return active
        if time.monotonic() > deadline:
            raise DeadlineError(
                "wait: after %g s %s is not %s: %s"
                % (params["wait_timeout"], params["chassis"], params["state"].replace("_", " "), "; ".join(missing)),
                committed=committed,
            )
        time.sleep(_PAUSE)  # ports of several rows, none of which tells of the others


def _active(sb, gateways):
    names = {}
    ports = sorted({port for place in gateways.places for port in place.ports})
    wanted = [
        ("Port_Binding", ["chassis"], parse_where(sb, "Port_Binding", {"logical_port": "cr-" + port})) for port in ports
    ]
    for port, rows in zip(ports, look(sb, wanted)):
        names[port] = next((row["chassis"] for row in rows.values()), None)
    uuids = sorted({uuid for uuid in names.values() if uuid})
    rows = look(sb, [("Chassis", ["name"], parse_where(sb, "Chassis", {"_uuid": uuid})) for uuid in uuids])
    called = {uuid: row["name"] for found in rows for uuid, row in found.items()}
    return {place.name: [called.get(names[port]) for port in place.ports] for place in gateways.places}
