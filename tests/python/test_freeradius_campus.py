"""The campus of examples/freeradius, with a stand-in for FreeRADIUS."""

from __future__ import annotations

import importlib
import json
import logging
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Iterator, Optional

import eap_rs
import pytest
from eap_rs import freeradius
from eap_rs.freeradius import RLM_MODULE_FAIL, RLM_MODULE_OK, RLM_MODULE_REJECT, Radiusd

from conftest import SERVER, Pki

bcrypt = pytest.importorskip("bcrypt")

EXAMPLE = Path(__file__).parents[2] / "examples" / "freeradius"
MODULES = ("campus", "campus_inner", "campus_settings", "shared_sessions", "subscriptions", "vlans")
STATION = "02-00-00-00-00-17"


@pytest.fixture
def radiusd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Radiusd]:
    module = Radiusd(config={"version": "3.2.8"})
    monkeypatch.setitem(sys.modules, "radiusd", module)
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield module
    for name in MODULES:
        sys.modules.pop(name, None)
    for name in ("campus", "eap_rs"):
        logging.getLogger(name).handlers = []


def module(name: str) -> Any:
    return importlib.import_module(name)


INI = """
[tls]
certificate = server.pem
key = server.key
{tls}
[eap]
methods = {methods}
{eap}
[subscriptions]
cost = 4
database = subscriptions.sqlite
{subscriptions}
"""


def ini(
    folder: Path, methods: str = "ttls/pap peap/gtc peap/mschapv2", **sections: str
) -> Path:
    sections = {"tls": "", "eap": "", "subscriptions": "", **sections}
    (folder / "campus.ini").write_text(INI.format(methods=methods, **sections))
    return folder / "campus.ini"


@pytest.fixture
def folder(pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "server.pem").write_bytes(pki.server)
    (tmp_path / "server.key").write_bytes(pki.server_key)
    (tmp_path / "ca.pem").write_bytes(pki.ca)
    monkeypatch.setenv("CAMPUS_SETTINGS", str(tmp_path / "campus.ini"))
    return tmp_path


def start(folder: Path, *settings: str, **sections: str) -> Any:
    ini(folder, *settings, **sections)
    campus = module("campus")
    assert campus.instantiate(()) == RLM_MODULE_OK, sys.modules["radiusd"].lines
    return campus


def log_in(
    campus: Any,
    pki: Pki,
    identity: Optional[str] = None,
    password: str = "",
    method: str = "ttls/pap",
    config: Optional[eap_rs.PeerConfig] = None,
    outer: str = "@campus.example",
) -> tuple[int, dict[str, str]]:
    """A peer, and the FreeRADIUS before the campus: its verdict, and what the last reply says."""
    peer = eap_rs.Peer(
        config
        or eap_rs.PeerConfig(
            identity,
            password=password,
            anonymous_identity=outer if "/" in method else None,
            methods=[method],
            tls=pki.peer_tls(),
        )
    )
    peer.handle_packet(bytes([1, 1, 0, 5, 1]))
    state: Optional[str] = None
    while True:
        said = b""
        for output in peer:
            match output:
                case eap_rs.Send(packet):
                    said = packet
                case eap_rs.Ask(id, eap_rs.Token()):
                    peer.handle_answer(id, password)
                case eap_rs.Ask(id):
                    peer.handle_answer(id, None)
        vps = Radiusd.vps(
            ("User-Name", outer), ("EAP-Message", said), ("Calling-Station-Id", STATION)
        ) + Radiusd.pieces(said)
        if state is not None:
            vps += (("State", state),)
        assert campus.authorize(vps)[1]["config"] == (("Auth-Type", ":=", "campus"),)
        code, update = campus.authenticate(vps)
        reply = {name: value for name, _, value in update.get("reply", ())}
        peer.handle_packet(bytes.fromhex(reply["EAP-Message"][2:]))
        if "State" not in reply:
            return code, reply
        state = reply["State"]


def lines(radiusd: Radiusd) -> list[str]:
    return [line for _, line in radiusd.lines]


# Settings.


def test_the_settings_that_come_with_it_are_good(radiusd: Radiusd) -> None:
    settings = module("campus_settings").Settings.read(EXAMPLE / "campus.ini")
    assert settings.methods == ("ttls/pap", "ttls/eap-gtc", "peap/gtc")
    assert settings.certificate == EXAMPLE / "certificates" / "server.pem"
    assert settings.session_lifetime == 3600 and str(settings.base) == "10.0.0.0/8"


