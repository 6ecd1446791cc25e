# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the keys that ovn-controller reads: made from manuals, and what the role ovn_chassis documents is all of it."""

from __future__ import annotations

import gzip
import importlib.util
import pathlib
import re

import pytest
import yaml

from ansible_collections.virtnet.ovn.plugins.module_utils._model.ovs.chassis_keys import KEYS
from ansible_collections.virtnet.ovn.plugins.module_utils._model.ovs.settings import doubt, with_parts

ROOT = pathlib.Path(__file__).resolve().parents[3]
MANUAL = pathlib.Path("/usr/share/man/man8/ovn-controller.8.gz")
#: Keys for which the role has variables of their own, or which are better left alone
OWN = set(
    "hostname system-id ovn-remote ovn-encap-ip ovn-encap-type ovn-bridge-datapath-type ovn-bridge-mappings".split()
)
TYPES = {"boolean": {"bool"}, "integer": {"int"}, "string": {"str", "list", "dict"}}


def test_it_is_made_of_manuals():
    spec = importlib.util.spec_from_file_location("chassis_keys", ROOT / "tools" / "chassis_keys.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = "<dt><code>external_ids:ovn-%s</code></dt><h1>Open vSwitch Database Usage</h1><dt><code>external_ids:ovn-written</code></dt>"
    made = {}
    exec(tool.text({"24.03": page % "monitor-all", "23.03": page % "old"}), made)
    assert made["KEYS"] == {"ovn-monitor-all": ("boolean", "24.03", "24.03"), "ovn-old": ("string", "23.03", "23.03")}


def test_the_role_documents_every_key_with_its_type():
    options = yaml.safe_load((ROOT / "roles/ovn_chassis/meta/argument_specs.yml").read_text())
    options = options["argument_specs"]["main"]["options"]["ovn_chassis_settings"]["options"]
    assert set(options) == set(KEYS) - OWN
    for name, option in options.items():
        assert option["type"] in TYPES[KEYS[name][0]], name


@pytest.mark.skipif(not MANUAL.exists(), reason="OVN's manual is not on this machine")
def test_the_manual_on_this_machine_has_no_other():
    page = gzip.decompress(MANUAL.read_bytes()).decode().partition("OPEN VSWITCH DATABASE USAGE")[0].replace("\\-", "-")
    found = set(re.findall(r"^\\fBexternal_ids:([\w-]+)\\fR", page, re.M))
    assert len(found) > 20 and found <= set(KEYS)


def test_doubts():
    assert doubt("ovn-monitor-all", None) is None  # in all releases: nobody asks which one it is
    assert doubt("ovn-encap-ip-otherhv", None) is None
    assert doubt("mine", None) is None
    assert doubt("ovn-cleanup-on-exit", lambda: "25.09.0") is None
    assert doubt("ovn-cleanup-on-exit", lambda: "") is None
    assert "since 25.09" in doubt("ovn-cleanup-on-exit", lambda: "25.03.0")
    assert "until 25.03" in doubt("ovn-ofctrl-wait-before-clear", lambda: "26.03.1")
    assert doubt("ovn-encap-ips", None).endswith("did you mean ovn-encap-ip?")


def test_parts():
    assert with_parts("a:1,b:2:3", {"a": None, "c": "4"}) == "b:2:3,c:4"
    assert with_parts("a:1", {"a": None}) is None
    assert with_parts("", {"a": None}) is None
