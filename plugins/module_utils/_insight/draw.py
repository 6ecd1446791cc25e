# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A graph as text: DOT and Mermaid, and SVG of what Graphviz laid out. Nothing that a row holds is ever taken for markup."""

from __future__ import annotations

import html
import re
import subprocess

from .._ovsdb.errors import OvnError
from .graph import shorten

#: kind -> (shape, fill, line) in light and (fill, line) in dark
KINDS = {
    "switch": ("box", "#dbeafe", "#1d4ed8", "#172f5c", "#7eaaf7"),
    "router": ("octagon", "#fef3c7", "#a16207", "#4a3608", "#e5b94a"),
    "port": ("box", "#ffffff", "#64748b", "#1e2530", "#94a3b8"),
    "external": ("box", "#f1f5f9", "#475569", "#2a3442", "#a3b1c2"),
    "balancer": ("box", "#f3e8ff", "#7e22ce", "#3b1a5a", "#c69af2"),
    "chassis": ("box", "#dcfce7", "#15803d", "#12391f", "#6fce8f"),
    "gateway": ("octagon", "#fef3c7", "#a16207", "#4a3608", "#e5b94a"),
    "tunnel": ("ellipse", "#e0f2fe", "#0369a1", "#0c3348", "#67bfe8"),
    "network": ("ellipse", "#f1f5f9", "#475569", "#2a3442", "#a3b1c2"),
}
_PATH = ("#c2260c", "#ff8f70")
_INK, _PALE = ("#111827", "#e8edf4"), ("#4b5563", "#b6c2d0")
_FONT = "Helvetica,Arial,sans-serif"
_SVG = "http://www.w3.org/2000/svg"
#: What XML 1.0 has no character for
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(text):
    return _NO_XML.sub("\ufffd", str(text))


def _escape(text):
    return html.escape(_clean(text), quote=True)


def describe(graph):
    """A sentence for who does not see the picture."""
    counts = {}
    for node in graph["nodes"]:
        counts[node["kind"]] = counts.get(node["kind"], 0) + node["count"]
    told = ", ".join("%d %s" % (number, _word(kind, number)) for kind, number in sorted(counts.items()))
    way = [str(name) for name in graph.get("path") or ()]
    return "The %s network: %s.%s" % (
        graph["view"],
        told or "nothing",
        " A way is drawn: %s." % " - ".join(way) if way else "",
    )


def _word(kind, number):
    word = {"external": "other port", "network": "physical network", "tunnel": "tunnel network"}.get(kind, kind)
    return word if number == 1 or word == "chassis" else word + ("es" if word.endswith("ch") else "s")


# -- DOT


def dot(graph):
    """The graph in Graphviz' language. Colours are for a light background."""
    lines = [
        "digraph ovn {",
        '  graph [rankdir=LR, nodesep=0.14, ranksep=0.75, pad=0.15, bgcolor="transparent", fontname="%s"];' % _FONT,
        '  node [style="filled,rounded", fontname="%s", fontsize=12, fontcolor="%s", margin="0.17,0.07", height=0.3];'
        % (_FONT, _INK[0]),
        '  edge [dir=none, color="#64748b", fontname="%s", fontsize=10, fontcolor="%s"];' % (_FONT, _PALE[0]),
    ]
    ids = {node["id"]: "n%d" % place for place, node in enumerate(graph["nodes"])}
    for node in graph["nodes"]:
        shape, fill, line = KINDS[node["kind"]][:3]
        style = ["filled"] + (["rounded"] if shape == "box" else [])
        more = {"shape": shape, "fillcolor": fill, "color": line}
        if shape == "octagon":
            more["margin"] = "0.05,0.03"  # its corners take room
        if node["kind"] in ("switch", "chassis"):
            more["ordering"] = "in"  # its ports in their own order
        if node.get("state") in ("down", "folded"):
            style.append("dashed")
        if node["on_path"]:
            more.update(color=_PATH[0], penwidth="2.5")
        more.update(style=",".join(style))
        more["class"] = " ".join(_classes(node))
        lines.append("  %s [label=<%s>, %s];" % (ids[node["id"]], _label(node), _attributes(more)))
    for edge in graph["edges"]:
        more = {"class": " ".join(["edge-" + edge["kind"], *(["on-path"] if edge["on_path"] else [])])}
        if edge["kind"] in ("balancer", "parent"):
            more["style"] = "dashed"
        if edge["kind"] == "balancer":
            more["color"] = KINDS["balancer"][2]
        if edge["on_path"]:
            more.update(color=_PATH[0], penwidth="2.5", dir="back" if edge.get("backwards") else "forward")
        label = "label=<%s>, " % _small(edge["label"]) if edge["label"] else ""
        lines.append("  %s -> %s [%s%s];" % (ids[edge["from"]], ids[edge["to"]], label, _attributes(more)))
    return "\n".join([*lines, "}", ""])


