"""What rlm_python3 passes, and what is read of it."""

from __future__ import annotations

from typing import Any

import eap_rs
import pytest
from eap_rs.freeradius import BadAttribute, Radiusd, Request, TruncatedEapMessage

from conftest import ALICE
from eap_packets import IDENTITY, packet


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
        assert "wrong length" in str(caught.value) and "UNLANG" in str(caught.value)
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
