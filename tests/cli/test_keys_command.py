"""`boundgate keys`."""

from __future__ import annotations

import json
import stat

import pytest

from boundgate.cli import run


@pytest.fixture(autouse=True)
def _own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def listed(capfd):
    assert run(["keys", "list", "--json"]) == 0
    return json.loads(capfd.readouterr().out)


def test_the_list_has_one_key_of_each_kind_at_first(tmp_path, capfd):
    keys = listed(capfd)
    assert [(key["kind"], key["retired_at"]) for key in keys] == [("mac", None), ("signing", None)]
    assert stat.S_IMODE((tmp_path / ".boundgate" / "keys.json").stat().st_mode) == 0o600


def test_neither_form_of_the_list_shows_a_secret(tmp_path, capfd):
    listed(capfd)
    stored = json.loads((tmp_path / ".boundgate" / "keys.json").read_text())
    secrets = [line for kind in ("mac", "signing") for key in stored[kind] for line in key["secret"].split("\n")[:2]]
    assert run(["keys", "list"]) == 0
    assert run(["keys", "list", "--json"]) == 0
    shown = capfd.readouterr().out
    assert "in use" in shown
    assert [secret for secret in secrets if secret in shown] == []


def test_rotation_keeps_the_old_keys_for_checking(capfd):
    before = {key["kid"] for key in listed(capfd)}
    assert run(["keys", "rotate"]) == 0
    assert "still verify" in capfd.readouterr().err
    after = listed(capfd)
    assert before < {key["kid"] for key in after}
    assert {key["kid"] for key in after if key["retired_at"]} == before


def test_rotation_of_compromised_keys_drops_them(capfd):
    before = {key["kid"] for key in listed(capfd)}
    assert run(["keys", "rotate", "--compromised"]) == 0
    assert "gone" in capfd.readouterr().err
    assert before.isdisjoint(key["kid"] for key in listed(capfd))


def test_a_damaged_file_is_refused_in_a_sentence_and_not_replaced(tmp_path, capfd):
    listed(capfd)
    file = tmp_path / ".boundgate" / "keys.json"
    file.write_text("{")
    assert run(["keys", "rotate"]) == 1
    assert capfd.readouterr().err.startswith("boundgate: ")
    assert file.read_text() == "{"
