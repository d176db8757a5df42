"""`python -m demo_client` as a person uses it: commands in processes of their own, and the link that `login` prints."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from playwright.sync_api import expect

from e2e.support.person import Person
from e2e.support.secrets import Secrets
from e2e.support.server import Server

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 60
REDIRECT_URI = "http://127.0.0.1/callback"


def registered(server: Server) -> str:
    """The id of a new client, as an operator registers it beside the running server."""
    return server.command("clients", "add", "Demo client", "--redirect-uri", REDIRECT_URI).strip()


@dataclass
class DemoClient:
    """One user of the command line, with a state directory.

    Args:
        server: where it logs in.
        state_dir: its own.
        secrets: learns its tokens and its key.
        client_id: as registered; empty for whoever never logs in.
        environment: more than the usual, such as a TPM.
    """

    server: Server
    state_dir: Path
    secrets: Secrets
    _: KW_ONLY
    client_id: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        self.secrets.add_state(self.state_dir)
        done = subprocess.run(
            self._command(*words),
            env=self._variables(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        self.secrets.add_state(self.state_dir)
        return done

    def ask(self, *words: str) -> str:
        """One command that works; what it prints."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, program: str) -> str:
        """Run a program that uses the login; what it prints."""
        command = [sys.executable, "-c", program]
        done = subprocess.run(
            command, env=self._variables(), capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log_in(self, person: Person, *words: str) -> str:
        """`login`, and the decision of a person in the browser; what it said on standard error."""
        with self.logging_in(*words) as (link, process):
            person.page.goto(link)
            person.page.get_by_role("button", name="Allow with passkey").click()
            expect(person.page.get_by_text("You can close this tab")).to_be_visible(timeout=15_000)
            _, rest = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 0, rest
        self.secrets.add_state(self.state_dir)
        return rest

    @contextmanager
    def logging_in(self, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
        """`login` while it waits for the browser: the link that it has printed, and its process."""
        command = self._command("login", "--no-browser", *words)
        with subprocess.Popen(
            command, env=self._variables(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            said = []
            try:
                for line in process.stderr:
                    said.append(line)
                    if line.strip().startswith("http://127.0.0.1:"):
                        yield line.strip(), process
                        return
                raise AssertionError("".join(said))
            finally:
                process.kill()

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "demo_client", *words]

    def _variables(self) -> dict[str, str]:
        ours = {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")]),
            "PYTHONUNBUFFERED": "1",
            "BOUNDGATE_CLIENT_STATE_DIR": str(self.state_dir),
            "BOUNDGATE_CLIENT_SERVER": self.server.origin,
            "BOUNDGATE_CLIENT_CA_FILE": str(self.server.data_dir / "tls" / "ca.pem"),
            "BOUNDGATE_CLIENT_TCTI": "device:/dev/there-is-none",
        }
        if self.client_id:
            ours["BOUNDGATE_CLIENT_ID"] = self.client_id
        return os.environ | ours | self.environment
