"""A real server in a process of its own, over TLS on a free port."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx

from boundgate.services import open_services
from boundgate.settings import load_settings

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
START_SECONDS, WRITE_SECONDS = 30.0, 10.0


class Server:
    """One server over one data directory; it can be killed and started again.

    Args:
        data_dir: its own; certificates in `data_dir/tls` are used if they are there.
        settings: names of settings, without prefix, and their values.
    """

    def __init__(self, data_dir: Path, **settings: object) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.origin = f"https://localhost:{self.port}"
        self._settings: dict[str, str] = {}
        self.configure(**settings)
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, **settings: object) -> None:
        """Set what depends on its own address, before it is started."""
        self._settings |= {f"BOUNDGATE_{name.upper()}": str(value) for name, value in settings.items()}

    @property
    def log_file(self) -> Path:
        """Everything that the process has printed."""
        return self.data_dir / "server.log"

    def start(self) -> dict[str, Any]:
        """Start and wait until it accepts connections; returns what `run.json` says."""
        run_file = self.data_dir / "run.json"
        run_file.unlink(missing_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command("serve"), "--port", str(self.port)], env=self._environment(), stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if run_file.exists():
                facts: dict[str, Any] = json.loads(run_file.read_text())
                return facts
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"the server did not start:\n{self.log_file.read_text()}")

    def stop(self) -> int:
        """Ask it to end, and wait; returns its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def kill(self) -> None:
        """End it without a chance to write anything (-9)."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def command(self, *words: str) -> str:
        """Run `boundgate WORDS` on this data directory; returns what it prints."""
        done = subprocess.run(
            self._command(*words), env=self._environment(), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def invite(self, name: str) -> str:
        """An enrolment URL for a new user, made beside the running server as `boundgate users invite` does."""
        return f"{self.origin}/enrol#{in_thread(self._invite(name))}"

    async def _invite(self, name: str) -> str:
        async with open_services(load_settings(data_dir=self.data_dir, public_origin=self.origin)) as services:
            return await services.enrolment.invite(name)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the database beside the running server."""
        with sqlite3.connect(f"file:{self.data_dir / 'boundgate.sqlite3'}?mode=ro", uri=True, timeout=10) as connection:
            return connection.execute(query, values).fetchall()

    def recorded(self, kind: str) -> list[str]:
        """Outcomes of the recorded events of one kind, oldest first, with everything that has happened by now."""
        self.wait_for_records()
        return [
            outcome
            for outcome, count in self.rows("SELECT outcome, count FROM events WHERE kind = ? ORDER BY at, rowid", kind)
            for _ in range(count)
        ]

    def wait_for_records(self) -> None:
        """Cause one more record and wait until it is written: those before it then are, too, for batches keep order."""
        marks = "SELECT COALESCE(SUM(count), 0) FROM events WHERE kind = 'http.unknown'"
        before = self.rows(marks)
        assert self._mark().status_code == 404
        deadline = time.monotonic() + WRITE_SECONDS
        while self.rows(marks) == before:
            assert time.monotonic() < deadline, "records are not written"
            time.sleep(0.02)

    def _mark(self) -> httpx.Response:
        trust = ssl.create_default_context(cafile=str(self.data_dir / "tls" / "ca.pem"))
        return httpx.get(f"{self.origin}/mark", verify=trust)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "boundgate", *words, "--data-dir", str(self.data_dir)]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BOUNDGATE_")}
        path = os.pathsep.join(filter(None, (str(ROOT / "server"), kept.get("PYTHONPATH"))))
        ours = {"PYTHONPATH": path, "BOUNDGATE_PUBLIC_ORIGIN": self.origin, "PYTHONUNBUFFERED": "1"}
        return kept | ours | self._settings


def in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end beside Playwright, which keeps an event loop running in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
