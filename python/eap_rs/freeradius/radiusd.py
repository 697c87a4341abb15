"""A stand-in for FreeRADIUS's module ``radiusd``."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Dict, List, Optional, Tuple, Union

from eap_rs.freeradius import codes
from eap_rs.freeradius.attributes import PIECES
from eap_rs.freeradius.reply import octets


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
    RLM_MODULE_REJECT = codes.RLM_MODULE_REJECT
    RLM_MODULE_FAIL = codes.RLM_MODULE_FAIL
    RLM_MODULE_OK = codes.RLM_MODULE_OK
    RLM_MODULE_HANDLED = codes.RLM_MODULE_HANDLED
    RLM_MODULE_INVALID = codes.RLM_MODULE_INVALID
    RLM_MODULE_USERLOCK = 5
    RLM_MODULE_NOTFOUND = 6
    RLM_MODULE_NOOP = codes.RLM_MODULE_NOOP
    RLM_MODULE_UPDATED = codes.RLM_MODULE_UPDATED
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
        return tuple((f"Tmp-String-{i}", digits[1000 * i :][:1000]) for i in range(PIECES))
