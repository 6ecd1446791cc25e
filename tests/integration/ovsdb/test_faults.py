# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OVSDB client against servers that are down, hang, lie or change: a clear message, within the timeout."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.endpoint import Tls
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.errors import (
    ConnectError,
    ConnectionLost,
    DeadlineError,
    OvsdbError,
    TransactError,
)
from ansible_collections.virtnet.ovn.plugins.module_utils._ovsdb.session import Session
from tests.support.authority import Authority
from tests.support.faults import answer, listener, proxy, reply, requests
from tests.support.ovsdb import Pki, cluster, free_port, standalone
from tests.support.waiting import until

NB = "OVN_Northbound"
DEAD = "unix:/nonexistent/nb.sock"


@contextlib.contextmanager
def within(seconds):
    """Fails where something waits for longer than it was told to; a busy machine is given time."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds + 5


@pytest.fixture(scope="module")
def nb():
    with standalone(listen=("tcp", "ssl")) as server:
        yield server


@pytest.fixture(scope="module")
def tls(nb):
    return Tls(*nb.pki.issue("client"), nb.pki.ca_cert)


def works(session):
    rows = session.transact([{"op": "select", "table": "NB_Global", "where": [], "columns": ["_uuid"]}])[0]["rows"]
    assert len(rows) == 1
    return True


def fails(remotes, timeout=0.5, error=ConnectError, **more):
    """The message of the error that connecting ends in, within the timeout."""
    with within(timeout), pytest.raises(error) as caught:
        Session(remotes, NB, timeout=timeout, **more)
    return str(caught.value)


def fails_at_once(remotes, **more):
    """The same, of an error that needs no waiting."""
    with within(5):
        return fails(remotes, timeout=60, **more)


class TestRemotes:
    def test_unix(self, nb):
        with Session(nb.remote, NB) as session:
            assert works(session)
            assert session.remote == nb.remote

    def test_tcp(self, nb):
        with Session(nb.tcp, NB) as session:
            assert works(session)

    def test_ssl(self, nb, tls):
        with Session(nb.ssl, NB, tls=tls) as session:
            assert works(session)

    def test_ssl_carries_a_reply_of_many_records(self, nb, tls):
        name = "é" * 100_000
        with Session(nb.ssl, NB, tls=tls) as session:
            session.transact([{"op": "insert", "table": "Address_Set", "row": {"name": name}}])
            rows = session.transact([{"op": "select", "table": "Address_Set", "where": [], "columns": ["name"]}])[0][
                "rows"
            ]
            session.transact([{"op": "delete", "table": "Address_Set", "where": []}])
        assert rows == [{"name": name}]

    def test_the_tools_environment_is_the_default(self, nb, monkeypatch):
        monkeypatch.setenv("OVN_NB_DB", nb.remote)
        with Session(None, NB) as session:
            assert works(session)

    def test_several_and_some_are_dead(self, nb):
        with within(2), Session(",".join([DEAD, "tcp:127.0.0.1:%d" % free_port(), nb.tcp]), NB) as session:
            assert session.remote == nb.tcp

    def test_several_and_the_first_hangs(self, nb):
        with listener(lambda _sock, stop: stop.wait()) as hangs, within(2):
            with Session("%s,%s" % (hangs, nb.remote), NB, timeout=2) as session:
                assert session.remote == nb.remote

    def test_one_that_comes_back(self, nb):
        with Session(nb.remote, NB) as session:
            nb.kill()
            with pytest.raises(ConnectionLost):
                works(session)
            nb.start()
            session.connect(again=True)
            assert works(session)


class TestDown:
    def test_no_such_socket(self):
        assert "there is no such socket (is the server running?)" in fails(DEAD)

    def test_refused(self):
        assert "Connection refused" in fails_at_once("tcp:127.0.0.1:%d" % free_port())

    def test_unknown_host(self):
        assert "tcp:no-such-host.invalid:6641: " in fails("tcp:no-such-host.invalid:6641")

    def test_all_of_several(self):
        said = fails("%s,tcp:127.0.0.1:%d" % (DEAD, free_port()))
        assert DEAD in said
        assert "Connection refused" in said

    def test_a_listener_that_never_accepts(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
            port = server.getsockname()[1]
            filled = []
            try:
                for _unused in range(3):  # fills the backlog: from then on the kernel drops what asks to connect
                    filled.append(socket.socket())
                    filled[-1].setblocking(False)
                    filled[-1].connect_ex(("127.0.0.1", port))
                assert "no answer" in fails("tcp:127.0.0.1:%d" % port)
            finally:
                for sock in filled:
                    sock.close()


class TestHangs:
    def test_accepts_and_never_answers(self):
        with listener(lambda _sock, stop: stop.wait()) as remote:
            assert "no answer in time" in fails(remote)

    def test_a_stopped_server(self, nb):
        nb.pause()
        try:
            assert "no answer in time" in fails(nb.tcp)
        finally:
            nb.resume()

    def test_stops_while_connected(self, nb):
        with Session(nb.remote, NB, timeout=0.5) as session:
            nb.pause()
            try:
                with within(1), pytest.raises(DeadlineError, match="no answer in time"):
                    works(session)
            finally:
                nb.resume()
            assert works(session)  # the late reply is not taken for the new one

    def test_half_of_a_reply(self, nb):
        with proxy(nb, lambda r: "half" if r["method"] == "get_schema" else None) as remote:
            assert "no answer in time" in fails(remote)

    def test_one_byte_at_a_time_is_no_way_around_the_deadline(self):
        def drip(sock, stop):
            sock.sendall(b"{")
            while not stop.wait(0.05):
                sock.sendall(b" ")

        with listener(drip) as remote:
            assert "no answer in time" in fails(remote)

    def test_takes_no_request(self):
        def deaf(sock, stop):
            got = requests(sock)
            for _unused in range(3):
                request = next(got)
                sock.sendall(reply(request, answer(request)))
            stop.wait()

        with listener(deaf) as remote, Session(remote, NB, timeout=0.5) as session:
            with within(1.5), pytest.raises(DeadlineError, match="did not take the request"):
                session.transact([{"op": "comment", "comment": "x" * 30_000_000}])


class TestStrangers:
    def say(self, *data):
        def behave(sock, stop):
            sock.recv(65536)
            for part in data:
                sock.sendall(part)
            stop.wait()

        return listener(behave)

    def test_http(self):
        with self.say(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n") as remote:
            assert "this is no OVSDB server: it says 'HTTP/1.1 400 Bad Request'" in fails_at_once(remote)

    def test_garbage(self):
        with self.say(bytes(range(128, 256)) * 100) as remote:
            assert "this is no OVSDB server" in fails_at_once(remote)

    def test_garbage_that_begins_like_json(self):
        for said in (b"{ nonsense }", b"{\xff}"):
            with self.say(said * 100) as remote:
                assert "no answer in time" in fails(remote)

    def test_json_too_deep_to_be_true(self):
        with self.say(b'{"a":' * 100_000 + b"}") as remote:
            assert "no answer in time" in fails(remote)

    def test_garbage_behind_a_reply(self):
        def behave(sock, stop):
            request = next(requests(sock))
            sock.sendall(reply(request, [NB]) + b"[1] {}")
            stop.wait()

        with listener(behave) as remote:
            assert "this is no OVSDB server: it says '[1] {}'" in fails_at_once(remote)

    @pytest.mark.parametrize("result", [True, 1, [], {}, "x", [[]], None])
    def test_json_rpc_of_another_kind(self, result):
        def behave(sock, stop):
            for request in requests(sock):
                sock.sendall(reply(request, result))

        with listener(behave) as remote:
            assert remote in fails_at_once(remote)

    @pytest.mark.parametrize("result", [True, {}, [1], None])
    def test_a_reply_of_another_shape(self, result):
        def behave(sock, stop):
            for request in requests(sock):
                known = answer(request)
                sock.sendall(reply(request, result if known is None else known))

        with listener(behave) as remote, Session(remote, NB, timeout=0.5) as session:
            with pytest.raises(OvsdbError, match="another shape"):
                session.transact([{"op": "comment", "comment": "x"}])


class TestCloses:
    ONE = [{"op": "insert", "table": "Address_Set", "row": {"name": "cut"}}]

    def names(self, nb):
        return nb.ctl("--bare", "--columns=name", "list", "Address_Set").split()

    @pytest.fixture(autouse=True)
    def _clean(self, nb):
        yield
        nb.transact({"op": "delete", "table": "Address_Set", "where": []})

    def cut(self, how):
        return lambda r: how if r["method"] == "transact" and r["params"][0] == NB else None

    @pytest.mark.parametrize(("how", "written"), [("before", []), ("after", ["cut"])])
    def test_after_the_request_was_sent(self, nb, how, written):
        with proxy(nb, self.cut(how)) as remote, Session(remote, NB) as session:
            with pytest.raises(ConnectionLost, match="closed the connection") as caught:
                session.transact(self.ONE)
            assert caught.value.sent  # the client cannot tell which of the two it was
        until(lambda: self.names(nb) == written, "what was written is %s" % written)

    def test_before_anything_was_sent(self, nb):
        with standalone() as other, Session(other.remote, NB) as session:
            other.kill()
            with pytest.raises(ConnectionLost) as caught:
                session.transact(self.ONE)
            assert not caught.value.sent

    def test_silent_after_the_request(self, nb):
        with proxy(nb, self.cut("silent")) as remote, Session(remote, NB, timeout=0.5) as session:
            with within(1), pytest.raises(DeadlineError):
                session.transact(self.ONE)

    def test_while_connecting(self):
        with listener(lambda sock, _stop: sock.recv(10)) as remote:
            assert remote in fails_at_once(remote)

    def test_a_reply_and_the_end_at_once(self):
        """Whatever the pieces: a reply that is complete counts, though the server is gone."""

        def behave(sock, stop):
            for request in requests(sock):
                known = answer(request)
                if known is not None:
                    sock.sendall(reply(request, known))
                    continue
                data = reply(request, [{"rows": [{"name": "}" * 1000}]}])
                sock.sendall(data[:900])  # ends in }, which looks like the end
                time.sleep(0.05)
                sock.sendall(data[900:])
                return

        with listener(behave) as remote, Session(remote, NB) as session:
            assert session.transact([{"op": "select"}])[0]["rows"][0]["name"] == "}" * 1000


class TestWrongServer:
    def test_another_database(self, nb):
        with within(1), pytest.raises(ConnectError, match="serves the database OVN_Northbound, not OVN_Southbound"):
            Session(nb.remote, "OVN_Southbound")

    def test_another_database_among_several(self, nb):
        with standalone("OVN_Southbound") as sb, Session("%s,%s" % (sb.remote, nb.remote), NB) as session:
            assert session.remote == nb.remote

    def test_a_pin_and_no_cluster(self, nb):
        assert "is in no cluster, the remotes ask for cid:11111111-" in fails_at_once(
            "cid:11111111-2222,%s" % nb.remote
        )


class TestTls:
    def test_plaintext_to_a_tls_port(self, nb):
        assert "is it an ssl: listener?" in fails(nb.ssl.replace("ssl:", "tcp:"), timeout=1)

    def test_tls_to_a_plaintext_port(self, nb, tls):
        assert "is it a tcp: listener?" in fails(nb.tcp.replace("tcp:", "ssl:"), timeout=1, tls=tls)

    def test_tls_to_a_listener_that_says_nothing(self, tls):
        with listener(lambda _sock, stop: stop.wait()) as remote:
            assert "no answer to the TLS handshake" in fails(remote.replace("tcp:", "ssl:"), tls=tls)

    def test_the_servers_ca_is_another(self, nb, tls, tmp_path):
        other = Tls(tls.private_key, tls.certificate, Pki(tmp_path).ca_cert)
        assert "the server's certificate is not accepted by ca_cert" in fails(nb.ssl, timeout=1, tls=other)

    def test_the_clients_ca_is_another(self, nb, tmp_path):
        stranger = Tls(*Pki(tmp_path).issue("stranger"), nb.pki.ca_cert)
        said = fails(nb.ssl, timeout=1, tls=stranger)
        # The server hangs up, and its reason is sometimes overtaken by that
        assert (
            "the server does not accept certificate: " in said
            or "(does the server's CA know this certificate?)" in said
        )

    @pytest.mark.parametrize(("begins", "ends", "words"), [(-9, -1, "expired at"), (1, 9, "is not valid before")])
    def test_a_certificate_that_is_not_valid_now(self, nb, tmp_path, begins, ends, words):
        Authority(tmp_path, "other").sign("other", begins, ends)
        certificate = str(tmp_path / "other.pem")
        said = fails(nb.ssl, timeout=1, tls=Tls(str(tmp_path / "other.key"), certificate, nb.pki.ca_cert))
        assert "certificate: %s %s" % (certificate, words) in said and "by the clock of this host" in said

    @pytest.mark.parametrize("option", ["private_key", "certificate", "ca_cert"])
    def test_one_is_missing(self, nb, tls, option):
        part = Tls(tls.private_key, tls.certificate, tls.ca_cert)
        setattr(part, option, None)
        # at once, though others of the remotes could be tried
        assert "%s is missing" % option in fails_at_once("%s,%s" % (nb.tcp, nb.ssl), tls=part)
        setattr(part, option, "/nonexistent.pem")
        assert "%s: /nonexistent.pem cannot be read" % option in fails(nb.ssl, tls=part)

    def test_a_key_of_another_certificate(self, nb, tls):
        mixed = Tls(nb.pki.issue("another")[0], tls.certificate, tls.ca_cert)
        assert "private_key and certificate cannot be used: KEY_VALUES_MISMATCH" in fails(nb.ssl, tls=mixed)

    def test_a_ca_that_is_none(self, nb, tls, tmp_path):
        (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
        assert "ca_cert cannot be used" in fails(
            nb.ssl, tls=Tls(tls.private_key, tls.certificate, str(tmp_path / "ca.pem"))
        )


@pytest.fixture(scope="module")
def nbs():
    with cluster(3) as servers:
        yield servers


class TestCluster:
    def test_the_leader_is_found(self, nbs):
        for start in range(3):
            remotes = nbs.remotes[start:] + nbs.remotes[:start]
            with Session(",".join(remotes), NB) as session:
                assert session.remote == nbs.remotes[nbs.leader()]

    def test_a_follower_alone(self, nbs):
        follower = nbs.remotes[nbs.followers()[0]]
        assert "is a follower of the cluster, not its leader" in fails(follower)
        with Session(follower, NB, leader_only=False) as session:
            assert works(session)

    def test_the_pin(self, nbs):
        with Session("cid:%s,%s" % (nbs.cid, nbs.remote), NB) as session:
            assert works(session)
        said = fails_at_once("cid:11111111-2222-3333-4444-555555555555,%s" % nbs.remote)
        assert "belongs to the cluster %s, the remotes ask for cid:11111111-" % nbs.cid in said

    def test_the_pin_leaves_a_strayed_member_out(self, nbs, nb):
        with Session("cid:%s,%s,%s" % (nbs.cid, nb.remote, nbs.remote), NB) as session:
            assert session.remote in nbs.remotes

    def test_a_new_leader(self, nbs):
        with Session(nbs.remote, NB) as session:
            old = nbs.leader()
            nbs.kill(old)
            try:
                with pytest.raises(ConnectionLost):
                    works(session)
                with within(6):
                    session.connect(again=True)  # while the others elect
                assert works(session)
                assert session.remote == nbs.remotes[nbs.leader()] != nbs.remotes[old]
            finally:
                nbs.start(old)

    def test_leadership_given_away_is_noticed_by_the_next_session(self, nbs):
        old = nbs.leader()

        def given_away():
            # The servers do not always carry it out: the old leader may be elected again
            if nbs.leader() == old:
                nbs.appctl("cluster/failure-test", "transfer-leadership", i=old)
            return nbs.leader() != old

        until(given_away, "another leader", 30)

        def found():
            with Session(nbs.remote, NB) as session:
                return session.remote == nbs.remotes[nbs.leader()]

        until(found, "the session is with the new leader")  # they may still be voting

    def test_the_leader_is_cut_off_with_a_request(self, nbs):
        """It keeps the request until it has a leader again, and may carry it out then: nobody waits for that."""
        change = {"op": "insert", "table": "Logical_Switch", "row": {"name": "cut off"}}
        others = nbs.followers()
        with Session(nbs.remote, NB, timeout=30) as session:
            for i in others:
                nbs.pause(i)
            try:
                with (
                    within(8),
                    pytest.raises(ConnectionLost, match="no longer the leader, and has not answered") as lost,
                ):
                    session.transact([change])
                assert lost.value.sent
                with pytest.raises(ConnectionLost, match="no longer the leader") as lost:
                    session.transact([change])
                assert not lost.value.sent
            finally:
                for i in others:
                    nbs.resume(i)
            with within(20):
                session.connect(again=True)
            session.transact([change])

    def test_a_follower_without_a_leader(self, nbs):
        two = [nbs.leader(), nbs.followers()[0]]
        for i in two:
            nbs.kill(i)
        try:
            left = nbs.alive()[0]
            until(lambda: "Leader: unknown" in nbs.status(left), "no leader")
            said = fails(nbs.remote, timeout=1)
            assert "%s is " % nbs.remotes[left] in said  # which of them answers, and in what state
            assert nbs.remotes[two[0]] in said

            def cut_off():
                try:
                    Session(nbs.remotes[left], NB, timeout=0.2, leader_only=False).close()
                except ConnectError as exc:
                    return "is not connected to its cluster" in str(exc)
                return False

            until(cut_off, "it says that it is cut off")  # after an election that nobody won
        finally:
            for i in two:
                nbs.start(i)
            nbs.leader()


@pytest.fixture
def probed():
    """A server that asks every second whether its clients are there."""
    port = free_port()
    with standalone(extra=["--remote=db:OVN_Northbound,NB_Global,connections"]) as server:
        server.ctl("--inactivity-probe=1000", "set-connection", "ptcp:%d:127.0.0.1" % port)
        server.tcp = "tcp:127.0.0.1:%d" % port
        until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the listener")
        yield server


class TestProbes:
    def test_planning_survives_them_in_keepalive_and_only_there(self, probed):
        with Session(probed.tcp, NB) as kept, Session(probed.tcp, NB) as lost:
            with kept.keepalive():
                time.sleep(5)  # this is the plan: as long as it takes
            assert works(kept)
            with pytest.raises(ConnectionLost):
                works(lost)

    def test_the_connection_ends_in_keepalive(self):
        with standalone() as server, Session(server.remote, NB) as session:
            with session.keepalive():
                server.kill()
            with pytest.raises(ConnectionLost):
                works(session)

    def test_over_tls(self):
        with standalone(listen=("ssl",)) as server:
            port = free_port()
            server.ctl("--inactivity-probe=1000", "set-connection", "pssl:%d:127.0.0.1" % port)
            server.appctl("ovsdb-server/add-remote", "db:OVN_Northbound,NB_Global,connections")
            until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the listener")
            tls = Tls(*server.pki.issue("client"), server.pki.ca_cert)
            with Session("ssl:127.0.0.1:%d" % port, NB, tls=tls) as session:
                with session.keepalive():
                    time.sleep(2.5)
                assert works(session)


class TestPieces:
    def test_cut_at_each_byte(self):
        """Inside of a character, of a string, of a number, of the next message: no piece is a wrong one."""
        text = '{"}é€𝄞\\"'
        probe = b'{"method":"echo","params":["}"],"id":"echo"}'
        stale = reply({"id": 7777}, "of a request that nobody waits for")
        length = len(probe + stale + reply({"id": 100}, [text, 12]) + probe)
        echoes = []

        def behave(sock, stop):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in requests(sock):
                if "method" not in request:
                    echoes.append(request["result"])
                elif request["method"] == "cut":
                    data = probe + stale + reply(request, [text, 12]) + probe
                    at = request["params"][0]
                    sock.sendall(data[:at])
                    time.sleep(0.005)
                    sock.sendall(data[at:])
                else:
                    sock.sendall(reply(request, answer(request)))

        with listener(behave) as remote, Session(remote, NB) as session:
            for at in range(1, length):
                assert session.call("cut", [at]) == [text, 12]
        assert echoes[: 2 * length - 4] == [["}"]] * (2 * length - 4)

    def test_many_rows(self):
        with standalone() as server, Session(server.remote, NB, timeout=60) as session:
            session.transact(
                [
                    {
                        "op": "insert",
                        "table": "Address_Set",
                        "row": {"name": "é%d" % i, "addresses": ["set", ["10.0.0.1", "10.0.0.2"]]},
                    }
                    for i in range(100_000)
                ]
            )
            found = session.transact(
                [
                    {
                        "op": "select",
                        "table": "Address_Set",
                        "where": [],
                        "columns": ["_uuid", "name", "addresses", "external_ids"],
                    }
                ]
            )[0]["rows"]
            assert {row["name"] for row in found} == {"é%d" % i for i in range(100_000)}
            rows = session.rows_where_any(
                "Address_Set", ["name", "external_ids"], [["name", "==", "é7"], ["name", "==", "é8"]]
            )
            assert sorted(row["name"] for row in rows.values()) == ["é7", "é8"]


class TestTransactions:
    def test_an_operation_is_refused(self, nb):
        with Session(nb.remote, NB) as session, pytest.raises(TransactError) as caught:
            session.transact(
                [
                    {"op": "comment", "comment": "fine"},
                    {"op": "insert", "table": "Address_Set", "row": {"nonsense": 1}},
                ]
            )
        assert caught.value.index == 1
        assert "nonsense" in str(caught.value)

    def test_the_commit_is_refused(self, nb):
        row = {"op": "insert", "table": "Address_Set", "row": {"name": "twice"}}
        with Session(nb.remote, NB) as session, pytest.raises(TransactError) as caught:
            session.transact([row, row])
        assert caught.value.code == "constraint violation"
        assert caught.value.index is None

    def test_columns_at_their_default_are_not_missing(self, nb):
        with Session(nb.remote, NB) as session:
            session.transact([{"op": "insert", "table": "Logical_Switch", "row": {"name": "plain"}}])
            (row,) = session.rows_where_any(
                "Logical_Switch", ["name", "ports", "external_ids"], [["name", "==", "plain"]]
            ).values()
            session.transact([{"op": "delete", "table": "Logical_Switch", "where": []}])
        assert row == {"name": "plain", "ports": ["set", []], "external_ids": ["map", []]}

    def test_waiting_on_the_server(self, nb):
        with Session(nb.remote, NB, timeout=0.5) as session:
            with within(1.5):
                assert session.wait_until("Address_Set", [["name", "==", "later"]], timeout=0.7) is False
            assert session.wait_until("NB_Global", [], timeout=0.7) is True
