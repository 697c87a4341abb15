"""The script of examples/freeradius, with a stand-in for FreeRADIUS."""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path
from typing import Any, Iterator, Optional

import eap_rs
import pytest
from eap_rs import freeradius
from eap_rs.freeradius import RLM_MODULE_OK, Radiusd

from conftest import Pki

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
    heard = sys.modules["radiusd"].lines
    assert campus.instantiate(()) == RLM_MODULE_OK, heard
    # Samples are announced.
    heard.clear()
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
