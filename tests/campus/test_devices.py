"""Devices without 802.1X, and what the accounting says; with radclient."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterator

import pytest

import eapol
from certificates import Pki
from example import ALICE, DEVICE, DEVICE_VLAN, OUTER, PASSWORDS, VLANS, Example
from servers import SECRET, FreeRadius

FORMS = ["02:00:00:00:01:01", "02-00-00-00-01-01", "020000000101", "0200.0000.0101"]


@pytest.fixture(scope="module")
def server(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    example = Example.new(
        tmp_path_factory.mktemp("devices"), pki.servers["p256"], pki.staff_ca, {}
    )
    with example.server() as server:
        yield server


def radclient(port: int, kind: str, **attributes: str) -> str:
    """What it prints; it ends well only after an Access-Accept or Accounting-Response."""
    text = "\n".join(f"{name.replace('_', '-')} = {it}" for name, it in attributes.items())
    command = ["radclient", "-x", "-r", "2", "-t", "5", f"127.0.0.1:{port}", kind, SECRET]
    done = subprocess.run(
        command, input=text + "\n", capture_output=True, text=True, timeout=30, check=False
    )
    return done.stdout + done.stderr


def mac_authentication(port: int, mac: str, form: str) -> str:
    return radclient(
        port,
        "auth",
        User_Name=f'"{form}"',
        User_Password=f'"{form}"',
        Service_Type="Call-Check",
        Calling_Station_Id=f'"{mac}"',
        NAS_IP_Address="127.0.0.1",
        Message_Authenticator="0x00",
    )


@pytest.mark.parametrize("form", FORMS)
def test_known_devices_get_their_vlan(server: FreeRadius, form: str) -> None:
    since = len(server.log())
    answer = mac_authentication(server.port, DEVICE, form)
    assert "Received Access-Accept" in answer, answer
    assert f'Tunnel-Private-Group-Id:1 = "{DEVICE_VLAN}"' in answer, answer
    assert "Tunnel-Type:1 = VLAN" in answer and "Tunnel-Medium-Type:1 = IEEE-802" in answer
    line = server.expect("campus: accept ", since)
    assert f" vlan={DEVICE_VLAN} " in line and f" mac={DEVICE} " in line, line


def test_unknown_devices_are_refused(server: FreeRadius) -> None:
    answer = mac_authentication(server.port, "02:00:00:00:99:99", "020000009999")
    assert "Received Access-Reject" in answer, answer
    assert "Tunnel-Private-Group-Id" not in answer


def test_another_address_than_the_one_that_calls_is_refused(server: FreeRadius) -> None:
    answer = mac_authentication(server.port, "02:00:00:00:99:99", DEVICE)
    assert "Received Access-Reject" in answer, answer


def test_a_user_without_eap_is_refused(server: FreeRadius) -> None:
    user, password = f'"{ALICE}"', f'"{PASSWORDS[ALICE]}"'
    answer = radclient(
        server.port, "auth", User_Name=user, User_Password=password, Message_Authenticator="0x00"
    )
    assert "Received Access-Reject" in answer, answer


def test_a_device_may_log_in_later(server: FreeRadius, pki: Pki, tmp_path: Path) -> None:
    answer = mac_authentication(server.port, DEVICE, "020000000101")
    assert f'"{DEVICE_VLAN}"' in answer
    since = len(server.log())
    block = eapol.Network(pki.server_ca, ALICE, PASSWORDS[ALICE], "1.3", OUTER).block(
        'eap=TTLS\nphase2="auth=PAP"'
    )
    seen = eapol.run(tmp_path / "eapol_test.conf", server.port, block, "-M", DEVICE)
    assert seen.success and seen.vlans == [VLANS[ALICE]]
    line = server.expect("campus: accept ", since)
    assert f" user={ALICE} " in line and f" mac={DEVICE} " in line, line


@pytest.mark.parametrize("kind", ["Start", "Stop"])
def test_accounting_is_logged(server: FreeRadius, kind: str) -> None:
    since = len(server.log())
    answer = radclient(
        int(server.environment["CAMPUS_ACCT_PORT"]),
        "acct",
        Acct_Status_Type=kind,
        Acct_Session_Id='"5f3a"',
        User_Name=f'"{ALICE}"',
        Calling_Station_Id=f'"{DEVICE}"',
        NAS_IP_Address="127.0.0.1",
    )
    assert "Received Accounting-Response" in answer, answer
    line = server.expect(f"campus: accounting {kind} ", since)
    assert f" user={ALICE} " in line and f" mac={DEVICE} " in line, line
    assert " session=5f3a" in line, line
