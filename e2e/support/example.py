"""The example applications of `docs/examples`, each in a process of its own, as its command line starts it."""

from __future__ import annotations

import functools
import os
import runpy
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

from e2e.support.server import ROOT, START_SECONDS, free_port

GRACE_SECONDS = 1
"""How long an older bound cookie lives after a newer one was used; ten by default."""


class Example:
    """One running example.

    Args:
        name: of its file, without `.py`.
        data: an empty directory.
        tls: with `cert.pem`, `key.pem` and the authority in `ca.pem`.
    """

    def __init__(self, name: str, *, data: Path, tls: Path) -> None:
        self.port, self.log = free_port(), data / "example.log"
        self.origin = f"https://localhost:{self.port}"
        self.trust = ssl.create_default_context(cafile=str(tls / "ca.pem"))
        options = {"port": self.port, "cert": tls / "cert.pem", "key": tls / "key.pem", "data": data / "files"}
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        path = os.pathsep.join((str(ROOT), str(ROOT / "server")))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "e2e.support.example", str(ROOT / "docs" / "examples" / f"{name}.py"), *words],
                env=os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self._wait()

    def stop(self) -> int:
        """Ask it to end, and wait; returns its exit status."""
        self._process.terminate()
        return self._process.wait(20)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                httpx.get(self.origin, verify=self.trust)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise AssertionError(f"the example did not start:\n{self.log.read_text()}")


def _run() -> None:
    """In the example's own process: all as it is, but for a grace that a test can wait for."""
    from boundgate.protect import DeviceBound, Timing

    DeviceBound.__init__ = functools.partialmethod(  # type: ignore[method-assign]
        DeviceBound.__init__, timing=Timing(superseded_seconds=GRACE_SECONDS)
    )
    del sys.argv[0]
    sys.path.insert(0, str(Path(sys.argv[0]).parent))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    _run()
