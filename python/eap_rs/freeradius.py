"""FreeRADIUS 3.2: the tuples of its ``rlm_python3`` in, the tuples that it takes out.

A script for ``rlm_python3`` needs no more than this::

    table = eap_rs.SessionTable(config, check_password=check_password)
    handler = freeradius.Handler(table, accept=lambda request, outcome: freeradius.vlan(42))

    def authorize(p):
        return handler.authorize(p)

    def authenticate(p):
        return handler.authenticate(p)

with the site of `UNLANG` around it. Whatever comes in as ``p`` is the network's, and is checked
and capped here: `BadAttribute` says what is wrong with it, without its value.
"""

from __future__ import annotations

import importlib
import logging
import re
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Union

from eap_rs._native import (
    Accept,
    Challenge,
    Discard,
    EapError,
    Outcome,
    Question,
    Reject,
    SessionTable,
    StaleQueryError,
    challenge_update,
    handle_vps,
)

__all__ = [
    "RLM_MODULE_FAIL",
    "RLM_MODULE_HANDLED",
    "RLM_MODULE_INVALID",
    "RLM_MODULE_NOOP",
    "RLM_MODULE_NOTFOUND",
    "RLM_MODULE_OK",
    "RLM_MODULE_REJECT",
    "RLM_MODULE_UPDATED",
    "UNLANG",
    "Attribute",
    "BadAttribute",
    "Handler",
    "LogHandler",
    "Radiusd",
    "Reply",
    "Request",
    "TruncatedEapMessage",
    "UnsupportedVersion",
    "Update",
    "check_version",
    "normalise_mac",
    "octets",
    "printable",
    "split_called_station",
    "text",
    "to_update",
    "vlan",
]

RLM_MODULE_REJECT = 0
RLM_MODULE_FAIL = 1
RLM_MODULE_OK = 2
RLM_MODULE_HANDLED = 3
RLM_MODULE_INVALID = 4
RLM_MODULE_NOTFOUND = 6
RLM_MODULE_NOOP = 7
RLM_MODULE_UPDATED = 8

Attribute = Tuple[str, str, str]
"""Name, operator and value, which `octets` and `text` write. The operator is ``:=``, or ``+=`` for
one more of a kind; with ``=``, it would be dropped if there is one."""

Update = Tuple[int, Dict[str, Tuple[Attribute, ...]]]
"""What a function of rlm_python3 returns: the code, and attributes for ``reply`` and ``config``."""

Reply = Union[Challenge, Accept, Reject, Discard]
"""What a `SessionTable` has to say to a request, once all questions are answered."""

UNLANG = r"""
server default {
    authorize {
        # As Handler.authorize would have it, and cheaper.
        if (&EAP-Message) {
            update control {
                &Auth-Type := eap_rs
            }
        }
    }
    authenticate {
        Auth-Type eap_rs {
            python3 {
                notfound = 1
            }
            # rlm_python3 shows no more than 510 octets of a value: the rest has to come in pieces.
            if (notfound) {
                if ("%{EAP-Message}" =~ /^0x(.{1,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})$/) {
                    update request {
                        &Tmp-String-0 := "%{1}"
                        &Tmp-String-1 := "%{2}"
                        &Tmp-String-2 := "%{3}"
                        &Tmp-String-3 := "%{4}"
                        &Tmp-String-4 := "%{5}"
                        &Tmp-String-5 := "%{6}"
                        &Tmp-String-6 := "%{7}"
                        &Tmp-String-7 := "%{8}"
                    }
                }
                python3
            }
        }
    }
    post-auth {
        Post-Auth-Type Reject {
            # Servers before 3.2.5 sign what there is a signature for; devices drop the rest.
            update reply {
                &Message-Authenticator := 0x00
            }
        }
    }
}
"""
"""The site that `Handler` needs. Without the pieces, EAP packets over 510 octets do not arrive."""

_MAX_EAP_MESSAGE = 65_535
"""Octets: all that the Length field of EAP can say (RFC 3748 §4.1)."""

