"""EAP-FAST, and TLS as old servers speak it: where the module is built with the feature `fast`."""

from __future__ import annotations

import os
from typing import Any, Optional

import eap_rs
import pytest

from conftest import ALICE, PASSWORD, Pki, drive

AUTHORITY = b"an authority's I"
BUILT = "fast/gtc" in eap_rs.METHODS
# The module that CI tests has it.
needs_fast = pytest.mark.skipif(
    not BUILT and os.environ.get("CI") != "true", reason="built without the feature `fast`"
)


def log_in(
    pki: Pki,
    method: str = "fast/mschapv2",
    *,
    keys: Optional[eap_rs.PacKeys] = None,
    certificates: bool = True,
    pacs: Optional[bytes] = None,
    provisioning: Any = None,
    password: str = PASSWORD,
    gtc_form: Any = None,
    server_form: Any = None,
    **server: Any,
) -> tuple[eap_rs.Finished, eap_rs.Finished, list[bytes]]:
    own = {"certificate": pki.client, "key": pki.client_key} if method == "fast/tls" else {}
    config = eap_rs.PeerConfig(
        ALICE,
        password=None if own else password,
        methods=[method],
        anonymous_identity="@example.org",
        tls=pki.peer_tls(**own) if certificates else None,
        pacs=pacs,
        provisioning=provisioning,
        gtc_form=gtc_form,
        require_keys=True,
    )
    authenticator = eap_rs.AuthenticatorConfig(
        methods=[method],
        tls=pki.server_tls(client_ca=pki.ca),
        authority=AUTHORITY,
        authority_name="test",
        pac_keys=keys,
        provisioning=provisioning if keys is not None else None,
        gtc_form=server_form,
        **server,
    )
    files: list[bytes] = []

    def see(output: object) -> None:
        if isinstance(output, eap_rs.PacUpdated):
            assert repr(output) == f"PacUpdated(file=<{len(output.file)} octets>)"
            files.append(output.file)

    ours, theirs = drive(eap_rs.Peer(config), eap_rs.Authenticator(authenticator), see=see)
    assert ours is not None and theirs is not None
    return ours, theirs, files


@needs_fast
@pytest.mark.parametrize("method", ["fast/mschapv2", "fast/gtc", "fast/tls"])
def test_a_certificate_brings_a_pac_and_the_pac_a_tunnel(pki: Pki, method: str) -> None:
    keys = eap_rs.PacKeys([bytes(32)])
    ours, theirs, files = log_in(pki, method, keys=keys)
    assert ours.outcome is not None and theirs.outcome is not None, (ours, theirs)
    assert ours.outcome.method == theirs.outcome.method == method
    assert ours.outcome.msk == theirs.outcome.msk and not ours.outcome.resumed
    (file,) = files
    ours, theirs, files = log_in(pki, method, keys=keys, pacs=file)
    assert ours.outcome is not None and theirs.outcome is not None, (ours, theirs)
    assert ours.outcome.resumed and theirs.outcome.resumed and files == []
    assert theirs.outcome.inner_identity == ALICE


@needs_fast
def test_a_pac_is_trust_enough(pki: Pki) -> None:
    keys = eap_rs.PacKeys([bytes(32)])
    _, _, (file,) = log_in(pki, keys=keys)
    ours, _, _ = log_in(pki, keys=keys, pacs=file, certificates=False)
    assert ours.outcome is not None and ours.outcome.resumed
    # Less than a day of it is left.
    _, _, (renewed,) = log_in(pki, keys=keys, pacs=file, pac_lifetime=3600, pac_renewal=30 * 86400)
    assert renewed != file
    # The key is another's.
    keys.replace([b"k" * 32])
    ours, theirs, _ = log_in(pki, keys=keys, pacs=file, certificates=False)
    assert not ours.ok and not theirs.ok


@needs_fast
def test_an_anonymous_tunnel_brings_a_pac_and_no_access(pki: Pki) -> None:
    keys = eap_rs.PacKeys([bytes(32)])
    ours, theirs, (file,) = log_in(pki, keys=keys, certificates=False, provisioning="anonymous")
    reason = "a PAC was provisioned; the next login uses it"
    assert (ours.ok, ours.reason, theirs.ok, theirs.reason) == (False, reason, False, reason)
    ours, theirs, _ = log_in(pki, keys=keys, certificates=False, pacs=file)
    assert ours.ok and theirs.ok
    ours, _, files = log_in(
        pki, keys=keys, certificates=False, provisioning="anonymous", password="mallory"
    )
    assert not ours.ok and files == []


