"""campus.ini: read once, checked as a whole, immutable."""

from __future__ import annotations

import configparser
import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Literal, Optional, Set, Tuple, TypeVar, Union
from urllib.parse import urlsplit

import eap_rs

N = TypeVar("N", int, float)


class SettingError(ValueError):
    """A setting that cannot work. The text names it, and says what is accepted."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


@dataclass(frozen=True)
class Settings:
    certificate: Path
    """PEM, the server's own first."""
    key: Path
    client_ca: Optional[Path]
    ticket_keys: Optional[Path]
    """Lines of 64 hexadecimal digits, newest first."""
    versions: Tuple[str, ...]
    session_lifetime: float
    """Seconds for which a login can be resumed; 0: not at all."""
    methods: Tuple[str, ...]
    realm: Optional[str]
    fragment_size: int
    """Octets of an EAP packet at most."""
    mtu: Optional[int]
    """Octets, where the NAS gives no Framed-MTU."""
    capacity: int
    """Conversations at a time, and sessions to resume, of which TLS keeps no more."""
    shared: Union[Path, Literal["rest"], None]
    """Where servers share sessions: in a file, or behind the REST service."""
    backend: str
    database: Path
    url: Optional[str]
    token: Optional[str] = field(repr=False)
    """Bearer token of the REST service."""
    timeout: float
    """Seconds."""
    cost: int
    """Of bcrypt, as the stored hashes have it: whom nobody knows waits as long."""
    base: ipaddress.IPv4Network

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Raises `SettingError`."""
        parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=("#",))
        try:
            with path.open(encoding="utf-8") as file:
                parser.read_file(file)
        except (OSError, UnicodeDecodeError, configparser.Error) as problem:
            raise SettingError(str(path), str(problem)) from None
        reader = _Reader(parser, path.resolve().parent)
        settings = cls(
            certificate=reader.path("tls", "certificate"),
            key=reader.path("tls", "key"),
            client_ca=reader.optional_path("tls", "client_ca"),
            ticket_keys=reader.optional_path("tls", "ticket_keys"),
            versions=reader.words("tls", "versions", ("1.2", "1.3"), "1.2 1.3"),
            session_lifetime=reader.number("tls", "session_lifetime", float, 0.0, 604_800.0, "0"),
            methods=reader.words("eap", "methods", _METHODS, "ttls/pap ttls/eap-gtc peap/gtc"),
            realm=reader.get("eap", "realm"),
            fragment_size=reader.number("eap", "fragment_size", int, 100, 4000, "1024"),
            mtu=reader.number("eap", "mtu", int, 64, 65_535) if reader.get("eap", "mtu") else None,
            capacity=reader.number("sessions", "capacity", int, 1, 1_000_000, "100000"),
            shared=(
                "rest"
                if reader.get("sessions", "shared") == "rest"
                else reader.optional_path("sessions", "shared")
            ),
            backend=reader.choice("subscriptions", "backend", ("sqlite", "rest"), "sqlite"),
            database=reader.path("subscriptions", "database", "subscriptions.sqlite"),
            url=reader.url("subscriptions", "url"),
            token=reader.get("subscriptions", "token"),
            timeout=reader.number("subscriptions", "timeout", float, 0.1, 20.0, "2"),
            cost=reader.number("subscriptions", "cost", int, 4, 16, "8"),
            base=reader.network("network", "base", "10.0.0.0/8"),
        )
        reader.refuse_unknown()
        if settings.backend == "rest" and not settings.url:
            raise SettingError("[subscriptions] url", "none given, but backend = rest needs one")
        if settings.shared is not None:
            settings._check_shared(settings.shared)
        return settings

    def _check_shared(self, shared: Union[Path, Literal["rest"]]) -> None:
        if not self.session_lifetime:
            raise SettingError("[tls] session_lifetime", "0, but [sessions] shared needs some")
        if self.ticket_keys is None:
            raise SettingError("[tls] ticket_keys", "none given, but [sessions] shared needs some")
        if shared == "rest":
            if self.backend != "rest":
                raise SettingError("[sessions] shared", "rest needs [subscriptions] backend = rest")
        elif not shared.parent.is_dir():
            raise SettingError("[sessions] shared", f"there is no directory {shared.parent}")


# A one-time password needs a challenge for each subscriber, and EAP-FAST keys for its PACs: nobody
# here keeps those.
_METHODS = tuple(it for it in eap_rs.METHODS if it != "otp" and not it.startswith("fast/"))


class _Reader:
    """Takes settings out of a file, and knows what nobody has asked for."""

    def __init__(self, parser: configparser.ConfigParser, folder: Path) -> None:
        self._parser = parser
        self._folder = folder
        self._known: Dict[str, Set[str]] = {}

    def get(self, section: str, key: str, default: Optional[str] = None) -> Optional[str]:
        self._known.setdefault(section, set()).add(key)
        return self._parser.get(section, key, fallback="") or default

    def path(self, section: str, key: str, default: Optional[str] = None) -> Path:
        value = self.get(section, key, default)
        if value is None:
            raise SettingError(f"[{section}] {key}", "none given, a path is needed")
        return self._folder / value

    def optional_path(self, section: str, key: str) -> Optional[Path]:
        return self.path(section, key) if self.get(section, key) else None

    def words(
        self, section: str, key: str, accepted: Tuple[str, ...], default: str
    ) -> Tuple[str, ...]:
        words = tuple((self.get(section, key, default) or default).split())
        for word in words:
            if word not in accepted:
                problem = f'"{word}" given, accepted: {" ".join(accepted)}'
                raise SettingError(f"[{section}] {key}", problem)
        return words

    def choice(self, section: str, key: str, accepted: Tuple[str, ...], default: str) -> str:
        words = self.words(section, key, accepted, default)
        if len(words) != 1:
            raise SettingError(f"[{section}] {key}", f"one of {' '.join(accepted)} accepted")
        return words[0]

    def number(
        self, section: str, key: str, kind: Callable[[str], N], low: N, high: N, default: str = ""
    ) -> N:
        value = self.get(section, key, default) or ""
        refusal = SettingError(f"[{section}] {key}", f'"{value}" given, {low} to {high} accepted')
        try:
            number = kind(value)
        except ValueError:
            raise refusal from None
        if not low <= number <= high:
            raise refusal
        return number

    def url(self, section: str, key: str) -> Optional[str]:
        value = self.get(section, key)
        if value is None:
            return None
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise SettingError(f"[{section}] {key}", "http://… or https://… accepted")
        return value.rstrip("/")

    def network(self, section: str, key: str, default: str) -> ipaddress.IPv4Network:
        value = self.get(section, key, default) or default
        try:
            network = ipaddress.IPv4Network(value)
        except ValueError as problem:
            raise SettingError(f"[{section}] {key}", str(problem)) from None
        if network.prefixlen > 12:
            refusal = f"{value} given, at most /12 has a /24 for each VLAN"
            raise SettingError(f"[{section}] {key}", refusal)
        return network

    def refuse_unknown(self) -> None:
        for section in self._parser.sections():
            known = self._known.get(section)
            if known is None:
                accepted = ", ".join(f"[{it}]" for it in self._known)
                raise SettingError(f"[{section}]", f"no such section, accepted: {accepted}")
            for key in self._parser.options(section):
                if key not in known:
                    accepted = ", ".join(sorted(known))
                    raise SettingError(f"[{section}] {key}", f"no such key, accepted: {accepted}")


def settings_path() -> Path:
    """CAMPUS_SETTINGS, or campus.ini beside this file."""
    given = os.environ.get("CAMPUS_SETTINGS")
    return Path(given) if given else Path(__file__).resolve().parent / "campus.ini"
