# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole network as one document: what ``ovn_topology`` does."""

from __future__ import annotations

import json
import zlib

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .runner import uncollected, write
from .want import InvalidError, suggestion

STATES = ("merged", "replaced", "overridden", "deleted", "gathered", "rendered")
#: Operations of a plan that a result shows although nobody asked: to take in 20,000 keeps Ansible busy for seconds
SHOWN = 1000
RELEASES = ("23.03", "25.03", "26.03")


def argument_spec():
    return {
        **OVN_ARGUMENTS,
        "topology": {"type": "dict"},
        "src": {"type": "path"},
        "state": {"type": "str", "choices": list(STATES), "default": "merged"},
        "status": {"type": "bool", "default": False},
        "release": {"type": "str", "choices": list(RELEASES), "default": RELEASES[-1]},
        "owner": {"type": "str"},
        "adopt": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "max_deletes": {"type": "int", "default": 10},
        "expect_plan": {"type": "str"},
        "strict": {"type": "bool", "default": False},
        "wait": {"type": "str", "choices": ["none", "sb", "hv"], "default": "none"},
        "wait_timeout": {"type": "float", "default": 30},
        "wait_chassis": {"type": "list", "elements": "str"},
    }


#: Which options go together, in the words of AnsibleModule
TOGETHER = {
    "mutually_exclusive": [("topology", "src")],
    "required_if": [
        ("state", "overridden", ("owner",)),
        *(("state", state, ("topology", "src"), True) for state in STATES if state != "gathered"),
    ],
}


def run_topology(topology):
    """The whole of the module; ``topology`` is {option of the document: entity}."""
    from ansible.module_utils.basic import AnsibleModule, missing_required_lib

    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True, **TOGETHER)
    try:
        conclude(
            module,
            lambda: _bounded(apply(topology, module.params, module.check_mode), module),
        )
    except _NoYaml as exc:
        module.fail_json(msg=missing_required_lib("PyYAML", reason="for a src that is not JSON"), exception=exc.details)


def _bounded(result, module):
    """The result without the operations of a large plan that is written, which cost Ansible more than writing them does."""
    if len(result.get("operations", ())) > SHOWN and not module.check_mode and module.params["state"] != "rendered":
        result["operations_left_out"] = len(result.pop("operations"))
        if not module._diff:
            del result["diff"]
    return result


@uncollected
def apply(topology, params, check_mode=False):
    """The module's result, with ``warnings`` in it; raises OvnError."""
    if params["state"] == "gathered":
        from .gather import gather

        if params.get("topology") is not None or params.get("src"):
            raise OvnError("topology, src: gathered reads the database, and takes no document")
        with open_session(params, "OVN_Northbound") as session:
            document, left_out = gather(session, topology, params.get("owner"), params["status"])
            return {"changed": False, "topology": document, "warnings": left_out}
    if params["status"]:
        raise OvnError("status: only for the state gathered: nobody but OVN's daemons can write it")
    if params["state"] == "overridden" and not params.get("owner"):
        raise OvnError("owner: must not be empty: overridden deletes what this owner has and the document has not")
    if params.get("topology") is None and not params.get("src"):  # a null counts as given, when Ansible looks
        raise OvnError("topology: is missing: topology or src says what there is to be")
    given = params.get("topology") is not None
    wanted = entries(topology, params["topology"]) if given else Source(topology, params["src"])
    if params["state"] == "rendered":
        from .render import render

        return render(wanted, params, topology)
    with open_session(params, "OVN_Northbound") as session:
        return write(session, wanted, params, check_mode, topology)


def entries(topology, document):
    """[(entity, raw entry, path)] of a document; raises InvalidError."""
    wanted, problems = [], []
    if not isinstance(document, dict):
        raise InvalidError([("topology", "expected a dictionary")])
    for option, given in document.items():
        if option == "status":
            continue  # as gathered gives it
        entity = topology.get(option)
        if entity is None:
            problems.append((str(option), "unknown" + suggestion(option, list(topology))))
        elif given is None:
            continue
        elif entity.singleton:
            wanted.append((entity, given, option))
        elif not isinstance(given, list):
            problems.append((option, "expected a list of dictionaries"))
        else:
            wanted.extend((entity, raw, "%s[%d]" % (option, place)) for place, raw in enumerate(given))
    if problems:
        raise InvalidError(problems)
    return wanted


class _NoYaml(Exception):
    def __init__(self, details):
        super().__init__(details)
        self.details = details


class Source:
    """The entries of the document in a file. Each call gives them away, for who takes them to take to pieces: as soon as an
    entry is understood its memory is free. Who must begin again gets them from the text that is kept.
    """

    def __init__(self, topology, path):
        self._topology, self._path = topology, path
        try:
            with open(path, encoding="utf-8") as stream:
                text = stream.read()
        except (OSError, ValueError) as exc:
            raise OvnError("src: %s cannot be read: %s" % (path, getattr(exc, "strerror", None) or exc)) from None
        self._entries = entries(topology, _parse(text, path))
        self._text = zlib.compress(text.encode(), 1)

    def __call__(self):
        found, self._entries = self._entries, None
        if found is None:
            found = entries(self._topology, _parse(zlib.decompress(self._text).decode(), self._path))
        return found


def _parse(text, path):
    """A document, JSON or YAML."""
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except ValueError:
            pass  # flow style YAML looks so, too
    try:
        import yaml
    except ImportError:
        import traceback

        raise _NoYaml(traceback.format_exc()) from None
    try:
        # libyaml's loader is ten times as fast, where PyYAML has it
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except yaml.YAMLError as exc:
        raise OvnError("src: %s is neither JSON nor YAML: %s" % (path, " ".join(str(exc).split()))) from None
