"""The examples, as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import SERVER, Pki

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / "login.py"), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_login(pki: Pki, tmp_path: Path) -> None:
    files = {"server.pem": pki.server, "server.key": pki.server_key, "ca.pem": pki.ca}
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    args = [tmp_path / name for name in files]
    right = run(*args, SERVER)
    assert right.returncode == 0, right.stderr
    assert sorted(right.stdout.splitlines()) == [
        "authenticator: alice@example.org logged in",
        "peer: alice@example.org logged in",
    ]
    wrong = run(*args, "other.example.org")
    assert wrong.returncode == 1
    assert "peer: refused: " in wrong.stdout and "other.example.org" in wrong.stdout
    assert run().returncode != 0
