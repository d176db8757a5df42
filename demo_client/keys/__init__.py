"""Where the key lives: a TPM, else a PKCS#11 token, else a file. A module each, one ladder, one record on disk.

The record (`key.json` in the state directory) holds what finds the key again. Of a TPM key these are blobs that only
that TPM can load, of a PKCS#11 key its name; of a file key it is the key itself.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from demo_client.errors import KeyUnusable
from demo_client.jose import Key, thumbprint
from demo_client.keys import file, pkcs11


class KeyKind(StrEnum):
    """Best first. Nothing but `software` can be copied."""

    TPM = "tpm"
    PKCS11 = "pkcs11"
    SOFTWARE = "software"


class StoredKey(Key, Protocol):
    """A key that can be found again."""

    @property
    def kind(self) -> str:
        """A `KeyKind`."""
        ...

    @property
    def place(self) -> str:
        """Where it lives, for a sentence."""
        ...

    def record(self) -> dict[str, Any]:
        """What `load_key` needs to find it again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new key, and why it is not of a better kind."""

    key: StoredKey
    better: tuple[str, ...]


def create_key(kind: KeyKind | None = None, environment: Mapping[str, str] = os.environ) -> Made:
    """Make a key.

    Args:
        kind: of this kind and no other; None for the best that this machine has.
        environment: names the TPM and the PKCS#11 token.

    Raises:
        KeyUnusable: it cannot be made.
    """
    if kind is not None:
        return Made(key=_create(kind, environment), better=())
    missing: list[str] = []
    for candidate in KeyKind:
        try:
            return Made(key=_create(candidate, environment), better=tuple(missing))
        except KeyUnusable as error:
            missing.append(f"{candidate}: {error}")
    raise KeyUnusable("no key can be made here.", "; ".join(missing))


def load_key(kind: str, record: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> StoredKey:
    """The key that a record describes. Raises KeyUnusable."""
    if kind == KeyKind.SOFTWARE:
        return file.FileKey.load(record)
    if kind == KeyKind.PKCS11:
        return pkcs11.Pkcs11Key.load(record, environment)
    if kind == KeyKind.TPM:
        found: StoredKey = _tpm().TpmKey.load(record, environment)
        return found
    raise KeyUnusable(f"keys of the kind {kind!r} are unknown to this version.")


def warning(key: StoredKey) -> str | None:
    """What the owner of this key must know; None where it cannot be copied."""
    return file.WARNING if key.kind == KeyKind.SOFTWARE else None


def _create(kind: KeyKind, environment: Mapping[str, str]) -> StoredKey:
    makers: dict[KeyKind, Callable[[], StoredKey]] = {
        KeyKind.TPM: lambda: _tpm().TpmKey.create(environment),
        KeyKind.PKCS11: lambda: pkcs11.Pkcs11Key.create(environment),
        KeyKind.SOFTWARE: file.FileKey.create,
    }
    return makers[kind]()


def _tpm() -> Any:
    """The module that talks to a TPM. Raises KeyUnusable: it is an extra, and needs a TPM's libraries."""
    try:
        return importlib.import_module("demo_client.keys.tpm")
    except ImportError:
        raise KeyUnusable("the TPM needs a package.", "pip install 'boundgate[tpm]' brings it.") from None


__all__ = ["KeyKind", "Made", "StoredKey", "create_key", "load_key", "thumbprint", "warning"]
