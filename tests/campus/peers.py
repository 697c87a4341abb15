"""Peers of ours who log in at the example."""

from __future__ import annotations

from typing import Any, Optional

import eap_rs

from certificates import SERVER_NAME, Pki
from example import OUTER, PASSWORDS
from load import Who


def mac(number: int) -> str:
    """A device's address, as RADIUS has it (RFC 3580 §3.21)."""
    return "02-00-00-00-{:02X}-{:02X}".format(*divmod(number, 256))


def peer(
    pki: Pki,
    user: str,
    method: str,
    number: int = 0,
    *,
    password: Optional[str] = None,
    version: Any = "1.3",
    resumption: bool = False,
) -> Who:
    """Somebody with a device of his own, which remembers sessions if told to."""
    tls = eap_rs.TlsPeerConfig(
        ca=pki.server_ca.read_bytes(),
        server_names=[SERVER_NAME],
        certificate=pki.alice.chain.read_bytes() if method.endswith("tls") else None,
        key=pki.alice.key.read_bytes() if method.endswith("tls") else None,
        min_version=version,
        max_version=version,
        resumption=resumption,
    )
    password = PASSWORDS[user] if password is None else password
    tunneled = "/" in method
    config = eap_rs.PeerConfig(
        user,
        password=password,
        anonymous_identity=OUTER if tunneled else None,
        methods=[method],
        tls=tls,
    )
    return Who(config, OUTER if tunneled else user, mac(number), password)
