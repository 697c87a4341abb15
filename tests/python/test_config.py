"""Configurations that cannot work name the setting, and values print no secret."""

from __future__ import annotations

from typing import Any, Callable

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
        ({"methods": ["md5"], "peap_version": 2}, "peap_version"),
        ({"methods": ["md5"], "max_rounds": -1}, "max_rounds"),
        ({"methods": ["md5"], "max_rounds": 65_536}, "max_rounds"),
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


def authenticator(**settings: Any) -> eap_rs.AuthenticatorConfig:
    return eap_rs.AuthenticatorConfig(methods=["md5"], **settings)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: eap_rs.NtHash(bytes(15)), "octets"),
        (lambda: eap_rs.Restricted("x", "nonsense"), "reason"),  # type: ignore[arg-type]
        (lambda: authenticator(password_retries=-1), "password_retries"),
        (lambda: authenticator(max_rounds=0), "max_rounds"),
        (lambda: eap_rs.TlsPeerConfig(fragment_size=-1), "fragment_size"),
        (lambda: eap_rs.TlsPeerConfig(max_message=2**62), "max_message"),
        (lambda: eap_rs.TlsServerConfig(b"", session_capacity=-1), "session_capacity"),
        (lambda: eap_rs.TlsPeerConfig(pins=[b"short"]), "pins"),
        (lambda: eap_rs.TlsServerConfig(b"", client_pins=[b"short"]), "client_pins"),
    ],
)
def test_a_value_that_is_wrong_is_named(make: Callable[[], object], field: str) -> None:
    with pytest.raises(eap_rs.ConfigError, match=f"^{field}: .* accepted") as raised:
        make()
    assert raised.value.field == field


@pytest.mark.parametrize("capacity", [-1, 0, 10**12])
def test_a_capacity_that_no_table_has_is_refused(capacity: int) -> None:
    config = eap_rs.AuthenticatorConfig(methods=["md5"])
    with pytest.raises(eap_rs.ConfigError, match="^capacity: .* accepted: 1 to 10000000$"):
        eap_rs.SessionTable(config, capacity=capacity)


def test_an_argument_of_the_wrong_type_is_named() -> None:
    wrong: Any = 5
    config = eap_rs.AuthenticatorConfig(methods=["md5"])
    makes: list[tuple[Callable[[], object], str, str]] = [
        (
            lambda: eap_rs.SessionTable(config, check_password=wrong),
            "check_password",
            "int given, accepted: a callable",
        ),
        (
            lambda: eap_rs.AuthenticatorConfig(methods="md5"),
            "methods",
            "str given, accepted: a sequence of str",
        ),
        (
            lambda: eap_rs.PeerConfig("alice", password=wrong, methods=["md5"]),
            "password",
            "int given, accepted: bytes-like or str",
        ),
        (
            lambda: eap_rs.PeerConfig("alice", password="\ud800", methods=["md5"]),
            "password",
            "a str given that is no text",
        ),
        (
            lambda: eap_rs.Authenticator(config).handle_packet(wrong),
            "packet",
            "int given, accepted: bytes-like",
        ),
    ]
    for make, argument, text in makes:
        with pytest.raises(TypeError) as raised:
            make()
        # From Python 3.11, the argument is in a note.
        said = "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])
        assert text in said and f"'{argument}'" in said


def test_an_error_made_by_hand_names_no_setting() -> None:
    assert eap_rs.ConfigError("x").field == ""


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
        eap_rs.Restricted(secret, "disabled"),
        eap_rs.Restricted(secret.encode(), "disabled"),
        # A token is in clear text.
        eap_rs.Send(b"\x02\x01\x00\x12\x06" + secret.encode()),
        eap_rs.AskAaa(1, "alice", b"\x02\x01\x00\x12\x06" + secret.encode()),
        eap_rs.AaaSuccess(b"", secret.encode()),
        eap_rs.PacUpdated(secret.encode()),
        eap_rs.SealedSession(b"", secret.encode(), 1.0),
        eap_rs.Ask(1, eap_rs.CheckPassword("alice", secret.encode())),
        eap_rs.Question(b"", 1, eap_rs.ChangePassword("alice", secret.encode())),
        eap_rs.Accept(b"", eap_rs.Outcome("md5", "alice", None, secret.encode())),
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
