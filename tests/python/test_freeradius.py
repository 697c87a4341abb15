"""The tuples of rlm_python3, as FreeRADIUS passes and takes them."""

from __future__ import annotations

import logging
import sys
from typing import Any, Iterator, Optional

import eap_rs
import pytest
from eap_rs import freeradius
from eap_rs.freeradius import BadAttribute, Handler, Radiusd, Request, TruncatedEapMessage

from conftest import ALICE, PASSWORD, Pki, answer

IDENTITY = b"\x02\x01\x00\x16\x01" + ALICE.encode()


def packet(length: int) -> bytes:
    return b"\x02\x01" + length.to_bytes(2, "big") + bytes(i % 251 for i in range(length - 4))


@pytest.fixture
def radiusd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Radiusd]:
    module = Radiusd(config={"version": "3.2.1"})
    monkeypatch.setitem(sys.modules, "radiusd", module)
    logger = logging.getLogger("eap_rs")
    handler = freeradius.LogHandler()
    logger.addHandler(handler)
    yield module
    logger.removeHandler(handler)


# In.


def test_a_request_is_read_from_whatever_rlm_python3_passes() -> None:
    vps = Radiusd.vps(("User-Name", ALICE), ("State", b"\x00" * 16), ("EAP-Message", IDENTITY))
    lists = (vps, None, (("Auth-Type", "eap_rs"),), None, None, None)
    for p in (vps, lists, {"request": vps, "reply": None}):
        request = Request.from_vps(p)
        assert (request.user_name, request.state) == (ALICE, bytes(16))
        assert request.eap_message == IDENTITY
    for nothing in (None, (), {"request": None}, {}, (None,) * 6):
        assert Request.from_vps(nothing) == Request()


def test_six_attributes_are_not_six_lists() -> None:
    vps = tuple((f"NAS-Identifier-{i}", "x") for i in range(6))
    assert len(Request.from_vps(vps).attributes) == 6


def test_all_that_a_nas_says_is_there() -> None:
    request = Request.from_vps(
        Radiusd.vps(
            ("User-Password", "sesame"),
            ("Service-Type", "Call-Check"),
            ("Calling-Station-Id", "AA-BB-CC-DD-EE-FF"),
            ("Called-Station-Id", "00-11-22-33-44-55:campus"),
            ("NAS-Identifier", "ap17"),
            ("NAS-IP-Address", "192.0.2.1"),
            ("NAS-Port", "4294967295"),
            ("Framed-MTU", "1400"),
            ("EAP-Key-Name", b"\0"),
            ("Class", b"a"),
            ("Class", b"\0b"),
            ("Acct-Status-Type", "Stop"),
            ("Acct-Session-Id", "17"),
            ("Acct-Session-Time", "60"),
            ("Acct-Terminate-Cause", "User-Request"),
        )
    )
    assert request.user_password == b"sesame"
    assert (request.service_type, request.mac) == ("Call-Check", "aa:bb:cc:dd:ee:ff")
    assert request.called_station_id == "00-11-22-33-44-55:campus"
    assert (request.nas_identifier, request.nas_ip_address) == ("ap17", "192.0.2.1")
    assert (request.nas_port, request.framed_mtu) == (4_294_967_295, 1400)
    assert request.wants_key_name and request.classes == (b"a", b"\0b")
    assert (request.acct_status_type, request.acct_session_id) == ("Stop", "17")
    assert (request.acct_session_time, request.acct_terminate_cause) == (60, "User-Request")
    assert request.attributes["NAS-Port"] == ("4294967295",)
    assert "sesame" not in repr(request)


@pytest.mark.parametrize("as_str", [True, False])
def test_octets_are_hexadecimal_or_bytes(as_str: bool) -> None:
    state = b"\x00NUL\xff"
    value = "0x" + state.hex().upper() if as_str else state
    assert Request.from_vps((("State", value),)).state == state


@pytest.mark.parametrize("length", [510, 511, 1020, 2000, 4000])
def test_a_long_packet_comes_in_pieces(length: int) -> None:
    whole = packet(length)
    vps = Radiusd.vps(("EAP-Message", whole)) + Radiusd.pieces(whole)
    assert Request.from_vps(vps).eap_message == whole


