"""Who comes again is let in faster, and into the same VLAN."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

import eapol
from certificates import Pki
from example import ALICE, OUTER, PASSWORDS, VLANS, Example
from servers import FreeRadius

METHODS = {
    "tls": "eap=TLS",
    "ttls/pap": 'eap=TTLS\nphase2="auth=PAP"',
    "peap/gtc": 'eap=PEAP\nphase2="auth=GTC"',
}


@pytest.fixture(scope="module")
def server(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    folder = tmp_path_factory.mktemp("resumption")
    keys = folder / "ticket_keys"
    keys.write_text("5c" * 32 + "\n")
    settings = {
        "tls": {"session_lifetime": "3600", "ticket_keys": str(keys)},
        "eap": {"methods": " ".join(METHODS)},
    }
    example = Example.new(folder, pki.servers["p256"], pki.staff_ca, settings)
    with example.server() as server:
        yield server


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("method", METHODS)
def test_eapol_test_resumes_and_keeps_its_vlan(
    server: FreeRadius, pki: Pki, tmp_path: Path, method: str, version: str
) -> None:
    since = len(server.log())
    client = pki.alice if method == "tls" else None
    network = eapol.Network(pki.server_ca, ALICE, PASSWORDS[ALICE], version, OUTER, client)
    block = network.block(METHODS[method])
    seen = eapol.run(tmp_path / "eapol_test.conf", server.port, block, "-r", "2")
    assert seen.success, seen.output[-3000:]
    assert seen.keys == (3, 0)
    assert seen.resumed == [False, True, True]
    assert seen.vlans == [VLANS[ALICE]] * 3
    lines = server.lines("campus: accept ", since)
    assert [line.split(" resumed=")[1].split()[0] for line in lines] == ["no", "yes", "yes"]
    assert all(f" user={ALICE} " in line and f" vlan={VLANS[ALICE]} " in line for line in lines)
