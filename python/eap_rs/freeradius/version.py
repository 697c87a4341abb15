"""Versions of FreeRADIUS."""

from __future__ import annotations

import re
from typing import List, Tuple

from eap_rs._native import EapError
from eap_rs.freeradius.log import printable


class UnsupportedVersion(EapError):
    """A version of FreeRADIUS with which a script cannot work."""


def check_version(version: str) -> Tuple[str, ...]:
    """What to know about this version of FreeRADIUS, for its log. Scripts are not told it; hand
    it on with ``config { version = "${version.freeradius-server}" }``, as ``radiusd.config``.

    Raises `UnsupportedVersion` where the attributes that a script returns get lost.
    """
    # "FreeRADIUS Version 3.2.8", "v3.2.8", "3.2.8+dfsg-1".
    found = re.search(r"(?<![\d.])(\d+)\.(\d+)\.(\d+)(?![\d.])", version)
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
