"""The campus, as FreeRADIUS's rlm_python3 calls it.

``authorize``, ``authenticate`` and ``accounting`` are those of a server whose EAP is handled here
alone (radiusd.conf); campus_inner.py has those for inside the tunnel of FreeRADIUS's own rlm_eap
(rlm_eap.conf). FreeRADIUS calls from many threads: what is kept is kept in one `Campus`.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

import radiusd  # type: ignore[import-not-found]

import eap_rs
from campus_settings import SettingError, Settings, settings_path
from eap_rs import freeradius
from eap_rs.freeradius import Attribute, Request, Update, printable
from shared_sessions import RestSessions, SharedSessions, SqliteSessions
from subscriptions import (
    Device,
    Passwords,
    RestSubscriptions,
    SqliteSubscriptions,
    Subscriber,
    Subscriptions,
)
from vlans import subnet_of

Answer = Union[int, Update]

AUTH_TYPE = "campus"
"""The section of FreeRADIUS's that calls ``authenticate``."""

log = logging.getLogger("campus")


class Campus:
    """Everything there is to know between two requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.passwords = Passwords(settings.cost)
        self.refusals = Refusals()
        self.sessions = _shared_sessions(settings)
        self.table = eap_rs.SessionTable(
            _authenticator(settings),
            load_session=self.sessions.load if self.sessions else None,
            store_session=self.sessions.store if self.sessions else None,
            capacity=settings.capacity,
        )
        self.eap = freeradius.Handler(
            self.table,
            accept=self.accept,
            reject=self.reject,
            answer=self.answer,
            framed_mtu=settings.mtu,
        )
        # Last: a server that cannot start makes no samples.
        self.subscriptions = _subscriptions(settings)

    def close(self) -> None:
        if self.sessions is not None:
            self.sessions.close()

    def authorize(self, request: Request) -> Answer:
        if request.eap_message is None and request.mac_to_authenticate is None:
            return freeradius.RLM_MODULE_NOOP
        return update(config=(("Auth-Type", ":=", AUTH_TYPE),))

    def authenticate(self, request: Request) -> Answer:
        if request.eap_message is not None:
            return self.eap.reply_to(request)
        if request.mac_to_authenticate is not None:
            return self.authenticate_device(request.mac_to_authenticate)
        return freeradius.RLM_MODULE_INVALID

    def authenticate_device(self, mac: str) -> Answer:
        """Who speaks no 802.1X, or has not yet: unknown devices are refused, and then speak it."""
        device = self.subscriptions.device(mac)
        problem = (
            "the device is unknown" if device is None else device.validity.problem(date.today())
        )
        # Also where nothing is encrypted: whoever forges a reply chooses the VLAN (RFC 3579 §4.3).
        signed = (("Message-Authenticator", ":=", "0x00"),)
        if device is None or problem is not None:
            log_reject(mac, problem or "", mac, len(self.table))
            return update(freeradius.RLM_MODULE_REJECT, reply=signed)
        self.log_accept(mac, "-", "mac", device.vlan, mac, resumed=False)
        return update(reply=signed + network(device.vlan))

    def answer(self, question: eap_rs.Question) -> Any:
        """What a conversation wants to know about a subscriber."""
        try:
            return self.find_answer(question)
        except Exception:
            who = getattr(question.query, "identity", "")
            self.refusals.add(question.state, who, "no word from the subscriptions")
            raise

    def find_answer(self, question: eap_rs.Question) -> Any:
        query = question.query
        if isinstance(query, eap_rs.Policy):
            offered = _offered(self.settings.methods, question.tunnel)
            return offered if self.is_ours(query.identity) else None
        if isinstance(query, eap_rs.CheckPassword):
            subscriber = self.subscriptions.subscriber(query.identity)
            fits = self.passwords.check(subscriber, query.password)
            problem = None if fits else "unknown name or wrong password"
            return self.judge(question.state, query.identity, subscriber, problem)
        if isinstance(query, eap_rs.StoredCredential):
            subscriber = self.subscriptions.subscriber(query.identity)
            credential = _credential(subscriber, query.accepts)
            problem = None if credential else f"no credential that {query.method} could use"
            welcome = self.judge(question.state, query.identity, subscriber, problem)
            return credential if welcome else None
        if isinstance(query, eap_rs.Resume):
            subscriber = self.subscriptions.subscriber(query.identity)
            return self.judge(question.state, query.identity, subscriber)
        if isinstance(query, eap_rs.VerifyClient):
            subscriber = self.subscriber_of(query.certificate)
            problem = None
            if subscriber is not None and _is_another(query, subscriber.name, question.tunnel):
                problem = f"the certificate is for {printable(subscriber.name)}"
            return self.judge(question.state, query.identity, subscriber, problem)
        return None

    def is_ours(self, identity: str) -> bool:
        """Whether it is of our realm: the part that is legible outside of the tunnel."""
        realm = self.settings.realm
        return realm is None or identity.rpartition("@")[2].lower() == realm.lower()

    def judge(
        self,
        state: bytes,
        identity: str,
        subscriber: Optional[Subscriber],
        problem: Optional[str] = None,
    ) -> bool:
        """Whether a subscriber may log in today. Why not is for the log only."""
        problem = problem or self.problem_with(subscriber)
        if problem is not None:
            self.refusals.add(state, identity, problem)
        return problem is None

    def problem_with(self, subscriber: Optional[Subscriber]) -> Optional[str]:
        """Why this subscriber may not log in today, if not."""
        if subscriber is None:
            return "unknown name"
        if not self.is_ours(subscriber.name):
            return "another realm"
        return subscriber.validity.problem(date.today())

    def subscriber_of(self, certificate: eap_rs.Certificate) -> Optional[Subscriber]:
        """Who has a certificate: the first of its names that subscribes."""
        for name in _names_of(certificate):
            subscriber = self.subscriptions.subscriber(name)
            if subscriber is not None:
                return subscriber
        return None

    def accept(self, request: Request, outcome: eap_rs.Outcome) -> Optional[Iterable[Attribute]]:
        """The VLAN of who has logged in. The identity outside of a tunnel is anybody's: it counts
        only where there is no tunnel."""
        name = outcome.inner_identity if "/" in outcome.method else outcome.identity
        subscriber: Optional[Subscriber] = None
        if outcome.method == "tls":
            if outcome.certificate is not None:
                subscriber = self.subscriber_of(outcome.certificate)
        elif name is not None:
            subscriber = self.subscriptions.subscriber(name)
        state = request.state or b""
        if not self.judge(state, name or "", subscriber) or subscriber is None:
            return None
        self.refusals.take(state)
        attributes = access(subscriber)
        self.log_accept(
            subscriber.name,
            outcome.identity,
            outcome.method,
            subscriber.vlan,
            request.mac,
            resumed=outcome.resumed,
        )
        return attributes

    def reject(self, request: Request, reply: eap_rs.Reject) -> None:
        name, reason = self.refusals.take(request.state or b"") or ("", reply.reason)
        name = name or reply.inner_identity or reply.identity
        log_reject(name, reason, request.mac, len(self.table))

    def accounting(self, request: Request) -> Answer:
        """One line for each login and logout: who was where, with what."""
        status = request.acct_status_type or ""
        if status in ("Start", "Stop"):
            log.info(
                "accounting %s user=%s mac=%s vlan=%s session=%s",
                status,
                printable(request.user_name or "-"),
                request.mac or _address(request.user_name) or "-",
                self.vlan_of(request) or "-",
                printable(request.acct_session_id or "-"),
            )
        return freeradius.RLM_MODULE_OK

    def vlan_of(self, request: Request) -> Optional[int]:
        """The VLAN that the login was given, from its Class; of who sends none, today's VLAN."""
        for it in request.classes:
            given = re.fullmatch(rb"vlan=([0-9]{1,4})", it)
            if given is not None:
                return int(given[1])
        if request.user_name is None:
            return None
        mac = _address(request.user_name)
        found: Union[Subscriber, Device, None]
        if mac is None:
            found = self.subscriptions.subscriber(request.user_name)
        else:
            found = self.subscriptions.device(mac)
        return None if found is None else found.vlan

    def log_accept(
        self, user: str, outer: str, method: str, vlan: int, mac: Optional[str], *, resumed: bool
    ) -> None:
        log.info(
            "accept user=%s outer=%s method=%s vlan=%d mac=%s resumed=%s open=%d subnet=%s",
            printable(user),
            printable(outer),
            method,
            vlan,
            mac or "-",
            "yes" if resumed else "no",
            len(self.table),
            subnet_of(vlan, self.settings.base),
        )


