"""The campus: logins, devices and accounting, with a stand-in for FreeRADIUS."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import eap_rs
import pytest
from eap_rs import freeradius
from eap_rs.freeradius import RLM_MODULE_FAIL, RLM_MODULE_OK, RLM_MODULE_REJECT, Radiusd

from campus_script import STATION, folder, lines, log_in, module, radiusd, start
from conftest import Pki

__all__ = ["folder", "radiusd"]


@pytest.mark.parametrize(
    ("identity", "password", "method", "vlan"),
    [
        ("alice@campus.example", "wonderland", "ttls/pap", "101"),
        ("bob@campus.example", "builder", "peap/gtc", "102"),
        ("alice@campus.example", "wonderland", "ttls/eap-gtc", "101"),
        ("bob@campus.example", "builder", "peap/mschapv2", "102"),
        ("bob@campus.example", "builder", "ttls/mschapv2", "102"),
        ("phone@campus.example", "dial9", "ttls/chap", "103"),
        ("phone@campus.example", "dial9", "ttls/eap-md5", "103"),
        ("phone@campus.example", "dial9", "peap/md5", "103"),
        ("Bob@Campus.Example", "builder", "mschapv2", "102"),
        ("phone@campus.example", "dial9", "md5", "103"),
    ],
)
def test_a_subscriber_gets_keys_and_a_vlan(
    radiusd: Radiusd, folder: Path, pki: Pki, identity: str, password: str, method: str, vlan: str
) -> None:
    methods = (
        "ttls/pap ttls/eap-gtc peap/gtc peap/mschapv2 ttls/mschapv2 ttls/chap ttls/eap-md5 peap/md5"
    )
    campus = start(folder, methods if "/" in method else method)
    code, reply = log_in(campus, pki, identity, password, method)
    assert code == RLM_MODULE_OK
    assert reply["User-Name"] == identity.lower()
    assert reply["Tunnel-Private-Group-Id:1"] == vlan
    assert bytes.fromhex(reply["Class"][2:]) == f"vlan={vlan}".encode()
    assert ("MS-MPPE-Recv-Key" in reply) == (method != "md5")
    outer = "@campus.example" if "/" in method else identity
    assert lines(radiusd) == [
        f"campus: accept user={identity.lower()} outer={outer} method={method} vlan={vlan} "
        f"mac=02:00:00:00:00:17 resumed=no open=0 subnet=10.0.{vlan}.0/24"
    ]
    assert campus.open_conversations() == 0


@pytest.mark.parametrize("method", ["ttls/pap", "peap/gtc", "peap/mschapv2"])
@pytest.mark.parametrize(
    ("identity", "password", "reason"),
    [
        ("alice@campus.example", "wrong", "password|another try"),
        ("nobody@campus.example", "wonderland", "unknown name|no credential"),
        ("expired@campus.example", "toolate", "the subscription ended on 2020-12-31"),
        ("future@campus.example", "tooearly", "the subscription begins on 2099-01-01"),
    ],
)
def test_others_get_nothing(
    radiusd: Radiusd,
    folder: Path,
    pki: Pki,
    method: str,
    identity: str,
    password: str,
    reason: str,
) -> None:
    campus = start(folder)
    code, reply = log_in(campus, pki, identity, password, method)
    assert code == RLM_MODULE_REJECT
    assert set(reply) == {"EAP-Message", "Message-Authenticator"}
    ((level, line),) = radiusd.lines
    assert level == radiusd.L_INFO
    assert re.fullmatch(
        rf'campus: reject user={identity} reason=".*({reason}).*" mac=02:00:00:00:00:17 open=0',
        line,
    )


def test_a_realm(radiusd: Radiusd, folder: Path, pki: Pki) -> None:
    campus = start(folder, eap="realm = Campus.Example")
    assert log_in(campus, pki, "alice@campus.example", "wonderland")[0] == RLM_MODULE_OK
    for outer in ("@elsewhere.example", "anonymous"):
        code, _ = log_in(campus, pki, "alice@campus.example", "wonderland", outer=outer)
        assert code == RLM_MODULE_REJECT
        assert f'reject user={outer} reason="refused by policy"' in lines(radiusd)[-1]
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET name = 'eve@elsewhere' WHERE vlan = 101")
    assert log_in(campus, pki, "eve@elsewhere", "wonderland")[0] == RLM_MODULE_REJECT
    assert 'reject user=eve@elsewhere reason="another realm"' in lines(radiusd)[-1]


@pytest.mark.parametrize("method", ["ttls/pap", "peap/gtc"])
def test_a_resumed_login_is_judged_again(
    radiusd: Radiusd, folder: Path, pki: Pki, method: str
) -> None:
    campus = start(folder, tls="session_lifetime = 600")
    config = eap_rs.PeerConfig(
        "alice@campus.example",
        password="wonderland",
        anonymous_identity="@campus.example",
        methods=[method],
        tls=pki.peer_tls(),
    )

    def again(**more: str) -> tuple[int, dict[str, str]]:
        return log_in(campus, pki, password="wonderland", config=config, **more)

    assert again()[0] == RLM_MODULE_OK
    # The VLAN is that of who is inside, and of today.
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET vlan = 555 WHERE vlan = 101")
    code, reply = again()
    assert (code, reply["Tunnel-Private-Group-Id:1"]) == (RLM_MODULE_OK, "555")
    assert reply["User-Name"] == "alice@campus.example"
    assert "user=alice@campus.example outer=@campus.example" in lines(radiusd)[-1]
    assert "vlan=555 mac=02:00:00:00:00:17 resumed=yes open=0" in lines(radiusd)[-1]
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET valid_until = '2020-12-31' WHERE vlan = 555")
    assert again()[0] == RLM_MODULE_REJECT
    assert 'reason="the subscription ended on 2020-12-31"' in lines(radiusd)[-1]


def test_a_certificate_says_who_it_is(radiusd: Radiusd, folder: Path, pki: Pki) -> None:
    campus = start(folder, "tls", tls="client_ca = ca.pem\nsession_lifetime = 600")
    config = eap_rs.PeerConfig(
        "@campus.example",
        methods=["tls"],
        tls=pki.peer_tls(certificate=pki.client, key=pki.client_key),
    )
    code, _ = log_in(campus, pki, config=config)
    assert code == RLM_MODULE_REJECT
    assert 'reason="unknown name"' in lines(radiusd)[-1]
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET name = 'client' WHERE vlan = 101")
    for resumed in ("no", "yes"):
        code, reply = log_in(campus, pki, config=config)
        assert (code, reply["Tunnel-Private-Group-Id:1"]) == (RLM_MODULE_OK, "101")
        assert reply["User-Name"] == "client"
        assert "user=client outer=@campus.example method=tls" in lines(radiusd)[-1]
        assert f"resumed={resumed}" in lines(radiusd)[-1]
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET valid_until = '2020-12-31' WHERE vlan = 101")
    assert log_in(campus, pki, config=config)[0] == RLM_MODULE_REJECT


@pytest.mark.parametrize(
    "identity",
    ["Client", "host/client", "@campus.example", "anonymous@campus.example", "anonymous", ""],
)
def test_the_user_is_whose_the_certificate_is(
    radiusd: Radiusd, folder: Path, pki: Pki, identity: str
) -> None:
    campus = start_with_client(folder)
    code, reply = log_in(campus, pki, config=with_certificate(pki, identity))
    assert (code, reply["Tunnel-Private-Group-Id:1"]) == (RLM_MODULE_OK, "101")
    assert reply["User-Name"] == "client"
    assert f"accept user=client outer={identity} " in lines(radiusd)[-1]


@pytest.mark.parametrize("identity", ["bob@campus.example", "nobody", "client@campus.example"])
@pytest.mark.parametrize("after_a_login", [False, True])
def test_nobody_else_logs_in_with_a_certificate(
    radiusd: Radiusd, folder: Path, pki: Pki, identity: str, after_a_login: bool
) -> None:
    campus = start_with_client(folder)
    if after_a_login:
        assert log_in(campus, pki, config=with_certificate(pki, "client"))[0] == RLM_MODULE_OK
    code, reply = log_in(campus, pki, config=with_certificate(pki, identity))
    assert code == RLM_MODULE_REJECT and "User-Name" not in reply
    assert f'reject user={identity} reason="the certificate is for client"' in lines(radiusd)[-1]


def test_a_name_that_radius_cannot_carry_lets_nobody_in(
    radiusd: Radiusd, folder: Path, pki: Pki
) -> None:
    campus = start(folder)
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET name = ? WHERE vlan = 101", ("a" * 254,))
    assert log_in(campus, pki, "a" * 254, "wonderland")[0] == RLM_MODULE_REJECT
    assert lines(radiusd) == [
        "campus: login failed: ValueError: text: at most 253 octets of UTF-8 without NUL accepted"
    ]


def start_with_client(folder: Path) -> Any:
    """Whom the certificate of `Pki` is for subscribes, with VLAN 101."""
    campus = start(folder, "tls", tls="client_ca = ca.pem\nsession_lifetime = 600")
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET name = 'client' WHERE vlan = 101")
    return campus


def with_certificate(pki: Pki, identity: str) -> eap_rs.PeerConfig:
    tls = pki.peer_tls(certificate=pki.client, key=pki.client_key)
    return eap_rs.PeerConfig(identity, methods=["tls"], tls=tls)


def test_a_directory_that_is_gone_lets_nobody_in(
    radiusd: Radiusd, folder: Path, pki: Pki
) -> None:
    campus = start(folder)
    (folder / "subscriptions.sqlite").unlink()
    assert log_in(campus, pki, "alice@campus.example", "wonderland")[0] == RLM_MODULE_REJECT
    assert any(it == radiusd.L_ERR and "CheckPassword" in line for it, line in radiusd.lines)
    assert 'reject user=alice@campus.example reason="no word from the sub' in lines(radiusd)[-1]
    vps = Radiusd.vps(("Service-Type", "Call-Check"), ("User-Name", "020000000101"))
    assert campus.authenticate(vps) == RLM_MODULE_FAIL
    assert "authenticate of user=020000000101 mac=-: OperationalError: " in lines(radiusd)[-1]
    assert "wonderland" not in str(radiusd.lines)


@pytest.mark.parametrize(
    ("method", "column", "value", "needed"),
    [
        ("ttls/pap", "password_hash", "'plain'", "a hash of bcrypt's"),
        ("peap/mschapv2", "nt_hash", "'00'", "32 hexadecimal digits"),
        ("ttls/pap", "vlan", "4095", "an integer from 1 to 4094"),
        ("ttls/pap", "valid_until", "'soon'", "a day, YYYY-MM-DD,"),
    ],
)
def test_a_row_that_is_none_says_whose_it_is_and_what_is_wrong(
    radiusd: Radiusd, folder: Path, pki: Pki, method: str, column: str, value: str, needed: str
) -> None:
    campus = start(folder)
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(f"UPDATE subscriptions SET {column} = {value} WHERE vlan = 101")
    name = "alice@campus.example"
    assert log_in(campus, pki, name, "wonderland", method)[0] == RLM_MODULE_REJECT
    broken, refused = lines(radiusd)
    row = f"BadRow: {name}: column {column}: {needed} needed, there is something else"
    assert broken.endswith(row)
    assert f'reject user={name} reason="no word from the subscriptions"' in refused


def test_refusals_that_nobody_collects_are_forgotten(radiusd: Radiusd, folder: Path) -> None:
    refusals = module("campus").Refusals()
    for i in range(refusals.CAPACITY + 5):
        refusals.add(i.to_bytes(16, "big"), "alice", "no")
    assert refusals.take(bytes(16)) is None
    assert refusals.take((7).to_bytes(16, "big")) == ("alice", "no")
    assert refusals.take((7).to_bytes(16, "big")) is None


@pytest.mark.parametrize("name", ["02-00-00-00-01-01", "020000000101", "0200.0000.0101"])
@pytest.mark.parametrize("service_type", ["Call-Check", "Framed-User"])
def test_a_known_device_gets_its_vlan(
    radiusd: Radiusd, folder: Path, name: str, service_type: str
) -> None:
    campus = start(folder)
    vps = Radiusd.vps(
        ("User-Name", name),
        ("User-Password", name),
        ("Service-Type", service_type),
        ("Calling-Station-Id", "02:00:00:00:01:01"),
    )
    assert campus.authorize(vps)[1]["config"] == (("Auth-Type", ":=", "campus"),)
    code, update = campus.authenticate(vps)
    assert code == RLM_MODULE_OK
    assert ("Message-Authenticator", ":=", "0x00") in update["reply"]
    assert ("Tunnel-Private-Group-Id:1", ":=", "301") in update["reply"]
    assert lines(radiusd) == [
        "campus: accept user=02:00:00:00:01:01 outer=- method=mac vlan=301 "
        "mac=02:00:00:00:01:01 resumed=no open=0 subnet=10.1.45.0/24"
    ]


@pytest.mark.parametrize(
    ("mac", "reason"),
    [
        ("02:00:00:00:01:99", "the device is unknown"),
        ("02:00:00:00:01:02", "the subscription ended on 2020-12-31"),
    ],
)
def test_other_devices_are_refused_and_then_speak_802_1x(
    radiusd: Radiusd, folder: Path, mac: str, reason: str
) -> None:
    campus = start(folder)
    vps = Radiusd.vps(("User-Name", mac), ("Service-Type", "Call-Check"))
    assert campus.authenticate(vps) == (
        RLM_MODULE_REJECT,
        {"reply": (("Message-Authenticator", ":=", "0x00"),), "config": ()},
    )
    assert lines(radiusd) == [f'campus: reject user={mac} reason="{reason}" mac={mac} open=0']


def test_neither_device_nor_eap(radiusd: Radiusd, folder: Path) -> None:
    campus = start(folder)
    vps = Radiusd.vps(("User-Name", "alice@campus.example"), ("User-Password", "wonderland"))
    assert campus.authorize(vps) == campus.freeradius.RLM_MODULE_NOOP
    assert campus.authenticate(vps) == campus.freeradius.RLM_MODULE_INVALID
    assert campus.authorize(None) == campus.freeradius.RLM_MODULE_NOOP
    assert radiusd.lines == []


@pytest.mark.parametrize("function", ["authorize", "authenticate", "accounting"])
def test_hostile_requests_end_in_one_line(
    radiusd: Radiusd, folder: Path, function: str
) -> None:
    campus = start(folder)
    for vps in ((("EAP-Message", "0x0"),), (("State", "x"),), (("User-Name", "a\0"),), "nonsense"):
        radiusd.lines.clear()
        assert getattr(campus, function)(vps) == RLM_MODULE_FAIL
        ((level, _),) = radiusd.lines
        assert level == radiusd.L_ERR


def test_accounting_ties_user_device_and_vlan(radiusd: Radiusd, folder: Path) -> None:
    campus = start(folder)

    def account(status: str, *more: tuple[str, Any]) -> str:
        radiusd.lines.clear()
        vps = Radiusd.vps(("Acct-Status-Type", status), ("Acct-Session-Id", "a 1"), *more)
        assert campus.accounting(vps) == RLM_MODULE_OK
        return "".join(lines(radiusd))

    alice = (("User-Name", "alice@campus.example"), ("Calling-Station-Id", STATION))
    assert account("Start", *alice, ("Class", b"other"), ("Class", b"vlan=77")) == (
        "campus: accounting Start user=alice@campus.example mac=02:00:00:00:00:17 vlan=77 "
        "session=a\\u{20}1"
    )
    assert "accounting Stop user=alice@campus.example" in account("Stop", *alice)
    assert " vlan=101 " in account("Stop", *alice)
    device = account("Start", ("User-Name", "02-00-00-00-01-01"))
    assert " user=02-00-00-00-01-01 mac=02:00:00:00:01:01 vlan=301 " in device
    assert " user=- mac=- vlan=- " in account("Start")
    assert " vlan=- " in account("Start", ("User-Name", "nobody"), ("Class", b"vlan=" + b"9" * 99))
    assert account("Interim-Update", *alice) == account("Accounting-On") == ""
