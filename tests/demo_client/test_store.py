"""The state directory: modes, atomic replacement, damage, and what it refuses to trust."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from demo_client.errors import KeyUnusable, StateError
from demo_client.keys.file import FileKey
from demo_client.store import Store, default_directory
from tests.demo_client.conftest import logged_in


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_is_0700_and_every_file_0600_whatever_the_umask(fake, store):
    before = os.umask(0)
    try:
        logged_in(fake, store)
    finally:
        os.umask(before)
    assert mode(store.directory) == 0o700
    assert {path.name: mode(path) for path in store.directory.iterdir()} == {
        "key.json": 0o600,
        "login.json": 0o600,
        "defaults.json": 0o600,
        "lock": 0o600,
    }


def test_a_directory_that_was_open_to_others_is_closed(store):
    store.directory.mkdir(mode=0o755)
    store.save_key(FileKey.create(), now=0)
    assert mode(store.directory) == 0o700


@pytest.mark.parametrize("name", ["key.json", "login.json"])
def test_a_file_that_others_could_read_is_not_trusted(fake, store, name):
    logged_in(fake, store)
    (store.directory / name).chmod(0o640)
    with pytest.raises(StateError, match="can be read by others") as refused:
        store.login() if name == "login.json" else store.key()
    assert "key rotate" in refused.value.hint


def test_what_cannot_be_written_leaves_what_was_there(store, monkeypatch):
    first = FileKey.create()
    store.save_key(first, now=0)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left"):
        store.save_key(FileKey.create(), now=0)
    monkeypatch.undo()
    assert Store(store.directory).require_key().jwk == first.jwk
    assert [path.name for path in store.directory.iterdir()] == ["key.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"server": 1}', b"[" * 100_000])
def test_a_damaged_login_is_said_with_the_way_out(store, content):
    store.directory.mkdir(mode=0o700)
    path = store.directory / "login.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StateError, match="is damaged") as damaged:
        store.login()
    assert "log in again" in damaged.value.hint


@pytest.mark.parametrize("name", ["server", "access_token", "refresh_token", "expires_at", "metadata", "ca_file"])
def test_a_login_with_a_member_of_another_type_is_damaged(fake, store, name):
    logged_in(fake, store)
    path = store.directory / "login.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: [1]}))
    with pytest.raises(StateError, match="is damaged"):
        store.login()


@pytest.mark.parametrize(
    "record", [{"kind": "abacus"}, {"kind": "software"}, {"kind": "software", "pem": "x"}, {"kind": "pkcs11"}]
)
def test_a_key_file_that_describes_no_key_is_said(store, record):
    store.directory.mkdir(mode=0o700)
    path = store.directory / "key.json"
    path.write_text(json.dumps(record))
    path.chmod(0o600)
    with pytest.raises(KeyUnusable):
        store.key()


def test_a_file_in_the_place_of_the_directory_is_said(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="is not a directory"):
        Store(tmp_path / "state").login()
    with pytest.raises(StateError), Store(tmp_path / "state").locked():
        pass


def test_nothing_there_is_nothing(store):
    assert store.key() is None
    assert store.login() is None
    with pytest.raises(KeyUnusable, match="no key yet"):
        store.require_key()
    assert not store.directory.exists()


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"XDG_STATE_HOME": "/s"}, "linux", Path("/s/boundgate-client")),
        ({}, "darwin", Path.home() / ".local/state/boundgate-client"),
        ({"LOCALAPPDATA": "/l"}, "win32", Path("/l/boundgate-client")),
    ],
)
def test_the_usual_place_is_the_platforms(environment, platform, expected):
    assert default_directory(environment, platform) == expected


def test_no_secret_shows_in_what_a_login_prints_as(fake, store):
    login = logged_in(fake, store)
    assert login.access_token not in repr(login)
    assert login.refresh_token not in repr(login)
