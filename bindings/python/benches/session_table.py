#!/usr/bin/env python3
"""What a packet costs a SessionTable with few and with many open conversations, and what each holds.

    session_table.py            # a few minutes; 100,000 conversations need 2 GB
    session_table.py --many 20000 --rounds 20

Conversations take turns: each packet goes to the one that has waited longest, so that with many of
them nothing about it is left in the processor's caches. The tables take turns as well, so that
whatever else the machine does slows both. No login is finished here: it would need a peer for each
conversation, and its cryptography would hide what is to be seen. Needs openssl.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Callable, Optional

import eap_rs

NAME = "radius.example.org"
IDENTITY = b"\x02\x01\x00\x11\x01@example.org"
# Packets per millisecond of the tables' clock: 10,000 a second.
PER_MS = 10

# What a peer says next, given the Identifier of the Request.
Say = Callable[[int], bytes]


def response(data: bytes) -> Say:
    length = (4 + len(data)).to_bytes(2, "big")
    return lambda identifier: b"\x02" + identifier.to_bytes(1, "big") + length + data


def certificate() -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("server.pem", "server.key")]
        command = (
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
            f"-subj /CN={NAME} -addext subjectAltName=DNS:{NAME} -out {files[0]} -keyout {files[1]}"
        )
        subprocess.run(command.split(), check=True, capture_output=True)
        return files[0].read_bytes(), files[1].read_bytes()


def client_hello(pem: bytes) -> Say:
    """One for all: servers do not mind."""
    tls = eap_rs.TlsPeerConfig(ca=pem, server_names=[NAME])
    config = eap_rs.PeerConfig(NAME, password="x", methods=["ttls/pap"], tls=tls)
    peer = eap_rs.Peer(config)
    peer.handle_packet(b"\x01\x02\x00\x06\x15\x20")
    (packet,) = [output.packet for output in peer if isinstance(output, eap_rs.Send)]
    return response(packet[4:])


def methods() -> dict[str, tuple[eap_rs.AuthenticatorConfig, list[Say]]]:
    """A configuration, and what peers say after their identity, up to a refusal."""
    pem, key = certificate()
    # In two fragments, as with a longer certificate chain.
    tls = eap_rs.TlsServerConfig(pem, key, fragment_size=500)
    acknowledgement = response(b"\x15\x00")
    alert = response(b"\x15\x00\x15\x03\x03\x00\x02\x02\x28")
    ttls = [client_hello(pem), acknowledgement, alert]
    return {
        "md5": (
            eap_rs.AuthenticatorConfig(methods=["md5"], backend=True),
            [response(b"\x04\x10" + bytes(16))],
        ),
        "ttls": (eap_rs.AuthenticatorConfig(methods=["ttls/pap"], tls=tls, backend=True), ttls),
    }


Slot = Optional[tuple[bytes, int, int]]


class Conversations:
    """A table, and conversations that take turns. A slot is a conversation that waits: its State,
    the Identifier of its Request, and how much the peer has said; `None` is one yet to begin."""

    def __init__(self, config: eap_rs.AuthenticatorConfig, says: list[Say]) -> None:
        self.table = eap_rs.SessionTable(
            config, credential=lambda who: "password", capacity=1_000_000
        )
        self.says = says
        self.slots: deque[Slot] = deque()
        self.packets = itertools.count()

    def fill(self, conversations: int) -> None:
        """With as many at each point of a conversation."""
        cycle = len(self.says) + 1
        for i in range(conversations * cycle // len(self.says)):
            slot: Slot = None
            for _ in range(i % cycle):
                slot = self.step(slot)
            self.slots.append(slot)

    def run(self, packets: int) -> None:
        for _ in range(packets):
            self.slots.append(self.step(self.slots.popleft()))

    def step(self, slot: Slot) -> Slot:
        """One packet."""
        state, identifier, said = slot or (None, 0, -1)
        eap_message = IDENTITY if slot is None else self.says[said](identifier)
        now = next(self.packets) // PER_MS / 1000
        reply = self.table.handle(state, eap_message, now=now)
        said += 1
        if isinstance(reply, eap_rs.Challenge):
            return reply.state, reply.eap_message[1], said
        if isinstance(reply, eap_rs.Reject) and said == len(self.says):
            return None
        sys.exit(f"a broken benchmark: {reply}")


def resident() -> int:
    """Octets of memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def memory(config: eap_rs.AuthenticatorConfig, says: list[Say], many: int) -> None:
    conversations = Conversations(config, says)
    before = resident()
    conversations.slots.extend([None] * many)
    for when in ("the identity", "the server's first flight"):
        conversations.run(many)
        print(f"octets per conversation after {when}: {(resident() - before) // many}")


def times(
    config: eap_rs.AuthenticatorConfig, says: list[Say], sizes: list[int], rounds: int
) -> list[float]:
    """Nanoseconds per packet at each size: the medians of rounds."""
    tables = [Conversations(config, says) for _ in sizes]
    for size, conversations in zip(sizes, tables):
        conversations.fill(size)
    per_round = 1000
    measured: list[list[float]] = [[] for _ in sizes]
    for _ in range(rounds):
        for conversations, results in zip(tables, measured):
            start = time.perf_counter_ns()
            conversations.run(per_round)
            results.append((time.perf_counter_ns() - start) / per_round)
    return [statistics.median(results) for results in measured]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--few", type=int, default=100, help="open conversations; 100")
    parser.add_argument("--many", type=int, default=100_000, help="open conversations; 100000")
    parser.add_argument("--rounds", type=int, default=100, help="of 1000 packets each; 100")
    options = parser.parse_args()

    both = methods()
    memory(*both["ttls"], options.many)
    for name, setup in both.items():
        few, many = times(*setup, [options.few, options.many], options.rounds)
        print(
            f"{name}: ns per packet, {options.few} conversations: {few:.0f}, "
            f"{options.many}: {many:.0f}, ratio {many / few:.2f}"
        )


if __name__ == "__main__":
    main()