_MAX_STATE = 253
"""Octets of one RADIUS attribute (RFC 2865 §5)."""

_MAX_VALUES = 1024
"""Attributes of a request: no RADIUS packet of 4096 octets has more with anything in them."""

_PIECES = 8

_SHOWN = 1022
"""Characters of a value: rlm_python3 has a buffer of 1024."""


class BadAttribute(EapError, ValueError):
    """An attribute that is not what its type allows. Its value is not repeated."""

    attribute: str

    def __init__(self, attribute: str, problem: str) -> None:
        super().__init__(f"{printable(attribute, 64)}: {problem}")
        self.attribute = attribute


class TruncatedEapMessage(BadAttribute):
    """Less of an EAP packet has arrived than its Length field says (RFC 3748 §4.1)."""

    def __init__(self, length: int, arrived: int) -> None:
        super().__init__(
            "EAP-Message",
            f"{arrived} octets of {length} have arrived; "
            "the site has to hand on long values in pieces (eap_rs.freeradius.UNLANG)",
        )


class UnsupportedVersion(EapError):
    """A version of FreeRADIUS with which a script cannot work."""


@dataclass(frozen=True)
class Request:
    """What an Access-Request or Accounting-Request says, as far as it says it.

    Lengths and numbers are checked; nothing else is: who sent the request is FreeRADIUS's
    business, and what a user claims in it is a claim.
    """

    user_name: Optional[str] = None
    user_password: Optional[bytes] = field(default=None, repr=False)
    state: Optional[bytes] = None
    """Names the conversation (RFC 2865 §5.24)."""
    eap_message: Optional[bytes] = field(default=None, repr=False)
    """The EAP packet, put together from its pieces (RFC 3579 §3.1)."""
    service_type: Optional[str] = None
    calling_station_id: Optional[str] = None
    called_station_id: Optional[str] = None
    nas_identifier: Optional[str] = None
    nas_ip_address: Optional[str] = None
    nas_port: Optional[int] = None
    framed_mtu: Optional[int] = None
    """Octets of an EAP packet on the way to the peer (RFC 3579 §2.4)."""
    wants_key_name: bool = False
    """Whether there is an EAP-Key-Name: the NAS asks for the Session-Id (RFC 7268 §2.2)."""
    classes: Tuple[bytes, ...] = ()
    """The Class attributes that an Access-Accept has given (RFC 2865 §5.25)."""
    acct_status_type: Optional[str] = None
    """``Start``, ``Stop``, ``Interim-Update``, … (RFC 2866 §5.1)."""
    acct_session_id: Optional[str] = None
    acct_session_time: Optional[int] = None
    """Seconds."""
    acct_terminate_cause: Optional[str] = None
    attributes: Mapping[str, Tuple[Union[str, bytes], ...]] = field(
        default_factory=dict, repr=False
    )
    """All of them, as they came."""

    @classmethod
    def from_vps(cls, p: object) -> Request:
        """Reads the argument of a function of rlm_python3: the request's attributes, or with
        ``pass_all_vps`` or ``pass_all_vps_dict`` all lists, of which the request is taken.

        Raises `BadAttribute` and `TruncatedEapMessage`, and `TypeError` if ``p`` is nothing that
        rlm_python3 passes.
        """
        attributes = _collect(_request_list(p))
        only = _Only(attributes)
        # Most requests have few of them, and a login has many requests.
        fields: Dict[str, Any] = {
            field: read(only, name) for name, field, read in _FIELDS if name in attributes
        }
        return cls(
            eap_message=_eap_message(attributes),
            wants_key_name="EAP-Key-Name" in attributes,
            classes=tuple(_octets("Class", it) for it in attributes.get("Class", ())),
            attributes=attributes,
            **fields,
        )

    @property
    def mac(self) -> Optional[str]:
        """The device's address, ``aa:bb:cc:dd:ee:ff``, if Calling-Station-Id is one."""
        return _mac_or_none(self.calling_station_id)

    @property
    def mac_to_authenticate(self) -> Optional[str]:
        """The address that a NAS wants to have authenticated instead of a user, who has not
        spoken 802.1X: there is no EAP-Message, and Service-Type is Call-Check (RFC 2865 §5.6) or
        User-Name is the address that calls.

        An address in User-Name that is not the one that calls is a claim of somebody else's: it
        is not taken, whatever Service-Type says.
        """
        if self.eap_message is not None:
            return None
        named, calls = _mac_or_none(self.user_name), self.mac
        if self.service_type in ("Call-Check", "10"):
            addresses = {it for it in (named, calls) if it is not None}
            return addresses.pop() if len(addresses) == 1 else None
        return named if named == calls else None


