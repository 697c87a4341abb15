"""The benchmark runs, and compares like with like. What it measures is nobody's failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "benchmark.py"


def test_the_benchmark_runs() -> None:
    command = [sys.executable, str(SCRIPT), "--logins", "5", "--rounds", "1", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["method", "key", "eap_rs", "rlm_eap", "ratio"]
    assert [row.split()[:2] for row in rows] == [
        [method, key]
        for _version in ("1.2", "1.3")
        for key in ("rsa2048", "p256")
        for method in ("peap/gtc", "ttls/pap")
    ]
    assert all(float(row.split()[4]) > 0 for row in rows)


def test_it_says_how_it_is_used() -> None:
    command = [sys.executable, str(SCRIPT), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "--logins" in done.stdout
