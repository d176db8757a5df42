"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from demo_client.errors import ClientError
from demo_client.session import Session
from demo_client.store import Store, default_directory

StateDir = Annotated[
    Path | None,
    typer.Option(
        envvar="BOUNDGATE_CLIENT_STATE_DIR",
        help="Where key and login are kept.",
        show_default="~/.local/state/boundgate-client",
    ),
]
Server = Annotated[
    str | None,
    typer.Option(
        envvar="BOUNDGATE_CLIENT_SERVER",
        help="The gateway's address, https://...",
        show_default="the last one, else https://localhost:8443",
    ),
]
ClientId = Annotated[
    str | None,
    typer.Option(
        envvar="BOUNDGATE_CLIENT_ID",
        help="This client's id, as `boundgate clients add` printed it, or as your account page shows it.",
        show_default="the last one; for a server of `make run` beside this, its own",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        envvar="BOUNDGATE_CLIENT_CA_FILE",
        help="PEM file of the authority to trust for TLS.",
        show_default="this machine's; for a development server .boundgate/tls/ca.pem",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

DEFAULT_SERVER = "https://localhost:8443"


def store_at(directory: Path | None) -> Store:
    """The state directory of this run."""
    return Store(directory or default_directory())


def session_at(directory: Path | None) -> Session:
    """The login of this run. Raises NotLoggedIn and other ClientErrors."""
    return Session.open(directory)


def read_file(path: Path) -> bytes:
    """What a file that an option names holds. Raises ClientError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ClientError(f"{path}: {error.strerror}.", "Name a file that you may read.") from None
