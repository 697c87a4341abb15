"""TLS sessions that servers share: who has logged in at one of them is resumed at any.

What is kept is sealed with the ticket keys, under names that tell nobody whose it is. Whoever
writes to a store can take sessions away and put old ones back, but not make any.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, Callable, List, Optional, Protocol, Tuple, TypeVar

from campus_settings import SettingError
from subscriptions import RestService, new_database

T = TypeVar("T")

log = logging.getLogger("campus")


class Store(Protocol):
    """Threads share one. May raise, and should do so soon."""

    def take(self, name: bytes) -> Optional[bytes]:
        """The session of this name, which nobody else gets any more."""

    def put(self, name: bytes, session: bytes, lifetime: int) -> None:
        """Keeps a session for so many seconds."""

    def close(self) -> None:
        """No question comes after this."""


class SharedSessions:
    """What a `SessionTable` takes sessions from, and gives them to. A store that is away costs
    everybody a full login, and its timeout once in a while."""

    PAUSE = 10.0
    """Seconds for which a store that has failed is left alone."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._away_until = clock()

    def load(self, name: bytes) -> Optional[bytes]:
        return self._ask(lambda: self._store.take(name))

    def store(self, name: bytes, session: bytes, lifetime: float) -> None:
        self._ask(lambda: self._store.put(name, session, int(lifetime)))

    def close(self) -> None:
        self._store.close()

    def _ask(self, question: Callable[[], Optional[T]]) -> Optional[T]:
        if self._clock() < self._away_until:
            return None
        try:
            return question()
        except Exception as problem:  # noqa: BLE001
            self._away_until = self._clock() + self.PAUSE
            log.warning(
                "shared sessions: %s: %s; none for %d seconds",
                type(problem).__name__,
                problem,
                self.PAUSE,
            )
            return None


class SqliteSessions:
    """In a file, for the servers of one machine."""

    TIMEOUT = 0.25
    """Seconds to wait for another server that is writing."""

    OLDEST = (3, 35)
    """Of SQLite, which takes a session away and gives it out at once from there on."""

    def __init__(self, path: Path, capacity: int) -> None:
        """Keeps about `capacity` sessions, those that expire last. Raises `SettingError`."""
        if sqlite3.sqlite_version_info < self.OLDEST:
            problem = f"needs SQLite 3.35 or newer, this is {sqlite3.sqlite_version}"
            raise SettingError("[sessions] shared", problem)
        self._path = path
        self._capacity = capacity
        self._lock = threading.Lock()
        self._connection: Optional[sqlite3.Connection] = None
        self._file: Optional[Tuple[int, int]] = None
        self._puts = 0
        self._puts_per_purge = max(1, min(1000, capacity // 10))

    def take(self, name: bytes) -> Optional[bytes]:
        with self._lock:
            rows = self._run(
                "DELETE FROM tls_sessions WHERE name = ? RETURNING session, expires", name
            )
        for session, expires in rows:
            if expires > time.time():
                return bytes(session)
        return None

    def put(self, name: bytes, session: bytes, lifetime: int) -> None:
        now = int(time.time())
        with self._lock:
            self._run(_PUT, name, session, now + lifetime)
            self._puts += 1
            if self._puts % self._puts_per_purge == 0:
                self._run("DELETE FROM tls_sessions WHERE expires <= ?", now)
                self._run(_KEEP_THE_LAST, self._capacity)

    def close(self) -> None:
        with self._lock:
            self._forget()

    def _run(self, statement: str, *values: Any) -> List[Any]:
        try:
            return self._open().execute(statement, values).fetchall()
        except Exception:
            self._forget()
            raise

    def _open(self) -> sqlite3.Connection:
        """The connection stays: the last one that goes has SQLite tidy the whole file up. But it
        is to the file that the others see, if this one is replaced."""
        if not self._path.exists():
            with new_database(self._path, _SCHEMA):
                pass
        status = os.stat(self._path)
        file = (status.st_dev, status.st_ino)
        if self._connection is None or self._file != file:
            self._forget()
            self._connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=rw",
                uri=True,
                timeout=self.TIMEOUT,
                isolation_level=None,
                check_same_thread=False,
            )
            self._file = file
            # A power cut takes the last sessions with it, which costs full logins.
            self._connection.execute("PRAGMA synchronous = NORMAL")
        return self._connection

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class RestSessions:
    """``PUT url/sessions/NAME?lifetime=SECONDS`` with the session's octets, answered by 2xx;
    ``DELETE url/sessions/NAME``, answered by the octets, or 404. Names are hexadecimal."""

    TIMEOUT = 0.5
    """Seconds at most: FreeRADIUS has one request after the other wait for it."""

    def __init__(self, url: str, token: Optional[str], timeout: float) -> None:
        timeout = min(timeout, self.TIMEOUT)
        self._service = RestService(url, token, timeout, "application/octet-stream")

    def take(self, name: bytes) -> Optional[bytes]:
        return self._service.ask(f"sessions/{name.hex()}", "DELETE")

    def put(self, name: bytes, session: bytes, lifetime: int) -> None:
        path = f"sessions/{name.hex()}?lifetime={lifetime}"
        if self._service.ask(path, "PUT", session) is None:
            raise ConnectionError("the subscription service keeps no sessions")

    def close(self) -> None:
        """Each question has a connection of its own."""


_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE tls_sessions (
    name BLOB PRIMARY KEY,
    session BLOB NOT NULL,
    expires INTEGER NOT NULL
);
CREATE INDEX tls_sessions_expires ON tls_sessions (expires);
"""

_PUT = "INSERT OR REPLACE INTO tls_sessions VALUES (?, ?, ?)"

_KEEP_THE_LAST = """
DELETE FROM tls_sessions WHERE name IN (
    SELECT name FROM tls_sessions ORDER BY expires DESC LIMIT -1 OFFSET ?
)
"""