def test_a_long_packet_comes_in_several_attributes() -> None:
    whole = packet(700)
    vps = Radiusd.vps(*(("EAP-Message", whole[i : i + 253]) for i in range(0, 700, 253)))
    assert Request.from_vps(vps).eap_message == whole


def test_a_packet_without_its_pieces_is_not_taken_for_whole() -> None:
    whole = packet(511)
    vps = Radiusd.vps(("EAP-Message", whole))
    others = (
        (),
        Radiusd.pieces(whole)[:1],
        Radiusd.pieces(packet(4000)[::-1]),
        (("Tmp-String-0", "another module's"),),
        (("Tmp-String-0", "0"),),
        (("Tmp-String-0", b"\xff"),),
    )
    for pieces in others:
        with pytest.raises(TruncatedEapMessage, match="EAP-Message: 510 octets of 511") as caught:
            Request.from_vps(vps + pieces)
        assert caught.value.attribute == "EAP-Message"


def test_others_strings_are_no_pieces_of_a_whole_packet() -> None:
    vps = Radiusd.vps(("EAP-Message", IDENTITY), ("Tmp-String-0", "0x"))
    assert Request.from_vps(vps).eap_message == IDENTITY
    # What ends before the Length field is for the state machine to discard.
    assert Request.from_vps(Radiusd.vps(("EAP-Message", b"\x02\x01"))).eap_message == b"\x02\x01"
    assert Request.from_vps((("EAP-Message", "0x"),)).eap_message == b""


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("State", "0123"),
        ("State", ""),
        ("State", "0x012"),
        ("State", "0xgg"),
        ("State", "0x 01"),
        ("State", "0x" + "00" * 254),
        ("State", bytes(254)),
        ("EAP-Message", "0x020"),
        ("EAP-Message", "0X02"),
        ("EAP-Message", bytes(65_536)),
        ("Class", "vlan=1"),
        ("User-Name", b"\xff"),
        ("User-Name", "a\0b"),
        ("User-Password", "\ud800"),
        ("NAS-Port", "-1"),
        ("NAS-Port", "4294967296"),
        ("NAS-Port", "0x10"),
        ("NAS-Port", "٣"),
        ("NAS-Port", "9" * 1000),
        ("Framed-MTU", ""),
        ("Framed-MTU", "14 00"),
        ("Acct-Session-Time", "1.5"),
        ("NAS-Port", 17),
        ("NAS-Port", None),
    ],
)
def test_what_an_attribute_cannot_be_is_refused_by_name_alone(attribute: str, value: Any) -> None:
    with pytest.raises(BadAttribute, match=f"^{attribute}: ") as caught:
        Request.from_vps(((attribute, value),))
    assert caught.value.attribute == attribute
    assert isinstance(caught.value, (eap_rs.EapError, ValueError))
    if isinstance(value, str) and len(value) > 3:
        assert value not in str(caught.value)


@pytest.mark.parametrize("attribute", ["User-Name", "State", "NAS-Port", "Calling-Station-Id"])
def test_what_comes_twice_is_refused(attribute: str) -> None:
    with pytest.raises(BadAttribute, match="2 given"):
        Request.from_vps(((attribute, "0x01"), (attribute, "0x01")))


def test_a_name_of_the_networks_cannot_forge_a_line() -> None:
    with pytest.raises(BadAttribute) as caught:
        Request.from_vps((("a\nb" + "c" * 1000, 1),))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_there_are_not_more_attributes_than_a_packet_holds() -> None:
    with pytest.raises(BadAttribute, match="1024"):
        Request.from_vps((("Class", "0x"),) * 1025)


@pytest.mark.parametrize(
    "p", ["User-Name", 1, [("User-Name", "x")], ("User-Name", "x"), ((1, "x"),)]
)
def test_what_rlm_python3_does_not_pass_is_a_mistake(p: object) -> None:
    with pytest.raises(TypeError, match="^p: "):
        Request.from_vps(p)


# Hardware addresses.


