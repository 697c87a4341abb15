"""Each method with each version of TLS: eapol_test gets in, with equal keys and its VLAN.

Not here: `otp`, which eapol_test does not have (it answers a challenge of a list that its user
holds), and EAP-FAST, which the campus does not offer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import eap_rs
import pytest

import eapol
import radius
from certificates import Certificate, Pki
from example import ALICE, BOB, OUTER, PASSWORDS, PHONE, VLANS, Example
from login import Login
from peers import peer
from radius import Client
from servers import SECRET, FreeRadius


@dataclass(frozen=True)
class Method:
    """What eapol_test has to be told."""

    lines: str
    user: str = ALICE
    keys: bool = True
    with_tls: bool = True


INNER_TLS = "TLS tls_disable_tlsv1_3=0"
METHODS = {
    "md5": Method("eap=MD5", PHONE, keys=False, with_tls=False),
    "gtc": Method("eap=GTC", keys=False, with_tls=False),
    "mschapv2": Method("eap=MSCHAPV2", with_tls=False),
    "tls": Method("eap=TLS"),
    "ttls/pap": Method('eap=TTLS\nphase2="auth=PAP"'),
    "ttls/chap": Method('eap=TTLS\nphase2="auth=CHAP"', PHONE),
    "ttls/mschap": Method('eap=TTLS\nphase2="auth=MSCHAP"'),
    "ttls/mschapv2": Method('eap=TTLS\nphase2="auth=MSCHAPV2"'),
    "ttls/eap-mschapv2": Method('eap=TTLS\nphase2="autheap=MSCHAPV2"'),
    "ttls/eap-gtc": Method('eap=TTLS\nphase2="autheap=GTC"'),
    "ttls/eap-md5": Method('eap=TTLS\nphase2="autheap=MD5"', PHONE),
    "ttls/eap-tls": Method(f'eap=TTLS\nphase2="autheap={INNER_TLS}"'),
    "peap/mschapv2": Method('eap=PEAP\nphase2="auth=MSCHAPV2"'),
    "peap/gtc": Method('eap=PEAP\nphase2="auth=GTC"'),
    "peap/md5": Method('eap=PEAP\nphase2="auth=MD5"', PHONE),
    "peap/tls": Method(f'eap=PEAP\nphase2="auth={INNER_TLS}"'),
}
CASES = [
    (name, version)
    for name, method in METHODS.items()
    for version in (("1.2", "1.3") if method.with_tls else ("1.3",))
]
ON_A_DAEMON = ["tls", "ttls/pap", "peap/gtc", "peap/mschapv2", "ttls/eap-tls"]


def test_every_method_is_here() -> None:
    assert {*METHODS, "otp"} == {it for it in eap_rs.METHODS if not it.startswith("fast/")}


@pytest.fixture(scope="module")
def example(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Example:
    settings = {"eap": {"methods": " ".join(METHODS)}}
    folder = tmp_path_factory.mktemp("methods")
    return Example.new(folder, pki.servers["p256"], pki.staff_ca, settings)


@pytest.fixture(scope="module")
def debug(example: Example) -> Iterator[FreeRadius]:
    with example.server("debug", how="debug") as server:
        yield server


@pytest.fixture(scope="module")
def daemon(example: Example) -> Iterator[FreeRadius]:
    with example.server("daemon", how="daemon") as server:
        yield server


def log_in(
    server: FreeRadius, pki: Pki, folder: Path, name: str, version: str, client: Certificate
) -> eapol.Seen:
    method = METHODS[name]
    user = method.user
    network = eapol.Network(pki.server_ca, user, PASSWORDS[user], version, OUTER, client)
    since = len(server.log())
    more = [] if method.keys else ["-n"]
    seen = eapol.run(folder / "eapol_test.conf", server.port, network.block(method.lines), *more)
    assert seen.success, seen.output[-3000:]
    if method.keys:
        assert seen.keys == (1, 0)
    assert seen.vlans == [VLANS[user]]
    line = server.expect("campus: accept ", since)
    assert f" user={user} " in line and f" method={name} " in line, line
    assert f" vlan={VLANS[user]} " in line and " resumed=no " in line, line
    if method.with_tls:
        assert seen.tls_version == version
    return seen


def test_who_hides_is_whom_the_certificate_is_for(debug: FreeRadius, pki: Pki) -> None:
    who = peer(pki, OUTER, "tls", password="")
    with Client(debug.port, SECRET) as client:
        verdict = Login(client, who.config, who.outer).finish()
    assert (verdict.code, verdict.vlan) == (radius.ACCESS_ACCEPT, VLANS[ALICE])
    assert verdict.all(radius.USER_NAME) == [ALICE.encode()]


@pytest.mark.parametrize(("name", "version"), CASES)
def test_eapol_test_logs_in(
    debug: FreeRadius, pki: Pki, tmp_path: Path, name: str, version: str
) -> None:
    log_in(debug, pki, tmp_path, name, version, pki.alice)


@pytest.mark.parametrize("name", ON_A_DAEMON)
def test_eapol_test_logs_in_at_a_daemon(
    daemon: FreeRadius, pki: Pki, tmp_path: Path, name: str
) -> None:
    log_in(daemon, pki, tmp_path, name, "1.3", pki.alice)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("name", ["tls", "ttls/eap-tls", "peap/tls"])
def test_long_chains_arrive_whole(
    debug: FreeRadius, pki: Pki, tmp_path: Path, name: str, version: str
) -> None:
    """Fragments of 1398 octets are six attributes, and longer than rlm_python3 shows in one."""
    short = log_in(debug, pki, tmp_path, name, version, pki.alice)
    long = log_in(debug, pki, tmp_path, name, version, pki.long)
    # Four certificates' worth of RSA-4096 is more than 4000 octets.
    assert long.round_trips >= short.round_trips + 2


def test_certificates_of_others_are_refused(
    debug: FreeRadius, pki: Pki, tmp_path: Path
) -> None:
    # Only in EAP-TLS with 1.3: elsewhere, eapol_test does not answer an alert.
    network = eapol.Network(pki.server_ca, ALICE, PASSWORDS[ALICE], "1.3", OUTER, pki.foreign)
    since = len(debug.log())
    block = network.block(METHODS["tls"].lines)
    seen = eapol.run(tmp_path / "eapol_test.conf", debug.port, block)
    assert not seen.success and seen.codes == [3]
    assert "untrusted" in debug.expect("campus: reject ", since)


@pytest.mark.parametrize("name", ["tls", "ttls/eap-tls", "peap/tls"])
def test_nobody_logs_in_with_another_ones_certificate(
    debug: FreeRadius, pki: Pki, name: str
) -> None:
    since = len(debug.log())
    who = peer(pki, BOB, name)
    with Client(debug.port, SECRET) as client:
        verdict = Login(client, who.config, who.outer).finish()
    assert verdict.code == radius.ACCESS_REJECT and verdict.vlan is None
    assert ALICE in debug.expect("campus: reject ", since)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("name", ["tls", "ttls/eap-tls", "peap/tls"])
def test_who_may_not_log_in_by_a_good_certificate_is_told(
    debug: FreeRadius, pki: Pki, tmp_path: Path, name: str, version: str
) -> None:
    """The campus is asked when TLS is content, and has no alert left."""
    network = eapol.Network(pki.server_ca, BOB, PASSWORDS[BOB], version, OUTER, pki.alice)
    since = len(debug.log())
    block = network.block(METHODS[name].lines)
    seen = eapol.run(tmp_path / "eapol_test.conf", debug.port, block)
    assert not seen.success and seen.codes == [3] and seen.vlans == [None]
    assert ALICE in debug.expect("campus: reject ", since)