def vlan(name: Union[int, str], tag: int = 1) -> Tuple[Attribute, ...]:
    """The attributes that put a port into a VLAN (RFC 3580 §3.31): its number, 1 to 4094, or the
    name by which the switch knows it. Tag: 1 to 31 (RFC 2868 §3.1). Raises `ValueError`."""
    if isinstance(name, bool) or not isinstance(name, (int, str)):
        raise TypeError(f"vlan: int or str accepted, {type(name).__name__} given")
    if isinstance(name, int) and not 1 <= name <= 4094:
        raise ValueError(f"vlan: {name} given, 1 to 4094 accepted")
    if isinstance(name, str) and not re.fullmatch(r"[!-~]{1,249}", name):
        raise ValueError("vlan: a name is 1 to 249 printable ASCII characters without spaces")
    if isinstance(name, str) and name.isdigit():
        return vlan(int(name), tag)
    if not 1 <= tag <= 31:
        raise ValueError(f"tag: {tag} given, 1 to 31 accepted")
    return (
        (f"Tunnel-Type:{tag}", ":=", "VLAN"),
        (f"Tunnel-Medium-Type:{tag}", ":=", "IEEE-802"),
        (f"Tunnel-Private-Group-Id:{tag}", ":=", text(str(name))),
    )


def to_update(
    reply: Reply, attributes: Iterable[Attribute] = (), *, key_name: bool = True
) -> Update:
    """What to return to rlm_python3 from an Auth-Type section.

    ``attributes`` are for an `Accept` only, such as those of `vlan`. ``key_name=False`` leaves
    out EAP-Key-Name, for which a NAS should have asked (RFC 7268 §2.2). Keys are in the
    Access-Accept and nowhere before (RFC 2548 §2.4). Raises `TypeError` for a `Question`: it is to
    be answered first.
    """
    extra = tuple(attributes)
    if extra and not isinstance(reply, Accept):
        raise ValueError("attributes: given, but only an Accept takes them")
    if isinstance(reply, Challenge):
        return challenge_update(reply)
    if isinstance(reply, Accept):
        outcome = reply.outcome
        return RLM_MODULE_OK, {
            "reply": _eap(reply.eap_message)
            + _user_name(outcome.inner_identity or outcome.identity)
            + _keys(outcome, key_name)
            + extra
        }
    if isinstance(reply, Reject):
        return RLM_MODULE_REJECT, {"reply": _eap(reply.eap_message)}
    if isinstance(reply, Discard):
        return RLM_MODULE_HANDLED, {
            "config": (("Response-Packet-Type", ":=", "Do-Not-Respond"),)
        }
    raise TypeError(f"reply: {type(reply).__name__} is nothing that RADIUS could carry")


def octets(value: bytes) -> str:
    """Octets as a value for rlm_python3, which would read ``bytes`` as text up to a NUL."""
    return "0x" + value.hex()


def text(value: str) -> str:
    """Text as a value for rlm_python3, which would take a backslash for the begin of an escape.
    Raises `ValueError` for more than an attribute of 253 octets can hold (RFC 2865 §5), and for a
    NUL, at which it would end."""
    if len(value.encode()) > 253 or "\0" in value:
        raise ValueError("text: at most 253 octets of UTF-8 without NUL accepted")
    return value.replace("\\", "\\\\")


