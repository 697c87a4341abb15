"""The attributes of a request, as rlm_python3 passes them: checked and capped."""

from __future__ import annotations

import re
from typing import Dict, Iterable, Mapping, Optional, Tuple, Union

from eap_rs.freeradius.errors import BadAttribute, TruncatedEapMessage

_MAX_EAP_MESSAGE = 65_535
"""Octets: all that the Length field of EAP can say (RFC 3748 §4.1)."""

MAX_STATE = 253
"""Octets of one RADIUS attribute (RFC 2865 §5)."""

_MAX_VALUES = 1024
"""Attributes of a request: no RADIUS packet of 4096 octets has more with anything in them."""

PIECES = 8
"""How many of an EAP packet the site of `UNLANG` hands on."""

_SHOWN = 1022
"""Characters of a value: rlm_python3 has a buffer of 1024."""


def request_list(p: object) -> Tuple[Tuple[str, Union[str, bytes]], ...]:
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


def goes_on(p: object) -> bool:
    """Whether there is more of the EAP-Message than rlm_python3 shows, and no piece of it yet."""
    try:
        pairs = request_list(p)
        return all(name != "Tmp-String-0" for name, _ in pairs) and any(
            name == "EAP-Message" and len(value) >= _SHOWN for name, value in pairs
        )
    except (TypeError, ValueError):
        return False


def collect(
    pairs: Iterable[Tuple[str, Union[str, bytes]]],
) -> Dict[str, Tuple[Union[str, bytes], ...]]:
    """The values by their names."""
    collected: Dict[str, Tuple[Union[str, bytes], ...]] = {}
    for name, value in pairs:
        collected[name] = collected.get(name, ()) + (value,)
    return collected


class Only:
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
        read = read_octets(name, value)
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


def eap_message(attributes: Mapping[str, Tuple[Union[str, bytes], ...]]) -> Optional[bytes]:
    """The EAP packet, put together from its pieces (RFC 3579 §3.1)."""
    values = attributes.get("EAP-Message")
    if values is None:
        return None
    packet = b"".join(read_octets("EAP-Message", it) for it in values)
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


def read_octets(name: str, value: Union[str, bytes]) -> bytes:
    """The octets of a value, which rlm_python3 writes in hexadecimal."""
    if isinstance(value, bytes):
        return value
    read = _unhex(value[2:]) if value.startswith("0x") else None
    if read is None:
        raise BadAttribute(name, "octets are bytes, or 0x and an even number of hexadecimal digits")
    return read


def _is_list(it: object) -> bool:
    """Whether it is a list of attributes, and not an attribute."""
    return it is None or isinstance(it, tuple) and all(isinstance(pair, tuple) for pair in it)


def _pieces(attributes: Mapping[str, Tuple[Union[str, bytes], ...]]) -> Optional[bytes]:
    digits = "".join(
        it
        for i in range(PIECES)
        for it in attributes.get(f"Tmp-String-{i}", ())[:1]
        if isinstance(it, str)
    )
    return _unhex(digits)


def _eap_length(packet: bytes) -> int:
    """The Length field (RFC 3748 §4.1); what ends before it is the state machine's to judge."""
    return int.from_bytes(packet[2:4], "big") if len(packet) >= 4 else 0


def _unhex(digits: str) -> Optional[bytes]:
    try:
        read = bytes.fromhex(digits)
    except ValueError:
        return None
    # bytes.fromhex skips spaces.
    return read if 2 * len(read) == len(digits) else None
