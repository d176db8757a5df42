"""`boundgate doctor` without a browser: wrong use, what is told, and what needs none."""

from __future__ import annotations

import json

import pytest

from boundgate.cli import run

SPKI = "FohUsLNfAm8/jNRedGC1RwZmS5gKI/sfRT4nCOkqchI="
URL = "https://localhost:9"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["localhost:8443"],
        ["ftp://localhost"],
        ["https://"],
        ["https://["],
        ["https://localhost:99999"],
        [URL, "--cookie", "no-value"],
        [URL, "--cookie", "=value"],
        [URL, "--trust-spki", "deadbeef"],
        [URL, "--wait", "0"],
        [URL, "another"],
        [URL, "--unknown"],
    ],
)
def test_wrong_use_is_status_two_and_one_line_with_a_hint(words, capfd):
    assert run(["doctor", *words]) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 2
    assert "boundgate doctor --help" in shown.err


def test_no_browser_is_status_one_and_says_what_to_install(monkeypatch, capfd):
    monkeypatch.setenv("BOUNDGATE_BROWSER", "/nowhere/chrome")
    assert run(["doctor", URL, "--trust-spki", SPKI]) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "BOUNDGATE_BROWSER" in shown.err


@pytest.mark.parametrize("url", ["http://localhost:9", "http://app.example.test/login"])
def test_plain_http_is_explained_without_a_browser(url, monkeypatch, capfd):
    monkeypatch.setenv("BOUNDGATE_BROWSER", "/nowhere/chrome")
    assert run(["doctor", url, "--json"]) == 1
    report = json.loads(capfd.readouterr().out)
    assert report["ok"] is False
    assert report["steps"][0]["name"] == "address"
    assert "https" in report["steps"][0]["fix"]
    assert all(step["explanation"].startswith("Not reached because") for step in report["steps"][1:])


def test_help_teaches_with_two_examples(capfd):
    assert run(["doctor", "--help"]) == 0
    shown = capfd.readouterr().out
    assert "boundgate doctor https://localhost:8443 --headed" in shown
    assert "boundgate doctor https://app.example.com --login" in shown
    for option in ("--login", "--trust-spki", "--json", "--cookie", "--headed", "--wait"):
        assert option in shown