def test_defaults(radiusd: Radiusd, folder: Path) -> None:
    path = folder / "campus.ini"
    path.write_text("[tls]\ncertificate = server.pem\nkey = /k\n")
    settings = module("campus_settings").Settings.read(path)
    assert (settings.certificate, settings.key) == (folder / "server.pem", Path("/k"))
    assert settings.client_ca is settings.ticket_keys is settings.realm is settings.mtu is None
    assert settings.session_lifetime == 0 and settings.versions == ("1.2", "1.3")
    assert settings.database == folder / "subscriptions.sqlite"
    assert settings.methods == ("ttls/pap", "ttls/eap-gtc", "peap/gtc")


@pytest.mark.parametrize(
    ("section", "line", "message"),
    [
        ("eap", "colour = blue", r"\[eap\] colour: no such key, accepted: .*realm"),
        ("subscriptions", "[colours]\nx = y", r"\[colours\]: no such section, accepted: \[tls\]"),
        ("eap", "fragment_size = 99", r"\[eap\] fragment_size: \"99\" given, 100 to 4000"),
        ("eap", "fragment_size = many", r"\[eap\] fragment_size: \"many\" given"),
        ("eap", "mtu = 63", r"\[eap\] mtu: \"63\" given"),
        ("tls", "session_lifetime = nan", r"\[tls\] session_lifetime: \"nan\" given"),
        ("tls", "versions = 1.1", r"\[tls\] versions: \"1.1\" given, accepted: 1.2 1.3"),
        ("subscriptions", "backend = ldap", r"\[subscriptions\] backend: \"ldap\" given"),
        ("subscriptions", "backend = rest sqlite", r"\[subscriptions\] backend: one of"),
        ("subscriptions", "backend = rest", r"\[subscriptions\] url: none given"),
        ("subscriptions", "url = file:///etc", r"\[subscriptions\] url: http://"),
        ("subscriptions", "url = http:", r"\[subscriptions\] url: http://"),
        ("subscriptions", "[network]\nbase = 10.0.0.0/13", r"\[network\] base: .*/12"),
        ("subscriptions", "[network]\nbase = 10.1.0.0/8", r"\[network\] base: .*host bits"),
        ("subscriptions", "[sessions]\ncapacity = 0", r"\[sessions\] capacity: \"0\" given"),
        ("subscriptions", "[sessions]\ncapacity = 1000001", r"capacity: .* 1 to 1000000 accepted"),
        ("eap", "realm", "campus.ini"),
    ],
)
def test_a_mistake_is_named(
    radiusd: Radiusd, folder: Path, section: str, line: str, message: str
) -> None:
    settings = module("campus_settings")
    with pytest.raises(settings.SettingError, match=message):
        settings.Settings.read(ini(folder, **{section: line}))


@pytest.mark.parametrize("methods", ["otp", "fast/gtc", "ttls/nope", "TTLS/PAP"])
def test_methods_that_there_are_not(radiusd: Radiusd, folder: Path, methods: str) -> None:
    settings = module("campus_settings")
    with pytest.raises(settings.SettingError, match=rf"\[eap\] methods: \"{methods}\" given, acc"):
        settings.Settings.read(ini(folder, methods))


def test_a_certificate_is_needed(radiusd: Radiusd, tmp_path: Path) -> None:
    settings = module("campus_settings")
    (tmp_path / "campus.ini").write_text("")
    with pytest.raises(settings.SettingError, match=r"\[tls\] certificate: none given"):
        settings.Settings.read(tmp_path / "campus.ini")
    with pytest.raises(settings.SettingError, match="none.ini"):
        settings.Settings.read(tmp_path / "none.ini")


def test_the_site_cuts_packets_as_the_library_says(radiusd: Radiusd) -> None:
    def directives(text: str) -> list[str]:
        return [line.strip() for line in text.splitlines() if line.strip()]

    pieces = directives((EXAMPLE / "raddb" / "pieces.conf").read_text())
    site = directives(freeradius.UNLANG)
    begin = site.index(pieces[0])
    assert site[begin : begin + len(pieces)] == pieces


def test_a_token_is_not_shown(radiusd: Radiusd, folder: Path) -> None:
    more = "backend = rest\nurl = http://localhost/x/\ntoken = tok-123"
    settings = module("campus_settings").Settings.read(ini(folder, subscriptions=more))
    assert settings.token == "tok-123" and "tok-123" not in repr(settings)
    assert settings.url == "http://localhost/x"


