"""The example, `examples/freeradius`, set up for a test."""

from __future__ import annotations

import configparser
import inspect
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional

import bcrypt
import eap_rs

from certificates import Certificate
from servers import SECRET, FreeRadius, How, free_ports

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "freeradius"
RADDB = EXAMPLE / "raddb"

# Where FreeRADIUS finds them: neither is in the system's Python.
PYTHON_PATH = [Path(inspect.getfile(it)).parent.parent for it in (eap_rs, bcrypt)]

# The example's own samples.
ALICE, BOB = "alice@campus.example", "bob@campus.example"
PHONE = "phone@campus.example"
"""The only one whose password is kept as it is: MD5-Challenge and CHAP work with nothing less."""
EXPIRED, NOBODY = "expired@campus.example", "nobody@campus.example"
PASSWORDS = {
    ALICE: "wonderland",
    BOB: "builder",
    PHONE: "dial9",
    EXPIRED: "toolate",
    NOBODY: "guess",
}
VLANS = {ALICE: "101", BOB: "102", PHONE: "103"}
DEVICE, DEVICE_VLAN = "02:00:00:00:01:01", "301"
OUTER = "@campus.example"

Settings = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Example:
    """A folder with the settings of one server or several."""

    folder: Path
    settings: Path

    @classmethod
    def new(cls, folder: Path, server: Certificate, client_ca: Path, more: Settings) -> Example:
        """`more` replaces settings, one by one."""
        folder.mkdir(parents=True, exist_ok=True)
        ini = configparser.ConfigParser(interpolation=None)
        ini.read_dict(
            {
                "tls": {
                    "certificate": str(server.chain),
                    "key": str(server.key),
                    "client_ca": str(client_ca),
                    "versions": "1.2 1.3",
                },
                "eap": {"methods": "ttls/pap peap/gtc"},
                "subscriptions": {"database": str(folder / "subscriptions.sqlite")},
            }
        )
        ini.read_dict(more)
        # What the tunnel of rlm_eap shows.
        for name, file in (("server.pem", server.chain), ("server.key", server.key)):
            shutil.copy(file, folder / name)
        path = folder / "campus.ini"
        with path.open("w") as text:
            ini.write(text)
        return cls(folder, path)

    def server(
        self,
        run: str = "run",
        *,
        port: Optional[int] = None,
        name: Optional[str] = None,
        how: How = "foreground",
        more: Optional[Mapping[str, str]] = None,
    ) -> FreeRadius:
        """A server with these settings, not started yet. Servers do not share a `run`. Accounting
        is at the port after its own."""
        port = port or free_ports(1)[0]
        environment = {
            "CAMPUS_HOME": str(EXAMPLE),
            "CAMPUS_PYTHONPATH": ":".join(map(str, PYTHON_PATH)),
            "CAMPUS_SETTINGS": str(self.settings),
            "CAMPUS_CERTIFICATES": str(self.folder),
            "CAMPUS_ADDRESS": "127.0.0.1",
            "CAMPUS_PORT": str(port),
            "CAMPUS_ACCT_PORT": str(port + 1),
            "CAMPUS_SECRET": SECRET,
            "CAMPUS_RUN": str(self.folder / run),
            **(more or {}),
        }
        run_folder = self.folder / run
        return FreeRadius(RADDB, run_folder, port, name=name, how=how, environment=environment)
