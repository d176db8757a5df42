"""Clients that are written in JavaScript, each in a Node of its own, and what they say on the way."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "oauth"


class NodeClient:
    """One run of a script of `e2e/oauth/`, or of `script`.

    Args:
        arguments: the script's own.
        ca: the certificate authority that it is to trust; nothing is ever left unverified.
        issued: a file that takes what the token endpoint gives it, one JSON object a line.
    """

    def __init__(self, script: str | Path, *arguments: str, ca: Path, issued: Path) -> None:
        variables = {"NODE_EXTRA_CA_CERTS": str(ca), "NODE_NO_WARNINGS": "1", "ISSUED": str(issued)}
        self.issued = issued
        self._process = subprocess.Popen(
            ["node", "--import", str(FOLDER / "issued.mjs"), str(FOLDER / script), *arguments],
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return line.strip()
        _, complaints = self._process.communicate(timeout=20)
        raise AssertionError(f"the client ended: {complaints}")

    def told(self) -> dict[str, Any]:
        """The next thing that it tells."""
        said: dict[str, Any] = json.loads(self.line())
        return said

    def ask(self, line: str) -> Any:
        """Have a client that reads its input do something; what came of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self.told()[line]

    def end(self) -> str:
        """Wait until it is done; what it printed since."""
        printed, complaints = self._process.communicate(timeout=30)
        assert self._process.returncode == 0, complaints
        return printed

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.communicate()
