"""What comes out of objects that `os.fork` has doubled."""

from __future__ import annotations

import os
from typing import Callable

import eap_rs
import pytest

from conftest import ALICE, PASSWORD

IDENTITY = b"\x02\x01\x00\x16\x01" + ALICE.encode()


def in_two_children(of: Callable[[], bytes]) -> tuple[bytes, bytes]:
    """What `of` gives in one child of this process, and in another."""
    given: list[bytes] = []
    for _ in range(2):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, of())
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as pipe:
            given.append(pipe.read())
        os.waitpid(child, 0)
    first, second = given
    assert first and second
    return first, second


def test_states_and_challenges_of_a_table_differ() -> None:
    table = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"], backend=True))

    def begin() -> bytes:
        reply = table.handle(None, IDENTITY)
        assert isinstance(reply, eap_rs.Challenge)
        return reply.state + reply.eap_message[6:22]

    first, second = in_two_children(begin)
    assert len(first) == len(second) == 32
    assert first[:16] != second[:16]
    assert first[16:] != second[16:]


@pytest.mark.parametrize("method", ["md5", "mschapv2"])
def test_challenges_of_an_authenticator_differ(method: str) -> None:
    authenticator = eap_rs.Authenticator(eap_rs.AuthenticatorConfig(methods=[method]))

    def challenge() -> bytes:
        authenticator.pick_up(IDENTITY)
        return next(o.packet for o in authenticator if isinstance(o, eap_rs.Send))

    first, second = in_two_children(challenge)
    assert first[:5] == second[:5]
    assert first != second


def test_challenges_of_a_peer_differ() -> None:
    """EAP-MSCHAPv2's peer has one of its own."""
    request = b"\x01\x02\x00\x1a\x1a\x01\x02\x00\x15\x10" + bytes(16)
    config = eap_rs.PeerConfig(ALICE, password=PASSWORD, methods=["mschapv2"])
    peer = eap_rs.Peer(config)

    def response() -> bytes:
        peer.handle_packet(request)
        return next(o.packet for o in peer if isinstance(o, eap_rs.Send))

    first, second = in_two_children(response)
    assert first[:10] == second[:10] and first[4] == 0x1A
    assert first != second