@pytest.mark.parametrize(
    "text",
    [
        "aa:bb:cc:0d:ee:ff",
        "AA-BB-CC-0D-EE-FF",
        "aabb.cc0d.eeff",
        "aabb-cc0d-eeff",
        "AABB:CC0D:EEFF",
        "aabbcc-0deeff",
        "aabbcc0deeff",
        "aa.bb.cc.0d.ee.ff",
    ],
)
def test_an_address_has_many_forms(text: str) -> None:
    assert freeradius.normalise_mac(text) == "aa:bb:cc:0d:ee:ff"
    assert freeradius.split_called_station(text) == ("aa:bb:cc:0d:ee:ff", None)
    for ssid in ("campus", "", "a:b", "aa-bb", "two\nlines"):
        called = freeradius.split_called_station(f"{text}:{ssid}")
        assert called == ("aa:bb:cc:0d:ee:ff", ssid)
        with pytest.raises(ValueError, match="hardware address"):
            freeradius.normalise_mac(f"{text}:{ssid}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aabbcc0deef",
        "aabbcc0deefff",
        "aa:bb-cc:0d:ee:ff",
        "aa:bb:cc:0d:ee",
        "gg:bb:cc:0d:ee:ff",
        " aabbcc0deeff",
        "aabbcc0deeff\n",
        "aa::bb:cc:0d:ee:ff",
        "٠٠٠٠٠٠٠٠٠٠٠٠",
        ":" * 100_000,
        "a" * 100_000,
    ],
)
def test_and_nothing_else_is_one(text: str) -> None:
    for function in (freeradius.normalise_mac, freeradius.split_called_station):
        with pytest.raises(ValueError, match="hardware address"):
            function(text)


MAC, OTHER = "aa:bb:cc:dd:ee:ff", "00:11:22:33:44:55"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(service_type="Call-Check", user_name="AABBCCDDEEFF"), MAC),
        (Request(service_type="10", calling_station_id="AABB.CCDD.EEFF"), MAC),
        (Request(service_type="Call-Check", user_name="sw", calling_station_id=MAC), MAC),
        (Request(service_type="Call-Check", user_name=OTHER, calling_station_id=MAC), None),
        (Request(service_type="Call-Check", user_name="alice"), None),
        (Request(user_name="aabbccddeeff", calling_station_id="AA-BB-CC-DD-EE-FF"), MAC),
        (Request(user_name=OTHER, calling_station_id=MAC), None),
        (Request(user_name=MAC), None),
        (Request(calling_station_id=MAC), None),
        (Request(service_type="Framed-User", user_name="alice", calling_station_id=MAC), None),
        (Request(), None),
        (Request(service_type="Call-Check", user_name=MAC, eap_message=IDENTITY), None),
    ],
)
def test_a_device_is_authenticated_by_the_address_that_calls(
    request_: Request, expected: Optional[str]
) -> None:
    assert request_.mac_to_authenticate == expected


# Out.


def outcome(**fields: Any) -> eap_rs.Outcome:
    return eap_rs.Outcome("ttls/pap", "@example.org", **fields)


def test_a_challenge() -> None:
    code, update = freeradius.to_update(eap_rs.Challenge(b"\x01\0\0\x04", b"\0" * 16, 4.2))
    assert code == freeradius.RLM_MODULE_HANDLED
    assert update == {
        "reply": (
            ("EAP-Message", ":=", "0x01000004"),
            ("Message-Authenticator", ":=", "0x00"),
            ("State", ":=", "0x" + "00" * 16),
            ("Session-Timeout", ":=", "5"),
        ),
        "config": (("Response-Packet-Type", ":=", "Access-Challenge"),),
    }
    _, update = freeradius.to_update(eap_rs.Challenge(b"\x01", b"s"))
    assert "Session-Timeout" not in dict((it[0], it[2]) for it in update["reply"])
    _, update = freeradius.to_update(eap_rs.Challenge(b"\x01", b"s", 0.0))
    assert update["reply"][-1] == ("Session-Timeout", ":=", "1")


