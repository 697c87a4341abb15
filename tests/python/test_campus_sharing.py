"""The sessions that servers of examples/freeradius share."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator, Optional

import eap_rs
import pytest
from eap_rs.freeradius import RLM_MODULE_OK, RLM_MODULE_REJECT, Radiusd, Request

from campus_script import folder, ini, lines, log_in, module, radiusd
from conftest import Pki

__all__ = ["folder", "radiusd"]

SHARED = "[sessions]\nshared = sessions.sqlite"
TLS = "session_lifetime = 600\nticket_keys = ticket_keys"
ALICE = "alice@campus.example"


@pytest.fixture(autouse=True)
def keys(folder: Path) -> None:
    (folder / "ticket_keys").write_text("5a" * 32 + "\n")


# Settings.


@pytest.mark.parametrize(
    ("tls", "shared", "message"),
    [
        ("session_lifetime = 60", "s", r"\[tls\] ticket_keys: none given, but \[sessions\] shared"),
        ("ticket_keys = ticket_keys", "s", r"\[tls\] session_lifetime: 0, but \[sessions\] shared"),
        (TLS, "rest", r"\[sessions\] shared: rest needs \[subscriptions\] backend = rest"),
        (TLS, "none/s", r"\[sessions\] shared: there is no directory .*none"),
    ],
)
def test_what_sharing_needs_is_named(
    radiusd: Radiusd, folder: Path, tls: str, shared: str, message: str
) -> None:
    settings = module("campus_settings")
    with pytest.raises(settings.SettingError, match=message):
        settings.Settings.read(ini(folder, tls=tls, eap=f"[sessions]\nshared = {shared}"))


def test_where_sessions_are_shared(radiusd: Radiusd, folder: Path) -> None:
    read = module("campus_settings").Settings.read
    assert read(ini(folder, tls=TLS)).shared is None
    assert read(ini(folder, tls=TLS, eap=SHARED)).shared == folder / "sessions.sqlite"
    more = "backend = rest\nurl = http://localhost/"
    rest = ini(folder, tls=TLS, eap="[sessions]\nshared = rest", subscriptions=more)
    assert read(rest).shared == "rest"


def test_sqlite_has_to_be_new_enough(
    radiusd: Radiusd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    refusal = module("campus_settings").SettingError
    with pytest.raises(refusal, match=r"\[sessions\] shared: .*3\.35"):
        module("shared_sessions").SqliteSessions(folder / "s", 10)


# In a file.


@contextmanager
def in_file(path: Path, capacity: int = 1000) -> Iterator[Any]:
    store = module("shared_sessions").SqliteSessions(path, capacity)
    try:
        yield store
    finally:
        store.close()


def name(number: int) -> bytes:
    return number.to_bytes(32, "big")


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        (number,) = database.execute("SELECT count(*) FROM tls_sessions").fetchone()
    return int(number)


def test_a_session_is_given_out_once_and_to_any_server(radiusd: Radiusd, folder: Path) -> None:
    path = folder / "sessions.sqlite"
    with in_file(path) as one, in_file(path) as two:
        one.put(name(1), b"\0sealed", 60)
        one.put(name(2), b"old", 60)
        one.put(name(2), b"new", 60)
        assert two.take(name(1)) == b"\0sealed"
        assert one.take(name(1)) is two.take(name(1)) is two.take(name(3)) is None
        assert two.take(name(2)) == b"new" and count(path) == 0
        for file in (path, *(Path(f"{path}{it}") for it in ("-wal", "-shm"))):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        columns = database.execute("PRAGMA table_info(tls_sessions)").fetchall()
    assert [it[1:4] for it in columns] == [
        ("name", "BLOB", 0),
        ("session", "BLOB", 1),
        ("expires", "INTEGER", 1),
    ]


def test_many_who_ask_at_once_get_each_session_once(radiusd: Radiusd, folder: Path) -> None:
    path = folder / "sessions.sqlite"
    names = [name(it) for it in range(300)]
    with in_file(path) as one, in_file(path) as two:

        def put(key: bytes) -> None:
            one.put(key, b"session of " + key, 60)

        def take(store: Any) -> list[Optional[bytes]]:
            return [store.take(it) for it in names]

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put, names))
            taken = list(pool.map(take, [one, two, one, two]))
    for key, answers in zip(names, zip(*taken)):
        assert [it for it in answers if it is not None] == [b"session of " + key]


def test_servers_that_start_at_once_make_one_file(radiusd: Radiusd, folder: Path) -> None:
    path = folder / "sessions.sqlite"
    stores = [module("shared_sessions").SqliteSessions(path, 10) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda it: stores[it].put(name(it), b"x", 60), range(6)))
    assert [stores[-it].take(name(it)) for it in range(6)] == [b"x"] * 6
    for store in stores:
        store.close()
    assert [it.name for it in folder.glob("sessions*")] == ["sessions.sqlite"]


def test_what_has_expired_is_given_to_nobody_and_goes(
    radiusd: Radiusd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "sessions.sqlite"
    now = 1_800_000_000.5
    monkeypatch.setattr(time, "time", lambda: now)
    with in_file(path, 10) as store:
        for number, lifetime in ((1, 60), (2, 60), (3, 600)):
            store.put(name(number), b"x", lifetime)
        now += 59
        assert store.take(name(1)) == b"x"
        now += 1
        assert store.take(name(2)) is None
        store.put(name(2), b"x", 60)
        now += 61
        store.put(name(4), b"x", 60)
        assert count(path) == 2
        assert store.take(name(3)) == b"x"


def test_there_is_room_for_so_many(radiusd: Radiusd, folder: Path) -> None:
    path = folder / "sessions.sqlite"
    with in_file(path, 50) as store:
        for number in range(500):
            store.put(name(number), b"x", 60 + number)
            assert number % 100 or count(path) <= 55
        assert count(path) == 50
        assert store.take(name(499)) == b"x" and store.take(name(0)) is None


def test_a_file_that_is_replaced_is_the_one_that_counts(radiusd: Radiusd, folder: Path) -> None:
    path = folder / "sessions.sqlite"
    with in_file(path) as one, in_file(path) as two:
        one.put(name(1), b"x", 60)
        for file in folder.glob("sessions.sqlite*"):
            file.unlink()
        two.put(name(2), b"y", 60)
        assert one.take(name(1)) is None
        assert one.take(name(2)) == b"y"


# A store that is away.


class Moody:
    """A store that may be told to fail."""

    def __init__(self) -> None:
        self.fails = False
        self.asked = 0
        self.kept: dict[bytes, bytes] = {}

    def _say(self) -> None:
        self.asked += 1
        if self.fails:
            raise OSError("no such machine")

    def take(self, key: bytes) -> Optional[bytes]:
        self._say()
        return self.kept.pop(key, None)

    def put(self, key: bytes, session: bytes, lifetime: int) -> None:
        self._say()
        self.kept[key] = session

    def close(self) -> None:
        self.kept.clear()


def test_a_store_that_fails_is_left_alone_for_a_while(
    radiusd: Radiusd, caplog: pytest.LogCaptureFixture
) -> None:
    now = 100.0
    store = Moody()
    sessions = module("shared_sessions").SharedSessions(store, lambda: now)
    sessions.store(b"a", b"session", 60.0)
    store.fails = True
    for _ in range(3):
        assert sessions.load(b"a") is None
        sessions.store(b"b", b"session", 60.0)
    assert store.asked == 2
    assert [it.message for it in caplog.records] == [
        "shared sessions: OSError: no such machine; none for 10 seconds"
    ]
    now += sessions.PAUSE
    assert sessions.load(b"a") is None
    assert store.asked == 3
    store.fails = False
    now += sessions.PAUSE
    assert sessions.load(b"a") == b"session"


class Server:
    """One of several, with the settings of the folder."""

    def __init__(self, folder: Path) -> None:
        path = folder / "campus.ini"
        self.here = module("campus").Campus(module("campus_settings").Settings.read(path))

    def authorize(self, vps: Any) -> Any:
        return self.here.authorize(Request.from_vps(vps))

    def authenticate(self, vps: Any) -> Any:
        return self.here.authenticate(Request.from_vps(vps))


@contextmanager
def servers(folder: Path, number: int = 2) -> Iterator[list[Server]]:
    made = [Server(folder) for _ in range(number)]
    try:
        yield made
    finally:
        for it in made:
            it.here.close()


def device(pki: Pki, method: str = "ttls/pap", version: Any = "1.3") -> eap_rs.PeerConfig:
    return eap_rs.PeerConfig(
        ALICE,
        password="wonderland",
        anonymous_identity="@campus.example",
        methods=[method],
        tls=pki.peer_tls(min_version=version, max_version=version),
    )


def resumed(server: Server, pki: Pki, config: eap_rs.PeerConfig) -> bool:
    """Whether this login, which has to succeed, is resumed."""
    seen: list[bool] = []
    log_accept = server.here.log_accept
    server.here.log_accept = lambda *_, resumed: seen.append(resumed)
    try:
        code, reply = log_in(server, pki, password="wonderland", config=config)
    finally:
        server.here.log_accept = log_accept
    assert (code, reply["Tunnel-Private-Group-Id:1"]) == (RLM_MODULE_OK, "101")
    return seen == [True]


def test_a_store_that_is_busy_costs_a_full_login(
    radiusd: Radiusd, folder: Path, pki: Pki
) -> None:
    ini(folder, tls=TLS, eap=SHARED)
    config = device(pki)
    with servers(folder) as (one, two):
        now = 100.0
        for it in (one, two):
            it.here.sessions._clock = lambda: now
            it.here.sessions._away_until = now
        assert not resumed(one, pki, config)
        with closing(sqlite3.connect(folder / "sessions.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")
            begun = time.monotonic()
            assert not resumed(two, pki, config)
            assert time.monotonic() - begun < 3
            other.rollback()
        # In the pause, nothing has been stored: there is nothing to resume.
        now += 10
        assert not resumed(two, pki, config)
        assert resumed(one, pki, config)


@pytest.mark.parametrize("content", [b"", b"no database at all, " * 500])
def test_a_store_that_is_broken_costs_full_logins(
    radiusd: Radiusd, folder: Path, pki: Pki, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "sessions.sqlite").write_bytes(content)
    ini(folder, tls=TLS, eap=SHARED)
    config = device(pki)
    with servers(folder) as (one, two):
        for it in (one, two, one):
            assert not resumed(it, pki, config)
    heard = [it.message for it in caplog.records if "shared sessions" in it.message]
    assert len(heard) == 2 and "wonderland" not in str(heard)


@pytest.mark.parametrize("session", [b"", b"x", b"\0" * 5000])
def test_what_nobody_has_sealed_costs_a_full_login(
    radiusd: Radiusd, folder: Path, pki: Pki, session: bytes
) -> None:
    ini(folder, tls=TLS, eap=SHARED)
    config = device(pki)
    with servers(folder) as (one, two):
        assert not resumed(one, pki, config)
        with closing(sqlite3.connect(folder / "sessions.sqlite")) as database, database:
            database.execute("UPDATE tls_sessions SET session = ?", (session,))
        assert not resumed(two, pki, config)
        assert resumed(one, pki, config)


# Logins.


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("method", ["ttls/pap", "peap/gtc", "peap/mschapv2"])
def test_who_has_logged_in_at_one_is_resumed_at_the_other(
    radiusd: Radiusd, folder: Path, pki: Pki, method: str, version: str
) -> None:
    ini(folder, tls=TLS, eap=SHARED)
    config = device(pki, method, version)
    with servers(folder) as (one, two):
        then = [resumed(it, pki, config) for it in (one, two, one, two)]
        assert then == [False, True, True, True]
        assert count(folder / "sessions.sqlite") == 1
        for file in folder.glob("sessions.sqlite*"):
            content = file.read_bytes()
            assert not any(it in content for it in (b"alice", b"campus", b"wonderland"))
        with closing(sqlite3.connect(folder / "sessions.sqlite")) as database:
            (row,) = database.execute("SELECT length(name), expires FROM tls_sessions").fetchall()
        assert row[0] == 32 and 0 < row[1] - time.time() <= 600
    # And outlives both.
    with servers(folder, 1) as (three,):
        assert resumed(three, pki, config)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE subscriptions SET valid_until = '2020-12-31' WHERE vlan = 101", "ended"),
        ("DELETE FROM subscriptions WHERE vlan = 101", "unknown name"),
    ],
)
def test_whose_subscription_is_over_is_resumed_nowhere(
    radiusd: Radiusd, folder: Path, pki: Pki, change: str, reason: str
) -> None:
    ini(folder, tls=TLS, eap=SHARED)
    config = device(pki)
    module("campus").instantiate(())
    radiusd.lines.clear()
    with servers(folder) as (one, two):
        assert not resumed(one, pki, config)
        with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
            database.execute(change)
        for it in (two, one):
            code, _ = log_in(it, pki, password="wonderland", config=config)
            assert code == RLM_MODULE_REJECT
            assert f"reject user={ALICE} " in lines(radiusd)[-1] and reason in lines(radiusd)[-1]
    module("campus").detach(())


def test_other_ticket_keys_resume_nothing(radiusd: Radiusd, folder: Path, pki: Pki) -> None:
    ini(folder, tls=TLS, eap=SHARED)
    config = device(pki)
    with servers(folder, 1) as (one,):
        assert not resumed(one, pki, config)
    (folder / "ticket_keys").write_text("a5" * 32 + "\n")
    with servers(folder, 1) as (two,):
        assert not resumed(two, pki, config)


def test_the_end_closes_the_file(radiusd: Radiusd, folder: Path, pki: Pki) -> None:
    ini(folder, tls=TLS, eap=SHARED)
    campus = module("campus")
    assert campus.instantiate(()) == RLM_MODULE_OK
    assert log_in(campus, pki, ALICE, "wonderland")[0] == RLM_MODULE_OK
    assert (folder / "sessions.sqlite-wal").exists()
    assert campus.detach(()) == RLM_MODULE_OK
    # The last one to go tidies up.
    assert not (folder / "sessions.sqlite-wal").exists()


# Behind REST.


class Sessions(ThreadingHTTPServer):
    """Keeps sessions, and no subscriptions."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: dict[str, bytes] = {}
        self.asked: list[tuple[str, ...]] = []
        self.status: Optional[int] = None
        self.delay = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """Who does not wait for the answer."""


