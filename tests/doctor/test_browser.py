"""The browser's life: started, spoken to, gone; and what is said where it cannot be."""

from __future__ import annotations

import tempfile

import pytest

from boundgate.chromium import BrowserError
from boundgate.doctor.browser import Start, _first_page, open_page
from boundgate.doctor.pipe import CommandRefused


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_starts_answers_and_leaves_nothing_behind(temporary):
    with open_page(Start()) as page:
        assert page.version.startswith(("Chrome/", "Chromium/"))
        assert page.script("Promise.resolve(6 * 7)") == 42
        assert page.script("nothing.here") is None
        profiles = list(temporary.iterdir())
        assert len(profiles) == 1
    assert list(temporary.iterdir()) == []


def test_it_is_closed_where_the_examination_fails(temporary):
    with pytest.raises(KeyboardInterrupt), open_page(Start()):
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


def test_a_browser_that_has_already_gone_is_cleaned_up_after(temporary):
    with open_page(Start()) as page:
        page.pipe.send("Browser.crash")
    assert list(temporary.iterdir()) == []


def test_a_missing_browser_is_said_with_the_way_out(monkeypatch):
    monkeypatch.setenv("BOUNDGATE_BROWSER", "/nowhere/chrome")
    with pytest.raises(BrowserError, match="BOUNDGATE_BROWSER names /nowhere/chrome"), open_page(Start()):
        raise AssertionError


def test_a_program_that_is_no_browser_is_said_to_be_none(monkeypatch):
    monkeypatch.setenv("BOUNDGATE_BROWSER", "/bin/true")
    with pytest.raises(BrowserError, match="Is it Chrome or Chromium"), open_page(Start()):
        raise AssertionError


def test_a_file_that_does_not_run_is_said_not_to_start(monkeypatch, tmp_path):
    program = tmp_path / "broken"
    program.write_bytes(b"\x7fELF but not really")
    program.chmod(0o755)
    monkeypatch.setenv("BOUNDGATE_BROWSER", str(program))
    with pytest.raises(BrowserError, match="does not start"), open_page(Start()):
        raise AssertionError


def test_windows_is_refused_in_a_sentence():
    with pytest.raises(BrowserError, match="Linux and macOS"), open_page(Start(platform="win32")):
        raise AssertionError


def test_a_window_needs_a_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(BrowserError, match="no display"), open_page(Start(window=True, platform="linux")):
        raise AssertionError


class OldBrowser:
    """One that knows nothing of device-bound sessions."""

    def call(self, method, params=None, *, target=None, seconds=30.0):
        if method == "Network.enableDeviceBoundSessions":
            raise CommandRefused("wasn't found")
        answers = {"Browser.getVersion": {"product": "Chrome/120"}, "Target.getTargets": {"targetInfos": []}}
        return answers.get(method, {"targetId": "1", "sessionId": "2"})


def test_a_browser_that_does_not_report_on_sessions_is_said_to_be_too_old():
    with pytest.raises(BrowserError, match="Chrome/120 does not report on device-bound sessions"):
        _first_page(OldBrowser())