class Refusals:
    """Whom the conversation of this State has refused, and why: known some packets before the
    Access-Reject, where the table can say less."""

    CAPACITY = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_state: OrderedDict[bytes, Tuple[str, str]] = OrderedDict()

    def add(self, state: bytes, identity: str, reason: str) -> None:
        with self._lock:
            self._by_state[state] = (identity, reason)
            if len(self._by_state) > self.CAPACITY:
                self._by_state.popitem(last=False)

    def take(self, state: bytes) -> Optional[Tuple[str, str]]:
        with self._lock:
            return self._by_state.pop(state, None)


def log_reject(user: str, reason: str, mac: Optional[str], open_conversations: int) -> None:
    log.info(
        'reject user=%s reason="%s" mac=%s open=%d',
        printable(user or "-"),
        reason,
        mac or "-",
        open_conversations,
    )


def update(
    code: int = freeradius.RLM_MODULE_OK,
    reply: Tuple[Attribute, ...] = (),
    config: Tuple[Attribute, ...] = (),
) -> Update:
    return code, {"reply": reply, "config": config}


def access(subscriber: Subscriber) -> Tuple[Attribute, ...]:
    """Who it is, whatever was claimed: accounting repeats it (RFC 2865 §5.1). And the VLAN."""
    user_name = (("User-Name", ":=", freeradius.text(subscriber.name)),)
    return user_name + network(subscriber.vlan)


