"""Programs, certificates and servers that tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from certificates import Pki

# Debian's freeradius is not in everybody's.
os.environ["PATH"] += ":/usr/sbin:/sbin"

PLUGIN = "/usr/lib/freeradius/rlm_python3.so"
PROGRAMS = ("freeradius", "eapol_test", "radclient", "openssl")
MISSING = [it for it in PROGRAMS if not shutil.which(it)]
MISSING += [] if Path(PLUGIN).exists() else [PLUGIN]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not MISSING:
        return
    reason = f"not installed: {', '.join(MISSING)}"
    if os.environ.get("CI") == "true":
        pytest.exit(f"tests/campus cannot run: {reason}", returncode=1)
    for item in items:
        item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MISSING:
        terminalreporter.write_line(f"SKIPPED tests/campus: not installed: {', '.join(MISSING)}")


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki.new(tmp_path_factory.mktemp("pki"))
