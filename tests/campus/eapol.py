"""`eapol_test`, the peer of wpa_supplicant, and what it saw."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from certificates import SERVER_NAME, Certificate
from servers import SECRET

TIMEOUT = 20


@dataclass(frozen=True)
class Seen:
    """One run, of one login or several."""

    success: bool
    """Its verdict: every login ended in success, with the keys that the server has."""
    output: str

    @property
    def keys(self) -> tuple[int, int]:
        """How many logins ended with equal keys, and how many with others or none."""
        found = re.search(r"MPPE keys OK: (\d+)  mismatch: (\d+)", self.output)
        assert found, self.output[-2000:]
        return int(found[1]), int(found[2])

    @property
    def answers(self) -> list[str]:
        """What became of each login: the final packets, as it prints them."""
        parts = re.split(r"(?=RADIUS message: code=)", self.output)
        finals = [part for part in parts if re.match(r"RADIUS message: code=[23] ", part)]
        return [_message(part) for part in finals]

    @property
    def vlans(self) -> list[Optional[str]]:
        """The VLAN of each final packet."""
        return [_vlan(answer) for answer in self.answers]

    @property
    def codes(self) -> list[int]:
        return [int(answer[len("RADIUS message: code=")]) for answer in self.answers]

    @property
    def attributes(self) -> list[list[tuple[int, int]]]:
        """Type and length of each attribute of each final packet."""
        pattern = r"^   Attribute (\d+) \(.*\) length=(\d+)$"
        return [
            [(int(kind), int(length)) for kind, length in re.findall(pattern, answer, re.M)]
            for answer in self.answers
        ]

    @property
    def round_trips(self) -> int:
        return len(re.findall(r"^RADIUS packet matching with station", self.output, re.M))

    @property
    def resumed(self) -> list[bool]:
        """Of each login that ended in success, whether it took up an earlier TLS session."""
        logins = self.output.split("CTRL-EVENT-EAP-SUCCESS")[:-1]
        return ["OpenSSL: Handshake finished - resumed=1" in login for login in logins]

    @property
    def tls_version(self) -> str:
        """Of the first handshake: in a tunnel, there may be others."""
        found = re.search(r"SSL: Using TLS version TLSv(\S+)", self.output)
        return found[1] if found else "none"


@dataclass(frozen=True)
class Network:
    """Who logs in where, as its configuration file has it."""

    ca: Path
    identity: str
    password: str
    version: str = "1.3"
    anonymous: str = "@campus.example"
    client: Optional[Certificate] = None

    def block(self, lines: str) -> str:
        """A network block; `lines` say which method."""
        no_1_2, no_1_3 = int(self.version != "1.2"), int(self.version != "1.3")
        outside = re.search(r"^eap=(TLS|MD5|GTC|MSCHAPV2)$", lines, re.M)
        own = [f'identity="{self.identity}"', f'password="{self.password}"']
        if not outside:
            own.append(f'anonymous_identity="{self.anonymous}"')
        if self.client:
            two = "" if outside else "2"
            own.append(f'client_cert{two}="{self.client.chain}"')
            own.append(f'private_key{two}="{self.client.key}"')
        return "\n".join(
            [
                "network={",
                "key_mgmt=IEEE8021X",
                f'ca_cert="{self.ca}"',
                f'ca_cert2="{self.ca}"',
                f'domain_match="{SERVER_NAME}"',
                "fragment_size=1398",
                'phase1="tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 '
                f"tls_disable_tlsv1_2={no_1_2} tls_disable_tlsv1_3={no_1_3} "
                'tls_disable_session_ticket=0"',
                *own,
                lines,
                "}",
                "",
            ]
        )


def start(file: Path, port: int, block: str, *more: str) -> subprocess.Popen[str]:
    """Starts it; `file` is where its configuration is kept."""
    file.write_text(block)
    where = ["-a", "127.0.0.1", "-p", str(port), "-s", SECRET, "-t", str(TIMEOUT)]
    return subprocess.Popen(
        ["eapol_test", "-c", str(file), *where, *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def wait(process: subprocess.Popen[str]) -> Seen:
    try:
        output, _ = process.communicate(timeout=TIMEOUT + 10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    success = process.returncode == 0 and output.rstrip().endswith("SUCCESS")
    return Seen(success, output)


def run(file: Path, port: int, block: str, *more: str) -> Seen:
    return wait(start(file, port, block, *more))


def _message(part: str) -> str:
    """The packet alone: its head and the indented lines that follow."""
    head, *lines = part.splitlines()
    body = []
    for line in lines:
        if not line.startswith("   "):
            break
        body.append(line)
    return "\n".join([head, *body])


def _vlan(answer: str) -> Optional[str]:
    value = r" \({}\) length=\d+\n      Value: (\w+)$"
    found = {
        name: re.search(value.format(name), answer, re.M)
        for name in ("Tunnel-Type", "Tunnel-Medium-Type", "Tunnel-Private-Group-Id")
    }
    values = {name: match[1] for name, match in found.items() if match}
    if not values.get("Tunnel-Type", "").endswith("00000d"):
        return None
    if not values.get("Tunnel-Medium-Type", "").endswith("000006"):
        return None
    group = bytes.fromhex(values.get("Tunnel-Private-Group-Id", ""))
    return (group[1:] if group[:1] <= b"\x1f" else group).decode() or None
