"""The second mode: FreeRADIUS does EAP itself, and the script knows the subscribers."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

import eapol
from certificates import Pki
from example import (
    ALICE,
    BOB,
    DEVICE,
    DEVICE_VLAN,
    EXPIRED,
    NOBODY,
    OUTER,
    PASSWORDS,
    VLANS,
    Example,
)
from servers import FreeRadius, How
from test_devices import mac_authentication

METHODS = {
    "ttls/pap": 'eap=TTLS\nphase2="auth=PAP"',
    "ttls/eap-gtc": 'eap=TTLS\nphase2="autheap=GTC"',
    "peap/gtc": 'eap=PEAP\nphase2="auth=GTC"',
    "peap/mschapv2": 'eap=PEAP\nphase2="auth=MSCHAPV2"',
    "ttls/mschapv2": 'eap=TTLS\nphase2="auth=MSCHAPV2"',
}
MODES: list[How] = ["debug", "daemon"]


@pytest.fixture(scope="module", params=MODES)
def server(
    request: pytest.FixtureRequest, pki: Pki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FreeRadius]:
    folder = tmp_path_factory.mktemp("rlm_eap")
    settings = {"eap": {"methods": "ttls/pap peap/gtc peap/mschapv2"}}
    example = Example.new(folder, pki.servers["rsa2048"], pki.staff_ca, settings)
    with example.server(name="rlm_eap", how=request.param) as server:
        yield server


def run(
    server: FreeRadius, pki: Pki, folder: Path, method: str, version: str, user: str, password: str
) -> eapol.Seen:
    block = eapol.Network(pki.server_ca, user, password, version, OUTER).block(METHODS[method])
    return eapol.run(folder / "eapol_test.conf", server.port, block)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("method", METHODS)
def test_who_has_the_password_gets_a_vlan(
    server: FreeRadius, pki: Pki, tmp_path: Path, method: str, version: str
) -> None:
    for user in (ALICE, BOB):
        seen = run(server, pki, tmp_path, method, version, user, PASSWORDS[user])
        assert seen.success, seen.output[-3000:]
        assert seen.keys == (1, 0)
        assert seen.vlans == [VLANS[user]]
        assert seen.tls_version == version


@pytest.mark.parametrize("method", METHODS)
def test_who_has_not_is_refused(
    server: FreeRadius, pki: Pki, tmp_path: Path, method: str
) -> None:
    shapes = []
    for user, password in [
        (ALICE, "guess"),
        (EXPIRED, PASSWORDS[EXPIRED]),
        (NOBODY, PASSWORDS[NOBODY]),
    ]:
        since = len(server.log())
        seen = run(server, pki, tmp_path, method, "1.3", user, password)
        assert not seen.success and seen.codes == [3], user
        shapes.append((seen.round_trips, seen.attributes))
        assert f" user={user} " in server.expect("campus: reject ", since)
        assert len(server.lines("campus: (reject|accept) ", since)) == 1
    assert shapes[0] == shapes[1] == shapes[2]


def test_devices_get_their_vlan_here_as_well(server: FreeRadius) -> None:
    answer = mac_authentication(server.port, DEVICE, DEVICE)
    assert "Received Access-Accept" in answer, answer
    assert f'Tunnel-Private-Group-Id:1 = "{DEVICE_VLAN}"' in answer, answer
    answer = mac_authentication(server.port, "02:00:00:00:99:99", "020000009999")
    assert "Received Access-Reject" in answer, answer