class Handler:
    """Authenticates by EAP for rlm_python3. Threads share one.

    ``accept(request, outcome)`` gives further attributes of the Access-Accept, or `None`: then the
    user, who has authenticated, is refused all the same. ``reject(request, reply)`` is told of
    each Access-Reject. ``answer(question)`` answers what the table has no callable for; without
    it, or if it raises, the question is declined, which lets nobody in.
    """

    def __init__(
        self,
        table: SessionTable,
        *,
        accept: Optional[Callable[[Request, Outcome], Optional[Iterable[Attribute]]]] = None,
        reject: Optional[Callable[[Request, Reject], None]] = None,
        answer: Optional[Callable[[Question], Any]] = None,
        framed_mtu: Optional[int] = None,
        auth_type: str = "eap_rs",
    ) -> None:
        self._table = table
        self._accept = accept
        self._reject = reject
        self._answer = answer
        self._framed_mtu = framed_mtu
        self._auth_type = auth_type

    def authorize(self, p: object) -> Union[int, Update]:
        """Has FreeRADIUS call `authenticate`, if there is an EAP-Message."""
        if all(name != "EAP-Message" for name, _ in _request_list(p)):
            return RLM_MODULE_NOOP
        return RLM_MODULE_UPDATED, {"config": (("Auth-Type", ":=", self._auth_type),)}

    def authenticate(
        self, p: object, unusual: Optional[Callable[[object], Union[int, Update]]] = None
    ) -> Union[int, Update]:
        """The reply to the EAP-Message in a request, or `RLM_MODULE_NOTFOUND`: the site is to ask
        again, with the message in pieces.

        ``unusual(p)`` replies to a request without EAP, or with anything out of the ordinary in
        what EAP needs of it; without ``unusual``, they are invalid.
        """
        # Almost all requests are usual, and almost all replies challenges: they are fast.
        usual = handle_vps(self._table, p, self._framed_mtu)
        if usual is not None:
            reply, eap_message, wants_key_name = usual
            if isinstance(reply, tuple):
                return reply
            return self._end(reply, eap_message, wants_key_name, lambda: Request.from_vps(p))
        if _goes_on(p):
            return RLM_MODULE_NOTFOUND
        if unusual is not None:
            return unusual(p)
        try:
            request = Request.from_vps(p)
        except BadAttribute as problem:
            _log.error("malformed request: %s", problem)
            return RLM_MODULE_INVALID
        return self.reply_to(request)

    def reply_to(self, request: Request) -> Union[int, Update]:
        """The same, for a request that has been read already."""
        if request.eap_message is None:
            return RLM_MODULE_INVALID
        reply: Union[Reply, Question, Exception]
        try:
            reply = self._table.handle(
                request.state,
                request.eap_message,
                framed_mtu=request.framed_mtu or self._framed_mtu,
            )
        except Exception as problem:  # noqa: BLE001
            reply = problem
        return self._end(reply, request.eap_message, request.wants_key_name, lambda: request)

    def _end(
        self,
        reply: Union[Reply, Question, Exception],
        eap_message: bytes,
        wants_key_name: bool,
        read: Callable[[], Request],
    ) -> Update:
        """What to say once the table has spoken, or raised an exception. `read` gives the whole
        request: it is for the host, at the end of a login."""
        try:
            if isinstance(reply, Exception):
                raise reply
            while isinstance(reply, Question):
                reply = self._settle(reply)
            attributes: Optional[Iterable[Attribute]] = ()
            if isinstance(reply, Accept) and self._accept is not None:
                attributes = self._accept(read(), reply.outcome)
            if attributes is None:
                who = read().user_name or ""
                reply = Reject(_failure(eap_message), who, "the host has refused")
                attributes = ()
            if isinstance(reply, Reject) and self._reject is not None:
                self._reject(read(), reply)
            return to_update(reply, attributes, key_name=wants_key_name)
        except Exception as problem:  # noqa: BLE001
            # What breaks here would break again: the peer is told at once, with an EAP-Failure.
            _log.error("login failed: %s: %s", type(problem).__name__, problem)
            return RLM_MODULE_REJECT, {"reply": _eap(_failure(eap_message))}

    def _settle(self, question: Question) -> Union[Reply, Question]:
        state, id = question.state, question.id
        query = type(question.query).__name__
        if self._answer is None:
            _log.error("nobody answers %s: give the table a callable for it", query)
            return self._table.answer(state, id, None)
        try:
            return self._table.answer(state, id, self._answer(question))
        except StaleQueryError:
            raise
        except Exception as problem:  # noqa: BLE001
            # Nobody gets in because the directory is broken, and no conversation stays open.
            _log.error("%s: %s: %s", query, type(problem).__name__, problem)
            return self._table.answer(state, id, None)


