"""One run of a browser with a profile that is gone afterwards."""

from __future__ import annotations

import base64
import binascii
import contextlib
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from demo_client.chromium import BROWSER_VARIABLE, dbsc_switches, find_chromium, uses_software_keys

PATIENCE_SECONDS = 5.0
"""How long the browser may take to leave, and its last helper to let go of the profile."""


class BrowserError(Exception):
    """The browser cannot be started; the message says why and what to do."""


def open_browser(
    url: str,
    *,
    headless: bool,
    spki: str | None,
    data_dir: Path,
    software_keys: bool | None,
    extra: Sequence[str],
    platform: str = sys.platform,
) -> int:
    """Run the browser until it is closed.

    Args:
        url: `https:` (or `about:blank`).
        headless: without a window.
        spki: hash of the certificate key to trust; None: from run.json where `url` is this machine's.
        data_dir: the server's data directory.
        software_keys: None for the platform's own choice.
        extra: further switches, passed on.
        platform: as `sys.platform`.

    Returns:
        The browser's exit status.

    Raises:
        BrowserError: no browser, no display, no such server, or a URL that cannot work.
    """
    check_url(url)
    trusted = checked_spki(spki) if spki is not None else spki_for(url, data_dir)
    program = find_chromium(platform)
    if program is None:
        named = os.environ.get(BROWSER_VARIABLE)
        wrong = f"{BROWSER_VARIABLE} names {named}, which is no program" if named else "no Chrome or Chromium found"
        raise BrowserError(f"{wrong}. Install one, or name its program in {BROWSER_VARIABLE}.")
    if not headless and platform.startswith("linux") and not ({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()):
        raise BrowserError("there is no display to open a window on. Start it on a desktop, or use --headless.")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    switches = dbsc_switches(trusted, platform, software_keys=software_keys, root=root)
    if headless:
        switches.append("--headless=new")
    _explain(program, software=uses_software_keys(platform, software_keys), root=root)
    with _profile() as profile:
        return _run([program, f"--user-data-dir={profile}", *switches, *extra, url])


def check_url(url: str) -> None:
    """Raises BrowserError where no session could be bound at `url`; an empty page is allowed."""
    parts = _split(url)
    if url != "about:blank" and (parts is None or parts.scheme != "https" or not parts.hostname):
        raise BrowserError("the address must start with https://: browsers bind no session on an insecure page.")


def spki_for(url: str, data_dir: Path) -> str | None:
    """The certificate key to trust for `url`: the running server's for its own address, None for other machines.

    Raises:
        BrowserError: `url` is this machine's and no server says that it is its own.
    """
    parts = _split(url)
    if parts is None or not _is_loopback(parts.hostname or ""):
        return None
    facts = _run_facts(data_dir)
    own = _split(str(facts.get("url", "")))
    if own is None or _port(own) != _port(parts):
        raise BrowserError(
            f"{data_dir / 'run.json'} names no running server at port {_port(parts)}. "
            "Start it with `make run`, or say --data-dir or --spki."
        )
    return checked_spki(str(facts.get("spki_sha256", "")))


def checked_spki(text: str) -> str:
    """`text`, if it is a SHA-256 in padded base64. Raises BrowserError otherwise: Chromium would ignore it silently."""
    with contextlib.suppress(binascii.Error, ValueError):
        if len(base64.b64decode(text, validate=True)) == 32:
            return text
    raise BrowserError("the SPKI hash must be a SHA-256 in padded base64, as the server's banner shows it.")


def _run_facts(data_dir: Path) -> dict[str, Any]:
    try:
        facts = json.loads((data_dir / "run.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _explain(program: str, *, software: bool, root: bool) -> None:
    print(f"Starting {program} with a profile that is deleted when it closes.", file=sys.stderr)
    if software:
        print("Keys are SOFTWARE keys: they can be copied from this machine. For development only.", file=sys.stderr)
    if root:
        print(
            "You are root, so the browser runs without its sandbox. Open nothing but your own server.", file=sys.stderr
        )


@contextlib.contextmanager
def _profile() -> Iterator[Path]:
    profile = Path(tempfile.mkdtemp(prefix="boundgate-browser-"))
    # What branded Chrome looks for before it greets a new profile with dialogues.
    (profile / "First Run").touch()
    try:
        yield profile
    finally:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while profile.exists() and time.monotonic() < deadline:
            shutil.rmtree(profile, ignore_errors=True)
            time.sleep(0.05)


def _run(command: Sequence[str]) -> int:
    quiet = subprocess.DEVNULL  # a browser's complaints about the desktop say nothing about the server
    with subprocess.Popen(command, stdin=quiet, stderr=quiet) as process:  # noqa: S603 - the user's own browser
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(PATIENCE_SECONDS)
                process.kill()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or 443


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
