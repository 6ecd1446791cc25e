# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's modules call: options in, a result or a message out."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from .errors import LabError
from .hosts import Lab
from .image import ImageCache, Recipe, architecture, ensure, timed
from .paths import DEFAULT_RUN_DIR

DEFAULT_CACHE_DIR = "/var/cache/virtnet-lab"
STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
ROUTE = {"to": {"type": "str", "required": True}, "via": {"type": "str", "required": True}}
INTERFACE = {
    "name": {"type": "str", "required": True},
    "network": {"type": "str", "required": True},
    "mac": {"type": "str"},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "routes": {"type": "list", "elements": "dict", "default": [], "options": ROUTE},
}
HOST = {
    "name": {"type": "str", "required": True},
    "interfaces": {"type": "list", "elements": "dict", "default": [], "options": INTERFACE},
}
NETWORK = {"name": {"type": "str", "required": True}, "mtu": {"type": "int", "default": 1500}}


def run_image():
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "str", "required": True},
            "local_packages": {"type": "list", "elements": "str", "default": []},
            "install_local": {"type": "bool", "default": True},
            "cache_dir": {"type": "path", "default": DEFAULT_CACHE_DIR},
            "mirror": {"type": "str"},
            "keyring": {"type": "path", "no_log": False},
            "state": STATE,
        },
        supports_check_mode=True,
    )
    _finish(module, _image)


def run_hosts():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "lab"},
            "image": {"type": "path"},
            "networks": {"type": "list", "elements": "dict", "default": [], "options": NETWORK},
            "hosts": {"type": "list", "elements": "dict", "default": [], "options": HOST},
            "limit": {"type": "list", "elements": "str", "default": []},
            "keep_disks": {"type": "bool", "default": False},
            "run_dir": {"type": "path", "default": DEFAULT_RUN_DIR},
            "timeout": {"type": "int", "default": 60},
            "state": STATE,
        },
        required_if=[("state", "present", ["image", "hosts"])],
        supports_check_mode=True,
    )
    _finish(module, _hosts_present if module.params["state"] == "present" else _hosts_absent)


def _finish(module, action):
    try:
        result = action(module, module.params)
    except LabError as error:
        module.fail_json(msg=str(error), **error.details)
    except OSError as error:
        module.fail_json(msg="The operating system refused: %s" % error)
    module.exit_json(**result)


def _image(module, given):
    recipe = Recipe(
        given["release"], given["packages"], given["local_packages"], given["install_local"], architecture()
    )
    cache = ImageCache(given["cache_dir"])
    there, wanted = cache.has(recipe), given["state"] == "present"
    changed, seconds = there != wanted, 0.0
    if changed and not module.check_mode:
        if wanted:
            changed, seconds = timed(ensure, cache, recipe, given["mirror"], given["keyring"])
        else:
            cache.remove(recipe)
    return {
        "changed": changed,
        "path": cache.path(recipe),
        "seconds": seconds,
        "diff": {
            "before": {"image": recipe.name if there else None},
            "after": {"image": recipe.name if wanted else None},
        },
    }


def _hosts_present(module, given):
    lab = Lab(given["run_dir"], given["name"])
    networks, hosts, states = lab.up(
        given["networks"],
        given["hosts"],
        given["image"],
        given["timeout"],
        module.check_mode,
        given["limit"],
        given["keep_disks"],
    )
    for name, seen in states.items():
        if seen["state"] != "running":
            units = ", ".join(seen["failed_units"]) or "no unit has failed"
            module.warn("Lab host %s is %s: %s" % (name, seen["state"], units))
    return {
        "changed": any(action != "kept" for actions in (networks, hosts) for action in actions.values()),
        "hosts": {name: dict(states.get(name, {}), action=action) for name, action in hosts.items()},
        "networks": networks,
        "diff": {
            "before": {"hosts": _without(hosts, "created"), "networks": _without(networks, "created")},
            "after": {"hosts": _without(hosts, "removed"), "networks": _without(networks, "removed")},
        },
    }


def _without(actions, unwanted):
    return sorted(name for name, action in actions.items() if action != unwanted)


def _hosts_absent(module, given):
    names = Lab(given["run_dir"], given["name"]).down(module.check_mode)
    return {
        "changed": names is not None,
        "hosts": {name: {"action": "removed"} for name in names or []},
        "diff": {"before": {"hosts": names or []}, "after": {"hosts": []}},
    }
