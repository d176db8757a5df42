"""One run of a browser with a profile that is gone afterwards."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from boundgate.chromium import (
    PATIENCE_SECONDS,
    BrowserError,
    checked_spki,
    chromium_program,
    dbsc_switches,
    spki_for,
    split_url,
    temporary_profile,
    uses_software_keys,
)


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
    program = chromium_program(platform, window=not headless)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    switches = dbsc_switches(trusted, platform, software_keys=software_keys, root=root)
    if headless:
        switches.append("--headless=new")
    _explain(program, software=uses_software_keys(platform, software_keys), root=root)
    with temporary_profile() as profile:
        return _run([program, f"--user-data-dir={profile}", *switches, *extra, url])


def check_url(url: str) -> None:
    """Raises BrowserError where no session could be bound at `url`; an empty page is allowed."""
    parts = split_url(url)
    if url != "about:blank" and (parts is None or parts.scheme != "https" or not parts.hostname):
        raise BrowserError("the address must start with https://: browsers bind no session on an insecure page.")


def _explain(program: str, *, software: bool, root: bool) -> None:
    print(f"Starting {program} with a profile that is deleted when it closes.", file=sys.stderr)
    if software:
        print("Keys are SOFTWARE keys: they can be copied from this machine. For development only.", file=sys.stderr)
    if root:
        print(
            "You are root, so the browser runs without its sandbox. Open nothing but your own server.", file=sys.stderr
        )


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
