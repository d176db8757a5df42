"""`run.json`: what a running server tells the programs beside it, readable by its owner only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from boundgate.private_files import write_private

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The facts of one running server. `enrolment_url` holds a live one-time token: the file is 0600 for that."""

    url: str
    spki_sha256: str
    """SHA-256 of the certificate's SubjectPublicKeyInfo, padded base64, as Chromium's switch takes it."""
    enrolment_url: str | None
    pid: int


def write_run_file(data_dir: Path, info: RunInfo) -> Path:
    """Write `<data_dir>/run.json`, 0600, whole or not at all. Returns its path. Raises OSError."""
    path = data_dir / RUN_FILE
    write_private(path, json.dumps(asdict(info), indent=2).encode() + b"\n")
    return path


def read_run_file(data_dir: Path) -> RunInfo | None:
    """What the file says; None where there is none or it is not one of ours."""
    try:
        document = json.loads((data_dir / RUN_FILE).read_bytes())
        info = RunInfo(**document)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    typed = isinstance(info.url, str) and isinstance(info.spki_sha256, str) and isinstance(info.pid, int)
    return info if typed and isinstance(info.enrolment_url, str | None) else None


def remove_run_file(data_dir: Path, *, pid: int) -> None:
    """Remove the file, unless another server has meanwhile written its own. Raises OSError."""
    info = read_run_file(data_dir)
    if info is not None and info.pid == pid:
        (data_dir / RUN_FILE).unlink(missing_ok=True)
