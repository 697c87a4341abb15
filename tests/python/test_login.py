"""Logins of both ends in memory, by every method there is."""

from __future__ import annotations

from typing import Any

import eap_rs
import pytest

from conftest import ALICE, PASSWORD, Pki, drive

WITHOUT_KEYS = {"md5", "otp", "gtc"}
# EAP-FAST ends with TLS 1.2.
CASES = [
    (method, version)
    for method in eap_rs.METHODS
    for version in ("1.2", "1.3")
    if not (method.startswith("fast/") and version == "1.3")
]


def configs(
    pki: Pki, method: str, version: str = "1.2", password: Any = PASSWORD, **server: Any
) -> tuple[eap_rs.PeerConfig, eap_rs.AuthenticatorConfig]:
    bounds = {"min_version": version, "max_version": version}
    own = {"certificate": pki.client, "key": pki.client_key} if method.endswith("tls") else {}
    tunnel = "/" in method
    if method.startswith("fast/"):
        server["authority"] = b"an authority's I"
    peer = eap_rs.PeerConfig(
        ALICE,
        password=None if own else password,
        methods=[method],
        anonymous_identity="@example.org" if tunnel else None,
        tls=pki.peer_tls(**bounds, **own) if tunnel or own else None,
    )
    authenticator = eap_rs.AuthenticatorConfig(
        methods=[method],
        tls=pki.server_tls(client_ca=pki.ca, **bounds) if tunnel or own else None,
        **server,
    )
    return peer, authenticator


@pytest.mark.parametrize(("method", "version"), CASES)
def test_every_method(pki: Pki, method: str, version: str) -> None:
    peer, authenticator = configs(pki, method, version)
    ours, theirs = drive(eap_rs.Peer(peer), eap_rs.Authenticator(authenticator))
    assert ours is not None and theirs is not None
    assert ours.ok and theirs.ok, (ours.reason, theirs.reason)
    assert ours.outcome is not None and theirs.outcome is not None
    assert ours.outcome.method == theirs.outcome.method == method
    assert ours.outcome.msk == theirs.outcome.msk
    assert (ours.outcome.msk is None) == (method in WITHOUT_KEYS)
    assert theirs.outcome.session_id == ours.outcome.session_id
    if "/" in method:
        assert theirs.outcome.identity == "@example.org"
        assert theirs.outcome.inner_identity == ALICE
        assert theirs.outcome.tls_version == f"TLS {version}"
    else:
        assert theirs.outcome.identity == ALICE


@pytest.mark.parametrize(
    "method", [method for method in eap_rs.METHODS if not method.endswith("tls")]
)
def test_a_wrong_password_is_a_result(pki: Pki, method: str) -> None:
    peer, authenticator = configs(pki, method, password="looking-glass")

    def answer(query: object) -> Any:
        match query:
            case eap_rs.CheckPassword():
                return False
            case eap_rs.StoredCredential():
                return PASSWORD
            case eap_rs.OtpChallenge():
                return "otp-md5 487 dog2"
            case eap_rs.Token():
                return "looking-glass"
            case eap_rs.Password():
                return None
        raise AssertionError(query)

    ours, theirs = drive(eap_rs.Peer(peer), eap_rs.Authenticator(authenticator), answer)
    assert theirs is not None and not theirs.ok and theirs.outcome is None and theirs.reason
    assert ours is not None and not ours.ok and ours.reason
    assert "looking-glass" not in repr((ours, theirs))


def test_a_server_that_is_not_the_one_gets_nothing(pki: Pki) -> None:
    tls = eap_rs.TlsPeerConfig(ca=pki.ca, server_names=["other.example.org"])
    peer = eap_rs.PeerConfig(ALICE, password=PASSWORD, methods=["ttls/pap"], tls=tls)
    _, authenticator = configs(pki, "ttls/pap")
    ours, theirs = drive(eap_rs.Peer(peer), eap_rs.Authenticator(authenticator))
    assert ours is not None and ours.reason is not None
    assert "other.example.org" in ours.reason
    assert theirs is not None and not theirs.ok


def test_a_backend_goes_on_with_what_a_nas_has_begun(pki: Pki) -> None:
    peer, _ = configs(pki, "ttls/pap")
    config = eap_rs.AuthenticatorConfig(methods=["ttls/pap"], tls=pki.server_tls(), backend=True)
    ends = eap_rs.Peer(peer), eap_rs.Authenticator(config)
    ends[0].handle_packet(b"\x01\x07\x00\x05\x01")
    (said,) = [output for output in ends[0] if isinstance(output, eap_rs.Send)]
    assert ends[1].pick_up(b"\x02").kind == "discarded"
    assert ends[1].pick_up(said.packet).kind == "accepted"
    ours, theirs = drive(*ends, start=False)
    assert ours is not None and ours.ok and theirs is not None and theirs.ok


def test_packets_of_no_use_are_discarded_with_a_reason() -> None:
    peer = eap_rs.Peer(eap_rs.PeerConfig(ALICE, password="x", methods=["md5"]))
    for packet in [b"", b"\x01", bytes(4), b"\x03\x01\x00\x04", b"\x09\x01\x00\x04", b"\xff" * 2000]:
        received = peer.handle_packet(packet)
        assert received.kind == "discarded" and received.reason
    assert list(peer) == []


def test_an_answer_to_no_question_is_an_exception(pki: Pki) -> None:
    _, config = configs(pki, "gtc")
    authenticator = eap_rs.Authenticator(config)
    authenticator.start()
    with pytest.raises(eap_rs.StaleQueryError):
        authenticator.handle_answer(1, True)
    assert authenticator.poll_timeout() is not None
