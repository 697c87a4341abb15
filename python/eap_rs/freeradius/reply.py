"""What a function of rlm_python3 returns."""

from __future__ import annotations

import re
from typing import Dict, Iterable, Optional, Tuple, Union

from eap_rs._native import Accept, Challenge, Discard, Outcome, Reject, challenge_update
from eap_rs.freeradius.codes import RLM_MODULE_HANDLED, RLM_MODULE_OK, RLM_MODULE_REJECT

Attribute = Tuple[str, str, str]
"""Name, operator and value, which `octets` and `text` write. The operator is ``:=``, or ``+=`` for
one more of a kind; with ``=``, it would be dropped if there is one."""

Update = Tuple[int, Dict[str, Tuple[Attribute, ...]]]
"""What a function of rlm_python3 returns: the code, and attributes for ``reply`` and ``config``."""

Reply = Union[Challenge, Accept, Reject, Discard]
"""What a `SessionTable` has to say to a request, once all questions are answered."""


def vlan(name: Union[int, str], tag: int = 1) -> Tuple[Attribute, ...]:
    """The attributes that put a port into a VLAN (RFC 3580 §3.31): its number, 1 to 4094, or the
    name by which the switch knows it. Tag: 1 to 31 (RFC 2868 §3.1). Raises `ValueError` and
    `TypeError`."""
    if isinstance(name, bool) or not isinstance(name, (int, str)):
        raise TypeError(f"vlan: int or str accepted, {type(name).__name__} given")
    if isinstance(name, int) and not 1 <= name <= 4094:
        raise ValueError(f"vlan: {name} given, 1 to 4094 accepted")
    if isinstance(name, str) and not re.fullmatch(r"[!-~]{1,249}", name):
        raise ValueError("vlan: a name is 1 to 249 printable ASCII characters without spaces")
    if isinstance(name, str) and name.isdigit():
        return vlan(int(name), tag)
    if isinstance(tag, bool) or not isinstance(tag, int):
        raise TypeError(f"tag: int accepted, {type(tag).__name__} given")
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

    ``attributes`` are for an `Accept` only, such as those of `vlan`. A User-Name among them takes
    the place of the identity that the peer has given, which with EAP-TLS need not be that of its
    certificate. ``key_name=False`` leaves out EAP-Key-Name, for which a NAS should have asked
    (RFC 7268 §2.2). Keys are in the Access-Accept and nowhere before (RFC 2548 §2.4).

    Raises `TypeError` for a `Question`, which is to be answered first, and `TypeError` or
    `ValueError` for ``attributes`` that are none: FreeRADIUS would leave them out, and let the
    user in.
    """
    extra = tuple(map(_checked, attributes))
    if extra and not isinstance(reply, Accept):
        raise ValueError("attributes: given, but only an Accept takes them")
    if isinstance(reply, Challenge):
        return challenge_update(reply)
    if isinstance(reply, Accept):
        outcome = reply.outcome
        named = any(name == "User-Name" for name, _, _ in extra)
        return RLM_MODULE_OK, {
            "reply": signed_eap(reply.eap_message)
            + (() if named else _user_name(outcome.inner_identity or outcome.identity))
            + _keys(outcome, key_name)
            + extra
        }
    if isinstance(reply, Reject):
        return RLM_MODULE_REJECT, {"reply": signed_eap(reply.eap_message)}
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


def signed_eap(eap_message: bytes) -> Tuple[Attribute, ...]:
    """EAP-Message, which FreeRADIUS splits, and what signs it: servers before 3.2.5 compute a
    Message-Authenticator only where there is one (RFC 3579 §3.2)."""
    if not eap_message:
        return ()
    return ("EAP-Message", ":=", octets(eap_message)), ("Message-Authenticator", ":=", "0x00")


def failure(eap_message: bytes) -> bytes:
    """EAP-Failure (RFC 3748 §4.2) that answers this Response."""
    return bytes((4, eap_message[1], 0, 4)) if len(eap_message) >= 4 else b""


def _checked(attribute: Attribute) -> Attribute:
    if (
        not isinstance(attribute, tuple)
        or len(attribute) != 3
        or not all(isinstance(it, str) for it in attribute)
    ):
        raise TypeError("attributes: tuples of name, operator and value accepted, all three str")
    name, operator, value = attribute
    if operator not in (":=", "+=", "="):
        raise ValueError(f"attributes: {name}: an operator other than := and +=")
    if not name or "\0" in name + value or not _is_unicode(name + value):
        raise ValueError(f"attributes: {name}: not UTF-8 without NUL")
    return attribute


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


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