def _classes(node):
    classes = ["kind-" + node["kind"]]
    classes += ["state-" + node["state"]] if node.get("state") in ("down", "folded") else []
    return classes + (["on-path"] if node["on_path"] else [])


def _attributes(values):
    return ", ".join('%s="%s"' % item for item in sorted(values.items()))


def _label(node):
    name = "<B>%s</B>" % _escape(shorten(node["name"]))
    return "<BR/>".join([name, *(_small(line) for line in node["lines"])])


def _small(text):
    return '<FONT POINT-SIZE="10" COLOR="%s">%s</FONT>' % (_PALE[0], _escape(text)) if text else ""


# -- Mermaid

_MERMAID_SHAPES = {"box": '["%s"]', "octagon": '{{"%s"}}', "ellipse": '(["%s"])'}
_MERMAID_PLAIN = re.compile(r"[^\w .,:/-]")


def mermaid(graph):
    """The graph as a Mermaid flowchart, for Markdown pages that draw such."""
    lines = ["flowchart LR"]
    ids = {node["id"]: "n%d" % place for place, node in enumerate(graph["nodes"])}
    for node in graph["nodes"]:
        text = "<br/>".join(map(_entities, [shorten(node["name"]), *node["lines"]]))
        shape = _MERMAID_SHAPES[KINDS[node["kind"]][0]] % text
        lines.append("  %s%s:::%s" % (ids[node["id"]], shape, node["kind"]))
    ways = []
    for place, edge in enumerate(graph["edges"]):
        ends = [ids[edge["from"]], ids[edge["to"]]]
        line = "-.-" if edge["kind"] in ("balancer", "parent") else "---"
        if edge["on_path"]:
            ways.append(str(place))
            line = line[:-1] + ">"
            if edge.get("backwards"):
                ends.reverse()
        label = '|"%s"|' % _entities(edge["label"]) if edge["label"] else ""
        lines.append("  %s %s%s %s" % (ends[0], line, label, ends[1]))
    for kind in sorted({node["kind"] for node in graph["nodes"]}):
        _shape, fill, line = KINDS[kind][:3]
        lines.append("  classDef %s fill:%s,stroke:%s,color:%s" % (kind, fill, line, _INK[0]))
    on_path = [ids[node["id"]] for node in graph["nodes"] if node["on_path"]]
    if on_path:
        lines.append("  classDef way stroke:%s,stroke-width:3px" % _PATH[0])
        lines.append("  class %s way" % ",".join(on_path))
    if ways:
        lines.append("  linkStyle %s stroke:%s,stroke-width:3px" % (",".join(ways), _PATH[0]))
    return "\n".join([*lines, ""])


def _entities(text):
    """Mermaid's own entities, so that nothing is left that it, Markdown or HTML could take for markup."""
    return _MERMAID_PLAIN.sub(lambda match: "#%d;" % ord(match.group()), _clean(text))


# -- SVG