LIFETIME = "session_lifetime = 60\nticket_keys = "


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tls": "colour = blue"}, "cannot start: SettingError: [tls] colour: no such key"),
        ({"tls": "client_ca = none"}, "cannot start: SettingError: [tls] client_ca: "),
        ({"tls": f"{LIFETIME}none"}, "cannot start: SettingError: [tls] ticket_keys: "),
        ({"tls": f"{LIFETIME}ca.pem"}, "cannot start: SettingError: [tls] ticket_keys: lines of"),
        ({"tls": f"{LIFETIME}short"}, "cannot start: SettingError: [tls] ticket_keys: lines of"),
        ({"tls": f"{LIFETIME}empty"}, "cannot start: SettingError: [tls] ticket_keys: lines of"),
    ],
)
def test_what_cannot_start_says_why_and_ends_the_server(
    radiusd: Radiusd, folder: Path, change: dict[str, str], message: str
) -> None:
    (folder / "short").write_text("00" * 31)
    (folder / "empty").write_text("\n")
    ini(folder, **change)
    campus = module("campus")
    assert campus.instantiate(()) < 0
    ((level, line),) = radiusd.lines
    assert level == radiusd.L_ERR and line.startswith(f"campus: {message}")
    assert campus.authenticate(()) == RLM_MODULE_FAIL


def test_a_version_that_loses_attributes_ends_the_server(radiusd: Radiusd, folder: Path) -> None:
    ini(folder)
    radiusd.config["version"] = "3.2.10"
    assert module("campus").instantiate(()) < 0
    assert "3.2.10" in lines(radiusd)[0]


