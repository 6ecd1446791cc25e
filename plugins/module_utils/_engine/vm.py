# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs that are network namespaces: looks at the kernel and at Open vSwitch, plans all VMs of the task, brings them about.

Kernel objects know no transactions. So a namespace bears a mark and a port a tag from their first moment on: whatever a run
that was cut off has left is known as ours, and the next run finishes or removes it.
"""

from __future__ import annotations

from .._netns import plan
from .._netns import replay as replays
from .._netns.errors import NetnsError
from .._ovsdb.arguments import open_session
from .._ovsdb.errors import ConnectError, OvnError
from .vm_options import ARGUMENTS, DEFAULTS, ENTRY, parse
from .vm_ports import Switch

#: The kinds of device that an internal port is: a tap in the userspace datapath, the kernel datapath's own
_INTERNAL = ("tun", "openvswitch")


class Vm:
    """One VM: what is wanted, what is there."""

    def __init__(self, want, kernel, switch, root):
        self.want = want
        self.kernel = kernel
        self.switch = switch
        self.space = None
        self.fresh = []  # what this run made: "namespace", "link", "port"
        self.look(root)

    @property
    def name(self):
        return self.want["name"]

    def look(self, root):
        """Reads what is there: the namespace, the port's row, and the link in the namespace; ``root`` are the host's links."""
        want = self.want
        self.found = self.kernel.namespace_state(self.name)
        if self.found == "present" and self.space is None:
            self.space = self.kernel.Namespace(self.name)
        self.links = self.space.links() if self.space else {}
        self.marked = bool(self.space) and self.links["lo"]["alias"] == self.kernel.MARK
        self.tagged = self.switch.port_of(self.name)
        if want["state"] == "absent" and self.tagged and not want["given_port"]:
            want["port"] = self.tagged["name"]
        self.port = self.switch.ports.get(want["port"])
        self.interface = self.port["interface"] if self.port else None
        self.link = self.links.get(want["port"])
        outside = root.get(want["port"])
        kind = self.interface["type"] if self.interface else None
        if kind == "internal":
            # ovs-vswitchd, started again, makes its taps anew, outside; nobody holds the one in the namespace then
            dead = self.link and self.link["up"] and not self.link["carrier"]
            self.unplugged = not self.link or dead or bool(outside and outside["kind"] in _INTERNAL)
        else:
            self.unplugged = kind is None or not (self.link and outside and outside["up"])
        self.now = self._now()
        self.installed = self.switch.installed(want["port"])

    def _now(self):
        want, link = self.want, self.link
        if self.found == "absent" and not self.port:
            return {"name": self.name, "state": "absent"}
        state = {"name": self.name, "state": "incomplete"}
        interface = self.interface or {}
        if self.port:
            state.update(
                bridge=self.port["bridge"],
                port=self.port["name"],
                type=interface.get("type"),
                mtu_request=interface.get("mtu_request"),
                iface_id=interface.get("external_ids", {}).get("iface-id"),
            )
        if link:
            names = {item["index"]: name for name, item in self.links.items()}
            features = set(want["offloads"] or ()) | ({"tx"} if want["type"] == "veth" else set())
            state.update(
                mac=link["mac"],
                mtu=link["mtu"],
                addresses=plan.visible(self.space.addresses(link["index"]), want["addresses"]),
                routes=self.space.routes(names),
                neighbours=self.space.neighbours(link["index"]),
                offloads={name: self.space.offload(want["port"], name) for name in sorted(features)},
            )
        ours = self.marked and self.port and self.port["tag"] == self.name
        if ours and link and link["up"] and self.links["lo"]["up"] and not self.unplugged:
            state["state"] = "present"
        return plan.settle(state)

    def problems(self, root):
        """Why the task must not or cannot do this: (option, message). ``root`` are the links of the host itself."""
        want, name = self.want, self.want["port"]
        if self.space and not self.marked and not want["adopt"]:
            yield (
                "name",
                "the namespace %s exists and was not made by this module; adopt: true takes it over" % self.name,
            )
        if self.port and self.port["tag"] != self.name:
            if self.port["tag"]:
                yield "port", "%s belongs to the VM %s" % (name, self.port["tag"])
            elif not want["adopt"]:
                yield (
                    "port",
                    (
                        "the port %s exists on the bridge %s and was not made by this module; adopt: true takes it over"
                        % (name, self.port["bridge"])
                    ),
                )
        if want["state"] == "absent":
            return
        if self.tagged and self.tagged["name"] != name:
            yield "port", "the VM has the port %s already; a port is not renamed" % self.tagged["name"]
        bridge = self.switch.bridges.get(want["bridge"])
        if self.port:
            if self.port["bridge"] != want["bridge"]:
                yield "bridge", "the port is on the bridge %s; a VM is not moved: remove it first" % self.port["bridge"]
            if self.interface is None:
                yield "port", "%s is a bond" % name
            elif self.interface["type"] not in (None, want["type"]):
                yield (
                    "type",
                    "the port is of type %s; it is not changed on a VM: remove it first" % self.interface["type"],
                )
        elif bridge and (name in root or self.link) and not self.half_veth(root):
            yield "port", "a network device %s exists already, and is not a port of Open vSwitch" % name
        if want["iface_id"]:
            for interface in self.switch.interfaces.values():
                if interface["external_ids"].get("iface-id") == want["iface_id"] and interface["name"] != name:
                    yield (
                        "iface_id",
                        "%s is already that of the interface %s on this host" % (want["iface_id"], interface["name"]),
                    )
        yield from plan.problems(want, self.then)

    def half_veth(self, root):
        """Whether the pair is there, as this module makes it, and only the port's row is missing."""
        return (
            self.want["type"] == "veth"
            and self.marked
            and self.link
            and self.link["kind"] == "veth"
            and self.want["port"] in root
            and self.link["peer"] == root[self.want["port"]]["index"]
        )

    def decide(self):
        bridge = self.switch.bridges.get(self.want["bridge"])
        self.then = plan.after(self.want, self.now, bool(bridge) and bridge["datapath_type"] == "netdev")
        if self.want["state"] == "absent":
            self.changes = ["state"] if self.now["state"] != "absent" else []
        else:
            self.changes = plan.changes(self.now, self.then)

    # -- present --------------------------------------------------------------------------------------------------

    def prepare(self, host):
        """The namespace, marked, and the pair of a veth port."""
        if not self.space:
            self.space = self.kernel.Namespace.create(self.name)
            self.fresh.append("namespace")
        elif not self.marked:
            self.space.adopt()
        if self.want["type"] == "veth" and not self.link:
            host.add_veth(self.want["port"], self.name)
            self.fresh.append("link")

    def operations(self, number):
        """What the Open_vSwitch database must hold."""
        if not self.port:
            self.fresh.append("port")
            return self.switch.insert(self.want, number)
        fields = set(self.changes) & {"iface_id", "mtu_request"}
        if fields or self.port["tag"] != self.name:
            return self.switch.update(self.want, self.port, fields)
        return []

    def stale(self, root):
        """Whether ovs-vswitchd must open the device of a port that stands anew."""
        if not self.port:
            return False
        if self.interface["type"] is None or self.want["type"] == "veth":
            return self.interface["type"] is None or "link" in self.fresh
        return self.unplugged and self.want["port"] not in root

    def take(self, host):
        """Moves the device of an internal port from where ovs-vswitchd made it into the namespace; a veth's end stays, up."""
        if self.want["type"] == "veth":
            # ovs-vswitchd closes the device of a port by its name: it may have put down the one that took the place
            host.set_link_up(self.want["port"])
            return
        if not self.unplugged:
            return
        found = host.links().get(self.want["port"])
        if found is None:
            self.switch.read()
            interface = (self.switch.ports.get(self.want["port"]) or {}).get("interface") or {}
            raise NetnsError(
                "ovs-vswitchd did not make the device %s: %s"
                % (
                    self.want["port"],
                    interface.get("error") or "does it run in another network namespace than this task?",
                ),
                "port",
            )
        dead = self.space.links().get(self.want["port"])
        if dead:
            self.space.delete_link(dead["index"])
        host.move(found["index"], self.name)

    def configure(self):
        """Link, MAC, addresses, routes, and then neighbours: a change of the MAC flushes them, an address takes its routes along."""
        want, then, space = self.want, self.then, self.space
        links = space.links()
        indexes = {name: link["index"] for name, link in links.items()}
        link = links[want["port"]]
        index = link["index"]
        if not links["lo"]["up"]:
            space.set_link(links["lo"]["index"], None, state="up")
        if then["mac"] and link["mac"] != then["mac"]:
            space.set_link(index, "mac", address=then["mac"])
        if then["mtu"] and link["mtu"] != then["mtu"]:
            space.set_link(index, "mtu", mtu=then["mtu"])
        for feature, on in then["offloads"].items():
            if on is not None and space.offload(want["port"], feature) is not on:
                space.offload(want["port"], feature, on)
        if not link["up"]:
            space.set_link(index, None, state="up")

        have = plan.visible(space.addresses(index), want["addresses"])
        gone, new = plan.difference(have, then["addresses"], str)
        # What the user does not mention is put back where the kernel took it away, and never removed
        for address in gone if want["addresses"] is not None else ():
            space.address("del", index, address)
        if gone:  # the secondary addresses of a network go with its first
            new = plan.difference(space.addresses(index), then["addresses"], str)[1]
        for address in new:
            space.address("add", index, address)

        have = space.routes({number: name for name, number in indexes.items()})
        gone, new = plan.difference(have, then["routes"], lambda route: (route["dst"], route["metric"]))
        for route in gone if want["routes"] is not None else ():
            space.route("del", route, indexes)
        for route in sorted(new, key=lambda route: bool(route["via"])):  # networks before the gateways on them
            space.route("replace", route, indexes)

        gone, new = plan.difference(space.neighbours(index), then["neighbours"], lambda entry: entry["ip"])
        for entry in gone if want["neighbours"] is not None else ():
            space.neighbour("del", index, entry)
        for entry in new:
            space.neighbour("replace", index, entry)

    # -- absent ---------------------------------------------------------------------------------------------------

    def remove(self):
        """The rest of a VM whose port is off its bridge."""
        if self.space:
            link = self.space.links().get(self.want["port"])
            if link and link["kind"] == "veth":
                self.space.delete_link(link["index"])  # at once: the namespace lives on while a process is in it
            self.space.remove()
            self.space = None
        elif self.found == "broken":
            self.kernel.Namespace.remove_broken(self.name)