def network(vlan: int) -> Tuple[Attribute, ...]:
    """Where the port goes; the Class comes back in accounting (RFC 2865 §5.25)."""
    return freeradius.vlan(vlan) + (
        ("Class", "+=", freeradius.octets(f"vlan={vlan}".encode())),
    )


def _address(name: Optional[str]) -> Optional[str]:
    """That of a device that has it for a name."""
    try:
        return None if name is None else freeradius.normalise_mac(name)
    except ValueError:
        return None


def _names_of(certificate: eap_rs.Certificate) -> List[str]:
    """By which a subscriber may be found."""
    names = [*certificate.principal_names, *certificate.mail_addresses]
    return names if certificate.common_name is None else [*names, certificate.common_name]


def _is_another(
    query: eap_rs.VerifyClient, subscriber: str, tunnel: Optional[eap_rs.Tunnel]
) -> bool:
    """Whether the peer says that it is somebody else than its certificate is for."""
    claim = query.identity.lower()
    if tunnel is not None:
        # Of who logs in inside a tunnel, the outcome has the name and no certificate.
        return claim != subscriber.lower()
    if claim.partition("@")[0] in ("", "anonymous"):
        # Nobody, who says in TLS only who it is (RFC 9190 §2.1.4).
        return False
    # Windows writes host/ before the name of a computer.
    claim = claim.removeprefix("host/")
    return all(claim != name.lower() for name in _names_of(query.certificate))


def _offered(methods: Tuple[str, ...], tunnel: Optional[eap_rs.Tunnel]) -> List[str]:
    """The methods; inside a tunnel, the EAP methods that it is configured to carry."""
    if tunnel is None:
        return list(methods)
    inside = [it.partition("/")[2] for it in methods if it.startswith(f"{tunnel.method}/")]
    if tunnel.method == "ttls":
        return [it[len("eap-") :] for it in inside if it.startswith("eap-")]
    return inside


def _credential(
    subscriber: Optional[Subscriber], accepts: List[str]
) -> Union[str, eap_rs.NtHash, None]:
    if subscriber is None:
        return None
    if "nt-hash" in accepts and subscriber.nt_hash is not None:
        return eap_rs.NtHash(subscriber.nt_hash)
    return subscriber.cleartext if "cleartext" in accepts else None


def _subscriptions(settings: Settings) -> Subscriptions:
    if settings.backend == "rest" and settings.url is not None:
        return RestSubscriptions(settings.url, settings.token, settings.timeout)
    return SqliteSubscriptions(settings.database, settings.cost)


