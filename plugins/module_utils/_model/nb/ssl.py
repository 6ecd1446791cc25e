# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovn-nb(5) and ovn-sb(5), SSL: the files with which the database's server proves who it is."""

from __future__ import annotations

from ..kinds import Entity, Map, Parent, Value
from ..syntax import name


def _ssl(database, holder):
    return Entity(
        table="SSL",
        database=database,
        sole=True,
        parent=Parent("", holder, "ssl", singleton=True),
        fields=(
            Value("private_key", of=name, needed=True),
            Value("certificate", of=name, needed=True),
            Value("ca_cert", of=name, needed=True),
            Value("bootstrap_ca_cert"),
            Value("ssl_protocols"),
            Value("ssl_ciphers"),
            Value("ssl_ciphersuites", since="OVN 25.03"),
            Map("external_ids"),
        ),
    )


NB_SSL = _ssl("OVN_Northbound", "NB_Global")
SB_SSL = _ssl("OVN_Southbound", "SB_Global")
