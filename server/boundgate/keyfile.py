"""`keys.json`: the format of the server's own keys, and how the file is read, written and guarded."""

from __future__ import annotations

import base64
import fcntl
import json
import math
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from boundgate.errors import StorageUnavailable
from boundgate.private_files import make_private_directory, write_private

FORMAT_VERSION = 1
MAC_KEY_BYTES = 32
_KID = re.compile(r"[A-Za-z0-9_-]{8}\Z")
_MAX_BYTES = 1_048_576


class KeyringError(StorageUnavailable):
    """The key file cannot be used. Names the file without its directory: the sentence may reach a caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """One key of the file. Times are Unix seconds."""

    kid: str
    """Eight URL-safe characters, unique among the keys of its kind."""
    created_at: float
    retired_at: float | None = None
    """When another key took its place; None for the current one."""
    secret: str = field(repr=False)
    """A MAC key's 32 bytes in unpadded base64url, or a signing key's PEM (PKCS8)."""

    @property
    def mac_bytes(self) -> bytes:
        """The key of a MAC key. Raises ValueError for anything else."""
        return base64.urlsafe_b64decode(self.secret + "=" * (-len(self.secret) % 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDocument:
    """Everything in the file. The current key of each kind comes first."""

    mac: tuple[StoredKey, ...]
    signing: tuple[StoredKey, ...]


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Differs whenever the file was replaced or written to."""

    inode: int
    modified_ns: int
    size_bytes: int


def read_key_file(path: Path) -> tuple[KeyDocument, FileStamp]:
    """The keys, and the stamp of the file that they were read from.

    Raises:
        KeyringError: missing, unreadable, not only its owner's, or not a key file. Nothing is ever made up instead.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(_MAX_BYTES)
    except OSError as error:
        raise KeyringError(
            f"The key file {path.name} cannot be read ({type(error).__name__}). Restore it from a backup; without it "
            "every session and token of this server is void."
        ) from None
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeyringError(
            f"The key file {path.name} is open to other users of this machine. Run chmod 600 on it, and if anybody "
            "else may have read it, boundgate keys rotate --compromised."
        )
    return parse_keys(data, name=path.name), _stamp(status)


def stamp_of(path: Path) -> FileStamp | None:
    """The stamp of the file as it is now; None where there is none to be had."""
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def write_key_file(path: Path, document: KeyDocument) -> None:
    """Replace the file in one step, 0600, on disk before this returns.

    Raises:
        KeyringError: it cannot be written; the old file is then still there.
    """
    content = {"version": FORMAT_VERSION, "mac": _rows(document.mac), "signing": _rows(document.signing)}
    try:
        write_private(path, json.dumps(content, indent=2).encode() + b"\n")
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise KeyringError(
            f"The key file {path.name} cannot be written ({type(error).__name__}). Check the data directory's owner "
            "and free space."
        ) from None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from replacing the file meanwhile. The lock is on a file beside it, which stays.

    Raises:
        KeyringError: the lock file cannot be made.
    """
    try:
        make_private_directory(path.parent)
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise KeyringError(
            f"No lock file can be made beside {path.name} ({type(error).__name__}). Check the data directory's owner."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def parse_keys(data: bytes, *, name: str = "keys.json") -> KeyDocument:
    """Read the content of a key file. `name` is only quoted in the error.

    Raises:
        KeyringError: anything about it is not as this version writes it.
    """
    try:
        content = json.loads(data)
        if content["version"] != FORMAT_VERSION:
            raise KeyringError(
                f"The key file {name} is of another version of Boundgate. Start that version, or a newer one."
            )
        document = KeyDocument(mac=_keys(content["mac"]), signing=_keys(content["signing"]))
        _check(document)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, UnsupportedAlgorithm):
        raise KeyringError(f"The key file {name} is damaged. Restore it from a backup.") from None
    return document


def _keys(rows: Any) -> tuple[StoredKey, ...]:
    keys = sorted((StoredKey(**row) for row in rows), key=lambda key: key.retired_at is not None)
    one_current = [key.retired_at is None for key in keys].count(True) == 1
    if not one_current or len({key.kid for key in keys}) != len(keys):
        raise ValueError
    return tuple(keys)


def _check(document: KeyDocument) -> None:
    for key in document.mac + document.signing:
        times = [key.created_at] if key.retired_at is None else [key.created_at, key.retired_at]
        if not _KID.match(key.kid) or not all(type(at) in (int, float) and math.isfinite(at) for at in times):
            raise ValueError
        if not isinstance(key.secret, str):
            raise TypeError
    if any(len(key.mac_bytes) != MAC_KEY_BYTES for key in document.mac):
        raise ValueError
    for key in document.signing:
        private = load_pem_private_key(key.secret.encode(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise TypeError


def _rows(keys: tuple[StoredKey, ...]) -> list[dict[str, Any]]:
    return [asdict(key) for key in keys]


def _stamp(status: os.stat_result) -> FileStamp:
    return FileStamp(status.st_ino, status.st_mtime_ns, status.st_size)
