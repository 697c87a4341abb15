"""The examples, as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import SERVER, Pki

ROOT = Path(__file__).parents[2]


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_login(pki: Pki, tmp_path: Path) -> None:
    files = {"server.pem": pki.server, "server.key": pki.server_key, "ca.pem": pki.ca}
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    args = [ROOT / "examples/python/login.py", *(tmp_path / name for name in files)]
    right = run(*args, SERVER)
    assert right.returncode == 0, right.stderr
    assert sorted(right.stdout.splitlines()) == [
        "authenticator: alice@example.org logged in",
        "peer: alice@example.org logged in",
    ]
    wrong = run(*args, "other.example.org")
    assert wrong.returncode == 1
    assert "peer: refused: " in wrong.stdout and "other.example.org" in wrong.stdout
    assert run(args[0]).returncode != 0


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("wonderland", "logged in, with a key of 32 octets"),
        ("looking-glass", "refused: wrong password or token"),
    ],
)
def test_readme(password: str, words: str) -> None:
    section = (ROOT / "README.md").read_text().partition("\n## Python\n")[2]
    code = section.partition("```python\n")[2].partition("```")[0]
    changed = code.replace('password="wonderland"', f'password="{password}"')
    shown = run("-c", changed)
    assert (shown.stdout, shown.stderr) == (f"alice@example.org {words}\n", "")
