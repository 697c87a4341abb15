"""Subscribers behind a REST service: a real one, in this process."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional
from urllib.parse import unquote

import bcrypt
import pytest

import load
import radius
from certificates import Pki
from example import ALICE, BOB, DEVICE, DEVICE_VLAN, EXPIRED, NOBODY, PASSWORDS, VLANS, Example
from login import Login
from peers import peer
from radius import Client, Packet
from servers import SECRET, FreeRadius
from test_devices import mac_authentication

TOKEN = "a-token-of-the-campus"


def row(user: str, vlan: str, **more: str) -> dict[str, Any]:
    stored = bcrypt.hashpw(PASSWORDS[user].encode(), bcrypt.gensalt(4)).decode()
    return {"name": user, "password_hash": stored, "vlan": int(vlan), **more}


class Service(ThreadingHTTPServer):
    """What the university has. It can be slow, or out of order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.rows = {
            f"/subscriptions/{ALICE}": row(ALICE, VLANS[ALICE]),
            f"/subscriptions/{BOB}": row(BOB, VLANS[BOB]),
            f"/subscriptions/{EXPIRED}": row(EXPIRED, "104", valid_until="2020-12-31"),
            f"/devices/{DEVICE}": {"mac": DEVICE, "vlan": int(DEVICE_VLAN)},
        }
        self.asked: list[str] = []
        self.sessions: dict[str, bytes] = {}
        self.keeps_sessions = True
        self.status: Optional[int] = None
        self.delay = 0.0


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        path = unquote(self.path)
        self.server.asked.append(path)
        time.sleep(self.server.delay)
        found = self.server.rows.get(path)
        status = self.server.status or (200 if found else 404)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status = 401
        body = json.dumps(found if status == 200 else {"error": status}).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass

    def do_PUT(self) -> None:
        octets = self.rfile.read(int(self.headers["Content-Length"]))
        path, _, lifetime = self.path.partition("?lifetime=")
        if self._may_ask():
            assert int(lifetime) > 0
            self.server.sessions[path] = octets
            self._say(204)

    def do_DELETE(self) -> None:
        if self._may_ask():
            octets = self.server.sessions.pop(self.path, None)
            self._say(404 if octets is None else 200, octets or b"")

    def _may_ask(self) -> bool:
        may = self.headers.get("Authorization") == f"Bearer {TOKEN}" and self.server.keeps_sessions
        if not may:
            self._say(503)
        return may

    def _say(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield service
        service.shutdown()
        thread.join()


def example(
    service: Service, pki: Pki, folder: Path, more: Optional[Mapping[str, Mapping[str, str]]] = None
) -> Example:
    settings = {
        "eap": {"methods": "ttls/pap peap/gtc"},
        "subscriptions": {
            "backend": "rest",
            "url": f"http://127.0.0.1:{service.server_address[1]}",
            "token": TOKEN,
            "timeout": "0.5",
            "cost": "4",
        },
        **(more or {}),
    }
    return Example.new(folder, pki.servers["p256"], pki.staff_ca, settings)


@pytest.fixture
def server(service: Service, pki: Pki, tmp_path: Path) -> Iterator[FreeRadius]:
    with example(service, pki, tmp_path / "example").server() as server:
        yield server


def log_in(server: FreeRadius, pki: Pki, user: str, method: str = "ttls/pap") -> Packet:
    who = peer(pki, user, method)
    with Client(server.port, SECRET) as client:
        return Login(client, who.config, who.outer, password=who.password).finish()


def test_subscribers_are_those_of_the_service(
    service: Service, server: FreeRadius, pki: Pki
) -> None:
    for method in ("ttls/pap", "peap/gtc"):
        for user in (ALICE, BOB):
            verdict = log_in(server, pki, user, method)
            assert (verdict.code, verdict.vlan) == (radius.ACCESS_ACCEPT, VLANS[user])
    for user in (EXPIRED, NOBODY):
        assert log_in(server, pki, user).code == radius.ACCESS_REJECT
    assert f"/subscriptions/{ALICE}" in service.asked


def test_devices_are_those_of_the_service(service: Service, server: FreeRadius) -> None:
    answer = mac_authentication(server.port, DEVICE, DEVICE)
    assert f'Tunnel-Private-Group-Id:1 = "{DEVICE_VLAN}"' in answer, answer
    answer = mac_authentication(server.port, "02:00:00:00:99:99", "020000009999")
    assert "Received Access-Reject" in answer, answer
    assert service.asked == [f"/devices/{DEVICE}", "/devices/02:00:00:00:99:99"]


@pytest.mark.parametrize("status", [401, 500, 302])
def test_nobody_gets_in_while_it_is_out_of_order(
    service: Service, server: FreeRadius, pki: Pki, status: int
) -> None:
    service.status = status
    assert log_in(server, pki, ALICE).code == radius.ACCESS_REJECT
    service.status = None
    assert log_in(server, pki, ALICE).code == radius.ACCESS_ACCEPT


def test_nobody_gets_in_while_it_is_too_slow(
    service: Service, server: FreeRadius, pki: Pki
) -> None:
    service.delay = 1.5
    assert log_in(server, pki, ALICE).code == radius.ACCESS_REJECT
    server.expect("the subscription service: no answer in time; nobody gets in for 5 seconds")
    service.delay = 0.0
    # Left alone: nobody has to wait.
    assert log_in(server, pki, ALICE).code == radius.ACCESS_REJECT
    assert len(service.asked) == 1
    time.sleep(5)
    assert log_in(server, pki, ALICE).code == radius.ACCESS_ACCEPT


def test_servers_share_sessions_behind_the_service(
    service: Service, pki: Pki, tmp_path: Path
) -> None:
    """Each has a machine of its own, but for the ticket keys."""
    keys = tmp_path / "ticket_keys"
    keys.write_text("3e" * 32 + "\n")
    sharing = {
        "tls": {"session_lifetime": "3600", "ticket_keys": str(keys)},
        "sessions": {"shared": "rest"},
    }
    one, two = (example(service, pki, tmp_path / it, sharing).server() for it in ("one", "two"))
    kinds = [(method, version) for method in ("ttls/pap", "peap/gtc") for version in ("1.2", "1.3")]
    whos = [
        peer(pki, ALICE, method, i, version=version, resumption=True)
        for i, (method, version) in enumerate(kinds)
    ]

    def log_in_at(server: FreeRadius) -> list[bool]:
        results = load.run(server.port, whos, at_a_time=4)
        assert [it.vlan for it in results] == [VLANS[ALICE]] * 4
        return [it.resumed for it in results]

    with one, two:
        assert log_in_at(one) == [False] * 4
        assert log_in_at(two) == log_in_at(one) == [True] * 4
        assert len(service.sessions) == 4
        assert not any(b"alice" in it for it in service.sessions.values())
        service.keeps_sessions = False
        assert log_in_at(two) == [False] * 4
        two.expect("campus: shared sessions: ConnectionError: .* answers 503; none for 10 seconds")
        assert len(two.lines("shared sessions")) == 1
        # The other one has not noticed, and nobody has asked for what it has stored since.
        service.keeps_sessions = True
        assert log_in_at(one) == [False] * 4
        one.stop()
        two.stop()
        two.start()
        assert log_in_at(two) == [True] * 4
        service.rows[f"/subscriptions/{ALICE}"] = row(ALICE, "101", valid_until="2020-12-31")
        assert {it.code for it in load.run(two.port, whos, at_a_time=4)} == {radius.ACCESS_REJECT}