def test_prepare_makes_what_is_missing_and_leaves_the_rest(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "prepare", tmp_path)

    def prepare() -> str:
        command = [str(tmp_path / "prepare"), "radius.test.example"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    said = prepare()
    made = tmp_path / "certificates"
    assert "made" in said and str(made / "server.pem") in said
    for name in ("ticket_keys", "server.key", "ca.key"):
        assert stat.S_IMODE((made / name).stat().st_mode) == 0o600
    keys = (made / "ticket_keys").read_text()
    assert re.fullmatch("[0-9a-f]{64}\n", keys)
    command = ["openssl", "verify", "-CAfile", "ca.pem", "-verify_hostname", "radius.test.example"]
    subprocess.run([*command, "server.pem"], cwd=made, check=True, capture_output=True)
    before = {it.name: it.read_bytes() for it in made.iterdir()}
    assert "there is one" in prepare()
    assert before == {it.name: it.read_bytes() for it in made.iterdir()}


# VLANs and subnets.


def test_a_vlan_has_a_subnet(radiusd: Radiusd) -> None:
    from ipaddress import IPv4Network

    subnet_of = module("vlans").subnet_of
    base = IPv4Network("10.0.0.0/8")
    for vlan, subnet in [(1, "10.0.1"), (42, "10.0.42"), (301, "10.1.45"), (4094, "10.15.254")]:
        assert subnet_of(vlan, base) == IPv4Network(f"{subnet}.0/24")
    assert subnet_of(4094, IPv4Network("172.16.0.0/12")) == IPv4Network("172.31.254.0/24")
    assert len({subnet_of(it, base) for it in range(1, 4095)}) == 4094
    for vlan in (0, 4095, -1):
        with pytest.raises(ValueError, match="^vlan"):
            subnet_of(vlan, base)
    with pytest.raises(ValueError, match="no subnet"):
        subnet_of(16, IPv4Network("192.168.0.0/20"))


# Subscriptions.


def test_a_new_database_has_samples_and_is_nobody_elses(radiusd: Radiusd, tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    there = module("subscriptions").SqliteSubscriptions(path, 4)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [it.name for it in tmp_path.iterdir()] == ["s.sqlite"]
    alice = there.subscriber("ALICE@Campus.Example")
    assert (alice.name, alice.vlan) == ("alice@campus.example", 101)
    assert bcrypt.checkpw(b"wonderland", alice.password_hash.encode())
    assert alice.nt_hash == eap_rs.NtHash.of_password("wonderland").expose()
    assert alice.password_hash not in repr(alice) and alice.nt_hash.hex() not in repr(alice)
    assert there.subscriber("phone@campus.example").cleartext == "dial9"
    assert there.subscriber("nobody") is None and there.subscriber("' OR 1 --") is None
    assert there.device("02:00:00:00:01:01").vlan == 301
    assert there.device("02:00:00:00:01:99") is None


def test_two_servers_that_start_at_once_make_one_database(
    radiusd: Radiusd, tmp_path: Path
) -> None:
    subscriptions = module("subscriptions")
    path = tmp_path / "s.sqlite"
    threads = [
        threading.Thread(target=subscriptions.SqliteSubscriptions, args=(path, 4)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [it.name for it in tmp_path.iterdir()] == ["s.sqlite"]
    assert subscriptions.SqliteSubscriptions(path, 4).subscriber("bob@campus.example").vlan == 102


def test_days_count_both_ends(radiusd: Radiusd) -> None:
    validity = module("subscriptions").Validity
    term = validity(date(2025, 10, 1), date(2026, 2, 28))
    assert "begins" in term.problem(date(2025, 9, 30))
    assert term.problem(date(2025, 10, 1)) is term.problem(date(2026, 2, 28)) is None
    assert "ended" in term.problem(date(2026, 3, 1))
    assert validity().problem(date(1, 1, 1)) is None


def test_rows_that_are_none_raise(radiusd: Radiusd) -> None:
    of = module("subscriptions").Subscriber.of
    good = {"name": "a", "vlan": 1, "password_hash": "x"}
    assert of(good).nt_hash is None
    for bad in (
        {},
        {**good, "vlan": "many"},
        {**good, "vlan": None},
        {**good, "nt_hash": "xyz"},
        {**good, "valid_from": "yesterday"},
        {**good, "valid_until": 17},
    ):
        with pytest.raises((KeyError, TypeError, ValueError)):
            of(bad)


def test_whom_nobody_knows_costs_as_much(
    radiusd: Radiusd, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriptions = module("subscriptions")
    passwords = subscriptions.Passwords(4)
    hashes: list[bytes] = []
    checkpw = bcrypt.checkpw

    def count(password: bytes, stored: bytes) -> bool:
        hashes.append(stored)
        return bool(checkpw(password, stored))

    monkeypatch.setattr(bcrypt, "checkpw", count)
    stored = bcrypt.hashpw(b"sesame", bcrypt.gensalt(4)).decode()
    known = subscriptions.Subscriber("a", 1, stored)
    empty = subscriptions.Subscriber("a", 1, bcrypt.hashpw(b"", bcrypt.gensalt(4)).decode())
    assert passwords.check(known, b"sesame")
    for subscriber, password in (
        (known, b"Sesame"),
        (known, b"sesame\0"),
        (known, b"sesame" * 100),
        (known, b""),
        (None, b"sesame"),
        (None, b"a" * 73),
        # What bcrypt cannot take is no empty password.
        (empty, b"a" * 73),
        (empty, b"\0"),
    ):
        assert not passwords.check(subscriber, password)
    assert len(hashes) == 9
    assert {it[:7] for it in hashes} == {b"$2b$04$"}
    assert passwords.check(empty, b"")


@contextmanager
def service(answers: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, Optional[str]]]]]:
    """Answers are objects, status codes, octets, or seconds of silence."""
    asked: list[tuple[str, Optional[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            answer = answers.get(self.path, 404)
            if isinstance(answer, float):
                time.sleep(answer)
                answer = 500
            status = answer if isinstance(answer, int) else 200
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/devices/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_subscriptions_behind_rest(radiusd: Radiusd) -> None:
    alice = {"name": "alice", "vlan": 7, "password_hash": "x", "nt_hash": "00" * 16}
    answers = {
        "/subscriptions/alice%40campus%2F..": alice,
        "/devices/02%3A00%3A00%3A00%3A01%3A01": {"mac": "02:00:00:00:01:01", "vlan": 8},
        "/devices/broken": 500,
        "/devices/moved": 302,
        "/devices/elsewhere": {"mac": "x", "vlan": 9},
        "/devices/list": [],
        "/devices/text": b"<html>",
        "/devices/long": b" " * 65_537,
        "/devices/empty": {},
        "/devices/slow": 0.5,
    }
    with service(answers) as (url, asked):
        rest = module("subscriptions").RestSubscriptions(url, "tok-123", 0.2)
        found = rest.subscriber("alice@campus/..")
        assert (found.name, found.vlan, found.nt_hash) == ("alice", 7, bytes(16))
        assert rest.device("02:00:00:00:01:01").vlan == 8
        assert rest.device("02:00:00:00:01:99") is None and rest.subscriber("nobody") is None
        assert {token for _, token in asked} == {"Bearer tok-123"}
        for device in ("broken", "moved", "list", "text", "long", "empty", "slow"):
            with pytest.raises((OSError, ValueError, KeyError)) as caught:
                rest.device(device)
            assert "tok-123" not in str(caught.value)
    with pytest.raises(OSError):
        rest.device("gone")


# Logins.


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
    assert reply["User-Name"] == identity
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
    # Of a wrong MSCHAPv2 response, only the table knows, and only who is outside.
    known_to_table = method == "peap/mschapv2" and password == "wrong"
    who = "(alice)?@campus.example" if known_to_table else identity
    assert re.fullmatch(
        rf'campus: reject user={who} reason=".*({reason}).*" mac=02:00:00:00:00:17 open=0', line
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
        assert "user=client outer=@campus.example method=tls" in lines(radiusd)[-1]
        assert f"resumed={resumed}" in lines(radiusd)[-1]
    with closing(sqlite3.connect(folder / "subscriptions.sqlite")) as database, database:
        database.execute("UPDATE subscriptions SET valid_until = '2020-12-31' WHERE vlan = 101")
    assert log_in(campus, pki, config=config)[0] == RLM_MODULE_REJECT


def test_a_directory_that_is_gone_lets_nobody_in(
    radiusd: Radiusd, folder: Path, pki: Pki
) -> None:
    campus = start(folder)
    (folder / "subscriptions.sqlite").unlink()
    assert log_in(campus, pki, "alice@campus.example", "wonderland")[0] == RLM_MODULE_REJECT
    assert any(it == radiusd.L_ERR and "CheckPassword" in line for it, line in radiusd.lines)
    assert 'reject user=@campus.example reason="no word from the sub' in lines(radiusd)[-1]
    vps = Radiusd.vps(("Service-Type", "Call-Check"), ("User-Name", "020000000101"))
    assert campus.authenticate(vps) == RLM_MODULE_FAIL
    assert "wonderland" not in str(radiusd.lines)


def test_refusals_that_nobody_collects_are_forgotten(radiusd: Radiusd, folder: Path) -> None:
    refusals = module("campus").Refusals()
    for i in range(refusals.CAPACITY + 5):
        refusals.add(i.to_bytes(16, "big"), "alice", "no")
    assert refusals.take(bytes(16)) is None
    assert refusals.take((7).to_bytes(16, "big")) == ("alice", "no")
    assert refusals.take((7).to_bytes(16, "big")) is None


# Devices, accounting, and what is neither.


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
    assert " vlan=301 " in account("Start", ("User-Name", "020000000101"))
    assert " user=- mac=- vlan=- " in account("Start")
    assert " vlan=- " in account("Start", ("User-Name", "nobody"), ("Class", b"vlan=" + b"9" * 99))
    assert account("Interim-Update", *alice) == account("Accounting-On") == ""


# Inside the tunnel of rlm_eap.


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


def test_inside_others_are_refused(radiusd: Radiusd, folder: Path) -> None:
    start(folder)
    inner = module("campus_inner")
    wrong = inside(("User-Name", "alice@campus.example"), ("User-Password", "guess"))
    assert inner.authenticate(wrong) == RLM_MODULE_REJECT
    assert "unknown name or wrong password" in lines(radiusd)[-1]
    expired = inside(("User-Name", "expired@campus.example"), ("User-Password", "toolate"))
    assert inner.authenticate(expired) == RLM_MODULE_OK
    assert inner.post_auth(expired) == RLM_MODULE_REJECT
    assert "ended on 2020-12-31" in lines(radiusd)[-1]
    for vps in (inside(("User-Name", "nobody")), inside()):
        assert inner.post_auth(vps) == RLM_MODULE_REJECT
        assert inner.authenticate(vps) == inner.freeradius.RLM_MODULE_INVALID
    # Not even with its own address for a name is anybody a device in there.
    device = inside(("User-Name", STATION), ("User-Password", STATION))
    assert inner.authenticate(device) == RLM_MODULE_REJECT


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
    start(folder, "ttls/pap")
    assert inner.authorize(inside(("User-Name", "alice@campus.example"))) == noop


def test_outside_devices_are_as_ever(radiusd: Radiusd, folder: Path) -> None:
    start(folder)
    inner = module("campus_inner")
    vps = Radiusd.vps(("User-Name", "020000000101"), ("Service-Type", "Call-Check"))
    assert inner.authorize(vps)[1]["config"] == (("Auth-Type", ":=", "campus"),)
    assert inner.authenticate(vps)[0] == RLM_MODULE_OK
