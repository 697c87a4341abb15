"""Many at a time, servers that go away, and peers that do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

import pytest

import load
import radius
from certificates import Pki
from example import ALICE, BOB, EXPIRED, NOBODY, VLANS, Example
from load import Who
from login import Login
from peers import peer
from radius import Client
from servers import SECRET, FreeRadius

METHODS = ("ttls/pap", "peap/gtc", "ttls/eap-gtc", "tls")


@pytest.fixture
def example(pki: Pki, tmp_path: Path) -> Example:
    settings = {"eap": {"methods": " ".join(METHODS)}}
    return Example.new(tmp_path / "example", pki.servers["p256"], pki.staff_ca, settings)


@pytest.fixture
def server(example: Example) -> Iterator[FreeRadius]:
    with example.server() as server:
        yield server


def still_open(server: FreeRadius) -> list[int]:
    """How many conversations there were, each time that one ended."""
    return [int(it) for it in re.findall(r"campus: .* open=(\d+)", server.log())]


def test_200_logins_8_at_a_time(server: FreeRadius, pki: Pki) -> None:
    logins: list[tuple[Who, int, str | None]] = []
    for i in range(200):
        method = METHODS[i % len(METHODS)]
        version = ("1.2", "1.3")[i // 4 % 2]
        if method == "tls":
            who = peer(pki, ALICE, method, i, version=version)
            logins.append((who, radius.ACCESS_ACCEPT, VLANS[ALICE]))
        elif i % 5 == 4:
            user = (ALICE, EXPIRED, NOBODY)[i // 5 % 3]
            who = peer(pki, user, method, i, password="wrong", version=version)
            logins.append((who, radius.ACCESS_REJECT, None))
        else:
            user = (ALICE, BOB)[i // 2 % 2]
            who = peer(pki, user, method, i, version=version)
            logins.append((who, radius.ACCESS_ACCEPT, VLANS[user]))
    results = load.run(server.port, [who for who, *_ in logins], at_a_time=8, timeout=20.0)
    for i, (result, (_, code, vlan)) in enumerate(zip(results, logins)):
        assert (result.code, result.vlan) == (code, vlan), f"login {i}"
    counts = still_open(server)
    assert len(counts) == 200
    assert max(counts) <= 8 and counts[-1] == 0, counts


def test_conversations_that_nobody_ends_take_no_more_than_their_room(
    pki: Pki, tmp_path: Path
) -> None:
    settings = {"sessions": {"capacity": "10"}}
    example = Example.new(tmp_path / "example", pki.servers["p256"], pki.staff_ca, settings)
    with example.server() as server, Client(server.port, SECRET) as client:
        who = peer(pki, ALICE, "ttls/pap")
        verdicts = []
        for _ in range(15):
            verdict = Login(client, who.config, who.outer).step()
            verdicts.append(verdict.code if verdict else radius.ACCESS_CHALLENGE)
        assert verdicts == [radius.ACCESS_CHALLENGE] * 10 + [radius.ACCESS_REJECT] * 5
        assert max(still_open(server)) <= 10


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_server_that_starts_again_knows_nobody_and_lets_in_all(
    server: FreeRadius, pki: Pki, after: int
) -> None:
    who = peer(pki, ALICE, "ttls/pap")
    with Client(server.port, SECRET) as client:
        login = Login(client, who.config, who.outer)
        for _ in range(after):
            assert login.step() is None
        server.stop()
        server.start()
        verdict = login.step()
        assert verdict is not None and verdict.code == radius.ACCESS_REJECT
        # EAP-Failure with the Identifier of what the peer has said last.
        assert len(verdict.eap) == 4 and verdict.eap[0] == 4
        again = Login(client, who.config, who.outer).finish()
        assert (again.code, again.vlan) == (radius.ACCESS_ACCEPT, VLANS[ALICE])


def test_a_request_that_comes_twice_gets_the_same_answer(server: FreeRadius, pki: Pki) -> None:
    who = peer(pki, ALICE, "peap/gtc")
    with Client(server.port, SECRET) as client:
        login = Login(client, who.config, who.outer)
        assert login.step() is None
        attributes = login.request()
        first, second = client.access(attributes), client.access(attributes)
        assert first.code == second.code == radius.ACCESS_CHALLENGE
        assert first.eap == second.eap
