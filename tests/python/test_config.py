"""Configurations that cannot work name the setting, and values print no secret."""

from __future__ import annotations

from typing import Any

import eap_rs
import pytest

from conftest import Pki


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"methods": ["peep"]}, "methods"),
        ({"methods": []}, "methods"),
        ({"methods": ["peap/gtc"]}, "tls"),
        ({"methods": ["md5"], "identity": "x" * 2000}, "identity"),
        ({"methods": ["md5"], "require_keys": True}, None),
        ({"methods": ["mschapv2"], "nt_hash": b"short"}, "nt_hash"),
    ],
)
def test_a_setting_that_is_wrong_is_named(settings: dict[str, Any], field: str) -> None:
    settings = {"identity": "alice", **settings}
    with pytest.raises(eap_rs.ConfigError) as raised:
        eap_rs.PeerConfig(settings.pop("identity"), **settings)
    assert isinstance(raised.value, ValueError) and isinstance(raised.value, eap_rs.EapError)
    assert str(raised.value)
    if field is not None:
        assert raised.value.field == field
        assert field in str(raised.value)


def test_certificates_are_read_when_configured(pki: Pki) -> None:
    with pytest.raises(eap_rs.ConfigError) as raised:
        eap_rs.TlsServerConfig(pki.server, pki.client_key)
    assert raised.value.field
    with pytest.raises(eap_rs.ConfigError):
        eap_rs.TlsPeerConfig(server_names=["radius.example.org"])
    with pytest.raises(eap_rs.ConfigError) as raised:
        eap_rs.TicketKeys([b"too short"])
    assert raised.value.field == "keys"


def test_secrets_are_not_printed(pki: Pki) -> None:
    secret = "correct horse"
    things = [
        eap_rs.PeerConfig("alice", password=secret, methods=["md5"]),
        eap_rs.CheckPassword("alice", secret.encode()),
        eap_rs.ChangePassword("alice", secret.encode()),
        eap_rs.NtHash.of_password(secret),
        eap_rs.TicketKeys([secret.ljust(32).encode()]),
        eap_rs.Restricted(eap_rs.NtHash.of_password(secret), "disabled"),
        eap_rs.Outcome("md5", "alice", None, secret.encode(), secret.encode()),
        pki.server_tls(),
    ]
    for thing in things:
        assert secret not in repr(thing)
        assert eap_rs.NtHash.of_password(secret).expose().hex() not in repr(thing)


def test_values_are_compared_and_cannot_be_changed() -> None:
    assert eap_rs.Send(b"x") == eap_rs.Send(b"x")
    assert eap_rs.Send(b"x") != eap_rs.Send(b"y")
    assert len({eap_rs.Send(b"x"), eap_rs.Send(b"x")}) == 1
    with pytest.raises(AttributeError):
        eap_rs.Send(b"x").packet = b"y"  # type: ignore[misc]
    assert eap_rs.Send.__match_args__ == ("packet",)


def test_only_a_bool_lets_anybody_in() -> None:
    table = eap_rs.SessionTable(
        eap_rs.AuthenticatorConfig(methods=["gtc"]),
        check_password=lambda identity, password: 1,  # type: ignore[arg-type,return-value]
    )
    challenge = table.handle(None, b"\x02\x01\x00\x0a\x01alice")
    assert isinstance(challenge, eap_rs.Challenge)
    response = b"\x02" + challenge.eap_message[1:2] + b"\x00\x06\x06x"
    with pytest.raises(eap_rs.AnswerError, match="bool"):
        table.handle(challenge.state, response)
