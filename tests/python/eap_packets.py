"""Packets of a peer."""

from __future__ import annotations

from conftest import ALICE

IDENTITY = b"\x02\x01\x00\x16\x01" + ALICE.encode()


def packet(length: int) -> bytes:
    return b"\x02\x01" + length.to_bytes(2, "big") + bytes(i % 251 for i in range(length - 4))