def check_version(version: str) -> Tuple[str, ...]:
    """What to know about this version of FreeRADIUS, for its log. Scripts are not told it; hand
    it on with ``config { version = "${version.freeradius-server}" }``, as ``radiusd.config``.

    Raises `UnsupportedVersion` where the attributes that a script returns get lost.
    """
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None:
        return (f"FreeRADIUS {printable(version, 32)}: no version that is known",)
    number = tuple(int(it) for it in found.groups())
    if number in ((3, 2, 9), (3, 2, 10)):
        raise UnsupportedVersion(
            f"FreeRADIUS {found[0]} takes the values that scripts return in debug mode only: "
            "3.2.8 and before, and 3.2.11, take them always"
        )
    if number[:2] != (3, 2):
        return (f"FreeRADIUS {found[0]}: only 3.2 is known to work",)
    warnings: List[str] = []
    if number < (3, 2, 7):
        warnings.append(f"FreeRADIUS {found[0]} aborts if there are two instances of python3")
    if number == (3, 2, 11):
        warnings.append(f"FreeRADIUS {found[0]} prints keys in debug mode, whatever its settings")
    return tuple(warnings)


def normalise_mac(text: str) -> str:
    """A hardware address as ``aa:bb:cc:dd:ee:ff``, of any vendor's form: ``AA-BB-CC-DD-EE-FF``
    (RFC 3580 §3.21), ``aabb.ccdd.eeff``, ``aabb-ccdd-eeff``, ``aabbcc-ddeeff``, ``aabbccddeeff``.
    Raises `ValueError`, also for anything that stands before or after it."""
    if not re.fullmatch(_MAC, text):
        raise ValueError("not a hardware address of 12 hexadecimal digits")
    digits = re.sub("[:.-]", "", text.lower())
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def split_called_station(text: str) -> Tuple[str, Optional[str]]:
    """The address and the SSID of a Called-Station-Id: ``AA-BB-CC-DD-EE-FF:SSID`` of an access
    point, the address alone of a switch (RFC 3580 §3.20). Raises `ValueError`."""
    found = re.fullmatch(f"({_MAC})(?::(.*))?", text, re.DOTALL)
    if found is None:
        raise ValueError("not a hardware address, with or without :SSID")
    return normalise_mac(found[1]), found[2]


def printable(text: str, limit: int = 128) -> str:
    """Text of the network's, for a field of a log: without spaces and anything else that could
    break out of the field or the line, and of so many characters at most."""
    escaped = "".join(_escape(it, ' "\\') for it in text[:limit])
    if len(text) <= limit and len(escaped) <= limit:
        return escaped
    return escaped[: limit - 1] + "…"


class LogHandler(logging.Handler):
    """Has ``logging`` write to FreeRADIUS's log: ``logging.getLogger().addHandler(LogHandler())``.
    To be made where FreeRADIUS runs, or its `Radiusd`."""

    def __init__(self) -> None:
        super().__init__()
        self._radiusd: Any = importlib.import_module("radiusd")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            # radlog takes UTF-8 without NUL; and what an exception quotes may be the network's.
            line = "".join(map(_escape, self.format(record)))
            self._radiusd.radlog(self._level(record.levelno), line)
        except Exception:  # noqa: BLE001
            self.handleError(record)

    def _level(self, level: int) -> int:
        for least, name in ((logging.ERROR, "L_ERR"), (logging.WARNING, "L_WARN")):
            if level >= least:
                return int(getattr(self._radiusd, name))
        return int(self._radiusd.L_INFO if level >= logging.INFO else self._radiusd.L_DBG)


