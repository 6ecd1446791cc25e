# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a network: what ``ovn_topology_graph`` does."""

from __future__ import annotations

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import look
from .draw import KINDS, describe, dot, mermaid, svg
from .graph import COLUMNS, VIEWS, graph

_FORMATS = {
    "svg": svg,
    "dot": lambda drawn, _timeout: dot(drawn),
    "mermaid": lambda drawn, _timeout: mermaid(drawn),
}


def run_topology_graph():
    module = AnsibleModule(
        argument_spec={
            **OVN_ARGUMENTS,
            "views": {"type": "list", "elements": "str", "choices": list(VIEWS), "default": ["logical"]},
            "formats": {"type": "list", "elements": "str", "choices": list(_FORMATS), "default": ["svg"]},
            "fold": {"type": "int", "default": 10},
            "highlight": {"type": "list", "elements": "str", "default": []},
            "graphs": {"type": "list", "elements": "dict"},
            "path": {"type": "path"},
            "leader_only": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("graphs", "highlight")],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    conclude(module, lambda: _draw(module))


def _draw(module):
    params = module.params
    _check(params)
    graphs = params["graphs"]
    if graphs is None:
        rows = read(params)
        graphs = [graph(view, rows, params["fold"], params["highlight"]) for view in params["views"]]
    pictures = [
        {
            "view": drawn["view"],
            "graph": drawn,
            "description": describe(drawn),
            **{name: _FORMATS[name](drawn, params["timeout"]) for name in params["formats"]},
        }
        for drawn in graphs
    ]
    return {"pictures": pictures, **(_write(module, pictures[0][params["formats"][0]]) if params["path"] else {})}


def _check(params):
    if params["fold"] < 0:
        raise OvnError("fold: %d is no number of nodes; 0 never folds" % params["fold"])
    check_graphs(params["graphs"] or ())
    if not params["path"]:
        return
    pictures = params["views"] if params["graphs"] is None else params["graphs"]
    for option, given in (
        ("formats", params["formats"]),
        ("views" if params["graphs"] is None else "graphs", pictures),
    ):
        if len(given) != 1:
            raise OvnError("path: one file holds one picture, and %s asks for %d" % (option, len(given)))
    folder = os.path.dirname(os.path.abspath(params["path"]))
    if not os.path.isdir(folder):
        raise OvnError("path: there is no folder %s" % folder)
    if os.path.isdir(params["path"]):
        raise OvnError("path: %s is a folder, and a file is expected" % params["path"])


_NODE = {"id": str, "kind": str, "name": str, "lines": list, "count": int, "on_path": bool}
_EDGE = {"kind": str, "from": str, "to": str, "label": str, "on_path": bool}


def check_graphs(graphs):
    """What came back from another task must be what this module returned there; raises OvnError."""
    for place, drawn in enumerate(graphs):
        _check_graph("graphs[%d]" % place, drawn)


def _check_graph(at, drawn):

    def refuse(what):
        raise OvnError("%s: %s; give a graph as this module returned it (pictures[].graph)" % (at, what))

    if drawn.get("view") not in VIEWS:
        refuse("view is %r, expected %s" % (drawn.get("view"), " or ".join(VIEWS)))
    for part, shape in (("nodes", _NODE), ("edges", _EDGE)):
        if not isinstance(drawn.get(part), list):
            refuse("%s is no list" % part)
        for place, item in enumerate(drawn[part]):
            wrong = [
                name
                for name, kind in shape.items()
                if not isinstance(item, dict) or not isinstance(item.get(name), kind)
            ]
            if wrong:
                refuse("%s[%d] has no %s" % (part, place, wrong[0]))
    ids = {node["id"] for node in drawn["nodes"]}
    for place, node in enumerate(drawn["nodes"]):
        if node["kind"] not in KINDS:
            refuse("nodes[%d].kind is %r" % (place, node["kind"]))
    for place, edge in enumerate(drawn["edges"]):
        if not {edge["from"], edge["to"]} <= ids:
            refuse("edges[%d] joins nodes that are not there" % place)
        if not edge["kind"].isalpha():
            refuse("edges[%d].kind is %r" % (place, edge["kind"]))


def read(params):
    """``{table: {uuid: row}}``: one read of each database that the views show."""
    databases = dict.fromkeys(database for view in params["views"] for database in VIEWS[view])
    rows = {}
    for database in databases:
        with open_session(params, database, params["leader_only"]) as session:
            wanted = [
                (table, [name for name in columns if session.schema.has(table, name)], [])
                for table, columns in COLUMNS[database].items()
                if table in session.schema.tables
            ]
            rows.update((table, found) for (table, _columns, _clauses), found in zip(wanted, look(session, wanted)))
    return rows


def _write(module, text):
    path = module.params["path"]
    before = ""
    try:
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as stream:
                before = stream.read()
        changed = before != text or not os.path.exists(path)
        if changed and not module.check_mode:
            handle, new = tempfile.mkstemp(dir=module.tmpdir)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            module.atomic_move(new, path)
    except OSError as exc:
        raise OvnError("path: %s cannot be used: %s" % (path, exc.strerror or exc)) from exc
    diff = {"before": before, "after": text, "before_header": path, "after_header": path} if changed else {}
    if os.path.exists(path):
        changed = module.set_fs_attributes_if_different(module.load_file_common_arguments(module.params), changed)
    return {"changed": changed, "path": path, "diff": diff}
