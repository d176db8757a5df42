"""What addons.mozilla.org will say about the package for Firefox."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from extension.contents import contents
from extension.pack import write_unpacked

ROOT = Path(__file__).parents[2]
# Firefox for Android learned to read the declaration of collected data later than Firefox did; older ones ignore it.
KNOWN = {"KEY_FIREFOX_ANDROID_UNSUPPORTED_BY_MIN_VERSION"}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict:
    unpacked = tmp_path_factory.mktemp("lint") / "firefox"
    write_unpacked(contents("firefox"), unpacked)
    command = ["npx", "--no-install", "web-ext", "lint", "--source-dir", str(unpacked), "--output", "json"]
    # Whatever wants to reach the network fails here.
    offline = os.environ | dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    done = subprocess.run(command, cwd=ROOT, env=offline, capture_output=True, text=True, timeout=110, check=False)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    found: dict = json.loads(done.stdout)
    return found


def test_the_linter_finds_no_error(report: dict) -> None:
    assert report["errors"] == []
    assert report["notices"] == []


def test_the_linter_warns_of_what_is_known_and_of_nothing_else(report: dict) -> None:
    assert [found for found in report["warnings"] if found["code"] not in KNOWN] == []
    assert {found["code"] for found in report["warnings"]} == KNOWN, "a warning that is gone leaves this list"