class _Handler(BaseHTTPRequestHandler):
    server: Sessions

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(
            ("PUT", self.path, self.headers["Authorization"], self.headers["Content-Type"])
        )
        if self.server.status is None:
            self.server.kept[self.path.partition("?")[0]] = body
        self._answer(self.server.status or 204)

    def do_DELETE(self) -> None:
        self.server.asked.append(("DELETE", self.path, self.headers["Authorization"]))
        found = self.server.kept.pop(self.path, None)
        self._answer(self.server.status or (404 if found is None else 200), found or b"")

    def _answer(self, status: int, body: bytes = b"") -> None:
        time.sleep(self.server.delay)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def sessions() -> Iterator[Sessions]:
    with Sessions() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_sessions_behind_rest(radiusd: Radiusd, sessions: Sessions) -> None:
    rest = module("shared_sessions").RestSessions(sessions.url, "tok-123", 2.0)
    rest.put(b"\xab" * 32, b"\0sealed", 60)
    path = "/sessions/" + "ab" * 32
    assert sessions.kept == {path: b"\0sealed"}
    assert rest.take(b"\xab" * 32) == b"\0sealed"
    assert rest.take(b"\xab" * 32) is None
    bearer = "Bearer tok-123"
    assert sessions.asked == [
        ("PUT", f"{path}?lifetime=60", bearer, "application/octet-stream"),
        ("DELETE", path, bearer),
        ("DELETE", path, bearer),
    ]


