"""Subscribers behind a REST service: a real one, in this process."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator, Optional
from urllib.parse import unquote

import bcrypt
import pytest

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


@pytest.fixture
def server(service: Service, pki: Pki, tmp_path: Path) -> Iterator[FreeRadius]:
    settings = {
        "eap": {"methods": "ttls/pap peap/gtc"},
        "subscriptions": {
            "backend": "rest",
            "url": f"http://127.0.0.1:{service.server_address[1]}",
            "token": TOKEN,
            "timeout": "0.5",
            "cost": "4",
        },
    }
    example = Example.new(tmp_path / "example", pki.servers["p256"], pki.staff_ca, settings)
    with example.server() as server:
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
    service.delay = 0.0
    assert log_in(server, pki, ALICE).code == radius.ACCESS_ACCEPT
