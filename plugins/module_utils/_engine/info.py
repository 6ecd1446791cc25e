# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of any table for people: what ``ovn_info`` does."""

from __future__ import annotations

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._ovsdb.arguments import OVN_ARGUMENTS, open_session
from .._ovsdb.errors import OvnError
from .._ovsdb.module import conclude
from .._ovsdb.rows import Reader, check_column, check_table, parse_where
from .report import NARROWED, REPORTS, check_report, read_report

DATABASES = {"northbound": "OVN_Northbound", "southbound": "OVN_Southbound"}


def run_info():
    module = AnsibleModule(
        argument_spec={
            **OVN_ARGUMENTS,
            "database": {"type": "str", "choices": list(DATABASES), "default": "northbound"},
            "table": {"type": "str"},
            "tables": {"type": "list", "elements": "str"},
            "where": {"type": "raw"},
            "external_ids": {"type": "dict"},
            "columns": {"type": "list", "elements": "str"},
            "references": {"type": "str", "choices": ["name", "uuid", "both"], "default": "name"},
            "uuids": {"type": "bool", "default": True},
            "volatile": {"type": "bool", "default": True},
            "leader_only": {"type": "bool", "default": True},
            "query": {"type": "str"},
            "report": {"type": "str", "choices": list(REPORTS)},
            **{option: {"type": "str"} for option in NARROWED},
        },
        required_one_of=[("table", "tables", "report")],
        mutually_exclusive=[
            ("table", "tables", "report"),
            ("where", "tables"),
            ("columns", "tables"),
            *(("report", option) for option in ("where", "columns", "external_ids")),
        ],
        supports_check_mode=True,
    )
    conclude(module, lambda: _answer(module))


def _answer(module):
    query = _compile(module, module.params["query"])
    check_report(module.params)
    result = report(module.params) if module.params["report"] else gather(module.params)
    return {**result, "result": query(result)} if query else result


def report(params):
    with open_session(params, DATABASES[params["database"]], params["leader_only"]) as session:
        found, count = read_report(session, params)
    return {"report": found, "count": count}


def gather(params):
    if params["references"] != "name" and not params["uuids"]:
        raise OvnError("references: %s shows UUIDs, which uuids: false leaves out" % params["references"])
    with open_session(params, DATABASES[params["database"]], params["leader_only"]) as session:
        schema = session.schema
        reader = Reader(session, params["references"], params["uuids"], params["volatile"])
        if params["table"]:
            table = check_table(schema, params["table"])
            columns = [check_column(schema, table, name, "columns") for name in params["columns"] or ()]
            clauses = parse_where(session, table, params["where"])
            clauses += parse_where(
                session,
                table,
                {"external_ids": params["external_ids"]} if params["external_ids"] else None,
                "external_ids",
            )
            shown = [name for name in columns if name != "_uuid"] if columns else reader.columns(table)
            rows = reader.read([(table, shown, clauses)])[table]
            return {"rows": rows, "count": len(rows)}
        if params["tables"] == ["all"]:
            names = sorted(schema.tables)
        else:
            names = sorted({check_table(schema, name, "tables") for name in params["tables"]})
        wanted = []
        for table in names:
            if not params["external_ids"]:
                wanted.append((table, reader.columns(table), []))
            elif schema.has(table, "external_ids"):
                where = {"external_ids": params["external_ids"]}
                wanted.append((table, reader.columns(table), parse_where(session, table, where, "external_ids")))
        tables = {**{name: [] for name in names}, **reader.read(wanted)}
        return {"tables": tables, "count": sum(map(len, tables.values()))}


def _compile(module, expression):
    """The JMESPath expression as a function, before anything is asked; None if there is none."""
    if not expression:
        return None
    from .._model.query import compile_query

    try:
        compiled = compile_query(expression)
    except ImportError:
        module.fail_json(msg=missing_required_lib("jmespath", reason="for query"), exception=traceback.format_exc())
    except ValueError as exc:
        raise OvnError("query: %s" % exc) from exc

    def search(data):
        try:
            return compiled(data)
        except ValueError as exc:
            raise OvnError("query: %s" % exc) from exc

    return search