class Radiusd(ModuleType):
    """Stands in for FreeRADIUS's module ``radiusd`` in tests of a script::

        sys.modules["radiusd"] = radiusd = Radiusd(config={"version": "3.2.1"})
        script.authenticate(radiusd.vps(("User-Name", "alice"), ("EAP-Message", packet)))
        assert radiusd.lines == [(radiusd.L_INFO, "…")]
    """

    L_AUTH = 2
    L_INFO = 3
    L_ERR = 4
    L_WARN = 5
    L_PROXY = 6
    L_ACCT = 7
    L_DBG = 16
    L_DBG_WARN = 17
    L_DBG_ERR = 18
    L_DBG_WARN_REQ = 19
    L_DBG_ERR_REQ = 20
    RLM_MODULE_REJECT = RLM_MODULE_REJECT
    RLM_MODULE_FAIL = RLM_MODULE_FAIL
    RLM_MODULE_OK = RLM_MODULE_OK
    RLM_MODULE_HANDLED = RLM_MODULE_HANDLED
    RLM_MODULE_INVALID = RLM_MODULE_INVALID
    RLM_MODULE_USERLOCK = 5
    RLM_MODULE_NOTFOUND = 6
    RLM_MODULE_NOOP = RLM_MODULE_NOOP
    RLM_MODULE_UPDATED = RLM_MODULE_UPDATED
    RLM_MODULE_NUMCODES = 9

    def __init__(self, config: Optional[Dict[str, Any]] = None) -> None:
        super().__init__("radiusd", Radiusd.__doc__)
        self.config: Dict[str, Any] = dict(config or {})
        self.lines: List[Tuple[int, str]] = []
        """What was logged: levels and lines."""

    def radlog(self, level: int, line: str) -> None:
        """Takes a line as FreeRADIUS does: UTF-8 without NUL."""
        line.encode()
        if "\0" in line:
            raise ValueError("embedded null character")
        self.lines.append((level, line))

    @staticmethod
    def vps(*attributes: Tuple[str, Union[str, bytes]]) -> Tuple[Tuple[str, str], ...]:
        """Attributes as rlm_python3 passes them: octets in hexadecimal, and of each value no more
        than 1023 characters."""
        return tuple(
            (name, octets(value[:510]) if isinstance(value, bytes) else value[:1023])
            for name, value in attributes
        )

    @staticmethod
    def pieces(eap_message: bytes) -> Tuple[Tuple[str, str], ...]:
        """The pieces of an EAP-Message that the site of `UNLANG` adds."""
        digits = eap_message.hex()
        return tuple((f"Tmp-String-{i}", digits[1000 * i :][:1000]) for i in range(_PIECES))


def _goes_on(p: object) -> bool:
    """Whether there is more of the EAP-Message than rlm_python3 shows, and no piece of it yet."""
    try:
        pairs = _request_list(p)
        return all(name != "Tmp-String-0" for name, _ in pairs) and any(
            name == "EAP-Message" and len(value) >= _SHOWN for name, value in pairs
        )
    except (TypeError, ValueError):
        return False


def _request_list(p: object) -> Tuple[Tuple[str, Union[str, bytes]], ...]:
    """The request's attributes, whichever way rlm_python3 was told to pass them."""
    if isinstance(p, dict):
        p = p.get("request")
    elif isinstance(p, tuple) and len(p) == 6 and all(map(_is_list, p)):
        p = p[0]
    if p is None:
        return ()
    if not isinstance(p, tuple):
        raise TypeError(f"p: tuple, dict or None accepted, {type(p).__name__} given")
    if len(p) > _MAX_VALUES:
        raise BadAttribute("request", f"more than {_MAX_VALUES} attributes")
    for pair in p:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise TypeError("p: pairs of a name and a value accepted")
        if not isinstance(pair[1], (str, bytes)):
            raise BadAttribute(pair[0], f"str or bytes accepted, {type(pair[1]).__name__} given")
    return p


