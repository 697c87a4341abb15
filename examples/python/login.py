"""A login of both ends in one process: PAP in EAP-TTLS, against a hash of the password.

    python3 login.py SERVER.pem SERVER.key CA.pem radius.example.org

Any other check will do as well: the password comes out of the tunnel as it was typed.
"""

from __future__ import annotations

import sys
from hashlib import scrypt
from pathlib import Path
from typing import Union

import eap_rs

SALT = b"a salt for each user"
USERS = {"alice@example.org": scrypt(b"wonderland", salt=SALT, n=2**14, r=8, p=1)}


def knows(identity: str, password: bytes) -> bool:
    return USERS.get(identity) == scrypt(password, salt=SALT, n=2**14, r=8, p=1)


def main(certificate: str, key: str, ca: str, server_name: str) -> int:
    server = eap_rs.TlsServerConfig(Path(certificate).read_bytes(), Path(key).read_bytes())
    trust = eap_rs.TlsPeerConfig(ca=Path(ca).read_bytes(), server_names=[server_name])
    authenticator = eap_rs.Authenticator(
        eap_rs.AuthenticatorConfig(methods=["ttls/pap"], tls=server)
    )
    peer = eap_rs.Peer(
        eap_rs.PeerConfig(
            "alice@example.org",
            password="wonderland",
            anonymous_identity="@example.org",
            methods=["ttls/pap"],
            tls=trust,
        )
    )
    ends: list[tuple[str, Union[eap_rs.Peer, eap_rs.Authenticator]]] = [
        ("authenticator", authenticator),
        ("peer", peer),
    ]
    authenticator.start()
    results: list[bool] = []
    moved = True
    while moved:
        moved = False
        for i, (name, session) in enumerate(ends):
            for output in session:
                moved = True
                match output:
                    case eap_rs.Send(packet):
                        ends[1 - i][1].handle_packet(packet)
                    case eap_rs.Ask(id, eap_rs.CheckPassword(identity, password)):
                        session.handle_answer(id, knows(identity, password))
                    case eap_rs.Finished(True, outcome) if outcome:
                        print(f"{name}: {outcome.inner_identity or outcome.identity} logged in")
                        results.append(True)
                    case eap_rs.Finished(_, _, reason):
                        print(f"{name}: refused: {reason}")
                        results.append(False)
    return 0 if results == [True, True] else 1


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(f"usage: {sys.argv[0]} SERVER.pem SERVER.key CA.pem SERVER-NAME")
    sys.exit(main(*sys.argv[1:]))
