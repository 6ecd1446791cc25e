# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""central_backup, central_restore and central_compact with a real ovsdb-server; what they say is confirmed by ovn-nbctl."""

from __future__ import annotations

import os
import pathlib

import pytest

from tests.support.daemons import ovn
from tests.support.modules import run_module


@pytest.fixture
def cloud():
    with ovn(northd=False) as databases:
        for name in ("ovnnb", "ovnsb"):  # as ovn-ctl calls them
            (databases.directory / f"{name}_db.db").symlink_to(databases.directory / f"{name}.db")
            socket = databases.directory / f"ovsdb-server.{databases.processes[name].pid}.ctl"
            (databases.directory / f"{name}_db.ctl").symlink_to(socket)
        databases.nbctl("ls-add", "ls1", "--", "lsp-add", "ls1", "p1", "--", "lsp-add", "ls1", "p2")
        yield databases


@pytest.fixture
def play(cloud, tmp_path):
    def run(module, check=False, fails=False, **arguments):
        places = {"rundir": str(cloud.directory), "dbdir": str(cloud.directory), "database": "northbound"}
        if module == "central_backup":
            places["directory"] = str(tmp_path / "backups")
        return run_module(module, {**places, **arguments}, check=check, fails=fails)

    return run


def switches(cloud):
    return sorted(cloud.nbctl("--bare", "--columns=name", "list", "Logical_Switch").split())


def test_there_and_back(cloud, play):
    made = play("central_backup")["backup"]
    assert made["rows"]["Logical_Switch"] == 1 and made["rows"]["Logical_Switch_Port"] == 2
    assert os.stat(made["path"]).st_mode & 0o777 == 0o600
    assert os.stat(pathlib.Path(made["path"]).parent).st_mode & 0o777 == 0o700
    cloud.nbctl("ls-del", "ls1", "--", "ls-add", "other")
    restored = play("central_restore", src=made["path"], confirm=True)
    assert restored["backup"] == made
    assert switches(cloud) == ["ls1"]
    assert sorted(cloud.nbctl("--bare", "--columns=name", "list", "Logical_Switch_Port").split()) == ["p1", "p2"]


def uuids(cloud, table):
    rows = cloud.nbctl("--bare", "--columns=name,_uuid", "list", table).strip()
    return dict(row.split() for row in rows.split("\n\n"))


def test_only_what_differs_is_touched(cloud, play):
    """An object that comes back is the one that it was, and one that is as it was is not written."""
    cloud.nbctl(
        "ls-add", "ls2", "--", "lsp-add", "ls2", "p3", "--", "lb-add", "lb1", "192.0.2.1:80", "10.0.0.1:80,10.0.0.2:80"
    )
    cloud.nbctl("ls-lb-add", "ls2", "lb1", "--", "set", "NB_Global", ".", "options:x=1", "nb_cfg=3")
    before = {table: uuids(cloud, table) for table in ("Logical_Switch", "Logical_Switch_Port", "Load_Balancer")}
    made = play("central_backup")["backup"]["path"]
    nothing = play("central_restore", src=made, confirm=True)
    assert not nothing["changed"] and nothing["changes"] == {}
    cloud.nbctl(
        "ls-del",
        "ls2",
        "--",
        "lb-del",
        "lb1",
        "--",
        "lsp-del",
        "p2",
        "--",
        "ls-add",
        "new",
        "--",
        "lsp-add",
        "new",
        "p4",
    )
    cloud.nbctl("set", "NB_Global", ".", "options:x=2", "nb_cfg=7")
    expected = {
        "Load_Balancer": {"insert": 1, "update": 0, "delete": 0},
        "Logical_Switch": {"insert": 1, "update": 1, "delete": 1},
        "Logical_Switch_Port": {"insert": 2, "update": 0, "delete": 1},
        "NB_Global": {"insert": 0, "update": 1, "delete": 0},
    }
    assert play("central_restore", src=made, confirm=True, check=True)["changes"] == expected
    assert play("central_restore", src=made, confirm=True)["changes"] == expected
    assert {table: uuids(cloud, table) for table in before} == before
    assert cloud.nbctl("get", "NB_Global", ".", "options:x", "nb_cfg").split() == ['"1"', "7"]
    assert not play("central_restore", src=made, confirm=True)["changed"]


def test_the_settings_of_a_new_database_are_its_own_row(cloud, play):
    """Its one row has another UUID than the lost database's, and daemons have counted on in it."""
    cloud.nbctl("set", "NB_Global", ".", "options:x=1", "nb_cfg=3")
    made = play("central_backup")["backup"]["path"]
    cloud.nbctl("--all", "destroy", "NB_Global")
    cloud.nbctl("init", "--", "set", "NB_Global", ".", "nb_cfg=9")
    row = cloud.nbctl("get", "NB_Global", ".", "_uuid")
    restored = play("central_restore", src=made, confirm=True)
    assert restored["changes"] == {"NB_Global": {"insert": 0, "update": 1, "delete": 0}}
    assert cloud.nbctl("get", "NB_Global", ".", "_uuid", "options:x", "nb_cfg").split() == [row.strip(), '"1"', "9"]


