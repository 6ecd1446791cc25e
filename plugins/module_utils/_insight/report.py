# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report's page shows, made of facts that were collected elsewhere. Pure: no I/O. The page itself is a template.

Facts come from files and from other hosts: what is not understood is shown as it is, and never an error.
"""

from __future__ import annotations

import json
import re

#: What is shown of anything that has no form of its own, in characters
_LONGEST = 6000


def scenarios(rows, captured):
    """[{"name", "checks", "failed", "probes", "traces", "others"}] in the order in which they were played.

    :param rows: the list of scenario_report
    :param captured: {scenario: {what was captured: its content}}
    """
    found = {}
    for row in rows:
        one = found.setdefault(str(row.get("scenario")), {"checks": []})
        one["checks"].append(
            {
                "check": str(row.get("check")),
                "expected": text(row.get("expected")),
                "observed": text(row.get("observed")),
                "ok": bool(row.get("ok")),
                "look_at": str(row.get("look_at") or ""),
            }
        )
    return [
        {
            "name": name,
            "checks": one["checks"],
            "failed": sum(not check["ok"] for check in one["checks"]),
            **_sort(captured.get(name, {})),
        }
        for name, one in found.items()
    ]


def _sort(captured):
    sorted_ = {"probes": [], "traces": [], "others": []}
    for name, what in sorted(captured.items()):
        name = str(name).replace("_", " ")
        if isinstance(what, dict) and isinstance(what.get("by_answer"), dict):
            sorted_["probes"].append(distribution(name, what))
        elif _is_trace(what):
            sorted_["traces"].append(trace(name, what))
        elif isinstance(what, list) and what and all(map(_is_trace, what)):
            sorted_["traces"] += [trace(_item_name(one) or name, one) for one in what]
        else:
            sorted_["others"].append({"name": name, "text": _cut(json.dumps(what, indent=2, default=str))})
    return sorted_


# -- how a balancer distributed requests


def distribution(name, probe):
    """Who answered how often, most first; ``share`` is of all requests, in percent."""
    answers = {str(answer): count for answer, count in probe["by_answer"].items() if _is_number(count)}
    lost = probe.get("lost") if _is_number(probe.get("lost")) else 0
    total = sum(answers.values()) + lost
    bars = [{"answer": answer.strip(), "count": count, "lost": False} for answer, count in sorted(answers.items())]
    if lost:
        bars.append({"answer": "no answer", "count": lost, "lost": True})
    for each in bars:
        each["share"] = round(100.0 * each["count"] / total, 1) if total else 0.0
    told = ["%s %d" % (each["answer"], each["count"]) for each in bars if not each["lost"]]
    if lost:
        told.append("lost %d" % lost)
    return {
        "name": name,
        "requests": total,
        "bars": bars,
        "text": "%d requests: %s" % (total, ", ".join(told) or "none"),
    }


def _is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# -- traces


def _is_trace(what):
    return isinstance(what, dict) and isinstance(what.get("steps"), list) and "verdict" in what


def _item_name(what):
    item = what.get("item")
    return str(item["name"]) if isinstance(item, dict) and item.get("name") else ""


def trace(name, what):
    """A trace of ovs_trace or ovn_trace: its verdict, and its steps, each with a headline and what it did."""
    ports = [str(out.get("port")) for out in _listed(what.get("outputs")) if isinstance(out, dict)]
    verdict = str(what["verdict"])
    steps = [_step(step) for step in what["steps"] if isinstance(step, dict)]
    return {
        "name": name,
        "verdict": "output to %s" % ", ".join(ports) if verdict == "output" and ports else verdict,
        "request": str(what.get("request") or ""),
        "way": " - ".join(str(one) for one in _listed(what.get("path"))),
        "steps": steps,
    }


def _step(step):
    where = step.get("datapath") or step.get("bridge") or ""
    table = "table %s" % step["table"] if step.get("table") is not None else ""
    match = step.get("match_text", step.get("match"))
    title = [str(where), str(step.get("pipeline") or ""), str(step.get("stage") or table)]
    actions = [str(action) for action in _listed(step.get("actions"))]
    return {
        "title": " ".join(part for part in title if part),
        "match": text(match) if match not in (None, "") else "",
        "priority": text(step["priority"]) if step.get("priority") is not None else "",
        "actions": actions,
        "matched": step.get("matched", True) is not False,
    }


def way(traced, picture):
    """{"title", "verdict", "story", "picture"} of what ovn_packet_trace found."""
    traced = traced if isinstance(traced, dict) else {}
    lines = [line for line in str(traced.get("story") or "").splitlines() if line.strip()]
    return {
        "title": re.sub(r"^1\. ", "", lines[0]) if lines else "A packet",
        "verdict": str(traced.get("verdict") or "unknown"),
        "reached": bool(traced.get("reached")),
        "story": [re.sub(r"^\d+\. ", "", line) for line in lines],
        "picture": picture,
    }


# -- health


def health(graphs):
    """What the physical network tells: [{"name", "ports", "tunnels", "mappings"}] for each chassis, and what is not bound."""
    chassis, unbound = [], []
    for graph in graphs:
        if graph["view"] != "physical":
            continue
        nodes = {node["id"]: node for node in graph["nodes"]}
        joined = {edge["from"] for edge in graph["edges"] if edge["kind"] == "port"}
        for node in graph["nodes"]:
            if node["kind"] == "chassis":
                chassis.append({"name": node["name"], **_chassis(node["id"], graph["edges"], nodes)})
            elif node["kind"] == "port" and node["id"] not in joined:
                unbound.append({"name": node["name"], "lines": node["lines"]})
    return {"chassis": chassis, "unbound": unbound}


def findings(given):
    """{"bad": what is not ok, the worst first, "checks": [(check, how many are ok)], "looked_at": how many}"""
    rows = [
        {name: text(one.get(name) or "") for name in ("check", "subject", "status", "observed", "remedy")}
        for one in given
    ]
    bad = sorted((row for row in rows if row["status"] != "ok"), key=lambda row: row["status"] != "failed")
    checks = {}
    for row in rows:
        if row["status"] == "ok":
            checks[row["check"]] = checks.get(row["check"], 0) + 1
    return {"bad": bad, "checks": sorted(checks.items()), "looked_at": len(rows)}


def _chassis(key, edges, nodes):
    mine = [edge for edge in edges if key in (edge["from"], edge["to"])]
    held = [nodes[edge["from"]] for edge in mine if edge["kind"] == "port"]
    return {
        "ports": sum(node["count"] for node in held if node["kind"] == "port"),
        "down": sum(node["count"] for node in held if node.get("state") == "down"),
        "gateways": [node["name"] for node in held if node["kind"] == "gateway"],
        "tunnels": ["%s %s" % (nodes[edge["to"]]["name"], edge["label"]) for edge in mine if edge["kind"] == "tunnel"],
        "mappings": [
            "%s to %s" % (nodes[edge["to"]]["name"], edge["label"]) for edge in mine if edge["kind"] == "mapping"
        ],
    }


# -- text


def file_name(name):
    """The file or folder that something of this name is kept in."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "unnamed"


def _listed(value):
    return value if isinstance(value, list) else []


def text(value):
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _cut(what):
    return what if len(what) <= _LONGEST else what[:_LONGEST] + "\n... %d characters more" % (len(what) - _LONGEST)


def changes(given):
    """[{"title", "before", "after", "changed"}] of what a play says that it changed."""
    return [
        {
            "title": str(one.get("title") or "change"),
            "changed": bool(one.get("changed", True)),
            "text": _cut(
                one["text"] if isinstance(one.get("text"), str) else json.dumps(one.get("text"), indent=2, default=str)
            )
            if one.get("text")
            else "",
        }
        for one in given
        if isinstance(one, dict)
    ]
