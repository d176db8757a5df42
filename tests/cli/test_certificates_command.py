"""`boundgate certificates`."""

from __future__ import annotations

import json

import pytest

from boundgate.cli import run


@pytest.fixture(autouse=True)
def _own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def facts(capfd):
    assert run(["certificates", "show", "--json"]) == 0
    return json.loads(capfd.readouterr().out)


def test_showing_makes_a_missing_development_certificate_and_keeps_it(capfd):
    first = facts(capfd)
    assert first["kind"] == "development"
    assert first["names"] == ["localhost", "127.0.0.1", "::1"]
    assert facts(capfd) == first


def test_renewing_changes_the_key(capfd):
    first = facts(capfd)
    assert run(["certificates", "renew"]) == 0
    shown = capfd.readouterr()
    assert first["spki_sha256"] not in shown.out
    assert "Restart" in shown.err
    assert facts(capfd)["spki_sha256"] in shown.out


def test_an_operators_certificate_is_not_ours_to_renew(tmp_path, monkeypatch, capfd):
    facts(capfd)
    monkeypatch.setenv("BOUNDGATE_TLS_CERT_FILE", str(tmp_path / ".boundgate/tls/cert.pem"))
    monkeypatch.setenv("BOUNDGATE_TLS_KEY_FILE", str(tmp_path / ".boundgate/tls/key.pem"))
    assert run(["certificates", "renew"]) == 1
    assert "tls_cert_file" in capfd.readouterr().err
    assert facts(capfd)["kind"] == "configured"
