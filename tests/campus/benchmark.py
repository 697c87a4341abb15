"""Logins per CPU second of FreeRADIUS: eap_rs in rlm_python3 beside its own rlm_eap.

Both check the same password in clear text, with the same certificate, TLS version, cipher suite and
group, and resume nothing. Rounds alternate between the two. What the CPU did is read from
/proc/PID/stat of the server: the peers' part is not in it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import eap_rs

import load
import native
import radius
from certificates import ALICE, SERVER_NAME, Authority, Certificate
from servers import FreeRadius, free_ports

PASSWORD = "wonderland"
METHODS = ("peap/gtc", "ttls/pap")
KEYS = ("rsa2048", "p256")


@dataclass
class Row:
    """One method with one kind of key: the rates of both, round by round."""

    method: str
    key: str
    version: str
    rates: dict[str, list[float]] = field(default_factory=lambda: {"eap_rs": [], "rlm_eap": []})
    how: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        ours, theirs = self.rates["eap_rs"], self.rates["rlm_eap"]
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        cipher_suite, group, exchanges = self.how["eap_rs"]
        return (
            f"{self.method:<9} {self.key:<8} {statistics.median(ours):10.0f} "
            f"{statistics.median(theirs):10.0f} {ratio:7.2f}"
            f"   TLS {self.version}, {cipher_suite}, {group}, {exchanges} round trips"
        )


HEADER = f"{'method':<9} {'key':<8} {'eap_rs':>10} {'rlm_eap':>10} {'ratio':>7}"


def peer(authority: Authority, method: str, version: str) -> load.Who:
    tls = eap_rs.TlsPeerConfig(
        ca=authority.root.read_bytes(),
        server_names=[SERVER_NAME],
        min_version=version,  # type: ignore[arg-type]
        max_version=version,  # type: ignore[arg-type]
        resumption=False,
    )
    config = eap_rs.PeerConfig(
        ALICE,
        password=PASSWORD,
        anonymous_identity="@campus.example",
        methods=[method],
        tls=tls,
    )
    return load.Who(config, "@campus.example", "02-00-00-00-00-01", PASSWORD)


def measure(
    server: FreeRadius, who: load.Who, count: int, at_a_time: int
) -> tuple[float, load.Result]:
    """Logins per CPU second, and how one of them went."""
    before = server.cpu_seconds()
    results = load.run(server.port, [who] * count, at_a_time=at_a_time)
    used = server.cpu_seconds() - before
    wrong = [it.code for it in results if it.code != radius.ACCESS_ACCEPT]
    if wrong:
        sys.exit(f"{len(wrong)} of {count} logins failed at {server.run}")
    # A few logins may be faster than the clock ticks.
    return count / max(used, 0.01), results[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--logins", type=int, default=300, help="in each round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of each server (%(default)s)")
    parser.add_argument("--at-a-time", type=int, default=2, help="peers (%(default)s)")
    parser.add_argument("--tls", choices=["1.2", "1.3"], action="append", help="both, if not said")
    parser.add_argument("--method", choices=METHODS, action="append", help="both, if not said")
    parser.add_argument("--key", choices=KEYS, action="append", help="both, if not said")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="campus-benchmark-") as folder:
        run(args, Path(folder))


def run(args: argparse.Namespace, folder: Path) -> None:
    authority = Authority(folder, "Servers")
    rows: list[Row] = []
    servers = {key: authority.server(key, key) for key in args.key or KEYS}
    for version in args.tls or ["1.2", "1.3"]:
        for key in args.key or KEYS:
            where = folder / f"{key}-{version}"
            rows += compare(args, where, authority, servers[key], key, version)
    print(HEADER)
    for row in rows:
        print(row)


def compare(
    args: argparse.Namespace,
    folder: Path,
    authority: Authority,
    server: Certificate,
    key: str,
    version: str,
) -> list[Row]:
    rows = [Row(method, key, version) for method in args.method or METHODS]
    ports = free_ports(2)
    user = (server, ALICE, PASSWORD, version)
    theirs = native.rlm_eap(folder / "rlm_eap", ports[0], *user)
    ours = native.rlm_python3(folder / "eap_rs", ports[1], *user)
    settings = {"PLAIN_SETTINGS": str(ours / "plain.json")}
    with (
        FreeRadius(theirs, theirs, ports[0], name="radiusd") as a,
        FreeRadius(ours, ours, ports[1], name="radiusd", environment=settings) as b,
    ):
        for round in range(args.rounds):
            for row in rows:
                who = peer(authority, row.method, version)
                pair = [("rlm_eap", a), ("eap_rs", b)]
                for name, each in pair if round % 2 == 0 else reversed(pair):
                    if round == 0:
                        measure(each, who, 2, 1)
                    rate, result = measure(each, who, args.logins, args.at_a_time)
                    row.rates[name].append(rate)
                    assert result.outcome is not None
                    row.how[name] = (
                        result.outcome.cipher_suite or "",
                        result.group,
                        result.exchanges,
                    )
                if not args.quiet:
                    what = f"TLS {version}, {key}, {row.method}, round {round + 1}/{args.rounds}"
                    print(f"\r{what:<60}", end="", file=sys.stderr, flush=True)
    if not args.quiet:
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
    for row in rows:
        if row.how["eap_rs"] != row.how["rlm_eap"]:
            print(f"NOT THE SAME: {row.method} {key} TLS {version}: {row.how}")
    return rows


if __name__ == "__main__":
    main()
