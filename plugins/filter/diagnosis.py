# -*- coding: utf-8 -*-
# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement of the role ovn_diagnose. The documentation of each filter stands beside this file."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ansible_collections.virtnet.ovn.plugins.module_utils._insight.diagnose import diagnose


def diagnosis(facts):
    try:
        return diagnose(facts)
    except (KeyError, TypeError, AttributeError, IndexError) as exc:
        raise AnsibleFilterError("diagnosis: these are no facts of a diagnosis: %r" % exc) from exc


def diagnosis_hosts(chassis, known, mapped=None):
    """The hosts of the inventory for chassis: as they are mapped, else one that has the chassis' name or its hostname."""
    if not isinstance(chassis, list) or not all(isinstance(row, dict) and "name" in row for row in chassis):
        raise AnsibleFilterError("diagnosis_hosts: a list of chassis is expected, each with its name")
    known, mapped, found = set(known), mapped or {}, []
    for row in chassis:
        names = [mapped.get(row["name"]), row["name"], row.get("hostname")]
        found += [name for name in names if name in known][:1]
    return list(dict.fromkeys(found))


class FilterModule:
    def filters(self):
        return {"diagnosis": diagnosis, "diagnosis_hosts": diagnosis_hosts}
