"""FreeRADIUS's log."""

from __future__ import annotations

import importlib
import logging
from typing import Any


def printable(text: str, limit: int = 128) -> str:
    """Text of the network's, for a field of a log: without spaces and anything else that could
    break out of the field or the line, and of so many characters at most."""
    escaped = "".join(escape(it, ' "\\') for it in text[:limit])
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
            line = "".join(map(escape, self.format(record)))
            self._radiusd.radlog(self._level(record.levelno), line)
        except Exception:  # noqa: BLE001
            self.handleError(record)

    def _level(self, level: int) -> int:
        for least, name in ((logging.ERROR, "L_ERR"), (logging.WARNING, "L_WARN")):
            if level >= least:
                return int(getattr(self._radiusd, name))
        return int(self._radiusd.L_INFO if level >= logging.INFO else self._radiusd.L_DBG)


def escape(character: str, also: str = "") -> str:
    """What no log could take for anything else than a character."""
    plain = character.isprintable() and character not in also
    return character if plain else f"\\u{{{ord(character):x}}}"