def test_check_mode_changes_nothing(cloud, play, tmp_path):
    assert play("central_backup", check=True)["backup"] is None
    assert not (tmp_path / "backups").exists()
    made = play("central_backup", keep=1)["backup"]
    would = play("central_backup", keep=1, check=True)
    assert would["removed"] == [made["path"]] and os.path.exists(made["path"])
    cloud.nbctl("ls-add", "new")
    assert play("central_restore", src=made["path"], confirm=True, check=True)["changed"]
    assert switches(cloud) == ["ls1", "new"]


def test_only_so_many_are_kept_and_only_ours_go(play, tmp_path):
    folder = tmp_path / "backups"
    first = play("central_backup")["backup"]["path"]
    others = [
        folder / "ovnnb_db-mine.db",
        folder / "ovnsb_db-20200101T000000Z.db",
        folder / "ovnnb_db-20200101T000000Z.db.gz",
    ]
    for path in others:
        path.write_text("")
    second = play("central_backup", keep=2)
    assert second["removed"] == [] and second["kept"] == [first, second["backup"]["path"]]
    third = play("central_backup", keep=2)
    assert third["removed"] == [first]
    assert third["kept"] == [second["backup"]["path"], third["backup"]["path"]]
    assert all(path.exists() for path in others)
    assert "would leave no backup" in play("central_backup", keep=0, fails=True)["msg"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-5], "is damaged"),
        (lambda data: data[:-200] + b"x" + data[-199:], "damaged"),
        (lambda data: b"", "is no database of ovsdb-server"),
        (lambda data: b"hello", "is no database of ovsdb-server"),
        (lambda data: data[:50], "damaged"),
    ],
)
def test_a_damaged_backup_is_refused(cloud, play, tmp_path, damage, message):
    made = pathlib.Path(play("central_backup")["backup"]["path"])
    bad = tmp_path / "bad.db"
    bad.write_bytes(damage(made.read_bytes()))
    assert message in play("central_restore", src=str(bad), confirm=True, fails=True)["msg"]
    assert switches(cloud) == ["ls1"]


def test_what_cannot_be_restored(cloud, play, tmp_path):
    made = play("central_backup")["backup"]["path"]
    southbound = play("central_backup", database="southbound")["backup"]["path"]
    for arguments, message in (
        ({"src": made}, "confirm: must be true"),
        ({"src": southbound, "confirm": True}, "holds the database OVN_Southbound, not OVN_Northbound"),
        ({"src": str(tmp_path / "none.db"), "confirm": True}, "there is no file"),
    ):
        assert message in play("central_restore", fails=True, **arguments)["msg"]
    cloud.run("ovsdb-tool", "create", str(tmp_path / "old.db"), "/usr/share/ovn/ovn-nb.ovsschema")
    text = (tmp_path / "old.db").read_text()
    assert "damaged" in play("central_restore", src=_edited(tmp_path, text), confirm=True, fails=True)["msg"]
    assert switches(cloud) == ["ls1"]


def _edited(folder, text):
    """A file whose schema says another version, and whose checksum does not know."""
    path = folder / "edited.db"
    path.write_text(text.replace('"version":"', '"version":"9', 1))
    return str(path)


def test_another_schema(cloud, play, tmp_path):
    schema = tmp_path / "old.ovsschema"
    schema.write_text(pathlib.Path("/usr/share/ovn/ovn-nb.ovsschema").read_text().replace('"Copp"', '"Cops"'))
    cloud.run("ovsdb-tool", "create", str(tmp_path / "old.db"), str(schema))
    assert (
        "convert a copy of it first"
        in play("central_restore", src=str(tmp_path / "old.db"), confirm=True, fails=True)["msg"]
    )


def test_nobody_answers(cloud, play, tmp_path):
    made = play("central_backup")["backup"]["path"]
    cloud.stop("ovnnb")
    (cloud.directory / "ovnnb_db.sock").unlink(missing_ok=True)
    for module, arguments in (("central_backup", {}), ("central_restore", {"src": made, "confirm": True})):
        assert "the server of the northbound database does not run" in play(module, fails=True, **arguments)["msg"]
    assert "does not answer" in play("central_compact", fails=True)["msg"]


def test_a_backup_of_nothing_leaves_nothing(cloud, play, tmp_path):
    cloud.stop("ovnnb")
    (cloud.directory / "ovnnb_db.sock").touch()  # as one that was killed leaves
    assert "ovsdb-client: " in play("central_backup", fails=True, timeout=1)["msg"]
    assert list((tmp_path / "backups").iterdir()) == []


def test_compaction(cloud, play):
    for number in range(200):
        cloud.nbctl("set", "Logical_Switch", "ls1", f"external_ids:x={number}")
    assert not play("central_compact", above=10**9)["changed"]
    assert play("central_compact", check=True)["changed"]
    done = play("central_compact")
    assert done["changed"] and done["size"] < done["size_before"]
    assert switches(cloud) == ["ls1"]
