"""The socket that a server listens on, and what Hypercorn is told about it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import socket
import sys
from collections.abc import Iterator, MutableMapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundgate.asgi import ASGIApp, Receive, Send
from boundgate.certificates import TlsFiles
from boundgate.errors import BoundgateError
from boundgate.private_files import make_private_directory
from boundgate.runfile import RunInfo, read_run_file
from boundgate.settings import Settings

if TYPE_CHECKING:
    from hypercorn.config import Config

GRACE_SECONDS = 10.0
"""How long answers in flight may take to end after the first signal."""
IDLE_CONNECTION_SECONDS = 75.0
LOCK_FILE = "serve.lock"


class ServeError(BoundgateError):
    """The server cannot start; the message says why and what to do."""

    code = "cannot_serve"


def prepare_data_dir(data_dir: Path) -> None:
    """Make the data directory, 0700, where it is missing. Raises ServeError where it cannot be written."""
    try:
        make_private_directory(data_dir)
        if not data_dir.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "is not a directory")
        if not os.access(data_dir, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "permission denied")
    except OSError as error:
        reason = (error.strerror or "cannot be used").lower()
        raise ServeError(f"data directory {data_dir}: {reason}. Choose another with --data-dir.") from None


@contextlib.contextmanager
def only_server(data_dir: Path) -> Iterator[None]:
    """Keep a second server off the data directory: hot state lives in one process, and `run.json` names one server.

    The kernel lets go of the lock with the process, however that ends. Raises ServeError where another server has it.
    """
    try:
        descriptor = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ServeError(f"{data_dir / LOCK_FILE} cannot be opened: {(error.strerror or '').lower()}.") from None
    try:
        _take(descriptor, data_dir)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        info = read_run_file(data_dir)
        who = f"the server at {info.url} (pid {info.pid})" if info else "another server"
        raise ServeError(f"data directory {data_dir}: {who} uses it. Choose another with --data-dir.") from None


def running_server(data_dir: Path) -> RunInfo | None:
    """What the server that runs on this data directory says about itself; None where none does."""
    info = read_run_file(data_dir)
    if info is not None:
        with contextlib.suppress(PermissionError):  # it runs as another user
            try:
                os.kill(info.pid, 0)
            except ProcessLookupError:
                return None
    return info


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket, closed at the end. Raises ServeError, with a sentence for an operator."""
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise ServeError(_why_not(host, port, error)) from None
    with listener:
        yield listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"host {host} has no address here. Choose another with --host."
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use. Stop what listens there, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has. Choose one above 1023 with --port."
    return f"cannot listen on {host}, port {port}: {(error.strerror or str(error)).lower()}."


def hypercorn_config(settings: Settings, tls: TlsFiles, listener: socket.socket) -> Config:
    """How Hypercorn serves TLS 1.2+, HTTP/1.1 and HTTP/2 on `listener`. Nothing here is logged per request."""
    from hypercorn.config import Config  # noqa: PLC0415 - keeps the command line's start light

    config = Config()
    # A copy, because Hypercorn closes what it is given.
    config.bind = [f"fd://{os.dup(listener.fileno())}"]
    config.certfile, config.keyfile = str(tls.cert_file), str(tls.key_file)
    config.ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    config.h11_max_incomplete_size = settings.header_max_bytes
    config.h2_max_header_list_size = settings.header_max_bytes
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    config.graceful_timeout = GRACE_SECONDS
    config.keep_alive_timeout = IDLE_CONNECTION_SECONDS
    # At this number Hypercorn 0.18 closes an HTTP/2 connection at once, with every stream on it.
    config.keep_alive_max_requests = sys.maxsize
    return config


class HeadLimit:
    """Refuses HTTP/1.1 requests whose head is too large, exactly.

    Hypercorn and h11 look at the size only while a head is incomplete, so one that arrives in a single read passes
    at any size up to their read buffer. For HTTP/2 the protocol's own limit is exact.

    Args:
        app: the ASGI application for everything else.
        max_bytes: of the target and the header fields together.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["http_version"].startswith("1") and _head(scope) > self._max_bytes:
            await _refuse_head(send, self._max_bytes)
        else:
            await self._app(scope, receive, send)


def _head(scope: MutableMapping[str, Any]) -> int:
    headers = scope["headers"]
    fields = sum(map(len, chain.from_iterable(headers))) + len(b": \r\n") * len(headers)
    return fields + len(scope["raw_path"]) + len(scope["query_string"])


async def _refuse_head(send: Send, max_bytes: int) -> None:
    body = f"The request's header fields are larger than {max_bytes} bytes. Send fewer or shorter ones.\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 431, "headers": headers})
    await send({"type": "http.response.body", "body": body})
