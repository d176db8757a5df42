"""A development server that runs beside this program: whoever may write its data directory is its operator.

So `make run` and `python -m demo_client login` are enough. Anywhere else somebody registers this program first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from boundgate.runfile import read_run_file
from demo_client.connection import DEVELOPMENT_CA

DATA_DIR = DEVELOPMENT_CA.parent.parent
NAME, REDIRECT_URI = "Demo", "http://127.0.0.1/callback"
PATIENCE_SECONDS = 60


def runs_here(server: str, data_dir: Path = DATA_DIR) -> bool:
    """Whether this is the server over the data directory in the working directory, with a certificate of its own."""
    told = read_run_file(data_dir)
    return told is not None and told.url == server and DEVELOPMENT_CA.exists()


def client_id_here(data_dir: Path = DATA_DIR) -> str | None:
    """The id of this program at the server that runs here, registered now where it was not; None where that fails."""
    try:
        for client in json.loads(_boundgate(data_dir, "list", "--json")):
            ours = (client["name"], client["made_by"], client["redirect_uris"]) == (NAME, None, [REDIRECT_URI])
            if ours and client["published"]:
                return str(client["client_id"])
        return _boundgate(data_dir, "add", NAME, "--redirect-uri", REDIRECT_URI).strip() or None
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        return None


def _boundgate(data_dir: Path, *words: str) -> str:
    command = [sys.executable, "-m", "boundgate", "clients", *words, "--data-dir", str(data_dir)]
    # S603: our own program, with words of our own.
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    return done.stdout