def _shared_sessions(settings: Settings) -> Optional[SharedSessions]:
    if isinstance(settings.shared, Path):
        return SharedSessions(SqliteSessions(settings.shared, settings.capacity))
    if settings.shared == "rest" and settings.url is not None:
        return SharedSessions(RestSessions(settings.url, settings.token, settings.timeout))
    return None


def _authenticator(settings: Settings) -> eap_rs.AuthenticatorConfig:
    tls = eap_rs.TlsServerConfig(
        _file("certificate", settings.certificate),
        _file("key", settings.key),
        client_ca=_file("client_ca", settings.client_ca) if settings.client_ca else None,
        ask_client=settings.client_ca is not None,
        min_version="1.2" if "1.2" in settings.versions else "1.3",
        max_version="1.3" if "1.3" in settings.versions else "1.2",
        fragment_size=settings.fragment_size,
        **(_resumption(settings) if settings.session_lifetime else {}),
    )
    return eap_rs.AuthenticatorConfig(
        methods=list(settings.methods), tls=tls, ask_policy=True, backend=True
    )


def _resumption(settings: Settings) -> Dict[str, Any]:
    keys = settings.ticket_keys
    return {
        "session_lifetime": settings.session_lifetime,
        "session_capacity": settings.capacity,
        "ticket_keys": _ticket_keys(keys) if keys else None,
        "ask_resumption": True,
        "share_sessions": settings.shared is not None,
    }


def _ticket_keys(path: Path) -> eap_rs.TicketKeys:
    text = _file("ticket_keys", path)
    try:
        return eap_rs.TicketKeys([bytes.fromhex(line) for line in text.decode("ascii").split()])
    except ValueError:
        raise SettingError("[tls] ticket_keys", "lines of 64 hexadecimal digits accepted") from None


def _file(key: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise SettingError(f"[tls] {key}", str(problem)) from None


_campus: Optional[Campus] = None


def instantiate(p: object) -> int:
    """Before the first request, after FreeRADIUS has become a daemon. Less than 0 ends it; an
    exception would not."""
    global _campus
    for logger in (log, logging.getLogger("eap_rs")):
        handler = freeradius.LogHandler()
        handler.setFormatter(logging.Formatter("campus: %(message)s"))
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
    try:
        for warning in freeradius.check_version(str(radiusd.config.get("version", ""))):
            log.warning(warning)
        _campus = Campus(Settings.read(settings_path()))
    except Exception as problem:  # noqa: BLE001
        log.error("cannot start: %s: %s", type(problem).__name__, problem)
        return -1
    return freeradius.RLM_MODULE_OK


def detach(p: object) -> int:
    """At the end, while the interpreter is whole: a database that is closed later than this takes
    FreeRADIUS down with it."""
    global _campus
    if _campus is not None:
        _campus.close()
        _campus = None
    return freeradius.RLM_MODULE_OK


def campus() -> Campus:
    if _campus is None:
        raise RuntimeError("instantiate has not been called")
    return _campus


def open_conversations() -> int:
    """How many logins are under way."""
    return len(campus().table)


def authorize(p: object) -> Answer:
    return answer_with(Campus.authorize, p)


def authenticate(p: object) -> Answer:
    if _campus is None:
        return _authenticate(p)
    return _campus.eap.authenticate(p, unusual=_authenticate)


def _authenticate(p: object) -> Answer:
    return answer_with(Campus.authenticate, p)


def accounting(p: object) -> Answer:
    return answer_with(Campus.accounting, p)


def answer_with(function: Callable[[Campus, Request], Answer], p: object) -> Answer:
    who = ""
    try:
        request = Request.from_vps(p)
        who = f" of user={printable(request.user_name or '-')} mac={request.mac or '-'}"
        return function(campus(), request)
    except Exception as problem:  # noqa: BLE001
        # FreeRADIUS would log more of it than one line, and a request that breaks is an intrusion
        # or a directory that is out of reach: nobody gets in.
        log.error("%s%s: %s: %s", function.__name__, who, type(problem).__name__, problem)
        return freeradius.RLM_MODULE_FAIL
