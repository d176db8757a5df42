"""The secret behind cookies, challenges and offers."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from boundgate.clock import Clock, RandomBytes
from boundgate.dbsc import Macs
from boundgate.keyring import Keyring, KeyringFile, MacKey

SHORTEST_KEY_BYTES = 32
_KID_CHARS = 8

Key = bytes | tuple[bytes, ...] | Path | Macs


def macs_from(key: Key, *, clock: Clock, random: RandomBytes) -> Macs:
    """What signs, made of what an application has.

    Args:
        key: secret bytes, at least 32 of them; or a tuple of several, of which the first signs and the others still
            verify; or the path of a key file, made (0600) where there is none; or MACs of the application's own.
            Every worker and every node needs the same.

    Raises:
        ValueError: the secret is too short, or there is none.
        KeyringError: the file cannot be used.
    """
    if isinstance(key, Path):
        return KeyringFile.load_or_create(key, clock=clock, random=random)
    if isinstance(key, bytes):
        return _keyring((key,))
    if isinstance(key, tuple):
        return _keyring(key)
    return key


def _keyring(secrets: tuple[bytes, ...]) -> Keyring:
    if not secrets or any(not isinstance(secret, bytes) or len(secret) < SHORTEST_KEY_BYTES for secret in secrets):
        raise ValueError(
            f"key must be at least {SHORTEST_KEY_BYTES} secret random bytes, such as `openssl rand -hex 32` prints, or "
            "the Path of a key file, which is made where there is none."
        )
    return Keyring(tuple(MacKey(_kid(secret), secret) for secret in secrets), ())


def _kid(secret: bytes) -> str:
    digest = hashlib.sha256(b"boundgate kid\0" + secret).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_KID_CHARS]