@needs_fast
@pytest.mark.parametrize("word", ["off", "none"])
def test_no_pac_is_given_by_who_gives_none(pki: Pki, word: str) -> None:
    keys = eap_rs.PacKeys([bytes(32)])
    ours, theirs, files = log_in(pki, keys=keys, provisioning=word)
    assert ours.ok and theirs.ok and files == []


@needs_fast
def test_gtc_has_two_forms(pki: Pki) -> None:
    forms = (None, "labelled", "plain")
    logins = {
        (ours, theirs): log_in(pki, "fast/gtc", gtc_form=ours, server_form=theirs)[0].ok
        for ours in forms
        for theirs in forms
    }
    assert [pair for pair, ok in logins.items() if not ok] == [(None, "plain"), ("labelled", "plain")]


@needs_fast
def test_mistakes_name_the_setting(pki: Pki) -> None:
    def field(**settings: Any) -> str:
        with pytest.raises(eap_rs.ConfigError) as raised:
            eap_rs.PeerConfig(ALICE, password=PASSWORD, **settings)
        assert str(raised.value).startswith(raised.value.field)
        return raised.value.field

    assert field(methods=["fast/gtc"]) == "ca"
    assert field(methods=["fast/tls"]) == "tls"
    assert field(methods=["fast/gtc"], pacs=b"no file") == "pacs"
    assert field(methods=["fast/gtc"], provisioning="always") == "provisioning"
    assert field(methods=["fast/gtc"], provisioning="anonymous") == "provisioning"
    assert field(methods=["fast/gtc"], gtc_form="quoted") == "gtc_form"
    assert field(methods=["fast/gtc"], tls=pki.peer_tls(min_version="1.3")) == "min_version"
    for settings in ({"pac_lifetime": 0}, {"provisioning": "both"}, {"authority": None}):
        with pytest.raises(eap_rs.ConfigError) as raised:
            given: Any = {"authority": AUTHORITY, **settings}
            eap_rs.AuthenticatorConfig(methods=["fast/gtc"], tls=pki.server_tls(), **given)
        assert raised.value.field == next(iter(settings))
    for keys in ([], [b"short"]):
        with pytest.raises(eap_rs.ConfigError):
            eap_rs.PacKeys(keys)


@needs_fast
@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_tls_of_old_servers(pki: Pki, version: Any) -> None:
    peer = eap_rs.PeerConfig(
        ALICE,
        password=PASSWORD,
        methods=["peap/mschapv2"],
        tls=pki.peer_tls(legacy_tls=True),
    )
    authenticator = eap_rs.AuthenticatorConfig(
        methods=["peap/mschapv2"], tls=pki.server_tls(legacy_tls=True, max_version=version)
    )
    ours, theirs = drive(eap_rs.Peer(peer), eap_rs.Authenticator(authenticator))
    assert ours is not None and ours.outcome is not None and theirs is not None and theirs.ok
    assert ours.outcome.tls_version == f"TLS {version}"


def test_old_versions_have_to_be_wanted(pki: Pki) -> None:
    for version in ("1.0", "1.1"):
        with pytest.raises(eap_rs.ConfigError, match="min_version: given without legacy_tls"):
            pki.peer_tls(min_version=version)


@pytest.mark.skipif(BUILT, reason="built with the feature `fast`")
def test_a_build_without_it_says_so(pki: Pki) -> None:
    text = "EAP-FAST is not in this build: feature `fast`"
    peer: Any
    for peer in (
        {"methods": ["fast/gtc"]},
        {"methods": ["md5"], "pacs": b""},
        {"methods": ["md5"], "provisioning": "off"},
        {"methods": ["md5"], "gtc_form": "plain"},
    ):
        with pytest.raises(eap_rs.ConfigError, match=text):
            eap_rs.PeerConfig(ALICE, password=PASSWORD, **peer)
    with pytest.raises(eap_rs.ConfigError, match=text):
        eap_rs.AuthenticatorConfig(methods=["md5"], authority=AUTHORITY)
    with pytest.raises(eap_rs.ConfigError, match=text):
        eap_rs.PacKeys([bytes(32)])
    with pytest.raises(eap_rs.ConfigError, match="TLS by OpenSSL is not in this build"):
        pki.peer_tls(legacy_tls=True)
