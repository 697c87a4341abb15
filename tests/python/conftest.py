"""A CA with a server and a client of it, made by openssl; two ends that talk until neither does."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Union

import pytest

import eap_rs
from eap_rs import freeradius

SERVER = "radius.example.org"
ALICE = "alice@example.org"
PASSWORD = "wonderland"


@dataclass(frozen=True)
class Pki:
    ca: bytes
    server: bytes
    server_key: bytes
    client: bytes
    client_key: bytes

    def peer_tls(self, **more: Any) -> eap_rs.TlsPeerConfig:
        return eap_rs.TlsPeerConfig(ca=self.ca, server_names=[SERVER], **more)

    def server_tls(self, **more: Any) -> eap_rs.TlsServerConfig:
        return eap_rs.TlsServerConfig(self.server, self.server_key, **more)


def _issue(folder: Path, name: str, extensions: str) -> tuple[bytes, bytes]:
    (folder / f"{name}.ext").write_text(extensions)
    for command in (
        f"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} "
        f"-keyout {name}.key -out {name}.csr",
        f"openssl x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 "
        f"-extfile {name}.ext -out {name}.pem",
    ):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return (folder / f"{name}.pem").read_bytes(), (folder / f"{name}.key").read_bytes()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    folder = tmp_path_factory.mktemp("pki")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
        "-subj /CN=Test-CA -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    server = _issue(folder, "server", f"subjectAltName=DNS:{SERVER}\nextendedKeyUsage=serverAuth")
    client = _issue(folder, "client", "extendedKeyUsage=clientAuth")
    return Pki((folder / "ca.pem").read_bytes(), *server, *client)


def answer(query: object) -> Any:
    """What the user and the directory say."""
    match query:
        case eap_rs.Token() | eap_rs.Password():
            return PASSWORD
        case eap_rs.CheckPassword(identity, password):
            return (identity, password) == (ALICE, PASSWORD.encode())
        case eap_rs.StoredCredential(identity):
            return PASSWORD if identity == ALICE else None
        case eap_rs.OtpChallenge():
            return "otp-md5 487 dog2"
    raise AssertionError(f"nobody has an answer: {query}")


Ends = tuple[Optional[eap_rs.Finished], Optional[eap_rs.Finished]]


def drive(
    peer: eap_rs.Peer,
    authenticator: eap_rs.Authenticator,
    answer: Callable[[object], Any] = answer,
    start: bool = True,
    see: Callable[[object], None] = lambda output: None,
) -> Ends:
    """Both ends talk, until neither has anything to say."""
    ends: list[Optional[eap_rs.Finished]] = [None, None]
    if start:
        authenticator.start()
    sessions: list[Union[eap_rs.Peer, eap_rs.Authenticator]] = [peer, authenticator]
    moved = True
    while moved:
        moved = False
        for i, session in enumerate(sessions):
            for output in session:
                moved = True
                see(output)
                match output:
                    case eap_rs.Send(packet):
                        sessions[1 - i].handle_packet(packet)
                    case eap_rs.Ask(id, query):
                        session.handle_answer(id, answer(query))
                    case eap_rs.Finished():
                        ends[i] = output
    return ends[0], ends[1]


def log_in(table: eap_rs.SessionTable, config: eap_rs.PeerConfig) -> tuple[object, eap_rs.Peer]:
    """A peer and the NAS before it; what the table says last."""
    peer = eap_rs.Peer(config)
    identity = b"@example.org"
    length = (5 + len(identity)).to_bytes(2, "big")
    packet: Optional[bytes] = bytes([2, 1]) + length + b"\x01" + identity
    state = None
    # The NAS has asked for the Identity.
    peer.handle_packet(bytes([1, 1, 0, 5, 1]))
    for output in peer:
        if isinstance(output, eap_rs.Send):
            packet = output.packet
    while packet is not None:
        reply = table.handle(state, packet)
        if not isinstance(reply, eap_rs.Challenge):
            if isinstance(reply, (eap_rs.Accept, eap_rs.Reject)) and reply.eap_message:
                peer.handle_packet(reply.eap_message)
            return reply, peer
        state = reply.state
        peer.handle_packet(reply.eap_message)
        packet = None
        for output in peer:
            match output:
                case eap_rs.Send(said):
                    packet = said
                case eap_rs.Ask(id, query):
                    peer.handle_answer(id, answer(query))
    return None, peer


@pytest.fixture
def radiusd(monkeypatch: pytest.MonkeyPatch) -> Iterator[freeradius.Radiusd]:
    module = freeradius.Radiusd(config={"version": "3.2.1"})
    monkeypatch.setitem(sys.modules, "radiusd", module)
    logger = logging.getLogger("eap_rs")
    handler = freeradius.LogHandler()
    logger.addHandler(handler)
    yield module
    logger.removeHandler(handler)
