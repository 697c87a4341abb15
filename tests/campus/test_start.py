"""Servers that cannot start say why, and do not go on."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

import radius
from certificates import Pki
from example import ALICE, EXAMPLE, VLANS, Example, Settings
from login import Login
from peers import peer
from radius import Client
from servers import SECRET, FreeRadius

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


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A directory that others get into: pytest's are root's alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_root_starts_it_as_somebody_else(pki: Pki, everybodys: Path) -> None:
    """As README.md has it."""
    freerad = pwd.getpwnam("freerad")
    home = everybodys / "freeradius"
    ignore = shutil.ignore_patterns("__pycache__", "certificates", "run", "*.sqlite*", "python")
    shutil.copytree(EXAMPLE, home, ignore=ignore)
    (home / "certificates").mkdir(mode=0o700)
    (home / "run").mkdir(mode=0o700)
    example = Example.new(home / "certificates", pki.servers["p256"], pki.staff_ca, {})
    for file in (home, home / "run", home / "certificates", *(home / "certificates").iterdir()):
        shutil.chown(file, "freerad", "freerad")
    text = (home / "raddb" / "server.conf").read_text()
    text = re.sub("# (user|group) = ", r"\1 = ", text)
    (home / "raddb" / "server.conf").write_text(text)
    settings = (home / "campus.ini").read_text().replace("ticket_keys = ", "# ")
    (home / "campus.ini").write_text(settings)
    more = {
        "CAMPUS_HOME": str(home),
        "CAMPUS_SETTINGS": str(home / "campus.ini"),
        "CAMPUS_RUN": str(home / "run"),
    }
    environment = example.server(more=more).environment
    port = int(environment["CAMPUS_PORT"])
    with FreeRadius(home / "raddb", home / "run", port, environment=environment) as server:
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert re.search(rf"^Uid:(\s+{freerad.pw_uid}){{4}}$", status, re.MULTILINE), status
        assert (home / "subscriptions.sqlite").stat().st_uid == freerad.pw_uid
        who = peer(pki, ALICE, "ttls/pap")
        with Client(port, SECRET) as client:
            verdict = Login(client, who.config, who.outer, password=who.password).finish()
        assert (verdict.code, verdict.vlan) == (radius.ACCESS_ACCEPT, VLANS[ALICE])
