"""Who is refused, and that no refusal tells more than another."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

import eapol
from certificates import Pki
from example import ALICE, EXPIRED, NOBODY, OUTER, PASSWORDS, Example
from servers import FreeRadius

METHODS = {
    "ttls/pap": 'eap=TTLS\nphase2="auth=PAP"',
    "ttls/eap-gtc": 'eap=TTLS\nphase2="autheap=GTC"',
    "peap/gtc": 'eap=PEAP\nphase2="auth=GTC"',
}
WRONG = {
    "a wrong password": (ALICE, "guess"),
    "an expired subscription": (EXPIRED, PASSWORDS[EXPIRED]),
    "somebody unknown": (NOBODY, PASSWORDS[NOBODY]),
}


@pytest.fixture(scope="module")
def server(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    settings = {"eap": {"methods": " ".join(METHODS)}}
    folder = tmp_path_factory.mktemp("refusals")
    example = Example.new(folder, pki.servers["p256"], pki.staff_ca, settings)
    with example.server() as server:
        yield server


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("method", METHODS)
def test_all_refusals_look_alike(
    server: FreeRadius, pki: Pki, tmp_path: Path, method: str, version: str
) -> None:
    shapes = {}
    for what, (user, password) in WRONG.items():
        since = len(server.log())
        network = eapol.Network(pki.server_ca, user, password, version, OUTER)
        block = network.block(METHODS[method])
        seen = eapol.run(tmp_path / "eapol_test.conf", server.port, block)
        assert not seen.success and seen.codes == [3], what
        assert seen.vlans == [None], what
        assert f" user={user} " in server.expect("campus: reject ", since)
        shapes[what] = (seen.round_trips, seen.attributes)
    assert len(set(map(str, shapes.values()))) == 1, shapes


def test_the_reason_is_in_the_log_alone(server: FreeRadius, pki: Pki, tmp_path: Path) -> None:
    reasons = set()
    for user, password in WRONG.values():
        since = len(server.log())
        network = eapol.Network(pki.server_ca, user, password, "1.3", OUTER)
        block = network.block(METHODS["ttls/pap"])
        eapol.run(tmp_path / "eapol_test.conf", server.port, block)
        reasons.add(server.expect("campus: reject ", since).split(" reason=")[1])
    assert len(reasons) > 1, reasons
