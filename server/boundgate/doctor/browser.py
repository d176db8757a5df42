"""The life of one browser: started with a throw-away profile and the debugging pipe, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boundgate.chromium import PATIENCE_SECONDS, BrowserError, chromium_program, dbsc_switches, temporary_profile
from boundgate.doctor.pipe import BrowserGone, CommandRefused, Message, Pipe

START_SECONDS = 60.0
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How the browser is started.

    Args:
        spki: the certificate key to trust; None for a certificate that it trusts anyway.
        window: so that a person can sign in.
        features: further features to enable.
        switches: further switches.
        net_log: where the browser writes down what it sent and received; None for nowhere.
    """

    spki: str | None = None
    window: bool = False
    features: Sequence[str] = ()
    switches: Sequence[str] = ()
    net_log: Path | None = None
    platform: str = field(default=sys.platform)


class Page:
    """One tab, with its network and its device-bound sessions being reported."""

    def __init__(self, pipe: Pipe, target: str, *, version: str) -> None:
        self.pipe, self.target, self.version = pipe, target, version
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Network.enable")
        self.call("Network.enableDeviceBoundSessions", {"enable": True})

    def call(self, method: str, params: Message | None = None, *, seconds: float = 30.0) -> Message:
        """One command to this tab; see `Pipe.call`."""
        return self.pipe.call(method, params, target=self.target, seconds=seconds)

    def events(self, method: str, *, since: int = 0) -> list[Message]:
        """What this tab reported under that name, from a `mark` on."""
        return [e.params for e in self.pipe.events[since:] if e.method == method and e.target == self.target]

    def mark(self) -> int:
        """A place in the stream of events."""
        return len(self.pipe.events)

    def script(self, expression: str, *, seconds: float = 30.0) -> Any:
        """Evaluate an expression in the page and wait for its promise; None where it throws, or the page goes away."""
        params = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        try:
            return self.call("Runtime.evaluate", params, seconds=seconds).get("result", {}).get("value")
        except CommandRefused:
            return None


@contextlib.contextmanager
def open_page(start: Start) -> Iterator[Page]:
    """A browser with one empty page; it is closed and its profile deleted at the end.

    Raises:
        BrowserError: there is no browser, or it does not start.
    """
    if start.platform == "win32":
        raise BrowserError(
            "the doctor talks to the browser over inherited pipes, which it can on Linux and macOS only."
        )
    program = chromium_program(start.platform, window=start.window)
    with temporary_profile() as profile, _running(_command(program, profile, start)) as pipe:
        try:
            page = _first_page(pipe)
        except BrowserGone:
            raise BrowserError(
                f"{program} ended before it said a word. Is it Chrome or Chromium, and does it start?"
            ) from None
        yield page


def _command(program: str, profile: Path, start: Start) -> list[str]:
    root = os.geteuid() == 0
    switches = dbsc_switches(start.spki, start.platform, root=root)
    switches = [
        s + "".join(f",{f}" for f in start.features) if s.startswith("--enable-features=") else s for s in switches
    ]
    if not start.window:
        switches.append("--headless=new")
    if start.net_log is not None:
        switches += [f"--log-net-log={start.net_log}", "--net-log-capture-mode=Everything"]
    return [program, f"--user-data-dir={profile}", "--remote-debugging-pipe", *QUIET, *switches, *start.switches]


def _first_page(pipe: Pipe) -> Page:
    version = str(pipe.call("Browser.getVersion", seconds=START_SECONDS).get("product", "an unknown browser"))
    pages = [t for t in pipe.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
    target = pages[0]["targetId"] if pages else pipe.call("Target.createTarget", {"url": "about:blank"})["targetId"]
    attached = pipe.call("Target.attachToTarget", {"targetId": target, "flatten": True})
    try:
        return Page(pipe, attached["sessionId"], version=version)
    except CommandRefused as refused:
        raise BrowserError(
            f"{version} does not report on device-bound sessions ({refused}). Chromium 156 does."
        ) from None


@contextlib.contextmanager
def _running(command: Sequence[str]) -> Iterator[Pipe]:
    # The browser reads commands from descriptor 3 and writes to 4. Ours are moved away from those two first, or one
    # of them might be overwritten before it is copied.
    theirs_in, ours_out = _high_pipe()
    ours_in, theirs_out = _high_pipe()
    pipe = Pipe(ours_in, ours_out, clock=time.monotonic)
    try:
        process = _spawn(command, theirs_in, theirs_out)
    except OSError as error:
        pipe.close()
        raise BrowserError(f"{command[0]} does not start: {error.strerror}.") from None
    finally:
        os.close(theirs_in)
        os.close(theirs_out)
    try:
        yield pipe
    finally:
        _end(process, pipe)


def _spawn(command: Sequence[str], incoming: int, outgoing: int) -> int:
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        # Standard error too: a browser's complaints about the desktop say nothing about the server.
        copies = [(nowhere, 0), (nowhere, 1), (nowhere, 2), (incoming, 3), (outgoing, 4)]
        actions = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in copies]
        # A group of its own: Ctrl-C reaches the doctor alone, which then closes the browser in order.
        return os.posix_spawn(command[0], list(command), os.environ, file_actions=actions, setpgroup=0)
    finally:
        os.close(nowhere)


def _high_pipe() -> tuple[int, int]:
    import fcntl  # noqa: PLC0415 - Windows has none, and is told in `open_page` what it lacks

    low = os.pipe()
    read_end, write_end = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return read_end, write_end


def _end(process: int, pipe: Pipe) -> None:
    with contextlib.suppress(BrowserError, CommandRefused):
        pipe.call("Browser.close", seconds=PATIENCE_SECONDS)
    pipe.close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if os.waitpid(process, os.WNOHANG)[0]:
            break
        time.sleep(0.02)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
