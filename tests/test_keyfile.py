from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from boundgate.clock import system_random
from boundgate.errors import BoundgateError
from boundgate.keyfile import KeyringError, parse_keys
from boundgate.keyring import KeyringFile


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys.json"


def opened(path: Path, clock: Clock) -> KeyringFile:
    return KeyringFile.load_or_create(path, clock=clock, random=system_random)


@pytest.fixture
def keys(path: Path, clock: Clock) -> KeyringFile:
    return opened(path, clock)


def content_of(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_refused(keys: KeyringFile, path: Path, clock: Clock, mode: int) -> None:
    before = path.read_bytes()
    path.chmod(mode)
    with pytest.raises(KeyringError, match="chmod 600"):
        opened(path, clock)
    with pytest.raises(KeyringError, match="chmod 600"):
        keys.rotate()
    assert path.read_bytes() == before


DAMAGED: list[bytes] = [b"", b"{}", b"[]", b"null", b'"text"', b"\xff", b"[" * 100_000, b'{"version": 1}', b"{"]


@pytest.mark.parametrize("damaged", DAMAGED, ids=lambda damaged: repr(damaged[:16]))
def test_a_damaged_file_is_refused_and_never_replaced(path: Path, clock: Clock, damaged: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damaged)
    path.chmod(0o600)
    with pytest.raises(KeyringError, match=r"keys\.json is damaged"):
        opened(path, clock)
    assert path.read_bytes() == damaged


def test_a_directory_in_its_place_is_refused(path: Path, clock: Clock) -> None:
    path.mkdir(parents=True)
    with pytest.raises(KeyringError, match="cannot be read"):
        opened(path, clock)


def test_a_file_in_place_of_its_directory_is_refused(path: Path, clock: Clock) -> None:
    path.parent.write_bytes(b"")
    with pytest.raises(KeyringError, match="No lock file"):
        opened(path, clock)


def test_an_error_is_a_declared_one_and_names_no_directory(path: Path, clock: Clock) -> None:
    path.parent.mkdir()
    path.touch(0o600)
    with pytest.raises(BoundgateError) as caught:
        opened(path, clock)
    assert caught.value.status == 503
    assert str(path.parent) not in str(caught.value)


EDITS: dict[str, Any] = {
    "another version": {"version": 2},
    "no keys": {"mac": []},
    "short secret": {"mac.secret": "AAAA"},
    "no secret": {"mac.secret": None},
    "long kid": {"mac.kid": "AAAAAAAAA"},
    "odd kid": {"mac.kid": "AAAAAA/A"},
    "number as kid": {"mac.kid": 12345678},
    "not a time": {"mac.created_at": "yesterday"},
    "infinite time": {"mac.created_at": float("inf")},
    "huge time": {"mac.created_at": 10**400},
    "truth as time": {"mac.created_at": True},
    "none current": {"mac.retired_at": 5.0},
    "unknown member": {"mac.extra": 1},
    "no PEM": {"signing.secret": "no PEM"},
    "number as PEM": {"signing.secret": 5},
    "text for keys": {"signing": "text"},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_field_is_checked(keys: KeyringFile, path: Path, clock: Clock, edit: dict[str, Any]) -> None:
    content = content_of(path)
    for where, value in edit.items():
        kind, _dot, member = where.partition(".")
        target, name = (content[kind][0], member) if member else (content, kind)
        target[name] = value
    path.write_text(json.dumps(content))
    with pytest.raises(KeyringError):
        opened(path, clock)


def test_a_key_of_another_curve_and_two_current_keys_are_refused(keys: KeyringFile, path: Path) -> None:
    content = content_of(path)
    twice = content | {"mac": content["mac"] * 2}
    with pytest.raises(KeyringError):
        parse_keys(json.dumps(twice).encode())
    retired_twin = content | {"mac": [content["mac"][0], content["mac"][0] | {"retired_at": 1.0}]}
    with pytest.raises(KeyringError):
        parse_keys(json.dumps(retired_twin).encode())
    with pytest.raises(KeyringError):
        parse_keys(json.dumps(content | {"signing": [content["signing"][0] | {"secret": _p384_pem()}]}).encode())


def _p384_pem() -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP384R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
rows = st.lists(
    st.fixed_dictionaries(
        {"kid": st.just("AAAAAAAA") | json_values, "created_at": json_values, "retired_at": st.none() | json_values}
        | {"secret": st.just("A" * 43) | json_values}
    )
    | json_values,
    max_size=3,
)
documents = st.fixed_dictionaries({"version": st.just(1), "mac": rows | json_values, "signing": rows | json_values})


@given(st.binary() | (json_values | documents).map(lambda value: json.dumps(value).encode()))
def test_the_parser_raises_nothing_but_its_declared_error(data: bytes) -> None:
    with pytest.raises(KeyringError):
        parse_keys(data)
