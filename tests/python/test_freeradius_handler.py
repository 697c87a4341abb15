"""A server that is nothing but a handler: whole logins, as FreeRADIUS passes them."""

from __future__ import annotations

import logging
from typing import Any, Optional

import eap_rs
import pytest
from eap_rs import freeradius
from eap_rs.freeradius import Handler, Radiusd, Request

from conftest import ALICE, PASSWORD, Pki, answer
from eap_packets import IDENTITY, packet

MAC = "aa:bb:cc:dd:ee:ff"


def table(pki: Pki, method: str = "ttls/pap", **callables: Any) -> eap_rs.SessionTable:
    tls = pki.server_tls(fragment_size=1398)
    config = eap_rs.AuthenticatorConfig(methods=[method], tls=tls, backend=True)
    return eap_rs.SessionTable(config, **callables)


def check(who: str, password: bytes) -> bool:
    return (who, password) == (ALICE, PASSWORD.encode())


Ended = tuple[int, dict[str, tuple[freeradius.Attribute, ...]]]


def log_in(handler: Handler, config: eap_rs.PeerConfig, *more: tuple[str, Any]) -> Ended:
    """A peer, and the FreeRADIUS before the handler."""
    peer = eap_rs.Peer(config)
    peer.handle_packet(bytes([1, 1, 0, 5, 1]))
    state: Optional[bytes] = None
    while True:
        said = b""
        for output in peer:
            match output:
                case eap_rs.Send(packet):
                    said = packet
                case eap_rs.Ask(id, query):
                    peer.handle_answer(id, answer(query))
        vps = Radiusd.vps(("EAP-Message", said), *more) + Radiusd.pieces(said)
        if state is not None:
            vps += Radiusd.vps(("State", state))
        assert handler.authorize(vps) == (
            freeradius.RLM_MODULE_UPDATED,
            {"config": (("Auth-Type", ":=", "eap_rs"),)},
        )
        update = handler.authenticate(vps)
        assert isinstance(update, tuple)
        reply = {name: value for name, _, value in update[1].get("reply", ())}
        if update[0] != freeradius.RLM_MODULE_HANDLED:
            assert "State" not in reply
            return update
        assert not any("MPPE" in name or "Tunnel" in name for name in reply)
        state = bytes.fromhex(reply["State"][2:])
        peer.handle_packet(bytes.fromhex(reply["EAP-Message"][2:]))


def peer_config(pki: Pki, method: str = "ttls/pap", password: str = PASSWORD) -> eap_rs.PeerConfig:
    tls = pki.peer_tls(certificate=pki.client, key=pki.client_key)
    return eap_rs.PeerConfig(
        ALICE,
        password=password,
        anonymous_identity="@example.org",
        methods=[method],
        tls=tls,
    )


def names(update: Ended) -> list[str]:
    return [name for name, _, _ in update[1].get("reply", ())]


def test_a_login(pki: Pki, radiusd: Radiusd) -> None:
    seen: list[object] = []

    def accept(request: Request, outcome: eap_rs.Outcome) -> Any:
        seen.extend((request.mac, outcome.inner_identity))
        return freeradius.vlan(42)

    handler = Handler(table(pki, check_password=check), accept=accept)
    update = log_in(handler, peer_config(pki), ("Calling-Station-Id", MAC), ("EAP-Key-Name", b"\0"))
    assert update[0] == freeradius.RLM_MODULE_OK
    assert ("User-Name", ":=", ALICE) in update[1]["reply"]
    assert ("Tunnel-Private-Group-Id:1", ":=", "42") in update[1]["reply"]
    assert "MS-MPPE-Recv-Key" in names(update) and "EAP-Key-Name" in names(update)
    assert seen == [MAC, ALICE]
    # Who has not asked for the name of the key does not get it.
    assert "EAP-Key-Name" not in names(log_in(handler, peer_config(pki)))
    assert radiusd.lines == []


def test_long_packets_of_a_client_certificate(pki: Pki, radiusd: Radiusd) -> None:
    tls = pki.server_tls(client_ca=pki.ca, fragment_size=4000)
    config = eap_rs.AuthenticatorConfig(methods=["tls"], tls=tls, backend=True)
    update = log_in(Handler(eap_rs.SessionTable(config)), peer_config(pki, "tls"))
    assert update[0] == freeradius.RLM_MODULE_OK, radiusd.lines


def test_a_wrong_password(pki: Pki, radiusd: Radiusd) -> None:
    told: list[str] = []
    handler = Handler(
        table(pki, check_password=check), reject=lambda request, reply: told.append(reply.reason)
    )
    update = log_in(handler, peer_config(pki, password="guess"))
    assert update[0] == freeradius.RLM_MODULE_REJECT
    assert names(update) == ["EAP-Message", "Message-Authenticator"]
    assert len(told) == 1 and told[0]


