# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JMESPath, with functions for what OVN keeps as text: the option ``query`` of ovn_info and the filter ovn_query."""

from __future__ import annotations

import ipaddress

from .syntax import mac


def compile_query(expression):
    """A function of the data; both raise ValueError with the reason, and ImportError where jmespath is missing."""
    import jmespath
    from jmespath import exceptions

    try:
        compiled = jmespath.compile(expression)
    except exceptions.JMESPathError as exc:
        raise ValueError(str(exc)) from exc
    options = jmespath.Options(custom_functions=_functions())

    def search(data):
        try:
            return compiled.search(data, options)
        except (exceptions.JMESPathError, TypeError) as exc:
            raise ValueError(str(exc)) from exc

    return search


def _functions():
    from jmespath import functions

    class OvnFunctions(functions.Functions):
        @functions.signature({"types": ["string", "null"]})
        def _func_backends(self, value):
            return [item for item in (value or "").split(",") if item]

        @functions.signature({"types": ["string", "array", "null"]})
        def _func_mac(self, value):
            found = [word for word in _words(value) if _is(mac, word)]
            return found[0] if found else None

        @functions.signature({"types": ["string", "array", "null"]})
        def _func_ips(self, value):
            return [word for word in _words(value) if _is(ipaddress.ip_interface, word)]

        @functions.signature({"types": ["string", "array", "null"]}, {"types": ["string"]})
        def _func_within(self, value, network):
            try:
                net = ipaddress.ip_network(network, strict=False)
            except ValueError as exc:
                raise TypeError("within(): %s" % exc) from None
            return any(ipaddress.ip_interface(ip).ip in net for ip in self._func_ips(value))

    return OvnFunctions()


def _words(value):
    return " ".join(value if isinstance(value, list) else [value or ""]).split()


def _is(parse, word):
    try:
        parse(word)
    except ValueError:
        return False
    return True
