"""The server's own keys: MACs for cookies and challenges, ES256 for tokens. Rotation signs nobody out."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from boundgate.clock import Clock, RandomBytes
from boundgate.keyfile import (
    MAC_KEY_BYTES,
    FileStamp,
    KeyDocument,
    KeyringError,
    StoredKey,
    locked,
    read_key_file,
    stamp_of,
    write_key_file,
)

__all__ = ["Keyring", "KeyringError", "KeyringFile", "MacKey", "SigningKey"]

TAG_BYTES = 32
SHORTEST_TAG_BYTES = 16
KID_BYTES = 6
LOOK_SECONDS = 1.0
RETIRE_AFTER_SECONDS = 43_200.0
_DERIVATION = b"boundgate mac 2 "


@dataclass(frozen=True, slots=True)
class MacKey:
    """A 256-bit key from which one key per purpose is derived."""

    kid: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An ES256 key (P-256, RFC 7518 §3.4)."""

    kid: str
    pem: str = field(repr=False)
    """PKCS8, not encrypted."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys at one instant. The first of each kind is the current one, the others only verify."""

    mac_keys: tuple[MacKey, ...]
    signing_keys: tuple[SigningKey, ...]
    _derived: dict[tuple[str, bytes], bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
        """The current key's id and its 32-byte tag of `message`, for this purpose and no other.

        The tag is keyed BLAKE2b (RFC 7693 §2.5), which costs a third of what HMAC does; a refresh takes three.
        """
        kid = self.mac_keys[0].kid
        key = self._derived.get((kid, purpose)) or self._derive(kid, purpose)
        assert key is not None, "the current key is one of ours"
        return kid, blake2b(message, key=key, digest_size=TAG_BYTES).digest()

    def verify(self, purpose: bytes, kid: str, message: bytes, tag: bytes) -> bool:
        """Whether `tag`, or the at least 16 bytes that the caller kept of it, is the tag of `message`.

        An unknown `kid` is False. The comparison takes constant time.
        """
        key = self._derived.get((kid, purpose)) or self._derive(kid, purpose)
        if key is None or not SHORTEST_TAG_BYTES <= len(tag) <= TAG_BYTES:
            return False
        return compare_digest(blake2b(message, key=key, digest_size=TAG_BYTES).digest()[: len(tag)], tag)

    def _derive(self, kid: str, purpose: bytes) -> bytes | None:
        key = next((key for key in self.mac_keys if key.kid == kid), None)
        if key is None:
            return None
        # RFC 5869. Purposes are constants of ours, so this fills up with a handful of entries.
        hkdf = HKDF(algorithm=SHA256(), length=MAC_KEY_BYTES, salt=None, info=_DERIVATION + purpose)
        derived = self._derived[kid, purpose] = hkdf.derive(key.key)
        return derived


class KeyringFile:
    """The keys in a file, followed as other processes rotate them.

    Args:
        path: a file that exists; see `load_or_create`.
        retire_after_seconds: how long a key still verifies after another took its place.

    Raises:
        KeyringError: the file cannot be used.
    """

    def __init__(self, path: Path, *, clock: Clock, random: RandomBytes, retire_after_seconds: float) -> None:
        self._path = path
        self._clock = clock
        self._random = random
        self._retire_after_seconds = retire_after_seconds
        self._stamp: FileStamp
        self._looked_at: float
        self._next_end: float
        self._keyring: Keyring
        self._read()

    @classmethod
    def load_or_create(
        cls,
        path: Path,
        *,
        clock: Clock,
        random: RandomBytes,
        retire_after_seconds: float = RETIRE_AFTER_SECONDS,
    ) -> KeyringFile:
        """Open the file, making it (0600, its directory 0700) where there is none.

        Args:
            retire_after_seconds: at least as long as anything lives that the keys protect.

        Raises:
            KeyringError: there is a file and it cannot be used, or none can be made. Never replaces a damaged one.
        """
        with locked(path):
            if not path.exists():
                mac = _new_mac_key(clock(), random, taken=frozenset())
                signing = _new_signing_key(clock(), random, taken=frozenset())
                write_key_file(path, KeyDocument(mac=(mac,), signing=(signing,)))
        return cls(path, clock=clock, random=random, retire_after_seconds=retire_after_seconds)

    @property
    def keyring(self) -> Keyring:
        """The keys as they are now; another process's rotation shows within a second.

        Raises:
            KeyringError: the file has become unusable. What it protects is then refused, not believed.
        """
        now = self._clock()
        if not self._looked_at <= now < self._looked_at + LOOK_SECONDS:
            if stamp_of(self._path) != self._stamp or now >= self._next_end:
                self._read()
            self._looked_at = now
        return self._keyring

    def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
        """`Keyring.sign` with the keys as they are now. Raises KeyringError as `keyring` does."""
        return self.keyring.sign(purpose, message)

    def verify(self, purpose: bytes, kid: str, message: bytes, tag: bytes) -> bool:
        """`Keyring.verify` with the keys as they are now. Raises KeyringError as `keyring` does."""
        return self.keyring.verify(purpose, kid, message, tag)

    @property
    def signing_keys(self) -> tuple[SigningKey, ...]:
        """The token keys as they are now, the current one first. Raises KeyringError as `keyring` does."""
        return self.keyring.signing_keys

    def rotate(self, *, compromised: bool = False) -> Keyring:
        """Put a new current key of each kind in force and return the new keys.

        Args:
            compromised: drop the old keys at once; else they verify for `retire_after_seconds` more, and those whose
                time was over are dropped.

        Raises:
            KeyringError: the file cannot be read or replaced; the old keys are then still in force.
        """
        with locked(self._path):
            old, _stamp = read_key_file(self._path)
            now = self._clock()
            mac = _new_mac_key(now, self._random, taken=frozenset(key.kid for key in old.mac))
            signing = _new_signing_key(now, self._random, taken=frozenset(key.kid for key in old.signing))
            kept = KeyDocument(mac=(), signing=()) if compromised else self._retire(old, now)
            write_key_file(self._path, KeyDocument(mac=(mac, *kept.mac), signing=(signing, *kept.signing)))
            self._read()
        return self._keyring

    def _read(self) -> None:
        document, self._stamp = read_key_file(self._path)
        self._looked_at = self._clock()
        ends = [self._end(key) for key in document.mac + document.signing]
        self._next_end = min((end for end in ends if end > self._looked_at), default=float("inf"))
        self._keyring = Keyring(
            tuple(MacKey(key.kid, key.mac_bytes) for key in document.mac if self._end(key) > self._looked_at),
            tuple(SigningKey(key.kid, key.secret) for key in document.signing if self._end(key) > self._looked_at),
        )

    def _retire(self, document: KeyDocument, now: float) -> KeyDocument:
        def still_useful(keys: tuple[StoredKey, ...]) -> tuple[StoredKey, ...]:
            retired = (replace(key, retired_at=now) if key.retired_at is None else key for key in keys)
            return tuple(key for key in retired if self._end(key) > now)

        return KeyDocument(mac=still_useful(document.mac), signing=still_useful(document.signing))

    def _end(self, key: StoredKey) -> float:
        return float("inf") if key.retired_at is None else key.retired_at + self._retire_after_seconds


def _new_mac_key(now: float, random: RandomBytes, *, taken: frozenset[str]) -> StoredKey:
    secret = base64.urlsafe_b64encode(random(MAC_KEY_BYTES)).rstrip(b"=").decode()
    return StoredKey(kid=_new_kid(random, taken), created_at=now, secret=secret)


def _new_signing_key(now: float, random: RandomBytes, *, taken: frozenset[str]) -> StoredKey:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return StoredKey(kid=_new_kid(random, taken), created_at=now, secret=pem)


def _new_kid(random: RandomBytes, taken: frozenset[str]) -> str:
    for _ in range(8):
        kid = base64.urlsafe_b64encode(random(KID_BYTES)).decode()
        if kid not in taken:
            return kid
    raise KeyringError("The random number generator repeats itself. Do not run a server on this machine.")