def test_an_accept_has_the_keys_and_who_it_is() -> None:
    msk = bytes(range(64))
    accept = eap_rs.Accept(
        b"\x03\x01\0\x04", outcome(inner_identity="a\\n", msk=msk, session_id=b"\x15id")
    )
    code, update = freeradius.to_update(accept, freeradius.vlan(42))
    assert code == freeradius.RLM_MODULE_OK
    assert update == {
        "reply": (
            ("EAP-Message", ":=", "0x03010004"),
            ("Message-Authenticator", ":=", "0x00"),
            ("User-Name", ":=", "a\\\\n"),
            ("MS-MPPE-Recv-Key", ":=", "0x" + msk[:32].hex()),
            ("MS-MPPE-Send-Key", ":=", "0x" + msk[32:].hex()),
            ("EAP-Key-Name", ":=", "0x156964"),
            ("Tunnel-Type:1", ":=", "VLAN"),
            ("Tunnel-Medium-Type:1", ":=", "IEEE-802"),
            ("Tunnel-Private-Group-Id:1", ":=", "42"),
        )
    }
    _, unasked = freeradius.to_update(accept, key_name=False)
    assert "EAP-Key-Name" not in str(unasked)


def test_keys_are_halves() -> None:
    def keys(msk: Optional[bytes]) -> list[str]:
        _, update = freeradius.to_update(eap_rs.Accept(b"", outcome(msk=msk)))
        return [value for name, _, value in update["reply"] if name.startswith("MS-MPPE")]

    assert keys(bytes(16) + b"\1" * 16) == ["0x" + "00" * 16, "0x" + "01" * 16]
    assert keys(bytes(32) + b"\1" * 32 + b"\2" * 64) == ["0x" + "00" * 32, "0x" + "01" * 32]
    assert keys(None) == []


@pytest.mark.parametrize("identity", ["a" * 254, "é" * 127, "a\0b", ""])
def test_an_identity_that_radius_cannot_carry_is_left_out(identity: str) -> None:
    accept = eap_rs.Accept(b"", eap_rs.Outcome("md5", identity))
    assert freeradius.to_update(accept) == (freeradius.RLM_MODULE_OK, {"reply": ()})


def test_a_rejection_and_what_is_not_answered() -> None:
    assert freeradius.to_update(eap_rs.Reject(b"\x04\x01\0\x04", "alice", "no")) == (
        freeradius.RLM_MODULE_REJECT,
        {
            "reply": (
                ("EAP-Message", ":=", "0x04010004"),
                ("Message-Authenticator", ":=", "0x00"),
            )
        },
    )
    assert freeradius.to_update(eap_rs.Discard("no")) == (
        freeradius.RLM_MODULE_HANDLED,
        {"config": (("Response-Packet-Type", ":=", "Do-Not-Respond"),)},
    )


def test_before_the_last_packet_nothing_is_given_away() -> None:
    for reply in (eap_rs.Challenge(b"\x01", b"s"), eap_rs.Reject(b"", "", ""), eap_rs.Discard("")):
        with pytest.raises(ValueError, match="attributes"):
            freeradius.to_update(reply, freeradius.vlan(1))
    question: Any = eap_rs.Question(b"s", 1, eap_rs.Policy(ALICE))
    with pytest.raises(TypeError, match="Question"):
        freeradius.to_update(question)


def test_vlans() -> None:
    assert freeradius.vlan("staff", 3)[2] == ("Tunnel-Private-Group-Id:3", ":=", "staff")
    assert freeradius.vlan("0042") == freeradius.vlan(42)
    assert freeradius.vlan("a\\b")[2][2] == "a\\\\b"
    assert [freeradius.vlan(it)[2][2] for it in (1, 4094)] == ["1", "4094"]
    wrong: Any
    for wrong in (0, 4095, -1, "0", "4095", "", "two words", "a" * 250, "é", "a\0"):
        with pytest.raises(ValueError, match="^vlan: "):
            freeradius.vlan(wrong)
    for wrong in (True, 1.0, None, b"1"):
        with pytest.raises(TypeError, match="^vlan: "):
            freeradius.vlan(wrong)
    for tag in (0, 32):
        with pytest.raises(ValueError, match="^tag: "):
            freeradius.vlan(1, tag)


