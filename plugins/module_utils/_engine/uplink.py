# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's uplinks: bridges with their network interfaces, in Open vSwitch's database and in the kernel.

The host may be reached by the very addresses that move. So the bridge gets them before the interface loses them, and a route
is replaced in one step: wherever this is cut off, the host has its addresses, and the next run goes on.
"""

from __future__ import annotations

from .._model.ovs.bridge import BRIDGE
from .._model.ovs.open_vswitch import OPEN_VSWITCH
from .._model.ovs.settings import parts, with_parts
from .._netns import replay as replays
from .._netns.errors import NetnsError
from .._ovsdb.arguments import OVS_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .runner import apply

MAPPINGS = "ovn-bridge-mappings"
OPTIONS: dict[str, dict] = {
    "bridge": {"type": "str"},
    "interface": {"type": "str"},
    "physical_network": {"type": "str"},
    "datapath_type": {"type": "str", "choices": ["system", "netdev"]},
    "state": {"type": "str", "choices": ["present", "absent"]},
    "persistent": {"type": "bool"},
}


def merged(text, uplinks):
    """The mappings, with those of the uplinks ensured or taken away. Others stay, and so does their order."""
    changes = {}
    for want in uplinks:
        if want["state"] == "absent":
            changes.update((network, None) for network, bridge in parts(text).items() if bridge == want["bridge"])
        elif want["physical_network"]:
            changes[want["physical_network"]] = want["bridge"]
    return with_parts(text, changes) or ""


def problems(uplinks):
    """What is wrong with the task as written."""
    for option in ("bridge", "interface", "physical_network"):
        seen = {}
        for want in uplinks:
            value = want[option]
            if not value:
                if option == "bridge":
                    yield "%sbridge: is missing" % want["path"]
                continue
            if value in seen:
                yield "%s%s: %r is given twice" % (want["path"], option, value)
            seen[value] = True
            if option == "physical_network" and ("," in value or ":" in value):
                yield "%sphysical_network: %r has a comma or a colon in it" % (want["path"], value)
    for want in uplinks:
        if want["bridge"] and want["bridge"] == want["interface"]:
            yield "%sinterface: %r is the bridge itself" % (want["path"], want["interface"])


def main():
    """The module M(virtnet.ovn.ovs_uplink)."""
    from ansible.module_utils.basic import AnsibleModule, missing_required_lib

    module = AnsibleModule(
        argument_spec={
            **OVS_ARGUMENTS,
            **OPTIONS,
            "state": {**OPTIONS["state"], "default": "present"},
            "objects": {"type": "list", "elements": "dict", "options": OPTIONS},
            "wait_timeout": {"type": "float", "default": 30},
        },
        mutually_exclusive=[("bridge", "objects")],
        required_one_of=[("bridge", "objects")],
        supports_check_mode=True,
    )
    from .._netns import uplink as kernel
    from .._netns.kernel import PYROUTE2_ERROR

    if PYROUTE2_ERROR:
        module.fail_json(msg=missing_required_lib("pyroute2"), exception=PYROUTE2_ERROR)
    params = module.params
    own = {name: params[name] for name in OPTIONS}
    uplinks = [{**own, "path": ""}]
    if params["objects"] is not None:
        uplinks = [
            {
                **{name: own[name] if entry[name] is None else entry[name] for name in OPTIONS},
                "path": "objects[%d]." % place,
            }
            for place, entry in enumerate(params["objects"])
        ]
    found = list(problems(uplinks)) + ["%s: %s" % problem for problem in replays.problems(uplinks)]
    if found:
        module.fail_json(msg="\n".join(found))
    conclude(module, lambda: _ensure(params, uplinks, kernel, module.check_mode))


def _ensure(params, uplinks, kernel, check_mode):
    kept = replays.Replay("uplinks", __name__, "ovs_uplink", "Addresses of Open vSwitch's bridges")
    work = Uplinks(params, uplinks, kernel, check_mode)
    result = work.run()
    result["changed"] |= kept.settle(work.declared(kept.entries), check_mode)
    return result


#: On a gateway, some releases of ovn-controller (26.03.1 is one) have the next ovs-vswitchd forward nothing before they have reached the
#: southbound database. Where they reach it by a bridge of that ovs-vswitchd, they never do. What others set has other reasons.
_FORWARD = {
    "op": "mutate",
    "table": "Open_vSwitch",
    "where": [["external_ids", "includes", ["map", [["ovn-managed-flow-restore-wait", "true"]]]]],
    "mutations": [["other_config", "delete", ["map", [["flow-restore-wait", "true"]]]]],
}


def replay(declared):
    """Brings persistent uplinks about again. Where an interface has addresses by now, those are right, and else those that the bridge had."""
    from .._netns import uplink as kernel

    uplinks = [
        {**dict.fromkeys(OPTIONS), **entry, "bridge": bridge, "state": "present", "path": ""}
        for bridge, entry in sorted(declared.items())
    ]
    params = {"ovs": None, "timeout": 60.0, "wait_timeout": 60.0}
    try:
        if any(entry["addresses"] for entry in declared.values()):
            with open_session(params, "Open_vSwitch") as session:
                session.transact([_FORWARD])
        Uplinks(params, uplinks, kernel, False).run()
        host = kernel.Host()
        for bridge, entry in declared.items():
            if entry["addresses"] and not host.movable(bridge)[0]:
                if bridge not in host.devices:
                    raise NetnsError("ovs-vswitchd did not make the device %s" % bridge)
                host.up(bridge)
                host.give(bridge, entry["addresses"], entry["routes"])
    except OvnError as exc:
        raise SystemExit(str(exc)) from None


class Uplinks:
    def __init__(self, params, uplinks, kernel, check_mode):
        self.params = params
        self.uplinks = uplinks
        self.kernel = kernel
        self.check_mode = check_mode
        self.host = kernel.Host()

    def run(self):
        for want in self.uplinks:
            device = want["interface"]
            if want["state"] == "present" and device and device not in self.host.devices:
                raise NetnsError("%sinterface: this host has no network interface %r" % (want["path"], device))
        self.look()
        before = {want["bridge"]: self.kernel_state(want) for want in self.uplinks}
        after = {want["bridge"]: self.wanted_state(want) for want in self.uplinks}
        moved = {name: after[name] != before[name] for name in before}
        taken = {
            want["bridge"]: self.host.movable(want["bridge"]) for want in self.uplinks if want["state"] == "absent"
        }
        rows = self.write()
        if not self.check_mode:
            self.host.refresh()
            for want in self.uplinks:
                if moved[want["bridge"]] or (want["state"] == "absent" and want["bridge"] in self.bridges):
                    self.settle(want, taken.get(want["bridge"]))
        changed = rows["changed"] or any(moved.values())
        return {
            "changed": changed,
            "diff": {
                "before": {**rows["diff"]["before"], **{name: before[name] for name in before if moved[name]}},
                "after": {**rows["diff"]["after"], **{name: after[name] for name in after if moved[name]}},
            },
            "objects": [
                {"bridge": want["bridge"], "interface": want["interface"] or self.plugged(want), "state": want["state"],
                 "changed": moved[want["bridge"]] or want["bridge"] in rows["bridges"],
                 "addresses": after[want["bridge"]].get("addresses", [])}
                for want in self.uplinks
            ],
            "bridge_mappings": parts(rows["mappings"]),
        }  # fmt: skip

    def declared(self, before):
        """{bridge: what makes this uplink again as it is, or None} of those that are persistent, or were."""
        found: dict[str, dict | None] = {}
        for want in self.uplinks:
            bridge = want["bridge"]
            persistent = bridge in before if want["persistent"] is None else want["persistent"]
            if want["state"] == "absent" or not persistent:
                found[bridge] = None
                continue
            # In check mode nothing has moved yet
            self.host.refresh()
            moved = [self.host.movable(device) for device in (bridge, want["interface"]) if device]
            found[bridge] = {
                "interface": want["interface"],
                "datapath_type": want["datapath_type"],
                "addresses": [address for addresses, _routes in moved for address in addresses],
                "routes": [{**route, "oif": None} for _addresses, routes in moved for route in routes],
            }
        return found

    # -- the database ---------------------------------------------------------------------------------------------

    def look(self):
        """What Open vSwitch has: {bridge: (datapath type, its ports' names)}, and the mappings."""
        with open_session(self.params, "Open_vSwitch") as session:
            bridges, ports, root = session.transact(
                [
                    {
                        "op": "select",
                        "table": "Bridge",
                        "where": [],
                        "columns": ["_uuid", "name", "datapath_type", "ports"],
                    },
                    {"op": "select", "table": "Port", "where": [], "columns": ["_uuid", "name"]},
                    {"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["_uuid", "external_ids"]},
                ]
            )
        names = {port["_uuid"][1]: port["name"] for port in ports["rows"]}
        self.bridges = {
            row["name"]: (row["datapath_type"],
                          [names[item[1]] for item in ([row["ports"]] if row["ports"][0] == "uuid" else row["ports"][1])])
            for row in bridges["rows"]
        }  # fmt: skip
        self.mappings = dict(root["rows"][0]["external_ids"][1]).get(MAPPINGS, "") if root["rows"] else ""

    def plugged(self, want):
        """The network interface of a bridge that is to go: the one device of the kernel's among its ports."""
        ports = self.bridges.get(want["bridge"], ("", ()))[1]
        devices = [name for name in ports if name != want["bridge"] and name in self.host.devices]
        return devices[0] if len(devices) == 1 else None

    def write(self):
        """The rows, through the engine: its plan is what check mode and the diff show."""
        common = {
            **{name: self.params[name] for name in OVS_ARGUMENTS},
            "wait": True,
            "wait_timeout": self.params["wait_timeout"],
        }
        mappings = merged(self.mappings, self.uplinks)
        names = {MAPPINGS: mappings or None}
        results = []
        objects = []
        for want in self.uplinks:
            entry = {"name": want["bridge"], "state": want["state"]}
            if want["state"] == "present":
                if (
                    want["datapath_type"]
                    and (self.bridges.get(want["bridge"], ("",))[0] or "system") != want["datapath_type"]
                ):
                    entry["datapath_type"] = want["datapath_type"]
                if want["interface"]:
                    entry["ports"] = [{"name": want["interface"]}]
                    # Left to itself, Open vSwitch makes up a MAC address where the interface's is a locally administered one
                    entry["other_config"] = {"hwaddr": self.host.devices[want["interface"]]["mac"]}
            objects.append(entry)
        if objects:
            results.append(apply(BRIDGE, {**common, "objects": objects, "force": True}, self.check_mode))
        if mappings != self.mappings:
            results.append(apply(OPEN_VSWITCH, {**common, "external_ids": names}, self.check_mode))
        diff = {side: {} for side in ("before", "after")}
        for result in results:
            for side, shown in diff.items():
                shown.update(result["diff"][side])
        return {
            "changed": any(result["changed"] for result in results),
            "diff": diff,
            "mappings": mappings,
            "bridges": {found["name"] for found in results[0]["objects"] if found["changed"]} if objects else set(),
        }

    # -- the kernel -----------------------------------------------------------------------------------------------

    def userspace(self, want):
        return (want["datapath_type"] or self.bridges.get(want["bridge"], ("",))[0]) == "netdev"

    def kernel_state(self, want):
        """What of the kernel's this task is about, as it is."""
        device, devices = want["interface"], self.host.devices
        if want["state"] == "absent" or not device:
            return {}
        state = {
            "addresses": self.kernel.shown(self.host.movable(want["bridge"])[0]),
            "interface_addresses": self.kernel.shown(self.host.movable(device)[0]),
            "interface_up": devices[device]["up"],
            "bridge_up": devices.get(want["bridge"], {"up": False})["up"],
        }
        if self.userspace(want):
            state["kernel_ignores_interface"] = self.kernel.is_deaf(device)
            if devices[device]["kind"] in ("veth", "tun"):
                state["tx_checksum_offload"] = self.host.offload(device, "tx")
        return state

    def wanted_state(self, want):
        """The same as it is to be."""
        state = self.kernel_state(want)
        if not state:
            return state
        state["addresses"] = sorted({*state["addresses"], *state["interface_addresses"]})
        state["interface_addresses"] = []
        state["interface_up"] = True
        state["bridge_up"] = state["bridge_up"] or bool(state["addresses"])
        if "kernel_ignores_interface" in state:
            state["kernel_ignores_interface"] = True
        if state.get("tx_checksum_offload"):
            state["tx_checksum_offload"] = False
        return state

    def settle(self, want, taken):
        host, bridge = self.host, want["bridge"]
        if want["state"] == "absent":
            device = want["interface"] or self.plugged(want)
            if device in host.devices:
                self.kernel.make_deaf(device, False)
                host.give(device, *taken)
            return
        device = want["interface"]
        if not host.devices[device]["up"]:
            host.up(device)
        if host.movable(device)[0] or host.movable(bridge)[0]:
            if bridge not in host.devices:
                raise NetnsError(
                    "ovs-vswitchd did not make the device %s: does it run in another network namespace than this task?"
                    % bridge
                )
            host.up(bridge)
            host.transfer(device, bridge)
        if self.userspace(want):
            self.kernel.make_deaf(device)
            if host.devices[device]["kind"] in ("veth", "tun") and host.offload(device, "tx"):
                host.offload(device, "tx", False)
