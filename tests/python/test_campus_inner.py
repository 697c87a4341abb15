"""The campus inside the tunnel of rlm_eap."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import eap_rs
import pytest
from eap_rs import freeradius
from eap_rs.freeradius import RLM_MODULE_OK, RLM_MODULE_REJECT, Radiusd

from campus_script import STATION, folder, lines, module, radiusd, start

__all__ = ["folder", "radiusd"]


def inside(*attributes: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return Radiusd.vps(
        *attributes,
        ("Tmp-String-8", "@campus.example"),
        ("Tmp-String-9", "TTLS"),
        ("Calling-Station-Id", STATION),
    )


def test_inside_a_password_is_checked_and_the_vlan_is_found(
    radiusd: Radiusd, folder: Path
) -> None:
    start(folder)
    inner = module("campus_inner")
    vps = inside(("User-Name", "alice@campus.example"), ("User-Password", "wonderland"))
    assert inner.authorize(vps)[1]["config"] == (("Auth-Type", ":=", "campus"),)
    assert inner.authenticate(vps) == RLM_MODULE_OK and radiusd.lines == []
    code, update = inner.post_auth(vps)
    assert code == RLM_MODULE_OK
    assert ("User-Name", ":=", "alice@campus.example") in update["reply"]
    assert ("Tunnel-Private-Group-Id:1", ":=", "101") in update["reply"]
    assert lines(radiusd) == [
        "campus: accept user=alice@campus.example outer=@campus.example method=ttls/pap vlan=101 "
        "mac=02:00:00:00:00:17 resumed=no open=0 subnet=10.0.101.0/24"
    ]


@pytest.mark.parametrize(
    ("attribute", "method"),
    [
        (("User-Password", "wonderland"), "ttls/pap"),
        (("MS-CHAP-Response", "0x00"), "ttls/mschap"),
        (("MS-CHAP2-Response", "0x00"), "ttls/mschapv2"),
        (("EAP-Type", "GTC"), "ttls/gtc"),
    ],
)
def test_inside_the_line_says_by_what(
    radiusd: Radiusd, folder: Path, attribute: tuple[str, str], method: str
) -> None:
    start(folder)
    vps = inside(("User-Name", "alice@campus.example"), attribute)
    assert module("campus_inner").post_auth(vps)[0] == RLM_MODULE_OK
    assert f" method={method} " in lines(radiusd)[-1]


def test_inside_others_are_refused(radiusd: Radiusd, folder: Path) -> None:
    start(folder)
    inner = module("campus_inner")
    wrong = inside(("User-Name", "alice@campus.example"), ("User-Password", "guess"))
    assert inner.authenticate(wrong) == RLM_MODULE_REJECT
    expired = inside(("User-Name", "expired@campus.example"), ("User-Password", "toolate"))
    assert inner.authenticate(expired) == RLM_MODULE_OK
    assert inner.post_auth(expired) == RLM_MODULE_REJECT
    for vps in (inside(("User-Name", "nobody")), inside()):
        assert inner.post_auth(vps) == RLM_MODULE_REJECT
        assert inner.authenticate(vps) == inner.freeradius.RLM_MODULE_INVALID
    # Not even with its own address for a name is anybody a device in there.
    device = inside(("User-Name", STATION), ("User-Password", STATION))
    assert inner.authenticate(device) == RLM_MODULE_REJECT


@pytest.mark.parametrize(
    ("name", "password", "said", "reason"),
    [
        ("alice@campus.example", "guess", "eap: sub-module failed", "wrong password"),
        ("alice@campus.example", None, "", "wrong password"),
        ("alice@campus.example", None, 'eap: "no" type', "eap: 'no' type"),
        ("expired@campus.example", None, "eap: failed", "the subscription ended on 2020-12-31"),
        ("nobody", "guess", "", "unknown name"),
    ],
)
def test_inside_each_refusal_has_a_line(
    radiusd: Radiusd, folder: Path, name: str, password: Optional[str], said: str, reason: str
) -> None:
    start(folder)
    inner = module("campus_inner")
    given = () if password is None else (("User-Password", password),)
    vps = inside(("User-Name", name), *given, ("Tmp-String-7", said))
    assert inner.post_auth(vps) == inner.freeradius.RLM_MODULE_NOOP
    assert lines(radiusd) == [
        f'campus: reject user={name} reason="{reason}" mac=02:00:00:00:00:17 open=0'
    ]


def test_inside_mschapv2_gets_the_nt_hash_where_it_is_enabled(
    radiusd: Radiusd, folder: Path
) -> None:
    start(folder)
    inner = module("campus_inner")
    code, update = inner.authorize(inside(("User-Name", "alice@campus.example")))
    nt_hash = eap_rs.NtHash.of_password("wonderland").expose().hex()
    assert update == {"reply": (), "config": (("NT-Password", ":=", f"0x{nt_hash}"),)}
    noop = inner.freeradius.RLM_MODULE_NOOP
    assert inner.authorize(inside(("User-Name", "nobody"))) == inner.authorize(inside()) == noop
    assert inner.authorize(inside(("User-Name", "expired@campus.example"))) == noop
    start(folder, "ttls/pap")
    assert inner.authorize(inside(("User-Name", "alice@campus.example"))) == noop


def test_outside_devices_are_as_ever(radiusd: Radiusd, folder: Path) -> None:
    start(folder)
    inner = module("campus_inner")
    vps = Radiusd.vps(("User-Name", "020000000101"), ("Service-Type", "Call-Check"))
    assert inner.authorize(vps)[1]["config"] == (("Auth-Type", ":=", "campus"),)
    assert inner.authenticate(vps)[0] == RLM_MODULE_OK
