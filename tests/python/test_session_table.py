"""The conversations of a RADIUS server."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from typing import Any, Callable, Optional

import eap_rs
import pytest

from conftest import ALICE, PASSWORD, Pki, log_in

IDENTITY = b"\x02\x01\x00\x16\x01" + ALICE.encode()


def peer(pki: Pki, method: str = "ttls/pap", password: str = PASSWORD, **tls: Any) -> Any:
    return eap_rs.PeerConfig(
        ALICE,
        password=password,
        anonymous_identity="@example.org",
        methods=[method],
        tls=pki.peer_tls(**tls),
    )


def table(pki: Pki, methods: list[str], tls: Any = None, **callables: Any) -> eap_rs.SessionTable:
    config = eap_rs.AuthenticatorConfig(methods=methods, tls=tls or pki.server_tls(), backend=True)
    defaults = {
        "check_password": lambda who, password: (who, password) == (ALICE, PASSWORD.encode()),
        "credential": lambda who: PASSWORD if who == ALICE else None,
    }
    return eap_rs.SessionTable(config, **{**defaults, **callables})


@pytest.mark.parametrize("method", ["ttls/pap", "peap/gtc", "peap/mschapv2", "ttls/mschapv2"])
def test_who_has_the_password_gets_in_with_keys(pki: Pki, method: str) -> None:
    conversations = table(pki, [method])
    reply, _ = log_in(conversations, peer(pki, method))
    assert isinstance(reply, eap_rs.Accept), reply
    assert reply.outcome.method == method
    assert (reply.outcome.identity, reply.outcome.inner_identity) == ("@example.org", ALICE)
    assert reply.outcome.msk is not None and len(reply.outcome.msk) == 64
    assert reply.eap_message[0] == 3
    assert len(conversations) == 0


@pytest.mark.parametrize("method", ["ttls/pap", "peap/gtc"])
def test_who_has_not_is_told_no_more(pki: Pki, method: str) -> None:
    reply, _ = log_in(table(pki, [method]), peer(pki, method, "guess"))
    assert isinstance(reply, eap_rs.Reject)
    assert reply.eap_message[0] == 4 and reply.reason


def test_a_request_that_comes_again_gets_the_same_reply_again() -> None:
    asked: list[str] = []

    def check(who: str, password: bytes) -> bool:
        asked.append(who)
        return True

    conversations = eap_rs.SessionTable(
        eap_rs.AuthenticatorConfig(methods=["gtc"]), check_password=check
    )
    challenge = conversations.handle(None, IDENTITY)
    assert isinstance(challenge, eap_rs.Challenge)
    assert len(challenge.state) == 16
    response = b"\x02" + challenge.eap_message[1:2] + b"\x00\x06\x06x"
    first = conversations.handle(challenge.state, response)
    again = conversations.handle(challenge.state, response)
    assert isinstance(first, eap_rs.Accept) and first == again
    assert asked == [ALICE]


def test_a_state_that_nobody_knows_is_rejected() -> None:
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"]))
    for state in [bytes(16), b"short", bytes(300)]:
        reply = conversations.handle(state, IDENTITY)
        assert isinstance(reply, eap_rs.Reject)
        assert reply.eap_message == b"\x04\x01\x00\x04"
    assert isinstance(conversations.handle(None, b"\x02"), eap_rs.Discard)
    assert len(conversations) == 0


def test_there_is_room_for_so_many_and_they_are_given_up_in_time() -> None:
    conversations = eap_rs.SessionTable(
        eap_rs.AuthenticatorConfig(methods=["md5"], backend=True, response_timeout=10.0), capacity=3
    )
    for now in range(3):
        assert isinstance(conversations.handle(None, IDENTITY, now=float(now)), eap_rs.Challenge)
    assert isinstance(conversations.handle(None, IDENTITY, now=4.0), eap_rs.Reject)
    assert isinstance(conversations.handle(None, IDENTITY, now=60.0), eap_rs.Challenge)
    assert len(conversations) == 1


def test_a_directory_that_breaks_lets_nobody_in(pki: Pki) -> None:
    def check(who: str, password: bytes) -> bool:
        raise RuntimeError("the database is gone")

    conversations = table(pki, ["ttls/pap"], check_password=check)
    with pytest.raises(RuntimeError, match="database"):
        log_in(conversations, peer(pki))


def test_a_question_without_a_callable_is_answered_by_hand() -> None:
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["gtc"]))
    for verdict, expected in [(True, eap_rs.Accept), (False, eap_rs.Reject), (None, eap_rs.Reject)]:
        challenge = conversations.handle(None, IDENTITY)
        assert isinstance(challenge, eap_rs.Challenge)
        response = b"\x02" + challenge.eap_message[1:2] + b"\x00\x06\x06x"
        question = conversations.handle(challenge.state, response)
        assert isinstance(question, eap_rs.Question)
        assert question.query == eap_rs.CheckPassword(ALICE, b"x")
        with pytest.raises(eap_rs.StaleQueryError):
            conversations.answer(challenge.state, question.id + 1, verdict)
        reply = conversations.answer(challenge.state, question.id, verdict)
        assert isinstance(reply, expected), reply
        with pytest.raises(eap_rs.StaleQueryError):
            conversations.answer(challenge.state, question.id, verdict)


def test_servers_that_share_a_ticket_key_resume_each_others_sessions(pki: Pki) -> None:
    # Tickets are EAP-TLS's: what is inside a tunnel comes after them.
    def server() -> eap_rs.SessionTable:
        keys = eap_rs.TicketKeys([b"k" * 32])
        tls = pki.server_tls(client_ca=pki.ca, session_lifetime=3600.0, ticket_keys=keys)
        return table(pki, ["tls"], tls)

    tls = pki.peer_tls(certificate=pki.client, key=pki.client_key)
    config = eap_rs.PeerConfig(ALICE, methods=["tls"], tls=tls)
    first, _ = log_in(server(), config)
    second, _ = log_in(server(), config)
    assert isinstance(first, eap_rs.Accept) and not first.outcome.resumed
    assert isinstance(second, eap_rs.Accept) and second.outcome.resumed


def sharing(pki: Pki, method: str, **callables: Any) -> eap_rs.SessionTable:
    keys = eap_rs.TicketKeys([b"k" * 32])
    tls = pki.server_tls(session_lifetime=3600.0, ticket_keys=keys, share_sessions=True)
    return table(pki, [method], tls, **callables)


@pytest.mark.parametrize("tls_version", ["1.2", "1.3"])
@pytest.mark.parametrize("method", ["ttls/pap", "peap/gtc", "peap/mschapv2"])
def test_servers_that_share_their_sessions_resume_each_others(
    pki: Pki, method: str, tls_version: str
) -> None:
    store: dict[bytes, bytes] = {}
    lifetimes: list[float] = []

    def store_session(name: bytes, session: bytes, lifetime: float) -> None:
        assert len(name) == 32 and ALICE.encode() not in session
        store[name] = session
        lifetimes.append(lifetime)

    config = peer(pki, method, min_version=tls_version, max_version=tls_version)
    for expected in [False, True, True]:
        # Each time another server.
        server = sharing(
            pki,
            method,
            load_session=lambda name: store.pop(name, None),
            store_session=store_session,
        )
        reply, _ = log_in(server, config)
        assert isinstance(reply, eap_rs.Accept), reply
        assert reply.outcome.resumed is expected
        assert reply.outcome.inner_identity == ALICE
        assert reply.outcome.session is not None and "octets" in repr(reply.outcome.session)
    assert len(store) == 1
    assert lifetimes[0] == 3600.0


def test_a_store_that_breaks_costs_a_full_login_and_is_heard_of(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: heard.append(str(raised.exc_value)))

    def load_session(name: bytes) -> bytes:
        raise RuntimeError("cannot load")

    def store_session(name: bytes, session: bytes, lifetime: float) -> None:
        raise RuntimeError("cannot store")

    server = sharing(pki, "ttls/pap", load_session=load_session, store_session=store_session)
    config = peer(pki)
    for _ in range(2):
        reply, _ = log_in(server, config)
        assert isinstance(reply, eap_rs.Accept) and not reply.outcome.resumed
    assert heard == ["cannot store", "cannot load", "cannot store"]


def test_a_stored_session_may_be_given_by_hand(pki: Pki) -> None:
    server = sharing(pki, "ttls/pap")
    config = peer(pki)
    first, _ = log_in(server, config)
    assert isinstance(first, eap_rs.Accept) and first.outcome.session is not None
    question, _ = log_in(server, config)
    assert isinstance(question, eap_rs.Question)
    assert question.query == eap_rs.StoredSession(first.outcome.session.name)
    with pytest.raises(eap_rs.AnswerError, match="bytes"):
        server.answer(question.state, question.id, True)
    reply = server.answer(question.state, question.id, first.outcome.session.session)
    assert isinstance(reply, eap_rs.Challenge)


def test_the_account_is_looked_at_again_when_a_session_is_resumed(pki: Pki) -> None:
    welcome = True
    asked: list[tuple[str, str]] = []

    def resume(who: str, method: str) -> bool:
        asked.append((who, method))
        return welcome

    tls = pki.server_tls(session_lifetime=3600.0, ask_resumption=True)
    conversations = table(pki, ["ttls/pap"], tls, resume=resume)
    config = peer(pki)
    first, _ = log_in(conversations, config)
    second, _ = log_in(conversations, config)
    assert isinstance(first, eap_rs.Accept) and not first.outcome.resumed
    assert isinstance(second, eap_rs.Accept) and second.outcome.resumed
    assert second.outcome.inner_identity == ALICE
    assert asked == [(ALICE, "PAP")]
    welcome = False
    third, _ = log_in(conversations, config)
    assert isinstance(third, eap_rs.Accept)
    assert len(asked) == 2


def test_threads_share_a_table(pki: Pki) -> None:
    threads, logins = 8, 1000
    conversations = table(pki, ["mschapv2"])
    config = eap_rs.PeerConfig(ALICE, password=PASSWORD, methods=["mschapv2"])
    problems: list[Optional[object]] = []

    def run() -> None:
        try:
            for _ in range(logins):
                reply, _ = log_in(conversations, config)
                if not isinstance(reply, eap_rs.Accept):
                    problems.append(reply)
        except BaseException as error:  # noqa: BLE001
            problems.append(error)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert problems == []
    assert len(conversations) == 0


def test_a_refusal_says_who_was_refused_and_by_what(pki: Pki) -> None:
    config = peer(pki, "ttls/pap", "guess")
    reply, _ = log_in(table(pki, ["ttls/pap"]), config)
    match reply:
        case eap_rs.Reject(_, "@example.org", _, inner_identity, method):
            assert (inner_identity, method) == (ALICE, "ttls")
        case _:
            raise AssertionError(reply)
    outside = eap_rs.PeerConfig(ALICE, password="guess", methods=["mschapv2"])
    reply, _ = log_in(table(pki, ["mschapv2"]), outside)
    assert isinstance(reply, eap_rs.Reject)
    assert (reply.identity, reply.inner_identity, reply.method) == (ALICE, None, "mschapv2")
    unknown = table(pki, ["md5"]).handle(bytes(16), IDENTITY)
    assert isinstance(unknown, eap_rs.Reject)
    assert (unknown.inner_identity, unknown.method) == (None, None)


@pytest.mark.parametrize(
    ("name", "switch", "settings"),
    [
        ("policy", "ask_policy", {}),
        ("verify_client", "ask_client", {"tunnel_client_certificates": "optional"}),
        ("resume", "ask_resumption", {"session_lifetime": 60.0}),
        ("load_session", "share_sessions", {"session_lifetime": 60.0}),
        ("store_session", "share_sessions", {"session_lifetime": 60.0}),
    ],
)
def test_a_callable_that_would_not_be_called_is_refused(
    pki: Pki, name: str, switch: str, settings: dict[str, Any]
) -> None:
    def server(**more: Any) -> eap_rs.SessionTable:
        config = eap_rs.AuthenticatorConfig(
            methods=["ttls/pap"],
            tls=pki.server_tls(client_ca=pki.ca, **settings, **more),
            **policy,
        )
        callables: Any = {name: lambda *_: None}
        return eap_rs.SessionTable(config, **callables)

    policy: Any = {}
    with pytest.raises(eap_rs.ConfigError, match=f"^{name}: given without {switch}$") as raised:
        server()
    assert raised.value.field == name
    if switch == "ask_policy":
        policy = {switch: True}
        server()
    elif switch == "share_sessions":
        server(share_sessions=True, ticket_keys=eap_rs.TicketKeys([bytes(32)]))
    else:
        server(**{switch: True})


def test_nobody_is_asked_about_certificates_that_nobody_shows(pki: Pki) -> None:
    tls = pki.server_tls(client_ca=pki.ca, ask_client=True)
    with pytest.raises(eap_rs.ConfigError, match="^verify_client: .*tunnel_client_certificates"):
        table(pki, ["ttls/pap"], tls, verify_client=lambda who, certificate: True)
    for methods in [["tls"], ["peap/tls"], ["ttls/pap", "tls"]]:
        table(pki, methods, tls, verify_client=lambda who, certificate: True)


def test_who_owns_a_table_and_answers_for_it_is_no_leak() -> None:
    class Server:
        def __init__(self) -> None:
            config = eap_rs.AuthenticatorConfig(methods=["md5"], ask_policy=True)
            self.table = eap_rs.SessionTable(
                config, credential=self.credential, policy=self.policy, challenge=self.credential
            )

        def credential(self, who: str) -> Optional[str]:
            return None

        def policy(self, who: str) -> list[str]:
            return ["md5"]

    owner = weakref.ref(Server())
    gc.collect()
    assert owner() is None


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_a_stored_session_may_be_any_bytes(pki: Pki, kind: Callable[[bytes], Any]) -> None:
    store: dict[bytes, bytes] = {}

    def load_session(name: bytes) -> Any:
        return kind(store.pop(name)) if name in store else None

    def store_session(name: bytes, session: bytes, lifetime: float) -> None:
        store[name] = session

    server = sharing(pki, "ttls/pap", load_session=load_session, store_session=store_session)
    config = peer(pki)
    for expected in [False, True]:
        reply, _ = log_in(server, config)
        assert isinstance(reply, eap_rs.Accept), reply
        assert reply.outcome.resumed is expected


@pytest.mark.parametrize("rubbish", [5, [1], "text", b"", b"x" * 100_000, bytearray(10)])
def test_a_store_that_returns_rubbish_costs_a_full_login(
    pki: Pki, monkeypatch: pytest.MonkeyPatch, rubbish: Any
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: heard.append(raised.exc_value))
    server = sharing(pki, "ttls/pap", load_session=lambda name: rubbish)
    config = peer(pki)
    for _ in range(2):
        reply, _ = log_in(server, config)
        assert isinstance(reply, eap_rs.Accept) and not reply.outcome.resumed
    # That octets are no session is nothing that anybody has to know of.
    is_refused = isinstance(rubbish, (int, list)) or len(rubbish) > 65_535
    assert [type(raised) for raised in heard] == [eap_rs.AnswerError] * is_refused


def test_an_answer_that_comes_too_late_is_none() -> None:
    config = eap_rs.AuthenticatorConfig(methods=["gtc"], backend=True, answer_timeout=5.0)
    for after, is_late in [(4.9, False), (5.1, True)]:
        conversations = eap_rs.SessionTable(config)
        challenge = conversations.handle(None, IDENTITY, now=0.0)
        assert isinstance(challenge, eap_rs.Challenge)
        response = b"\x02" + challenge.eap_message[1:2] + b"\x00\x06\x06x"
        question = conversations.handle(challenge.state, response, now=0.0)
        assert isinstance(question, eap_rs.Question)
        if is_late:
            with pytest.raises(eap_rs.StaleQueryError):
                conversations.answer(question.state, question.id, True, now=after)
        else:
            reply = conversations.answer(question.state, question.id, True, now=after)
            assert isinstance(reply, eap_rs.Accept)


def test_an_answer_to_a_session_that_comes_too_late_is_none() -> None:
    config = eap_rs.AuthenticatorConfig(methods=["gtc"], answer_timeout=5.0)
    authenticator = eap_rs.Authenticator(config)
    authenticator.pick_up(IDENTITY, now=0.0)
    (request,) = [output.packet for output in authenticator if isinstance(output, eap_rs.Send)]
    authenticator.handle_packet(b"\x02" + request[1:2] + b"\x00\x06\x06x", now=0.0)
    (question,) = [output for output in authenticator if isinstance(output, eap_rs.Ask)]
    with pytest.raises(eap_rs.StaleQueryError):
        authenticator.handle_answer(question.id, True, now=5.1)
    (finished,) = [output for output in authenticator if isinstance(output, eap_rs.Finished)]
    assert not finished.ok


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_requests_may_be_any_bytes(kind: Callable[[bytes], Any]) -> None:
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["gtc"]))
    challenge = conversations.handle(None, kind(IDENTITY))
    assert isinstance(challenge, eap_rs.Challenge)
    response = b"\x02" + challenge.eap_message[1:2] + b"\x00\x06\x06x"
    question = conversations.handle(kind(challenge.state), kind(response))
    assert isinstance(question, eap_rs.Question)
    reply = conversations.answer(kind(question.state), question.id, True)
    assert isinstance(reply, eap_rs.Accept)
