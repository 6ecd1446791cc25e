# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The restore drill: a network is backed up, its databases are destroyed, and it comes back, with packets."""

from __future__ import annotations

import re
import time

import pytest

from tests.support.central import DEPLOY, STOP
from tests.support.pings import pinging
from tests.support.waiting import until

pytestmark = pytest.mark.lab

INVENTORY = "inventories/lab"
BACKUP, RESTORE = "playbooks/backup.yml", "playbooks/restore.yml"
FOLDER = "/var/backups/ovn"


def files(lab, database="nb"):
    return lab["node1"].check_output("ls %s | grep ovn%s_db || true", FOLDER, database).split()


def reaches(lab, count=1):
    return lab["vm3"].run("ping -c %s -W 1 -i 0.2 192.168.100.10", str(count)).rc == 0


@pytest.fixture
def network(lab, module):
    """The network as a document, and as ovn-nbctl shows it."""

    def look():
        document = module("node1", "ovn_topology", state="gathered")["topology"]
        shown = re.sub(r"[0-9a-f-]{36}", "", lab["node1"].check_output("ovn-nbctl show"))
        return document, sorted(shown.splitlines())

    return look


def test_backups_are_made_and_only_so_many_kept(lab, tmp_path):
    for count in (1, 2, 2):
        lab.play(BACKUP, ovn_backup_keep=2, ovn_backup_fetch=str(tmp_path))
        assert (len(files(lab)), len(files(lab, "sb"))) == (count, count)
    assert len(list(tmp_path.iterdir())) == 6
    assert lab["node1"].file(FOLDER).mode == 0o700
    assert lab["node1"].check_output("ls -A %s | wc -l", FOLDER) == "4"


def test_a_restore_must_be_confirmed_and_of_a_whole_file(lab, network, tmp_path):
    before = network()
    assert "confirm: must be true" in " ".join(lab.play(RESTORE, fails=True).split())
    lab.play(BACKUP, ovn_backup_fetch=str(tmp_path))
    good = sorted(tmp_path.glob("ovnnb_db-*"))[-1]
    bad = tmp_path / "bad.db"
    bad.write_bytes(good.read_bytes()[:-9])
    said = lab.play(RESTORE, fails=True, ovn_backup_confirm=True, ovn_backup_restore_src=str(bad))
    assert "is damaged" in said
    southbound = sorted(tmp_path.glob("ovnsb_db-*"))[-1]
    said = lab.play(RESTORE, fails=True, ovn_backup_confirm=True, ovn_backup_restore_src=str(southbound))
    assert "holds the database OVN_Southbound" in " ".join(said.split())
    assert network() == before


def test_what_somebody_deleted_comes_back_without_a_packet_lost_elsewhere(lab, network):
    """The switch of vm3 is deleted by mistake; vm1 and vm2 talk all the time."""
    until(lambda: reaches(lab), "vm3 reaches vm1")
    before = network()
    lab.play(BACKUP)
    with pinging(lab["vm1"], "192.168.100.11") as said:
        lab["node1"].check_output("ovn-nbctl --wait=hv ls-del ls2")
        assert not reaches(lab)
        assert "changed=1" in lab.play(RESTORE, ovn_backup_confirm=True)
        until(lambda: reaches(lab), "vm3 reaches vm1 again")
        assert network() == before
        assert "changed=0" in lab.play(RESTORE, ovn_backup_confirm=True)
    print("vm1 to vm2 while it was restored: %d of %d pings lost" % (said[1], said[0]))
    assert said[0] > 20 and said[1] == 0


def test_both_databases_are_destroyed(lab, network):
    before = network()
    lab.play(BACKUP)
    node1 = lab["node1"]
    node1.check_output(STOP)
    node1.check_output("rm -f /var/lib/ovn/ovnnb_db.db /var/lib/ovn/ovnsb_db.db")
    node1.check_output("systemctl start ovn-central")
    lost = time.monotonic()
    # A fresh deployment: the servers listen again, and every chassis registers
    lab.play(DEPLOY)
    until(lambda: not reaches(lab), "nothing is left of the network")
    lab.play(RESTORE, ovn_backup_confirm=True)
    until(lambda: reaches(lab), "vm3 reaches vm1 again", 60)
    print("from an empty database to packets: %.1f s" % (time.monotonic() - lost))
    assert network() == before
    assert reaches(lab, 10)
    said = lab.play(DEPLOY, "playbooks/topology.yml")
    assert not re.findall(r"changed=[1-9]", said), said


def test_compaction_loses_nothing(lab, network):
    before = network()
    for number in range(50):
        lab["node1"].check_output("ovn-nbctl set NB_Global . external_ids:x=%s", str(number))
    lab["node1"].check_output("ovn-nbctl remove NB_Global . external_ids x")
    size = lab["node1"].file("/var/lib/ovn/ovnnb_db.db").size
    lab.play("tests/central/backup/compact.yml")
    assert lab["node1"].file("/var/lib/ovn/ovnnb_db.db").size < size
    assert network() == before
