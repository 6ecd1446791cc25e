# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an image's packages come from, out of the apt sources of the machine that makes it."""

from __future__ import annotations

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.sources import (
    Source,
    apt_options,
    debian_archive,
    parse_deb822,
    parse_list,
)


def test_the_one_line_format():
    text = """# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # a remark
 deb [arch=amd64 signed-by=/a.gpg,/b.asc] https://other.example/debian sid main
deb-src http://mirror.example/debian bookworm main
deb http://flat.example/ ./
"""
    assert parse_list(text) == [
        Source("http://mirror.example/debian", ["bookworm"], ["main", "contrib"]),
        Source("https://other.example/debian", ["sid"], ["main"], ["/a.gpg", "/b.asc"]),
        Source("http://flat.example/", ["./"], []),
    ]


def test_the_deb822_format():
    text = """# A remark
Types: deb deb-src
# within a stanza
URIs: http://one.example/debian http://two.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://embedded.example/debian
Suites: sid
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
"""
    keyring = ["/usr/share/keyrings/archive.gpg"]
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----"
    assert parse_deb822(text) == [
        Source("http://one.example/debian", ["bookworm", "bookworm-updates"], ["main"], keyring),
        Source("http://two.example/debian", ["bookworm", "bookworm-updates"], ["main"], keyring),
        Source("http://embedded.example/debian", ["sid"], ["main"], [key]),
    ]


def test_debians_archive_is_told_from_others():
    mine = Source("http://mirror.example/debian", ["trixie"], ["main"])
    others = [
        Source("http://tool.example/apt", ["stable"], ["tool"]),
        Source("http://mirror.example/debian-security", ["trixie-security"], ["main"]),
        Source("http://ubuntu.example/ubuntu", ["noble"], ["main", "universe"]),
    ]
    assert debian_archive([*others, mine]) == mine
    assert debian_archive(others) is None


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ('Acquire::Check-Valid-Until "false";', True),
        ('Acquire::http::Proxy "http://proxy.example:3128";', True),
        ('Acquire::https::mirror.example::Verify-Peer "false";', True),
        ('Acquire::Retries "3";', True),
        ('Acquire::Retries "";', False),
        ('Acquire::Languages:: "none";', False),
        ('Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";', False),
        ('DPkg::Post-Invoke:: "rm -rf /";', False),
        ('APT::NeverAutoRemove "";', False),
    ],
)
def test_what_says_how_a_mirror_is_reached_is_passed_on(line, taken):
    assert apt_options('Dir "/";\n%s\n' % line) == ([line[:-1]] if taken else [])
