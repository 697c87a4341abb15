"""CAs, servers and clients, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SERVER_NAME = "radius.campus.example"

KEYS = {
    "p256": "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    "rsa2048": "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
    "rsa4096": "-algorithm RSA -pkeyopt rsa_keygen_bits:4096",
}


@dataclass(frozen=True)
class Certificate:
    """A certificate, below it those that issued it, and its key."""

    chain: Path
    key: Path


class Authority:
    """A CA, and in `between` those that stand between it and whom it certifies. They share a key:
    to make long ones takes its time."""

    def __init__(self, folder: Path, name: str, key: str = "p256", between: int = 0) -> None:
        self.folder = folder
        _new_key(folder / f"{name}.key", key)
        _openssl(
            folder,
            f"req -x509 -new -key {name}.key -days 30 -subj /CN={name} -out {name}.pem "
            "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
        )
        self.root = folder / f"{name}.pem"
        self._issuer, self._above = name, ""
        for i in range(between):
            below = f"{name}-{i + 1}"
            shutil.copy(folder / f"{name}.key", folder / f"{below}.key")
            usage = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"
            self._above = self._certify(below, usage, below).chain.read_text()
            self._issuer = below

    def server(self, file: str, key: str) -> Certificate:
        usage = f"subjectAltName=DNS:{SERVER_NAME}\nextendedKeyUsage=serverAuth"
        return self._issue(file, key, usage, SERVER_NAME)

    def client(self, file: str, user: str, key: str = "p256") -> Certificate:
        usage = f"subjectAltName=email:{user}\nextendedKeyUsage=clientAuth"
        return self._issue(file, key, usage, user)

    def _issue(self, file: str, key: str, extensions: str, name: str) -> Certificate:
        _new_key(self.folder / f"{file}.key", key)
        return self._certify(file, extensions, name)

    def _certify(self, file: str, extensions: str, name: str) -> Certificate:
        folder = self.folder
        (folder / f"{file}.ext").write_text(extensions)
        _openssl(folder, f"req -new -key {file}.key -subj /CN={name} -out {file}.csr")
        _openssl(
            folder,
            f"x509 -req -in {file}.csr -CA {self._issuer}.pem -CAkey {self._issuer}.key "
            f"-CAcreateserial -days 30 -extfile {file}.ext -out {file}.pem",
        )
        chain = folder / f"{file}.pem"
        chain.write_text(chain.read_text() + self._above)
        return Certificate(chain, folder / f"{file}.key")


@dataclass(frozen=True)
class Pki:
    """The CA of the servers, that of the staff, and one that nobody trusts."""

    server_ca: Path
    staff_ca: Path
    servers: dict[str, Certificate]
    alice: Certificate
    """Short: it fits into one packet."""
    long: Certificate
    """Alice again, with RSA-4096 and two CAs above: it fits into none."""
    foreign: Certificate
    """Alice again, says a CA that nobody trusts."""

    @classmethod
    def new(cls, folder: Path) -> Pki:
        servers = Authority(folder, "Servers")
        staff = Authority(folder, "Staff")
        large = Authority(folder, "Large", "rsa4096", between=2)
        other = Authority(folder, "Other")
        staff_ca = folder / "staff_ca.pem"
        staff_ca.write_text(staff.root.read_text() + large.root.read_text())
        return cls(
            server_ca=servers.root,
            staff_ca=staff_ca,
            servers={key: servers.server(f"server-{key}", key) for key in ("p256", "rsa2048")},
            alice=staff.client("alice", ALICE),
            long=large.client("alice-long", ALICE, "rsa4096"),
            foreign=other.client("alice-foreign", ALICE),
        )


ALICE = "alice@campus.example"


def _new_key(path: Path, kind: str) -> None:
    _openssl(path.parent, f"genpkey {KEYS[kind]} -out {path.name}")


def _openssl(folder: Path, arguments: str) -> None:
    command = ["openssl", *arguments.split()]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
