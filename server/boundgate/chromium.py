"""Chrome and Chromium as programs: where they are, and how they are started so that they speak DBSC to a server.

Which switches are needed was found with Chromium 156: both features must be named in one `--enable-features`; the
certificate must be acceptable without an error, which only the SPKI list does for a development certificate, and that
list is heeded only beside an explicit `--user-data-dir`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import ipaddress
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from boundgate.errors import BoundgateError
from boundgate.runfile import RUN_FILE, read_run_file

BROWSER_VARIABLE = "BOUNDGATE_BROWSER"
SOFTWARE_KEYS = "EnableBoundSessionCredentialsSoftwareKeysForManualTesting"

_NAMES = ("google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "chrome", "google-chrome-beta")
_PLACES = {
    "linux": ("/usr/bin/chromium", "/opt/google/chrome/chrome", "/snap/bin/chromium"),
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
    "win32": (
        "C:/Program Files/Google/Chrome/Application/chrome.exe",
        "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
        "~/AppData/Local/Google/Chrome/Application/chrome.exe",
    ),
}

PATIENCE_SECONDS = 5.0
"""How long the browser may take to leave, and its last helper to let go of the profile."""


class BrowserError(BoundgateError):
    """The browser cannot be started; the message says why and what to do."""

    code = "browser_unusable"


def uses_software_keys(platform: str, asked: bool | None = None) -> bool:
    """Whether keys live in software: what was asked for, else only on Linux, where Chromium has no hardware keys."""
    return platform.startswith("linux") if asked is None else asked


def dbsc_switches(
    spki: str | None,
    platform: str,
    *,
    software_keys: bool | None = None,
    root: bool = False,
    signing_quota: bool = True,
) -> list[str]:
    """The switches that make Chromium register and refresh against a server; `--user-data-dir` comes beside them.

    Args:
        spki: SHA-256 of the certificate's SubjectPublicKeyInfo, padded base64; None for a publicly trusted one.
        platform: as `sys.platform`.
        software_keys: True or False to decide; None for the platform's own.
        root: the browser runs as root, where its sandbox does not start.
        signing_quota: False lifts Chromium's six signatures in nine minutes, for tests only.
    """
    features = ["DeviceBoundSessions" if signing_quota else "DeviceBoundSessions:RefreshQuota/false"]
    if uses_software_keys(platform, software_keys):
        features.append(SOFTWARE_KEYS)
    switches = [f"--enable-features={','.join(features)}"]
    if spki is not None:
        switches.append(f"--ignore-certificate-errors-spki-list={spki}")
    if root:
        switches.append("--no-sandbox")
    return switches


def find_chromium(platform: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The browser's program: the one named by `BOUNDGATE_BROWSER`, on the PATH, or in a usual place; else None."""
    if named := environment.get(BROWSER_VARIABLE):
        return shutil.which(named, path=environment.get("PATH"))
    on_path = (shutil.which(name, path=environment.get("PATH", "")) for name in _NAMES)
    return next((found for found in (*on_path, *_installed(_PLACES.get(platform, ()))) if found), None)


def chromium_program(platform: str, *, window: bool, environment: Mapping[str, str] = os.environ) -> str:
    """The browser's program.

    Args:
        platform: as `sys.platform`.
        window: it is to open one.
        environment: where the browser and the display are named.

    Raises:
        BrowserError: there is no browser, or no display for its window.
    """
    program = find_chromium(platform, environment)
    if program is None:
        named = environment.get(BROWSER_VARIABLE)
        wrong = f"{BROWSER_VARIABLE} names {named}, which is no program" if named else "no Chrome or Chromium found"
        raise BrowserError(f"{wrong}. Install one, or name its program in {BROWSER_VARIABLE}.")
    if window and platform.startswith("linux") and not ({"DISPLAY", "WAYLAND_DISPLAY"} & environment.keys()):
        raise BrowserError("there is no display to open a window on. Start it on a desktop, or without a window.")
    return program


@contextlib.contextmanager
def temporary_profile() -> Iterator[Path]:
    """A directory for `--user-data-dir` that is gone afterwards."""
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


def spki_for(url: str, data_dir: Path) -> str | None:
    """The certificate key to trust for `url`: the running server's for its own address, None for other machines.

    Raises:
        BrowserError: `url` is this machine's and no server says that it is its own.
    """
    parts = split_url(url)
    if parts is None or not is_loopback(parts.hostname or ""):
        return None
    facts = read_run_file(data_dir)
    own = split_url(facts.url) if facts else None
    if facts is None or own is None or _port(own) != _port(parts):
        raise BrowserError(
            f"{data_dir / RUN_FILE} names no running server at port {_port(parts)}. "
            "Start it with `make run`, or say --data-dir or --spki."
        )
    return checked_spki(facts.spki_sha256)


def checked_spki(text: str) -> str:
    """`text`, if it is a SHA-256 in padded base64. Raises BrowserError otherwise: Chromium would ignore it silently."""
    with contextlib.suppress(binascii.Error, ValueError):
        if len(base64.b64decode(text, validate=True)) == 32:
            return text
    raise BrowserError("the SPKI hash must be a SHA-256 in padded base64, as the server's banner shows it.")


def split_url(url: str) -> SplitResult | None:
    """The parts of a URL, its port readable; None where it is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by name."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _port(parts: SplitResult) -> int:
    return parts.port or 443


def _installed(places: Sequence[str]) -> list[str]:
    return [str(path) for path in (Path(place).expanduser() for place in places) if os.access(path, os.X_OK)]
