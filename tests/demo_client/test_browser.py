"""`python -m demo_client browser`: which certificate is trusted, what is said, and that nothing stays behind."""

from __future__ import annotations

import base64
import json
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.chromium import BrowserError, checked_spki, spki_for
from demo_client.__main__ import run
from demo_client.browser import check_url

SPKI = "FohUsLNfAm8/jNRedGC1RwZmS5gKI/sfRT4nCOkqchI="


@pytest.fixture
def data_dir(tmp_path):
    facts = {"url": "https://localhost:8443", "spki_sha256": SPKI, "enrolment_url": None, "pid": 1}
    (tmp_path / "run.json").write_text(json.dumps(facts))
    return tmp_path


@pytest.mark.parametrize("url", ["https://localhost:8443", "https://127.0.0.1:8443/x", "https://[::1]:8443/enrol#t"])
def test_the_running_servers_key_is_trusted_at_its_own_address(url, data_dir):
    assert spki_for(url, data_dir) == SPKI


def test_no_key_is_trusted_for_another_machine(data_dir):
    assert spki_for("https://gate.example:8443", data_dir) is None
    assert spki_for("about:blank", data_dir) is None


def test_a_local_address_without_its_server_is_refused(data_dir, tmp_path_factory):
    with pytest.raises(BrowserError, match="port 9000"):
        spki_for("https://localhost:9000", data_dir)
    with pytest.raises(BrowserError, match="no running server"):
        spki_for("https://localhost:8443", tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize("url", ["http://localhost:8443", "localhost:8443", "https://", "--flag", "https://[", ""])
def test_an_address_at_which_nothing_could_be_bound_is_refused(url, capfd):
    with pytest.raises(BrowserError, match="https://"):
        check_url(url)
    assert run(["browser", "--spki", SPKI, "--", url]) == 1
    assert "https://" in capfd.readouterr().err


@given(digest=st.binary(min_size=32, max_size=32))
def test_every_sha256_in_padded_base64_is_a_hash(digest):
    text = base64.b64encode(digest).decode()
    assert checked_spki(text) == text


@given(text=st.text(max_size=50))
def test_anything_else_is_refused_in_a_sentence(text):
    try:
        accepted = checked_spki(text)
    except BrowserError:
        return
    assert len(base64.b64decode(accepted)) == 32


def test_a_missing_browser_is_said_with_the_way_out(monkeypatch, capfd):
    monkeypatch.setenv("BOUNDGATE_BROWSER", "/nowhere/chrome")
    assert run(["browser", "about:blank"]) == 1
    assert "BOUNDGATE_BROWSER" in capfd.readouterr().err


def test_a_missing_display_is_said_instead_of_a_browser_that_dies(monkeypatch, capfd):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("boundgate.chromium.find_chromium", lambda *_: "/bin/true")
    monkeypatch.setattr("sys.platform", "linux")
    assert run(["browser", "about:blank"]) == 1
    assert "without a window" in capfd.readouterr().err


def test_a_real_browser_starts_without_a_window_and_leaves_nothing_behind(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run(["browser", "about:blank", "--headless", "--software-keys", "--", "--dump-dom"]) == 0
    shown = capfd.readouterr()
    assert "<html>" in shown.out
    assert "SOFTWARE keys" in shown.err
    assert not list(tmp_path.glob("boundgate-browser-*"))


def test_wrong_use_is_status_two(capfd):
    assert run(["browser"]) == 2
    assert "URL" in capfd.readouterr().err