def svg(graph, timeout):
    """The picture: laid out by Graphviz, with colours for light and dark; raises OvnError.

    :param timeout: seconds that Graphviz may take
    """
    text = dot(graph)
    try:
        done = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, timeout=timeout, check=False)
    except FileNotFoundError:
        raise OvnError(
            "formats: svg needs Graphviz's command dot on the host where this module runs: install the package graphviz there, or ask"
            " for dot or mermaid, or draw the returned graph on another host (graphs)"
        ) from None
    except subprocess.TimeoutExpired:
        raise OvnError(
            "formats: Graphviz did not lay out %d nodes within %s s: fold more (fold), or allow more time (timeout)"
            % (len(graph["nodes"]), timeout)
        ) from None
    except OSError as exc:
        raise OvnError("formats: Graphviz's command dot cannot be run: %s" % exc) from None
    if done.returncode:
        raise OvnError("formats: Graphviz refused the graph: %s" % done.stderr.decode(errors="replace").strip())
    return _dress(done.stdout, graph)


def _dress(text, graph):
    """Names for who cannot see, classes for light and dark; nothing that two pictures on one page would share."""
    from xml.etree import ElementTree  # late: only a picture needs it

    ElementTree.register_namespace("", _SVG)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as exc:
        raise OvnError("formats: Graphviz did not answer with a picture: %s" % exc) from None
    titles = {"n%d" % place: node for place, node in enumerate(graph["nodes"])}
    for group in root.iter("{%s}g" % _SVG):
        group.attrib.pop("id", None)
        title = group.find("{%s}title" % _SVG)
        if title is None:
            continue
        node = titles.get(title.text or "")
        if node is None:  # the whole, or an edge: it would only show our numbers
            group.remove(title)
        else:
            title.text = _clean("%s %s" % (_word(node["kind"], node["count"]), node["name"]))
            _centre(group)
            if node["lines"]:
                title.text += _clean(": " + "; ".join(node["lines"]))
    root.set("role", "img")
    root.set("class", "ovn-graph")
    title, style = (ElementTree.Element("{%s}%s" % (_SVG, name)) for name in ("title", "style"))
    title.text, style.text = _clean(describe(graph)), _style()
    root.insert(0, title)
    root.insert(1, style)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _centre(group):
    """Each line in the middle of its node: a browser whose font is wider than Graphviz' then overflows on neither side."""
    shape = next(item for name in ("path", "polygon", "ellipse") for item in group.iter("{%s}%s" % (_SVG, name)))
    if shape.get("cx"):
        middle = shape.get("cx")
    else:
        numbers = re.findall(r"-?[0-9.]+", shape.get("d") or shape.get("points") or "0")
        places = [float(number) for number in numbers[::2]]
        middle = "%.2f" % ((min(places) + max(places)) / 2)
    for text in group.iter("{%s}text" % _SVG):
        text.set("x", str(middle))
        text.set("text-anchor", "middle")


def _style():
    """Light is in the drawing itself. Dark comes over it, on screens only."""
    rules = [".ovn-graph text{fill:%s}" % _INK[1], ".ovn-graph text[font-size='10.00']{fill:%s}" % _PALE[1]]
    rules.append(".ovn-graph .edge path{stroke:%s}" % "#8796a8")
    for kind, colours in KINDS.items():
        rules.append(
            ".ovn-graph .kind-%s :is(path,polygon,ellipse){fill:%s;stroke:%s}" % (kind, colours[3], colours[4])
        )
    rules.append(".ovn-graph .edge-balancer path{stroke:%s}" % KINDS["balancer"][4])
    rules.append(".ovn-graph .on-path :is(path,polygon,ellipse){stroke:%s}" % _PATH[1])
    rules.append(".ovn-graph .edge.on-path polygon{fill:%s}" % _PATH[1])
    return "@media screen and (prefers-color-scheme:dark){%s}" % "".join(rules)