def test_who_has_authenticated_may_still_be_refused(pki: Pki, radiusd: Radiusd) -> None:
    told: list[str] = []
    handler = Handler(
        table(pki, check_password=check),
        accept=lambda request, outcome: None,
        reject=lambda request, reply: told.append(reply.reason),
    )
    update = log_in(handler, peer_config(pki))
    assert update[0] == freeradius.RLM_MODULE_REJECT
    assert names(update) == ["EAP-Message", "Message-Authenticator"]
    assert update[1]["reply"][0][2].startswith("0x04")
    assert told == ["the host has refused"]


@pytest.mark.parametrize(
    "attributes",
    [
        (("Tunnel-Private-Group-Id:1", ":=", 42),),
        ("Tunnel-Private-Group-Id:1", ":=", "42"),
        "vlan",
        (("Filter-Id", ":=", "a\0"),),
        42,
    ],
)
def test_nobody_gets_in_without_the_attributes_that_the_host_meant(
    pki: Pki, radiusd: Radiusd, attributes: Any
) -> None:
    conversations = table(pki, check_password=check)
    handler = Handler(conversations, accept=lambda request, outcome: attributes)
    update = log_in(handler, peer_config(pki))
    assert update[0] == freeradius.RLM_MODULE_REJECT
    assert names(update) == ["EAP-Message", "Message-Authenticator"]
    assert update[1]["reply"][0][2].startswith("0x04")
    ((level, line),) = radiusd.lines
    assert level == radiusd.L_ERR and line.startswith("login failed: ")
    assert len(conversations) == 0


def test_questions_are_answered_by_the_host(pki: Pki, radiusd: Radiusd) -> None:
    asked: list[eap_rs.Question] = []

    def by_hand(question: eap_rs.Question) -> Any:
        asked.append(question)
        return answer(question.query)

    handler = Handler(table(pki), answer=by_hand)
    assert log_in(handler, peer_config(pki))[0] == freeradius.RLM_MODULE_OK
    (question,) = asked
    assert isinstance(question.query, eap_rs.CheckPassword) and len(question.state) == 16
    assert question.tunnel == eap_rs.Tunnel("ttls", "@example.org")


@pytest.mark.parametrize("broken", ["raises", "nobody", "nonsense"])
def test_a_host_without_an_answer_lets_nobody_in(pki: Pki, radiusd: Radiusd, broken: str) -> None:
    def by_hand(question: eap_rs.Question) -> Any:
        if broken == "raises":
            raise RuntimeError("the directory\nis gone")
        return object()

    conversations = table(pki)
    handler = Handler(conversations, answer=None if broken == "nobody" else by_hand)
    update = log_in(handler, peer_config(pki))
    assert update[0] == freeradius.RLM_MODULE_REJECT
    assert len(conversations) == 0
    ((level, line),) = radiusd.lines
    assert level == radiusd.L_ERR and "CheckPassword" in line and "\n" not in line
    assert PASSWORD not in line


@pytest.mark.parametrize("where", ["check_password", "accept", "reject"])
def test_a_callable_that_raises_lets_nobody_in(pki: Pki, radiusd: Radiusd, where: str) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("gone")

    callables: dict[str, Any] = {"check_password": check, "accept": None, "reject": None}
    if where == "reject":
        callables["check_password"] = lambda who, password: False
    callables[where] = broken
    conversations = table(pki, check_password=callables.pop("check_password"))
    handler = Handler(conversations, **callables)
    update = log_in(handler, peer_config(pki))
    assert update[0] == freeradius.RLM_MODULE_REJECT
    assert update[1]["reply"][0][2].startswith("0x04") and "MPPE" not in str(update)
    assert radiusd.lines == [(radiusd.L_ERR, "login failed: RuntimeError: gone")]
    assert len(conversations) == 0


def test_requests_that_are_none(radiusd: Radiusd) -> None:
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"]))
    handler = Handler(conversations, auth_type="mine")
    assert handler.authorize(Radiusd.vps(("User-Name", ALICE))) == freeradius.RLM_MODULE_NOOP
    assert handler.authorize(Radiusd.vps(("EAP-Message", IDENTITY))) == (
        freeradius.RLM_MODULE_UPDATED,
        {"config": (("Auth-Type", ":=", "mine"),)},
    )
    assert handler.authenticate(Radiusd.vps(("User-Name", ALICE))) == freeradius.RLM_MODULE_INVALID
    assert radiusd.lines == []
    assert handler.authenticate((("EAP-Message", "0xf"),)) == freeradius.RLM_MODULE_INVALID
    cut = Radiusd.vps(("EAP-Message", packet(600)))
    assert handler.authenticate(cut) == freeradius.RLM_MODULE_NOTFOUND
    assert handler.authenticate(cut + Radiusd.pieces(packet(550))) == freeradius.RLM_MODULE_INVALID
    assert [level for level, _ in radiusd.lines] == [radiusd.L_ERR] * 2