def _is_list(it: object) -> bool:
    """Whether it is a list of attributes, and not an attribute."""
    return it is None or isinstance(it, tuple) and all(isinstance(pair, tuple) for pair in it)


def _collect(
    pairs: Iterable[Tuple[str, Union[str, bytes]]],
) -> Dict[str, Tuple[Union[str, bytes], ...]]:
    collected: Dict[str, Tuple[Union[str, bytes], ...]] = {}
    for name, value in pairs:
        collected[name] = collected.get(name, ()) + (value,)
    return collected


class _Only:
    """Attributes of which a request has one at most (RFC 2865 §5.44, RFC 2866 §5.13)."""

    def __init__(self, attributes: Mapping[str, Tuple[Union[str, bytes], ...]]) -> None:
        self._attributes = attributes

    def value(self, name: str) -> Union[str, bytes, None]:
        values = self._attributes.get(name, ())
        if len(values) > 1:
            raise BadAttribute(name, f"{len(values)} given, at most one accepted")
        return values[0] if values else None

    def text(self, name: str) -> Optional[str]:
        value = self.value(name)
        if isinstance(value, bytes):
            try:
                value = value.decode()
            except UnicodeDecodeError:
                raise BadAttribute(name, "not UTF-8") from None
        if value is not None and "\0" in value:
            raise BadAttribute(name, "NUL in a text")
        return value

    def secret(self, name: str) -> Optional[bytes]:
        value = self.value(name)
        try:
            return value.encode() if isinstance(value, str) else value
        except UnicodeEncodeError:
            raise BadAttribute(name, "not Unicode") from None

    def octets(self, name: str, limit: int) -> Optional[bytes]:
        value = self.value(name)
        if value is None:
            return None
        read = _octets(name, value)
        if len(read) > limit:
            raise BadAttribute(name, f"{len(read)} octets, at most {limit} accepted")
        return read

    def number(self, name: str) -> Optional[int]:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch("[0-9]{1,10}", value) or int(value) >= 1 << 32:
            raise BadAttribute(name, "not a number of 32 bits")
        return int(value)


_FIELDS: Tuple[Tuple[str, str, Callable[[_Only, str], object]], ...] = (
    ("User-Name", "user_name", _Only.text),
    ("User-Password", "user_password", _Only.secret),
    ("State", "state", lambda only, name: only.octets(name, _MAX_STATE)),
    ("Service-Type", "service_type", _Only.text),
    ("Calling-Station-Id", "calling_station_id", _Only.text),
    ("Called-Station-Id", "called_station_id", _Only.text),
    ("NAS-Identifier", "nas_identifier", _Only.text),
    ("NAS-IP-Address", "nas_ip_address", _Only.text),
    ("NAS-Port", "nas_port", _Only.number),
    ("Framed-MTU", "framed_mtu", _Only.number),
    ("Acct-Status-Type", "acct_status_type", _Only.text),
    ("Acct-Session-Id", "acct_session_id", _Only.text),
    ("Acct-Session-Time", "acct_session_time", _Only.number),
    ("Acct-Terminate-Cause", "acct_terminate_cause", _Only.text),
)
"""Attributes, where a `Request` has them, and how they are read."""


def _eap_message(attributes: Mapping[str, Tuple[Union[str, bytes], ...]]) -> Optional[bytes]:
    values = attributes.get("EAP-Message")
    if values is None:
        return None
    packet = b"".join(_octets("EAP-Message", it) for it in values)
    if len(packet) < _eap_length(packet):
        # Tmp-String may be another module's: pieces begin with what is known already.
        pieces = _pieces(attributes)
        if pieces is not None and pieces.startswith(packet):
            packet = pieces
    if len(packet) > _MAX_EAP_MESSAGE:
        raise BadAttribute("EAP-Message", f"more than {_MAX_EAP_MESSAGE} octets")
    if len(packet) < _eap_length(packet):
        raise TruncatedEapMessage(_eap_length(packet), len(packet))
    return packet


