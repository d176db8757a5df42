"""Chrome and Chromium as programs: where they are, and the switches with which they speak DBSC to a development server.

Which switches are needed was found with Chromium 156: both features must be named in one `--enable-features`; the
certificate must be acceptable without an error, which only the SPKI list does for a development certificate, and that
list is heeded only beside an explicit `--user-data-dir`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

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


def _installed(places: Sequence[str]) -> list[str]:
    return [str(path) for path in (Path(place).expanduser() for place in places) if os.access(path, os.X_OK)]