def test_what_is_no_eap_is_not_answered_and_what_is_unknown_is_refused(
    radiusd: Radiusd, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "eap_rs")
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"]))
    handler = Handler(conversations)
    silence = (
        freeradius.RLM_MODULE_HANDLED,
        {"config": (("Response-Packet-Type", ":=", "Do-Not-Respond"),)},
    )
    for eap_message in (b"\x02", b"\x09\x01\x00\x04", b"\xff" * 4 + bytes(65_531)):
        vps = Radiusd.vps(("User-Name", "a b"), ("Calling-Station-Id", MAC))
        assert handler.authenticate((("EAP-Message", eap_message), *vps)) == silence
        ((level, line),) = radiusd.lines
        assert level == radiusd.L_INFO
        assert line.startswith(f"no answer to user=a\\u{{20}}b mac={MAC}: EAP packet: ")
        radiusd.lines.clear()
    # EAP needs no User-Name.
    malformed = (("EAP-Message", b"\x09\x01\x00\x04"), ("User-Name", "a\0"))
    assert handler.authenticate(malformed) == silence
    assert "no answer to a malformed request: " in radiusd.lines.pop()[1]
    unknown = handler.authenticate(Radiusd.vps(("EAP-Message", IDENTITY), ("State", b"?")))
    assert isinstance(unknown, tuple) and unknown[0] == freeradius.RLM_MODULE_REJECT
    assert unknown[1]["reply"][0] == ("EAP-Message", ":=", "0x04010004")
    assert len(conversations) == 0


def test_an_eap_start_is_asked_who_it_is() -> None:
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"]))
    update = Handler(conversations).authenticate((("EAP-Message", "0x"),))
    assert isinstance(update, tuple) and update[0] == freeradius.RLM_MODULE_HANDLED


def test_a_login_begins_with_whatever_rlm_python3_passes() -> None:
    vps = Radiusd.vps(("User-Name", ALICE), ("EAP-Message", IDENTITY))
    cut = Radiusd.vps(("EAP-Message", packet(600)))
    for wrap in (
        lambda it: it,
        lambda it: (it, None, (("Auth-Type", "eap_rs"),), (), None, None),
        lambda it: {"request": it, "reply": None},
    ):
        conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"]))
        handler = Handler(conversations)
        update = handler.authenticate(wrap(vps))
        assert isinstance(update, tuple) and update[0] == freeradius.RLM_MODULE_HANDLED
        assert [it[0] for it in update[1]["reply"]] == [
            "EAP-Message",
            "Message-Authenticator",
            "State",
        ]
        assert update[1]["config"] == (("Response-Packet-Type", ":=", "Access-Challenge"),)
        assert len(conversations) == 1
        assert handler.authenticate(wrap(cut)) == freeradius.RLM_MODULE_NOTFOUND


USUAL = ("EAP-Message", IDENTITY)


@pytest.mark.parametrize(
    "p",
    [
        None,
        (),
        {},
        "EAP-Message",
        [USUAL],
        (None,) * 6,
        (USUAL, ("EAP-Message",)),
        (USUAL, ["State", b"?"]),
        (USUAL, USUAL),
        (USUAL, ("State", b"?"), ("State", b"?")),
        (USUAL, ("State", bytes(254))),
        (USUAL, ("State", "0x0")),
        (USUAL, ("State", "0x 01")),
        (USUAL, ("State", "0xé")),
        (USUAL, ("State", "\ud800")),
        (USUAL, ("State", 1)),
        (USUAL, ("Framed-MTU", "")),
        (USUAL, ("Framed-MTU", "100000")),
        (USUAL, ("Framed-MTU", "+1400")),
        (USUAL, ("Framed-MTU", "\u0663")),
        (USUAL, ("Framed-MTU", None)),
        (USUAL, *(("Class", "0x"),) * 1024),
        (("EAP-Message", IDENTITY + b"?"),),
        (("EAP-Message", "0x02"),),
        (("EAP-Message", "02010004"),),
        (("EAP-Message", None),),
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_others(p: object) -> None:
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"]))
    left: list[object] = []

    def unusual(p: object) -> int:
        left.append(p)
        return freeradius.RLM_MODULE_INVALID

    code = Handler(conversations).authenticate(p, unusual=unusual)
    assert code == freeradius.RLM_MODULE_INVALID
    assert left == [p] and len(conversations) == 0


def test_the_framed_mtu_is_the_nas_s_or_the_host_s() -> None:
    class Spy:
        told: Any = None

        def handle(self, state: object, eap_message: object, framed_mtu: object) -> object:
            self.told = framed_mtu
            return eap_rs.Discard("seen")

    def mtu(*more: tuple[str, str], **settings: Any) -> Any:
        spy: Any = Spy()
        Handler(spy, **settings).authenticate(Radiusd.vps(("EAP-Message", IDENTITY), *more))
        return spy.told

    assert mtu() is None
    assert mtu(framed_mtu=1200) == 1200
    assert mtu(("Framed-MTU", "1100"), framed_mtu=1200) == 1100
    assert mtu(("Framed-MTU", "0"), framed_mtu=1200) == 1200
