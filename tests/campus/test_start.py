"""Servers that cannot start say why, and do not go on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from certificates import Pki
from example import Example, Settings

MISTAKES: dict[str, tuple[Settings, str]] = {
    "a method that there is not": ({"eap": {"methods": "ttls/pop"}}, "methods"),
    "a certificate that is not there": ({"tls": {"certificate": "/nowhere.pem"}}, "certificate"),
    "a setting that there is not": ({"sessions": {"capacities": "7"}}, "capacities"),
    "no directory for the database": (
        {"subscriptions": {"database": "/nowhere/s.sqlite"}},
        "[subscriptions] database: /nowhere/s.sqlite: No such file or directory",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("name", ["radiusd", "rlm_eap"])
def test_a_mistake_in_the_settings_ends_the_server(
    pki: Pki, tmp_path: Path, mistake: str, name: str
) -> None:
    settings, named = MISTAKES[mistake]
    example = Example.new(tmp_path / "example", pki.servers["p256"], pki.staff_ca, settings)
    server = example.server(name=name)
    server.run.mkdir()
    done = subprocess.run(
        server.command,
        env=server.environment,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    assert "campus: cannot start: " in done.stdout and named in done.stdout, done.stdout
    assert "Ready to process requests" not in done.stdout
    assert not list(example.folder.glob("*.sqlite"))