def _pieces(attributes: Mapping[str, Tuple[Union[str, bytes], ...]]) -> Optional[bytes]:
    digits = "".join(
        it
        for i in range(_PIECES)
        for it in attributes.get(f"Tmp-String-{i}", ())[:1]
        if isinstance(it, str)
    )
    return _unhex(digits)


def _eap_length(packet: bytes) -> int:
    """The Length field (RFC 3748 §4.1); what ends before it is the state machine's to judge."""
    return int.from_bytes(packet[2:4], "big") if len(packet) >= 4 else 0


def _octets(name: str, value: Union[str, bytes]) -> bytes:
    if isinstance(value, bytes):
        return value
    read = _unhex(value[2:]) if value.startswith("0x") else None
    if read is None:
        raise BadAttribute(name, "octets are bytes, or 0x and an even number of hexadecimal digits")
    return read


def _unhex(digits: str) -> Optional[bytes]:
    try:
        read = bytes.fromhex(digits)
    except ValueError:
        return None
    # bytes.fromhex skips spaces.
    return read if 2 * len(read) == len(digits) else None


def _eap(eap_message: bytes) -> Tuple[Attribute, ...]:
    """EAP-Message, which FreeRADIUS splits, and what signs it: servers before 3.2.5 compute a
    Message-Authenticator only where there is one (RFC 3579 §3.2)."""
    if not eap_message:
        return ()
    return ("EAP-Message", ":=", octets(eap_message)), ("Message-Authenticator", ":=", "0x00")


def _failure(eap_message: bytes) -> bytes:
    """EAP-Failure (RFC 3748 §4.2) that answers this Response."""
    return bytes((4, eap_message[1], 0, 4)) if len(eap_message) >= 4 else b""


def _keys(outcome: Outcome, key_name: bool) -> Tuple[Attribute, ...]:
    """The MSK (RFC 3579 §3.16, RFC 2548 §2.4), 32 octets and 32, of EAP-MSCHAPv2 16 and 16; and
    its name (RFC 7268 §2.2)."""
    keys: Tuple[Attribute, ...] = ()
    if outcome.msk is not None:
        half = min(32, len(outcome.msk) // 2)
        keys += (
            ("MS-MPPE-Recv-Key", ":=", octets(outcome.msk[:half])),
            ("MS-MPPE-Send-Key", ":=", octets(outcome.msk[half : 2 * half])),
        )
    if key_name and outcome.session_id is not None:
        keys += (("EAP-Key-Name", ":=", octets(outcome.session_id)),)
    return keys


def _user_name(identity: str) -> Tuple[Attribute, ...]:
    """Who has logged in, for accounting (RFC 2865 §5.1), as far as RADIUS can say it."""
    try:
        return (("User-Name", ":=", text(identity)),) if identity else ()
    except ValueError:
        return ()


def _escape(character: str, also: str = "") -> str:
    plain = character.isprintable() and character not in also
    return character if plain else f"\\u{{{ord(character):x}}}"


def _mac_or_none(text: Optional[str]) -> Optional[str]:
    try:
        return None if text is None else normalise_mac(text)
    except ValueError:
        return None


def _mac_pattern() -> str:
    digit = "[0-9A-Fa-f]"
    forms = [f"{digit}{{12}}"]
    for separator in (":", "-", r"\."):
        for size, more in ((2, 5), (4, 2), (6, 1)):
            forms.append(f"{digit}{{{size}}}(?:{separator}{digit}{{{size}}}){{{more}}}")
    return f"(?:{'|'.join(forms)})"


_MAC = _mac_pattern()
_log = logging.getLogger(__name__)
