#!/usr/bin/env python3
"""Processor time per login of a RADIUS server in memory, with each provider of cryptography.

    login.py [--logins 200]

TTLS/PAP over TLS 1.3 and 1.2, with an RSA-2048 and a P-256 certificate. Only the calls of the
server's SessionTable are measured, in one thread. The providers take turns, login by login, so that
whatever else the machine does slows both. The module has to be built with
`--features ring,aws-lc-rs`. Needs openssl.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Literal, Optional

import eap_rs

NAME = "radius.example.org"
ALICE, PASSWORD = "alice@example.org", "wonderland"
KEYS = {"RSA-2048": "rsa:2048", "P-256": "ec -pkeyopt ec_paramgen_curve:P-256"}

Provider = Literal["ring", "aws-lc-rs"]
PROVIDERS: tuple[Provider, ...] = ("ring", "aws-lc-rs")
Version = Literal["1.2", "1.3"]
VERSIONS: tuple[Version, ...] = ("1.3", "1.2")


def certificate(key: str) -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("server.pem", "server.key")]
        command = (
            f"openssl req -x509 -newkey {key} -nodes -days 30 -subj /CN={NAME} "
            f"-addext subjectAltName=DNS:{NAME} -out {files[0]} -keyout {files[1]}"
        )
        subprocess.run(command.split(), check=True, capture_output=True)
        return files[0].read_bytes(), files[1].read_bytes()


def server(pem: bytes, key: bytes, version: Version, provider: Provider) -> eap_rs.SessionTable:
    tls = eap_rs.TlsServerConfig(pem, key, provider=provider, max_version=version)
    config = eap_rs.AuthenticatorConfig(methods=["ttls/pap"], tls=tls, backend=True)
    return eap_rs.SessionTable(
        config, check_password=lambda who, password: (who, password) == (ALICE, PASSWORD.encode())
    )


def log_in(table: eap_rs.SessionTable, config: eap_rs.PeerConfig) -> int:
    """Nanoseconds of the server."""
    peer, spent = eap_rs.Peer(config), 0
    state: Optional[bytes] = None
    request = b"\x01\x01\x00\x05\x01"
    while True:
        peer.handle_packet(request)
        (response,) = [output.packet for output in peer if isinstance(output, eap_rs.Send)]
        start = time.thread_time_ns()
        reply = table.handle(state, response)
        spent += time.thread_time_ns() - start
        if isinstance(reply, eap_rs.Accept):
            return spent
        assert isinstance(reply, eap_rs.Challenge), reply
        state, request = reply.state, reply.eap_message


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--logins", type=int, default=200, help="with each provider; 200")
    options = parser.parse_args()
    print("microseconds of the server per login, medians:")
    for name, key in KEYS.items():
        pem, private = certificate(key)
        tls = eap_rs.TlsPeerConfig(ca=pem, server_names=[NAME], resumption=False)
        peer = eap_rs.PeerConfig(ALICE, password=PASSWORD, methods=["ttls/pap"], tls=tls)
        for version in VERSIONS:
            tables = {p: server(pem, private, version, p) for p in PROVIDERS}
            times: dict[str, list[int]] = {p: [] for p in PROVIDERS}
            for _ in range(options.logins):
                for provider, table in tables.items():
                    times[provider].append(log_in(table, peer))
            medians = [statistics.median(times[p]) / 1000 for p in PROVIDERS]
            words = ", ".join(f"{p} {m:.0f}" for p, m in zip(PROVIDERS, medians))
            print(f"{name}, TLS {version}: {words}, ratio {medians[1] / medians[0]:.2f}")


if __name__ == "__main__":
    main()
