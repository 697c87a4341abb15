"""Many logins, several at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable, Optional

import eap_rs

from login import Login
from radius import Client, NoAnswerError, Packet
from servers import SECRET


@dataclass(frozen=True)
class Who:
    """Somebody who logs in; `config` remembers the sessions that may be resumed."""

    config: eap_rs.PeerConfig
    outer: str
    mac: str
    password: str = ""


@dataclass(frozen=True)
class Result:
    """What came of one login; no verdict if nobody answered."""

    verdict: Optional[Packet]
    outcome: Optional[eap_rs.Outcome]
    exchanges: int
    group: str

    @property
    def code(self) -> int:
        return self.verdict.code if self.verdict else 0

    @property
    def vlan(self) -> Optional[str]:
        return self.verdict.vlan if self.verdict else None

    @property
    def resumed(self) -> bool:
        return self.outcome is not None and self.outcome.resumed


@dataclass
class Progress:
    """Who has begun, and who has done: by their places in the list. They grow."""

    begun: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)


def run(
    port: int,
    logins: list[Who],
    *,
    at_a_time: int,
    timeout: float = 5.0,
    tries: int = 3,
    after_each: Callable[[Progress], None] = lambda progress: None,
) -> list[Result]:
    """Their results, in order. Each thread has a socket of its own, and calls `after_each`."""
    own = threading.local()
    lock = threading.Lock()
    clients: list[Client] = []
    progress = Progress()

    def one(i: int, who: Who) -> Result:
        if not hasattr(own, "client"):
            own.client = Client(port, SECRET, timeout, tries)
            with lock:
                clients.append(own.client)
        with lock:
            progress.begun.add(i)
        login = Login(own.client, who.config, who.outer, password=who.password, mac=who.mac)
        try:
            verdict: Optional[Packet] = login.finish()
        except NoAnswerError:
            verdict = None
        with lock:
            progress.done.add(i)
        after_each(progress)
        return Result(verdict, login.outcome, login.exchanges, login.group)

    try:
        with ThreadPoolExecutor(at_a_time) as pool:
            return list(pool.map(one, range(len(logins)), logins))
    finally:
        for client in clients:
            client.__exit__()
