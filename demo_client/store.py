"""The state directory: the key's record, the login, and a lock. 0700, files 0600, replaced in one step.

Several programs may share it. Whoever changes the login holds the lock, and reads again after getting it: so two
programs that refresh at once end up with one refresh (a refresh token works once; its reuse ends the login).
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from demo_client.errors import KeyUnusable, StateError
from demo_client.keys import StoredKey, load_key

KEY_FILE, LOGIN_FILE, DEFAULTS_FILE, LOCK_FILE = "key.json", "login.json", "defaults.json", "lock"
LOCK_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One login, as it lies on disk. It is worth something only together with the key."""

    server: str
    client_id: str
    ca_file: str | None
    metadata: dict[str, Any]
    subject: str | None
    scope: str
    thumbprint: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: float


class Store:
    """One state directory.

    Args:
        directory: made when something is first written.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def key(self) -> StoredKey | None:
        """The key; None where there is none. Raises StateError, KeyUnusable."""
        record = self._read(KEY_FILE)
        if record is None:
            return None
        return load_key(str(record.get("kind")), record)

    def require_key(self) -> StoredKey:
        """The key. Raises KeyUnusable where there is none."""
        key = self.key()
        if key is None:
            raise KeyUnusable("there is no key yet.", "`python -m demo_client key create` makes one; so does login.")
        return key

    def key_record(self) -> Mapping[str, Any] | None:
        """What is on disk about the key; for showing, not for signing."""
        return self._read(KEY_FILE)

    def save_key(self, key: StoredKey, *, now: float) -> None:
        """Replace the key. Raises StateError."""
        self._write(KEY_FILE, {"kind": key.kind, "created_at": int(now), "jwk": dict(key.jwk), **key.record()})

    def login(self) -> Login | None:
        """The login; None where there is none. Raises StateError."""
        document = self._read(LOGIN_FILE)
        if document is None:
            return None
        try:
            login = Login(**document)
        except TypeError:
            raise self._unreadable(LOGIN_FILE) from None
        texts = (login.server, login.client_id, login.scope, login.thumbprint, login.access_token)
        optional = (login.ca_file, login.subject, login.refresh_token)
        typed = all(isinstance(text, str) for text in texts) and all(isinstance(text, str | None) for text in optional)
        if not typed or not isinstance(login.expires_at, int | float) or not isinstance(login.metadata, dict):
            raise self._unreadable(LOGIN_FILE)
        return login

    def save_login(self, login: Login) -> None:
        """Replace the login; hold the lock. Raises StateError."""
        self._write(LOGIN_FILE, asdict(login))

    def begin_login(self, login: Login) -> Login | None:
        """Put a new login in the place of an earlier one, and remember what it was asked for with.

        Returns:
            The earlier one, which nobody holds any more but the caller: to be ended at its server.

        Raises:
            StateError: nothing has changed.
        """
        with self.locked():
            earlier = self.login()
            self.save_login(login)
            asked = {"server": login.server, "client_id": login.client_id, "ca_file": login.ca_file}
            self._write(DEFAULTS_FILE, asked)
            return earlier

    def replace_key(self, key: StoredKey, *, now: float) -> Login | None:
        """A new key, which the login does not outlive. Returns that login, to be ended. Raises StateError."""
        with self.locked():
            earlier = self.login()
            self.save_key(key, now=now)
            self.forget_login()
            return earlier

    def defaults(self) -> Mapping[str, str]:
        """What the last login was asked for with: `server`, `client_id`, `ca_file`. Stays after a logout."""
        return {name: value for name, value in (self._read(DEFAULTS_FILE) or {}).items() if isinstance(value, str)}

    def forget_login(self) -> None:
        """Remove the login; hold the lock."""
        (self.directory / LOGIN_FILE).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes anything meanwhile, in this process or another. The system frees it if we die.

        Raises:
            StateError: somebody holds it for a minute, or the directory cannot be written.
        """
        with self._explained(LOCK_FILE):
            self._make_directory()
            descriptor = os.open(self.directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            self._wait_for(file)
            yield

    def _wait_for(self, file: IO[str]) -> None:
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise StateError(f"another program keeps {self.directory} locked.", "Is one of them stopped? End it.")
            time.sleep(0.02)

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.directory / name
        try:
            with path.open("rb") as file, self._explained(name):
                self._check_mode(path, os.fstat(file.fileno()))
                document = json.loads(file.read())
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            raise StateError(f"{self.directory} is not a directory.", "Name another with --state-dir.") from None
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}.", "Name another directory with --state-dir.") from None
        except (ValueError, RecursionError):
            raise self._unreadable(name) from None
        if not isinstance(document, dict):
            raise self._unreadable(name)
        return document

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        with self._explained(name):
            self._make_directory()
            descriptor, temporary = tempfile.mkstemp(dir=self.directory, prefix=f".{name}.")  # made with mode 0600
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(json.dumps(document, indent=2).encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(self.directory / name)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _open_to_others(self.directory.stat()):
            self.directory.chmod(0o700)

    def _check_mode(self, path: Path, found: os.stat_result) -> None:
        if _open_to_others(found):
            raise StateError(
                f"{path} can be read by others, so it may have been copied.",
                f"`chmod 600 {path}` closes it; `key rotate` makes what was copied worthless.",
            )

    @contextlib.contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(
                f"{self.directory / name}: {error.strerror or error}.", "Name another directory with --state-dir."
            ) from None

    def _unreadable(self, name: str) -> StateError:
        path = self.directory / name
        return StateError(f"{path} is damaged.", "Remove it, then log in again.")


def default_directory(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where programs of this user keep their state."""
    if platform == "win32":
        base = environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    else:
        base = environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "boundgate-client"


def _open_to_others(found: os.stat_result) -> bool:
    return os.name == "posix" and bool(stat.S_IMODE(found.st_mode) & 0o077)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
