# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OVN's daemons write: gathered only if asked for, under a key that no state reads."""

from __future__ import annotations

import pytest

from tests.support.engine import Ref, insert
from tests.support.topology import SCHEMA, gathered, refused, run, unchanged


def network(nb):
    """As it stands while northd runs."""
    nb.transact(
        insert("Logical_Switch_Port", "p", name="p", up=True, dynamic_addresses="02:ac:10:ff:00:01 192.0.2.2", addresses=["dynamic"]),
        insert("Logical_Switch_Port", "q", name="q", parent_name="p", tag_request=0, tag=7),
        insert("Logical_Switch", name="s", ports=[Ref("p"), Ref("q")]),
        insert("BFD", logical_port="rp", dst_ip="192.0.2.1", status="up"),
        {"op": "update", "table": "NB_Global", "where": [],
         "row": {"nb_cfg": 5, "sb_cfg": 4, "options": ["map", [["mac_prefix", "0a:00:00"], ["my_own", "1"]]]}},
    )  # fmt: skip


def test_status_is_shown_if_asked_for(nb):
    network(nb)
    assert "status" not in str(gathered(nb))
    found = gathered(nb, status=True)
    ports = {port["name"]: port["status"] for port in found["switches"][0]["ports"]}
    assert ports == {"p": {"up": True, "dynamic_addresses": "02:ac:10:ff:00:01 192.0.2.2"}, "q": {"tag": 7}}
    assert found["bfd"][0]["status"] == {"status": "up"}
    assert (found["status"]["nb_cfg"], found["status"]["sb_cfg"]) == (5, 4)
    assert found["status"]["options"] == {"mac_prefix": "0a:00:00"}
    assert "status" not in found["switches"][0]  # nobody wrote anything of it
    SCHEMA.validate(found)


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_no_state_reads_it(nb, state):
    network(nb)
    found = gathered(nb, status=True)
    run(nb, found, owner="me", adopt=True)
    found["switches"][0]["ports"][0]["status"] = {"up": False, "colour": "red"}
    unchanged(nb, found, state=state, owner="me")


def test_of_an_owner_it_is_the_owners(nb):
    network(nb)
    assert gathered(nb, status=True, owner="me") == {}


def test_it_cannot_be_asked_for_otherwise(nb):
    assert (
        str(refused(nb, {}, status=True))
        == "status: only for the state gathered: nobody but OVN's daemons can write it"
    )
