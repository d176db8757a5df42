"""Files and directories that only their owner may read, and the secrets in them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Replace a file in one step, mode 0600; missing directories are made 0700. Raises OSError."""
    make_private_directory(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def read_secret(path: Path, *, max_bytes: int) -> str | None:
    """The one secret that a file holds, without the white space around it; None where that is empty, longer, or
    anything but printable ASCII. Raises OSError."""
    with path.open("rb") as file:
        text = file.read(max_bytes + 1).strip().decode("latin-1")
    return text if 0 < len(text) <= max_bytes and text.isascii() and text.isprintable() else None


def make_private_directory(path: Path) -> None:
    """Make a directory (and missing parents) that only its owner may enter. Raises OSError."""
    for directory in reversed([path, *path.parents]):
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
