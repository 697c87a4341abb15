"""What is wrong with a request."""

from __future__ import annotations

from eap_rs._native import EapError
from eap_rs.freeradius.log import printable


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
            f"{arrived} octets of {length} have arrived: either the sender says a wrong length, or "
            "the site does not hand on long values in pieces (eap_rs.freeradius.UNLANG)",
        )