@pytest.mark.parametrize("status", [302, 401, 404, 405, 500])
def test_a_service_that_keeps_no_sessions(
    radiusd: Radiusd, sessions: Sessions, status: int
) -> None:
    sessions.status = status
    rest = module("shared_sessions").RestSessions(sessions.url, "tok-123", 2.0)
    with pytest.raises(OSError) as caught:
        rest.put(name(1), b"x", 60)
    assert "tok-123" not in str(caught.value)
    if status == 404:
        assert rest.take(name(1)) is None
    else:
        with pytest.raises(OSError):
            rest.take(name(1))


def test_a_service_that_is_slow_or_says_too_much(radiusd: Radiusd, sessions: Sessions) -> None:
    rest = module("shared_sessions").RestSessions(sessions.url, None, 20.0)
    sessions.kept[f"/sessions/{name(1).hex()}"] = b"x" * 65_537
    with pytest.raises(ValueError):
        rest.take(name(1))
    sessions.delay = 0.8
    begun = time.monotonic()
    with pytest.raises(OSError):
        rest.take(name(1))
    assert time.monotonic() - begun < 0.75
    with pytest.raises(OSError):
        rest.put(name(1), b"x", 60)


def test_servers_that_share_behind_rest(
    radiusd: Radiusd, folder: Path, pki: Pki, sessions: Sessions
) -> None:
    ini(folder, tls=TLS, eap=SHARED)
    config = device(pki, "peap/gtc")
    shared = module("shared_sessions")
    with servers(folder) as (one, two):
        for it in (one, two):
            it.here.sessions._store.close()
            it.here.sessions._store = shared.RestSessions(sessions.url, None, 2.0)
        assert not resumed(one, pki, config)
        assert resumed(two, pki, config)
        sessions.status = 500
        assert not resumed(one, pki, config)
    assert all(ALICE.encode() not in it for it in sessions.kept.values())
