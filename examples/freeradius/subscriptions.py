"""Who may use the campus network: subscribers by name, devices by hardware address.

They are in SQLite, or behind a REST service; both know the same columns.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import socket
import sqlite3
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Callable, Generic, Iterator, Mapping, Optional, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import bcrypt
import eap_rs
from campus_settings import SettingError
from eap_rs.freeradius import printable

log = logging.getLogger("campus")


class BadRow(ValueError):
    """What is stored about somebody cannot be used. Says whose it is, and which column: the value
    may be a secret."""


T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """What a column may have."""

    words: str
    read: Callable[[Any], T]
    """Raises `TypeError` and `ValueError`."""


@dataclass(frozen=True)
class Row:
    """What is stored about a subscriber or a device."""

    whose: str
    """The name or address that was asked about."""
    columns: Mapping[str, Any]

    def value(self, column: str, kind: Kind[T]) -> T:
        try:
            return kind.read(self.columns[column])
        except KeyError:
            problem = "there is none"
        except (TypeError, ValueError):
            problem = "there is something else"
        whose = printable(self.whose)
        raise BadRow(f"{whose}: column {column}: {kind.words} needed, {problem}") from None

    def optional(self, column: str, kind: Kind[T]) -> Optional[T]:
        return None if self.columns.get(column) is None else self.value(column, kind)


@dataclass(frozen=True)
class Validity:
    """Days, both included; `None` is open."""

    first: Optional[date] = None
    last: Optional[date] = None

    @classmethod
    def of(cls, row: Row) -> Validity:
        return cls(*(row.optional(it, _DAY) for it in ("valid_from", "valid_until")))

    def problem(self, day: date) -> Optional[str]:
        """Why not on this day, if not."""
        if self.first is not None and day < self.first:
            return f"the subscription begins on {self.first}"
        if self.last is not None and day > self.last:
            return f"the subscription ended on {self.last}"
        return None


@dataclass(frozen=True)
class Subscriber:
    name: str
    vlan: int
    password_hash: str = field(repr=False)
    """bcrypt: all that PAP and GTC need."""
    nt_hash: Optional[bytes] = field(default=None, repr=False)
    """16 octets, for EAP-MSCHAPv2 and MS-CHAP only: whoever reads it can log in with it."""
    cleartext: Optional[str] = field(default=None, repr=False)
    """For MD5-Challenge and CHAP only, which work with nothing less."""
    validity: Validity = Validity()

    @classmethod
    def of(cls, row: Row) -> Subscriber:
        """Raises `BadRow`."""
        return cls(
            name=row.value("name", _TEXT),
            vlan=row.value("vlan", _VLAN),
            password_hash=row.value("password_hash", _BCRYPT),
            nt_hash=row.optional("nt_hash", _NT_HASH),
            cleartext=row.optional("cleartext", _TEXT),
            validity=Validity.of(row),
        )


@dataclass(frozen=True)
class Device:
    """Speaks no 802.1X, and is known by its address."""

    mac: str
    vlan: int
    validity: Validity = Validity()

    @classmethod
    def of(cls, row: Row) -> Device:
        """Raises `BadRow`."""
        return cls(row.value("mac", _TEXT), row.value("vlan", _VLAN), Validity.of(row))


class Subscriptions(Protocol):
    """Threads share one. What raises lets nobody in."""

    def subscriber(self, name: str) -> Optional[Subscriber]:
        """Names are compared without regard to case."""

    def device(self, mac: str) -> Optional[Device]:
        """By ``aa:bb:cc:dd:ee:ff``."""


class SqliteSubscriptions:
    """Opened for each answer, which takes a tenth of a millisecond: any thread may ask, and a file
    that is replaced is read from the next answer on."""

    def __init__(self, path: Path, cost: int) -> None:
        """Creates the database with sample data, if there is none. Raises `SettingError`: one that
        cannot be read would refuse everybody later."""
        try:
            if not path.exists():
                _create(path, cost)
            self._uri = f"{path.resolve().as_uri()}?mode=ro"
            self._check()
        except (OSError, sqlite3.Error) as problem:
            # An error of the system's would name a file that nobody has heard of.
            why = problem.strerror if isinstance(problem, OSError) else problem
            raise SettingError("[subscriptions] database", f"{path}: {why}") from None

    def subscriber(self, name: str) -> Optional[Subscriber]:
        row = self._row("SELECT * FROM subscriptions WHERE name = ?", name)
        return None if row is None else Subscriber.of(row)

    def device(self, mac: str) -> Optional[Device]:
        row = self._row("SELECT * FROM devices WHERE mac = ?", mac)
        return None if row is None else Device.of(row)

    def _row(self, query: str, key: str) -> Optional[Row]:
        with closing(self._connect()) as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute(query, (key,)).fetchone()
        return None if row is None else Row(key, dict(row))

    def _check(self) -> None:
        with closing(self._connect()) as connection:
            connection.execute("SELECT name, password_hash, vlan FROM subscriptions LIMIT 1")
            connection.execute("SELECT mac, vlan FROM devices LIMIT 1")
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, timeout=2)


class RestService:
    """Resources by URL, all of one type. Any answer but 2xx and 404, or no whole one in time,
    raises. A redirection is such another answer: it would take the token somewhere else."""

    MAX_ANSWER = 65_536
    """Octets."""

    def __init__(self, url: str, token: Optional[str], timeout: float, kind: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._path = parts.netloc, parts.path
        self._kind = kind
        self._headers = {"Accept": kind, "Connection": "close"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout = timeout

    def ask(self, path: str, method: str = "GET", body: Optional[bytes] = None) -> Optional[bytes]:
        """`None` is 404."""
        headers = self._headers if body is None else {**self._headers, "Content-Type": self._kind}
        deadline = time.monotonic() + self._timeout
        with closing(self._connection(self._host, timeout=self._timeout)) as connection:
            connection.request(method, f"{self._path}/{path}", body, headers)
            source: Any = _UntilDeadline(connection.sock, deadline)
            answer = HTTPResponse(source, method=method)
            answer.begin()
            content = answer.read(self.MAX_ANSWER + 1)
        if answer.status == 404:
            return None
        if not 200 <= answer.status < 300:
            raise ConnectionError(f"the subscription service answers {answer.status}")
        if len(content) > self.MAX_ANSWER:
            raise ValueError("the subscription service answers too much")
        return content


class RestSubscriptions:
    """``GET url/subscriptions/NAME`` and ``GET url/devices/MAC``: the row as JSON object, or 404."""

    PAUSE = 5.0
    """Seconds for which a service that has not answered in time is left alone: FreeRADIUS has one
    request after the other wait for it, until none is answered in time."""

    def __init__(
        self,
        url: str,
        token: Optional[str],
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = RestService(url, token, timeout, "application/json")
        self._clock = clock
        self._away_until = clock()

    def subscriber(self, name: str) -> Optional[Subscriber]:
        row = self._row("subscriptions", name)
        return None if row is None else Subscriber.of(row)

    def device(self, mac: str) -> Optional[Device]:
        row = self._row("devices", mac)
        return None if row is None else Device.of(row)

    def _row(self, kind: str, key: str) -> Optional[Row]:
        if self._clock() < self._away_until:
            raise ConnectionError("the subscription service is left alone for some seconds")
        try:
            text = self._service.ask(f"{kind}/{quote(key, safe='')}")
        except socket.timeout:
            self._away_until = self._clock() + self.PAUSE
            problem = f"no answer in time; nobody gets in for {self.PAUSE:.0f} seconds"
            raise TimeoutError(f"the subscription service: {problem}") from None
        if text is None:
            return None
        try:
            columns = json.loads(text)
        except ValueError:
            columns = None
        if not isinstance(columns, dict):
            raise BadRow(f"{printable(key)}: the subscription service answers with no JSON object")
        return Row(key, columns)


class Passwords:
    """Checks bcrypt hashes. Whether a name is known, nobody learns from the time it takes."""

    LONGEST = 72
    """Octets: bcrypt takes no more, and some versions of it would cut the rest off."""

    def __init__(self, cost: int) -> None:
        self._nobody = bcrypt.hashpw(os.urandom(16).hex().encode(), bcrypt.gensalt(cost))

    def check(self, subscriber: Optional[Subscriber], password: bytes) -> bool:
        stored = self._nobody if subscriber is None else subscriber.password_hash.encode()
        usable = len(password) <= self.LONGEST and b"\0" not in password
        fits = bcrypt.checkpw(password if usable else b"", stored)
        return fits and usable and subscriber is not None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _vlan(value: Any) -> int:
    # True is an int, too.
    if type(value) is not int or not 1 <= value <= 4094:
        raise ValueError
    return value


def _bcrypt(value: Any) -> str:
    if not re.fullmatch(r"\$2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}", value):
        raise ValueError
    return str(value)


def _nt_hash(value: Any) -> bytes:
    octets = bytes.fromhex(value)
    if len(octets) != 16:
        raise ValueError
    return octets


_TEXT = Kind("a text", _text)
_VLAN = Kind("an integer from 1 to 4094", _vlan)
_BCRYPT = Kind("a hash of bcrypt's", _bcrypt)
_NT_HASH = Kind("32 hexadecimal digits", _nt_hash)
_DAY = Kind("a day, YYYY-MM-DD,", date.fromisoformat)


class _UntilDeadline(io.RawIOBase):
    """What a connection brings in time. A socket's own timeout begins anew with each octet."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        """As `HTTPResponse` asks of a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