def main():
    """The module M(virtnet.ovn.netns_vm)."""
    from ansible.module_utils.basic import AnsibleModule, missing_required_lib

    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[("name", "objects")],
        required_one_of=[("name", "objects")],
        supports_check_mode=True,
    )
    wants, problems = parse(module.params)
    problems += replays.problems(wants)
    if problems:
        _refuse(module, problems)
    from .._netns import kernel  # 0.2 s: only when the arguments are good

    if kernel.PYROUTE2_ERROR:
        module.fail_json(msg=missing_required_lib("pyroute2"), exception=kernel.PYROUTE2_ERROR)
    try:
        _run(module, wants, kernel)
    except ConnectError as exc:
        module.fail_json(msg="a VM needs Open vSwitch on its host: %s" % exc)
    except OvnError as exc:
        module.fail_json(msg=str(exc), **exc.facts)


def _refuse(module, problems):
    module.fail_json(msg="\n".join("%s: %s" % problem for problem in problems))


def _run(module, wants, kernel):
    with open_session(module.params, "Open_vSwitch") as session:
        switch = Switch(session)
        host = kernel.Namespace()
        root = host.links()
        vms = [Vm(want, kernel, switch, root) for want in wants]
        unresolved = _decide(module, vms, root, switch)
        changed = [vm for vm in vms if vm.changes]
        result = {
            "changed": bool(changed),
            "diff": {"before": {vm.name: vm.now for vm in changed}, "after": {vm.name: vm.then for vm in changed}},
        }
        if unresolved:
            result["unresolved"] = unresolved
        kept = (
            None
            if isinstance(module, replays.Task)
            else replays.Replay("vms", __name__, "netns_vm", "Virtual machines that are network namespaces")
        )
        if not module.check_mode:
            for vm in changed:
                busy = kernel.processes_in(vm.name) if vm.want["state"] == "absent" else ()
                if busy:
                    module.warn(
                        "%s: processes still run in its namespace, now without a network: %s"
                        % (vm.name, ", ".join(busy))
                    )
            if changed:
                _apply(changed, switch, host)
                switch.read()
                root = host.links()
                for vm in changed:
                    vm.look(root)
            if kept:
                result["changed"] |= kept.settle(_declared(vms, kept, "now"))
            if module.params["wait"]:
                waiting = [
                    vm.want for vm in vms if vm.want["state"] == "present" and vm.want["iface_id"] and not vm.installed
                ]
                try:
                    if waiting:
                        switch.wait_installed(waiting, module.params["wait_timeout"])
                except OvnError as exc:
                    module.fail_json(msg=str(exc), committed=True, objects=_objects(vms, False), **result)
        elif kept:
            result["changed"] |= kept.settle(_declared(vms, kept, "then"), check_mode=True)
        module.exit_json(objects=_objects(vms, module.check_mode), **result)


