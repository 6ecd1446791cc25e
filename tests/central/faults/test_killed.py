# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployment of a cluster is killed at one task after the other, and the next run finishes what it began."""

from __future__ import annotations

import pytest

from tests.support.central import DEPLOY, STOP, cluster, is_one_cluster
from tests.support.lab import unchanged

pytestmark = pytest.mark.lab

INVENTORY = "extensions/molecule/cluster/inventory"
#: The tasks with which it is killed: as soon as they are named, while they are being done, or when the first of their services has started
MOMENTS = [
    ["Make the cluster's first server"],
    ["Make the files of servers that join"],
    ["Give ovn-ctl its options"],
    ["Start the services", "changed: [node"],
    ["Wait until the databases have a leader"],
]


def as_new(lab, central):
    """Hosts that never were a cluster's."""
    for host in central:
        lab[host].check_output(
            STOP + "; rm -f /var/lib/ovn/*.db /var/lib/ovn/*.aside-*; rm -f /etc/default/ovn-central"
        )
        assert lab[host].check_output("ls /var/lib/ovn") == ""


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment[0])
def test_a_deployment_that_was_killed_is_finished(lab, central, moment):
    as_new(lab, central)
    lab.play_until(["TASK [virtnet.ovn.ovn_central : %s" % moment[0], *moment[1:]], DEPLOY)
    if moment[1:]:
        assert any(lab[host].service("ovn-ovsdb-server-nb").is_running for host in central), "nothing of it was done"
    began = {cluster(lab, host, "OVN_Northbound")[0] for host in central} - {None}
    lab.play(DEPLOY)
    is_one_cluster(lab, central)
    assert began <= {cluster(lab, central[0], "OVN_Northbound")[0]}, "another cluster was made"
    assert unchanged(lab.play(DEPLOY))