def test_values_are_written_as_rlm_python3_reads_them() -> None:
    assert freeradius.octets(b"\0\xff") == "0x00ff"
    assert freeradius.text("a\\é") == "a\\\\é"
    for wrong in ("a\0", "a" * 254, "é" * 127, "\ud800"):
        with pytest.raises(ValueError):
            freeradius.text(wrong)


def test_fields_of_a_log_cannot_be_forged() -> None:
    assert freeradius.printable("alice@example.org") == "alice@example.org"
    assert freeradius.printable('é "x\\\n\0\x1b\u2028') == (
        "é\\u{20}\\u{22}x\\u{5c}\\u{a}\\u{0}\\u{1b}\\u{2028}"
    )
    assert freeradius.printable("a" * 128) == "a" * 128
    assert freeradius.printable("a" * 129) == "a" * 127 + "…"
    assert len(freeradius.printable("\n" * 1000)) == 128


# Around it.


def test_versions_that_lose_attributes_are_refused() -> None:
    for version in ("3.2.9", "3.2.10"):
        with pytest.raises(freeradius.UnsupportedVersion, match=version):
            freeradius.check_version(version)
    assert freeradius.check_version("3.2.8") == freeradius.check_version("3.2.12") == ()
    assert "two instances" in freeradius.check_version("3.2.1")[0]
    assert "debug" in freeradius.check_version("3.2.11")[0]
    for unknown in ("4.0.0", "3.0.26", "", "x\ny"):
        warning = freeradius.check_version(unknown)[0]
        assert "known" in warning and "\n" not in warning


def test_the_stand_in_is_as_short_as_the_original(radiusd: Radiusd) -> None:
    assert radiusd.vps(("EAP-Message", bytes(600)), ("Filter-Id", "a" * 2000)) == (
        ("EAP-Message", "0x" + "00" * 510),
        ("Filter-Id", "a" * 1023),
    )
    radiusd.radlog(radiusd.L_DBG, "line")
    assert radiusd.lines == [(16, "line")]
    with pytest.raises(ValueError, match="null"):
        radiusd.radlog(radiusd.L_DBG, "a\0b")
    with pytest.raises(UnicodeEncodeError):
        radiusd.radlog(radiusd.L_DBG, "\ud800")
    assert radiusd.config == {"version": "3.2.1"} and Radiusd().config == {}
    assert radiusd.__name__ == "radiusd"


def test_logging_goes_to_freeradius(radiusd: Radiusd) -> None:
    logger = logging.getLogger("eap_rs.test")
    logger.setLevel(logging.DEBUG)
    logger.propagate = True
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        logger.log(level, "a\0b\nc\ud800")
    levels = [radiusd.L_DBG, radiusd.L_INFO, radiusd.L_WARN, radiusd.L_ERR, radiusd.L_ERR]
    assert radiusd.lines == [(it, "a\\u{0}b\\u{a}c\\u{d800}") for it in levels]


def test_a_log_that_breaks_breaks_nothing_else(
    radiusd: Radiusd, capsys: pytest.CaptureFixture[str]
) -> None:
    radiusd.radlog = lambda level, line: 1 // 0  # type: ignore[method-assign,assignment]
    logging.getLogger("eap_rs.test").error("x")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_without_freeradius_there_is_no_log_of_its_own() -> None:
    with pytest.raises(ImportError):
        freeradius.LogHandler()


# A whole server.


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


def test_what_is_no_eap_is_not_answered_and_what_is_unknown_is_refused() -> None:
    conversations = eap_rs.SessionTable(eap_rs.AuthenticatorConfig(methods=["md5"]))
    handler = Handler(conversations)
    silence = (
        freeradius.RLM_MODULE_HANDLED,
        {"config": (("Response-Packet-Type", ":=", "Do-Not-Respond"),)},
    )
    for eap_message in (b"\x02", b"\x09\x01\x00\x04", b"\xff" * 4 + bytes(65_531)):
        assert handler.authenticate((("EAP-Message", eap_message),)) == silence
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
