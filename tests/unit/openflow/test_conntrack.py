# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtnet.ovn.plugins.module_utils._openflow.conntrack import parse_connection

TCP = (
    "tcp,orig=(src=192.168.101.10,dst=10.254.10.10,sport=40000,dport=8000),"
    "reply=(src=192.168.100.10,dst=192.168.101.10,sport=8000,dport=40000),zone=3,mark=2,labels=0x1,protoinfo=(state=ESTABLISHED)"
)


def test_a_connection_to_a_vip():
    found = parse_connection(TCP)
    assert found == {
        "protocol": "tcp",
        "original": {"source": "192.168.101.10", "destination": "10.254.10.10", "source_port": 40000, "destination_port": 8000},
        "reply": {"source": "192.168.100.10", "destination": "192.168.101.10", "source_port": 8000, "destination_port": 40000},
        "zone": 3,
        "mark": 2,
        "labels": 1,
        "state": "ESTABLISHED",
        "text": TCP,
    }  # fmt: skip


def test_a_ping():
    line = (
        "icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=7,type=8,code=0),reply=(src=10.0.0.2,dst=10.0.0.1,id=7,type=0,code=0)"
    )
    assert parse_connection(line)["original"] == {
        "source": "10.0.0.1",
        "destination": "10.0.0.2",
        "id": 7,
        "type": 8,
        "code": 0,
    }
    assert parse_connection(line)["zone"] == 0


@pytest.mark.parametrize("line", ["", "tcp", "orig=(src=10.0.0.1)", "2024-01-01|WARN|tcp", "tcp,orig"])
def test_what_is_no_connection(line):
    assert parse_connection(line) is None


@given(st.text(alphabet=st.sampled_from(list(TCP) + list('()[]{},="\n'))) | st.text())
def test_never_an_exception(line):
    parse_connection(line)
