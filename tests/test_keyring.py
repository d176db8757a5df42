from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from boundgate import keyfile
from boundgate.clock import system_random
from boundgate.keyfile import parse_keys
from boundgate.keyring import Keyring, KeyringError, KeyringFile

HOUR = 3600.0
REPOSITORY = Path(__file__).parents[1]


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


def test_the_first_start_makes_a_file_for_its_owner_alone(keys: KeyringFile, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(part.name for part in path.parent.iterdir()) == ["keys.json", "keys.lock"]
    assert len(keys.keyring.mac_keys) == len(keys.keyring.signing_keys) == 1
    assert [len(key.kid) for key in (*keys.keyring.mac_keys, *keys.keyring.signing_keys)] == [8, 8]
    assert len(keys.keyring.mac_keys[0].key) == 32


def test_a_signing_key_is_an_es256_key(keys: KeyringFile) -> None:
    private = load_pem_private_key(keys.keyring.signing_keys[0].pem.encode(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert isinstance(private.curve, ec.SECP256R1)


def test_a_second_start_reads_the_same_keys(keys: KeyringFile, path: Path, clock: Clock) -> None:
    assert opened(path, clock).keyring == keys.keyring


def test_servers_that_start_at_once_share_one_file(path: Path, clock: Clock) -> None:
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _number: opened(path, clock).keyring, range(8)))
    assert all(ring == rings[0] for ring in rings)


def test_what_was_signed_verifies(keys: KeyringFile) -> None:
    kid, tag = keys.sign(b"cookie", b"message")
    assert len(tag) == 32
    assert keys.verify(b"cookie", kid, b"message", tag)


def test_a_tag_holds_for_its_purpose_key_and_message_only(keys: KeyringFile) -> None:
    kid, tag = keys.sign(b"cookie", b"message")
    assert not keys.verify(b"challenge", kid, b"message", tag)
    assert not keys.verify(b"cookie", kid, b"massage", tag)
    assert not keys.verify(b"cookie", kid, b"message", bytes(32))
    assert not keys.verify(b"cookie", "AAAAAAAA", b"message", tag)
    assert not keys.verify(b"cookie", "\ud800", b"message", tag)
    assert not keys.verify(b"cooki", kid, b"emessage", tag)


@pytest.mark.parametrize(
    ("kept", "accepted"), [(0, False), (15, False), (16, True), (17, True), (31, True), (32, True)]
)
def test_a_tag_may_be_cut_to_sixteen_bytes_and_no_further(keys: KeyringFile, kept: int, accepted: bool) -> None:
    kid, tag = keys.sign(b"cookie", b"message")
    assert keys.verify(b"cookie", kid, b"message", tag[:kept]) is accepted


def test_a_tag_with_something_after_it_is_refused(keys: KeyringFile) -> None:
    kid, tag = keys.sign(b"cookie", b"message")
    assert not keys.verify(b"cookie", kid, b"message", tag + b"\0")


@given(st.binary(max_size=40), st.text(max_size=9), st.binary(max_size=40), st.binary(max_size=40))
def test_verify_raises_nothing_and_believes_no_guess(purpose: bytes, kid: str, message: bytes, tag: bytes) -> None:
    ring = Keyring(_ring_of_zeros().mac_keys, ())
    assert not ring.verify(purpose, kid, message, tag)
    assert not ring.verify(purpose, ring.mac_keys[0].kid, message, tag)


def _ring_of_zeros() -> Keyring:
    from boundgate.keyring import MacKey

    return Keyring((MacKey("AAAAAAAA", bytes(32)),), ())


def test_the_derivation_never_changes() -> None:
    """Cookies outlive a deployment: this tag was computed once by hand (RFC 5869, RFC 7693), for all versions."""
    kid, tag = _ring_of_zeros().sign(b"cookie", b"message")
    assert (kid, tag.hex()) == ("AAAAAAAA", "5fe97c0dbd43df72f56c5680a88d4847e87c711b9d39da1ef2645ce6757a1f71")


def test_nothing_shows_key_material(keys: KeyringFile, path: Path) -> None:
    shown = repr(keys.keyring) + repr(keys) + repr(parse_keys(path.read_bytes()))
    for kind in ("mac", "signing"):
        assert content_of(path)[kind][0]["secret"] not in shown
    assert repr(keys.keyring.mac_keys[0].key) not in shown


def test_a_rotation_puts_new_keys_in_force_and_old_ones_still_verify(keys: KeyringFile) -> None:
    old, signed = keys.keyring, keys.sign(b"p", b"m")
    new = keys.rotate()
    assert keys.keyring == new
    assert keys.sign(b"p", b"m")[0] == new.mac_keys[0].kid != signed[0]
    assert keys.verify(b"p", signed[0], b"m", signed[1])
    assert new.mac_keys[1:] == old.mac_keys
    assert new.signing_keys[1:] == old.signing_keys


def test_an_old_key_verifies_for_twelve_hours_from_its_replacement(keys: KeyringFile, clock: Clock) -> None:
    clock.now += 1_000 * HOUR
    kid, tag = keys.sign(b"p", b"m")
    keys.rotate()
    clock.now += 12 * HOUR - 1
    assert keys.verify(b"p", kid, b"m", tag)
    clock.now += 1
    assert not keys.verify(b"p", kid, b"m", tag)
    assert len(keys.keyring.signing_keys) == 1


def test_a_later_rotation_drops_what_is_over(keys: KeyringFile, path: Path, clock: Clock) -> None:
    keys.rotate()
    clock.now += 6 * HOUR
    keys.rotate()
    assert len(content_of(path)["mac"]) == len(content_of(path)["signing"]) == 3
    clock.now += 6 * HOUR
    keys.rotate()
    assert len(content_of(path)["mac"]) == len(content_of(path)["signing"]) == 3


def test_a_compromised_rotation_drops_everything_old_at_once(keys: KeyringFile, path: Path) -> None:
    keys.rotate()
    kid, tag = keys.sign(b"p", b"m")
    keys.rotate(compromised=True)
    assert not keys.verify(b"p", kid, b"m", tag)
    assert len(content_of(path)["mac"]) == len(content_of(path)["signing"]) == 1


def test_a_rotation_elsewhere_takes_effect_within_a_second(keys: KeyringFile, path: Path, clock: Clock) -> None:
    kid, tag = keys.sign(b"p", b"m")
    new = opened(path, clock).rotate(compromised=True)
    clock.now += 0.5
    assert keys.verify(b"p", kid, b"m", tag)
    clock.now += 0.5
    assert not keys.verify(b"p", kid, b"m", tag)
    assert keys.keyring == new


def test_a_rotation_is_seen_also_after_the_clock_was_set_back(keys: KeyringFile, path: Path, clock: Clock) -> None:
    clock.now -= HOUR
    assert opened(path, clock).rotate() == keys.keyring


def test_the_file_is_looked_at_once_a_second_and_read_only_when_it_changed(
    keys: KeyringFile, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, reads = list[Path](), list[Path]()
    monkeypatch.setattr("boundgate.keyring.stamp_of", lambda file: looks.append(file) or keyfile.stamp_of(file))
    monkeypatch.setattr("boundgate.keyring.read_key_file", lambda file: reads.append(file) or _unexpected())
    for _ in range(100):
        keys.sign(b"p", b"m")
        clock.now += 0.1
    assert 9 <= len(looks) <= 10
    assert reads == []


def _unexpected() -> Any:
    raise AssertionError


def test_rotations_in_several_processes_lose_no_key(keys: KeyringFile, path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from boundgate.clock import *; from boundgate.keyring import *\n"
        "keys = KeyringFile.load_or_create(Path(sys.argv[1]), clock=system_clock, random=system_random)\n"
        "for _ in range(5): keys.rotate()"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "server")}
    children = [subprocess.Popen([sys.executable, "-c", code, str(path)], env=environment) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert len(content_of(path)["mac"]) == 16


def test_a_failed_write_leaves_the_old_keys_in_force(
    keys: KeyringFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, before = keys.keyring, path.read_bytes()

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyfile, "write_private", full)
    with pytest.raises(KeyringError, match="cannot be written"):
        keys.rotate()
    assert keys.keyring == old
    assert path.read_bytes() == before


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_file_that_becomes_unusable_stops_everything_and_recovers_with_it(
    keys: KeyringFile, path: Path, clock: Clock, harm: str
) -> None:
    signed, before = keys.sign(b"p", b"m"), path.read_bytes()
    path.unlink() if harm == "gone" else path.write_bytes(b"{}")
    clock.now += 1
    for _ in range(2):
        with pytest.raises(KeyringError):
            keys.sign(b"p", b"m")
        with pytest.raises(KeyringError):
            keys.verify(b"p", signed[0], b"m", signed[1])
    path.write_bytes(before)
    path.chmod(0o600)
    assert keys.verify(b"p", signed[0], b"m", signed[1])


def test_a_generator_that_repeats_itself_is_refused(path: Path, clock: Clock) -> None:
    keys = KeyringFile.load_or_create(path, clock=clock, random=bytes)
    with pytest.raises(KeyringError, match="random number generator"):
        keys.rotate()