_SCHEMA = """
CREATE TABLE subscriptions (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    nt_hash TEXT CHECK (length(nt_hash) = 32),
    cleartext TEXT,
    vlan INTEGER NOT NULL CHECK (vlan BETWEEN 1 AND 4094),
    valid_from TEXT CHECK (valid_from = date(valid_from)),
    valid_until TEXT CHECK (valid_until = date(valid_until))
);
CREATE TABLE devices (
    mac TEXT PRIMARY KEY CHECK (mac GLOB '*[0-9a-f]:[0-9a-f]*' AND length(mac) = 17),
    vlan INTEGER NOT NULL CHECK (vlan BETWEEN 1 AND 4094),
    valid_from TEXT CHECK (valid_from = date(valid_from)),
    valid_until TEXT CHECK (valid_until = date(valid_until))
);
"""

_SAMPLE_SUBSCRIBERS = (
    # Name, password, whether the password itself is kept, VLAN, first and last day.
    ("alice@campus.example", "wonderland", False, 101, None, None),
    ("bob@campus.example", "builder", False, 102, "2020-01-01", "2099-12-31"),
    ("phone@campus.example", "dial9", True, 103, None, None),
    ("expired@campus.example", "toolate", False, 104, "2019-01-01", "2020-12-31"),
    ("future@campus.example", "tooearly", False, 105, "2099-01-01", None),
)

