"""What rlm_python3 is told."""

from __future__ import annotations

from typing import Any, Optional

import eap_rs
import pytest
from eap_rs import freeradius

from conftest import ALICE


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


def test_the_host_may_know_better_who_it_is() -> None:
    accept = eap_rs.Accept(b"", eap_rs.Outcome("tls", "bob"))
    assert freeradius.to_update(accept)[1]["reply"] == (("User-Name", ":=", "bob"),)
    alice = ("User-Name", ":=", "alice")
    assert freeradius.to_update(accept, [alice])[1]["reply"] == (alice,)


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


NO_TUPLES: list[Any] = [
    "Filter-Id",
    ["Filter-Id", ":=", "staff"],
    ("Filter-Id", "staff"),
    ("Tunnel-Private-Group-Id:1", ":=", 42),
    ("Class", "+=", b"vlan=42"),
    None,
]
UNWRITABLE: list[Any] = [
    ("", ":=", "staff"),
    ("Filter-Id", "==", "staff"),
    ("Filter-Id", ":=", "a\0b"),
    ("Filter-Id", ":=", "\ud800"),
    ("Filter-Id\0", ":=", "a"),
]


@pytest.mark.parametrize("attribute", NO_TUPLES + UNWRITABLE)
def test_what_freeradius_would_leave_out_is_refused(attribute: Any) -> None:
    accept = eap_rs.Accept(b"", outcome())
    refusal = ValueError if attribute in UNWRITABLE else TypeError
    with pytest.raises(refusal, match="^attributes: "):
        freeradius.to_update(accept, [*freeradius.vlan(42), attribute])


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
    for wrong in (True, "1", 1.0, None):
        with pytest.raises(TypeError, match="^tag: "):
            freeradius.vlan(1, wrong)
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
