"""The campus: who subscribes, in SQLite and behind REST."""

from __future__ import annotations

import json
import socket
import stat
import threading
import time
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Iterator, Optional

import bcrypt
import eap_rs
import pytest
from eap_rs.freeradius import RLM_MODULE_OK, RLM_MODULE_REJECT, Radiusd

from campus_script import folder, log_in, module, radiusd, start
from conftest import Pki

__all__ = ["folder", "radiusd"]


def test_a_new_database_has_samples_and_is_nobody_elses(radiusd: Radiusd, tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    there = module("subscriptions").SqliteSubscriptions(path, 4)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [it.name for it in tmp_path.iterdir()] == ["s.sqlite"]
    alice = there.subscriber("ALICE@Campus.Example")
    assert (alice.name, alice.vlan) == ("alice@campus.example", 101)
    assert bcrypt.checkpw(b"wonderland", alice.password_hash.encode())
    assert alice.nt_hash == eap_rs.NtHash.of_password("wonderland").expose()
    assert alice.password_hash not in repr(alice) and alice.nt_hash.hex() not in repr(alice)
    assert there.subscriber("phone@campus.example").cleartext == "dial9"
    assert there.subscriber("nobody") is None and there.subscriber("' OR 1 --") is None
    assert there.device("02:00:00:00:01:01").vlan == 301
    assert there.device("02:00:00:00:01:99") is None


def test_two_servers_that_start_at_once_make_one_database(
    radiusd: Radiusd, tmp_path: Path
) -> None:
    subscriptions = module("subscriptions")
    path = tmp_path / "s.sqlite"
    threads = [
        threading.Thread(target=subscriptions.SqliteSubscriptions, args=(path, 4)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [it.name for it in tmp_path.iterdir()] == ["s.sqlite"]
    assert subscriptions.SqliteSubscriptions(path, 4).subscriber("bob@campus.example").vlan == 102


def test_days_count_both_ends(radiusd: Radiusd) -> None:
    validity = module("subscriptions").Validity
    term = validity(date(2025, 10, 1), date(2026, 2, 28))
    assert "begins" in term.problem(date(2025, 9, 30))
    assert term.problem(date(2025, 10, 1)) is term.problem(date(2026, 2, 28)) is None
    assert "ended" in term.problem(date(2026, 3, 1))
    assert validity().problem(date(1, 1, 1)) is None


HASH = "$2b$04$" + "a" * 53
GOOD = {"name": "a", "vlan": 1, "password_hash": HASH}


def test_a_row(radiusd: Radiusd) -> None:
    subscriptions = module("subscriptions")
    subscriber = subscriptions.Subscriber.of(subscriptions.Row("a", {**GOOD, "cleartext": None}))
    assert subscriber == subscriptions.Subscriber("a", 1, HASH)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((it, None) for it in GOOD),
        ("name", 7),
        *(("vlan", it) for it in ("many", "5", 5.9, 5.0, True, 0, 4095, [5])),
        *(("password_hash", it) for it in ("", "x", HASH[:-1], HASH + "\n", HASH.encode(), 7)),
        *(("nt_hash", it) for it in ("xyz", "00" * 15, "00" * 17, 7)),
        ("cleartext", 7),
        *(("valid_from", it) for it in ("yesterday", 17)),
        ("valid_until", ""),
    ],
)
def test_a_row_that_is_none(radiusd: Radiusd, column: str, value: object) -> None:
    subscriptions = module("subscriptions")
    row = subscriptions.Row("a b", {**GOOD, column: value})
    with pytest.raises(subscriptions.BadRow) as caught:
        subscriptions.Subscriber.of(row)
    assert str(caught.value).startswith(f"a\\u{{20}}b: column {column}: ")
    with pytest.raises(subscriptions.BadRow, match="there is none"):
        subscriptions.Device.of(subscriptions.Row("a", {"mac": "x"}))


def test_whom_nobody_knows_costs_as_much(
    radiusd: Radiusd, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriptions = module("subscriptions")
    passwords = subscriptions.Passwords(4)
    hashes: list[bytes] = []
    checkpw = bcrypt.checkpw

    def count(password: bytes, stored: bytes) -> bool:
        hashes.append(stored)
        return bool(checkpw(password, stored))

    monkeypatch.setattr(bcrypt, "checkpw", count)
    stored = bcrypt.hashpw(b"sesame", bcrypt.gensalt(4)).decode()
    known = subscriptions.Subscriber("a", 1, stored)
    empty = subscriptions.Subscriber("a", 1, bcrypt.hashpw(b"", bcrypt.gensalt(4)).decode())
    assert passwords.check(known, b"sesame")
    for subscriber, password in (
        (known, b"Sesame"),
        (known, b"sesame\0"),
        (known, b"sesame" * 100),
        (known, b""),
        (None, b"sesame"),
        (None, b"a" * 73),
        # What bcrypt cannot take is no empty password.
        (empty, b"a" * 73),
        (empty, b"\0"),
    ):
        assert not passwords.check(subscriber, password)
    assert len(hashes) == 9
    assert {it[:7] for it in hashes} == {b"$2b$04$"}
    assert passwords.check(empty, b"")


@contextmanager
def service(answers: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, Optional[str]]]]]:
    """Answers are objects, status codes, octets, or seconds of silence."""
    asked: list[tuple[str, Optional[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            answer = answers.get(self.path, 404)
            if isinstance(answer, float):
                time.sleep(answer)
                answer = 500
            status = answer if isinstance(answer, int) else 200
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/devices/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_subscriptions_behind_rest(radiusd: Radiusd) -> None:
    alice = {"name": "alice", "vlan": 7, "password_hash": HASH, "nt_hash": "00" * 16}
    answers = {
        "/subscriptions/alice%40campus%2F..": alice,
        "/devices/02%3A00%3A00%3A00%3A01%3A01": {"mac": "02:00:00:00:01:01", "vlan": 8},
        "/devices/broken": 500,
        "/devices/moved": 302,
        "/devices/elsewhere": {"mac": "x", "vlan": 9},
        "/devices/list": [],
        "/devices/text": b"<html>",
        "/devices/long": b" " * 65_537,
        "/devices/empty": {},
        "/devices/half": {"mac": "half", "vlan": 5.9},
        "/devices/true": {"mac": "true", "vlan": True},
        "/devices/slow": 0.5,
    }
    with service(answers) as (url, asked):
        rest = module("subscriptions").RestSubscriptions(url, "tok-123", 0.2)
        found = rest.subscriber("alice@campus/..")
        assert (found.name, found.vlan, found.nt_hash) == ("alice", 7, bytes(16))
        assert rest.device("02:00:00:00:01:01").vlan == 8
        assert rest.device("02:00:00:00:01:99") is None and rest.subscriber("nobody") is None
        assert {token for _, token in asked} == {"Bearer tok-123"}
        for device in ("list", "text", "empty", "half", "true"):
            with pytest.raises(module("subscriptions").BadRow, match=f"^{device}: "):
                rest.device(device)
        for device in ("broken", "moved", "long", "slow"):
            with pytest.raises((OSError, ValueError)) as caught:
                rest.device(device)
            assert "tok-123" not in str(caught.value)
        assert not any(path == "/devices/elsewhere" for path, _ in asked)
    rest = module("subscriptions").RestSubscriptions(url, None, 0.2)
    with pytest.raises(OSError):
        rest.device("gone")


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_has_as_long_as_any_other(radiusd: Radiusd, begin: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(begin)
                try:
                    for _ in range(50):
                        connection.sendall(b" ")
                        time.sleep(0.1)
                except ConnectionError:
                    pass

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        rest = module("subscriptions").RestSubscriptions(url, None, 0.5)
        begun = time.monotonic()
        with pytest.raises(OSError):
            rest.subscriber("alice")
        assert 0.4 < time.monotonic() - begun < 1.5
        thread.join()


def test_a_service_that_is_too_slow_is_left_alone_for_a_while(radiusd: Radiusd) -> None:
    now = 100.0
    answers: dict[str, Any] = {"/devices/slow": 0.3, "/devices/broken": 500}
    with service(answers) as (url, asked):
        rest = module("subscriptions").RestSubscriptions(url, None, 0.2, lambda: now)
        # An answer is an answer.
        for _ in range(2):
            with pytest.raises(OSError, match="answers 500"):
                rest.device("broken")
        with pytest.raises(TimeoutError, match="nobody gets in for 5 seconds"):
            rest.device("slow")
        assert len(asked) == 3
        for device in ("slow", "unknown"):
            with pytest.raises(ConnectionError, match="left alone"):
                rest.device(device)
        time.sleep(0.3)
        assert len(asked) == 3
        now += rest.PAUSE
        assert rest.device("unknown") is None


def test_a_subscriber_behind_rest_logs_in(radiusd: Radiusd, folder: Path, pki: Pki) -> None:
    alice = "alice@campus.example"
    stored = bcrypt.hashpw(b"wonderland", bcrypt.gensalt(4)).decode()
    answers = {"/api/subscriptions/alice%40campus.example": {**GOOD, "password_hash": stored}}
    with service(answers) as (url, _):
        campus = start(folder, subscriptions=f"backend = rest\nurl = {url}/api/")
        assert log_in(campus, pki, alice, "wonderland")[0] == RLM_MODULE_OK
        answers.clear()
        assert log_in(campus, pki, alice, "wonderland")[0] == RLM_MODULE_REJECT