_SAMPLE_DEVICES = (
    ("02:00:00:00:01:01", 301, None, None),
    ("02:00:00:00:01:02", 302, "2019-01-01", "2020-12-31"),
)


def _create(path: Path, cost: int) -> None:
    with new_database(path, _SCHEMA) as connection:
        for subscriber, password, kept, vlan, first, last in _SAMPLE_SUBSCRIBERS:
            row = (
                subscriber,
                bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode(),
                eap_rs.NtHash.of_password(password).expose().hex(),
                password if kept else None,
                vlan,
                first,
                last,
            )
            connection.execute("INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        connection.executemany("INSERT INTO devices VALUES (?, ?, ?, ?)", _SAMPLE_DEVICES)
    log.warning(
        "made %s with sample subscriptions, whose passwords everybody knows: %s; "
        "delete them before use",
        path,
        " ".join(name for name, *_ in (*_SAMPLE_SUBSCRIBERS, *_SAMPLE_DEVICES)),
    )


@contextmanager
def new_database(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """There at the end, whole or not at all: two servers may be starting at once. Nobody else's to
    read."""
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    os.close(handle)
    try:
        with closing(sqlite3.connect(name)) as connection, connection:
            connection.executescript(schema)
            yield connection
        try:
            os.link(name, path)
        except FileExistsError:
            pass
    finally:
        os.unlink(name)
