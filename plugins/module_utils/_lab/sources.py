# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's own apt sources, read: where a lab's image gets its packages from. Text in, data out."""

from __future__ import annotations

import re

# Releases that name the archive of Debian, so that it is told from other people's repositories
SUITES = frozenset("oldoldstable oldstable stable testing unstable sid bullseye bookworm trixie forky duke".split())


class Source:
    """One place that packages come from."""

    def __init__(self, uri, suites, components, signed_by=None):
        self.uri = uri
        self.suites = suites
        self.components = components
        self.signed_by = signed_by

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return "Source(%r)" % vars(self)


def parse_list(text):
    """The one-line format: deb [option=value ...] URI SUITE [COMPONENT ...]"""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)", line)
        if match:
            options = dict(re.findall(r"([\w-]+)[+-]?=(\S+)", match.group(1) or ""))
            signed_by = options.get("signed-by")
            found.append(
                Source(
                    match.group(2),
                    [match.group(3)],
                    match.group(4).split(),
                    signed_by.split(",") if signed_by else None,
                )
            )
    return found


def parse_deb822(text):
    """The stanzas of a .sources file."""
    found = []
    text = re.sub(r"(?m)^#.*\n?", "", text)
    for stanza in re.split(r"\n\s*\n", text):
        fields, key = {}, None
        for line in stanza.splitlines():
            if line[:1].isspace() and key:
                fields[key] += "\n" + line.strip()
            elif ":" in line:
                key, dummy, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        signed_by = fields.get("signed-by", "").strip()
        if signed_by and not signed_by.startswith("/"):
            # A key within the stanza: empty lines are written as a dot
            signed_by = ["\n".join("" if line == "." else line for line in signed_by.split("\n"))]
        else:
            signed_by = signed_by.split() or None
        for uri in fields.get("uris", "").split():
            found.append(Source(uri, fields.get("suites", "").split(), fields.get("components", "").split(), signed_by))
    return found


def debian_archive(sources):
    """The first source that is Debian's archive itself: neither its updates nor its security fixes."""
    for source in sources:
        if SUITES.intersection(source.suites) and "main" in source.components:
            return source
    return None


# What says how the archive is reached; the rest is about the controller's own packages
APT_OPTION = re.compile(
    r"Acquire::(Check-Valid-Until|Check-Date|Max-ValidTime|Min-ValidTime|AllowInsecureRepositories|AllowWeakRepositories|"
    r"AllowReleaseInfoChange|ForceIPv[46]|Retries|(https?|ftp)(::.+)?)$",
    re.IGNORECASE,
)


def apt_options(dump):
    """The settings out of ``apt-config dump`` that a mirror may need: proxies, validity of dates, retries."""
    options = []
    for line in dump.splitlines():
        match = re.match(r'(\S+) "(.*)";$', line)
        if match and match.group(2) and APT_OPTION.match(match.group(1)):
            options.append(line.rstrip(";"))
    return options