#: What of a VM's state is an option, too
_STATE = ("bridge", "port", "type", "mac", "addresses", "routes", "neighbours", "offloads", "iface_id")


def _declared(vms, kept, state):
    """{name: what makes this VM again as it is, or None} of those that are persistent, or were."""
    found: dict[str, dict | None] = {}
    for vm in vms:
        is_state, persistent = getattr(vm, state), vm.want["persistent"]
        if persistent is None:
            persistent = vm.name in kept.entries
        if vm.want["state"] == "absent" or not persistent:
            found[vm.name] = None
        else:
            found[vm.name] = {**{name: is_state.get(name) for name in _STATE}, "mtu": is_state.get("mtu_request")}
    return found


def replay(declared):
    """Makes persistent VMs again, after the kernel or Open vSwitch began anew."""
    from .._netns import kernel

    params = {**dict.fromkeys(ENTRY), **DEFAULTS, "ovs": None, "timeout": 60.0, "wait": False, "wait_timeout": 0.0}
    params["objects"] = [{"name": name, **entry} for name, entry in sorted(declared.items())]
    task = replays.Task(params)
    wants, problems = parse(params)
    if problems:
        _refuse(task, problems)
    try:
        _run(task, wants, kernel)
    except OvnError as exc:
        task.fail_json(str(exc))


