"""How secrets are kept: never."""

from __future__ import annotations

import hashlib


def hash_value(value: str) -> bytes:
    """SHA-256 of a random value; enough for 256 bits of entropy, and all that is kept of it."""
    return hashlib.sha256(value.encode("utf-8", "replace")).digest()
