"""The campus: its settings, `prepare`, and the subnets of VLANs."""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Union

import pytest
from eap_rs import freeradius
from eap_rs.freeradius import RLM_MODULE_FAIL, RLM_MODULE_OK, Radiusd

from campus_script import EXAMPLE, folder, ini, lines, module, radiusd, start

__all__ = ["folder", "radiusd"]


def test_the_settings_that_come_with_it_are_good(radiusd: Radiusd) -> None:
    settings = module("campus_settings").Settings.read(EXAMPLE / "campus.ini")
    assert settings.methods == ("ttls/pap", "ttls/eap-gtc", "peap/gtc")
    assert settings.certificate == EXAMPLE / "certificates" / "server.pem"
    assert settings.session_lifetime == 3600 and str(settings.base) == "10.0.0.0/8"


def test_what_is_commented_out_works_without_its_mark(radiusd: Radiusd, folder: Path) -> None:
    text = (EXAMPLE / "campus.ini").read_text()
    path = folder / "campus.ini"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))
    settings = module("campus_settings").Settings.read(path)
    assert settings.client_ca == folder / "certificates" / "ca.pem"
    assert settings.realm == "campus.example"
    assert settings.shared == folder / "sessions.sqlite"


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


def test_samples_are_announced_and_made_once(radiusd: Radiusd, folder: Path) -> None:
    ini(folder)
    campus = module("campus")
    assert campus.instantiate(()) == RLM_MODULE_OK
    ((level, line),) = radiusd.lines
    assert level == radiusd.L_WARN
    assert f"made {folder / 'subscriptions.sqlite'} with sample subscriptions" in line
    assert " alice@campus.example " in line and "delete them before use" in line
    assert "wonderland" not in line
    radiusd.lines.clear()
    assert campus.instantiate(()) == RLM_MODULE_OK
    assert radiusd.lines == []


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
    assert not (folder / "subscriptions.sqlite").exists()


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("nowhere/s.sqlite", None, "No such file or directory"),
        ("ca.pem/s.sqlite", None, "Not a directory"),
        (".", None, ""),
        ("s.sqlite", b"", "no such table: subscriptions"),
        ("s.sqlite", b"no database at all, " * 500, "file is not a database"),
        ("s.sqlite", "CREATE TABLE subscriptions (name, vlan)", "no such column: password_hash"),
        (
            "s.sqlite",
            "CREATE TABLE subscriptions (name, password_hash, vlan)",
            "no such table: devices",
        ),
    ],
)
def test_a_database_that_cannot_be_read_ends_the_server(
    radiusd: Radiusd, folder: Path, path: str, content: Union[bytes, str, None], why: str
) -> None:
    if isinstance(content, bytes):
        (folder / path).write_bytes(content)
    elif isinstance(content, str):
        with closing(sqlite3.connect(folder / path)) as database, database:
            database.execute(content)
    settings = ini(folder)
    before = set(folder.iterdir())
    settings.write_text(settings.read_text().replace("subscriptions.sqlite", path))
    campus = module("campus")
    assert campus.instantiate(()) < 0
    ((level, line),) = radiusd.lines
    assert level == radiusd.L_ERR
    named = f"[subscriptions] database: {folder / path}: {why}"
    assert line.startswith(f"campus: cannot start: SettingError: {named}")
    assert set(folder.iterdir()) == before


def test_a_database_that_is_damaged_ends_the_server(radiusd: Radiusd, folder: Path) -> None:
    campus = start(folder)
    path = folder / "subscriptions.sqlite"
    octets = bytearray(path.read_bytes())
    # A page after the first, which has the schema.
    octets[4096:8192] = bytes(4096)
    path.write_bytes(octets)
    assert campus.instantiate(()) < 0
    assert f"[subscriptions] database: {path}: " in lines(radiusd)[-1]


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
    before = files(made)
    assert "there is one" in prepare()
    assert before == files(made)


def files(folder: Path) -> dict[str, bytes]:
    return {it.name: it.read_bytes() for it in folder.iterdir()}


def test_prepare_renews_a_certificate_and_keeps_its_ca(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "prepare", tmp_path)
    made = tmp_path / "certificates"

    def prepare(name: str = "radius.test.example") -> subprocess.CompletedProcess[str]:
        command = [str(tmp_path / "prepare"), name]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    assert prepare().returncode == 0
    before = files(made)
    (made / "server.pem").rename(made / "server.pem.old")
    done = prepare()
    assert done.returncode == 0 and f"CA: there is one, {made / 'ca.pem'}" in done.stdout
    after = files(made)
    assert all(before[it] == after[it] for it in ("ca.pem", "ca.key", "ticket_keys"))
    assert before["server.pem"] == after["server.pem.old"] != after["server.pem"]
    command = ["openssl", "verify", "-CAfile", "ca.pem", "server.pem"]
    subprocess.run(command, cwd=made, check=True, capture_output=True)

    # What is missing is missed, and what is there is left alone.
    (made / "server.pem").unlink()
    for half, other in (("ca.key", "ca.pem"), ("ca.pem", "ca.key")):
        (made / half).rename(tmp_path / half)
        before = files(made)
        done = prepare()
        assert done.returncode == 1 and f"bring {half} back" in done.stderr
        assert files(made) == before and other in before
        (tmp_path / half).rename(made / half)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a" * 65, "prepare: the name has 65 characters, a certificate takes 64 at most"),
        (",", "X509"),
    ],
)
def test_prepare_says_why_it_has_made_no_certificate(
    tmp_path: Path, name: str, why: str
) -> None:
    shutil.copy(EXAMPLE / "prepare", tmp_path)
    command = [str(tmp_path / "prepare"), name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1 and why in done.stderr
    left = {it.name for it in (tmp_path / "certificates").iterdir()}
    assert left <= {"ticket_keys", "ca.pem", "ca.key"}


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
