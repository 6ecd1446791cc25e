# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.virtnet.ovn.plugins.module_utils._engine.announce import frame

MAC = "02:00:00:00:02:01"


def test_a_gratuitous_arp_request():
    # Ethernet, ARP, IPv4, lengths, request; who says so; nobody's address; of whom it asks: RFC 826, RFC 5227
    assert frame(MAC, "172.18.1.2") == (
        "ffffffffffff" "020000000201" "0806" "0001" "0800" "06" "04" "0001" "020000000201" "ac120102" "000000000000" "ac120102"
    )  # fmt: skip


def test_in_a_vlan_and_without_an_address():
    assert frame(MAC, "172.18.1.2", 100)[24:36] == "810000640806"
    assert frame(MAC, None).endswith("020000000201" + "00000000" + "000000000000" + "00000000")
