"""Threads of a RADIUS server that share the conversations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any, Optional

import eap_rs
import pytest

from conftest import ALICE, PASSWORD

IDENTITY = b"\x02\x01\x00\x16\x01" + ALICE.encode()
THREADS = 4


def gtc(**callables: Any) -> eap_rs.SessionTable:
    return eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["gtc"], backend=True), **callables)


def begin(table: eap_rs.SessionTable, now: Optional[float] = None) -> eap_rs.Challenge:
    challenge = table.handle(None, IDENTITY, now=now)
    assert isinstance(challenge, eap_rs.Challenge)
    return challenge


def token(challenge: eap_rs.Challenge, token: bytes = PASSWORD.encode()) -> bytes:
    length = (5 + len(token)).to_bytes(2, "big")
    return b"\x02" + challenge.eap_message[1:2] + length + b"\x06" + token


def test_a_request_is_answered_once_however_often_it_comes() -> None:
    asked, asking, go = [], Event(), Event()

    def check(who: str, password: bytes) -> bool:
        asked.append(password)
        asking.set()
        return go.wait(60)

    table = gtc(check_password=check)
    challenge = begin(table)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(table.handle, challenge.state, token(challenge))
        assert asking.wait(60)
        for eap_message in [token(challenge), token(challenge, b"another"), b"", b"\x02"]:
            again = table.handle(challenge.state, eap_message)
            assert again == eap_rs.Discard("a request of this conversation is in progress")
        # Others go on meanwhile.
        begin(table)
        go.set()
        accept = first.result(60)
    assert isinstance(accept, eap_rs.Accept)
    assert asked == [PASSWORD.encode()]
    assert table.handle(challenge.state, token(challenge)) == accept
    other = table.handle(challenge.state, token(challenge, b"another"))
    assert isinstance(other, eap_rs.Reject)


@pytest.mark.parametrize("by_hand", [False, True])
def test_requests_that_come_at_once(by_hand: bool) -> None:
    """Each by all threads: one is at work on it, and the others never say anything else."""
    asked: list[str] = []

    def check(who: str, password: bytes) -> bool:
        asked.append(who)
        return True

    table = gtc() if by_hand else gtc(check_password=check)
    barrier = Barrier(THREADS)

    def handle(challenge: eap_rs.Challenge) -> object:
        barrier.wait(60)
        reply: object = table.handle(challenge.state, token(challenge))
        if isinstance(reply, eap_rs.Question):
            asked.append(reply.query.identity)  # type: ignore[union-attr]
            reply = table.answer(reply.state, reply.id, True)
        return reply

    conversations = 500
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(conversations):
            challenge = begin(table)
            replies = list(pool.map(handle, [challenge] * THREADS))
            accepts = [reply for reply in replies if isinstance(reply, eap_rs.Accept)]
            assert accepts and all(reply == accepts[0] for reply in accepts)
            rest = [reply for reply in replies if not isinstance(reply, eap_rs.Accept)]
            assert all(isinstance(reply, eap_rs.Discard) for reply in rest), rest
    assert asked == [ALICE] * conversations
    assert len(table) == 0


def test_a_question_is_answered_by_one() -> None:
    table = gtc()
    barrier = Barrier(THREADS)

    def answer(question: eap_rs.Question) -> object:
        barrier.wait(60)
        try:
            return table.answer(question.state, question.id, True)
        except eap_rs.StaleQueryError as stale:
            return stale

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(200):
            challenge = begin(table)
            question = table.handle(challenge.state, token(challenge))
            assert isinstance(question, eap_rs.Question)
            again = table.handle(challenge.state, token(challenge))
            assert isinstance(again, eap_rs.Discard)
            replies = list(pool.map(answer, [question] * THREADS))
            assert sorted(type(reply).__name__ for reply in replies) == [
                "Accept",
                *["StaleQueryError"] * (THREADS - 1),
            ]


def test_a_callable_that_takes_too_long_is_not_an_error() -> None:
    def check(who: str, password: bytes) -> bool:
        # Meanwhile, another thread's request finds the conversation over.
        begin(table, now=100.0)
        return True

    table = gtc(check_password=check)
    challenge = begin(table, now=0.0)
    reply = table.handle(challenge.state, token(challenge), now=0.0)
    assert isinstance(reply, eap_rs.Reject)
    assert reply.eap_message == b"\x04" + challenge.eap_message[1:2] + b"\x00\x04"


def test_a_callable_that_raises_too_late_is_heard() -> None:
    def check(who: str, password: bytes) -> bool:
        begin(table, now=100.0)
        raise LookupError("no such table")

    table = gtc(check_password=check)
    challenge = begin(table, now=0.0)
    with pytest.raises(LookupError):
        table.handle(challenge.state, token(challenge), now=0.0)
    # The turn is over: it is not in progress for ever.
    assert isinstance(table.handle(challenge.state, token(challenge), now=0.0), eap_rs.Reject)
