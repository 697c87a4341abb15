"""Hardware addresses."""

from __future__ import annotations

import re
from typing import Optional, Tuple


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


def mac_or_none(text: Optional[str]) -> Optional[str]:
    """The address, if it is one."""
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
