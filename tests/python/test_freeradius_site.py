"""FreeRADIUS around the module: its version, its log, and a stand-in for both."""

from __future__ import annotations

import logging

import pytest
from eap_rs import freeradius
from eap_rs.freeradius import Radiusd


def test_versions_that_lose_attributes_are_refused() -> None:
    for version in ("3.2.9", "3.2.10"):
        with pytest.raises(freeradius.UnsupportedVersion, match=version):
            freeradius.check_version(version)
    for spelling in ("FreeRADIUS Version {}", "v{}", "{}+dfsg-1", "radiusd: V. {}, for host x\n"):
        with pytest.raises(freeradius.UnsupportedVersion, match=r"^FreeRADIUS 3\.2\.9 "):
            freeradius.check_version(spelling.format("3.2.9"))
        assert freeradius.check_version(spelling.format("3.2.8")) == ()
    assert freeradius.check_version("3.2.8") == freeradius.check_version("3.2.12") == ()
    assert "two instances" in freeradius.check_version("3.2.1")[0]
    assert "debug" in freeradius.check_version("3.2.11")[0]
    for unknown in ("4.0.0", "3.0.26", "13.2.9", "3.2.9.1", "", "x\ny"):
        warning = freeradius.check_version(unknown)[0]
        assert "known" in warning and "\n" not in warning


def test_the_stand_in_is_as_short_as_the_original(radiusd: Radiusd) -> None:
    assert radiusd.vps(("EAP-Message", bytes(600)), ("Filter-Id", "a" * 2000)) == (
        ("EAP-Message", "0x" + "00" * 510),
        ("Filter-Id", "a" * 1023),
    )
    radiusd.radlog(radiusd.L_DBG, "line")
    assert radiusd.lines == [(16, "line")]
    with pytest.raises(ValueError, match="null"):
        radiusd.radlog(radiusd.L_DBG, "a\0b")
    with pytest.raises(UnicodeEncodeError):
        radiusd.radlog(radiusd.L_DBG, "\ud800")
    assert radiusd.config == {"version": "3.2.1"} and Radiusd().config == {}
    assert radiusd.__name__ == "radiusd"


def test_logging_goes_to_freeradius(radiusd: Radiusd) -> None:
    logger = logging.getLogger("eap_rs.test")
    logger.setLevel(logging.DEBUG)
    logger.propagate = True
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        logger.log(level, "a\0b\nc\ud800")
    levels = [radiusd.L_DBG, radiusd.L_INFO, radiusd.L_WARN, radiusd.L_ERR, radiusd.L_ERR]
    assert radiusd.lines == [(it, "a\\u{0}b\\u{a}c\\u{d800}") for it in levels]


def test_a_log_that_breaks_breaks_nothing_else(
    radiusd: Radiusd, capsys: pytest.CaptureFixture[str]
) -> None:
    radiusd.radlog = lambda level, line: 1 // 0  # type: ignore[method-assign,assignment]
    logging.getLogger("eap_rs.test").error("x")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_without_freeradius_there_is_no_log_of_its_own() -> None:
    with pytest.raises(ImportError):
        freeradius.LogHandler()