def _objects(vms, planned):
    return [
        {
            **(vm.then if planned else vm.now),
            "changed": bool(vm.changes),
            "ofport": vm.interface["ofport"] if vm.interface and vm.want["state"] == "present" else None,
        }
        for vm in vms
    ]


def _decide(module, vms, root, switch):
    """Plans every VM; fails with all that is wrong, or returns what a check mode run could not resolve."""
    problems, unresolved = [], []
    for vm in vms:
        vm.decide()
        want = vm.want
        problems += [(want["path"] + option, message) for option, message in vm.problems(root)]
        if want["state"] == "present" and want["bridge"] not in switch.bridges:
            missing = "there is no bridge %s on this host" % want["bridge"]
            if module.check_mode:
                unresolved.append("bridge %s" % want["bridge"])
                module.warn("%sbridge: %s" % (want["path"], missing))
            else:
                problems.append((want["path"] + "bridge", missing))
    if problems:
        _refuse(module, problems)
    return sorted(set(unresolved))


def _apply(vms, switch, host):
    gone = [vm for vm in vms if vm.want["state"] == "absent"]
    wanted = [vm for vm in vms if vm.want["state"] == "present"]
    now = None
    try:
        for now in wanted:
            now.prepare(host)
        now = None
        operations = [op for vm in gone if vm.port for op in switch.delete(vm.port)]
        operations += [op for number, vm in enumerate(wanted) for op in vm.operations(number)]
        if operations or any(vm.unplugged for vm in wanted):
            switch.commit(operations)  # an ovs-vswitchd that is just starting has made its devices then
        root = host.links()
        stale = [vm.want for vm in wanted if vm.stale(root)]
        if stale:
            switch.replug(stale)
        for now in gone:
            now.remove()
        for now in wanted:
            now.take(host)
        for now in wanted:
            now.configure()
    except OvnError as exc:
        _undo(wanted, switch, host)
        if isinstance(exc, NetnsError) and now is not None:
            option = now.want["path"] + exc.option if exc.option else now.want["path"].rstrip(".") or "name"
            raise NetnsError("%s: %s: %s" % (option, now.name, exc)) from None
        raise


def _undo(vms, switch, host):
    """Ports that this run made and that did not get into their namespaces must not stay outside; nor what is of no use without them."""
    for vm in vms:
        if "port" not in vm.fresh and "namespace" not in vm.fresh:
            continue
        try:
            if vm.space and vm.want["port"] in vm.space.links() and "link" not in vm.fresh:
                continue  # it is in place: the next run goes on from here
            switch.read()
            port = switch.port_of(vm.name)
            if port and "port" in vm.fresh:
                switch.write(switch.delete(port))
            if "link" in vm.fresh:
                host.delete_link(host.links()[vm.want["port"]]["index"])
            if "namespace" in vm.fresh:
                vm.space.remove()
        except (OvnError, KeyError):
            continue  # the first error is the one to tell; what is left bears our mark
