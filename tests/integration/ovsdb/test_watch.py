# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live view: told by events, and of the needed rows and columns only."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.rows import look, parse_where
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.session import Session
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.watch import Need, Watch, merge, watch
from tests.support.ovsdb import standalone
from tests.support.waiting import until

NB = "OVN_Northbound"


@pytest.fixture
def nb():
    with standalone() as server:
        server.ctl("ls-add", "ls1", "--", "ls-add", "ls2", "--", "ls-add", "ls3", "--", "lsp-add", "ls1", "p1")
        yield server


@contextlib.contextmanager
def watching(nb, *wanted):
    """(the Watch, its Event, the Session) on [(table, columns, where)]."""
    with Session(nb.remote, NB) as session:
        needs = [Need(NB, table, columns, parse_where(session, table, where)) for table, columns, where in wanted]
        changed = threading.Event()
        live = Watch(session, merge(needs), changed)
        try:
            assert live.start(5)
            yield live, changed, session
        finally:
            live.stop()


def test_an_event_tells(nb):
    with watching(nb, ("Logical_Switch", ["name", "external_ids"], {"name": "ls1"})) as (live, changed, _session):
        for step, held in (
            (["set", "Logical_Switch", "ls1", "external_ids:a=1"], [{"name": "ls1", "external_ids": {"a": "1"}}]),
            (["ls-del", "ls1"], []),
            (["ls-add", "ls1"], [{"name": "ls1", "external_ids": {}}]),
        ):
            changed.clear()
            nb.ctl(*step)
            assert changed.wait(5)
            assert list(live.view()[NB, "Logical_Switch"].values()) == held


def test_only_what_is_needed(nb):
    wanted = [("Logical_Switch", ["name"], {"name": "ls1"}), ("Logical_Switch", ["external_ids"], {"name": "ls2"})]
    with watching(nb, *wanted) as (live, changed, _session):
        view = live.view()
        assert list(view) == [(NB, "Logical_Switch")]
        rows = sorted(view[NB, "Logical_Switch"].values(), key=lambda row: row["name"])
        assert rows == [{"name": "ls1", "external_ids": {}}, {"name": "ls2", "external_ids": {}}]
        changed.clear()
        until(lambda: not changed.wait(0.3) or changed.clear(), "what the first look brought is over")
        nb.ctl(
            "set", "Logical_Switch", "ls3", "external_ids:a=1", "--", "set", "Logical_Switch", "ls1", "other_config:a=1"
        )
        assert not changed.wait(0.3)


def test_the_view_is_what_a_plain_look_gives(nb):
    nb.ctl("set", "Logical_Switch_Port", "p1", "up=true", "tag_request=7", "addresses=b,a", "external_ids:a=b")
    columns = ["name", "up", "tag", "tag_request", "addresses", "external_ids", "dhcpv4_options", "parent_name"]
    wanted = [
        ("Logical_Switch_Port", columns, None),
        ("Logical_Switch", ["name", "ports", "acls"], None),
        ("NB_Global", ["nb_cfg", "ipsec"], None),
    ]
    with watching(nb, *wanted) as (live, _changed, session):
        view = live.view()
        assert [view[NB, table] for table, _columns, _where in wanted] == look(
            session, [(t, c, []) for t, c, _w in wanted]
        )


def test_a_row_that_goes_while_the_connection_is_down(nb):
    """No event tells that: the view is looked at again."""
    seen = []

    def met(view):
        seen.append(list(view[NB, "Logical_Switch"].values()))
        if len(seen) == 1:
            nb.kill()
            with standalone() as fresh:
                nb.db().write_bytes(fresh.db().read_bytes())
            nb.start()
        return not seen[-1]

    with Session(nb.remote, NB) as session:
        need = Need(NB, "Logical_Switch", ["name"], parse_where(session, "Logical_Switch", {"name": "ls1"}))
        start = time.monotonic()
        watch([session], [need], met, start + 10, threading.Event())
    assert seen[0] == [{"name": "ls1"}]
    assert seen[-1] == []
    assert time.monotonic() - start < 8
