"""FreeRADIUS on a port of its own, and what it wrote."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO, Callable, Literal, Mapping, Optional, TypeVar

SECRET = "campus-test-secret"
READY = "Ready to process requests"

T = TypeVar("T")
How = Literal["debug", "foreground", "daemon"]


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that are free for UDP now, and each with a free one after it."""
    ports: list[int] = []
    sockets: list[socket.socket] = []
    try:
        for _ in range(100):
            pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
            sockets += pair
            pair[0].bind(("127.0.0.1", 0))
            port = pair[0].getsockname()[1]
            try:
                pair[1].bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            ports.append(port)
            if len(ports) == count:
                return ports
        raise AssertionError("no free ports")
    finally:
        for each in sockets:
            each.close()


class FreeRadius:
    """One server; as a daemon, it is found by its pid file and read in its log file."""

    def __init__(
        self,
        raddb: Path,
        run: Path,
        port: int,
        *,
        name: Optional[str] = None,
        how: How = "foreground",
        environment: Optional[Mapping[str, str]] = None,
    ) -> None:
        self.run, self.port, self.how = run, port, how
        self.command = ["freeradius", "-d", str(raddb)]
        self.command += ["-n", name] if name else []
        self.command += {"debug": ["-X"], "foreground": ["-f", "-l", "stdout"], "daemon": []}[how]
        self.environment = {**os.environ, **(environment or {})}
        self.output = run / "output"
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._pid: Optional[int] = None

    def __enter__(self) -> FreeRadius:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._pid is not None, "not running"
        return self._pid

    def start(self) -> None:
        assert self._process is None
        before = len(self.log())
        self.run.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as output:
            self._process = self._spawn(output)
        if self.how == "daemon":
            code = self._process.wait(30)
            assert code == 0, f"exit code {code}:\n{self.log()[before:]}"
            self._pid = int(_wait(self._pid_file, "a pid file").read_text())
        else:
            self._pid = self._process.pid
        self.expect(READY, since=before, seconds=30)

    def stop(self) -> None:
        """Ends it, the polite way first."""
        if self._process is None:
            return
        if self._pid is not None and self.is_running():
            os.kill(self._pid, signal.SIGTERM)
        try:
            _wait(lambda: None if self.is_running() else True, "the server's end")
        except AssertionError:
            if self._pid is not None:
                os.kill(self._pid, signal.SIGKILL)
            raise
        finally:
            code = self._process.wait(10)
            self._process = self._pid = None
        assert code == 0, f"exit code {code}:\n{self.log()[-2000:]}"

    def kill(self) -> None:
        """Ends it as a failing machine would; it may be started again."""
        assert self._process is not None and self.how != "daemon"
        self._process.kill()
        self._process.wait(10)
        self._process = self._pid = None

    def is_running(self) -> bool:
        assert self._process is not None
        if self.how != "daemon":
            return self._process.poll() is None
        try:
            stat = Path(f"/proc/{self._pid}/stat").read_text()
        except FileNotFoundError:
            return False
        return not stat.rpartition(")")[2].startswith(" Z")

    def cpu_seconds(self) -> float:
        """What its threads have used, in the kernel as well."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log(self) -> str:
        """All that it has written since the first start."""
        files = [self.output, *sorted(self.run.glob("*.log"))]
        return "".join(each.read_text(errors="replace") for each in files if each.exists())

    def lines(self, pattern: str, since: int = 0) -> list[str]:
        """The lines that this is found in."""
        return [line for line in self.log()[since:].splitlines() if re.search(pattern, line)]

    def expect(self, pattern: str, since: int = 0, seconds: float = 10.0) -> str:
        """The first line that this is found in; it may come a little later."""

        def found() -> Optional[str]:
            lines = self.lines(pattern, since)
            ended = self._process is not None and self.how != "daemon" and not self.is_running()
            assert lines or not ended, f"ended without {pattern!r}:\n{self.log()[-4000:]}"
            return lines[0] if lines else None

        return _wait(found, f"{pattern!r} in the log", seconds)

    def _spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            env=self.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def _pid_file(self) -> Optional[Path]:
        files = [each for each in self.run.glob("*.pid") if each.read_text().strip()]
        return files[0] if files else None


def _wait(poll: Callable[[], Optional[T]], what: str, seconds: float = 10.0) -> T:
    end = time.monotonic() + seconds
    while True:
        found = poll()
        if found is not None:
            return found
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)
