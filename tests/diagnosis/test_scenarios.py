# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No finding, in whatever state a scenario puts the network."""

from __future__ import annotations

import json

import pytest
import yaml

pytestmark = [pytest.mark.lab, pytest.mark.slow]

# In the midst of each scenario: who reaches whom then, by which port, and what is found
STATES = {
    "web_servers": [("vm1", "vm2", 8000), ("vm3", "vm2", ""), ("vm1", "172.18.1.10", "")],
    "lb_gateway_router": [("vm1", "192.168.100.11", 8000), ("vm3", "vm1", ""), ("vm2", "172.18.1.10", "")],
    "lb_logical_switch": [("vm3", "10.254.10.10", 8000), ("vm3", "192.168.101.1", ""), ("vm1", "vm2", "")],
    "tracing": [("vm3", "10.254.10.10", 8000), ("vm3", "vm1", "")],
    "health_checks": [("vm2", "172.18.1.253", 80), ("vm3", "vm2", 8000), ("vm3", "vm1", "")],
    "stale_mac_binding": [("vm1", "vm2", "")],
}


@pytest.mark.parametrize("scenario", STATES)
def test_what_a_scenario_does_gives_no_finding(lab, diagnose, scenario, tmp_path):
    """The scenario's own hook plays the role, in the midst of it."""
    tasks = []
    for source, destination, port in STATES[scenario]:
        wanted = {
            "ovn_diagnose_from": source,
            "ovn_diagnose_to": destination,
            "ovn_diagnose_port": port,
            "ovn_diagnose_show": False,
        }
        kept = tmp_path / ("%s-%s.json" % (source, destination))
        tasks += [
            {"name": "Diagnose", "ansible.builtin.include_role": {"name": "virtnet.ovn.ovn_diagnose"}, "vars": wanted},
            {
                "name": "Keep",
                "ansible.builtin.copy": {
                    "content": "{{ ovn_diagnose_result | to_json }}",
                    "dest": str(kept),
                    "mode": "0600",
                },
                "delegate_to": "localhost",
                "vars": {"ansible_connection": "local"},
            },
        ]
    hook = tmp_path / "hook.yml"
    hook.write_text(yaml.safe_dump(tasks, sort_keys=False))
    lab.play(
        "playbooks/scenario_%s.yml" % scenario,
        scenario_sabotage=str(hook),
        scenario_report_path=str(tmp_path / "report.json"),
        scenario_requests=40,
    )
    found = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*-*.json")}
    assert len(found) == len(STATES[scenario])
    for result in found.values():
        assert result["cause"] is None, result["story"]
