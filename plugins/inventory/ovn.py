# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ovn
short_description: Hosts from OVN's southbound database
version_added: 0.1.0
author: The virtnet.ovn maintainers (@virtnet)
description:
  - Makes a host of each chassis in the southbound database, and if asked of each virtual machine that a chassis has bound, with
    groups and variables of what OVN knows about them.
  - The file's name ends in C(ovn.yml) or C(ovn.yaml).
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [virtnet.ovn.ovn]
  sb:
    description:
      - Where the southbound database listens, as C(ovn-sbctl --db) takes it.
      - One remote or several separated by commas, each C(unix:PATH), C(tcp:HOST:PORT) or C(ssl:HOST:PORT).
        C(cid:UUID) in front pins the cluster.
      - If not given, the environment variable E(OVN_SB_DB) is used, else the unix socket V(unix:/var/run/ovn/ovnsb_db.sock)
        (in the folder E(OVN_RUNDIR) if set).
    type: str
  timeout:
    description: Seconds for connecting, all remotes together, and again for each request.
    type: float
    default: 10
  private_key:
    description: The client's private key for C(ssl:) remotes, a PEM file on the controller.
    type: path
  certificate:
    description: The client's certificate for C(ssl:) remotes, a PEM file on the controller.
    type: path
  ca_cert:
    description: The certificate of the authority that signed the server's certificate, a PEM file on the controller.
    type: path
  leader_only:
    description:
      - Whether only the leader of a cluster is asked. A follower may be a moment behind.
    type: bool
    default: false
  where:
    description:
      - Conditions that a chassis has to meet, on the columns of the table C(Chassis), as O(virtnet.ovn.ovn_info#module:where).
      - Virtual machines on other chassis are left out as well.
    type: raw
  remote:
    description:
      - Whether the chassis of other availability zones, which C(ovn-ic) has put in (C(other_config:is-remote)), are hosts too.
    type: bool
    default: false
  hostname:
    description:
      - What a chassis is called in the inventory. V(hostname) is the name of its host, V(name) its system-id.
      - A chassis that has no hostname, or one that another chassis has too, is called by its name. The latter is warned of,
        and O(ansible_host=hostname) has no effect on it.
    type: str
    choices: [hostname, name]
    default: hostname
  ansible_host:
    description:
      - Where Ansible reaches a chassis. V(hostname) is the name of its host, V(encap_ip) the first IP address of its tunnels,
        in the order of their types and addresses. With V(none) the variable is not set.
      - O(compose) may set it to anything else.
    type: str
    choices: [hostname, encap_ip, none]
    default: hostname
  port_bindings:
    description:
      - Also makes a host of each virtual machine or container, which is to OVN a row of C(Port_Binding) without a C(type) that
        a chassis has bound.
    type: bool
    default: false
  port_where:
    description:
      - With O(port_bindings), conditions that a port binding has to meet, on the columns of the table C(Port_Binding), as
        O(virtnet.ovn.ovn_info#module:where).
    type: raw
  port_hostname:
    description:
      - With O(port_bindings), what such a host is called in the inventory. V(logical_port) is the name of its logical port,
        V(netns) the name of its network namespace where its O(netns_external_id) says so.
      - Those that would have the same name are called by their logical port. A host that would have the name of a chassis is
        left out. Ansible warns of that.
    type: str
    choices: [logical_port, netns]
    default: logical_port
  netns_external_id:
    description:
      - The key of a logical switch port's C(external_ids), which ovn-northd copies to its C(Port_Binding), that names the network
        namespace that the virtual machine is on its chassis.
      - Such a host is reached through its chassis by P(virtnet.ovn.netns#become).
    type: str
    default: virtnet-netns
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - >-
    All chassis are in the group C(ovn_chassis), gateways (C(enable-chassis-as-gw) in C(ovn-cms-options)) in C(ovn_gateway), and
    each chassis in C(ovn_encap_TYPE), C(ovn_bridge_mapping_NETWORK), C(ovn_availability_zone_ZONE) (C(availability-zones=A:B) in
    C(ovn-cms-options)) and C(ovn_transport_zone_ZONE). Virtual machines are in C(ovn_ports) and C(ovn_datapath_NAME).
    Characters that a group's name cannot have become underscores.
  - >-
    The variables of a chassis are C(ovn_name), C(ovn_hostname), C(ovn_encaps) (a list of C(type), C(ip) and C(options)),
    C(ovn_external_ids), C(ovn_other_config), C(ovn_transport_zones), C(ovn_bridge_mappings) (a dictionary), C(ovn_cms_options),
    C(ovn_availability_zones) and C(ovn_gateway).
  - >-
    The variables of a virtual machine are C(ovn_logical_port), C(ovn_chassis) (its chassis' name in the inventory), C(ovn_datapath),
    C(ovn_mac), C(ovn_addresses) (IP addresses), C(ovn_port_security), C(ovn_parent_port), C(ovn_tag), C(ovn_up) and
    C(ovn_external_ids); with a network namespace also C(ansible_host), C(ansible_become), C(ansible_become_method) and
    C(ansible_netns).
  - What is cached are the rows that were read. They are read again when the options that choose them have changed.
seealso:
  - module: virtnet.ovn.ovn_info
  - plugin: virtnet.ovn.netns
    plugin_type: become
"""

EXAMPLES = r"""
# All chassis. The file is called ovn.yml.
plugin: virtnet.ovn.ovn
sb: tcp:192.0.2.1:6642,tcp:192.0.2.2:6642,tcp:192.0.2.3:6642
---
# Gateways by their site, an external_id of their chassis. Ansible reaches them at the addresses of their tunnels.
plugin: virtnet.ovn.ovn
sb: tcp:192.0.2.1:6642
ansible_host: encap_ip
strict: true
compose:
  site: ovn_external_ids.site | default('none')
groups:
  userspace: ovn_other_config['datapath-type'] | default('') == 'netdev'
keyed_groups:
  - key: site
    prefix: site
---
# The virtual machines of one logical switch port owner, beside the chassis that they are on
plugin: virtnet.ovn.ovn
port_bindings: true
port_where:
  external_ids:
    owner: web
port_hostname: netns
keyed_groups:
  - key: ovn_chassis
    prefix: chassis
---
# Chassis of one site only, over TLS, kept for five minutes
plugin: virtnet.ovn.ovn
sb: ssl:192.0.2.1:6642
private_key: /etc/ovn/controller-privkey.pem
certificate: /etc/ovn/controller-cert.pem
ca_cert: /etc/ovn/cacert.pem
where:
  external_ids:
    site: north
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible/ovn
cache_timeout: 300
"""

from ansible.errors import AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.inventory import build, read
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import OvnError

#: The options that choose what is read, and with whom
READ = ("sb", "timeout", "private_key", "certificate", "ca_cert", "leader_only", "where", "port_bindings", "port_where")
BUILD = ("hostname", "ansible_host", "remote", "port_hostname", "netns_external_id")
#: Those of them on which the rows depend
ROWS = ("sb", "where", "port_bindings", "port_where")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Hosts from the southbound database."""

    NAME = "virtnet.ovn.ovn"

    @staticmethod
    def _sanitize_group_name(name):
        return to_safe_group_name(name, force=True, silent=True)

    def verify_file(self, path):
        return super().verify_file(path) and path.endswith(("ovn.yml", "ovn.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        if not isinstance(loader.load_from_file(path, cache="none") or {}, dict):
            raise AnsibleParserError("%s is no dictionary of options with plugin: %s" % (path, self.NAME))
        unknown = set(self._read_config_data(path)) - set(self.get_options())
        if unknown:
            raise AnsibleParserError("%s: %s: no option of %s" % (path, ", ".join(sorted(unknown)), self.NAME))
        try:
            hosts, warnings = build(self._rows(path, cache), {name: self.get_option(name) for name in BUILD})
        except OvnError as exc:
            raise AnsibleParserError("%s: %s" % (path, exc)) from exc
        for text in warnings:
            self.display.warning("%s: %s" % (path, text))
        for host in hosts:
            self._add(host)

    def _rows(self, path, cache):
        """What the database has, or had when it was last read, for as long as the cache keeps it."""
        params = {name: self.get_option(name) for name in READ}
        if not self.get_option("cache"):
            return read(params)
        key, chosen = self.get_cache_key(path), {name: params[name] for name in ROWS}
        kept = self._cache.get(key) if cache else None
        if not kept or kept.get("chosen") != chosen:
            kept = {"chosen": chosen, "rows": read(params)}
            self._cache[key] = kept
        return kept["rows"]

    def _add(self, host):
        self.inventory.add_host(host.name)
        # A chassis writes its own row: nothing in it is a template
        for name, value in host.variables.items():
            self.inventory.set_variable(host.name, name, wrap_var(value))
        for name in host.groups:
            group = self.inventory.add_group(self._sanitize_group_name(name))
            self.inventory.add_child(group, host.name)
        strict = self.get_option("strict")
        variables = self.inventory.get_host(host.name).get_vars()
        self._set_composite_vars(self.get_option("compose"), variables, host.name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host.name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host.name, strict=strict)
